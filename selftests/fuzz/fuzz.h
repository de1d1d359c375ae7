/* SPDX-License-Identifier: GPL-2.0-only */
/* What a harness offers to libFuzzer, and what changes bytes by the fields that they are. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** LLVMFuzzerTestOneInput() - hand bytes to the parser; always returns 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** LLVMFuzzerCustomMutator() - change @data, of @size bytes, in place; returns the new size */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* libFuzzer's own changes, which know nothing of what the bytes mean. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* What a parser that said "good" has promised. Not assert(): it holds in every build. */
#define FUZZ_HOLDS(condition)	do { if (!(condition)) abort(); } while (0)

/** struct fuzz_field - where a number, or a text, lies in a structure */
struct fuzz_field {
	uint32_t offset;
	uint32_t size;	/* 1, 2, 4 or 8: a number; others: one byte of it is changed */
};

#define FUZZ_FIELD(type, member) \
	{ (uint32_t)offsetof(type, member), (uint32_t)sizeof(((type *)0)->member) }
#define FUZZ_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/** fuzz_random() - the next number of a sequence that @state holds, not 0 */
uint32_t fuzz_random(uint32_t *state);

/**
 * fuzz_change() - change one field
 * @data: structure
 * @field: its fields
 * @count: entries of @field
 * @state: of fuzz_random()
 *
 * To a value next to the one it has, to one at a limit, or to that of another field.
 */
void fuzz_change(uint8_t *data, const struct fuzz_field *field, size_t count, uint32_t *state);

#endif /* FUZZ_H */
