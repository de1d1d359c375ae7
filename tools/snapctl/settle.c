// SPDX-License-Identifier: GPL-2.0-only
/* Waits for the first of several ends. What an end means is for the take to say. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "pidcall.h"
#include "progress.h"
#include "settle.h"

#define TICK_MS		1000
/* For a command whose last act was to say that all is ready, to end and to be judged. */
#define READY_GRACE_MS	10000

enum { NEWS, WARM, FDS };

static void note_warm_end(struct settle *settle, pid_t pid)
{
	while (waitpid(pid, &settle->status, 0) < 0 && errno == EINTR)
		;
	settle->end = WIFEXITED(settle->status) && !WEXITSTATUS(settle->status) ?
		      SETTLE_WARM : SETTLE_WARM_FAILED;
}

static int draw_and_poll(struct settle *settle, struct pollfd *fds, u64 passed_ms)
{
	u64 whole_ms = (u64)settle->seconds * 1000, left_ms = whole_ms - passed_ms;

	progress_left("settle", (unsigned int)(passed_ms * 100 / whole_ms),
		      (unsigned int)((left_ms + 999) / 1000));
	if (poll(fds, FDS, left_ms < TICK_MS ? (int)left_ms : TICK_MS) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int wait_for_end(struct settle *settle, struct watch *watch, struct pollfd *fds)
{
	u64 begin = clock_ns();
	uint64_t count;
	int ret = 0;

	while (!ret) {
		u64 passed_ms = (clock_ns() - begin) / 1000000;

		if (watch_signalled(watch))
			settle->end = SETTLE_SIGNAL;
		else if (watch_ready(watch))
			settle->end = SETTLE_READY;
		else if (fds[WARM].revents)
			settle->end = SETTLE_WARM;
		else if (passed_ms >= (u64)settle->seconds * 1000)
			settle->end = settle->warm ? SETTLE_WARM_TIMEOUT : SETTLE_TIME;
		if (settle->end != SETTLE_NONE)
			return 0;
		ret = draw_and_poll(settle, fds, passed_ms);
		if (fds[NEWS].revents && read(fds[NEWS].fd, &count, sizeof(count)) < 0)
			continue;
	}
	return ret;
}

static void end_warm(struct settle *settle, pid_t pid, struct pollfd *fd)
{
	bool ended = settle->end == SETTLE_WARM;

	if (settle->end == SETTLE_READY) {
		/* Who goes on running is part of what is ready. */
		if (poll(fd, 1, READY_GRACE_MS) <= 0)
			return;
		note_warm_end(settle, pid);
		if (settle->end == SETTLE_WARM)
			settle->end = SETTLE_READY;
	} else if (ended) {
		note_warm_end(settle, pid);
	} else {
		command_stop(pid);
		return;
	}
	/* What a failed command began is not to stay. */
	if (settle->end == SETTLE_WARM_FAILED)
		command_kill_group(pid);
}

int settle_wait(struct settle *settle, struct watch *watch)
{
	struct pollfd fds[FDS] = {
		[NEWS] = { .fd = watch_news(watch), .events = POLLIN },
		[WARM] = { .fd = -1, .events = POLLIN },
	};
	u64 begin = clock_ns();
	pid_t pid = 0;
	int ret = 0;

	settle->end = SETTLE_NONE;
	if (settle->warm) {
		char shell[] = "sh", flag[] = "-c";
		char *argv[] = { shell, flag, (char *)settle->warm, NULL };

		ret = command_start(argv, &pid);
		if (ret)
			return ret;
		fds[WARM].fd = pidcall_open(pid);
		if (fds[WARM].fd < 0)
			ret = -errno;
	}
	if (!ret)
		ret = wait_for_end(settle, watch, fds);
	if (pid)
		end_warm(settle, pid, &fds[WARM]);
	if (fds[WARM].fd >= 0)
		close(fds[WARM].fd);
	settle->ns = clock_ns() - begin;
	return ret;
}

const char *settle_end_name(enum settle_end end)
{
	switch (end) {
	case SETTLE_TIME:
		return "time";
	case SETTLE_READY:
		return "ready";
	case SETTLE_WARM:
		return "warm";
	case SETTLE_WARM_FAILED:
		return "warm-failed";
	case SETTLE_WARM_TIMEOUT:
		return "warm-timeout";
	case SETTLE_SIGNAL:
		return "signal";
	default:
		return "none";
	}
}
