// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "flash.h"
#include "module.h"
#include "persist.h"
#include "run.h"
#include "sysfile.h"
#include "tree.h"

#define DATA	"24 22 254:32 / /data rw - ext4 /dev/vdc rw\n"
#define NET	"25 22 0:60 / /net rw - nfs server:/x rw"

static const struct cause *unmount_cause;
static bool restored;

const struct cause *__wrap_persist_unmount(struct persist *p, const struct conf *conf,
					   const struct watch *watch);
int __wrap_persist_mount(struct persist *p);
int __wrap_flash_mtd_number(const char *name, char *why);
void __wrap_sync(void);

/* What is done, a line each: hooks are programs and write there, too. */
static void note(const char *what)
{
	FILE *file = fopen(sysfile_path("%s", "/run/done").s, "a");

	fprintf(file, "%s\n", what);
	fclose(file);
}

const struct cause *__wrap_persist_unmount(struct persist *p, const struct conf *conf,
					   const struct watch *watch)
{
	note(module.watches ? "unmount too late" : "unmount");
	p->err = unmount_cause ? EBUSY : 0;
	return unmount_cause;
}

int __wrap_persist_mount(struct persist *p)
{
	note("mount");
	return 0;
}

int __wrap_flash_mtd_number(const char *name, char *why)
{
	return 3;
}

void __wrap_sync(void)
{
}

static int take(struct snapcap_makesnap *arg)
{
	note(module.watches == 1 ? "take" : "take, and nothing is watched");
	arg->status.size = sizeof(arg->status);
	arg->status.state = restored ? SNAPCAP_STATE_BOOT : SNAPCAP_STATE_TAKEN;
	return 0;
}

static void put_hook(const char *event, const char *body)
{
	char path[64], text[PATH_MAX * 2 + 600];

	snprintf(path, sizeof(path), "/etc/snapcap/%s.d/10-x", event);
	snprintf(text, sizeof(text), "#!/bin/sh\nroot=%s\necho $SNAPCAP_EVENT $SNAPCAP_RESULT >>"
		 "$root/run/done\n%s\n", sysfile_root, body);
	tree_put(path, text);
	assert_int_equal(chmod(sysfile_path("%s", path).s, 0755), 0);
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	module_reset();
	module.take = take;
	tree_reset();
	tree_put("/run/done", "");
	tree_mounts(1, 1, TREE_MOUNTS);
	put_hook("pre-take", "");
	put_hook("post-take", "");
	put_hook("post-restore", "");
	unmount_cause = NULL;
	restored = false;
	return 0;
}

static void test_order_and_its_reverse(void **state)
{
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_string_equal(tree_get("/run/done"),
			    "pre-take\nunmount\ntake\nmount\npost-take taken\n");
	setup(NULL);
	restored = true;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_RESTORED);
	assert_string_equal(tree_get("/run/done"),
			    "pre-take\nunmount\ntake\nmount\npost-restore restored\n");
}

static void test_restored_once_nothing_is_unmounted(void **state)
{
	tree_put("/sys/class/mtd/mtd3/type", "nor\n");
	tree_put("/proc/filesystems", "");
	restored = true;
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_RESTORED);
	assert_string_equal(tree_get("/run/done"), "pre-take\ntake\npost-restore restored\n");
}

static void test_refused_before_anything_is_done(void **state)
{
	tree_mounts(1, 1, TREE_MOUNTS NET "\n");
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_REFUSED);
	assert_string_equal(tree_get("/run/done"), "");
	/* A configuration with a mistake comes before. */
	tree_put("/etc/snapcap/snapcap.conf", "nonsense\n");
	assert_int_equal(run(cmd_take, "--force", NULL), SNAPCTL_FAILURE);
	assert_string_equal(tree_get("/run/done"), "");
}

static void test_what_is_mounted_meanwhile_is_refused(void **state)
{
	put_hook("pre-take", "echo '" NET "' >>$root/proc/1/mountinfo");
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_REFUSED);
	assert_string_equal(json_string(run_json(), "error.name"), "filesystems");
	assert_string_equal(json_string(run_json(), "refused.0.where"), "/net");
	assert_string_equal(tree_get("/run/done"), "pre-take\npost-take failed\n");
	assert_int_equal(module.takes, 0);
	/* Forced, it is recorded although there was nothing at first. */
	setup(NULL);
	put_hook("pre-take", "echo '" NET "' >>$root/proc/1/mountinfo");
	assert_int_equal(run(cmd_take, "--force", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_FORCED);
	/* What was told at first is not told again. */
	setup(NULL);
	tree_mounts(1, 1, TREE_MOUNTS NET "\n");
	assert_int_equal(run(cmd_take, "--force", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_err, "/net (nfs"));
	assert_null(strstr(strstr(run_err, "/net (nfs") + 1, "/net (nfs"));
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_FORCED);
}

static void put_disk(void)
{
	tree_put("/sys/dev/block/254:32/size", "2048\n");
	tree_put("/sys/dev/block/254:32/uevent", "DEVNAME=vdc\n");
	tree_put_data("/dev/vdc", 1080, "\x53\xef", 2);
	assert_int_equal(truncate(sysfile_path("%s", "/dev/vdc").s, 2048 * 512), 0);
	tree_mounts(1, 1, TREE_MOUNTS DATA);
	tree_put("/etc/snapcap/snapcap.conf", "[filesystems]\npersistent = /data\n");
}

static void test_listed_device_is_to_be_the_same(void **state)
{
	put_disk();
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_int_equal(module.watched_count, 1);
	assert_int_equal(module.watched[0].minor, 32);
	assert_int_equal(module.watched[0].policy, SNAPCAP_FINGERPRINT_IDENTITY);
}

static void test_all_is_put_back_when_it_cannot_be_watched(void **state)
{
	put_disk();
	module.watch_error = EIO;
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "fingerprint");
	assert_non_null(strstr(run_err, "vdc (ext4): Input/output error"));
	assert_string_equal(tree_get("/run/done"),
			    "pre-take\nunmount\nmount\npost-take failed\n");
}

static void test_what_was_not_unmounted_is_not_mounted(void **state)
{
	static const struct cause busy = { "fs-busy", "", "", SNAPCTL_BUSY };

	unmount_cause = &busy;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_BUSY);
	assert_string_equal(tree_get("/run/done"), "pre-take\nunmount\npost-take failed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order_and_its_reverse, setup),
		cmocka_unit_test_setup(test_restored_once_nothing_is_unmounted, setup),
		cmocka_unit_test_setup(test_refused_before_anything_is_done, setup),
		cmocka_unit_test_setup(test_what_is_mounted_meanwhile_is_refused, setup),
		cmocka_unit_test_setup(test_listed_device_is_to_be_the_same, setup),
		cmocka_unit_test_setup(test_all_is_put_back_when_it_cannot_be_watched, setup),
		cmocka_unit_test_setup(test_what_was_not_unmounted_is_not_mounted, setup),
	};

	return cmocka_run_group_tests_name("around", tests, NULL, NULL);
}
