/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Reset entry and exception vectors.
 *
 * Owns the way from the reset vector in flash to stub_main() in RAM. Runs from
 * flash at address 0 with the MMU and the caches off, at EL1 or EL2, and is
 * position independent until the jump to the copy in RAM.
 */
#include "sysreg.h"

/*
 * _start - the first instruction after reset
 *
 * In:  nothing that is relied on
 * MMU and caches off, no stack. Never returns.
 */
	.section .head.text, "ax"
	.global _start
_start:
	/* The first act: the timeline starts here. */
	mrs	x19, cntvct_el0

	/* Without PSCI firmware all CPUs come here; only the first one boots. */
	mrs	x0, mpidr_el1
	ldr	x1, =0xff00ffffff
	tst	x0, x1
	b.eq	1f
0:	wfe
	b	0b
1:
	mrs	x20, currentel
	lsr	x20, x20, #2

	/* Copy the image from flash to where it was linked for; 64 bytes a turn. */
	adr	x0, _start
	ldr	x1, =__image_start
	ldr	x2, =__image_end
	mov	x3, x1
2:	ldp	x4, x5, [x0], #16
	ldp	x6, x7, [x0], #16
	ldp	x8, x9, [x0], #16
	ldp	x10, x11, [x0], #16
	stp	x4, x5, [x3], #16
	stp	x6, x7, [x3], #16
	stp	x8, x9, [x3], #16
	stp	x10, x11, [x3], #16
	cmp	x3, x2
	b.lo	2b

	/* Zero bss, which holds the translation tables too. */
	ldr	x3, =__bss_start
	ldr	x4, =__bss_end
3:	stp	xzr, xzr, [x3], #16
	stp	xzr, xzr, [x3], #16
	stp	xzr, xzr, [x3], #16
	stp	xzr, xzr, [x3], #16
	cmp	x3, x4
	b.lo	3b

	/*
	 * Memory was written with the caches off. A line that a cache held from
	 * before would hide it once they are on: drop them, up to the end of the
	 * loader's region (DDI 0487 D7.5.9, DC IVAC).
	 */
	mrs	x4, ctr_el0
	ubfx	x4, x4, #16, #4
	mov	x5, #4
	lsl	x5, x5, x4
	mov	x3, x1
	ldr	x4, =__stack_top
4:	dc	ivac, x3
	add	x3, x3, x5
	cmp	x3, x4
	b.lo	4b
	dsb	sy			/* copy and invalidation complete ... */
	ic	iallu			/* ... before instructions are fetched anew */
	dsb	sy
	isb

	ldr	x0, =in_ram
	br	x0

	.ltorg

	.balign	2048
vectors:
	.rept	16
	.balign	128
	msr	spsel, #1		/* also from an exception taken with SP_EL0 */
	b	exception
	.endr

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
	.balign	2048
el2_vectors:
	.rept	8
	.balign	128
	b	el2_unexpected
	.endr
	.balign	128
	b	el2_call
	.rept	7
	.balign	128
	b	el2_unexpected
	.endr

	.text
in_ram:
	cmp	x20, #2
	b.ne	el1_entry
	ldr	x0, =entered_at_el2
	mov	x1, #1
	str	x1, [x0]

	/*
	 * EL2: give EL1 the machine as if EL2 were not there, and go down. A cold
	 * boot comes back up through el2_vectors, so that Linux is entered where
	 * the machine started; a restored kernel runs at EL1.
	 */
	mov	x0, #(1 << 31)		/* RW: EL1 is AArch64 */
	movk	x0, #0x300, lsl #32	/* APK, API: no pointer authentication traps */
	msr	hcr_el2, x0
	mov	x0, #3			/* EL1PCTEN, EL1PCEN: counter and timer */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr	/* virtual count is the physical count */
	mov	x0, #0x33ff		/* RES1 bits; no floating-point traps */
	msr	cptr_el2, x0
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0

	/* MDCR_EL2.HPMN = all counters, when there is a PMU. */
	mrs	x0, id_aa64dfr0_el1
	ubfx	x0, x0, #8, #4
	cmp	x0, #0
	b.eq	1f
	cmp	x0, #0xf
	b.eq	1f
	mrs	x0, pmcr_el0
	ubfx	x0, x0, #11, #5
	msr	mdcr_el2, x0
1:
	/* GIC CPU interface by system registers: let EL1 have them. */
	mrs	x0, id_aa64pfr0_el1
	ubfx	x0, x0, #24, #4
	cbz	x0, 2f
	mrs	x0, S3_4_C12_C9_5	/* ICC_SRE_EL2 */
	orr	x0, x0, #1		/* SRE */
	orr	x0, x0, #8		/* Enable */
	msr	S3_4_C12_C9_5, x0
	isb
	mrs	x0, S3_4_C12_C9_5
	tbz	x0, #0, 2f		/* no GICv3 behind it */
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2: no virtual interrupts */
2:
	ldr	x0, =SCTLR_EL2_OFF
	msr	sctlr_el2, x0
	ldr	x0, =el2_vectors
	msr	vbar_el2, x0
	mov	x0, #0x3c5		/* EL1h, DAIF masked */
	msr	spsr_el2, x0
	ldr	x0, =el1_entry
	msr	elr_el2, x0
	/* SCTLR_EL1 has no defined reset value when EL2 is implemented. */
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	isb
	eret

el1_entry:
	cmp	x20, #3
	b.eq	1f
	mov	x0, #(3 << 20)		/* CPACR_EL1.FPEN: the archives use SIMD */
	msr	cpacr_el1, x0
	ldr	x0, =vectors
	msr	vbar_el1, x0
	isb
	/* An external abort is to be taken here, not in Linux. */
	msr	daifclr, #4
1:
	msr	spsel, #1
	ldr	x0, =__stack_top
	mov	sp, x0
	/* The stack protector's guard word: differs from boot to boot. */
	ldr	x0, =__stack_chk_guard
	ldr	x1, =0x9e3779b97f4a7c15
	mul	x1, x1, x19
	eor	x1, x1, x1, lsr #29
	and	x1, x1, #~0xff		/* a string cannot run over its zero byte */
	str	x1, [x0]

	mov	x0, x19
	mov	x1, x20
	mov	x29, xzr
	mov	x30, xzr
	b	stub_main

/*
 * exception - all vectors lead here
 *
 * Nothing is kept but the cause: what ran is given up, and the loader goes on
 * from its last decision on a fresh stack. This also holds in the first
 * instructions of a restored kernel, until it sets its own VBAR_EL1: the
 * identity map in TTBR0 and the loader's region are untouched then.
 */
exception:
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	/* After the jump: the loader's attributes again, and no walks by TTBR1. */
	ldr	x3, =MAIR_VALUE
	msr	mair_el1, x3
	mrs	x3, tcr_el1
	orr	x3, x3, #TCR_EPD1
	msr	tcr_el1, x3
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	ldr	x3, =__stack_top
	mov	sp, x3
	mov	x29, xzr
	mov	x30, xzr
	b	stub_exception

el2_call:
	cbz	x0, 1f
	cmp	x0, #1
	b.eq	2f
	cmp	x0, #2
	b.eq	3f
el2_unexpected:
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

	.ltorg
