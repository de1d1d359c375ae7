// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that a restored system counts on. What was read of each before the
 * take is in memory, and comes back with it; before any task runs it is read
 * again. A device that is not the same any more ends the restored system, which
 * has not written to one yet: the machine starts again, cold.
 *
 * Always from the device itself: the page cache is that of the take. One
 * implementation reads at both times, so that they cannot disagree.
 */
#include <crypto/blake2s.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/reboot.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "snapcap.h"

/* Who serves a device may be frozen or gone: no restore waits for it for ever. */
#define READ_TIMEOUT	(30 * HZ)
/* Read at once, where there is memory for it; else a page. */
#define READ_ORDER	3

static DEFINE_MUTEX(watched_lock);
static struct snapcap_fingerprint *watched;
static u32 watched_count;
static u64 check_ns;

/* An open device. */
struct source {
	struct block_device *bdev;
	struct mtd_info *mtd;
	u64 bytes;
	u32 align;
	u32 chunk;
};

/* One read of a block device; its end may come when nobody waits any more. */
struct block_read {
	refcount_t users;
	struct completion done;
	struct page *page;
	unsigned int order;
	int error;
};

/* Tasks are frozen: there is nobody who could make room. */
static struct page *get_pages(unsigned int order)
{
	return alloc_pages(GFP_NOIO | (order ? __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY : 0),
			   order);
}

static void put_read(struct block_read *read)
{
	if (!refcount_dec_and_test(&read->users))
		return;
	__free_pages(read->page, read->order);
	kfree(read);
}

static void end_read(struct bio *bio)
{
	struct block_read *read = bio->bi_private;

	read->error = blk_status_to_errno(bio->bi_status);
	bio_put(bio);
	complete(&read->done);
	put_read(read);
}

/* At most 2^READ_ORDER pages, aligned to blocks. */
static int read_block(struct block_device *bdev, u64 at, void *buf, size_t len)
{
	struct block_read *read = kzalloc(sizeof(*read), GFP_NOIO);
	struct bio *bio;
	int ret = -EIO;

	if (!read)
		return -ENOMEM;
	read->order = get_order(len);
	read->page = get_pages(read->order);
	if (!read->page) {
		kfree(read);
		return -ENOMEM;
	}
	refcount_set(&read->users, 2);
	init_completion(&read->done);
	bio = bio_alloc(bdev, 1, REQ_OP_READ | REQ_SYNC, GFP_NOIO);
	bio->bi_iter.bi_sector = at >> SECTOR_SHIFT;
	bio->bi_private = read;
	bio->bi_end_io = end_read;
	__bio_add_page(bio, read->page, len, 0);
	submit_bio(bio);
	if (wait_for_completion_io_timeout(&read->done, READ_TIMEOUT))
		ret = read->error;
	if (!ret)
		memcpy(buf, page_address(read->page), len);
	put_read(read);
	return ret;
}

static int read_mtd(struct mtd_info *mtd, u64 at, void *buf, size_t len)
{
	size_t done = 0;
	int ret = mtd_read(mtd, at, len, &done, buf);

	/* Corrected bit flips are a success. */
	return (!ret || mtd_is_bitflip(ret)) && done == len ? 0 : -EIO;
}

static int open_source(const struct snapcap_fingerprint *f, struct source *source)
{
	memset(source, 0, sizeof(*source));
	if (f->kind == SNAPCAP_FINGERPRINT_MTD) {
		source->mtd = get_mtd_device(NULL, f->minor);
		if (IS_ERR(source->mtd))
			return -ENXIO;
		source->bytes = source->mtd->size;
		source->align = 1;
		return 0;
	}
	source->bdev = blkdev_get_by_dev(MKDEV(f->major, f->minor), FMODE_READ, NULL);
	if (IS_ERR(source->bdev))
		return -ENXIO;
	source->bytes = bdev_nr_bytes(source->bdev);
	source->align = bdev_logical_block_size(source->bdev);
	return source->align <= PAGE_SIZE ? 0 : -EOPNOTSUPP;
}

static void close_source(struct source *source)
{
	if (!IS_ERR_OR_NULL(source->mtd))
		put_mtd_device(source->mtd);
	if (!IS_ERR_OR_NULL(source->bdev))
		blkdev_put(source->bdev, FMODE_READ);
}

static int hash_range(struct source *source, const struct snapcap_fingerprint_range *range,
		      void *buf, struct blake2s_state *hash)
{
	u64 at = range->offset, end = range->offset + range->length;

	while (at < end) {
		/* Up to the next chunk, whole blocks, of which a part may not count. */
		u64 start = round_down(at, source->align);
		u64 stop = min(round_down(start, source->chunk) + source->chunk,
			       round_up(end, source->align));
		size_t len = stop - start;
		int ret = source->mtd ? read_mtd(source->mtd, start, buf, len) :
			  read_block(source->bdev, start, buf, len);

		if (ret == -ENOMEM && source->chunk > PAGE_SIZE) {
			source->chunk = PAGE_SIZE;
			continue;
		}
		if (ret)
			return ret;
		blake2s_update(hash, buf + (at - start), min(stop, end) - at);
		at = min(stop, end);
		cond_resched();
	}
	return 0;
}

/*
 * Read what is watched of a device: fills in @bytes and @hash.
 *
 * Return: 0; -ENXIO: no such device; -EINVAL: a range that is not in it; -EIO,
 * -EOPNOTSUPP, -ENOMEM
 */
static int read_device(const struct snapcap_fingerprint *f, u64 *bytes, u8 *digest)
{
	unsigned int order = READ_ORDER;
	struct page *page = get_pages(order);
	struct blake2s_state hash;
	struct source source;
	void *buf;
	u32 i;
	int ret;

	if (!page) {
		order = 0;
		page = get_pages(order);
	}
	if (!page)
		return -ENOMEM;
	buf = page_address(page);
	blake2s_init(&hash, SNAPCAP_FINGERPRINT_HASH_SIZE);
	ret = open_source(f, &source);
	source.chunk = PAGE_SIZE << order;
	for (i = 0; !ret && i < f->range_count; i++) {
		const struct snapcap_fingerprint_range *range = &f->range[i];

		if (range->offset > source.bytes || range->length > source.bytes - range->offset)
			ret = -EINVAL;
		else
			ret = hash_range(&source, range, buf, &hash);
	}
	*bytes = source.bytes;
	blake2s_final(&hash, digest);
	close_source(&source);
	__free_pages(page, order);
	return ret;
}

/* Read a device again: sets and returns its state, SNAPCAP_FINGERPRINT_*. */
static u32 check_device(struct snapcap_fingerprint *f)
{
	u8 digest[SNAPCAP_FINGERPRINT_HASH_SIZE];
	u64 bytes;
	int ret = read_device(f, &bytes, digest);

	/* Too small for a range by now. */
	if (ret == -EINVAL)
		f->state = SNAPCAP_FINGERPRINT_CHANGED;
	else if (ret)
		f->state = SNAPCAP_FINGERPRINT_UNREADABLE;
	else if (bytes != f->bytes || memcmp(digest, f->hash, sizeof(digest)))
		f->state = SNAPCAP_FINGERPRINT_CHANGED;
	else
		f->state = SNAPCAP_FINGERPRINT_SAME;
	return f->state;
}

static bool name_is_good(const struct snapcap_fingerprint *f)
{
	size_t i, len = strnlen(f->name, sizeof(f->name));

	if (!len || len == sizeof(f->name) || memchr_inv(f->name + len, 0, sizeof(f->name) - len))
		return false;
	for (i = 0; i < len; i++)
		if (!isascii(f->name[i]) || !isprint(f->name[i]))
			return false;
	return true;
}

/* Return: 0, -EINVAL, -E2BIG, -EOPNOTSUPP; @total: bytes of all ranges so far */
static int check_entry(const struct snapcap_fingerprint *f, u64 *total)
{
	u32 i;

	if ((f->kind != SNAPCAP_FINGERPRINT_BLOCK && f->kind != SNAPCAP_FINGERPRINT_MTD) ||
	    (f->policy != SNAPCAP_FINGERPRINT_IMMUTABLE &&
	     f->policy != SNAPCAP_FINGERPRINT_IDENTITY) ||
	    !f->range_count || f->range_count > SNAPCAP_FINGERPRINT_RANGES || f->state ||
	    f->bytes || memchr_inv(f->hash, 0, sizeof(f->hash)) || !name_is_good(f))
		return -EINVAL;
	if (f->kind == SNAPCAP_FINGERPRINT_MTD ? f->major || f->minor > INT_MAX :
	    f->major >> (32 - MINORBITS) || f->minor >> MINORBITS)
		return -EINVAL;
	/* Its requests are served by a work queue that stands still before the thaw. */
	if (f->kind == SNAPCAP_FINGERPRINT_BLOCK && f->major == LOOP_MAJOR)
		return -EOPNOTSUPP;
	for (i = 0; i < f->range_count; i++) {
		u64 end;

		if (!f->range[i].length ||
		    check_add_overflow(f->range[i].offset, f->range[i].length, &end))
			return -EINVAL;
		if (f->range[i].length > SNAPCAP_FINGERPRINT_BYTES_MAX - *total)
			return -E2BIG;
		*total += f->range[i].length;
	}
	if (memchr_inv(&f->range[i], 0, sizeof(f->range[0]) * (SNAPCAP_FINGERPRINT_RANGES - i)))
		return -EINVAL;
	return 0;
}

/* @arg->total counts the good ones. */
static int read_all(struct snapcap_fingerprint *list, struct snapcap_fingerprints *arg)
{
	u64 total = 0;
	int ret = 0;

	for (arg->total = 0; arg->total < arg->count; arg->total++) {
		struct snapcap_fingerprint *f = &list[arg->total];

		/* Also the freezer's, which then restarts the call. */
		if (signal_pending(current))
			return -ERESTARTSYS;
		ret = check_entry(f, &total);
		if (!ret)
			ret = read_device(f, &f->bytes, f->hash);
		if (ret)
			return ret;
		f->state = SNAPCAP_FINGERPRINT_NOTED;
	}
	return 0;
}

static int set_watched(struct snapcap_fingerprints *arg)
{
	struct snapcap_fingerprint *list = NULL;
	int ret;

	if (arg->count > SNAPCAP_FINGERPRINTS_MAX)
		return -E2BIG;
	if (arg->count) {
		list = memdup_user(u64_to_user_ptr(arg->entries),
				   array_size(arg->count, sizeof(*list)));
		if (IS_ERR(list))
			return PTR_ERR(list);
	}
	ret = read_all(list, arg);
	if (!ret) {
		mutex_lock(&watched_lock);
		swap(watched, list);
		watched_count = arg->count;
		check_ns = 0;
		mutex_unlock(&watched_lock);
	}
	kfree(list);
	return ret;
}

static int check_all(void)
{
	u64 start = ktime_get_ns();
	u32 i;

	for (i = 0; i < watched_count; i++) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		check_device(&watched[i]);
	}
	check_ns = ktime_get_ns() - start;
	return 0;
}

static int get_watched(struct snapcap_fingerprints *arg)
{
	struct snapcap_fingerprint *list;
	int ret = 0;

	if (mutex_lock_interruptible(&watched_lock))
		return -ERESTARTSYS;
	if (arg->op == SNAPCAP_FINGERPRINT_CHECK)
		ret = check_all();
	arg->count = min(arg->count, watched_count);
	arg->total = watched_count;
	arg->ns = check_ns;
	/* Copied to user space without the lock: a fault there may wait for anything. */
	list = kmemdup(watched, array_size(arg->count, sizeof(*list)), GFP_KERNEL);
	mutex_unlock(&watched_lock);
	if (!ret && arg->count && !list)
		ret = -ENOMEM;
	if (!ret && arg->count && copy_to_user(u64_to_user_ptr(arg->entries), list,
					       array_size(arg->count, sizeof(*list))))
		ret = -EFAULT;
	kfree(list);
	return ret;
}

/**
 * snapcap_fingerprint() - SNAPCAP_IOC_FINGERPRINT
 * @arg: argument, whose size, operation and reserved fields are right; filled in
 *
 * Context: process context, sleeps.
 * Return: 0 or an error of the ioctl
 */
int snapcap_fingerprint(struct snapcap_fingerprints *arg)
{
	arg->ns = 0;
	return arg->op == SNAPCAP_FINGERPRINT_SET ? set_watched(arg) : get_watched(arg);
}

/** snapcap_fingerprint_exit() - watch nothing any more */
void snapcap_fingerprint_exit(void)
{
	kfree(watched);
	watched = NULL;
	watched_count = 0;
}

/* An MTD device on a block device would not see the snapshot that was written there. */
static void forget_cached(struct mtd_info *mtd)
{
	struct source source;
	u32 i;

	for (i = 0; i < watched_count; i++) {
		if (watched[i].kind != SNAPCAP_FINGERPRINT_BLOCK)
			continue;
		if (!open_source(&watched[i], &source))
			snapcap_forget_cached(mtd, &source.bdev->bd_device);
		close_source(&source);
		return;
	}
}

static void revoke(struct snapcap_session *s)
{
	u64 place[SNAPCAP_IMAGE_PLACES];

	forget_cached(s->mtd);
	snapcap_image_places(s, snapcap_stub_slot_offset(), place);
	/* If not, each power-on finds it out anew. */
	if (snapcap_image_revoke(s->mtd, place, s->img.uuid))
		pr_err("snapcap: the snapshot could not be revoked: use snapctl drop\n");
}

static const char *what_happened(const struct snapcap_fingerprint *f)
{
	if (f->state == SNAPCAP_FINGERPRINT_UNREADABLE)
		return "cannot be read any more";
	if (f->policy == SNAPCAP_FINGERPRINT_IDENTITY)
		return "is not the device that it was when the snapshot was taken";
	return "was changed since the snapshot was taken";
}

/**
 * snapcap_fingerprint_restored() - are the devices what they were?
 * @s: the take that this system came out of
 *
 * Does not return when one is not. Memory holds what was there before: all that is
 * left to do is to see that this does not come back, and to go without a write
 * to a disk. That rules out an orderly restart, in which drivers may flush caches.
 *
 * Context: process context, devices resumed, tasks frozen, sleeps.
 */
void snapcap_fingerprint_restored(struct snapcap_session *s)
{
	u64 start = ktime_get_ns();
	u32 i;

	for (i = 0; i < watched_count; i++) {
		struct snapcap_fingerprint *f = &watched[i];

		if (check_device(f) == SNAPCAP_FINGERPRINT_SAME)
			continue;
		pr_emerg("snapcap: %s %s: cold boot\n", f->name, what_happened(f));
		revoke(s);
		snapcap_stub_changed(f->name);
		emergency_restart();
	}
	check_ns = ktime_get_ns() - start;
	snapcap_timeline_add(SNAPCAP_EVENT_CHECKED);
}
