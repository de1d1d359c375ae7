// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swap device: set up and taken away, what a take asks of it, and what it
 * tells. Pages are in pager_store.c's pool, in the sealed section of a snapshot,
 * or on flash.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include "pager.h"

struct pager pager;
/* Set-up, removal, takes and fills exclude each other; I/O needs none of it. */
DEFINE_MUTEX(snapcap_pager_lock);
static bool in_take, fill_again;

static int setup(u64 bytes)
{
	int ret;

	if (!bytes || !PAGE_ALIGNED(bytes) || bytes > SNAPCAP_PAGER_BYTES_MAX)
		return -EINVAL;
	if (pager.disk)
		return pager.bytes == bytes ? 0 : -EBUSY;

	memset(&pager, 0, sizeof(pager));
	ret = pager_store_init(bytes);
	if (ret)
		return ret;
	ret = pager_hot_init();
	if (ret)
		goto err_store;
	ret = pager_disk_init();
	if (ret)
		goto err_hot;
	return 0;

err_hot:
	pager_hot_exit();
err_store:
	pager_store_exit();
	return ret;
}

static void teardown(void)
{
	pager_disk_exit();
	pager_fill_stop();
	pager_flash_forget();
	pager_hot_exit();
	pager_store_exit();
	pager_unseal();
	memset(&pager, 0, sizeof(pager));
}

static int remove(void)
{
	if (!pager.disk)
		return -ENODEV;
	if (!pager_disk_close())
		return -EBUSY;
	teardown();
	return 0;
}

static int control(const struct snapcap_pager *arg)
{
	if (in_take)
		return -EBUSY;
	if (arg->op == SNAPCAP_PAGER_SETUP)
		return setup(arg->bytes);
	if (arg->bytes)
		return -EINVAL;
	switch (arg->op) {
	case SNAPCAP_PAGER_REMOVE:
		return remove();
	case SNAPCAP_PAGER_RECORD:
		if (!pager.disk)
			return -ENODEV;
		pager_hot_begin();
		return 0;
	case SNAPCAP_PAGER_FILL:
		return pager.disk ? pager_fill_start() : -ENODEV;
	case SNAPCAP_PAGER_FILL_STOP:
		if (!pager.disk)
			return -ENODEV;
		pager_fill_stop();
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * snapcap_pager_control() - SNAPCAP_IOC_PAGER
 * @arg: size and reserved fields are checked
 *
 * Context: process context, sleeps.
 * Return: 0; -EINVAL, -EBUSY, -ENODEV, -ENOMEM
 */
int snapcap_pager_control(const struct snapcap_pager *arg)
{
	int ret;

	mutex_lock(&snapcap_pager_lock);
	ret = control(arg);
	mutex_unlock(&snapcap_pager_lock);
	return ret;
}

/** snapcap_pager_status() - SNAPCAP_IOC_PAGER_STATUS; process context, sleeps */
void snapcap_pager_status(struct snapcap_pager_status *status)
{
	unsigned int i;

	status->flags = SNAPCAP_PAGER_SUPPORTED;
	mutex_lock(&snapcap_pager_lock);
	if (!pager.disk)
		goto out;
	status->flags |= SNAPCAP_PAGER_SET_UP;
	if (pager.recording)
		status->flags |= SNAPCAP_PAGER_RECORDING;
	if (pager_fill_runs())
		status->flags |= SNAPCAP_PAGER_FILLING;
	if (pager.bad)
		status->flags |= SNAPCAP_PAGER_BAD;
	status->bytes = pager.bytes;
	status->fill_pages = atomic64_read(&pager.words);
	status->ram_pages = atomic64_read(&pager.live);
	if (READ_ONCE(pager.on_flash)) {
		status->flash_pages = atomic64_read(&pager.sealed_slots);
		status->flash_bytes = atomic64_read(&pager.sealed_slot_bytes);
	} else {
		status->ram_pages += atomic64_read(&pager.sealed_slots);
	}
	status->ram_bytes = ((u64)zs_get_total_pages(pager.pool) + pager.sealed_pages) <<
			    PAGE_SHIFT;
	status->used_pages = status->ram_pages + status->flash_pages + status->fill_pages;
	status->resident_pages = pager.resident_pages;
	status->pageable_pages = pager.pageable_pages;
	status->demand_reads = atomic64_read(&pager.demand_reads);
	status->fill_reads = atomic64_read(&pager.fill_reads);
	status->retries = atomic64_read(&pager.retries);
	status->bad_pages = atomic64_read(&pager.bad_pages);
	status->rejected_pages = atomic64_read(&pager.rejected);
	status->read_ns = atomic64_read(&pager.read_ns);
	status->read_max_ns = atomic64_read(&pager.read_max_ns);
	for (i = 0; i < SNAPCAP_LATENCY_BUCKETS; i++)
		status->latency[i] = atomic64_read(&pager.latency[i]);
	status->recorded_pages = pager.recorded_count;
	status->ready_ns = pager.ready_ns;
out:
	mutex_unlock(&snapcap_pager_lock);
}

/** snapcap_pager_ready() - the applications are ready; process context, sleeps */
void snapcap_pager_ready(void)
{
	mutex_lock(&snapcap_pager_lock);
	if (pager.disk)
		pager_hot_end();
	mutex_unlock(&snapcap_pager_lock);
}

/**
 * snapcap_pager_begin() - make the swap device ready for a take
 * @s: session; its image gets the section's size
 *
 * What this system has on flash comes into RAM: the take may write there. With
 * SNAPCAP_TAKE_PAGING what the device holds is sealed.
 *
 * Context: process context, sleeps. snapcap_pager_end() undoes it, also after
 * a failure.
 * Return: 0; -ENODEV, -EIO, -ENOMEM, -EINTR, -ECANCELED with the cause set
 */
int snapcap_pager_begin(struct snapcap_session *s)
{
	bool paging = s->arg.flags & SNAPCAP_TAKE_PAGING;
	int ret = 0;

	/* From here on nobody sets up, removes or fills: the lock need not be held for it. */
	mutex_lock(&snapcap_pager_lock);
	in_take = true;
	fill_again = pager_fill_runs();
	pager_fill_stop();
	pager_section_hold();
	mutex_unlock(&snapcap_pager_lock);

	if (!pager.disk)
		return paging ? snapcap_fail(s, -ENODEV, SNAPCAP_CAUSE_NO_PAGER, 0, NULL) : 0;
	if (pager.on_flash)
		ret = pager_flash_fetch(s);
	if (!ret && paging)
		ret = pager_seal(s);
	if (ret || !paging || !pager.table_count)
		return ret;
	s->img.feature_incompat |= SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
	s->img.pageable_pages = pager.table_count;
	s->status.pageable_pages = pager.table_count;
	s->status.pageable_bytes = pager.sealed_bytes;
	memcpy(pager.uuid, s->img.uuid, sizeof(pager.uuid));
	pager.section_size = pager.sealed_bytes;
	return 0;
}

/** snapcap_pager_end() - the take is over */
void snapcap_pager_end(void)
{
	mutex_lock(&snapcap_pager_lock);
	in_take = false;
	pager_section_release();
	/* A take that came far enough has left nothing to read. */
	if (fill_again && pager_fill_start())
		pr_warn("snapcap: the background fill could not go on\n");
	fill_again = false;
	mutex_unlock(&snapcap_pager_lock);
}

/**
 * snapcap_pager_section() - part of the image that the swap device provides
 * @type: SNAPCAP_SECTION_PAGEABLE_CHUNKS or SNAPCAP_SECTION_PAGEABLE_DATA
 * @off: from the start of that section
 * @buf: for @len bytes, NULL: only the size is asked for
 * @len: bytes; the section has as many from there
 *
 * Context: process context, between snapcap_pager_begin() and snapcap_pager_end().
 * Return: bytes of the section
 */
u64 snapcap_pager_section(u32 type, u64 off, void *buf, size_t len)
{
	if (type == SNAPCAP_SECTION_PAGEABLE_CHUNKS) {
		if (buf)
			memcpy(buf, (u8 *)pager.table + off, len);
		return pager.table_count * sizeof(*pager.table);
	}
	if (buf)
		pager_sealed_copy(off, buf, len);
	return pager.sealed_bytes;
}

/** snapcap_pager_table() - chunks of the section, for their checksum */
const void *snapcap_pager_table(void)
{
	return pager.table;
}

/**
 * snapcap_pager_own() - leave the sealed section out of what the loader puts back
 * @s: session with SNAPCAP_TAKE_PAGING
 * @leave_out: called with each of its page frames
 *
 * Context: process context, between snapcap_pager_begin() and snapcap_pager_end().
 */
void snapcap_pager_own(struct snapcap_session *s,
		       void (*leave_out)(struct snapcap_session *s, unsigned long pfn))
{
	size_t off, table = pager.table_count * sizeof(*pager.table);
	unsigned long i;

	if (!s->img.pageable_pages)
		return;
	for (i = 0; i < pager.sealed_count; i++)
		leave_out(s, page_to_pfn(pager.sealed[i]));
	for (off = 0; off < table; off += PAGE_SIZE)
		leave_out(s, page_to_pfn(vmalloc_to_page((u8 *)pager.table + off)));
}

/** snapcap_pager_own_pages() - how many page frames that will be */
unsigned long snapcap_pager_own_pages(const struct snapcap_session *s)
{
	return s->img.pageable_pages ? pager.sealed_count +
	       DIV_ROUND_UP(pager.table_count * sizeof(*pager.table), PAGE_SIZE) : 0;
}

/**
 * snapcap_pager_restored_early() - the sealed section is not in memory any more
 * @s: the session that this system came out of
 *
 * Context: restored system, one CPU, interrupts off.
 */
void snapcap_pager_restored_early(struct snapcap_session *s)
{
	if (s->img.pageable_pages)
		pager.on_flash = true;
}

/**
 * snapcap_pager_restored() - find the section on flash; recording begins
 * @s: the session that this system came out of
 * @slot_offset: where the loader found the snapshot
 * @bytes: that the loader put back
 *
 * Context: restored system, devices resumed, tasks frozen, sleeps.
 */
void snapcap_pager_restored(struct snapcap_session *s, u64 slot_offset, u64 bytes)
{
	unsigned int i;

	if (!pager.disk)
		return;
	atomic64_set(&pager.demand_reads, 0);
	atomic64_set(&pager.fill_reads, 0);
	atomic64_set(&pager.retries, 0);
	atomic64_set(&pager.bad_pages, 0);
	atomic64_set(&pager.read_ns, 0);
	atomic64_set(&pager.read_max_ns, 0);
	for (i = 0; i < SNAPCAP_LATENCY_BUCKETS; i++)
		atomic64_set(&pager.latency[i], 0);
	pager.resident_pages = bytes >> PAGE_SHIFT;
	pager.pageable_pages = s->img.pageable_pages;
	pager.bad = false;
	pager.revoked = false;
	if (pager.on_flash)
		pager_flash_locate(s, slot_offset);
	pager_hot_begin();
}

/**
 * snapcap_pager_release() - give back the memory that the section had in the first life
 *
 * Context: restored system, tasks run, within a take; sleeps.
 */
void snapcap_pager_release(void)
{
	if (pager.on_flash)
		pager_unseal();
}

/** snapcap_pager_exit() - take everything away; the device is not open */
void snapcap_pager_exit(void)
{
	if (pager.disk)
		teardown();
}
