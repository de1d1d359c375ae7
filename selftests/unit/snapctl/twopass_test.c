// SPDX-License-Identifier: GPL-2.0-only
/* take --two-pass as a whole, with a played module and tree. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "command.h"
#include "flash.h"
#include "hotset.h"
#include "module.h"
#include "pidcall.h"
#include "run.h"
#include "take.h"
#include "takelock.h"
#include "tree.h"

#define HEADING	"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
#define OURS	"/dev/snapcap_swap partition 102400 0 32767\n"
#define DISK	"/dev/vdb partition 65536 512 5\n"
#define ZRAM	"/dev/zram0 partition 65536 512 100\n"

/* What was done, in order: a letter and a name each. */
static char done[1024];
static int swapon_error, swapoff_error, mkswap_error, clock_error;
static const char *swapoff_fails_for;

int __wrap_flash_mtd_number(const char *name, char *why);
void __wrap_sync(void);
int __wrap_swapon(const char *path, int flags);
int __wrap_swapoff(const char *path);
int __wrap_command_run(char *const argv[]);
int __real_pidcall_open(pid_t pid);
int __wrap_pidcall_open(pid_t pid);
ssize_t __wrap_pidcall_pageout(int pidfd, const struct iovec *range, size_t count);
int __wrap_adjtimex(struct timex *step);
int __real_usleep(useconds_t us);
int __wrap_usleep(useconds_t us);

static void note(const char *what, const char *name)
{
	size_t len = strlen(done);

	snprintf(done + len, sizeof(done) - len, "%s%s;", what, name);
}

int __wrap_flash_mtd_number(const char *name, char *why)
{
	return 5;
}

void __wrap_sync(void)
{
}

int __wrap_swapon(const char *path, int flags)
{
	char what[32];

	snprintf(what, sizeof(what), "on %x ", flags);
	note(what, path);
	errno = swapon_error;
	return swapon_error ? -1 : 0;
}

int __wrap_swapoff(const char *path)
{
	note("off ", path);
	errno = swapoff_error;
	return swapoff_error && (!swapoff_fails_for || !strcmp(path, swapoff_fails_for)) ? -1 : 0;
}

int __wrap_command_run(char *const argv[])
{
	note(argv[0], "");
	return mkswap_error;
}

int __wrap_pidcall_open(pid_t pid)
{
	/* Those of the tree are not real, a warm command is. */
	if (pid > 100)
		return __real_pidcall_open(pid);
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

ssize_t __wrap_pidcall_pageout(int pidfd, const struct iovec *range, size_t count)
{
	note("out", "");
	module.pager.used_pages += 10;
	errno = EINVAL;
	return count == 1 ? (ssize_t)range->iov_len : -1;
}

/* The host's clock is left alone. */
int __wrap_adjtimex(struct timex *step)
{
	assert_int_equal(step->modes, ADJ_SETOFFSET | ADJ_NANO);
	assert_int_equal(step->time.tv_sec, 0);
	assert_int_equal(step->time.tv_usec, 1);
	note("clock", "");
	errno = clock_error;
	return clock_error ? -1 : 0;
}

static unsigned int naps;

int __wrap_usleep(useconds_t us)
{
	naps++;
	return __real_usleep(us);
}

static int take_noted(struct snapcap_makesnap *arg)
{
	note("take", "");
	arg->status = module.status;
	return 0;
}

static int rehearse_noted(struct snapcap_rehearse *arg)
{
	note("rehearse", "");
	return 0;
}

static void swaps(const char *areas)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s", HEADING, areas);
	tree_put("/proc/swaps", text);
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	unsetenv(TAKE_SETTLE_ENV);
	module_reset();
	module.take = take_noted;
	module.rehearse = rehearse_noted;
	tree_reset();
	tree_put("/proc/meminfo", "MemTotal: 102401 kB\n");
	tree_put("/proc/sys/vm/drop_caches", "");
	/* A view of this process: one more would be paged out, too. */
	tree_mounts(getpid(), 1, TREE_MOUNTS);
	tree_put("/proc/sys/vm/page-cluster", "3\n");
	tree_put("/dev/snapcap_swap", "");
	tree_put("/run/other", "");
	tree_process(7, "server", 70, "10000-14000 rw-p 0 00:00 0 \n");
	swaps("");
	done[0] = '\0';
	swapon_error = 0;
	swapoff_error = 0;
	swapoff_fails_for = NULL;
	mkswap_error = 0;
	clock_error = 0;
	return 0;
}

static void test_steps_in_their_order(void **state)
{
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_OK);
	assert_string_equal(done, "mkswap;on ffff /dev/snapcap_swap;out;rehearse;take;");
	assert_string_equal(module.pager_ops, "1");
	/* All of memory, in MiB. */
	assert_int_equal(module.pager_bytes, 101 << 20);
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_PAGING);
	assert_int_equal(module.readies, 0);
	assert_string_equal(tree_get("/proc/sys/vm/page-cluster"), "0\n");
	assert_non_null(strstr(run_out, "Paged out       40.0 KiB of 1 processes, in "));
}

static void test_one_pass_does_none_of_it(void **state)
{
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
	assert_string_equal(done, "take;");
	assert_int_equal(module.seen.flags, 0);
	assert_string_equal(module.pager_ops, "");
}

static void test_without_paging_the_loader_reads_all(void **state)
{
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", "--no-paging", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.flags, 0);
	assert_non_null(strstr(done, "out;rehearse;take;"));
}

static void test_settle_time_records_the_hot_set(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_take, "--two-pass", "--settle=1s", "-j", NULL), SNAPCTL_OK);
	assert_string_equal(module.pager_ops, "13");
	assert_int_equal(module.readies, 1);
	assert_non_null(strstr(done, "rehearse;clock;take;"));
	o = run_json();
	assert_string_equal(json_string(o, "two_pass.settle.end"), "time");
	assert_int_equal(json_number(o, "two_pass.settle.seconds"), 1);
	assert_true(json_number(o, "two_pass.settle.ns") >= 1000000000);
	assert_int_equal(json_number(o, "two_pass.pass1.swapped_pages"), 10);
	assert_int_equal(json_number(o, "two_pass.pass1.processes"), 1);
	assert_int_equal(json_number(o, "two_pass.pass1.advised_bytes"), 0x4000);
	assert_true(json_object_get_boolean(json_at(o, "two_pass.paging")));
	assert_true(tree_has("/run/snapcap/hot.json"));
}

static void test_clock_that_cannot_be_set_is_told(void **state)
{
	clock_error = EPERM;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=1", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_err, "the time of day cannot be set: Operation not permitted"));
}

static void test_default_of_the_settle_time_can_be_set(void **state)
{
	setenv(TAKE_SETTLE_ENV, "0", 1);
	assert_int_equal(run(cmd_take, "--two-pass", NULL), SNAPCTL_OK);
	assert_string_equal(module.pager_ops, "1");
	setenv(TAKE_SETTLE_ENV, "x", 1);
	assert_int_equal(run(cmd_take, "--two-pass", NULL), SNAPCTL_USAGE);
	/* An option has the last word. */
	assert_int_equal(run(cmd_take, "--two-pass", "--settle", "0", NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_take, NULL), SNAPCTL_OK);
}

static void test_warm_command_ends_the_settle_time(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_take, "--two-pass", "--warm", "true", "--json", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "two_pass.settle.end"), "warm");
	assert_int_equal(json_number(o, "two_pass.settle.seconds"), 600);
	assert_string_equal(module.pager_ops, "13");
}

static void expect_undone(const char *name, int exit)
{
	struct json_object *o = run_json();

	assert_string_equal(json_string(o, "error.name"), name);
	assert_int_equal(json_number(o, "exit_code"), exit);
	assert_true(*json_string(o, "error.advice"));
	assert_null(strstr(done, "take;"));
	assert_non_null(strstr(done, "off /dev/snapcap_swap;"));
	assert_int_equal(module.pager_ops[strlen(module.pager_ops) - 1],
			 '0' + SNAPCAP_PAGER_REMOVE);
	/* As one write left it. */
	assert_string_equal(tree_get("/proc/sys/vm/page-cluster"), "3\n");
	done[0] = '\0';
}

static void test_failed_warm_command_ends_the_take(void **state)
{
	assert_int_equal(run(cmd_take, "--two-pass", "--warm=exit 3", "-j", NULL), SNAPCTL_WARM);
	assert_int_equal(SNAPCTL_WARM, 8);
	assert_non_null(strstr(run_err, "the warm command failed: exit code 3"));
	expect_undone("warm-failed", 8);
}

static void test_warm_command_without_end_ends_the_take(void **state)
{
	assert_int_equal(run(cmd_take, "--two-pass", "--warm=sleep 100", "--warm-timeout=1", "-j",
			     NULL), SNAPCTL_WARM);
	assert_non_null(strstr(run_err, "did not end within 1 s"));
	expect_undone("warm-timeout", 8);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static int rehearse_badly(struct snapcap_rehearse *arg)
{
	arg->status.size = sizeof(arg->status);
	arg->status.stage = SNAPCAP_STAGE_FREEZE;
	arg->status.error = EBUSY;
	arg->status.cause = SNAPCAP_CAUSE_DEVICE;
	strcpy((char *)arg->status.name, "clock7");
	return -EBUSY;
}

static void test_device_that_refuses_pass1_is_named(void **state)
{
	module.rehearse = rehearse_badly;
	assert_int_equal(run(cmd_take, "--two-pass", "-j", NULL), SNAPCTL_BUSY);
	assert_non_null(strstr(run_err, "a device refused to suspend: clock7 (stage freeze)"));
	expect_undone("device", 5);
}

static int take_badly(struct snapcap_makesnap *arg)
{
	arg->status = module.status;
	arg->status.stage = SNAPCAP_STAGE_WRITE;
	arg->status.cause = SNAPCAP_CAUSE_WRITE;
	return -EIO;
}

static void test_failed_take_is_undone(void **state)
{
	module.take = take_badly;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", "-j", NULL), SNAPCTL_IO);
	expect_undone("write", 6);
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", "--keep-swap", NULL),
			 SNAPCTL_IO);
	assert_null(strstr(done, "off"));
}

static void test_dry_run_is_undone(void **state)
{
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", "--dry-run", NULL), SNAPCTL_OK);
	assert_int_equal(module.seen.flags, SNAPCAP_TAKE_PAGING | SNAPCAP_TAKE_DRY_RUN);
	assert_non_null(strstr(done, "take;off /dev/snapcap_swap;"));
	assert_string_equal(module.pager_ops, "12");
}

static int take_restored(struct snapcap_makesnap *arg)
{
	arg->status = module.status;
	arg->status.state = SNAPCAP_STATE_BOOT;
	return 0;
}

static void test_restored_system_keeps_its_swap(void **state)
{
	module.take = take_restored;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_RESTORED);
	assert_null(strstr(done, "off"));
	assert_string_equal(module.pager_ops, "1");
}

static void test_device_of_an_earlier_take_is_used_and_stays(void **state)
{
	module.pager.flags |= SNAPCAP_PAGER_SET_UP;
	swaps(OURS);
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_OK);
	assert_string_equal(done, "out;rehearse;take;");
	assert_string_equal(module.pager_ops, "");
	done[0] = '\0';
	module.take = take_badly;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_IO);
	assert_null(strstr(done, "off"));
	/* It is there but off: it is turned on, and off again. */
	swaps("");
	done[0] = '\0';
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_IO);
	assert_string_equal(done, "mkswap;on ffff /dev/snapcap_swap;out;rehearse;"
			    "off /dev/snapcap_swap;");
	assert_string_equal(module.pager_ops, "");
}

static void test_kernel_without_swap_is_unsupported(void **state)
{
	module.pager.flags = 0;
	assert_int_equal(run(cmd_take, "--two-pass", "-j", NULL), SNAPCTL_UNSUPPORTED);
	assert_string_equal(json_string(run_json(), "error.name"), "no-swap");
	assert_non_null(strstr(run_err, "CONFIG_SWAP"));
	module.pager.flags = SNAPCAP_PAGER_SUPPORTED;
	module.pager_error[SNAPCAP_PAGER_SETUP] = EOPNOTSUPP;
	assert_int_equal(run(cmd_take, "--two-pass", NULL), SNAPCTL_UNSUPPORTED);
	module.pager_status_error = ENOTTY;
	assert_int_equal(run(cmd_take, "--two-pass", NULL), SNAPCTL_UNSUPPORTED);
	assert_string_equal(done, "");
}

static void test_swap_on_a_disk_is_refused(void **state)
{
	swaps(ZRAM DISK);
	assert_int_equal(run(cmd_take, "--two-pass", "-j", NULL), SNAPCTL_UNSUPPORTED);
	assert_string_equal(json_string(run_json(), "error.name"), "swap-on-disk");
	assert_non_null(strstr(run_err, "/dev/vdb is swapped to"));
	assert_non_null(strstr(run_err, "--migrate-swap"));
	assert_string_equal(done, "");
	assert_string_equal(module.pager_ops, "");
}

static void test_swap_on_a_disk_is_moved(void **state)
{
	swaps(ZRAM DISK);
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", "--migrate-swap", "-j", NULL),
			 SNAPCTL_OK);
	assert_string_equal(done, "mkswap;on ffff /dev/snapcap_swap;off /dev/vdb;out;rehearse;take;");
	assert_non_null(strstr(run_err, "swap on /dev/vdb (512.0 KiB in use) is moved"));
	assert_string_equal(json_string(run_json(), "two_pass.moved_swap.0.path"), "/dev/vdb");
	/* Back with its own priority, and before ours goes. */
	done[0] = '\0';
	module_reset();
	module.take = take_badly;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", "--migrate-swap", NULL),
			 SNAPCTL_IO);
	assert_non_null(strstr(done, "on 8005 /dev/vdb;off /dev/snapcap_swap;"));
}

static void test_swap_that_cannot_be_moved_ends_the_take(void **state)
{
	swaps(DISK);
	swapoff_error = ENOMEM;
	swapoff_fails_for = "/dev/vdb";
	assert_int_equal(run(cmd_take, "--two-pass", "--migrate-swap", "-j", NULL),
			 SNAPCTL_NO_SPACE);
	assert_non_null(strstr(run_err, "could not be moved: /dev/vdb: "));
	assert_null(strstr(done, "on 8005 /dev/vdb"));
	expect_undone("swap-off", 7);
}

static void test_trouble_with_the_device(void **state)
{
	module.pager_error[SNAPCAP_PAGER_SETUP] = ENOMEM;
	assert_int_equal(run(cmd_take, "--two-pass", NULL), SNAPCTL_NO_SPACE);
	module.pager_error[SNAPCAP_PAGER_SETUP] = EBUSY;
	assert_int_equal(run(cmd_take, "--two-pass", "-j", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "swap-device");
	assert_string_equal(done, "");
	module.pager_error[SNAPCAP_PAGER_SETUP] = 0;
	mkswap_error = -ENOENT;
	assert_int_equal(run(cmd_take, "--two-pass", "-j", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "mkswap");
	assert_string_equal(module.pager_ops, "12");
	mkswap_error = 0;
	swapon_error = EPERM;
	assert_int_equal(run(cmd_take, "--two-pass", "-j", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "swap-on");
	assert_string_equal(module.pager_ops, "1212");
}

static void test_device_that_cannot_go_is_told(void **state)
{
	module.take = take_badly;
	swapoff_error = ENOMEM;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "/dev/snapcap_swap stays on: "));
	assert_string_equal(module.pager_ops, "1");
}

static int rehearse_and_reject(struct snapcap_rehearse *arg)
{
	kill(getpid(), SIGINT);
	return 0;
}

static void test_signal_before_the_freeze_undoes_all(void **state)
{
	module.cancel_misses = 1000000;
	module.rehearse = rehearse_and_reject;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=100", "-j", NULL),
			 SNAPCTL_CANCELLED);
	expect_undone("cancelled", 130);
}

static int reject(struct snapcap_rehearse *arg)
{
	return 0;
}

static void test_want_of_memory_is_told_and_goes_on(void **state)
{
	module.rehearse = reject;
	module.pager.rejected_pages = 3;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_OK);
	/* Those of an earlier take are not of this one. */
	assert_null(strstr(run_err, "memory is short"));
}

static void save_hot_set(u64 start)
{
	static const char memory[0x14000];
	struct hotset set = { .page_size = 4096 };

	for (u64 page = 0x10000; page < 0x13000; page += 4096)
		assert_int_equal(hotset_add(&set, 7, start, "server", page), 0);
	assert_int_equal(hotset_save(&set), 0);
	hotset_free(&set);
	tree_put_data("/proc/7/mem", 0, memory, sizeof(memory));
}

static void test_hot_set_is_fetched_without_settle_time(void **state)
{
	save_hot_set(70);
	assert_int_equal(run(cmd_take, "--two-pass", "--hot", "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "two_pass.hot.fetched_pages"), 3);
	assert_int_equal(json_number(run_json(), "two_pass.settle.seconds"), 0);
	assert_string_equal(module.pager_ops, "1");
	assert_true(tree_has("/run/snapcap/hot.json"));
	save_hot_set(71);
	assert_int_equal(run(cmd_take, "--two-pass", "--hot", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_err, "process 7 (server) is gone: its 3 pages are left out"));
}

static void test_hot_set_that_is_not_there(void **state)
{
	assert_int_equal(run(cmd_take, "--two-pass", "--hot", "-j", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "no-hot-set");
	tree_put("/run/snapcap/hot.json", "{");
	assert_int_equal(run(cmd_take, "--two-pass", "--hot", "-j", NULL), SNAPCTL_FAILURE);
	assert_string_equal(json_string(run_json(), "error.name"), "hot-set");
	assert_string_equal(done, "");
}

static void test_old_hot_set_does_not_survive_a_full_page_out(void **state)
{
	save_hot_set(70);
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_OK);
	assert_false(tree_has("/run/snapcap/hot.json"));
}

static int take_while_another(struct snapcap_makesnap *arg)
{
	int ends[2];
	pid_t pid;
	char yes;

	/* A lock is of a process: another is needed to find it taken. */
	if (pipe(ends))
		abort();
	pid = fork();
	if (!pid) {
		char *argv[] = { (char *)"x", (char *)"--two-pass", (char *)"--settle=0", NULL };

		/* Once is enough, should it be let in. */
		module.take = take_noted;
		naps = 0;
		yes = (char)cmd_take(3, argv);
		/* Nothing will change soon: it is told at once. */
		if (naps)
			yes = SNAPCTL_FAILURE;
		_exit(write(ends[1], &yes, 1) != 1);
	}
	if (read(ends[0], &yes, 1) != 1 || waitpid(pid, NULL, 0) != pid)
		abort();
	note("second ", yes == SNAPCTL_BUSY ? "busy" : "not busy");
	arg->status = module.status;
	return 0;
}

static void test_one_at_a_time(void **state)
{
	module.take = take_while_another;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_OK);
	assert_non_null(strstr(done, "second busy"));
	assert_non_null(strstr(run_err, "another two-pass take is running: process "));
}

/* Another process has the lock, and lets go of it a little later. */
static pid_t start_tail(void)
{
	int ends[2], lock = -1;
	pid_t pid, owner;
	char locked;

	if (pipe(ends))
		abort();
	pid = fork();
	if (!pid) {
		locked = !takelock_get(&lock, &owner);
		if (write(ends[1], &locked, 1) != 1)
			_exit(1);
		usleep(300000);
		_exit(0);
	}
	if (read(ends[0], &locked, 1) != 1 || !locked)
		abort();
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void test_restored_system_waits_for_the_take_that_it_came_out_of(void **state)
{
	pid_t pid = start_tail();

	module.status.state = SNAPCAP_STATE_BOOT;
	assert_int_equal(run(cmd_take, "--two-pass", "--settle=0", NULL), SNAPCTL_RESTORED);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_non_null(strstr(done, "take;"));
}

static void test_options_of_two_passes_need_two_passes(void **state)
{
	static char *const bad[][4] = {
		{ "--settle=5" }, { "--warm=x" }, { "--warm-timeout=5" }, { "--hot" },
		{ "--no-paging" }, { "--migrate-swap" }, { "--keep-swap" },
		{ "--two-pass", "--settle=x" }, { "--two-pass", "--settle=" },
		{ "--two-pass", "--settle=-1" }, { "--two-pass", "--settle=86401" },
		{ "--two-pass", "--warm-timeout=5" },
		{ "--two-pass", "--warm=x", "--warm-timeout=0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (run(cmd_take, bad[i][0], bad[i][1], bad[i][2], NULL) != SNAPCTL_USAGE)
			fail_msg("taken: %s %s", bad[i][0], bad[i][1] ? bad[i][1] : "");
	assert_string_equal(done, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_steps_in_their_order, setup),
		cmocka_unit_test_setup(test_one_pass_does_none_of_it, setup),
		cmocka_unit_test_setup(test_without_paging_the_loader_reads_all, setup),
		cmocka_unit_test_setup(test_settle_time_records_the_hot_set, setup),
		cmocka_unit_test_setup(test_clock_that_cannot_be_set_is_told, setup),
		cmocka_unit_test_setup(test_default_of_the_settle_time_can_be_set, setup),
		cmocka_unit_test_setup(test_warm_command_ends_the_settle_time, setup),
		cmocka_unit_test_setup(test_failed_warm_command_ends_the_take, setup),
		cmocka_unit_test_setup(test_warm_command_without_end_ends_the_take, setup),
		cmocka_unit_test_setup(test_device_that_refuses_pass1_is_named, setup),
		cmocka_unit_test_setup(test_failed_take_is_undone, setup),
		cmocka_unit_test_setup(test_dry_run_is_undone, setup),
		cmocka_unit_test_setup(test_restored_system_keeps_its_swap, setup),
		cmocka_unit_test_setup(test_device_of_an_earlier_take_is_used_and_stays, setup),
		cmocka_unit_test_setup(test_kernel_without_swap_is_unsupported, setup),
		cmocka_unit_test_setup(test_swap_on_a_disk_is_refused, setup),
		cmocka_unit_test_setup(test_swap_on_a_disk_is_moved, setup),
		cmocka_unit_test_setup(test_swap_that_cannot_be_moved_ends_the_take, setup),
		cmocka_unit_test_setup(test_trouble_with_the_device, setup),
		cmocka_unit_test_setup(test_device_that_cannot_go_is_told, setup),
		cmocka_unit_test_setup(test_signal_before_the_freeze_undoes_all, setup),
		cmocka_unit_test_setup(test_want_of_memory_is_told_and_goes_on, setup),
		cmocka_unit_test_setup(test_hot_set_is_fetched_without_settle_time, setup),
		cmocka_unit_test_setup(test_hot_set_that_is_not_there, setup),
		cmocka_unit_test_setup(test_old_hot_set_does_not_survive_a_full_page_out, setup),
		cmocka_unit_test_setup(test_one_at_a_time, setup),
		cmocka_unit_test_setup(test_restored_system_waits_for_the_take_that_it_came_out_of,
				       setup),
		cmocka_unit_test_setup(test_options_of_two_passes_need_two_passes, setup),
	};

	return cmocka_run_group_tests_name("twopass", tests, NULL, NULL);
}
