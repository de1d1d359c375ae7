// SPDX-License-Identifier: GPL-2.0-only
/*
 * An MTD device as lib/snapstore wants it: how it is read, programmed and erased. In
 * what order that is done, and what it may be done to, is not decided here; nor is which
 * blocks of NAND are passed over, which is lib/snapnand's.
 */
#include <linux/log2.h>
#include <linux/mtd/mtd.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
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

/* mtd_read() tells of corrected bits only when there are many: they are all counted here. */
static int read_page(void *ctx, u64 off, void *buf)
{
	struct mtd_info *mtd = ctx;
	struct mtd_req_stats stats = { 0 };
	struct mtd_oob_ops ops = { .len = mtd->writesize, .datbuf = buf, .stats = &stats };
	int ret = mtd_read_oob(mtd, off, &ops);

	if ((ret && !mtd_is_bitflip(ret)) || ops.retlen != mtd->writesize)
		return ret < 0 ? ret : -EIO;
	return min_t(u32, stats.corrected_bitflips, INT_MAX);
}

static int program_page(void *ctx, u64 off, const void *data)
{
	struct mtd_info *mtd = ctx;
	size_t done = 0;
	int ret = mtd_write(mtd, off, mtd->writesize, &done, data);

	return ret || done != mtd->writesize ? -EIO : 0;
}

static int erase_block(void *ctx, u64 off)
{
	struct mtd_info *mtd = ctx;

	return erase_mtd(mtd, off, mtd->erasesize);
}

static int block_is_bad(void *ctx, u64 off)
{
	return mtd_block_isbad(ctx, off);
}

static int mark_bad(void *ctx, u64 off)
{
	return mtd_block_markbad(ctx, off);
}

static void sync_nand(void *ctx)
{
	struct snapnand *nand = ctx;

	mtd_sync(nand->ctx);
}

static const struct snapnand_ops nand_ops = {
	.read_page = read_page,
	.program_page = program_page,
	.erase_block = erase_block,
	.block_is_bad = block_is_bad,
	.mark_bad = mark_bad,
};

static int open_nand(struct snapcap_flash *flash)
{
	struct mtd_info *mtd = flash->mtd;
	struct snapnand *nand = &flash->nand;
	u64 blocks = mtd_div_by_eb(mtd->size, mtd);
	unsigned int noio;

	if (blocks > SNAPNAND_BLOCKS_MAX || mtd->writesize > SNAPNAND_PAGE_MAX)
		return -EOPNOTSUPP;
	nand->ops = &nand_ops;
	nand->ctx = mtd;
	nand->page_size = mtd->writesize;
	nand->block_size = mtd->erasesize;
	nand->size = blocks * mtd->erasesize;
	nand->bad_size = SNAPNAND_BITMAP(blocks);
	/* A restored system may have no other task yet to write pages out for it. */
	noio = memalloc_noio_save();
	nand->buf = kvmalloc(2 * mtd->writesize, GFP_KERNEL);
	nand->bad = kvmalloc(nand->bad_size, GFP_KERNEL);
	memalloc_noio_restore(noio);
	if (!nand->buf || !nand->bad)
		return -ENOMEM;
	if (snapnand_open(nand))
		return -EOPNOTSUPP;
	flash->store = snapnand_flash(nand);
	flash->store.sync = sync_nand;
	return 0;
}

static void open_plain(struct snapcap_flash *flash)
{
	struct mtd_info *mtd = flash->mtd;

	flash->store = (struct snapstore_flash) {
		.reader = { .size = mtd->size, .read = read_mtd, .ctx = mtd },
		.erase_size = mtd->erasesize,
		.write_size = mtd->writesize,
		.program = program_mtd,
		.erase = erase_mtd,
		.sync = sync_mtd,
	};
}

/**
 * snapcap_flash_open() - make an MTD device usable for lib/snapstore
 * @flash: filled in; it must stay where it is until snapcap_flash_close()
 * @mtd: device, whose reference stays the caller's
 *
 * Context: process context, sleeps; where a page is swapped in, too, but for NAND.
 * Return: 0; -EOPNOTSUPP: flash of that type is not supported; -ENOMEM
 */
int snapcap_flash_open(struct snapcap_flash *flash, struct mtd_info *mtd)
{
	int ret = 0;

	memset(flash, 0, sizeof(*flash));
	flash->mtd = mtd;
	if (mtd->type == MTD_NANDFLASH)
		ret = open_nand(flash);
	else if ((mtd->type == MTD_NORFLASH || mtd->type == MTD_RAM) &&
		 mtd->writesize <= sizeof(u64) && mtd->erasesize >= SZ_4K)
		open_plain(flash);
	else
		ret = -EOPNOTSUPP;
	if (ret)
		snapcap_flash_close(flash);
	return ret;
}

/** snapcap_flash_close() - undo snapcap_flash_open(), also one that failed */
void snapcap_flash_close(struct snapcap_flash *flash)
{
	kvfree(flash->nand.buf);
	kvfree(flash->nand.bad);
	memset(flash, 0, sizeof(*flash));
}

/* Of what lib/snapstore calls an offset: bad blocks of NAND count for all others. */

/**
 * snapcap_flash_physical() - where something is on the MTD device
 * @flash: open
 * @off: for lib/snapstore
 */
u64 snapcap_flash_physical(struct snapcap_flash *flash, u64 off)
{
	u64 at = flash->nand.ops ? snapnand_physical(&flash->nand, off) : off;

	return at > flash->mtd->size ? flash->mtd->size : at;
}

/**
 * snapcap_flash_range() - a part of the MTD device, for lib/snapstore
 * @flash: open
 * @offset: start of the part, changed to what it is for the library
 * @length: its bytes, likewise; 0: to the end
 *
 * Return: 0, also when the part is nonsense, which the library tells, but for NAND;
 * -EINVAL: it is outside or not on blocks; -EFBIG: all its blocks are bad
 */
int snapcap_flash_range(struct snapcap_flash *flash, u64 *offset, u64 *length)
{
	struct mtd_info *mtd = flash->mtd;
	u64 end, off, size = 0, start = 0;

	if (!flash->nand.ops)
		return 0;
	if (*offset >= mtd->size || *length > mtd->size - *offset ||
	    mtd_mod_by_eb(*offset, mtd) || mtd_mod_by_eb(*length, mtd))
		return -EINVAL;
	end = *length ? *offset + *length : mtd->size;
	for (off = 0; off < snapnand_size(&flash->nand); off += mtd->erasesize) {
		u64 at = snapnand_physical(&flash->nand, off);

		if (at < *offset)
			start += mtd->erasesize;
		else if (at < end)
			size += mtd->erasesize;
	}
	*offset = start;
	*length = size;
	return size ? 0 : -EFBIG;
}

/**
 * snapcap_flash_health() - what is known of errors; zeros where there is no such thing
 * @flash: open
 * @health: result
 */
void snapcap_flash_health(const struct snapcap_flash *flash, struct snapcap_flash_health *health)
{
	const struct snapnand *nand = &flash->nand;

	memset(health, 0, sizeof(*health));
	if (!nand->ops)
		return;
	health->corrected_bits = min_t(u64, nand->counts.corrected_bits, U32_MAX);
	health->bad_blocks = snapnand_bad_blocks(nand);
	health->grown_blocks = nand->counts.grown;
}

/**
 * snapcap_flash_grew() - a take has failed: is a block to blame that can be done without?
 * @flash: open
 * @st: the take; its flash is replaced when so
 * @err: what the step returned
 *
 * Context: process context, sleeps.
 * Return: true: it is marked bad now, begin with snapstore_open() again
 */
bool snapcap_flash_grew(struct snapcap_flash *flash, struct snapstore *st, int err)
{
	if (!flash->nand.ops || !snapnand_grew(&flash->nand, st, err))
		return false;
	flash->store = snapnand_flash(&flash->nand);
	flash->store.sync = sync_nand;
	st->flash = flash->store;
	return true;
}
