// SPDX-License-Identifier: GPL-2.0-only
/*
 * The snapshot that this system came out of, on its MTD device: found by its
 * identity, because memory does not know the place that was chosen after it was
 * captured, and revoked. That is one programming step of eight bytes, which
 * flash takes without an erase; nothing else of a snapshot is ever written.
 */
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include "snapcap.h"

/**
 * snapcap_image_places() - where the snapshot of a take may begin
 * @s: that take, in the restored system
 * @slot_offset: where the loader found it
 * @place: SNAPCAP_IMAGE_PLACES offsets
 */
void snapcap_image_places(const struct snapcap_session *s, u64 slot_offset, u64 *place)
{
	u64 half = s->mtd->erasesize * div_u64(s->store.target_size / 2, s->mtd->erasesize);

	/* The loader counts from the start of its partition, which need not be this device. */
	place[0] = slot_offset;
	place[1] = s->store.target;
	place[2] = s->store.target + half;
	/* Where its partition is the target, that may be anywhere in it. */
	place[3] = s->store.target + slot_offset;
}

/**
 * snapcap_image_at() - is that snapshot there?
 * @r: how the device is read
 * @at: offset
 * @uuid: its identity
 * @img: result: its header
 *
 * Context: process context, sleeps; where a page is swapped in, too.
 * Return: 0; -ENOENT, -EIO, -ENOMEM
 */
int snapcap_image_at(const struct snapimg_reader *r, u64 at, const u8 *uuid, struct snapimg *img)
{
	struct snapcap_image_header *header;
	int ret;

	if (at > r->size || sizeof(*header) > r->size - at)
		return -ENOENT;
	header = kmalloc(sizeof(*header), GFP_NOIO);
	if (!header)
		return -ENOMEM;
	if (snapimg_head_read(r, at, 0, header, sizeof(*header)))
		ret = -EIO;
	else
		ret = snapimg_header_check(header, sizeof(*header), r->size - at, img) ||
		      memcmp(img->uuid, uuid, sizeof(img->uuid)) ? -ENOENT : 0;
	kfree(header);
	return ret;
}

/* Everywhere: where its place was not among those that it could have been at. */
static int search(const struct snapstore_flash *flash, const u8 *uuid, u64 *at)
{
	struct snapimg_slot *slot = kmalloc(sizeof(*slot), GFP_NOIO);
	u64 off = 0;
	int ret = -ENOENT;

	if (!slot)
		return -ENOMEM;
	while (ret && snapimg_slot_next(&flash->reader, flash->erase_size, &off, slot)) {
		if (memcmp(slot->img.uuid, uuid, sizeof(slot->img.uuid)))
			continue;
		*at = slot->offset;
		ret = 0;
	}
	kfree(slot);
	return ret;
}

/**
 * snapcap_image_find() - where is that snapshot?
 * @flash: device
 * @place: SNAPCAP_IMAGE_PLACES offsets at which it may begin
 * @uuid: its identity
 * @at: result: its offset
 *
 * Context: process context, the device resumed, sleeps.
 * Return: 0; -ENOENT, -EIO: a place could not be read, and it is at no other; -ENOMEM
 */
int snapcap_image_find(const struct snapstore_flash *flash, const u64 *place, const u8 *uuid,
		       u64 *at)
{
	struct snapimg *img = kmalloc(sizeof(*img), GFP_NOIO);
	int ret = -ENOENT;
	unsigned int i;

	if (!img)
		return -ENOMEM;
	for (i = 0; ret && i < SNAPCAP_IMAGE_PLACES; i++) {
		int err = snapcap_image_at(&flash->reader, place[i], uuid, img);

		/* That it is not in another place says less than that one cannot be read. */
		if (!err || ret == -ENOENT)
			ret = err;
		*at = place[i];
	}
	kfree(img);
	if (ret) {
		int err = search(flash, uuid, at);

		if (err != -ENOENT)
			ret = err;
	}
	return ret;
}

/**
 * snapcap_image_revoke() - never restore that snapshot again
 * @mtd: device
 * @place: as for snapcap_image_find()
 * @uuid: its identity: somebody may have written another one there meanwhile
 *
 * Context: process context, the device resumed, sleeps.
 * Return: 0; -ENOENT, -EIO, -ENOMEM, -EOPNOTSUPP
 */
int snapcap_image_revoke(struct mtd_info *mtd, const u64 *place, const u8 *uuid)
{
	struct snapcap_flash flash;
	u64 at = 0;
	int ret = snapcap_flash_open(&flash, mtd);

	if (!ret)
		ret = snapcap_image_find(&flash.store, place, uuid, &at);
	if (!ret && snapstore_revoke(&flash.store, at, NULL))
		ret = -EIO;
	if (!ret)
		mtd_sync(mtd);
	snapcap_flash_close(&flash);
	return ret;
}

static int forget_cached(struct device *dev, void *unused)
{
	struct block_device *bdev = dev_to_bdev(dev);

	/* A filesystem's: no MTD device is on top of it, and what it has cached is worth much. */
	if (!READ_ONCE(bdev->bd_super))
		invalidate_bdev(bdev);
	return 0;
}

/**
 * snapcap_forget_cached() - have an MTD device read what is there now
 * @mtd: device
 * @disk: any block device: the list of all hangs on it
 *
 * An MTD device on top of a block device reads through that one's page cache,
 * which memory brought back: it has what lay there before the snapshot was
 * written. Which block device that is, no interface tells; forgetting clean pages
 * of others costs them a read.
 *
 * Context: process context, sleeps.
 */
void snapcap_forget_cached(struct mtd_info *mtd, struct device *disk)
{
	/* What block2mtd makes is of this type; flash itself is on no block device. */
	if (mtd->type == MTD_RAM)
		class_for_each_device(disk->class, NULL, NULL, forget_cached);
}
