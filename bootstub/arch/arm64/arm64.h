/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Private to arch/arm64: the assembler routines.
 */
#ifndef ARM64_H
#define ARM64_H

#include <snapimg_glue.h>

/* cache.S */
void cache_publish(u64 start, u64 end);
void cache_sync_fetch(void);
void cache_clean(u64 start, u64 end);

/**
 * struct exception_frame - what an exception interrupted
 * @x: x0 to x30, and SP_EL1
 * @esr: ESR of the level that took it; @elr, @far, @spsr likewise
 * @vector: number of the vector, 0..15
 */
struct exception_frame {
	u64 x[32];
	u64 esr, elr, far, spsr;
	u64 vector;
};

/* exception.c; entered by the vectors */
void __attribute__((noreturn)) exception_report(const struct exception_frame *f);
extern struct exception_frame exception_frame;

/* resume.S */
void __attribute__((noreturn)) resume_jump(const void *record, u64 tcr);
void __attribute__((noreturn)) resume_jump_vhe(const void *record, u64 tcr);
void __attribute__((noreturn)) kernel_jump(u64 entry, u64 dtb, u64 el2);

/* cpu.c */
extern u64 entered_at_el2;

#endif
