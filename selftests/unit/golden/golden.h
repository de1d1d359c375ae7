/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden files, and the mangling of one field at a time. A case is a test of its
 * own, so that each shows in the output by what it writes and what is expected.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "../test.h"
#include "snapimg.h"

/** golden_read() - read a file of GOLDEN_DIR to memory; ends the program if it cannot */
void *golden_read(const char *name, size_t *size);

/**
 * struct mangle - one wrong (or differently right) value of one field
 * @field: name, as printed
 * @start: offset of the field in the image
 * @len: bytes of the field; all of them count as covered
 * @at: first byte to change, counted from @start
 * @width: bytes to change, 1..8
 * @value: what to write, little-endian
 * @seal: checksums to make right again, for the test's apply function
 * @reason: what the library has to say, 0: accepted
 */
struct mangle {
	const char *field;
	size_t start;
	size_t len;
	size_t at;
	size_t width;
	u64 value;
	int seal;
	int reason;
};

/* A number: all of the field is written. */
#define NUMBER(name, base, type, member, to, level, why)				\
	{ name "." #member, (base) + offsetof(struct type, member),			\
	  sizeof(((struct type *)0)->member), 0,					\
	  sizeof(((struct type *)0)->member), (to), (level), (why) }

/* An array: byte @index of it is written. */
#define BYTE(name, base, type, member, index, to, level, why)				\
	{ name "." #member "[" #index "]", (base) + offsetof(struct type, member),	\
	  sizeof(((struct type *)0)->member), (index), 1, (to), (level), (why) }

/** mangle_apply() - write the value of @m to @image */
void mangle_apply(const struct mangle *m, u8 *image);

/** mangle_cover() - mark the bytes of the field of @m in @map of @size bytes */
void mangle_cover(const struct mangle *m, u8 *map, size_t size);

/**
 * mangle_tests() - make a test of each case
 * @m: cases
 * @count: number of them
 * @function: gets a case as its state
 * @tests: result, @count entries
 */
void mangle_tests(const struct mangle *m, size_t count, CMUnitTestFunction function,
		  struct CMUnitTest *tests);

#endif /* GOLDEN_H */
