/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * snapnand: raw NAND, as snapimg reads it and snapstore writes it.
 *
 * Bad blocks are skipped: what the libraries see is the good blocks of a window, one
 * after the other. Header, mark and trial log of a slot, which other flash keeps in the
 * first 8 KiB, are in two blocks of their own, a page each, and each twice.
 *
 * Portable and freestanding like the libraries below it: no printing, no allocation, no
 * division. It has no state but the struct snapnand of its caller, which is for one
 * thread at a time, and sleeps when the functions of its host do.
 */
#ifndef SNAPNAND_H
#define SNAPNAND_H

#include "snapstore.h"

#define SNAPNAND_PAGE_MIN	512
#define SNAPNAND_PAGE_MAX	16384
/* Of a block: header, mark, a log that is worth having, revocations. */
#define SNAPNAND_PAGES_MIN	16
#define SNAPNAND_BLOCKS_MAX	(1U << 20)
/* So many blocks may go bad in one take. */
#define SNAPNAND_RESTARTS	8

/* Bytes of the bitmap for a window of so many blocks. */
#define SNAPNAND_BITMAP(blocks)	(((blocks) + 7) / 8)

/**
 * struct snapnand_ops - how the chip is used; whole pages, offsets of the window
 * @read_page: read a page. The number of bits that were corrected in it; negative: they
 *	were too many, or it cannot be read
 * @program_page: program a page of an erased block. 0, or any other value for a failure
 * @erase_block: erase a block; likewise
 * @block_is_bad: was the block marked? 0: no. What cannot be told is bad
 * @mark_bad: mark a block for good. 0, or any other value for a failure
 *
 * The last four, but for @block_is_bad, may be NULL in a host that only reads.
 */
struct snapnand_ops {
	int (*read_page)(void *ctx, u64 off, void *buf);
	int (*program_page)(void *ctx, u64 off, const void *data);
	int (*erase_block)(void *ctx, u64 off);
	int (*block_is_bad)(void *ctx, u64 off);
	int (*mark_bad)(void *ctx, u64 off);
};

/**
 * struct snapnand_counts - what went on since snapnand_open()
 * @corrected_bits: bits that were corrected when pages were read
 * @corrected_pages: reads of pages with such bits
 * @uncorrectable: reads of pages that had too many. An operation that was cut off leaves
 *	such pages, too, where nothing that counts is
 * @copies: headers and marks that were read from their copy
 * @grown: blocks that went bad, and were marked
 */
struct snapnand_counts {
	u64 corrected_bits;
	u64 corrected_pages;
	u64 uncorrectable;
	u64 copies;
	u32 grown;
};

/**
 * struct snapnand - a window of a chip
 * @ops: to be filled in before snapnand_open(), and so are the next six
 * @ctx: for @ops
 * @page_size: bytes, SNAPNAND_PAGE_MIN to _MAX, a power of two
 * @block_size: bytes, at least SNAPNAND_PAGES_MIN pages, a power of two
 * @size: bytes of the window, whole blocks, SNAPNAND_BLOCKS_MAX at most
 * @bad: memory for the bitmap of bad blocks
 * @bad_size: its bytes, at least SNAPNAND_BITMAP() of the blocks
 * @buf: memory for two pages, aligned to 8 bytes
 * @counts: what went on
 * @blocks: of the window; this and what follows is the library's
 * @good: of them
 * @block_shift: log2 of @block_size
 * @seen_logical: a good block that was looked for last
 * @seen_physical: and where it is
 * @last_block: that was programmed last, linear
 * @next_page: its next page may not be below this, linear
 * @failed: block that did not take what was done to it, of the window; ~0ULL: none
 * @unread: page that could not be read last; likewise
 * @restarts: of a take
 */
struct snapnand {
	const struct snapnand_ops *ops;
	void *ctx;
	u32 page_size;
	u32 block_size;
	u64 size;
	u8 *bad;
	size_t bad_size;
	void *buf;

	struct snapnand_counts counts;

	u32 blocks, good;
	u32 block_shift;
	u32 seen_logical, seen_physical;
	u64 last_block, next_page;
	u64 failed, unread;
	u32 restarts;
};

/* ---- the good blocks (linear.c) ---- */

/**
 * snapnand_open() - look for the bad blocks
 * @n: with its first members filled in
 *
 * Return: 0, -SNAPSTORE_E_RANGE (a geometry that is none, too little memory)
 */
int snapnand_open(struct snapnand *n);

/** snapnand_size() - bytes of the good blocks */
u64 snapnand_size(const struct snapnand *n);

/** snapnand_bad_blocks() - bad blocks of the window */
u32 snapnand_bad_blocks(const struct snapnand *n);

/**
 * snapnand_physical() - where something really is
 * @n: open
 * @off: bytes from the start of the good blocks
 *
 * Return: bytes from the start of the window; ~0ULL: nowhere
 */
u64 snapnand_physical(struct snapnand *n, u64 off);

/**
 * snapnand_flash() - the good blocks as flash
 * @n: open, and kept as long as the result is used
 *
 * Of what lies in a slot @body bytes are the two blocks for header, mark and log; the
 * first section begins there. Pages are programmed whole: a shorter end is filled up.
 * Programs ascend inside a block. Its size changes when a block goes bad.
 */
struct snapstore_flash snapnand_flash(struct snapnand *n);

/**
 * snapnand_grew() - a take has failed: is it worth to start over?
 * @n: NAND
 * @st: the take
 * @err: what its step returned
 *
 * When a block of the slot did not take what was done to it, it is marked as bad; until
 * then nothing has moved. Everything behind it is one block nearer now, the previous
 * snapshot too: the caller goes on with snapstore_open() and a new snapnand_flash().
 *
 * Return: true: again, SNAPNAND_RESTARTS times at most; false: the take has failed
 */
bool snapnand_grew(struct snapnand *n, const struct snapstore *st, int err);

#endif /* SNAPNAND_H */
