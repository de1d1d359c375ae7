/* SPDX-License-Identifier: GPL-2.0-only */
/* For other drivers: what snapcap exports. */
#ifndef SNAPCAP_DRIVER_H
#define SNAPCAP_DRIVER_H

#include <linux/list.h>
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

unsigned int snapcap_get_state(void);
int snapcap_region_register(struct snapcap_region *region);
void snapcap_region_unregister(struct snapcap_region *region);

#endif /* SNAPCAP_DRIVER_H */
