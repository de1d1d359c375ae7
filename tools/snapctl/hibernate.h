/* SPDX-License-Identifier: GPL-2.0-only */
/* A snapshot for a single use: filesystems stay mounted, and frozen until power-off. */
#ifndef SNAPCTL_HIBERNATE_H
#define SNAPCTL_HIBERNATE_H

#include <linux/snapcap.h>

/**
 * hibernate_take() - freeze filesystems, take, and power off
 * @fd: device
 * @take: as for kdev_take(), with SNAPCAP_TAKE_ONCE; with SNAPCAP_TAKE_FORCED also when
 *	one of them cannot be frozen
 *
 * Returns in the restored system, where the filesystems are thawed again; after a
 * failure, with everything as before; and after a dry run.
 *
 * Return: 0 or a negative errno
 */
int hibernate_take(int fd, struct snapcap_makesnap *take);

#endif /* SNAPCTL_HIBERNATE_H */
