// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "../test.h"
#include "mounts.h"
#include "tree.h"

static struct mounts mounts;

static int setup(void **state)
{
	tree_reset();
	return 0;
}

static int teardown(void **state)
{
	mounts_free(&mounts);
	return 0;
}

static void test_mounts_are_read(void **state)
{
	const struct mount_entry *m;

	tree_mounts(1, 1, "23 1 0:21 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b\n"
		 "60 23 254:32 / /data rw,noatime shared:36 master:2 - ext4 /dev/vdc rw,commit=7\n"
		 "61 23 254:33 /sub /my\\040data rw,nosuid - vfat /dev/my\\134disk ro,iocharset=utf8\n"
		 "63 23 0:41 / /empty ro - tmpfs  rw\n");
	assert_int_equal(mounts_read(&mounts), 0);
	assert_int_equal(mounts.count, 4);
	assert_int_equal(mounts.ns_count, 1);
	m = mounts.mount;
	assert_string_equal(m[1].where, "/data");
	assert_int_equal(m[1].dev, makedev(254, 32));
	assert_string_equal(m[1].type, "ext4");
	assert_string_equal(m[1].source, "/dev/vdc");
	assert_string_equal(m[1].options, "rw,noatime");
	assert_string_equal(m[1].fs_options, "rw,commit=7");
	assert_int_equal(m[1].peer, 36);
	assert_int_equal(m[1].master, 2);
	assert_false(m[1].read_only);
	assert_string_equal(m[2].root, "/sub");
	assert_string_equal(m[2].where, "/my data");
	assert_string_equal(m[2].source, "/dev/my\\disk");
	assert_true(m[2].read_only);
	assert_string_equal(m[3].source, "");
	assert_false(m[3].read_only);
	assert_ptr_equal(mounts_find(&mounts, 0, "/data/x"), &m[1]);
	assert_ptr_equal(mounts_find(&mounts, 0, "/database"), &m[0]);
}

static void test_own_namespace(void **state)
{
	tree_mounts(1, 1, "60 23 8:1 / /x rw - ext4 /dev/sda1 rw\n");
	tree_process(7, "other", 1, "");
	tree_mounts(7, 2, "61 23 8:2 / /y rw - ext4 /dev/sda2 rw\n");
	assert_int_equal(mounts_read(&mounts), 0);
	assert_int_equal(mounts.ns_count, 2);
	/* Not to be seen. */
	assert_int_equal(mounts.own, 2);
	mounts_free(&mounts);
	tree_link("/proc/self/ns/mnt", "mnt:[2]");
	assert_int_equal(mounts_read(&mounts), 0);
	assert_int_equal(mounts.own, 1);
	assert_int_equal(mounts.ns[1].pid, 7);
	assert_string_equal(mounts.ns[1].process, "other");
}

static void test_what_is_not_understood_is_an_error(void **state)
{
	static const char *const bad[] = {
		"60 23 8:1 / /x rw ext4 /dev/sda1 rw\n", "60 23 8 / /x rw - ext4 /dev/sda1 rw\n",
		"60 23 8:1 / /x\n", "x\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_mounts(1, 1, bad[i]);
		if (mounts_read(&mounts) != -EPROTO)
			fail_msg("taken: %s", bad[i]);
		mounts_free(&mounts);
	}
	tree_reset();
	tree_put("/proc/1/stat", "");
	assert_int_equal(mounts_read(&mounts), -ENOENT);
}

static void test_options_for_mount(void **state)
{
	static const struct {
		const char *options, *super, *data;
		unsigned long flags;
	} cases[] = {
		{ "rw,relatime", "rw", "", MS_RELATIME },
		{ "rw,noatime,nosuid", "rw,errors=remount-ro,commit=7", "errors=remount-ro,commit=7",
		  MS_NOATIME | MS_NOSUID },
		{ "rw", "rw,sync,x=rw,y", "x=rw,y", MS_STRICTATIME | MS_SYNCHRONOUS },
		{ "ro,nodev,noexec,nodiratime,relatime", "rw,lazytime", "",
		  MS_RDONLY | MS_NODEV | MS_NOEXEC | MS_NODIRATIME | MS_RELATIME | MS_LAZYTIME },
		{ "rw,relatime", "ro", "", MS_RELATIME | MS_RDONLY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mount_entry m = {
			.options = (char *)cases[i].options, .fs_options = (char *)cases[i].super,
		};
		unsigned long flags;
		char *data;

		assert_int_equal(mounts_flags(&m, &data, &flags), 0);
		assert_string_equal(data, cases[i].data);
		assert_int_equal(flags, cases[i].flags);
		free(data);
	}
}

static void test_below(void **state)
{
	assert_true(mounts_below("/data", "/data"));
	assert_true(mounts_below("/data/x", "/data"));
	assert_false(mounts_below("/database", "/data"));
	assert_false(mounts_below("/", "/data"));
	assert_true(mounts_below("/data", "/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mounts_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_not_understood_is_an_error, setup,
						teardown),
		cmocka_unit_test(test_options_for_mount),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
