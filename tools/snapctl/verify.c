// SPDX-License-Identifier: GPL-2.0-only
/* Reads and checks; lib/snapimg judges. Memory in use is one chunk and the tables. */
#include <stdlib.h>

#include "progress.h"
#include "verify.h"

static int note_bad(struct verify_result *result, const struct verify_chunk *bad)
{
	if (!(result->bad_count & (result->bad_count - 1))) {
		size_t room = result->bad_count ? 2 * (size_t)result->bad_count : 1;
		void *more = realloc(result->bad, room * sizeof(*bad));

		if (!more)
			return -SNAPCAP_REASON_NO_SPACE;
		result->bad = more;
	}
	result->bad[result->bad_count++] = *bad;
	if (!result->reason) {
		result->reason = bad->reason;
		result->section = SNAPCAP_SECTION_DATA;
	}
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

static int verify_chunks(struct flash *flash, const struct snapimg_slot *slot, const void *table,
			 struct verify_result *result)
{
	u64 data = slot->offset + slot->img.section[SNAPCAP_SECTION_DATA].offset;
	u32 count = snapimg_chunk_count(&slot->img);
	void *dst = malloc((size_t)slot->img.chunk_pages_max << slot->img.page_shift);
	int ret = 0;

	if (!dst)
		return -SNAPCAP_REASON_NO_SPACE;
	for (u32 i = 0; i < count && !ret; i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);
		size_t size = (size_t)chunk.pages << slot->img.page_shift;
		struct verify_chunk bad = { .index = i, .offset = data + chunk.offset };

		progress_update("verify", (unsigned int)((u64)i * 100 / count));
		bad.reason = verify_chunk(flash, bad.offset, &chunk, dst, size);
		if (bad.reason == -SNAPCAP_REASON_NO_SPACE)
			ret = bad.reason;
		else if (bad.reason)
			ret = note_bad(result, &bad);
		result->chunks++;
		result->stored_bytes += chunk.stored_size;
		result->restored_bytes += size;
	}
	free(dst);
	progress_end();
	return ret;
}

void verify_slot(struct flash *flash, const struct snapimg_slot *slot,
		 struct verify_result *result)
{
	struct tables tables;
	int ret;

	*result = (struct verify_result){ .reason = slot->status };
	if (slot->status)
		return;
	ret = tables_load(flash, slot, &tables, &result->section);
	if (!ret) {
		result->section = 0;
		ret = verify_chunks(flash, slot, tables.section[SNAPCAP_SECTION_CHUNKS], result);
	}
	if (ret)
		result->reason = ret;
	tables_free(&tables);
}

void verify_free(struct verify_result *result)
{
	free(result->bad);
	*result = (struct verify_result){ 0 };
}
