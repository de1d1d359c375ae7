// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "module.h"
#include "run.h"
#include "settle.h"
#include "watch.h"

#define LONG_S	100

static struct watch *watch;

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	module_reset();
	options.quiet = true;
	return watch_start(&watch);
}

static int teardown(void **state)
{
	watch_stop(watch);
	return 0;
}

static bool is_alive(const char *file)
{
	FILE *f = fopen(file, "re");
	int pid = 0;

	if (!f || fscanf(f, "%d", &pid) != 1 || !pid)
		fail_msg("the command did not write its number");
	fclose(f);
	return !kill(pid, 0);
}

static void expect_dead(const char *file)
{
	/* An orphan is reaped by init, which may take a moment. */
	for (int i = 0; i < 500 && is_alive(file); i++)
		usleep(10000);
	assert_false(is_alive(file));
}

static void test_time_is_over(void **state)
{
	struct settle settle = { .seconds = 1 };

	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_TIME);
	assert_true(settle.ns >= 1000000000);
	assert_string_equal(settle_end_name(settle.end), "time");
}

static void test_ready_ends_it(void **state)
{
	struct settle settle = { .seconds = LONG_S };

	module_post_ready();
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_READY);
}

static void test_signal_ends_it(void **state)
{
	struct settle settle = { .seconds = LONG_S };

	kill(getpid(), SIGINT);
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_SIGNAL);
}

static void test_end_of_the_command_ends_it(void **state)
{
	struct settle settle = { .seconds = LONG_S, .warm = "exit 0" };

	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_WARM);
}

static void test_failure_of_the_command_is_told(void **state)
{
	struct settle settle = { .seconds = LONG_S, .warm = "exit 3" };

	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_WARM_FAILED);
	assert_int_equal(WEXITSTATUS(settle.status), 3);
	settle.warm = "kill -9 $$";
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_WARM_FAILED);
	assert_int_equal(WTERMSIG(settle.status), SIGKILL);
}

static void run_with_child(const char *form, enum settle_end end, bool alive)
{
	char command[400], file[300];
	struct settle settle = { .seconds = 1, .warm = command };

	snprintf(file, sizeof(file), "%s", temp_path("child"));
	unlink(file);
	snprintf(command, sizeof(command), form, file);
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, end);
	if (alive) {
		char kill_it[400];

		assert_true(is_alive(file));
		snprintf(kill_it, sizeof(kill_it), "kill $(cat %s)", file);
		assert_int_equal(system(kill_it), 0);
	}
	expect_dead(file);
}

static void test_command_without_end_is_stopped_with_its_children(void **state)
{
	run_with_child("sleep 100 & echo $! >%s; wait", SETTLE_WARM_TIMEOUT, false);
	run_with_child("trap '' TERM; (trap '' TERM; sleep 100) & echo $! >%s; sleep 100",
		       SETTLE_WARM_TIMEOUT, false);
}

static void test_what_a_failed_command_began_is_stopped(void **state)
{
	run_with_child("sleep 100 & echo $! >%s; exit 1", SETTLE_WARM_FAILED, false);
}

static void test_what_a_good_command_began_stays(void **state)
{
	run_with_child("sleep 100 & echo $! >%s; exit 0", SETTLE_WARM, true);
}

static void test_ready_leaves_the_command(void **state)
{
	struct settle settle = { .seconds = LONG_S, .warm = "exec sleep 100" };
	siginfo_t child = { 0 };

	module_post_ready();
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_READY);
	/* It is there, and not as a dead one. */
	assert_int_equal(waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT), 0);
	assert_int_equal(child.si_pid, 0);
	assert_int_equal(system("pkill -x -P $PPID sleep"), 0);
	assert_true(waitpid(-1, NULL, 0) > 0);
}

static void test_ready_and_then_a_failure_is_a_failure(void **state)
{
	struct settle settle = { .seconds = LONG_S, .warm = "sleep .5; exit 4" };

	module_post_ready();
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_WARM_FAILED);
	assert_int_equal(WEXITSTATUS(settle.status), 4);
	settle = (struct settle){ .seconds = LONG_S, .warm = "sleep .5; exit 0" };
	module_post_ready();
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_READY);
}

static void test_command_is_not_deaf(void **state)
{
	/* Signals are blocked here, and must not be there. */
	struct settle settle = { .seconds = LONG_S, .warm = "kill -TERM $$; sleep 5; exit 0" };

	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_WARM_FAILED);
	assert_int_equal(WTERMSIG(settle.status), SIGTERM);
}

static void test_earlier_ready_can_be_forgotten(void **state)
{
	struct settle settle = { .seconds = 1 };

	module_post_ready();
	for (int i = 0; i < 500 && !watch_ready(watch); i++)
		usleep(10000);
	assert_true(watch_ready(watch));
	watch_forget_ready(watch);
	assert_int_equal(settle_wait(&settle, watch), 0);
	assert_int_equal(settle.end, SETTLE_TIME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_time_is_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_of_the_command_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure_of_the_command_is_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_command_without_end_is_stopped_with_its_children, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_a_failed_command_began_is_stopped, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_a_good_command_began_stays, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ready_leaves_the_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready_and_then_a_failure_is_a_failure, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_command_is_not_deaf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_earlier_ready_can_be_forgotten, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
