/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module does about the watchdog that the loader has armed, as it tells it in sysfs. */
#ifndef SNAPCTL_WATCHDOG_H
#define SNAPCTL_WATCHDOG_H

#include <stdint.h>

#include "json.h"

/**
 * struct watchdog - the watchdog
 * @state: who feeds it, one word; empty where the module does not tell
 * @timeout_ms: time after which it resets the machine
 * @left_ms: while the module feeds it: so long does it go on
 */
struct watchdog {
	char state[16];
	uint64_t timeout_ms;
	uint64_t left_ms;
};

/** watchdog_read() - ask the module */
void watchdog_read(struct watchdog *watchdog);

/** watchdog_json() - as an object, NULL where nothing is known */
struct json_object *watchdog_json(const struct watchdog *watchdog);

/** watchdog_print() - as lines of a report, nothing where there is no watchdog */
void watchdog_print(const struct watchdog *watchdog);

#endif /* SNAPCTL_WATCHDOG_H */
