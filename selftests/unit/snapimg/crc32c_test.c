// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "snapimg.h"

/* Vectors of RFC 3720, appendix B.4, and the usual check value. */
static void test_crc32c_known_vectors(void **state)
{
	u8 data[32];
	size_t i;

	assert_int_equal(snapimg_crc32c_soft(0, "123456789", 9), 0xe3069283);
	memset(data, 0, sizeof(data));
	assert_int_equal(snapimg_crc32c_soft(0, data, sizeof(data)), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(snapimg_crc32c_soft(0, data, sizeof(data)), 0x62a8ab43);
	for (i = 0; i < sizeof(data); i++)
		data[i] = (u8)i;
	assert_int_equal(snapimg_crc32c_soft(0, data, sizeof(data)), 0x46dd794e);
}

static void test_crc32c_of_nothing_is_what_it_was(void **state)
{
	assert_int_equal(snapimg_crc32c_soft(0, NULL, 0), 0);
	assert_int_equal(snapimg_crc32c_soft(0x12345678, NULL, 0), 0x12345678);
}

static void test_crc32c_in_pieces_equals_whole(void **state)
{
	u8 data[257];
	size_t i;
	u32 whole;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 31 + 5);
	whole = snapimg_crc32c_soft(0, data, sizeof(data));
	for (i = 0; i <= sizeof(data); i++) {
		u32 crc = snapimg_crc32c_soft(0, data, i);

		assert_int_equal(snapimg_crc32c_soft(crc, data + i, sizeof(data) - i), whole);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c_known_vectors),
		cmocka_unit_test(test_crc32c_of_nothing_is_what_it_was),
		cmocka_unit_test(test_crc32c_in_pieces_equals_whole),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
