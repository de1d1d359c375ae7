// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Finding snapshots on a medium: look at a place, walk the places, choose the
 * committed one of the highest rank, which is the newest, or one that somebody
 * has chosen since.
 *
 * The inside of a committed image is never searched. It holds whatever was in
 * memory, and memory can hold a copy of a snapshot, put there by somebody who
 * would like it to be started. The price is a duty of the writer: before it
 * touches a block of a committed image it revokes that image, or a newer one
 * written inside its range would not be found. Inside the range of one that is
 * revoked or was cut off the search does go on, because a newer one may be there.
 */
#include "snapimg_private.h"

/* In a function of its own, so that no caller has the header on its stack for longer. */
static int probe_header(const struct snapimg_reader *r, struct snapimg_slot *slot)
{
	u64 avail = r->size - slot->offset;
	struct snapcap_image_header hdr;
	size_t len = sizeof(hdr);

	if (avail < len)
		len = (size_t)avail;
	if (snapimg_head_read(r, slot->offset, 0, &hdr, len))
		return -SNAPCAP_REASON_READ;
	return snapimg_header_check(&hdr, len, avail, &slot->img);
}

static int probe_commit(const struct snapimg_reader *r, struct snapimg_slot *slot)
{
	struct snapcap_commit commit;

	/* Inside the image, whose end is inside the medium: the header check saw to it. */
	if (snapimg_head_read(r, slot->offset, SNAPCAP_COMMIT_OFF, &commit, sizeof(commit)))
		return -SNAPCAP_REASON_READ;
	return snapimg_commit_check(&commit, &slot->img);
}

/* A log that cannot be read has chosen nothing. */
static u64 probe_rank(const struct snapimg_reader *r, const struct snapimg_slot *slot)
{
	struct snapimg_choice choice;

	(void)!snapimg_choice_read(r, slot->offset, slot->img.header_crc, &choice);
	return choice.number > slot->img.sequence ? choice.number : slot->img.sequence;
}

int snapimg_slot_probe(const struct snapimg_reader *r, u64 offset, struct snapimg_slot *slot)
{
	memset(slot, 0, sizeof(*slot));
	slot->offset = offset;
	if (offset >= r->size) {
		slot->status = -SNAPCAP_REASON_TRUNCATED;
		return slot->status;
	}
	slot->status = probe_header(r, slot);
	if (!slot->status)
		slot->status = probe_commit(r, slot);
	slot->rank = slot->status ? slot->img.sequence : probe_rank(r, slot);
	return slot->status;
}

/* Only the magic is read of a place that has none: there are thousands of them. */
static int probe_magic(const struct snapimg_reader *r, u64 offset)
{
	u8 magic[SNAPCAP_MAGIC_SIZE];

	if (r->size - offset < sizeof(magic))
		return -SNAPCAP_REASON_EMPTY;
	if (snapimg_head_read(r, offset, 0, magic, sizeof(magic)))
		return -SNAPCAP_REASON_READ;
	if (memcmp(magic, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE))
		return -SNAPCAP_REASON_EMPTY;
	return 0;
}

/*
 * The first place at or behind @end; the size of the medium when there is none.
 * Adding up instead of dividing: 32-bit kernels have no 64-bit division.
 */
static u64 next_place(const struct snapimg_reader *r, u64 step, u64 offset, u64 end)
{
	do {
		if (step >= r->size - offset)
			return r->size;
		offset += step;
	} while (offset < end);
	return offset;
}

int snapimg_slot_next(const struct snapimg_reader *r, u64 step, u64 *offset,
		      struct snapimg_slot *slot)
{
	u64 place;

	if (!step)
		return 0;
	for (place = *offset; place < r->size; place = next_place(r, step, place, place)) {
		int ret = probe_magic(r, place);

		if (ret == -SNAPCAP_REASON_EMPTY)
			continue;
		if (ret) {
			memset(slot, 0, sizeof(*slot));
			slot->offset = place;
			slot->status = ret;
		} else {
			snapimg_slot_probe(r, place, slot);
		}
		*offset = next_place(r, step, place,
				     slot->status ? place : place + slot->img.image_size);
		return 1;
	}
	*offset = r->size;
	return 0;
}

/*
 * How far a refused slot got. Reasons of the slot are numbered in the order of
 * the checks; a place that could not be read tells next to nothing.
 */
static int slot_progress(int status)
{
	return status == -SNAPCAP_REASON_READ ? SNAPCAP_REASON_EMPTY : -status;
}

/* A medium that changes its mind must not make a search endless: nor a caller's, nor ours. */
#define MIND_CHANGES	4

/**
 * struct found - what is remembered of a place
 * @offset: of it
 * @sequence: number of its header
 * @rank: 0: there is none
 */
struct found {
	u64 offset;
	u64 sequence;
	u64 rank;
};

static void remember(const struct snapimg_slot *slot, struct found *found)
{
	found->offset = slot->offset;
	found->sequence = slot->img.sequence;
	found->rank = slot->rank;
}

/* A choice that was cut off may read as none now: once it has counted, and that will do. */
static int probe_again(const struct snapimg_reader *r, const struct found *found, int status,
		       struct snapimg_slot *slot)
{
	snapimg_slot_probe(r, found->offset, slot);
	if (slot->status != status || slot->img.sequence != found->sequence)
		slot->status = -SNAPCAP_REASON_READ;
	slot->rank = found->rank;
	return slot->status;
}

/*
 * The places are remembered, not the slots: two of the latter would be a kilobyte
 * of stack. The chosen one is looked at again at the end. Return: 1 when it is another
 * thing then, and @below the rank of one that was committed; else as
 * snapimg_slot_newest()
 */
static int find_newest(const struct snapimg_reader *r, u64 step, u64 *below,
		       struct snapimg_slot *slot)
{
	struct found best = { 0 }, other = { 0 };
	int refused = 0;
	u64 offset = 0;

	while (snapimg_slot_next(r, step, &offset, slot)) {
		if (!slot->status) {
			if (slot->rank < *below && slot->rank > best.rank)
				remember(slot, &best);
		} else if (!refused || slot_progress(slot->status) > slot_progress(refused) ||
			   (slot_progress(slot->status) == slot_progress(refused) &&
			    slot->rank > other.rank)) {
			refused = slot->status;
			remember(slot, &other);
		}
	}

	if (best.rank) {
		*below = best.rank;
		return probe_again(r, &best, 0, slot) ? 1 : 0;
	}
	if (refused)
		return probe_again(r, &other, refused, slot) == refused ? refused : 1;
	memset(slot, 0, sizeof(*slot));
	slot->status = -SNAPCAP_REASON_EMPTY;
	return slot->status;
}

/*
 * Of a mark that was cut off while it was written, a look may find it good and the next
 * one not: then the snapshot below it is the newest. That the mark is to blame is said
 * when there is none.
 */
int snapimg_slot_newest(const struct snapimg_reader *r, u64 step, u64 below,
			struct snapimg_slot *slot)
{
	u32 changes = 0;
	int ret;

	do {
		ret = find_newest(r, step, &below, slot);
	} while (ret > 0 && ++changes < MIND_CHANGES);
	if (ret > 0 || (changes && ret == -SNAPCAP_REASON_EMPTY)) {
		ret = -SNAPCAP_REASON_COMMIT;
		slot->status = ret;
	}
	return ret;
}
