// SPDX-License-Identifier: GPL-2.0-only
/* Loads the tables of a snapshot, in the order in which the loader checks them. */
#include <stdlib.h>

#include "slots.h"

const char *section_name(u32 type)
{
	static const char *const names[] = {
		[SNAPCAP_SECTION_CPU] = "cpu",
		[SNAPCAP_SECTION_MEMMAP] = "memmap",
		[SNAPCAP_SECTION_PAGETABLE] = "pagetable",
		[SNAPCAP_SECTION_CHUNKS] = "chunks",
		[SNAPCAP_SECTION_DATA] = "data",
		[SNAPCAP_SECTION_PAGEABLE_CHUNKS] = "pageable_chunks",
		[SNAPCAP_SECTION_PAGEABLE_DATA] = "pageable_data",
		[SNAPCAP_SECTION_COPY] = "copy",
	};

	return type && type < sizeof(names) / sizeof(names[0]) ? names[type] : "?";
}

static int load_section(struct flash *flash, const struct snapimg_slot *slot, u32 type,
			struct tables *tables)
{
	const struct snapimg_section *section = &slot->img.section[type];
	const struct snapimg_reader r = flash_reader(flash);
	void *data;

	/* The header check has bounded the size by that of the medium. */
	data = malloc(section->size ? section->size : 1);
	if (!data)
		return -SNAPCAP_REASON_NO_SPACE;
	tables->section[type] = data;
	return snapimg_section_load(&r, slot->offset, &slot->img, type, data);
}

int tables_load(struct flash *flash, const struct snapimg_slot *slot, struct tables *tables,
		u32 *section)
{
	int ret;

	*tables = (struct tables){ 0 };
	for (u32 type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++) {
		*section = type;
		ret = load_section(flash, slot, type, tables);
		if (ret)
			return ret;
	}
	*section = SNAPCAP_SECTION_CPU;
	ret = snapimg_cpu_check(slot->img.arch, tables->section[SNAPCAP_SECTION_CPU],
				slot->img.section[SNAPCAP_SECTION_CPU].size);
	if (ret)
		return ret;
	*section = SNAPCAP_SECTION_MEMMAP;
	ret = snapimg_memmap_check(&slot->img, tables->section[SNAPCAP_SECTION_MEMMAP], NULL);
	if (ret)
		return ret;
	*section = SNAPCAP_SECTION_PAGETABLE;
	ret = snapimg_pagetable_check(&slot->img, tables->section[SNAPCAP_SECTION_PAGETABLE],
				      tables->section[SNAPCAP_SECTION_MEMMAP]);
	if (ret)
		return ret;
	*section = SNAPCAP_SECTION_CHUNKS;
	return snapimg_chunks_check(&slot->img, tables->section[SNAPCAP_SECTION_CHUNKS]);
}

int tables_load_pageable(struct flash *flash, const struct snapimg_slot *slot,
			 struct tables *tables, u32 *section)
{
	const u32 type = SNAPCAP_SECTION_PAGEABLE_CHUNKS;
	int ret;

	if (!slots_is_pageable(slot))
		return 0;
	*section = type;
	ret = load_section(flash, slot, type, tables);
	return ret ? ret : snapimg_pageable_check(&slot->img, tables->section[type]);
}

void tables_free(struct tables *tables)
{
	for (u32 type = 0; type < SNAPCAP_SECTION_PAGEABLE_DATA; type++)
		free(tables->section[type]);
	*tables = (struct tables){ 0 };
}
