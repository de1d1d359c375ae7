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

static void count_number(struct snapstore *st, u64 committed, u64 number)
{
	if (number > st->highest && number - committed <= SEQUENCE_JUMP)
		st->highest = number;
}

int snapstore_find_previous(struct snapstore *st)
{
	const struct snapstore_flash *f = &st->flash;
	u64 committed = 0, below = ~0ULL, off = 0;
	struct snapimg_choice choice;
	int ret;

	do {
		ret = snapimg_slot_newest(&f->reader, f->erase_size, below, &st->previous);
		below = st->previous.rank;
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
		if (!snapstore_has_header(&st->found))
			continue;
		count_number(st, committed, st->found.img.sequence);
		/* So it is with a choice that was cut off. */
		(void)!snapimg_choice_read(&f->reader, st->found.offset, st->found.img.header_crc,
					   &choice);
		count_number(st, committed, choice.highest);
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

/* Does the image at @found take blocks from @off on, before @end? */
static bool is_in_way(const struct snapimg_slot *found, u64 off, u64 end)
{
	return !found->status && found->offset < end &&
	       off < found->offset + found->img.image_size;
}

/*
 * Where the snapshot that is in the way of @span bytes at @off ends; @off: none is. With
 * @all any, else the previous one. @gap: bytes from @off to where the first one begins.
 */
static u64 end_of_obstacle(struct snapstore *st, u64 off, u64 span, bool all, u64 *gap)
{
	const struct snapstore_flash *f = &st->flash;
	u64 at = 0, end = off, limit = st->target + st->target_size;

	*gap = limit - off;
	if (!all)
		st->found = st->previous;
	while (!all || snapimg_slot_next(&f->reader, f->erase_size, &at, &st->found)) {
		const struct snapimg_slot *found = &st->found;
		u64 behind = found->offset + found->img.image_size;

		if (is_in_way(found, off, off + *gap))
			*gap = found->offset > off ? found->offset - off : 0;
		if (is_in_way(found, off, off + span) && behind > end)
			end = behind;
		if (!all)
			break;
	}
	return end;
}

/* The first place beside others; each look gets behind one of them, so that it ends. */
static int find_free(struct snapstore *st, u64 image_size, bool all)
{
	u64 off = st->target, limit = st->target + st->target_size, most = 0, gap, end;
	u64 span = span_at(st, off, image_size);

	while (span && span <= limit - off) {
		end = end_of_obstacle(st, off, span, all, &gap);
		if (gap > most)
			most = gap;
		if (end == off) {
			st->offset = off;
			st->span = span;
			return 0;
		}
		while (off < end && st->flash.erase_size < limit - off)
			off += st->flash.erase_size;
		if (off < end)
			break;
		span = span_at(st, off, image_size);
	}
	/* What is left behind the last one may be the largest. */
	if (off < limit) {
		(void)end_of_obstacle(st, off, 1, all, &gap);
		most = gap > most ? gap : most;
	}
	span = span_at(st, st->target, image_size);
	if (!span || span > st->target_size)
		return -SNAPSTORE_E_NO_ROOM;
	st->missing = span > most ? span - most : 0;
	return -SNAPSTORE_E_NO_PLACE;
}

int snapstore_place(struct snapstore *st, u64 image_size, u32 slot, bool keep)
{
	u64 half = multiple_below(st->target_size / 2, st->flash.erase_size);
	u64 off[2] = { st->target, st->target + half };
	u64 span[2] = { span_at(st, off[0], image_size), span_at(st, off[1], image_size) };
	u64 room;
	int ret;

	if (st->stage > SNAPSTORE_PLACED)
		return -SNAPSTORE_E_ORDER;
	st->at = st->target;
	st->missing = 0;
	if (image_size <= snapstore_body(&st->flash))
		return -SNAPSTORE_E_RANGE;
	if (slot == SNAPSTORE_SLOT_AUTO) {
		bool fits = span[0] && span[0] <= half;

		slot = !fits ? SNAPSTORE_SLOT_WHOLE : overlaps_previous(st, off[0], span[0]) &&
		       !overlaps_previous(st, off[1], span[1]) ?
		       SNAPSTORE_SLOT_1 : SNAPSTORE_SLOT_0;
		if (overlaps_previous(st, off[slot == SNAPSTORE_SLOT_1],
				      span[slot == SNAPSTORE_SLOT_1]) &&
		    !find_free(st, image_size, false))
			slot = SNAPSTORE_SLOT_FREE;
	} else if (slot == SNAPSTORE_SLOT_FREE) {
		ret = find_free(st, image_size, true);
		if (ret)
			return ret;
	}
	st->image_size = image_size;
	st->slot = slot;
	if (slot == SNAPSTORE_SLOT_FREE) {
		st->at = st->offset;
		st->stage = SNAPSTORE_PLACED;
		return 0;
	}
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

u32 snapstore_wear(struct snapstore *st)
{
	const struct snapstore_flash *f = &st->flash;
	u64 off = 0, end = st->offset + st->span;
	u32 wear = 0;

	while (snapimg_slot_next(&f->reader, f->erase_size, &off, &st->found)) {
		const struct snapimg_slot *found = &st->found;

		/* A header that no take has written may say anything. */
		if (snapstore_has_header(found) && found->img.sequence <= st->highest &&
		    found->offset < end && st->offset < found->offset + found->img.image_size &&
		    found->img.wear > wear)
			wear = found->img.wear;
	}
	return wear < ~0U ? wear + 1 : wear;
}

bool snapstore_has_previous(struct snapstore *st)
{
	return !st->previous.status &&
	       !snapimg_slot_probe(&st->flash.reader, st->previous.offset, &st->found) &&
	       st->found.img.header_crc == st->previous.img.header_crc;
}
