/* SPDX-License-Identifier: GPL-2.0-only */
/* Filesystems that stay mounted for writing in a snapshot for a single use. */
#ifndef SNAPCTL_FREEZE_H
#define SNAPCTL_FREEZE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FREEZE_MAX	64

/**
 * struct freeze - filesystems that are frozen
 * @fd: of the mount points, in the order in which they were frozen
 * @dev: of the filesystems
 * @count: entries of both
 */
struct freeze {
	int fd[FREEZE_MAX];
	dev_t dev[FREEZE_MAX];
	size_t count;
};

/**
 * freeze_all() - write out and freeze every filesystem that is mounted for writing, in
 *	whatever mount namespace
 * @freeze: result; freeze_end() undoes it
 * @force: go on without those that cannot be frozen
 *
 * From here on until freeze_end() nothing is written to them, by nobody. On failure
 * nothing is frozen.
 *
 * Return: 0 or a negative errno, with a message; -EOPNOTSUPP: one cannot be frozen
 */
int freeze_all(struct freeze *freeze, bool force);

/** freeze_end() - thaw them, the last one first; with a message where that fails */
void freeze_end(struct freeze *freeze);

#endif /* SNAPCTL_FREEZE_H */
