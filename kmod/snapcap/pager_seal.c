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

/* Pages of the section from @first up to, not including, the one with @off. Return: that one */
static unsigned long free_pages_below(unsigned long first, u64 off)
{
	for (; first < off >> PAGE_SHIFT; first++) {
		__free_page(pager.sealed[first]);
		pager.sealed[first] = NULL;
	}
	return first;
}

/** pager_unseal() - free the section; no slot is in it any more, or all it says is on flash */
void pager_unseal(void)
{
	unsigned long i;

	for (i = 0; i < pager.sealed_count; i++)
		if (pager.sealed[i])
			__free_page(pager.sealed[i]);
	kvfree(pager.sealed);
	vfree(pager.table);
	pager.sealed = NULL;
	pager.sealed_count = 0;
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

/* Room for one more page at the end of the section. */
static int extend_section(unsigned long max_pages)
{
	unsigned long need = DIV_ROUND_UP(pager.sealed_bytes + PAGE_SIZE, PAGE_SIZE);

	while (pager.sealed_count < need) {
		struct page *page = pager.sealed_count < max_pages ? alloc_page(SECTION_GFP) : NULL;

		if (!page)
			return -ENOMEM;
		pager.sealed[pager.sealed_count++] = page;
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
		snapimg_chunk_put(&pager.table[pager.table_count++], &chunk);
		pager.sealed_bytes += chunk.stored_size;
		atomic64_inc(&pager.sealed_slots);
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
		if (extend_section(max_pages)) {
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
	pager.table = vmalloc(array_size(room, sizeof(*pager.table)));
	if (!pager.sealed || !pager.table) {
		pager_unseal();
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY,
				    room * sizeof(*pager.table), NULL);
	}
	return seal_slots(s, room, max_pages);
}
