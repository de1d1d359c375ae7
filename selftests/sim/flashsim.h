/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NOR flash in memory, which keeps the rules of NOR flash and can be cut off in the
 * middle of any operation.
 *
 * Each byte has two readings. They differ where an operation was cut off such that
 * its cells were left between the levels: until they are erased they read as before
 * the operation, as after it, or as any mix, and not twice the same.
 */
#ifndef FLASHSIM_H
#define FLASHSIM_H

#include "snapstore.h"

#define FLASHSIM_REGIONS	3
#define FLASHSIM_BLOCK_MAX	65536

/**
 * struct flashsim_geometry - what kind of flash
 * @name: for the table
 * @region: from the start: how many blocks of what size; the first with count 0 ends it
 * @page: bytes that are programmed by one operation, at most, in one aligned piece
 * @write_size: smallest unit
 * @target: where snapshots go; what lies around it must never change
 * @target_size: bytes
 */
struct flashsim_geometry {
	const char *name;
	struct {
		u32 count;
		u32 size;
	} region[FLASHSIM_REGIONS];
	u32 page;
	u32 write_size;
	u64 target;
	u64 target_size;
};

/** enum flashsim_temper - how bits between the levels read */
enum flashsim_temper {
	FLASHSIM_AFTER,		/* as if the operation had been finished */
	FLASHSIM_BEFORE,	/* as if it had not begun */
	FLASHSIM_MIXED,		/* each as it likes, another way each time */
	FLASHSIM_TURNING,	/* well once and badly the next time, by turns */
	FLASHSIM_TURNED,	/* the other way round */
	FLASHSIM_TEMPERS,
};

/** enum flashsim_tear - what the operation that was cut off leaves */
enum flashsim_tear {
	FLASHSIM_NOT_BEGUN,
	FLASHSIM_HALF,		/* of the bits that change, any half has */
	FLASHSIM_TAIL_ERASED,	/* a part is done, the rest reads 0xff, as far as it can */
	FLASHSIM_TAIL_RANDOM,	/* a part is done, the rest is noise */
	FLASHSIM_UNSTABLE,	/* all of it is between the levels */
	FLASHSIM_TEARS,
};

/** enum flashsim_kind - operations */
enum flashsim_kind { FLASHSIM_PROGRAM, FLASHSIM_ERASE };

/**
 * struct flashsim_op - an operation that is about to be done
 * @kind: of it
 * @off: where
 * @len: bytes
 * @data: what is programmed
 */
struct flashsim_op {
	enum flashsim_kind kind;
	u64 off;
	u64 len;
	const u8 *data;
};

/**
 * struct flashsim - the flash
 * @geometry: of it
 * @size: bytes
 * @block_max: of the largest block
 * @after: one reading of each byte
 * @before: the other one; all but the unstable bits are the same
 * @unstable: are there any?
 * @temper: how they read
 * @turn: reads so far, for tempers that change
 * @ops: operations so far
 * @mark: hash of the contents and of what is unstable, kept up to date
 * @page_mark: a part of it for each piece of FLASHSIM_PIECE bytes
 * @broken: a rule that was broken, or NULL
 * @random: state of the generator of noise
 * @hook: called before each operation is done; may be NULL
 * @hook_ctx: for it
 */
struct flashsim {
	const struct flashsim_geometry *geometry;
	u64 size;
	u32 block_max;
	u8 *after, *before;
	bool unstable;
	enum flashsim_temper temper;
	u32 turn;
	u64 ops;
	u64 mark;
	u64 *page_mark;
	const char *broken;
	u64 random;
	void (*hook)(void *ctx, const struct flashsim_op *op);
	void *hook_ctx;
};

#define FLASHSIM_PIECE	256

/** struct flashsim_saved - what was where an operation is, of a block at most */
struct flashsim_saved {
	u8 after[FLASHSIM_BLOCK_MAX];
	u8 before[FLASHSIM_BLOCK_MAX];
	bool unstable;
};

/** flashsim_init() - flash as it comes from the factory; what is around the target is not erased */
void flashsim_init(struct flashsim *sim, const struct flashsim_geometry *geometry);
void flashsim_exit(struct flashsim *sim);

/** flashsim_flash() - it, as the library wants it */
struct snapstore_flash flashsim_flash(struct flashsim *sim);

/** flashsim_dirty() - what somebody else has left in the target */
void flashsim_dirty(struct flashsim *sim);

/** flashsim_copy() - make @to, of the same geometry, hold what @from does */
void flashsim_copy(struct flashsim *to, const struct flashsim *from);

/** flashsim_tear() - what is left of @op when power fails in it; @how names the way */
void flashsim_tear(struct flashsim *sim, const struct flashsim_op *op, enum flashsim_tear how);

/** flashsim_save(), flashsim_undo() - what is at @op's place, and put it back */
void flashsim_save(const struct flashsim *sim, const struct flashsim_op *op,
		   struct flashsim_saved *saved);
void flashsim_undo(struct flashsim *sim, const struct flashsim_op *op,
		   const struct flashsim_saved *saved);

/** flashsim_noise() - a random number */
u64 flashsim_noise(struct flashsim *sim);

#endif /* FLASHSIM_H */
