// SPDX-License-Identifier: GPL-2.0-only
/* The arguments of take: checked here as far as that goes without the machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "take.h"
#include "units.h"

#define KEY_MTD		0x200
#define KEY_SLOT	0x201
#define KEY_OFFSET	0x202
#define KEY_LENGTH	0x203
#define KEY_CODEC	0x204
#define KEY_LEVEL	0x205
#define KEY_CHUNK	0x206
#define KEY_LABEL	0x207
#define KEY_KEEP	0x208
#define KEY_TWO_PASS	0x209
#define KEY_SETTLE	0x20a
#define KEY_WARM	0x20b
#define KEY_WARM_TIME	0x20c
#define KEY_NO_PAGING	0x20d
#define KEY_HOT		0x20e
#define KEY_KEEP_SWAP	0x20f
#define KEY_MIGRATE	0x210
#define KEY_FORCE	0x211
#define KEY_TRIES	0x212

/* Not given: a settle time of that many seconds is refused. */
#define NOT_GIVEN	UINT32_MAX

static const struct argp_option take_options[] = {
	{ NULL, 0, NULL, 0, "Where to:", 1 },
	{ "mtd", KEY_MTD, "NAME|N", 0, "MTD device, default: the one named "
	  SNAPCTL_DEFAULT_TARGET, 1 },
	{ "slot", KEY_SLOT, "SLOT", 0, "auto, 0, 1, free or whole. auto (default): the half of "
	  "the target without the snapshot that would be restored, else beside it, or all of it "
	  "when that is too small. free: beside all snapshots, none is lost", 1 },
	{ "offset", KEY_OFFSET, "BYTES", 0, "Start of the target in the device", 1 },
	{ "length", KEY_LENGTH, "BYTES", 0, "Size of the target, default: to the end", 1 },
	{ "keep-previous", KEY_KEEP, NULL, 0, "Fail rather than lose the valid snapshot", 1 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "codec", KEY_CODEC, "CODEC", 0, "lz4 (default) or raw", 2 },
	{ "level", KEY_LEVEL, "N", 0, "LZ4 acceleration, 1 (smallest) to 64 (fastest)", 2 },
	{ "chunk", KEY_CHUNK, "KIB", 0, "Pages that are compressed together, in KiB", 2 },
	{ "label", KEY_LABEL, "TEXT", 0, "Free text, at most 31 bytes", 2 },
	{ "force", KEY_FORCE, NULL, 0, "Take it in spite of what snapctl check finds; that is "
	  "recorded in the snapshot, and shown for ever", 2 },
	{ "tries", KEY_TRIES, "N", 0, "Give it up after so many restores that nobody has confirmed "
	  "(see snapctl confirm), 1 to 100, default: 3; 0: never", 2 },
	{ "dry-run", 'n', NULL, 0, "Do everything up to the thaw, write nothing", 2 },
	{ NULL, 0, NULL, 0, "In two passes, so that only what is needed is restored at power-on:", 3 },
	{ "two-pass", KEY_TWO_PASS, NULL, 0, "Page everything out, let the applications run, then "
	  "take the snapshot; the rest stays on flash until it is needed", 3 },
	{ "settle", KEY_SETTLE, "TIME", 0, "How long the applications run, such as 0, 90s, 2m; "
	  "default: 60s, or what " TAKE_SETTLE_ENV " says. snapctl ready ends it", 3 },
	{ "warm", KEY_WARM, "COMMAND", 0, "Use the applications with this, and go on when it ends",
	  3 },
	{ "warm-timeout", KEY_WARM_TIME, "TIME", 0, "When it must have ended, default: 10m", 3 },
	{ "hot", KEY_HOT, NULL, 0, "Fetch the measured hot set back (see snapctl ready)", 3 },
	{ "no-paging", KEY_NO_PAGING, NULL, 0, "Have all of it restored at power-on", 3 },
	{ "migrate-swap", KEY_MIGRATE, NULL, 0, "Move swap that is on a disk, and turn that off",
	  3 },
	{ "keep-swap", KEY_KEEP_SWAP, NULL, 0, "Leave the swap device on when the take fails", 3 },
	{ 0 }
};

static int parse_slot(const char *text, u32 *slot)
{
	static const u32 slots[] = {
		SNAPCAP_SLOT_AUTO, SNAPCAP_SLOT_0, SNAPCAP_SLOT_1, SNAPCAP_SLOT_FREE,
		SNAPCAP_SLOT_WHOLE
	};

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		if (!strcmp(text, facts_slot(slots[i]))) {
			*slot = slots[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_label(const char *text, char *label)
{
	if (strlen(text) >= SNAPCAP_LABEL_SIZE ||
	    strcmp(units_clean(text, SNAPCAP_LABEL_SIZE).s, text))
		return -EINVAL;
	strcpy(label, text);
	return 0;
}

static int parse_range(const char *text, u64 low, u64 high, u32 *value)
{
	u64 number;

	if (options_number(text, &number) || number < low || number > high)
		return -EINVAL;
	*value = (u32)number;
	return 0;
}

/* 0, or the option that is not for this take. */
static const char *needs_two_pass(const struct take_options *take)
{
	if (take->two_pass)
		return NULL;
	if (take->settle_s != NOT_GIVEN)
		return "--settle";
	if (take->warm || take->warm_timeout_s != NOT_GIVEN)
		return "--warm";
	if (take->hot)
		return "--hot";
	if (take->no_paging)
		return "--no-paging";
	if (take->migrate_swap)
		return "--migrate-swap";
	return take->keep_swap ? "--keep-swap" : NULL;
}

static error_t check_two_pass(struct take_options *take, struct argp_state *state)
{
	const char *option = needs_two_pass(take), *text = getenv(TAKE_SETTLE_ENV);

	if (option) {
		argp_error(state, "%s is for --two-pass", option);
		return EINVAL;
	}
	if (!take->warm && take->warm_timeout_s != NOT_GIVEN) {
		argp_error(state, "--warm-timeout is for --warm");
		return EINVAL;
	}
	if (take->two_pass && !take->no_paging)
		take->flags |= SNAPCAP_TAKE_PAGING;
	if (take->warm_timeout_s == NOT_GIVEN)
		take->warm_timeout_s = TAKE_WARM_TIMEOUT_S;
	if (take->settle_s != NOT_GIVEN)
		return 0;
	/* The hot set is there at once. */
	take->settle_s = take->hot ? 0 : TAKE_SETTLE_S;
	if (!take->two_pass || take->hot || !text || !options_seconds(text, &take->settle_s))
		return 0;
	argp_error(state, TAKE_SETTLE_ENV " in the environment is not a time: %s", text);
	return EINVAL;
}

static error_t check_take(struct take_options *take, struct argp_state *state)
{
	if (take->level && take->codec != SNAPCAP_CODEC_LZ4) {
		argp_error(state, "--level is for --codec lz4");
		return EINVAL;
	}
	return check_two_pass(take, state);
}

static error_t parse_two_pass(int key, char *arg, struct argp_state *state)
{
	struct take_options *take = state->input;

	switch (key) {
	case KEY_TWO_PASS:
		take->two_pass = true;
		return 0;
	case KEY_SETTLE:
		if (!options_seconds(arg, &take->settle_s))
			return 0;
		argp_error(state, "not a time (such as 0, 90, 90s, 2m): %s", arg);
		return EINVAL;
	case KEY_WARM:
		take->warm = arg;
		return 0;
	case KEY_WARM_TIME:
		if (!options_seconds(arg, &take->warm_timeout_s) && take->warm_timeout_s)
			return 0;
		argp_error(state, "not a time (such as 90, 90s, 2m): %s", arg);
		return EINVAL;
	case KEY_HOT:
		take->hot = true;
		return 0;
	case KEY_NO_PAGING:
		take->no_paging = true;
		return 0;
	case KEY_MIGRATE:
		take->migrate_swap = true;
		return 0;
	case KEY_KEEP_SWAP:
		take->keep_swap = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_take(int key, char *arg, struct argp_state *state)
{
	struct take_options *take = state->input;

	switch (key) {
	case KEY_MTD:
		take->mtd = arg;
		return 0;
	case KEY_SLOT:
		if (!parse_slot(arg, &take->slot))
			return 0;
		argp_error(state, "not a slot (auto, 0, 1, whole): %s", arg);
		return EINVAL;
	case KEY_OFFSET:
		if (!options_size(arg, &take->offset))
			return 0;
		argp_error(state, "not an offset: %s", arg);
		return EINVAL;
	case KEY_LENGTH:
		if (!options_size(arg, &take->length) && take->length)
			return 0;
		argp_error(state, "not a length: %s", arg);
		return EINVAL;
	case KEY_CODEC:
		if (!strcmp(arg, "lz4"))
			take->codec = SNAPCAP_CODEC_LZ4;
		else if (!strcmp(arg, "raw"))
			take->codec = SNAPCAP_CODEC_RAW;
		else {
			argp_error(state, "not a codec (lz4, raw): %s", arg);
			return EINVAL;
		}
		return 0;
	case KEY_LEVEL:
		if (!parse_range(arg, 1, 64, &take->level))
			return 0;
		argp_error(state, "not a level (1 to 64): %s", arg);
		return EINVAL;
	case KEY_CHUNK:
		/* Whether it is a number of pages is known when the page size is. */
		if (!parse_range(arg, 4, SNAPCAP_CHUNK_PAGES_LIMIT * 64, &take->chunk_kib))
			return 0;
		argp_error(state, "not a chunk size in KiB: %s", arg);
		return EINVAL;
	case KEY_TRIES:
		if (!parse_range(arg, 0, SNAPCAP_TRIES_MAX, &take->tries))
			return 0;
		argp_error(state, "not a number of tries (0 to %d): %s", SNAPCAP_TRIES_MAX, arg);
		return EINVAL;
	case KEY_LABEL:
		if (!parse_label(arg, take->label))
			return 0;
		argp_error(state, "not a label (at most 31 bytes, no control characters): %s", arg);
		return EINVAL;
	case KEY_KEEP:
		take->flags |= SNAPCAP_TAKE_KEEP_PREVIOUS;
		return 0;
	case KEY_FORCE:
		take->force = true;
		return 0;
	case 'n':
		take->flags |= SNAPCAP_TAKE_DRY_RUN;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument expected: %s", arg);
		return EINVAL;
	case ARGP_KEY_END:
		return check_take(take, state);
	default:
		return parse_two_pass(key, arg, state);
	}
}

static void set_defaults(struct take_options *take)
{
	*take = (struct take_options){
		.mtd = SNAPCTL_DEFAULT_TARGET,
		.slot = SNAPCAP_SLOT_AUTO,
		.codec = SNAPCAP_CODEC_LZ4,
		.tries = SNAPCAP_TRIES_DEFAULT,
		.settle_s = NOT_GIVEN,
		.warm_timeout_s = NOT_GIVEN,
	};
}

int take_parse(int argc, char **argv, struct take_options *take)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = take_options,
		.parser = parse_take,
		.doc = "Take a snapshot of the running system."
		       "\vExit code 0: the snapshot is written and this system goes on. Exit code "
		       "10: this is the restored system; every power-on gets here.\n\n"
		       "Examples:\n"
		       "  snapctl take\n"
		       "  snapctl take --keep-previous --label 'factory 2.1'\n"
		       "  snapctl take --dry-run --json\n"
		       "  snapctl take --two-pass --warm 'curl -s localhost/menu'\n"
		       "  snapctl take; [ $? -eq 10 ] && systemctl start after-restore.target",
		.children = children,
	};

	set_defaults(take);
	return options_parse(&argp, argc, argv, take);
}

int take_parse_once(int argc, char **argv, struct take_options *take)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	/* Those before the third group, which are of two passes. */
	static struct argp_option one_pass[sizeof(take_options) / sizeof(take_options[0])];
	size_t n = 0;
	static const struct argp argp = {
		.options = one_pass,
		.parser = parse_take,
		.doc = "Take a snapshot that is restored once, with filesystems left mounted for "
		       "writing, and power off. The next power-on restores it or boots cold; after "
		       "that it is used up."
		       "\vExit code 10: this is the restored system. Any other: the machine was not "
		       "powered off, there is no such snapshot, and this system goes on.\n\n"
		       "Examples:\n"
		       "  snapctl hibernate",
		.children = children,
	};

	for (size_t i = 0; take_options[i].group < 3 &&
	     i < sizeof(take_options) / sizeof(take_options[0]) - 1; i++)
		if (take_options[i].key != KEY_TRIES)
			one_pass[n++] = take_options[i];
	set_defaults(take);
	/* There is no second time. */
	take->tries = 0;
	return options_parse(&argp, argc, argv, take);
}
