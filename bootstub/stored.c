// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Reads the stored bytes of chunks: where they lie on a linear medium, and as
 * many chunks at once as a buffer holds on a paged one. A request costs a disk as
 * much time as many kilobytes do, so requests are long; and the next one is under
 * way while the chunks of the last one are decoded.
 */
#include "arch/arch.h"
#include "stored.h"

_Static_assert(SNAPCAP_CHUNK_PAGES_LIMIT << PAGE_SHIFT <= MEDIA_REQUEST_MAX,
	       "any chunk is read by one request");

static u32 largest_chunk(const struct stored *s)
{
	u32 i, size, max = 0;

	for (i = 0; i < s->count; i++) {
		size = snapimg_chunk_get(s->table, i).stored_size;
		if (size > max)
			max = size;
	}
	return max;
}

int stored_setup(struct stored *s, struct arena *arena)
{
	size_t left = arena->size - arena->used;
	u32 need;

	if (s->media->map)
		return 0;
	need = largest_chunk(s);
	s->size = left / 2 & ~(size_t)(ARENA_ALIGN - 1);
	if (s->size < need)
		s->size = need;
	if (s->size > MEDIA_REQUEST_MAX)
		s->size = MEDIA_REQUEST_MAX;
	s->coming.buf = arena_take(arena, s->size);
	s->spare = arena_take(arena, s->size);
	return s->coming.buf ? 0 : -SNAPCAP_REASON_NO_SPACE;
}

/* Begin to read the next chunks, as many as a buffer holds; none may be left. */
static int begin(struct stored *s)
{
	struct stored_batch *b = &s->coming;
	size_t size = 0;
	u32 i;
	int err;

	for (i = s->now.end; i < s->count; i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(s->table, i);

		if (!chunk.stored_size)
			continue;
		if (!size)
			b->offset = chunk.offset;
		/* Chunks ascend and no sum wraps: the table has been checked. */
		if (chunk.offset + chunk.stored_size - b->offset > s->size)
			break;
		size = (size_t)(chunk.offset + chunk.stored_size - b->offset);
	}
	b->end = i;
	if (!size)
		return 0;
	err = media_begin(s->media, s->base + b->offset, b->buf, size);
	s->reading = !err;
	return err;
}

static int next_batch(struct stored *s)
{
	/* Nothing is on its way at the start, and never when there is one buffer. */
	int err = s->reading ? 0 : begin(s);

	if (err)
		return err;
	if (!s->reading)
		return -SNAPCAP_REASON_READ;
	s->reading = false;
	err = media_end(s->media);
	if (err)
		return err;
	s->now = s->coming;
	if (!s->spare)
		return 0;
	s->coming.buf = s->spare;
	s->spare = s->now.buf;
	return begin(s);
}

int stored_get(struct stored *s, u32 i, const struct snapimg_chunk *chunk, const void **stored)
{
	int err;

	*stored = NULL;
	if (!chunk->stored_size)
		return 0;
	if (s->media->map) {
		*stored = media_map(s->media, s->base + chunk->offset, chunk->stored_size);
		return *stored ? 0 : -SNAPCAP_REASON_READ;
	}
	if (i >= s->now.end) {
		err = next_batch(s);
		if (err)
			return err;
	}
	*stored = s->now.buf + (chunk->offset - s->now.offset);
	return 0;
}

void stored_end(struct stored *s)
{
	/* What is read now is of no use, but the buffer must be free. */
	if (s->reading && media_end(s->media))
		s->now.end = 0;
	s->reading = false;
}
