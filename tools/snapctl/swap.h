/* SPDX-License-Identifier: GPL-2.0-only */
/* Swap areas: which there are, on and off. */
#ifndef SNAPCTL_SWAP_H
#define SNAPCTL_SWAP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "snapimg_glue.h"

/* Above all others; the kernel allows 0 to 32767. */
#define SWAP_TOP_PRIORITY	32767

/**
 * struct swap_area - a line of /proc/swaps
 * @path: device or file
 * @size: bytes
 * @used: bytes in use
 * @priority: as given to swapon, negative: the kernel's choice
 */
struct swap_area {
	char path[PATH_MAX];
	u64 size;
	u64 used;
	int priority;
};

/**
 * struct swap_list - what is on
 * @area: areas
 * @count: how many
 */
struct swap_list {
	struct swap_area *area;
	size_t count;
};

/** swap_read() - /proc/swaps; 0, -EOPNOTSUPP: a kernel without swap, other negative errno */
int swap_read(struct swap_list *list);

/** swap_free() - free what swap_read() gave */
void swap_free(struct swap_list *list);

/** swap_is_ours() - is it the module's device? */
bool swap_is_ours(const struct swap_area *area);

/** swap_in_memory() - does it keep its pages in memory, which a snapshot has with it? */
bool swap_in_memory(const struct swap_area *area);

/** swap_device() - path of the module's device */
const char *swap_device(void);

/** swap_device_wait() - until the module's device has its node; 0 or -ENOENT */
int swap_device_wait(void);

/** swap_make() - run mkswap(8); 0, -ECHILD: it failed, other negative errno: it was not run */
int swap_make(const char *path);

/** swap_on() - swap to @path; a negative @priority is the kernel's choice; 0 or a negative errno */
int swap_on(const char *path, int priority);

/** swap_off() - fetch all pages back from @path; 0 or a negative errno */
int swap_off(const char *path);

#endif /* SNAPCTL_SWAP_H */
