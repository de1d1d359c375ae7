// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The choice log of a snapshot: whether somebody wants it to be restored before newer
 * ones.
 *
 * A choice is two words, and the second is begun when the first is there. So a word that
 * was cut off and cannot be seen, whatever it reads as later, is alone, and does not
 * count: nobody has to know of it. Where a second one is, the first can be seen, and the
 * next choice takes a higher number.
 */
#include "snapimg_private.h"

#define CHOICE_SIZE	sizeof(struct snapcap_choice)
/* Read in pieces, which are small enough for any stack; the log has no hole of that size. */
#define CHOICE_PIECE	32

_Static_assert(SNAPCAP_CHOICE_WORDS % CHOICE_PIECE == 0, "pieces of the log");

void snapimg_choice_build(u32 header_crc, u32 number, struct snapcap_choice *word)
{
	__le32 about[2] = { cpu_to_le32(header_crc), cpu_to_le32(number) };

	word->number = about[1];
	word->crc = cpu_to_le32(snapimg_crc32c(0, about, sizeof(about)));
}

/* The number of a word, 0: it is none, or of another snapshot. */
static u32 word_number(const struct snapcap_choice *word, u32 header_crc)
{
	u32 number = le32_to_cpu(word->number);
	struct snapcap_choice want;

	if (!number || number > SNAPCAP_CHOICE_NUMBER_MAX)
		return 0;
	snapimg_choice_build(header_crc, number, &want);
	return word->crc == want.crc ? number : 0;
}

int snapimg_choice_read(const struct snapimg_reader *r, u64 slot, u32 header_crc,
			struct snapimg_choice *choice)
{
	struct snapcap_choice piece[CHOICE_PIECE];
	u32 i, first, last = 0;

	memset(choice, 0, sizeof(*choice));
	if (slot >= r->size || r->size - slot < SNAPCAP_BODY_OFF)
		return -SNAPCAP_REASON_READ;
	for (first = 0; first < SNAPCAP_CHOICE_WORDS; first += CHOICE_PIECE) {
		u64 off = SNAPCAP_CHOICE_OFF + (u64)first * CHOICE_SIZE;

		if (snapimg_head_read(r, slot, off, piece, sizeof(piece))) {
			memset(choice, 0, sizeof(*choice));
			return -SNAPCAP_REASON_READ;
		}
		if (snapimg_bytes_are(piece, 0xff, sizeof(piece)))
			break;
		for (i = 0; i < CHOICE_PIECE; i++) {
			u32 number = word_number(&piece[i], header_crc);

			if (!snapimg_bytes_are(&piece[i], 0xff, CHOICE_SIZE))
				choice->used = first + i + 1;
			if (number > choice->highest)
				choice->highest = number;
			if (number && number == last && number >= choice->number) {
				choice->number = number;
				choice->end = first + i + 1;
			}
			last = number;
		}
	}
	return 0;
}
