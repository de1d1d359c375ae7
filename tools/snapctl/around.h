/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes before and after the capture in each take; undone in reverse. */
#ifndef SNAPCTL_AROUND_H
#define SNAPCTL_AROUND_H

#include <stdbool.h>

#include <linux/snapcap.h>

#include "advice.h"
#include "conf.h"
#include "fsclass.h"
#include "hooks.h"
#include "json.h"
#include "persist.h"
#include "take.h"
#include "watch.h"

/**
 * struct around - what was found and done
 * @take: what is wanted
 * @watch: tells of signals
 * @conf: what the configuration file says
 * @classes: of what is mounted, swapped to and open
 * @forced: some of that is in the way, and the take goes on in spite of it
 * @begun: pre-take hooks were run
 * @hooks: the hooks that ran last
 * @out: the listed filesystems are unmounted
 * @persist: those
 * @unmounted: not all of them, or of the units that use them, are back
 * @cause: why it failed, NULL: it did not
 * @err: errno of a failure, positive
 * @told: the failure was told already
 * @status: else: what @cause is about
 */
struct around {
	const struct take_options *take;
	struct watch *watch;
	struct conf conf;
	struct fsclass_table classes;
	bool forced;
	bool begun;
	struct hooks hooks;
	bool out;
	struct persist persist;
	bool unmounted;
	const struct cause *cause;
	int err;
	bool told;
	struct snapcap_status status;
};

/*
 * In the order in which they are called. Those that return a number: 0, else -1 and why in
 * @a; what was done until then is for around_leave() and around_end().
 */

/** around_configure() - read the configuration; @a is zero */
int around_configure(struct around *a, const struct take_options *take);

/** around_check() - is there something that a restore would harm? Never left out. */
int around_check(struct around *a);

/** around_begin() - say that a take begins: pre-take hooks; a signal ends them */
int around_begin(struct around *a, struct watch *watch);

/**
 * around_enter() - the last before the capture
 * @a: begun
 * @fd: the module's device
 *
 * What was mounted meanwhile is checked, too. Then listed filesystems are unmounted, unless
 * it is restored once, and the module notes what the restored system counts on.
 */
int around_enter(struct around *a, int fd);

/** around_leave() - for each life: the listed filesystems are there again */
void around_leave(struct around *a);

/**
 * around_end() - for each life: say how it ended, by the other hooks
 * @a: does nothing when it had not begun
 * @err: errno of the take, 0: it went well
 * @restored: this is the restored system
 */
void around_end(struct around *a, int err, bool restored);

/** around_json() - add the figures to @o */
void around_json(const struct around *a, struct json_object *o);

/** around_free() - forget it */
void around_free(struct around *a);

#endif /* SNAPCTL_AROUND_H */
