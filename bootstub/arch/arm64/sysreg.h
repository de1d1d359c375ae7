/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Bits of arm64 system registers, as named in the Arm Architecture Reference
 * Manual (DDI 0487), section D17. Also read by assembler.
 */
#ifndef ARM64_SYSREG_H
#define ARM64_SYSREG_H

/* SCTLR_EL1: RES1 bits of Armv8.0; then M, C, SA, I. */
#define SCTLR_EL1_OFF		0x30d00800
#define SCTLR_EL1_ON		(SCTLR_EL1_OFF | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12)
/* SCTLR_EL2: RES1 bits of Armv8.0, everything off. */
#define SCTLR_EL2_OFF		0x30c50830

/* HCR_EL2: RW, EL1 is AArch64; APK, API, no pointer authentication traps. */
#define HCR_EL2_NVHE		0x30080000000
/* RW, TGE, E2H: the EL2&0 regime, and names of EL1 registers mean EL2's (D5.6.1). */
#define HCR_EL2_VHE		0x488000000
/* SPSR: EL1h, DAIF masked. */
#define PSTATE_EL1H		0x3c5
#define ESR_EC_SHIFT		26
#define ESR_EC_HVC64		0x16
/* DEN0022 5.1.11 */
#define PSCI_SYSTEM_RESET	0x84000009

/*
 * MAIR_EL1 in the order Linux uses, so that a switch to the snapshot's value
 * changes no attribute of the loader's own mappings.
 */
#define MAIR_INDEX_NORMAL	0
#define MAIR_INDEX_DEVICE	4	/* nGnRE */
#define MAIR_VALUE		0x00000004004400ffULL

/* TCR_EL1: fields that govern TTBR0, and thereby the loader's identity map. */
#define TCR_T0SZ(bits)		(64 - (bits))
#define TCR_IRGN0_WBWA		(1ULL << 8)
#define TCR_ORGN0_WBWA		(1ULL << 10)
#define TCR_SH0_INNER		(3ULL << 12)
#define TCR_TG0_4K		(0ULL << 14)
#define TCR_EPD1		(1ULL << 23)
#define TCR_TG1_4K		2
#define TCR_IPS_SHIFT		32
/* T0SZ, EPD0, IRGN0, ORGN0, SH0, TG0, TBI0, HPD0, TBID0, NFD0, E0PD0, TCMA0. */
#define TCR_TTBR0_FIELDS	(0x3fULL | 1ULL << 7 | 0xffULL << 8 | 1ULL << 37 | \
				 1ULL << 41 | 1ULL << 51 | 1ULL << 53 | 1ULL << 55 | \
				 1ULL << 57)

#define VA_BITS			39
#define TCR_OWN			(TCR_T0SZ(VA_BITS) | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | \
				 TCR_SH0_INNER | TCR_TG0_4K)

/* CTR_EL0 */
#define CTR_IDC_BIT		28	/* no clean to PoU needed for instruction fetch */
#define CTR_DIC_BIT		29	/* no instruction cache invalidation needed */

#ifdef __ASSEMBLY__
/*
 * First in a vector: sets two registers free. The loader uses none of the three
 * that hold them, and a restored kernel's are put back by the kernel.
 */
	.macro	vector_save number
	msr	spsel, #1		/* also from an exception taken with SP_EL0 */
	msr	tpidr_el1, x0
	msr	tpidrro_el0, x1
	mov	x0, #\number
	msr	tpidr_el0, x0
	.endm
#else
#define read_sysreg(reg) ({						\
	unsigned long long v_;						\
	asm volatile("mrs %0, " #reg : "=r" (v_));			\
	v_;								\
})
#define write_sysreg(v, reg)						\
	asm volatile("msr " #reg ", %0" : : "r" ((unsigned long long)(v)) : "memory")

/* Instruction and translation context synchronisation. */
#define isb()		asm volatile("isb" : : : "memory")
/* Everything before is complete before anything after starts. */
#define dsb(domain)	asm volatile("dsb " #domain : : : "memory")
#endif

#endif
