/* SPDX-License-Identifier: GPL-2.0-only */
/* UBI devices: what uses them, and detaching them for a while. */
#ifndef SNAPCTL_UBI_H
#define SNAPCTL_UBI_H

#include <stdbool.h>
#include <stddef.h>

#include "holders.h"
#include "snapimg_glue.h"

/* The kernel has no more. */
#define UBI_COUNT_MAX	32

/**
 * struct ubi_device - what it takes to attach one again as it was
 * @number: of the UBI device
 * @mtd: number of the MTD device that it lies on
 * @vid_offset: where the second header of each erase block lies
 * @detached: by us
 */
struct ubi_device {
	unsigned int number;
	unsigned int mtd;
	u32 vid_offset;
	bool detached;
};

/**
 * ubi_of_source() - the UBI device that an UBIFS lies on
 * @source: of the mount, in any of the forms that UBIFS takes
 *
 * Return: number, or -1: it cannot be told
 */
int ubi_of_source(const char *source);

/** ubi_of_disk() - the UBI device of a block device with this name, -1: it is no ubiblock */
int ubi_of_disk(const char *name);

/**
 * ubi_made_into() - does something other than a filesystem stand on one of its volumes?
 * @number: of the UBI device
 * @name: result: ubiblock device, or MTD device of gluebi
 * @size: room for it
 *
 * They go away when the UBI device is detached, and do not come back with it.
 */
bool ubi_made_into(unsigned int number, char *name, size_t size);

/** ubi_holders() - processes that have it or a volume of it open; 0 or a negative errno */
int ubi_holders(unsigned int number, struct holders *holders);

/**
 * ubi_find() - an attached one
 * @number: its number
 * @ubi: result
 *
 * Return: 0; -ENODEV: none has this number; -EPROTO: no erase block of the first ones tells
 * where its headers are; another negative errno
 */
int ubi_find(unsigned int number, struct ubi_device *ubi);

/** ubi_detach() - 0; -EBUSY: a volume of it is in use; another negative errno */
int ubi_detach(struct ubi_device *ubi);

/** ubi_attach() - as it was; 0, also when somebody else did; or a negative errno */
int ubi_attach(struct ubi_device *ubi);

#endif /* SNAPCTL_UBI_H */
