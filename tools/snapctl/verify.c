// SPDX-License-Identifier: GPL-2.0-only
/* Reads and checks; lib/snapimg judges. Memory in use is one chunk and the tables. */
#include <stdlib.h>

#include "progress.h"
#include "verify.h"

static int note_bad(struct verify_part *part, const struct verify_chunk *bad)
{
	if (!(part->bad_count & (part->bad_count - 1))) {
		size_t room = part->bad_count ? 2 * (size_t)part->bad_count : 1;
		void *more = realloc(part->bad, room * sizeof(*bad));

		if (!more)
			return -SNAPCAP_REASON_NO_SPACE;
		part->bad = more;
	}
	part->bad[part->bad_count++] = *bad;
	return 0;
}

static int verify_chunk(struct flash *flash, u64 offset, const struct snapimg_chunk *chunk,
			void *dst, size_t size)
{
	void *stored = malloc(chunk->stored_size ? chunk->stored_size : 1);
	int ret;

	if (!stored)
		return -SNAPCAP_REASON_NO_SPACE;
	if (flash_read(flash, offset, stored, chunk->stored_size))
		ret = -SNAPCAP_REASON_READ;
	else
		ret = snapimg_chunk_verify(chunk, stored);
	if (!ret)
		ret = snapimg_chunk_decode(chunk, stored, dst, size);
	free(stored);
	return ret;
}

/* @count chunks of a checked table, whose bytes are in section @data_type. */
static int verify_chunks(struct flash *flash, const struct snapimg_slot *slot, const void *table,
			 u32 count, u32 data_type, struct verify_part *part)
{
	const char *what = data_type == SNAPCAP_SECTION_DATA ? "verify" : "verify pageable";
	u64 data = slot->offset + slot->img.section[data_type].offset;
	void *dst = malloc((size_t)slot->img.chunk_pages_max << slot->img.page_shift);
	int ret = 0;

	if (!dst)
		return -SNAPCAP_REASON_NO_SPACE;
	for (u32 i = 0; i < count && !ret; i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);
		size_t size = (size_t)chunk.pages << slot->img.page_shift;
		struct verify_chunk bad = { .index = i };
		u64 at = data + chunk.offset;

		progress_update(what, (unsigned int)((u64)i * 100 / count));
		bad.offset = flash_physical(flash, at);
		bad.reason = verify_chunk(flash, at, &chunk, dst, size);
		if (bad.reason == -SNAPCAP_REASON_NO_SPACE)
			ret = bad.reason;
		else if (bad.reason)
			ret = note_bad(part, &bad);
		part->chunks++;
		part->stored_bytes += chunk.stored_size;
		part->restored_bytes += size;
	}
	free(dst);
	progress_end();
	return ret;
}

static bool table_is_at(struct flash *flash, const struct snapimg_slot *slot, u32 type, u64 offset)
{
	size_t size = (size_t)slot->img.section[type].size;
	void *table = malloc(size ? size : 1);
	bool good = table && !flash_read(flash, slot->offset + offset, table, size) &&
		    !snapimg_section_check(&slot->img, type, table);

	free(table);
	return good;
}

/* What is used of the tables was found to be good: what is lost is its second place. */
static u32 count_lost_tables(struct flash *flash, const struct snapimg_slot *slot)
{
	const struct snapimg_section *section = slot->img.section;
	u64 copy = section[SNAPCAP_SECTION_COPY].offset;
	u32 lost = 0;

	if (!copy)
		return 0;
	for (u32 type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++) {
		u64 offset = section[type].offset;

		lost += !table_is_at(flash, slot, type, offset);
		offset = copy + (offset - section[SNAPCAP_SECTION_CPU].offset);
		lost += !table_is_at(flash, slot, type, offset);
	}
	return lost;
}

/* The first that is wrong is what is told; the rest is in the parts. */
static void note_reason(struct verify_result *result, int reason, u32 section)
{
	if (!reason || result->reason)
		return;
	result->reason = reason;
	result->section = section;
}

static int verify_resident(struct flash *flash, const struct snapimg_slot *slot,
			   struct tables *tables, struct verify_result *result)
{
	u32 section = 0;
	int ret = tables_load(flash, slot, tables, &section);

	note_reason(result, ret, section);
	if (ret)
		return ret;
	result->lost_tables = count_lost_tables(flash, slot);
	ret = verify_chunks(flash, slot, tables->section[SNAPCAP_SECTION_CHUNKS],
			    snapimg_chunk_count(&slot->img), SNAPCAP_SECTION_DATA,
			    &result->resident);
	if (result->resident.bad_count)
		note_reason(result, result->resident.bad[0].reason, SNAPCAP_SECTION_DATA);
	note_reason(result, ret, 0);
	return ret;
}

static void verify_pageable(struct flash *flash, const struct snapimg_slot *slot,
			    struct tables *tables, struct verify_result *result)
{
	u32 section = 0;
	int ret = tables_load_pageable(flash, slot, tables, &section);

	note_reason(result, ret, section);
	if (ret || !snapimg_pageable_count(&slot->img))
		return;
	ret = verify_chunks(flash, slot, tables->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS],
			    snapimg_pageable_count(&slot->img), SNAPCAP_SECTION_PAGEABLE_DATA,
			    &result->pageable);
	if (result->pageable.bad_count)
		note_reason(result, result->pageable.bad[0].reason, SNAPCAP_SECTION_PAGEABLE_DATA);
	note_reason(result, ret, 0);
}

void verify_slot(struct flash *flash, const struct snapimg_slot *slot,
		 struct verify_result *result)
{
	struct tables tables;

	*result = (struct verify_result){ .reason = slot->status };
	if (slot->status)
		return;
	if (!verify_resident(flash, slot, &tables, result))
		verify_pageable(flash, slot, &tables, result);
	tables_free(&tables);
}

void verify_free(struct verify_result *result)
{
	free(result->resident.bad);
	free(result->pageable.bad);
	*result = (struct verify_result){ 0 };
}
