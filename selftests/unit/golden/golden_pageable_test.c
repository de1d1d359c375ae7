// SPDX-License-Identifier: GPL-2.0-only
/*
 * The golden snapshot with a pageable part: the library accepts it, builds the same
 * bytes, refuses what is wrong with that part, and hands out what a loader needs
 * whatever became of it.
 */
#include <stdlib.h>
#include "golden.h"
#include "verify.h"

static u8 *golden, *image;
static size_t size;
static u8 *pages, *restored;
static size_t pages_size;
static u8 *stream;
static size_t stream_size;

/* Where the generator puts things; up to DATA it is the other golden snapshot. */
#define MARK		4096
#define RESIDENT_END	16934
#define TABLE		16960
#define TABLE_SIZE	128
#define DATA		17088
#define DATA_SIZE	4236
#define BLOCK_SIZE	70	/* the LZ4 block of the first and the last page */
#define FILL		0xfedcba9876543210ULL

/* How much to make right after a change, outermost last. */
enum { AS_IS, HEADER, TABLES };

static void put_le32(size_t at, u32 value)
{
	value = cpu_to_le32(value);
	memcpy(image + at, &value, 4);
}

static void seal(int level)
{
	if (level >= TABLES)
		put_le32(400 + 5 * 32 + 4, snapimg_crc32c(0, image + TABLE, TABLE_SIZE));
	if (level >= HEADER) {
		put_le32(1020, snapimg_crc32c(0, image, 1020));
		memcpy(image + MARK + 16, image + 1020, 4);
		put_le32(MARK + 32, snapimg_crc32c(0, image + MARK, 32));
	}
}

static int verify_pageable(void)
{
	return image_verify_pageable(image, size, restored, pages_size);
}

/* What a loader does. */
static int verify_resident(void)
{
	return image_verify(image, size, NULL, NULL, 0);
}

static int setup(void **state)
{
	memcpy(image, golden, size);
	return 0;
}

static int setup_group(void **state)
{
	golden = golden_read("golden-pageable.snap", &size);
	pages = golden_read("golden-pageable.pages", &pages_size);
	stream = golden_read("golden.stream", &stream_size);
	image = malloc(size);
	restored = malloc(pages_size);
	return image && restored ? 0 : -1;
}

static int teardown_group(void **state)
{
	free(golden);
	free(pages);
	free(stream);
	free(image);
	free(restored);
	return 0;
}

/* ---- as it is ---- */

static void test_golden_pageable_pages_are_handed_out(void **state)
{
	assert_int_equal(pages_size, 4 * 4096);
	memset(restored, 0, pages_size);
	assert_int_equal(verify_pageable(), 0);
	assert_memory_equal(restored, pages, pages_size);
}

static void test_golden_pageable_resident_part_is_that_of_the_other(void **state)
{
	u8 *memory = malloc(stream_size);

	assert_non_null(memory);
	assert_int_equal(image_verify(image, size, NULL, memory, stream_size), 0);
	assert_memory_equal(memory, stream, stream_size);
	free(memory);
}

static void test_golden_pageable_header_reads_as_written(void **state)
{
	struct snapimg img;

	assert_int_equal(snapimg_header_check(image, size, size, &img), 0);
	assert_int_equal(img.version_major, 1);
	assert_int_equal(img.version_minor, 1);
	assert_int_equal(img.feature_incompat, 1);
	assert_int_equal(img.image_size, size);
	assert_int_equal(img.stream_pages, 9);
	assert_int_equal(img.pageable_pages, 4);
	assert_int_equal(snapimg_pageable_count(&img), 4);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].offset, TABLE);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size, TABLE_SIZE);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGEABLE_DATA].offset, DATA);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGEABLE_DATA].size, DATA_SIZE);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGEABLE_DATA].crc, 0);
	assert_int_equal(size, DATA + DATA_SIZE);
}

/* The builders, fed with what the image says, make the image. */
static void test_golden_pageable_is_what_the_builders_make(void **state)
{
	struct snapimg_chunk chunk[] = {
		{ 1, SNAPCAP_CODEC_LZ4, 0, BLOCK_SIZE, 0, 0 },
		{ 1, SNAPCAP_CODEC_RAW, BLOCK_SIZE, 4096, 0, 0 },
		{ 1, SNAPCAP_CODEC_FILL, BLOCK_SIZE + 4096, 0, 0, FILL },
		{ 1, SNAPCAP_CODEC_LZ4, BLOCK_SIZE + 4096, BLOCK_SIZE, 0, 0 },
	};
	struct snapcap_chunk table[ARRAY_SIZE(chunk)];
	struct snapcap_image_header hdr;
	struct snapcap_commit commit;
	struct snapimg img;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(chunk); i++) {
		if (chunk[i].stored_size)
			chunk[i].sum = snapimg_sum(image + DATA + chunk[i].offset,
						   chunk[i].stored_size);
		snapimg_chunk_put(&table[i], &chunk[i]);
	}
	assert_memory_equal(table, image + TABLE, sizeof(table));

	assert_int_equal(snapimg_header_check(image, size, size, &img), 0);
	img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].crc = snapimg_crc32c(0, table, sizeof(table));
	img.header_crc = snapimg_header_build(&img, &hdr);
	snapimg_commit_build(&img, &commit);
	assert_memory_equal(&hdr, image, sizeof(hdr));
	assert_memory_equal(&commit, image + MARK, sizeof(commit));
}

/* ---- one field at a time ---- */

#define RESERVED	SNAPCAP_REASON_RESERVED
#define FIELD		SNAPCAP_REASON_FIELD
#define SECTION		SNAPCAP_REASON_SECTION
#define SECTION_CRC	SNAPCAP_REASON_SECTION_CRC
#define CHUNK_TABLE	SNAPCAP_REASON_CHUNK_TABLE
#define CHUNK_SUM	SNAPCAP_REASON_CHUNK_SUM
#define CHUNK_CODEC	SNAPCAP_REASON_CHUNK_CODEC
#define CHUNK_DECODE	SNAPCAP_REASON_CHUNK_DECODE

#define HDR(member, to, why) \
	NUMBER("header", 0, snapcap_image_header, member, to, HEADER, why)
#define SEC(i, member, to, why) \
	NUMBER("section" #i, 400 + 32 * ((i) - 1), snapcap_section, member, to, HEADER, why)
#define CHK(i, member, to, why) \
	NUMBER("pageable" #i, TABLE + 32 * (i), snapcap_chunk, member, to, TABLES, why)

#define HUGE		0xffffffffffffffc0ULL
#define ALL		0xffffffffffffffffULL

static const struct mangle cases[] = {
	HDR(feature_incompat, 0, FIELD),
	HDR(feature_incompat, 5, SNAPCAP_REASON_FEATURE),
	HDR(section_count, 5, RESERVED),
	HDR(section_count, 6, RESERVED),
	HDR(section_count, 8, SECTION),
	HDR(pageable_pages, 0, FIELD),
	HDR(pageable_pages, 3, SECTION),
	HDR(pageable_pages, 5, SECTION),
	HDR(pageable_pages, 0x100000004, SECTION),
	HDR(pageable_pages, ALL, SECTION),
	BYTE("header", 0, snapcap_image_header, reserved1, 0, 1, HEADER, RESERVED),

	SEC(6, type, 0, SECTION),
	SEC(6, type, 5, SECTION),
	SEC(6, type, 7, SECTION),
	SEC(6, type, 8, SECTION),
	SEC(6, crc, 1, SECTION_CRC),
	SEC(6, offset, RESIDENT_END, SECTION),
	SEC(6, offset, 8640, SECTION),
	SEC(6, offset, TABLE + 64, SECTION),
	SEC(6, offset, HUGE, SECTION),
	SEC(6, size, 0, SECTION),
	SEC(6, size, 96, SECTION),
	SEC(6, size, 127, SECTION),
	SEC(6, size, 160, SECTION),
	SEC(6, size, ALL & ~31ULL, SECTION),
	SEC(6, reserved0, 1, RESERVED),
	SEC(7, type, 0, SECTION),
	SEC(7, type, 6, SECTION),
	SEC(7, type, 8, SECTION),
	SEC(7, crc, 1, SECTION),
	SEC(7, offset, TABLE, SECTION),
	SEC(7, offset, DATA + 1, SECTION),
	SEC(7, offset, DATA + 64, SECTION),
	SEC(7, offset, HUGE, SECTION),
	SEC(7, size, 0, SECTION),
	SEC(7, size, DATA_SIZE - 1, SECTION),
	SEC(7, size, DATA_SIZE + 1, SECTION),
	SEC(7, size, ALL, SECTION),
	SEC(7, reserved0, 1, RESERVED),
	SEC(8, type, 8, RESERVED),

	CHK(0, pages, 0, CHUNK_TABLE),
	CHK(0, pages, 2, CHUNK_TABLE),
	CHK(0, pages, 4, CHUNK_TABLE),
	CHK(0, pages, 0xffffffff, CHUNK_TABLE),
	CHK(0, codec, 0, CHUNK_TABLE),
	CHK(0, codec, 2, CHUNK_TABLE),
	CHK(0, codec, 3, CHUNK_CODEC),
	CHK(0, reserved0, 1, RESERVED),
	CHK(0, offset, 1, CHUNK_TABLE),
	CHK(0, offset, ALL, CHUNK_TABLE),
	CHK(0, stored_size, 0, CHUNK_TABLE),
	CHK(0, stored_size, BLOCK_SIZE - 1, CHUNK_SUM),
	CHK(0, stored_size, 4097, CHUNK_TABLE),
	CHK(0, sum, 0, CHUNK_SUM),
	CHK(0, fill, 1, CHUNK_TABLE),
	CHK(1, pages, 2, CHUNK_TABLE),
	CHK(1, codec, 1, CHUNK_DECODE),
	CHK(1, reserved0, 0x8000, RESERVED),
	CHK(1, offset, BLOCK_SIZE - 1, CHUNK_TABLE),
	CHK(1, stored_size, 4095, CHUNK_TABLE),
	CHK(1, sum, 1, CHUNK_SUM),
	CHK(1, fill, 1, CHUNK_TABLE),
	CHK(2, pages, 0, CHUNK_TABLE),
	CHK(2, codec, 0, CHUNK_TABLE),
	CHK(2, reserved0, 1, RESERVED),
	CHK(2, offset, DATA_SIZE + 1, CHUNK_TABLE),
	CHK(2, stored_size, 1, CHUNK_TABLE),
	CHK(2, sum, 1, CHUNK_TABLE),
	{ "pageable2.fill", TABLE + 64 + 24, 8, 0, 8, 0, AS_IS, SECTION_CRC },
	CHK(2, fill, 0, 0),
	CHK(3, pages, 2, CHUNK_TABLE),
	CHK(3, codec, 3, CHUNK_CODEC),
	CHK(3, reserved0, 1, RESERVED),
	CHK(3, offset, BLOCK_SIZE + 4097, CHUNK_TABLE),
	CHK(3, stored_size, BLOCK_SIZE + 1, CHUNK_TABLE),
	CHK(3, sum, 0, CHUNK_SUM),
	CHK(3, fill, ALL, CHUNK_TABLE),
};

static void test_mangled(void **state)
{
	const struct mangle *m = *state;

	setup(NULL);
	mangle_apply(m, image);
	seal(m->seal);
	assert_int_equal(-verify_pageable(), m->reason);
}

/* Nothing of the part's table and of its header fields was forgotten above. */
static void test_every_byte_of_the_part_was_mangled(void **state)
{
	static const struct { size_t start, size; } read_bytes[] = {
		{ 24, 8 }, { 400 + 5 * 32, 64 }, { 656, 8 }, { TABLE, TABLE_SIZE },
	};
	u8 *map = calloc(1, size);
	size_t i, j;

	assert_non_null(map);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		mangle_cover(&cases[i], map, size);
	for (i = 0; i < ARRAY_SIZE(read_bytes); i++) {
		for (j = 0; j < read_bytes[i].size; j++) {
			if (!map[read_bytes[i].start + j])
				print_error("byte %zu is in no case\n", read_bytes[i].start + j);
			assert_true(map[read_bytes[i].start + j]);
		}
	}
	free(map);
}

/* ---- what is damaged there, and who minds ---- */

static void test_golden_pageable_damage_is_found_where_it_is_read(void **state)
{
	size_t at;

	for (at = TABLE; at < size; at++) {
		image[at] ^= 1 << at % 8;
		assert_int_equal(verify_pageable(), at < DATA ? -SECTION_CRC : -CHUNK_SUM);
		if (at % 37 == 0 || at == size - 1)
			assert_int_equal(verify_resident(), 0);
		image[at] ^= 1 << at % 8;
	}
	memset(image + TABLE, 0xff, size - TABLE);
	assert_int_equal(verify_resident(), 0);
}

/* The header counts for all of it: what is cut off is not restored. */
static void test_golden_pageable_truncated_is_refused(void **state)
{
	size_t avail;

	for (avail = TABLE; avail < size; avail += 61)
		assert_int_equal(image_verify(image, avail, NULL, NULL, 0),
				 -SNAPCAP_REASON_TRUNCATED);
}

static void test_golden_pageable_block_of_another_size_is_refused(void **state)
{
	u8 *block = image + DATA;

	/* The token of the last sequence: literals of one byte less. */
	assert_int_equal(block[BLOCK_SIZE - 33], 32 - 15);
	block[BLOCK_SIZE - 33]--;
	put_le32(TABLE + 16, BLOCK_SIZE - 1);
	put_le32(TABLE + 20, snapimg_sum(block, BLOCK_SIZE - 1));
	seal(TABLES);
	assert_int_equal(verify_pageable(), -CHUNK_DECODE);
}

/* A slot with a pageable part hides what lies in that part, too. */
#define STEP	4096

static u8 *medium;

static int read_medium(void *ctx, u64 off, void *buf, size_t len)
{
	memcpy(buf, medium + off, len);
	return 0;
}

static void test_golden_pageable_slot_ends_behind_the_part(void **state)
{
	const struct snapimg_reader reader = { .size = 16 * STEP, .read = read_medium };
	struct snapimg_slot slot;
	u64 offset = 0;

	medium = malloc(reader.size);
	assert_non_null(medium);
	memset(medium, 0xff, reader.size);
	memcpy(medium, image, size);
	/* In the middle of PAGEABLE_DATA, and at the first place behind the image. */
	memcpy(medium + 5 * STEP, image, 512);
	memcpy(medium + 6 * STEP, image, size);
	assert_int_equal(snapimg_slot_next(&reader, STEP, &offset, &slot), 1);
	assert_int_equal(slot.status, 0);
	assert_int_equal(slot.img.pageable_pages, 4);
	assert_int_equal(offset, 6 * STEP);
	assert_int_equal(snapimg_slot_next(&reader, STEP, &offset, &slot), 1);
	assert_int_equal(slot.offset, 6 * STEP);
	assert_int_equal(slot.status, 0);
	free(medium);
}

#define TEST(function)	cmocka_unit_test_setup(function, setup)

int main(void)
{
	static const struct CMUnitTest whole[] = {
		TEST(test_golden_pageable_pages_are_handed_out),
		TEST(test_golden_pageable_resident_part_is_that_of_the_other),
		TEST(test_golden_pageable_header_reads_as_written),
		TEST(test_golden_pageable_is_what_the_builders_make),
		TEST(test_every_byte_of_the_part_was_mangled),
		TEST(test_golden_pageable_damage_is_found_where_it_is_read),
		TEST(test_golden_pageable_truncated_is_refused),
		TEST(test_golden_pageable_block_of_another_size_is_refused),
		TEST(test_golden_pageable_slot_ends_behind_the_part),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(whole) + ARRAY_SIZE(cases)];

	memcpy(tests, whole, sizeof(whole));
	mangle_tests(cases, ARRAY_SIZE(cases), test_mangled, tests + ARRAY_SIZE(whole));
	return cmocka_run_group_tests_name("golden snapshot, pageable part", tests, setup_group,
					   teardown_group);
}
