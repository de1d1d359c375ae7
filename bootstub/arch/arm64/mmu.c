// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Translation tables: the identity map and the window for saved pages.
 *
 * 4 KiB granule, 39 bits, so tables start at level 1. All mappings are global
 * and lie in TTBR0; TTBR1 is never used by the loader. No mapping is both
 * writable and executable. The tables are in the loader's own region, so that
 * they outlive the jump into a restored kernel.
 *
 * The first part runs with the MMU off, where memory is Device: no unaligned
 * access, so nothing of string.c may be called before MMU and caches are on.
 */
#include <linux/snapcap_reason.h>
#include "../arch.h"
#include "arm64.h"
#include "sysreg.h"

/* Descriptors: DDI 0487 D8.3. */
#define DESC_BLOCK		1ULL
#define DESC_TABLE		3ULL	/* at levels 1 and 2; a page at level 3 */
#define DESC_PAGE		3ULL
#define DESC_TYPE		3ULL
#define DESC_ATTR(index)	((u64)(index) << 2)
#define DESC_READ_ONLY		(1ULL << 7)
#define DESC_INNER_SHAREABLE	(3ULL << 8)
#define DESC_AF			(1ULL << 10)
#define DESC_PXN		(1ULL << 53)
#define DESC_UXN		(1ULL << 54)
#define DESC_ADDRESS		0x0000fffffffff000ULL

#define DESC_NORMAL	(DESC_ATTR(MAIR_INDEX_NORMAL) | DESC_INNER_SHAREABLE | DESC_AF | DESC_UXN)
#define DESC_WINDOW	(DESC_NORMAL | DESC_PXN | DESC_PAGE)

#define ENTRIES		512
#define SHIFT_L3	12
#define SHIFT_L2	21
#define SHIFT_L1	30
/* Level 2 and 3 tables of the identity map: two for the loader, two per range. */
#define POOL_TABLES	24

#define WINDOW_L1_INDEX	(ENTRIES - 1)
#define WINDOW_VA	((u64)WINDOW_L1_INDEX << SHIFT_L1)
#define WINDOW_TABLES	(ARCH_WINDOW_PAGES / ENTRIES)
/* Behind the window. */
#define DEVICE_L2_INDEX	(ENTRIES - 1)

/* From the linker script. */
extern char __image_start[], __text_end[], __rodata_end[], __stack_guard[], __stack_bottom[],
	    __heap_end[];

struct table {
	u64 entry[ENTRIES];
} __attribute__((aligned(PAGE_SIZE)));

static struct table root;
static struct table pool[POOL_TABLES];
static u32 pool_used;

static struct table window_l2;
/* Consecutive level 3 tables: one array of descriptors, indexed by the slot. */
static struct table window_l3[WINDOW_TABLES];
/* Slots of the window filled in this round. */
static u32 window_used;

static const u64 kind_bits[] = {
	[ARCH_MEMORY_CODE] = DESC_NORMAL | DESC_READ_ONLY,
	[ARCH_MEMORY_CONST] = DESC_NORMAL | DESC_READ_ONLY | DESC_PXN,
	[ARCH_MEMORY_DATA] = DESC_NORMAL | DESC_PXN,
	[ARCH_MEMORY_DEVICE] = DESC_ATTR(MAIR_INDEX_DEVICE) | DESC_AF | DESC_UXN | DESC_PXN,
};

/* Descriptors are read by the table walker: written whole and in order. */
static void set_entry(u64 *entry, u64 value)
{
	*(volatile u64 *)entry = value;
}

/*
 * Map from @va up to at most @end in the table of level @level; the caller goes
 * on where this stops. Returns where that is, 0 when tables have run out.
 */
static u64 map_step(u64 va, u64 end, u64 bits)
{
	struct table *table = &root;
	u32 shift;

	for (shift = SHIFT_L1; ; shift -= 9) {
		u64 *entry = &table->entry[va >> shift & (ENTRIES - 1)];
		u64 next = ((va >> shift) + 1) << shift;
		bool whole = !(va & ((1ULL << shift) - 1)) && end >= next;

		if (*entry && (shift == SHIFT_L3 || (*entry & DESC_TYPE) == DESC_BLOCK))
			return next;
		if (!*entry && whole) {
			set_entry(entry, va | bits | (shift == SHIFT_L3 ? DESC_PAGE : DESC_BLOCK));
			return next;
		}
		if (!*entry) {
			if (pool_used == POOL_TABLES)
				return 0;
			set_entry(entry, (u64)(uintptr_t)&pool[pool_used++] | DESC_TABLE);
		}
		table = (struct table *)(uintptr_t)(*entry & DESC_ADDRESS);
	}
}

static int map_ranges(const struct arch_map *map, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		u64 va = map[i].base, end = map[i].base + map[i].size;

		if (end > WINDOW_VA)
			return -SNAPCAP_REASON_NO_SPACE;
		while (va < end) {
			va = map_step(va, end, kind_bits[map[i].kind]);
			if (!va)
				return -SNAPCAP_REASON_NO_SPACE;
		}
	}
	return 0;
}

static int map_piece(const char *start, const char *end, enum arch_memory kind)
{
	struct arch_map map = {
		.base = (u64)(uintptr_t)start,
		.size = (u64)(end - start),
		.kind = kind,
	};

	return map_ranges(&map, 1);
}

/* The page below the stack stays unmapped: an overflow is an exception. */
static int map_loader(void)
{
	return map_piece(__image_start, __text_end, ARCH_MEMORY_CODE) ?:
	       map_piece(__text_end, __rodata_end, ARCH_MEMORY_CONST) ?:
	       map_piece(__rodata_end, __stack_guard, ARCH_MEMORY_DATA) ?:
	       map_piece(__stack_bottom, __heap_end, ARCH_MEMORY_DATA);
}

static void mmu_on(void)
{
	u32 i;

	set_entry(&root.entry[WINDOW_L1_INDEX], (u64)(uintptr_t)&window_l2 | DESC_TABLE);
	for (i = 0; i < WINDOW_TABLES; i++)
		set_entry(&window_l2.entry[i], (u64)(uintptr_t)&window_l3[i] | DESC_TABLE);

	write_sysreg(MAIR_VALUE, mair_el1);
	write_sysreg(TCR_OWN | TCR_EPD1 | (u64)TCR_T0SZ(VA_BITS) << 16 | (u64)TCR_TG1_4K << 30 |
		     (read_sysreg(id_aa64mmfr0_el1) & 7) << TCR_IPS_SHIFT, tcr_el1);
	write_sysreg((uintptr_t)&root, ttbr0_el1);
	isb();
	asm volatile("tlbi vmalle1" : : : "memory");	/* undefined after reset (D8.13) */
	dsb(sy);	/* tables written, TLB empty, before the first walk */
	isb();
	write_sysreg(SCTLR_EL1_ON, sctlr_el1);
	isb();		/* the next instruction is fetched through the MMU */
}

int arch_map(const struct arch_map *map, u32 count)
{
	bool on = read_sysreg(sctlr_el1) & 1;
	int err = on ? 0 : map_loader();

	if (!err)
		err = map_ranges(map, count);
	if (err)
		return err;
	if (on) {
		dsb(ishst);	/* new entries are seen by the walker ... */
		isb();		/* ... before the next access */
	} else {
		mmu_on();
	}
	return 0;
}

volatile void *arch_device_window(u64 base, u64 size)
{
	u64 *entry = &window_l2.entry[DEVICE_L2_INDEX];
	u64 mask = (1ULL << SHIFT_L2) - 1;

	if (size > mask + 1 || (base & mask) > mask + 1 - size)
		return NULL;
	/* Break before make (D8.14.1); and what was written is out before that. */
	dsb(sy);
	set_entry(entry, 0);
	dsb(ishst);
	asm volatile("tlbi vmalle1" : : : "memory");
	dsb(nsh);
	isb();
	if (!size)
		return NULL;
	set_entry(entry, (base & ~mask) | kind_bits[ARCH_MEMORY_DEVICE] | DESC_BLOCK);
	dsb(ishst);	/* the entry is seen by the walker before the first access */
	isb();
	return (volatile void *)(uintptr_t)(WINDOW_VA + ((u64)DEVICE_L2_INDEX << SHIFT_L2) +
					    (base & mask));
}

/* Publish and unmap what this round of the window holds. */
static void window_end(void)
{
	u64 *entry = window_l3[0].entry;
	u32 i;

	cache_publish(WINDOW_VA, WINDOW_VA + ((u64)window_used << PAGE_SHIFT));
	for (i = 0; i < window_used; i++)
		set_entry(&entry[i], 0);
	window_used = 0;
	dsb(ishst);	/* entries are gone before their TLB entries go (D8.14.1) */
	asm volatile("tlbi vmalle1" : : : "memory");
	dsb(nsh);	/* only this CPU runs */
	isb();
}

void *arch_window_map(u32 slot, u64 pfn, u32 pages)
{
	u64 *entry = window_l3[0].entry + slot;
	u64 desc = pfn << PAGE_SHIFT | DESC_WINDOW;
	u32 i;

	if (!slot)
		window_end();
	for (i = 0; i < pages; i++, desc += PAGE_SIZE)
		set_entry(&entry[i], desc);
	window_used = slot + pages;
	dsb(ishst);	/* entries are seen by the walker before the first access */
	isb();
	return (void *)(uintptr_t)(WINDOW_VA + ((u64)slot << PAGE_SHIFT));
}
