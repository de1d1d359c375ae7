// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "blockdev.h"
#include "cmd.h"
#include "command.h"
#include "conf.h"
#include "msg.h"
#include "persist.h"
#include "sysfile.h"
#include "tree.h"
#include "ubi.h"

#define ROOT	"23 1 0:21 / / rw,relatime - overlay overlay rw\n"
#define DATA	"60 23 254:32 / /data rw,noatime - ext4 /dev/vdc rw,commit=7\n"
#define INNER	"61 60 254:33 / /data/log rw,relatime - ext4 /dev/vdd rw\n"

static struct conf conf;
static struct persist p;
/* What was done, a word each. */
static char done[512];
static int umount_errors, umount_error, mount_error, flush_error, stop_error, start_error;
static bool unit_mounts;
/* The mounts that there are. */
static bool data, inner;
static const char *extra;
static int find_error, detach_error, detach_errors, attach_error, below_error;

int __wrap_blockdev_flush_mtd(void);
int __wrap_ubi_find(unsigned int number, struct ubi_device *ubi);
int __wrap_ubi_detach(struct ubi_device *ubi);
int __wrap_ubi_attach(struct ubi_device *ubi);
int __wrap_umount2(const char *target, int flags);
int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *options);
int __wrap_blockdev_flush(const char *path);
int __wrap_command_output(char *const argv[], char **text);
int __wrap_command_run_bounded(char *const argv[], u32 timeout_s, const struct watch *watch);
void __wrap_sync(void);
int __wrap_usleep(unsigned int us);
int __wrap_chdir(const char *path);

static void note(const char *what, const char *about)
{
	strcat(done, what);
	strcat(done, about);
	strcat(done, " ");
}

static void show_mounts(void)
{
	char text[1024];

	snprintf(text, sizeof(text), ROOT "%s%s%s", data ? DATA : "", inner ? INNER : "", extra);
	tree_mounts(1, 1, text);
}

static void set_mounted(const char *target, bool mounted)
{
	if (!strcmp(target, "/data"))
		data = mounted;
	else if (!strcmp(target, "/data/log"))
		inner = mounted;
	else if (!mounted)
		extra = "";
	show_mounts();
}

int __wrap_blockdev_flush_mtd(void)
{
	if (below_error)
		return below_error;
	note("~", "");
	return 0;
}

int __wrap_ubi_find(unsigned int number, struct ubi_device *ubi)
{
	*ubi = (struct ubi_device){ .number = number, .mtd = 4 };
	return find_error;
}

int __wrap_ubi_detach(struct ubi_device *ubi)
{
	if (detach_error && detach_errors) {
		detach_errors--;
		return detach_error;
	}
	note("ubi-", ubi->number == 1 ? "1" : "?");
	ubi->detached = true;
	return 0;
}

int __wrap_ubi_attach(struct ubi_device *ubi)
{
	if (attach_error)
		return attach_error;
	note("ubi+", ubi->number == 1 ? "1" : "?");
	ubi->detached = false;
	return 0;
}

int __wrap_umount2(const char *target, int flags)
{
	assert_int_equal(flags, UMOUNT_NOFOLLOW);
	if (umount_errors) {
		umount_errors--;
		errno = umount_error;
		return -1;
	}
	note("-", target);
	set_mounted(target, false);
	return 0;
}

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *options)
{
	if (mount_error) {
		errno = mount_error;
		return -1;
	}
	assert_string_equal(type, strncmp(target, "/data", 5) ? "ubifs" : "ext4");
	if (!strcmp(target, "/data")) {
		assert_string_equal(source, "/dev/vdc");
		assert_int_equal(flags, MS_NOATIME);
		assert_string_equal(options, "commit=7");
	}
	note("+", target);
	set_mounted(target, true);
	return 0;
}

int __wrap_blockdev_flush(const char *path)
{
	if (flush_error)
		return flush_error;
	note("~", path);
	return 0;
}

int __wrap_command_output(char *const argv[], char **text)
{
	size_t last = 0;
	const char *answer = "";

	while (argv[last + 1])
		last++;
	if (!strcmp(argv[2], "--property=ActiveState"))
		answer = strcmp(argv[last], "data.mount") || data ? "ActiveState=active\n" :
			"ActiveState=inactive\n";
	else if (!strcmp(argv[last], "/data"))
		answer = "Id=data.mount\nFragmentPath=/x\nRequiredBy=app.service\n";
	*text = strdup(answer);
	return 0;
}

int __wrap_command_run_bounded(char *const argv[], u32 timeout_s, const struct watch *watch)
{
	for (size_t i = 3; argv[i]; i++) {
		note(!strcmp(argv[1], "stop") ? "stop:" : "start:", argv[i]);
		if (unit_mounts && !strcmp(argv[i], "data.mount"))
			set_mounted("/data", true);
	}
	return !strcmp(argv[1], "stop") ? stop_error : start_error;
}

void __wrap_sync(void)
{
	note("sync", "");
}

int __wrap_usleep(unsigned int us)
{
	return 0;
}

int __wrap_chdir(const char *path)
{
	return 0;
}

static int setup(void **state)
{
	tree_reset();
	msg_reset();
	memset(&conf, 0, sizeof(conf));
	conf.retries = 3;
	conf.timeout_s = 5;
	strcpy(conf.persistent[0], "/data");
	strcpy(conf.persistent[1], "/data/log");
	conf.persistent_count = 2;
	done[0] = '\0';
	umount_errors = umount_error = mount_error = flush_error = stop_error = start_error = 0;
	unit_mounts = true;
	data = true;
	inner = false;
	extra = "";
	find_error = detach_error = attach_error = below_error = 0;
	detach_errors = -1;
	show_mounts();
	tree_link("/proc/self/ns/mnt", "mnt:[1]");
	tree_process(getpid(), "snapctl", 1, "");
	tree_put("/proc/self/cgroup", "0::/user.slice/session-1.scope\n");
	return 0;
}

static int teardown(void **state)
{
	persist_free(&p);
	return 0;
}

static const struct cause *unmount(void)
{
	return persist_unmount(&p, &conf, NULL);
}

static void use_systemd(void)
{
	tree_put("/run/systemd/system/x", "");
}

static void test_nothing_listed_is_nothing_done(void **state)
{
	conf.persistent_count = 0;
	assert_null(unmount());
	assert_int_equal(persist_mount(&p), 0);
	assert_string_equal(done, "");
	assert_null(persist_json(&p));
}

static void test_innermost_first_and_back(void **state)
{
	inner = true;
	show_mounts();
	assert_null(unmount());
	assert_string_equal(done, "sync -/data/log -/data ~/dev/vdd ~/dev/vdc ");
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), 0);
	/* What is cached of a device comes from the captured life. */
	assert_string_equal(done, "~/dev/vdc +/data ~/dev/vdd +/data/log ");
}

static void test_units_stop_before_and_start_after(void **state)
{
	use_systemd();
	assert_null(unmount());
	assert_string_equal(done, "stop:app.service sync -/data ~/dev/vdc ");
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), 0);
	assert_string_equal(done, "~/dev/vdc start:data.mount start:app.service ");
}

static void test_unit_that_mounts_nothing_is_helped(void **state)
{
	use_systemd();
	unit_mounts = false;
	assert_null(unmount());
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), 0);
	assert_string_equal(done, "~/dev/vdc start:data.mount +/data start:app.service ");
}

static void test_busy_is_tried_again_with_a_bound(void **state)
{
	const struct cause *cause;

	umount_error = EBUSY;
	umount_errors = 3;
	assert_null(unmount());
	assert_int_equal(persist_mount(&p), 0);
	persist_free(&p);

	done[0] = '\0';
	use_systemd();
	umount_errors = 4;
	cause = unmount();
	assert_non_null(cause);
	assert_string_equal(cause->name, "fs-busy");
	assert_int_equal(cause->exit, SNAPCTL_BUSY);
	assert_int_equal(p.err, EBUSY);
	/* It is still mounted; its units run again. */
	assert_string_equal(done, "stop:app.service sync start:app.service ");
}

static void test_second_failure_puts_the_first_back(void **state)
{
	const struct cause *cause;

	inner = true;
	show_mounts();
	flush_error = -EBUSY;
	cause = unmount();
	assert_string_equal(cause->name, "fs-busy");
	assert_string_equal(done, "sync -/data/log -/data +/data +/data/log ");
	assert_true(data && inner);
}

static void test_units_that_do_not_stop(void **state)
{
	const struct cause *cause;

	use_systemd();
	stop_error = -ETIMEDOUT;
	cause = unmount();
	assert_string_equal(cause->name, "fs-units");
	/* Some of them may have. */
	assert_string_equal(done, "stop:app.service sync start:app.service ");
	assert_true(data);
}

static void test_layouts_that_cannot_be(void **state)
{
	static const char *const bad[] = {
		"70 23 254:32 / /elsewhere rw - ext4 /dev/vdc rw\n",
		"70 60 0:50 / /data/tmp rw - tmpfs tmpfs rw\n",
		"70 23 254:99 /part /data/log rw - ext4 /dev/vdx rw\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct cause *cause;

		setup(NULL);
		extra = bad[i];
		show_mounts();
		cause = unmount();
		if (!cause || strcmp(cause->name, "fs-layout"))
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(done, "");
		assert_string_not_equal(msg_last_error(), "");
		assert_string_not_equal(msg_last_advice(), "");
		persist_free(&p);
	}
}

static void test_stranger_stops_nothing(void **state)
{
	const struct cause *cause;
	struct stat st;

	/* A mount point of another filesystem than the tree's, which it has open. */
	strcpy(conf.persistent[0], "/proc");
	extra = "70 23 0:99 / /proc rw - ext4 /dev/vdc rw\n";
	show_mounts();
	assert_int_equal(stat("/proc", &st), 0);
	tree_process(12, "stranger", 1, "");
	tree_link("/proc/12/exe", "/dev/null");
	tree_link("/proc/12/cwd", "/proc");
	use_systemd();
	cause = unmount();
	assert_string_equal(cause->name, "fs-busy");
	assert_string_equal(done, "");
	assert_non_null(strstr(msg_last_error(), "process 12 (stranger), cwd"));
}

static void test_journal_is_not_stopped(void **state)
{
	strcpy(conf.persistent[0], "/proc");
	extra = "70 23 0:99 / /proc rw - ext4 /dev/vdc rw\n";
	show_mounts();
	tree_process(12, "systemd-journal", 1, "");
	tree_link("/proc/12/exe", "/dev/null");
	tree_put("/proc/12/cgroup", "0::/system.slice/systemd-journald.service\n");
	tree_link("/proc/12/cwd", "/proc");
	tree_process(13, "other", 1, "");
	tree_link("/proc/13/exe", "/dev/null");
	tree_put("/proc/13/cgroup", "0::/system.slice/other.service\n");
	tree_link("/proc/13/cwd", "/proc");
	use_systemd();
	unmount();
	assert_true(systemd_has(&p.units, "other.service"));
	assert_false(systemd_has(&p.units, "systemd-journald.service"));
}

/* Who stops it stops the take with it. */
static void test_process_of_our_own_unit_is_a_stranger(void **state)
{
	strcpy(conf.persistent[0], "/proc");
	extra = "70 23 0:99 / /proc rw - ext4 /dev/vdc rw\n";
	show_mounts();
	tree_put("/proc/self/cgroup", "0::/system.slice/taker.service\n");
	tree_process(12, "sibling", 1, "");
	tree_link("/proc/12/exe", "/dev/null");
	tree_put("/proc/12/cgroup", "0::/system.slice/taker.service\n");
	tree_link("/proc/12/cwd", "/proc");
	use_systemd();
	assert_string_equal(unmount()->name, "fs-busy");
	assert_string_equal(done, "");
	assert_non_null(strstr(msg_last_error(), "process 12 (sibling), cwd"));
}

/* What is mounted there is nobody's to unmount here, and no layout of this namespace. */
static void test_other_namespace_is_let_be(void **state)
{
	tree_process(13, "container", 1, "");
	tree_mounts(13, 2, INNER "70 60 0:50 / /data/tmp rw - tmpfs tmpfs rw\n");
	assert_null(unmount());
	assert_string_equal(done, "sync -/data ~/dev/vdc ");
	tree_link("/proc/self/ns/mnt", "mnt:[9]");
	persist_free(&p);
	assert_string_equal(unmount()->name, "fs-unmount");
}

static void test_other_namespace_is_named(void **state)
{
	const struct cause *cause;

	tree_process(13, "container", 1, "");
	tree_mounts(13, 2, DATA);
	cause = unmount();
	assert_string_equal(cause->name, "fs-busy");
	assert_non_null(strstr(msg_last_error(), "process 13 (container), mount namespace"));
	assert_string_equal(done, "sync -/data ~/dev/vdc +/data ");
}

static void test_mount_that_fails_keeps_its_units_down(void **state)
{
	use_systemd();
	assert_null(unmount());
	unit_mounts = false;
	mount_error = EIO;
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), -1);
	assert_string_equal(done, "~/dev/vdc start:data.mount ");
	assert_non_null(strstr(msg_last_error(), "/dev/vdc cannot be mounted again on /data"));
}

static void test_units_that_do_not_start_are_told(void **state)
{
	use_systemd();
	assert_null(unmount());
	start_error = -ECHILD;
	assert_int_equal(persist_mount(&p), -1);
	assert_non_null(strstr(msg_last_error(), "not all units"));
}

#define FLASH	"70 23 0:60 / /flash rw - ubifs ubi1:data rw\n"
#define MORE	"71 23 0:61 / /more rw - ubifs ubi1_1 rw\n"

static void use_flash(const char *mounts)
{
	strcpy(conf.persistent[0], "/flash");
	strcpy(conf.persistent[1], "/more");
	data = false;
	extra = mounts;
	flush_error = -ENOTBLK;
	tree_put("/sys/class/mtd/mtd4/flags", "0xc00\n");
	show_mounts();
}

static void test_ubi_is_detached_once_and_attached_before_the_mount(void **state)
{
	use_flash(FLASH MORE);
	assert_null(unmount());
	assert_string_equal(done, "sync -/more -/flash ubi-1 ~ ");
	assert_int_equal(p.ubi_count, 1);
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), 0);
	assert_string_equal(done, "~ ubi+1 +/flash +/more ");
}

static void test_ubi_that_cannot_be_written_stays(void **state)
{
	use_flash(FLASH);
	tree_put("/sys/class/mtd/mtd4/flags", "0x0\n");
	assert_null(unmount());
	assert_string_equal(done, "sync -/flash ~ ");
	assert_int_equal(persist_mount(&p), 0);
}

static void test_ubi_that_is_in_use_puts_all_back(void **state)
{
	const struct cause *cause;

	use_flash(FLASH);
	detach_error = -EBUSY;
	cause = unmount();
	assert_string_equal(cause->name, "fs-busy");
	assert_string_equal(done, "sync -/flash ~ +/flash ");
	assert_non_null(strstr(msg_last_error(), "ubi1"));
	assert_string_not_equal(msg_last_advice(), "");
}

static void test_ubi_that_is_let_go_a_moment_later(void **state)
{
	use_flash(FLASH);
	detach_error = -EBUSY;
	detach_errors = (int)conf.retries;
	assert_null(unmount());
	assert_string_equal(done, "sync -/flash ubi-1 ~ ");
	assert_int_equal(detach_errors, 0);
}

static void test_ubi_that_is_unknown_stops_nothing(void **state)
{
	use_flash("70 23 0:60 / /flash rw - ubifs /dev/gone rw\n");
	assert_string_equal(unmount()->name, "fs-layout");
	persist_free(&p);
	use_flash(FLASH);
	find_error = -EPROTO;
	assert_string_equal(unmount()->name, "fs-unmount");
	persist_free(&p);
	find_error = 0;
	tree_put("/sys/class/block/ubiblock1_7/dev", "");
	assert_string_equal(unmount()->name, "fs-layout");
	assert_non_null(strstr(msg_last_error(), "ubiblock1_7"));
	assert_string_equal(done, "");
}

static void test_ubi_that_cannot_be_attached_loses_its_mounts(void **state)
{
	use_flash(FLASH MORE);
	assert_null(unmount());
	attach_error = -EIO;
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), -1);
	assert_string_equal(done, "~ ");
	assert_non_null(strstr(msg_last_error(), "mtd4 cannot be attached again as ubi1"));
}

static void test_flash_with_a_stale_cache_below_is_not_touched(void **state)
{
	use_flash(FLASH);
	assert_null(unmount());
	below_error = -EIO;
	done[0] = '\0';
	assert_int_equal(persist_mount(&p), -1);
	assert_string_equal(done, "");
	assert_true(p.ubi[0].detached);
}

static void test_jffs2_must_be_gone(void **state)
{
	const struct cause *cause;

	use_flash("70 23 31:3 / /flash rw - jffs2 mtd3 rw\n");
	tree_process(9, "jffs2_gcd_mtd4", 1, "");
	assert_null(unmount());
	persist_free(&p);
	use_flash("70 23 31:4 / /flash rw - jffs2 mtd4 rw\n");
	mount_error = EIO;
	cause = unmount();
	assert_non_null(cause);
	assert_string_equal(cause->name, "fs-busy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_listed_is_nothing_done, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_innermost_first_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_units_stop_before_and_start_after, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_unit_that_mounts_nothing_is_helped, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_busy_is_tried_again_with_a_bound, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_second_failure_puts_the_first_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_units_that_do_not_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layouts_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stranger_stops_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_journal_is_not_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_process_of_our_own_unit_is_a_stranger, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_other_namespace_is_let_be, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_namespace_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_that_fails_keeps_its_units_down, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_units_that_do_not_start_are_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_ubi_is_detached_once_and_attached_before_the_mount, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ubi_that_cannot_be_written_stays, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ubi_that_is_in_use_puts_all_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ubi_that_is_let_go_a_moment_later, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ubi_that_is_unknown_stops_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ubi_that_cannot_be_attached_loses_its_mounts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_flash_with_a_stale_cache_below_is_not_touched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jffs2_must_be_gone, setup, teardown),
	};

	return cmocka_run_group_tests_name("persist", tests, NULL, NULL);
}
