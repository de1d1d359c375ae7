// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three ways, because none reaches everything: MADV_PAGEOUT leaves pages that several
 * processes map, memory.reclaim leaves what was used last, and neither drops the page
 * cache of files that nobody maps.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "pageout.h"
#include "pidcall.h"
#include "procs.h"
#include "progress.h"
#include "sysfile.h"

/* What a call is given; so often is there a chance to stop. */
#define BATCH_RANGES	256
#define BATCH_BYTES	(64ULL << 20)
#define RECLAIM_BYTES	(16ULL << 20)
/* What is worth a piece, and how long one may take. */
#define WORTH_BYTES	(4ULL << 20)
#define RECLAIM_S	1
#define SWAPPINESS	"/proc/sys/vm/swappiness"
#define CGROUPS		"/sys/fs/cgroup"
#define GROUP_DEPTH	16

static u64 smallest(u64 a, u64 b)
{
	return a < b ? a : b;
}

static bool stopped(struct pageout *out)
{
	return out->stop(out->arg);
}

/* The kernel ends a call at the first range that it refuses. */
static void advise(int pidfd, struct iovec *range, size_t count, struct pageout *out)
{
	while (count) {
		ssize_t done = pidcall_pageout(pidfd, range, count);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == ESRCH)
			return;
		if (done > 0)
			out->advised_bytes += (u64)done;
		while (count && done > 0 && (size_t)done >= range->iov_len) {
			done -= (ssize_t)range->iov_len;
			range++;
			count--;
		}
		if (!count)
			return;
		out->refused_bytes += range->iov_len;
		range++;
		count--;
	}
}

static void page_out_process(pid_t pid, struct pageout *out)
{
	struct iovec range[BATCH_RANGES];
	struct procs_map *maps;
	int pidfd, count;
	u64 bytes = 0;
	size_t used = 0;

	pidfd = pidcall_open(pid);
	if (pidfd < 0)
		return;
	count = procs_maps(pid, &maps);
	for (int i = 0; i < count && !stopped(out); i++) {
		u64 at = maps[i].start;

		if (out->keep_files && !maps[i].writable)
			continue;
		/* The kernel takes less than 2 GiB at a time, and a call cannot be ended. */
		while (at < maps[i].end && !stopped(out)) {
			u64 len = smallest(maps[i].end - at, BATCH_BYTES - bytes);

			range[used].iov_base = (void *)(uintptr_t)at;
			range[used++].iov_len = (size_t)len;
			at += len;
			bytes += len;
			if (used < BATCH_RANGES && bytes < BATCH_BYTES)
				continue;
			advise(pidfd, range, used, out);
			used = 0;
			bytes = 0;
		}
	}
	if (!stopped(out))
		advise(pidfd, range, used, out);
	if (count > 0)
		out->processes++;
	if (count >= 0)
		free(maps);
	close(pidfd);
}

static int page_out_processes(struct pageout *out)
{
	int count;
	pid_t *pids;

	count = procs_list(&pids);
	if (count < 0)
		return count;
	for (int i = 0; i < count && !stopped(out); i++) {
		progress_update("page-out", (unsigned int)(i * 80 / count));
		page_out_process(pids[i], out);
	}
	free(pids);
	return 0;
}

/* What is still there of what is to go, in bytes. */
static u64 swappable(void)
{
	return sysfile_memory("AnonPages") + sysfile_memory("Shmem");
}

static u64 group_memory(const char *folder)
{
	char path[PATH_MAX];
	u64 bytes;

	/* The root has none: there it is all that there is. */
	if (snprintf(path, sizeof(path), "%s/memory.current", folder) >= (int)sizeof(path) ||
	    sysfile_number(path, 10, &bytes))
		return UINT64_MAX;
	return bytes;
}

static void on_alarm(int number)
{
	(void)number;
}

/* A signal ends it, and what went until then has gone. Return: -EINTR: it took too long */
static int write_for_a_while(const char *path, const char *amount)
{
	const struct sigaction wake = { .sa_handler = on_alarm };
	/* Again and again: the first may come before the write begins. */
	struct itimerval time = {
		.it_value = { .tv_sec = RECLAIM_S },
		.it_interval = { .tv_sec = RECLAIM_S },
	};
	struct sigaction before;
	int ret;

	sigaction(SIGALRM, &wake, &before);
	setitimer(ITIMER_REAL, &time, NULL);
	ret = sysfile_write(path, amount);
	memset(&time, 0, sizeof(time));
	setitimer(ITIMER_REAL, &time, NULL);
	sigaction(SIGALRM, &before, NULL);
	return ret;
}

/*
 * In pieces, as long as each is worth it: what is in use comes back at once, and the kernel
 * would look for the last bytes of what cannot go for seconds.
 */
static void reclaim(const char *folder, const char *path, struct pageout *out)
{
	u64 left = group_memory(folder), before = swappable(), after;
	int ret;

	out->groups++;
	while (left && before >= WORTH_BYTES && !stopped(out)) {
		u64 piece = smallest(smallest(left, before), RECLAIM_BYTES);
		char amount[32];

		snprintf(amount, sizeof(amount), "%" PRIu64, piece);
		ret = write_for_a_while(path, amount);
		/* EAGAIN: there is no more to be had. */
		if (ret && ret != -EINTR)
			return;
		after = swappable();
		if (after > before || before - after < piece / 8)
			return;
		left -= piece;
		before = after;
	}
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !lstat(sysfile_path("%s", path).s, &st) && S_ISDIR(st.st_mode);
}

/* A group is reclaimed with all below it, so the walk ends where the file is. */
static void reclaim_groups(const char *folder, unsigned int depth, struct pageout *out)
{
	struct sysfile_names names;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/memory.reclaim", folder) >= (int)sizeof(path))
		return;
	if (!access(sysfile_path("%s", path).s, W_OK)) {
		reclaim(folder, path, out);
		return;
	}
	if (depth >= GROUP_DEPTH)
		return;
	sysfile_names(folder, &names);
	for (int i = 0; i < names.count && !stopped(out); i++)
		if (snprintf(path, sizeof(path), "%s/%s", folder, names.entry[i]->d_name) <
		    (int)sizeof(path) && is_folder(path))
			reclaim_groups(path, depth + 1, out);
	sysfile_names_free(&names);
}

static void drop_caches(void)
{
	int ret = sysfile_write("/proc/sys/vm/drop_caches", "3");

	if (ret)
		msg_info("the page cache cannot be dropped: %s", strerror(-ret));
}

/*
 * Anonymous and shared memory alone: files would come back and be reclaimed again all the
 * time. Those that nobody maps go with the page cache.
 */
static void page_out_groups(struct pageout *out)
{
	char *before = NULL;
	int ret = sysfile_read(SWAPPINESS, &before);

	if (!ret)
		ret = sysfile_write(SWAPPINESS, "200");
	reclaim_groups(CGROUPS, 0, out);
	if (!ret && sysfile_write(SWAPPINESS, before))
		msg_error("%s cannot be set to %s again", SWAPPINESS, before);
	free(before);
}

int pageout_all(struct pageout *out)
{
	u64 begin;
	int ret;

	/* Dirty pages cannot be dropped. */
	sync();
	if (!out->keep_files)
		drop_caches();
	begin = clock_ns();
	ret = page_out_processes(out);
	out->process_ns = clock_ns() - begin;
	if (ret)
		return ret;
	progress_update("page-out", 80);
	begin = clock_ns();
	if (!stopped(out) && !out->keep_files)
		page_out_groups(out);
	out->group_ns = clock_ns() - begin;
	if (stopped(out))
		return -ECANCELED;
	/* What nobody maps any more. */
	if (!out->keep_files)
		drop_caches();
	progress_update("page-out", 100);
	return 0;
}
