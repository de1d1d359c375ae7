/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Exception vectors.
 */
#include "sysreg.h"

	.section .text.vectors, "ax"
	.balign	2048
	.global vectors
vectors:
	.set	index, 0
	.rept	16
	.balign	128
	vector_save index
	b	exception
	.set	index, index + 1
	.endr

	.text
/*
 * exception - all vectors lead here
 *
 * In:  TPIDR_EL1 x0 and TPIDRRO_EL0 x1 of what ran, TPIDR_EL0 number of the vector
 * What ran is given up: its registers are told, and the loader goes on from its
 * last decision on a fresh stack. This also holds in the first instructions of a
 * restored kernel, until it sets its own vectors: the identity map in TTBR0 and
 * the loader's region are untouched then.
 */
	.global exception
exception:
	mrs	x0, currentel
	cmp	x0, #(2 << 2)
	b.eq	el2_reflect
	ldr	x0, =exception_frame
	mov	x1, sp
	stp	x2, x3, [x0, #0x10]
	stp	x4, x5, [x0, #0x20]
	stp	x6, x7, [x0, #0x30]
	stp	x8, x9, [x0, #0x40]
	stp	x10, x11, [x0, #0x50]
	stp	x12, x13, [x0, #0x60]
	stp	x14, x15, [x0, #0x70]
	stp	x16, x17, [x0, #0x80]
	stp	x18, x19, [x0, #0x90]
	stp	x20, x21, [x0, #0xa0]
	stp	x22, x23, [x0, #0xb0]
	stp	x24, x25, [x0, #0xc0]
	stp	x26, x27, [x0, #0xd0]
	stp	x28, x29, [x0, #0xe0]
	stp	x30, x1, [x0, #0xf0]
	mrs	x1, tpidr_el1
	mrs	x2, tpidrro_el0
	stp	x1, x2, [x0]
	mrs	x1, esr_el1
	mrs	x2, elr_el1
	stp	x1, x2, [x0, #0x100]
	mrs	x1, far_el1
	mrs	x2, spsr_el1
	stp	x1, x2, [x0, #0x110]
	mrs	x1, tpidr_el0
	str	x1, [x0, #0x120]
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
	b	exception_report

	.ltorg
