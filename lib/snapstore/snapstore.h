/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * snapstore: write snapshots to flash, and drop them, in the order that a power
 * cut cannot harm.
 *
 * Portable and freestanding like snapimg, on which it is built: no printing, no
 * allocation, no floating point, no 64-bit division. It reads, programs and erases
 * through functions that its host provides (see README.rst), one flash operation
 * after the other and never two at a time, so that what is proven of the order here
 * holds wherever it runs.
 *
 * Unless said otherwise a function returns 0 or a negated SNAPSTORE_E_*, and sleeps
 * when the host's functions do. Where it was that something failed is in @at of
 * struct snapstore then.
 */
#ifndef SNAPSTORE_H
#define SNAPSTORE_H

#include "snapimg.h"

#define SNAPSTORE_E_READ	1	/* the flash could not be read */
#define SNAPSTORE_E_WRITE	2	/* a programming step failed */
#define SNAPSTORE_E_ERASE	3	/* an erase failed */
#define SNAPSTORE_E_READ_BACK	4	/* the flash does not hold what was written */
#define SNAPSTORE_E_RANGE	5	/* the target is outside the flash, or not on blocks */
#define SNAPSTORE_E_NO_ROOM	6	/* the image is larger than its slot */
#define SNAPSTORE_E_KEEP	7	/* there is no room without the previous snapshot's */
#define SNAPSTORE_E_ORDER	8	/* called too early, too late, or with too small a buffer */
#define SNAPSTORE_E_NO_PLACE	9	/* there is no room beside all snapshots */

/* Where a snapshot goes; the numbers are those of SNAPCAP_IOC_MAKESNAP. */
#define SNAPSTORE_SLOT_0	0		/* first half of the target */
#define SNAPSTORE_SLOT_1	1		/* second half */
#define SNAPSTORE_SLOT_FREE	0xfffffffdU	/* beside all snapshots that there are */
#define SNAPSTORE_SLOT_WHOLE	0xfffffffeU	/* all of it */
#define SNAPSTORE_SLOT_AUTO	0xffffffffU	/* beside the newest: a half, or any place; else whole */

/**
 * struct snapstore_flash - flash that can be written
 * @reader: how it is read; its @ctx is that of all functions here
 * @erase_size: bytes of its largest erase block; snapshots start on multiples of it
 * @write_size: bytes of the smallest unit that can be programmed
 * @program: clear bits of erased flash. @off and @len are multiples of @write_size,
 *	@done is set to the bytes that were programmed before it failed. 0, or any
 *	other value for a failure
 * @erase: erase the one block at @off, of @len bytes; as above. NULL: it is never
 *	asked for, in a host that only drops
 * @block: bytes of the erase block that begins at @off, 0 when none does; NULL: all
 *	blocks have @erase_size bytes
 * @sync: have everything on the medium before it returns; NULL: it is
 * @body: where the sections of a snapshot start in its slot; 0: at SNAPCAP_BODY_OFF
 * @program_head: for a reader with @read_head: program bytes @off to @off + @len of the
 *	slot at @slot, as the format has them: the header, the mark, @revoked of it, or a
 *	word of the trial log. Such a word is programmed once, and again only with the
 *	same bytes, so the even ones are for tries and the odd ones for confirmations.
 *	NULL: they are programmed like all others
 */
struct snapstore_flash {
	struct snapimg_reader reader;
	u64 erase_size;
	u32 write_size;
	int (*program)(void *ctx, u64 off, const void *data, size_t len, size_t *done);
	int (*erase)(void *ctx, u64 off, u64 len);
	u64 (*block)(void *ctx, u64 off);
	void (*sync)(void *ctx);
	u64 body;
	int (*program_head)(void *ctx, u64 slot, u64 off, const void *data, size_t len,
			    size_t *done);
};

/**
 * enum snapstore_stage - how far a take is; each follows the one before
 * @SNAPSTORE_OPEN: the target is known
 * @SNAPSTORE_PLACED: the slot is chosen; nothing is changed on flash
 * @SNAPSTORE_ERASING: what reaches into the slot is revoked
 * @SNAPSTORE_WRITING: the slot is erased
 * @SNAPSTORE_WRITTEN: the sections are written
 * @SNAPSTORE_CHECKING: so is the header, and was read back
 * @SNAPSTORE_CHECKED: the sections were read back
 * @SNAPSTORE_COMMITTED: the snapshot exists
 */
enum snapstore_stage {
	SNAPSTORE_OPEN,
	SNAPSTORE_PLACED,
	SNAPSTORE_ERASING,
	SNAPSTORE_WRITING,
	SNAPSTORE_WRITTEN,
	SNAPSTORE_CHECKING,
	SNAPSTORE_CHECKED,
	SNAPSTORE_COMMITTED,
};

/**
 * struct snapstore - one take, as far as flash goes
 * @flash: to be filled in before snapstore_open()
 * @fill: bytes of the image at @off from the start of its slot, to @buf; what belongs
 *	to nothing is 0xff. To be filled in before snapstore_write_step()
 * @fill_ctx: for @fill
 * @buf: working memory of the steps that write and read back, aligned to 8 bytes
 * @buf_size: its bytes, two times a multiple of 64 and of the write size: half of it
 *	is how much is written at a time. For header and mark
 *	SNAPSTORE_PAGE_BUFFER() is enough
 * @stage: how far it is
 * @target: start of the target
 * @target_size: its bytes
 * @previous: the committed snapshot of highest rank, of all the flash, that the loader
 *	would still enter, status 0 when there is one; from snapstore_find_previous()
 * @highest: number that was given last, as far as headers and choices tell
 * @slot: SNAPSTORE_SLOT_0, _1, _FREE or _WHOLE
 * @offset: of the slot
 * @image_size: bytes of the image
 * @span: bytes that it takes from the flash: whole erase blocks
 * @missing: so many more would have to be free in one piece, when there is no place
 * @pos: how far the stage is, bytes from @offset
 * @end: where it ends
 * @at: where on the flash something failed
 * @found: of a scan; here so that it is on nobody's stack
 */
struct snapstore {
	struct snapstore_flash flash;
	void (*fill)(void *ctx, u64 off, void *buf, size_t len);
	void *fill_ctx;
	void *buf;
	size_t buf_size;

	enum snapstore_stage stage;
	u64 target, target_size;
	struct snapimg_slot previous;
	u64 highest;
	u32 slot;
	u64 offset;
	u64 image_size;
	u64 span;
	u64 missing;
	u64 pos, end;
	u64 at;
	struct snapimg_slot found;
};

/* Header and mark are padded to this, so that each has write units of its own. */
#define SNAPSTORE_PAGE(size, write_size) \
	((((size) + 63) & ~(size_t)63) > (write_size) ? \
	 (((size) + 63) & ~(size_t)63) : (size_t)(write_size))

/* Bytes at @buf that snapstore_header() and snapstore_commit() need. */
#define SNAPSTORE_PAGE_BUFFER(write_size) \
	(2 * SNAPSTORE_PAGE(sizeof(struct snapcap_image_header), write_size))

/* ---- the slot (place.c) ---- */

/**
 * snapstore_open() - begin
 * @st: with its flash filled in
 * @target: start of the target, a multiple of the erase size
 * @size: its bytes, likewise; 0: to the end of the flash
 *
 * Return: 0, RANGE
 */
int snapstore_open(struct snapstore *st, u64 target, u64 size);

/**
 * snapstore_find_previous() - look at the snapshots that are there
 * @st: open
 *
 * Return: 0, also when there is none; READ
 */
int snapstore_find_previous(struct snapstore *st);

/**
 * snapstore_sequence() - the number of the snapshot that is to be written
 * @st: behind snapstore_find_previous()
 *
 * One more than that of any header that is whole, committed or not, and of any choice.
 */
u64 snapstore_sequence(const struct snapstore *st);

/**
 * snapstore_place() - choose the slot, now that the image's size is known
 * @st: open
 * @image_size: bytes of the image
 * @slot: SNAPSTORE_SLOT_*
 * @keep: fail rather than lose the previous snapshot
 *
 * With SNAPSTORE_SLOT_FREE it is the first place where the image takes blocks of no
 * committed snapshot. With SNAPSTORE_SLOT_AUTO that of the previous one are left alone:
 * a half without it, else the first place beside it; and then all of the target.
 * Nothing is changed on flash. It may be called again.
 *
 * Return: 0, ORDER, RANGE (no image is that small), NO_ROOM, KEEP, NO_PLACE
 */
int snapstore_place(struct snapstore *st, u64 image_size, u32 slot, bool keep);

/**
 * snapstore_wear() - how often the blocks of the slot will have been erased for takes
 * @st: placed; its @found is overwritten
 *
 * One more than the highest count in a whole header, committed or not, whose image has blocks
 * in the slot. To be asked before these are erased.
 */
u32 snapstore_wear(struct snapstore *st);

/** snapstore_overlaps_previous() - does the chosen slot take blocks of the previous one? */
bool snapstore_overlaps_previous(const struct snapstore *st);

/**
 * snapstore_has_previous() - is the previous snapshot still there?
 * @st: placed; its @found is overwritten
 *
 * Told by looking: what failed or was ended early may not have reached it.
 */
bool snapstore_has_previous(struct snapstore *st);

/* ---- writing (write.c) ---- */

/**
 * snapstore_erase_begin() - revoke what reaches into the slot
 * @st: placed
 *
 * A committed image that begins before the slot and reaches into it would stay
 * committed over damaged data, and hide what is written there from the reader, which
 * passes over the inside of committed images. One that is not committed is revoked all
 * the same, since it may be the next time that its mark is read.
 *
 * Return: 0, ORDER, WRITE, READ_BACK
 */
int snapstore_erase_begin(struct snapstore *st);

/**
 * snapstore_erase_step() - erase the next block
 * @st: behind snapstore_erase_begin(); @pos is moved
 *
 * In ascending order, and every block, whatever it reads as: nothing on flash tells
 * whether one that reads erased was erased to its end. A snapshot that begins in the
 * block is revoked right before, so that it does not come back when power fails in the
 * erase.
 *
 * Return: 1 when there is more, 0 when not, ORDER, WRITE, READ_BACK, ERASE
 */
int snapstore_erase_step(struct snapstore *st);

/**
 * snapstore_write_step() - write the next piece of the sections
 * @st: erased; @pos is moved
 *
 * Return: 1 when there is more, 0 when not, ORDER, WRITE
 */
int snapstore_write_step(struct snapstore *st);

/**
 * snapstore_header() - write the header, and read it back
 * @st: with its sections written
 * @header: of the image
 *
 * Return: 0, ORDER, RANGE (sections where the flash has no room for them), WRITE, READ,
 * READ_BACK
 */
int snapstore_header(struct snapstore *st, const struct snapcap_image_header *header);

/**
 * snapstore_check_step() - read the next piece of the sections back
 * @st: with its header written; @pos is moved
 *
 * Return: 1 when there is more, 0 when not, ORDER, READ, READ_BACK
 */
int snapstore_check_step(struct snapstore *st);

/**
 * snapstore_commit() - write the mark that makes it a snapshot, last and alone
 * @st: with everything read back
 * @mark: of the same header
 *
 * The trial log has to read as erased. When it fails the slot is revoked: the mark may be
 * good all the same, and a take that failed must not be restored.
 *
 * Return: 0, ORDER, WRITE, READ, READ_BACK
 */
int snapstore_commit(struct snapstore *st, const struct snapcap_commit *mark);

/* ---- the trial log (trial.c) ---- */

/* What snapstore_trial_note() notes. */
#define SNAPSTORE_TRIAL_TRY	0	/* the snapshot is about to be entered */
#define SNAPSTORE_TRIAL_CONFIRM	1	/* the system that came out of it is well */

/**
 * snapstore_trial_note() - add a word to the trial log of a snapshot
 * @flash: of which only @reader, @write_size and @program are used
 * @slot: where the snapshot begins; its header is good
 * @what: SNAPSTORE_TRIAL_TRY or _CONFIRM
 *
 * A programming step of eight bytes, which needs no erase, and is read back. Where the
 * flash does not take it the next word is tried, a few times. What counts is what the
 * flash says then, not how the step went.
 *
 * The word before it is made firm first: power may have failed while it was programmed.
 * For the same reason a confirmation leaves a word out. Where words are programmed once
 * the kind of a word tells its place, and what is not done of the last one is done.
 *
 * Return: 0, READ, WRITE (it cannot be programmed in words), READ_BACK, NO_ROOM
 */
int snapstore_trial_note(const struct snapstore_flash *flash, u64 slot, u32 what);

/* ---- choosing (choose.c) ---- */

/**
 * snapstore_choose() - have the reader restore this snapshot before all others
 * @flash: of which only @reader, @write_size and @program are used
 * @slot: it, committed
 * @number: what it is ordered by from then on: higher than all that there are, which is
 *	what snapstore_sequence() returns
 *
 * Programming steps of eight bytes in its choice log, which need no erase and are read
 * back. Whenever the power fails, it is chosen, or all is as before; once 0 was returned
 * it is chosen until another one is, or is taken.
 *
 * Return: 0, RANGE (a number of 0, or above SNAPCAP_CHOICE_NUMBER_MAX), READ, WRITE (it may
 * be that it cannot be programmed in words), READ_BACK, NO_ROOM (the log is full)
 */
int snapstore_choose(const struct snapstore_flash *flash, const struct snapimg_slot *slot,
		     u64 number);

/**
 * snapstore_is_chosen() - is this the one that is restored, whatever was cut off before?
 * @st: behind snapstore_find_previous()
 * @slot: the one of highest rank
 *
 * Else it may be the one now, and not the next time: choosing it again makes an end of that.
 */
bool snapstore_is_chosen(const struct snapstore *st, const struct snapimg_slot *slot);

/* ---- dropping (revoke.c) ---- */

/**
 * snapstore_revoke() - make a snapshot none
 * @flash: of which only @reader and @program are used
 * @slot: where it begins
 * @after: result: what is there then, or NULL to not look
 *
 * One programming step of eight bytes, which needs no erase, and is read back: whenever
 * the power fails, the snapshot is valid or revoked. What counts is what the flash says,
 * so a caller that may believe it looks at @after even when the step has failed.
 *
 * Return:
 * * 0			- it is revoked
 * * -SNAPSTORE_E_WRITE	- the step failed
 * * -SNAPSTORE_E_READ_BACK - it did not, but the flash does not hold it
 */
int snapstore_revoke(const struct snapstore_flash *flash, u64 slot, struct snapimg_slot *after);

/**
 * snapstore_settle() - revoke all that is or may be a snapshot
 * @flash: of which only @reader, @erase_size and @program are used
 * @found: working memory
 *
 * For somebody who has dropped everything: a mark that was cut off while it was written
 * or revoked may read well the next time.
 *
 * Return: 0, WRITE
 */
int snapstore_settle(const struct snapstore_flash *flash, struct snapimg_slot *found);

#endif /* SNAPSTORE_H */
