/* SPDX-License-Identifier: GPL-2.0-only */
/* What may be mounted, swapped to or open when a snapshot is taken. */
#ifndef SNAPCTL_FSCLASS_H
#define SNAPCTL_FSCLASS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "fingerprint.h"
#include "holders.h"
#include "mounts.h"

/** enum fsclass - the classes; from good to bad */
enum fsclass {
	FSCLASS_VOLATILE = 1,	/* in memory: part of the snapshot */
	FSCLASS_IMMUTABLE,	/* nobody can write it */
	FSCLASS_PERSISTENT,	/* listed: unmounted for the take, and mounted again; or frozen */
	FSCLASS_REFUSED,	/* a restore would harm it */
};

/** enum fsclass_kind - what an entry is */
enum fsclass_kind {
	FSCLASS_MOUNT,
	FSCLASS_SWAP,
	FSCLASS_DEVICE,		/* in use without a mount that can be seen */
	FSCLASS_NAMESPACE,	/* a mount namespace that cannot be looked into */
};

/**
 * struct fsclass_entry - one of them, and the decision; texts may hold anything
 * @kind: what it is
 * @class: the decision
 * @where: mount point, swap area or device
 * @type: of the filesystem, or "swap", "device", "ubi", "namespace"
 * @device: what it lies on
 * @dev: number of that block device, or of the filesystem; 0: none
 * @mtd: number of the MTD device that it lies on, or -1
 * @pid: for a mount that only another mount namespace has: a process in it
 * @process: its name
 * @why: the reason
 * @advice: what to do; empty when nothing is to be done
 * @holders: who uses it; only of refused ones
 */
struct fsclass_entry {
	enum fsclass_kind kind;
	enum fsclass class;
	char where[PATH_MAX];
	char type[64];
	char device[256];
	dev_t dev;
	int mtd;
	pid_t pid;
	char process[64];
	char why[256];
	char advice[256];
	struct holders holders;
};

/**
 * struct fsclass_table - all decisions
 * @entry: them
 * @count: how many
 * @refused: how many of class 4
 */
struct fsclass_table {
	struct fsclass_entry *entry;
	size_t count;
	size_t refused;
};

/* For what the decision is. */
#define FSCLASS_SWAP_MOVES	0x1	/* the take itself looks after swap that is on a disk */
#define FSCLASS_ONCE		0x2	/* restored once: nothing is unmounted, but frozen */

/**
 * fsclass_decide() - look at the system
 * @conf: which mount points are listed
 * @flags: FSCLASS_SWAP_MOVES, FSCLASS_ONCE
 * @table: result; to be freed also when this fails
 *
 * Changes nothing. Needs root: what cannot be seen cannot be judged.
 *
 * Return: 0, or a negative errno: there is no decision, and a take must not begin
 */
int fsclass_decide(const struct conf *conf, unsigned int flags, struct fsclass_table *table);

/**
 * fsclass_watch() - what a restored system is to find as it was
 * @table: decisions
 * @class: those of FSCLASS_IMMUTABLE, unchanged; or of FSCLASS_PERSISTENT, the same ones
 * @list: to add their devices to
 *
 * What has nothing that tells it from another is left out, and a loop device, of which what
 * is beneath it has an entry of its own.
 *
 * Return: 0 or a negative errno
 */
int fsclass_watch(const struct fsclass_table *table, enum fsclass class,
		  struct fingerprint_list *list);

/** fsclass_free() - free what fsclass_decide() gave */
void fsclass_free(struct fsclass_table *table);

/** fsclass_name() - "volatile", "immutable", "persistent" or "refused" */
const char *fsclass_name(enum fsclass class);

/** fsclass_json() - the table; with @refused only, what is refused */
struct json_object *fsclass_json(const struct fsclass_table *table, bool refused);

/** fsclass_complain() - an error and advice for each entry that is refused */
void fsclass_complain(const struct fsclass_table *table);

#endif /* SNAPCTL_FSCLASS_H */
