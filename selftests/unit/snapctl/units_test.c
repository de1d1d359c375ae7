// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "units.h"

static void test_bytes_scaled(void **state)
{
	assert_string_equal(units_bytes(0).s, "0 B");
	assert_string_equal(units_bytes(1023).s, "1023 B");
	assert_string_equal(units_bytes(1024).s, "1.0 KiB");
	assert_string_equal(units_bytes(12900000).s, "12.3 MiB");
	assert_string_equal(units_bytes(UINT64_MAX).s, "16.0 EiB");
}

static void test_ms_has_three_decimals(void **state)
{
	assert_string_equal(units_ms(0).s, "0.000 ms");
	assert_string_equal(units_ms(12345678).s, "12.345 ms");
}

static void test_percent_of_nothing_is_a_dash(void **state)
{
	assert_string_equal(units_percent(5, 0).s, "-");
	assert_string_equal(units_percent(1, 8).s, "12.5 %");
}

static void test_hex_and_uuid(void **state)
{
	static const unsigned char bytes[16] = {
		0, 1, 2, 0xab, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	};

	assert_string_equal(units_hex(bytes, 4).s, "000102ab");
	assert_string_equal(units_hex(bytes, 0).s, "");
	assert_string_equal(units_uuid(bytes).s, "000102ab-0405-0607-0809-0a0b0c0d0e0f");
}

static void test_time_of_any_number(void **state)
{
	assert_string_equal(units_time(0).s, "1970-01-01T00:00:00Z");
	assert_string_equal(units_time(1700000000).s, "2023-11-14T22:13:20Z");
	assert_string_equal(units_time(UINT64_MAX).s, "18446744073709551615 s");
	assert_string_equal(units_time(INT64_MAX).s, "9223372036854775807 s");
}

static void test_clean_keeps_utf8(void **state)
{
	assert_string_equal(units_clean("Gerät 2 \xe2\x82\xac", 32).s, "Gerät 2 \xe2\x82\xac");
	assert_string_equal(units_clean("\xf0\x9f\x98\x80", 4).s, "\xf0\x9f\x98\x80");
}

static void test_clean_stops_at_the_size(void **state)
{
	static const char text[4] = { 'a', 'b', 'c', 'd' };

	assert_string_equal(units_clean(text, 4).s, "abcd");
	assert_string_equal(units_clean("ab\0cd", 5).s, "ab");
}

static void test_clean_replaces_what_could_harm(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "\033[31mred", "?[31mred" },
		{ "a\nb\tc\x7f", "a?b?c?" },
		{ "\xc2\x9bm", "??m" },			/* C1 control */
		{ "\xc0\xaf", "??" },			/* overlong */
		{ "\xe0\x80\xaf", "???" },
		{ "\xed\xa0\x80", "???" },		/* surrogate */
		{ "\xf4\x90\x80\x80", "????" },		/* above U+10ffff */
		{ "\xff\xfe", "??" },
		{ "\xe2\x82", "??" },			/* cut off */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(units_clean(cases[i].in, 32).s, cases[i].out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_scaled),
		cmocka_unit_test(test_ms_has_three_decimals),
		cmocka_unit_test(test_percent_of_nothing_is_a_dash),
		cmocka_unit_test(test_hex_and_uuid),
		cmocka_unit_test(test_time_of_any_number),
		cmocka_unit_test(test_clean_keeps_utf8),
		cmocka_unit_test(test_clean_stops_at_the_size),
		cmocka_unit_test(test_clean_replaces_what_could_harm),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
