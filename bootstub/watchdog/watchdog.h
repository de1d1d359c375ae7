/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * What resets the machine when a restored system hangs. It runs from right before
 * the jump into that; Linux takes it over. Without one everything is as before,
 * but a hang lasts until somebody cuts the power.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <snapimg.h>
#include "../machine.h"

/**
 * struct watchdog - a watchdog
 * @name: for the console
 * @kind: SNAPCAP_WATCHDOG_*
 * @at: which one, for Linux; set by @find
 * @find: look for it; 0, or a negated reason, -EMPTY when there is none
 * @is_running: of one that was found
 * @arm: reset the machine after so many milliseconds; 0 or a negated reason, and it
 *	is stopped then
 * @stop: stop it; 0, or -WATCHDOG_E_LOCKED: it runs, with the longest time that it has
 */
struct watchdog {
	const char *name;
	u32 kind;
	u32 at;
	int (*find)(struct watchdog *w, const struct machine *m);
	bool (*is_running)(const struct watchdog *w);
	int (*arm)(struct watchdog *w, u32 ms);
	int (*stop)(struct watchdog *w);
};

#define WATCHDOG_E_LOCKED	1

/* i6300esb.c: of Intel's 6300ESB, as QEMU has it, a function of the PCI bus. */
extern struct watchdog watchdog_i6300esb;

/**
 * watchdog_arm() - a restored system is entered next
 * @p: board
 * @m: machine
 *
 * The hand-off page tells of it. A watchdog that cannot be armed does not keep a
 * snapshot from being restored.
 */
void watchdog_arm(const struct plat *p, const struct machine *m);

/**
 * watchdog_stop() - whatever comes next may take its time
 * @p: board
 * @m: machine
 *
 * A reset of the machine is not one of all watchdogs.
 */
void watchdog_stop(const struct plat *p, const struct machine *m);

#endif
