/* SPDX-License-Identifier: GPL-2.0-only */
/* Other programs. */
#ifndef SNAPCTL_COMMAND_H
#define SNAPCTL_COMMAND_H

#include <sys/types.h>

/**
 * command_start() - start a program that is found in PATH
 * @argv: its arguments, NULL at the end
 * @pid: result
 *
 * It runs in a process group of its own, reads nothing, and its output goes to standard
 * error: standard output is for results. Signals reach it although they are blocked here.
 *
 * Return: 0 or a negative errno
 */
int command_start(char *const argv[], pid_t *pid);

/** command_run() - start a program and wait for it; 0, -ECHILD: it failed, other negative errno */
int command_run(char *const argv[]);

/** command_kill_group() - kill what a program that has ended left in its process group */
void command_kill_group(pid_t pid);

/** command_stop() - end a program's process group, and wait for the program */
void command_stop(pid_t pid);

#endif /* SNAPCTL_COMMAND_H */
