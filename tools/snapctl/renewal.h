/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module made new for this life of the system, as it tells it in sysfs. */
#ifndef SNAPCTL_RENEWAL_H
#define SNAPCTL_RENEWAL_H

#include "json.h"

/**
 * struct renewal - one line each, empty where the module does not tell
 * @generation: id that no other restore has
 * @restores: how many its memory has been through
 * @entropy: what the random numbers were made new from
 * @clock: what the time of day went by
 */
struct renewal {
	char generation[48];
	char restores[16];
	char entropy[48];
	char clock[16];
};

/** renewal_read() - ask the module */
void renewal_read(struct renewal *renewal);

/** renewal_json() - as an object; null for what is not known */
struct json_object *renewal_json(const struct renewal *renewal);

/** renewal_print() - as lines of a report, nothing where nothing is known */
void renewal_print(const struct renewal *renewal);

#endif /* SNAPCTL_RENEWAL_H */
