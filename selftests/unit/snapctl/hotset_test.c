// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "hotset.h"
#include "tree.h"

#define FILE_NAME	"/run/snapcap/hot.json"

static struct hotset set;

static int setup(void **state)
{
	tree_reset();
	tree_put("/run/other", "");
	set = (struct hotset){ .page_size = 4096 };
	return 0;
}

static int teardown(void **state)
{
	hotset_free(&set);
	return 0;
}

static void add(pid_t pid, u64 start, const char *name, u64 page)
{
	assert_int_equal(hotset_add(&set, pid, start, name, page), 0);
}

static void test_what_is_saved_is_loaded(void **state)
{
	struct hotset back;

	add(7, 100, "one", 0x5000);
	add(7, 100, "one", 0x4000);
	add(8, 200, "t\"wo", 0xffffffff0000);
	add(7, 100, "one", 0x9000);
	add(7, 100, "one", 0x5000);
	hotset_sort(&set);
	assert_int_equal(hotset_pages(&set), 4);
	assert_int_equal(hotset_save(&set), 0);
	assert_int_equal(hotset_load(&back, 4096), 0);
	assert_int_equal(back.count, 2);
	assert_int_equal(back.process[0].pid, 7);
	assert_int_equal(back.process[0].start, 100);
	assert_string_equal(back.process[0].name, "one");
	assert_int_equal(back.process[0].pages, 3);
	assert_int_equal(back.process[0].page[0], 0x4000);
	assert_int_equal(back.process[0].page[1], 0x5000);
	assert_int_equal(back.process[0].page[2], 0x9000);
	assert_string_equal(back.process[1].name, "t\"wo");
	assert_int_equal(back.process[1].page[0], 0xffffffff0000);
	hotset_free(&back);
}

static void test_neighbours_are_one_range(void **state)
{
	for (u64 i = 0; i < 1000; i++)
		add(7, 100, "one", 0x10000 + i * 4096);
	hotset_sort(&set);
	assert_int_equal(hotset_save(&set), 0);
	assert_non_null(strstr(tree_get(FILE_NAME), "{\"address\":65536,\"pages\":1000}"));
}

static void test_number_used_again_is_another_process(void **state)
{
	add(7, 100, "one", 0x1000);
	add(7, 101, "one", 0x1000);
	assert_int_equal(set.count, 2);
}

static void test_empty_set_is_a_set(void **state)
{
	struct hotset back;

	assert_int_equal(hotset_save(&set), 0);
	assert_int_equal(hotset_load(&back, 4096), 0);
	assert_int_equal(back.count, 0);
	assert_int_equal(hotset_pages(&back), 0);
}

static void test_missing_file_is_told_apart(void **state)
{
	assert_int_equal(hotset_load(&set, 4096), -ENOENT);
}

static void test_damaged_file_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "7", "{}", "{\"format\":2,\"page_size\":4096}",
		"{\"format\":1,\"page_size\":16384}",
#define ONE(pid, start, name, range) "{\"format\":1,\"page_size\":4096,\"processes\":[{\"pid\":" \
		pid ",\"start\":" start ",\"name\":" name ",\"ranges\":[" range "]}]}"
		ONE("0", "1", "\"x\"", "{\"address\":4096,\"pages\":1}"),
		ONE("-7", "1", "\"x\"", "{\"address\":4096,\"pages\":1}"),
		ONE("4294967303", "1", "\"x\"", "{\"address\":4096,\"pages\":1}"),
		ONE("7", "\"1\"", "\"x\"", "{\"address\":4096,\"pages\":1}"),
		ONE("7", "1", "5", "{\"address\":4096,\"pages\":1}"),
		ONE("7", "1", "\"x\"", "{\"address\":4097,\"pages\":1}"),
		ONE("7", "1", "\"x\"", "{\"address\":4096,\"pages\":-1}"),
		ONE("7", "1", "\"x\"", "{\"address\":4096,\"pages\":99999999999}"),
		ONE("7", "1", "\"x\"", "4096"),
		ONE("7", "1", "\"x\"", "null"),
	};
	static const char good[] = ONE("7", "1", "\"x\"", "{\"address\":4096,\"pages\":1}");

	tree_put(FILE_NAME, good);
	assert_int_equal(hotset_load(&set, 4096), 0);
	hotset_free(&set);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_put(FILE_NAME, bad[i]);
		if (hotset_load(&set, 4096) != -EPROTO)
			fail_msg("taken: %s", bad[i]);
		assert_null(set.process);
	}
}

static void test_folder_that_cannot_be_made_is_an_error(void **state)
{
	tree_reset();
	assert_int_equal(hotset_save(&set), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_saved_is_loaded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_neighbours_are_one_range, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_used_again_is_another_process, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_empty_set_is_a_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_file_is_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_that_cannot_be_made_is_an_error, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("hotset", tests, NULL, NULL);
}
