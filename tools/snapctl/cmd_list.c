// SPDX-License-Identifier: GPL-2.0-only
/* snapctl list: every place of a medium that holds something like a snapshot or an OS image. */
#include <inttypes.h>
#include <stdio.h>

#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "osimage.h"
#include "trialinfo.h"
#include "units.h"

static struct json_object *images_json(const struct osimages *images)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < images->count; i++) {
		struct json_object *entry = json_new();

		json_flag(entry, "newest", (int)i == images->newest);
		osimage_json(entry, &images->image[i]);
		json_append(list, entry);
	}
	return list;
}

static struct json_object *trial_json(struct flash *flash, const struct snapimg_slot *slot)
{
	struct trialinfo trial;

	if (!slots_has_header(slot))
		return NULL;
	trial = trialinfo_read(flash, slot);
	return trialinfo_json(&trial);
}

/* The one that the loader enters: the first that was not given up. */
static int find_next(struct flash *flash, const struct slots *slots)
{
	int next = -1;

	for (size_t i = 0; i < slots->count; i++) {
		struct trialinfo trial;

		if (slots->slot[i].status ||
		    (next >= 0 && slots->slot[i].rank <= slots->slot[next].rank))
			continue;
		trial = trialinfo_read(flash, &slots->slot[i]);
		if (!trial.given_up)
			next = (int)i;
	}
	return next;
}

static int print_json(struct flash *flash, const struct slots *slots,
		      const struct osimages *images)
{
	struct json_object *o = facts_command("list"), *list = json_new_list();
	int next = find_next(flash, slots);

	json_put(o, "target", medium_json(flash));
	for (size_t i = 0; i < slots->count; i++) {
		const struct snapimg_slot *slot = &slots->slot[i];
		struct json_object *entry = json_new();

		json_u64(entry, "offset", flash_physical(flash, slot->offset));
		json_text(entry, "state", slots_state(slot));
		json_flag(entry, "newest", (int)i == slots->newest);
		json_flag(entry, "next", (int)i == next);
		json_flag(entry, "chosen", slots_is_chosen(slot));
		json_u64(entry, "order", slots_order(slots, i));
		json_u64(entry, "rank", slot->rank);
		facts_reason_json(entry, slot->status);
		json_put(entry, "image",
			 slots_has_header(slot) ? facts_image_json(&slot->img) : NULL);
		json_put(entry, "trial", trial_json(flash, slot));
		json_append(list, entry);
	}
	json_put(o, "snapshots", list);
	json_put(o, "os_images", images_json(images));
	json_put(o, "ecc", medium_ecc_json(flash));
	return json_print(o);
}

/* "next", or which one it is in the order in which the loader falls back. */
static void print_order(const struct slots *slots, size_t i, int next)
{
	size_t order = slots_order(slots, i);

	if ((int)i == next)
		printf("  %5s", "next");
	else if (order)
		printf("  %5zu", order);
	else
		printf("  %5s", "-");
}

static void print_slot(struct flash *flash, const struct slots *slots, size_t i, int next)
{
	const struct snapimg_slot *slot = &slots->slot[i];
	struct trialinfo trial;
	const struct snapimg *img = &slot->img;
	const char *color = msg_color(stdout, !slot->status ? MSG_GOOD :
				      slots_state(slot)[0] == 'd' ? MSG_BAD : MSG_DIM);

	printf("0x%08" PRIx64 "  %s%-11s%s", flash_physical(flash, slot->offset), color,
	       (int)i == slots->newest ? "newest" : slots_state(slot),
	       msg_color(stdout, MSG_PLAIN));
	print_order(slots, i, next);
	if (!slots_has_header(slot)) {
		printf("  %s (%s)\n", snapimg_reason_text(slot->status),
		       snapimg_reason_name(slot->status));
		return;
	}
	printf("  %8" PRIu64 "  %10s  %8" PRIu64 "  %8" PRIu64 "  %-20s  %-20s  %s",
	       img->sequence, units_bytes(img->image_size).s, img->stream_pages,
	       img->pageable_pages, units_time(img->created_s).s,
	       units_clean(img->kernel_release, sizeof(img->kernel_release)).s,
	       units_clean(img->label, sizeof(img->label)).s);
	if (img->feature_compat & SNAPCAP_FEATURE_COMPAT_FORCED)
		printf("  (forced)");
	if (slots_is_chosen(slot))
		printf("  (chosen)");
	if (img->wear)
		printf("  (wear %u)", img->wear);
	trial = trialinfo_read(flash, slot);
	if (!slot->status && trial.limit)
		printf("  (%s)", trialinfo_text(&trial).s);
	if (slot->status == -SNAPCAP_REASON_COMMIT)
		printf("  %s (%s)", snapimg_reason_text(slot->status),
		       snapimg_reason_name(slot->status));
	putchar('\n');
}

static void print_image(const struct osimage *image, bool newest)
{
	printf("0x%08" PRIx64 "  %s%-11s%s", image->offset,
	       msg_color(stdout, image->reason ? MSG_BAD : MSG_GOOD),
	       image->reason ? "damaged" : newest ? "newest" : "valid",
	       msg_color(stdout, MSG_PLAIN));
	if (image->has_header)
		printf("  %8" PRIu64 "  %10s  %s", image->os.version,
		       units_bytes(image->os.image_size).s,
		       units_clean(image->os.kernel_release, SNAPCAP_RELEASE_SIZE).s);
	if (image->reason)
		printf("  %s: %s (%s)", osimage_part_name(image->part),
		       snapimg_reason_text(image->reason), snapimg_reason_name(image->reason));
	putchar('\n');
}

static void print_images(const struct osimages *images)
{
	if (images->count && !options.quiet)
		printf("%-10s  %-11s  %8s  %10s  %s\n", "OFFSET", "OS IMAGE", "VERSION", "SIZE",
		       "KERNEL");
	for (size_t i = 0; i < images->count; i++)
		print_image(&images->image[i], (int)i == images->newest);
}

static void print_text(struct flash *flash, const struct slots *slots,
		       const struct osimages *images)
{
	int next = find_next(flash, slots);

	print_images(images);
	if (!slots->count) {
		if (!images->count)
			msg_info("%s holds no snapshot", flash_facts(flash)->name);
		return;
	}
	if (!options.quiet)
		printf("%-10s  %-11s  %5s  %8s  %10s  %8s  %8s  %-20s  %-20s  %s\n", "OFFSET",
		       "STATE", "ORDER", "SEQUENCE", "SIZE", "RESIDENT", "PAGEABLE", "CREATED", "KERNEL", "LABEL");
	for (size_t i = 0; i < slots->count; i++)
		print_slot(flash, slots, i, next);
}

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

/* What lies inside a committed snapshot is memory of the captured system, whatever it says. */
static void forget_hidden(struct osimages *images, const struct slots *slots)
{
	size_t kept = 0;

	for (size_t i = 0; i < images->count; i++) {
		bool hidden = false;

		for (size_t k = 0; k < slots->count; k++) {
			const struct snapimg_slot *slot = &slots->slot[k];

			hidden |= !slot->status && images->image[i].offset >= slot->offset &&
				  images->image[i].offset - slot->offset < slot->img.image_size;
		}
		if (hidden)
			continue;
		if (images->newest == (int)i)
			images->newest = (int)kept;
		images->image[kept++] = images->image[i];
	}
	if (images->newest >= (int)kept)
		images->newest = -1;
	images->count = kept;
}

static int list_medium(struct flash *flash)
{
	struct osimages images = { .newest = -1 };
	int ret = SNAPCTL_OK;
	struct slots slots;

	if (slots_scan(flash, &slots)) {
		msg_error("out of memory");
		return SNAPCTL_NO_SPACE;
	}
	if (osimages_scan(flash, &images)) {
		msg_error("out of memory");
		ret = SNAPCTL_NO_SPACE;
	}
	forget_hidden(&images, &slots);
	if (!ret && !options.json)
		print_text(flash, &slots, &images);
	else if (!ret && print_json(flash, &slots, &images))
		ret = SNAPCTL_IO;
	medium_report_ecc(flash);
	osimages_free(&images);
	slots_free(&slots);
	return ret;
}

int cmd_list(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.parser = parse_list,
		.doc = "List the snapshots of a medium: newest, valid, uncommitted, revoked, "
		       "damaged; and in which order they are restored: next, or the number in "
		       "the order of falling back. And its OS images: newest, valid, damaged."
		       "\v" MEDIUM_DOC "\n\nExamples:\n"
		       "  snapctl list\n"
		       "  snapctl list os\n"
		       "  snapctl list --offset 48M flash-dump.bin",
		.children = children,
	};
	struct medium_options m = { 0 };
	struct flash *flash;
	int ret = options_parse(&argp, argc, argv, &m);

	if (ret)
		return ret;
	ret = medium_open(&m, false, &flash);
	if (ret)
		return ret;
	ret = list_medium(flash);
	flash_close(flash);
	return ret;
}
