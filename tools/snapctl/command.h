/* SPDX-License-Identifier: GPL-2.0-only */
/* Other programs. */
#ifndef SNAPCTL_COMMAND_H
#define SNAPCTL_COMMAND_H

#include <sys/types.h>

#include "snapimg_glue.h"
#include "watch.h"

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

/**
 * command_run_bounded() - the same, but not longer than it may take
 * @argv: as for command_start()
 * @timeout_s: seconds after which it is stopped
 * @watch: a signal ends it, too; NULL: none does
 *
 * Return: 0, -ECHILD: it failed, -ETIMEDOUT, -ECANCELED, or another negative errno
 */
int command_run_bounded(char *const argv[], u32 timeout_s, const struct watch *watch);

/**
 * command_output() - what a program prints
 * @argv: its arguments; it shall be one that ends soon
 * @text: result, freed by the caller
 *
 * Return: 0, -ECHILD: it failed, -EFBIG: more than a MiB, or another negative errno
 */
int command_output(char *const argv[], char **text);

/** command_kill_group() - kill what a program that has ended left in its process group */
void command_kill_group(pid_t pid);

/** command_stop() - end a program's process group, and wait for the program */
void command_stop(pid_t pid);

#endif /* SNAPCTL_COMMAND_H */
