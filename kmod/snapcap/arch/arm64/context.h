/* SPDX-License-Identifier: GPL-2.0-only */
/* The saved CPU: struct and assembler offsets side by side, checked in cpustate.c. */
#ifndef SNAPCAP_ARM64_CONTEXT_H
#define SNAPCAP_ARM64_CONTEXT_H

#define CTX_REGS		0x00	/* x19..x29, lr: 12 registers */
#define CTX_SP			0x60
#define CTX_X18			0x68
#define CTX_SP_EL0		0x70
#define CTX_TPIDR_EL0		0x78
#define CTX_TPIDRRO_EL0		0x80
#define CTX_TPIDR_EL1		0x88
#define CTX_CONTEXTIDR		0x90
#define CTX_CPACR		0x98
#define CTX_TCR			0xa0
#define CTX_TTBR0		0xa8
#define CTX_TTBR1		0xb0
#define CTX_MAIR		0xb8
#define CTX_VBAR		0xc0
#define CTX_SCTLR		0xc8
#define CTX_MDSCR		0xd0
#define CTX_OSLSR		0xd8
#define CTX_OSDLR		0xe0
#define CTX_CNTKCTL		0xe8
#define CTX_PMUSERENR		0xf0
#define CTX_DAIF		0xf8
#define CTX_CSSELR		0x100
#define CTX_PAR			0x108
#define CTX_HCR_EL2		0x110	/* from here on at EL2 only */
#define CTX_MDCR_EL2		0x118
#define CTX_TPIDR_EL2		0x120
#define CTX_CNTVOFF_EL2		0x128
#define CTX_SIZE		0x130

#ifndef __ASSEMBLY__
#include <linux/compiler.h>
#include <linux/types.h>

struct snapcap_arm64_context {
	u64 regs[12];
	u64 sp, x18, sp_el0;
	u64 tpidr_el0, tpidrro_el0, tpidr_el1;
	u64 contextidr, cpacr, tcr, ttbr0, ttbr1, mair, vbar, sctlr;
	u64 mdscr, oslsr, osdlr, cntkctl, pmuserenr, daif, csselr, par;
	u64 hcr_el2, mdcr_el2, tpidr_el2, cntvoff_el2;
};

/*
 * Saves the CPU to @ctx and returns 1; returns again, with 0, when the loader
 * enters snapcap_arm64_resume().
 */
int snapcap_arm64_save(struct snapcap_arm64_context *ctx) __attribute__((returns_twice));
/* Where the loader enters: x0 = the context's virtual address. Not to be called. */
void snapcap_arm64_resume(void);

int snapcap_gicv3_init(void);
void snapcap_gicv3_exit(void);
void snapcap_gicv3_save(void);
void snapcap_gicv3_restore(void);
#endif /* __ASSEMBLY__ */

#endif /* SNAPCAP_ARM64_CONTEXT_H */
