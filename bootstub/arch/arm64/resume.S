/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The ways out of the loader.
 */
#include <linux/snapcap_cpu.h>
#include "sysreg.h"

	.text
/*
 * resume_jump - enter a restored kernel; never returns
 *
 * In:  x0 CPU record (struct snapcap_cpu_arm64), in the loader's region
 *      x1 TCR_EL1 to load: the record's, with the loader's own TTBR0 fields
 * MMU on, executing from the identity map, exceptions masked. Nothing may be
 * called and no memory but the record be touched: the kernel's is complete.
 */
	.global resume_jump
resume_jump:
	ldr	x2, [x0, #SNAPCAP_ARM64_CPU_MAIR]
	ldr	x3, [x0, #SNAPCAP_ARM64_CPU_TTBR1]
	ldr	x16, [x0, #SNAPCAP_ARM64_CPU_ENTRY]
	ldr	x0, [x0, #SNAPCAP_ARM64_CPU_ARG]
	msr	mair_el1, x2		/* attribute 0, all that is used here, stays */
	msr	ttbr1_el1, x3
	isb				/* TTBR1 is in place before walks of it are allowed */
	msr	tcr_el1, x1
	isb
	tlbi	vmalle1			/* entries made under the old TCR and MAIR */
	dsb	nsh			/* this CPU is the only one running */
	isb
	/* By x16, so that the branch may land on a BTI c instruction. */
	br	x16

/*
 * resume_jump_vhe - the same for a kernel that runs at EL2; never returns
 *
 * In:  as resume_jump; entered at EL2, with VHE
 * Goes up through el2_vectors, which keep x8 and up, and sets the EL2&0 regime
 * up as EL1's is here. All values are in registers: the MMU is off in between,
 * and the record may be in the caches only.
 */
	.global resume_jump_vhe
resume_jump_vhe:
	ldr	x9, [x0, #SNAPCAP_ARM64_CPU_MAIR]
	ldr	x10, [x0, #SNAPCAP_ARM64_CPU_TTBR1]
	ldr	x16, [x0, #SNAPCAP_ARM64_CPU_ENTRY]
	ldr	x11, [x0, #SNAPCAP_ARM64_CPU_ARG]
	mov	x12, x1
	mrs	x13, ttbr0_el1
	dsb	sy			/* the restored pages are written */
	mov	x0, #1			/* go on at x1 */
	adr	x1, 1f
	hvc	#0
1:	ldr	x0, =HCR_EL2_VHE
	msr	hcr_el2, x0
	isb				/* from here on the names below mean EL2's registers */
	ldr	x0, =vectors
	msr	vbar_el1, x0
	msr	mair_el1, x9
	msr	ttbr0_el1, x13
	msr	ttbr1_el1, x10
	msr	tcr_el1, x12
	isb
	tlbi	vmalle1			/* of the EL2&0 regime, undefined so far (D8.13) */
	ic	iallu			/* fetched with the MMU off (D7.5.9) */
	dsb	nsh
	isb
	ldr	x0, =SCTLR_EL1_ON
	msr	sctlr_el1, x0
	isb				/* the next instruction is fetched through the MMU */
	mov	x0, x11
	br	x16

	.ltorg

/*
 * kernel_jump - enter a kernel with MMU and caches off; never returns
 *
 * In:  x0 entry, x1 device tree, x2 1 when the kernel is to be entered at EL2
 * Everything that the kernel reads has been cleaned to memory. Executes from
 * the identity map, so that the next instruction is there with the MMU off too.
 */
	.global kernel_jump
kernel_jump:
	msr	daifset, #15
	mov	x5, x0
	mov	x6, x1
	mov	x7, x2
	dsb	sy
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	isb
	tlbi	vmalle1			/* no entry of the loader's for the kernel to hit */
	ic	iallu			/* its code was written through the data side */
	dsb	nsh
	isb
	mov	x3, xzr
	cbnz	x7, 1f
	mov	x0, x6
	mov	x1, xzr
	mov	x2, xzr
	br	x5
1:	mov	x0, #1			/* el2_call: go on at x1 */
	mov	x1, x5
	mov	x2, x6
	mov	x4, xzr
	hvc	#0
