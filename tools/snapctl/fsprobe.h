/* SPDX-License-Identifier: GPL-2.0-only */
/* What is on a device, and which parts of that tell it from another. */
#ifndef SNAPCTL_FSPROBE_H
#define SNAPCTL_FSPROBE_H

#include <stdbool.h>

#include <linux/snapcap.h>

#include "snapimg_glue.h"

/**
 * fsprobe() - which filesystem is it?
 * @fd: device, may hold anything
 * @bytes: its size
 * @type: result: as the kernel calls it; "ubi" for what UBI is attached to
 *
 * Return: 0, -ENODATA: none that is known here, another negative errno
 */
int fsprobe(int fd, u64 bytes, const char **type);

/** fsprobe_never_written() - is it of a type that cannot be written? */
bool fsprobe_never_written(const char *type);

/**
 * fsprobe_ranges() - what to watch of it
 * @fd: device
 * @type: from fsprobe()
 * @immutable: all that changes when it is written to; or what stays when it is
 * @bytes: size of the device
 * @range: result, SNAPCAP_FINGERPRINT_RANGES entries, none of them beyond @bytes
 * @count: result
 *
 * Return: 0, -ENODATA: nothing of it tells, another negative errno
 */
int fsprobe_ranges(int fd, const char *type, bool immutable, u64 bytes,
		   struct snapcap_fingerprint_range *range, u32 *count);

#endif /* SNAPCTL_FSPROBE_H */
