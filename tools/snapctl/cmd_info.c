// SPDX-License-Identifier: GPL-2.0-only
/* snapctl info: what is in one snapshot, or in an OS image. */
#include <inttypes.h>
#include <stdio.h>

#include "advice.h"
#include "facts.h"
#include "medium.h"
#include "msg.h"
#include "osimage.h"
#include "report.h"
#include "trialinfo.h"
#include "units.h"

/**
 * struct chunk_counts - what a table of chunks adds up to, by SNAPCAP_CODEC_*
 * @chunks: entries
 * @pages: pages of them
 * @stored: bytes of them on flash
 */
struct chunk_counts {
	u64 chunks[SNAPCAP_CODEC_FILL + 1];
	u64 pages[SNAPCAP_CODEC_FILL + 1];
	u64 stored[SNAPCAP_CODEC_FILL + 1];
};

/**
 * struct counts - what the tables add up to
 * @ranges: of memory
 * @memory: bytes of them
 * @extents: by SNAPCAP_EXTENT_*
 * @resident: what the loader reads
 * @pageable: what it does not
 */
struct counts {
	u64 ranges;
	u64 memory;
	u64 extents[SNAPCAP_EXTENT_ZERO + 1];
	struct chunk_counts resident, pageable;
};

static struct snapcap_range get_range(const struct tables *tables, u64 i)
{
	struct snapcap_range range;

	memcpy(&range, (const u8 *)tables->section[SNAPCAP_SECTION_MEMMAP] + i * sizeof(range),
	       sizeof(range));
	return range;
}

static void count_chunks(const void *table, u32 count, struct chunk_counts *c)
{
	for (u32 i = 0; i < count; i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);

		c->chunks[chunk.codec]++;
		c->pages[chunk.codec] += chunk.pages;
		c->stored[chunk.codec] += chunk.stored_size;
	}
}

/* Only for tables that have passed their checks: kinds and codecs are known. */
static void count_tables(const struct snapimg *img, const struct tables *tables, struct counts *c)
{
	*c = (struct counts){ 0 };
	c->ranges = img->section[SNAPCAP_SECTION_MEMMAP].size / sizeof(struct snapcap_range);
	for (u64 i = 0; i < c->ranges; i++)
		c->memory += le64_to_cpu(get_range(tables, i).size);
	for (u32 i = 0; i < snapimg_extent_count(img); i++) {
		struct snapimg_extent e =
			snapimg_extent_get(tables->section[SNAPCAP_SECTION_PAGETABLE], i);

		c->extents[e.kind]++;
	}
	count_chunks(tables->section[SNAPCAP_SECTION_CHUNKS], snapimg_chunk_count(img),
		     &c->resident);
	count_chunks(tables->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS],
		     snapimg_pageable_count(img), &c->pageable);
}

static struct json_object *chunks_json(const struct chunk_counts *c)
{
	struct json_object *o = json_new();

	for (u32 codec = 0; codec <= SNAPCAP_CODEC_FILL; codec++) {
		struct json_object *entry = json_new();

		json_u64(entry, "chunks", c->chunks[codec]);
		json_u64(entry, "pages", c->pages[codec]);
		json_u64(entry, "stored_bytes", c->stored[codec]);
		json_put(o, facts_codec(codec), entry);
	}
	return o;
}

/* Bytes of memory that the image holds, whichever part they are in. */
static u64 image_bytes(const struct snapimg *img)
{
	return (img->stream_pages + img->pageable_pages) << img->page_shift;
}

static struct json_object *counts_json(const struct snapimg *img, const struct tables *tables,
				       const struct counts *c)
{
	struct json_object *o = json_new(), *memmap = json_new_list();
	u64 bytes = image_bytes(img);

	for (u64 i = 0; i < c->ranges; i++) {
		struct snapcap_range range = get_range(tables, i);
		struct json_object *entry = json_new();

		json_u64(entry, "base", le64_to_cpu(range.base));
		json_u64(entry, "size", le64_to_cpu(range.size));
		json_append(memmap, entry);
	}
	json_put(o, "memmap", memmap);
	json_u64(o, "memory_bytes", c->memory);
	json_u64(o, "data_extents", c->extents[SNAPCAP_EXTENT_DATA]);
	json_u64(o, "zero_extents", c->extents[SNAPCAP_EXTENT_ZERO]);
	json_put(o, "chunks", chunks_json(&c->resident));
	json_put(o, "pageable_chunks", chunks_json(&c->pageable));
	json_u64(o, "stream_bytes", img->stream_pages << img->page_shift);
	json_double(o, "ratio_percent",
		    bytes ? 100.0 * (double)img->image_size / (double)bytes : 0);
	return o;
}

static int print_json(struct flash *flash, const struct snapimg_slot *slot,
		      const struct tables *tables, int tables_reason)
{
	struct json_object *o = facts_command("info");
	struct trialinfo trial;
	struct counts c;

	json_put(o, "target", medium_json(flash));
	json_text(o, "kind", "snapshot");
	json_u64(o, "offset", flash_physical(flash, slot->offset));
	json_text(o, "state", slots_state(slot));
	facts_reason_json(o, slot->status ? slot->status : tables_reason);
	json_put(o, "image", slots_has_header(slot) ? facts_image_json(&slot->img) : NULL);
	trial = trialinfo_read(flash, slot);
	json_put(o, "trial", slots_has_header(slot) ? trialinfo_json(&trial) : NULL);
	if (slots_has_header(slot) && !tables_reason) {
		count_tables(&slot->img, tables, &c);
		json_put(o, "tables", counts_json(&slot->img, tables, &c));
	} else {
		json_put(o, "tables", NULL);
	}
	json_put(o, "ecc", medium_ecc_json(flash));
	return json_print(o);
}

static void print_chunks(const char *name, const struct chunk_counts *c)
{
	for (u32 codec = 0; codec <= SNAPCAP_CODEC_FILL; codec++) {
		if (!c->chunks[codec])
			continue;
		report_line(name, "%" PRIu64 " %s: %" PRIu64 " pages in %s", c->chunks[codec],
			    facts_codec(codec), c->pages[codec], units_bytes(c->stored[codec]).s);
		name = "";
	}
}

static void print_counts(const struct snapimg *img, const struct tables *tables)
{
	u64 bytes = image_bytes(img);
	struct counts c;

	count_tables(img, tables, &c);
	for (u64 i = 0; i < c.ranges; i++) {
		struct snapcap_range range = get_range(tables, i);

		report_line(i ? "" : "Memory", "0x%" PRIx64 "+0x%" PRIx64,
			    (u64)le64_to_cpu(range.base), (u64)le64_to_cpu(range.size));
	}
	report_line("Extents", "%" PRIu64 " of data, %" PRIu64 " of zeros",
		    c.extents[SNAPCAP_EXTENT_DATA], c.extents[SNAPCAP_EXTENT_ZERO]);
	print_chunks("Chunks", &c.resident);
	print_chunks("Pageable chunks", &c.pageable);
	report_line("Ratio", "%s of %s", units_percent(img->image_size, bytes).s,
		    units_bytes(bytes).s);
}

static void print_sections(const struct snapimg *img)
{
	for (u32 type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_COPY; type++) {
		const struct snapimg_section *s = &img->section[type];

		/* What an image without a pageable part does not have. */
		if (!s->offset)
			continue;
		report_line(type == SNAPCAP_SECTION_CPU ? "Sections" : "",
			    "%-15s at 0x%08" PRIx64 ", %10" PRIu64 " bytes, CRC 0x%08x",
			    section_name(type), s->offset, s->size, s->crc);
	}
}

static void print_part(const struct snapimg *img, const char *name, u64 pages, u32 data)
{
	report_line(name, "%" PRIu64 " pages, %s, in %s", pages,
		    units_bytes(pages << img->page_shift).s,
		    units_bytes(img->section[data].size).s);
}

static void print_header(const struct snapimg *img)
{
	report_line("Format", "%u.%u, features 0x%" PRIx64 " (may be ignored), 0x%" PRIx64
		    " (must be known)", img->version_major, img->version_minor,
		    img->feature_compat, img->feature_incompat);
	if (img->feature_incompat & SNAPCAP_FEATURE_INCOMPAT_ONCE)
		report_line("Use", "once: with filesystems mounted for writing");
	report_line("Sequence", "%" PRIu64, img->sequence);
	report_line("UUID", "%s", units_uuid(img->uuid).s);
	report_line("Created", "%s", units_time(img->created_s).s);
	report_line("Label", "%s", units_clean(img->label, sizeof(img->label)).s);
	if (img->feature_compat & SNAPCAP_FEATURE_COMPAT_FORCED)
		report_line("Forced", "taken in spite of what a restore may harm (--force)");
	report_line("Size", "%s (%" PRIu64 " bytes)", units_bytes(img->image_size).s,
		    img->image_size);
	report_line("Pages", "%" PRIu64 " stored, %" PRIu64 " of zeros, of %llu bytes",
		    img->stream_pages, img->zero_pages, 1ULL << img->page_shift);
	print_part(img, "Resident", img->stream_pages, SNAPCAP_SECTION_DATA);
	if (img->pageable_pages)
		print_part(img, "Pageable", img->pageable_pages, SNAPCAP_SECTION_PAGEABLE_DATA);
	report_line("Chunk limit", "%u pages", img->chunk_pages_max);
	report_line("Header CRC", "0x%08x", img->header_crc);
	printf("Bound to:\n");
	report_line("  Architecture", "%s", facts_arch(img->arch));
	report_line("  Machine", "%s", units_clean(img->machine, sizeof(img->machine)).s);
	report_line("  Kernel", "%s", units_clean(img->kernel_release,
						  sizeof(img->kernel_release)).s);
	report_line("  Build id", "%s", units_hex(img->build_id, img->build_id_size).s);
	report_line("  OS image", "%s", img->os_identity ? units_identity(img->os_identity).s :
		    "any with this kernel");
	report_line("  Boot loader", "ABI %u, 0x%" PRIx64 "+0x%" PRIx64 ", hand-off page 0x%"
		    PRIx64, img->stub_abi, img->stub_base, img->stub_size, img->handoff_base);
}

static void print_text(struct flash *flash, const struct snapimg_slot *slot,
		       const struct tables *tables, int tables_reason)
{
	struct trialinfo trial;

	report_line("State", "%s%s%s", slots_state(slot), slot->status ? ": " : "",
		    slot->status ? snapimg_reason_text(slot->status) : "");
	report_line("Offset", "0x%" PRIx64, flash_physical(flash, slot->offset));
	if (!slots_has_header(slot))
		return;
	trial = trialinfo_read(flash, slot);
	report_line("Trial", "%s", trialinfo_text(&trial).s);
	print_header(&slot->img);
	print_sections(&slot->img);
	if (!tables_reason)
		print_counts(&slot->img, tables);
}

/* @reason: what is wrong with the snapshot as a whole, 0 for nothing. */
static int conclude(const struct flash *flash, const struct snapimg_slot *slot, int reason,
		    u32 section)
{
	const char *advice = reason_advice(reason);

	if (!reason)
		return SNAPCTL_OK;
	if (reason == slot->status)
		msg_error("%s, offset 0x%" PRIx64 ": %s (%s)", flash_facts(flash)->name,
			  flash_physical(flash, slot->offset), slots_reason_text(reason),
			  snapimg_reason_name(reason));
	else
		msg_error("%s, offset 0x%" PRIx64 ", %s: %s (%s)", flash_facts(flash)->name,
			  flash_physical(flash, slot->offset), section_name(section),
			  slots_reason_text(reason), snapimg_reason_name(reason));
	if (advice)
		msg_advice("%s", advice);
	return reason == -SNAPCAP_REASON_READ ? SNAPCTL_IO :
	       reason == -SNAPCAP_REASON_NO_SPACE ? SNAPCTL_NO_SPACE : SNAPCTL_INVALID;
}

static int show_snapshot(struct flash *flash, const struct select_options *select)
{
	struct tables tables = { 0 };
	struct snapimg_slot slot;
	int reason = 0, ret;
	u32 section = 0;

	slots_select(flash, select, &slot);
	/* A dropped or cut-off snapshot can be looked at; its tables may be incomplete. */
	if (slots_has_header(&slot))
		reason = tables_load(flash, &slot, &tables, &section);
	if (slots_has_header(&slot) && !reason)
		reason = tables_load_pageable(flash, &slot, &tables, &section);
	if (!options.json)
		print_text(flash, &slot, &tables, reason);
	else if (print_json(flash, &slot, &tables, reason))
		msg_error("the result cannot be printed");
	medium_report_ecc(flash);
	ret = conclude(flash, &slot, slot.status ? slot.status : reason, section);
	tables_free(&tables);
	return ret;
}

static int print_os_json(const struct flash *flash, const struct osimage *image)
{
	struct json_object *o = facts_command("info");

	json_put(o, "target", medium_json(flash));
	json_text(o, "kind", "os-image");
	osimage_json(o, image);
	return json_print(o);
}

static void print_os_place(const struct snapimg_os *os)
{
	if (os->load_addr == SNAPCAP_OS_LOAD_ANY)
		report_line("Load address", "any that suits the kernel");
	else
		report_line("Load address", "0x%" PRIx64 " (0x%" PRIx64 ", moved by 0x%" PRIx64
			    "), entry 0x%" PRIx64, os->load_addr + os->load_bias, os->load_addr,
			    os->load_bias, os->entry);
}

static void print_os_text(const struct osimage *image)
{
	const struct snapimg_os *os = &image->os;

	report_line("OS image", "version %" PRIu64 ", %s at offset 0x%" PRIx64, os->version,
		    units_bytes(os->image_size).s, image->offset);
	report_line("Format", "%u.%u, features 0x%" PRIx64 " (may be ignored)",
		    SNAPCAP_OS_VERSION_MAJOR, image->version_minor, image->feature_compat);
	report_line("Header CRC", "0x%08x", image->header_crc);
	report_line("Architecture", "%s", facts_arch(os->arch));
	report_line("Kernel", "%s", units_clean(os->kernel_release, sizeof(os->kernel_release)).s);
	report_line("Build id", "%s", units_hex(os->build_id, os->build_id_size).s);
	report_line("Identity", "%s", units_identity(snapimg_os_identity(os)).s);
	print_os_place(os);
	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++)
		if (os->part[i].size)
			report_line(osimage_part_name(i), "%s, %s in %s at 0x%" PRIx64
				    ", sum 0x%08x", units_bytes(os->part[i].size).s,
				    facts_codec(os->part[i].codec),
				    units_bytes(os->part[i].stored_size).s, os->part[i].offset,
				    os->part[i].sum);
}

static int show_os(struct flash *flash, const struct osimage *image)
{
	if (options.json)
		print_os_json(flash, image);
	else if (image->has_header)
		print_os_text(image);
	return image->reason ? osimage_complain(flash, image) : SNAPCTL_OK;
}

/**
 * struct info_options - arguments
 * @medium: where to look
 * @select: which snapshot
 */
struct info_options {
	struct medium_options medium;
	struct select_options select;
};

static error_t parse_info(int key, char *arg, struct argp_state *state)
{
	struct info_options *info = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &info->medium;
	state->child_inputs[1] = &info->select;
	return 0;
}

int cmd_info(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &medium_argp, 0, NULL, 1 }, { &select_argp, 0, NULL, 2 },
		{ &options_argp, 0, NULL, -2 }, { 0 }
	};
	static const struct argp argp = {
		.parser = parse_info,
		.doc = "Show the header of a snapshot, what it is bound to, its sections and what "
		       "they add up to. Of an OS image: its header and parts."
		       "\v" MEDIUM_DOC "\n\nExamples:\n"
		       "  snapctl info\n"
		       "  snapctl info --sequence 3 flash-dump.bin\n"
		       "  snapctl info --json os.img",
		.children = children,
	};
	struct info_options info = { .select = { .have_at = false } };
	struct osimage image;
	struct flash *flash;
	int ret = options_parse(&argp, argc, argv, &info);

	if (ret)
		return ret;
	ret = medium_open(&info.medium, false, &flash);
	if (ret)
		return ret;
	if (osimage_select(flash, &info.select, &image))
		ret = show_os(flash, &image);
	else
		ret = show_snapshot(flash, &info.select);
	flash_close(flash);
	return ret;
}
