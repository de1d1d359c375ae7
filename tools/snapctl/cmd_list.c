// SPDX-License-Identifier: GPL-2.0-only
/* snapctl list: every place of a medium that holds something like a snapshot. */
#include <inttypes.h>
#include <stdio.h>

#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "units.h"

static int print_json(const struct flash *flash, const struct slots *slots)
{
	struct json_object *o = facts_command("list"), *list = json_new_list();

	json_put(o, "target", medium_json(flash));
	for (size_t i = 0; i < slots->count; i++) {
		const struct snapimg_slot *slot = &slots->slot[i];
		struct json_object *entry = json_new();

		json_u64(entry, "offset", slot->offset);
		json_text(entry, "state", slots_state(slot));
		json_flag(entry, "newest", (int)i == slots->newest);
		facts_reason_json(entry, slot->status);
		json_put(entry, "image",
			 slots_has_header(slot) ? facts_image_json(&slot->img) : NULL);
		json_append(list, entry);
	}
	json_put(o, "snapshots", list);
	return json_print(o);
}

static void print_slot(const struct snapimg_slot *slot, bool newest)
{
	const struct snapimg *img = &slot->img;
	const char *color = msg_color(stdout, !slot->status ? MSG_GOOD :
				      slots_state(slot)[0] == 'd' ? MSG_BAD : MSG_DIM);

	printf("0x%08" PRIx64 "  %s%-11s%s", slot->offset, color,
	       newest ? "newest" : slots_state(slot), msg_color(stdout, MSG_PLAIN));
	if (!slots_has_header(slot)) {
		printf("  %s (%s)\n", snapimg_reason_text(slot->status),
		       snapimg_reason_name(slot->status));
		return;
	}
	printf("  %8" PRIu64 "  %10s  %8" PRIu64 "  %-20s  %-20s  %s", img->sequence,
	       units_bytes(img->image_size).s, img->stream_pages, units_time(img->created_s).s,
	       units_clean(img->kernel_release, sizeof(img->kernel_release)).s,
	       units_clean(img->label, sizeof(img->label)).s);
	if (slot->status == -SNAPCAP_REASON_COMMIT)
		printf("  %s (%s)", snapimg_reason_text(slot->status),
		       snapimg_reason_name(slot->status));
	putchar('\n');
}

static void print_text(const struct flash *flash, const struct slots *slots)
{
	if (!slots->count) {
		msg_info("%s holds no snapshot", flash_facts(flash)->name);
		return;
	}
	if (!options.quiet)
		printf("%-10s  %-11s  %8s  %10s  %8s  %-20s  %-20s  %s\n", "OFFSET", "STATE",
		       "SEQUENCE", "SIZE", "PAGES", "CREATED", "KERNEL", "LABEL");
	for (size_t i = 0; i < slots->count; i++)
		print_slot(&slots->slot[i], (int)i == slots->newest);
}

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

int cmd_list(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.parser = parse_list,
		.doc = "List the snapshots of a medium: newest, valid, uncommitted, revoked, "
		       "damaged."
		       "\v" MEDIUM_DOC "\n\nExamples:\n"
		       "  snapctl list\n"
		       "  snapctl list --offset 48M flash-dump.bin",
		.children = children,
	};
	struct medium_options m = { 0 };
	struct flash *flash;
	struct slots slots;
	int ret = options_parse(&argp, argc, argv, &m);

	if (ret)
		return ret;
	ret = medium_open(&m, false, &flash);
	if (ret)
		return ret;
	if (slots_scan(flash, &slots)) {
		msg_error("out of memory");
		flash_close(flash);
		return SNAPCTL_NO_SPACE;
	}
	if (!options.json)
		print_text(flash, &slots);
	else if (print_json(flash, &slots))
		ret = SNAPCTL_IO;
	slots_free(&slots);
	flash_close(flash);
	return ret;
}
