// SPDX-License-Identifier: GPL-2.0-only
/* Starts programs so that neither they nor we are in the other's way. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "pidcall.h"

/* What a program is given to end by itself. */
#define STOP_MS	2000

int command_start(char *const argv[], pid_t *pid)
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
		ret = posix_spawn_file_actions_adddup2(&files, 2, 1);
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

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
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
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
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
