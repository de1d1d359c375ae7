// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes erase flash, and nothing else of snapcap does. Each header says how often the
 * blocks of its place were erased; the count itself is lib/snapstore's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "conf.h"
#include "flash.h"
#include "report.h"
#include "slots.h"
#include "wear.h"

static void count_slots(struct flash *flash, struct wear *wear)
{
	struct slots slots;

	if (slots_scan(flash, &slots))
		return;
	for (size_t i = 0; i < slots.count; i++) {
		const struct snapimg *img = &slots.slot[i].img;

		if (!slots_has_header(&slots.slot[i]))
			continue;
		wear->known = true;
		if (img->sequence > wear->takes)
			wear->takes = img->sequence;
		if (img->wear > wear->highest)
			wear->highest = img->wear;
	}
	slots_free(&slots);
}

void wear_read(struct wear *wear)
{
	const struct medium_options m = { .target = "mtd:" SNAPCTL_DEFAULT_TARGET };
	char why[FLASH_WHY_SIZE];
	struct flash *flash;
	struct conf *conf;

	memset(wear, 0, sizeof(*wear));
	if (flash_open(&m, false, &flash, why))
		return;
	count_slots(flash, wear);
	flash_close(flash);
	conf = wear->known ? malloc(sizeof(*conf)) : NULL;
	if (conf && !conf_load(conf))
		wear->endurance = conf->endurance;
	free(conf);
}

u32 wear_left(const struct wear *wear)
{
	return wear->highest < wear->endurance ? wear->endurance - wear->highest : 0;
}

struct json_object *wear_json(const struct wear *wear)
{
	struct json_object *o;

	if (!wear->known)
		return NULL;
	o = json_new();
	json_u64(o, "takes", wear->takes);
	json_u64(o, "highest", wear->highest);
	if (wear->endurance) {
		json_u64(o, "endurance", wear->endurance);
		json_u64(o, "takes_left", wear_left(wear));
	} else {
		json_put(o, "endurance", NULL);
		json_put(o, "takes_left", NULL);
	}
	return o;
}

void wear_print(const struct wear *wear)
{
	if (!wear->known)
		return;
	report_line("Wear", "%" PRIu64 " takes so far; the most used place was erased %u times",
		    wear->takes, wear->highest);
	if (wear->endurance)
		report_line("", "%u more takes into that place, of the %u erases in %s",
			    wear_left(wear), wear->endurance, CONF_PATH);
	else
		report_line("", "endurance in [flash] of %s tells how many are left", CONF_PATH);
}
