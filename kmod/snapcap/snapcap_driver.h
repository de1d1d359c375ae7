/* SPDX-License-Identifier: GPL-2.0-only */
/* For other drivers: what snapcap exports. Documentation/drivers.rst is the guide. */
#ifndef SNAPCAP_DRIVER_H
#define SNAPCAP_DRIVER_H

#include <linux/list.h>
#include <linux/snapcap.h>
#include <linux/types.h>

/**
 * struct snapcap_region - memory outside the kernel's that belongs in a snapshot
 * @owner: name of the driver, for messages
 * @base: physical address, page aligned
 * @size: bytes, multiple of the page size
 * @list: for snapcap
 *
 * For memory of the machine that the kernel does not manage, such as a no-map
 * carve-out that holds a framebuffer. It must not be System RAM (that is
 * saved anyway) and must be normal, readable memory.
 */
struct snapcap_region {
	const char *owner;
	phys_addr_t base;
	size_t size;
	struct list_head list;
};

/**
 * struct snapcap_ops - what a driver has to do beside its PM callbacks
 * @owner: name of the driver, for messages
 * @order: place among the others: ascending when a snapshot is prepared, captured
 *	and restored, descending when it is finished; equal ones in the order in
 *	which they were registered
 * @prepare: a take or its first pass begins. All tasks run, all devices work. May
 *	sleep and allocate, may refuse with a negative errno: then nothing
 *	happens, the user is told @owner, and those prepared before are finished.
 *	The argument is SNAPCAP_STATE_PASS1 or SNAPCAP_STATE_PASS2.
 * @finish: the counterpart, called once for each successful @prepare and never
 *	without it: tasks and devices run again. May sleep. The argument is that
 *	of @prepare in the system that goes on, whether it was captured or not,
 *	and SNAPCAP_STATE_BOOT in a restored one.
 * @capture: memory is captured as soon as all these have returned: the last
 *	moment to copy into memory what only the hardware has. One CPU,
 *	interrupts off, devices suspended, timekeeping stopped. May refuse.
 * @restore_early: first of all in a restored system. The hardware is as after
 *	power-on and the boot loader, memory is as it was captured. One CPU,
 *	interrupts off, timekeeping stopped, interrupt controller not restored:
 *	for hardware that the core's own resume needs.
 * @restore: all devices have had their .restore and .complete; tasks are still
 *	frozen. May sleep.
 * @prepared: for snapcap
 * @list: for snapcap
 *
 * All callbacks are optional. None may register or unregister what is in this header,
 * but for @prepare and @finish, which may do so with regions.
 *
 * A rehearsal (PASS1, or a dry run of an audit) calls @prepare and @finish only.
 */
struct snapcap_ops {
	const char *owner;
	int order;
	int (*prepare)(struct snapcap_ops *ops, u32 state);
	void (*finish)(struct snapcap_ops *ops, u32 state);
	int (*capture)(struct snapcap_ops *ops);
	void (*restore_early)(struct snapcap_ops *ops);
	void (*restore)(struct snapcap_ops *ops);
	bool prepared;
	struct list_head list;
};

unsigned int snapcap_get_state(void);
int snapcap_region_register(struct snapcap_region *region);
void snapcap_region_unregister(struct snapcap_region *region);
int snapcap_ops_register(struct snapcap_ops *ops);
void snapcap_ops_unregister(struct snapcap_ops *ops);

#endif /* SNAPCAP_DRIVER_H */
