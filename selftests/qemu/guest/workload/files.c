// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files and what hangs on them: position, deleted files, locks, inotify
 * watches, epoll sets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hold.h"

#define RECORD		64
#define RECORDS		256

static int open_file(const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", work_dir(), name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s", path);
	return fd;
}

static int ring_fd, append_fd, deleted_fd;
static uint64_t file_turn, appended;

static void make_record(uint64_t number, char *record)
{
	snprintf(record, RECORD, "record %llu %016llx", (unsigned long long)number,
		 (unsigned long long)mix(seed, number));
}

static void setup_file(void)
{
	char record[RECORD] = "", path[128];

	ring_fd = open_file("ring", O_RDWR | O_CREAT | O_TRUNC);
	append_fd = open_file("log", O_WRONLY | O_APPEND | O_CREAT | O_TRUNC);
	deleted_fd = open_file("deleted", O_RDWR | O_CREAT | O_TRUNC);
	snprintf(path, sizeof(path), "%s/deleted", work_dir());
	unlink(path);
	for (uint64_t i = 0; i < RECORDS; i++) {
		make_record(i, record);
		if (write(ring_fd, record, RECORD) != RECORD ||
		    write(deleted_fd, record, RECORD) != RECORD)
			die("ring");
	}
	lseek(ring_fd, 0, SEEK_SET);
}

/* The position alone says which record comes next. */
static void check_file(bool thorough)
{
	char want[RECORD] = "", have[RECORD] = "";
	struct stat st = { };

	for (int left = thorough ? 16 : 1; left; left--) {
		uint64_t number = file_turn++ % RECORDS;

		memset(want, 0, sizeof(want));
		make_record(number, want);
		expect(read(ring_fd, have, RECORD) == RECORD && !strcmp(have, want), "file",
		       "at record %llu is '%.40s'", (unsigned long long)number, have);
		expect(pread(deleted_fd, have, RECORD, number * RECORD) == RECORD &&
		       !strcmp(have, want), "file", "deleted file has '%.40s'", have);
		if (number == RECORDS - 1)
			lseek(ring_fd, 0, SEEK_SET);
	}
	if (write(append_fd, want, RECORD) == RECORD)
		appended += RECORD;
	expect(!fstat(append_fd, &st) && (uint64_t)st.st_size == appended, "file",
	       "%lld bytes appended of %llu", (long long)st.st_size, (unsigned long long)appended);
	expect(!fstat(deleted_fd, &st) && !st.st_nlink, "file", "deleted file has a name");
}

static void damage_file(void)
{
	lseek(ring_fd, RECORD, SEEK_CUR);
}

const struct hold hold_file = { "file", setup_file, check_file, damage_file };

#define LOCK_START	10
#define LOCK_SIZE	7

static int posix_lock_fd, other_lock_fd, flock_fd, other_flock_fd;

static void setup_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = LOCK_START, .l_len = LOCK_SIZE };

	posix_lock_fd = open_file("locked", O_RDWR | O_CREAT | O_TRUNC);
	other_lock_fd = open_file("locked", O_RDWR);
	flock_fd = open_file("flocked", O_RDWR | O_CREAT | O_TRUNC);
	other_flock_fd = open_file("flocked", O_RDWR);
	if (fcntl(posix_lock_fd, F_SETLK, &lock) || flock(flock_fd, LOCK_EX | LOCK_NB))
		die("lock");
}

/* A lock of an open file conflicts with one of the process, even the same. */
static void check_lock(bool thorough)
{
	struct flock lock = { .l_type = F_RDLCK };

	(void)thorough;
	expect(!fcntl(other_lock_fd, F_OFD_GETLK, &lock) && lock.l_type == F_WRLCK &&
	       lock.l_pid == getpid() && lock.l_start == LOCK_START && lock.l_len == LOCK_SIZE,
	       "lock", "POSIX lock is type %d of %d at %lld", lock.l_type, lock.l_pid,
	       (long long)lock.l_start);
	expect(flock(other_flock_fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK, "lock",
	       "flock is not held");
}

static void damage_lock(void)
{
	flock(flock_fd, LOCK_UN);
}

const struct hold hold_lock = { "lock", setup_lock, check_lock, damage_lock };

static int inotify_fd, watch, watched_fd;

static void setup_inotify(void)
{
	char path[128];

	watched_fd = open_file("watched", O_WRONLY | O_CREAT | O_TRUNC);
	snprintf(path, sizeof(path), "%s/watched", work_dir());
	inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	watch = inotify_add_watch(inotify_fd, path, IN_MODIFY);
	/* One event always waits. */
	if (inotify_fd < 0 || watch < 0 || pwrite(watched_fd, "x", 1, 0) != 1)
		die("inotify");
}

static void check_inotify(bool thorough)
{
	struct inotify_event event = { };

	(void)thorough;
	expect(read(inotify_fd, &event, sizeof(event)) == sizeof(event) && event.wd == watch &&
	       event.mask == IN_MODIFY, "inotify", "event %#x of watch %d", event.mask, event.wd);
	expect(read(inotify_fd, &event, sizeof(event)) < 0 && errno == EAGAIN, "inotify",
	       "more events than writes");
	if (pwrite(watched_fd, "y", 1, 0) != 1)
		expect(false, "inotify", "write: %s", strerror(errno));
}

static void damage_inotify(void)
{
	inotify_rm_watch(inotify_fd, watch);
}

const struct hold hold_inotify = {
	"inotify", setup_inotify, check_inotify, damage_inotify
};

#define EPOLL_FDS	4

static int epoll_fd, epoll_event[EPOLL_FDS];

static void setup_epoll(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < EPOLL_FDS; i++) {
		/* Every second one is ready; the last reports its edge once. */
		struct epoll_event event = { .events = EPOLLIN, .data.u64 = mix(seed, i) };

		if (i == EPOLL_FDS - 1)
			event.events |= EPOLLET;
		epoll_event[i] = eventfd(i % 2 ? 5 + i : 0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (epoll_event[i] < 0 ||
		    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, epoll_event[i], &event))
			die("epoll");
	}
}

/* The edge of the last one is seen in the first check only. */
static void check_epoll(bool thorough)
{
	struct epoll_event event[EPOLL_FDS];
	static bool edge_seen;
	int ready, want = edge_seen ? 1 : 2;
	uint64_t value = 0;

	(void)thorough;
	ready = epoll_wait(epoll_fd, event, EPOLL_FDS, 0);
	edge_seen = true;
	expect(ready == want, "epoll", "%d are ready in place of %d", ready, want);
	for (int i = 0; i < ready; i++)
		expect(event[i].data.u64 == mix(seed, 1) ||
		       event[i].data.u64 == mix(seed, EPOLL_FDS - 1), "epoll",
		       "data %#llx", (unsigned long long)event[i].data.u64);
	/* The counter goes out and in again. */
	expect(read(epoll_event[1], &value, sizeof(value)) == sizeof(value) && value == 6, "epoll",
	       "eventfd has %llu", (unsigned long long)value);
	expect(epoll_wait(epoll_fd, event, EPOLL_FDS, 0) == 0, "epoll", "still ready after read");
	value = 6;
	if (write(epoll_event[1], &value, sizeof(value)) != sizeof(value))
		expect(false, "epoll", "eventfd: %s", strerror(errno));
}

static void damage_epoll(void)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, epoll_event[1], NULL);
}

const struct hold hold_epoll = { "epoll", setup_epoll, check_epoll, damage_epoll };
