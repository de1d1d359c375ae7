/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw NAND in memory, which keeps the rules of NAND and can be cut off in the middle of
 * any operation: pages of a block are programmed in their order, and once; only an erase
 * of the block makes them erased again; what was cut off may read as it was, as it was to
 * be, or not at all, and another way the next time.
 *
 * A page that was cut off while it was programmed may be programmed again with the very
 * same bytes, which moves no cell that was not to be moved, and with no others. What is
 * in a page is a number: there are few contents, and copies of a chip cost little.
 */
#ifndef NANDSIM_H
#define NANDSIM_H

#include "snapnand.h"

#define NANDSIM_BAD_MAX		8
#define NANDSIM_FAIL_MAX	4
#define NANDSIM_PAGES_MAX	64	/* of a block */
#define NANDSIM_BLOCKS_MAX	24

/* What of a block fails: a page when it is programmed, or its erase. */
#define NANDSIM_FAIL_ERASE	(-1)

/**
 * struct nandsim_geometry - what kind of chip
 * @name: for the table
 * @page: bytes of a page
 * @block: bytes of a block
 * @blocks: of the chip
 * @bads: how many of @bad there are
 * @bad: blocks that are bad from the factory
 * @fails: how many of @fail there are
 * @fail: blocks that do not take an erase, or a page, whenever that is tried
 */
struct nandsim_geometry {
	const char *name;
	u32 page, block, blocks;
	u32 bads, bad[NANDSIM_BAD_MAX];
	u32 fails;
	struct {
		u32 block;
		int page;
	} fail[NANDSIM_FAIL_MAX];
};

/** enum nandsim_temper - how reads what was cut off */
enum nandsim_temper {
	NANDSIM_AFTER,		/* as if the operation had been finished */
	NANDSIM_BEFORE,		/* as if it had not begun */
	NANDSIM_LOST,		/* not at all */
	NANDSIM_MIXED,		/* any of these, another one each time */
	NANDSIM_TURNING,	/* well once and badly the next time, by turns */
	NANDSIM_TEMPERS,
};

/** enum nandsim_tear - what the operation that was cut off leaves */
enum nandsim_tear {
	NANDSIM_NOT_BEGUN,
	NANDSIM_OLD,		/* it reads as before, but something has happened */
	NANDSIM_NEW,		/* it reads as if it had been finished */
	NANDSIM_UNREADABLE,	/* it cannot be read; of an erase some pages */
	NANDSIM_UNSTABLE,	/* as the temper says */
	NANDSIM_TEARS,
};

enum nandsim_kind { NANDSIM_PROGRAM, NANDSIM_ERASE, NANDSIM_MARK };

/** struct nandsim_op - an operation that is about to be done; @data of a program */
struct nandsim_op {
	enum nandsim_kind kind;
	u64 off;
	const u8 *data;
};

/* Contents that every chip knows. */
#define NANDSIM_IS_ERASED	0
#define NANDSIM_IS_LOST		1

/**
 * struct nandsim_page - a page
 * @after: one reading of it
 * @before: the other one
 * @flight: what was to be programmed when it was cut off; NANDSIM_IS_ERASED: nothing
 */
struct nandsim_page {
	u32 after, before, flight;
};

/**
 * struct nandsim_block - a block
 * @bad: it is marked
 * @unsettled: its erase was cut off: nothing may be programmed before another one
 * @page: its pages
 */
struct nandsim_block {
	u8 bad, unsettled;
	struct nandsim_page page[NANDSIM_PAGES_MAX];
};

/**
 * struct nandsim - the chip
 * @geometry: of it
 * @pages: of a block
 * @block: its blocks
 * @unstable: may reads differ?
 * @temper: how they do
 * @turn: reads so far, for tempers that change
 * @broken: a rule that was broken, or NULL
 * @random: state of the generator of noise
 * @hook: called before each operation is done; may be NULL
 * @hook_ctx: for it
 */
struct nandsim {
	const struct nandsim_geometry *geometry;
	u32 pages;
	struct nandsim_block block[NANDSIM_BLOCKS_MAX];
	bool unstable;
	enum nandsim_temper temper;
	u32 turn;
	const char *broken;
	u64 random;
	void (*hook)(void *ctx, const struct nandsim_op *op);
	void *hook_ctx;
};

/** struct nandsim_saved - what was where an operation is */
struct nandsim_saved {
	struct nandsim_block block;
	bool unstable;
};

/** struct nandsim_view - a chip as the library sees it */
struct nandsim_view {
	struct snapnand nand;
	u8 bad[SNAPNAND_BITMAP(NANDSIM_BLOCKS_MAX)];
	u64 buf[2 * SNAPNAND_PAGE_MAX / 8];
};

/** nandsim_init() - a chip as it comes from the factory */
void nandsim_init(struct nandsim *sim, const struct nandsim_geometry *geometry);

/** nandsim_dirty() - what somebody else has left there */
void nandsim_dirty(struct nandsim *sim);

/** nandsim_copy() - make @to hold what @from does */
void nandsim_copy(struct nandsim *to, const struct nandsim *from);

/** nandsim_open() - look at it, as at power-on; the flash is valid as long as @view is */
struct snapstore_flash nandsim_open(struct nandsim *sim, struct nandsim_view *view);

/** nandsim_mark() - a hash of all that can be told from it */
u64 nandsim_mark(const struct nandsim *sim);

/** nandsim_tear() - what is left of @op when power fails in it; @how names the way */
void nandsim_tear(struct nandsim *sim, const struct nandsim_op *op, enum nandsim_tear how);

/** nandsim_save(), nandsim_undo() - what is at @op's place, and put it back */
void nandsim_save(const struct nandsim *sim, const struct nandsim_op *op,
		  struct nandsim_saved *saved);
void nandsim_undo(struct nandsim *sim, const struct nandsim_op *op,
		  const struct nandsim_saved *saved);

/** nandsim_lose() - page @page of block @block, of the chip, cannot be read any more */
void nandsim_lose(struct nandsim *sim, u32 block, u32 page);

/** nandsim_page_bytes() - what a page reads as, NULL: not at all */
const u8 *nandsim_page_bytes(const struct nandsim *sim, u32 block, u32 page);

/** nandsim_fails() - is @op one that the chip does not take? */
bool nandsim_fails(const struct nandsim *sim, const struct nandsim_op *op);

/** nandsim_noise() - a random number */
u64 nandsim_noise(struct nandsim *sim);

#endif /* NANDSIM_H */
