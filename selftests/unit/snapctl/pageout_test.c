// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "pageout.h"
#include "pidcall.h"
#include "tree.h"

#define REFUSED	0x30000
#define MEMINFO	"MemTotal: 102400 kB\nAnonPages: 90000 kB\nMapped: 7 kB\nShmem: 3 kB\n" \
		"ShmemHugePages: 8 kB\n"

static pid_t opened[8];
static unsigned int opens, calls, syncs, stop_after, asked;
static u64 advised;
static int open_error, pageout_error;

int __wrap_pidcall_open(pid_t pid);
ssize_t __wrap_pidcall_pageout(int pidfd, const struct iovec *range, size_t count);
void __wrap_sync(void);

int __wrap_pidcall_open(pid_t pid)
{
	if (open_error) {
		errno = open_error;
		return -1;
	}
	opened[opens++] = pid;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* As the kernel: up to the first range that it refuses, an error when that is the first. */
ssize_t __wrap_pidcall_pageout(int pidfd, const struct iovec *range, size_t count)
{
	ssize_t done = 0;

	calls++;
	if (pageout_error) {
		errno = pageout_error;
		return -1;
	}
	for (size_t i = 0; i < count && (uintptr_t)range[i].iov_base != REFUSED; i++)
		done += (ssize_t)range[i].iov_len;
	advised += (u64)done;
	errno = EINVAL;
	return done ? done : -1;
}

void __wrap_sync(void)
{
	/* A page that is dirty when the cache is dropped stays. */
	if (!strcmp(tree_get("/proc/sys/vm/drop_caches"), ""))
		syncs++;
}

static bool stop(void *arg)
{
	return stop_after && ++asked > stop_after;
}

static int setup(void **state)
{
	tree_reset();
	opens = 0;
	calls = 0;
	syncs = 0;
	stop_after = 0;
	asked = 0;
	advised = 0;
	open_error = 0;
	pageout_error = 0;
	options.quiet = true;
	tree_put("/proc/meminfo", MEMINFO);
	tree_put("/proc/sys/vm/drop_caches", "");
	tree_put("/proc/sys/vm/swappiness", "60\n");
	tree_process(7, "x", 5, "10000-20000 rw-p 0 00:00 0 \n30000-31000 rw-p 0 00:00 0 \n"
		     "40000-48000 rw-p 0 00:00 0 \n");
	tree_process(8, "kthread", 5, "");
	return 0;
}

static void test_processes_are_gone_through(void **state)
{
	struct pageout out = { .stop = stop };

	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(opens, 2);
	assert_int_equal(out.processes, 1);
	assert_int_equal(syncs, 1);
	assert_string_equal(tree_get("/proc/sys/vm/drop_caches"), "3");
}

static void test_refused_range_does_not_end_it(void **state)
{
	struct pageout out = { .stop = stop };

	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(out.advised_bytes, 0x18000);
	assert_int_equal(advised, 0x18000);
	assert_int_equal(out.refused_bytes, 0x1000);
	assert_int_equal(calls, 2);
}

static void test_process_that_ends_is_no_failure(void **state)
{
	struct pageout out = { .stop = stop };

	pageout_error = ESRCH;
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(out.advised_bytes, 0);
	open_error = ESRCH;
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(calls, 1);
}

static void test_many_ranges_go_in_batches(void **state)
{
	struct pageout out = { .stop = stop };
	char maps[300 * 64];
	size_t len = 0;

	for (unsigned int i = 0; i < 300; i++)
		len += (size_t)sprintf(maps + len, "%x-%x rw-p 0 00:00 0 \n", 0x100000 + i * 0x2000,
				       0x101000 + i * 0x2000);
	tree_process(7, "x", 5, maps);
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(calls, 2);
	assert_int_equal(advised, 300 * 0x1000);
}

static void test_large_mapping_goes_in_pieces(void **state)
{
	struct pageout out = { .stop = stop };

	/* 5 GiB, and a page more than pieces of 64 MiB. */
	tree_process(7, "x", 5, "100000000-240001000 rw-p 0 00:00 0 \n");
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(advised, (5ULL << 30) + 4096);
	assert_int_equal(calls, 81);
	stop_after = 40;
	advised = 0;
	assert_int_equal(pageout_all(&out), -ECANCELED);
	assert_true(advised < 4ULL << 30);
}

static void test_highest_group_is_reclaimed(void **state)
{
	struct pageout out = { .stop = stop };

	tree_put("/sys/fs/cgroup/memory.stat", "");
	tree_put("/sys/fs/cgroup/a.slice/memory.reclaim", "");
	tree_put("/sys/fs/cgroup/a.slice/memory.current", "1234567\n");
	tree_put("/sys/fs/cgroup/a.slice/b.service/memory.reclaim", "");
	tree_put("/sys/fs/cgroup/c.slice/d.service/memory.reclaim", "");
	tree_put("/sys/fs/cgroup/c.slice/d.service/memory.current", "4096\n");
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(out.groups, 2);
	assert_string_equal(tree_get("/sys/fs/cgroup/a.slice/memory.reclaim"), "1234567");
	assert_string_equal(tree_get("/sys/fs/cgroup/a.slice/b.service/memory.reclaim"), "");
	assert_string_equal(tree_get("/sys/fs/cgroup/c.slice/d.service/memory.reclaim"), "4096");
}

static void test_groups_have_all_memory(void **state)
{
	struct pageout out = { .stop = stop };

	tree_put("/sys/fs/cgroup/memory.reclaim", "");
	tree_put("/sys/fs/cgroup/a.slice/memory.reclaim", "");
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(out.groups, 1);
	/* A piece that brings nothing is the last. */
	assert_string_equal(tree_get("/sys/fs/cgroup/memory.reclaim"), "16777216");
	assert_string_equal(tree_get("/sys/fs/cgroup/a.slice/memory.reclaim"), "");
	assert_string_equal(tree_get("/proc/sys/vm/swappiness"), "60\n");
}

static void test_no_more_is_reclaimed_than_there_is(void **state)
{
	struct pageout out = { .stop = stop };

	tree_put("/sys/fs/cgroup/memory.reclaim", "");
	tree_put("/proc/meminfo", "AnonPages: 4090 kB\nShmem: 10 kB\n");
	assert_int_equal(pageout_all(&out), 0);
	assert_string_equal(tree_get("/sys/fs/cgroup/memory.reclaim"), "4198400");
	/* The last bytes cost more than they are worth. */
	tree_put("/sys/fs/cgroup/memory.reclaim", "");
	tree_put("/proc/meminfo", "AnonPages: 4000 kB\nShmem: 10 kB\n");
	assert_int_equal(pageout_all(&out), 0);
	assert_string_equal(tree_get("/sys/fs/cgroup/memory.reclaim"), "");
}

static void test_page_cache_is_kept(void **state)
{
	struct pageout out = { .stop = stop, .keep_files = true };

	tree_put("/sys/fs/cgroup/memory.reclaim", "");
	tree_process(7, "x", 5, "10000-20000 rw-p 0 00:00 0 \n20000-22000 r-xp 0 fe:00 12 /bin/x\n"
		     "40000-48000 rw-p 0 00:00 0 \n50000-51000 r--p 0 fe:00 12 /bin/x\n");
	assert_int_equal(pageout_all(&out), 0);
	assert_int_equal(out.advised_bytes, 0x18000);
	assert_int_equal(out.groups, 0);
	assert_string_equal(tree_get("/sys/fs/cgroup/memory.reclaim"), "");
	assert_string_equal(tree_get("/proc/sys/vm/drop_caches"), "");
}

static void test_stops_when_asked(void **state)
{
	for (stop_after = 1; stop_after < 4; stop_after++) {
		struct pageout out = { .stop = stop };

		asked = 0;
		assert_int_equal(pageout_all(&out), -ECANCELED);
		assert_int_equal(out.groups, 0);
	}
}

static void test_without_proc_nothing_can_be_done(void **state)
{
	struct pageout out = { .stop = stop };

	tree_reset();
	assert_int_equal(pageout_all(&out), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_processes_are_gone_through, setup),
		cmocka_unit_test_setup(test_refused_range_does_not_end_it, setup),
		cmocka_unit_test_setup(test_process_that_ends_is_no_failure, setup),
		cmocka_unit_test_setup(test_many_ranges_go_in_batches, setup),
		cmocka_unit_test_setup(test_large_mapping_goes_in_pieces, setup),
		cmocka_unit_test_setup(test_highest_group_is_reclaimed, setup),
		cmocka_unit_test_setup(test_groups_have_all_memory, setup),
		cmocka_unit_test_setup(test_no_more_is_reclaimed_than_there_is, setup),
		cmocka_unit_test_setup(test_page_cache_is_kept, setup),
		cmocka_unit_test_setup(test_stops_when_asked, setup),
		cmocka_unit_test_setup(test_without_proc_nothing_can_be_done, setup),
	};

	return cmocka_run_group_tests_name("pageout", tests, NULL, NULL);
}
