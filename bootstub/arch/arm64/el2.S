/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * What there is of EL2. The loader itself runs at EL1 wherever it was entered:
 * one set of registers and tables, and a restored kernel that belongs there is
 * entered with one branch. A cold boot and a kernel that runs at EL2 (VHE) go up
 * again through el2_vectors. At EL2 the MMU is off: what is read here was written
 * with the caches off, and nothing is written.
 */
#include "sysreg.h"

	.text
/*
 * el2_entry - give EL1 the machine as if EL2 were not there, and go down
 *
 * As Linux finds and leaves it when it goes down by itself, so that one that was
 * restored finds the same. In and out: x19..x23 kept; goes on at el1_entry.
 */
	.global el2_entry
el2_entry:
	ldr	x0, =entered_at_el2
	mov	x1, #1
	str	x1, [x0]

	ldr	x0, =HCR_EL2_NVHE
	msr	hcr_el2, x0
	isb				/* E2H is off: the registers mean what they say */
	mov	x0, #3			/* EL1PCTEN, EL1PCEN: counter and timer */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr	/* virtual count is the physical count */
	mov	x0, #0x33ff		/* RES1 bits; no floating-point traps; SVE's TZ */
	msr	cptr_el2, x0
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0

	/* MDCR_EL2.HPMN = all counters, when there is a PMU; no debug traps. */
	mov	x2, xzr
	mrs	x1, id_aa64dfr0_el1
	ubfx	x0, x1, #8, #4
	cbz	x0, 1f
	cmp	x0, #0xf
	b.eq	1f
	mrs	x0, pmcr_el0
	ubfx	x2, x0, #11, #5
1:	ubfx	x0, x1, #32, #4		/* statistical profiling: E2PB, EL1 owns it */
	cbz	x0, 1f
	orr	x2, x2, #(3 << 12)
1:	ubfx	x0, x1, #44, #4		/* trace buffer: E2TB, likewise */
	cbz	x0, 1f
	orr	x2, x2, #(3 << 24)
1:	msr	mdcr_el2, x2

	/* SVE: no trap, the longest vectors. */
	mrs	x1, id_aa64pfr0_el1
	ubfx	x0, x1, #32, #4
	cbz	x0, 1f
	mov	x0, #0x32ff
	msr	cptr_el2, x0
	isb
	mov	x0, #0xf
	msr	S3_4_C1_C2_0, x0	/* ZCR_EL2.LEN */
	/* GIC CPU interface by system registers: let EL1 have them. */
1:	ubfx	x0, x1, #24, #4
	cbz	x0, 1f
	mrs	x0, S3_4_C12_C9_5	/* ICC_SRE_EL2 */
	orr	x0, x0, #1		/* SRE */
	orr	x0, x0, #8		/* Enable */
	msr	S3_4_C12_C9_5, x0
	isb
	mrs	x0, S3_4_C12_C9_5
	tbz	x0, #0, 1f		/* no GICv3 behind it */
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2: no virtual interrupts */
	/* Limited ordering regions: none. */
1:	mrs	x0, id_aa64mmfr1_el1
	ubfx	x0, x0, #16, #4
	cbz	x0, 1f
	msr	S3_0_C10_C4_3, xzr	/* LORC_EL1 */
	/* Fine-grained traps: none. */
1:	mrs	x0, id_aa64mmfr0_el1
	ubfx	x0, x0, #56, #4
	cbz	x0, 1f
	msr	S3_4_C1_C1_4, xzr	/* HFGRTR_EL2 */
	msr	S3_4_C1_C1_5, xzr	/* HFGWTR_EL2 */
	msr	S3_4_C1_C1_6, xzr	/* HFGITR_EL2 */
	msr	S3_4_C3_C1_4, xzr	/* HDFGRTR_EL2 */
	msr	S3_4_C3_C1_5, xzr	/* HDFGWTR_EL2 */
	ubfx	x0, x1, #44, #4		/* with activity monitors */
	cbz	x0, 1f
	msr	S3_4_C3_C1_6, xzr	/* HAFGRTR_EL2 */
1:
	ldr	x0, =el2_vectors
	msr	vbar_el2, x0
	mov	x0, #PSTATE_EL1H
	msr	spsr_el2, x0
	ldr	x0, =el1_entry
	msr	elr_el2, x0
	/* SCTLR_EL1 has no defined reset value when EL2 is implemented. */
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	isb
	eret

/*
 * el2_vectors - what stays at EL2
 *
 * Answers the three calls that Linux makes to whatever sits at EL2 below it
 * (Documentation/virt/kvm/arm/hyp-abi.rst), because a kernel that was booted
 * through EL2 and is then restored goes on making them.
 *
 * In:  x0 function: 0 set VBAR_EL2 to x1; 1 go on at x1, at EL2, with x2..x4 in
 *      x0..x2; 2 reset vectors
 * Out: x0 0, or 0xbadca11 for anything else
 * MMU off at EL2; in the loader's region, which Linux leaves alone.
 */
	.section .text.vectors, "ax"
	.balign	2048
el2_vectors:
	.set	index, 0
	.rept	16
	.balign	128
	.if	index == 8		/* synchronous, from EL1 */
	b	el2_sync
	.else
	vector_save index
	b	el2_unexpected
	.endif
	.set	index, index + 1
	.endr

	.text
el2_sync:
	msr	tpidr_el2, x0
	mrs	x0, esr_el2
	lsr	x0, x0, #ESR_EC_SHIFT
	cmp	x0, #ESR_EC_HVC64
	mrs	x0, tpidr_el2
	b.ne	5f
	cbz	x0, 1f
	cmp	x0, #1
	b.eq	2f
	cmp	x0, #2
	b.eq	3f
	ldr	x0, =0xbadca11
	eret
1:	msr	vbar_el2, x1
3:	mov	x0, xzr
	eret
2:	mov	x5, x1
	mov	x0, x2
	mov	x1, x3
	mov	x2, x4
	br	x5
5:	vector_save 8

/*
 * el2_unexpected - an exception that nothing here causes
 *
 * The loader's own are told and fallen back from at EL1. Below a running Linux
 * there is nobody to tell: the machine starts again, as for a dead CPU. Firmware
 * is above EL2, so PSCI is called by SMC (DEN0022 5.1.11).
 */
el2_unexpected:
	mrs	x0, vbar_el1
	ldr	x1, =vectors
	cmp	x0, x1
	b.eq	el2_reflect
	ldr	x0, =PSCI_SYSTEM_RESET
	smc	#0
1:	wfi
	b	1b

/*
 * el2_reflect - hand an exception taken at EL2 to EL1, as if taken there
 *
 * In:  as exception. Also leaves VHE. The registers of EL1 are as they were when
 * the loader left it, its MMU on.
 */
	.global el2_reflect
el2_reflect:
	ldr	x1, =SCTLR_EL2_OFF
	msr	sctlr_el2, x1
	isb
	ldr	x1, =HCR_EL2_NVHE
	msr	hcr_el2, x1
	isb				/* the registers below are EL1's from here on */
	mov	x1, sp
	msr	sp_el1, x1
	mrs	x1, esr_el2
	msr	esr_el1, x1
	mrs	x1, elr_el2
	msr	elr_el1, x1
	mrs	x1, far_el2
	msr	far_el1, x1
	mrs	x1, spsr_el2
	msr	spsr_el1, x1
	ldr	x1, =el2_vectors
	msr	vbar_el2, x1
	ldr	x1, =exception
	msr	elr_el2, x1
	mov	x1, #PSTATE_EL1H
	msr	spsr_el2, x1
	eret

	.ltorg
