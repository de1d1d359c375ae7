// SPDX-License-Identifier: GPL-2.0-only
/*
 * The block device in front of the store: whole pages, done when submitted.
 * Linux swaps to it; that it also can be read and written like any other is
 * for mkswap.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include "pager.h"

#define SECTORS_PER_PAGE	(PAGE_SIZE >> SECTOR_SHIFT)

static void do_bio(struct bio *bio)
{
	unsigned long index = bio->bi_iter.bi_sector / SECTORS_PER_PAGE;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		int ret = 0;

		/* The queue's limits say whole pages; this is what relies on it. */
		if (bv.bv_len != PAGE_SIZE || bv.bv_offset || index >= pager.slot_count) {
			bio_io_error(bio);
			return;
		}
		if (op_is_write(bio_op(bio))) {
			ret = pager_store_write(index, bv.bv_page);
		} else {
			ret = pager_store_read(index, bv.bv_page);
			flush_dcache_page(bv.bv_page);
			if (!ret)
				pager_hot_add(index, bv.bv_page);
		}
		if (ret) {
			bio->bi_status = errno_to_blk_status(ret);
			break;
		}
		index++;
	}
	bio_endio(bio);
}

static void disk_submit_bio(struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		do_bio(bio);
		break;
	default:
		bio->bi_status = BLK_STS_NOTSUPP;
		bio_endio(bio);
	}
}

/*
 * Its presence tells Linux 6.1 that this device is done when submitted, so that
 * exactly the page that is touched is read, with no read-ahead. I/O itself comes
 * as bios, which know how to report an error.
 */
static int disk_rw_page(struct block_device *bdev, sector_t sector, struct page *page,
			enum req_op op)
{
	return -EOPNOTSUPP;
}

static void disk_slot_free_notify(struct block_device *bdev, unsigned long index)
{
	if (index < pager.slot_count)
		pager_store_free(index);
}

/* Going away: nobody may open it any more. Under the disk's open_mutex. */
static bool closing;

static int disk_open(struct block_device *bdev, fmode_t mode)
{
	return closing ? -EBUSY : 0;
}

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
	.open = disk_open,
	.submit_bio = disk_submit_bio,
	.rw_page = disk_rw_page,
	.swap_slot_free_notify = disk_slot_free_notify,
};

/**
 * pager_disk_close() - may the device be taken away?
 *
 * Context: process context, sleeps.
 * Return: true: nobody has it open, nor can any more; pager_disk_open() undoes it
 */
bool pager_disk_close(void)
{
	struct gendisk *disk = pager.disk;

	mutex_lock(&disk->open_mutex);
	closing = !disk_openers(disk);
	mutex_unlock(&disk->open_mutex);
	return closing;
}

/** pager_disk_init() - the block device of a store; process context, sleeps; 0 or -errno */
int pager_disk_init(void)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);
	int ret;

	if (!disk)
		return -ENOMEM;
	closing = false;
	/* Parts of a page would have to be put together. */
	blk_queue_logical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_physical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_dma_alignment(disk->queue, PAGE_SIZE - 1);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_flag_clear(QUEUE_FLAG_ADD_RANDOM, disk->queue);
	/* What is being compressed must not change. */
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, disk->queue);
	disk->flags |= GENHD_FL_NO_PART;
	disk->fops = &disk_ops;
	strscpy(disk->disk_name, SNAPCAP_PAGER_DISK, sizeof(disk->disk_name));
	set_capacity(disk, pager.slot_count * SECTORS_PER_PAGE);
	pager.disk = disk;

	ret = add_disk(disk);
	if (ret) {
		put_disk(disk);
		pager.disk = NULL;
	}
	return ret;
}

/** pager_disk_exit() - undo pager_disk_init(); process context, sleeps */
void pager_disk_exit(void)
{
	del_gendisk(pager.disk);
	put_disk(pager.disk);
	pager.disk = NULL;
}
