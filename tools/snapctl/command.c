// SPDX-License-Identifier: GPL-2.0-only
/* Starts programs so that neither they nor we are in the other's way. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "pidcall.h"

/* What a program is given to end by itself. */
#define STOP_MS	2000
#define POLL_MS	20
#define OUTPUT_MAX	(1 << 20)

/* @out: where its output goes */
static int start(char *const argv[], pid_t *pid, int out)
{
	extern char **environ;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int ret;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&files))
		return -ENOMEM;
	if (posix_spawnattr_init(&how)) {
		posix_spawn_file_actions_destroy(&files);
		return -ENOMEM;
	}
	ret = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETPGROUP);
	if (!ret)
		ret = posix_spawnp(pid, argv[0], &files, &how, argv, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return -ret;
}

int command_start(char *const argv[], pid_t *pid)
{
	return start(argv, pid, 2);
}

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int result(int status)
{
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

int command_run(char *const argv[])
{
	int status, ret;
	pid_t pid;

	ret = command_start(argv, &pid);
	if (!ret)
		ret = wait_for(pid, &status);
	if (ret)
		return ret;
	return result(status);
}

int command_run_bounded(char *const argv[], u32 timeout_s, const struct watch *watch)
{
	u64 end = clock_ns() + (u64)timeout_s * 1000000000;
	int status, ret;
	pid_t pid, got;

	ret = command_start(argv, &pid);
	if (ret)
		return ret;
	while (!(got = waitpid(pid, &status, WNOHANG))) {
		if (watch && watch_signalled(watch))
			ret = -ECANCELED;
		else if (clock_ns() > end)
			ret = -ETIMEDOUT;
		if (ret) {
			command_stop(pid);
			return ret;
		}
		usleep(POLL_MS * 1000);
	}
	return got < 0 ? -errno : result(status);
}

static int read_output(int fd, char **text)
{
	char *buf = malloc(OUTPUT_MAX);
	size_t len = 0;
	ssize_t got;

	if (!buf)
		return -ENOMEM;
	while (len < OUTPUT_MAX && (got = read(fd, buf + len, OUTPUT_MAX - len)) != 0) {
		if (got > 0)
			len += (size_t)got;
		else if (errno != EINTR)
			break;
	}
	if (len == OUTPUT_MAX || got < 0) {
		free(buf);
		return len == OUTPUT_MAX ? -EFBIG : -EIO;
	}
	buf[len] = '\0';
	*text = buf;
	return 0;
}

int command_output(char *const argv[], char **text)
{
	int pipes[2], status, ret, end;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	ret = start(argv, &pid, pipes[1]);
	close(pipes[1]);
	if (!ret) {
		ret = read_output(pipes[0], text);
		close(pipes[0]);
		end = wait_for(pid, &status);
		if (!ret && (end || result(status))) {
			free(*text);
			ret = end ? end : result(status);
		}
		return ret;
	}
	close(pipes[0]);
	return ret;
}

void command_kill_group(pid_t pid)
{
	kill(-pid, SIGKILL);
}

void command_stop(pid_t pid)
{
	struct pollfd end = { .fd = pidcall_open(pid), .events = POLLIN };
	int status;

	kill(-pid, SIGTERM);
	if (end.fd >= 0) {
		poll(&end, 1, STOP_MS);
		close(end.fd);
	}
	/* Also what the program has left behind. */
	command_kill_group(pid);
	wait_for(pid, &status);
}
