/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The two ways out of the loader.
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
