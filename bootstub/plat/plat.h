/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The board contract: one constant description and one function, both
 * mandatory, none weak.
 */
#ifndef PLAT_H
#define PLAT_H

#include <snapimg_glue.h>
#include "../arch/arch.h"
#include "../media/media.h"

struct serial;
struct watchdog;

/** struct plat_part - a partition, announced to Linux where the medium has a node */
struct plat_part {
	const char *label;
	u64 offset;	/* in the medium */
	u64 size;	/* may reach beyond the medium's end */
	bool read_only;
};

enum plat_part_id {
	PLAT_PART_STUB,
	PLAT_PART_OS,
	PLAT_PART_SNAPSHOT,
	PLAT_PART_COUNT
};

/**
 * struct plat_medium - a medium and what is where on it
 * @media: how it is read
 * @compatible: of its device tree node, which is given the partitions; NULL: none
 * @part: its partitions
 * @os_step: OS images start on multiples of this in their partition
 */
struct plat_medium {
	struct media *media;
	const char *compatible;
	struct plat_part part[PLAT_PART_COUNT];
	u64 os_step;
};

/** plat_part_size() - bytes of a partition that the medium, which is open, does hold */
static inline u64 plat_part_size(const struct plat_medium *pm, enum plat_part_id id)
{
	const struct plat_part *part = &pm->part[id];
	u64 left = pm->media->size > part->offset ? pm->media->size - part->offset : 0;

	return part->size < left ? part->size : left;
}

/**
 * struct plat - what the board is
 * @map: mappings that the loader needs before it has read the device tree: the
 *	hand-off page, flash, console, the device tree
 * @map_count: entries of @map
 * @stub_base: the loader's region; never a destination
 * @stub_size: bytes
 * @handoff_base: the hand-off page; never a destination
 * @dtb_base: where the machine leaves its device tree
 * @dtb_limit: bytes that may be read there
 * @console: the port that the loader talks on
 * @window_ms: how long a key is waited for at every start; 0: only one that is
 *	held down is seen
 * @watchdog: what resets the machine when a restored system hangs; NULL: nothing does
 * @watchdog_ms: time that it leaves a restored system to take it over
 * @medium: what may hold snapshots and OS images, the preferred one first
 * @medium_count: entries of @medium
 */
struct plat {
	const struct arch_map *map;
	u32 map_count;
	u64 stub_base;
	u64 stub_size;
	u64 handoff_base;
	u64 dtb_base;
	u64 dtb_limit;
	const struct serial *console;
	u32 window_ms;
	struct watchdog *watchdog;
	u32 watchdog_ms;
	const struct plat_medium *medium;
	u32 medium_count;
};

extern const struct plat plat;

/**
 * plat_end() - never returns: nothing is left that could be booted
 * @fdt: device tree of the machine, NULL when there is none
 *
 * Turns the machine off; where it cannot be turned off, stops the CPU.
 */
void __attribute__((noreturn)) plat_end(const void *fdt);

#endif
