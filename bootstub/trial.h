/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/* Snapshots that have not shown yet that they come up, or not the last time. */
#ifndef TRIAL_H
#define TRIAL_H

#include "boot.h"
#include "plat/plat.h"

/**
 * trial_check() - may a snapshot be tried once more?
 * @pm: its medium, open
 * @slot: it
 * @verdict: result, for trial_note(), and the count for the hand-off page
 *
 * Return: 0, or -ATTEMPTS: it is given up
 */
int __attribute__((warn_unused_result))
trial_check(const struct plat_medium *pm, const struct snapimg_slot *slot,
	    struct snapimg_verdict *verdict);

/**
 * trial_note() - right before a snapshot is entered: have that counted, and what was not
 * @pm: its medium, open
 * @slot: it
 * @verdict: of trial_check()
 *
 * Where the medium does not take it the hand-off page counts alone, which is gone with
 * the power: a device that comes up counts more than one that counts well.
 */
void trial_note(const struct plat_medium *pm, const struct snapimg_slot *slot,
		const struct snapimg_verdict *verdict);

#endif
