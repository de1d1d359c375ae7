// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "procs.h"
#include "sysfile.h"
#include "tree.h"

static int setup(void **state)
{
	tree_reset();
	return 0;
}

static void test_own_process_is_left_out(void **state)
{
	char own[64];
	pid_t *pids;

	tree_process(12, "one", 5, "");
	tree_process(7, "two", 5, "");
	tree_put("/proc/self/stat", "");
	tree_put("/proc/meminfo", "");
	tree_put("/proc/0/stat", "");
	snprintf(own, sizeof(own), "/proc/%d/stat", getpid());
	tree_put(own, "");
	assert_int_equal(procs_list(&pids), 2);
	assert_int_equal(pids[0] + pids[1], 19);
	free(pids);
}

static void test_no_proc_is_an_error(void **state)
{
	pid_t *pids;

	assert_int_equal(procs_list(&pids), -ENOENT);
}

static void test_mappings_that_have_pages(void **state)
{
	struct procs_map *maps;

	tree_process(7, "x", 5,
		     "aaaa000-aaab000 r-xp 00000000 fe:00 12 /usr/bin/with blank\n"
		     "aaab000-aaac000 ---p 00000000 00:00 0 \n"
		     "aaac000-aaaf000 rw-p 00000000 00:00 0 \n"
		     "aaaf000-aab0000 rw-p 00000000 00:00 0 [heap]\n"
		     "ffff000-ffff000 rw-p 00000000 00:00 0 \n"
		     "nonsense\n"
		     "10000000-10001000 r--p 00000000 00:00 0 [vvar]\n"
		     "10001000-10002000 r-xp 00000000 00:00 0 [vdso]\n"
		     "fffffffff000-1000000000000 rw-p 00000000 00:00 0 [stack]\n");
	assert_int_equal(procs_maps(7, &maps), 4);
	assert_int_equal(maps[0].start, 0xaaaa000);
	assert_int_equal(maps[0].end, 0xaaab000);
	assert_int_equal(maps[1].start, 0xaaac000);
	assert_int_equal(maps[2].start, 0xaaaf000);
	assert_int_equal(maps[3].end, 0x1000000000000);
	free(maps);
	tree_process(8, "kthread", 5, "");
	assert_int_equal(procs_maps(8, &maps), 0);
	free(maps);
	assert_int_equal(procs_maps(9, &maps), -ENOENT);
}

static void test_start_of_a_process_with_any_name(void **state)
{
	char name[64];
	u64 start;

	tree_process(7, "a) S 1 (b", 987654321, "");
	assert_int_equal(procs_start(7, &start, name), 0);
	assert_int_equal(start, 987654321);
	assert_string_equal(name, "a) S 1 (b");
	assert_int_equal(procs_start(7, &start, NULL), 0);
	assert_int_equal(procs_start(8, &start, NULL), -ENOENT);
	tree_put("/proc/9/stat", "9 (short) S 1 1");
	assert_int_equal(procs_start(9, &start, NULL), -EPROTO);
	tree_put("/proc/9/stat", "9");
	assert_int_equal(procs_start(9, &start, NULL), -EPROTO);
}

static void test_long_files_are_read_whole(void **state)
{
	char *text, *back;

	text = malloc(100001);
	memset(text, 'x', 100000);
	text[100000] = '\0';
	tree_put("/proc/1/maps", text);
	assert_int_equal(sysfile_read("/proc/1/maps", &back), 0);
	assert_string_equal(back, text);
	free(text);
	free(back);
}

static void test_memory_of_the_machine(void **state)
{
	assert_int_equal(sysfile_memory("MemTotal"), 0);
	tree_put("/proc/meminfo", "MemTotal:         495804 kB\nMemFree: 1 kB\n");
	assert_int_equal(sysfile_memory("MemTotal"), 495804 * 1024);
	tree_put("/proc/meminfo", "MemFree: 1 kB\nXMemTotal: 5 kB\n");
	assert_int_equal(sysfile_memory("MemTotal"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_own_process_is_left_out, setup),
		cmocka_unit_test_setup(test_no_proc_is_an_error, setup),
		cmocka_unit_test_setup(test_mappings_that_have_pages, setup),
		cmocka_unit_test_setup(test_start_of_a_process_with_any_name, setup),
		cmocka_unit_test_setup(test_long_files_are_read_whole, setup),
		cmocka_unit_test_setup(test_memory_of_the_machine, setup),
	};

	return cmocka_run_group_tests_name("procs", tests, NULL, NULL);
}
