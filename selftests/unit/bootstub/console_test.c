// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "console.h"
#include "fake.h"

static void test_line_has_prefix_and_end(void **state)
{
	say("ready");
	assert_string_equal(fake_console, "bootstub: ready\n");
	assert_int_equal(fake_returns, 1);
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

static void test_port_is_that_of_the_board(void **state)
{
	fake_keys = "k";
	assert_ptr_equal(console_port(), plat.console);
	assert_int_equal(serial_get(console_port(), 0), 'k');
}

/* The last one: the console remembers. */
static void test_stuck_console_is_waited_for_once(void **state)
{
	u64 before = fake_counter;

	fake_stuck = true;
	say("nobody reads this, however long it is");
	assert_in_range(fake_counter - before, 10000, 10010);
	before = fake_counter;
	fake_stuck = false;
	say("nor this");
	assert_int_equal(fake_counter, before);
	assert_string_equal(fake_console, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line_has_prefix_and_end, fake_setup),
		cmocka_unit_test_setup(test_formats, fake_setup),
		cmocka_unit_test_setup(test_port_is_that_of_the_board, fake_setup),
		cmocka_unit_test_setup(test_stuck_console_is_waited_for_once, fake_setup),
	};

	return cmocka_run_group_tests_name("bootstub/console", tests, NULL, NULL);
}
