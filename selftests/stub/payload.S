/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader starts in its tests, in place of Linux: a kernel image
 * for cold boots, and at PAYLOAD_RESTORED the resume function of a snapshot.
 * Position independent.
 */
	.section .head.text, "ax"
	.global _start
_start:
	b	cold			/* header of an arm64 kernel image */
	nop
	.quad	0			/* text_offset */
	.quad	0x20000			/* image_size */
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere */
	.quad	0			/* the test sets this: tell the device tree too */
	.quad	0, 0
	.ascii	"ARM\x64"
	.word	0

	/* PAYLOAD_RESTORED: 0x40 */
restored:
	adr	x9, _start
	add	sp, x9, #0x20000
	b	payload_restored

cold:
	adr	x9, _start
	add	sp, x9, #0x20000
	adr	x10, vectors
	mrs	x11, currentel
	cmp	x11, #8
	b.eq	1f
	msr	vbar_el1, x10
	mrs	x2, sctlr_el1
	b	2f
1:	mrs	x2, sctlr_el2
2:	mrs	x3, daif
	mov	x1, x11
	ldr	x4, [x9, #0x20]
	b	payload_cold

	.balign	2048
vectors:
	.rept	16
	.balign	128
	b	payload_exception
	.endr
