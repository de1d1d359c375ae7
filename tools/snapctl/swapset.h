/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's swap device takes the place of others, and gives it back. */
#ifndef SNAPCTL_SWAPSET_H
#define SNAPCTL_SWAPSET_H

#include "advice.h"
#include "swap.h"

/**
 * struct swapset - what was changed
 * @made: the swap device was made
 * @on: it was turned on
 * @cluster: vm.page-cluster as it was then, empty: not changed
 * @moved: areas that were turned off
 * @about: what a failure is about
 * @err: its errno, positive
 */
struct swapset {
	bool made;
	bool on;
	char cluster[16];
	struct swap_list moved;
	char about[64];
	int err;
};

/**
 * swapset_begin() - have Linux swap to the module's device, before all others
 * @set: zero
 * @fd: the module's device
 * @migrate: areas on disks may be turned off; else they are a failure
 *
 * A device that is there already, from a take before, is used as it is. Areas in memory
 * (zram) stay.
 *
 * Return: NULL or the cause of the failure; what was done until then is for swapset_undo()
 */
const struct cause *swapset_begin(struct swapset *set, int fd, bool migrate);

/** swapset_undo() - all as before, as far as memory suffices; says what is not */
void swapset_undo(struct swapset *set, int fd);

/** swapset_free() - forget it */
void swapset_free(struct swapset *set);

#endif /* SNAPCTL_SWAPSET_H */
