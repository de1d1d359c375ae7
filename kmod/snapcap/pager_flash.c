// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's ReadSnapshot: in a restored system, pages that the loader left on
 * flash. Each is read by itself when somebody touches it, verified, and
 * unpacked; nothing of the snapshot is ever written, but for the eight bytes
 * that revoke it when it turns out to be damaged, so that the next power-on
 * does not come back to it.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "pager.h"

/* Before a page is given up. */
#define READ_TRIES	3
#define RETRY_MS	2
/* Pages that the background fill reads between two rests. */
#define FILL_STEP	64
#define FILL_REST_MS	1

static struct task_struct *fill_task;
static bool fill_done;
static DECLARE_WAIT_QUEUE_HEAD(fill_wait);
/* Readers of the flash against who lets go of it. */
static DECLARE_RWSEM(flash_sem);
/* One searches for the section. */
static DEFINE_MUTEX(locate_lock);

static void revoke_work(struct work_struct *work);
static DECLARE_WORK(revoke, revoke_work);

/* Return: 0, -EIO */
static int read_mtd(u64 at, void *buf, size_t len)
{
	size_t done = 0;
	int ret = mtd_read(pager.mtd, at, len, &done, buf);

	/* Corrected bit flips are a success. */
	return (!ret || mtd_is_bitflip(ret)) && done == len ? 0 : -EIO;
}

/*
 * Return: start of the section when the snapshot that this system came out of is at
 * @at, 0 when it is not or that cannot be read
 */
static u64 section_at(u64 at)
{
	struct snapimg *img = kmalloc(sizeof(*img), GFP_NOIO);
	const struct snapimg_section *section;
	struct snapcap_flash flash;
	u64 start = 0;

	if (img && !snapcap_flash_open(&flash, pager.mtd)) {
		section = &img->section[SNAPCAP_SECTION_PAGEABLE_DATA];
		if (!snapcap_image_at(&flash.store.reader, at, pager.uuid, img) &&
		    section->size == pager.section_size)
			start = at + section->offset;
		snapcap_flash_close(&flash);
	}
	kfree(img);
	return start;
}

static void revoke_work(struct work_struct *work)
{
	if (pager.revoked)
		return;
	if (!pager.section || snapcap_image_revoke(pager.mtd, pager.place, pager.uuid)) {
		pr_err_ratelimited("snapcap: the damaged snapshot could not be revoked\n");
		return;
	}
	pager.revoked = true;
	pr_err("snapcap: the damaged snapshot at %#llx was revoked\n", pager.image);
}

static void give_up(unsigned long index, const struct pager_slot *slot)
{
	atomic64_inc(&pager.bad_pages);
	pr_err_ratelimited("snapcap: page %lu at %#llx of the snapshot cannot be read\n", index,
			   pager.section + slot->offset);
	/* Devices are not back yet: that says nothing about the snapshot. */
	if (pager.mtd) {
		pager.bad = true;
		/* Not while the device is suspended. */
		queue_work(system_freezable_wq, &revoke);
	}
	snapcap_event_post(SNAPCAP_NOTE_PAGE_BAD, 0);
}

/* Return: 0, -EIO: not found, or not now */
static int locate(void)
{
	unsigned int i;

	if (!pager.mtd)
		return -EIO;
	mutex_lock(&locate_lock);
	for (i = 0; !pager.section && i < SNAPCAP_IMAGE_PLACES; i++) {
		u64 section = section_at(pager.place[i]);

		if (!section)
			continue;
		pager.image = pager.place[i];
		WRITE_ONCE(pager.section, section);
	}
	mutex_unlock(&locate_lock);
	return pager.section ? 0 : -EIO;
}

static int try_read(const struct pager_slot *slot, void *buf)
{
	size_t len = slot->size_less_1 + 1;
	unsigned int try;

	for (try = 0; try < READ_TRIES; try++) {
		if (try) {
			atomic64_inc(&pager.retries);
			msleep(RETRY_MS);
		}
		if (!READ_ONCE(pager.section) && locate())
			continue;
		if (!read_mtd(pager.section + slot->offset, buf, len) &&
		    snapimg_sum(buf, len) == slot->sum)
			return 0;
	}
	return -EIO;
}

/*
 * Return: 0 with the stored bytes, verified, in @buf; -EIO; -EAGAIN when all is in
 * RAM by now, also what this slot held
 */
static int read_stored(const struct pager_slot *slot, void *buf)
{
	struct bio_list *outer = current->bio_list;
	int ret = -EAGAIN;

	/*
	 * Who swaps in is within submit_bio(), which keeps back what is submitted
	 * until it returns: an MTD device on top of a block device would wait for
	 * its read for ever. One level more is no danger to the stack.
	 */
	current->bio_list = NULL;
	down_read(&flash_sem);
	if (pager.on_flash)
		ret = try_read(slot, buf);
	up_read(&flash_sem);
	current->bio_list = outer;
	return ret;
}

static void note_latency(u64 ns)
{
	unsigned int bucket = ns < 1024 ? 0 : min_t(unsigned int, ilog2(ns) - 9,
						    SNAPCAP_LATENCY_BUCKETS - 1);
	s64 max = atomic64_read(&pager.read_max_ns);

	atomic64_inc(&pager.demand_reads);
	atomic64_add(ns, &pager.read_ns);
	atomic64_inc(&pager.latency[bucket]);
	while (ns > max && !atomic64_try_cmpxchg(&pager.read_max_ns, &max, ns))
		;
}

/**
 * pager_flash_read() - the contents of a page that is on flash
 * @index: its slot
 * @slot: what that says, PAGER_SEALED
 * @page: PAGE_SIZE bytes
 *
 * Context: process context, sleeps.
 * Return: 0; -EIO after several tries; -ENOMEM; -EAGAIN: look at the slot again
 */
int pager_flash_read(unsigned long index, const struct pager_slot *slot, void *page)
{
	u64 start = ktime_get_ns();
	void *buf = kmalloc(slot->size_less_1 + 1, GFP_NOIO);
	int ret;

	if (!buf)
		return -ENOMEM;
	ret = read_stored(slot, buf);
	if (!ret && pager_unpack(slot, buf, page))
		ret = -EIO;
	if (!ret)
		note_latency(ktime_get_ns() - start);
	else if (ret == -EIO)
		give_up(index, slot);
	kfree(buf);
	return ret;
}

/* Return: 0 (also when the slot is not on flash); -EIO, -ENOMEM */
static int fetch_slot(unsigned long index, void *buf)
{
	struct pager_slot slot;
	int ret;

	if (READ_ONCE(pager.slots[index].state) != PAGER_SEALED)
		return 0;
	slot = pager_store_slot(index);
	if (slot.state != PAGER_SEALED)
		return 0;
	ret = read_stored(&slot, buf);
	if (ret == -EIO)
		give_up(index, &slot);
	if (ret)
		return ret == -EAGAIN ? 0 : ret;
	ret = pager_store_keep(index, &slot, buf);
	if (!ret)
		atomic64_inc(&pager.fill_reads);
	return ret;
}

/* The list of all block devices hangs on our own disk. */
static void forget_block_devices(struct mtd_info *mtd)
{
	snapcap_forget_cached(mtd, disk_to_dev(pager.disk));
}

/* All of it is in RAM: the flash may do as it likes. */
static void leave_flash(void)
{
	down_write(&flash_sem);
	WRITE_ONCE(pager.on_flash, false);
	up_write(&flash_sem);
	pager_flash_forget();
}

/**
 * pager_flash_fetch() - read all that is on flash into RAM, now
 * @s: session, to be told of progress and asked for interruptions
 *
 * Context: process context, sleeps; no fill runs.
 * Return: 0; -EIO, -ENOMEM, -EINTR, -ECANCELED with the cause set
 */
int pager_flash_fetch(struct snapcap_session *s)
{
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned long i;
	int ret = 0;

	if (!buf)
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, PAGE_SIZE, NULL);
	for (i = 0; !ret && i < pager.slot_count; i++) {
		ret = fetch_slot(i, buf);
		if (ret)
			ret = snapcap_fail(s, ret, ret == -ENOMEM ? SNAPCAP_CAUSE_NO_MEMORY :
					   SNAPCAP_CAUSE_PAGE, i, NULL);
		else if (!(i % FILL_STEP))
			ret = snapcap_session_interrupted(s);
		cond_resched();
	}
	kfree(buf);
	if (ret)
		return ret;
	/* It must not go into the snapshot a second time. */
	if (pager.mtd)
		forget_block_devices(pager.mtd);
	leave_flash();
	return 0;
}

static int fill(void *unused)
{
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned long i;
	bool whole = buf;

	set_user_nice(current, MAX_NICE);
	set_freezable();
	for (i = 0; whole && i < pager.slot_count; i++) {
		if (kthread_freezable_should_stop(NULL))
			whole = false;
		/* One damaged page does not keep the others on flash. */
		else if (fetch_slot(i, buf) == -ENOMEM)
			whole = false;
		else if (!(i % FILL_STEP) && READ_ONCE(pager.slots[i].state) == PAGER_LIVE)
			msleep_interruptible(FILL_REST_MS);
		cond_resched();
	}
	kfree(buf);
	if (whole && !atomic64_read(&pager.sealed_slots))
		leave_flash();
	WRITE_ONCE(fill_done, true);
	/* Until somebody collects it, or the task would be gone under kthread_stop(). */
	wait_event_freezable(fill_wait, kthread_should_stop());
	return 0;
}

/** pager_fill_runs() - is there a background fill with something left to read? */
bool pager_fill_runs(void)
{
	return fill_task && !READ_ONCE(fill_done);
}

/** pager_fill_stop() - end it, wherever it is; under snapcap_pager_lock; sleeps */
void pager_fill_stop(void)
{
	if (fill_task)
		kthread_stop(fill_task);
	fill_task = NULL;
}

/** pager_fill_start() - begin the background fill; under snapcap_pager_lock; 0 or -errno */
int pager_fill_start(void)
{
	struct task_struct *task;

	/* One that has ended may have left something: it is tried again. */
	if (fill_task && READ_ONCE(fill_done))
		pager_fill_stop();
	if (fill_task || !pager.on_flash)
		return 0;
	fill_done = false;
	task = kthread_run(fill, NULL, "snapcap_fill");
	if (IS_ERR(task))
		return PTR_ERR(task);
	fill_task = task;
	return 0;
}

/**
 * pager_flash_locate() - find the section in the snapshot that this system came out of
 * @s: the session that took it
 * @slot_offset: where the loader found it
 *
 * Its place was chosen after memory was captured, so that memory does not know
 * it. Identity and size tell the right one; when it is not found, all
 * reads fail.
 *
 * Context: process context, devices resumed, sleeps.
 */
void pager_flash_locate(struct snapcap_session *s, u64 slot_offset)
{
	struct mtd_info *mtd = get_mtd_device(s->mtd, -1);

	if (IS_ERR(mtd))
		return;
	snapcap_image_places(s, slot_offset, pager.place);
	pager.section = 0;
	pager.mtd = mtd;
	forget_block_devices(mtd);
	if (locate())
		pr_err("snapcap: the paged-out part of this system is not found on mtd%d\n",
		       mtd->index);
}

/** pager_flash_forget() - nothing is needed of the flash any more; sleeps */
void pager_flash_forget(void)
{
	flush_work(&revoke);
	if (pager.mtd)
		put_mtd_device(pager.mtd);
	pager.mtd = NULL;
	pager.section = 0;
}
