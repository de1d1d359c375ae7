/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The device tree: what the loader reads from it, and what it adds for Linux.
 */
#ifndef DEVTREE_H
#define DEVTREE_H

#include <snapimg.h>
#include "plat/plat.h"

/* Bytes that devtree_announce() may need beyond the tree and the command line. */
#define DEVTREE_SLACK	4096
/* Linux maps no more than this. */
#define DEVTREE_MAX	(2U << 20)

/**
 * struct devtree_boot - what a cold boot tells Linux
 * @cmdline: not NUL terminated; NULL: leave the tree's own
 * @cmdline_size: bytes
 * @initrd_base: physical address
 * @initrd_size: bytes; 0: none
 * @keep: memory that Linux is to leave alone, besides the loader's; size 0: none
 * @seed: fresh entropy for a tree that has none
 * @seed_size: bytes
 */
struct devtree_boot {
	const char *cmdline;
	u32 cmdline_size;
	u64 initrd_base;
	u64 initrd_size;
	struct snapimg_range keep;
	const u8 *seed;
	u32 seed_size;
};

/**
 * devtree_check() - is this a device tree?
 * @fdt: 8-byte aligned, hostile
 * @limit: bytes that may be read
 * @used: result: bytes that hold anything; a tree may be padded far beyond
 *
 * Return: 0 or a negative libfdt error
 */
int __attribute__((warn_unused_result)) devtree_check(const void *fdt, u64 limit, u32 *used);

/**
 * devtree_copy() - copy a checked tree and give it room to grow
 * @fdt: checked tree
 * @used: result of devtree_check()
 * @dst: 8-byte aligned
 * @size: bytes at @dst
 *
 * Return: 0 or a negative libfdt error
 */
int __attribute__((warn_unused_result))
devtree_copy(const void *fdt, u32 used, void *dst, u32 size);

/**
 * devtree_memory() - the machine's memory, sorted and merged
 * @fdt: checked tree
 * @range: result
 * @max: entries of @range
 * @count: result: used entries
 *
 * Only whole pages count.
 *
 * Return: 0 or -NO_SPACE (more ranges than @max), -MEMORY (none, or malformed)
 */
int __attribute__((warn_unused_result))
devtree_memory(const void *fdt, struct snapimg_range *range, u32 max, u32 *count);

/**
 * devtree_reserved() - visit what the tree says must be left alone
 * @fdt: checked tree
 * @visit: called for each range; its negative result ends the visit
 * @ctx: for @visit
 *
 * Return: 0 or the result of @visit
 */
int __attribute__((warn_unused_result))
devtree_reserved(const void *fdt, int (*visit)(void *ctx, u64 base, u64 size), void *ctx);

/** struct devtree_device - a device; @coherent: its accesses to memory go through the caches */
struct devtree_device {
	u64 base;
	u64 size;
	bool coherent;
};

/**
 * devtree_next_device() - find the devices of a kind
 * @fdt: checked tree
 * @node: -1 for the first, else the last result
 * @compatible: of the kind
 * @dev: result: its first registers
 *
 * Only children of the root, whose addresses are physical ones, and none that is
 * disabled or whose registers wrap.
 *
 * Return: a node, or a negative libfdt error at the end
 */
int __attribute__((warn_unused_result))
devtree_next_device(const void *fdt, int node, const char *compatible,
		    struct devtree_device *dev);

/** devtree_machine() - first root compatible to @name of @size bytes; false: none, or longer */
bool devtree_machine(const void *fdt, char *name, size_t size);

/** devtree_seed() - /chosen/rng-seed to @seed, at most @size bytes; returns how many */
u32 devtree_seed(const void *fdt, u8 *seed, u32 size);

/** devtree_wipe_seed() - clear /chosen/rng-seed in a writable tree */
void devtree_wipe_seed(void *fdt);

/**
 * devtree_announce() - tell Linux how it was booted
 * @fdt: tree from devtree_copy()
 * @p: board: its region, hand-off page and partitions are announced
 * @boot: command line, initrd, memory to keep, seed
 *
 * Return: 0 or a negative libfdt error; @fdt is undefined then
 */
int __attribute__((warn_unused_result))
devtree_announce(void *fdt, const struct plat *p, const struct devtree_boot *boot);

#endif
