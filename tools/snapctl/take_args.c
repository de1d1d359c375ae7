// SPDX-License-Identifier: GPL-2.0-only
/* The arguments of take: checked here as far as that goes without the machine. */
#include <errno.h>
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

static const struct argp_option take_options[] = {
	{ NULL, 0, NULL, 0, "Where to:", 1 },
	{ "mtd", KEY_MTD, "NAME|N", 0, "MTD device, default: the one named "
	  SNAPCTL_DEFAULT_TARGET, 1 },
	{ "slot", KEY_SLOT, "SLOT", 0, "auto, 0, 1 or whole. auto (default): the half of the "
	  "target that does not hold the newest snapshot, or all of it when a half is too small",
	  1 },
	{ "offset", KEY_OFFSET, "BYTES", 0, "Start of the target in the device", 1 },
	{ "length", KEY_LENGTH, "BYTES", 0, "Size of the target, default: to the end", 1 },
	{ "keep-previous", KEY_KEEP, NULL, 0, "Fail rather than lose the valid snapshot", 1 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "codec", KEY_CODEC, "CODEC", 0, "lz4 (default) or raw", 2 },
	{ "level", KEY_LEVEL, "N", 0, "LZ4 acceleration, 1 (smallest) to 64 (fastest)", 2 },
	{ "chunk", KEY_CHUNK, "KIB", 0, "Pages that are compressed together, in KiB", 2 },
	{ "label", KEY_LABEL, "TEXT", 0, "Free text, at most 31 bytes", 2 },
	{ "dry-run", 'n', NULL, 0, "Do everything up to the thaw, write nothing", 2 },
	{ 0 }
};

static int parse_slot(const char *text, u32 *slot)
{
	static const u32 slots[] = {
		SNAPCAP_SLOT_AUTO, SNAPCAP_SLOT_0, SNAPCAP_SLOT_1, SNAPCAP_SLOT_WHOLE
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
	case KEY_LABEL:
		if (!parse_label(arg, take->label))
			return 0;
		argp_error(state, "not a label (at most 31 bytes, no control characters): %s", arg);
		return EINVAL;
	case KEY_KEEP:
		take->flags |= SNAPCAP_TAKE_KEEP_PREVIOUS;
		return 0;
	case 'n':
		take->flags |= SNAPCAP_TAKE_DRY_RUN;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument expected: %s", arg);
		return EINVAL;
	case ARGP_KEY_END:
		if (!take->level || take->codec == SNAPCAP_CODEC_LZ4)
			return 0;
		argp_error(state, "--level is for --codec lz4");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
		       "  snapctl take; [ $? -eq 10 ] && systemctl start after-restore.target",
		.children = children,
	};

	*take = (struct take_options){
		.mtd = SNAPCTL_DEFAULT_TARGET,
		.slot = SNAPCAP_SLOT_AUTO,
		.codec = SNAPCAP_CODEC_LZ4,
	};
	return options_parse(&argp, argc, argv, take);
}
