/* SPDX-License-Identifier: GPL-2.0-only */
/* Block and MTD devices, as sysfs shows them, and what lies beneath them. */
#ifndef SNAPCTL_BLOCKDEV_H
#define SNAPCTL_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "snapimg_glue.h"

/** BLOCKDEV_MAJOR_MTD - of /dev/mtdblockN, from the kernel's major.h */
#define BLOCKDEV_MAJOR_MTD	31

#define BLOCKDEV_NAME_SIZE	64
#define BLOCKDEV_SLAVES_MAX	32

/**
 * struct blockdev - a block device
 * @dev: its number
 * @name: as in /dev
 * @bytes: size
 * @read_only: the device is, whatever is mounted how
 * @in_memory: a RAM disk: a snapshot has what is on it
 * @loop: a file is beneath it
 * @partition: it is one
 * @partitioned: it has some
 * @held: another device is made of it
 * @slave: what it is made of, of a partition: of its disk
 * @slaves: how many
 */
struct blockdev {
	dev_t dev;
	char name[BLOCKDEV_NAME_SIZE];
	u64 bytes;
	bool read_only;
	bool in_memory;
	bool loop;
	bool partition;
	bool partitioned;
	bool held;
	dev_t slave[BLOCKDEV_SLAVES_MAX];
	size_t slaves;
};

/** blockdev_get() - look one up; 0, -ENODEV: none has this number, or another negative errno */
int blockdev_get(dev_t dev, struct blockdev *b);

/** blockdev_number() - number of the device with this path, through links, or 0 */
dev_t blockdev_number(const char *path);

/** blockdev_list() - numbers of all, freed by the caller; how many, or a negative errno */
int blockdev_list(dev_t **devs);

/**
 * blockdev_loop_file() - what is beneath a loop device
 * @b: it
 * @dev: device of the filesystem that the file is on
 * @path: the file, for messages
 * @size: room for it
 *
 * Return: 0 or a negative errno
 */
int blockdev_loop_file(const struct blockdev *b, dev_t *dev, char *path, size_t size);

/** blockdev_claimed() - has the kernel somebody who keeps others away, such as a mount? */
bool blockdev_claimed(const struct blockdev *b);

/**
 * blockdev_flush() - write back and drop all that is cached of a device
 * @path: such as the source of a mount
 *
 * Only when nobody has it: an own filesystem that is mounted keeps its device open.
 *
 * Return: 0, -ENOTBLK: not a block device, -EBUSY: somebody has it, or another negative errno
 */
int blockdev_flush(const char *path);

/**
 * blockdev_flush_mtd() - write back and drop what is cached below MTD devices
 *
 * That is block2mtd's, which has the page cache of a disk below it, and keeps that open. It
 * tells nobody which one: all that somebody has are flushed. Without it there is nothing to do.
 *
 * Return: 0 or a negative errno
 */
int blockdev_flush_mtd(void);

/** blockdev_filesystem() - what is on it, "" when that is not known or not clear */
void blockdev_filesystem(const struct blockdev *b, char *type, size_t size);

/** blockdev_is_mtd() - does block2mtd seem to make an MTD device of it? */
bool blockdev_is_mtd(const struct blockdev *b);

/** blockdev_mtd_bytes() - size of MTD device @number, 0: there is none */
u64 blockdev_mtd_bytes(unsigned int number);

/** blockdev_mtd_erase_bytes() - size of its erase blocks, 0: not known */
u64 blockdev_mtd_erase_bytes(unsigned int number);

/** blockdev_mtd_writable() - can MTD device @number be written? When in doubt, yes. */
bool blockdev_mtd_writable(unsigned int number);

/** blockdev_ubi_mtd() - the MTD device of UBI device @ubi, negative: there is none */
int blockdev_ubi_mtd(unsigned int ubi);

#endif /* SNAPCTL_BLOCKDEV_H */
