// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model. It does nothing that NOR flash cannot do: programming clears bits,
 * only an erase of a whole block sets them, and an operation that is cut off touches
 * no cell but its own.
 */
#include <stdlib.h>
#include "flashsim.h"

u64 flashsim_noise(struct flashsim *sim)
{
	/* xorshift64*, which is never 0 */
	sim->random ^= sim->random >> 12;
	sim->random ^= sim->random << 25;
	sim->random ^= sim->random >> 27;
	return sim->random * 0x2545f4914f6cdd1dULL;
}

static void rule(struct flashsim *sim, const char *what)
{
	if (!sim->broken)
		sim->broken = what;
}

/* The block that begins at @off, 0 when none does. */
static u64 block_at(const struct flashsim *sim, u64 off)
{
	u64 start = 0;

	for (u32 i = 0; i < FLASHSIM_REGIONS; i++) {
		u64 size = sim->geometry->region[i].size;
		u64 end = start + size * sim->geometry->region[i].count;

		if (off < end)
			return (off - start) % size ? 0 : size;
		start = end;
	}
	return 0;
}

/* The sums of what @off and @len touch are made anew. */
static void note_change(struct flashsim *sim, u64 off, u64 len)
{
	for (u64 i = off / FLASHSIM_PIECE; i * FLASHSIM_PIECE < off + len; i++) {
		const u8 *after = sim->after + i * FLASHSIM_PIECE;
		const u8 *before = sim->before + i * FLASHSIM_PIECE;
		u64 mark = XXH64(after, FLASHSIM_PIECE, i);

		if (sim->unstable && memcmp(after, before, FLASHSIM_PIECE))
			mark ^= XXH64(before, FLASHSIM_PIECE, ~i);
		sim->mark ^= sim->page_mark[i] ^ mark;
		sim->page_mark[i] = mark;
	}
}

void flashsim_init(struct flashsim *sim, const struct flashsim_geometry *geometry)
{
	memset(sim, 0, sizeof(*sim));
	sim->geometry = geometry;
	sim->random = 88172645463325252ULL;
	for (u32 i = 0; i < FLASHSIM_REGIONS; i++) {
		sim->size += (u64)geometry->region[i].size * geometry->region[i].count;
		if (geometry->region[i].size > sim->block_max)
			sim->block_max = geometry->region[i].size;
	}
	sim->after = malloc(sim->size);
	sim->before = malloc(sim->size);
	sim->page_mark = calloc(sim->size / FLASHSIM_PIECE, sizeof(u64));
	if (!sim->after || !sim->before || !sim->page_mark)
		abort();
	memset(sim->after, 0x5c, sim->size);
	memset(sim->after + geometry->target, 0xff, geometry->target_size);
	memcpy(sim->before, sim->after, sim->size);
	note_change(sim, 0, sim->size);
}

void flashsim_exit(struct flashsim *sim)
{
	free(sim->after);
	free(sim->before);
	free(sim->page_mark);
}

void flashsim_dirty(struct flashsim *sim)
{
	for (u64 i = 0; i < sim->geometry->target_size; i++)
		sim->after[sim->geometry->target + i] = (u8)flashsim_noise(sim);
	memcpy(sim->before, sim->after, sim->size);
	note_change(sim, 0, sim->size);
}

void flashsim_copy(struct flashsim *to, const struct flashsim *from)
{
	memcpy(to->after, from->after, from->size);
	memcpy(to->before, from->before, from->size);
	memcpy(to->page_mark, from->page_mark, from->size / FLASHSIM_PIECE * sizeof(u64));
	to->unstable = from->unstable;
	to->mark = from->mark;
	to->ops = from->ops;
	/* What was noise once is another noise the next time. */
	to->random ^= from->random + 1;
	if (!to->random)
		to->random = 1;
}

void flashsim_save(const struct flashsim *sim, const struct flashsim_op *op,
		   struct flashsim_saved *saved)
{
	memcpy(saved->after, sim->after + op->off, op->len);
	memcpy(saved->before, sim->before + op->off, op->len);
	saved->unstable = sim->unstable;
}

void flashsim_undo(struct flashsim *sim, const struct flashsim_op *op,
		   const struct flashsim_saved *saved)
{
	memcpy(sim->after + op->off, saved->after, op->len);
	memcpy(sim->before + op->off, saved->before, op->len);
	sim->unstable = saved->unstable;
	note_change(sim, op->off, op->len);
}

static void finish(struct flashsim *sim, const struct flashsim_op *op)
{
	u8 *after = sim->after + op->off, *before = sim->before + op->off;

	if (op->kind == FLASHSIM_ERASE) {
		memset(after, 0xff, op->len);
		memset(before, 0xff, op->len);
	} else {
		/* A bit that is programmed is 0 from then on, between the levels or not. */
		for (u64 i = 0; i < op->len; i++) {
			after[i] &= op->data[i];
			before[i] &= op->data[i];
		}
	}
	note_change(sim, op->off, op->len);
}

/* What byte @i of @op becomes of @is when it is done. */
static u8 wanted(const struct flashsim_op *op, u64 i, u8 is)
{
	return op->kind == FLASHSIM_ERASE ? 0xff : is & op->data[i];
}

/* And when it is cut off at byte @part. */
static u8 torn(const struct flashsim_op *op, u64 i, u64 part, enum flashsim_tear how, u8 is,
	       u8 noise)
{
	bool erase = op->kind == FLASHSIM_ERASE;

	switch (how) {
	case FLASHSIM_HALF:
		return (is & noise) | (wanted(op, i, is) & ~noise);
	case FLASHSIM_TAIL_ERASED:
		/* Of an erase it is the head that is as it was. */
		return (i < part) == erase ? is : wanted(op, i, is);
	case FLASHSIM_TAIL_RANDOM:
		if (i < part)
			return wanted(op, i, is);
		return erase ? noise : is & noise;
	default:
		return is;
	}
}

/* Cells that are between the levels already are hit once more: they stay so. */
static void unsettle(struct flashsim *sim, const struct flashsim_op *op)
{
	u8 *after = sim->after + op->off, *before = sim->before + op->off;

	for (u64 i = 0; i < op->len; i++) {
		if (op->kind == FLASHSIM_ERASE) {
			after[i] = 0xff;
		} else {
			before[i] |= after[i];
			after[i] &= op->data[i];
		}
	}
	sim->unstable = true;
}

void flashsim_tear(struct flashsim *sim, const struct flashsim_op *op, enum flashsim_tear how)
{
	u8 *after = sim->after + op->off, *before = sim->before + op->off;
	u64 part = op->len ? flashsim_noise(sim) % op->len : 0;

	if (how == FLASHSIM_NOT_BEGUN)
		return;
	if (how == FLASHSIM_UNSTABLE)
		unsettle(sim, op);
	for (u64 i = 0; how != FLASHSIM_UNSTABLE && i < op->len; i++) {
		u8 noise = (u8)(flashsim_noise(sim) >> 32);

		after[i] = torn(op, i, part, how, after[i], noise);
		before[i] = torn(op, i, part, how, before[i], noise);
	}
	note_change(sim, op->off, op->len);
}

static void begin_op(struct flashsim *sim, const struct flashsim_op *op)
{
	const struct flashsim_geometry *g = sim->geometry;

	if (op->off < g->target || op->off + op->len > g->target + g->target_size)
		rule(sim, "an operation outside the target");
	if (sim->hook)
		sim->hook(sim->hook_ctx, op);
	sim->ops++;
	finish(sim, op);
}

static int read_sim(void *ctx, u64 off, void *buf, size_t len)
{
	struct flashsim *sim = ctx;
	u8 *to = buf;
	bool before = sim->temper == FLASHSIM_BEFORE;

	if (off > sim->size || len > sim->size - off)
		return -SNAPCAP_REASON_READ;
	/* Only reads of what is between the levels count: it is there that the turns matter. */
	if (!sim->unstable || !memcmp(sim->after + off, sim->before + off, len)) {
		memcpy(to, sim->after + off, len);
		return 0;
	}
	if (sim->temper == FLASHSIM_TURNING || sim->temper == FLASHSIM_TURNED)
		before = (sim->turn++ & 1) == (sim->temper == FLASHSIM_TURNED);
	memcpy(to, (before ? sim->before : sim->after) + off, len);
	if (sim->temper != FLASHSIM_MIXED)
		return 0;
	for (size_t i = 0; i < len; i++) {
		u8 mix = sim->after[off + i] ^ sim->before[off + i];

		if (mix)
			to[i] ^= mix & (u8)(flashsim_noise(sim) >> 32);
	}
	return 0;
}

static int program_sim(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	struct flashsim *sim = ctx;
	u32 page = sim->geometry->page;

	if (off > sim->size || len > sim->size - off || off % sim->geometry->write_size ||
	    len % sim->geometry->write_size) {
		rule(sim, "a program of what is no unit");
		return -1;
	}
	while (*done < len) {
		struct flashsim_op op = { .kind = FLASHSIM_PROGRAM, .off = off + *done };

		op.data = (const u8 *)data + *done;
		op.len = page - op.off % page < len - *done ? page - op.off % page : len - *done;
		for (u64 i = 0; i < op.len; i++)
			if (op.data[i] & ~(sim->after[op.off + i] & sim->before[op.off + i]))
				rule(sim, "a program of what is not erased");
		begin_op(sim, &op);
		*done += op.len;
	}
	return 0;
}

static int erase_sim(void *ctx, u64 off, u64 len)
{
	struct flashsim *sim = ctx;
	struct flashsim_op op = { .kind = FLASHSIM_ERASE, .off = off, .len = len };

	if (!len || block_at(sim, off) != len) {
		rule(sim, "an erase of what is no block");
		return -1;
	}
	begin_op(sim, &op);
	return 0;
}

static u64 block_sim(void *ctx, u64 off)
{
	return block_at(ctx, off);
}

struct snapstore_flash flashsim_flash(struct flashsim *sim)
{
	return (struct snapstore_flash) {
		.reader = { .size = sim->size, .read = read_sim, .ctx = sim },
		.erase_size = sim->block_max,
		.write_size = sim->geometry->write_size,
		.program = program_sim,
		.erase = erase_sim,
		.block = sim->geometry->region[1].count ? block_sim : NULL,
	};
}
