/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes and their mappings, as /proc shows them. */
#ifndef SNAPCTL_PROCS_H
#define SNAPCTL_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "snapimg_glue.h"

/**
 * struct procs_map - a mapping
 * @start: first address
 * @end: address behind it
 * @writable: may have pages of its own, which no file has
 */
struct procs_map {
	u64 start;
	u64 end;
	bool writable;
};

/** procs_list() - all but this one, freed by the caller; their number or a negative errno */
int procs_list(pid_t **pids);

/**
 * procs_maps() - mappings of a process that may have pages of its own or of files
 * @pid: process
 * @maps: result, freed by the caller
 *
 * Return: how many, 0 for a kernel thread, or a negative errno
 */
int procs_maps(pid_t pid, struct procs_map **maps);

/**
 * procs_start() - when a process began, in clock ticks since the boot; tells one that has a
 *	number from a later one with the same
 * @pid: process
 * @start: result
 * @name: result: its name, at least 64 bytes; may be NULL
 *
 * Return: 0 or a negative errno
 */
int procs_start(pid_t pid, u64 *start, char *name);

#endif /* SNAPCTL_PROCS_H */
