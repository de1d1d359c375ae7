// SPDX-License-Identifier: GPL-2.0-only
/*
 * CompressSnapshot: the stream of saved pages, cut into chunks that decode by
 * themselves.
 *
 * With interrupts off the pages are only copied when there is so much free
 * memory, and compressed after the thaw, in place, with the system running.
 * When there is not, they are compressed with interrupts off: longer frozen, but
 * only the compressed copy has to fit into memory. When that does not fit, the
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
#include "paging.h"
#include "snapcap.h"

#define BUFFER_GFP	(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/* A plain copy leaves this share of the free memory alone. */
#define PLAIN_SPARE	4
/* First guess: this share of the used memory. A second try knows the need. */
#define DATA_PERCENT	40
#define DATA_MIN	SZ_4M

/* Of an allocation that failed: what is free is used up by it. */
static size_t missing(size_t size)
{
	size_t free = (size_t)global_zone_page_state(NR_FREE_PAGES) << PAGE_SHIFT;

	return size > free ? size - free : size;
}

static int alloc_table(struct snapcap_session *s, struct snapcap_table *t, size_t size)
{
	t->size = PAGE_ALIGN(size);
	t->used = 0;
	t->data = __vmalloc(t->size, BUFFER_GFP);
	if (!t->data) {
		s->short_bytes = missing(t->size);
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
	free += snapcap_pager_own_pages(s);
	return pages > free ? pages - free : 1;
}

/* Free memory, not what could be reclaimed: the page cache is worth more. */
static bool plain_copy_fits(unsigned long used)
{
	unsigned long free = global_zone_page_state(NR_FREE_PAGES);

	return used + used / 16 < free - free / PLAIN_SPARE;
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

	s->plain_copy = false;
	extents = with_margin(s->extents.needed ? s->extents.needed :
			      used / 4 * sizeof(struct snapcap_extent));
	chunks = with_margin(s->chunks.needed ? s->chunks.needed :
			     (used / s->arg.chunk_pages + 1) * sizeof(struct snapcap_chunk));
	if (s->data.needed) {
		data = with_margin(s->data.needed);
	} else if (plain_copy_fits(used)) {
		s->plain_copy = true;
		data = ((size_t)used << PAGE_SHIFT) + SZ_1M;
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
	/* A chunk stored as it is may lie in the same table, further on. */
	memmove(t->data + t->used, bytes, size);
	t->used += size;
}

static bool is_fill(const u64 *words, size_t count)
{
	/* All equal to the one before them is all equal. */
	return !memcmp(words, words + 1, (count - 1) * sizeof(*words));
}

static void put_chunk(struct snapcap_session *s, const void *src, u32 pages)
{
	size_t size = (size_t)pages << PAGE_SHIFT;
	struct snapimg_chunk chunk = {
		.pages = pages,
		.offset = s->data.needed,
		.codec = SNAPCAP_CODEC_RAW,
		.stored_size = size,
	};
	const void *stored = src;
	struct snapcap_chunk entry;
	int packed;

	if (is_fill(src, size / sizeof(u64))) {
		chunk.codec = SNAPCAP_CODEC_FILL;
		chunk.stored_size = 0;
		chunk.fill = *(u64 *)src;
	} else if (s->arg.codec == SNAPCAP_CODEC_LZ4) {
		/* Not worth decoding for less than a 16th. */
		packed = LZ4_compress_fast(src, s->packed, size, size - size / 16,
					   s->arg.level, s->lz4_work);
		if (packed > 0) {
			chunk.codec = SNAPCAP_CODEC_LZ4;
			chunk.stored_size = packed;
			stored = s->packed;
		}
	}
	if (chunk.stored_size)
		chunk.sum = snapimg_sum(stored, chunk.stored_size);
	append(&s->data, stored, chunk.stored_size);
	snapimg_chunk_put(&entry, &chunk);
	append(&s->chunks, &entry, sizeof(entry));
}

/* All of the stream as it is; what does not fit is counted. */
static void copy_stream(struct snapcap_session *s)
{
	struct snapcap_table *t = &s->data;
	u32 count = s->extents.used / sizeof(struct snapcap_extent), i, p;

	for (i = 0; i < count; i++) {
		struct snapimg_extent ext = snapimg_extent_get(s->extents.data, i);

		for (p = 0; ext.kind == SNAPCAP_EXTENT_DATA && p < ext.pages; p++) {
			t->needed += PAGE_SIZE;
			if (t->size - t->used < PAGE_SIZE)
				continue;
			copy_page(t->data + t->used, snapcap_map_va(&s->map, ext.pfn + p));
			t->used += PAGE_SIZE;
		}
	}
}

static void compress_stream(struct snapcap_session *s)
{
	u32 count = s->extents.used / sizeof(struct snapcap_extent), fill = 0, i, p;

	for (i = 0; i < count; i++) {
		struct snapimg_extent ext = snapimg_extent_get(s->extents.data, i);

		for (p = 0; ext.kind == SNAPCAP_EXTENT_DATA && p < ext.pages; p++) {
			copy_page(s->bounce + ((size_t)fill << PAGE_SHIFT),
				  snapcap_map_va(&s->map, ext.pfn + p));
			if (++fill == s->arg.chunk_pages) {
				put_chunk(s, s->bounce, fill);
				fill = 0;
			}
		}
	}
	if (fill)
		put_chunk(s, s->bounce, fill);
}

/* Return: 0, or -ENOMEM with s->short_bytes set when the buffers are too small */
static int check_room(struct snapcap_session *s)
{
	s->short_bytes = s->extents.needed - s->extents.used + s->chunks.needed - s->chunks.used +
			 s->data.needed - s->data.used;
	return s->short_bytes ? -ENOMEM : 0;
}

/**
 * snapcap_compress() - copy the pages of the snapshot page table, compressed or plain
 * @s: session after snapcap_collect()
 *
 * Context: one CPU, interrupts off, devices suspended. Does not sleep.
 * Return: 0, or -ENOMEM with s->short_bytes set when the buffers were too small
 */
int snapcap_compress(struct snapcap_session *s)
{
	int ret;

	s->chunks.needed = 0;
	s->data.needed = 0;
	if (!s->plain_copy) {
		compress_stream(s);
		return check_room(s);
	}
	copy_stream(s);
	ret = check_room(s);
	/* A second try does not know the compressed size: it starts with a guess. */
	if (ret)
		s->data.needed = 0;
	return ret;
}

/**
 * snapcap_compress_late() - compress a plain copy, in place
 * @s: session after snapcap_compress(), the system running again
 *
 * What is stored never is larger than what it was made of, so it never
 * overtakes what is still to be read.
 *
 * Context: process context, sleeps.
 * Return: 0; -ENOMEM, -EINTR, -ECANCELED with the cause set
 */
int snapcap_compress_late(struct snapcap_session *s)
{
	size_t size = s->data.used, chunk = (size_t)s->arg.chunk_pages << PAGE_SHIFT, off;
	u64 start = snapcap_arch_counter();
	int ret = 0;

	if (!s->plain_copy)
		return 0;
	s->data.used = 0;
	s->data.needed = 0;
	for (off = 0; !ret && off < size; off += chunk) {
		put_chunk(s, s->data.data + off, min(chunk, size - off) >> PAGE_SHIFT);
		snapcap_progress(s, mult_frac(off, 100, size));
		cond_resched();
		ret = snapcap_session_interrupted(s);
	}
	if (!ret && check_room(s))
		ret = snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, s->short_bytes, NULL);
	s->status.compress_ns += snapcap_counter_ns(snapcap_arch_counter() - start);
	return ret;
}
