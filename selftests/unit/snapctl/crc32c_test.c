// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "snapimg.h"

static void test_check_value_of_the_polynomial(void **state)
{
	assert_int_equal(snapimg_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(snapimg_crc32c(0, "", 0), 0);
}

static void test_equals_the_portable_one_for_any_start_and_size(void **state)
{
	static u8 data[300];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * i + 31 * i);
	for (size_t start = 0; start < 9; start++)
		for (size_t size = 0; size < sizeof(data) - start; size++)
			assert_int_equal(snapimg_crc32c(0, data + start, size),
					 snapimg_crc32c_soft(0, data + start, size));
}

static void test_goes_on_where_it_left_off(void **state)
{
	u8 data[64] = { 1, 2, 3, 0xff };

	assert_int_equal(snapimg_crc32c(snapimg_crc32c(0, data, 13), data + 13, 51),
			 snapimg_crc32c(0, data, 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_value_of_the_polynomial),
		cmocka_unit_test(test_equals_the_portable_one_for_any_start_and_size),
		cmocka_unit_test(test_goes_on_where_it_left_off),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
