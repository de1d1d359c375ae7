// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model. Contents of pages are kept once for all chips, found by their hash: two
 * contents with one hash of 64 bits do not happen here.
 */
#define XXH_INLINE_ALL
#include <stdlib.h>
#include <xxhash.h>
#include "nandsim.h"

#define CONTENTS_LOG2	16

static struct {
	u32 count;
	u64 hash[1U << CONTENTS_LOG2];
	u8 *bytes[1U << CONTENTS_LOG2];
	u32 place[2U << CONTENTS_LOG2];
} contents;

static u32 content_of(const u8 *data, u32 size)
{
	u64 hash = XXH64(data, size, size);
	u32 i = (u32)hash & ((2U << CONTENTS_LOG2) - 1), k;

	for (k = 0; k < size && data[k] == 0xff; k++)
		;
	if (k == size)
		return NANDSIM_IS_ERASED;
	for (; contents.place[i]; i = (i + 1) & ((2U << CONTENTS_LOG2) - 1))
		if (contents.hash[contents.place[i]] == hash)
			return contents.place[i];
	if (!contents.count)
		contents.count = NANDSIM_IS_LOST + 1;
	if (contents.count == 1U << CONTENTS_LOG2)
		abort();
	contents.bytes[contents.count] = malloc(size);
	if (!contents.bytes[contents.count])
		abort();
	memcpy(contents.bytes[contents.count], data, size);
	contents.hash[contents.count] = hash;
	contents.place[i] = contents.count;
	return contents.count++;
}

u64 nandsim_noise(struct nandsim *sim)
{
	/* xorshift64*, which is never 0 */
	sim->random ^= sim->random >> 12;
	sim->random ^= sim->random << 25;
	sim->random ^= sim->random >> 27;
	return sim->random * 0x2545f4914f6cdd1dULL;
}

static void rule(struct nandsim *sim, const char *what)
{
	if (!sim->broken)
		sim->broken = what;
}

void nandsim_init(struct nandsim *sim, const struct nandsim_geometry *geometry)
{
	memset(sim, 0, sizeof(*sim));
	sim->geometry = geometry;
	sim->pages = geometry->block / geometry->page;
	sim->random = 88172645463325252ULL;
	if (sim->pages > NANDSIM_PAGES_MAX || geometry->blocks > NANDSIM_BLOCKS_MAX)
		abort();
	for (u32 i = 0; i < geometry->bads; i++)
		sim->block[geometry->bad[i]].bad = true;
}

void nandsim_dirty(struct nandsim *sim)
{
	static u8 page[SNAPNAND_PAGE_MAX];

	for (u32 b = 0; b < sim->geometry->blocks; b++)
		for (u32 p = 0; p < sim->pages; p++) {
			struct nandsim_page *at = &sim->block[b].page[p];

			memset(page, (int)(b + p) & 3 ? 0x5c : 0, sizeof(page));
			at->after = p % 5 == 4 ? NANDSIM_IS_LOST :
						 content_of(page, sim->geometry->page);
			at->before = at->after;
		}
}

void nandsim_copy(struct nandsim *to, const struct nandsim *from)
{
	memcpy(to->block, from->block, from->geometry->blocks * sizeof(from->block[0]));
	to->unstable = from->unstable;
	/* What was noise once is another noise the next time. */
	to->random ^= from->random + 1;
	if (!to->random)
		to->random = 1;
}

u64 nandsim_mark(const struct nandsim *sim)
{
	u64 mark = 0;

	for (u32 b = 0; b < sim->geometry->blocks; b++) {
		const struct nandsim_block *block = &sim->block[b];

		mark ^= XXH64(block->page, sim->pages * sizeof(block->page[0]),
			      b * 4 + block->bad * 2 + block->unsettled);
	}
	return mark;
}

static struct nandsim_block *block_of(struct nandsim *sim, u64 off)
{
	return &sim->block[off / sim->geometry->block];
}

static struct nandsim_page *page_of(struct nandsim *sim, u64 off)
{
	return &block_of(sim, off)->page[off % sim->geometry->block / sim->geometry->page];
}

void nandsim_save(const struct nandsim *sim, const struct nandsim_op *op,
		  struct nandsim_saved *saved)
{
	saved->block = sim->block[op->off / sim->geometry->block];
	saved->unstable = sim->unstable;
}

void nandsim_undo(struct nandsim *sim, const struct nandsim_op *op,
		  const struct nandsim_saved *saved)
{
	*block_of(sim, op->off) = saved->block;
	sim->unstable = saved->unstable;
}

void nandsim_lose(struct nandsim *sim, u32 block, u32 page)
{
	struct nandsim_page *at = &sim->block[block].page[page];

	at->after = NANDSIM_IS_LOST;
	at->before = NANDSIM_IS_LOST;
}

static const u8 *bytes_of(u32 content)
{
	static u8 erased[SNAPNAND_PAGE_MAX];

	if (!erased[0])
		memset(erased, 0xff, sizeof(erased));
	return content == NANDSIM_IS_LOST ? NULL :
	       content == NANDSIM_IS_ERASED ? erased : contents.bytes[content];
}

const u8 *nandsim_page_bytes(const struct nandsim *sim, u32 block, u32 page)
{
	return bytes_of(sim->block[block].page[page].after);
}

static void tear_program(struct nandsim *sim, const struct nandsim_op *op, enum nandsim_tear how)
{
	struct nandsim_page *page = page_of(sim, op->off);
	u32 content = content_of(op->data, sim->geometry->page);

	page->flight = content;
	switch (how) {
	case NANDSIM_NEW:
		page->before = content;
		page->after = content;
		break;
	case NANDSIM_UNREADABLE:
		page->before = NANDSIM_IS_LOST;
		page->after = NANDSIM_IS_LOST;
		break;
	case NANDSIM_UNSTABLE:
		page->after = content;
		sim->unstable = true;
		break;
	default:
		break;
	}
}

static void tear_erase(struct nandsim *sim, const struct nandsim_op *op, enum nandsim_tear how)
{
	struct nandsim_block *block = block_of(sim, op->off);

	block->unsettled = true;
	for (u32 p = 0; p < sim->pages; p++) {
		struct nandsim_page *page = &block->page[p];
		u32 old = page->before;

		if (how == NANDSIM_OLD)
			continue;
		page->flight = NANDSIM_IS_ERASED;
		page->after = NANDSIM_IS_ERASED;
		if (how == NANDSIM_UNREADABLE) {
			u64 dice = (nandsim_noise(sim) >> 32) % 3;

			page->after = dice == 1 ? NANDSIM_IS_LOST : dice ? old : NANDSIM_IS_ERASED;
		}
		page->before = how == NANDSIM_UNSTABLE ? old : page->after;
	}
	sim->unstable |= how == NANDSIM_UNSTABLE;
}

void nandsim_tear(struct nandsim *sim, const struct nandsim_op *op, enum nandsim_tear how)
{
	if (how == NANDSIM_NOT_BEGUN)
		return;
	if (op->kind == NANDSIM_PROGRAM)
		tear_program(sim, op, how);
	else if (op->kind == NANDSIM_ERASE)
		tear_erase(sim, op, how);
	else
		/* It is in several places, and there or not. */
		block_of(sim, op->off)->bad = how != NANDSIM_OLD;
}

static bool begin_op(struct nandsim *sim, const struct nandsim_op *op, u64 unit)
{
	if (op->off % unit || op->off / sim->geometry->block >= sim->geometry->blocks) {
		rule(sim, "an operation at no page or block");
		return false;
	}
	if (block_of(sim, op->off)->bad && op->kind != NANDSIM_MARK)
		rule(sim, "an operation on a bad block");
	if (sim->hook)
		sim->hook(sim->hook_ctx, op);
	return true;
}

bool nandsim_fails(const struct nandsim *sim, const struct nandsim_op *op)
{
	const struct nandsim_geometry *g = sim->geometry;
	int page = op->kind == NANDSIM_ERASE ? NANDSIM_FAIL_ERASE :
					       (int)(op->off % g->block / g->page);

	for (u32 i = 0; i < g->fails; i++)
		if (g->fail[i].block == op->off / g->block && g->fail[i].page == page)
			return true;
	return false;
}

static int read_sim(void *ctx, u64 off, void *buf)
{
	struct nandsim *sim = ctx;
	const struct nandsim_page *page;
	enum nandsim_temper temper = sim->temper;
	u32 content;
	const u8 *bytes;

	if (off % sim->geometry->page || off / sim->geometry->block >= sim->geometry->blocks) {
		rule(sim, "a read of no page");
		return -5;
	}
	page = page_of(sim, off);
	content = page->after;
	if (page->after != page->before) {
		if (temper == NANDSIM_TURNING)
			temper = sim->turn++ & 1 ? NANDSIM_BEFORE : NANDSIM_AFTER;
		if (temper == NANDSIM_MIXED)
			temper = (enum nandsim_temper)((nandsim_noise(sim) >> 32) % 3);
		content = temper == NANDSIM_AFTER ? page->after :
			  temper == NANDSIM_BEFORE ? page->before : NANDSIM_IS_LOST;
	}
	bytes = bytes_of(content);
	if (!bytes) {
		memset(buf, (int)(off >> 9), sim->geometry->page);
		return -74;
	}
	memcpy(buf, bytes, sim->geometry->page);
	/* Of some pages a bit has to be corrected, always the same number of them. */
	return off / sim->geometry->page % 7 == 3;
}

static int program_sim(void *ctx, u64 off, const void *data)
{
	struct nandsim *sim = ctx;
	u32 content = content_of(data, sim->geometry->page);
	/* What is looked at from the hook may use the memory that the data are in. */
	struct nandsim_op op = { .kind = NANDSIM_PROGRAM, .off = off, .data = bytes_of(content) };
	struct nandsim_block *block;
	struct nandsim_page *page;

	if (!begin_op(sim, &op, sim->geometry->page))
		return -5;
	data = op.data;
	block = block_of(sim, off);
	page = page_of(sim, off);
	/* But for a revocation, which may help and which nobody may count on. */
	if (block->unsettled && memcmp(data, SNAPCAP_NAND_REVOKED, SNAPCAP_TRIAL_WORD_SIZE))
		rule(sim, "a program of a block whose erase was cut off");
	else if (block->unsettled)
		;
	else if (page->flight != NANDSIM_IS_ERASED ? page->flight != content :
	    page->after != NANDSIM_IS_ERASED || page->before != NANDSIM_IS_ERASED)
		rule(sim, "a page is programmed twice");
	for (struct nandsim_page *p = page + 1; p < block->page + sim->pages; p++)
		if (p->after != NANDSIM_IS_ERASED && p->flight == NANDSIM_IS_ERASED)
			rule(sim, "a page is programmed behind its turn");
	if (nandsim_fails(sim, &op)) {
		tear_program(sim, &op, NANDSIM_UNREADABLE);
		return -5;
	}
	*page = (struct nandsim_page){ .after = content, .before = content };
	if (block->unsettled) {
		page->before = NANDSIM_IS_LOST;
		sim->unstable = true;
	}
	return 0;
}

static int erase_sim(void *ctx, u64 off)
{
	struct nandsim *sim = ctx;
	struct nandsim_op op = { .kind = NANDSIM_ERASE, .off = off };

	if (!begin_op(sim, &op, sim->geometry->block))
		return -5;
	if (nandsim_fails(sim, &op)) {
		tear_erase(sim, &op, NANDSIM_UNREADABLE);
		return -5;
	}
	memset(block_of(sim, off), 0, sizeof(struct nandsim_block));
	return 0;
}

static int is_bad_sim(void *ctx, u64 off)
{
	struct nandsim *sim = ctx;

	return block_of(sim, off)->bad;
}

static int mark_bad_sim(void *ctx, u64 off)
{
	struct nandsim *sim = ctx;
	struct nandsim_op op = { .kind = NANDSIM_MARK, .off = off };

	if (!begin_op(sim, &op, sim->geometry->block))
		return -5;
	block_of(sim, off)->bad = true;
	return 0;
}

static const struct snapnand_ops ops = {
	.read_page = read_sim,
	.program_page = program_sim,
	.erase_block = erase_sim,
	.block_is_bad = is_bad_sim,
	.mark_bad = mark_bad_sim,
};

struct snapstore_flash nandsim_open(struct nandsim *sim, struct nandsim_view *view)
{
	struct snapnand *n = &view->nand;

	n->ops = &ops;
	n->ctx = sim;
	n->page_size = sim->geometry->page;
	n->block_size = sim->geometry->block;
	n->size = (u64)sim->geometry->block * sim->geometry->blocks;
	n->bad = view->bad;
	n->bad_size = sizeof(view->bad);
	n->buf = view->buf;
	if (snapnand_open(n))
		abort();
	return snapnand_flash(n);
}
