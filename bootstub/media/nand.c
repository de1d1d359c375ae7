// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * What lib/snapnand makes of a chip, as a medium. The chip itself is the board's: it
 * gives functions for whole pages, of which none waits without an end.
 */
#include <linux/snapcap_reason.h>
#include "nand.h"

int nand_open(struct media *m, const void *fdt)
{
	struct nand *nand = m->priv;
	int err = nand->probe ? nand->probe(nand, fdt) : 0;

	if (!err && snapnand_open(&nand->snap))
		err = -SNAPCAP_REASON_READ;
	if (err)
		return err;
	m->size = snapnand_size(&nand->snap);
	m->erase_size = nand->snap.block_size;
	nand->error = 0;
	return m->size ? 0 : -SNAPCAP_REASON_READ;
}

void nand_close(struct media *m)
{
	struct nand *nand = m->priv;

	nand->error = 0;
}

int nand_begin(struct media *m, u64 off, void *buf, size_t len)
{
	struct nand *nand = m->priv;
	struct snapstore_flash flash = snapnand_flash(&nand->snap);

	nand->error = flash.reader.read(flash.reader.ctx, off, buf, len);
	return 0;
}

int nand_end(struct media *m)
{
	struct nand *nand = m->priv;

	return nand->error;
}

int nand_program(struct media *m, u64 off, const void *data, size_t len)
{
	return -SNAPCAP_REASON_READ;
}

struct snapstore_flash nand_flash(struct media *m)
{
	struct nand *nand = m->priv;

	return snapnand_flash(&nand->snap);
}
