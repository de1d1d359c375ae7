/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Where a cold boot puts things in memory.
 */
#ifndef PLACE_H
#define PLACE_H

#include <snapimg.h>

#define PLACE_TAKEN_MAX	64

/**
 * struct place - memory that is there, and what of it is taken
 * @ram: sorted, not overlapping
 * @ram_count: entries of @ram
 * @low: nothing is placed below
 * @taken: in any order
 * @taken_count: used entries of @taken
 */
struct place {
	const struct snapimg_range *ram;
	u32 ram_count;
	u64 low;
	struct snapimg_range taken[PLACE_TAKEN_MAX];
	u32 taken_count;
};

/** place_take() - leave a range alone; 0 or -NO_SPACE (table full, or wrapping) */
int __attribute__((warn_unused_result)) place_take(struct place *p, u64 base, u64 size);

/**
 * place_find() - take the lowest room
 * @p: memory
 * @size: bytes, not 0
 * @align: of the base, a power of two
 * @offset: of the bytes from the base
 * @base: result
 *
 * Return: 0 or -NO_SPACE
 */
int __attribute__((warn_unused_result))
place_find(struct place *p, u64 size, u64 align, u64 offset, u64 *base);

/**
 * place_at() - take memory that was chosen by somebody else
 * @p: memory
 * @base: hostile
 * @size: bytes, hostile
 *
 * Return: 0; -NO_SPACE: it is not all memory, or some of it is taken, or below
 */
int __attribute__((warn_unused_result)) place_at(struct place *p, u64 base, u64 size);

/**
 * place_gap() - look for memory that nobody has taken
 * @p: memory
 * @from: where to begin; 0, then the end of the gap before
 * @gap: result
 *
 * Return: false when there is none
 */
bool place_gap(const struct place *p, u64 from, struct snapimg_range *gap);

#endif
