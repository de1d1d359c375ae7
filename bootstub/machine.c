// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Reads the device tree that the machine left in memory, before anything is
 * written there. A restore overwrites it and may still fail: the copy is what
 * a cold boot is made from then.
 */
#include <libfdt.h>
#include "devtree.h"
#include "machine.h"

/* All of the loader's memory, with the hand-off page, lies in one range of it. */
static bool memory_holds(const struct machine *m, u64 base, u64 size)
{
	u32 i;

	for (i = 0; i < m->range_count; i++)
		if (base >= m->range[i].base && size <= m->range[i].size &&
		    base - m->range[i].base <= m->range[i].size - size)
			return true;
	return false;
}

/* Map what lies there, whole pages of it, as memory. */
static bool map_memory(u64 base, u64 size)
{
	u64 end = (base + size + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
	struct arch_map map = { .base = base & ~(u64)(PAGE_SIZE - 1), .kind = ARCH_MEMORY_DATA };

	map.size = end - map.base;
	return !arch_map(&map, 1);
}

/* The tree at @dtb, or NULL; a pointer to nowhere is an exception. */
static void *passed_tree(u64 dtb, u32 *used)
{
	void *fdt = (void *)(uintptr_t)dtb;

	if (!dtb || dtb & 7 || dtb >> 48 || !map_memory(dtb, sizeof(struct fdt_header)))
		return NULL;
	if (fdt_magic(fdt) != FDT_MAGIC || fdt_totalsize(fdt) > DEVTREE_MAX ||
	    !map_memory(dtb, fdt_totalsize(fdt)))
		return NULL;
	return devtree_check(fdt, fdt_totalsize(fdt), used) ? NULL : fdt;
}

const char *machine_probe(const struct plat *p, u64 dtb, struct arena *arena, struct machine *m)
{
	u32 used;
	void *fdt = passed_tree(dtb, &used);

	if (!fdt) {
		fdt = (void *)(uintptr_t)p->dtb_base;
		if (devtree_check(fdt, p->dtb_limit, &used))
			return "no device tree where the machine leaves it";
	}
	m->fdt_size = used;
	m->fdt = arena_take(arena, used);
	if (!m->fdt || devtree_copy(fdt, used, m->fdt, used))
		return "device tree too large";
	devtree_wipe_seed(fdt);

	if (devtree_memory(m->fdt, m->range, SNAPCAP_HANDOFF_RANGES, &m->range_count))
		return "no memory in the device tree, or too many pieces";
	if (!memory_holds(m, p->stub_base, p->stub_size) ||
	    !memory_holds(m, p->handoff_base, SNAPCAP_HANDOFF_SIZE))
		return "memory ends before the loader's region does";
	if (!devtree_machine(m->fdt, m->name, sizeof(m->name)))
		return "no root compatible in the device tree";
	m->seed_size = devtree_seed(m->fdt, m->seed, sizeof(m->seed));
	return NULL;
}

void machine_wipe_seed(struct machine *m)
{
	memset(m->seed, 0, sizeof(m->seed));
	m->seed_size = 0;
	devtree_wipe_seed(m->fdt);
}

int machine_map(const struct plat *p, const struct machine *m)
{
	u64 stub_end = p->stub_base + p->stub_size;
	u32 i;
	int err;

	for (i = 0; i < m->range_count; i++) {
		u64 base = m->range[i].base, end = base + m->range[i].size;
		struct arch_map map = { .base = base, .size = end - base,
					.kind = ARCH_MEMORY_DATA };

		/* The region has its own mappings, with a hole that must stay one. */
		if (base <= p->stub_base && end >= stub_end) {
			map.size = p->stub_base - base;
			err = arch_map(&map, 1);
			if (err)
				return err;
			map.base = stub_end;
			map.size = end - stub_end;
		}
		err = arch_map(&map, 1);
		if (err)
			return err;
	}
	return 0;
}

static int visit_reserved(void *ctx, u64 base, u64 size)
{
	return place_take(ctx, base, size);
}

int machine_place(const struct plat *p, const struct machine *m, struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->ram = m->range;
	place->ram_count = m->range_count;
	return place_take(place, p->stub_base, p->stub_size) ?:
	       place_take(place, p->handoff_base, SNAPCAP_HANDOFF_SIZE) ?:
	       devtree_reserved(m->fdt, visit_reserved, place);
}

void machine_bind(const struct plat *p, const struct machine *m, struct snapimg_machine *bind)
{
	memset(bind, 0, sizeof(*bind));
	bind->arch = arch_id;
	bind->page_shift = PAGE_SHIFT;
	bind->stub_abi = SNAPCAP_HANDOFF_ABI;
	bind->stub_base = p->stub_base;
	bind->stub_size = p->stub_size;
	bind->handoff_base = p->handoff_base;
	bind->machine = m->name;
	bind->range = m->range;
	bind->range_count = m->range_count;
}
