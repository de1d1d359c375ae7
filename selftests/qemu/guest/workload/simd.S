/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void simd_hold(const uint64_t *want, uint64_t *have, uint64_t rounds,
 *		  const struct timespec *pause)
 *
 * Keeps known values in registers for a while: counts @rounds down, and with
 * @pause sleeps that long, all without touching them. A system call preserves
 * every register but x0.
 *
 * In:  x0 74 words: v0-v31, x19-x28; x1 the same and FPCR, filled in at the end;
 *      x2 rounds, at least 1; x3 pause or 0
 * Out: nothing; x0-x8, v0-v7, v16-v31 clobbered
 * Holds while it waits: v0-v31, x19-x28, FPCR (round towards minus infinity)
 */
#define NR_NANOSLEEP	101
#define FPCR_RM		0x800000

	.text
	.globl	simd_hold
	.type	simd_hold, %function
simd_hold:
	stp	x29, x30, [sp, #-176]!
	mov	x29, sp
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x4, fpcr
	str	x4, [sp, #160]

	mov	x5, x0
	ldp	q0, q1, [x5, #0]
	ldp	q2, q3, [x5, #32]
	ldp	q4, q5, [x5, #64]
	ldp	q6, q7, [x5, #96]
	ldp	q8, q9, [x5, #128]
	ldp	q10, q11, [x5, #160]
	ldp	q12, q13, [x5, #192]
	ldp	q14, q15, [x5, #224]
	ldp	q16, q17, [x5, #256]
	ldp	q18, q19, [x5, #288]
	ldp	q20, q21, [x5, #320]
	ldp	q22, q23, [x5, #352]
	ldp	q24, q25, [x5, #384]
	ldp	q26, q27, [x5, #416]
	ldp	q28, q29, [x5, #448]
	ldp	q30, q31, [x5, #480]
	add	x5, x5, #512
	ldp	x19, x20, [x5, #0]
	ldp	x21, x22, [x5, #16]
	ldp	x23, x24, [x5, #32]
	ldp	x25, x26, [x5, #48]
	ldp	x27, x28, [x5, #64]
	mov	x4, #FPCR_RM
	msr	fpcr, x4

	mov	x7, x1
	mov	x6, x2
1:	sub	x6, x6, #1
	cbnz	x6, 1b
	cbz	x3, 2f
	mov	x0, x3
	mov	x1, #0
	mov	x8, #NR_NANOSLEEP
	svc	#0
2:
	mov	x5, x7
	stp	q0, q1, [x5, #0]
	stp	q2, q3, [x5, #32]
	stp	q4, q5, [x5, #64]
	stp	q6, q7, [x5, #96]
	stp	q8, q9, [x5, #128]
	stp	q10, q11, [x5, #160]
	stp	q12, q13, [x5, #192]
	stp	q14, q15, [x5, #224]
	stp	q16, q17, [x5, #256]
	stp	q18, q19, [x5, #288]
	stp	q20, q21, [x5, #320]
	stp	q22, q23, [x5, #352]
	stp	q24, q25, [x5, #384]
	stp	q26, q27, [x5, #416]
	stp	q28, q29, [x5, #448]
	stp	q30, q31, [x5, #480]
	add	x5, x5, #512
	stp	x19, x20, [x5, #0]
	stp	x21, x22, [x5, #16]
	stp	x23, x24, [x5, #32]
	stp	x25, x26, [x5, #48]
	stp	x27, x28, [x5, #64]
	mrs	x4, fpcr
	str	x4, [x5, #80]

	ldr	x4, [sp, #160]
	msr	fpcr, x4
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x29, x30, [sp], #176
	ret
	.size	simd_hold, . - simd_hold

	.section .note.GNU-stack, "", %progbits
