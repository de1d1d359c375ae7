/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The entry: at the reset vector, or as an arm64 kernel image.
 *
 * Owns the way from wherever the image lies to stub_main() in the loader's
 * region. Position independent until the jump to the copy there: it may lie at
 * any multiple of 8, also across the region. What is read with the caches off
 * is cleaned first, what is written with them off is invalidated before and
 * after: a dirty line must not be evicted over it, nor an old one hide it
 * (DDI 0487 D7.5.9, B2.8).
 */
#include "sysreg.h"

/* Linux maps no tree that is larger, so none begins further below the region. */
#define TREE_REACH	(2 << 20)
#define TREE_MAGIC	0xd00dfeed
/* Devicetree specification 5.2. The strings come last (5.1). */
#define TREE_SIZE	0x04
#define TREE_STRUCT	0x08
#define TREE_STRINGS	0x0c
#define TREE_STRINGS_SIZE 0x20
#define TREE_STRUCT_SIZE 0x24
#define TREE_HEADER	0x28

/*
 * _start - the first instruction, and the header of an arm64 kernel image
 *
 * In:  x0 physical address of a device tree; at the reset vector nothing
 * MMU and caches off; when they are on, the image is mapped where it lies. No
 * stack. Never returns. (Documentation/arm64/booting.rst)
 */
	.section .head.text, "ax"
	.global _start
_start:
	b	entry
	.word	0
	.quad	0			/* text_offset */
	.quad	__image_size		/* all that it needs before it has moved */
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

entry:
	mrs	x19, cntvct_el0		/* the first act: the timeline starts here */
	msr	daifset, #15
	msr	spsel, #1
	mrs	x20, currentel
	lsr	x20, x20, #2
	adr	x22, _start
	ldr	x23, =__image_size
	mov	x21, x0

	ldr	x1, =RESET_BASE
	cmp	x22, x1
	b.ne	1f
	mov	x21, xzr		/* registers hold anything after reset */
	/* Without PSCI firmware all CPUs come here; only the first one boots. */
	mrs	x0, mpidr_el1
	ldr	x1, =0xff00ffffff
	tst	x0, x1
	b.eq	2f
0:	wfe
	b	0b

	/* From here on the image is read past the caches. */
1:	mov	x0, x22
	add	x1, x22, x23
	bl	cache_clean

	/* MMU and caches off; all other controls as this code wants them. */
2:	cmp	x20, #2
	b.hi	move_image		/* EL3 is refused, from the copy */
	b.eq	3f
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	b	4f
3:	ldr	x0, =SCTLR_EL2_OFF
	msr	sctlr_el2, x0
4:	isb
	cbnz	x21, keep_tree

/*
 * move_image - go where the image was linked for
 *
 * In:  x19 counter at the entry, x20 level, x21 device tree or 0, x22 where the
 *      image lies, x23 its size; MMU and caches off
 * An image across its destination goes to the loader's heap first, and from
 * there: the code that copies must not be overwritten by what it copies.
 */
move_image:
	ldr	x24, =__image_start
	ldr	x25, =in_ram
	cmp	x22, x24
	b.eq	2f
	subs	x1, x22, x24
	cneg	x1, x1, lo
	cmp	x1, x23
	b.hs	1f
	ldr	x24, =__bounce
	adr	x1, move_image
	sub	x1, x1, x22
	add	x25, x24, x1
1:	mov	x0, x24
	add	x1, x24, x23
	bl	cache_drop
	mov	x0, x24
	mov	x1, x22
	mov	x2, x23
	bl	copy
2:	mov	x0, x24
	add	x1, x24, x23
	bl	cache_drop
	ic	iallu			/* copied before instructions are fetched anew */
	dsb	nsh
	isb
	mov	x22, x24
	br	x25

/*
 * keep_tree - take a device tree out of the way, to the end of the heap, or to
 * its middle when the image lies at its end
 *
 * In:  as move_image. Out: x21: where the tree lies, 0: none that can be used
 * One that lies elsewhere is looked at later, when a fault can be handled.
 */
keep_tree:
	tst	x21, #7
	b.ne	8f
	ldr	x0, =STUB_BASE - TREE_REACH
	cmp	x21, x0
	b.lo	move_image
	ldr	x0, =HANDOFF_BASE + 0x1000
	cmp	x21, x0
	b.hs	move_image

	mov	x0, x21
	add	x1, x21, #TREE_HEADER
	bl	cache_clean
	ldr	w0, [x21]
	rev	w0, w0
	ldr	w1, =TREE_MAGIC
	cmp	w0, w1
	b.ne	8f
	/* x26: end of the strings or of the structure; 32 bits each, no sum wraps. */
	ldp	w0, w1, [x21, #TREE_STRUCT]
	ldp	w2, w3, [x21, #TREE_STRINGS_SIZE]
	rev	w0, w0
	rev	w1, w1
	rev	w2, w2
	rev	w3, w3
	add	x0, x0, x3
	add	x1, x1, x2
	cmp	x0, x1
	csel	x26, x0, x1, hi
	ldr	w2, [x21, #TREE_SIZE]
	rev	w2, w2
	cmp	x26, x2
	b.hi	8f
	mov	x1, #TREE_REACH
	cmp	x2, x1
	b.hi	8f
	ldr	x2, =__tree_room	/* no real one is nearly as large */
	cmp	x26, x2
	b.hi	8f
	cmp	x26, #TREE_HEADER
	b.lo	8f
	add	x26, x26, #7		/* copied by 8 bytes; what follows does no harm */
	and	x26, x26, #~7

	ldr	x24, =__tree_high
	add	x1, x22, x23
	cmp	x1, x24
	b.ls	1f			/* the image ends below */
	ldr	x1, =__heap_end
	cmp	x22, x1
	b.hs	1f			/* or begins above */
	ldr	x24, =__tree_low
1:	mov	x0, x21
	add	x1, x21, x26
	bl	cache_clean
	mov	x0, x24
	add	x1, x24, x26
	bl	cache_drop
	mov	x0, x24
	mov	x1, x21
	mov	x2, x26
	bl	copy
	rev	w0, w26
	str	w0, [x24, #TREE_SIZE]	/* the padding is left behind */
	/* The original goes, for the sake of its seed, unless the copy lies across it. */
	sub	x0, x21, x24
	cmp	x0, x26
	b.lo	3f
	sub	x0, x24, x21
	cmp	x0, x26
	b.lo	3f
	mov	x0, x21
	add	x1, x21, x26
	bl	clear
3:	mov	x0, x24
	add	x1, x24, x26
	bl	cache_drop
	mov	x21, x24
	b	move_image
8:	mov	x21, xzr
	b	move_image

/*
 * copy - bytes that may lie across each other; with the MMU off
 * In: x0 to, x1 from, x2 size; multiples of 8. Clobbers x1..x3.
 */
copy:
	sub	x3, x0, x1
	cmp	x3, x2
	b.lo	2f
	/* Upwards: the destination is below, or beyond the source's end. */
	add	x2, x0, x2
1:	ldr	x3, [x1], #8
	str	x3, [x0], #8
	cmp	x0, x2
	b.lo	1b
	ret
2:	sub	x2, x2, #8
	ldr	x3, [x1, x2]
	str	x3, [x0, x2]
	cbnz	x2, 2b
	ret

/*
 * clear - zero x0..x1 with the MMU off, and in the caches
 * Multiples of 8. Clobbers x0..x4, x30 saved in x4.
 */
clear:
	mov	x4, x30
	mov	x2, x0
1:	str	xzr, [x2], #8
	cmp	x2, x1
	b.lo	1b
	bl	cache_drop
	ret	x4

	.ltorg

	.text
/* in_ram - the copy; registers as for move_image */
in_ram:
	/* Zero bss, which holds the translation tables too; nothing of the stack is kept. */
	ldr	x0, =__bss_start
	ldr	x1, =__stack_top
	bl	cache_drop
	ldr	x0, =__bss_start
	ldr	x1, =__bss_end
	bl	clear
	cmp	x20, #2
	b.eq	el2_entry
	b.hi	enter_main

/* el1_entry - at EL1, whatever the level before was; registers as for move_image */
	.global el1_entry
el1_entry:
	mov	x0, #(3 << 20)		/* CPACR_EL1.FPEN: the archives use SIMD */
	msr	cpacr_el1, x0
	ldr	x0, =vectors
	msr	vbar_el1, x0
	isb
	bl	debug_off
	/* An external abort is to be taken here, not in Linux. */
	msr	daifclr, #4
enter_main:
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
	mov	x2, x21
	b	stub_main

/*
 * debug_off - no breakpoint or watchpoint of the stage before
 *
 * They would fire in the loader, or in Linux, which sets its own up and does not
 * expect any (DDI 0487 D2.9, D2.10; after a warm reset they may still be set).
 * Jumps to where as many registers follow as there are. Clobbers x0..x2.
 */
debug_off:
	msr	mdscr_el1, xzr		/* MDE, KDE, SS */
	mrs	x0, id_aa64dfr0_el1
	ubfx	x1, x0, #12, #4		/* BRPs: their number less one */
	adr	x2, 1f - 4
	sub	x2, x2, x1, lsl #2
	br	x2
	.irp	n, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
	msr	dbgbcr\n\()_el1, xzr
	.endr
1:	ubfx	x1, x0, #20, #4		/* WRPs, likewise */
	adr	x2, 2f - 4
	sub	x2, x2, x1, lsl #2
	br	x2
	.irp	n, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
	msr	dbgwcr\n\()_el1, xzr
	.endr
2:	isb
	ret

	.ltorg
