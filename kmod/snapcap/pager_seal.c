// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sealing: what the swap device holds becomes the section of a snapshot, in the
 * order of the slots, so that it is one stream for the flash and its pages
 * can be left out of what the loader puts back. A sealed section never changes;
 * a slot that is written again is in the pool again.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "pager.h"

#define SECTION_GFP	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)
/* Slots looked at between two looks at signals and progress. */
#define SEAL_STEP	256

/* Who changes what pages the section has, or how many slots lie in each. */
static DEFINE_SPINLOCK(section_lock);
/* A take needs all of it, also what nobody swaps in any more. */
static bool section_held;

/* Both directions of a copy that may cross pages of the section. */
static void section_copy(u64 off, void *buf, const void *src, size_t len)
{
	while (len) {
		size_t in_page = offset_in_page(off);
		size_t part = min_t(size_t, len, PAGE_SIZE - in_page);
		void *va = kmap_local_page(pager.sealed[off >> PAGE_SHIFT]);

		if (src) {
			memcpy(va + in_page, src, part);
			src += part;
		} else {
			memcpy(buf, va + in_page, part);
			buf += part;
		}
		kunmap_local(va);
		off += part;
		len -= part;
	}
}

/**
 * pager_sealed_copy() - bytes of the sealed section, which is in RAM
 * @off: from its start
 * @buf: for @len bytes
 * @len: the section has as many from there
 *
 * Context: any.
 */
void pager_sealed_copy(u64 off, void *buf, size_t len)
{
	section_copy(off, buf, NULL, len);
}

/* Under section_lock. */
static void free_section_page(unsigned long i)
{
	if (!pager.sealed[i])
		return;
	__free_page(pager.sealed[i]);
	pager.sealed[i] = NULL;
	pager.sealed_pages--;
}

/* Pages of the section from @first up to, not including, the one with @off. Return: that one */
static unsigned long free_pages_below(unsigned long first, u64 off)
{
	spin_lock(&section_lock);
	for (; first < off >> PAGE_SHIFT; first++)
		free_section_page(first);
	spin_unlock(&section_lock);
	return first;
}

/* The slots of the section's pages from the one with @off are one more. */
static void section_get(u64 off, size_t len)
{
	unsigned long i;

	spin_lock(&section_lock);
	for (i = off >> PAGE_SHIFT; i <= (off + len - 1) >> PAGE_SHIFT; i++)
		pager.sealed_users[i]++;
	spin_unlock(&section_lock);
}

/**
 * pager_sealed_put() - a slot is not in the section any more
 * @off: from its start
 * @len: stored bytes of the slot
 *
 * A page of the section goes with the last slot in it. Without that, a system that
 * swaps in after a take would have all of its memory twice.
 *
 * Context: any but interrupts.
 */
void pager_sealed_put(u64 off, size_t len)
{
	unsigned long i;

	spin_lock(&section_lock);
	/* On flash there is nothing to be freed. */
	if (pager.sealed_users && !READ_ONCE(pager.on_flash))
		for (i = off >> PAGE_SHIFT; i <= (off + len - 1) >> PAGE_SHIFT; i++)
			if (!--pager.sealed_users[i] && !section_held)
				free_section_page(i);
	spin_unlock(&section_lock);
}

/** pager_section_hold() - no page of the section goes away; any context but interrupts */
void pager_section_hold(void)
{
	spin_lock(&section_lock);
	section_held = true;
	spin_unlock(&section_lock);
}

/** pager_section_release() - free what was only held; process context, sleeps */
void pager_section_release(void)
{
	unsigned long i;

	spin_lock(&section_lock);
	section_held = false;
	spin_unlock(&section_lock);
	for (i = 0; i < pager.sealed_count; i++) {
		spin_lock(&section_lock);
		if (!pager.sealed_users[i])
			free_section_page(i);
		spin_unlock(&section_lock);
		cond_resched();
	}
}

/** pager_unseal() - free the section; no slot is in it any more, or all it says is on flash */
void pager_unseal(void)
{
	u32 *users = pager.sealed_users;
	unsigned long i;

	spin_lock(&section_lock);
	pager.sealed_users = NULL;
	spin_unlock(&section_lock);
	for (i = 0; i < pager.sealed_count; i++)
		if (pager.sealed[i])
			__free_page(pager.sealed[i]);
	kvfree(users);
	kvfree(pager.sealed);
	vfree(pager.table);
	pager.sealed = NULL;
	pager.sealed_count = 0;
	pager.sealed_pages = 0;
	pager.sealed_bytes = 0;
	pager.table = NULL;
	pager.table_count = 0;
}

/*
 * A section of before goes back to the pool, and its pages are free as soon as
 * all that lies in them is there: slots and section have the same order.
 */
static int open_section(struct snapcap_session *s)
{
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned long i, first = 0;
	int ret = 0;

	if (!buf)
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, PAGE_SIZE, NULL);
	/* After an attempt that failed here, some are free already. */
	while (first < pager.sealed_count && !pager.sealed[first])
		first++;
	for (i = 0; !ret && pager.sealed && i < pager.slot_count; i++) {
		struct pager_slot slot = pager_store_slot(i);

		if (!(i % SEAL_STEP)) {
			cond_resched();
			ret = snapcap_session_interrupted(s);
		}
		if (ret || slot.state != PAGER_SEALED)
			continue;
		pager_sealed_copy(slot.offset, buf, slot.size_less_1 + 1);
		if (pager_store_keep(i, &slot, buf))
			ret = snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY,
					   slot.size_less_1 + 1, NULL);
		else
			first = free_pages_below(first, slot.offset);
	}
	kfree(buf);
	if (!ret)
		pager_unseal();
	return ret;
}

/*
 * Room for one more page at the end of the section. Return: 0, -ENOMEM, -ENOSPC: there is
 * more now than there was at first, and it stays in the pool
 */
static int extend_section(unsigned long max_pages)
{
	unsigned long need = DIV_ROUND_UP(pager.sealed_bytes + PAGE_SIZE, PAGE_SIZE);

	if (need > max_pages)
		return -ENOSPC;
	while (pager.sealed_count < need) {
		struct page *page = alloc_page(SECTION_GFP);

		if (!page)
			return -ENOMEM;
		pager.sealed[pager.sealed_count++] = page;
		pager.sealed_pages++;
	}
	return 0;
}

/* Return: what the slot was before; PAGER_LIVE: it is sealed, and its object to be freed */
static struct pager_slot seal_slot(unsigned long index, void *buf)
{
	spinlock_t *lock = &pager.lock[index % PAGER_LOCKS];
	struct pager_slot *slot = &pager.slots[index], before;
	struct snapimg_chunk chunk;
	void *from;

	spin_lock(lock);
	before = *slot;
	if (before.state == PAGER_LIVE) {
		from = zs_map_object(pager.pool, before.handle, ZS_MM_RO);
		memcpy(buf, from, before.size_less_1 + 1);
		zs_unmap_object(pager.pool, before.handle);

		chunk = (struct snapimg_chunk) {
			.pages = 1,
			.codec = slot->codec,
			.offset = pager.sealed_bytes,
			.stored_size = before.size_less_1 + 1,
			.sum = snapimg_sum(buf, before.size_less_1 + 1),
		};
		section_copy(chunk.offset, NULL, buf, chunk.stored_size);
		section_get(chunk.offset, chunk.stored_size);
		snapimg_chunk_put(&pager.table[pager.table_count++], &chunk);
		pager.sealed_bytes += chunk.stored_size;
		atomic64_inc(&pager.sealed_slots);
		atomic64_add(before.size_less_1 + 1, &pager.sealed_slot_bytes);
		slot->state = PAGER_SEALED;
		slot->offset = chunk.offset;
		slot->sum = chunk.sum;
	}
	spin_unlock(lock);
	return before;
}

static int seal_slots(struct snapcap_session *s, unsigned long room, unsigned long max_pages)
{
	void *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	struct pager_slot before;
	unsigned long i;
	int ret = 0;

	if (!buf)
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, PAGE_SIZE, NULL);
	for (i = 0; !ret && i < pager.slot_count && pager.table_count < room; i++) {
		if (!(i % SEAL_STEP)) {
			cond_resched();
			snapcap_progress(s, mult_frac(i, 100, pager.slot_count));
			ret = snapcap_session_interrupted(s);
		}
		if (ret || READ_ONCE(pager.slots[i].state) != PAGER_LIVE)
			continue;
		ret = extend_section(max_pages);
		if (ret == -ENOSPC) {
			ret = 0;
			break;
		}
		if (ret) {
			ret = snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY,
					   atomic64_read(&pager.live_bytes), NULL);
			continue;
		}
		before = seal_slot(i, buf);
		if (before.state == PAGER_LIVE)
			pager_store_drop(&before);
	}
	kfree(buf);
	return ret;
}

/**
 * pager_seal() - make the section of the snapshot that is to be taken
 * @s: session; nothing of the device is on flash only
 *
 * The system runs on and may swap: what is written meanwhile or later stays in
 * the pool, and so in what the loader puts back.
 *
 * Context: process context, sleeps. One caller at a time.
 * Return: 0; -ENOMEM, -EINTR, -ECANCELED with the cause set: all pages are still there
 */
int pager_seal(struct snapcap_session *s)
{
	unsigned long room, max_pages;
	int ret = open_section(s);

	if (ret)
		return ret;
	room = atomic64_read(&pager.live);
	if (!room)
		return 0;
	/* Not more than they have now; new ones find no place and stay where they are. */
	max_pages = DIV_ROUND_UP(atomic64_read(&pager.live_bytes), PAGE_SIZE) + 2;
	pager.sealed = kvmalloc_array(max_pages, sizeof(*pager.sealed), GFP_KERNEL);
	pager.sealed_users = kvcalloc(max_pages, sizeof(*pager.sealed_users), GFP_KERNEL);
	pager.table = vmalloc(array_size(room, sizeof(*pager.table)));
	if (!pager.sealed || !pager.sealed_users || !pager.table) {
		pager_unseal();
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY,
				    room * sizeof(*pager.table), NULL);
	}
	return seal_slots(s, room, max_pages);
}
