// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TARGET argument of the commands that look at a medium: its options, opening
 * it with a message when that fails, and its description.
 */
#include <errno.h>
#include <inttypes.h>

#include "device.h"
#include "medium.h"
#include "msg.h"

#define KEY_OFFSET	0x101
#define KEY_SIZE	0x102
#define KEY_STEP	0x103
#define KEY_AT		0x104

static const struct argp_option medium_argp_options[] = {
	{ NULL, 0, NULL, 0, "Where to look:", 1 },
	{ "offset", KEY_OFFSET, "BYTES", 0, "Start of the area in TARGET (K, M, G allowed)", 1 },
	{ "size", KEY_SIZE, "BYTES", 0, "Size of the area, default: to the end", 1 },
	{ "erase-size", KEY_STEP, "BYTES", 0,
	  "Distance of the places where a snapshot may start, default: the erase block size of "
	  "an MTD device, 256K for a file", 1 },
	{ 0 }
};

static error_t parse_medium(int key, char *arg, struct argp_state *state)
{
	struct medium_options *m = state->input;

	switch (key) {
	case KEY_OFFSET:
		if (options_size(arg, &m->offset)) {
			argp_error(state, "not an offset: %s", arg);
			return EINVAL;
		}
		return 0;
	case KEY_SIZE:
		if (options_size(arg, &m->size) || !m->size) {
			argp_error(state, "not a size: %s", arg);
			return EINVAL;
		}
		return 0;
	case KEY_STEP:
		if (options_size(arg, &m->step) || m->step < 4096 || m->step % 4096) {
			argp_error(state, "not an erase block size (a multiple of 4K): %s", arg);
			return EINVAL;
		}
		return 0;
	case ARGP_KEY_ARG:
		if (m->target) {
			argp_error(state, "more than one TARGET: %s", arg);
			return EINVAL;
		}
		m->target = arg;
		return 0;
	case ARGP_KEY_END:
		if (!m->target)
			m->target = "mtd:" SNAPCTL_DEFAULT_TARGET;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp medium_argp = {
	medium_argp_options, parse_medium, "[TARGET]", NULL, NULL, NULL, NULL
};

static const struct argp_option select_argp_options[] = {
	{ NULL, 0, NULL, 0, "Which snapshot (default: the newest):", 2 },
	{ "sequence", 's', "N", 0, "The one with this sequence number", 2 },
	{ "at", KEY_AT, "OFFSET", 0, "The one at this offset, whatever its state", 2 },
	{ 0 }
};

static error_t parse_select(int key, char *arg, struct argp_state *state)
{
	struct select_options *s = state->input;

	switch (key) {
	case 's':
		s->have_sequence = true;
		return options_sequence(arg, &s->sequence, state);
	case KEY_AT:
		if (options_size(arg, &s->at)) {
			argp_error(state, "not an offset: %s", arg);
			return EINVAL;
		}
		s->have_at = true;
		return 0;
	case ARGP_KEY_END:
		if (s->have_at && s->have_sequence) {
			argp_error(state, "--sequence and --at exclude each other");
			return EINVAL;
		}
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp select_argp = {
	select_argp_options, parse_select, NULL, NULL, NULL, NULL, NULL
};

int medium_open(const struct medium_options *m, bool writable, struct flash **flash)
{
	char why[FLASH_WHY_SIZE];
	int ret = flash_open(m, writable, flash, why);

	if (!ret)
		return SNAPCTL_OK;
	msg_error("%s", why);
	switch (-ret) {
	case EINVAL:
		return SNAPCTL_USAGE;
	case EIO:
		return SNAPCTL_IO;
	case EACCES:
	case EPERM:
		msg_advice("run it as root");
		return SNAPCTL_FAILURE;
	case ENOENT:
		msg_advice("name a partition of /proc/mtd, or a file");
		return SNAPCTL_FAILURE;
	default:
		return SNAPCTL_FAILURE;
	}
}

int medium_check_idle(const struct flash *flash)
{
	if (flash_facts(flash)->mtd < 0 || !device_take_runs())
		return SNAPCTL_OK;
	msg_error("a take is running");
	msg_advice("wait for it to end (snapctl status), and try again");
	return SNAPCTL_BUSY;
}

struct json_object *medium_json(const struct flash *flash)
{
	const struct flash_facts *f = flash_facts(flash);
	struct json_object *o = json_new();
	struct flash_health health;

	json_bytes(o, "name", f->name, sizeof(f->name));
	if (f->mtd >= 0)
		json_u64(o, "mtd", (u64)f->mtd);
	else
		json_put(o, "mtd", NULL);
	json_u64(o, "offset", f->base);
	json_u64(o, "size", f->whole);
	json_u64(o, "erase_size", f->step);
	if (flash_health(flash, &health))
		json_u64(o, "bad_blocks", health.bad_blocks);
	else
		json_put(o, "bad_blocks", NULL);
	return o;
}

struct json_object *medium_ecc_json(const struct flash *flash)
{
	struct flash_health health;
	struct json_object *o;

	if (!flash_health(flash, &health))
		return NULL;
	o = json_new();
	json_u64(o, "corrected_bits", health.corrected_bits);
	json_u64(o, "corrected_pages", health.corrected_pages);
	json_u64(o, "uncorrectable_pages", health.unreadable);
	if (health.unreadable)
		json_u64(o, "uncorrectable_offset", health.last_unreadable);
	else
		json_put(o, "uncorrectable_offset", NULL);
	json_u64(o, "copies_used", health.copies);
	return o;
}

void medium_report_ecc(const struct flash *flash)
{
	struct flash_health health;

	if (!flash_health(flash, &health) || !health.corrected_bits)
		return;
	msg_info("%s: %" PRIu64 " bit errors were corrected in %" PRIu64 " pages that were read: "
		 "take again before there are more (scrub)", flash_facts(flash)->name,
		 health.corrected_bits, health.corrected_pages);
}
