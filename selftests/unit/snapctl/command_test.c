// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "clock.h"
#include "command.h"

static char shell[] = "sh", option[] = "-c";

static void test_output_is_read(void **state)
{
	char script[] = "echo one; echo two; echo other >&2", *text;
	char *const argv[] = { shell, option, script, NULL };

	assert_int_equal(command_output(argv, &text), 0);
	assert_string_equal(text, "one\ntwo\n");
	free(text);
}

static void test_failures_of_output(void **state)
{
	char script[] = "echo one; exit 3", much[] = "yes | head -c 2000000", missing[] = "/missing";
	char *const argv[] = { shell, option, script, NULL };
	char *const argv_much[] = { shell, option, much, NULL };
	char *const argv_missing[] = { missing, NULL };
	char *text;

	assert_int_equal(command_output(argv, &text), -ECHILD);
	assert_int_equal(command_output(argv_much, &text), -EFBIG);
	assert_int_equal(command_output(argv_missing, &text), -ENOENT);
}

static void test_time_is_bounded(void **state)
{
	char script[] = "sleep 60", good[] = "true", bad[] = "false";
	char *const argv[] = { shell, option, script, NULL };
	char *const argv_good[] = { good, NULL }, *const argv_bad[] = { bad, NULL };
	u64 start = clock_ns();

	assert_int_equal(command_run_bounded(argv, 1, NULL), -ETIMEDOUT);
	assert_true(clock_ns() - start < 30ULL * 1000000000);
	assert_int_equal(command_run_bounded(argv_good, 30, NULL), 0);
	assert_int_equal(command_run_bounded(argv_bad, 30, NULL), -ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_is_read),
		cmocka_unit_test(test_failures_of_output),
		cmocka_unit_test(test_time_is_bounded),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
