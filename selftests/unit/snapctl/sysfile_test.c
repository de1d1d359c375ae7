// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../test.h"
#include "sysfile.h"
#include "tree.h"

static int setup(void **state)
{
	tree_reset();
	return 0;
}

static void test_a_number_is_what_a_file_begins_with(void **state)
{
	uint64_t value = 7;

	tree_put("/sys/a", "4096\n");
	assert_int_equal(sysfile_number("/sys/a", 10, &value), 0);
	assert_int_equal(value, 4096);
	tree_put("/sys/b", "0x400\n");
	assert_int_equal(sysfile_number("/sys/b", 16, &value), 0);
	assert_int_equal(value, 0x400);
	tree_put("/sys/c", "18446744073709551615 bytes");
	assert_int_equal(sysfile_number("/sys/c", 10, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void test_no_number_is_an_error(void **state)
{
	uint64_t value;

	tree_put("/sys/a", "max\n");
	assert_int_equal(sysfile_number("/sys/a", 10, &value), -EPROTO);
	tree_put("/sys/b", "");
	assert_int_equal(sysfile_number("/sys/b", 10, &value), -EPROTO);
	assert_int_equal(sysfile_number("/sys/none", 10, &value), -ENOENT);
}

static void test_a_device_number(void **state)
{
	tree_put("/sys/a", "254:17\n");
	assert_true(sysfile_dev("/sys/a") == makedev(254, 17));
	tree_put("/sys/b", "254\n");
	assert_true(sysfile_dev("/sys/b") == 0);
	assert_true(sysfile_dev("/sys/none") == 0);
}

static void test_names_of_a_folder(void **state)
{
	struct sysfile_names names;
	int seen = 0;

	tree_put("/sys/class/x/one", "");
	tree_put("/sys/class/x/.hidden", "");
	tree_put("/sys/class/x/two/file", "");
	assert_int_equal(sysfile_names("/sys/class/x", &names), 0);
	assert_int_equal(names.count, 2);
	for (int i = 0; i < names.count; i++)
		seen |= !strcmp(names.entry[i]->d_name, "one") ? 1 :
			!strcmp(names.entry[i]->d_name, "two") ? 2 : 4;
	assert_int_equal(seen, 3);
	sysfile_names_free(&names);
	assert_int_equal(names.count, 0);
	assert_null(names.entry);
}

static void test_no_folder_has_no_names(void **state)
{
	struct sysfile_names names;

	assert_int_equal(sysfile_names("/sys/none", &names), -ENOENT);
	assert_int_equal(names.count, 0);
	sysfile_names_free(&names);
	tree_put("/sys/file", "");
	assert_int_equal(sysfile_names("/sys/file", &names), -ENOTDIR);
	sysfile_names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_number_is_what_a_file_begins_with, setup),
		cmocka_unit_test_setup(test_no_number_is_an_error, setup),
		cmocka_unit_test_setup(test_a_device_number, setup),
		cmocka_unit_test_setup(test_names_of_a_folder, setup),
		cmocka_unit_test_setup(test_no_folder_has_no_names, setup),
	};

	return cmocka_run_group_tests_name("sysfile", tests, NULL, NULL);
}
