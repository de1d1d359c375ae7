// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Where a snapshot goes: what is there is looked at, and nothing is changed.
 *
 * Sums in place of divisions: 32-bit kernels have none of 64 bits, and blocks need
 * not be of one size.
 */
#include "snapstore_private.h"

/* A header that is ahead by more than this is of no take: memory can hold anything. */
#define SEQUENCE_JUMP	(1ULL << 20)

static bool is_multiple(u64 value, u64 of)
{
	u64 sum = 0;

	while (sum < value) {
		if (of > value - sum)
			return false;
		sum += of;
	}
	return true;
}

/* The last multiple of @of that is not above @value. */
static u64 multiple_below(u64 value, u64 of)
{
	u64 sum = 0;

	while (of <= value - sum)
		sum += of;
	return sum;
}

/* Bytes of the whole blocks that @size bytes at @off take; 0: there are not so many. */
static u64 span_at(const struct snapstore *st, u64 off, u64 size)
{
	const struct snapstore_flash *f = &st->flash;
	u64 span = 0;

	while (span < size) {
		u64 at = off + span;
		u64 block = f->block ? f->block(f->reader.ctx, at) : f->erase_size;

		if (!block || block > f->reader.size - at)
			return 0;
		span += block;
	}
	return span;
}

int snapstore_open(struct snapstore *st, u64 target, u64 size)
{
	const struct snapstore_flash *f = &st->flash;

	st->at = f->reader.size;
	if (!f->erase_size || target >= f->reader.size || size > f->reader.size - target ||
	    !is_multiple(target, f->erase_size) || !is_multiple(size, f->erase_size))
		return -SNAPSTORE_E_RANGE;
	st->target = target;
	st->target_size = size ? size : f->reader.size - target;
	memset(&st->previous, 0, sizeof(st->previous));
	st->previous.status = -SNAPCAP_REASON_EMPTY;
	st->stage = SNAPSTORE_OPEN;
	return 0;
}

/* One that was tried too often is not worth keeping: no loader enters it any more. */
static bool is_given_up(const struct snapstore *st, const struct snapimg_slot *slot)
{
	struct snapimg_verdict verdict;
	struct snapimg_trial trial;

	return slot->img.tries && !snapimg_trial_read(&st->flash.reader, slot->offset, &trial) &&
	       snapimg_trial_judge(&trial, slot->img.tries, 0, &verdict);
}

int snapstore_find_previous(struct snapstore *st)
{
	const struct snapstore_flash *f = &st->flash;
	u64 committed = 0, below = ~0ULL, off = 0;
	int ret;

	do {
		ret = snapimg_slot_newest(&f->reader, f->erase_size, below, &st->previous);
		below = st->previous.img.sequence;
		if (!ret && !committed)
			committed = below;
	} while (!ret && is_given_up(st, &st->previous));
	st->at = st->previous.offset;
	/* Of NAND a page that was cut off is one that cannot be read. */
	if (ret == -SNAPCAP_REASON_READ && !f->reader.read_head)
		return -SNAPSTORE_E_READ;
	/* A mark that reads badly now may read well later: what it marks must not be newer. */
	st->highest = committed;
	while (snapimg_slot_next(&f->reader, f->erase_size, &off, &st->found)) {
		u64 sequence = st->found.img.sequence;

		if (snapstore_has_header(&st->found) && sequence > st->highest &&
		    sequence - committed <= SEQUENCE_JUMP)
			st->highest = sequence;
	}
	return 0;
}

u64 snapstore_sequence(const struct snapstore *st)
{
	return st->highest + 1;
}

static bool overlaps_previous(const struct snapstore *st, u64 off, u64 span)
{
	const struct snapimg_slot *p = &st->previous;

	return !p->status && off < p->offset + p->img.image_size && p->offset < off + span;
}

bool snapstore_overlaps_previous(const struct snapstore *st)
{
	return overlaps_previous(st, st->offset, st->span);
}

int snapstore_place(struct snapstore *st, u64 image_size, u32 slot, bool keep)
{
	u64 half = multiple_below(st->target_size / 2, st->flash.erase_size);
	u64 off[2] = { st->target, st->target + half };
	u64 span[2] = { span_at(st, off[0], image_size), span_at(st, off[1], image_size) };
	u64 room;

	if (st->stage > SNAPSTORE_PLACED)
		return -SNAPSTORE_E_ORDER;
	st->at = st->target;
	if (image_size <= snapstore_body(&st->flash))
		return -SNAPSTORE_E_RANGE;
	if (slot == SNAPSTORE_SLOT_AUTO) {
		if (!span[0] || span[0] > half)
			slot = SNAPSTORE_SLOT_WHOLE;
		else
			slot = overlaps_previous(st, off[0], span[0]) &&
			       !overlaps_previous(st, off[1], span[1]) ?
			       SNAPSTORE_SLOT_1 : SNAPSTORE_SLOT_0;
	}
	st->image_size = image_size;
	st->slot = slot;
	st->offset = off[slot == SNAPSTORE_SLOT_1];
	st->span = span[slot == SNAPSTORE_SLOT_1];
	st->at = st->offset;
	room = slot == SNAPSTORE_SLOT_WHOLE ? st->target_size :
	       slot == SNAPSTORE_SLOT_1 ? st->target_size - half : half;
	if (!st->span || st->span > room)
		return -SNAPSTORE_E_NO_ROOM;
	if (keep && snapstore_overlaps_previous(st))
		return -SNAPSTORE_E_KEEP;
	st->stage = SNAPSTORE_PLACED;
	return 0;
}

bool snapstore_has_previous(struct snapstore *st)
{
	return !st->previous.status &&
	       !snapimg_slot_probe(&st->flash.reader, st->previous.offset, &st->found) &&
	       st->found.img.header_crc == st->previous.img.header_crc;
}
