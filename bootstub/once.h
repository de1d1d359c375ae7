/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/* Snapshots that are restored once (SNAPCAP_FEATURE_INCOMPAT_ONCE). */
#ifndef ONCE_H
#define ONCE_H

#include "boot.h"
#include "plat/plat.h"

/**
 * once_revoke() - drop a snapshot, and see that it is
 * @pm: open medium
 * @slot: committed snapshot
 *
 * Return: 0, -READ (the medium cannot be written from here) or -ONCE (it did not
 * take it)
 */
int __attribute__((warn_unused_result))
once_revoke(const struct plat_medium *pm, const struct snapimg_slot *slot);

/**
 * once_spend() - before a snapshot is entered: use up what may not come back
 * @pm: its medium, open
 * @slot: it
 *
 * That is the snapshot itself when it is one for a single use.
 *
 * Return: 0, or -ONCE: it must not be entered
 */
int __attribute__((warn_unused_result))
once_spend(const struct plat_medium *pm, const struct snapimg_slot *slot);

/**
 * once_spend_all() - before anything else is entered: the same for all media
 *
 * What was not restored now never is: whoever runs next writes to the filesystems
 * that such a snapshot has mounted. One that cannot be marked is never restored
 * either.
 */
void once_spend_all(void);

#endif
