// SPDX-License-Identifier: GPL-2.0-only
/*
 * CompressSnapshot: the stream of saved pages, cut into chunks that decode by
 * themselves. Runs with interrupts off into buffers set aside before, so that
 * only the compressed copy has to fit into memory. When it does not fit, the
 * rest is still compressed, only counted, so that the caller can be told how
 * much is missing, or try again with as much.
 *
 * Pages are copied before they are compressed: a few (this stack, this session)
 * change meanwhile, and LZ4 must not see one that does, or what follows it in
 * the chunk would decode wrongly.
 */
#include <linux/lz4.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "snapcap.h"

#define BUFFER_GFP	(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/* First guess: this share of the used memory. A second try knows the need. */
#define DATA_PERCENT	40
#define DATA_MIN	SZ_4M

static int alloc_table(struct snapcap_session *s, struct snapcap_table *t, size_t size)
{
	t->size = PAGE_ALIGN(size);
	t->used = 0;
	t->data = __vmalloc(t->size, BUFFER_GFP);
	if (!t->data) {
		s->short_bytes = t->size;
		t->size = 0;
		return -ENOMEM;
	}
	return 0;
}

static void free_table(struct snapcap_table *t)
{
	vfree(t->data);
	t->data = NULL;
	t->size = 0;
	t->used = 0;
}

/* Room for what was needed the last time and a little for what changed since. */
static size_t with_margin(size_t needed)
{
	return needed + needed / 16 + SZ_256K;
}

static unsigned long used_pages(const struct snapcap_session *s)
{
	unsigned long pages = 0, free = global_zone_page_state(NR_FREE_PAGES);
	unsigned int i;

	for (i = 0; i < s->map.count; i++)
		pages += s->map.range[i].end_pfn - s->map.range[i].start_pfn;
	return pages > free ? pages - free : 1;
}

/**
 * snapcap_compress_init() - set aside memory for the compressed copy
 * @s: session with a map; the tables' needed sizes of a first try, if any
 *
 * Context: process context, sleeps.
 * Return: 0, or -ENOMEM with the cause set
 */
int snapcap_compress_init(struct snapcap_session *s)
{
	size_t chunk = (size_t)s->arg.chunk_pages << PAGE_SHIFT;
	unsigned long used = used_pages(s);
	size_t extents, chunks, data;

	extents = with_margin(s->extents.needed ? s->extents.needed :
			      used / 4 * sizeof(struct snapcap_extent));
	chunks = with_margin(s->chunks.needed ? s->chunks.needed :
			     (used / s->arg.chunk_pages + 1) * sizeof(struct snapcap_chunk));
	if (s->data.needed) {
		data = with_margin(s->data.needed);
	} else {
		/* Leave the system an eighth; the first try then tells the real need. */
		size_t available = (size_t)si_mem_available() << PAGE_SHIFT;

		data = max_t(size_t, DATA_MIN, mult_frac((size_t)used << PAGE_SHIFT,
							 DATA_PERCENT, 100));
		data = min_t(size_t, data, available - available / 8);
		data = max_t(size_t, data, SZ_64K);
	}

	s->short_bytes = chunk;
	s->bounce = __vmalloc(chunk, BUFFER_GFP);
	s->packed = __vmalloc(chunk, BUFFER_GFP);
	s->lz4_work = __vmalloc(LZ4_MEM_COMPRESS, BUFFER_GFP);
	if (!s->bounce || !s->packed || !s->lz4_work ||
	    alloc_table(s, &s->extents, extents) ||
	    alloc_table(s, &s->chunks, chunks) ||
	    alloc_table(s, &s->data, data)) {
		size_t short_bytes = s->short_bytes;

		snapcap_compress_exit(s);
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, short_bytes, NULL);
	}
	s->short_bytes = 0;
	s->status.buffer_bytes = s->extents.size + s->chunks.size + s->data.size + 2 * chunk;
	return 0;
}

/** snapcap_compress_exit() - undo snapcap_compress_init() */
void snapcap_compress_exit(struct snapcap_session *s)
{
	free_table(&s->data);
	free_table(&s->chunks);
	free_table(&s->extents);
	vfree(s->lz4_work);
	vfree(s->packed);
	vfree(s->bounce);
	s->lz4_work = NULL;
	s->packed = NULL;
	s->bounce = NULL;
}

static void append(struct snapcap_table *t, const void *bytes, size_t size)
{
	t->needed += size;
	if (t->size - t->used < size) {
		/* Nothing behind a hole: what is there must stay a prefix. */
		t->size = t->used;
		return;
	}
	memcpy(t->data + t->used, bytes, size);
	t->used += size;
}

static bool is_fill(const u64 *words, size_t count)
{
	/* All equal to the one before them is all equal. */
	return !memcmp(words, words + 1, (count - 1) * sizeof(*words));
}

static void put_chunk(struct snapcap_session *s, u32 pages)
{
	size_t size = (size_t)pages << PAGE_SHIFT;
	struct snapimg_chunk chunk = {
		.pages = pages,
		.offset = s->data.needed,
		.codec = SNAPCAP_CODEC_RAW,
		.stored_size = size,
	};
	const void *stored = s->bounce;
	struct snapcap_chunk entry;
	int packed;

	if (is_fill(s->bounce, size / sizeof(u64))) {
		chunk.codec = SNAPCAP_CODEC_FILL;
		chunk.stored_size = 0;
		chunk.fill = *(u64 *)s->bounce;
	} else if (s->arg.codec == SNAPCAP_CODEC_LZ4) {
		/* Not worth decoding for less than a 16th. */
		packed = LZ4_compress_fast(s->bounce, s->packed, size, size - size / 16,
					   s->arg.level, s->lz4_work);
		if (packed > 0) {
			chunk.codec = SNAPCAP_CODEC_LZ4;
			chunk.stored_size = packed;
			stored = s->packed;
		}
	}
	if (chunk.stored_size)
		chunk.crc = snapimg_crc32c(0, stored, chunk.stored_size);
	append(&s->data, stored, chunk.stored_size);
	snapimg_chunk_put(&entry, &chunk);
	append(&s->chunks, &entry, sizeof(entry));
}

/**
 * snapcap_compress() - copy and compress the pages of the snapshot page table
 * @s: session after snapcap_collect()
 *
 * Context: one CPU, interrupts off, devices suspended. Does not sleep.
 * Return: 0, or -ENOMEM with s->short_bytes set when the buffers were too small
 */
int snapcap_compress(struct snapcap_session *s)
{
	u32 count = s->extents.used / sizeof(struct snapcap_extent), fill = 0, i, p;

	s->chunks.needed = 0;
	s->data.needed = 0;

	for (i = 0; i < count; i++) {
		struct snapimg_extent ext = snapimg_extent_get(s->extents.data, i);

		for (p = 0; ext.kind == SNAPCAP_EXTENT_DATA && p < ext.pages; p++) {
			copy_page(s->bounce + ((size_t)fill << PAGE_SHIFT),
				  snapcap_map_va(&s->map, ext.pfn + p));
			if (++fill == s->arg.chunk_pages) {
				put_chunk(s, fill);
				fill = 0;
			}
		}
	}
	if (fill)
		put_chunk(s, fill);

	if (s->extents.used == s->extents.needed && s->chunks.used == s->chunks.needed &&
	    s->data.used == s->data.needed)
		return 0;
	s->short_bytes = s->extents.needed - s->extents.used + s->chunks.needed - s->chunks.used +
			 s->data.needed - s->data.used;
	return -ENOMEM;
}
