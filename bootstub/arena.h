/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Memory for what lives as long as one attempt to boot. Nothing is given back
 * piece by piece: an attempt that fails resets the arena to where it began.
 */
#ifndef ARENA_H
#define ARENA_H

#include <snapimg_glue.h>

/* Cache line, and more than any table needs. */
#define ARENA_ALIGN	64

/** struct arena - aligned memory, given out from the start */
struct arena {
	u8 *base;
	size_t size;
	size_t used;
};

/** arena_take() - @size bytes, not cleared; NULL when there are not as many left */
static inline void *arena_take(struct arena *a, u64 size)
{
	void *p = a->base + a->used;

	if (size > a->size - a->used)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(u64)(ARENA_ALIGN - 1);
	a->used = size > a->size - a->used ? a->size : a->used + (size_t)size;
	return p;
}

#endif
