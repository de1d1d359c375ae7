// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The CPU record: what must hold whatever CPU it is to be entered on. The loader
 * adds what only it knows, the level that it was started at and its affinity.
 */
#include <linux/snapcap_cpu.h>
#include "snapimg_private.h"

/* TCR_EL1 and MAIR_EL1: DDI 0487 D19.2. */
#define TCR_T1SZ(tcr)	((tcr) >> 16 & 0x3f)
#define TCR_EPD1	(1ULL << 23)
#define TCR_TG1(tcr)	((tcr) >> 30 & 3)
#define TCR_TG1_4K	2
#define TCR_DS		(1ULL << 59)
#define MAIR_NORMAL_WB	0xff

static int check_cpu_arm64(const struct snapcap_cpu_arm64 *cpu)
{
	u32 el = le32_to_cpu(cpu->el), boot_el = le32_to_cpu(cpu->boot_el);
	u64 tcr = le64_to_cpu(cpu->tcr), entry = le64_to_cpu(cpu->entry);
	u64 t1sz = TCR_T1SZ(tcr);

	if (le32_to_cpu(cpu->arch) != SNAPCAP_ARCH_ARM64 || cpu->reserved1)
		return -SNAPCAP_REASON_CPU;
	/* A kernel runs at EL2 only when it was entered there. */
	if (el < 1 || el > 2 || boot_el > 2 || (boot_el && el > boot_el))
		return -SNAPCAP_REASON_CPU;
	/* The loader's own mappings use attribute 0 across the switch. */
	if ((le64_to_cpu(cpu->mair) & 0xff) != MAIR_NORMAL_WB)
		return -SNAPCAP_REASON_CPU;
	/* With TCR.DS the loader's descriptors would mean something else. */
	if (tcr & (TCR_EPD1 | TCR_DS) || TCR_TG1(tcr) != TCR_TG1_4K || t1sz < 16 || t1sz > 39)
		return -SNAPCAP_REASON_CPU;
	/* The entry must be in the half that TTBR1 maps. */
	if (entry >> (64 - t1sz) != (1ULL << t1sz) - 1 || entry & 3)
		return -SNAPCAP_REASON_CPU;
	return 0;
}

int snapimg_cpu_check(u32 arch, const void *record, u64 size)
{
	struct snapcap_cpu_arm64 cpu;

	/* A record of an architecture that is not known here is not called bad. */
	if (arch != SNAPCAP_ARCH_ARM64)
		return 0;
	if (size != sizeof(cpu))
		return -SNAPCAP_REASON_CPU;
	memcpy(&cpu, record, sizeof(cpu));
	if (le32_to_cpu(cpu.size) != sizeof(cpu))
		return -SNAPCAP_REASON_CPU;
	return check_cpu_arm64(&cpu);
}
