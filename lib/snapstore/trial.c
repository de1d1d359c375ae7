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

int snapstore_trial_note(const struct snapstore_flash *flash, u64 slot, u32 what)
{
	bool confirm = what == SNAPSTORE_TRIAL_CONFIRM;
	u32 end = confirm ? SNAPCAP_TRIAL_WORDS : SNAPCAP_TRIAL_TRY_WORDS;
	struct snapimg_trial trial;
	u32 i, tries;
	int ret;

	if (flash->write_size > WORD)
		return -SNAPSTORE_E_WRITE;
	if (snapimg_trial_read(&flash->reader, slot, &trial))
		return -SNAPSTORE_E_READ;
	i = trial.used;
	if (confirm && i + 1 < end)
		i++;
	ret = -SNAPSTORE_E_NO_ROOM;
	for (tries = 0; ret && tries < TRIES && i < end; tries++, i++)
		ret = note_word(flash, slot + SNAPCAP_TRIAL_OFF + (u64)i * WORD, what);
	return ret;
}
