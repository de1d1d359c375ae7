// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Adding to the trial log of a snapshot: the other write that is made to a slot behind
 * its commit mark. By itself in a file, for hosts that write nothing else.
 */
#include "snapstore_private.h"

#define WORD	SNAPCAP_TRIAL_WORD_SIZE
/* Words of which it is seen that the flash does not take them. */
#define TRIES	4

/* A damaged word counts as a try, so it will do for one. */
static bool word_holds(const u8 *got, u32 what)
{
	bool confirm = !memcmp(got, SNAPCAP_TRIAL_CONFIRM, WORD);
	u32 i;

	if (confirm || what == SNAPSTORE_TRIAL_CONFIRM)
		return confirm && what == SNAPSTORE_TRIAL_CONFIRM;
	for (i = 0; i < WORD; i++)
		if (got[i] != 0xff)
			return true;
	return false;
}

static int note_word(const struct snapstore_flash *flash, u64 off, u32 what)
{
	const struct snapimg_reader *r = &flash->reader;
	u64 word = 0, got = ~0ULL;
	size_t done = 0;
	int failed;

	if (what == SNAPSTORE_TRIAL_CONFIRM)
		memcpy(&word, SNAPCAP_TRIAL_CONFIRM, WORD);
	failed = flash->program(r->ctx, off, &word, WORD, &done);
	if (r->read(r->ctx, off, &got, WORD))
		return -SNAPSTORE_E_READ;
	if (word_holds((const u8 *)&got, what))
		return 0;
	return failed || done != WORD ? -SNAPSTORE_E_WRITE : -SNAPSTORE_E_READ_BACK;
}

/* In the first word from @i on that takes it; @used is set to the one behind that. */
static int note_at(const struct snapstore_flash *flash, u64 log, u32 i, u32 what, u32 *used)
{
	bool confirm = what == SNAPSTORE_TRIAL_CONFIRM;
	u32 end = confirm ? SNAPCAP_TRIAL_WORDS : SNAPCAP_TRIAL_TRY_WORDS, tries;
	int ret = -SNAPSTORE_E_NO_ROOM;

	/* A try that was cut off may be in the word that is left out. */
	if (confirm && i + 1 < end)
		i++;
	for (tries = 0; ret && tries < TRIES && i < end; tries++, i++)
		ret = note_word(flash, log + (u64)i * WORD, what);
	*used = i;
	return ret;
}

/*
 * The next word goes behind the last one, which may read as erased the next time if it
 * was cut off. Then another one would be noted in front of what was in flight, which
 * would count for the last again when it reads well. So the last one is made firm: a try
 * and a confirmation that was cut off by programming them once more, a confirmation that
 * is whole by another one, lest it is lost. If it does not work, nothing is but that.
 */
static void settle_last(const struct snapstore_flash *flash, u64 log,
			const struct snapimg_trial *trial, u32 *used)
{
	u64 last = log + (u64)(trial->used - 1) * WORD;

	if (!trial->used)
		return;
	if (trial->torn)
		(void)!note_word(flash, last, SNAPSTORE_TRIAL_CONFIRM);
	else if (!trial->confirmed)
		(void)!note_word(flash, last, SNAPSTORE_TRIAL_TRY);
	else
		(void)!note_at(flash, log, trial->used, SNAPSTORE_TRIAL_CONFIRM, used);
}

int snapstore_trial_note(const struct snapstore_flash *flash, u64 slot, u32 what)
{
	u64 log = slot + SNAPCAP_TRIAL_OFF;
	struct snapimg_trial trial;
	u32 used;

	if (flash->write_size > WORD)
		return -SNAPSTORE_E_WRITE;
	if (snapimg_trial_read(&flash->reader, slot, &trial))
		return -SNAPSTORE_E_READ;
	used = trial.used;
	/* Of a confirmed one the last words are not begun: there has to be one behind both. */
	if (trial.confirmed && used + 3 > SNAPCAP_TRIAL_TRY_WORDS)
		return -SNAPSTORE_E_NO_ROOM;
	settle_last(flash, log, &trial, &used);
	return note_at(flash, log, used, what, &used);
}
