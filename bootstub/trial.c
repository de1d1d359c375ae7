// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * A snapshot that does not come up is not tried for ever. Tries are counted in two
 * places: the hand-off page, which memory keeps over a reset, and the trial log of the
 * snapshot, which is there after a power cycle. The system that came up ends the count.
 */
#include <snapstore.h>
#include "console.h"
#include "handoff.h"
#include "trial.h"

int trial_check(const struct plat_medium *pm, const struct snapimg_slot *slot,
		struct snapimg_verdict *verdict)
{
	const struct snapimg_reader reader = boot_reader(pm);
	u32 limit = slot->img.tries;
	struct snapimg_trial trial;
	int err;

	verdict->notes = 0;
	verdict->count = handoff_attempts(pm->media->name, slot->offset, slot->img.sequence,
					  slot->rank, limit ? limit : HANDOFF_ATTEMPTS_MAX);
	if (limit) {
		/* Of a log that cannot be read as of an empty one: the page counts, too. */
		(void)!snapimg_trial_read(&reader, slot->offset, &trial);
		err = snapimg_trial_judge(&trial, limit, verdict->count, verdict);
	} else {
		err = verdict->count >= HANDOFF_ATTEMPTS_MAX ? -SNAPCAP_REASON_ATTEMPTS : 0;
	}
	if (err)
		handoff_given_up(slot->rank);
	return err;
}

void trial_note(const struct plat_medium *pm, const struct snapimg_slot *slot,
		const struct snapimg_verdict *verdict)
{
	const struct snapstore_flash flash = boot_flash(pm);
	int err = 0;
	u32 i;

	if (!verdict->notes)
		return;
	say("snapshot %llu on trial: try %u of %u", slot->img.sequence, verdict->count + 1,
	    slot->img.tries);
	if (!pm->media->program)
		return;
	for (i = 0; !err && i < verdict->notes; i++)
		err = snapstore_trial_note(&flash, slot->offset, SNAPSTORE_TRIAL_TRY);
	if (err)
		say("snapshot %llu: the try cannot be noted", slot->img.sequence);
}
