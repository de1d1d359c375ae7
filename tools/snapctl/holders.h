/* SPDX-License-Identifier: GPL-2.0-only */
/* Who uses a filesystem, and so keeps it from being unmounted. */
#ifndef SNAPCTL_HOLDERS_H
#define SNAPCTL_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "systemd.h"

/**
 * struct holder - a process
 * @pid: process
 * @command: its name
 * @how: "fd 3", "cwd", "root", "exe", "map", or "mount namespace"
 * @unit: systemd unit, may be empty
 * @service: the unit can be stopped and started
 */
struct holder {
	pid_t pid;
	char command[64];
	char how[32];
	char unit[SYSTEMD_NAME_MAX];
	bool service;
};

/**
 * struct holders - processes, each of them once
 * @holder: processes
 * @count: how many
 */
struct holders {
	struct holder *holder;
	size_t count;
};

/**
 * holders_find() - processes that have something of a filesystem open
 * @holders: result, freed with holders_free()
 * @dev: the filesystem, as stat() tells it
 *
 * This process is one of them when it has.
 *
 * Return: 0 or a negative errno
 */
int holders_find(struct holders *holders, dev_t dev);

/**
 * holders_namespaces() - processes, one of each mount namespace but this one, that see
 *	a filesystem mounted
 * @holders: result, freed with holders_free()
 * @dev: the filesystem, as mountinfo has it
 *
 * Return: 0 or a negative errno
 */
int holders_namespaces(struct holders *holders, dev_t dev);

/** holders_free() - forget them */
void holders_free(struct holders *holders);

#endif /* SNAPCTL_HOLDERS_H */
