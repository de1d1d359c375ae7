// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "../test.h"
#include "cmd.h"

static void test_number_is_decimal_or_hex(void **state)
{
	uint64_t value;

	assert_int_equal(options_number("0", &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(options_number("010", &value), 0);
	assert_int_equal(value, 10);
	assert_int_equal(options_number("0x1F", &value), 0);
	assert_int_equal(value, 31);
	assert_int_equal(options_number("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
}

static void test_number_rejects_all_else(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "x", "1x", "0x", "0xg",
					   "18446744073709551616", "1.5" };
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (options_number(bad[i], &value) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

static void test_size_takes_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 }, { "4096", 4096 }, { "4K", 4096 }, { "4k", 4096 }, { "48M", 48 << 20 },
		{ "0x300000", 0x300000 }, { "0x10k", 0x4000 }, { "2g", 2ULL << 30 },
		{ "18014398509481983K", 18014398509481983ULL << 10 },
	};
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(options_size(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
}

static void test_size_rejects_all_else(void **state)
{
	static const char *const bad[] = { "", "K", "4KB", "4KK", "-4K", "4T", "18014398509481984K",
					   "17179869184G",
					   "0000000000000000000000000000000000000000001" };
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (options_size(bad[i], &value) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

static void test_time_is_in_seconds_or_minutes(void **state)
{
	static const struct {
		const char *text;
		uint32_t value;
	} good[] = {
		{ "0", 0 }, { "90", 90 }, { "90s", 90 }, { "2m", 120 }, { "86400", 86400 },
		{ "1440m", 86400 },
	};
	static const char *const bad[] = { "", "s", "m", "-1", "1h", "1.5m", "2ms", "90 s", "86401",
					   "1441m", "18446744073709551615m" };
	uint32_t value;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(options_seconds(good[i].text, &value), 0);
		assert_int_equal(value, good[i].value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (options_seconds(bad[i], &value) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_is_decimal_or_hex),
		cmocka_unit_test(test_number_rejects_all_else),
		cmocka_unit_test(test_size_takes_units),
		cmocka_unit_test(test_size_rejects_all_else),
		cmocka_unit_test(test_time_is_in_seconds_or_minutes),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
