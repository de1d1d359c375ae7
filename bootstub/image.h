/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * OS images on a medium: the model's three words of a cold boot. Nothing here
 * needs anything that is in memory already, so it works after a restore that was
 * given up half way.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "arena.h"
#include "machine.h"

#define IMAGE_SCAN_HEADERS	1	/* do not read the parts: which kernel is there? */

#define IMAGE_BLOCKS		5

/**
 * struct image - an OS image
 * @medium: where it is
 * @offset: in the medium
 * @os: its checked header
 * @entry: set by image_setup(): physical address of the kernel's first instruction
 * @dtb: set by image_setup(): physical address of the device tree
 * @block: set by image_setup(): what the kernel finds in memory
 * @block_count: used entries of @block
 */
struct image {
	const struct plat_medium *medium;
	u64 offset;
	struct snapimg_os os;
	u64 entry;
	u64 dtb;
	struct arch_block block[IMAGE_BLOCKS];
	u32 block_count;
};

/**
 * image_scan() - find the OS image with the highest version, or the next one
 * @pm: medium, open
 * @flags: IMAGE_SCAN_*
 * @after: the image tried before: only those with a smaller version, or with the
 *	same one further on; NULL for the newest
 * @img: result, written only on success; may not be @after
 *
 * Images are looked for at every step of their partition. Those with a header
 * that is not right are passed over, and without IMAGE_SCAN_HEADERS also those
 * with a part that is not, with a line on the console. Of a paged medium only
 * headers are read: there image_setup() checks the parts.
 *
 * Return: 0 or -OS_IMAGE
 */
int __attribute__((warn_unused_result))
image_scan(const struct plat_medium *pm, u32 flags, const struct image *after,
	   struct image *img);

/**
 * image_check() - checksum of every part
 * @img: from image_scan(), of a linear medium
 *
 * Return: 0 or -PART_SUM
 */
int __attribute__((warn_unused_result)) image_check(const struct image *img);

/**
 * image_setup() - put kernel, initrd and device tree to where they run
 * @p: board
 * @m: machine
 * @arena: for parts that are looked at before they are placed
 * @keep: memory that Linux is to find as it is, NULL: none
 * @img: from image_scan()
 *
 * Nothing outside of @arena is written before all places are known.
 *
 * Return: 0, or
 * * -PART_SUM, -PART_DECODE, -FIELD - a part is not what it should be
 * * -KERNEL, -DEVTREE               - it is, but of no use here
 * * -PLACE                          - there is no room where it wants to be
 * * -NO_SPACE, -READ
 */
int __attribute__((warn_unused_result))
image_setup(const struct plat *p, const struct machine *m, struct arena *arena,
	    const struct snapimg_range *keep, struct image *img);

/** image_start() - never returns: enter the kernel that image_setup() has prepared */
void __attribute__((noreturn)) image_start(const struct image *img);

#endif
