// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>

#include "../test.h"
#include "command.h"
#include "swap.h"
#include "tree.h"

#define HEADING	"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static struct swap_list list;
static int flags_seen, swap_error, command_error;
static char command_seen[128];

int __wrap_swapon(const char *path, int flags);
int __wrap_swapoff(const char *path);
int __wrap_command_run(char *const argv[]);

int __wrap_swapon(const char *path, int flags)
{
	flags_seen = flags;
	errno = swap_error;
	return swap_error ? -1 : 0;
}

int __wrap_swapoff(const char *path)
{
	errno = swap_error;
	return swap_error ? -1 : 0;
}

int __wrap_command_run(char *const argv[])
{
	command_seen[0] = '\0';
	for (size_t i = 0; argv[i]; i++) {
		strcat(command_seen, argv[i]);
		strcat(command_seen, " ");
	}
	return command_error;
}

static int setup(void **state)
{
	tree_reset();
	swap_error = 0;
	command_error = 0;
	return 0;
}

static int teardown(void **state)
{
	swap_free(&list);
	return 0;
}

static void test_areas_are_read(void **state)
{
	tree_put("/proc/swaps", HEADING
		 "/dev/snapcap_swap                       partition\t524284\t\t1024\t\t32767\n"
		 "/dev/vda2                               partition\t262144\t\t12\t\t-2\n"
		 "/dev/zram0                              partition\t131072\t\t0\t\t100\n"
		 "/swap\\040file\\134x                       file\t\t1024\t\t0\t\t-3\n");
	assert_int_equal(swap_read(&list), 0);
	assert_int_equal(list.count, 4);
	assert_true(swap_is_ours(&list.area[0]));
	assert_int_equal(list.area[0].size, 524284 * 1024);
	assert_int_equal(list.area[0].used, 1024 * 1024);
	assert_int_equal(list.area[0].priority, 32767);
	assert_string_equal(list.area[1].path, "/dev/vda2");
	assert_int_equal(list.area[1].priority, -2);
	assert_false(swap_is_ours(&list.area[1]));
	assert_false(swap_in_memory(&list.area[1]));
	assert_true(swap_in_memory(&list.area[2]));
	assert_string_equal(list.area[3].path, "/swap file\\x");
}

static void test_no_areas(void **state)
{
	tree_put("/proc/swaps", HEADING);
	assert_int_equal(swap_read(&list), 0);
	assert_int_equal(list.count, 0);
}

static void test_kernel_without_swap(void **state)
{
	assert_int_equal(swap_read(&list), -EOPNOTSUPP);
}

static void test_what_is_not_understood_is_an_error(void **state)
{
	static const char *const bad[] = {
		"/dev/vda2\n", "/dev/vda2 partition x 0 -2\n", "/dev/vda2 partition 1 0\n",
		" partition 1 0 -2\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[256];

		snprintf(text, sizeof(text), "%s%s", HEADING, bad[i]);
		tree_put("/proc/swaps", text);
		if (swap_read(&list) != -EPROTO)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(list.count, 0);
	}
}

static void test_priority_is_passed_on(void **state)
{
	assert_int_equal(swap_on("/dev/x", SWAP_TOP_PRIORITY), 0);
	assert_int_equal(flags_seen, SWAP_FLAG_PREFER | 32767);
	assert_int_equal(swap_on("/dev/x", 0), 0);
	assert_int_equal(flags_seen, SWAP_FLAG_PREFER);
	/* The kernel's own choice is not one that can be asked for. */
	assert_int_equal(swap_on("/dev/x", -2), 0);
	assert_int_equal(flags_seen, 0);
}

static void test_errors_are_passed_on(void **state)
{
	swap_error = ENOMEM;
	assert_int_equal(swap_on("/dev/x", 1), -ENOMEM);
	assert_int_equal(swap_off("/dev/x"), -ENOMEM);
	assert_int_equal(swap_make("/dev/x"), 0);
	assert_string_equal(command_seen, "mkswap /dev/x ");
	command_error = -ECHILD;
	assert_int_equal(swap_make("/dev/x"), -ECHILD);
}

static void test_device_is_waited_for(void **state)
{
	tree_put("/dev/snapcap_swap", "");
	assert_int_equal(swap_device_wait(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_areas_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_areas, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kernel_without_swap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_not_understood_is_an_error, setup,
						teardown),
		cmocka_unit_test_setup(test_priority_is_passed_on, setup),
		cmocka_unit_test_setup(test_errors_are_passed_on, setup),
		cmocka_unit_test_setup(test_device_is_waited_for, setup),
	};

	return cmocka_run_group_tests_name("swap", tests, NULL, NULL);
}
