// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "command.h"
#include "flash.h"
#include "freeze.h"
#include "module.h"
#include "run.h"
#include "tree.h"

/* In their order: s(ync) f(reeze) t(ake) r(eboot) d(rop) u(nfreeze). */
static char calls[64];
static int freeze_error, drop_error;
/* Takes that fail by a task, before one that goes well. */
static unsigned int stubborn;
static bool restored;

int __wrap_flash_mtd_number(const char *name, char *why);
void __wrap_sync(void);
int __wrap_freeze_all(struct freeze *freeze, bool force);
void __wrap_freeze_end(struct freeze *freeze);
int __wrap_reboot(int what);
int __wrap_command_run(char *const argv[]);
int __wrap_usleep(useconds_t us);

static void called(char what)
{
	size_t len = strlen(calls);

	if (len + 1 < sizeof(calls)) {
		calls[len] = what;
		calls[len + 1] = '\0';
	}
}

int __wrap_flash_mtd_number(const char *name, char *why)
{
	snprintf(why, FLASH_WHY_SIZE, "no such device");
	return 5;
}

void __wrap_sync(void)
{
	called('s');
}

int __wrap_freeze_all(struct freeze *freeze, bool force)
{
	called(force ? 'F' : 'f');
	return freeze_error;
}

void __wrap_freeze_end(struct freeze *freeze)
{
	called('u');
}

/* The real one does not come back when it goes well. */
int __wrap_reboot(int what)
{
	called('r');
	errno = EPERM;
	return -1;
}

int __wrap_command_run(char *const argv[])
{
	called(!strcmp(argv[2], "drop") && !strcmp(argv[4], "12") ? 'd' : '?');
	return drop_error;
}

int __wrap_usleep(useconds_t us)
{
	return 0;
}

static int take(struct snapcap_makesnap *arg)
{
	called('t');
	arg->status.size = sizeof(arg->status);
	if (stubborn) {
		stubborn--;
		arg->status.cause = SNAPCAP_CAUSE_FREEZE_TASKS;
		arg->status.stage = SNAPCAP_STAGE_FREEZE;
		return -EBUSY;
	}
	arg->status.state = restored ? SNAPCAP_STATE_BOOT : SNAPCAP_STATE_TAKEN;
	arg->status.sequence = 12;
	return 0;
}

static int setup(void **state)
{
	module_reset();
	module.take = take;
	tree_reset();
	tree_put("/run/other", "");
	tree_mounts(1, 1, TREE_MOUNTS);
	tree_put("/sys/class/mtd/mtd5/type", "nor\n");
	calls[0] = '\0';
	freeze_error = 0;
	drop_error = 0;
	stubborn = 0;
	restored = false;
	return 0;
}

static void test_restored_system_thaws(void **state)
{
	restored = true;
	assert_int_equal(run(cmd_hibernate, "--label", "night", NULL), SNAPCTL_RESTORED);
	assert_string_equal(calls, "sftu");
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_ONCE);
	assert_int_equal(module.seen.tries, 0);
	assert_string_equal((char *)module.seen.label, "night");
	/* There is no second try. */
	assert_int_equal(run(cmd_hibernate, "--tries=3", NULL), SNAPCTL_USAGE);
}

static void test_life_goes_on_only_without_the_snapshot(void **state)
{
	assert_int_not_equal(run(cmd_hibernate, NULL), SNAPCTL_OK);
	assert_string_equal(calls, "sftrdu");
	assert_non_null(strstr(run_err, "cannot be powered off"));
	/* It cannot be dropped: what a restore would find changed must not change. */
	calls[0] = '\0';
	drop_error = -ECHILD;
	assert_int_not_equal(run(cmd_hibernate, NULL), SNAPCTL_OK);
	assert_string_equal(calls, "sftrd");
	assert_non_null(strstr(run_err, "stay frozen"));
}

static void test_nothing_is_taken_when_one_cannot_be_frozen(void **state)
{
	freeze_error = -EOPNOTSUPP;
	assert_int_not_equal(run(cmd_hibernate, NULL), SNAPCTL_OK);
	assert_string_equal(calls, "sf");
}

static void test_a_task_that_does_not_freeze_is_given_time(void **state)
{
	restored = true;
	stubborn = 2;
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_RESTORED);
	assert_string_equal(calls, "sftuftuftu");
	calls[0] = '\0';
	stubborn = 9;
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_BUSY);
	assert_string_equal(calls, "sftuftuftu");
}

static void test_dry_run_neither_writes_nor_ends(void **state)
{
	assert_int_equal(run(cmd_hibernate, "--dry-run", NULL), SNAPCTL_OK);
	assert_string_equal(calls, "sftu");
}

static void test_flash_must_be_nor(void **state)
{
	tree_put("/sys/class/mtd/mtd5/type", "nand\n");
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_UNSUPPORTED);
	assert_string_equal(calls, "");
	assert_non_null(strstr(run_err, "NOR"));
}

/* Types only: what lies on no device that can be seen is written to elsewhere. */
static void mount_data(const char *type)
{
	char text[256];

	snprintf(text, sizeof(text), TREE_MOUNTS "24 22 0:60 / /data rw - %s x rw\n", type);
	tree_mounts(1, 1, text);
	tree_link("/proc/self/ns/mnt", "mnt:[1]");
}

static void test_what_can_be_frozen_stays_mounted(void **state)
{
	restored = true;
	mount_data("ext4");
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_RESTORED);
	assert_string_equal(calls, "sftu");
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_ONCE);
	/* Also when it is listed: an unmount would fail here. */
	calls[0] = '\0';
	tree_put("/etc/snapcap/snapcap.conf", "[filesystems]\npersistent = /data\n");
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_RESTORED);
	assert_string_equal(calls, "sftu");
}

static void test_what_cannot_be_frozen_is_refused_or_forced(void **state)
{
	restored = true;
	mount_data("vfat");
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_REFUSED);
	assert_string_equal(calls, "");
	assert_non_null(strstr(run_err, "vfat cannot be frozen"));
	tree_put("/etc/snapcap/snapcap.conf", "[filesystems]\npersistent = /data\n");
	assert_int_equal(run(cmd_hibernate, NULL), SNAPCTL_REFUSED);
	assert_int_equal(run(cmd_hibernate, "--force", NULL), SNAPCTL_RESTORED);
	assert_string_equal(calls, "sFtu");
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_ONCE | SNAPCAP_TAKE_FORCED);
}

static void test_two_passes_are_not_offered(void **state)
{
	assert_int_equal(run(cmd_hibernate, "--two-pass", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_hibernate, "x", NULL), SNAPCTL_USAGE);
	assert_string_equal(calls, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_restored_system_thaws, setup),
		cmocka_unit_test_setup(test_life_goes_on_only_without_the_snapshot, setup),
		cmocka_unit_test_setup(test_nothing_is_taken_when_one_cannot_be_frozen, setup),
		cmocka_unit_test_setup(test_a_task_that_does_not_freeze_is_given_time, setup),
		cmocka_unit_test_setup(test_dry_run_neither_writes_nor_ends, setup),
		cmocka_unit_test_setup(test_flash_must_be_nor, setup),
		cmocka_unit_test_setup(test_what_can_be_frozen_stays_mounted, setup),
		cmocka_unit_test_setup(test_what_cannot_be_frozen_is_refused_or_forced, setup),
		cmocka_unit_test_setup(test_two_passes_are_not_offered, setup),
	};

	return cmocka_run_group_tests_name("cmd_hibernate", tests, NULL, NULL);
}
