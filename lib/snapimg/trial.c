// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The trial log of a snapshot: what was noted there since it was committed.
 *
 * Words that were cut off read as they like, and another way the next time. So a word
 * means something only as far as what comes behind it does not say otherwise, and what
 * is damaged counts against the snapshot, or not at all, and never for it.
 */
#include "snapimg_private.h"

/* Read in pieces, which are small enough for any stack. */
#define PIECE_WORDS	32

_Static_assert(SNAPCAP_TRIAL_WORDS % PIECE_WORDS == 0, "pieces of the log");

/* All ones where a confirmation has them: one that was cut off can read like that. */
static bool is_torn_confirm(const u8 *word)
{
	const u8 *confirm = (const u8 *)SNAPCAP_TRIAL_CONFIRM;
	u32 i;

	for (i = 0; i < SNAPCAP_TRIAL_WORD_SIZE; i++)
		if (confirm[i] & ~word[i])
			return false;
	return true;
}

static void take_word(const u8 *word, u32 i, struct snapimg_trial *trial)
{
	if (snapimg_bytes_are(word, 0xff, SNAPCAP_TRIAL_WORD_SIZE))
		return;
	trial->used = i + 1;
	trial->torn = false;
	if (!memcmp(word, SNAPCAP_TRIAL_CONFIRM, SNAPCAP_TRIAL_WORD_SIZE)) {
		trial->confirmed = true;
		trial->tries = 0;
	} else if (is_torn_confirm(word)) {
		trial->torn = true;
	} else {
		trial->confirmed = false;
		trial->tries++;
	}
}

int snapimg_trial_read(const struct snapimg_reader *r, u64 slot, struct snapimg_trial *trial)
{
	u8 piece[PIECE_WORDS * SNAPCAP_TRIAL_WORD_SIZE];
	u32 i, first, words = snapimg_trial_words(r->trial_words);

	memset(trial, 0, sizeof(*trial));
	if (slot >= r->size || r->size - slot < SNAPCAP_BODY_OFF)
		return -SNAPCAP_REASON_READ;
	trial->words = words;
	for (first = 0; first < words; first += PIECE_WORDS) {
		u64 off = SNAPCAP_TRIAL_OFF + (u64)first * SNAPCAP_TRIAL_WORD_SIZE;

		if (snapimg_head_read(r, slot, off, piece, sizeof(piece))) {
			memset(trial, 0, sizeof(*trial));
			return -SNAPCAP_REASON_READ;
		}
		for (i = 0; i < PIECE_WORDS && first + i < words; i++)
			take_word(piece + (size_t)i * SNAPCAP_TRIAL_WORD_SIZE, first + i, trial);
	}
	return 0;
}

int snapimg_trial_judge(const struct snapimg_trial *trial, u32 limit, u32 tried,
			struct snapimg_verdict *verdict)
{
	u32 room = snapimg_trial_words(trial->words) - SNAPIMG_TRIAL_KEPT;
	bool full = !trial->confirmed && trial->used >= room;

	verdict->count = trial->tries > tried ? trial->tries : tried;
	/* Of a confirmed one that did not come up the last time, too: it is on trial again. */
	verdict->notes = limit && (!trial->confirmed || tried) ?
			 verdict->count + 1 - trial->tries : 0;
	return limit && (full || verdict->count >= limit) ? -SNAPCAP_REASON_ATTEMPTS : 0;
}
