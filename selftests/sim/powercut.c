// SPDX-License-Identifier: GPL-2.0-only
/*
 * powercut: cut the power at every flash operation of a take or a drop, in each of
 * five ways, and see what comes up; then take or drop again, and cut that off at every
 * operation, too.
 *
 *	powercut [--every=N] [--seed=N] [--only=TEXT] [--jobs=N]
 *
 * Every state that the first cut leaves is recovered from and cut off again, but of those
 * of programming the sections only one in N; which, the seed decides. With N = 1 nothing
 * is left out. TEXT is a part of the name of a geometry or of a scenario.
 *
 * What is run is lib/snapstore and lib/snapimg as they are in the module and in the
 * loader. A cut costs no copy of the flash: the operation that is about to be done is
 * torn, what comes up is looked at, and the operation is put back and done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flashsim.h"
#include "simimage.h"
#include "states.h"

/* Of the second cuts in sections one in so many is made, unless all are asked for. */
#define SECOND_CUTS	4

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KIB		1024

static const struct flashsim_geometry geometries[] = {
	{ "4 KiB sectors", { { 16, 4 * KIB } }, 256, 1, 0, 64 * KIB },
	{ "4 KiB sectors, in the middle of a chip", { { 24, 4 * KIB } }, 256, 1, 16 * KIB,
	  64 * KIB },
	{ "16 KiB blocks, write buffer of 512", { { 4, 16 * KIB } }, 512, 2, 0, 64 * KIB },
	{ "64 KiB blocks", { { 2, 64 * KIB } }, 1024, 8, 0, 128 * KIB },
	{ "bottom boot: small blocks first", { { 4, 4 * KIB }, { 3, 16 * KIB } }, 256, 1, 0,
	  64 * KIB },
	{ "top boot: small blocks last", { { 3, 16 * KIB }, { 4, 4 * KIB } }, 256, 1, 0,
	  64 * KIB },
	{ "12 KiB blocks, no power of two", { { 6, 12 * KIB } }, 256, 4, 0, 72 * KIB },
	{ "three blocks, room for one", { { 3, 16 * KIB } }, 512, 1, 0, 48 * KIB },
};

/* How large the image of a deed is. */
enum amount { SMALL, FIT, BIG };

enum deed_kind { NOTHING, TAKE, DROP_NEWEST, DROP_ALL };

/**
 * struct deed - what is done to the flash
 * @kind: of it
 * @amount: of a take
 * @slot: SNAPSTORE_SLOT_*
 */
struct deed {
	enum deed_kind kind;
	enum amount amount;
	u32 slot;
};

#define AUTO	SNAPSTORE_SLOT_AUTO

/**
 * struct scenario - what is cut off
 * @name: for the table
 * @dirty: the flash is not erased at first
 * @before: what has been done
 * @deed: what is cut off
 */
static const struct scenario {
	const char *name;
	bool dirty;
	struct deed before[3];
	struct deed deed;
} scenarios[] = {
	{ "first take", false, { { NOTHING } }, { TAKE, FIT, AUTO } },
	{ "first take, over garbage", true, { { NOTHING } }, { TAKE, FIT, AUTO } },
	{ "second take", false, { { TAKE, FIT, AUTO } }, { TAKE, FIT, AUTO } },
	{ "third take, over the oldest", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } },
	  { TAKE, FIT, AUTO } },
	{ "take that needs both slots, over two", false,
	  { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } }, { TAKE, BIG, AUTO } },
	{ "take in place of one that needs both slots", false, { { TAKE, BIG, AUTO } },
	  { TAKE, BIG, AUTO } },
	{ "small take in place of a large one", false, { { TAKE, BIG, AUTO } },
	  { TAKE, SMALL, AUTO } },
	{ "take into the tail of a large one", false, { { TAKE, BIG, AUTO } },
	  { TAKE, SMALL, SNAPSTORE_SLOT_1 } },
	{ "take over the newest of two", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } },
	  { TAKE, FIT, SNAPSTORE_SLOT_1 } },
	{ "take beside two others", false,
	  { { TAKE, SMALL, SNAPSTORE_SLOT_FREE }, { TAKE, SMALL, SNAPSTORE_SLOT_FREE } },
	  { TAKE, SMALL, SNAPSTORE_SLOT_FREE } },
	{ "drop of the only one", false, { { TAKE, FIT, AUTO } }, { DROP_NEWEST, 0, 0 } },
	{ "drop of the newest of two", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } },
	  { DROP_NEWEST, 0, 0 } },
	{ "drop of all", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO } }, { DROP_ALL, 0, 0 } },
	{ "take after a drop", false, { { TAKE, FIT, AUTO }, { TAKE, FIT, AUTO }, { DROP_NEWEST, 0, 0 } },
	  { TAKE, FIT, AUTO } },
};

/* What is done when the system is up again. */
static const struct deed recoveries[] = {
	{ TAKE, FIT, AUTO },
	{ TAKE, BIG, AUTO },
	{ TAKE, SMALL, AUTO },
	{ TAKE, SMALL, SNAPSTORE_SLOT_1 },
	{ DROP_ALL, 0, 0 },
};

/* Numbers of the images: those that were there, the one that is cut off, the next one. */
#define ID_NEW		4
#define ID_NEXT		5

#define BIT(id)		(1U << (id))
#define COLD		BIT(SIMIMAGE_IDS)

/**
 * struct result - of one scenario on one geometry; shared with the parent
 * @ran: it is one for this geometry
 * @states: new ones on this geometry: contents of the flash, and what of it is unstable
 * @cuts: operations that were cut off, times the ways
 * @boots: of them: power-ons that were tried
 * @old: a snapshot that was there before came up
 * @new: the one that was just taken did
 * @cold: neither
 * @wrong: outcomes that must not be
 * @why: the first of them
 */
struct result {
	bool ran;
	u64 states, cuts, boots, old, new, cold, wrong;
	char why[240];
};

static struct settings {
	u64 every, seed;
	const char *only;
	unsigned int jobs;
} settings = { .every = 40, .seed = 1, .jobs = 2 };

/**
 * struct world - all that one scenario on one geometry needs
 * @scenario: it
 * @result: of it
 * @states: of this geometry, in all scenarios
 * @sim: flash: as it is at first, in the first deed, and in the recovery
 * @saved: what was where the power was cut, of either
 * @known: images by number, NULL until they are taken
 * @image: room for them
 * @buf: for the writer, of either deed
 */
struct world {
	const struct scenario *scenario;
	struct result *result;
	struct states *states;
	struct flashsim sim[2];
	struct flashsim_saved saved[2];
	struct simimage *known[SIMIMAGE_IDS];
	struct simimage image[SIMIMAGE_IDS];
	u64 buf[2][4096 / 8];
};

/**
 * struct cutter - what the hook of a flash knows
 * @w: world
 * @depth: 0 for the first deed, 1 for the recovery
 * @image: that is taken, or NULL
 * @allowed: what may come up when power is cut now
 * @op: number of the operation
 * @place: for messages: what was cut off before, in the first deed
 */
struct cutter {
	struct world *w;
	unsigned int depth;
	const struct simimage *image;
	u32 allowed;
	u64 op;
	char place[120];
};

static const char *const tear_names[] = { "not begun", "half done", "tail erased", "tail random",
					  "unstable" };

static u32 outcome_bit(int id)
{
	return id == SIMIMAGE_COLD ? COLD : id == SIMIMAGE_WRONG ? 0 : BIT(id);
}

static void complain(struct world *w, const char *place, const char *what, int id)
{
	if (!w->result->wrong++)
		snprintf(w->result->why, sizeof(w->result->why), "%s: %s: %s %d", place, what,
			 id == SIMIMAGE_COLD ? "cold" : id == SIMIMAGE_WRONG ? "wrong memory" :
			 "image", id);
}

/* Power on, with whatever is between the levels in each mood. */
static void look(struct world *w, struct flashsim *sim, u32 allowed, const char *place,
		 const char *what)
{
	const struct snapstore_flash flash = flashsim_flash(sim);
	enum flashsim_temper temper = sim->temper;
	int tempers = sim->unstable ? FLASHSIM_TEMPERS : 1;

	if (states_add(w->states, sim->mark))
		w->result->states++;
	for (int t = 0; t < tempers; t++) {
		int id;

		sim->temper = (enum flashsim_temper)t;
		sim->turn = 0;
		id = simimage_boot(&flash.reader, flash.erase_size, w->known);
		w->result->boots++;
		w->result->cold += id == SIMIMAGE_COLD;
		w->result->new += id >= ID_NEW;
		w->result->old += id >= 0 && id < ID_NEW;
		if (!(outcome_bit(id) & allowed))
			complain(w, place, what, id);
	}
	sim->temper = temper;
}

static void recover(struct cutter *c);

/* The mark of the image that is taken, being written? */
static bool is_commit(const struct cutter *c, const struct flashsim_op *op)
{
	return c->image && op->kind == FLASHSIM_PROGRAM && op->len >= sizeof(c->image->mark) &&
	       !memcmp(op->data, &c->image->mark, sizeof(c->image->mark));
}

/* One of the many programs of sections, which are much alike? */
static bool is_section(const struct flashsim_op *op, bool commit)
{
	return !commit && op->kind == FLASHSIM_PROGRAM &&
	       op->len != sizeof(((struct snapcap_commit *)NULL)->revoked);
}

static bool is_one_in(struct flashsim *sim, u64 n)
{
	return (flashsim_noise(sim) >> 16) % n == 0;
}

static void cut(void *ctx, const struct flashsim_op *op)
{
	struct cutter *c = ctx;
	struct world *w = c->w;
	struct flashsim *sim = &w->sim[c->depth];
	u32 before = c->allowed;
	bool commit = is_commit(c, op);
	size_t len = strlen(c->place);

	if (commit)
		c->allowed |= outcome_bit(c->image->img.uuid[0]);
	flashsim_save(sim, op, &w->saved[c->depth]);
	for (int how = 0; how < FLASHSIM_TEARS; how++) {
		/* There are few of the first cut, and all of them are looked at. */
		if (c->depth && settings.every > 1 && is_section(op, commit) &&
		    !is_one_in(sim, SECOND_CUTS))
			continue;
		flashsim_tear(sim, op, (enum flashsim_tear)how);
		snprintf(c->place + len, sizeof(c->place) - len, "%sop %llu (%s at 0x%llx) %s",
			 len ? ", then " : "", (unsigned long long)c->op,
			 op->kind == FLASHSIM_ERASE ? "erase" : "program",
			 (unsigned long long)op->off, tear_names[how]);
		w->result->cuts++;
		look(w, sim, how == FLASHSIM_NOT_BEGUN ? before : c->allowed, c->place, "came up");
		if (!c->depth && (!is_section(op, commit) || is_one_in(sim, settings.every)))
			recover(c);
		c->place[len] = 0;
		flashsim_undo(sim, op, &w->saved[c->depth]);
	}
	if (commit)
		c->allowed = outcome_bit(c->image->img.uuid[0]);
	c->op++;
}

static u32 stored_pages(const struct flashsim_geometry *g, enum amount amount)
{
	u64 half = g->target_size / 2;

	/* Header, mark and tables take nine and a page more. */
	if (amount == BIG)
		return (u32)((half - SNAPCAP_BODY_OFF) / SIMIMAGE_PAGE + 1);
	return amount == FIT ? 2 : 1;
}

/* Return: 0, or why it could not be done */
static int take(struct world *w, struct flashsim *sim, const struct deed *d, u32 id,
		struct cutter *c)
{
	struct snapstore st = { .flash = flashsim_flash(sim), .fill = simimage_fill };
	struct simimage *image = &w->image[id];
	int ret;

	simimage_make(image, id, stored_pages(sim->geometry, d->amount));
	st.fill_ctx = image;
	st.buf = w->buf[c && c->depth];
	st.buf_size = sizeof(w->buf[0]);
	ret = snapstore_open(&st, sim->geometry->target, sim->geometry->target_size);
	if (!ret)
		ret = snapstore_find_previous(&st);
	if (!ret)
		ret = snapstore_place(&st, image->img.image_size, d->slot, false);
	if (ret)
		return ret;
	simimage_number(image, snapstore_sequence(&st));
	w->known[id] = image;
	if (c) {
		c->image = image;
		/* What is kept stays; else what was there before may come up, or nothing. */
		if (snapstore_overlaps_previous(&st))
			c->allowed |= COLD | (BIT(ID_NEW) - 1);
	}

	ret = snapstore_erase_begin(&st);
	if (!ret)
		while ((ret = snapstore_erase_step(&st)) > 0)
			;
	if (!ret)
		while ((ret = snapstore_write_step(&st)) > 0)
			;
	if (!ret)
		ret = snapstore_header(&st, &image->header);
	if (!ret)
		while ((ret = snapstore_check_step(&st)) > 0)
			;
	return ret ? ret : snapstore_commit(&st, &image->mark);
}

/* As the tool does: of several the newest goes last, and then what they have hidden. */
static int drop(struct flashsim *sim, bool all)
{
	const struct snapstore_flash flash = flashsim_flash(sim);
	static struct snapimg_slot slot, victim;
	u64 off, lowest;
	int ret = 0;

	if (!all) {
		ret = snapimg_slot_newest(&flash.reader, flash.erase_size, ~0ULL, &victim);
		return ret ? 0 : snapstore_revoke(&flash, victim.offset, &slot);
	}
	do {
		lowest = ~0ULL;
		off = 0;
		while (snapimg_slot_next(&flash.reader, flash.erase_size, &off, &slot))
			if (!slot.status && slot.img.sequence < lowest) {
				lowest = slot.img.sequence;
				victim = slot;
			}
		if (lowest != ~0ULL)
			ret = snapstore_revoke(&flash, victim.offset, &slot);
	} while (!ret && lowest != ~0ULL);
	return ret ? ret : snapstore_settle(&flash, &slot);
}

static int do_deed(struct world *w, struct flashsim *sim, const struct deed *d, u32 id,
		   struct cutter *c)
{
	return d->kind == TAKE ? take(w, sim, d, id, c) : drop(sim, d->kind == DROP_ALL);
}

static int boot(struct world *w, struct flashsim *sim)
{
	const struct snapstore_flash flash = flashsim_flash(sim);

	return simimage_boot(&flash.reader, flash.erase_size, w->known);
}

/* What is around the target belongs to somebody else. */
static bool surroundings_are_whole(const struct flashsim *sim)
{
	const struct flashsim_geometry *g = sim->geometry;
	u64 end = g->target + g->target_size;

	for (u64 i = 0; i < sim->size; i = i + 1 == g->target ? end : i + 1)
		if ((i < g->target || i >= end) && sim->after[i] != 0x5c)
			return false;
	return true;
}

/* The deed was not cut off: what has to come up now, whatever the flash's mood? */
static void look_at_end(struct world *w, struct flashsim *sim, const struct deed *d, u32 id,
			int ret, u32 end, const char *place)
{
	if (sim->broken)
		complain(w, place, sim->broken, 0);
	if (!surroundings_are_whole(sim))
		complain(w, place, "something outside the target was changed", 0);
	/* A drop that says that it did not work is none. So is a take that does not fit. */
	if (ret == -SNAPSTORE_E_NO_ROOM || (ret && d->kind != TAKE))
		return;
	if (ret)
		complain(w, place, "the writer failed", ret);
	else
		look(w, sim, d->kind == TAKE ? BIT(id) : end, place, "at the end");
}

/* The system is up again, with what the cut has left: it takes or drops, and is cut off. */
static void recover(struct cutter *c)
{
	struct world *w = c->w;
	struct flashsim *sim = &w->sim[1];
	int tempers = w->sim[0].unstable ? FLASHSIM_TEMPERS : 1;

	for (int t = 0; t < tempers; t++) {
		for (u32 i = 0; i < ARRAY_SIZE(recoveries); i++) {
			const struct deed *d = &recoveries[i];
			struct cutter again = { .w = w, .depth = 1, .allowed = c->allowed };
			int ret;

			/* What is not settled may be what the next take builds on. */
			if (w->sim[0].unstable || d->kind != TAKE)
				again.allowed |= COLD | (BIT(ID_NEW) - 1);

			strcpy(again.place, c->place);
			flashsim_copy(sim, &w->sim[0]);
			sim->temper = (enum flashsim_temper)t;
			sim->hook = cut;
			sim->hook_ctx = &again;
			ret = do_deed(w, sim, d, ID_NEXT, &again);
			sim->hook = NULL;
			look_at_end(w, sim, d, ID_NEXT, ret, COLD, c->place);
			w->known[ID_NEXT] = NULL;
		}
	}
}

/* Return: false when the scenario is none for this geometry */
static bool run_scenario(struct world *w)
{
	const struct scenario *sc = w->scenario;
	struct flashsim *sim = &w->sim[0];
	struct cutter c = { .w = w };
	int ret, first, end;

	if (sc->dirty)
		flashsim_dirty(sim);
	for (u32 i = 0; i < ARRAY_SIZE(sc->before); i++)
		if (sc->before[i].kind && do_deed(w, sim, &sc->before[i], i, NULL))
			return false;
	first = boot(w, sim);

	/* Once without a cut, to see where it ends. */
	flashsim_copy(&w->sim[1], sim);
	ret = do_deed(w, &w->sim[1], &sc->deed, ID_NEW, NULL);
	if (ret == -SNAPSTORE_E_NO_ROOM || ret == -SNAPSTORE_E_NO_PLACE)
		return false;
	end = boot(w, &w->sim[1]);
	if (ret || (sc->deed.kind == TAKE && end != ID_NEW))
		complain(w, "without a cut", "came up", end);
	w->known[ID_NEW] = NULL;

	c.allowed = outcome_bit(first);
	if (sc->deed.kind != TAKE)
		c.allowed |= outcome_bit(end);
	sim->hook = cut;
	sim->hook_ctx = &c;
	ret = do_deed(w, sim, &sc->deed, ID_NEW, &c);
	sim->hook = NULL;
	look_at_end(w, sim, &sc->deed, ID_NEW, ret, outcome_bit(end), "without a cut");
	return true;
}

static void run_one(const struct flashsim_geometry *g, const struct scenario *sc,
		    struct states *states, struct result *result)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->scenario = sc;
	w->result = result;
	w->states = states;
	flashsim_init(&w->sim[0], g);
	flashsim_init(&w->sim[1], g);
	w->sim[0].random += settings.seed;
	result->ran = run_scenario(w);
	flashsim_exit(&w->sim[0]);
	flashsim_exit(&w->sim[1]);
	free(w);
}

#define CASES	(ARRAY_SIZE(geometries) * ARRAY_SIZE(scenarios))

/** struct shared - what the processes have in common: the next geometry, and all results */
struct shared {
	u32 next;
	struct result result[CASES];
};

static bool is_wanted(const struct flashsim_geometry *g, const struct scenario *sc)
{
	return !settings.only || strstr(g->name, settings.only) || strstr(sc->name, settings.only);
}

static void run_geometry(const struct flashsim_geometry *g, struct result *results)
{
	struct states states;

	states_init(&states);
	for (u32 i = 0; i < ARRAY_SIZE(scenarios); i++)
		if (is_wanted(g, &scenarios[i]))
			run_one(g, &scenarios[i], &states, &results[i]);
	free(states.table);
}

static void work(struct shared *shared)
{
	u32 *next = &shared->next, i;

	while ((i = __atomic_fetch_add(next, 1, __ATOMIC_SEQ_CST)) < ARRAY_SIZE(geometries))
		run_geometry(&geometries[i], &shared->result[i * ARRAY_SIZE(scenarios)]);
}

static int report(const struct shared *shared, bool died)
{
	struct result sum = { .ran = true };
	u32 n = 0, failed = 0;

	for (u32 i = 0; i < CASES; i++) {
		const struct result *r = &shared->result[i];

		if (!r->ran && !r->wrong)
			continue;
		printf("%sok %u - %s: %s: %llu states, %llu power-ons: %llu old, %llu new, %llu cold\n",
		       r->wrong ? "not " : "", ++n, geometries[i / ARRAY_SIZE(scenarios)].name,
		       scenarios[i % ARRAY_SIZE(scenarios)].name, (unsigned long long)r->states,
		       (unsigned long long)r->boots, (unsigned long long)r->old,
		       (unsigned long long)r->new, (unsigned long long)r->cold);
		if (r->wrong)
			printf("# %llu must not be, the first: %s\n", (unsigned long long)r->wrong,
			       r->why);
		failed += !!r->wrong;
		sum.states += r->states;
		sum.cuts += r->cuts;
		sum.boots += r->boots;
		sum.old += r->old;
		sum.new += r->new;
		sum.cold += r->cold;
	}
	printf("# %llu distinct states of %zu geometries, from %llu cuts; %llu power-ons: %llu old, "
	       "%llu new, %llu cold, in %u cases %u wrong; seed %llu, 1 in %llu cuts of sections recovered\n",
	       (unsigned long long)sum.states, ARRAY_SIZE(geometries), (unsigned long long)sum.cuts,
	       (unsigned long long)sum.boots, (unsigned long long)sum.old,
	       (unsigned long long)sum.new, (unsigned long long)sum.cold, n, failed,
	       (unsigned long long)settings.seed, (unsigned long long)settings.every);
	printf("1..%u\n", n);
	return failed || died || !n;
}

static bool parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--every=%llu", (unsigned long long *)&settings.every) == 1 ||
		    sscanf(argv[i], "--seed=%llu", (unsigned long long *)&settings.seed) == 1 ||
		    sscanf(argv[i], "--jobs=%u", &settings.jobs) == 1)
			continue;
		if (strncmp(argv[i], "--only=", 7))
			return false;
		settings.only = argv[i] + 7;
	}
	return settings.every && settings.jobs;
}

int main(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool died = false;
	int status;

	if (shared == MAP_FAILED || !parse(argc, argv)) {
		fprintf(stderr, "usage: powercut [--every=N] [--seed=N] [--only=TEXT] [--jobs=N]\n");
		return 2;
	}
	for (u32 i = 0; i < settings.jobs; i++) {
		pid_t pid = fork();

		if (!pid) {
			work(shared);
			_exit(0);
		}
		died |= pid < 0;
	}
	while (wait(&status) > 0)
		died |= !WIFEXITED(status) || WEXITSTATUS(status);
	if (died)
		printf("Bail out! a process of the simulator died\n");
	return report(shared, died);
}
