// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "advice.h"
#include "cmd.h"
#include "conf.h"
#include "flash.h"
#include "module.h"
#include "persist.h"
#include "run.h"
#include "tree.h"

#define LAST_CAUSE	SNAPCAP_CAUSE_LOCKED

static char mtd_name[64];
static int mtd_number;
static unsigned int syncs;
static bool synced_before;

/* What the unmount does, what the mount does, and what was done, a letter each. */
static const struct cause *unmount_cause;
static int mount_result;
static char order[16];

const struct cause *__wrap_persist_unmount(struct persist *p, const struct conf *conf,
					   const struct watch *watch);
int __wrap_persist_mount(struct persist *p);

static void note(char what)
{
	size_t len = strlen(order);

	if (len < sizeof(order) - 1)
		order[len] = what;
}

const struct cause *__wrap_persist_unmount(struct persist *p, const struct conf *conf,
					   const struct watch *watch)
{
	note(module.takes ? '?' : conf->persistent_count ? 'u' : 'n');
	p->err = unmount_cause ? EBUSY : 0;
	return unmount_cause;
}

int __wrap_persist_mount(struct persist *p)
{
	note(module.takes ? 'm' : '?');
	return mount_result;
}

int __wrap_flash_mtd_number(const char *name, char *why);
void __wrap_sync(void);

int __wrap_flash_mtd_number(const char *name, char *why)
{
	snprintf(mtd_name, sizeof(mtd_name), "%s", name);
	snprintf(why, FLASH_WHY_SIZE, "no such device");
	return mtd_number;
}

void __wrap_sync(void)
{
	/* Before each take, or what is synced is not what is captured. */
	synced_before = syncs++ == module.takes;
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	module_reset();
	tree_reset();
	tree_put("/run/other", "");
	tree_mounts(1, 1, TREE_MOUNTS);
	mtd_number = 5;
	mtd_name[0] = '\0';
	syncs = 0;
	unmount_cause = NULL;
	mount_result = 0;
	memset(order, 0, sizeof(order));
	return 0;
}

static void test_defaults(void **state)
{
	static const struct snapcap_makesnap zero;
	const struct snapcap_makesnap *seen = &module.seen;

	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_string_equal(mtd_name, "snapshot");
	assert_int_equal(module.takes, 1);
	assert_int_equal(syncs, 1);
	assert_true(synced_before);
	assert_int_equal(seen->size, sizeof(*seen));
	assert_int_equal(seen->flags, 0);
	assert_int_equal(seen->mtd, 5);
	assert_int_equal(seen->slot, SNAPCAP_SLOT_AUTO);
	assert_int_equal(seen->offset, 0);
	assert_int_equal(seen->length, 0);
	assert_int_equal(seen->codec, SNAPCAP_CODEC_LZ4);
	assert_int_equal(seen->level, 0);
	assert_int_equal(seen->chunk_pages, 0);
	assert_int_equal(seen->tries, SNAPCAP_TRIES_DEFAULT);
	assert_memory_equal(seen->label, zero.label, sizeof(zero.label));
	assert_memory_equal(seen->reserved1, zero.reserved1, sizeof(zero.reserved1));
	assert_memory_equal(&seen->status, &zero.status, sizeof(zero.status));
}

static void test_tries_are_passed_on(void **state)
{
	assert_int_equal(run(cmd_take, "--tries", "0", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.tries, 0);
	assert_int_equal(run(cmd_take, "--tries=100", "--json", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.tries, 100);
	assert_int_equal(json_number(run_json(), "target.tries"), 100);
	assert_int_equal(run(cmd_take, "--tries=101", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_take, "--tries=-1", NULL), SNAPCTL_USAGE);
}

static int take_watched(struct snapcap_makesnap *arg)
{
	arg->status = module.status;
	return module.watches == 1 ? 0 : -EPROTO;
}

static void test_devices_are_watched_first(void **state)
{
	module.take = take_watched;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_int_equal(module.watches, 1);
}

static int take_to_nand(struct snapcap_makesnap *arg)
{
	arg->status = module.status;
	arg->status.corrected_bits = 12;
	arg->status.bad_blocks = 5;
	arg->status.grown_blocks = 2;
	return 0;
}

static void test_errors_of_nand_are_told(void **state)
{
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "Bad blocks"));
	module.take = take_to_nand;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Bad blocks      5, 2 of them found by this take\n"));
	assert_non_null(strstr(run_out, "Bit errors      12, all corrected\n"));
	assert_int_equal(run(cmd_take, "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "status.corrected_bits"), 12);
	assert_int_equal(json_number(run_json(), "status.bad_blocks"), 5);
	assert_int_equal(json_number(run_json(), "status.grown_blocks"), 2);
}

static void test_what_cannot_be_watched_is_not_taken(void **state)
{
	module.watch_error = EIO;
	assert_int_equal(run(cmd_take, "-j", NULL), SNAPCTL_FAILURE);
	assert_int_equal(module.takes, 0);
	assert_string_equal(json_string(run_json(), "error.name"), "fingerprint");
	assert_non_null(strstr(run_err, "cannot be watched: Input/output error"));
}

static void test_every_option_arrives(void **state)
{
	const struct snapcap_makesnap *seen = &module.seen;

	assert_int_equal(run(cmd_take, "--mtd", "mtd:spare", "--slot", "1", "--offset=256K",
			     "--length", "32M", "--codec", "lz4", "--level=9", "--chunk", "512",
			     "--label", "factory 2.1", "--keep-previous", "--dry-run", NULL), 0);
	assert_string_equal(mtd_name, "mtd:spare");
	assert_int_equal(seen->slot, SNAPCAP_SLOT_1);
	assert_int_equal(seen->offset, 256 * 1024);
	assert_int_equal(seen->length, 32 << 20);
	assert_int_equal(seen->codec, SNAPCAP_CODEC_LZ4);
	assert_int_equal(seen->level, 9);
	assert_int_equal(seen->chunk_pages, 128);
	assert_string_equal((const char *)seen->label, "factory 2.1");
	assert_int_equal(seen->flags, SNAPCAP_TAKE_KEEP_PREVIOUS | SNAPCAP_TAKE_DRY_RUN);
	assert_int_equal(run(cmd_take, "--slot", "whole", "--codec", "raw", NULL), 0);
	assert_int_equal(seen->slot, SNAPCAP_SLOT_WHOLE);
	assert_int_equal(seen->codec, SNAPCAP_CODEC_RAW);
	assert_int_equal(run(cmd_take, "--slot", "0", NULL), 0);
	assert_int_equal(seen->slot, SNAPCAP_SLOT_0);
	assert_int_equal(run(cmd_take, "--slot", "auto", NULL), 0);
	assert_int_equal(seen->slot, SNAPCAP_SLOT_AUTO);
}

static void test_bad_arguments_reach_nobody(void **state)
{
	static char *const bad[][4] = {
		{ "--slot", "2" }, { "--slot", "" }, { "--offset", "x" }, { "--length", "0" },
		{ "--length", "-1" }, { "--codec", "zstd" }, { "--level", "0" },
		{ "--level", "65" },
		{ "--level", "9", "--codec", "raw" }, { "--chunk", "3" }, { "--chunk", "1025" },
		{ "--chunk", "6" }, { "--chunk", "16385" },
		{ "--label", "12345678901234567890123456789012" }, { "--label", "a\nb" },
		{ "snapshot" }, { "--bogus" }, { "--mtd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int ret = run(cmd_take, bad[i][0], bad[i][1], bad[i][2], bad[i][3], NULL);

		if (ret != SNAPCTL_USAGE)
			fail_msg("%s %s: exit code %d", bad[i][0], bad[i][1], ret);
		assert_true(*run_err);
	}
	assert_int_equal(module.takes, 0);
}

static void test_chunk_counts_pages_of_the_machine(void **state)
{
	module.info.page_size = 65536;
	assert_int_equal(run(cmd_take, "--chunk", "128", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.chunk_pages, 2);
	assert_int_equal(run(cmd_take, "--chunk", "96", NULL), SNAPCTL_USAGE);
	assert_non_null(strstr(run_err, "pages of 65536 bytes"));
}

static void test_longest_label_arrives_whole(void **state)
{
	assert_int_equal(run(cmd_take, "--label", "1234567890123456789012345678901", NULL), 0);
	assert_string_equal((const char *)module.seen.label, "1234567890123456789012345678901");
}

static void test_first_life_tells_what_was_saved(void **state)
{
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "8, slot 1 at offset 0x2800000"));
	assert_non_null(strstr(run_out, "40.0 MiB in 10240 pages, and 300 pages of zeros"));
	assert_non_null(strstr(run_out, "12.0 MiB (30.0 % of what was saved)"));
	assert_non_null(strstr(run_out, "150.000 ms, of it 90.000 ms with interrupts off"));
	assert_non_null(strstr(run_out, "the previous snapshot is still valid"));
	assert_int_equal(run(cmd_take, "--quiet", NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "");
	assert_string_equal(run_err, "");
}

static void check_status_json(struct json_object *status)
{
	assert_string_equal(json_string(status, "state"), "taken");
	assert_string_equal(json_string(status, "stage"), "done");
	assert_int_equal(json_number(status, "percent"), 0);
	assert_int_equal(json_number(status, "error"), 0);
	assert_int_equal(json_number(status, "cause"), 0);
	assert_string_equal(json_string(status, "cause_name"), "none");
	assert_int_equal(json_number(status, "detail"), 0);
	assert_string_equal(json_string(status, "name"), "");
	assert_string_equal(json_string(status, "previous"), "kept");
	assert_string_equal(json_string(status, "slot"), "1");
	assert_int_equal(json_number(status, "sequence"), 8);
	assert_int_equal(json_number(status, "slot_offset"), 0x2800000);
	assert_int_equal(json_number(status, "image_bytes"), 12 << 20);
	assert_int_equal(json_number(status, "stream_pages"), 10240);
	assert_int_equal(json_number(status, "zero_pages"), 300);
	assert_int_equal(json_number(status, "free_pages"), 4000);
	assert_int_equal(json_number(status, "own_pages"), 5000);
	assert_int_equal(json_number(status, "buffer_bytes"), 20 << 20);
	assert_int_equal(json_number(status, "frozen_ns"), 150000000);
	assert_int_equal(json_number(status, "atomic_ns"), 90000000);
	assert_int_equal(json_number(status, "compress_ns"), 80000000);
	assert_int_equal(json_number(status, "write_ns"), 1500000000);
	assert_int_equal(json_number(status, "takes"), 1);
	assert_int_equal(json_number(status, "restores"), 0);
}

static void test_json_of_the_first_life(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_take, "--json", "--label", "x", "--chunk", "256", NULL), 0);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "take");
	assert_string_equal(json_string(o, "version"), SNAPCTL_VERSION);
	assert_string_equal(json_string(o, "result"), "taken");
	assert_int_equal(json_number(o, "exit_code"), 0);
	assert_string_equal(json_string(o, "target.name"), "snapshot");
	assert_int_equal(json_number(o, "target.mtd"), 5);
	assert_string_equal(json_string(o, "target.slot"), "auto");
	assert_int_equal(json_number(o, "target.offset"), 0);
	assert_int_equal(json_number(o, "target.length"), 0);
	assert_string_equal(json_string(o, "target.codec"), "lz4");
	assert_int_equal(json_number(o, "target.level"), 0);
	assert_int_equal(json_number(o, "target.chunk_kib"), 256);
	assert_string_equal(json_string(o, "target.label"), "x");
	assert_false(json_object_get_boolean(json_at(o, "target.keep_previous")));
	assert_false(json_object_get_boolean(json_at(o, "target.dry_run")));
	assert_int_equal(json_number(o, "saved.bytes"), 40 << 20);
	assert_int_equal(json_number(o, "saved.page_size"), 4096);
	assert_true(json_object_get_double(json_at(o, "saved.ratio_percent")) == 30.0);
	check_status_json(json_at(o, "status"));
	assert_null(json_at(o, "boot"));
	assert_null(json_at(o, "error"));
}

static void test_dry_run_says_so(void **state)
{
	assert_int_equal(run(cmd_take, "-n", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "nothing was written"));
	assert_int_equal(run(cmd_take, "-n", "-j", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "result"), "dry-run");
}

static void test_restored_life_has_its_own_exit_code(void **state)
{
	module.status.state = SNAPCAP_STATE_BOOT;
	module.status.sequence = 7;
	module.status.restores = 1;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_RESTORED);
	assert_int_equal(SNAPCTL_RESTORED, 10);
	assert_non_null(strstr(run_out, "restored from snapshot 7 at offset 0x2800000: "
			       "12.0 MiB read, 64.0 MiB put back"));
	assert_non_null(strstr(run_out, "stub-entry"));
	assert_non_null(strstr(run_out, "tasks thawed"));
	assert_string_equal(run_err, "");
}

static void test_json_of_the_restored_life(void **state)
{
	struct json_object *o;

	module.status.state = SNAPCAP_STATE_BOOT;
	assert_int_equal(run(cmd_take, "-j", NULL), SNAPCTL_RESTORED);
	o = run_json();
	assert_string_equal(json_string(o, "result"), "restored");
	assert_int_equal(json_number(o, "exit_code"), 10);
	assert_string_equal(json_string(o, "boot.boot"), "restore");
	assert_int_equal(json_number(o, "boot.sequence"), 7);
	assert_int_equal(json_object_array_length(json_at(o, "boot.timeline")), 9);
	assert_string_equal(json_string(o, "boot.timeline.8.event"), "thaw");
	assert_int_equal(json_number(o, "boot.timeline.8.ns"), 81000000);
	assert_int_equal(json_number(o, "boot.timeline.8.delta_ns"), 17000000);
	assert_null(json_at(o, "error"));
}

static void test_missing_timeline_does_not_hide_the_restore(void **state)
{
	module.status.state = SNAPCAP_STATE_BOOT;
	module.boot_error = EFAULT;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_RESTORED);
	assert_non_null(strstr(run_out, "restored from snapshot 8"));
}

static struct snapcap_status failure;
static int failure_errno;

static int take_badly(struct snapcap_makesnap *arg)
{
	arg->status = failure;
	return -failure_errno;
}

static void fail_at(u32 cause, u32 stage, int err)
{
	module.take = take_badly;
	failure = module.status;
	failure.state = SNAPCAP_STATE_NONE;
	failure.cause = cause;
	failure.stage = stage;
	failure.error = (u32)err;
	failure.detail = 0x300000;
	strcpy((char *)failure.name, "thing7");
	failure_errno = err;
}

static void test_every_cause_has_its_exit_code_and_message(void **state)
{
	for (u32 cause = 1; cause <= LAST_CAUSE; cause++) {
		struct json_object *o;
		char text[400];
		int ret;

		fail_at(cause, SNAPCAP_STAGE_CHECK, EIO);
		ret = run(cmd_take, "--json", NULL);
		if (ret != cause_get(cause)->exit)
			fail_msg("cause %u: exit code %d", cause, ret);
		cause_text(cause_get(cause)->text, &failure, "snapshot", text, sizeof(text));
		assert_non_null(strstr(run_err, text));
		assert_non_null(strstr(run_err, "what to do: "));
		o = run_json();
		assert_string_equal(json_string(o, "result"), "failed");
		assert_int_equal(json_number(o, "exit_code"), ret);
		assert_string_equal(json_string(o, "error.name"), cause_get(cause)->name);
		assert_int_equal(json_number(o, "error.errno"), EIO);
		assert_string_equal(json_string(o, "error.stage"), "check");
		assert_non_null(strstr(json_string(o, "error.text"), text));
		assert_true(*json_string(o, "error.advice"));
	}
}

static void test_exit_codes_of_the_causes(void **state)
{
	/* Written out: this is what scripts rely on. */
	static const struct {
		u32 cause;
		int exit;
	} cases[] = {
		{ SNAPCAP_CAUSE_NO_STUB, 4 }, { SNAPCAP_CAUSE_STUB_ABI, 4 },
		{ SNAPCAP_CAUSE_LOCKDOWN, 4 }, { SNAPCAP_CAUSE_NO_MTD, 1 },
		{ SNAPCAP_CAUSE_MTD_TYPE, 4 }, { SNAPCAP_CAUSE_READ_ONLY, 1 },
		{ SNAPCAP_CAUSE_RANGE, 2 }, { SNAPCAP_CAUSE_TOO_SMALL, 7 },
		{ SNAPCAP_CAUSE_NOT_SNAPSHOT, 1 }, { SNAPCAP_CAUSE_NO_MEMORY, 7 },
		{ SNAPCAP_CAUSE_CPU_DOWN, 5 }, { SNAPCAP_CAUSE_FREEZE_TASKS, 5 },
		{ SNAPCAP_CAUSE_DEVICE, 5 }, { SNAPCAP_CAUSE_SYSCORE, 1 },
		{ SNAPCAP_CAUSE_MEMORY_KIND, 4 }, { SNAPCAP_CAUSE_CANCELLED, 130 },
		{ SNAPCAP_CAUSE_ERASE, 6 }, { SNAPCAP_CAUSE_WRITE, 6 },
		{ SNAPCAP_CAUSE_READ_BACK, 6 }, { SNAPCAP_CAUSE_READ, 6 },
		{ SNAPCAP_CAUSE_BUSY, 5 }, { SNAPCAP_CAUSE_REGION, 1 },
		{ SNAPCAP_CAUSE_KERNEL_ID, 4 }, { SNAPCAP_CAUSE_NO_PAGER, 1 },
		{ SNAPCAP_CAUSE_PAGE, 6 }, { SNAPCAP_CAUSE_PREPARE, 5 },
		{ SNAPCAP_CAUSE_RANDOM, 4 }, { SNAPCAP_CAUSE_LOCKED, 1 },
	};

	assert_int_equal(ARRAY_SIZE(cases), LAST_CAUSE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cause_get(cases[i].cause)->exit, cases[i].exit);
}

static void test_fate_of_the_previous_snapshot_is_told(void **state)
{
	fail_at(SNAPCAP_CAUSE_WRITE, SNAPCAP_STAGE_WRITE, EIO);
	failure.previous = SNAPCAP_PREVIOUS_LOST;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "writing snapshot failed at offset 0x300000 (stage write); "
			       "the previous snapshot is lost"));
	failure.previous = SNAPCAP_PREVIOUS_KEPT;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "the previous snapshot is still valid"));
	failure.previous = SNAPCAP_PREVIOUS_NONE;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_IO);
	assert_null(strstr(run_err, "previous"));
}

static void test_busy_says_nothing_of_the_other_take(void **state)
{
	fail_at(SNAPCAP_CAUSE_BUSY, SNAPCAP_STAGE_WRITE, EBUSY);
	failure.previous = SNAPCAP_PREVIOUS_LOST;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_BUSY);
	assert_null(strstr(run_err, "stage"));
	assert_null(strstr(run_err, "lost"));
}

static void test_keep_previous_names_its_own_cause(void **state)
{
	fail_at(SNAPCAP_CAUSE_TOO_SMALL, SNAPCAP_STAGE_THAW, EEXIST);
	assert_int_equal(run(cmd_take, "--keep-previous", NULL), SNAPCTL_NO_SPACE);
	assert_non_null(strstr(run_err, "no room in snapshot beside the valid snapshot"));
	assert_non_null(strstr(run_err, "nothing was erased"));
	fail_at(SNAPCAP_CAUSE_NOT_SNAPSHOT, SNAPCAP_STAGE_CHECK, EEXIST);
	assert_int_equal(run(cmd_take, "--keep-previous", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "not a snapshot"));
}

static int take_without_status(struct snapcap_makesnap *arg)
{
	return -failure_errno;
}

static void test_errno_decides_where_there_is_no_status(void **state)
{
	module.take = take_without_status;
	failure_errno = EPERM;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "CAP_SYS_ADMIN and CAP_SYS_BOOT"));
	failure_errno = EINVAL;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_UNSUPPORTED);
	failure_errno = ENOMEM;
	assert_int_equal(run(cmd_take, "-j", NULL), SNAPCTL_NO_SPACE);
	assert_string_equal(json_string(run_json(), "error.name"), "no-memory");
	failure_errno = EDOM;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, strerror(EDOM)));
}

static void test_unknown_cause_falls_back_to_errno(void **state)
{
	fail_at(LAST_CAUSE + 10, SNAPCAP_STAGE_CHECK, EIO);
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_IO);
}

static int restored(struct snapcap_makesnap *arg)
{
	arg->status.size = sizeof(arg->status);
	arg->status.state = SNAPCAP_STATE_BOOT;
	return 0;
}

static void test_filesystems_are_out_of_the_way_in_between(void **state)
{
	tree_put(CONF_PATH, "[filesystems]\npersistent = /data\n");
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_string_equal(order, "um");
	setup(NULL);
	fail_at(SNAPCAP_CAUSE_DEVICE, SNAPCAP_STAGE_CHECK, EBUSY);
	assert_int_not_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_string_equal(order, "nm");
	setup(NULL);
	module.take = restored;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_RESTORED);
	assert_string_equal(order, "nm");
}

static void test_filesystem_in_use_ends_it(void **state)
{
	static const struct cause busy = { "fs-busy", "", "", SNAPCTL_BUSY };

	unmount_cause = &busy;
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_BUSY);
	assert_int_equal(module.takes, 0);
	assert_string_equal(order, "n");
	assert_string_equal(json_string(run_json(), "error.name"), "fs-busy");
	assert_int_equal(json_number(run_json(), "error.errno"), EBUSY);
}

static void test_filesystem_that_does_not_come_back(void **state)
{
	mount_result = -1;
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_UNMOUNTED);
	assert_string_equal(json_string(run_json(), "result"), "taken");
	assert_int_equal(json_number(run_json(), "exit_code"), SNAPCTL_UNMOUNTED);
	setup(NULL);
	mount_result = -1;
	module.take = restored;
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_UNMOUNTED);
	assert_string_equal(json_string(run_json(), "result"), "restored");
	/* A failure of its own says more. */
	setup(NULL);
	mount_result = -1;
	fail_at(SNAPCAP_CAUSE_TOO_SMALL, SNAPCAP_STAGE_CHECK, ENOSPC);
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_NO_SPACE);
}

static void test_mistake_in_the_configuration_ends_it(void **state)
{
	tree_put(CONF_PATH, "[filesystems]\npersistant = /data\n");
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "config");
	assert_non_null(strstr(run_err, "snapcap.conf:2: there is no key persistant"));
	assert_int_equal(module.takes, 0);
}

static void test_turned_off(void **state)
{
	tree_put(CONF_OFF_PATH, "");
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_UNSUPPORTED);
	assert_string_equal(json_string(run_json(), "error.name"), "off");
	assert_non_null(strstr(run_err, CONF_OFF_PATH));
	assert_int_equal(module.takes, 0);
	assert_string_equal(order, "");
}

static void test_missing_module_is_unsupported(void **state)
{
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_UNSUPPORTED);
	assert_non_null(strstr(run_err, "modprobe snapcap"));
	module.open_error = EACCES;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "run it as root"));
	assert_int_equal(module.takes, 0);
}

static void test_other_abi_is_unsupported(void **state)
{
	module.info.abi = SNAPCAP_ABI_VERSION + 1;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_UNSUPPORTED);
	module_reset();
	module.info_error = ENOTTY;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_UNSUPPORTED);
	assert_non_null(strstr(run_err, "another ABI"));
	assert_int_equal(module.takes, 0);
}

static void test_missing_partition_is_named(void **state)
{
	struct json_object *o;

	mtd_number = -ENOENT;
	assert_int_equal(run(cmd_take, "--mtd", "nosuch", "-j", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "there is no MTD device nosuch"));
	o = run_json();
	assert_string_equal(json_string(o, "error.name"), "no-mtd");
	assert_null(json_at(o, "target.mtd"));
	assert_int_equal(module.takes, 0);
}

/* A take that goes on until it is cancelled. */
static int take_until_cancelled(struct snapcap_makesnap *arg)
{
	kill(getpid(), SIGTERM);
	for (int i = 0; i < 5000 && !module.cancels; i++)
		usleep(1000);
	arg->status = failure;
	return module.cancels ? -ECANCELED : 0;
}

#define DATA_MOUNT \
	TREE_MOUNTS "24 22 0:60 / /data rw - nfs server:/data rw\n"

static void test_what_a_restore_would_harm_is_refused(void **state)
{
	struct json_object *o;

	tree_mounts(1, 1, DATA_MOUNT);
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_REFUSED);
	assert_int_equal(SNAPCTL_REFUSED, 13);
	assert_non_null(strstr(run_err, "/data (nfs on server:/data): "));
	assert_non_null(strstr(run_err, "what to do: list it in "));
	assert_int_equal(run(cmd_take, "--dry-run", NULL), SNAPCTL_REFUSED);
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_REFUSED);
	o = run_json();
	assert_string_equal(json_string(o, "error.name"), "filesystems");
	assert_string_equal(json_string(o, "refused.0.where"), "/data");
	assert_false(json_object_get_boolean(json_at(o, "forced")));
	assert_int_equal(module.takes, 0);
}

static void test_force_goes_on_and_is_recorded(void **state)
{
	tree_mounts(1, 1, DATA_MOUNT);
	assert_int_equal(run(cmd_take, "--force", NULL), SNAPCTL_OK);
	assert_int_equal(module.takes, 1);
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_FORCED);
	assert_non_null(strstr(run_err, "/data (nfs on server:/data): "));
	assert_int_equal(run(cmd_take, "--force", "--json", NULL), SNAPCTL_OK);
	assert_true(json_object_get_boolean(json_at(run_json(), "forced")));
	/* Where nothing was in the way, nothing was forced. */
	tree_mounts(1, 1, TREE_MOUNTS);
	assert_int_equal(run(cmd_take, "--force", "--json", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.flags, 0);
	assert_false(json_object_get_boolean(json_at(run_json(), "forced")));
}

static void test_nothing_is_taken_without_a_decision(void **state)
{
	tree_mounts(1, 1, "nonsense\n");
	assert_int_equal(run(cmd_take, "--force", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "what is mounted cannot be found out"));
	tree_mounts(1, 1, TREE_MOUNTS);
	tree_put("/etc/snapcap/snapcap.conf", "bad\n");
	assert_int_equal(run(cmd_take, "--force", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "snapcap.conf:1: "));
	assert_int_equal(module.takes, 0);
}

static void test_signal_cancels(void **state)
{
	fail_at(SNAPCAP_CAUSE_CANCELLED, SNAPCAP_STAGE_WRITE, ECANCELED);
	module.take = take_until_cancelled;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_CANCELLED);
	assert_int_equal(module.cancels, 1);
	assert_non_null(strstr(run_err, "cancelling"));
	assert_non_null(strstr(run_err, "the take was cancelled"));
}

static void test_early_cancel_is_asked_again(void **state)
{
	fail_at(SNAPCAP_CAUSE_CANCELLED, SNAPCAP_STAGE_CHECK, ECANCELED);
	module.take = take_until_cancelled;
	module.cancel_misses = 3;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_CANCELLED);
	assert_int_equal(module.cancels, 1);
}

static int take_with_late_signal(struct snapcap_makesnap *arg)
{
	module.cancel_misses = 1000000;
	kill(getpid(), SIGINT);
	arg->status = module.status;
	return 0;
}

static void test_late_signal_does_not_hide_success(void **state)
{
	module.take = take_with_late_signal;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
}

static int take_with_events(struct snapcap_makesnap *arg)
{
	module_post(SNAPCAP_STAGE_CHECK, 0);
	module_post(SNAPCAP_STAGE_FREEZE, 0);
	module_post(SNAPCAP_STAGE_WRITE, 10);
	module_post(SNAPCAP_STAGE_WRITE, 60);
	module_post(SNAPCAP_STAGE_DONE, 100);
	arg->status = module.status;
	return 0;
}

static void test_progress_is_a_line_per_stage_without_a_terminal(void **state)
{
	module.take = take_with_events;
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_string_equal(run_err, "snapctl: check\nsnapctl: freeze\nsnapctl: write\n");
	assert_int_equal(run(cmd_take, "-q", NULL), SNAPCTL_OK);
	assert_string_equal(run_err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults, setup),
		cmocka_unit_test_setup(test_tries_are_passed_on, setup),
		cmocka_unit_test_setup(test_devices_are_watched_first, setup),
		cmocka_unit_test_setup(test_errors_of_nand_are_told, setup),
		cmocka_unit_test_setup(test_what_cannot_be_watched_is_not_taken, setup),
		cmocka_unit_test_setup(test_every_option_arrives, setup),
		cmocka_unit_test_setup(test_bad_arguments_reach_nobody, setup),
		cmocka_unit_test_setup(test_chunk_counts_pages_of_the_machine, setup),
		cmocka_unit_test_setup(test_longest_label_arrives_whole, setup),
		cmocka_unit_test_setup(test_first_life_tells_what_was_saved, setup),
		cmocka_unit_test_setup(test_json_of_the_first_life, setup),
		cmocka_unit_test_setup(test_dry_run_says_so, setup),
		cmocka_unit_test_setup(test_restored_life_has_its_own_exit_code, setup),
		cmocka_unit_test_setup(test_json_of_the_restored_life, setup),
		cmocka_unit_test_setup(test_missing_timeline_does_not_hide_the_restore, setup),
		cmocka_unit_test_setup(test_every_cause_has_its_exit_code_and_message, setup),
		cmocka_unit_test_setup(test_exit_codes_of_the_causes, setup),
		cmocka_unit_test_setup(test_fate_of_the_previous_snapshot_is_told, setup),
		cmocka_unit_test_setup(test_busy_says_nothing_of_the_other_take, setup),
		cmocka_unit_test_setup(test_keep_previous_names_its_own_cause, setup),
		cmocka_unit_test_setup(test_errno_decides_where_there_is_no_status, setup),
		cmocka_unit_test_setup(test_unknown_cause_falls_back_to_errno, setup),
		cmocka_unit_test_setup(test_filesystems_are_out_of_the_way_in_between, setup),
		cmocka_unit_test_setup(test_filesystem_in_use_ends_it, setup),
		cmocka_unit_test_setup(test_filesystem_that_does_not_come_back, setup),
		cmocka_unit_test_setup(test_mistake_in_the_configuration_ends_it, setup),
		cmocka_unit_test_setup(test_turned_off, setup),
		cmocka_unit_test_setup(test_missing_module_is_unsupported, setup),
		cmocka_unit_test_setup(test_other_abi_is_unsupported, setup),
		cmocka_unit_test_setup(test_missing_partition_is_named, setup),
		cmocka_unit_test_setup(test_what_a_restore_would_harm_is_refused, setup),
		cmocka_unit_test_setup(test_force_goes_on_and_is_recorded, setup),
		cmocka_unit_test_setup(test_nothing_is_taken_without_a_decision, setup),
		cmocka_unit_test_setup(test_signal_cancels, setup),
		cmocka_unit_test_setup(test_early_cancel_is_asked_again, setup),
		cmocka_unit_test_setup(test_late_signal_does_not_hide_success, setup),
		cmocka_unit_test_setup(test_progress_is_a_line_per_stage_without_a_terminal, setup),
	};

	return cmocka_run_group_tests_name("cmd_take", tests, NULL, NULL);
}
