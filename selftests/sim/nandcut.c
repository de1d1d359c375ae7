// SPDX-License-Identifier: GPL-2.0-only
/*
 * nandcut: cut the power at every operation of a take, a drop, a try or a confirmation on
 * raw NAND, in each of five ways, and see what comes up; then do something else, and cut
 * that off at every operation, too. Then let the chip grow old: one page after the other
 * cannot be read any more.
 *
 *	nandcut [--every=N] [--seed=N] [--only=TEXT]
 *
 * Every state that the first cut leaves is recovered from, but of those of programming the
 * sections only one in N; the recovery is cut off at one in eight of its operations. Which,
 * the seed decides; with N = 1 nothing is left out. TEXT is a part of the name of a geometry
 * or of a scenario.
 *
 * What is run is lib/snapnand, lib/snapstore and lib/snapimg as they are in the module and
 * in the loader, opened anew at each power-on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "nandsim.h"
#include "simimage.h"
#include "states.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KIB		1024
/* Of the second cuts one in so many is made, unless all are asked for. */
#define SECOND_CUTS	8
#define SECOND_SECTIONS	40
#define TRIES		3

static const struct nandsim_geometry geometries[] = {
	{ .name = "512/16 KiB", .page = 512, .block = 16 * KIB, .blocks = 10 },
	{ .name = "512/16 KiB, bad at both ends and side by side", .page = 512,
	  .block = 16 * KIB, .blocks = 15, .bads = 5, .bad = { 0, 4, 5, 8, 14 } },
	{ .name = "2/128 KiB", .page = 2 * KIB, .block = 128 * KIB, .blocks = 9, .bads = 1,
	  .bad = { 2 } },
	{ .name = "4/256 KiB, bad between the heads", .page = 4 * KIB, .block = 256 * KIB,
	  .blocks = 11, .bads = 2, .bad = { 1, 7 } },
	{ .name = "16/256 KiB, the fewest pages", .page = 16 * KIB, .block = 256 * KIB,
	  .blocks = 8 },
	{ .name = "2/128 KiB, sections fail", .page = 2 * KIB, .block = 128 * KIB, .blocks = 12,
	  .bads = 1, .bad = { 5 }, .fails = 2, .fail = { { 2, 1 }, { 9, 3 } } },
	{ .name = "512/16 KiB, heads fail", .page = 512, .block = 16 * KIB, .blocks = 14,
	  .fails = 3, .fail = { { 0, 1 }, { 2, 0 }, { 8, 0 } } },
	{ .name = "512/16 KiB, marks fail", .page = 512, .block = 16 * KIB, .blocks = 13,
	  .fails = 2, .fail = { { 0, 2 }, { 7, 2 } } },
	{ .name = "2/128 KiB, erases fail", .page = 2 * KIB, .block = 128 * KIB, .blocks = 12,
	  .fails = 3, .fail = { { 0, NANDSIM_FAIL_ERASE }, { 3, NANDSIM_FAIL_ERASE },
				{ 8, NANDSIM_FAIL_ERASE } } },
};

/* How large the image of a deed is. */
enum amount { SMALL, FIT, BIG };

enum deed_kind { NOTHING, TAKE, DROP_NEWEST, DROP_ALL, TRY, CONFIRM };

/** struct deed - what is done: its kind, the size of a take, SNAPSTORE_SLOT_* */
struct deed {
	enum deed_kind kind;
	enum amount amount;
	u32 slot;
};

#define AUTO	SNAPSTORE_SLOT_AUTO

/** struct scenario - what is cut off, and what has been done before, on what */
static const struct scenario {
	const char *name;
	bool dirty;
	struct deed before[4];
	struct deed deed;
} scenarios[] = {
	{ "first take", false, { { NOTHING } }, { TAKE, FIT, AUTO } },
	{ "first take, over garbage", true, { { NOTHING } }, { TAKE, FIT, AUTO } },
	{ "second take", false, { { TAKE, FIT, AUTO } }, { TAKE, FIT, AUTO } },
	{ "third take, over the oldest", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } },
	  { TAKE, FIT, AUTO } },
	{ "take that needs both slots, over two", false,
	  { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } }, { TAKE, BIG, AUTO } },
	{ "small take in place of a large one", false, { { TAKE, BIG, AUTO } },
	  { TAKE, SMALL, AUTO } },
	{ "take into the tail of a large one", false, { { TAKE, BIG, AUTO } },
	  { TAKE, SMALL, SNAPSTORE_SLOT_1 } },
	{ "take over the newest of two", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } },
	  { TAKE, FIT, SNAPSTORE_SLOT_1 } },
	{ "drop of the only one", false, { { TAKE, FIT, AUTO } }, { DROP_NEWEST, 0, 0 } },
	{ "drop of the newest of two", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } },
	  { DROP_NEWEST, 0, 0 } },
	{ "drop of all", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } }, { DROP_ALL, 0, 0 } },
	{ "take after a drop", false,
	  { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO }, { DROP_NEWEST, 0, 0 } },
	  { TAKE, FIT, AUTO } },
	{ "first try", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } }, { TRY, 0, 0 } },
	{ "confirmation", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO }, { TRY, 0, 0 } },
	  { CONFIRM, 0, 0 } },
	{ "try of a confirmed one", false,
	  { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO }, { TRY, 0, 0 }, { CONFIRM, 0, 0 } },
	  { TRY, 0, 0 } },
};

/* What is done when the system is up again. */
static const struct deed recoveries[] = {
	{ TAKE, FIT, AUTO },
	{ TAKE, BIG, AUTO },
	{ TAKE, SMALL, SNAPSTORE_SLOT_1 },
	{ DROP_ALL, 0, 0 },
	{ CONFIRM, 0, 0 },
};

/* Numbers of the images: those that were there, the one that is cut off, the next one. */
#define ID_NEW		4
#define ID_NEXT		5

#define BIT(id)		(1U << (id))
#define COLD		BIT(SIMIMAGE_IDS)
#define OLD		(BIT(ID_NEW) - 1)

/** struct result - of one scenario on one geometry: see powercut.c; @grown: bad blocks */
struct result {
	u64 states, cuts, boots, old, new, cold, grown, wrong;
	char why[300];
};

static struct settings {
	u64 every, seed;
	const char *only;
} settings = { .every = 40, .seed = 1 };

/**
 * struct world - all that one scenario on one geometry needs; two of each: of the recovery
 * @noted: where the log is in which a word was noted last; ~0: nowhere
 */
static struct world {
	const struct scenario *scenario;
	struct result *result;
	struct states states;
	struct nandsim sim[2];
	struct nandsim_view view[2], look;
	struct nandsim_saved saved[2];
	struct simimage *known[SIMIMAGE_IDS];
	struct simimage image[SIMIMAGE_IDS];
	u64 buf[2][2 * SNAPNAND_PAGE_MAX / 8];
	u64 noted;
} w;

/**
 * struct cutter - what the hook of a chip knows
 * @depth: 0 for the first deed, 1 for the recovery
 * @image: that is taken, or NULL
 * @slot: where it begins, of the chip
 * @allowed: what may come up when power is cut now
 * @op: number of the operation
 * @place: for messages: what was cut off before, in the first deed
 */
struct cutter {
	unsigned int depth;
	const struct simimage *image;
	u64 slot;
	u32 allowed;
	u64 op;
	char place[160];
};

static const char *const tear_names[] = { "not begun", "as before", "as after", "unreadable",
					  "unstable" };

static u32 outcome_bit(int id)
{
	return id == SIMIMAGE_COLD ? COLD : id == SIMIMAGE_WRONG ? 0 : BIT(id);
}

static void complain(const char *place, const char *what, int id)
{
	if (!w.result->wrong++)
		snprintf(w.result->why, sizeof(w.result->why), "%s: %s: %s %d", place, what,
			 id == SIMIMAGE_COLD ? "cold" : id == SIMIMAGE_WRONG ? "wrong memory" :
			 "image", id);
}

static int boot(struct nandsim *sim)
{
	const struct snapstore_flash flash = nandsim_open(sim, &w.look);

	return simimage_boot(&flash.reader, flash.erase_size, w.known);
}

/* Power on, with whatever was cut off in each mood. */
static void look(struct nandsim *sim, u32 allowed, const char *place, const char *what)
{
	enum nandsim_temper temper = sim->temper;
	int tempers = sim->unstable ? NANDSIM_TEMPERS : 1;

	if (states_add(&w.states, nandsim_mark(sim)))
		w.result->states++;
	for (int t = 0; t < tempers; t++) {
		int id;

		sim->temper = (enum nandsim_temper)t;
		sim->turn = 0;
		id = boot(sim);
		w.result->boots++;
		w.result->cold += id == SIMIMAGE_COLD;
		w.result->new += id >= ID_NEW;
		w.result->old += id >= 0 && id < ID_NEW;
		if (!(outcome_bit(id) & allowed))
			complain(place, what, id);
	}
	sim->temper = temper;
}

static void recover(struct cutter *c);

/* The mark that counts of the image that is taken, being written? */
static bool is_commit(const struct cutter *c, const struct nandsim_op *op)
{
	u32 size = offsetof(struct snapcap_commit, revoked);

	return c->image && op->kind == NANDSIM_PROGRAM && op->off >= c->slot &&
	       op->off - c->slot < w.sim[0].geometry->block &&
	       !memcmp(op->data, &c->image->mark, size);
}

/* One of the many programs of sections, which are much alike? */
static bool is_section(const struct cutter *c, const struct nandsim_op *op)
{
	u64 block = w.sim[0].geometry->block;

	return c->image && op->kind == NANDSIM_PROGRAM &&
	       (op->off < c->slot || op->off - c->slot >= 2 * block);
}

static bool is_one_in(struct nandsim *sim, u64 n)
{
	return (nandsim_noise(sim) >> 16) % n == 0;
}

static void cut(void *ctx, const struct nandsim_op *op)
{
	static const char *const kinds[] = { "program", "erase", "mark" };
	struct cutter *c = ctx;
	struct nandsim *sim = &w.sim[c->depth];
	u32 before = c->allowed;
	bool commit = is_commit(c, op), section = is_section(c, op);
	size_t len = strlen(c->place);

	if (commit)
		c->allowed |= outcome_bit(c->image->img.uuid[0]);
	nandsim_save(sim, op, &w.saved[c->depth]);
	for (int how = 0; how < NANDSIM_TEARS; how++) {
		/* There are few of the first cut, and all of them are looked at. */
		if (c->depth && settings.every > 1 &&
		    !is_one_in(sim, section ? SECOND_SECTIONS : SECOND_CUTS))
			continue;
		nandsim_tear(sim, op, (enum nandsim_tear)how);
		snprintf(c->place + len, sizeof(c->place) - len, "%sop %llu (%s at 0x%llx) %s",
			 len ? ", then " : "", (unsigned long long)c->op, kinds[op->kind],
			 (unsigned long long)op->off, tear_names[how]);
		w.result->cuts++;
		look(sim, how == NANDSIM_NOT_BEGUN ? before : c->allowed, c->place, "came up");
		if (!c->depth && (!section || is_one_in(sim, settings.every)))
			recover(c);
		c->place[len] = 0;
		nandsim_undo(sim, op, &w.saved[c->depth]);
	}
	if (commit && !nandsim_fails(sim, op))
		c->allowed = outcome_bit(c->image->img.uuid[0]);
	c->op++;
}

/* Pages to be stored; 0: there is no image of that size for this chip. */
static u32 stored_pages(const struct snapstore_flash *flash, enum amount amount)
{
	u64 half = flash->reader.size / flash->erase_size / 2;

	if (amount != BIG)
		return amount == FIT ? 2 : 1;
	/* Heads, sections and copy are to have one block more than half. */
	if (half < 3 || (half - 3) * flash->erase_size / SIMIMAGE_PAGE + 1 > SIMIMAGE_PAGES_MAX - 2)
		return 0;
	return (u32)((half - 3) * flash->erase_size / SIMIMAGE_PAGE) + 1;
}

static int write_snapshot(struct snapstore *st, const struct simimage *image)
{
	int ret = snapstore_erase_begin(st);

	if (!ret)
		while ((ret = snapstore_erase_step(st)) > 0)
			;
	if (!ret)
		while ((ret = snapstore_write_step(st)) > 0)
			;
	if (!ret)
		ret = snapstore_header(st, &image->header);
	if (!ret)
		while ((ret = snapstore_check_step(st)) > 0)
			;
	return ret ? ret : snapstore_commit(st, &image->mark);
}

static int try_take(struct snapstore *st, struct nandsim_view *view, const struct deed *d, u32 id,
		    struct cutter *c)
{
	struct simimage *image = &w.image[id];
	u32 stored = stored_pages(&st->flash, d->amount);
	int ret;

	if (!stored)
		return -SNAPSTORE_E_NO_ROOM;
	simimage_make_nand(image, id, stored, &st->flash);
	image->tries = TRIES;
	st->fill_ctx = image;
	ret = snapstore_open(st, 0, 0);
	if (!ret)
		ret = snapstore_find_previous(st);
	if (!ret)
		ret = snapstore_place(st, image->img.image_size, d->slot, false);
	if (ret)
		return ret;
	simimage_number(image, snapstore_sequence(st));
	w.known[id] = image;
	if (c) {
		c->image = image;
		c->slot = snapnand_physical(&view->nand, st->offset);
		/* What is kept stays; else what was there before may come up, or nothing. */
		if (snapstore_overlaps_previous(st))
			c->allowed |= COLD | OLD;
	}
	return write_snapshot(st, image);
}

/* Return: 0, or why it could not be done */
static int take(struct nandsim *sim, const struct deed *d, u32 id, struct cutter *c)
{
	struct nandsim_view *view = &w.view[c && c->depth];
	struct snapstore_flash flash = nandsim_open(sim, view);
	struct snapstore st;
	int ret;

	for (;;) {
		st = (struct snapstore){
			.flash = flash, .fill = simimage_fill, .buf = w.buf[c && c->depth],
			.buf_size = SNAPSTORE_PAGE_BUFFER(flash.write_size),
		};
		ret = try_take(&st, view, d, id, c);
		if (!ret || !snapnand_grew(&view->nand, &st, ret))
			break;
		w.result->grown++;
		flash = snapnand_flash(&view->nand);
	}
	return ret;
}

/* As the tool does: of several the newest goes last, and then what they have hidden. */
static int drop(const struct snapstore_flash *flash, bool all)
{
	static struct snapimg_slot slot, victim;
	u64 off, lowest;
	u32 rounds = 0;
	int ret = 0;

	if (!all) {
		ret = snapimg_slot_newest(&flash->reader, flash->erase_size, ~0ULL, &victim);
		return ret ? 0 : snapstore_revoke(flash, victim.offset, &slot);
	}
	do {
		if (rounds++ == NANDSIM_BLOCKS_MAX) {
			complain("a drop", "does not end", 0);
			return -1;
		}
		lowest = ~0ULL;
		off = 0;
		while (snapimg_slot_next(&flash->reader, flash->erase_size, &off, &slot))
			if (!slot.status && slot.img.sequence < lowest) {
				lowest = slot.img.sequence;
				victim = slot;
			}
		if (lowest != ~0ULL)
			ret = snapstore_revoke(flash, victim.offset, &slot);
	} while (!ret && lowest != ~0ULL);
	return ret ? ret : snapstore_settle(flash, &slot);
}

static int note(const struct snapstore_flash *flash, u32 what)
{
	static struct snapimg_slot slot;

	w.noted = ~0ULL;
	if (snapimg_slot_newest(&flash->reader, flash->erase_size, ~0ULL, &slot))
		return 0;
	w.noted = slot.offset;
	return snapstore_trial_note(flash, slot.offset, what);
}

static int do_deed(struct nandsim *sim, const struct deed *d, u32 id, struct cutter *c)
{
	struct snapstore_flash flash;

	if (d->kind == TAKE)
		return take(sim, d, id, c);
	flash = nandsim_open(sim, &w.view[c && c->depth]);
	switch (d->kind) {
	case TRY:
		return note(&flash, SNAPSTORE_TRIAL_TRY);
	case CONFIRM:
		return note(&flash, SNAPSTORE_TRIAL_CONFIRM);
	default:
		return drop(&flash, d->kind == DROP_ALL);
	}
}

/* A deed that was done to its end holds in every mood of the chip. */
static void look_at_log(struct nandsim *sim, const struct deed *d, const char *place)
{
	enum nandsim_temper temper = sim->temper;
	struct snapstore_flash flash;
	struct snapimg_trial trial;

	for (int t = 0; t < NANDSIM_TEMPERS && w.noted != ~0ULL; t++) {
		sim->temper = (enum nandsim_temper)t;
		flash = nandsim_open(sim, &w.look);
		snapimg_trial_read(&flash.reader, w.noted, &trial);
		if (d->kind == CONFIRM ? !trial.confirmed : trial.confirmed || !trial.tries)
			complain(place, d->kind == CONFIRM ? "a confirmation was lost" :
				 "a try was lost", t);
	}
	sim->temper = temper;
}

/* The deed was not cut off: what has to come up now, whatever the chip's mood? */
static void look_at_end(struct nandsim *sim, const struct deed *d, u32 id, int ret, u32 end,
			const char *place)
{
	if (sim->broken)
		complain(place, sim->broken, 0);
	/* A drop that says that it did not work is none. So is a take that does not fit. */
	if (ret == -SNAPSTORE_E_NO_ROOM || (ret && (d->kind == DROP_ALL || d->kind == DROP_NEWEST)))
		return;
	if (ret)
		complain(place, "it failed", ret);
	else
		look(sim, d->kind == TAKE ? BIT(id) : end, place, "at the end");
	if (!ret && (d->kind == TRY || d->kind == CONFIRM))
		look_at_log(sim, d, place);
}

/* The system is up again, with what the cut has left: it does something, and is cut off. */
static void recover(struct cutter *c)
{
	struct nandsim *sim = &w.sim[1];
	int tempers = w.sim[0].unstable ? NANDSIM_TEMPERS : 1;

	for (int t = 0; t < tempers; t++) {
		for (u32 i = 0; i < ARRAY_SIZE(recoveries); i++) {
			const struct deed *d = &recoveries[i];
			struct cutter again = { .depth = 1, .allowed = c->allowed };
			u32 end = d->kind == DROP_ALL ? COLD : c->allowed;
			int ret;

			/* What is not settled may be what the next take builds on. */
			if (d->kind != CONFIRM && (w.sim[0].unstable || d->kind != TAKE))
				again.allowed |= COLD | OLD;
			strcpy(again.place, c->place);
			nandsim_copy(sim, &w.sim[0]);
			sim->broken = NULL;
			sim->temper = (enum nandsim_temper)t;
			sim->hook = cut;
			sim->hook_ctx = &again;
			ret = do_deed(sim, d, ID_NEXT, &again);
			sim->hook = NULL;
			look_at_end(sim, d, ID_NEXT, ret, end, c->place);
			w.known[ID_NEXT] = NULL;
		}
	}
}

/* Does the page at @off of the snapshot at @slot hold nothing but what is there twice? */
static bool is_twice(const struct snapimg *img, u64 slot, u64 off, u32 page)
{
	const struct snapimg_section *data = &img->section[SNAPCAP_SECTION_DATA];

	return off + page <= slot + data->offset || off >= slot + data->offset + data->size;
}

/*
 * The chip grows old: each page that is not of the data may be lost, and each of the two
 * blocks at the start, and the newest still comes up. Without a page of the data the one
 * before does, and never anything else.
 */
static void grow_old(struct nandsim *sim, int newest)
{
	static struct nandsim_view view;
	const struct snapstore_flash flash = nandsim_open(sim, &view);
	u32 page = sim->geometry->page, block = sim->geometry->block;
	static struct snapimg_slot slot;
	struct nandsim_block saved;
	u64 off;

	if (newest < 0 || snapimg_slot_newest(&flash.reader, block, ~0ULL, &slot))
		return;
	for (off = slot.offset; off < slot.offset + slot.img.image_size; off += page) {
		u64 at = snapnand_physical(&view.nand, off);
		bool twice = is_twice(&slot.img, slot.offset, off, page);
		u32 b = (u32)(at / block), first = (u32)(at % block / page);
		u32 last = first;

		/* Of a head all at once, too. */
		if (off < slot.offset + 2 * block && !first)
			last = sim->pages - 1;
		saved = sim->block[b];
		for (; last + 1 > first; last--) {
			for (u32 p = first; p <= last; p++)
				nandsim_lose(sim, b, p);
			look(sim, twice ? outcome_bit(newest) : outcome_bit(newest) | OLD | COLD,
			     "with pages lost", "came up");
			sim->block[b] = saved;
			if (!last)
				break;
		}
	}
}

/* Return: false when the scenario is none for this geometry */
static bool run_scenario(void)
{
	const struct scenario *sc = w.scenario;
	struct nandsim *sim = &w.sim[0];
	struct cutter c = { 0 };
	int ret, first, end;

	if (sc->dirty)
		nandsim_dirty(sim);
	for (u32 i = 0; i < ARRAY_SIZE(sc->before); i++)
		if (sc->before[i].kind && do_deed(sim, &sc->before[i], i, NULL))
			return false;
	first = boot(sim);

	/* Once without a cut, to see where it ends. */
	nandsim_copy(&w.sim[1], sim);
	ret = do_deed(&w.sim[1], &sc->deed, ID_NEW, NULL);
	if (ret == -SNAPSTORE_E_NO_ROOM)
		return false;
	end = boot(&w.sim[1]);
	if (ret || (sc->deed.kind == TAKE && end != ID_NEW))
		complain("without a cut", "came up", end);
	grow_old(&w.sim[1], end);
	w.known[ID_NEW] = NULL;

	c.allowed = outcome_bit(first);
	if (sc->deed.kind != TAKE)
		c.allowed |= outcome_bit(end);
	sim->hook = cut;
	sim->hook_ctx = &c;
	ret = do_deed(sim, &sc->deed, ID_NEW, &c);
	sim->hook = NULL;
	look_at_end(sim, &sc->deed, ID_NEW, ret, outcome_bit(end), "without a cut");
	return true;
}

static bool run_one(const struct nandsim_geometry *g, const struct scenario *sc,
		    struct result *result)
{
	w.scenario = sc;
	w.result = result;
	memset(w.known, 0, sizeof(w.known));
	nandsim_init(&w.sim[0], g);
	nandsim_init(&w.sim[1], g);
	w.sim[0].random += settings.seed;
	return run_scenario();
}

static bool parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--every=%llu", (unsigned long long *)&settings.every) == 1 ||
		    sscanf(argv[i], "--seed=%llu", (unsigned long long *)&settings.seed) == 1)
			continue;
		if (strncmp(argv[i], "--only=", 7))
			return false;
		settings.only = argv[i] + 7;
	}
	return settings.every;
}

static void add(struct result *sum, const struct result *r)
{
	sum->states += r->states;
	sum->cuts += r->cuts;
	sum->boots += r->boots;
	sum->old += r->old;
	sum->new += r->new;
	sum->cold += r->cold;
	sum->grown += r->grown;
	sum->wrong += !!r->wrong;
}

static void print(const struct result *r, u32 n, const char *geometry, const char *scenario)
{
	printf("%sok %u - nand: %s: %s: %llu states, %llu power-ons: %llu old, %llu new, %llu cold\n",
	       r->wrong ? "not " : "", n, geometry, scenario, (unsigned long long)r->states,
	       (unsigned long long)r->boots, (unsigned long long)r->old,
	       (unsigned long long)r->new, (unsigned long long)r->cold);
	if (r->wrong)
		printf("# %llu must not be, the first: %s\n", (unsigned long long)r->wrong, r->why);
}

int main(int argc, char **argv)
{
	struct result sum = { 0 };
	u32 n = 0;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: nandcut [--every=N] [--seed=N] [--only=TEXT]\n");
		return 2;
	}
	for (u32 g = 0; g < ARRAY_SIZE(geometries); g++) {
		states_init(&w.states);
		for (u32 s = 0; s < ARRAY_SIZE(scenarios); s++) {
			struct result r = { 0 };

			if (settings.only && !strstr(geometries[g].name, settings.only) &&
			    !strstr(scenarios[s].name, settings.only))
				continue;
			if (!run_one(&geometries[g], &scenarios[s], &r) && !r.wrong)
				continue;
			print(&r, ++n, geometries[g].name, scenarios[s].name);
			add(&sum, &r);
		}
		free(w.states.table);
	}
	printf("# nand: %llu distinct states of %zu geometries, from %llu cuts; %llu power-ons: "
	       "%llu old, %llu new, %llu cold; %llu blocks went bad; %u cases, %llu wrong; seed %llu, "
	       "1 in %llu cuts of sections recovered\n", (unsigned long long)sum.states,
	       ARRAY_SIZE(geometries), (unsigned long long)sum.cuts, (unsigned long long)sum.boots,
	       (unsigned long long)sum.old, (unsigned long long)sum.new,
	       (unsigned long long)sum.cold, (unsigned long long)sum.grown, n,
	       (unsigned long long)sum.wrong, (unsigned long long)settings.seed,
	       (unsigned long long)settings.every);
	printf("1..%u\n", n);
	return sum.wrong || !n;
}
