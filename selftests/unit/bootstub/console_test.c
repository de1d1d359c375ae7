// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "console.h"
#include "fake.h"

static void test_line_has_prefix_and_end(void **state)
{
	say("ready");
	assert_string_equal(fake_console, "bootstub: ready\n");
}

static void test_formats(void **state)
{
	say("%s %c %d %u %x", "a", 'b', -5, 4000000000u, 0xbeefu);
	say("%lld %llu %llx", -9223372036854775807LL - 1, 18446744073709551615ULL, 0x123456789abULL);
	say("%d %u %x %%", 0, 0u, 0u);
	assert_string_equal(fake_console,
			    "bootstub: a b -5 4000000000 0xbeef\n"
			    "bootstub: -9223372036854775808 18446744073709551615 0x123456789ab\n"
			    "bootstub: 0 0 0x0 %\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line_has_prefix_and_end, fake_setup),
		cmocka_unit_test_setup(test_formats, fake_setup),
	};

	return cmocka_run_group_tests_name("bootstub/console", tests, NULL, NULL);
}
