// SPDX-License-Identifier: GPL-2.0-only
#include <lz4.h>
#include <stdlib.h>
#include "../test.h"
#include "snapimg.h"

#define SIZE	8192

/* From the heap, so that a byte too many is seen. */
static u8 *pages, *out;

static int setup(void **state)
{
	size_t i;

	pages = malloc(SIZE);
	out = malloc(SIZE);
	if (!pages || !out)
		return -1;
	for (i = 0; i < SIZE; i++)
		pages[i] = (u8)(i / 64 + i % 7);
	memset(out, 0xee, SIZE);
	return 0;
}

static int teardown(void **state)
{
	free(pages);
	free(out);
	return 0;
}

static u8 *compress(struct snapimg_chunk *chunk)
{
	u8 *stored = malloc(SIZE), *exact;
	int size;

	assert_non_null(stored);
	size = LZ4_compress_default((char *)pages, (char *)stored, SIZE, SIZE);
	assert_true(size > 0 && size < SIZE);
	exact = malloc(size);
	assert_non_null(exact);
	memcpy(exact, stored, size);
	free(stored);
	memset(chunk, 0, sizeof(*chunk));
	chunk->pages = SIZE / 4096;
	chunk->codec = SNAPCAP_CODEC_LZ4;
	chunk->stored_size = size;
	chunk->sum = snapimg_sum(exact, size);
	return exact;
}

static void test_chunk_raw(void **state)
{
	struct snapimg_chunk chunk = { .pages = 2, .codec = SNAPCAP_CODEC_RAW,
				       .stored_size = SIZE };

	chunk.sum = snapimg_sum(pages, SIZE);
	assert_int_equal(snapimg_chunk_verify(&chunk, pages), 0);
	assert_int_equal(snapimg_chunk_decode(&chunk, pages, out, SIZE), 0);
	assert_memory_equal(out, pages, SIZE);
	pages[SIZE - 1] ^= 0x80;
	assert_int_equal(snapimg_chunk_verify(&chunk, pages), -SNAPCAP_REASON_CHUNK_SUM);
}

static void test_chunk_raw_of_another_size_is_refused(void **state)
{
	struct snapimg_chunk chunk = { .pages = 2, .codec = SNAPCAP_CODEC_RAW,
				       .stored_size = SIZE };

	assert_int_equal(snapimg_chunk_decode(&chunk, pages, out, SIZE - 4096),
			 -SNAPCAP_REASON_CHUNK_DECODE);
	chunk.stored_size = SIZE - 1;
	assert_int_equal(snapimg_chunk_decode(&chunk, pages, out, SIZE),
			 -SNAPCAP_REASON_CHUNK_DECODE);
}

static void test_chunk_lz4(void **state)
{
	struct snapimg_chunk chunk;
	u8 *stored = compress(&chunk);

	assert_int_equal(snapimg_chunk_verify(&chunk, stored), 0);
	assert_int_equal(snapimg_chunk_decode(&chunk, stored, out, SIZE), 0);
	assert_memory_equal(out, pages, SIZE);
	free(stored);
}

static void test_chunk_lz4_of_another_size_is_refused(void **state)
{
	struct snapimg_chunk chunk;
	u8 *stored = compress(&chunk);
	u8 *larger = malloc(SIZE + 4096);

	assert_non_null(larger);
	assert_int_equal(snapimg_chunk_decode(&chunk, stored, out, SIZE - 4096),
			 -SNAPCAP_REASON_CHUNK_DECODE);
	assert_int_equal(snapimg_chunk_decode(&chunk, stored, larger, SIZE + 4096),
			 -SNAPCAP_REASON_CHUNK_DECODE);
	free(larger);
	free(stored);
}

/* Whatever the checksum did not see must not do harm: no crash, no stray write. */
static void test_chunk_lz4_garbage_does_no_harm(void **state)
{
	struct snapimg_chunk chunk;
	u8 *stored = compress(&chunk);
	u32 seed = 1, i;

	for (i = 0; i < 20000; i++) {
		u32 at;

		seed = seed * 1664525 + 1013904223;
		at = seed >> 8;
		stored[at % chunk.stored_size] ^= 1 << (seed >> 5) % 8;
		assert_int_equal(snapimg_chunk_verify(&chunk, stored), -SNAPCAP_REASON_CHUNK_SUM);
		snapimg_chunk_decode(&chunk, stored, out, SIZE);
		stored[at % chunk.stored_size] ^= 1 << (seed >> 5) % 8;
	}
	for (i = 0; i < chunk.stored_size; i++) {
		u8 *cut = malloc(i ? i : 1);
		struct snapimg_chunk shorter = chunk;

		assert_non_null(cut);
		memcpy(cut, stored, i);
		shorter.stored_size = i;
		assert_int_equal(snapimg_chunk_decode(&shorter, cut, out, SIZE),
				 -SNAPCAP_REASON_CHUNK_DECODE);
		free(cut);
	}
	free(stored);
}

static void test_chunk_fill(void **state)
{
	static const u8 word[] = { 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01 };
	struct snapimg_chunk chunk = { .pages = 2, .codec = SNAPCAP_CODEC_FILL,
				       .fill = 0x0123456789abcdef };
	size_t i;

	assert_int_equal(snapimg_chunk_verify(&chunk, NULL), 0);
	assert_int_equal(snapimg_chunk_decode(&chunk, NULL, out, SIZE), 0);
	for (i = 0; i < SIZE; i += 8)
		assert_memory_equal(out + i, word, 8);
	assert_int_equal(snapimg_chunk_decode(&chunk, NULL, out, 12),
			 -SNAPCAP_REASON_CHUNK_DECODE);
}

static void test_chunk_unknown_codec_is_refused(void **state)
{
	struct snapimg_chunk chunk = { .pages = 2, .codec = 3, .stored_size = SIZE };

	assert_int_equal(snapimg_chunk_decode(&chunk, pages, out, SIZE),
			 -SNAPCAP_REASON_CHUNK_DECODE);
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_chunk_raw),
		TEST(test_chunk_raw_of_another_size_is_refused),
		TEST(test_chunk_lz4),
		TEST(test_chunk_lz4_of_another_size_is_refused),
		TEST(test_chunk_lz4_garbage_does_no_harm),
		TEST(test_chunk_fill),
		TEST(test_chunk_unknown_codec_is_refused),
	};

	return cmocka_run_group_tests_name("chunk", tests, NULL, NULL);
}
