/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stage before the boot loader, for its tests: starts at the reset vector,
 * leaves the machine as the test wants it, and enters the loader as an arm64
 * kernel image. The test fills in the words at STAGE_ARGS.
 */
#define STAGE_MMU	1	/* leave MMU and caches on */
#define STAGE_VHE	2	/* at EL2: leave HCR_EL2.E2H on */
#define STAGE_DEBUG	4	/* leave break- and watchpoints set */
#define STAGE_HIDE	8	/* remove the tree from where the machine left it */

#define REGION		0x40200000	/* the loader's, with the hand-off page */
#define REGION_SIZE	0x200000
#define MACHINE_TREE	0x40000000
#define TABLE		0x5f000000
/* Attribute 0 Normal write-back, 1 Device. */
#define MAIR		0x00ff
/* 39 bits, 4 KiB, write-back, inner shareable, 40 bits of physical address. */
#define TCR_EL1		(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
#define TCR_EL2		(25 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | 1 << 23 | 1 << 31)

	.section .head.text, "ax"
	.global _start
_start:
	b	1f
	.balign	0x40
	/* STAGE_ARGS: 0x40 */
flags:	.quad	0
image:	.quad	0		/* to */
from:	.quad	0
size:	.quad	0		/* multiple of 8 */
tree:	.quad	0		/* 0: no copy is made */
arg:	.quad	0		/* x0 for the loader */
patch:	.quad	0		/* offset in the copy of the tree, and four bytes there */
bytes:	.quad	0

	/* The region holds junk: nothing that was there before may matter. */
1:	ldr	x0, =REGION
	mov	x1, #REGION_SIZE
	ldr	x2, =0xd503201fa5a5a5a5
2:	str	x2, [x0], #8
	subs	x1, x1, #8
	b.ne	2b

	ldr	x0, image
	ldr	x1, from
	ldr	x2, size
3:	ldr	x3, [x1], #8
	str	x3, [x0], #8
	subs	x2, x2, #8
	b.ne	3b

	ldr	x20, flags
	ldr	x0, tree
	ldr	x1, =MACHINE_TREE
	cbz	x0, 5f
	mov	x2, #0x4000
4:	ldr	x3, [x1], #8
	str	x3, [x0], #8
	subs	x2, x2, #8
	b.ne	4b
	ldr	x0, tree
	ldr	x1, patch
	ldr	x2, bytes
	cbz	x2, 5f
	str	w2, [x0, x1]
5:	tbz	x20, #3, 6f
	ldr	x1, =MACHINE_TREE
	str	xzr, [x1]

6:	tbz	x20, #2, 7f
	ldr	x0, =REGION
	mov	x1, #0x1e7		/* enabled, at EL0 and EL1, four bytes */
	mov	x2, #0x1ff		/* likewise, loads and stores, of four bytes */
	.irp	n, 0, 1, 2, 3, 4, 5
	msr	dbgbvr\n\()_el1, x0
	msr	dbgbcr\n\()_el1, x1
	.endr
	.irp	n, 0, 1, 2, 3
	msr	dbgwvr\n\()_el1, x0
	msr	dbgwcr\n\()_el1, x2
	.endr
	mov	x0, #(1 << 15 | 1 << 13)	/* MDE, KDE */
	msr	mdscr_el1, x0
	msr	oslar_el1, xzr

7:	mrs	x21, currentel
	tbz	x20, #1, 8f
	ldr	x0, =1 << 34 | 1 << 31 | 1 << 27	/* E2H, RW, TGE */
	msr	hcr_el2, x0
	isb
8:	tbz	x20, #0, enter
	ldr	x0, =TABLE		/* 1 GiB blocks: devices, then memory */
	mov	x1, #0x405
	str	x1, [x0], #8
	ldr	x1, =0x40000701
	str	x1, [x0]
	ldr	x0, =TABLE
	ldr	x1, =MAIR
	cmp	x21, #8
	b.ne	9f
	tbnz	x20, #1, 9f
	ldr	x2, =TCR_EL2
	ldr	x3, =0x30c51835		/* M, C, I */
	msr	mair_el2, x1
	msr	tcr_el2, x2
	msr	ttbr0_el2, x0
	isb
	tlbi	alle2
	dsb	sy
	isb
	msr	sctlr_el2, x3
	b	enter
9:	ldr	x2, =TCR_EL1
	ldr	x3, =0x30d01805
	msr	mair_el1, x1
	msr	tcr_el1, x2
	msr	ttbr0_el1, x0
	isb
	tlbi	vmalle1
	dsb	sy
	isb
	msr	sctlr_el1, x3

enter:	isb
	ldr	x0, arg
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	ldr	x4, image
	br	x4
	.ltorg
