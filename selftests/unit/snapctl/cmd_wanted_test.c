// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/snapcap_reason.h>

#include "../test.h"
#include "cmd.h"
#include "module.h"
#include "run.h"
#include "snapshot.h"
#include "tree.h"

static char medium[256];

/* A cold boot with the valid snapshots 7 and 9, of which the loader refused none. */
static int setup(void **state)
{
	module_reset();
	module.status = (struct snapcap_status){ .size = sizeof(module.status) };
	module.boot.boot = SNAPCAP_BOOT_COLD;
	module.boot.reason = 0;
	module.boot.sequence = 0;
	tree_reset();
	tree_put("/proc/cmdline", "console=ttyAMA0 root=/dev/vda snapcap=office\n");
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, 4 * SNAPSHOT_STEP);
	medium_add(medium, 0, 7);
	medium_add(medium, 2 * SNAPSHOT_STEP, 9);
	return 0;
}

static void assert_answer(int code, const char *reason)
{
	struct json_object *o;

	assert_int_equal(run(cmd_wanted, "--json", medium, NULL), code);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "wanted");
	assert_int_equal(json_number(o, "exit_code"), code);
	assert_int_equal(json_object_get_boolean(json_at(o, "wanted")), code == SNAPCTL_OK);
	assert_string_equal(json_string(o, "reason"), reason);
	assert_string_equal(run_err, "");
}

static void refuse(__u32 reason, __u64 sequence)
{
	module.boot.reason = reason;
	module.boot.sequence = sequence;
}

static void test_valid_snapshot_is_enough(void **state)
{
	assert_answer(SNAPCTL_UNWANTED, "valid");
	assert_int_equal(run(cmd_wanted, medium, NULL), SNAPCTL_UNWANTED);
	assert_string_equal(run_out, "not wanted: snapshot 9 is valid\n");
	assert_int_equal(run(cmd_wanted, "--quiet", medium, NULL), SNAPCTL_UNWANTED);
	assert_string_equal(run_out, "");
}

static void test_no_snapshot_is_a_reason(void **state)
{
	medium_create(medium, 4 * SNAPSHOT_STEP);
	assert_answer(SNAPCTL_OK, "none");
	assert_int_equal(run(cmd_drop, "--all", medium, NULL), SNAPCTL_OK);
	assert_answer(SNAPCTL_OK, "none");
}

static void test_dropped_ones_do_not_count(void **state)
{
	assert_int_equal(run(cmd_drop, "--all", "--quiet", medium, NULL), SNAPCTL_OK);
	assert_answer(SNAPCTL_OK, "none");
}

static void test_restored_system_wants_none(void **state)
{
	module.boot.boot = SNAPCAP_BOOT_RESTORE;
	module.boot.sequence = 9;
	assert_answer(SNAPCTL_UNWANTED, "restored");
	module.boot.boot = SNAPCAP_BOOT_COLD;
	module.status.state = SNAPCAP_STATE_BOOT;
	assert_answer(SNAPCTL_UNWANTED, "restored");
	/* Not even when it has been dropped since: the next cold boot takes one. */
	assert_int_equal(run(cmd_drop, "--all", "--quiet", medium, NULL), SNAPCTL_OK);
	assert_answer(SNAPCTL_UNWANTED, "restored");
}

static void test_refused_one_is_replaced(void **state)
{
	refuse(SNAPCAP_REASON_BUILD_ID, 9);
	assert_answer(SNAPCTL_OK, "refused");
	refuse(SNAPCAP_REASON_CHUNK_SUM, 9);
	assert_answer(SNAPCTL_OK, "refused");
	/* The older one was tried after the newest. */
	refuse(SNAPCAP_REASON_MEMORY, 7);
	assert_answer(SNAPCTL_OK, "refused");
	/* It failed to come up too often. */
	refuse(SNAPCAP_REASON_ATTEMPTS, 9);
	assert_answer(SNAPCTL_OK, "refused");
}

static void test_asked_cold_boot_is_no_refusal(void **state)
{
	refuse(SNAPCAP_REASON_FORCED, 0);
	assert_answer(SNAPCTL_UNWANTED, "valid");
}

static void test_refusal_of_what_was_replaced_does_not_count(void **state)
{
	refuse(SNAPCAP_REASON_BUILD_ID, 8);
	module.status.state = SNAPCAP_STATE_TAKEN;
	module.status.sequence = 9;
	assert_answer(SNAPCTL_UNWANTED, "taken");
	/* That one is gone again, an older one is there. */
	module.status.sequence = 10;
	assert_answer(SNAPCTL_OK, "refused");
	/* One that was cut off or dropped says nothing about the valid one. */
	refuse(SNAPCAP_REASON_REVOKED, 8);
	assert_answer(SNAPCTL_UNWANTED, "valid");
}

static void test_off_switches(void **state)
{
	assert_int_equal(run(cmd_drop, "--all", "--quiet", medium, NULL), SNAPCTL_OK);
	tree_put("/proc/cmdline", "quiet snapcap=off\n");
	assert_answer(SNAPCTL_UNWANTED, "off");
	tree_put("/proc/cmdline", "snapcap=offline xsnapcap=off\n");
	assert_answer(SNAPCTL_OK, "none");
	tree_put("/etc/snapcap/off", "");
	assert_answer(SNAPCTL_UNWANTED, "off");
}

static void test_running_take_is_not_joined(void **state)
{
	assert_int_equal(run(cmd_drop, "--all", "--quiet", medium, NULL), SNAPCTL_OK);
	module.status.state = SNAPCAP_STATE_PREPARED;
	module.status.stage = SNAPCAP_STAGE_WRITE;
	assert_answer(SNAPCTL_UNWANTED, "running");
}

/* What the take will say, it is left to say: the unit must be seen to fail. */
static void test_what_is_not_known_is_the_takes_affair(void **state)
{
	module.open_error = ENOENT;
	assert_answer(SNAPCTL_OK, "unknown");
	module.open_error = 0;
	strcpy(medium, "/nonexistent/flash");
	assert_answer(SNAPCTL_OK, "unknown");
}

static void test_bad_arguments_are_usage(void **state)
{
	assert_int_equal(run(cmd_wanted, "a", "b", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_wanted, "--offset", "x", medium, NULL), SNAPCTL_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_valid_snapshot_is_enough, setup),
		cmocka_unit_test_setup(test_no_snapshot_is_a_reason, setup),
		cmocka_unit_test_setup(test_dropped_ones_do_not_count, setup),
		cmocka_unit_test_setup(test_restored_system_wants_none, setup),
		cmocka_unit_test_setup(test_refused_one_is_replaced, setup),
		cmocka_unit_test_setup(test_asked_cold_boot_is_no_refusal, setup),
		cmocka_unit_test_setup(test_refusal_of_what_was_replaced_does_not_count, setup),
		cmocka_unit_test_setup(test_off_switches, setup),
		cmocka_unit_test_setup(test_running_take_is_not_joined, setup),
		cmocka_unit_test_setup(test_what_is_not_known_is_the_takes_affair, setup),
		cmocka_unit_test_setup(test_bad_arguments_are_usage, setup),
	};

	return cmocka_run_group_tests_name("cmd_wanted", tests, NULL, NULL);
}
