// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: reads of an MTD device that is there fail where they are told to, so that a
 * snapshot can be restored from it first. Loaded before a take, it is in the
 * restored system, too.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mtd/mtd.h>

static char *mtd = "snapshot";
module_param(mtd, charp, 0444);
MODULE_PARM_DESC(mtd, "name of the MTD device, or of a partition of it");

/* In the whole device, -1: off. */
static long fail_at = -1;
module_param(fail_at, long, 0644);
MODULE_PARM_DESC(fail_at, "a read that covers this byte fails");

static long flip_at = -1;
module_param(flip_at, long, 0644);
MODULE_PARM_DESC(flip_at, "this byte reads back with its lowest bit flipped");

static int times = -1;
module_param(times, int, 0644);
MODULE_PARM_DESC(times, "that often, -1: always");

static unsigned long faults;
module_param(faults, ulong, 0444);
MODULE_PARM_DESC(faults, "how often it was so far");

static struct mtd_info *part, *master;
static int (*real_read)(struct mtd_info *mtd, loff_t from, size_t len, size_t *retlen,
			u_char *buf);

static bool fault(loff_t from, size_t len, long at)
{
	int left = READ_ONCE(times);

	if (at < 0 || at < from || at - from >= len || !left)
		return false;
	if (left > 0)
		WRITE_ONCE(times, left - 1);
	faults++;
	return true;
}

static int bad_read(struct mtd_info *mtd, loff_t from, size_t len, size_t *retlen, u_char *buf)
{
	long flip = READ_ONCE(flip_at);
	int ret;

	*retlen = 0;
	if (fault(from, len, READ_ONCE(fail_at)))
		return -EIO;
	ret = real_read(mtd, from, len, retlen, buf);
	if (!ret && fault(from, len, flip))
		buf[flip - from] ^= 1;
	return ret;
}

static int __init badread_init(void)
{
	part = get_mtd_device_nm(mtd);
	if (IS_ERR(part))
		return PTR_ERR(part);
	master = mtd_get_master(part);
	if (!master->_read || master->_read_oob) {
		put_mtd_device(part);
		return -EOPNOTSUPP;
	}
	real_read = master->_read;
	WRITE_ONCE(master->_read, bad_read);
	return 0;
}

static void __exit badread_exit(void)
{
	WRITE_ONCE(master->_read, real_read);
	put_mtd_device(part);
}

module_init(badread_init);
module_exit(badread_exit);

MODULE_DESCRIPTION("Test of snapcap: reads that fail where they are told to");
MODULE_LICENSE("GPL");
