// SPDX-License-Identifier: GPL-2.0-only
/* snapctl confirm, and what the other commands tell of a trial. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "module.h"
#include "run.h"
#include "snapshot.h"

static int setup(void **state)
{
	module_reset();
	module.confirm.trial = SNAPCAP_TRIAL_ON;
	module.confirm.tries = 2;
	module.confirm.limit = 3;
	module.confirm.sequence = 7;
	module.confirm.slot_offset = 0x2800000;
	return 0;
}

static void test_confirm_ends_a_trial(void **state)
{
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "snapshot 7 is confirmed\n");
	assert_int_equal(module.confirms, 1);
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "snapshot 7 was already confirmed\n");
	assert_int_equal(run(cmd_confirm, "--quiet", NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "");
}

static void test_confirm_in_json(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_confirm, "--json", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "result"), "confirmed");
	assert_int_equal(json_number(o, "sequence"), 7);
	assert_int_equal(json_number(o, "slot_offset"), 0x2800000);
	assert_int_equal(json_number(o, "limit"), 3);
	assert_int_equal(run(cmd_confirm, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "result"), "was-confirmed");
	module.confirm.trial = SNAPCAP_TRIAL_NONE;
	assert_int_equal(run(cmd_confirm, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "result"), "no-trial");
	module.confirm.trial = SNAPCAP_TRIAL_COLD;
	assert_int_equal(run(cmd_confirm, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "result"), "cold");
}

static void test_nothing_to_confirm_is_said(void **state)
{
	module.confirm.trial = SNAPCAP_TRIAL_COLD;
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "nothing to confirm: this system did not come out"));
	module.confirm.trial = SNAPCAP_TRIAL_NONE;
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "nothing to confirm: snapshot 7 is never on trial"));
}

/* The unit may be faster than the end of the call that the system came out of. */
static void test_confirm_waits_for_the_end_of_a_take(void **state)
{
	module.confirm_busy = 2;
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_OK);
	assert_int_equal(module.confirms, 1);
}

static void test_confirm_that_fails(void **state)
{
	static const struct {
		int error;
		int exit;
	} cases[] = {
		{ EPERM, SNAPCTL_FAILURE }, { ENOTTY, SNAPCTL_UNSUPPORTED },
		{ ENXIO, SNAPCTL_FAILURE }, { ENOENT, SNAPCTL_INVALID },
		{ ENOSPC, SNAPCTL_NO_SPACE }, { EIO, SNAPCTL_IO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		module.confirm_error = cases[i].error;
		assert_int_equal(run(cmd_confirm, NULL), cases[i].exit);
		assert_non_null(strstr(run_err, "what to do: "));
	}
	module.confirm_error = ENOMEM;
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_FAILURE);
	assert_int_equal(module.confirms, 0);
	assert_int_equal(run(cmd_confirm, "x", NULL), SNAPCTL_USAGE);
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_confirm, NULL), SNAPCTL_UNSUPPORTED);
}

static void test_status_tells_of_the_trial(void **state)
{
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "on trial, 2 of 3 tries"));
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "trial.state"), "on-trial");
	assert_int_equal(json_number(run_json(), "trial.tries"), 2);
	assert_int_equal(json_number(run_json(), "trial.limit"), 3);
	assert_int_equal(module.confirms, 0);
	module.confirm.trial = SNAPCAP_TRIAL_CONFIRMED;
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "trial.state"), "confirmed");
	module.confirm.trial = SNAPCAP_TRIAL_NONE;
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "trial.state"), "none");
	module.confirm.trial = SNAPCAP_TRIAL_COLD;
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "trial"));
	/* An older module. */
	module.confirm_error = ENOTTY;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "Trial"));
}

static void test_status_tells_why_one_was_given_up(void **state)
{
	module.boot.boot = SNAPCAP_BOOT_COLD;
	module.boot.reason = SNAPCAP_REASON_ATTEMPTS;
	module.boot.detail = 3;
	module.confirm.trial = SNAPCAP_TRIAL_COLD;
	assert_int_equal(run(cmd_status, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "restored too often without a confirmation (attempts"));
	assert_int_equal(run(cmd_status, "--json", NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "boot.reason_name"), "attempts");
}

/* On the medium: the words of the log, as the loader and the module write them. */
static void test_list_and_info_tell_of_the_log(void **state)
{
	static const u64 zero;
	static const struct {
		u32 limit;
		u32 tries;
		bool confirmed;
		const char *name, *text;
	} cases[] = {
		{ 0, 0, false, "none", NULL },
		{ 3, 0, false, "on-trial", "(on trial, 0 of 3 tries)" },
		{ 3, 2, false, "on-trial", "(on trial, 2 of 3 tries)" },
		{ 3, 3, false, "given-up", "(given up, 3 of 3 tries)" },
		{ 1, 1, true, "confirmed", "(confirmed)" },
	};
	static const char medium[] = "cmd_confirm_test.img";
	static struct snapshot s;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 log = SNAPSHOT_STEP + SNAPCAP_TRIAL_OFF;

		medium_create(medium, 4 * SNAPSHOT_STEP);
		snapshot_init(&s, 7);
		s.img.tries = cases[i].limit;
		snapshot_seal(&s);
		medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
		for (u32 k = 0; k < cases[i].tries; k++, log += sizeof(zero))
			medium_put(medium, log, &zero, sizeof(zero));
		if (cases[i].confirmed)
			medium_put(medium, log + 8, SNAPCAP_TRIAL_CONFIRM, 8);
		assert_int_equal(run(cmd_list, "--json", medium, NULL), SNAPCTL_OK);
		assert_string_equal(json_string(run_json(), "snapshots.0.trial.state"), cases[i].name);
		assert_int_equal(json_number(run_json(), "snapshots.0.trial.limit"), cases[i].limit);
		assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
		if (cases[i].text)
			assert_non_null(strstr(run_out, cases[i].text));
		else
			assert_null(strstr(run_out, "trial"));
		assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
		assert_string_equal(json_string(run_json(), "trial.state"), cases[i].name);
		assert_int_equal(json_number(run_json(), "image.tries"), cases[i].limit);
	}
	unlink(medium);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_confirm_ends_a_trial, setup),
		cmocka_unit_test_setup(test_confirm_in_json, setup),
		cmocka_unit_test_setup(test_nothing_to_confirm_is_said, setup),
		cmocka_unit_test_setup(test_confirm_waits_for_the_end_of_a_take, setup),
		cmocka_unit_test_setup(test_confirm_that_fails, setup),
		cmocka_unit_test_setup(test_status_tells_of_the_trial, setup),
		cmocka_unit_test_setup(test_status_tells_why_one_was_given_up, setup),
		cmocka_unit_test_setup(test_list_and_info_tell_of_the_log, setup),
	};

	return cmocka_run_group_tests_name("cmd_confirm", tests, NULL, NULL);
}
