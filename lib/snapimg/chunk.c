// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * One chunk: verify its stored bytes, turn them into pages. Chunks know nothing
 * of each other, so any order and any number at a time is right.
 */
#include "snapimg_private.h"

int snapimg_chunk_verify(const struct snapimg_chunk *chunk, const void *stored)
{
	/* A fill chunk stores nothing: its word is under the table's checksum. */
	if (chunk->codec == SNAPCAP_CODEC_FILL)
		return 0;
	if (chunk->sum != snapimg_sum(stored, chunk->stored_size))
		return -SNAPCAP_REASON_CHUNK_SUM;
	return 0;
}

static int fill_words(u64 word, void *dst, size_t size)
{
	__le64 *p = dst;
	size_t i;

	if (size % sizeof(*p))
		return -SNAPCAP_REASON_CHUNK_DECODE;
	for (i = 0; i < size / sizeof(*p); i++)
		p[i] = cpu_to_le64(word);
	return 0;
}

int snapimg_chunk_decode(const struct snapimg_chunk *chunk, const void *stored,
			 void *dst, size_t size)
{
	int ret;

	switch (chunk->codec) {
	case SNAPCAP_CODEC_RAW:
		if (chunk->stored_size != size)
			return -SNAPCAP_REASON_CHUNK_DECODE;
		memcpy(dst, stored, size);
		return 0;
	case SNAPCAP_CODEC_LZ4:
		ret = snapimg_lz4_decode(stored, chunk->stored_size, dst, size);
		if (ret < 0 || (size_t)ret != size)
			return -SNAPCAP_REASON_CHUNK_DECODE;
		return 0;
	case SNAPCAP_CODEC_FILL:
		return fill_words(chunk->fill, dst, size);
	default:
		return -SNAPCAP_REASON_CHUNK_DECODE;
	}
}
