/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The stored bytes of a snapshot's chunks, on their way from the medium.
 */
#ifndef STORED_H
#define STORED_H

#include <snapimg.h>
#include "arena.h"
#include "media/media.h"

/** struct stored_batch - chunks that are read at once */
struct stored_batch {
	u32 end;	/* the first chunk behind them */
	u64 offset;	/* of their first byte, in the DATA section */
	u8 *buf;
};

/**
 * struct stored - a walk over all chunks
 * @media: medium
 * @base: of the DATA section, in the medium
 * @table: checked chunk table
 * @count: chunks
 * @size: bytes of a buffer; this and what follows is of paged media only
 * @now: what is in memory
 * @coming: what is being read, or is next
 * @reading: it is being read
 * @spare: the buffer for what comes behind it, NULL when there is but one
 */
struct stored {
	struct media *media;
	u64 base;
	const void *table;
	u32 count;
	size_t size;
	struct stored_batch now;
	struct stored_batch coming;
	bool reading;
	u8 *spare;
};

/**
 * stored_setup() - prepare for the walk
 * @s: media, base, table and count are set, the rest is zero
 * @arena: buffers are taken from it, should the medium be paged
 *
 * Two buffers, so that a medium is read while what it gave before is decoded; one
 * when the largest chunk does not fit twice.
 *
 * Return: 0 or -NO_SPACE (the largest chunk does not fit at all)
 */
int __attribute__((warn_unused_result)) stored_setup(struct stored *s, struct arena *arena);

/**
 * stored_get() - stored bytes of a chunk
 * @s: walk
 * @i: number of the chunk; they are asked for in order
 * @chunk: the chunk
 * @stored: result, valid until the next call; NULL for a chunk that stores nothing
 *
 * Return: 0 or -READ
 */
int __attribute__((warn_unused_result))
stored_get(struct stored *s, u32 i, const struct snapimg_chunk *chunk, const void **stored);

/** stored_end() - end the walk: the medium is done with the buffers */
void stored_end(struct stored *s);

#endif
