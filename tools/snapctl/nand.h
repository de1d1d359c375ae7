/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw NAND flash of an MTD device. */
#ifndef SNAPCTL_NAND_H
#define SNAPCTL_NAND_H

#include "snapnand.h"

/**
 * struct nand - an area of raw NAND
 * @fd: MTD device
 * @base: start of the area in it
 * @lib: the area, as the library has it
 * @store: and as lib/snapstore does
 */
struct nand {
	int fd;
	u64 base;
	struct snapnand lib;
	struct snapstore_flash store;
};

/**
 * struct nand_area - which one
 * @fd: MTD device, which is not closed by nand_close()
 * @base: start of the area in it, a multiple of @block_size
 * @size: bytes, likewise
 * @page_size: of the flash
 * @block_size: its erase block size
 */
struct nand_area {
	int fd;
	u64 base;
	u64 size;
	u32 page_size;
	u32 block_size;
};

/**
 * nand_open() - look for the bad blocks
 * @area: which
 * @nand: result
 *
 * Return: 0; -ENOTTY: the kernel does not tell of bit errors; -EINVAL: the library cannot
 * do with such an area; -ENOMEM; another errno of the system
 */
int nand_open(const struct nand_area *area, struct nand **nand);

/** nand_close() - undo nand_open(); NULL is allowed */
void nand_close(struct nand *nand);

#endif /* SNAPCTL_NAND_H */
