// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <linux/snapcap_reason.h>

#include "../test.h"
#include "cmd.h"
#include "module.h"
#include "run.h"
#include "tree.h"

static int setup(void **state)
{
	module_reset();
	tree_reset();
	return 0;
}

static void test_json_has_every_field(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "status");
	assert_string_equal(json_string(o, "state"), "taken");
	assert_true(json_object_get_boolean(json_at(o, "take.possible")));
	assert_int_equal(json_number(o, "take.cause"), 0);
	assert_string_equal(json_string(o, "take.cause_name"), "none");
	assert_null(json_at(o, "take.text"));
	assert_null(json_at(o, "take.advice"));
	assert_int_equal(json_number(o, "info.abi"), SNAPCAP_ABI_VERSION);
	assert_string_equal(json_string(o, "info.module_version"), "1.0");
	assert_string_equal(json_string(o, "info.arch"), "arm64");
	assert_int_equal(json_number(o, "info.page_size"), 4096);
	assert_string_equal(json_string(o, "info.kernel_release"), "6.1.0-test");
	assert_string_equal(json_string(o, "info.build_id"),
			    "abababababababababababababababababababab");
	assert_true(json_object_get_boolean(json_at(o, "info.stub_present")));
	assert_int_equal(json_number(o, "info.stub_abi"), SNAPCAP_HANDOFF_ABI);
	assert_int_equal(json_number(o, "info.stub_base"), 0x40200000);
	assert_int_equal(json_number(o, "info.stub_size"), 0x1ff000);
	assert_int_equal(json_number(o, "info.handoff_base"), 0x403ff000);
	assert_int_equal(json_number(o, "info.download_size"), 0);
	assert_false(json_object_get_boolean(json_at(o, "info.download_install")));
	assert_string_equal(json_string(o, "boot.request"), "none");
	assert_string_equal(json_string(o, "boot.boot"), "restore");
	assert_int_equal(json_number(o, "boot.reason"), 0);
	assert_string_equal(json_string(o, "boot.reason_name"), "none");
	json_string(o, "boot.reason_text");
	assert_int_equal(json_number(o, "boot.detail"), 0);
	assert_int_equal(json_number(o, "boot.attempt"), 0);
	assert_int_equal(json_number(o, "boot.slot_offset"), 0x2800000);
	assert_string_equal(json_string(o, "boot.medium"), "nor");
	assert_int_equal(json_number(o, "boot.sequence"), 7);
	assert_int_equal(json_number(o, "boot.bytes_stored"), 12 << 20);
	assert_int_equal(json_number(o, "boot.bytes_restored"), 64 << 20);
	assert_string_equal(json_string(o, "boot.stub_version"), "bootstub 1.0");
	assert_string_equal(json_string(o, "boot.machine"), "linux,dummy-virt");
	assert_string_equal(json_string(o, "boot.timeline.0.event"), "stub-entry");
	assert_int_equal(json_number(o, "boot.timeline.0.event_number"), 1);
	assert_int_equal(json_number(o, "boot.timeline.0.ns"), 1000000);
	assert_int_equal(json_number(o, "boot.timeline.0.delta_ns"), 1000000);
	assert_int_equal(json_number(o, "boot.timeline.1.delta_ns"), 3000000);
	assert_int_equal(json_number(o, "last_take.image_bytes"), 12 << 20);
	assert_string_equal(json_string(o, "last_take.previous"), "kept");
}

static void test_text_of_a_restored_system(void **state)
{
	module.status.state = SNAPCAP_STATE_BOOT;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "boot: this system came out of a snapshot"));
	assert_non_null(strstr(run_out, "restored from snapshot 7 at offset 0x2800000"));
	assert_non_null(strstr(run_out, "Last fallback   none"));
	assert_non_null(strstr(run_out, "can be tried"));
	assert_non_null(strstr(run_out, "bootstub 1.0 on linux,dummy-virt"));
	assert_non_null(strstr(run_out, "  restored          16.000 ms  +      7.000 ms  memory"));
	assert_string_equal(run_err, "");
}

static void test_reason_of_the_last_fallback_is_explained(void **state)
{
	module.boot.boot = SNAPCAP_BOOT_COLD;
	module.boot.reason = SNAPCAP_REASON_BUILD_ID;
	module.boot.detail = 0x12;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Boot            cold\n"));
	assert_non_null(strstr(run_out, "(build-id, detail 0x12)"));
	assert_non_null(strstr(run_out, "the kernel was rebuilt"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "boot.reason_name"), "build-id");
	assert_int_equal(json_number(run_json(), "boot.reason"), SNAPCAP_REASON_BUILD_ID);
}

static void test_changed_device_is_named(void **state)
{
	module.boot.boot = SNAPCAP_BOOT_COLD;
	module.boot.reason = SNAPCAP_REASON_CHANGED;
	strcpy((char *)module.boot.about, "vda (squashfs)");
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "it is about vda (squashfs)"));
	assert_non_null(strstr(run_out, "it was revoked"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "boot.reason_name"), "changed");
	assert_string_equal(json_string(run_json(), "boot.about"), "vda (squashfs)");
}

static void test_watched_devices_are_listed(void **state)
{
	struct snapcap_fingerprint *f = module.watched;

	f[0].kind = SNAPCAP_FINGERPRINT_BLOCK;
	f[0].policy = SNAPCAP_FINGERPRINT_IMMUTABLE;
	f[0].state = SNAPCAP_FINGERPRINT_SAME;
	strcpy((char *)f[0].name, "vda (squashfs)");
	f[1].kind = SNAPCAP_FINGERPRINT_MTD;
	f[1].policy = SNAPCAP_FINGERPRINT_IDENTITY;
	f[1].state = SNAPCAP_FINGERPRINT_CHANGED;
	f[1].range_count = 1;
	f[1].range[0].length = 64;
	/* Not ended, and not what can be printed. */
	memset(f[1].name, '\x1b', sizeof(f[1].name));
	module.watched_count = 2;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Watched         vda (squashfs), immutable: same"));
	assert_non_null(strstr(run_out, ", identity: changed"));
	assert_null(strchr(run_out, '\x1b'));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "watched.check_ns"), 1500000);
	assert_false(json_object_get_boolean(json_at(run_json(), "watched.checked_at_restore")));
}

static void test_check_at_the_restore_is_told(void **state)
{
	static const char told[] = "all as in the snapshot when this system was restored\n";

	module.boot.time[7].event = SNAPCAP_EVENT_CHECKED;
	/* There was nothing to check. */
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, told));
	strcpy((char *)module.watched[0].name, "vda (squashfs)");
	module.watched_count = 1;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, told));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_true(json_object_get_boolean(json_at(run_json(), "watched.checked_at_restore")));
	/* A take in a system that was booted: noted, not compared. */
	module.boot.boot = SNAPCAP_BOOT_COLD;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, told));
}

static void test_changed_os_image_is_explained(void **state)
{
	module.info.os_identity = 0x0123456789abcdef;
	module.boot.boot = SNAPCAP_BOOT_COLD;
	module.boot.reason = SNAPCAP_REASON_OS_CHANGED;
	module.boot.detail = 4;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "OS image        0123456789abcdef\n"));
	assert_non_null(strstr(run_out, "taken under another OS image (os-changed, detail 0x4)"));
	assert_non_null(strstr(run_out, "kernel, device tree, initrd or command line were updated: "
			       "take a new snapshot\n"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "info.os_identity"), "0123456789abcdef");
	module.info.os_identity = 0;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "OS image        not known; a snapshot is bound to the kernel "
			       "alone\n"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "info.os_identity"));
}

static void test_refusal_is_foretold_with_advice(void **state)
{
	struct json_object *o;

	module.info.cause = SNAPCAP_CAUSE_NO_STUB;
	module.info.stub_present = 0;
	module.boot_error = ENODEV;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "would be refused: no boot loader"));
	assert_non_null(strstr(run_out, "through bootstub"));
	assert_non_null(strstr(run_out, "none announced"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	o = run_json();
	assert_false(json_object_get_boolean(json_at(o, "take.possible")));
	assert_string_equal(json_string(o, "take.cause_name"), "no-stub");
	json_string(o, "take.text");
	json_string(o, "take.advice");
	assert_null(json_at(o, "boot"));
	module.info.cause = 999;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "would be refused: "));
}

static void test_boot_is_unknown_without_a_hand_off_page(void **state)
{
	module.boot.boot = 0;
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "boot"));
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "Boot  "));
	assert_null(strstr(run_out, "Timeline"));
}

static void test_running_take_is_shown(void **state)
{
	module.status.state = SNAPCAP_STATE_PREPARED;
	module.status.stage = SNAPCAP_STAGE_WRITE;
	module.status.percent = 42;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "running: write, 42 %"));
}

static void test_failed_take_is_shown(void **state)
{
	module.status.state = SNAPCAP_STATE_NONE;
	module.status.stage = SNAPCAP_STAGE_FREEZE;
	module.status.error = EBUSY;
	module.status.cause = SNAPCAP_CAUSE_DEVICE;
	strcpy((char *)module.status.name, "serial0");
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "failed in stage freeze: a device refused to suspend: "
			       "serial0"));
	assert_null(strstr(run_out, "running"));
}

static void test_hostile_counts_are_bounded(void **state)
{
	module.boot.time_count = UINT32_MAX;
	module.boot.reason = UINT32_MAX;
	module.info.build_id_size = UINT32_MAX;
	memset(module.info.kernel_release, 'k', sizeof(module.info.kernel_release));
	memset(module.boot.machine, '\033', sizeof(module.boot.machine));
	module.status.stage = 1000;
	module.status.state = 1000;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strchr(run_out, '\033'));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_object_array_length(json_at(run_json(), "boot.timeline")),
			 SNAPCAP_TIMELINE_MAX);
}

static void test_errors_of_the_device(void **state)
{
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_UNSUPPORTED);
	module_reset();
	module.status_error = EFAULT;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_FAILURE);
	module_reset();
	assert_int_equal(run(cmd_status, "extra", NULL), SNAPCTL_USAGE);
}

static void test_request_and_download_are_shown(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "Next start"));
	assert_null(strstr(run_out, "Downloaded"));
	module.boot.request = SNAPCAP_REQUEST_DOWNLOAD;
	module.info.download_size = 9 << 20;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Next start      download, as asked for"));
	assert_non_null(strstr(run_out, "Downloaded      9.0 MiB over the serial line\n"));
	module.info.download_flags = SNAPCAP_DOWNLOAD_INSTALL;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "serial line, to be installed"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "boot.request"), "download");
	assert_int_equal(json_number(o, "info.download_size"), 9 << 20);
	assert_true(json_object_get_boolean(json_at(o, "info.download_install")));
}

static void fill_paging(void)
{
	struct snapcap_pager_status *p = &module.pager;

	p->flags |= SNAPCAP_PAGER_SET_UP | SNAPCAP_PAGER_FILLING;
	p->bytes = 512 << 20;
	p->used_pages = 2560;
	p->ram_pages = 256;
	p->ram_bytes = 512 << 10;
	p->flash_pages = 2048;
	p->flash_bytes = 3 << 20;
	p->fill_pages = 512;
	p->resident_pages = 5120;
	p->pageable_pages = 4096;
	p->demand_reads = 1000;
	p->fill_reads = 77;
	p->read_ns = 250000000;
	p->read_max_ns = 1500000;
	p->latency[7] = 600;
	p->latency[9] = 399;
	p->latency[SNAPCAP_LATENCY_BUCKETS - 1] = 1;
	p->recorded_pages = 300;
	p->ready_ns = 1234567890;
}

static void test_paging_is_shown(void **state)
{
	fill_paging();
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Swap device     512.0 MiB, 10.0 MiB in it\n"));
	assert_non_null(strstr(run_out, "1.0 MiB compressed to 512.0 KiB of memory, 8.0 MiB on "
			       "flash (3.0 MiB there), 2.0 MiB of one word"));
	assert_non_null(strstr(run_out, "20.0 MiB restored by the boot loader, 16.0 MiB left on"));
	assert_non_null(strstr(run_out, "1000 pages as they were needed, 77 by the background fill, "
			       "which runs"));
	assert_non_null(strstr(run_out, "mean 0.250 ms, longest 1.500 ms"));
	assert_non_null(strstr(run_out, "   <   131 us        600  ##############################\n"
			       "   <   262 us          0\n"
			       "   <   524 us        399  ###################\n"));
	assert_non_null(strstr(run_out, "  >=   268 ms          1\n"));
	assert_non_null(strstr(run_out, "Ready           1234.567 ms after the thaw"));
	assert_null(strstr(run_out, "Flash errors"));
	assert_null(strstr(run_out, "not taken"));
}

static void test_trouble_with_paging_is_shown(void **state)
{
	fill_paging();
	module.pager.flags |= SNAPCAP_PAGER_BAD | SNAPCAP_PAGER_RECORDING;
	module.pager.retries = 3;
	module.pager.bad_pages = 1;
	module.pager.rejected_pages = 9;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "3 reads repeated, 1 failed for good"));
	assert_non_null(strstr(run_out, "was revoked: the next start is cold"));
	assert_non_null(strstr(run_out, "9 pages were not taken for want of memory"));
	assert_non_null(strstr(run_out, "until now; snapctl ready ends the record"));
}

static void test_json_of_paging(void **state)
{
	struct json_object *o;

	fill_paging();
	module.pager.retries = 3;
	module.pager.bad_pages = 1;
	module.pager.rejected_pages = 9;
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	o = run_json();
	assert_true(json_object_get_boolean(json_at(o, "pager.supported")));
	assert_true(json_object_get_boolean(json_at(o, "pager.set_up")));
	assert_true(json_object_get_boolean(json_at(o, "pager.filling")));
	assert_false(json_object_get_boolean(json_at(o, "pager.recording")));
	assert_false(json_object_get_boolean(json_at(o, "pager.bad")));
	assert_int_equal(json_number(o, "pager.bytes"), 512 << 20);
	assert_int_equal(json_number(o, "pager.used_pages"), 2560);
	assert_int_equal(json_number(o, "pager.ram_pages"), 256);
	assert_int_equal(json_number(o, "pager.ram_bytes"), 512 << 10);
	assert_int_equal(json_number(o, "pager.flash_pages"), 2048);
	assert_int_equal(json_number(o, "pager.flash_bytes"), 3 << 20);
	assert_int_equal(json_number(o, "pager.fill_pages"), 512);
	assert_int_equal(json_number(o, "pager.resident_pages"), 5120);
	assert_int_equal(json_number(o, "pager.pageable_pages"), 4096);
	assert_int_equal(json_number(o, "pager.demand_reads"), 1000);
	assert_int_equal(json_number(o, "pager.fill_reads"), 77);
	assert_int_equal(json_number(o, "pager.retries"), 3);
	assert_int_equal(json_number(o, "pager.bad_pages"), 1);
	assert_int_equal(json_number(o, "pager.rejected_pages"), 9);
	assert_int_equal(json_number(o, "pager.read_ns"), 250000000);
	assert_int_equal(json_number(o, "pager.read_max_ns"), 1500000);
	assert_int_equal(json_number(o, "pager.latency.7.reads"), 600);
	assert_int_equal(json_number(o, "pager.latency.7.below_ns"), 131072);
	assert_null(json_at(o, "pager.latency.19.below_ns"));
	assert_int_equal(json_number(o, "pager.recorded_pages"), 300);
	assert_int_equal(json_number(o, "pager.ready_ns"), 1234567890);
}

static void test_forced_is_shown(void **state)
{
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "--force"));
	module.status.flags = SNAPCAP_STATUS_FORCED;
	module.status.restores = 0;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "the last take went on in spite of"));
	module.status.restores = 1;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "came out of a snapshot that was taken in spite of"));
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	assert_true(json_object_get_boolean(json_at(run_json(), "last_take.forced")));
}

static void test_no_paging_here(void **state)
{
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "Swap device"));
	assert_null(strstr(run_out, "aging"));
	module.pager.flags = 0;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "not with this kernel"));
	module.pager_status_error = ENOTTY;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "aging"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "pager"));
}

static void test_what_was_made_new_is_shown(void **state)
{
	struct json_object *o;

	tree_put("/sys/class/misc/snapcap/generation", "4f3c2b1a-0000-4000-8000-123456789abc\n");
	tree_put("/sys/class/misc/snapcap/restores", "2\n");
	tree_put("/sys/class/misc/snapcap/entropy", "loader counter reseeded\n");
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "4f3c2b1a-0000-4000-8000-123456789abc\n"));
	assert_non_null(strstr(run_out, "random numbers (loader counter reseeded)"));
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "renewal.generation"),
			    "4f3c2b1a-0000-4000-8000-123456789abc");
	assert_string_equal(json_string(o, "renewal.restores"), "2");
	assert_null(json_at(o, "renewal.clock"));
	tree_put("/sys/class/misc/snapcap/restores", "0\n");
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "random numbers ("));
}

static void put_watchdog(const char *state, const char *timeout, const char *left)
{
	tree_put("/sys/class/misc/snapcap/watchdog/state", state);
	tree_put("/sys/class/misc/snapcap/watchdog/timeout_ms", timeout);
	tree_put("/sys/class/misc/snapcap/watchdog/left_ms", left);
}

static void test_watchdog_is_shown(void **state)
{
	static const struct { const char *state, *text; } other[] = {
		{ "armed\n", "runs down" }, { "user\n", "has opened" }, { "stopped\n", "stopped:" },
		{ "expired\n", "a reset comes" }, { "lost\n", "not to be reached" },
		{ "of another release\n", "of another rele\n" },
	};
	struct json_object *o;

	/* A module that knows nothing of it, and a machine that has none. */
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "watchdog"));
	put_watchdog("none\n", "0\n", "0\n");
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "Watchdog"));

	put_watchdog("fed\n", "30000\n", "119500\n");
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "30 s, fed by the module; for another 119 s"));
	assert_int_equal(run(cmd_status, "-j", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "watchdog.state"), "fed");
	assert_int_equal(json_number(o, "watchdog.timeout_ms"), 30000);
	assert_int_equal(json_number(o, "watchdog.left_ms"), 119500);

	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		put_watchdog(other[i].state, "8000\n", "0\n");
		assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
		assert_non_null(strstr(run_out, other[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_watchdog_is_shown, setup),
		cmocka_unit_test_setup(test_request_and_download_are_shown, setup),
		cmocka_unit_test_setup(test_json_has_every_field, setup),
		cmocka_unit_test_setup(test_text_of_a_restored_system, setup),
		cmocka_unit_test_setup(test_reason_of_the_last_fallback_is_explained, setup),
		cmocka_unit_test_setup(test_watched_devices_are_listed, setup),
		cmocka_unit_test_setup(test_check_at_the_restore_is_told, setup),
		cmocka_unit_test_setup(test_changed_os_image_is_explained, setup),
		cmocka_unit_test_setup(test_changed_device_is_named, setup),
		cmocka_unit_test_setup(test_refusal_is_foretold_with_advice, setup),
		cmocka_unit_test_setup(test_boot_is_unknown_without_a_hand_off_page, setup),
		cmocka_unit_test_setup(test_running_take_is_shown, setup),
		cmocka_unit_test_setup(test_failed_take_is_shown, setup),
		cmocka_unit_test_setup(test_hostile_counts_are_bounded, setup),
		cmocka_unit_test_setup(test_errors_of_the_device, setup),
		cmocka_unit_test_setup(test_paging_is_shown, setup),
		cmocka_unit_test_setup(test_trouble_with_paging_is_shown, setup),
		cmocka_unit_test_setup(test_json_of_paging, setup),
		cmocka_unit_test_setup(test_forced_is_shown, setup),
		cmocka_unit_test_setup(test_no_paging_here, setup),
		cmocka_unit_test_setup(test_what_was_made_new_is_shown, setup),
	};

	return cmocka_run_group_tests_name("cmd_status", tests, NULL, NULL);
}
