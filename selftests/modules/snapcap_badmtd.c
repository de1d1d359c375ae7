// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: an MTD device "badmtd" in memory, which fails where it is told to.
 *
 * Like NOR flash a write only clears bits, so that a write to a block that was
 * not erased shows in what is read back. An erase block takes memory from its
 * first write to its erase only: the device may be larger than the machine's
 * memory, and what it holds weighs little in a snapshot.
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

static unsigned long size = 64 << 20;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "bytes of the device");

static unsigned int erasesize = 128 << 10;
module_param(erasesize, uint, 0444);
MODULE_PARM_DESC(erasesize, "bytes of an erase block");

static unsigned int writesize = 1;
module_param(writesize, uint, 0444);
MODULE_PARM_DESC(writesize, "bytes of the smallest unit that can be written");

static unsigned int writebufsize = 64;
module_param(writebufsize, uint, 0444);
MODULE_PARM_DESC(writebufsize, "bytes of its write buffer");

static unsigned int boot_blocks;
module_param(boot_blocks, uint, 0444);
MODULE_PARM_DESC(boot_blocks, "so many small blocks in place of the first one, as chips for boot loaders have");

/* Offsets in the device, -1: off. */
static long fail_erase_at = -1;
module_param(fail_erase_at, long, 0644);
MODULE_PARM_DESC(fail_erase_at, "the erase of the block with this byte fails and leaves it as it was");

static long fail_write_at = -1;
module_param(fail_write_at, long, 0644);
MODULE_PARM_DESC(fail_write_at, "a write that covers this byte ends before it and fails");

static long fail_read_at = -1;
module_param(fail_read_at, long, 0644);
MODULE_PARM_DESC(fail_read_at, "a read that covers this byte fails");

static long flip_read_at = -1;
module_param(flip_read_at, long, 0644);
MODULE_PARM_DESC(flip_read_at, "this byte reads back with its lowest bit flipped");

static long locked_at = -1;
module_param(locked_at, long, 0644);
MODULE_PARM_DESC(locked_at, "the block with this byte says that it is locked");

static unsigned long erases;
module_param(erases, ulong, 0444);
MODULE_PARM_DESC(erases, "erase operations so far");

static unsigned long writes;
module_param(writes, ulong, 0444);
MODULE_PARM_DESC(writes, "write operations so far");

/* A block that was never written, or not since its erase, is NULL. */
static u8 **blocks;
static DEFINE_MUTEX(blocks_lock);

static struct mtd_info badmtd = {
	.name = "badmtd",
	.type = MTD_NORFLASH,
	.flags = MTD_CAP_NORFLASH,
	.owner = THIS_MODULE,
};

/* The small blocks, and the others. */
static struct mtd_erase_region_info regions[2];

static int set_readonly(const char *val, const struct kernel_param *kp)
{
	bool readonly;
	int ret = kstrtobool(val, &readonly);

	if (ret)
		return ret;
	if (readonly)
		badmtd.flags &= ~MTD_WRITEABLE;
	else
		badmtd.flags |= MTD_WRITEABLE;
	return 0;
}

static int get_readonly(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%c\n", badmtd.flags & MTD_WRITEABLE ? 'N' : 'Y');
}

static const struct kernel_param_ops readonly_ops = {
	.set = set_readonly,
	.get = get_readonly,
};
module_param_cb(readonly, &readonly_ops, NULL, 0644);
MODULE_PARM_DESC(readonly, "the device cannot be written to");

static int set_type(const char *val, const struct kernel_param *kp)
{
	if (sysfs_streq(val, "nor"))
		badmtd.type = MTD_NORFLASH;
	else if (sysfs_streq(val, "nand"))
		badmtd.type = MTD_NANDFLASH;
	else if (sysfs_streq(val, "ubi"))
		badmtd.type = MTD_UBIVOLUME;
	else
		return -EINVAL;
	return 0;
}

static int get_type(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", badmtd.type == MTD_NORFLASH ? "nor" :
				       badmtd.type == MTD_NANDFLASH ? "nand" : "ubi");
}

static const struct kernel_param_ops type_ops = {
	.set = set_type,
	.get = get_type,
};
module_param_cb(type, &type_ops, NULL, 0644);
MODULE_PARM_DESC(type, "what the device says it is: nor, nand, ubi");

static bool covers(loff_t off, size_t len, long at)
{
	return at >= 0 && at >= off && at - off < len;
}

/* The part of [@off, @off + @len) that lies in the block of @off. */
static size_t piece(loff_t off, size_t len, unsigned int *block, size_t *in_block)
{
	u32 rem;

	*block = div_u64_rem(off, erasesize, &rem);
	*in_block = rem;
	return min_t(size_t, len, erasesize - rem);
}

static int badmtd_erase(struct mtd_info *mtd, struct erase_info *instr)
{
	u64 end = instr->addr + instr->len, off;
	int ret = 0;

	/* In small blocks, too, those of a large one go together here. */
	if ((instr->addr | instr->len) & (erasesize - 1))
		return -EINVAL;
	mutex_lock(&blocks_lock);
	for (off = instr->addr; off < end; off += erasesize) {
		unsigned int block = div_u64(off, erasesize);

		erases++;
		if (covers(off, erasesize, READ_ONCE(fail_erase_at))) {
			instr->fail_addr = off;
			ret = -EIO;
			break;
		}
		vfree(blocks[block]);
		blocks[block] = NULL;
	}
	mutex_unlock(&blocks_lock);
	return ret;
}

static int badmtd_write(struct mtd_info *mtd, loff_t to, size_t len, size_t *retlen,
			const u_char *buf)
{
	long fail_at = READ_ONCE(fail_write_at);
	size_t part, i;
	int ret = 0;

	*retlen = 0;
	if ((to | len) & (writesize - 1))
		return -EINVAL;
	if (covers(to, len, fail_at)) {
		len = fail_at - to;
		ret = -EIO;
	}

	mutex_lock(&blocks_lock);
	writes++;
	for (; len; len -= part, to += part, buf += part) {
		unsigned int block;
		size_t at;

		part = piece(to, len, &block, &at);
		if (!blocks[block]) {
			blocks[block] = vmalloc(erasesize);
			if (!blocks[block]) {
				ret = -ENOMEM;
				break;
			}
			memset(blocks[block], 0xff, erasesize);
		}
		for (i = 0; i < part; i++)
			blocks[block][at + i] &= buf[i];
		*retlen += part;
	}
	mutex_unlock(&blocks_lock);
	return ret;
}

static int badmtd_read(struct mtd_info *mtd, loff_t from, size_t len, size_t *retlen, u_char *buf)
{
	long flip_at = READ_ONCE(flip_read_at);
	size_t done, part;

	*retlen = 0;
	if (covers(from, len, READ_ONCE(fail_read_at)))
		return -EIO;

	mutex_lock(&blocks_lock);
	for (done = 0; done < len; done += part) {
		unsigned int block;
		size_t at;

		part = piece(from + done, len - done, &block, &at);
		if (blocks[block])
			memcpy(buf + done, blocks[block] + at, part);
		else
			memset(buf + done, 0xff, part);
	}
	mutex_unlock(&blocks_lock);
	if (covers(from, len, flip_at))
		buf[flip_at - from] ^= 1;
	*retlen = len;
	return 0;
}

/* As drivers of status registers do: locked is what is locked from end to end. */
static int badmtd_is_locked(struct mtd_info *mtd, loff_t off, u64 len)
{
	return len <= erasesize && covers(off, len, READ_ONCE(locked_at));
}

static void set_regions(void)
{
	regions[0].erasesize = erasesize / boot_blocks;
	regions[0].numblocks = boot_blocks;
	regions[1].offset = erasesize;
	regions[1].erasesize = erasesize;
	regions[1].numblocks = size / erasesize - 1;
	badmtd.numeraseregions = ARRAY_SIZE(regions);
	badmtd.eraseregions = regions;
}

static int __init badmtd_init(void)
{
	int ret;

	if (!is_power_of_2(erasesize) || !is_power_of_2(writesize) || !size || size % erasesize ||
	    (boot_blocks && (!is_power_of_2(boot_blocks) || boot_blocks > erasesize / SZ_4K)))
		return -EINVAL;
	blocks = vzalloc(array_size(size / erasesize, sizeof(*blocks)));
	if (!blocks)
		return -ENOMEM;

	badmtd.size = size;
	badmtd.erasesize = erasesize;
	badmtd.writesize = writesize;
	badmtd.writebufsize = writebufsize;
	if (boot_blocks)
		set_regions();
	badmtd._erase = badmtd_erase;
	badmtd._write = badmtd_write;
	badmtd._read = badmtd_read;
	badmtd._is_locked = badmtd_is_locked;
	ret = mtd_device_register(&badmtd, NULL, 0);
	if (ret)
		vfree(blocks);
	return ret;
}

static void __exit badmtd_exit(void)
{
	unsigned long i;

	mtd_device_unregister(&badmtd);
	for (i = 0; i < size / erasesize; i++)
		vfree(blocks[i]);
	vfree(blocks);
}

module_init(badmtd_init);
module_exit(badmtd_exit);

MODULE_DESCRIPTION("Test of snapcap: MTD device that fails where it is told to");
MODULE_LICENSE("GPL");
