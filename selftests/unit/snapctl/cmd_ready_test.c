// SPDX-License-Identifier: GPL-2.0-only
/* The small commands of paging: ready, fill, cancel. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "hotset.h"
#include "module.h"
#include "run.h"
#include "takelock.h"
#include "tree.h"

#define HOT	"/run/snapcap/hot.json"

static int setup(void **state)
{
	static const u64 entries[] = { 1ULL << 63 | 100, 1ULL << 63 | 101 };

	signal(SIGPIPE, SIG_IGN);
	module_reset();
	module.pager.flags |= SNAPCAP_PAGER_SET_UP | SNAPCAP_PAGER_RECORDING;
	module.hot_count = 2;
	module.hot[0].pfn = 101;
	module.hot[1].pfn = 100;
	tree_reset();
	tree_put("/run/other", "");
	tree_process(7, "server", 70, "10000-12000 rw-p 0 00:00 0 \n");
	tree_put_data("/proc/7/pagemap", 0x10 * 8, entries, sizeof(entries));
	return 0;
}

static void test_ready_measures_the_hot_set(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_ready, NULL), SNAPCTL_OK);
	assert_int_equal(module.readies, 1);
	assert_non_null(strstr(run_out, "the hot set is 2 pages (8.0 KiB) of 1 processes"));
	assert_non_null(strstr(run_out, "server"));
	assert_true(tree_has(HOT));
	module.pager.flags |= SNAPCAP_PAGER_RECORDING;
	assert_int_equal(run(cmd_ready, "-j", NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "hot_set.pages"), 2);
	assert_int_equal(json_number(o, "hot_set.bytes"), 8192);
	assert_int_equal(json_number(o, "hot_set.recorded_pages"), 2);
	assert_int_equal(json_number(o, "hot_set.processes.0.pid"), 7);
	assert_string_equal(json_string(o, "hot_set.processes.0.name"), "server");
}

static void test_ready_without_a_record_only_says_so(void **state)
{
	module.pager.flags = SNAPCAP_PAGER_SUPPORTED;
	assert_int_equal(run(cmd_ready, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "ready\n");
	module.pager_status_error = ENOTTY;
	assert_int_equal(run(cmd_ready, "-j", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "hot_set"));
	assert_int_equal(module.readies, 2);
	assert_false(tree_has(HOT));
}

static void test_hot_set_is_not_always_wanted(void **state)
{
	assert_int_equal(run(cmd_ready, "--no-hot-set", NULL), SNAPCTL_OK);
	assert_int_equal(module.readies, 1);
	assert_false(tree_has(HOT));
}

static void save_other_page(void)
{
	struct hotset set = { .page_size = 4096 };

	assert_int_equal(hotset_add(&set, 7, 70, "server", 0x20000), 0);
	assert_int_equal(hotset_save(&set), 0);
	hotset_free(&set);
}

static void test_restored_system_adds_to_what_it_came_with(void **state)
{
	save_other_page();
	module.status.state = SNAPCAP_STATE_BOOT;
	assert_int_equal(run(cmd_ready, "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "hot_set.pages"), 3);
	/* In the settle time the record is complete. */
	module.status.state = SNAPCAP_STATE_NONE;
	module.pager.flags |= SNAPCAP_PAGER_RECORDING;
	assert_int_equal(run(cmd_ready, "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "hot_set.pages"), 2);
}

static void test_ready_that_fails(void **state)
{
	static const struct {
		int error;
		int exit;
	} cases[] = {
		{ ENOTTY, SNAPCTL_UNSUPPORTED }, { EPERM, SNAPCTL_FAILURE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		module.ready_error = cases[i].error;
		assert_int_equal(run(cmd_ready, NULL), cases[i].exit);
		assert_non_null(strstr(run_err, "what to do: "));
	}
	assert_int_equal(run(cmd_ready, "x", NULL), SNAPCTL_USAGE);
	module.ready_error = 0;
	tree_reset();
	tree_put("/proc/other", "");
	assert_int_equal(run(cmd_ready, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "/run/snapcap/hot.json"));
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_ready, NULL), SNAPCTL_UNSUPPORTED);
}

static void test_fill_is_started_and_stopped(void **state)
{
	module.pager.flash_pages = 512;
	assert_int_equal(run(cmd_fill, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "2.0 MiB still on flash, background fill runs\n");
	assert_int_equal(run(cmd_fill, "--stop", "-j", NULL), SNAPCTL_OK);
	assert_string_equal(module.pager_ops, "45");
	assert_int_equal(json_number(run_json(), "pager.flash_pages"), 512);
	assert_false(json_object_get_boolean(json_at(run_json(), "pager.filling")));
}

static void test_fill_that_fails(void **state)
{
	static const struct {
		int error;
		int exit;
	} cases[] = {
		{ ENODEV, SNAPCTL_FAILURE }, { EOPNOTSUPP, SNAPCTL_UNSUPPORTED },
		{ ENOTTY, SNAPCTL_UNSUPPORTED }, { EBUSY, SNAPCTL_BUSY },
		{ EPERM, SNAPCTL_FAILURE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		module.pager_error[SNAPCAP_PAGER_FILL] = cases[i].error;
		assert_int_equal(run(cmd_fill, NULL), cases[i].exit);
		assert_non_null(strstr(run_err, "what to do: "));
	}
	assert_int_equal(run(cmd_fill, "x", NULL), SNAPCTL_USAGE);
}

static void test_cancel_of_what_the_module_does(void **state)
{
	assert_int_equal(run(cmd_cancel, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "the take is cancelled\n");
	assert_int_equal(module.cancels, 1);
	module.cancel_misses = 1;
	assert_int_equal(run(cmd_cancel, "-j", NULL), SNAPCTL_OK);
	assert_false(json_object_get_boolean(json_at(run_json(), "cancelled")));
	assert_int_equal(run(cmd_cancel, "x", NULL), SNAPCTL_USAGE);
}

static void test_cancel_ends_a_two_pass_take(void **state)
{
	int ends[2], status;
	pid_t pid;
	char yes;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		int lock;
		pid_t owner;

		if (takelock_get(&lock, &owner) || write(ends[1], "y", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &yes, 1), 1);
	assert_int_equal(takelock_owner(), pid);
	assert_int_equal(run(cmd_cancel, NULL), SNAPCTL_OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(module.cancels, 0);
	assert_int_equal(takelock_owner(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ready_measures_the_hot_set, setup),
		cmocka_unit_test_setup(test_ready_without_a_record_only_says_so, setup),
		cmocka_unit_test_setup(test_hot_set_is_not_always_wanted, setup),
		cmocka_unit_test_setup(test_restored_system_adds_to_what_it_came_with, setup),
		cmocka_unit_test_setup(test_ready_that_fails, setup),
		cmocka_unit_test_setup(test_fill_is_started_and_stopped, setup),
		cmocka_unit_test_setup(test_fill_that_fails, setup),
		cmocka_unit_test_setup(test_cancel_of_what_the_module_does, setup),
		cmocka_unit_test_setup(test_cancel_ends_a_two_pass_take, setup),
	};

	return cmocka_run_group_tests_name("cmd_ready", tests, NULL, NULL);
}
