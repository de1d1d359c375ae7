// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "clock.h"
#include "cmd.h"
#include "hooks.h"
#include "module.h"
#include "run.h"
#include "sysfile.h"
#include "tree.h"

#define ID	"4f3c2b1a-0000-4000-8000-123456789abc"

static struct hooks hooks;
static bool restored;

int __wrap_flash_mtd_number(const char *name, char *why);

int __wrap_flash_mtd_number(const char *name, char *why)
{
	return 3;
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	module_reset();
	tree_reset();
	tree_mounts(1, 1, TREE_MOUNTS);
	tree_put("/run/ran", "");
	tree_put("/sys/class/misc/snapcap/generation", ID "\n");
	options.quiet = true;
	restored = false;
	hooks = (struct hooks){ .event = "post-restore", .timeout_s = 10 };
	return 0;
}

static void put_mode(const char *path, const char *body, mode_t mode)
{
	char text[PATH_MAX + 600];

	snprintf(text, sizeof(text), "#!/bin/sh\nran=%s\n%s\n",
		 sysfile_path("%s", "/run/ran").s, body);
	tree_put(path, text);
	assert_int_equal(chmod(sysfile_path("%s", path).s, mode), 0);
}

static void put(const char *path, const char *body)
{
	put_mode(path, body, 0755);
}

static void test_none_is_no_failure(void **state)
{
	assert_int_equal(hooks_run(&hooks), 0);
	assert_int_equal(hooks.ran, 0);
}

static void test_order_and_which_folder_wins(void **state)
{
	put("/etc/snapcap/post-restore.d/20-b", "echo local-b >>$ran");
	put("/usr/lib/snapcap/post-restore.d/20-b", "echo shipped-b >>$ran");
	put("/usr/lib/snapcap/post-restore.d/10-a", "echo shipped-a >>$ran");
	put("/etc/snapcap/post-restore.d/30-c", "echo local-c >>$ran");
	put("/etc/snapcap/pre-take.d/15-x", "echo other >>$ran");
	assert_int_equal(hooks_run(&hooks), 0);
	assert_int_equal(hooks.ran, 3);
	assert_string_equal(tree_get("/run/ran"), "shipped-a\nlocal-b\nlocal-c\n");
}

static void test_what_is_no_hook_is_left_alone(void **state)
{
	put("/usr/lib/snapcap/post-restore.d/10-hidden", "echo hidden >>$ran");
	put_mode("/etc/snapcap/post-restore.d/10-hidden", "echo plain >>$ran", 0644);
	put("/etc/snapcap/post-restore.d/20-a.bak", "echo bak >>$ran");
	put("/etc/snapcap/post-restore.d/20-a~", "echo tilde >>$ran");
	put("/etc/snapcap/post-restore.d/folder/30-a", "echo folder >>$ran");
	assert_int_equal(hooks_run(&hooks), 0);
	assert_int_equal(hooks.ran, 0);
	assert_string_equal(tree_get("/run/ran"), "");
}

static void test_hook_that_others_can_write_fails(void **state)
{
	put_mode("/etc/snapcap/post-restore.d/10-open", "echo open >>$ran", 0777);
	put("/etc/snapcap/post-restore.d/20-good", "echo good >>$ran");
	assert_int_equal(hooks_run(&hooks), -ECHILD);
	assert_int_equal(hooks.failed, 1);
	assert_non_null(strstr(hooks.about, "10-open: not run"));
	assert_string_equal(tree_get("/run/ran"), "good\n");
}

static void test_environment(void **state)
{
	put("/etc/snapcap/post-restore.d/10-a",
	    "echo $1 $SNAPCAP_EVENT $SNAPCAP_RESULT $SNAPCAP_GENERATION >>$ran");
	hooks.outcome = "restored";
	assert_int_equal(hooks_run(&hooks), 0);
	assert_string_equal(tree_get("/run/ran"), "post-restore post-restore restored " ID "\n");
}

static void test_failures_are_told_and_the_others_run(void **state)
{
	put("/etc/snapcap/post-restore.d/10-a", "exit 3");
	put("/etc/snapcap/post-restore.d/20-b", "kill -9 $$");
	put("/etc/snapcap/post-restore.d/30-c", "echo c >>$ran");
	assert_int_equal(hooks_run(&hooks), -ECHILD);
	assert_int_equal(hooks.ran, 3);
	assert_int_equal(hooks.failed, 2);
	assert_string_equal(hooks.about, "10-a: exit code 3");
	assert_string_equal(tree_get("/run/ran"), "c\n");
}

static void test_first_failure_ends_it_where_it_must(void **state)
{
	hooks.must = true;
	put("/etc/snapcap/post-restore.d/10-a", "exit 3");
	put("/etc/snapcap/post-restore.d/30-c", "echo c >>$ran");
	assert_int_equal(hooks_run(&hooks), -ECHILD);
	assert_int_equal(hooks.ran, 1);
	assert_string_equal(tree_get("/run/ran"), "");
}

static void test_hanging_hook_is_killed_with_its_children(void **state)
{
	u64 begin = clock_ns();
	int pid = 0;

	put("/etc/snapcap/post-restore.d/10-hang", "sleep 1000 & echo $! >>$ran; wait");
	hooks.timeout_s = 1;
	assert_int_equal(hooks_run(&hooks), -ECHILD);
	assert_string_equal(hooks.about, "10-hang: killed after 1 s");
	assert_true(clock_ns() - begin < 100ull * 1000000000);
	assert_int_equal(sscanf(tree_get("/run/ran"), "%d", &pid), 1);
	for (int i = 0; i < 500 && !kill(pid, 0); i++)
		usleep(10000);
	assert_int_equal(kill(pid, 0), -1);
}

static bool say_yes(void *arg)
{
	return true;
}

static void test_take_can_be_ended_meanwhile(void **state)
{
	put("/etc/snapcap/post-restore.d/10-hang", "sleep 1000");
	hooks.stop = say_yes;
	assert_int_equal(hooks_run(&hooks), -ECANCELED);
}

static int take(struct snapcap_makesnap *arg)
{
	arg->status.size = sizeof(arg->status);
	arg->status.state = restored ? SNAPCAP_STATE_BOOT : SNAPCAP_STATE_TAKEN;
	return 0;
}

static void put_recorders(void)
{
	put("/etc/snapcap/pre-take.d/10-a", "echo $SNAPCAP_EVENT >>$ran");
	put("/etc/snapcap/post-take.d/10-a", "echo $SNAPCAP_EVENT $SNAPCAP_RESULT >>$ran");
	put("/etc/snapcap/post-restore.d/10-a", "echo $SNAPCAP_EVENT $SNAPCAP_RESULT >>$ran");
	module.take = take;
}

static void test_take_runs_them_in_both_lives(void **state)
{
	put_recorders();
	assert_int_equal(run(cmd_take, NULL), 0);
	assert_string_equal(tree_get("/run/ran"), "pre-take\npost-take taken\n");
	tree_put("/run/ran", "");
	restored = true;
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_RESTORED);
	assert_string_equal(tree_get("/run/ran"), "pre-take\npost-restore restored\n");
	assert_int_equal(json_number(run_json(), "hooks.ran"), 1);
}

static void test_take_ends_with_a_pre_take_hook(void **state)
{
	struct json_object *o;

	put_recorders();
	put("/etc/snapcap/pre-take.d/20-no", "exit 7");
	assert_int_equal(run(cmd_take, "--json", NULL), SNAPCTL_FAILURE);
	assert_int_equal(module.takes, 0);
	o = run_json();
	assert_string_equal(json_string(o, "error.name"), "hook");
	assert_non_null(strstr(json_string(o, "error.text"), "20-no: exit code 7"));
	/* What the first has done is to be undone. */
	assert_string_equal(tree_get("/run/ran"), "pre-take\npost-take failed\n");
}

static void test_take_takes_the_limit_from_the_configuration(void **state)
{
	tree_put("/etc/snapcap/snapcap.conf", "[hooks]\ntimeout = 1\n");
	put("/etc/snapcap/pre-take.d/20-hang", "sleep 1000");
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "20-hang: killed after 1 s"));
}

static void test_take_hands_the_clock_policy_to_the_module(void **state)
{
	tree_put("/etc/snapcap/snapcap.conf", "[clock]\nno-rtc-advance = 77\n");
	tree_put("/sys/module/snapcap/parameters/no_rtc_advance", "0\n");
	assert_int_equal(run(cmd_take, NULL), 0);
	assert_string_equal(tree_get("/sys/module/snapcap/parameters/no_rtc_advance"), "77\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none_is_no_failure, setup),
		cmocka_unit_test_setup(test_order_and_which_folder_wins, setup),
		cmocka_unit_test_setup(test_what_is_no_hook_is_left_alone, setup),
		cmocka_unit_test_setup(test_hook_that_others_can_write_fails, setup),
		cmocka_unit_test_setup(test_environment, setup),
		cmocka_unit_test_setup(test_failures_are_told_and_the_others_run, setup),
		cmocka_unit_test_setup(test_first_failure_ends_it_where_it_must, setup),
		cmocka_unit_test_setup(test_hanging_hook_is_killed_with_its_children, setup),
		cmocka_unit_test_setup(test_take_can_be_ended_meanwhile, setup),
		cmocka_unit_test_setup(test_take_runs_them_in_both_lives, setup),
		cmocka_unit_test_setup(test_take_ends_with_a_pre_take_hook, setup),
		cmocka_unit_test_setup(test_take_takes_the_limit_from_the_configuration, setup),
		cmocka_unit_test_setup(test_take_hands_the_clock_policy_to_the_module, setup),
	};

	return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
