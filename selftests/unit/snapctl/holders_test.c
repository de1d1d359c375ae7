// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../test.h"
#include "holders.h"
#include "sysfile.h"
#include "tree.h"

/* /proc is another filesystem than that of the tree: what is to be found lies there. */
#define THERE	"/proc/self/status"

static struct holders found;
static dev_t dev;

static int setup(void **state)
{
	struct stat st;

	tree_reset();
	assert_int_equal(stat(THERE, &st), 0);
	dev = st.st_dev;
	return 0;
}

static int teardown(void **state)
{
	holders_free(&found);
	return 0;
}

static void link_to(int pid, const char *name, const char *to)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	tree_link(path, to);
}

/* One with a program, as only kernel threads have none. */
static void process(int pid, const char *name, const char *maps)
{
	tree_process(pid, name, 1, maps);
	link_to(pid, "exe", "/dev/null");
}

static const struct holder *holder_of(pid_t pid)
{
	for (size_t i = 0; i < found.count; i++)
		if (found.holder[i].pid == pid)
			return &found.holder[i];
	fail_msg("%d was not found", pid);
	return NULL;
}

static void test_all_ways_to_hold_it(void **state)
{
	char map[128];

	snprintf(map, sizeof(map), "7f0000-7f1000 r-xp 00000000 %02x:%02x 12   /x\n", major(dev),
		 minor(dev));
	process(10, "file", "");
	link_to(10, "fd/0", "/dev/null");
	link_to(10, "fd/11", THERE);
	process(11, "folder", "");
	link_to(11, "cwd", "/proc");
	process(12, "rooted", "");
	link_to(12, "root", "/proc");
	process(13, "program", "");
	link_to(13, "exe", THERE);
	process(14, "mapped", map);
	tree_put("/proc/14/cgroup", "0::/system.slice/app.service\n");
	process(15, "none", "7f0000-7f1000 r-xp 00000000 fd:77 12   /x\n");
	link_to(15, "cwd", "/dev");
	tree_process(16, "kernel thread", 1, "");
	link_to(16, "root", "/proc");
	assert_int_equal(holders_find(&found, dev), 0);
	assert_int_equal(found.count, 5);
	assert_string_equal(holder_of(10)->how, "fd 11");
	assert_string_equal(holder_of(10)->command, "file");
	assert_string_equal(holder_of(11)->how, "cwd");
	assert_string_equal(holder_of(12)->how, "root");
	assert_string_equal(holder_of(13)->how, "exe");
	assert_string_equal(holder_of(14)->how, "map");
	assert_string_equal(holder_of(14)->unit, "app.service");
	assert_true(holder_of(14)->service);
	assert_false(holder_of(13)->service);
}

static void test_own_process_is_the_last(void **state)
{
	process(getpid(), "snapctl", "");
	link_to(getpid(), "fd/1", THERE);
	process(10, "other", "");
	link_to(10, "cwd", "/proc");
	assert_int_equal(holders_find(&found, dev), 0);
	assert_int_equal(found.count, 2);
	/* It is not the first to be told. */
	assert_int_equal(found.holder[0].pid, 10);
	assert_int_equal(found.holder[1].pid, getpid());
}

#define MOUNTED	"60 23 254:32 / /data rw - ext4 /dev/vdc rw\n"
#define ELSE	"60 23 254:33 / /data rw - ext4 /dev/vdd rw\n"

static void test_other_namespaces(void **state)
{
	tree_mounts(1, 1, MOUNTED);
	process(20, "same", "");
	tree_mounts(20, 1, MOUNTED);
	process(21, "other", "");
	tree_mounts(21, 2, MOUNTED MOUNTED);
	process(22, "other too", "");
	tree_mounts(22, 2, MOUNTED);
	process(23, "third", "");
	tree_mounts(23, 3, ELSE);
	/* Which of them is its own must be known. */
	assert_int_equal(holders_namespaces(&found, makedev(254, 32)), -ENOENT);
	tree_link("/proc/self/ns/mnt", "mnt:[1]");
	assert_int_equal(holders_namespaces(&found, makedev(254, 32)), 0);
	assert_int_equal(found.count, 1);
	assert_true(found.holder[0].pid == 21 || found.holder[0].pid == 22);
	assert_string_equal(found.holder[0].how, "mount namespace");
}

static void test_all_are_told_but_only_some_named(void **state)
{
	char text[512];

	for (int pid = 30; pid < 40; pid++) {
		process(pid, pid == 30 ? "a\033b" : "x", "");
		link_to(pid, "cwd", "/proc");
	}
	assert_int_equal(holders_find(&found, dev), 0);
	assert_int_equal(found.count, 10);
	holders_describe(&found, text, sizeof(text));
	assert_non_null(strstr(text, " and 2 more"));
	assert_null(strchr(text, '\033'));
	holders_free(&found);
	holders_describe(&found, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_ways_to_hold_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_process_is_the_last, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_namespaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_are_told_but_only_some_named, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
