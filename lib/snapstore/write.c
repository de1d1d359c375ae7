// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The order in which a snapshot is written: revoke, erase, sections, header, read
 * back, mark. It is the only thing that makes a power cut harmless, so a step out of
 * its turn is refused and not done.
 */
#include "snapstore_private.h"

/* Everything on flash but the mark starts on this, whatever the write size. */
#define UNIT	64

#define LOG_SIZE	((size_t)SNAPCAP_TRIAL_WORDS * SNAPCAP_TRIAL_WORD_SIZE)

static u64 padded(u64 value, u64 to)
{
	u64 unit = to > UNIT ? to : UNIT;	/* both are powers of two */

	return (value + unit - 1) & ~(unit - 1);
}

/* What a program of bytes at @at has come to. */
static int programmed(struct snapstore *st, u64 at, int failed, size_t done, size_t len)
{
	if (!failed && done == len)
		return 0;
	st->at = at + done;
	return -SNAPSTORE_E_WRITE;
}

/* And a read of them. */
static int compared(struct snapstore *st, u64 at, int failed, const void *want, const void *got,
		    size_t len)
{
	const u8 *a = want, *b = got;
	size_t i;

	st->at = at;
	if (failed)
		return -SNAPSTORE_E_READ;
	if (!memcmp(want, got, len))
		return 0;
	for (i = 0; i < len && a[i] == b[i]; i++)
		st->at++;
	return -SNAPSTORE_E_READ_BACK;
}

/* Of what is before the sections, @off behind the start of the slot. */
static int compare_head(struct snapstore *st, u64 off, const void *want, void *got, size_t len)
{
	int failed = snapimg_head_read(&st->flash.reader, st->offset, off, got, len);

	return compared(st, st->offset + off, failed, want, got, len);
}

static void sync_flash(const struct snapstore *st)
{
	if (st->flash.sync)
		st->flash.sync(st->flash.reader.ctx);
}

/* Go to @stage, whose steps run from @pos to @end. */
static void enter(struct snapstore *st, enum snapstore_stage stage, u64 pos, u64 end)
{
	st->stage = stage;
	st->pos = pos;
	st->end = end;
}

/*
 * Make @found none for good. Its mark may be one that was cut off while it was written
 * or revoked: programming the same zeros again makes an end of that. That it does not
 * work matters only where there is a snapshot.
 */
static int revoke_found(struct snapstore *st)
{
	bool committed = !st->found.status;
	int ret = snapstore_revoke(&st->flash, st->found.offset, NULL);

	st->at = st->found.offset + SNAPCAP_COMMIT_OFF;
	return committed ? ret : 0;
}

/* Does @found begin before the slot and reach into it? */
static bool found_reaches_slot(const struct snapstore *st)
{
	const struct snapimg_slot *slot = &st->found;

	if (!snapstore_has_header(slot) || slot->offset >= st->offset ||
	    slot->img.image_size <= st->offset - slot->offset)
		return false;
	/* Outside the target something else may look like an image without a mark. */
	return !slot->status || slot->offset >= st->target;
}

int snapstore_erase_begin(struct snapstore *st)
{
	const struct snapstore_flash *f = &st->flash;
	u64 off = 0;

	if (st->stage != SNAPSTORE_PLACED)
		return -SNAPSTORE_E_ORDER;
	while (snapimg_slot_next(&f->reader, f->erase_size, &off, &st->found)) {
		int ret;

		if (!found_reaches_slot(st))
			continue;
		/* What it has hidden so far can reach into the slot, too. */
		off = st->found.offset + f->erase_size;
		ret = revoke_found(st);
		if (ret)
			return ret;
	}
	enter(st, SNAPSTORE_ERASING, 0, st->span);
	return 0;
}

int snapstore_erase_step(struct snapstore *st)
{
	const struct snapstore_flash *f = &st->flash;
	u64 at = st->offset + st->pos, block = f->erase_size;
	int ret;

	if (st->stage != SNAPSTORE_ERASING)
		return -SNAPSTORE_E_ORDER;
	/* An erase that is cut off may leave a header that reads well once and badly later. */
	snapimg_slot_probe(&f->reader, at, &st->found);
	if (snapstore_has_header(&st->found)) {
		ret = revoke_found(st);
		if (ret)
			return ret;
	}
	if (f->block)
		block = f->block(f->reader.ctx, at);
	if (f->erase(f->reader.ctx, at, block)) {
		st->at = at;
		return -SNAPSTORE_E_ERASE;
	}
	st->pos += block;
	if (st->pos < st->end)
		return 1;
	enter(st, SNAPSTORE_WRITING, snapstore_body(f), padded(st->image_size, f->write_size));
	return 0;
}

/* The next piece of the sections is at @buf; its bytes. */
static size_t fill_piece(struct snapstore *st)
{
	u64 left = st->end - st->pos;
	size_t len = st->buf_size / 2;

	if (left < len)
		len = (size_t)left;
	st->fill(st->fill_ctx, st->pos, st->buf, len);
	return len;
}

/* One piece of a stage whose work on it ended with @ret is done. */
static int end_piece(struct snapstore *st, int ret, size_t len, enum snapstore_stage next)
{
	if (ret)
		return ret;
	st->pos += len;
	if (st->pos < st->end)
		return 1;
	enter(st, next, snapstore_body(&st->flash), st->end);
	return 0;
}

static bool has_buffer(const struct snapstore *st)
{
	return st->buf && st->buf_size >= SNAPSTORE_PAGE_BUFFER(st->flash.write_size);
}

int snapstore_write_step(struct snapstore *st)
{
	const struct snapstore_flash *f = &st->flash;
	u64 at = st->offset + st->pos;
	size_t len, done = 0;
	int ret;

	if (st->stage != SNAPSTORE_WRITING || !has_buffer(st))
		return -SNAPSTORE_E_ORDER;
	len = fill_piece(st);
	ret = f->program(f->reader.ctx, at, st->buf, len, &done);
	return end_piece(st, programmed(st, at, ret, done, len), len, SNAPSTORE_WRITTEN);
}

/* @size bytes at @off in the slot, padded so that nothing else shares their write unit. */
static int write_page(struct snapstore *st, u64 off, const void *data, size_t size)
{
	/* Flash with heads of its own pads them itself. */
	size_t len = SNAPSTORE_PAGE(size, st->flash.program_head ? UNIT : st->flash.write_size);
	u8 *page = st->buf;
	size_t done;
	int ret;

	memset(page, 0xff, len);
	memcpy(page, data, size);
	ret = snapstore_head_program(&st->flash, st->offset, off, page, len, &done);
	ret = programmed(st, st->offset + off, ret, done, len);
	return ret ? ret : compare_head(st, off, page, page + len, len);
}

int snapstore_header(struct snapstore *st, const struct snapcap_image_header *header)
{
	int ret;

	if (st->stage != SNAPSTORE_WRITTEN || !has_buffer(st))
		return -SNAPSTORE_E_ORDER;
	if (le64_to_cpu(header->section[0].offset) < snapstore_body(&st->flash))
		return -SNAPSTORE_E_RANGE;
	ret = write_page(st, 0, header, sizeof(*header));
	if (!ret)
		enter(st, SNAPSTORE_CHECKING, snapstore_body(&st->flash), st->end);
	return ret;
}

int snapstore_check_step(struct snapstore *st)
{
	const struct snapimg_reader *r = &st->flash.reader;
	u64 at = st->offset + st->pos;
	size_t len;
	u8 *got;
	int ret;

	if (st->stage != SNAPSTORE_CHECKING || !has_buffer(st))
		return -SNAPSTORE_E_ORDER;
	len = fill_piece(st);
	got = (u8 *)st->buf + st->buf_size / 2;
	ret = r->read(r->ctx, at, got, len);
	return end_piece(st, compared(st, at, ret, st->buf, got, len), len, SNAPSTORE_CHECKED);
}

/* What stood in the log before would be taken for the new snapshot's. */
static int check_log(struct snapstore *st)
{
	size_t half = st->buf_size / 2, pos, len;
	u8 *want = st->buf;
	int ret = 0;

	for (pos = 0; !ret && pos < LOG_SIZE; pos += len) {
		len = LOG_SIZE - pos < half ? LOG_SIZE - pos : half;
		memset(want, 0xff, len);
		ret = compare_head(st, SNAPCAP_TRIAL_OFF + pos, want, want + half, len);
	}
	return ret;
}

int snapstore_commit(struct snapstore *st, const struct snapcap_commit *mark)
{
	int ret;

	if (st->stage != SNAPSTORE_CHECKED || !has_buffer(st))
		return -SNAPSTORE_E_ORDER;
	ret = check_log(st);
	if (ret)
		return ret;
	/* Below there may be a cache: all else is on the medium before the mark. */
	sync_flash(st);
	ret = write_page(st, SNAPCAP_COMMIT_OFF, mark, sizeof(*mark));
	/* What the caller is told is why it failed, not how this went. */
	if (ret)
		(void)!snapstore_revoke(&st->flash, st->offset, NULL);
	else
		st->stage = SNAPSTORE_COMMITTED;
	sync_flash(st);
	return ret;
}
