// SPDX-License-Identifier: GPL-2.0-only
/*
 * choicecut: cut the power at every flash operation of choosing a snapshot, in each of
 * five ways, and go on from there, and be cut off again.
 *
 *	choicecut [--depth=N] [--cuts=N] [--seed=N] [--only=TEXT]
 *
 * There are three snapshots. One after the other is chosen, in every order, N times
 * (--depth), with up to N cuts (--cuts). Wherever cells are between the levels each is done,
 * and looked at, in each temper of the flash. What must hold then is in check().
 */
#include <stdio.h>
#include <stdlib.h>

#include "flashsim.h"
#include "simimage.h"
#include "states.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KIB		1024
#define PART		(32 * KIB)
#define IMAGES		3
#define ALL		((1U << IMAGES) - 1)

/* Programs of one word change eight bytes, wherever they are: few geometries differ. */
static const struct flashsim_geometry geometries[] = {
	{ "16 KiB blocks", { { 6, 16 * KIB } }, 256, 1, 0, 96 * KIB },
	{ "32 KiB blocks in units of 8", { { 3, 32 * KIB } }, 512, 8, 0, 96 * KIB },
};

/**
 * struct start - how a case begins
 * @name: for the table
 * @chosen: number of the image that is chosen each time; the newest is 2
 * @repeat: so often
 * @tried: that one has a word in its trial log, which must not matter
 */
static const struct start {
	const char *name;
	u32 chosen[2];
	u32 repeat;
	bool tried;
} starts[] = {
	{ "none was chosen", { 0 }, 0, false },
	{ "the oldest was chosen", { 0, 0 }, 1, true },
	{ "by turns", { 0, 1 }, 2, false },
	{ "the log is almost full", { 0, 0 }, 40, false },
};

static const char *const tear_names[] = { "not begun", "half done", "tail erased", "tail random",
					  "unstable" };

/** struct step - an operation that can be taken back */
struct step {
	struct flashsim_op op;
	struct flashsim_saved saved;
};

#define STEPS_MAX	128

static struct world {
	struct flashsim sim;
	struct snapstore_flash flash;
	struct simimage image[IMAGES];
	struct simimage *known[SIMIMAGE_IDS];
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
} settings = { .depth = 2, .cuts = 2, .seed = 1 };

static void complain(const char *what, u32 may, int is)
{
	if (!w.wrong++)
		snprintf(w.why, sizeof(w.why), "%s: %s: image %d, may be 0x%x", w.place, what, is,
			 may);
}

/* The highest rank that there is in any temper. */
static u64 highest_rank(void)
{
	enum flashsim_temper temper = w.sim.temper;
	struct snapimg_choice choice;
	u64 highest = 0;

	for (int i = 0; i < IMAGES * (w.sim.unstable ? FLASHSIM_TEMPERS : 1); i++) {
		const struct snapimg *img = &w.image[i % IMAGES].img;

		w.sim.temper = (enum flashsim_temper)(i / IMAGES);
		snapimg_choice_read(&w.flash.reader, (u64)(i % IMAGES) * PART, img->header_crc,
				    &choice);
		highest = img->sequence > highest ? img->sequence : highest;
		highest = choice.number > highest ? choice.number : highest;
	}
	w.sim.temper = temper;
	return highest;
}

/* Every snapshot is there, once, and the writer's next number is above all of them. */
static void check_order(u32 may)
{
	struct snapstore st = { .flash = w.flash };
	struct snapimg_slot slot;
	u64 below = ~0ULL;
	u32 found = 0;

	if (snapstore_open(&st, 0, 0) || snapstore_find_previous(&st))
		abort();
	if (highest_rank() >= snapstore_sequence(&st))
		complain("a take would not be the newest", may, -1);
	if (w.sim.unstable)
		return;
	while (!snapimg_slot_newest(&w.flash.reader, w.flash.erase_size, below, &slot)) {
		found |= 1U << slot.img.uuid[0];
		below = slot.rank;
	}
	if (found != ALL)
		complain("one is not found any more", found, -1);
}

static void check_logs(u32 may)
{
	struct snapimg_trial trial;

	for (int id = 0; id < IMAGES; id++) {
		snapimg_trial_read(&w.flash.reader, (u64)id * PART, &trial);
		if (!trial.confirmed || trial.tries)
			complain("a confirmation was lost", may, id);
	}
}

/* What is first now, in this temper, against what may be. */
static void check(u32 may)
{
	int id = simimage_boot(&w.flash.reader, w.flash.erase_size, w.known);

	w.looks++;
	if (id < 0 || !(may & 1U << id))
		complain("came up", may, id);
	w.sim.turn = 0;
	check_order(may);
	check_logs(may);
}

static int tempers(void)
{
	return w.sim.unstable ? FLASHSIM_TEMPERS : 1;
}

static void explore(u32 may, u32 depth, u32 cuts);

/**
 * struct cutter - what the hook of the flash knows
 * @may: numbers of the images that may be first
 * @depth: choices that may follow
 * @cuts: that may be made
 */
struct cutter {
	u32 may;
	u32 depth, cuts;
};

static void cut(void *ctx, const struct flashsim_op *op)
{
	enum flashsim_temper temper = w.sim.temper;
	struct step *s = &w.step[w.steps++];
	size_t len = strlen(w.place);
	struct cutter *c = ctx;
	u32 turn = w.sim.turn;

	if (w.steps == STEPS_MAX)
		abort();
	s->op = *op;
	flashsim_save(&w.sim, op, &s->saved);
	for (int how = FLASHSIM_NOT_BEGUN; c->cuts && how < FLASHSIM_TEARS; how++) {
		flashsim_tear(&w.sim, op, (enum flashsim_tear)how);
		snprintf(w.place + len, sizeof(w.place) - len, " %s", tear_names[how]);
		w.cuts++;
		explore(c->may, c->depth, c->cuts - 1);
		w.place[len] = 0;
		flashsim_undo(&w.sim, op, &s->saved);
	}
	w.sim.hook = cut;
	w.sim.hook_ctx = c;
	w.sim.temper = temper;
	w.sim.turn = turn;
}

/* As the tool does. Return: 0: it is chosen from now on */
static int choose(u32 id)
{
	struct snapstore st = { .flash = w.flash };
	struct snapimg_slot slot;

	if (snapstore_open(&st, 0, 0) || snapstore_find_previous(&st))
		abort();
	if (snapimg_slot_probe(&w.flash.reader, (u64)id * PART, &slot))
		return -SNAPSTORE_E_READ;
	return snapstore_is_chosen(&st, &slot) ? 0 :
	       snapstore_choose(&w.flash, &slot, snapstore_sequence(&st));
}

static void try_choice(u32 may, u32 id, u32 depth, u32 cuts)
{
	struct cutter c = { .may = may | 1U << id, .depth = depth, .cuts = cuts };
	u32 steps = w.steps;
	int ret;

	w.sim.hook = cut;
	w.sim.hook_ctx = &c;
	ret = choose(id);
	w.sim.hook = NULL;
	/* With no room nothing was done. */
	if (!ret || ret == -SNAPSTORE_E_NO_ROOM)
		explore(ret ? may : 1U << id, depth, cuts);
	else
		complain("it could not be chosen", may, ret);
	while (w.steps > steps) {
		w.steps--;
		flashsim_undo(&w.sim, &w.step[w.steps].op, &w.step[w.steps].saved);
	}
}

static bool is_new(u32 may, u32 depth, u32 cuts)
{
	const u32 key[] = { may, depth, cuts };

	w.distinct += states_add(&w.states, w.sim.mark);
	return states_add(&w.seen, w.sim.mark ^ XXH64(key, sizeof(key), 0));
}

static void explore(u32 may, u32 depth, u32 cuts)
{
	enum flashsim_temper temper = w.sim.temper;
	size_t len = strlen(w.place);

	w.sim.hook = NULL;
	if (is_new(may, depth, cuts)) {
		for (int t = 0; t < tempers(); t++) {
			w.sim.temper = (enum flashsim_temper)t;
			w.sim.turn = 0;
			check(may);
			for (u32 id = 0; depth && id < IMAGES; id++) {
				snprintf(w.place + len, sizeof(w.place) - len, "%schoose %u",
					 len ? ", " : "", id);
				w.sim.temper = (enum flashsim_temper)t;
				w.sim.turn = 0;
				try_choice(may, id, depth - 1, cuts);
				w.place[len] = 0;
			}
		}
	}
	w.sim.temper = temper;
}

static void take(u32 id)
{
	static u64 buf[4096 / 8];
	struct simimage *image = &w.image[id];
	struct snapstore st = {
		.flash = w.flash, .fill = simimage_fill, .fill_ctx = image,
		.buf = buf, .buf_size = sizeof(buf),
	};

	simimage_make(image, id, 1);
	image->tries = 3;
	w.known[id] = image;
	if (snapstore_open(&st, (u64)id * PART, PART) || snapstore_find_previous(&st) ||
	    snapstore_place(&st, image->img.image_size, SNAPSTORE_SLOT_WHOLE, true))
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
	if (snapstore_commit(&st, &image->mark) ||
	    snapstore_trial_note(&w.flash, st.offset, SNAPSTORE_TRIAL_TRY) ||
	    snapstore_trial_note(&w.flash, st.offset, SNAPSTORE_TRIAL_CONFIRM))
		abort();
}

static void run_case(const struct flashsim_geometry *g, const struct start *start)
{
	u32 first = IMAGES - 1;

	flashsim_init(&w.sim, g);
	w.sim.random += settings.seed;
	w.flash = flashsim_flash(&w.sim);
	for (u32 id = 0; id < IMAGES; id++)
		take(id);
	for (u32 i = 0; i < start->repeat; i++) {
		/* By turns with the newest: the one that is first already costs nothing. */
		if (start->chosen[0] == start->chosen[1] && first == start->chosen[0] &&
		    choose(IMAGES - 1))
			abort();
		first = start->chosen[i % 2];
		if (choose(first))
			abort();
	}
	w.steps = 0;
	states_init(&w.seen);
	explore(1U << first, settings.depth, settings.cuts);
	if (w.sim.broken && !w.wrong++)
		snprintf(w.why, sizeof(w.why), "%s", w.sim.broken);
	free(w.seen.table);
	flashsim_exit(&w.sim);
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
	/* A choice takes six operations, and more only where flash does not take them. */
	return settings.depth && 8 * (settings.depth + 1) < STEPS_MAX;
}

int main(int argc, char **argv)
{
	u64 distinct = 0, cuts = 0, looks = 0;
	u32 n = 0, failed = 0;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: choicecut [--depth=N] [--cuts=N] [--seed=N] [--only=TEXT]\n");
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
			printf("%sok %u - choice: %s: %s: %llu states, %llu cuts, %llu looks\n",
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
	printf("# choice log: %llu distinct states of %zu geometries, from %llu cuts; %llu looks; "
	       "%u of %u cases wrong; %u choices, %u cuts, seed %llu\n",
	       (unsigned long long)distinct, ARRAY_SIZE(geometries), (unsigned long long)cuts,
	       (unsigned long long)looks, failed, n, settings.depth, settings.cuts,
	       (unsigned long long)settings.seed);
	printf("1..%u\n", n);
	return failed || !n;
}
