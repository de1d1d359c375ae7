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

static int note_word(const struct snapstore_flash *flash, u64 slot, u32 i, u32 what)
{
	u64 off = SNAPCAP_TRIAL_OFF + (u64)i * WORD, word = 0, got = ~0ULL;
	size_t done;
	int failed;

	if (what == SNAPSTORE_TRIAL_CONFIRM)
		memcpy(&word, SNAPCAP_TRIAL_CONFIRM, WORD);
	failed = snapstore_head_program(flash, slot, off, &word, WORD, &done);
	if (snapimg_head_read(&flash->reader, slot, off, &got, WORD))
		return -SNAPSTORE_E_READ;
	if (word_holds((const u8 *)&got, what))
		return 0;
	return failed || done != WORD ? -SNAPSTORE_E_WRITE : -SNAPSTORE_E_READ_BACK;
}

/* The first word from @i on for one of a kind; a confirmation is behind the next try's. */
static u32 place_of_kind(u32 i, u32 room, bool confirm)
{
	u32 next_try = i + (i & 1);

	if (!confirm)
		return next_try;
	return next_try < room ? next_try + 1 : i | 1;
}

/* In the first word from @i on that takes it; @used is set to the one behind that. */
static int note_at(const struct snapstore_flash *flash, u64 slot, u32 i, u32 what, u32 *used)
{
	bool confirm = what == SNAPSTORE_TRIAL_CONFIRM, kinds = flash->program_head;
	u32 words = snapimg_trial_words(flash->reader.trial_words);
	u32 room = words - SNAPIMG_TRIAL_KEPT, end = confirm ? words : room, tries;
	int ret = -SNAPSTORE_E_NO_ROOM;

	/* A try that was cut off may be in the word that is left out. */
	if (kinds)
		i = place_of_kind(i, room, confirm);
	else if (confirm && i + 1 < end)
		i++;
	for (tries = 0; ret && tries < TRIES && i < end; tries++) {
		ret = note_word(flash, slot, i, what);
		i += ret && kinds ? 2 : 1;
	}
	*used = i;
	return ret;
}

/*
 * The next word goes behind the last one, which may read as erased the next time if it
 * was cut off. Then another one would be noted in front of what was in flight, which
 * would count for the last again when it reads well. So the last one is made firm: a try
 * and a confirmation that was cut off by programming them once more, a confirmation that
 * is whole by another one, lest it is lost. If it does not work, nothing is but that.
 *
 * Where words are programmed once, a word is kept twice: of the last one that is done
 * which was not begun, and what was cut off is let be.
 */
static void settle_last(const struct snapstore_flash *flash, u64 slot,
			const struct snapimg_trial *trial, u32 *used)
{
	u32 last = trial->used - 1;

	if (!trial->used)
		return;
	if (flash->program_head)
		(void)!note_word(flash, slot, last, last & 1 ? SNAPSTORE_TRIAL_CONFIRM :
							       SNAPSTORE_TRIAL_TRY);
	else if (trial->torn)
		(void)!note_word(flash, slot, last, SNAPSTORE_TRIAL_CONFIRM);
	else if (!trial->confirmed)
		(void)!note_word(flash, slot, last, SNAPSTORE_TRIAL_TRY);
	else
		(void)!note_at(flash, slot, trial->used, SNAPSTORE_TRIAL_CONFIRM, used);
}

int snapstore_trial_note(const struct snapstore_flash *flash, u64 slot, u32 what)
{
	u32 words = snapimg_trial_words(flash->reader.trial_words);
	u32 room = words - SNAPIMG_TRIAL_KEPT, used;
	struct snapimg_trial trial;

	if (!flash->program_head && flash->write_size > WORD)
		return -SNAPSTORE_E_WRITE;
	if (snapimg_trial_read(&flash->reader, slot, &trial))
		return -SNAPSTORE_E_READ;
	used = trial.used;
	/* Of a confirmed one the last words are not begun: there has to be one behind both. */
	if (trial.confirmed && !flash->program_head && used + 3 > room)
		return -SNAPSTORE_E_NO_ROOM;
	settle_last(flash, slot, &trial, &used);
	return note_at(flash, slot, used, what, &used);
}
