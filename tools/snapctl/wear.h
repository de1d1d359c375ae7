/* SPDX-License-Identifier: GPL-2.0-only */
/* What takes have done to the flash, and how long it will stand that. */
#ifndef SNAPCTL_WEAR_H
#define SNAPCTL_WEAR_H

#include <stdbool.h>

#include "json.h"
#include "snapimg_glue.h"

/**
 * struct wear - of the snapshot partition, as far as the headers there tell
 * @known: there is one, with a snapshot or what is left of one
 * @takes: number of the last take
 * @highest: so often the blocks of the most used place were erased for takes
 * @endurance: erases that the flash is made for, from the configuration; 0: not told
 */
struct wear {
	bool known;
	u64 takes;
	u32 highest;
	u32 endurance;
};

/** wear_read() - look at the partition and the configuration; what cannot be read is not known */
void wear_read(struct wear *wear);

/** wear_left() - takes into the most used place that are left; 0 also when it is not told */
u32 wear_left(const struct wear *wear);

/** wear_json() - as an object, null when nothing is known */
struct json_object *wear_json(const struct wear *wear);

/** wear_print() - as a line of a report, nothing when nothing is known */
void wear_print(const struct wear *wear);

#endif /* SNAPCTL_WEAR_H */
