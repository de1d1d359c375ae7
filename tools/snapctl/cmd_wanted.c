// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl wanted: should a snapshot be taken now? For the unit that takes one at the
 * end of a boot, and for scripts.
 *
 * It says no only for a reason that it knows. What may stop a take (no module, no
 * partition, flash that cannot be read) is the take's to tell, with its own message
 * and a unit that has failed: a device that never has a snapshot must not look well.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "facts.h"
#include "kdev.h"
#include "medium.h"
#include "msg.h"
#include "sysfile.h"

/**
 * struct wanted - the answer
 * @wanted: take one
 * @name: short name of the reason
 * @text: the reason, for a person
 */
struct wanted {
	bool wanted;
	const char *name;
	char text[200];
};

#define ANSWER(w, yes, why, ...) do { \
	(w)->wanted = (yes); \
	(w)->name = (why); \
	snprintf((w)->text, sizeof((w)->text), __VA_ARGS__); \
} while (0)

/* Was the valid snapshot of that rank, the highest, refused by the loader at this start? */
static bool refused(const struct snapcap_boot_info *boot, u64 rank)
{
	if (boot->boot != SNAPCAP_BOOT_COLD || !boot->reason || !boot->sequence)
		return false;
	/* Below that are reasons for which it would not count as valid now either. */
	if (boot->reason < SNAPCAP_REASON_SECTION_CRC)
		return false;
	/* The last refusal is told; an older snapshot is tried after the newest was refused. */
	return boot->sequence <= rank;
}

/* The newest snapshot of the medium: 0, or a negated reason when there is none. */
static int find_newest(const struct medium_options *m, struct snapimg_slot *slot)
{
	char why[FLASH_WHY_SIZE];
	struct snapimg_reader r;
	struct flash *flash;
	int ret;

	if (flash_open(m, false, &flash, why)) {
		msg_verbose("%s", why);
		return -SNAPCAP_REASON_READ;
	}
	r = flash_reader(flash);
	ret = snapimg_slot_newest(&r, flash_facts(flash)->step, ~0ULL, slot);
	flash_close(flash);
	return ret;
}

static void decide_by_flash(const struct medium_options *m, const struct snapcap_status *status,
			    const struct snapcap_boot_info *boot, struct wanted *w)
{
	struct snapimg_slot slot;
	int ret = find_newest(m, &slot);

	if (ret == -SNAPCAP_REASON_READ)
		ANSWER(w, true, "unknown", "what the snapshot partition holds cannot be seen");
	else if (ret)
		ANSWER(w, true, "none", "there is no valid snapshot: %s", snapimg_reason_text(ret));
	else if (status->state == SNAPCAP_STATE_TAKEN && status->sequence == slot.img.sequence)
		ANSWER(w, false, "taken", "snapshot %" PRIu64 " was taken in this life",
		       slot.img.sequence);
	else if (refused(boot, slot.rank))
		ANSWER(w, true, "refused", "the boot loader refused snapshot %" PRIu64 ": %s",
		       (u64)boot->sequence, snapimg_reason_text((int)boot->reason));
	else
		ANSWER(w, false, "valid", "snapshot %" PRIu64 " is valid", slot.img.sequence);
}

static void decide(const struct medium_options *m, struct wanted *w)
{
	struct snapcap_boot_info boot = { .boot = 0 };
	struct snapcap_status status = { .state = SNAPCAP_STATE_NONE };
	const char *off = conf_off();
	int fd;

	if (off) {
		ANSWER(w, false, "off", "it is turned off by %s", off);
		return;
	}
	if (kdev_open(&fd)) {
		ANSWER(w, true, "unknown", "the kernel module does not tell how this system came up");
		return;
	}
	if (kdev_status(fd, &status) || kdev_boot_info(fd, &boot))
		msg_verbose("the module does not tell how this system came up");
	close(fd);
	if (status.state == SNAPCAP_STATE_BOOT || boot.boot == SNAPCAP_BOOT_RESTORE)
		ANSWER(w, false, "restored", "this system came out of a snapshot");
	else if (facts_take_runs(&status))
		ANSWER(w, false, "running", "a snapshot is being taken");
	else
		decide_by_flash(m, &status, &boot, w);
}

static int print_json(const struct wanted *w, int exit_code)
{
	struct json_object *o = facts_command("wanted");

	json_u64(o, "exit_code", (u64)exit_code);
	json_flag(o, "wanted", w->wanted);
	json_text(o, "reason", w->name);
	json_text(o, "text", w->text);
	return json_print(o);
}

static error_t parse_wanted(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

int cmd_wanted(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.parser = parse_wanted,
		.doc = "Tell by the exit code whether a snapshot should be taken now: 0 yes, 12 no. No, "
		       "in a restored system, when a valid snapshot is there that the boot loader has "
		       "not refused at this start, and when it is turned off (snapcap=off on the "
		       "kernel command line, or the file /etc/snapcap/off)."
		       "\v" MEDIUM_DOC " What may stop a take, such as a missing module, is no reason "
		       "against it here: the take tells.\n\n"
		       "Examples:\n"
		       "  snapctl wanted && snapctl take",
		.children = children,
	};
	struct medium_options m = { 0 };
	struct wanted w;
	int ret = options_parse(&argp, argc, argv, &m);

	if (ret)
		return ret;
	decide(&m, &w);
	ret = w.wanted ? SNAPCTL_OK : SNAPCTL_UNWANTED;
	if (options.json && print_json(&w, ret))
		return SNAPCTL_IO;
	if (!options.json && !options.quiet)
		printf("%s: %s\n", w.wanted ? "wanted" : "not wanted", w.text);
	return ret;
}
