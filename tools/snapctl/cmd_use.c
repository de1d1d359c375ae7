// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl use: which of several snapshots the next power-on restores.
 *
 * A few writes of eight bytes into a log of the snapshot, which NOR flash does without an
 * erase: whenever the power fails, it is chosen, or all is as before. The others stay what
 * they are, to be fallen back to.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "store.h"
#include "trialinfo.h"
#include "units.h"

/**
 * struct use - arguments, and what came of it
 * @medium: where
 * @label: the newest with this label, or NULL
 * @have_sequence: @sequence was given
 * @sequence: the one with this number
 * @chosen: it
 * @before: what would have been restored before
 * @have_before: anything?
 * @changed: something was written
 */
struct use {
	struct medium_options medium;
	const char *label;
	bool have_sequence;
	u64 sequence;
	struct snapimg_slot chosen;
	struct snapimg_slot before;
	bool have_before;
	bool changed;
};

static int check_flash(const struct flash *flash)
{
	const struct flash_facts *f = flash_facts(flash);

	if (f->write_size > sizeof(struct snapcap_choice)) {
		msg_error("%s is written in units of %u bytes: a choice of 8 bytes cannot be noted",
			  f->name, f->write_size);
		msg_advice("drop the snapshots that are newer (snapctl drop)");
		return SNAPCTL_UNSUPPORTED;
	}
	return medium_check_idle(flash);
}

/* One for a single use that is valid has to be the next, and no other. */
static const struct snapimg_slot *find_once(const struct slots *slots)
{
	for (size_t i = 0; i < slots->count; i++)
		if (!slots->slot[i].status &&
		    slots->slot[i].img.feature_incompat & SNAPCAP_FEATURE_INCOMPAT_ONCE)
			return &slots->slot[i];
	return NULL;
}

static int check_slot(struct flash *flash, const struct snapimg_slot *slot)
{
	u64 sequence = slot->img.sequence;
	struct trialinfo trial;

	if (slot->status) {
		msg_error("snapshot %" PRIu64 " at offset 0x%" PRIx64 " is %s: %s (%s)", sequence,
			  slot->offset, slots_state(slot), snapimg_reason_text(slot->status),
			  snapimg_reason_name(slot->status));
		msg_advice("choose one that snapctl list shows as valid");
		return SNAPCTL_INVALID;
	}
	trial = trialinfo_read(flash, slot);
	if (!trial.given_up)
		return SNAPCTL_OK;
	msg_error("snapshot %" PRIu64 " was given up: %s", sequence, trialinfo_text(&trial).s);
	msg_advice("choose another one, or take it again");
	return SNAPCTL_INVALID;
}

static int check_choice(struct flash *flash, const struct use *use, const struct slots *slots,
			const struct snapimg_slot *slot)
{
	const struct snapimg_slot *once = find_once(slots);
	char number[24];

	if (!slot) {
		snprintf(number, sizeof(number), "%" PRIu64, use->sequence);
		msg_error("%s holds no snapshot %s%s", flash_facts(flash)->name,
			  use->label ? "with the label " : "",
			  use->label ? units_clean(use->label, strlen(use->label)).s : number);
		msg_advice("snapctl list shows what it holds");
		return SNAPCTL_FAILURE;
	}
	if (once) {
		msg_error("snapshot %" PRIu64 " is for a single use, at the next power-on: nothing "
			  "can be restored before it", once->img.sequence);
		msg_advice("snapctl drop --sequence %" PRIu64 " gives it up", once->img.sequence);
		return SNAPCTL_UNSUPPORTED;
	}
	return check_slot(flash, slot);
}

static int fail_choose(const struct flash *flash, const struct use *use, int ret)
{
	u64 sequence = use->chosen.img.sequence;

	switch (-ret) {
	case SNAPSTORE_E_RANGE:
		msg_error("there are no numbers above that of the newest snapshot");
		msg_advice("drop all snapshots (snapctl drop --all) and take them again");
		return SNAPCTL_FAILURE;
	case SNAPSTORE_E_NO_ROOM:
		msg_error("snapshot %" PRIu64 " was chosen too often: its log is full", sequence);
		msg_advice("take it again, or drop the snapshots that are newer");
		return SNAPCTL_NO_SPACE;
	case SNAPSTORE_E_READ:
		msg_error("%s cannot be read", flash_facts(flash)->name);
		msg_advice("see the kernel log");
		return SNAPCTL_IO;
	default:
		msg_error("snapshot %" PRIu64 " could not be chosen%s", sequence,
			  ret == -SNAPSTORE_E_WRITE ? "" : ": the flash ignored the write");
		msg_advice("see the kernel log; the flash may be write-protected (flash_unlock)");
		return SNAPCTL_IO;
	}
}

/* Nothing is written where it is the first already, and firmly so. */
static int choose(struct flash *flash, struct use *use)
{
	struct snapstore *st = calloc(1, sizeof(*st));
	int ret = 0;

	if (!st) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	st->flash = store_flash(flash);
	ret = snapstore_open(st, 0, 0);
	if (!ret)
		ret = snapstore_find_previous(st);
	use->have_before = !ret && !st->previous.status;
	use->before = st->previous;
	if (!ret && !snapstore_is_chosen(st, &use->chosen)) {
		use->changed = true;
		ret = snapstore_choose(&st->flash, &use->chosen, snapstore_sequence(st));
	}
	free(st);
	return ret ? fail_choose(flash, use, ret) : SNAPCTL_OK;
}

static struct json_object *slot_json(const struct snapimg_slot *slot)
{
	struct json_object *o = json_new();

	json_u64(o, "sequence", slot->img.sequence);
	json_u64(o, "offset", slot->offset);
	json_bytes(o, "label", slot->img.label, sizeof(slot->img.label));
	return o;
}

static int print_json(const struct flash *flash, const struct use *use)
{
	struct json_object *o = facts_command("use");

	json_put(o, "target", medium_json(flash));
	json_flag(o, "changed", use->changed);
	json_put(o, "before", use->have_before ? slot_json(&use->before) : NULL);
	json_put(o, "next", slot_json(&use->chosen));
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

static void print_slot(const struct snapimg_slot *slot)
{
	printf("snapshot %" PRIu64, slot->img.sequence);
	if (slot->img.label[0])
		printf(" (%s)", units_clean(slot->img.label, sizeof(slot->img.label)).s);
}

static void print_text(const struct use *use)
{
	if (options.quiet)
		return;
	printf("the next power-on restores ");
	print_slot(&use->chosen);
	if (use->have_before && use->before.offset == use->chosen.offset) {
		printf(", as before\n");
		return;
	}
	printf(", until another one is taken or chosen");
	if (use->have_before) {
		printf("; before it was ");
		print_slot(&use->before);
	}
	putchar('\n');
}

static int use_snapshot(struct flash *flash, struct use *use)
{
	const struct snapimg_slot *slot;
	struct slots slots;
	int ret = check_flash(flash);

	if (ret)
		return ret;
	if (slots_scan(flash, &slots)) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	slot = slots_find(&slots, use->label, use->sequence);
	ret = check_choice(flash, use, &slots, slot);
	if (!ret)
		use->chosen = *slot;
	slots_free(&slots);
	if (!ret)
		ret = choose(flash, use);
	if (ret)
		return ret;
	if (options.json)
		return print_json(flash, use);
	print_text(use);
	return SNAPCTL_OK;
}

static error_t parse_use(int key, char *arg, struct argp_state *state)
{
	struct use *use = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &use->medium;
		return 0;
	case 'l':
		use->label = arg;
		return 0;
	case 's':
		use->have_sequence = true;
		return options_sequence(arg, &use->sequence, state);
	case ARGP_KEY_ARG:
		/* The first one says which, unless an option did; TARGET is for the child. */
		if (use->label || use->have_sequence)
			return ARGP_ERR_UNKNOWN;
		use->have_sequence = true;
		return options_sequence(arg, &use->sequence, state);
	case ARGP_KEY_END:
		if (use->label && use->have_sequence)
			argp_error(state, "a sequence number and --label exclude each other");
		else if (!use->label && !use->have_sequence)
			argp_error(state, "which snapshot? Give its sequence number, or --label");
		else
			return 0;
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_use(int argc, char **argv)
{
	static const struct argp_option own[] = {
		{ NULL, 0, NULL, 0, "Which snapshot:", 2 },
		{ "label", 'l', "TEXT", 0, "The newest valid one with this label", 2 },
		{ "sequence", 's', "N", 0, "The one with this sequence number", 2 },
		{ 0 }
	};
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.options = own,
		.parser = parse_use,
		.args_doc = "SEQUENCE",
		.doc = "Choose the snapshot that the next power-on restores, and all that follow, "
		       "until another one is chosen or taken. A few small writes, nothing is erased, "
		       "and a power cut leaves it chosen or not. The others are what the loader falls "
		       "back to, in the order that snapctl list shows."
		       "\v" MEDIUM_DOC "\n\nExamples:\n"
		       "  snapctl use 3\n"
		       "  snapctl use --label rescue && reboot\n"
		       "  snapctl use --label demo --json | jq .before.sequence",
		.children = children,
	};
	struct use use = { .label = NULL };
	struct flash *flash;
	int ret = options_parse(&argp, argc, argv, &use);

	if (ret)
		return ret;
	ret = medium_open(&use.medium, true, &flash);
	if (ret)
		return ret;
	ret = use_snapshot(flash, &use);
	flash_close(flash);
	return ret;
}
