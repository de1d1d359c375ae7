// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The tables of an image: memory map, snapshot page table, chunk tables. Each is
 * checked in one pass over entries in format byte order, without a copy, and in
 * time linear in the entries; after that its entries can be used without care.
 *
 * The CPU record is not read here: what is sound in it is for its architecture
 * to say.
 */
#include "snapimg_private.h"

int snapimg_section_check(const struct snapimg *img, u32 type, const void *data)
{
	const struct snapimg_section *s = &img->section[type];

	if (s->crc != snapimg_crc32c(0, data, (size_t)s->size))
		return -SNAPCAP_REASON_SECTION_CRC;
	return 0;
}

static int load(const struct snapimg_reader *r, u64 off, const struct snapimg *img, u32 type,
		void *data)
{
	if (r->read(r->ctx, off, data, (size_t)img->section[type].size))
		return -SNAPCAP_REASON_READ;
	return snapimg_section_check(img, type, data);
}

int snapimg_section_load(const struct snapimg_reader *r, u64 slot, const struct snapimg *img,
			 u32 type, void *data)
{
	const struct snapimg_section *copy = &img->section[SNAPCAP_SECTION_COPY];
	u64 off = img->section[type].offset;
	int ret = load(r, slot + off, img, type, data);

	if (!ret || !copy->size || type > SNAPCAP_SECTION_CHUNKS)
		return ret;
	off = copy->offset + (off - img->section[SNAPCAP_SECTION_CPU].offset);
	return load(r, slot + off, img, type, data) ? ret : 0;
}

static u32 memmap_count(const struct snapimg *img)
{
	return (u32)(img->section[SNAPCAP_SECTION_MEMMAP].size / sizeof(struct snapcap_range));
}

static int check_memmap_form(const struct snapimg *img, const struct snapcap_range *range)
{
	u32 count = memmap_count(img);
	u64 end = 0;
	u32 i;

	if (!count)
		return -SNAPCAP_REASON_MEMMAP;
	for (i = 0; i < count; i++) {
		u64 base = le64_to_cpu(range[i].base);
		u64 size = le64_to_cpu(range[i].size);

		if (!snapimg_range_is_sound(base, size, 1ULL << img->page_shift))
			return -SNAPCAP_REASON_MEMMAP;
		/* Touching ranges would be one: the map is to have one spelling. */
		if (i && base <= end)
			return -SNAPCAP_REASON_MEMMAP;
		end = base + size;
	}
	return 0;
}

int snapimg_memmap_check(const struct snapimg *img, const void *data,
			 const struct snapimg_machine *m)
{
	const struct snapcap_range *range = data;
	int ret;
	u32 i;

	ret = check_memmap_form(img, range);
	if (ret || !m)
		return ret;
	if (m->range_count != memmap_count(img))
		return -SNAPCAP_REASON_MEMORY;
	for (i = 0; i < m->range_count; i++) {
		if (le64_to_cpu(range[i].base) != m->range[i].base ||
		    le64_to_cpu(range[i].size) != m->range[i].size)
			return -SNAPCAP_REASON_MEMORY;
	}
	return 0;
}

u32 snapimg_extent_count(const struct snapimg *img)
{
	return (u32)(img->section[SNAPCAP_SECTION_PAGETABLE].size / sizeof(struct snapcap_extent));
}

struct snapimg_extent snapimg_extent_get(const void *data, u32 i)
{
	const struct snapcap_extent *slot = (const struct snapcap_extent *)data + i;
	struct snapimg_extent ext = {
		.pfn = le64_to_cpu(slot->pfn),
		.pages = le32_to_cpu(slot->pages),
		.kind = le16_to_cpu(slot->kind),
	};

	return ext;
}

static bool ranges_meet(u64 base_a, u64 end_a, u64 base_b, u64 size_b)
{
	return base_a < base_b + size_b && base_b < end_a;
}

/* Neither range wraps: the header and the extent were checked for that. */
static bool hits_loader(const struct snapimg *img, u64 base, u64 end)
{
	return ranges_meet(base, end, img->stub_base, img->stub_size) ||
	       ranges_meet(base, end, img->handoff_base, SNAPCAP_HANDOFF_SIZE);
}

/* The extent in bytes, or false when that does not fit 64 bits. */
static bool extent_to_bytes(const struct snapimg *img, const struct snapimg_extent *ext,
			    u64 *base, u64 *end)
{
	u64 limit = ~0ULL >> img->page_shift;

	if (!ext->pages || ext->pfn > limit || ext->pages > limit - ext->pfn)
		return false;
	*base = ext->pfn << img->page_shift;
	*end = (ext->pfn + ext->pages) << img->page_shift;
	return true;
}

int snapimg_pagetable_check(const struct snapimg *img, const void *data, const void *memmap)
{
	const struct snapcap_extent *slot = data;
	const struct snapcap_range *range = memmap;
	u32 range_count = memmap_count(img);
	u32 count = snapimg_extent_count(img);
	u64 pages[2] = { 0, 0 };
	u64 last_end = 0;
	u32 r = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		struct snapimg_extent ext = snapimg_extent_get(data, i);
		u64 base, end;

		if (slot[i].reserved0 || ext.kind > SNAPCAP_EXTENT_ZERO ||
		    !extent_to_bytes(img, &ext, &base, &end) || base < last_end)
			return -SNAPCAP_REASON_PAGETABLE;
		last_end = end;

		/* Both lists ascend, so the memory map is walked only once. */
		while (r < range_count &&
		       base >= le64_to_cpu(range[r].base) + le64_to_cpu(range[r].size))
			r++;
		if (r == range_count || base < le64_to_cpu(range[r].base) ||
		    end > le64_to_cpu(range[r].base) + le64_to_cpu(range[r].size))
			return -SNAPCAP_REASON_PAGETABLE;
		if (hits_loader(img, base, end))
			return -SNAPCAP_REASON_OVERLAP;
		/* Cannot wrap: the extents do not overlap, so this is below 2^52. */
		pages[ext.kind] += ext.pages;
	}
	if (pages[SNAPCAP_EXTENT_DATA] != img->stream_pages ||
	    pages[SNAPCAP_EXTENT_ZERO] != img->zero_pages)
		return -SNAPCAP_REASON_PAGETABLE;
	return 0;
}

u32 snapimg_chunk_count(const struct snapimg *img)
{
	return (u32)(img->section[SNAPCAP_SECTION_CHUNKS].size / sizeof(struct snapcap_chunk));
}

struct snapimg_chunk snapimg_chunk_get(const void *data, u32 i)
{
	const struct snapcap_chunk *slot = (const struct snapcap_chunk *)data + i;
	struct snapimg_chunk chunk = {
		.pages = le32_to_cpu(slot->pages),
		.codec = le16_to_cpu(slot->codec),
		.offset = le64_to_cpu(slot->offset),
		.stored_size = le32_to_cpu(slot->stored_size),
		.sum = le32_to_cpu(slot->sum),
		.fill = le64_to_cpu(slot->fill),
	};

	return chunk;
}

/* A page count within the limits keeps the size of a chunk within 16 MiB. */
static bool chunk_size_is_sound(const struct snapimg *img, const struct snapimg_chunk *chunk)
{
	u32 size = chunk->pages << img->page_shift;

	switch (chunk->codec) {
	case SNAPCAP_CODEC_RAW:
		return chunk->stored_size == size && !chunk->fill;
	case SNAPCAP_CODEC_LZ4:
		return chunk->stored_size >= 1 && chunk->stored_size <= size && !chunk->fill;
	default:
		return !chunk->stored_size && !chunk->sum;
	}
}

/* What a table of chunks must suit: its section, and the bytes it leads to. */
struct chunk_table {
	u32 count;
	u32 pages_max;	/* of one chunk */
	u64 pages;	/* of all together */
	u64 data_size;
};

static int check_chunk_table(const struct snapimg *img, const struct chunk_table *t,
			     const void *data)
{
	const struct snapcap_chunk *slot = data;
	u64 pages = 0;
	u64 end = 0;
	u32 i;

	for (i = 0; i < t->count; i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(data, i);

		if (slot[i].reserved0)
			return -SNAPCAP_REASON_RESERVED;
		if (chunk.codec > SNAPCAP_CODEC_FILL)
			return -SNAPCAP_REASON_CHUNK_CODEC;
		if (chunk.pages < 1 || chunk.pages > t->pages_max ||
		    chunk.pages > SNAPCAP_CHUNK_PAGES_LIMIT ||
		    !chunk_size_is_sound(img, &chunk) ||
		    !snapimg_piece_fits(chunk.offset, chunk.stored_size, end, t->data_size, 1))
			return -SNAPCAP_REASON_CHUNK_TABLE;
		end = chunk.offset + chunk.stored_size;
		pages += chunk.pages;
	}
	return pages == t->pages ? 0 : -SNAPCAP_REASON_CHUNK_TABLE;
}

int snapimg_chunks_check(const struct snapimg *img, const void *data)
{
	struct chunk_table t = {
		.count = snapimg_chunk_count(img),
		.pages_max = img->chunk_pages_max,
		.pages = img->stream_pages,
		.data_size = img->section[SNAPCAP_SECTION_DATA].size,
	};

	return check_chunk_table(img, &t, data);
}

u32 snapimg_pageable_count(const struct snapimg *img)
{
	return (u32)(img->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size /
		     sizeof(struct snapcap_chunk));
}

int snapimg_pageable_check(const struct snapimg *img, const void *data)
{
	struct chunk_table t = {
		.count = snapimg_pageable_count(img),
		.pages_max = 1,
		.pages = img->pageable_pages,
		.data_size = img->section[SNAPCAP_SECTION_PAGEABLE_DATA].size,
	};

	return check_chunk_table(img, &t, data);
}
