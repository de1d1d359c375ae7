// SPDX-License-Identifier: GPL-2.0-only
/*
 * The restore: tables checked, chunks decoded through the window. Snapshots are
 * made by the library's own builder; the window is made of real mappings.
 */
#include "../test.h"
#include <lz4.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include "fake.h"
#include "restore.h"

#define PAGES_MAX	12000
#define FIRST_PFN	(0x40400000 >> PAGE_SHIFT)
#define END_PFN		((FAKE_RAM_BASE + FAKE_RAM_SIZE) >> PAGE_SHIFT)

static struct machine machine;
static struct snapimg_machine bind;
static _Alignas(8) u8 tree[4096];
static _Alignas(64) u8 heap[4 << 20];
static struct arena arena;
static struct snapimg img;
static struct restore restore;
static struct media *media;

/* What a page is to hold after a restore. */
enum { UNTOUCHED, DATA, ZERO };
static u8 kind_of[END_PFN];

static struct snapcap_extent extents[PAGES_MAX];
static struct snapcap_chunk chunks[PAGES_MAX];
static u32 extent_count, chunk_count;
static u8 *stream;
static u32 stream_pages;

static int setup(void **state)
{
	fake_setup(state);
	fake_machine(&machine, tree, sizeof(tree));
	machine_bind(&plat, &machine, &bind);
	arena = (struct arena){ heap, sizeof(heap), 0 };
	memset(kind_of, UNTOUCHED, sizeof(kind_of));
	extent_count = chunk_count = stream_pages = 0;
	if (!stream)
		stream = malloc((size_t)PAGES_MAX << PAGE_SHIFT);
	srandom(3);
	media = plat.medium[0].media;
	return 0;
}

static int setup_paged(void **state)
{
	setup(state);
	media = &fake_paged;
	return 0;
}

/* A page of the stream: its number in the stream, repeated, or noise. */
static void make_page(u32 n)
{
	u64 *p = (u64 *)(stream + ((size_t)n << PAGE_SHIFT));
	u32 i;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		p[i] = n % 7 == 3 ? (u64)random() << 32 | (u64)random() : n;
}

static void add_extent(u64 pfn, u32 pages, u16 kind)
{
	struct snapimg_extent e = { pfn, pages, kind };
	u32 i;

	snapimg_extent_put(&extents[extent_count++], &e);
	for (i = 0; i < pages; i++) {
		kind_of[pfn + i] = kind == SNAPCAP_EXTENT_ZERO ? ZERO : DATA;
		if (kind == SNAPCAP_EXTENT_DATA)
			make_page(stream_pages++);
	}
}

static void make_fill(u32 page, u32 pages, u64 word)
{
	u64 *p = (u64 *)(stream + ((size_t)page << PAGE_SHIFT));
	u64 *end = p + (size_t)pages * PAGE_SIZE / 8;

	while (p < end)
		*p++ = word;
}

static u8 *flash_data(void)
{
	return fake_flash + FAKE_SNAPSHOT + img.section[SNAPCAP_SECTION_DATA].offset;
}

static u32 align64(u32 n)
{
	return (n + 63) & ~63u;
}

static void put_section(u32 type, const void *data, u32 size, u32 *offset)
{
	img.section[type].offset = *offset;
	img.section[type].size = size;
	if (data) {
		memcpy(fake_flash + FAKE_SNAPSHOT + *offset, data, size);
		img.section[type].crc = snapimg_crc32c_soft(0, data, size);
	}
	*offset = align64(*offset + size);
}

/* Cut the stream into chunks of at most @max pages, codecs in turn, behind each other. */
static u32 put_chunks(u8 *data, u32 max)
{
	u32 at = 0, used = 0;

	while (at < stream_pages) {
		struct snapimg_chunk c = { .pages = 1 + (u32)random() % max, .offset = used };
		u8 *src = stream + ((size_t)at << PAGE_SHIFT), *dst = data + used;
		int size;

		if (c.pages > stream_pages - at)
			c.pages = stream_pages - at;
		size = (int)(c.pages << PAGE_SHIFT);
		switch (chunk_count % 3) {
		case 0:
			make_fill(at, c.pages, c.fill = 0x1111111111111111ULL * (at % 16));
			c.codec = SNAPCAP_CODEC_FILL;
			break;
		case 1:
			c.codec = SNAPCAP_CODEC_LZ4;
			c.stored_size = (u32)LZ4_compress_default((char *)src, (char *)dst, size,
								  LZ4_compressBound(size));
			if (c.stored_size < (u32)size)
				break;
			/* fall through */
		default:
			c.codec = SNAPCAP_CODEC_RAW;
			c.stored_size = (u32)size;
			memcpy(dst, src, (size_t)size);
		}
		if (c.stored_size)
			c.sum = snapimg_sum(dst, c.stored_size);
		snapimg_chunk_put(&chunks[chunk_count++], &c);
		used += c.stored_size;
		at += c.pages;
		assert_true(used < FAKE_FLASH_SIZE - FAKE_SNAPSHOT - (2u << 20));
	}
	return used;
}

/* Put what was added into the flash; the header is not needed, only its host form. */
static void build(u32 chunk_pages)
{
	const struct snapcap_range ram = { FAKE_RAM_BASE, FAKE_RAM_SIZE };
	u32 offset = SNAPCAP_BODY_OFF, i, used, table;

	memset(&img, 0, sizeof(img));
	img.version_major = SNAPCAP_VERSION_MAJOR;
	img.sequence = 5;
	img.page_shift = PAGE_SHIFT;
	img.arch = SNAPCAP_ARCH_ARM64;
	img.stub_abi = SNAPCAP_HANDOFF_ABI;
	img.stub_base = FAKE_STUB_BASE;
	img.stub_size = FAKE_STUB_SIZE;
	img.handoff_base = FAKE_HANDOFF;
	img.chunk_pages_max = chunk_pages;
	memcpy(img.machine, machine.name, sizeof(img.machine));
	memcpy(img.kernel_release, "6.1.0-unit", 11);
	img.build_id_size = 20;
	img.stream_pages = stream_pages;
	for (i = 0; i < extent_count; i++)
		if (extents[i].kind == SNAPCAP_EXTENT_ZERO)
			img.zero_pages += extents[i].pages;

	put_section(SNAPCAP_SECTION_CPU, "the record of a CPU, for others to judge.......", 48,
		    &offset);
	put_section(SNAPCAP_SECTION_MEMMAP, &ram, sizeof(ram), &offset);
	put_section(SNAPCAP_SECTION_PAGETABLE, extents, extent_count * sizeof(extents[0]),
		    &offset);
	/* The chunk table's size is known once it is made: leave it room. */
	table = offset;
	offset += align64(stream_pages * sizeof(chunks[0]));
	used = put_chunks(fake_flash + FAKE_SNAPSHOT + offset, chunk_pages);
	put_section(SNAPCAP_SECTION_CHUNKS, chunks, chunk_count * sizeof(chunks[0]), &table);
	put_section(SNAPCAP_SECTION_DATA, NULL, used, &offset);
	img.image_size = offset;
}

static int load(void)
{
	memset(&restore, 0, sizeof(restore));
	restore.media = media;
	restore.base = FAKE_SNAPSHOT;
	restore.img = &img;
	return restore_load(&restore, &bind, &arena);
}

static void memory_is_right(void)
{
	u64 pfn, i;
	u32 n = 0;

	for (pfn = FAKE_RAM_BASE >> PAGE_SHIFT; pfn < END_PFN; pfn++) {
		const u8 *p = fake_ram(pfn << PAGE_SHIFT);

		if (kind_of[pfn] == DATA) {
			assert_memory_equal(p, stream + ((size_t)n++ << PAGE_SHIFT), PAGE_SIZE);
			continue;
		}
		for (i = 0; i < PAGE_SIZE; i++)
			if (p[i] != (kind_of[pfn] == ZERO ? 0 : 0xa5))
				fail_msg("page %llx is not as it should be", pfn);
	}
	assert_int_equal(n, stream_pages);
}

static void is_restored(void)
{
	assert_int_equal(load(), 0);
	assert_int_equal(restore_pages(&restore), 0);
	assert_int_equal(restore.bytes_stored, img.section[SNAPCAP_SECTION_DATA].size);
	memory_is_right();
}

/* Extents of all sizes and both kinds with gaps between, @pages in all. */
static void add_random(u32 pages, u32 longest)
{
	u64 pfn = FIRST_PFN;

	while (pages) {
		u32 n = 1 + (u32)random() % longest;

		if (n > pages)
			n = pages;
		pfn += random() % 3;
		assert_true(pfn + n <= END_PFN);
		add_extent(pfn, n, random() % 5 ? SNAPCAP_EXTENT_DATA : SNAPCAP_EXTENT_ZERO);
		pfn += n;
		pages -= n;
	}
}

static void test_scattered_pages(void **state)
{
	add_random(3000, 9);
	build(64);
	is_restored();
	assert_int_equal(fake_rounds, 2);	/* one, and the one that ends it */
}

static void test_more_than_the_window_holds(void **state)
{
	add_random(PAGES_MAX - 2000, 100);
	build(256);
	is_restored();
	assert_true(fake_rounds > 2);
}

static void test_chunk_that_ends_where_the_window_does(void **state)
{
	/* Every chunk a page: one round fills the window to its last slot. */
	add_extent(FIRST_PFN, ARCH_WINDOW_PAGES, SNAPCAP_EXTENT_DATA);
	build(1);
	is_restored();
	assert_int_equal(fake_rounds, 2);

	setup(state);
	add_extent(FIRST_PFN, ARCH_WINDOW_PAGES + 1, SNAPCAP_EXTENT_DATA);
	build(1);
	is_restored();
	assert_int_equal(fake_rounds, 3);
}

static void test_zero_extents_around_the_stream(void **state)
{
	add_extent(FIRST_PFN, 3, SNAPCAP_EXTENT_ZERO);
	add_extent(FIRST_PFN + 3, 2, SNAPCAP_EXTENT_ZERO);
	add_extent(FIRST_PFN + 7, 1, SNAPCAP_EXTENT_DATA);
	add_extent(FIRST_PFN + 8, 1, SNAPCAP_EXTENT_ZERO);
	add_extent(FIRST_PFN + 9, 1, SNAPCAP_EXTENT_DATA);
	add_extent(FIRST_PFN + 20, 4, SNAPCAP_EXTENT_ZERO);
	add_extent(FIRST_PFN + 24, 1, SNAPCAP_EXTENT_ZERO);
	build(2);
	is_restored();
}

static void test_first_and_last_page_of_memory(void **state)
{
	add_extent(FAKE_RAM_BASE >> PAGE_SHIFT, 0x200, SNAPCAP_EXTENT_DATA);
	add_extent(FIRST_PFN, 1, SNAPCAP_EXTENT_DATA);
	add_extent(END_PFN - 1, 1, SNAPCAP_EXTENT_DATA);
	build(50);
	is_restored();
}

/*
 * Behind what the loader reads: bytes that are no table and no chunks, and that the
 * sanitizer lets nobody touch. Returns where they are.
 */
static void *put_pageable(u32 *size)
{
	const u32 pages = 64;
	u32 offset = (u32)img.image_size;
	u8 *part = fake_flash + FAKE_SNAPSHOT + offset;

	img.feature_incompat = SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
	img.pageable_pages = pages;
	put_section(SNAPCAP_SECTION_PAGEABLE_CHUNKS, NULL, pages * sizeof(struct snapcap_chunk),
		    &offset);
	put_section(SNAPCAP_SECTION_PAGEABLE_DATA, NULL, pages << PAGE_SHIFT, &offset);
	*size = offset - (u32)img.image_size;
	img.image_size = offset;
	memset(part, 0x5a, *size);
	ASAN_POISON_MEMORY_REGION(part, *size);
	return part;
}

static void test_pageable_part_is_not_touched(void **state)
{
	void *part;
	u32 size;

	add_random(3000, 9);
	build(64);
	part = put_pageable(&size);
	assert_true(__asan_address_is_poisoned(part));
	is_restored();
	ASAN_UNPOISON_MEMORY_REGION(part, size);
}

static void test_load_writes_no_memory(void **state)
{
	add_random(500, 9);
	build(16);
	assert_int_equal(load(), 0);
	memset(kind_of, UNTOUCHED, sizeof(kind_of));
	stream_pages = 0;
	memory_is_right();
}

static void test_load_refuses_each_damaged_table(void **state)
{
	u32 type;

	add_random(100, 9);
	build(16);
	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		u8 *last = fake_flash + FAKE_SNAPSHOT + img.section[type].offset +
			   img.section[type].size - 1;

		*last ^= 1;
		assert_int_equal(load(), -SNAPCAP_REASON_SECTION_CRC);
		assert_int_equal(restore.detail, type);
		*last ^= 1;
		fake_bad_offset = (u64)(last - fake_flash);
		assert_int_equal(load(), -SNAPCAP_REASON_READ);
		fake_bad_offset = ~0ULL;
	}
	assert_int_equal(load(), 0);
}

static void test_load_refuses_in_order(void **state)
{
	add_random(100, 9);
	build(16);
	fake_resume_check = -SNAPCAP_REASON_CPU;
	assert_int_equal(load(), -SNAPCAP_REASON_CPU);
	/* What the tables say comes before what the CPU can do ... */
	img.stream_pages++;
	assert_int_equal(load(), -SNAPCAP_REASON_PAGETABLE);
	bind.range_count = 0;
	assert_int_equal(load(), -SNAPCAP_REASON_MEMORY);
	/* ... their checksums before what they say ... */
	fake_flash[FAKE_SNAPSHOT + img.section[SNAPCAP_SECTION_CHUNKS].offset] ^= 1;
	assert_int_equal(load(), -SNAPCAP_REASON_SECTION_CRC);
	/* ... and what it is bound to before all of them. */
	bind.machine = "another";
	assert_int_equal(load(), -SNAPCAP_REASON_MACHINE);
}

static void test_load_refuses_tables_larger_than_the_arena(void **state)
{
	add_random(2000, 2);
	build(16);
	arena.size = 4096;
	assert_int_equal(load(), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(restore.detail, SNAPCAP_SECTION_PAGETABLE);
}

static void test_every_damaged_chunk_is_refused(void **state)
{
	u32 i, stored = 0;

	add_random(300, 9);
	build(16);
	for (i = 0; i < chunk_count; i++) {
		u8 *p = flash_data() + chunks[i].offset;

		if (!chunks[i].stored_size)
			continue;
		assert_int_equal(load(), 0);
		p += (u32)random() % chunks[i].stored_size;
		*p ^= 0x20;
		assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_CHUNK_SUM);
		assert_int_equal(restore.detail, i);
		*p ^= 0x20;
		arena.used = 0;
		stored++;
	}
	assert_true(stored > 10);
	/* After all these failures the next try is as good as the first. */
	is_restored();
}

static void test_damaged_chunk_is_not_decoded(void **state)
{
	add_extent(FIRST_PFN, 1, SNAPCAP_EXTENT_DATA);
	add_extent(FIRST_PFN + 1, 1, SNAPCAP_EXTENT_DATA);
	add_extent(FIRST_PFN + 2, 1, SNAPCAP_EXTENT_DATA);
	build(1);
	assert_int_equal(chunks[1].codec, SNAPCAP_CODEC_LZ4);
	flash_data()[chunks[1].offset] ^= 1;
	assert_int_equal(load(), 0);
	assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_CHUNK_SUM);
	assert_int_equal(*fake_ram((FIRST_PFN + 1) << PAGE_SHIFT), 0xa5);
	assert_int_equal(*fake_ram((FIRST_PFN + 2) << PAGE_SHIFT), 0xa5);
}

static void test_chunk_that_cannot_be_read(void **state)
{
	add_extent(FIRST_PFN, 3, SNAPCAP_EXTENT_DATA);
	build(1);
	assert_int_equal(load(), 0);
	fake_bad_offset = (u64)(flash_data() - fake_flash) + chunks[2].offset;
	assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_READ);
	assert_int_equal(restore.detail, 2);
}

static void test_tables_that_disagree_are_survived(void **state)
{
	add_extent(FIRST_PFN, 10, SNAPCAP_EXTENT_DATA);
	build(4);
	assert_int_equal(load(), 0);
	/* Checked tables never do this; the walk ends all the same. */
	((struct snapcap_extent *)restore.table[SNAPCAP_SECTION_PAGETABLE])->pages = 9;
	assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_PAGETABLE);
	((struct snapcap_extent *)restore.table[SNAPCAP_SECTION_PAGETABLE])->pages = 11;
	assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_PAGETABLE);
}

static void test_lz4_results(void **state)
{
	static const u8 block[] = { 0x50, 'h', 'e', 'l', 'l', 'o' };
	u8 out[8];

	assert_int_equal(snapimg_lz4_decode(block, 6, out, 8), 5);
	assert_memory_equal(out, "hello", 5);
	assert_true(snapimg_lz4_decode(block, 5, out, 8) < 0);
	assert_true(snapimg_lz4_decode(block, 6, out, 4) < 0);
	assert_true(snapimg_lz4_decode(block, 1ULL << 32, out, 8) < 0);
	assert_true(snapimg_lz4_decode(block, 6, out, 1ULL << 32) < 0);
}

/* ---- from a medium that cannot be mapped ---- */

static void is_idle(void)
{
	assert_false(fake_request_open);
}

static void test_few_large_requests(void **state)
{
	u32 before;

	add_random(8000, 100);
	build(64);
	assert_int_equal(load(), 0);
	before = fake_requests;
	assert_int_equal(restore_pages(&restore), 0);
	/* No request holds less than the buffer less one chunk, but for the last. */
	assert_true(fake_requests - before <= img.section[SNAPCAP_SECTION_DATA].size /
		    (MEDIA_REQUEST_MAX - (64 << PAGE_SHIFT)) + 1);
	memory_is_right();
	is_idle();
}

static void test_next_request_is_under_way(void **state)
{
	const void *stored;
	u32 i;

	add_random(3000, 100);
	build(64);
	assert_int_equal(load(), 0);
	for (i = 0; i < chunk_count; i++) {
		struct snapimg_chunk c = snapimg_chunk_get(chunks, i);

		assert_int_equal(stored_get(&restore.stored, i, &c, &stored), 0);
		if (!c.stored_size)
			continue;
		assert_int_equal(snapimg_chunk_verify(&c, stored), 0);
		assert_int_equal(fake_request_open, restore.stored.reading ? 1 : 0);
		if (c.offset < 1 << 20)
			assert_true(fake_request_open);
	}
	is_idle();
}

/* Buffers shrink with the arena: two, then one, then none; the result is the same. */
static void test_buffers_of_all_sizes(void **state)
{
	static const size_t rooms[] = { 3 << 20, 600 << 10, 2 * 65536, 2 * 65536 - 64, 65536 };
	size_t tables;
	u32 i;

	add_random(3000, 100);
	build(16);		/* the largest chunk is 16 pages, and stored as it is */
	assert_int_equal(load(), 0);
	stored_end(&restore.stored);
	tables = arena.used - 2 * restore.stored.size;
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		arena = (struct arena){ heap, tables + rooms[i], 0 };
		memset(fake_ram(FAKE_RAM_BASE), 0xa5, FAKE_RAM_SIZE);
		is_restored();
		assert_int_equal(!restore.stored.spare, rooms[i] < 2 * 65536);
		is_idle();
	}
	arena = (struct arena){ heap, tables + 65535, 0 };
	assert_int_equal(load(), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(restore.detail, SNAPCAP_SECTION_DATA);
	is_idle();
}

static void test_failure_leaves_nothing_under_way(void **state)
{
	add_random(3000, 100);
	build(64);
	assert_int_equal(load(), 0);
	flash_data()[0] ^= 1;
	assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_CHUNK_SUM);
	is_idle();
	flash_data()[0] ^= 1;
	arena.used = 0;
	assert_int_equal(load(), 0);
	fake_bad_offset = (u64)(flash_data() - fake_flash) + 3000000;
	assert_int_equal(restore_pages(&restore), -SNAPCAP_REASON_READ);
	is_idle();
	fake_bad_offset = ~0ULL;
	arena.used = 0;
	is_restored();
}

static void test_stream_that_stores_nothing(void **state)
{
	u32 i;

	add_extent(FIRST_PFN, 30, SNAPCAP_EXTENT_ZERO);
	build(16);
	is_restored();
	assert_int_equal(chunk_count, 0);
	setup_paged(state);
	add_extent(FIRST_PFN, 1, SNAPCAP_EXTENT_DATA);
	build(16);
	for (i = 0; i < chunk_count; i++)
		assert_int_equal(chunks[i].codec, SNAPCAP_CODEC_FILL);
	is_restored();
	is_idle();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_scattered_pages, setup),
		cmocka_unit_test_setup(test_more_than_the_window_holds, setup),
		cmocka_unit_test_setup(test_chunk_that_ends_where_the_window_does, setup),
		cmocka_unit_test_setup(test_zero_extents_around_the_stream, setup),
		cmocka_unit_test_setup(test_first_and_last_page_of_memory, setup),
		cmocka_unit_test_setup(test_pageable_part_is_not_touched, setup),
		cmocka_unit_test_setup(test_load_writes_no_memory, setup),
		cmocka_unit_test_setup(test_load_refuses_each_damaged_table, setup),
		cmocka_unit_test_setup(test_load_refuses_in_order, setup),
		cmocka_unit_test_setup(test_load_refuses_tables_larger_than_the_arena, setup),
		cmocka_unit_test_setup(test_every_damaged_chunk_is_refused, setup),
		cmocka_unit_test_setup(test_damaged_chunk_is_not_decoded, setup),
		cmocka_unit_test_setup(test_chunk_that_cannot_be_read, setup),
		cmocka_unit_test_setup(test_tables_that_disagree_are_survived, setup),
		cmocka_unit_test_setup(test_lz4_results, setup),
		cmocka_unit_test_setup(test_scattered_pages, setup_paged),
		cmocka_unit_test_setup(test_more_than_the_window_holds, setup_paged),
		cmocka_unit_test_setup(test_zero_extents_around_the_stream, setup_paged),
		cmocka_unit_test_setup(test_first_and_last_page_of_memory, setup_paged),
		cmocka_unit_test_setup(test_pageable_part_is_not_touched, setup_paged),
		cmocka_unit_test_setup(test_load_writes_no_memory, setup_paged),
		cmocka_unit_test_setup(test_load_refuses_each_damaged_table, setup_paged),
		cmocka_unit_test_setup(test_load_refuses_in_order, setup_paged),
		cmocka_unit_test_setup(test_load_refuses_tables_larger_than_the_arena, setup_paged),
		cmocka_unit_test_setup(test_every_damaged_chunk_is_refused, setup_paged),
		cmocka_unit_test_setup(test_damaged_chunk_is_not_decoded, setup_paged),
		cmocka_unit_test_setup(test_few_large_requests, setup_paged),
		cmocka_unit_test_setup(test_next_request_is_under_way, setup_paged),
		cmocka_unit_test_setup(test_buffers_of_all_sizes, setup_paged),
		cmocka_unit_test_setup(test_failure_leaves_nothing_under_way, setup_paged),
		cmocka_unit_test_setup(test_stream_that_stores_nothing, setup_paged),
	};

	return cmocka_run_group_tests_name("bootstub/restore", tests, NULL, NULL);
}
