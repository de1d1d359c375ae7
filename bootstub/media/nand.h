/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Raw NAND: the good blocks of the window that holds the snapshots, one after the other.
 */
#ifndef NAND_H
#define NAND_H

#include <snapnand.h>
#include "media.h"

/**
 * struct nand - priv of a medium
 * @snap: with the members that snapnand_open() wants, given by the board: how the chip is
 *	used, its geometry, and memory. The window is the one that Linux has as an MTD
 *	partition, or its MTD device, so that both skip the same blocks
 * @probe: find the chip and fill in what of @snap the board does not know; NULL: it does.
 *	0 or a negated SNAPCAP_REASON_*
 * @error: of the request that is under way
 */
struct nand {
	struct snapnand snap;
	int (*probe)(struct nand *nand, const void *fdt);
	int error;
};

/** nand_open() - media_open(): looks for the bad blocks */
int nand_open(struct media *m, const void *fdt);

/** nand_close() - media_close(): nothing is under way */
void nand_close(struct media *m);

/** nand_begin() - media_begin(): reads, there and then. For a depth of 1 */
int nand_begin(struct media *m, u64 off, void *buf, size_t len);

/** nand_end() - media_end() */
int nand_end(struct media *m);

/** nand_program() - media_program(): refuses, since only heads of slots are written */
int nand_program(struct media *m, u64 off, const void *data, size_t len);

/** nand_flash() - @flash of struct media */
struct snapstore_flash nand_flash(struct media *m);

#endif
