/* SPDX-License-Identifier: GPL-2.0-only */
/* Block devices of filesystems. */
#ifndef SNAPCTL_BLOCKDEV_H
#define SNAPCTL_BLOCKDEV_H

/**
 * blockdev_flush() - write back and drop all that is cached of a device
 * @path: such as the source of a mount
 *
 * Only when nobody has it: an own filesystem that is mounted keeps its device open.
 *
 * Return: 0, -ENOTBLK: not a block device, -EBUSY: somebody has it, or another negative errno
 */
int blockdev_flush(const char *path);

#endif /* SNAPCTL_BLOCKDEV_H */
