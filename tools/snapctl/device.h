/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's device, for commands that need it. */
#ifndef SNAPCTL_DEVICE_H
#define SNAPCTL_DEVICE_H

#include <stdbool.h>

#include <linux/snapcap.h>

/** device_open() - open /dev/snapcap and read INFO, with a message; returns an exit code */
int device_open(int *fd, struct snapcap_info *info);

/** device_take_runs() - a take writes the same flash: others keep out of its way */
bool device_take_runs(void);

/** device_flash_pages() - pages of the running system that are on flash only; 0: none known */
__u64 device_flash_pages(void);

/** device_has_loader() - was this system started by the boot loader that restores snapshots? */
bool device_has_loader(void);

#endif /* SNAPCTL_DEVICE_H */
