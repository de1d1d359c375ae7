// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "freeze.h"
#include "sysfile.h"
#include "tree.h"

#define TYPES	"nodev\tsysfs\nnodev\ttmpfs\nnodev\toverlay\n\text4\n\tvfat\n\tsquashfs\nnodev\tnfs\n" \
		"nodev\tubifs\n"

/* What was frozen and thawed: F or T and the mount point. */
static char calls[1024];
static const char *fails_at;

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	assert_true(len > 0);
	path[len] = '\0';
	assert_true(request == FIFREEZE || request == FITHAW);
	if (request == FIFREEZE && fails_at && !strcmp(path + strlen(sysfile_root), fails_at)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%c%s ",
		 request == FIFREEZE ? 'F' : 'T', path + strlen(sysfile_root));
	return 0;
}

static int setup(void **state)
{
	tree_reset();
	calls[0] = '\0';
	fails_at = NULL;
	tree_put("/proc/filesystems", TYPES);
	for (const char *const *name = (const char *const []){ "/data/x", "/log/x", "/a b/x", "/ro/x",
							      "/ram/x", "/net/x", NULL }; *name; name++)
		tree_put(*name, "");
	return 0;
}

static void mounts(const char *text)
{
	tree_mounts(1, 1, text);
	tree_link("/proc/self/ns/mnt", "mnt:[1]");
}

static void test_the_last_mounted_is_frozen_first(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw,noatime shared:1 - ext4 /dev/vdb rw,errors=remount-ro\n"
	       "21 20 254:2 / /log rw - ext4 /dev/vdc rw\n"
	       "22 20 254:3 / /a\\040b rw master:1 propagate_from:2 - ext4 /dev/vdd rw\n");
	assert_int_equal(freeze_all(&freeze, false), 0);
	assert_string_equal(calls, "F/a b F/log F/data ");
	calls[0] = '\0';
	freeze_end(&freeze);
	assert_string_equal(calls, "T/data T/log T/a b ");
	calls[0] = '\0';
	freeze_end(&freeze);
	assert_string_equal(calls, "");
}

static void test_only_what_is_written_on_a_device(void **state)
{
	struct freeze freeze;

	mounts("20 1 0:20 / /ram rw - tmpfs tmpfs rw\n"
	       "21 1 0:21 / /net rw - nfs host:/x rw\n"
	       "22 1 254:1 / /ro ro - ext4 /dev/vdb ro\n"
	       "23 1 254:2 / /ro ro - squashfs /dev/vdc ro\n"
	       /* Mounted read-only here, and for writing elsewhere. */
	       "24 1 254:3 / /log ro - ext4 /dev/vdd rw\n");
	assert_int_equal(freeze_all(&freeze, false), 0);
	assert_string_equal(calls, "F/log ");
	freeze_end(&freeze);
}

static void test_a_superblock_is_frozen_once(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw - ext4 /dev/vdb rw\n"
	       "21 1 254:1 /sub /log rw - ext4 /dev/vdb rw\n");
	assert_int_equal(freeze_all(&freeze, false), 0);
	assert_string_equal(calls, "F/data ");
	freeze_end(&freeze);
}

static void test_all_is_thawed_when_one_cannot_be_frozen(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw - vfat /dev/vdb rw\n"
	       "21 1 254:2 / /log rw - ext4 /dev/vdc rw\n");
	fails_at = "/data";
	assert_int_equal(freeze_all(&freeze, false), -EOPNOTSUPP);
	assert_string_equal(calls, "F/log T/log ");
	assert_int_equal(freeze.count, 0);
	mounts("20 1 0:30 / /data rw - ubifs ubi0:data rw\n");
	assert_int_equal(freeze_all(&freeze, false), -EOPNOTSUPP);
}

static void test_forced_goes_on_without(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw - vfat /dev/vdb rw\n"
	       "21 1 254:2 / /log rw - ext4 /dev/vdc rw\n");
	fails_at = "/data";
	assert_int_equal(freeze_all(&freeze, true), 0);
	assert_string_equal(calls, "F/log ");
	assert_int_equal(freeze.count, 1);
	freeze_end(&freeze);
}

static void test_other_namespaces_are_frozen_too(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw - ext4 /dev/vdb rw\n");
	tree_process(7, "container", 1, "");
	tree_mounts(7, 2, "20 1 254:1 / /data rw - ext4 /dev/vdb rw\n"
		    "21 1 254:2 / /in/there rw - ext4 /dev/vdc rw\n");
	/* A folder of the tree, where the kernel has a link. */
	unlink(sysfile_path("/proc/7/root").s);
	tree_put("/proc/7/root/in/there/x", "");
	tree_put("/proc/7/root/data/x", "");
	assert_int_equal(freeze_all(&freeze, false), 0);
	/* The way there is in the own namespace where there is one. */
	assert_string_equal(calls, "F/proc/7/root/in/there F/data ");
	freeze_end(&freeze);
}

static void test_what_lies_beneath_another_mount_is_not_missed(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw - ext4 /dev/vdb rw\n"
	       "21 20 0:9 / /data rw - tmpfs tmpfs rw\n");
	assert_int_equal(freeze_all(&freeze, false), -EBUSY);
	assert_string_equal(calls, "");
	mounts("20 1 254:1 / /data rw - ext4 /dev/vdb rw\n"
	       "21 20 0:9 / /data rw - tmpfs tmpfs rw\n"
	       "22 1 254:1 / /log rw - ext4 /dev/vdb rw\n");
	assert_int_equal(freeze_all(&freeze, false), 0);
	assert_string_equal(calls, "F/log ");
	freeze_end(&freeze);
}

static void test_lines_that_are_none_freeze_nothing(void **state)
{
	struct freeze freeze;

	mounts("20 1 254:1 / /data rw - ext4 /dev/vdb rw\nno dash at all\n");
	assert_int_equal(freeze_all(&freeze, false), -EPROTO);
	assert_string_equal(calls, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_last_mounted_is_frozen_first, setup),
		cmocka_unit_test_setup(test_only_what_is_written_on_a_device, setup),
		cmocka_unit_test_setup(test_a_superblock_is_frozen_once, setup),
		cmocka_unit_test_setup(test_all_is_thawed_when_one_cannot_be_frozen, setup),
		cmocka_unit_test_setup(test_forced_goes_on_without, setup),
		cmocka_unit_test_setup(test_other_namespaces_are_frozen_too, setup),
		cmocka_unit_test_setup(test_what_lies_beneath_another_mount_is_not_missed, setup),
		cmocka_unit_test_setup(test_lines_that_are_none_freeze_nothing, setup),
	};

	return cmocka_run_group_tests_name("freeze", tests, NULL, NULL);
}
