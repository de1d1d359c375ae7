/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/snapcap. All functions return 0 or a negative errno. */
#ifndef SNAPCTL_KDEV_H
#define SNAPCTL_KDEV_H

#include <stddef.h>
#include <stdint.h>

#include <linux/snapcap.h>

/** kdev_open() - open the device; @fd is closed with close() */
int kdev_open(int *fd);

/** kdev_info() - what does not change; -EPROTO: the module's ABI is another one */
int kdev_info(int fd, struct snapcap_info *info);

/** kdev_status() - state and last result */
int kdev_status(int fd, struct snapcap_status *status);

/** kdev_boot_info() - how this system came up */
int kdev_boot_info(int fd, struct snapcap_boot_info *boot);

/**
 * kdev_take() - take a snapshot
 * @fd: device
 * @take: arguments; the function sets the size
 *
 * Returns 0 twice: in the system that goes on, and at every later power-on in the
 * restored one. take->status.size is 0 when the module filled in no status.
 */
int kdev_take(int fd, struct snapcap_makesnap *take);

/** kdev_cancel() - end the take that runs; -ENOENT: none does */
int kdev_cancel(int fd);

/** kdev_request() - ask the boot loader for SNAPCAP_REQUEST_* at the next start */
int kdev_request(int fd, uint32_t request);

/** kdev_pager() - do SNAPCAP_PAGER_*; @bytes for SNAPCAP_PAGER_SETUP, else 0 */
int kdev_pager(int fd, uint32_t op, uint64_t bytes);

/** kdev_pager_status() - the swap device and what was read from flash */
int kdev_pager_status(int fd, struct snapcap_pager_status *status);

/** kdev_ready() - the applications are ready: ends a settle time and the record of the hot set */
int kdev_ready(int fd);

/** kdev_confirm() - confirm the restore, or with SNAPCAP_CONFIRM_QUERY ask; @c: in and out */
int kdev_confirm(int fd, struct snapcap_confirm *c);

/**
 * kdev_hot_set() - the pages that were read from the swap device while that was recorded
 * @fd: device
 * @entries: result
 * @count: in: room in @entries; out: entries used
 * @total: entries that there are
 */
int kdev_hot_set(int fd, struct snapcap_hot_page *entries, uint32_t *count, uint64_t *total);

/**
 * kdev_rehearse() - suspend and resume everything once
 * @fd: device
 * @state: SNAPCAP_STATE_PASS1 or SNAPCAP_STATE_PASS2, what drivers are to see
 * @status: result; its size is 0 when the module filled in nothing
 */
int kdev_rehearse(int fd, uint32_t state, struct snapcap_status *status);

/**
 * kdev_devices() - all devices known to power management
 * @fd: device
 * @entries: result
 * @count: in: room in @entries; out: entries used
 * @total: devices that there are
 */
int kdev_devices(int fd, struct snapcap_device *entries, uint32_t *count, uint64_t *total);

/**
 * kdev_fingerprint() - devices that a restored system counts on
 * @fd: device
 * @op: SNAPCAP_FINGERPRINT_SET, _GET or _CHECK
 * @entries: what to watch; result of the others
 * @count: in: entries, or room for them; out: entries used
 * @total: devices that are watched; of a SET that failed, the entry that it failed at
 * @ns: time of the last check, may be NULL
 */
int kdev_fingerprint(int fd, uint32_t op, struct snapcap_fingerprint *entries, uint32_t *count,
		     uint32_t *total, uint64_t *ns);

/**
 * kdev_events() - read up to @count waiting events
 *
 * Return: number read, -EAGAIN: none waits, other negative errno
 */
int kdev_events(int fd, struct snapcap_event *events, size_t count);

#endif /* SNAPCTL_KDEV_H */
