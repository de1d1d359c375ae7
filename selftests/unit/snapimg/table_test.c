// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "../test.h"
#include "sample.h"

static struct sample sample;
static struct snapimg *img;

static int setup(void **state)
{
	sample_init(&sample, 7);
	img = &sample.img;
	return 0;
}

/* Room for as many entries as a test wants; the sizes are told by the header form. */
static struct snapcap_range ranges[8];
static struct snapcap_extent extents[8];
static struct snapcap_chunk chunks[8];

static void put_range(u32 i, u64 base, u64 size)
{
	ranges[i].base = cpu_to_le64(base);
	ranges[i].size = cpu_to_le64(size);
	img->section[SNAPCAP_SECTION_MEMMAP].size = (i + 1) * sizeof(ranges[0]);
}

static void put_extent(u32 i, u64 pfn, u32 pages, u16 kind)
{
	struct snapimg_extent ext = { pfn, pages, kind };

	snapimg_extent_put(&extents[i], &ext);
	img->section[SNAPCAP_SECTION_PAGETABLE].size = (i + 1) * sizeof(extents[0]);
}

static void put_chunk(u32 i, u32 pages, u16 codec, u64 offset, u32 stored_size)
{
	struct snapimg_chunk chunk = { pages, codec, offset, stored_size, 0, 0 };

	snapimg_chunk_put(&chunks[i], &chunk);
	img->section[SNAPCAP_SECTION_CHUNKS].size = (i + 1) * sizeof(chunks[0]);
}

static int memmap_form(void)
{
	return snapimg_memmap_check(img, ranges, NULL);
}

static int pagetable(void)
{
	return snapimg_pagetable_check(img, extents, ranges);
}

static int chunk_table(void)
{
	return snapimg_chunks_check(img, chunks);
}

static int pageable_table(void)
{
	return snapimg_pageable_check(img, chunks);
}

static void test_section_crc_is_checked(void **state)
{
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		u8 *table = sample_table(&sample, type);
		u64 bit;

		assert_int_equal(snapimg_section_check(img, type, table), 0);
		for (bit = 0; bit < 8 * img->section[type].size; bit++) {
			table[bit / 8] ^= 1 << bit % 8;
			assert_int_equal(snapimg_section_check(img, type, table),
					 -SNAPCAP_REASON_SECTION_CRC);
			table[bit / 8] ^= 1 << bit % 8;
		}
	}
}

/* A medium of the sample and, behind it, its tables once more. */
#define COPY_OFF	((SAMPLE_SIZE + 63) & ~63)
#define MEDIUM_OFF	4096

static struct {
	u64 align;
	u8 bytes[MEDIUM_OFF + COPY_OFF + SAMPLE_DATA_OFF - SAMPLE_CPU_OFF];
} medium;
/* Reads of this byte of the medium fail; ~0: none does. */
static u64 bad_byte;

static int read_medium(void *ctx, u64 off, void *buf, size_t len)
{
	assert_true(off <= sizeof(medium.bytes) && len <= sizeof(medium.bytes) - off);
	memcpy(buf, medium.bytes + off, len);
	return bad_byte >= off && bad_byte - off < len ? -5 : 0;
}

static int load(u32 type, bool copy)
{
	const struct snapimg_reader reader = { .size = sizeof(medium.bytes), .read = read_medium };
	static u8 table[4096] __attribute__((aligned(8)));
	int ret;

	img->section[SNAPCAP_SECTION_COPY].offset = copy ? COPY_OFF : 0;
	img->section[SNAPCAP_SECTION_COPY].size = copy ? SAMPLE_DATA_OFF - SAMPLE_CPU_OFF : 0;
	ret = snapimg_section_load(&reader, MEDIUM_OFF, img, type, table);
	if (!ret)
		assert_memory_equal(table, sample_table(&sample, type), img->section[type].size);
	return ret;
}

static void test_section_is_loaded_from_its_copy(void **state)
{
	u32 type;

	memcpy(medium.bytes + MEDIUM_OFF, sample.bytes, SAMPLE_SIZE);
	memcpy(medium.bytes + MEDIUM_OFF + COPY_OFF, sample.bytes + SAMPLE_CPU_OFF,
	       SAMPLE_DATA_OFF - SAMPLE_CPU_OFF);
	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		u64 at = MEDIUM_OFF + img->section[type].offset;
		u64 in_copy = COPY_OFF + at - SAMPLE_CPU_OFF;

		bad_byte = ~0ULL;
		assert_int_equal(load(type, false), 0);
		assert_int_equal(load(type, true), 0);
		bad_byte = at + 3;
		assert_int_equal(load(type, false), -SNAPCAP_REASON_READ);
		assert_int_equal(load(type, true), 0);
		medium.bytes[in_copy + 1] ^= 4;
		/* What is wrong with the first one is told. */
		assert_int_equal(load(type, true), -SNAPCAP_REASON_READ);
		bad_byte = ~0ULL;
		assert_int_equal(load(type, true), 0);
		medium.bytes[at] ^= 8;
		assert_int_equal(load(type, true), -SNAPCAP_REASON_SECTION_CRC);
		medium.bytes[in_copy + 1] ^= 4;
		assert_int_equal(load(type, false), -SNAPCAP_REASON_SECTION_CRC);
		assert_int_equal(load(type, true), 0);
		bad_byte = in_copy;
		assert_int_equal(load(type, true), -SNAPCAP_REASON_SECTION_CRC);
		medium.bytes[at] ^= 8;
	}
}

static void test_memmap_empty_is_refused(void **state)
{
	img->section[SNAPCAP_SECTION_MEMMAP].size = 0;
	assert_int_equal(memmap_form(), -SNAPCAP_REASON_MEMMAP);
}

static void test_memmap_sorted_is_accepted(void **state)
{
	put_range(0, 0, 0x1000);
	put_range(1, 0x2000, 0x1000);
	put_range(2, 0x80000000, 0x100000000);
	assert_int_equal(memmap_form(), 0);
}

static void test_memmap_order_is_checked(void **state)
{
	put_range(0, 0x4000, 0x1000);
	put_range(1, 0x1000, 0x1000);
	assert_int_equal(memmap_form(), -SNAPCAP_REASON_MEMMAP);
	put_range(1, 0x4000, 0x1000);
	assert_int_equal(memmap_form(), -SNAPCAP_REASON_MEMMAP);
	put_range(1, 0x5000, 0x1000);
	assert_int_equal(memmap_form(), -SNAPCAP_REASON_MEMMAP);
	put_range(1, 0x6000, 0x1000);
	assert_int_equal(memmap_form(), 0);
}

static void test_memmap_range_form_is_checked(void **state)
{
	static const struct { u64 base, size; int ret; } cases[] = {
		{ 0x1000, 0, -SNAPCAP_REASON_MEMMAP },
		{ 0x1001, 0x1000, -SNAPCAP_REASON_MEMMAP },
		{ 0x1000, 0x1800, -SNAPCAP_REASON_MEMMAP },
		{ 0xfffffffffffff000, 0x1000, -SNAPCAP_REASON_MEMMAP },
		{ 0x1000, 0xfffffffffffff000, -SNAPCAP_REASON_MEMMAP },
		{ 0x1000, 0xffffffffffffe000, 0 },
		{ 0, 0xfffffffffffff000, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		put_range(0, cases[i].base, cases[i].size);
		assert_int_equal(memmap_form(), cases[i].ret);
	}
}

static void test_memmap_units_are_the_pages_of_the_image(void **state)
{
	put_range(0, 0x1000, 0x1000);
	assert_int_equal(memmap_form(), 0);
	img->page_shift = 16;
	assert_int_equal(memmap_form(), -SNAPCAP_REASON_MEMMAP);
	put_range(0, 0x10000, 0x10000);
	assert_int_equal(memmap_form(), 0);
}

static void test_memmap_of_another_machine_is_refused(void **state)
{
	struct snapimg_range here[] = { { 0x1000, 0x1000 }, { 0x4000, 0x2000 } };
	struct snapimg_machine m;

	sample_machine(&m);
	m.range = here;
	m.range_count = 2;
	put_range(0, 0x1000, 0x1000);
	put_range(1, 0x4000, 0x2000);
	assert_int_equal(snapimg_memmap_check(img, ranges, &m), 0);
	here[1].size = 0x3000;
	assert_int_equal(snapimg_memmap_check(img, ranges, &m), -SNAPCAP_REASON_MEMORY);
	here[1].size = 0x2000;
	here[0].base = 0;
	assert_int_equal(snapimg_memmap_check(img, ranges, &m), -SNAPCAP_REASON_MEMORY);
	here[0].base = 0x1000;
	m.range_count = 1;
	assert_int_equal(snapimg_memmap_check(img, ranges, &m), -SNAPCAP_REASON_MEMORY);
	m.range_count = 3;
	assert_int_equal(snapimg_memmap_check(img, ranges, &m), -SNAPCAP_REASON_MEMORY);
	put_range(0, 0x1001, 0x1000);
	assert_int_equal(snapimg_memmap_check(img, ranges, &m), -SNAPCAP_REASON_MEMMAP);
}

static int setup_extents(void **state)
{
	setup(state);
	put_range(0, 0x40000000, 0x1000000);
	put_range(1, 0x80000000, 0x1000000);
	return 0;
}

static void set_page_counts(u64 stream, u64 zero)
{
	img->stream_pages = stream;
	img->zero_pages = zero;
}

static void test_pagetable_is_accepted(void **state)
{
	put_extent(0, 0x40000, 3, SNAPCAP_EXTENT_DATA);
	put_extent(1, 0x40003, 2, SNAPCAP_EXTENT_ZERO);
	put_extent(2, 0x40005, 1, SNAPCAP_EXTENT_ZERO);
	put_extent(3, 0x40fff, 1, SNAPCAP_EXTENT_DATA);
	put_extent(4, 0x80000, 0x1000, SNAPCAP_EXTENT_DATA);
	set_page_counts(0x1004, 3);
	assert_int_equal(snapimg_extent_count(img), 5);
	assert_int_equal(pagetable(), 0);
}

static void test_pagetable_sums_are_checked(void **state)
{
	put_extent(0, 0x40000, 3, SNAPCAP_EXTENT_DATA);
	put_extent(1, 0x40003, 2, SNAPCAP_EXTENT_ZERO);
	set_page_counts(3, 2);
	assert_int_equal(pagetable(), 0);
	set_page_counts(2, 2);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	set_page_counts(3, 3);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	set_page_counts(2, 3);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
}

static void test_pagetable_empty_is_refused(void **state)
{
	img->section[SNAPCAP_SECTION_PAGETABLE].size = 0;
	set_page_counts(1, 0);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
}

static void test_pagetable_order_is_checked(void **state)
{
	put_extent(0, 0x40004, 2, SNAPCAP_EXTENT_DATA);
	put_extent(1, 0x40005, 2, SNAPCAP_EXTENT_DATA);
	set_page_counts(4, 0);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	put_extent(1, 0x40004, 2, SNAPCAP_EXTENT_DATA);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	put_extent(1, 0x40000, 2, SNAPCAP_EXTENT_DATA);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	put_extent(1, 0x40006, 2, SNAPCAP_EXTENT_DATA);
	assert_int_equal(pagetable(), 0);
}

static void test_pagetable_entry_form_is_checked(void **state)
{
	static const struct { u64 pfn; u32 pages; u16 kind; } cases[] = {
		{ 0x40000, 0, SNAPCAP_EXTENT_DATA },		/* empty */
		{ 0x40000, 1, 2 },				/* unknown kinds */
		{ 0x40000, 1, 0xffff },
		{ 0xfffffffffffff, 1, SNAPCAP_EXTENT_DATA },	/* ends at 2^64 */
		{ 0x10000000040000, 1, SNAPCAP_EXTENT_DATA },	/* wraps when shifted */
		{ 0xffffffffffffffff, 1, SNAPCAP_EXTENT_DATA },
		{ 0xffffffffffffffff, 2, SNAPCAP_EXTENT_DATA },	/* wraps when added */
		{ 0x3ffff, 1, SNAPCAP_EXTENT_DATA },		/* around the memory */
		{ 0x3ffff, 2, SNAPCAP_EXTENT_DATA },
		{ 0x40fff, 2, SNAPCAP_EXTENT_DATA },
		{ 0x41000, 1, SNAPCAP_EXTENT_DATA },
		{ 0x81000, 1, SNAPCAP_EXTENT_DATA },
		{ 0x40400, 0x40c00, SNAPCAP_EXTENT_DATA },	/* across the gap */
		{ 0x40400, 0xffffffff, SNAPCAP_EXTENT_DATA },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		put_extent(0, cases[i].pfn, cases[i].pages, cases[i].kind);
		set_page_counts(cases[i].pages, 0);
		assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	}
	put_extent(0, 0x40000, 1, SNAPCAP_EXTENT_DATA);
	set_page_counts(1, 0);
	assert_int_equal(pagetable(), 0);
	extents[0].reserved0 = cpu_to_le16(1);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
}

/* Memory up to the last page that a range can have: only the end tells a wrap. */
static void test_pagetable_extent_must_not_wrap_into_memory(void **state)
{
	put_range(0, 0x1000000000000000, 0xeffffffffffff000);
	put_extent(0, 0xffffffffffffe, 1, SNAPCAP_EXTENT_DATA);
	set_page_counts(1, 0);
	assert_int_equal(memmap_form(), 0);
	assert_int_equal(pagetable(), 0);
	put_extent(0, 0xffffffffffffe, 2, SNAPCAP_EXTENT_DATA);
	set_page_counts(2, 0);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	put_extent(0, 0xffffffffffffe, 0x10, SNAPCAP_EXTENT_DATA);
	set_page_counts(0x10, 0);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
	put_extent(0, 0x1ffffffffffffe, 1, SNAPCAP_EXTENT_DATA);
	set_page_counts(1, 0);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_PAGETABLE);
}

/* The loader's region is pages 0x40200..0x402ff, the hand-off page 0x40300. */
static void test_pagetable_spares_the_loader(void **state)
{
	static const struct { u64 pfn; u32 pages; int ret; } cases[] = {
		{ 0x401ff, 1, 0 },
		{ 0x401ff, 2, -SNAPCAP_REASON_OVERLAP },
		{ 0x40200, 1, -SNAPCAP_REASON_OVERLAP },
		{ 0x40250, 1, -SNAPCAP_REASON_OVERLAP },
		{ 0x402ff, 1, -SNAPCAP_REASON_OVERLAP },
		{ 0x40300, 1, -SNAPCAP_REASON_OVERLAP },
		{ 0x40300, 2, -SNAPCAP_REASON_OVERLAP },
		{ 0x40000, 0x1000, -SNAPCAP_REASON_OVERLAP },
		{ 0x40301, 1, 0 },
	};
	u16 kind;
	size_t i;

	for (kind = SNAPCAP_EXTENT_DATA; kind <= SNAPCAP_EXTENT_ZERO; kind++) {
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			put_extent(0, cases[i].pfn, cases[i].pages, kind);
			set_page_counts(kind ? 0 : cases[i].pages, kind ? cases[i].pages : 0);
			assert_int_equal(pagetable(), cases[i].ret);
		}
	}
}

/* With larger pages, any page that the hand-off page is a part of is spared. */
static void test_pagetable_spares_the_whole_page_of_the_handoff(void **state)
{
	img->page_shift = 16;
	img->handoff_base = 0x40305000;
	put_extent(0, 0x4030, 1, SNAPCAP_EXTENT_DATA);
	set_page_counts(1, 0);
	assert_int_equal(pagetable(), -SNAPCAP_REASON_OVERLAP);
	put_extent(0, 0x4031, 1, SNAPCAP_EXTENT_DATA);
	assert_int_equal(pagetable(), 0);
}

static int setup_chunks(void **state)
{
	setup(state);
	img->chunk_pages_max = 4;
	img->section[SNAPCAP_SECTION_DATA].size = 0x10000;
	return 0;
}

static void test_chunks_are_accepted(void **state)
{
	put_chunk(0, 4, SNAPCAP_CODEC_RAW, 0, 0x4000);
	put_chunk(1, 4, SNAPCAP_CODEC_LZ4, 0x4000, 1);
	put_chunk(2, 4, SNAPCAP_CODEC_FILL, 0x4001, 0);
	put_chunk(3, 1, SNAPCAP_CODEC_LZ4, 0x4001, 0x1000);
	put_chunk(4, 1, SNAPCAP_CODEC_RAW, 0xf000, 0x1000);
	put_chunk(5, 1, SNAPCAP_CODEC_FILL, 0x10000, 0);
	set_page_counts(15, 0);
	assert_int_equal(snapimg_chunk_count(img), 6);
	assert_int_equal(chunk_table(), 0);
	set_page_counts(14, 0);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	set_page_counts(16, 0);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
}

static void test_chunks_none_is_refused(void **state)
{
	img->section[SNAPCAP_SECTION_CHUNKS].size = 0;
	set_page_counts(1, 0);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
}

static void test_chunks_page_counts_are_limited(void **state)
{
	static const struct { u32 pages, max; int ret; } cases[] = {
		{ 0, 4, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 4, 4, 0 },
		{ 5, 4, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 256, 256, 0 },
		/* A host form that was not checked must not get past the limit either. */
		{ 257, 300, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 0xffffffff, 0xffffffff, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 0x100001, 0xffffffff, -SNAPCAP_REASON_CHUNK_TABLE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		img->chunk_pages_max = cases[i].max;
		put_chunk(0, cases[i].pages, SNAPCAP_CODEC_FILL, 0, 0);
		set_page_counts(cases[i].pages, 0);
		assert_int_equal(chunk_table(), cases[i].ret);
	}
}

static void test_chunks_stored_sizes_are_checked(void **state)
{
	static const struct { u16 codec; u32 size; int ret; } cases[] = {
		{ SNAPCAP_CODEC_RAW, 0x2000, 0 },
		{ SNAPCAP_CODEC_RAW, 0x1fff, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_RAW, 0x2001, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_RAW, 0, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, 0, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, 1, 0 },
		{ SNAPCAP_CODEC_LZ4, 0x2000, 0 },
		{ SNAPCAP_CODEC_LZ4, 0x2001, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, 0xffffffff, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_FILL, 0, 0 },
		{ SNAPCAP_CODEC_FILL, 1, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_FILL, 0x2000, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 3, 1, -SNAPCAP_REASON_CHUNK_CODEC },
		{ 0xffff, 1, -SNAPCAP_REASON_CHUNK_CODEC },
	};
	size_t i;

	set_page_counts(2, 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		put_chunk(0, 2, cases[i].codec, 0, cases[i].size);
		assert_int_equal(chunk_table(), cases[i].ret);
	}
}

static void test_chunks_stay_inside_data(void **state)
{
	static const struct { u64 offset; int ret; } cases[] = {
		{ 0xf000, 0 },
		{ 0xf001, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 0x10000, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 0x10001, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 0xfffffffffffff000, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 0xffffffffffffffff, -SNAPCAP_REASON_CHUNK_TABLE },
	};
	size_t i;

	set_page_counts(1, 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		put_chunk(0, 1, SNAPCAP_CODEC_RAW, cases[i].offset, 0x1000);
		assert_int_equal(chunk_table(), cases[i].ret);
	}
	put_chunk(0, 1, SNAPCAP_CODEC_FILL, 0x10001, 0);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
}

static void test_chunks_follow_each_other(void **state)
{
	set_page_counts(2, 0);
	put_chunk(0, 1, SNAPCAP_CODEC_RAW, 0x1000, 0x1000);
	put_chunk(1, 1, SNAPCAP_CODEC_RAW, 0x2000, 0x1000);
	assert_int_equal(chunk_table(), 0);
	put_chunk(1, 1, SNAPCAP_CODEC_RAW, 0x1fff, 0x1000);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_chunk(1, 1, SNAPCAP_CODEC_RAW, 0, 0x1000);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_chunk(1, 1, SNAPCAP_CODEC_FILL, 0, 0);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
}

static void test_chunks_unused_members_are_zero(void **state)
{
	set_page_counts(1, 0);
	put_chunk(0, 1, SNAPCAP_CODEC_RAW, 0, 0x1000);
	chunks[0].fill = cpu_to_le64(1);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_chunk(0, 1, SNAPCAP_CODEC_LZ4, 0, 0x100);
	chunks[0].fill = cpu_to_le64(1);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_chunk(0, 1, SNAPCAP_CODEC_FILL, 0, 0);
	chunks[0].sum = cpu_to_le32(1);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_chunk(0, 1, SNAPCAP_CODEC_FILL, 0, 0);
	chunks[0].fill = cpu_to_le64(~0ULL);
	assert_int_equal(chunk_table(), 0);
	chunks[0].reserved0 = cpu_to_le16(0x100);
	assert_int_equal(chunk_table(), -SNAPCAP_REASON_RESERVED);
}

/* DATA and the limits of CHUNKS are made so that they would let nothing through. */
static int setup_pageable(void **state)
{
	setup(state);
	img->feature_incompat = SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
	img->section[SNAPCAP_SECTION_CHUNKS].size = 0;
	img->section[SNAPCAP_SECTION_DATA].size = 0;
	img->section[SNAPCAP_SECTION_PAGEABLE_DATA].size = 0x2000;
	img->stream_pages = 1000;
	img->chunk_pages_max = 256;
	return 0;
}

static void put_pageable(u32 i, u32 pages, u16 codec, u64 offset, u32 stored_size)
{
	put_chunk(i, pages, codec, offset, stored_size);
	img->section[SNAPCAP_SECTION_CHUNKS].size = 0;
	img->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size = (i + 1) * sizeof(chunks[0]);
	img->pageable_pages = i + 1;
}

static void test_pageable_is_accepted(void **state)
{
	put_pageable(0, 1, SNAPCAP_CODEC_RAW, 0, 0x1000);
	put_pageable(1, 1, SNAPCAP_CODEC_FILL, 0x1000, 0);
	put_pageable(2, 1, SNAPCAP_CODEC_LZ4, 0x1000, 1);
	put_pageable(3, 1, SNAPCAP_CODEC_LZ4, 0x1100, 0xf00);
	put_pageable(4, 1, SNAPCAP_CODEC_FILL, 0x2000, 0);
	assert_int_equal(snapimg_pageable_count(img), 5);
	assert_int_equal(snapimg_chunk_count(img), 0);
	assert_int_equal(pageable_table(), 0);
	/* A host form that was not checked. */
	img->pageable_pages = 4;
	assert_int_equal(pageable_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	img->pageable_pages = 6;
	assert_int_equal(pageable_table(), -SNAPCAP_REASON_CHUNK_TABLE);
}

static void test_pageable_chunks_hold_one_page(void **state)
{
	static const u32 wrong[] = { 0, 2, 4, 256, 257, 0x100001, 0xffffffff };
	size_t i;

	put_pageable(0, 1, SNAPCAP_CODEC_FILL, 0, 0);
	assert_int_equal(pageable_table(), 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		put_pageable(0, wrong[i], SNAPCAP_CODEC_FILL, 0, 0);
		/* Not even when the sum is right. */
		img->pageable_pages = wrong[i];
		assert_int_equal(pageable_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	}
	/* The limit of the chunks is another matter. */
	img->chunk_pages_max = 0;
	put_pageable(0, 1, SNAPCAP_CODEC_FILL, 0, 0);
	assert_int_equal(pageable_table(), 0);
}

static void test_pageable_entries_are_checked_like_others(void **state)
{
	static const struct { u16 codec; u64 offset; u32 size; int ret; } cases[] = {
		{ SNAPCAP_CODEC_RAW, 0x1000, 0x1000, 0 },
		{ SNAPCAP_CODEC_RAW, 0x1001, 0x1000, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_RAW, 0, 0x2000, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_RAW, 0, 0xfff, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, 0, 0x1001, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, 0, 0, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, 0x2000, 1, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_LZ4, ~0ULL, 2, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_FILL, 0x2000, 0, 0 },
		{ SNAPCAP_CODEC_FILL, 0x2001, 0, -SNAPCAP_REASON_CHUNK_TABLE },
		{ SNAPCAP_CODEC_FILL, 0, 8, -SNAPCAP_REASON_CHUNK_TABLE },
		{ 3, 0, 0x1000, -SNAPCAP_REASON_CHUNK_CODEC },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		put_pageable(0, 1, cases[i].codec, cases[i].offset, cases[i].size);
		assert_int_equal(pageable_table(), cases[i].ret);
	}
	put_pageable(0, 1, SNAPCAP_CODEC_RAW, 0, 0x1000);
	put_pageable(1, 1, SNAPCAP_CODEC_LZ4, 0xfff, 0x100);
	assert_int_equal(pageable_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_pageable(1, 1, SNAPCAP_CODEC_LZ4, 0x1000, 0x100);
	assert_int_equal(pageable_table(), 0);
	chunks[1].reserved0 = cpu_to_le16(1);
	assert_int_equal(pageable_table(), -SNAPCAP_REASON_RESERVED);
}

static void test_pageable_pages_are_those_of_the_image(void **state)
{
	img->page_shift = 16;
	img->section[SNAPCAP_SECTION_PAGEABLE_DATA].size = 0x10000;
	put_pageable(0, 1, SNAPCAP_CODEC_RAW, 0, 0x1000);
	assert_int_equal(pageable_table(), -SNAPCAP_REASON_CHUNK_TABLE);
	put_pageable(0, 1, SNAPCAP_CODEC_RAW, 0, 0x10000);
	assert_int_equal(pageable_table(), 0);
}

#define TEST(function)		cmocka_unit_test_setup(function, setup)
#define TEST_EXTENTS(function)	cmocka_unit_test_setup(function, setup_extents)
#define TEST_CHUNKS(function)	cmocka_unit_test_setup(function, setup_chunks)
#define TEST_PAGEABLE(function)	cmocka_unit_test_setup(function, setup_pageable)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_section_crc_is_checked),
		TEST(test_section_is_loaded_from_its_copy),
		TEST(test_memmap_empty_is_refused),
		TEST(test_memmap_sorted_is_accepted),
		TEST(test_memmap_order_is_checked),
		TEST(test_memmap_range_form_is_checked),
		TEST(test_memmap_units_are_the_pages_of_the_image),
		TEST(test_memmap_of_another_machine_is_refused),
		TEST_EXTENTS(test_pagetable_is_accepted),
		TEST_EXTENTS(test_pagetable_sums_are_checked),
		TEST_EXTENTS(test_pagetable_empty_is_refused),
		TEST_EXTENTS(test_pagetable_order_is_checked),
		TEST_EXTENTS(test_pagetable_entry_form_is_checked),
		TEST_EXTENTS(test_pagetable_extent_must_not_wrap_into_memory),
		TEST_EXTENTS(test_pagetable_spares_the_loader),
		TEST_EXTENTS(test_pagetable_spares_the_whole_page_of_the_handoff),
		TEST_CHUNKS(test_chunks_are_accepted),
		TEST_CHUNKS(test_chunks_none_is_refused),
		TEST_CHUNKS(test_chunks_page_counts_are_limited),
		TEST_CHUNKS(test_chunks_stored_sizes_are_checked),
		TEST_CHUNKS(test_chunks_stay_inside_data),
		TEST_CHUNKS(test_chunks_follow_each_other),
		TEST_CHUNKS(test_chunks_unused_members_are_zero),
		TEST_PAGEABLE(test_pageable_is_accepted),
		TEST_PAGEABLE(test_pageable_chunks_hold_one_page),
		TEST_PAGEABLE(test_pageable_entries_are_checked_like_others),
		TEST_PAGEABLE(test_pageable_pages_are_those_of_the_image),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
