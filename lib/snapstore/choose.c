// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Choosing a snapshot: the third write that is made to a slot behind its commit mark. By
 * itself in a file, for hosts that write nothing else.
 */
#include "snapstore_private.h"

#define CHOICE_WORD	sizeof(struct snapcap_choice)
/* Words of which it is seen that the flash does not take them. */
#define CHOICE_TRIES	8
/* Zeros before a choice, the choice, and zeros behind it. */
#define CHOICE_ROOM	(2 + CHOICE_TRIES + 2 + 2)

/**
 * struct choice_log - where it is, and how much of it was used
 * @flash: of which only @reader and what programs the head are used
 * @slot: whose log it is
 * @used: words that are passed
 */
struct choice_log {
	const struct snapstore_flash *flash;
	u64 slot;
	u32 used;
};

/* Return: 0: the word at @i holds @word; READ, WRITE, READ_BACK */
static int program_word(const struct choice_log *log, u32 i, const void *word)
{
	const struct snapimg_reader *r = &log->flash->reader;
	u64 off = SNAPCAP_CHOICE_OFF + (u64)i * CHOICE_WORD, got;
	size_t done;
	int failed = snapstore_head_program(log->flash, log->slot, off, word, CHOICE_WORD, &done);

	if (snapimg_head_read(r, log->slot, off, &got, CHOICE_WORD))
		return -SNAPSTORE_E_READ;
	if (!memcmp(&got, word, CHOICE_WORD))
		return 0;
	return failed || done != CHOICE_WORD ? -SNAPSTORE_E_WRITE : -SNAPSTORE_E_READ_BACK;
}

static int program_zeros(const struct choice_log *log, u32 from, u32 to)
{
	static const u64 zero;
	int ret = 0;

	for (; !ret && from < to; from++)
		ret = program_word(log, from, &zero);
	return ret;
}

/*
 * What was cut off, and may read as erased now, is the last word that is seen or one of the
 * two behind it. Zeros make an end of that. A choice with nothing behind it was cut off, too:
 * nobody was told that it was made.
 */
static int settle(struct choice_log *log, const struct snapimg_choice *choice)
{
	u32 last = choice->used ? choice->used - 1 : 0;

	log->used = choice->used + 2;
	return program_zeros(log, last, log->used);
}

static int note_choice(struct choice_log *log, const struct snapcap_choice *word)
{
	u32 good = 0, end = log->used + CHOICE_TRIES + 2;
	int ret = 0;

	for (; good < 2 && log->used < end; log->used++) {
		int err = program_word(log, log->used, word);

		good = err ? 0 : good + 1;
		if (err)
			ret = err;
	}
	return good == 2 ? 0 : ret;
}

int snapstore_choose(const struct snapstore_flash *flash, const struct snapimg_slot *slot,
		     u64 number)
{
	struct choice_log log = { .flash = flash, .slot = slot->offset };
	u32 header_crc = slot->img.header_crc;
	struct snapimg_choice choice;
	struct snapcap_choice word;
	int ret;

	if (!number || number > SNAPCAP_CHOICE_NUMBER_MAX)
		return -SNAPSTORE_E_RANGE;
	if (flash->write_size > CHOICE_WORD)
		return -SNAPSTORE_E_WRITE;
	if (snapimg_choice_read(&flash->reader, slot->offset, header_crc, &choice))
		return -SNAPSTORE_E_READ;
	if (choice.used + CHOICE_ROOM > SNAPCAP_CHOICE_WORDS)
		return -SNAPSTORE_E_NO_ROOM;
	snapimg_choice_build(header_crc, (u32)number, &word);
	ret = settle(&log, &choice);
	if (!ret)
		ret = note_choice(&log, &word);
	/*
	 * Who sees the second of these knows that the first one is firm, and so are the two
	 * words: whatever else is cut off, they are not the last.
	 */
	if (!ret)
		ret = program_zeros(&log, log.used, log.used + 2);
	if (ret)
		return ret;
	if (snapimg_choice_read(&flash->reader, slot->offset, header_crc, &choice))
		return -SNAPSTORE_E_READ;
	return choice.number == number ? 0 : -SNAPSTORE_E_READ_BACK;
}

bool snapstore_is_chosen(const struct snapstore *st, const struct snapimg_slot *slot)
{
	struct snapimg_choice choice;

	if (slot->status || slot->rank != st->highest)
		return false;
	if (slot->rank == slot->img.sequence)
		return true;
	(void)!snapimg_choice_read(&st->flash.reader, slot->offset, slot->img.header_crc, &choice);
	return choice.number == slot->rank && choice.end + 2 <= choice.used;
}
