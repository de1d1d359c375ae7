// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "../test.h"
#include "mounttab.h"
#include "tree.h"

static struct mounttab tab;

static int setup(void **state)
{
	tree_reset();
	return 0;
}

static int teardown(void **state)
{
	mounttab_free(&tab);
	return 0;
}

static void test_mounts_are_read(void **state)
{
	tree_put("/proc/self/mountinfo",
		 "23 1 0:21 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b\n"
		 "60 23 254:32 / /data rw,noatime shared:36 master:2 - ext4 /dev/vdc rw,commit=7\n"
		 "61 23 254:33 /sub /my\\040data ro,nosuid - vfat /dev/my\\134disk ro,iocharset=utf8\n"
		 "63 23 0:41 / /empty rw - tmpfs  rw\n");
	assert_int_equal(mounttab_read(&tab, 0), 0);
	assert_int_equal(tab.count, 4);
	assert_string_equal(tab.entry[1].target, "/data");
	assert_int_equal(tab.entry[1].dev, makedev(254, 32));
	assert_string_equal(tab.entry[1].type, "ext4");
	assert_string_equal(tab.entry[1].source, "/dev/vdc");
	assert_string_equal(tab.entry[1].options, "rw,noatime");
	assert_string_equal(tab.entry[1].super_options, "rw,commit=7");
	assert_string_equal(tab.entry[2].root, "/sub");
	assert_string_equal(tab.entry[2].target, "/my data");
	assert_string_equal(tab.entry[2].source, "/dev/my\\disk");
	assert_string_equal(tab.entry[3].source, "");
}

static void test_another_process(void **state)
{
	tree_put("/proc/7/mountinfo", "60 23 8:1 / /x rw - ext4 /dev/sda1 rw\n");
	assert_int_equal(mounttab_read(&tab, 7), 0);
	assert_int_equal(tab.count, 1);
	mounttab_free(&tab);
	assert_int_equal(mounttab_read(&tab, 8), -ENOENT);
}

static void test_what_is_not_understood_is_an_error(void **state)
{
	static const char *const bad[] = {
		"60 23 8:1 / /x rw ext4 /dev/sda1 rw\n", "60 23 8:1 / /x - ext4 /dev/sda1 rw\n",
		"60 23 8 / /x rw - ext4 /dev/sda1 rw\n", "60 23 8:1 / /x rw - ext4\n",
		"60 23 8:1 / /x rw - ext4 /dev/sda1\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_put("/proc/self/mountinfo", bad[i]);
		if (mounttab_read(&tab, 0) != -EPROTO)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(tab.count, 0);
	}
}

static void test_options_for_mount(void **state)
{
	static const struct {
		const char *options, *super, *data;
		unsigned long flags;
	} mounts[] = {
		{ "rw,relatime", "rw", "", MS_RELATIME },
		{ "rw,noatime,nosuid", "rw,errors=remount-ro,commit=7", "errors=remount-ro,commit=7",
		  MS_NOATIME | MS_NOSUID },
		{ "rw", "rw,sync,x=rw,y", "x=rw,y", MS_STRICTATIME | MS_SYNCHRONOUS },
		{ "ro,nodev,noexec,nodiratime,relatime", "rw,lazytime", "",
		  MS_RDONLY | MS_NODEV | MS_NOEXEC | MS_NODIRATIME | MS_RELATIME | MS_LAZYTIME },
		{ "rw,relatime", "ro", "", MS_RELATIME | MS_RDONLY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct mounttab_entry entry = {
			.options = mounts[i].options, .super_options = mounts[i].super,
		};
		unsigned long flags;
		char *data;

		assert_int_equal(mounttab_flags(&entry, &data, &flags), 0);
		assert_string_equal(data, mounts[i].data);
		assert_int_equal(flags, mounts[i].flags);
		free(data);
	}
}

static void test_below(void **state)
{
	assert_true(mounttab_below("/data", "/data"));
	assert_true(mounttab_below("/data/x", "/data"));
	assert_false(mounttab_below("/database", "/data"));
	assert_false(mounttab_below("/", "/data"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mounts_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_not_understood_is_an_error, setup,
						teardown),
		cmocka_unit_test(test_options_for_mount),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests_name("mounttab", tests, NULL, NULL);
}
