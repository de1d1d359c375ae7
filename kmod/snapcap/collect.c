// SPDX-License-Identifier: GPL-2.0-only
/*
 * GetSnapshotRegions: which physical pages are saved. System RAM comes from
 * the resource tree, free pages are the buddy allocator's blocks (stable with
 * one CPU and interrupts off), and the capture's own buffers are left out: in
 * a restored system they are freed, whatever they hold.
 */
#include <linux/bitmap.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/poison.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "paging.h"
#include "snapcap.h"

static int compare_ranges(const void *a, const void *b)
{
	const struct snapcap_map_range *ra = a, *rb = b;

	return ra->start_pfn < rb->start_pfn ? -1 : ra->start_pfn > rb->start_pfn;
}

/**
 * snapcap_map_init() - find the memory that may hold something to save
 * @s: session
 *
 * Context: process context, sleeps.
 * Return: 0, or -EOPNOTSUPP, -ENOMEM with the cause set
 */
int snapcap_map_init(struct snapcap_session *s)
{
	struct snapcap_map *map = &s->map;
	struct resource *res;
	unsigned int i;
	int ret;

	map->count = 0;
	for (res = iomem_resource.child; res; res = res->sibling) {
		unsigned long start = PFN_UP(res->start), end = PFN_DOWN(res->end + 1);

		if ((res->flags & IORESOURCE_SYSTEM_RAM) != IORESOURCE_SYSTEM_RAM || start >= end)
			continue;
		if (map->count == SNAPCAP_MAP_RANGES)
			return snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_MEMORY_KIND, start,
					    "more memory ranges than can be handled");
		map->range[map->count].start_pfn = start;
		map->range[map->count].end_pfn = end;
		map->range[map->count].va = NULL;
		map->count++;
	}
	ret = snapcap_regions_map(s);
	if (ret)
		goto err_regions;

	sort(map->range, map->count, sizeof(map->range[0]), compare_ranges, NULL);
	for (i = 1; i < map->count; i++)
		if (map->range[i].start_pfn < map->range[i - 1].end_pfn) {
			ret = snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_REGION,
					   PFN_PHYS(map->range[i].start_pfn), "overlap");
			goto err_regions;
		}
	return 0;

err_regions:
	snapcap_regions_unmap(map);
	return ret;
}

/** snapcap_map_exit() - undo snapcap_map_init() */
void snapcap_map_exit(struct snapcap_session *s)
{
	snapcap_regions_unmap(&s->map);
	s->map.count = 0;
}

/**
 * snapcap_map_va() - where a page of the map can be read
 * @map: map
 * @pfn: a page frame in it
 */
void *snapcap_map_va(const struct snapcap_map *map, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < map->count; i++)
		if (pfn < map->range[i].end_pfn)
			break;
	if (i < map->count && map->range[i].va)
		return map->range[i].va + PFN_PHYS(pfn - map->range[i].start_pfn);
	return page_address(pfn_to_page(pfn));
}

/**
 * snapcap_collect_init() - allocate what snapcap_collect() needs
 * @s: session with a map
 *
 * Context: process context, sleeps.
 * Return: 0, or -ENOMEM with the cause set
 */
int snapcap_collect_init(struct snapcap_session *s)
{
	size_t bytes;

	s->bitmap_base = s->map.range[0].start_pfn;
	s->bitmap_bits = s->map.range[s->map.count - 1].end_pfn - s->bitmap_base;
	bytes = BITS_TO_LONGS(s->bitmap_bits) * sizeof(long);
	s->bitmap = __vmalloc(bytes, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	s->own = __vmalloc(bytes, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	if (!s->bitmap || !s->own) {
		snapcap_collect_exit(s);
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, 2 * bytes, NULL);
	}
	return 0;
}

/** snapcap_collect_exit() - undo snapcap_collect_init() */
void snapcap_collect_exit(struct snapcap_session *s)
{
	vfree(s->own);
	vfree(s->bitmap);
	s->own = NULL;
	s->bitmap = NULL;
}

static void leave_out_page(struct snapcap_session *s, unsigned long pfn)
{
	if (!__test_and_set_bit(pfn - s->bitmap_base, s->own))
		s->status.own_pages++;
}

static void leave_out(struct snapcap_session *s, void *va, size_t size)
{
	size_t off;

	for (off = 0; va && off < size; off += PAGE_SIZE)
		leave_out_page(s, page_to_pfn(vmalloc_to_page(va + off)));
}

/**
 * snapcap_collect_own() - note which pages the session's buffers are
 * @s: session with all its buffers
 *
 * Done before the freeze: walking the page tables of as much memory as is to be
 * saved would take a good part of the frozen time.
 *
 * Context: process context.
 */
void snapcap_collect_own(struct snapcap_session *s)
{
	size_t bytes = BITS_TO_LONGS(s->bitmap_bits) * sizeof(long);

	s->status.own_pages = 0;
	bitmap_zero(s->own, s->bitmap_bits);
	leave_out(s, s->bitmap, bytes);
	leave_out(s, s->own, bytes);
	leave_out(s, s->extents.data, s->extents.size);
	leave_out(s, s->chunks.data, s->chunks.size);
	leave_out(s, s->data.data, s->data.size);
	leave_out(s, s->bounce, (size_t)s->arg.chunk_pages << PAGE_SHIFT);
	leave_out(s, s->packed, (size_t)s->arg.chunk_pages << PAGE_SHIFT);
	leave_out(s, s->lz4_work, LZ4_MEM_COMPRESS);
	snapcap_pager_own(s, leave_out_page);
}

static void mark_used(struct snapcap_session *s)
{
	unsigned int i;

	for (i = 0; i < s->map.count; i++) {
		unsigned long pfn = s->map.range[i].start_pfn, end = s->map.range[i].end_pfn;

		if (s->map.range[i].va) {
			bitmap_set(s->bitmap, pfn - s->bitmap_base, end - pfn);
			continue;
		}
		while (pfn < end) {
			struct page *page;

			if (!pfn_valid(pfn)) {
				pfn++;
				continue;
			}
			page = pfn_to_page(pfn);
			if (PageBuddy(page)) {
				/* A free block's order is in its first page's private field. */
				unsigned long pages = 1UL << page_private(page);

				s->status.free_pages += pages;
				pfn += pages;
				continue;
			}
			if (!PageOffline(page) && !PageHWPoison(page))
				__set_bit(pfn - s->bitmap_base, s->bitmap);
			pfn++;
		}
	}
}

/* Not memchr_inv(): with KASAN that one is instrumented, and much of memory is poisoned. */
static bool page_reads_zero(const unsigned long *words)
{
	size_t i;

	for (i = 0; i < PAGE_SIZE / sizeof(*words); i += 4)
		if (words[i] | words[i + 1] | words[i + 2] | words[i + 3])
			return false;
	return true;
}

static void put_extent(struct snapcap_session *s, const struct snapimg_extent *ext)
{
	struct snapcap_table *t = &s->extents;

	if (!ext->pages)
		return;
	t->needed += sizeof(struct snapcap_extent);
	if (t->size - t->used < sizeof(struct snapcap_extent))
		return;
	snapimg_extent_put(t->data + t->used, ext);
	t->used += sizeof(struct snapcap_extent);
}

/**
 * snapcap_collect() - build the snapshot page table
 * @s: session after snapcap_collect_own(); fills s->extents and the page counts of the status
 *
 * Context: one CPU, interrupts off, devices suspended. Does not sleep.
 * Return: 0, or -EOPNOTSUPP with s->bad_pfn and s->bad_kind set
 */
int snapcap_collect(struct snapcap_session *s)
{
	struct snapimg_extent ext = { 0 };
	unsigned long bit;

	s->status.free_pages = 0;
	s->status.stream_pages = 0;
	s->status.zero_pages = 0;
	s->extents.used = 0;
	s->extents.needed = 0;

	bitmap_zero(s->bitmap, s->bitmap_bits);
	mark_used(s);
	bitmap_andnot(s->bitmap, s->bitmap, s->own, s->bitmap_bits);

	for_each_set_bit(bit, s->bitmap, s->bitmap_bits) {
		unsigned long pfn = s->bitmap_base + bit;
		void *va = snapcap_map_va(&s->map, pfn);
		unsigned long probe;
		u16 kind;

		/*
		 * Pages taken out of the linear map (secretmem, KFENCE) cannot
		 * be read, and must not be: refuse rather than lose them.
		 */
		if (get_kernel_nofault(probe, (unsigned long *)va)) {
			s->bad_pfn = pfn;
			s->bad_kind = "page not in the linear map";
			return -EOPNOTSUPP;
		}
		kind = !probe && page_reads_zero(va) ? SNAPCAP_EXTENT_ZERO : SNAPCAP_EXTENT_DATA;
		if (kind == SNAPCAP_EXTENT_ZERO)
			s->status.zero_pages++;
		else
			s->status.stream_pages++;

		if (ext.pages && ext.kind == kind && ext.pfn + ext.pages == pfn &&
		    ext.pages < U32_MAX) {
			ext.pages++;
			continue;
		}
		put_extent(s, &ext);
		ext.pfn = pfn;
		ext.pages = 1;
		ext.kind = kind;
	}
	put_extent(s, &ext);
	return 0;
}

/**
 * snapcap_free_pages_restore() - give free pages the contents the kernel expects
 * @map: System RAM
 *
 * Free pages are not in the snapshot and come back with whatever RAM holds.
 * With init_on_free the allocator trusts them to be zero, with page poisoning
 * to be poisoned.
 *
 * Context: restored system, one CPU, interrupts off. Does not sleep.
 */
void snapcap_free_pages_restore(const struct snapcap_map *map)
{
	unsigned int i;
	int value;

	if (page_poisoning_enabled_static())
		value = PAGE_POISON;
	else if (want_init_on_free())
		value = 0;
	else
		return;

	for (i = 0; i < map->count; i++) {
		unsigned long pfn = map->range[i].start_pfn, end = map->range[i].end_pfn;

		while (!map->range[i].va && pfn < end) {
			struct page *page;
			unsigned long pages;

			page = pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;
			if (!page || !PageBuddy(page)) {
				pfn++;
				continue;
			}
			pages = 1UL << page_private(page);
			memset(page_address(page), value, pages << PAGE_SHIFT);
			pfn += pages;
		}
	}
}
