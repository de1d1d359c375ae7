// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the kernel tell the times of callbacks, and reads what it told.
 *
 * The switches are the kernel's, for everybody, so they must be set back whatever
 * happens here, SIGKILL included. A second process does it, in every case: it waits
 * for the end of a pipe, which comes when this one closes it or dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pmtimes.h"
#include "sysfile.h"

/* A record of /dev/kmsg is not longer: CONSOLE_EXT_LOG_MAX. */
#define RECORD_SIZE	8192
/* In whole records; who writes as fast as this reads does not keep it for ever. */
#define LOG_MAX		(4096 * RECORD_SIZE)

/* Times of callbacks, and the ends of phases. */
static const char *const switches[] = {
	"/sys/power/pm_print_times", "/sys/power/pm_debug_messages",
};

#define SWITCHES	(sizeof(switches) / sizeof(switches[0]))

struct pm_record {
	int kmsg;
	int pipe;
	pid_t guard;
	bool changed[SWITCHES];
};

/* Is it off? Only then it is switched on, and off again. */
static bool is_off(const char *path)
{
	char *text;
	bool off;

	if (sysfile_read(path, &text))
		return false;
	off = text[0] == '0';
	free(text);
	return off;
}

static bool exists(const char *path)
{
	return !access(sysfile_path("%s", path).s, F_OK);
}

/* In the second process: never returns. */
static void guard(const struct pm_record *record, int end)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	bool failed = false;
	ssize_t got;
	char byte;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	/* What is sent to the group that runs the audit is not for this one. */
	setsid();
	do {
		got = read(end, &byte, 1);
	} while (got < 0 && errno == EINTR);
	for (size_t i = 0; i < SWITCHES; i++)
		if (record->changed[i] && sysfile_write(switches[i], "0"))
			failed = true;
	_exit(failed);
}

static int start_guard(struct pm_record *record)
{
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	record->guard = fork();
	if (!record->guard) {
		close(ends[1]);
		guard(record, ends[0]);
	}
	ret = record->guard < 0 ? -errno : 0;
	close(ends[0]);
	if (ret)
		close(ends[1]);
	else
		record->pipe = ends[1];
	return ret;
}

static int stop_guard(struct pm_record *record)
{
	int status;

	if (record->pipe < 0)
		return 0;
	close(record->pipe);
	while (waitpid(record->guard, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int switch_on(struct pm_record *record)
{
	bool any = false;
	int ret;

	for (size_t i = 0; i < SWITCHES; i++) {
		record->changed[i] = is_off(switches[i]);
		any |= record->changed[i];
	}
	if (!any)
		return 0;
	ret = start_guard(record);
	if (ret)
		return ret;
	for (size_t i = 0; i < SWITCHES && !ret; i++)
		if (record->changed[i])
			ret = sysfile_write(switches[i], "1");
	return ret;
}

int pm_record_start(struct pm_record **result, struct pm_times *times)
{
	struct pm_record *record = calloc(1, sizeof(*record));
	int ret;

	memset(times, 0, sizeof(*times));
	*result = record;
	if (!record)
		return -ENOMEM;
	record->pipe = -1;
	record->kmsg = open(sysfile_path("/dev/kmsg").s, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (record->kmsg < 0 || lseek(record->kmsg, 0, SEEK_END) < 0) {
		snprintf(times->why, sizeof(times->why), "the kernel's log cannot be read: %s",
			 strerror(errno));
		return 0;
	}
	if (!exists(switches[0])) {
		snprintf(times->why, sizeof(times->why),
			 "this kernel does not tell them (CONFIG_PM_SLEEP_DEBUG)");
		return 0;
	}
	ret = switch_on(record);
	if (!ret) {
		times->told = true;
		return 0;
	}
	snprintf(times->why, sizeof(times->why), "the kernel cannot be asked for them: %s",
		 strerror(-ret));
	return 0;
}

/* Reads up to the end of what there is. */
static int read_log(int fd, struct pm_times *times)
{
	struct pm_parser *parser = calloc(1, sizeof(*parser));
	char *buf = malloc(RECORD_SIZE);
	int ret = parser && buf ? 0 : -ENOMEM;
	size_t left = LOG_MAX;

	while (!ret && left) {
		ssize_t got = read(fd, buf, RECORD_SIZE);

		if (got > 0) {
			ret = pm_times_feed(times, parser, buf, (size_t)got);
		} else if (got < 0 && errno == EPIPE) {
			/* Overwritten; the next read goes on with the oldest there is. */
			times->lost = true;
		} else if (!got || errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			ret = -errno;
		}
		left -= got > 0 && (size_t)got < left ? (size_t)got : 1;
	}
	if (!ret)
		ret = pm_times_end(times, parser);
	free(buf);
	free(parser);
	return ret;
}

int pm_record_stop(struct pm_record *record, struct pm_times *times)
{
	int ret, log = 0;

	if (!record)
		return 0;
	/* First of all; the log keeps what it has. */
	ret = stop_guard(record);
	if (times->told)
		log = read_log(record->kmsg, times);
	if (log) {
		times->told = false;
		snprintf(times->why, sizeof(times->why), "the kernel's log cannot be read: %s",
			 strerror(-log));
	}
	if (record->kmsg >= 0)
		close(record->kmsg);
	free(record);
	return ret;
}
