// SPDX-License-Identifier: GPL-2.0-only
/* Loads the tables of a snapshot, in the order in which the loader checks them. */
#include <stdlib.h>

#include <linux/snapcap_cpu.h>

#include "slots.h"

const char *section_name(u32 type)
{
	static const char *const names[] = {
		[SNAPCAP_SECTION_CPU] = "cpu",
		[SNAPCAP_SECTION_MEMMAP] = "memmap",
		[SNAPCAP_SECTION_PAGETABLE] = "pagetable",
		[SNAPCAP_SECTION_CHUNKS] = "chunks",
		[SNAPCAP_SECTION_DATA] = "data",
	};

	return type && type < sizeof(names) / sizeof(names[0]) ? names[type] : "?";
}

static int load_section(struct flash *flash, const struct snapimg_slot *slot, u32 type,
			struct tables *tables)
{
	const struct snapimg_section *section = &slot->img.section[type];
	void *data;

	/* The header check has bounded the size by that of the medium. */
	data = malloc(section->size ? section->size : 1);
	if (!data)
		return -SNAPCAP_REASON_NO_SPACE;
	tables->section[type] = data;
	if (flash_read(flash, slot->offset + section->offset, data, section->size))
		return -SNAPCAP_REASON_READ;
	return snapimg_section_check(&slot->img, type, data);
}

/* Fields of TCR_EL1 and MAIR_EL1, see the Arm Architecture Reference Manual. */
#define TCR_T1SZ(tcr)	((tcr) >> 16 & 0x3f)
#define TCR_EPD1	(1ULL << 23)
#define TCR_TG1(tcr)	((tcr) >> 30 & 3)
#define TCR_TG1_4K	2
#define TCR_DS		(1ULL << 59)
#define MAIR_NORMAL_WB	0xff

/* As the loader does it, but for the affinity and the level of the CPU it runs on. */
static int check_cpu_arm64(const struct snapimg *img, const void *data)
{
	struct snapcap_cpu_arm64 cpu;
	u64 tcr, t1sz, entry;

	if (img->section[SNAPCAP_SECTION_CPU].size != sizeof(cpu))
		return -SNAPCAP_REASON_CPU;
	memcpy(&cpu, data, sizeof(cpu));
	if (le32_to_cpu(cpu.arch) != SNAPCAP_ARCH_ARM64 || le32_to_cpu(cpu.size) != sizeof(cpu) ||
	    cpu.reserved1)
		return -SNAPCAP_REASON_CPU;
	/* A kernel runs at EL2 only when it was entered there. */
	if (le32_to_cpu(cpu.el) < 1 || le32_to_cpu(cpu.el) > 2 || le32_to_cpu(cpu.boot_el) > 2 ||
	    (cpu.boot_el && le32_to_cpu(cpu.el) > le32_to_cpu(cpu.boot_el)))
		return -SNAPCAP_REASON_CPU;
	/* The loader enters the kernel with attribute 0 and a 4 KiB granule. */
	if ((le64_to_cpu(cpu.mair) & 0xff) != MAIR_NORMAL_WB)
		return -SNAPCAP_REASON_CPU;
	tcr = le64_to_cpu(cpu.tcr);
	t1sz = TCR_T1SZ(tcr);
	if (tcr & (TCR_EPD1 | TCR_DS) || TCR_TG1(tcr) != TCR_TG1_4K || t1sz < 16 || t1sz > 39)
		return -SNAPCAP_REASON_CPU;
	/* The entry lies in the half that TTBR1 maps. */
	entry = le64_to_cpu(cpu.entry);
	if (entry >> (64 - t1sz) != (1ULL << t1sz) - 1 || entry & 3)
		return -SNAPCAP_REASON_CPU;
	return 0;
}

static int check_cpu(const struct snapimg *img, const void *data)
{
	/* A record of an architecture that this tool does not know is not called bad. */
	return img->arch == SNAPCAP_ARCH_ARM64 ? check_cpu_arm64(img, data) : 0;
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
	ret = check_cpu(&slot->img, tables->section[SNAPCAP_SECTION_CPU]);
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

void tables_free(struct tables *tables)
{
	for (u32 type = 0; type < SNAPCAP_SECTION_DATA; type++)
		free(tables->section[type]);
	*tables = (struct tables){ 0 };
}
