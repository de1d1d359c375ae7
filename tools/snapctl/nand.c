// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole pages and blocks, each by the ioctl that tells what the error correction did.
 * read() does not: it returns what cannot be corrected as if it were good.
 */
#include <errno.h>
#include <mtd/mtd-user.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "nand.h"

static int read_area(const struct nand *nand, u64 off, void *buf, size_t size,
		     struct mtd_read_req *req)
{
	*req = (struct mtd_read_req){
		.start = nand->base + off, .len = size, .usr_data = (uintptr_t)buf,
		.mode = MTD_OPS_PLACE_OOB,
	};
	return ioctl(nand->fd, MEMREAD, req) ? -errno : 0;
}

static int read_page(void *ctx, u64 off, void *buf)
{
	const struct nand *nand = ctx;
	struct mtd_read_req req;
	int ret = read_area(nand, off, buf, nand->lib.page_size, &req);

	return ret && ret != -EUCLEAN ? ret : (int)(req.ecc_stats.corrected_bitflips & INT32_MAX);
}

static int program_page(void *ctx, u64 off, const void *data)
{
	const struct nand *nand = ctx;
	struct mtd_write_req req = {
		.start = nand->base + off, .len = nand->lib.page_size, .usr_data = (uintptr_t)data,
		.mode = MTD_OPS_PLACE_OOB,
	};

	return ioctl(nand->fd, MEMWRITE, &req) ? -errno : 0;
}

static int block_is_bad(void *ctx, u64 off)
{
	const struct nand *nand = ctx;
	__u64 at = nand->base + off;

	return ioctl(nand->fd, MEMGETBADBLOCK, &at);
}

/* Nothing is erased through it, and no block is found to be bad. */
static const struct snapnand_ops ops = {
	.read_page = read_page,
	.program_page = program_page,
	.block_is_bad = block_is_bad,
};

/* Linux before 6.1 has no such ioctl. */
static int check_kernel(const struct nand *nand)
{
	struct mtd_read_req req;
	u8 nothing;

	return read_area(nand, 0, &nothing, 0, &req);
}

int nand_open(const struct nand_area *area, struct nand **result)
{
	struct nand *nand = calloc(1, sizeof(*nand));
	u64 blocks = area->block_size ? area->size / area->block_size : 0;
	int ret;

	if (!nand)
		return -ENOMEM;
	nand->fd = area->fd;
	nand->base = area->base;
	nand->lib.ops = &ops;
	nand->lib.ctx = nand;
	nand->lib.page_size = area->page_size;
	nand->lib.block_size = area->block_size;
	nand->lib.size = area->size;
	nand->lib.bad_size = (size_t)SNAPNAND_BITMAP(blocks);
	nand->lib.bad = calloc(1, nand->lib.bad_size);
	nand->lib.buf = calloc(2, area->page_size);
	ret = nand->lib.bad && nand->lib.buf ? check_kernel(nand) : -ENOMEM;
	if (!ret && snapnand_open(&nand->lib))
		ret = -EINVAL;
	if (ret) {
		nand_close(nand);
		return ret;
	}
	nand->store = snapnand_flash(&nand->lib);
	*result = nand;
	return 0;
}

void nand_close(struct nand *nand)
{
	if (!nand)
		return;
	free(nand->lib.bad);
	free(nand->lib.buf);
	free(nand);
}
