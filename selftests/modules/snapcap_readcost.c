// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: what a read of paged-out pages must cost at the least, an MTD read of their
 * bytes and the decompression of these. Reads the chunks of a snapshot in an order far
 * from that on flash, when it is loaded; loading fails so that it never stays.
 */
#include <linux/ktime.h>
#include <linux/lz4.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mtd/mtd.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/snapcap_image.h>

static char *mtd = "snapshot";
module_param(mtd, charp, 0444);
MODULE_PARM_DESC(mtd, "name of the MTD device");

static ulong table;
module_param(table, ulong, 0444);
MODULE_PARM_DESC(table, "offset of the PAGEABLE_CHUNKS section in it");

static ulong data;
module_param(data, ulong, 0444);
MODULE_PARM_DESC(data, "offset of the PAGEABLE_DATA section in it");

static ulong chunks;
module_param(chunks, ulong, 0444);
MODULE_PARM_DESC(chunks, "entries of the table");

static ulong reads = 2000;
module_param(reads, ulong, 0444);
MODULE_PARM_DESC(reads, "how many of them are read");

static u64 read_ns, unpack_ns, bytes;

static int one(struct mtd_info *dev, const struct snapcap_chunk *chunk, u8 *page)
{
	size_t len = le32_to_cpu(chunk->stored_size), done = 0;
	u64 start = ktime_get_ns(), between;
	u8 *buf;
	int ret;

	if (!len || len > PAGE_SIZE)
		return -EINVAL;
	buf = kmalloc(len, GFP_NOIO);
	if (!buf)
		return -ENOMEM;
	ret = mtd_read(dev, data + le64_to_cpu(chunk->offset), len, &done, buf);
	between = ktime_get_ns();
	if (!ret && le16_to_cpu(chunk->codec) == SNAPCAP_CODEC_LZ4) {
		if (LZ4_decompress_safe(buf, page, len, PAGE_SIZE) != PAGE_SIZE)
			ret = -EIO;
	} else if (!ret) {
		memcpy(page, buf, len);
	}
	kfree(buf);
	read_ns += between - start;
	unpack_ns += ktime_get_ns() - between;
	bytes += len;
	return ret;
}

static int measure(struct mtd_info *dev)
{
	/* A prime: all are met before one is met twice. */
	const unsigned long step = 7919;
	size_t size = array_size(chunks, sizeof(struct snapcap_chunk)), done = 0;
	struct snapcap_chunk *entry = vmalloc(size);
	u8 *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned long i;
	int ret = -ENOMEM;

	if (!entry || !page || !chunks)
		goto out;
	ret = mtd_read(dev, table, size, &done, (u8 *)entry);
	for (i = 0; !ret && i < reads; i++) {
		ret = one(dev, &entry[i * step % chunks], page);
		cond_resched();
	}
out:
	kfree(page);
	vfree(entry);
	return ret;
}

static int __init readcost_init(void)
{
	struct mtd_info *dev = get_mtd_device_nm(mtd);
	int ret;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ret = measure(dev);
	put_mtd_device(dev);
	if (ret)
		return ret;
	pr_info("snapcap_readcost: reads %lu bytes %llu read_ns %llu unpack_ns %llu\n", reads, bytes,
		read_ns, unpack_ns);
	return -ECANCELED;
}

module_init(readcost_init);

MODULE_DESCRIPTION("Test of snapcap: cost of MTD reads and decompression");
MODULE_LICENSE("GPL");
