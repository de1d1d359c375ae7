// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device trees: read as at the start, then completed as for a cold boot. What
 * was said to be memory or reserved has to be sound, and a tree that was
 * completed has to be one still.
 */
#include <libfdt.h>
#include <string.h>
#include "devtree.h"
#include "fuzz.h"

#define SIZE_MAX_TREE	65536
#define RANGES		16

static struct media nor = { .name = "nor" };
static const struct plat_medium medium = {
	.media = &nor,
	.compatible = "cfi-flash",
	.part = {
		[PLAT_PART_STUB] = { "bootstub", 0, 0x100000, true },
		[PLAT_PART_OS] = { "os", 0x100000, 0x2f00000, false },
		[PLAT_PART_SNAPSHOT] = { "snapshot", 0x3000000, 0x5000000, false },
	},
};
static const struct plat board = {
	.stub_base = 0x40200000,
	.stub_size = 0x1ff000,
	.handoff_base = 0x403ff000,
	.medium = &medium,
	.medium_count = 1,
};

u32 arch_boot_level(void);

u32 arch_boot_level(void)
{
	return 1;
}

static int visit(void *ctx, u64 base, u64 size)
{
	u32 *left = ctx;

	(void)base;
	(void)size;
	return (*left)-- ? 0 : -1;
}

static void read_tree(const void *fdt)
{
	struct snapimg_range range[RANGES];
	u32 count, left = 100, i;
	struct devtree_device dev;
	char name[128];
	u8 seed[32];
	int node;

	if (!devtree_memory(fdt, range, RANGES, &count)) {
		FUZZ_HOLDS(count >= 1 && count <= RANGES);
		for (i = 0; i < count; i++) {
			FUZZ_HOLDS(range[i].size && range[i].size <= ~0ULL - range[i].base);
			FUZZ_HOLDS(!i || range[i].base > range[i - 1].base + range[i - 1].size);
		}
	}
	if (devtree_machine(fdt, name, sizeof(name)))
		FUZZ_HOLDS(strnlen(name, sizeof(name)) < sizeof(name) && name[0]);
	FUZZ_HOLDS(devtree_seed(fdt, seed, sizeof(seed)) <= sizeof(seed));
	if (devtree_reserved(fdt, visit, &left))
		left = 0;
	for (node = -1; (node = devtree_next_device(fdt, node, "virtio,mmio", &dev)) >= 0;)
		FUZZ_HOLDS(dev.size <= ~0ULL - dev.base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) u8 tree[SIZE_MAX_TREE], copy[SIZE_MAX_TREE + DEVTREE_SLACK + 64];
	const struct devtree_boot boot = {
		.cmdline = "console=ttyAMA0",
		.cmdline_size = 15,
		.initrd_base = 0x48000000,
		.initrd_size = 0x10000,
		.keep = { 0x50000000, 0x10000 },
		.seed = (const u8 *)"12345678",
		.seed_size = 8,
	};
	u32 used;

	if (size > sizeof(tree))
		return 0;
	/* In memory of just that size, so that a look beyond it is seen. */
	u8 *exact = aligned_alloc(8, size ? (size + 7) / 8 * 8 : 8);

	if (!exact)
		return 0;
	memcpy(exact, data, size);
	if (!devtree_check(exact, size, &used)) {
		FUZZ_HOLDS(used <= size);
		read_tree(exact);
		devtree_wipe_seed(exact);
		FUZZ_HOLDS(!devtree_check(exact, size, &used));
		if (!devtree_copy(exact, used, copy, sizeof(copy)) &&
		    !devtree_announce(copy, &board, &boot))
			FUZZ_HOLDS(!fdt_check_full(copy, sizeof(copy)));
	}
	free(exact);
	return 0;
}
