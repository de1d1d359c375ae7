/* SPDX-License-Identifier: GPL-2.0-only */
/* While the system is looked at: between the parts of the decision only. */
#ifndef SNAPCTL_FSCLASS_LOOK_H
#define SNAPCTL_FSCLASS_LOOK_H

#include "fsclass.h"

struct blockdev;

/**
 * struct look - while the system is looked at
 * @conf: which mount points are listed
 * @once: nothing is unmounted: what can be frozen is
 * @mounts: all mounts
 * @table: result
 */
struct look {
	const struct conf *conf;
	bool once;
	struct mounts mounts;
	struct fsclass_table *table;
};

/** enum beneath - beneath a mount; ordered as enum fsclass is, with one more for plain media */
enum beneath {
	BENEATH_VOLATILE = FSCLASS_VOLATILE,
	BENEATH_IMMUTABLE,
	BENEATH_PERSISTENT,
	BENEATH_WRITABLE,	/* a device that can be written */
	BENEATH_REFUSED,	/* a filesystem that is refused, or something unknown */
};

/**
 * fsclass_new_entry() - add an empty entry to the table
 *
 * Return: it, until the next one is added; NULL: no memory
 */
struct fsclass_entry *fsclass_new_entry(struct look *look);

/** fsclass_why() - the reason of @e */
void fsclass_why(struct fsclass_entry *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** fsclass_advise() - what to do about @e */
void fsclass_advise(struct fsclass_entry *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * fsclass_of_mount() - the class of a mount
 * @look: the system
 * @m: mount
 * @e: filled in, but for its class and holders
 * @depth: how many things lie on it in this look, 0: it is judged for itself
 *
 * Return: the class
 */
enum fsclass fsclass_of_mount(struct look *look, const struct mount_entry *m,
			      struct fsclass_entry *e, int depth);

/** fsclass_is_listed() - is it unmounted for a take? The root never is. */
bool fsclass_is_listed(const struct look *look, const struct mount_entry *m);

/** fsclass_follows_listed() - does a listed mount take @m, of another namespace, with it? */
bool fsclass_follows_listed(const struct look *look, const struct mount_entry *m);

/**
 * fsclass_beneath() - what a block device lies on
 * @look: the system
 * @dev: number of the device
 * @name: what to call it
 * @size: bytes of @name
 * @depth: how many things lie on it in this look
 *
 * Return: the worst of what it lies on
 */
enum beneath fsclass_beneath(struct look *look, dev_t dev, char *name, size_t size, int depth);

/** fsclass_beneath_loop() - fsclass_beneath() of a loop device: its file's filesystem */
enum beneath fsclass_beneath_loop(struct look *look, const struct blockdev *b, char *name,
				  size_t size, int depth);

/** fsclass_ubi_writable() - is UBI device @ubi attached, and can it be written? */
bool fsclass_ubi_writable(unsigned int ubi);

/** fsclass_judge_writers() - entries of devices open for writing; 0 or a negative errno */
int fsclass_judge_writers(struct look *look);

/**
 * fsclass_judge_devices() - entries of block devices that are in use otherwise
 *
 * After all that has a device: only what has no entry yet gets one.
 *
 * Return: 0 or a negative errno
 */
int fsclass_judge_devices(struct look *look);

/** fsclass_judge_ubi() - entries of UBI devices that can be written; 0 or a negative errno */
int fsclass_judge_ubi(struct look *look);

/** fsclass_judge_jffs2() - entries of jffs2 that no mount shows; 0 or a negative errno */
int fsclass_judge_jffs2(struct look *look);

#endif /* SNAPCTL_FSCLASS_LOOK_H */
