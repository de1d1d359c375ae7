// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The good blocks of a window, one after the other, and the one rule: block i of them is
 * the i-th block that is not bad. Nothing on the chip tells what is where, so a block that
 * goes bad moves all behind it, and is marked when nobody counts on places any more.
 */
#include "snapnand_private.h"

static bool is_power(u32 value)
{
	return value && !(value & (value - 1));
}

static bool block_is_bad(const struct snapnand *n, u32 i)
{
	return n->bad[i / 8] & 1U << (i & 7);
}

static void start_search(struct snapnand *n)
{
	n->seen_logical = ~0U;
	n->seen_physical = ~0U;
	n->last_block = SNAPNAND_NOWHERE;
	n->next_page = 0;
	n->failed = SNAPNAND_NOWHERE;
	n->unread = SNAPNAND_NOWHERE;
}

static bool geometry_is_sound(const struct snapnand *n)
{
	return is_power(n->page_size) && n->page_size >= SNAPNAND_PAGE_MIN &&
	       n->page_size <= SNAPNAND_PAGE_MAX && is_power(n->block_size) &&
	       n->block_size / SNAPNAND_PAGES_MIN >= n->page_size &&
	       !(n->size & (n->block_size - 1));
}

int snapnand_open(struct snapnand *n)
{
	u64 blocks;
	u32 i;

	if (!geometry_is_sound(n))
		return -SNAPSTORE_E_RANGE;
	for (n->block_shift = 0; 1U << n->block_shift != n->block_size; n->block_shift++)
		;
	blocks = n->size >> n->block_shift;
	if (!blocks || blocks > SNAPNAND_BLOCKS_MAX || n->bad_size < SNAPNAND_BITMAP(blocks))
		return -SNAPSTORE_E_RANGE;
	n->blocks = (u32)blocks;
	n->good = 0;
	n->restarts = 0;
	memset(&n->counts, 0, sizeof(n->counts));
	memset(n->bad, 0, (size_t)SNAPNAND_BITMAP(blocks));
	for (i = 0; i < n->blocks; i++) {
		if (n->ops->block_is_bad(n->ctx, (u64)i << n->block_shift))
			n->bad[i / 8] |= (u8)(1U << (i & 7));
		else
			n->good++;
	}
	start_search(n);
	return 0;
}

u64 snapnand_size(const struct snapnand *n)
{
	return (u64)n->good << n->block_shift;
}

u32 snapnand_bad_blocks(const struct snapnand *n)
{
	return n->blocks - n->good;
}

u64 snapnand_physical(struct snapnand *n, u64 off)
{
	u32 wanted;

	if (off >= snapnand_size(n))
		return SNAPNAND_NOWHERE;
	wanted = (u32)(off >> n->block_shift);
	/* From the last one on, or from the start: the first step leads to block 0. */
	if (n->seen_logical == ~0U || wanted < n->seen_logical) {
		n->seen_logical = ~0U;
		n->seen_physical = ~0U;
	}
	while (n->seen_logical != wanted) {
		do {
			n->seen_physical++;
		} while (block_is_bad(n, n->seen_physical));
		n->seen_logical++;
	}
	return ((u64)n->seen_physical << n->block_shift) + (off & (n->block_size - 1));
}

int snapnand_page_read(struct snapnand *n, u64 off, void *buf)
{
	u64 at = snapnand_physical(n, off);
	int bits;

	if (at == SNAPNAND_NOWHERE)
		return -1;
	bits = n->ops->read_page(n->ctx, at, buf);
	if (bits < 0) {
		n->counts.uncorrectable++;
		n->unread = at;
		return -1;
	}
	n->counts.corrected_bits += (u32)bits;
	n->counts.corrected_pages += !!bits;
	return 0;
}

int snapnand_page_program(struct snapnand *n, u64 off, const void *data)
{
	u64 at = snapnand_physical(n, off);

	if (at == SNAPNAND_NOWHERE || !n->ops->program_page)
		return -1;
	return n->ops->program_page(n->ctx, at, data) ? -1 : 0;
}

void snapnand_note_failure(struct snapnand *n, u64 off)
{
	n->failed = snapnand_physical(n, off & ~(u64)(n->block_size - 1));
}

/* How many of @len bytes at @off are in the same page. */
static size_t piece_of_page(const struct snapnand *n, u64 off, size_t len)
{
	u32 left = n->page_size - (u32)(off & (n->page_size - 1));

	return len < left ? len : left;
}

static bool is_inside(const struct snapnand *n, u64 off, u64 len)
{
	u64 size = snapnand_size(n);

	return off <= size && len <= size - off;
}

static int read_linear(void *ctx, u64 off, void *buf, size_t len)
{
	struct snapnand *n = ctx;
	size_t done, piece;

	if (!is_inside(n, off, len))
		return -SNAPCAP_REASON_READ;
	for (done = 0; done < len; done += piece) {
		u64 at = off + done;
		u32 in_page = (u32)(at & (n->page_size - 1));
		u8 *to = (u8 *)buf + done;

		piece = piece_of_page(n, at, len - done);
		if (snapnand_page_read(n, at - in_page, piece == n->page_size ? to : n->buf))
			return -SNAPCAP_REASON_READ;
		if (piece != n->page_size)
			memcpy(to, (u8 *)n->buf + in_page, piece);
	}
	return 0;
}

/* Pages of a block are programmed in their order, and once. */
static bool is_in_turn(struct snapnand *n, u64 off)
{
	u64 block = off & ~(u64)(n->block_size - 1);

	if (off & (n->page_size - 1) || (block == n->last_block && off < n->next_page))
		return false;
	n->last_block = block;
	n->next_page = off + n->page_size;
	return true;
}

static int program_linear(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	struct snapnand *n = ctx;
	size_t piece;

	*done = 0;
	if (!is_inside(n, off, len))
		return -1;
	for (; *done < len; *done += piece) {
		const u8 *page = (const u8 *)data + *done;
		u64 at = off + *done;

		if (!is_in_turn(n, at))
			return -1;
		piece = piece_of_page(n, at, len - *done);
		/* A page of nothing but ones is there already. */
		if (snapnand_is_erased(page, piece))
			continue;
		if (piece != n->page_size) {
			memset(n->buf, 0xff, n->page_size);
			memcpy(n->buf, page, piece);
			page = n->buf;
		}
		if (snapnand_page_program(n, at, page)) {
			snapnand_note_failure(n, at);
			return -1;
		}
	}
	return 0;
}

static int erase_linear(void *ctx, u64 off, u64 len)
{
	struct snapnand *n = ctx;
	u64 at = snapnand_physical(n, off);

	if (at == SNAPNAND_NOWHERE || len != n->block_size || off & (n->block_size - 1) ||
	    !n->ops->erase_block)
		return -1;
	if (n->last_block == off)
		n->last_block = SNAPNAND_NOWHERE;
	if (!n->ops->erase_block(n->ctx, at))
		return 0;
	snapnand_note_failure(n, off);
	return -1;
}

struct snapstore_flash snapnand_flash(struct snapnand *n)
{
	n->failed = SNAPNAND_NOWHERE;
	n->unread = SNAPNAND_NOWHERE;
	return (struct snapstore_flash) {
		.reader = {
			.size = snapnand_size(n),
			.read = read_linear,
			.ctx = n,
			.read_head = snapnand_head_read,
			.trial_words = snapnand_head_words(n),
		},
		.erase_size = n->block_size,
		.write_size = n->page_size,
		.program = program_linear,
		.erase = erase_linear,
		.body = (u64)SNAPCAP_NAND_HEADS << n->block_shift,
		.program_head = snapnand_head_program,
	};
}

/* The block of the slot that is to blame, of the window, or nowhere. */
static u64 blamed_block(struct snapnand *n, const struct snapstore *st, int err)
{
	u64 blamed = SNAPNAND_NOWHERE, off;

	if (err == -SNAPSTORE_E_WRITE || err == -SNAPSTORE_E_ERASE)
		blamed = n->failed;
	/* It was written without complaint, and does not read back. */
	else if (err == -SNAPSTORE_E_READ && st->stage >= SNAPSTORE_WRITTEN)
		blamed = n->unread;
	else if (err == -SNAPSTORE_E_READ_BACK && st->stage >= SNAPSTORE_WRITTEN)
		blamed = snapnand_physical(n, st->at);
	if (blamed == SNAPNAND_NOWHERE)
		return blamed;
	blamed &= ~(u64)(n->block_size - 1);
	/* Never one of somebody else. */
	for (off = st->offset; off < st->offset + st->span; off += n->block_size)
		if (snapnand_physical(n, off) == blamed)
			return blamed;
	return SNAPNAND_NOWHERE;
}

bool snapnand_grew(struct snapnand *n, const struct snapstore *st, int err)
{
	u64 blamed = blamed_block(n, st, err);
	u32 i;

	if (blamed == SNAPNAND_NOWHERE || n->restarts == SNAPNAND_RESTARTS || !n->ops->mark_bad)
		return false;
	/* One that is passed over now and used the next time would move everything. */
	if (n->ops->mark_bad(n->ctx, blamed) || !n->ops->block_is_bad(n->ctx, blamed))
		return false;
	i = (u32)(blamed >> n->block_shift);
	n->bad[i / 8] |= (u8)(1U << (i & 7));
	n->good--;
	n->counts.grown++;
	n->restarts++;
	start_search(n);
	return true;
}
