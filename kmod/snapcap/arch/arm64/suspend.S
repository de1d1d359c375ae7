/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU, saved and put back. The counterpart of the kernel's own
 * cpu_do_suspend and cpu_do_resume, which modules cannot call.
 */
#include <linux/linkage.h>
#include <asm/ptrace.h>
#include "context.h"

/*
 * snapcap_arm64_save - save the CPU; returns twice
 *
 * In:      x0 = context to fill (virtual address)
 * Out:     x0 = 1; 0 when it returns for the second time
 * Clobber: x1..x9
 * State:   MMU on, interrupts masked by the caller, one CPU.
 */
SYM_FUNC_START(snapcap_arm64_save)
	stp	x19, x20, [x0, #CTX_REGS]
	stp	x21, x22, [x0, #CTX_REGS + 16]
	stp	x23, x24, [x0, #CTX_REGS + 32]
	stp	x25, x26, [x0, #CTX_REGS + 48]
	stp	x27, x28, [x0, #CTX_REGS + 64]
	stp	x29, x30, [x0, #CTX_REGS + 80]
	mov	x1, sp
	stp	x1, x18, [x0, #CTX_SP]
	mrs	x1, sp_el0
	mrs	x2, tpidr_el0
	stp	x1, x2, [x0, #CTX_SP_EL0]
	mrs	x1, tpidrro_el0
	mrs	x2, tpidr_el1
	stp	x1, x2, [x0, #CTX_TPIDRRO_EL0]
	mrs	x1, contextidr_el1
	mrs	x2, cpacr_el1
	stp	x1, x2, [x0, #CTX_CONTEXTIDR]
	mrs	x1, tcr_el1
	mrs	x2, ttbr0_el1
	stp	x1, x2, [x0, #CTX_TCR]
	mrs	x1, ttbr1_el1
	mrs	x2, mair_el1
	stp	x1, x2, [x0, #CTX_TTBR1]
	mrs	x1, vbar_el1
	mrs	x2, sctlr_el1
	stp	x1, x2, [x0, #CTX_VBAR]
	mrs	x1, mdscr_el1
	mrs	x2, oslsr_el1
	stp	x1, x2, [x0, #CTX_MDSCR]
	mrs	x1, osdlr_el1
	mrs	x2, cntkctl_el1
	stp	x1, x2, [x0, #CTX_OSDLR]
	mrs	x1, pmuserenr_el0
	mrs	x2, daif
	stp	x1, x2, [x0, #CTX_PMUSERENR]
	mrs	x1, csselr_el1
	mrs	x2, par_el1
	stp	x1, x2, [x0, #CTX_CSSELR]
	/* With VHE the names above mean EL2's registers (Arm ARM D5.6.1), but for these. */
	mrs	x1, CurrentEL
	cmp	x1, #CurrentEL_EL2
	b.ne	1f
	mrs	x1, hcr_el2
	mrs	x2, mdcr_el2
	stp	x1, x2, [x0, #CTX_HCR_EL2]
	mrs	x1, tpidr_el2
	mrs	x2, cntvoff_el2
	stp	x1, x2, [x0, #CTX_TPIDR_EL2]
1:	mov	x0, #1
	ret
SYM_FUNC_END(snapcap_arm64_save)

/*
 * snapcap_arm64_resume - entered by the loader, returns from snapcap_arm64_save
 *
 * In:      x0 = context (virtual address)
 * Out:     x0 = 0
 * State:   MMU on with TTBR1, MAIR and TCR (but T0SZ) of the snapshot, the
 *          loader's identity map in TTBR0, exceptions masked, no usable stack.
 *          At the level it was saved at; at EL2 with HCR_EL2.E2H and TGE set.
 */
SYM_CODE_START(snapcap_arm64_resume)
	hint	#38				// bti jc: reached by a branch
	msr	daifset, #0xf
	/* Vectors first: from here on a fault is reported by the kernel. */
	ldp	x1, x2, [x0, #CTX_VBAR]
	msr	vbar_el1, x1
	msr	sctlr_el1, x2
	isb
	/*
	 * TTBR0 and T0SZ belong together; nothing uses user addresses between
	 * the two writes, and what a speculative walk may have cached is
	 * invalidated below (Arm ARM D8.14, break-before-make).
	 */
	ldp	x1, x2, [x0, #CTX_TCR]
	msr	ttbr0_el1, x2
	msr	tcr_el1, x1
	ldp	x1, x2, [x0, #CTX_TTBR1]
	msr	ttbr1_el1, x1
	msr	mair_el1, x2
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	ldp	x1, x18, [x0, #CTX_SP]
	mov	sp, x1
	ldp	x1, x2, [x0, #CTX_SP_EL0]
	msr	sp_el0, x1
	msr	tpidr_el0, x2
	ldp	x1, x2, [x0, #CTX_TPIDRRO_EL0]
	msr	tpidrro_el0, x1
	msr	tpidr_el1, x2
	ldp	x1, x2, [x0, #CTX_CONTEXTIDR]
	msr	contextidr_el1, x1
	msr	cpacr_el1, x2
	ldp	x1, x2, [x0, #CTX_MDSCR]
	msr	mdscr_el1, x1
	/* OSLSR is read-only: its bit 1 is written through OSLAR bit 0. */
	ubfx	x2, x2, #1, #1
	msr	oslar_el1, x2
	ldp	x1, x2, [x0, #CTX_OSDLR]
	msr	osdlr_el1, x1
	msr	cntkctl_el1, x2
	ldr	x1, [x0, #CTX_PMUSERENR]
	msr	pmuserenr_el0, x1
	ldp	x1, x2, [x0, #CTX_CSSELR]
	msr	csselr_el1, x1
	msr	par_el1, x2
	mrs	x1, CurrentEL
	cmp	x1, #CurrentEL_EL2
	b.ne	1f
	ldp	x1, x2, [x0, #CTX_HCR_EL2]
	msr	hcr_el2, x1
	msr	mdcr_el2, x2
	ldp	x1, x2, [x0, #CTX_TPIDR_EL2]
	msr	tpidr_el2, x1			// where the per-CPU data are
	msr	cntvoff_el2, x2
1:	isb
	ldp	x19, x20, [x0, #CTX_REGS]
	ldp	x21, x22, [x0, #CTX_REGS + 16]
	ldp	x23, x24, [x0, #CTX_REGS + 32]
	ldp	x25, x26, [x0, #CTX_REGS + 48]
	ldp	x27, x28, [x0, #CTX_REGS + 64]
	ldp	x29, x30, [x0, #CTX_REGS + 80]
	ldr	x1, [x0, #CTX_DAIF]
	msr	daif, x1
	mov	x0, #0
	ret
SYM_CODE_END(snapcap_arm64_resume)
