/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * A test of memory that nothing is kept in.
 */
#ifndef MEMTEST_H
#define MEMTEST_H

#include <snapimg.h>

/* Fills and checks of the whole memory that memtest() does. */
#define MEMTEST_PASSES	4

/** struct memtest_fault - the first word that did not keep what was written */
struct memtest_fault {
	u64 address;
	u64 written;
	u64 read;
};

/**
 * memtest() - write every word of some memory and see whether it keeps it
 * @range: memory, mapped where it lies, 8-byte aligned; overwritten
 * @count: entries of @range
 * @step: called after each MiB or less, with the pass (from 0) and the address;
 *	false ends the test
 * @ctx: for @step
 * @fault: result
 *
 * All memory is written before any is read, and each word differs from those
 * that one wrong address line would make of it. What is read comes from memory
 * and not from a cache.
 *
 * Return: 0; 1 when a fault was found; 2 when @step ended it
 */
int __attribute__((warn_unused_result))
memtest(const struct snapimg_range *range, u32 count,
	bool (*step)(void *ctx, u32 pass, u64 address), void *ctx, struct memtest_fault *fault);

#endif
