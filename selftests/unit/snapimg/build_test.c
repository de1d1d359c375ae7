// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "snapimg.h"

static void test_extent_put_writes_little_endian(void **state)
{
	static const u8 expected[16] = {
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xdd, 0xcc, 0xbb, 0xaa, 0x01, 0x00, 0x00, 0x00,
	};
	struct snapimg_extent ext = { 0x1122334455667788, 0xaabbccdd, SNAPCAP_EXTENT_ZERO };
	struct snapcap_extent slot;

	memset(&slot, 0xff, sizeof(slot));
	snapimg_extent_put(&slot, &ext);
	assert_memory_equal(&slot, expected, sizeof(expected));
}

static void test_chunk_put_writes_little_endian(void **state)
{
	static const u8 expected[32] = {
		0x04, 0x03, 0x02, 0x01, 0x02, 0x00, 0x00, 0x00,
		0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
		0x24, 0x23, 0x22, 0x21, 0x34, 0x33, 0x32, 0x31,
		0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,
	};
	struct snapimg_chunk chunk = {
		.pages = 0x01020304, .codec = SNAPCAP_CODEC_FILL, .offset = 0x1112131415161718,
		.stored_size = 0x21222324, .sum = 0x31323334, .fill = 0x4142434445464748,
	};
	struct snapcap_chunk slot;

	memset(&slot, 0xff, sizeof(slot));
	snapimg_chunk_put(&slot, &chunk);
	assert_memory_equal(&slot, expected, sizeof(expected));
}

static void test_entries_come_back_as_they_were(void **state)
{
	struct snapimg_extent ext = { 0x40000, 17, SNAPCAP_EXTENT_ZERO }, got_ext;
	struct snapimg_chunk chunk = { 3, SNAPCAP_CODEC_LZ4, 0x123456789, 4711, 0xdeadbeef, 0 };
	struct snapimg_chunk got_chunk;
	struct snapcap_extent extents[3] = { 0 };
	struct snapcap_chunk chunks[3] = { 0 };

	snapimg_extent_put(&extents[2], &ext);
	got_ext = snapimg_extent_get(extents, 2);
	assert_int_equal(got_ext.pfn, ext.pfn);
	assert_int_equal(got_ext.pages, ext.pages);
	assert_int_equal(got_ext.kind, ext.kind);

	snapimg_chunk_put(&chunks[2], &chunk);
	got_chunk = snapimg_chunk_get(chunks, 2);
	assert_int_equal(got_chunk.pages, chunk.pages);
	assert_int_equal(got_chunk.codec, chunk.codec);
	assert_int_equal(got_chunk.offset, chunk.offset);
	assert_int_equal(got_chunk.stored_size, chunk.stored_size);
	assert_int_equal(got_chunk.sum, chunk.sum);
	assert_int_equal(got_chunk.fill, chunk.fill);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extent_put_writes_little_endian),
		cmocka_unit_test(test_chunk_put_writes_little_endian),
		cmocka_unit_test(test_entries_come_back_as_they_were),
	};

	return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
