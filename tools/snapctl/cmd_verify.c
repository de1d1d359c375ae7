// SPDX-License-Identifier: GPL-2.0-only
/* snapctl verify: would the boot loader accept it, as far as that can be told here? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "advice.h"
#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "osimage.h"
#include "units.h"
#include "verify.h"

/**
 * struct verify_options - arguments
 * @medium: where to look
 * @select: which snapshot
 * @all: every one
 */
struct verify_options {
	struct medium_options medium;
	struct select_options select;
	bool all;
};

static int exit_code(int reason)
{
	switch (-reason) {
	case 0:
		return SNAPCTL_OK;
	case SNAPCAP_REASON_READ:
		return SNAPCTL_IO;
	case SNAPCAP_REASON_NO_SPACE:
		return SNAPCTL_NO_SPACE;
	default:
		return SNAPCTL_INVALID;
	}
}

static const char *place_name(const struct verify_result *result)
{
	switch (-result->reason) {
	case SNAPCAP_REASON_NOT_COMMITTED:
	case SNAPCAP_REASON_COMMIT:
	case SNAPCAP_REASON_REVOKED:
		return "commit mark";
	default:
		return result->section ? section_name(result->section) : "header";
	}
}

static void part_json(struct json_object *o, const struct verify_part *part)
{
	struct json_object *bad = json_new_list();

	json_u64(o, "chunks", part->chunks);
	json_u64(o, "stored_bytes", part->stored_bytes);
	json_u64(o, "restored_bytes", part->restored_bytes);
	for (u32 i = 0; i < part->bad_count; i++) {
		struct json_object *chunk = json_new();

		json_u64(chunk, "index", part->bad[i].index);
		json_u64(chunk, "offset", part->bad[i].offset);
		facts_reason_json(chunk, part->bad[i].reason);
		json_append(bad, chunk);
	}
	json_put(o, "bad_chunks", bad);
}

static struct json_object *result_json(const struct flash *flash, const struct snapimg_slot *slot,
				       const struct verify_result *result)
{
	struct json_object *o = json_new(), *pageable = json_new();

	json_u64(o, "offset", flash_physical(flash, slot->offset));
	json_text(o, "state", slots_state(slot));
	json_flag(o, "ok", !result->reason);
	facts_reason_json(o, result->reason);
	json_text(o, "section", result->reason ? place_name(result) : NULL);
	json_u64(o, "sequence", slots_has_header(slot) ? slot->img.sequence : 0);
	json_u64(o, "lost_tables", result->lost_tables);
	part_json(o, &result->resident);
	part_json(pageable, &result->pageable);
	json_put(o, "pageable", pageable);
	return o;
}

/* A worn block can hold hundreds: the first ones tell where it is. */
#define BAD_SHOWN	16

static void print_bad(const char *name, const struct verify_part *part)
{
	for (u32 i = 0; i < part->bad_count && i < BAD_SHOWN; i++)
		printf("%s %u at offset 0x%" PRIx64 ": %s (%s)\n", name, part->bad[i].index,
		       part->bad[i].offset, snapimg_reason_text(part->bad[i].reason),
		       snapimg_reason_name(part->bad[i].reason));
	if (part->bad_count > BAD_SHOWN)
		printf("%s: %u more are bad; --json lists all\n", name,
		       part->bad_count - BAD_SHOWN);
}

static void print_result(const struct flash *flash, const struct snapimg_slot *slot,
			 const struct verify_result *result)
{
	const struct verify_part *resident = &result->resident, *pageable = &result->pageable;
	const char *color = msg_color(stdout, result->reason ? MSG_BAD : MSG_GOOD);
	u64 offset = flash_physical(flash, slot->offset);

	print_bad("chunk", resident);
	print_bad("pageable chunk", pageable);
	if (options.quiet && !result->reason)
		return;
	if (slots_has_header(slot))
		printf("snapshot %" PRIu64 " at offset 0x%" PRIx64 ": ", slot->img.sequence, offset);
	else
		printf("offset 0x%" PRIx64 ": ", offset);
	printf("%s%s%s", color, result->reason ? slots_state(slot)[0] == 'v' ? "damaged" :
	       slots_state(slot) : "valid", msg_color(stdout, MSG_PLAIN));
	if (resident->chunks)
		printf(", %u chunks, %u bad, %s on flash, %s restored", resident->chunks,
		       resident->bad_count, units_bytes(resident->stored_bytes).s,
		       units_bytes(resident->restored_bytes).s);
	if (pageable->chunks)
		printf(", %u pageable chunks, %u bad, %s on flash, %s when all are read",
		       pageable->chunks, pageable->bad_count,
		       units_bytes(pageable->stored_bytes).s,
		       units_bytes(pageable->restored_bytes).s);
	putchar('\n');
}

static void complain_of_chunks(const struct flash *flash, const struct snapimg_slot *slot,
			       const struct verify_part *part, const char *name)
{
	const struct verify_chunk *first = &part->bad[0];

	msg_error("%s, snapshot %" PRIu64 ": %u of %u %s are bad, the first is %u at offset 0x%"
		  PRIx64 ": %s (%s)", flash_facts(flash)->name, slot->img.sequence,
		  part->bad_count, part->chunks, name, first->index, first->offset,
		  slots_reason_text(first->reason), snapimg_reason_name(first->reason));
}

static void complain(const struct flash *flash, const struct snapimg_slot *slot,
		     const struct verify_result *result)
{
	const char *advice = reason_advice(result->reason);
	struct flash_health health;

	if (result->resident.bad_count)
		complain_of_chunks(flash, slot, &result->resident, "chunks");
	if (result->pageable.bad_count)
		complain_of_chunks(flash, slot, &result->pageable, "pageable chunks");
	if (!result->resident.bad_count && !result->pageable.bad_count)
		msg_error("%s, offset 0x%" PRIx64 ", %s: %s (%s)", flash_facts(flash)->name,
			  flash_physical(flash, slot->offset), place_name(result),
			  slots_reason_text(result->reason), snapimg_reason_name(result->reason));
	if (result->reason == -SNAPCAP_REASON_READ && flash_health(flash, &health) &&
	    health.unreadable)
		msg_info("the page at offset 0x%" PRIx64 " is the last that has more bit errors than can be "
			 "corrected", health.last_unreadable);
	/* Nobody but this program reads the table; the data is another matter. */
	if (result->section == SNAPCAP_SECTION_PAGEABLE_CHUNKS)
		msg_info("the boot loader restores this snapshot all the same, and the restored "
			 "system does not need this table");
	if (result->section == SNAPCAP_SECTION_PAGEABLE_DATA)
		msg_info("the boot loader restores this snapshot all the same; a program that then "
			 "needs a bad page gets SIGBUS");
	if (advice)
		msg_advice("%s", advice);
}

/* Verify one slot; its result is appended to @list, or printed when that is NULL. */
static int verify_one(struct flash *flash, const struct snapimg_slot *slot,
		      struct json_object *list)
{
	struct verify_result result;
	int ret;

	verify_slot(flash, slot, &result);
	if (list)
		json_append(list, result_json(flash, slot, &result));
	else
		print_result(flash, slot, &result);
	if (result.lost_tables)
		msg_info("%s, snapshot %" PRIu64 ": %u of its tables are good at one of their two "
			 "places only: take a new snapshot before there is none",
			 flash_facts(flash)->name, slot->img.sequence, result.lost_tables);
	if (result.reason)
		complain(flash, slot, &result);
	ret = exit_code(result.reason);
	verify_free(&result);
	return ret;
}

/* What was cut off or dropped is not expected to verify. */
static bool is_expected_invalid(const struct snapimg_slot *slot)
{
	return slot->status == -SNAPCAP_REASON_NOT_COMMITTED ||
	       slot->status == -SNAPCAP_REASON_REVOKED;
}

static int verify_all(struct flash *flash, struct json_object *list)
{
	struct slots slots;
	int ret = SNAPCTL_OK;
	bool found = false;

	if (slots_scan(flash, &slots)) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	for (size_t i = 0; i < slots.count; i++) {
		int one;

		if (is_expected_invalid(&slots.slot[i]))
			continue;
		found = true;
		one = verify_one(flash, &slots.slot[i], list);
		/* A read error says less of the image than a bad chunk. */
		if (one && ret != SNAPCTL_INVALID)
			ret = one;
	}
	slots_free(&slots);
	if (!found) {
		msg_error("%s holds no snapshot", flash_facts(flash)->name);
		ret = SNAPCTL_INVALID;
	}
	return ret;
}

static int conclude_os(struct flash *flash, const struct osimage *image, struct json_object *list)
{
	struct json_object *o;

	if (list) {
		o = json_new();
		json_flag(o, "ok", !image->reason);
		osimage_json(o, image);
		json_append(list, o);
	} else if (!image->reason && !options.quiet) {
		printf("OS image version %" PRIu64 " at offset 0x%" PRIx64 ": %svalid%s\n",
		       image->os.version, image->offset, msg_color(stdout, MSG_GOOD),
		       msg_color(stdout, MSG_PLAIN));
	}
	return image->reason ? osimage_complain(flash, image) : SNAPCTL_OK;
}

static int verify_all_os(struct flash *flash, struct json_object *list)
{
	struct osimages images;
	int ret = SNAPCTL_OK;

	if (osimages_scan(flash, &images)) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	for (size_t i = 0; i < images.count; i++) {
		int one = conclude_os(flash, &images.image[i], list);

		if (one && ret != SNAPCTL_INVALID)
			ret = one;
	}
	osimages_free(&images);
	return ret;
}

static int verify_medium(struct flash *flash, const struct verify_options *v,
			 struct json_object *list, const char **kind)
{
	struct snapimg_slot slot;
	struct osimage image;

	*kind = "snapshot";
	if (osimage_select(flash, &v->select, &image)) {
		*kind = "os-image";
		return v->all ? verify_all_os(flash, list) : conclude_os(flash, &image, list);
	}
	if (v->all)
		return verify_all(flash, list);
	slots_select(flash, &v->select, &slot);
	return verify_one(flash, &slot, list);
}

static error_t parse_verify(int key, char *arg, struct argp_state *state)
{
	struct verify_options *v = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &v->medium;
		state->child_inputs[1] = &v->select;
		return 0;
	case 'a':
		v->all = true;
		return 0;
	case ARGP_KEY_END:
		if (!v->all || (!v->select.have_at && !v->select.have_sequence))
			return 0;
		argp_error(state, "--all excludes --sequence and --at");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_verify(int argc, char **argv)
{
	static const struct argp_option own[] = {
		{ "all", 'a', NULL, 0, "All that are not dropped or cut off", 2 }, { 0 }
	};
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &select_argp, 0, NULL, 2 },
		{ &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.options = own,
		.parser = parse_verify,
		.doc = "Verify a snapshot as the boot loader does: header, commit mark, tables, "
		       "checksum and decoding of every chunk; and then every page that the loader "
		       "leaves on flash. Only what depends on the machine is left out. An OS image "
		       "is verified too."
		       "\v" MEDIUM_DOC " Exit code 3: not valid.\n\nExamples:\n"
		       "  snapctl verify\n"
		       "  snapctl verify --all --offset 48M flash-dump.bin",
		.children = children,
	};
	struct verify_options v = { .all = false };
	struct json_object *list = NULL, *o;
	const char *kind;
	struct flash *flash;
	int ret = options_parse(&argp, argc, argv, &v);

	if (ret)
		return ret;
	ret = medium_open(&v.medium, false, &flash);
	if (ret)
		return ret;
	if (options.json)
		list = json_new_list();
	ret = verify_medium(flash, &v, list, &kind);
	if (options.json) {
		o = facts_command("verify");
		json_put(o, "target", medium_json(flash));
		json_text(o, "kind", kind);
		json_flag(o, "ok", !ret);
		json_u64(o, "exit_code", (u64)ret);
		json_put(o, "results", list);
		json_put(o, "ecc", medium_ecc_json(flash));
		if (json_print(o) && !ret)
			ret = SNAPCTL_IO;
	}
	medium_report_ecc(flash);
	flash_close(flash);
	return ret;
}
