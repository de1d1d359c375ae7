// SPDX-License-Identifier: GPL-2.0-only
/* What is read from a device tree, and what is added; the trees are made by libfdt. */
#include "../test.h"
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include "devtree.h"
#include "fake.h"

#define SIZE	8192

static union {
	u64 align;
	u8 bytes[SIZE];
} tree, copy;

static int setup(void **state)
{
	fake_setup(state);
	memset(&tree, 0, sizeof(tree));
	memset(&copy, 0, sizeof(copy));
	fake_tree(tree.bytes, SIZE, FAKE_RAM_SIZE);
	return 0;
}

/* A tree that has nothing but memory nodes, each with one range. */
static void memory_tree(const u64 (*range)[2], u32 count)
{
	char name[32];
	u32 i;

	assert_int_equal(fdt_create_empty_tree(tree.bytes, SIZE), 0);
	assert_int_equal(fdt_setprop_u32(tree.bytes, 0, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(tree.bytes, 0, "#size-cells", 2), 0);
	for (i = 0; i < count; i++) {
		int node;

		snprintf(name, sizeof(name), "memory@%u", i);
		node = fdt_add_subnode(tree.bytes, 0, name);
		assert_int_equal(fdt_setprop_string(tree.bytes, node, "device_type", "memory"), 0);
		assert_int_equal(fdt_setprop_u64(tree.bytes, node, "reg", range[i][0]), 0);
		assert_int_equal(fdt_appendprop_u64(tree.bytes, node, "reg", range[i][1]), 0);
	}
}

#define memory_is(in, ...) do {							\
	const struct snapimg_range want[] = { __VA_ARGS__ };			\
	struct snapimg_range got[16];						\
	u32 n, k;								\
										\
	memory_tree(in, ARRAY_SIZE(in));					\
	assert_int_equal(devtree_memory(tree.bytes, got, 16, &n), 0);		\
	assert_int_equal(n, ARRAY_SIZE(want));					\
	for (k = 0; k < n; k++) {						\
		assert_int_equal(got[k].base, want[k].base);			\
		assert_int_equal(got[k].size, want[k].size);			\
	}									\
} while (0)

static int memory_error(const u64 (*in)[2], u32 count)
{
	struct snapimg_range got[4];
	u32 n;

	memory_tree(in, count);
	return devtree_memory(tree.bytes, got, 4, &n);
}

static void test_memory_sorted(void **state)
{
	static const u64 in[][2] = {
		{ 0x90000000, 0x1000 }, { 0x40000000, 0x2000 }, { 0x60000000, 0x3000 },
	};

	memory_is(in, { 0x40000000, 0x2000 }, { 0x60000000, 0x3000 }, { 0x90000000, 0x1000 });
}

static void test_memory_merged(void **state)
{
	static const u64 touching[][2] = {
		{ 0x3000, 0x1000 }, { 0x1000, 0x1000 }, { 0x2000, 0x1000 },
	};
	static const u64 around[][2] = {
		{ 0x10000, 0x1000 }, { 0x12000, 0x1000 }, { 0x14000, 0x1000 },
		{ 0x20000, 0x1000 }, { 0xf000, 0x6800 },
	};
	static const u64 inside[][2] = { { 0x1000, 0x10000 }, { 0x4000, 0x1000 } };

	memory_is(touching, { 0x1000, 0x3000 });
	memory_is(around, { 0xf000, 0x6000 }, { 0x20000, 0x1000 });
	memory_is(inside, { 0x1000, 0x10000 });
}

static void test_memory_whole_pages_only(void **state)
{
	static const u64 in[][2] = { { 0x1001, 0x2fff }, { 0x8010, 0x10 }, { 0x9000, 0 },
				     { 0xa000, 0x1fff } };

	memory_is(in, { 0x2000, 0x2000 }, { 0xa000, 0x1000 });
}

static void test_memory_refused(void **state)
{
	static const u64 wraps[][2] = { { 0x1000, 0x1000 }, { 0xfffffffffffff000ULL, 0x2000 } };
	static const u64 ends_at_top[][2] = { { 0x1000, 0x1000 },
					      { 0xfffffffffffff000ULL, 0x1000 } };
	static const u64 nothing[][2] = { { 0x1000, 0xfff } };
	static const u64 many[][2] = {
		{ 0x1000, 0x1000 }, { 0x3000, 0x1000 }, { 0x5000, 0x1000 }, { 0x7000, 0x1000 },
		{ 0x9000, 0x1000 },
	};

	assert_int_equal(memory_error(wraps, 2), -SNAPCAP_REASON_MEMORY);
	assert_int_equal(memory_error(ends_at_top, 2), -SNAPCAP_REASON_MEMORY);
	assert_int_equal(memory_error(nothing, 1), -SNAPCAP_REASON_MEMORY);
	assert_int_equal(memory_error(many, 0), -SNAPCAP_REASON_MEMORY);
	assert_int_equal(memory_error(many, 4), 0);
	assert_int_equal(memory_error(many, 5), -SNAPCAP_REASON_NO_SPACE);
}

static void test_memory_several_in_one_node(void **state)
{
	struct snapimg_range got[4];
	int node;
	u32 n;

	node = fdt_path_offset(tree.bytes, "/memory@40000000");
	assert_int_equal(fdt_appendprop_u64(tree.bytes, node, "reg", 0x80000000), 0);
	assert_int_equal(fdt_appendprop_u64(tree.bytes, node, "reg", 0x5000), 0);
	/* A half entry at the end counts for nothing. */
	assert_int_equal(fdt_appendprop_u64(tree.bytes, node, "reg", 0x90000000), 0);
	assert_int_equal(devtree_memory(tree.bytes, got, 4, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(got[1].base, 0x80000000);
	assert_int_equal(got[1].size, 0x5000);
}

static void test_memory_one_cell(void **state)
{
	struct snapimg_range got[4];
	int node;
	u32 n;

	assert_int_equal(fdt_setprop_u32(tree.bytes, 0, "#address-cells", 1), 0);
	assert_int_equal(fdt_setprop_u32(tree.bytes, 0, "#size-cells", 1), 0);
	node = fdt_path_offset(tree.bytes, "/memory@40000000");
	assert_int_equal(fdt_setprop_u32(tree.bytes, node, "reg", 0x80000000), 0);
	assert_int_equal(fdt_appendprop_u32(tree.bytes, node, "reg", 0x10000), 0);
	assert_int_equal(devtree_memory(tree.bytes, got, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].base, 0x80000000);
	assert_int_equal(got[0].size, 0x10000);

	assert_int_equal(fdt_setprop_u32(tree.bytes, 0, "#size-cells", 3), 0);
	assert_int_equal(devtree_memory(tree.bytes, got, 4, &n), -SNAPCAP_REASON_MEMORY);
}

static void test_check_sees_damage(void **state)
{
	u32 used;

	assert_int_equal(devtree_check(tree.bytes, SIZE, &used), 0);
	assert_int_equal(devtree_check(tree.bytes, SIZE - 1, &used), -FDT_ERR_TRUNCATED);
	assert_int_equal(devtree_check(tree.bytes, 8, &used), -FDT_ERR_TRUNCATED);
	assert_int_equal(devtree_check(tree.bytes + 4, SIZE - 4, &used), -FDT_ERR_ALIGNMENT);
	assert_int_equal(devtree_check(copy.bytes, SIZE, &used), -FDT_ERR_BADMAGIC);
	fdt_set_version(tree.bytes, 16);
	assert_int_equal(devtree_check(tree.bytes, SIZE, &used), -FDT_ERR_BADVERSION);
}

static void test_copy_leaves_the_padding_behind(void **state)
{
	u32 used, packed;

	assert_int_equal(devtree_check(tree.bytes, SIZE, &used), 0);
	assert_true(used < 1024);
	assert_int_equal(devtree_copy(tree.bytes, used, copy.bytes, used - 1), -FDT_ERR_NOSPACE);
	assert_int_equal(devtree_copy(tree.bytes, used, copy.bytes, used), 0);
	assert_int_equal(fdt_totalsize(copy.bytes), used);
	assert_int_equal(devtree_check(copy.bytes, used, &packed), 0);
	assert_int_equal(packed, used);
	/* With room, it grows. */
	assert_int_equal(devtree_copy(tree.bytes, used, copy.bytes, SIZE), 0);
	assert_true(fdt_add_subnode(copy.bytes, 0, "more") > 0);
}

static void test_random_damage_is_survived(void **state)
{
	struct devtree_boot boot = { .cmdline = "x", .cmdline_size = 1 };
	struct snapimg_range got[16];
	u8 *exact = NULL, seed[32];
	char name[128];
	u32 used, n, sound = 0;
	int i;

	assert_int_equal(fdt_pack(tree.bytes), 0);
	n = fdt_totalsize(tree.bytes);
	/* Of exactly its size, so that a read beyond it is seen. */
	exact = malloc(n);
	srandom(2);
	for (i = 0; i < 20000; i++) {
		int flips = 1 + random() % 3;
		u32 count;

		memcpy(exact, tree.bytes, n);
		while (flips--)
			exact[random() % n] = (u8)random();
		if (devtree_check(exact, n, &used))
			continue;
		sound++;
		assert_true(used <= n);
		(void)!devtree_memory(exact, got, 16, &count);
		devtree_machine(exact, name, sizeof(name));
		devtree_seed(exact, seed, sizeof(seed));
		if (!devtree_copy(exact, used, copy.bytes, SIZE))
			(void)!devtree_announce(copy.bytes, &plat, &boot);
		devtree_wipe_seed(exact);
	}
	free(exact);
	assert_true(sound > 1000);
}

static void test_machine_is_the_first_compatible(void **state)
{
	char name[12];

	assert_true(devtree_machine(tree.bytes, name, sizeof(name)));
	assert_string_equal(name, "maker,board");
	assert_false(devtree_machine(tree.bytes, name, sizeof(name) - 1));
	assert_int_equal(fdt_delprop(tree.bytes, 0, "compatible"), 0);
	assert_false(devtree_machine(tree.bytes, name, sizeof(name)));
	assert_int_equal(fdt_setprop_string(tree.bytes, 0, "compatible", ""), 0);
	assert_false(devtree_machine(tree.bytes, name, sizeof(name)));
}

static void test_seed_read_and_wiped(void **state)
{
	u8 seed[40] = { 0 };
	const void *at;

	assert_int_equal(devtree_seed(tree.bytes, seed, 16), 16);
	assert_int_equal(devtree_seed(tree.bytes, seed, sizeof(seed)), 32);
	assert_int_equal(seed[0], 1);
	assert_int_equal(seed[31], 32);
	at = fdt_getprop(tree.bytes, fdt_path_offset(tree.bytes, "/chosen"), "rng-seed", NULL);
	devtree_wipe_seed(tree.bytes);
	assert_int_equal(devtree_seed(tree.bytes, seed, sizeof(seed)), 0);
	assert_memory_not_equal(at, seed, 32);
	assert_int_equal(fdt_check_full(tree.bytes, sizeof(tree.bytes)), 0);
	assert_int_equal(fdt_del_node(tree.bytes, fdt_path_offset(tree.bytes, "/chosen")), 0);
	assert_int_equal(devtree_seed(tree.bytes, seed, sizeof(seed)), 0);
	devtree_wipe_seed(tree.bytes);
}

/* ---- what is added ---- */

static u64 cells(const char *path, const char *name, int i)
{
	int len, node = fdt_path_offset(tree.bytes, path);
	const fdt32_t *p;

	assert_true(node >= 0);
	p = fdt_getprop(tree.bytes, node, name, &len);
	assert_non_null(p);
	assert_true(len >= (i + 1) * 4);
	return fdt32_ld(p + i);
}

static void has_text(const char *path, const char *name, const char *want)
{
	const char *p = fdt_getprop(tree.bytes, fdt_path_offset(tree.bytes, path), name, NULL);

	assert_non_null(p);
	assert_string_equal(p, want);
}

static bool has_prop(const char *path, const char *name)
{
	return fdt_getprop(tree.bytes, fdt_path_offset(tree.bytes, path), name, NULL);
}

static const struct devtree_boot full = {
	.cmdline = "root=/dev/vda1 and more",
	.cmdline_size = 14,
	.initrd_base = 0x123456789000ULL,
	.initrd_size = 0x100,
};

static void is_announced(void)
{
	has_text("/reserved-memory/bootstub@40200000", "compatible", "snapcap,bootstub");
	has_text("/reserved-memory/handoff@403ff000", "compatible", "snapcap,handoff");
	assert_int_equal(cells("/reserved-memory/bootstub@40200000", "reg", 1), FAKE_STUB_BASE);
	assert_int_equal(cells("/reserved-memory/bootstub@40200000", "reg", 3), FAKE_STUB_SIZE);
	assert_int_equal(cells("/reserved-memory/handoff@403ff000", "reg", 1), FAKE_HANDOFF);
	assert_int_equal(cells("/reserved-memory/handoff@403ff000", "reg", 3), 4096);
	assert_true(has_prop("/reserved-memory/bootstub@40200000", "no-map"));
	assert_int_equal(cells("/reserved-memory/bootstub@40200000", "snapcap,boot-level", 0), 2);
	assert_true(has_prop("/reserved-memory/handoff@403ff000", "no-map"));
	assert_true(has_prop("/reserved-memory", "ranges"));
	assert_int_equal(cells("/reserved-memory", "#address-cells", 0), 2);
	assert_int_equal(cells("/reserved-memory", "#size-cells", 0), 2);
}

static void is_complete(void)
{
	u32 used;

	assert_int_equal(devtree_check(tree.bytes, SIZE, &used), 0);
	is_announced();
	has_text("/flash@0/partitions", "compatible", "fixed-partitions");
	has_text("/flash@0/partitions/partition@100000", "label", "os");
	has_text("/flash@0/partitions/partition@800000", "label", "snapshot");
	assert_int_equal(cells("/flash@0/partitions/partition@800000", "reg", 0), FAKE_SNAPSHOT);
	assert_int_equal(cells("/flash@0/partitions/partition@800000", "reg", 1),
			 FAKE_FLASH_SIZE - FAKE_SNAPSHOT);
	assert_true(has_prop("/flash@0/partitions/partition@0", "read-only"));
	assert_false(has_prop("/flash@0/partitions/partition@100000", "read-only"));
	has_text("/chosen", "bootargs", "root=/dev/vda1");
	assert_int_equal(cells("/chosen", "linux,initrd-start", 0), 0x1234);
	assert_int_equal(cells("/chosen", "linux,initrd-start", 1), 0x56789000);
	assert_int_equal(cells("/chosen", "linux,initrd-end", 1), 0x56789100);
}

static void test_announce_is_complete(void **state)
{
	assert_int_equal(devtree_announce(tree.bytes, &plat, &full), 0);
	is_complete();
	/* What Linux must not see twice is not there twice. */
	assert_int_equal(devtree_announce(tree.bytes, &plat, &full), 0);
	is_complete();
}

static void test_announce_without_room_is_refused(void **state)
{
	u32 used, size;
	bool worked = false;

	assert_int_equal(devtree_check(tree.bytes, SIZE, &used), 0);
	memcpy(&copy, &tree, sizeof(copy));
	for (size = used; size < used + DEVTREE_SLACK; size += 4) {
		int err;

		assert_int_equal(devtree_copy(copy.bytes, used, tree.bytes, size), 0);
		memset(tree.bytes + size, 0x5a, 64);
		err = devtree_announce(tree.bytes, &plat, &full);
		assert_int_equal(tree.bytes[size], 0x5a);
		assert_int_equal(tree.bytes[size + 63], 0x5a);
		if (worked || !err) {
			assert_int_equal(err, 0);
			worked = true;
			is_complete();
		} else {
			assert_int_equal(err, -FDT_ERR_NOSPACE);
		}
	}
	/* And the room that the caller gives is enough. */
	assert_true(worked);
}

static void test_announce_keeps_what_was_not_given(void **state)
{
	static const struct devtree_boot nothing;
	int chosen = fdt_path_offset(tree.bytes, "/chosen");

	assert_int_equal(fdt_setprop_string(tree.bytes, chosen, "bootargs", "as it was"), 0);
	assert_int_equal(devtree_announce(tree.bytes, &plat, &nothing), 0);
	has_text("/chosen", "bootargs", "as it was");
	assert_false(has_prop("/chosen", "linux,initrd-start"));
	assert_int_equal(cells("/chosen", "rng-seed", 0), 0x01020304);
}

/* Of the stage before, which has loaded one; this boot has none. */
static void test_announce_removes_a_stale_initrd(void **state)
{
	static const struct devtree_boot nothing;
	int chosen = fdt_path_offset(tree.bytes, "/chosen");

	assert_int_equal(fdt_setprop_u64(tree.bytes, chosen, "linux,initrd-start", 0x48000000), 0);
	assert_int_equal(fdt_setprop_u64(tree.bytes, chosen, "linux,initrd-end", 0x48100000), 0);
	assert_int_equal(devtree_announce(tree.bytes, &plat, &nothing), 0);
	chosen = fdt_path_offset(tree.bytes, "/chosen");
	assert_null(fdt_getprop(tree.bytes, chosen, "linux,initrd-start", NULL));
	assert_null(fdt_getprop(tree.bytes, chosen, "linux,initrd-end", NULL));
	/* And no memory is kept. */
	assert_true(fdt_path_offset(tree.bytes, "/reserved-memory") > 0);
	assert_int_equal(fdt_node_offset_by_compatible(tree.bytes, -1, SNAPCAP_DT_COMPAT_DOWNLOAD),
			 -FDT_ERR_NOTFOUND);
}

static void test_announce_gives_a_seed_where_there_is_none(void **state)
{
	static const u8 seed[4] = { 0xab, 0xcd, 0xef, 0x01 };
	const struct devtree_boot boot = { .seed = seed, .seed_size = sizeof(seed) };

	assert_int_equal(devtree_announce(tree.bytes, &plat, &boot), 0);
	assert_int_equal(cells("/chosen", "rng-seed", 0), 0x01020304);
	assert_int_equal(fdt_del_node(tree.bytes, fdt_path_offset(tree.bytes, "/chosen")), 0);
	assert_int_equal(devtree_announce(tree.bytes, &plat, &boot), 0);
	assert_int_equal(cells("/chosen", "rng-seed", 0), 0xabcdef01);
}

static void test_announce_keeps_partitions_of_the_tree(void **state)
{
	int flash = fdt_path_offset(tree.bytes, "/flash@0");

	assert_true(fdt_add_subnode(tree.bytes, flash, "partitions") > 0);
	assert_int_equal(devtree_announce(tree.bytes, &plat, &full), 0);
	assert_int_equal(fdt_path_offset(tree.bytes, "/flash@0/partitions/partition@0"),
			 -FDT_ERR_NOTFOUND);
	is_announced();
}

static void test_announce_without_flash_is_refused(void **state)
{
	assert_int_equal(fdt_del_node(tree.bytes, fdt_path_offset(tree.bytes, "/flash@0")), 0);
	assert_int_equal(devtree_announce(tree.bytes, &plat, &full), -FDT_ERR_NOTFOUND);
}

static int note_range(void *ctx, u64 base, u64 size)
{
	struct snapimg_range *r = ctx;

	while (r->size)
		r++;
	r->base = base;
	r->size = size;
	return base == 0xbad000 ? -SNAPCAP_REASON_NO_SPACE : 0;
}

static void test_reserved_of_both_kinds_visited(void **state)
{
	struct snapimg_range seen[8] = { 0 };
	int node;

	assert_int_equal(fdt_add_mem_rsv(tree.bytes, 0x1000, 0x2000), 0);
	assert_int_equal(devtree_announce(tree.bytes, &plat, &full), 0);
	assert_int_equal(devtree_reserved(tree.bytes, note_range, seen), 0);
	assert_int_equal(seen[0].base, 0x1000);
	assert_int_equal(seen[0].size, 0x2000);
	assert_int_equal(seen[1].base + seen[2].base, FAKE_STUB_BASE + FAKE_HANDOFF);
	assert_int_equal(seen[3].size, 0);

	node = fdt_add_subnode(tree.bytes, fdt_path_offset(tree.bytes, "/reserved-memory"), "z");
	assert_int_equal(fdt_setprop_u64(tree.bytes, node, "reg", 0xbad000), 0);
	assert_int_equal(fdt_appendprop_u64(tree.bytes, node, "reg", 0x1000), 0);
	memset(seen, 0, sizeof(seen));
	assert_int_equal(devtree_reserved(tree.bytes, note_range, seen), -SNAPCAP_REASON_NO_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_memory_sorted, setup),
		cmocka_unit_test_setup(test_memory_merged, setup),
		cmocka_unit_test_setup(test_memory_whole_pages_only, setup),
		cmocka_unit_test_setup(test_memory_refused, setup),
		cmocka_unit_test_setup(test_memory_several_in_one_node, setup),
		cmocka_unit_test_setup(test_memory_one_cell, setup),
		cmocka_unit_test_setup(test_check_sees_damage, setup),
		cmocka_unit_test_setup(test_copy_leaves_the_padding_behind, setup),
		cmocka_unit_test_setup(test_random_damage_is_survived, setup),
		cmocka_unit_test_setup(test_machine_is_the_first_compatible, setup),
		cmocka_unit_test_setup(test_seed_read_and_wiped, setup),
		cmocka_unit_test_setup(test_announce_is_complete, setup),
		cmocka_unit_test_setup(test_announce_without_room_is_refused, setup),
		cmocka_unit_test_setup(test_announce_keeps_what_was_not_given, setup),
		cmocka_unit_test_setup(test_announce_removes_a_stale_initrd, setup),
		cmocka_unit_test_setup(test_announce_gives_a_seed_where_there_is_none, setup),
		cmocka_unit_test_setup(test_announce_keeps_partitions_of_the_tree, setup),
		cmocka_unit_test_setup(test_announce_without_flash_is_refused, setup),
		cmocka_unit_test_setup(test_reserved_of_both_kinds_visited, setup),
	};

	return cmocka_run_group_tests_name("bootstub/devtree", tests, NULL, NULL);
}
