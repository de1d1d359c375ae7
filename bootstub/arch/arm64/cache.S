/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Cache maintenance by address.
 */
#include "sysreg.h"

	.text
/*
 * Walks x0..x1 with one operation per data cache line.
 * In: x0 start, x1 end. Clobbers x0, x2, x3.
 */
	.macro	by_line op
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of words */
	mov	x3, #4
	lsl	x2, x3, x2
	sub	x3, x2, #1
	bic	x0, x0, x3
1:	cmp	x0, x1
	b.hs	2f
	dc	\op, x0
	add	x0, x0, x2
	b	1b
2:
	.endm

/*
 * cache_publish - make written memory visible to instruction fetch
 * In: x0 start, x1 end, virtual. Clobbers x0, x2, x3.
 * The instruction side is invalidated by cache_sync_fetch.
 */
	.global cache_publish
cache_publish:
	mrs	x2, ctr_el0
	tbnz	x2, #CTR_IDC_BIT, 9f	/* the data side needs no clean */
	by_line	cvau			/* to where instruction fetch looks (B2.4.4) */
9:	dsb	ish			/* complete before the invalidation */
	ret

/* cache_sync_fetch - drop stale instructions everywhere. Clobbers x0. */
	.global cache_sync_fetch
cache_sync_fetch:
	mrs	x0, ctr_el0
	tbnz	x0, #CTR_DIC_BIT, 1f	/* the instruction side is coherent */
	ic	ialluis
1:	dsb	ish			/* complete before the branch to new code */
	isb				/* and nothing prefetched survives */
	ret

/*
 * cache_clean - write memory back for readers with their caches off
 * In: x0 start, x1 end, virtual. Clobbers x0, x2, x3.
 * To the point of coherency, which is what they read from (DDI 0487 D7.5.9).
 */
	.global cache_clean
cache_clean:
	by_line	cvac
	dsb	sy
	ret

/*
 * arch_flush - write memory back and drop it from the caches
 * In: x0 start, x1 bytes, virtual. Clobbers x0, x1, x2, x3.
 */
	.global arch_flush
arch_flush:
	add	x1, x0, x1
	by_line	civac
	dsb	sy
	ret

/*
 * cache_drop - forget what the caches hold of memory that is written past them
 * In: x0 start, x1 end. Clobbers x0, x2, x3. For whole lines: what else is in
 * the first and the last one would be lost. With the MMU off.
 */
	.global cache_drop
cache_drop:
	dsb	sy			/* stores past the caches come first */
	by_line	ivac
	dsb	sy
	ret
