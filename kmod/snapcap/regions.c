// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exported side of GetSnapshotRegions: memory that drivers own and the
 * kernel does not manage.
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include "snapcap.h"

static DEFINE_MUTEX(regions_lock);
static LIST_HEAD(regions);

/**
 * snapcap_region_register() - have a region saved and restored
 * @region: stays the caller's; must live until it is unregistered
 *
 * Context: process context, sleeps.
 * Return:
 * * 0        - it is in every snapshot from now on
 * * -EINVAL  - empty, not page aligned, wraps, or has no owner
 * * -EEXIST  - overlaps System RAM or another region
 */
int snapcap_region_register(struct snapcap_region *region)
{
	struct snapcap_region *r;
	phys_addr_t end;
	int ret = 0;

	if (!region->owner || !region->size || !PAGE_ALIGNED(region->base) ||
	    !PAGE_ALIGNED(region->size) || check_add_overflow(region->base,
	    (phys_addr_t)region->size, &end))
		return -EINVAL;
	if (region_intersects(region->base, region->size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return -EEXIST;

	mutex_lock(&regions_lock);
	list_for_each_entry(r, &regions, list)
		if (region->base < r->base + r->size && r->base < end)
			ret = -EEXIST;
	if (!ret)
		list_add_tail(&region->list, &regions);
	mutex_unlock(&regions_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(snapcap_region_register);

/**
 * snapcap_region_unregister() - take a region out again
 * @region: registered before
 *
 * Context: process context, sleeps; waits for a take that is mapping regions.
 */
void snapcap_region_unregister(struct snapcap_region *region)
{
	mutex_lock(&regions_lock);
	list_del_init(&region->list);
	mutex_unlock(&regions_lock);
}
EXPORT_SYMBOL_GPL(snapcap_region_unregister);

/**
 * snapcap_regions_map() - map all regions and add them to the session's map
 * @s: session
 *
 * Context: process context, sleeps.
 * Return: 0, or -ENOMEM, -EOPNOTSUPP (the loader would not restore it) with the
 * cause set
 */
int snapcap_regions_map(struct snapcap_session *s)
{
	struct snapcap_map *map = &s->map;
	struct snapcap_region *r;
	int ret = 0;

	mutex_lock(&regions_lock);
	list_for_each_entry(r, &regions, list) {
		void *va = NULL;

		if (!snapcap_stub_restores(r->base, r->size)) {
			ret = snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_REGION, r->base, r->owner);
			break;
		}
		if (map->count < SNAPCAP_MAP_RANGES)
			va = memremap(r->base, r->size, MEMREMAP_WB);
		if (!va) {
			ret = snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_REGION, r->base, r->owner);
			break;
		}
		map->range[map->count].start_pfn = PHYS_PFN(r->base);
		map->range[map->count].end_pfn = PHYS_PFN(r->base + r->size);
		map->range[map->count].va = va;
		map->count++;
	}
	mutex_unlock(&regions_lock);
	return ret;
}

/** snapcap_regions_unmap() - undo snapcap_regions_map() */
void snapcap_regions_unmap(struct snapcap_map *map)
{
	unsigned int i;

	for (i = 0; i < map->count; i++) {
		if (map->range[i].va)
			memunmap(map->range[i].va);
		map->range[i].va = NULL;
	}
}
