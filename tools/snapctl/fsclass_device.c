// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in use without a mount that can be seen: block devices and raw flash that somebody
 * writes to, block devices that the kernel holds, UBI, and jffs2. What a mount explains has
 * an entry already.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <linux/snapcap.h>

#include "blockdev.h"
#include "fsclass_look.h"
#include "fsprobe.h"
#include "jffs2.h"
#include "ubi.h"

static bool is_ours(const struct blockdev *b)
{
	return !strcmp(b->name, SNAPCAP_PAGER_DISK);
}

static bool is_judged(const struct look *look, dev_t dev)
{
	for (size_t i = 0; i < look->table->count; i++)
		if (look->table->entry[i].dev == dev)
			return true;
	/* Also one that several filesystems of a namespace share. */
	return mounts_find_device(&look->mounts, dev) != NULL;
}

static struct fsclass_entry *new_device(struct look *look, const struct blockdev *b)
{
	struct fsclass_entry *e = fsclass_new_entry(look);

	if (!e)
		return NULL;
	e->kind = FSCLASS_DEVICE;
	e->class = FSCLASS_REFUSED;
	snprintf(e->where, sizeof(e->where), "/dev/%s", b->name);
	strcpy(e->type, "device");
	snprintf(e->device, sizeof(e->device), "%s", b->name);
	e->dev = b->dev;
	return e;
}

static void refuse_writer(struct fsclass_entry *e, struct holders_writer *writer)
{
	e->holders = writer->by;
	writer->by = (struct holders){ NULL, 0 };
	fsclass_why(e, "open for writing, past all filesystems");
	fsclass_advise(e, "have that process close it, or stop it");
}

static struct fsclass_entry *new_flash(struct look *look, int mtd, const char *type)
{
	struct fsclass_entry *e = fsclass_new_entry(look);

	if (!e)
		return NULL;
	e->kind = FSCLASS_DEVICE;
	e->class = FSCLASS_REFUSED;
	snprintf(e->where, sizeof(e->where), "/dev/mtd%d", mtd);
	snprintf(e->type, sizeof(e->type), "%s", type);
	snprintf(e->device, sizeof(e->device), "mtd%d", mtd);
	e->mtd = mtd;
	return e;
}

static int judge_mtd_writer(struct look *look, struct holders_writer *writer)
{
	unsigned int mtd = minor(writer->dev) / 2;
	struct fsclass_entry *e;

	if (!blockdev_mtd_writable(mtd))
		return 0;
	e = new_flash(look, (int)mtd, "device");
	if (!e)
		return -ENOMEM;
	refuse_writer(e, writer);
	return 0;
}

int fsclass_judge_writers(struct look *look)
{
	struct holders_writer *writers;
	int count = holders_writers(&writers), ret = 0;

	if (count < 0)
		return count;
	for (int i = 0; !ret && i < count; i++) {
		struct fsclass_entry *e;
		struct blockdev b;
		char name[160];

		if (writers[i].mtd) {
			ret = judge_mtd_writer(look, &writers[i]);
			continue;
		}
		if (blockdev_get(writers[i].dev, &b))
			snprintf(b.name, sizeof(b.name), "device %u:%u", major(writers[i].dev),
				 minor(writers[i].dev));
		else if (b.read_only || is_ours(&b) ||
			 fsclass_beneath(look, b.dev, name, sizeof(name), 0) == BENEATH_VOLATILE)
			continue;
		e = new_device(look, &b);
		if (!e) {
			ret = -ENOMEM;
			break;
		}
		e->dev = writers[i].dev;
		refuse_writer(e, &writers[i]);
	}
	holders_writers_free(writers, count);
	return ret;
}

/* A loop device keeps its file's filesystem from being unmounted, mounted or not. */
static int judge_loop(struct look *look, const struct blockdev *b)
{
	struct fsclass_entry *e;
	char name[160];

	if (look->once || is_judged(look, b->dev) ||
	    fsclass_beneath_loop(look, b, name, sizeof(name), 0) != BENEATH_PERSISTENT)
		return 0;
	e = new_device(look, b);
	if (!e)
		return -ENOMEM;
	fsclass_why(e, "%s, which is unmounted for the take", name);
	fsclass_advise(e, "detach it (losetup -d /dev/%s)", b->name);
	return 0;
}

/* Somebody in the kernel has it, but no mount that can be seen, and no other device. */
static int judge_claimed(struct look *look, const struct blockdev *b)
{
	struct fsclass_entry *e;
	bool never_written;
	char type[64];

	if (!b->bytes || b->in_memory || b->loop || b->held || b->partitioned || is_ours(b) ||
	    is_judged(look, b->dev) || !blockdev_claimed(b) || blockdev_is_mtd(b))
		return 0;
	blockdev_filesystem(b, type, sizeof(type));
	e = new_device(look, b);
	if (!e)
		return -ENOMEM;
	never_written = fsprobe_never_written(type);
	if (never_written || b->read_only) {
		snprintf(e->type, sizeof(e->type), "%s", *type ? type : "device");
		e->class = FSCLASS_IMMUTABLE;
		fsclass_why(e, "in use where it cannot be seen; %s",
			    never_written ? "immutable by its format" : "read-only itself");
		return 0;
	}
	fsclass_why(e, "in use where it cannot be seen: a hidden or detached mount, or a driver");
	fsclass_advise(e, "end what uses it; a mount of the initrd must be moved to where it can "
		       "be seen");
	return 0;
}

int fsclass_judge_devices(struct look *look)
{
	dev_t *devs;
	int count = blockdev_list(&devs), ret = 0;

	for (int i = 0; !ret && i < count; i++) {
		struct blockdev b;

		if (blockdev_get(devs[i], &b))
			continue;
		if (b.loop && !b.partition && b.bytes)
			ret = judge_loop(look, &b);
		if (!ret)
			ret = judge_claimed(look, &b);
	}
	free(devs);
	return count < 0 ? count : ret;
}

/* Of a UBI device: is there a mount, and are all listed, and so unmounted? */
static bool ubi_is_listed(const struct look *look, unsigned int ubi)
{
	bool mounted = false;

	if (look->once)
		return false;
	for (size_t i = 0; i < look->mounts.count; i++) {
		const struct mount_entry *m = &look->mounts.mount[i];
		int number;

		if (strcmp(m->type, "ubifs"))
			continue;
		number = ubi_of_source(m->source);
		/* One that does not tell where it is may be on this. */
		if (number < 0)
			return false;
		if (number != (int)ubi)
			continue;
		if (!fsclass_is_listed(look, m) && !(m->ns && fsclass_follows_listed(look, m)))
			return false;
		mounted = true;
	}
	return mounted;
}

/*
 * Which block is where is in its memory: in a restored system, that of another time. So it
 * is detached for the take, which it can be when nothing but listed mounts uses it.
 */
static int judge_one_ubi(struct look *look, unsigned int ubi, int mtd)
{
	struct fsclass_entry *e = new_flash(look, mtd, "ubi");
	char made[64];
	int ret;

	if (!e)
		return -ENOMEM;
	snprintf(e->where, sizeof(e->where), "/dev/ubi%u", ubi);
	ret = ubi_holders(ubi, &e->holders);
	if (ret)
		return ret;
	if (!look->once && ubi_made_into(ubi, made, sizeof(made))) {
		fsclass_why(e, "%s is made of it, and would be gone when it is detached", made);
		fsclass_advise(e, "have that on a UBI device of its own, on an MTD partition that "
			       "is read-only, or remove it (ubiblock --remove)");
	} else if (!look->once && e->holders.count) {
		fsclass_why(e, "a volume of it is open, past all filesystems");
		fsclass_advise(e, "have that process close it, or stop it");
	} else if (ubi_is_listed(look, ubi)) {
		e->class = FSCLASS_PERSISTENT;
		fsclass_why(e, "all that is mounted of it is listed in " CONF_PATH
			    ": detached for the take");
	} else {
		fsclass_why(e, "attached to an MTD device that can be written");
		fsclass_advise(e, "%sdetach it (ubidetach -d %u), or attach an MTD partition that "
			       "is read-only",
			       look->once ? "" : "list its mounts in " CONF_PATH ", ", ubi);
	}
	return 0;
}

int fsclass_judge_ubi(struct look *look)
{
	int ret = 0;

	for (unsigned int ubi = 0; !ret && ubi < UBI_COUNT_MAX; ubi++)
		if (fsclass_ubi_writable(ubi))
			ret = judge_one_ubi(look, ubi, blockdev_ubi_mtd(ubi));
	return ret;
}

/* It has no block device that it would claim, but a thread of the kernel. */
int fsclass_judge_jffs2(struct look *look)
{
	unsigned int *mtds;
	int count = jffs2_list(&mtds), ret = count < 0 ? count : 0;

	for (int i = 0; !ret && i < count; i++) {
		struct fsclass_entry *e;

		if (mounts_find_device(&look->mounts, makedev(BLOCKDEV_MAJOR_MTD, mtds[i])))
			continue;
		e = new_flash(look, (int)mtds[i], "jffs2");
		if (!e) {
			ret = -ENOMEM;
			break;
		}
		fsclass_why(e, "mounted where it cannot be seen, or detached but alive");
		fsclass_advise(e, "end what uses it; a mount of the initrd must be moved to where "
			       "it can be seen");
	}
	free(mtds);
	return ret;
}
