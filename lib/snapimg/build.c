// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Entries of the tables, from host form to format byte order. Nothing is
 * checked: what is built wrong is what the checks of the reader refuse.
 */
#include "snapimg_private.h"

void snapimg_extent_put(struct snapcap_extent *slot, const struct snapimg_extent *ext)
{
	slot->pfn = cpu_to_le64(ext->pfn);
	slot->pages = cpu_to_le32(ext->pages);
	slot->kind = cpu_to_le16(ext->kind);
	slot->reserved0 = 0;
}

void snapimg_chunk_put(struct snapcap_chunk *slot, const struct snapimg_chunk *chunk)
{
	slot->pages = cpu_to_le32(chunk->pages);
	slot->codec = cpu_to_le16(chunk->codec);
	slot->reserved0 = 0;
	slot->offset = cpu_to_le64(chunk->offset);
	slot->stored_size = cpu_to_le32(chunk->stored_size);
	slot->sum = cpu_to_le32(chunk->sum);
	slot->fill = cpu_to_le64(chunk->fill);
}
