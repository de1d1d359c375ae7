/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of systemd, by systemctl(1). */
#ifndef SNAPCTL_SYSTEMD_H
#define SNAPCTL_SYSTEMD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "snapimg_glue.h"
#include "watch.h"

#define SYSTEMD_NAME_MAX	256

/**
 * struct systemd_units - names of units, none of them twice
 * @name: names
 * @count: how many
 */
struct systemd_units {
	char (*name)[SYSTEMD_NAME_MAX];
	size_t count;
};

/** systemd_runs() - is it the init of this system? */
bool systemd_runs(void);

/** systemd_add() - add a name; 0, -ENOMEM, -EINVAL: not the name of a unit */
int systemd_add(struct systemd_units *units, const char *name);

/** systemd_has() - is it in the list? */
bool systemd_has(const struct systemd_units *units, const char *name);

/** systemd_free() - forget all */
void systemd_free(struct systemd_units *units);

/**
 * systemd_mount_unit() - the unit of a mount point
 * @target: mount point
 * @name: result, SYSTEMD_NAME_MAX bytes; empty: none, or one that is there only while
 *	something is mounted
 * @units: active units that need it are added
 *
 * Return: 0 or a negative errno
 */
int systemd_mount_unit(const char *target, char *name, struct systemd_units *units);

/**
 * systemd_complete() - add all active units that would stop with those in the list, or
 *	would start them again
 *
 * Return: 0 or a negative errno
 */
int systemd_complete(struct systemd_units *units);

/** systemd_is_active() - also true while it changes */
bool systemd_is_active(const char *name);

/**
 * systemd_stop() - stop them in their order, and wait
 * @units: units
 * @timeout_s: longest time
 * @watch: a signal ends it; NULL: none does
 *
 * Return: 0, -ETIMEDOUT, -ECANCELED, -ECHILD: systemctl failed, or another negative errno
 */
int systemd_stop(const struct systemd_units *units, u32 timeout_s, const struct watch *watch);

/** systemd_start() - start them in their order, and wait; as systemd_stop() */
int systemd_start(const struct systemd_units *units, u32 timeout_s, const struct watch *watch);

/**
 * systemd_unit_of() - the unit that a process belongs to
 * @pid: process, 0: this one
 * @name: result, SYSTEMD_NAME_MAX bytes; empty: none
 *
 * Return: can it be stopped and started by its name: is it a service of the system?
 */
bool systemd_unit_of(pid_t pid, char *name);

#endif /* SNAPCTL_SYSTEMD_H */
