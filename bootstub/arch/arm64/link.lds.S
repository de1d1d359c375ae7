/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The loader's region: the loaded image, then what is made at run time. Page
 * boundaries lie where the permissions change.
 */
OUTPUT_ARCH(aarch64)
ENTRY(_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

SECTIONS
{
	. = STUB_BASE;
	__image_start = .;
	.text : {
		KEEP(*(.head.text))
		/* In front of what is aligned to 2 KiB, instead of padding. */
		*start.o(.text)
		*el2.o(.text)
		*exception.o(.text)
		*report.o(.text.*)
		*(.text.vectors)
		*(.text .text.*)
	} :text
	. = ALIGN(4096);
	__text_end = .;
	.rodata : {
		*(.rodata .rodata.*)
	} :rodata
	. = ALIGN(4096);
	__rodata_end = .;
	.data : {
		*(.data .data.* .data.rel.ro .data.rel.ro.*)
		*(.got .got.plt)
		. = ALIGN(64);	/* copied 64 bytes a turn */
	} :data
	__image_end = .;
	__image_size = __image_end - __image_start;

	.bss (NOLOAD) : ALIGN(64) {
		__bss_start = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(64);
		__bss_end = .;
	}

	/* Not mapped. */
	. = ALIGN(4096);
	__stack_guard = .;
	. += 4096;
	__stack_bottom = .;
	. += 32768;
	__stack_top = .;

	/* Copies of the device tree and of a snapshot's tables. */
	__heap_start = .;
	. = STUB_BASE + STUB_SIZE;
	__heap_end = .;

	/*
	 * For the entry, when it has to make room: one of the two places for a
	 * device tree is clear of the image wherever that lies, and so is the way
	 * station of an image that lies across its destination, and the start of
	 * the heap, where the tree is copied to in the end.
	 */
	__tree_room = 256 * 1024;
	__tree_low = __heap_start + __tree_room;
	__tree_high = __heap_end - __tree_room;
	__bounce = __tree_high - 128 * 1024;

	/DISCARD/ : {
		*(.comment .note.* .eh_frame)
	}
}

ASSERT(__heap_end - __heap_start >= 1024 * 1024, "less than 1 MiB is left for a snapshot's tables")
ASSERT(__image_size <= 128 * 1024, "the image does not fit into its way station")
ASSERT(__bounce - __tree_low >= __tree_room, "the heap is too small for the entry")
ASSERT(STUB_BASE % 4096 == 0 && STUB_SIZE % 4096 == 0, "the loader's region is not page aligned")
