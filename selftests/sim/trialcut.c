// SPDX-License-Identifier: GPL-2.0-only
/*
 * trialcut: cut the power at every flash operation of the trial log, in each of five
 * ways, and go on from there, and be cut off again.
 *
 *	trialcut [--depth=N] [--cuts=N] [--seed=N] [--only=TEXT]
 *
 * There are two snapshots, the newer of them on trial. Power-ons that nobody confirms,
 * confirmations, and warm resets of a system that has not confirmed itself follow each
 * other in every order, N of them (--depth), with up to N cuts (--cuts). Wherever cells
 * are between the levels each is done, and looked at, in each temper of the flash. What
 * must hold then is in check() and do_power_on().
 *
 * TRIAL_MEDIUM is the header of what they lie on.
 */
#include <stdio.h>
#include <stdlib.h>

#include TRIAL_MEDIUM
#include "states.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct start - how a case begins
 * @name: for the table
 * @limit: tries of the newer snapshot
 * @notes: what is in its log: T for a try, C for a confirmation
 * @repeat: so often
 */
static const struct start {
	const char *name;
	u32 limit;
	const char *notes;
	u32 repeat;
} starts[] = {
	{ "new, one try", 1, "", 0 },
	{ "new, two tries", 2, "", 0 },
	{ "new, three tries", 3, "", 0 },
	{ "confirmed, one try", 1, "TC", 1 },
	{ "confirmed, three tries", 3, "TC", 1 },
	{ "on trial again", 3, "TCT", 1 },
	{ "log that is almost full", 3, "TC", SIM_FULL_PAIRS },
	{ "log that is filled with tries", 100, "T", SIM_FULL_TRIES },
};

enum { OLDER, NEWER };
enum deed { POWER_ON, WARM_RESET, CONFIRM, DEEDS };

static const char *const deed_names[] = { "power-on", "warm reset", "confirm" };
static const char *const tear_names[] = { "not begun", "the first way", "the second way",
					  "the third way", "unstable" };

/**
 * struct model - what the log of the newer snapshot may say
 * @confirmed: a confirmation was noted to its end, and nothing behind it
 * @maybe: one was cut off since
 * @boots: tries that were noted to their end since the last confirmation
 * @slack: words that were cut off since: each may count as a try
 */
struct model {
	bool confirmed, maybe;
	u32 boots, slack;
};

/** struct step - an operation that can be taken back */
struct step {
	struct sim_op op;
	struct sim_saved saved;
};

#define STEPS_MAX	256

static struct world {
	struct sim_chip sim;
	struct snapstore_flash flash;
	struct simimage image[2];
	struct simimage *known[SIMIMAGE_IDS];
	u64 slot;		/* of the newer one */
	u32 limit;
	struct step step[STEPS_MAX];
	u32 steps;
	struct states seen, states;
	u64 distinct, cuts, looks, wrong;
	char place[400], why[600];
} w;

static struct settings {
	u32 depth, cuts;
	u64 seed;
	const char *only;
} settings = { .depth = SIM_DEPTH, .cuts = 2, .seed = 1 };

static void complain(const char *what, const struct model *m, const struct snapimg_trial *t)
{
	if (!w.wrong++)
		snprintf(w.why, sizeof(w.why),
			 "%s: %s: reads %s, %u tries; was %s, %u boots, %u cut off", w.place, what,
			 t->confirmed ? "confirmed" : "on trial", t->tries,
			 m->confirmed ? "confirmed" : m->maybe ? "perhaps" : "on trial", m->boots,
			 m->slack);
}

/* Is there no room for so many words, of which the last is a try, in any temper? */
static bool may_lack(u32 words)
{
	u32 room = snapimg_trial_words(w.flash.reader.trial_words) - SNAPIMG_TRIAL_KEPT, used = 0;
	enum sim_temper temper = w.sim.temper;
	struct snapimg_trial t;

	for (int i = 0; i < SIM_TEMPERS; i++) {
		w.sim.temper = (enum sim_temper)i;
		snapimg_trial_read(&w.flash.reader, w.slot, &t);
		used = t.used > used ? t.used : used;
	}
	w.sim.temper = temper;
	return used + words * SIM_STEP > room;
}

/* What the log says now, in this temper, against what it may say. */
static void check(const struct model *m)
{
	struct snapimg_trial t;

	snapimg_trial_read(&w.flash.reader, w.slot, &t);
	w.looks++;
	if (t.confirmed) {
		if (!m->confirmed && !m->maybe)
			complain("a cut has confirmed it", m, &t);
		return;
	}
	if (m->confirmed && !m->slack)
		complain("a confirmation was lost", m, &t);
	if (!m->confirmed && !m->maybe && t.tries < m->boots)
		complain("a try was lost", m, &t);
	if (t.tries > m->boots + m->slack)
		complain("it was not tried that often", m, &t);
}

/* All that the loader does: the newer image, or the older one when that is given up. */
static void check_boot(const struct model *m)
{
	struct snapimg_trial t;
	int id;

	id = simimage_boot(&w.flash.reader, w.flash.erase_size, w.known);
	if (id == NEWER)
		return;
	snapimg_trial_read(&w.flash.reader, w.slot, &t);
	if (id != OLDER)
		complain("what came up is neither", m, &t);
	else if (m->boots + m->slack < w.limit && !may_lack(1))
		complain("the older one came up", m, &t);
}

static int tempers(void)
{
	return w.sim.unstable ? SIM_TEMPERS : 1;
}

static void explore(const struct model *m, u32 depth, u32 cuts);

/**
 * struct cutter - what the hook of the flash knows
 * @m: what the log may say now, in the middle of the deed
 * @deed: it
 * @confirming: a confirmation is being noted in it
 * @depth: deeds that may follow
 * @cuts: that may be made
 */
struct cutter {
	struct model m;
	enum deed deed;
	bool confirming;
	u32 depth, cuts;
};

static bool reads_erased(const struct sim_op *op)
{
	u64 off = SNAPCAP_TRIAL_OFF + sim_word(&w.sim, op, w.slot) * SNAPCAP_TRIAL_WORD_SIZE;
	u64 word = 0;

	(void)!snapimg_head_read(&w.flash.reader, w.slot, off, &word, sizeof(word));
	return word == ~0ULL;
}

static void tear_and_explore(struct cutter *c, const struct sim_op *op, const struct step *s,
			     const struct model *m)
{
	enum sim_temper temper = w.sim.temper;
	size_t len = strlen(w.place);
	u32 turn = w.sim.turn;

	for (int how = 1; c->cuts && how < SIM_TEARS; how++) {
		sim_tear_op(&w.sim, op, (enum sim_tear)how);
		snprintf(w.place + len, sizeof(w.place) - len, " %s", tear_names[how]);
		w.cuts++;
		explore(m, c->depth, c->cuts - 1);
		w.place[len] = 0;
		sim_undo(&w.sim, op, &s->saved);
	}
	w.sim.temper = temper;
	w.sim.turn = turn;
}

static void cut(void *ctx, const struct sim_op *op)
{
	bool confirm = !memcmp(op->data, SNAPCAP_TRIAL_CONFIRM, SNAPCAP_TRIAL_WORD_SIZE);
	u32 turn = w.sim.turn;
	bool erased = reads_erased(op);
	struct step *s = &w.step[w.steps++];
	struct cutter *c = ctx;
	struct model m;

	if (w.steps == STEPS_MAX)
		abort();
	s->op = *op;
	sim_save(&w.sim, op, &s->saved);
	w.sim.turn = turn;
	/* The writer was not content with the word before. */
	if (confirm && c->confirming && !c->m.confirmed) {
		c->m.confirmed = false;
		c->m.maybe = true;
		c->m.slack++;
	}
	if (confirm && c->deed != CONFIRM && !c->m.confirmed && !c->m.maybe)
		complain("a start confirms it", &c->m, &(struct snapimg_trial){ 0 });
	m = c->m;
	m.slack += erased;
	m.maybe |= confirm;
	tear_and_explore(c, op, s, &m);
	w.sim.hook = cut;
	w.sim.hook_ctx = c;
	c->confirming = confirm;
	/* And when it is not cut off. */
	if (confirm) {
		/* The loader's own only says again what perhaps had been confirmed. */
		bool again = c->deed != CONFIRM && c->m.maybe;

		c->m = (struct model){ .confirmed = true, .maybe = again,
				       .slack = again ? c->m.boots + c->m.slack : 0 };
	} else if (erased) {
		c->m.confirmed = false;
		c->m.boots++;
	}
}

/* Return: false when there was no room */
static bool note(struct cutter *c, u32 what)
{
	struct snapimg_trial t;
	int ret;

	w.sim.hook = cut;
	w.sim.hook_ctx = c;
	ret = snapstore_trial_note(&w.flash, w.slot, what);
	w.sim.hook = NULL;
	snapimg_trial_read(&w.flash.reader, w.slot, &t);
	if (ret == -SNAPSTORE_E_NO_ROOM && may_lack(3))
		return false;
	if (ret)
		complain("a word could not be noted", &c->m, &t);
	return true;
}

/* Return: false when it is not entered, or nothing was noted: then nothing new follows */
static bool do_power_on(struct cutter *c, u32 tried)
{
	const struct model *m = &c->m;
	u32 most = m->boots + m->slack > tried ? m->boots + m->slack : tried;
	struct snapimg_verdict verdict;
	struct snapimg_trial t;

	snapimg_trial_read(&w.flash.reader, w.slot, &t);
	if (snapimg_trial_judge(&t, w.limit, tried, &verdict)) {
		if (most < w.limit && !may_lack(1))
			complain("it was given up", m, &t);
		return false;
	}
	/* That is the limit: nobody has confirmed it, and it is entered all the same. */
	if (!m->confirmed && !m->maybe && m->boots >= w.limit)
		complain("it was entered too often", m, &t);
	for (u32 i = 0; i < verdict.notes; i++)
		if (!note(c, SNAPSTORE_TRIAL_TRY))
			return false;
	return verdict.notes;
}

/* As the module does: one that reads as confirmed is let be. */
static bool do_confirm(struct cutter *c)
{
	struct snapimg_trial t;

	snapimg_trial_read(&w.flash.reader, w.slot, &t);
	return !t.confirmed && note(c, SNAPSTORE_TRIAL_CONFIRM);
}

static void try_deed(const struct model *m, enum deed deed, u32 depth, u32 cuts)
{
	struct cutter c = { .m = *m, .deed = deed, .depth = depth, .cuts = cuts };
	u32 steps = w.steps;

	if (deed == CONFIRM ? do_confirm(&c) : do_power_on(&c, deed == WARM_RESET))
		explore(&c.m, depth, cuts);
	while (w.steps > steps) {
		w.steps--;
		sim_undo(&w.sim, &w.step[w.steps].op, &w.step[w.steps].saved);
	}
}

static bool is_new(const struct model *m, u32 depth, u32 cuts)
{
	const u32 key[] = { m->confirmed, m->maybe, m->boots, m->slack, depth, cuts };
	u64 mark = sim_mark(&w.sim);

	w.distinct += states_add(&w.states, mark);
	return states_add(&w.seen, mark ^ XXH64(key, sizeof(key), w.limit));
}

static void explore(const struct model *m, u32 depth, u32 cuts)
{
	enum sim_temper temper = w.sim.temper;
	size_t len = strlen(w.place);

	w.sim.hook = NULL;
	if (is_new(m, depth, cuts)) {
		for (int t = 0; t < tempers(); t++) {
			w.sim.temper = (enum sim_temper)t;
			w.sim.turn = 0;
			check(m);
			w.sim.turn = 0;
			check_boot(m);
			for (u32 deed = 0; depth && deed < DEEDS; deed++) {
				snprintf(w.place + len, sizeof(w.place) - len, "%s%s",
					 len ? ", " : "", deed_names[deed]);
				w.sim.temper = (enum sim_temper)t;
				w.sim.turn = 0;
				try_deed(m, (enum deed)deed, depth - 1, cuts);
				w.place[len] = 0;
			}
		}
	}
	w.sim.temper = temper;
}

/* Return: where it begins */
static u64 take(u32 id, u32 tries)
{
	static u64 buf[4096 / 8];
	struct snapstore st = {
		.flash = w.flash, .fill = simimage_fill, .fill_ctx = &w.image[id],
		.buf = buf, .buf_size = sizeof(buf),
	};
	struct simimage *image = &w.image[id];

	sim_make(image, id, &w.flash);
	image->tries = tries;
	w.known[id] = image;
	if (snapstore_open(&st, 0, 0) || snapstore_find_previous(&st) ||
	    snapstore_place(&st, image->img.image_size, SNAPSTORE_SLOT_AUTO, true))
		abort();
	simimage_number(image, snapstore_sequence(&st));
	if (snapstore_erase_begin(&st))
		abort();
	while (snapstore_erase_step(&st) > 0)
		;
	while (snapstore_write_step(&st) > 0)
		;
	if (snapstore_header(&st, &image->header))
		abort();
	while (snapstore_check_step(&st) > 0)
		;
	if (snapstore_commit(&st, &image->mark))
		abort();
	return st.offset;
}

static struct model begin(const struct start *start)
{
	struct model m = { 0 };

	for (u32 i = 0; i < start->repeat; i++)
		for (const char *note = start->notes; *note; note++) {
			bool confirm = *note == 'C';
			u32 what = confirm ? SNAPSTORE_TRIAL_CONFIRM : SNAPSTORE_TRIAL_TRY;

			if (snapstore_trial_note(&w.flash, w.slot, what))
				abort();
			m.confirmed = confirm;
			m.boots = confirm ? 0 : m.boots + 1;
		}
	return m;
}

static void run_case(const struct sim_geometry *g, const struct start *start)
{
	struct model m;

	sim_init(&w.sim, g);
	w.sim.random += settings.seed;
	w.flash = sim_open(&w.sim);
	/* The older one was confirmed: it has to come up whatever becomes of the newer. */
	w.slot = take(OLDER, 1);
	if (snapstore_trial_note(&w.flash, w.slot, SNAPSTORE_TRIAL_TRY) ||
	    snapstore_trial_note(&w.flash, w.slot, SNAPSTORE_TRIAL_CONFIRM))
		abort();
	w.limit = start->limit;
	w.slot = take(NEWER, w.limit);
	m = begin(start);
	w.steps = 0;
	states_init(&w.seen);
	explore(&m, settings.depth, settings.cuts);
	if (w.sim.broken && !w.wrong++)
		snprintf(w.why, sizeof(w.why), "%s", w.sim.broken);
	free(w.seen.table);
	sim_exit(&w.sim);
}

static bool parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--depth=%u", &settings.depth) == 1 ||
		    sscanf(argv[i], "--cuts=%u", &settings.cuts) == 1 ||
		    sscanf(argv[i], "--seed=%llu", (unsigned long long *)&settings.seed) == 1)
			continue;
		if (strncmp(argv[i], "--only=", 7))
			return false;
		settings.only = argv[i] + 7;
	}
	/* A deed takes sixteen operations at most. */
	return settings.depth && 16 * (settings.depth + 1) < STEPS_MAX;
}

int main(int argc, char **argv)
{
	u64 distinct = 0, cuts = 0, looks = 0;
	u32 n = 0, failed = 0;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: trialcut [--depth=N] [--cuts=N] [--seed=N] [--only=TEXT]\n");
		return 2;
	}
	for (u32 g = 0; g < ARRAY_SIZE(geometries); g++) {
		states_init(&w.states);
		for (u32 s = 0; s < ARRAY_SIZE(starts); s++) {
			if (settings.only && !strstr(geometries[g].name, settings.only) &&
			    !strstr(starts[s].name, settings.only))
				continue;
			w.distinct = 0;
			w.cuts = 0;
			w.looks = 0;
			w.wrong = 0;
			run_case(&geometries[g], &starts[s]);
			printf("%sok %u - " SIM_NAME ": %s: %s: %llu states, %llu cuts, %llu looks\n",
			       w.wrong ? "not " : "", ++n, geometries[g].name, starts[s].name,
			       (unsigned long long)w.distinct, (unsigned long long)w.cuts,
			       (unsigned long long)w.looks);
			if (w.wrong)
				printf("# %llu must not be, the first: %s\n",
				       (unsigned long long)w.wrong, w.why);
			failed += !!w.wrong;
			distinct += w.distinct;
			cuts += w.cuts;
			looks += w.looks;
		}
		free(w.states.table);
	}
	printf("# " SIM_NAME " log: %llu distinct states of %zu geometries, from %llu cuts; %llu looks; "
	       "%u of %u cases wrong; %u deeds, %u cuts, seed %llu\n", (unsigned long long)distinct,
	       ARRAY_SIZE(geometries), (unsigned long long)cuts, (unsigned long long)looks, failed,
	       n, settings.depth, settings.cuts, (unsigned long long)settings.seed);
	printf("1..%u\n", n);
	return failed || !n;
}
