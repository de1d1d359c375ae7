// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hot set, measured: which pages were read from the swap device, in order,
 * and into which page frames, from the thaw of a restored system (or from when
 * somebody asked) until the applications said that they are ready.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "pager.h"

int pager_hot_init(void)
{
	spin_lock_init(&pager.record_lock);
	pager.recorded = __vmalloc(array_size(pager.slot_count, sizeof(*pager.recorded)),
				   PAGER_TABLE_GFP | __GFP_ZERO);
	return pager.recorded ? 0 : -ENOMEM;
}

void pager_hot_exit(void)
{
	vfree(pager.recorded);
	pager.recorded = NULL;
	pager.recorded_count = 0;
	pager.recording = false;
}

/** pager_hot_begin() - forget what was recorded, and begin; any context */
void pager_hot_begin(void)
{
	spin_lock(&pager.record_lock);
	pager.recorded_count = 0;
	pager.thaw_ns = ktime_get_ns();
	pager.ready_ns = 0;
	pager.recording = true;
	spin_unlock(&pager.record_lock);
}

/** pager_hot_add() - a page was read; what there is no room for is not recorded */
void pager_hot_add(unsigned long index, struct page *page)
{
	if (!READ_ONCE(pager.recording))
		return;
	spin_lock(&pager.record_lock);
	if (pager.recording && pager.recorded_count < pager.slot_count) {
		struct snapcap_hot_page *hot = &pager.recorded[pager.recorded_count++];

		hot->pfn = page_to_pfn(page);
		hot->page = index;
	}
	spin_unlock(&pager.record_lock);
}

/** pager_hot_end() - the applications are ready; any context */
void pager_hot_end(void)
{
	spin_lock(&pager.record_lock);
	if (pager.recording) {
		pager.recording = false;
		pager.ready_ns = ktime_get_ns() - pager.thaw_ns;
	}
	spin_unlock(&pager.record_lock);
}

/**
 * snapcap_pager_hot_set() - what was recorded
 * @set: count says how much room there is at @entries; count and total are filled in
 * @entries: user memory
 *
 * Context: process context, sleeps.
 * Return: 0, -EFAULT, -ENOMEM
 */
int snapcap_pager_hot_set(struct snapcap_hot_set *set, void __user *entries)
{
	struct snapcap_hot_page *copy;
	u32 count = 0;

	mutex_lock(&snapcap_pager_lock);
	set->total = pager.recorded_count;
	count = min_t(u64, set->count, set->total);
	copy = __vmalloc(array_size(max(count, 1U), sizeof(*copy)), PAGER_TABLE_GFP);
	if (copy && count) {
		/* Entries are only added: those there were stay as they are. */
		memcpy(copy, pager.recorded, array_size(count, sizeof(*copy)));
	}
	mutex_unlock(&snapcap_pager_lock);
	if (!copy)
		return -ENOMEM;
	set->count = count;
	if (copy_to_user(entries, copy, array_size(count, sizeof(*copy)))) {
		vfree(copy);
		return -EFAULT;
	}
	vfree(copy);
	return 0;
}
