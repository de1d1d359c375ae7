/* SPDX-License-Identifier: GPL-2.0-only */
/* What a restored system is to find unchanged: which parts of which devices. */
#ifndef SNAPCTL_FINGERPRINT_H
#define SNAPCTL_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/snapcap.h>

#include "snapimg_glue.h"

struct json_object;

/**
 * struct fingerprint_list - the devices
 * @entry: as the module wants them
 * @count: used
 */
struct fingerprint_list {
	struct snapcap_fingerprint entry[SNAPCAP_FINGERPRINTS_MAX];
	u32 count;
};

/**
 * fingerprint_add() - watch a block device
 * @list: to add it to
 * @dev: its number
 * @policy: SNAPCAP_FINGERPRINT_IMMUTABLE: nobody writes to it; _IDENTITY: its
 *	filesystem is written, but is to be the same one
 *
 * What is watched depends on what is on it: see Documentation/fingerprints.rst. A device
 * that is in the list already is not added again.
 *
 * Return: 0; -ENODATA: what is on it is not known, or has no identity; -EOPNOTSUPP: a
 * loop device, of which the device below it is to be watched; -ENOSPC: the list is full;
 * another negative errno
 */
int fingerprint_add(struct fingerprint_list *list, dev_t dev, u32 policy);

/**
 * fingerprint_add_mtd() - watch an MTD device that UBI is attached to, or a file system
 *	is made for
 * @list: to add it to
 * @mtd: its number
 * @policy: as above
 *
 * Return: as fingerprint_add()
 */
int fingerprint_add_mtd(struct fingerprint_list *list, unsigned int mtd, u32 policy);

/**
 * fingerprint_watch() - have the module read and watch them
 * @fd: device of the module
 * @list: replaces what was watched
 * @failed: result: name of the device that made it fail, or NULL
 *
 * Return: 0 or a negative errno
 */
int fingerprint_watch(int fd, const struct fingerprint_list *list, const char **failed);

/**
 * fingerprint_check() - what is watched, read again
 * @fd: device of the module
 * @list: result
 * @ns: result: how long that took
 *
 * Return: 0 or a negative errno
 */
int fingerprint_check(int fd, struct fingerprint_list *list, u64 *ns);

/** fingerprint_json() - the list; NULL as list is null */
struct json_object *fingerprint_json(const struct fingerprint_list *list, u64 ns);

/** fingerprint_report() - print the list */
void fingerprint_report(const struct fingerprint_list *list);

#endif /* SNAPCTL_FINGERPRINT_H */
