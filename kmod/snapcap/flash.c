// SPDX-License-Identifier: GPL-2.0-only
/*
 * An MTD device as lib/snapstore wants it: how it is read, programmed and erased. In
 * what order that is done, and what it may be done to, is not decided here.
 */
#include <linux/mtd/mtd.h>
#include <linux/string.h>
#include "snapcap.h"

static int read_mtd(void *ctx, u64 off, void *buf, size_t len)
{
	size_t done = 0;
	int ret = mtd_read(ctx, off, len, &done, buf);

	/* Corrected bit flips are a success. */
	if ((ret && !mtd_is_bitflip(ret)) || done != len)
		return -SNAPCAP_REASON_READ;
	return 0;
}

static int program_mtd(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	return mtd_write(ctx, off, len, done, data);
}

static int erase_mtd(void *ctx, u64 off, u64 len)
{
	struct erase_info erase = { .addr = off, .len = len };

	return mtd_erase(ctx, &erase);
}

static void sync_mtd(void *ctx)
{
	mtd_sync(ctx);
}

/**
 * snapcap_flash_open() - make an MTD device usable for lib/snapstore
 * @flash: filled in; it must stay where it is until snapcap_flash_close()
 * @mtd: device, whose reference stays the caller's
 *
 * Context: process context, sleeps; where a page is swapped in, too.
 * Return: 0, -EOPNOTSUPP: flash of that type is not supported
 */
int snapcap_flash_open(struct snapcap_flash *flash, struct mtd_info *mtd)
{
	memset(flash, 0, sizeof(*flash));
	if ((mtd->type != MTD_NORFLASH && mtd->type != MTD_RAM) || mtd->writesize > sizeof(u64) ||
	    mtd->erasesize < SZ_4K)
		return -EOPNOTSUPP;
	flash->mtd = mtd;
	flash->store = (struct snapstore_flash) {
		.reader = { .size = mtd->size, .read = read_mtd, .ctx = mtd },
		.erase_size = mtd->erasesize,
		.write_size = mtd->writesize,
		.program = program_mtd,
		.erase = erase_mtd,
		.sync = sync_mtd,
	};
	return 0;
}

/** snapcap_flash_close() - undo snapcap_flash_open(), also one that failed */
void snapcap_flash_close(struct snapcap_flash *flash)
{
	memset(flash, 0, sizeof(*flash));
}
