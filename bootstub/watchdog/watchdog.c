// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * When the watchdog runs and when it does not. An exception on the way there, with
 * a device tree that speaks of registers that do not exist, is the last look at it.
 */
#include <linux/snapcap_reason.h>
#include "../console.h"
#include "../handoff.h"
#include "watchdog.h"

/* Still set when an exception has ended what it was doing. */
static bool busy;

static bool begin(const struct plat *p, const struct machine *m)
{
	int err;

	if (!p->watchdog || busy)
		return false;
	busy = true;
	err = p->watchdog->find(p->watchdog, m);
	busy = false;
	if (err && err != -SNAPCAP_REASON_EMPTY)
		say("watchdog %s cannot be used: %s", p->watchdog->name,
		    snapimg_reason_name(err));
	return !err;
}

void watchdog_arm(const struct plat *p, const struct machine *m)
{
	int err;

	if (!begin(p, m))
		return;
	busy = true;
	err = p->watchdog->arm(p->watchdog, p->watchdog_ms);
	busy = false;
	if (err)
		say("watchdog %s cannot be armed: %s", p->watchdog->name,
		    snapimg_reason_name(err));
	else
		handoff_watchdog(p->watchdog->kind, p->watchdog_ms, p->watchdog->at);
}

void watchdog_stop(const struct plat *p, const struct machine *m)
{
	if (!begin(p, m))
		return;
	busy = true;
	if (p->watchdog->is_running(p->watchdog) && p->watchdog->stop(p->watchdog))
		say("watchdog %s runs and cannot be stopped: it has its longest time",
		    p->watchdog->name);
	busy = false;
}
