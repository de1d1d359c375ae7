// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapctl drop: make snapshots unusable, so that the next power-on boots cold.
 *
 * Dropping is one write of eight zero bytes into the commit mark, which NOR flash
 * does without an erase, or of a page behind it on NAND: whenever the power fails, the
 * snapshot is either valid or dropped. Of several the one that would be restored goes
 * last, so that a power cut in between never brings another one back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "store.h"
#include "units.h"

#define KEY_IF_ANY	0x300

/**
 * struct drop_options - arguments
 * @medium: where
 * @all: every valid snapshot
 * @if_any: that there is no such medium is no failure, where no snapshot can be
 * @have_sequence: @sequence was given
 * @sequence: the one with this number
 * @label: the newest with this label, or NULL
 */
struct drop_options {
	struct medium_options medium;
	bool all;
	bool if_any;
	bool have_sequence;
	u64 sequence;
	const char *label;
};

static int by_rank(const void *a, const void *b)
{
	const struct snapimg_slot *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* The slots that the options mean: @victims is an array of slots->count entries. */
static size_t choose(const struct drop_options *drop, const struct slots *slots,
		     struct snapimg_slot *victims)
{
	const struct snapimg_slot *wanted = drop->label ? slots_find(slots, drop->label, 0) :
					    slots->newest < 0 ? NULL : &slots->slot[slots->newest];
	size_t count = 0;

	for (size_t i = 0; i < slots->count; i++) {
		const struct snapimg_slot *slot = &slots->slot[i];

		if (slot->status)
			continue;
		if (drop->all || (drop->have_sequence ? slot->img.sequence == drop->sequence :
				  slot == wanted))
			victims[count++] = *slot;
	}
	qsort(victims, count, sizeof(*victims), by_rank);
	return count;
}

static int revoke_slot(struct flash *flash, const struct snapimg_slot *slot)
{
	const struct snapstore_flash store = store_flash(flash);
	struct snapimg_slot after;
	int ret = snapstore_revoke(&store, slot->offset, &after);

	/* What counts is what the flash says now, whatever the driver said. */
	if (!ret || after.status == -SNAPCAP_REASON_REVOKED)
		return SNAPCTL_OK;
	msg_error("snapshot %" PRIu64 " at offset 0x%" PRIx64 " could not be dropped, it is %s%s",
		  slot->img.sequence, flash_physical(flash, slot->offset),
		  after.status ? "damaged" : "still valid",
		  ret == -SNAPSTORE_E_WRITE ? "" : ": the flash ignored the write");
	msg_advice("see the kernel log; the flash may be write-protected (flash_unlock)");
	return SNAPCTL_IO;
}

static bool found_revoked(const struct slots *slots, u64 sequence)
{
	for (size_t i = 0; i < slots->count; i++)
		if (slots->slot[i].status == -SNAPCAP_REASON_REVOKED &&
		    slots->slot[i].img.sequence == sequence)
			return true;
	return false;
}

static int check_flash(const struct flash *flash)
{
	const struct flash_facts *f = flash_facts(flash);

	if (!f->nand && f->write_size > sizeof(__le64)) {
		msg_error("%s is written in units of %u bytes: a commit mark of 8 bytes cannot be "
			  "changed in place", f->name, f->write_size);
		msg_advice("erase the partition to be rid of its snapshots (flash_erase)");
		return SNAPCTL_UNSUPPORTED;
	}
	return medium_check_idle(flash);
}

/**
 * struct drop_result - what was done
 * @dropped: slots
 * @count: of them
 * @next: what the boot loader would restore now
 * @have_next: anything at all?
 */
struct drop_result {
	struct snapimg_slot *dropped;
	size_t count;
	struct snapimg_slot next;
	bool have_next;
};

static int print_json(const struct flash *flash, const struct drop_result *result, int ret)
{
	struct json_object *o = facts_command("drop"), *list = json_new_list(), *next = NULL;

	json_put(o, "target", flash ? medium_json(flash) : NULL);
	json_u64(o, "exit_code", (u64)ret);
	for (size_t i = 0; i < result->count; i++) {
		struct json_object *entry = json_new();

		json_u64(entry, "sequence", result->dropped[i].img.sequence);
		json_u64(entry, "offset", flash_physical(flash, result->dropped[i].offset));
		json_append(list, entry);
	}
	json_put(o, "dropped", list);
	if (result->have_next) {
		next = json_new();
		json_u64(next, "sequence", result->next.img.sequence);
		json_u64(next, "offset", flash_physical(flash, result->next.offset));
	}
	json_put(o, "next", next);
	return json_print(o);
}

static void print_text(const struct flash *flash, const struct drop_result *result)
{
	if (options.quiet)
		return;
	for (size_t i = 0; i < result->count; i++)
		printf("dropped snapshot %" PRIu64 " at offset 0x%" PRIx64 "\n",
		       result->dropped[i].img.sequence,
		       flash_physical(flash, result->dropped[i].offset));
	if (result->count && flash_facts(flash)->mtd >= 0 && device_flash_pages())
		msg_info("the running system still reads pages from flash: run snapctl fill before "
			 "anything is erased there");
	if (!result->count)
		printf("nothing to drop on %s\n", flash_facts(flash)->name);
	if (result->have_next)
		printf("the next power-on restores snapshot %" PRIu64 "\n",
		       result->next.img.sequence);
	else
		printf("the next power-on boots cold\n");
}

static int note_dropped(struct drop_result *result, const struct snapimg_slot *slot)
{
	void *more = realloc(result->dropped, (result->count + 1) * sizeof(*slot));

	if (!more)
		return -ENOMEM;
	result->dropped = more;
	result->dropped[result->count++] = *slot;
	return 0;
}

/* Drop what the options mean of @slots, and count it in @result. */
static int drop_slots(struct flash *flash, const struct drop_options *drop,
		      const struct slots *slots, struct drop_result *result)
{
	struct snapimg_slot *victims = calloc(slots->count + 1, sizeof(*victims));
	size_t count;
	int ret = SNAPCTL_OK;

	if (!victims) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	count = choose(drop, slots, victims);
	if (!count && drop->have_sequence && !found_revoked(slots, drop->sequence)) {
		msg_error("%s holds no snapshot %" PRIu64, flash_facts(flash)->name,
			  drop->sequence);
		msg_advice("snapctl list shows what it holds");
		ret = SNAPCTL_FAILURE;
	}
	if (!count && drop->label) {
		msg_error("%s holds no valid snapshot with the label %s", flash_facts(flash)->name,
			  units_clean(drop->label, strlen(drop->label)).s);
		msg_advice("snapctl list shows what it holds");
		ret = SNAPCTL_FAILURE;
	}
	for (size_t i = 0; i < count && !ret; i++) {
		ret = revoke_slot(flash, &victims[i]);
		if (!ret && note_dropped(result, &victims[i])) {
			msg_error("out of memory");
			ret = SNAPCTL_NO_SPACE;
		}
	}
	free(victims);
	return ret;
}

static int drop_round(struct flash *flash, const struct drop_options *drop,
		      struct drop_result *result)
{
	struct snapimg_reader r = flash_reader(flash);
	struct slots slots;
	int ret;

	if (slots_scan(flash, &slots)) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	ret = drop_slots(flash, drop, &slots, result);
	slots_free(&slots);
	result->have_next = !snapimg_slot_newest(&r, flash_facts(flash)->step, ~0ULL,
						 &result->next);
	return ret;
}

/*
 * What was cut off by a power cut, in a take or in a drop, may be valid the next time
 * that it is read.
 */
static int settle(struct flash *flash)
{
	const struct snapstore_flash store = store_flash(flash);
	struct snapimg_slot found;

	if (!snapstore_settle(&store, &found))
		return SNAPCTL_OK;
	msg_error("%s holds what is left of a snapshot, and that could not be dropped",
		  flash_facts(flash)->name);
	msg_advice("see the kernel log; the flash may be write-protected (flash_unlock)");
	return SNAPCTL_IO;
}

static int drop_snapshots(struct flash *flash, const struct drop_options *drop)
{
	struct drop_result result = { .count = 0 };
	size_t before;
	int ret = check_flash(flash);

	if (ret)
		return ret;
	/*
	 * The inside of a dropped image is searched again: an older one may be left
	 * there, which was not seen before. All means all.
	 */
	do {
		before = result.count;
		ret = drop_round(flash, drop, &result);
	} while (!ret && drop->all && result.have_next && result.count > before);
	if (!ret && drop->all)
		ret = settle(flash);
	if (!options.json)
		print_text(flash, &result);
	else if (print_json(flash, &result, ret) && !ret)
		ret = SNAPCTL_IO;
	free(result.dropped);
	return ret;
}

static error_t parse_drop(int key, char *arg, struct argp_state *state)
{
	struct drop_options *drop = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &drop->medium;
		return 0;
	case 'a':
		drop->all = true;
		return 0;
	case 's':
		drop->have_sequence = true;
		return options_sequence(arg, &drop->sequence, state);
	case 'l':
		drop->label = arg;
		return 0;
	case KEY_IF_ANY:
		drop->if_any = true;
		return 0;
	case ARGP_KEY_END:
		if (drop->all + drop->have_sequence + !!drop->label <= 1)
			return 0;
		argp_error(state, "--all, --sequence and --label exclude each other");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * Open the medium of an update hook, which runs on every system: *@flash is NULL when
 * there is none. On one that can restore snapshots, a medium that is not seen may hold one.
 */
static int open_if_any(const struct medium_options *m, struct flash **flash)
{
	char why[FLASH_WHY_SIZE];
	struct drop_result none = { .count = 0 };
	int ret = flash_open(m, true, flash, why);

	if (!ret)
		return SNAPCTL_OK;
	*flash = NULL;
	/* Which fails again, and says why. */
	if (ret != -ENOENT)
		return medium_open(m, true, flash);
	if (device_has_loader()) {
		msg_error("%s, but this system was started by the boot loader of snapcap: a "
			  "snapshot may be there and cannot be dropped", why);
		msg_advice("load the driver of its flash, or name the right target");
		return SNAPCTL_FAILURE;
	}
	if (options.json)
		return print_json(NULL, &none, SNAPCTL_OK);
	if (!options.quiet)
		printf("nothing to drop: %s\n", why);
	return SNAPCTL_OK;
}

int cmd_drop(int argc, char **argv)
{
	static const struct argp_option own[] = {
		{ NULL, 0, NULL, 0, "Which snapshot (default: the one that would be restored):", 2 },
		{ "all", 'a', NULL, 0, "All valid snapshots", 2 },
		{ "sequence", 's', "N", 0, "The one with this sequence number", 2 },
		{ "label", 'l', "TEXT", 0, "The newest valid one with this label", 2 },
		{ "if-any", KEY_IF_ANY, NULL, 0,
		  "No failure where there is no TARGET, on a system without snapshots", 2 },
		{ 0 }
	};
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.options = own,
		.parser = parse_drop,
		.doc = "Drop a snapshot: one small write, nothing is erased, a power cut leaves it "
		       "valid or dropped. To do before an update of the system."
		       "\v" MEDIUM_DOC " That there is nothing to drop is no failure.\n\n"
		       "Examples:\n"
		       "  snapctl drop --all\n"
		       "  snapctl drop --all --if-any\n"
		       "  snapctl drop --sequence 3\n"
		       "  snapctl drop --label demo",
		.children = children,
	};
	struct drop_options drop = { .all = false };
	struct flash *flash;
	int ret = options_parse(&argp, argc, argv, &drop);

	if (ret)
		return ret;
	ret = drop.if_any ? open_if_any(&drop.medium, &flash) :
	      medium_open(&drop.medium, true, &flash);
	if (ret || !flash)
		return ret;
	ret = drop_snapshots(flash, &drop);
	flash_close(flash);
	return ret;
}
