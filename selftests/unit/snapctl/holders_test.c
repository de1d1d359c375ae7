// SPDX-License-Identifier: GPL-2.0-only
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

	/* Makes the folders. */
	snprintf(path, sizeof(path), "/proc/%d/%s.x", pid, name);
	tree_put(path, "");
	assert_int_equal(symlink(to, sysfile_path("/proc/%d/%s", pid, name).s), 0);
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
	tree_process(10, "file", 1, "");
	link_to(10, "fd/0", "/dev/null");
	link_to(10, "fd/11", THERE);
	tree_process(11, "folder", 1, "");
	link_to(11, "cwd", "/proc");
	tree_process(12, "rooted", 1, "");
	link_to(12, "root", "/proc");
	tree_process(13, "program", 1, "");
	link_to(13, "exe", THERE);
	tree_process(14, "mapped", 1, map);
	tree_put("/proc/14/cgroup", "0::/system.slice/app.service\n");
	tree_process(15, "none", 1, "7f0000-7f1000 r-xp 00000000 fd:77 12   /x\n");
	link_to(15, "cwd", "/dev");
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

static void test_own_process_is_one(void **state)
{
	tree_process(getpid(), "snapctl", 1, "");
	link_to(getpid(), "fd/1", THERE);
	assert_int_equal(holders_find(&found, dev), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.holder[0].pid, getpid());
}

static void put_namespace(int pid, const char *name, const char *mounts)
{
	char path[64];

	tree_process(pid, name, 1, "");
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	tree_put(path, mounts);
}

static void test_other_namespaces(void **state)
{
#define MOUNTED	"60 23 254:32 / /data rw - ext4 /dev/vdc rw\n"
#define ELSE	"60 23 254:33 / /data rw - ext4 /dev/vdd rw\n"
	tree_put("/ns/own", "");
	tree_put("/ns/other", "");
	tree_put("/ns/third", "");
	put_namespace(getpid(), "snapctl", "");
	link_to(getpid(), "ns/mnt", sysfile_path("/ns/own").s);
	put_namespace(20, "same", MOUNTED);
	link_to(20, "ns/mnt", sysfile_path("/ns/own").s);
	put_namespace(21, "other", MOUNTED);
	link_to(21, "ns/mnt", sysfile_path("/ns/other").s);
	put_namespace(22, "other too", MOUNTED);
	link_to(22, "ns/mnt", sysfile_path("/ns/other").s);
	put_namespace(23, "third", ELSE);
	link_to(23, "ns/mnt", sysfile_path("/ns/third").s);
	assert_int_equal(holders_namespaces(&found, makedev(254, 32)), 0);
	assert_int_equal(found.count, 1);
	assert_true(found.holder[0].pid == 21 || found.holder[0].pid == 22);
	assert_string_equal(found.holder[0].how, "mount namespace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_ways_to_hold_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_process_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_namespaces, setup, teardown),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
