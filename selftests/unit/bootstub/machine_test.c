// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include <libfdt.h>
#include "devtree.h"
#include "fake.h"

static _Alignas(64) u8 memory[8192];
static struct arena arena;
static struct machine machine;

static int setup(void **state)
{
	fake_setup(state);
	/* As QEMU leaves it: padded far beyond what is used. */
	fake_tree(fake_ram(FAKE_RAM_BASE), 1 << 20, FAKE_RAM_SIZE);
	arena = (struct arena){ memory, sizeof(memory), 0 };
	memset(&machine, 0, sizeof(machine));
	return 0;
}

static void *tree(void)
{
	return fake_ram(FAKE_RAM_BASE);
}

static const char *probe(void)
{
	return machine_probe(&plat, 0, &arena, &machine);
}

/* Where a stage before may have left another tree: with less memory. */
#define PASSED		(FAKE_RAM_BASE + (8 << 20) + 0xff8)
#define PASSED_RAM	(32ULL << 20)

static const char *probe_passed(u64 dtb)
{
	return machine_probe(&plat, dtb, &arena, &machine);
}

static void test_probe_finds_all(void **state)
{
	assert_null(probe());
	assert_string_equal(machine.name, "maker,board");
	assert_int_equal(machine.range_count, 1);
	assert_int_equal(machine.range[0].base, FAKE_RAM_BASE);
	assert_int_equal(machine.range[0].size, FAKE_RAM_SIZE);
	assert_int_equal(machine.seed_size, 32);
	assert_int_equal(machine.seed[31], 32);
	assert_true(machine.fdt_size < 1024);
	assert_ptr_equal(machine.fdt, memory);
}

static void test_probe_outlives_the_machines_tree(void **state)
{
	assert_null(probe());
	memset(tree(), 0xff, 1 << 20);
	assert_int_equal(fdt_check_full(machine.fdt, machine.fdt_size), 0);
	assert_true(fdt_path_offset(machine.fdt, "/flash@0") > 0);
}

static void test_seed_is_wiped_everywhere(void **state)
{
	static const u8 zero[32];
	u8 seed[32];

	assert_null(probe());
	assert_int_equal(devtree_seed(tree(), seed, sizeof(seed)), 0);
	assert_int_equal(devtree_seed(machine.fdt, seed, sizeof(seed)), 32);
	machine_wipe_seed(&machine);
	assert_int_equal(devtree_seed(machine.fdt, seed, sizeof(seed)), 0);
	assert_memory_equal(machine.seed, zero, 32);
	assert_int_equal(machine.seed_size, 0);
}

static void test_probe_without_seed_is_no_trouble(void **state)
{
	assert_int_equal(fdt_del_node(tree(), fdt_path_offset(tree(), "/chosen")), 0);
	assert_null(probe());
	assert_int_equal(machine.seed_size, 0);
}

static void test_probe_refuses(void **state)
{
	fdt_set_totalsize(tree(), (u32)plat.dtb_limit + 1);
	assert_non_null(strstr(probe(), "no device tree"));

	setup(state);
	arena.size = 100;
	assert_non_null(strstr(probe(), "too large"));

	setup(state);
	fake_tree(tree(), 1 << 20, 0x3ff000);	/* ends before the hand-off page does */
	assert_non_null(strstr(probe(), "memory ends"));

	setup(state);
	assert_int_equal(fdt_del_node(tree(), fdt_path_offset(tree(), "/memory@40000000")), 0);
	assert_non_null(strstr(probe(), "no memory"));

	setup(state);
	assert_int_equal(fdt_delprop(tree(), 0, "compatible"), 0);
	assert_non_null(strstr(probe(), "compatible"));
}

static void test_probe_takes_the_passed_tree(void **state)
{
	u8 seed[32];

	fake_tree(fake_ram(PASSED), 1 << 20, PASSED_RAM);
	assert_null(probe_passed(PASSED));
	assert_int_equal(machine.range[0].size, PASSED_RAM);
	assert_int_equal(devtree_seed(fake_ram(PASSED), seed, sizeof(seed)), 0);
	/* The header, then all of it, in whole pages. */
	assert_int_equal(fake_map_count, 2);
	assert_int_equal(fake_map[0].base, PASSED & ~0xfffULL);
	assert_int_equal(fake_map[0].size, 2 * PAGE_SIZE);
	assert_int_equal(fake_map[1].base, PASSED & ~0xfffULL);
	assert_int_equal(fake_map[1].size, (1 << 20) + PAGE_SIZE);
}

static void passed_is_ignored(u64 dtb)
{
	arena.used = 0;
	assert_null(probe_passed(dtb));
	assert_int_equal(machine.range[0].size, FAKE_RAM_SIZE);
}

static void test_probe_ignores_what_is_no_tree(void **state)
{
	fake_tree(fake_ram(PASSED), 1 << 20, PASSED_RAM);
	passed_is_ignored(PASSED + 4);
	passed_is_ignored(1ULL << 48 | PASSED);
	passed_is_ignored(PASSED - 8);
	fdt_set_totalsize(fake_ram(PASSED), DEVTREE_MAX + 1);
	passed_is_ignored(PASSED);
	fdt_set_totalsize(fake_ram(PASSED), 64);
	passed_is_ignored(PASSED);
	fake_tree(fake_ram(PASSED), 1 << 20, PASSED_RAM);
	fake_map_error = -SNAPCAP_REASON_NO_SPACE;
	passed_is_ignored(PASSED);
}

static void test_map_leaves_the_loader_out(void **state)
{
	assert_null(probe());
	assert_int_equal(machine_map(&plat, &machine), 0);
	assert_int_equal(fake_map_count, 2);
	assert_int_equal(fake_map[0].base, FAKE_RAM_BASE);
	assert_int_equal(fake_map[0].size, FAKE_STUB_BASE - FAKE_RAM_BASE);
	assert_int_equal(fake_map[1].base, FAKE_STUB_BASE + FAKE_STUB_SIZE);
	assert_int_equal(fake_map[1].base + fake_map[1].size, FAKE_RAM_BASE + FAKE_RAM_SIZE);
	assert_int_equal(fake_map[1].kind, ARCH_MEMORY_DATA);
}

static void test_map_failure_is_returned(void **state)
{
	assert_null(probe());
	fake_map_error = -SNAPCAP_REASON_NO_SPACE;
	assert_int_equal(machine_map(&plat, &machine), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(fake_map_count, 1);
}

static void test_bind_is_the_machine(void **state)
{
	struct snapimg_machine m;

	assert_null(probe());
	machine_bind(&plat, &machine, &m);
	assert_int_equal(m.arch, SNAPCAP_ARCH_ARM64);
	assert_int_equal(m.page_shift, 12);
	assert_int_equal(m.stub_abi, SNAPCAP_HANDOFF_ABI);
	assert_int_equal(m.stub_base, FAKE_STUB_BASE);
	assert_int_equal(m.stub_size, FAKE_STUB_SIZE);
	assert_int_equal(m.handoff_base, FAKE_HANDOFF);
	assert_string_equal(m.machine, "maker,board");
	assert_int_equal(m.range_count, 1);
	assert_null(m.kernel_release);
	assert_null(m.build_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_probe_finds_all, setup),
		cmocka_unit_test_setup(test_probe_outlives_the_machines_tree, setup),
		cmocka_unit_test_setup(test_seed_is_wiped_everywhere, setup),
		cmocka_unit_test_setup(test_probe_without_seed_is_no_trouble, setup),
		cmocka_unit_test_setup(test_probe_refuses, setup),
		cmocka_unit_test_setup(test_probe_takes_the_passed_tree, setup),
		cmocka_unit_test_setup(test_probe_ignores_what_is_no_tree, setup),
		cmocka_unit_test_setup(test_map_leaves_the_loader_out, setup),
		cmocka_unit_test_setup(test_map_failure_is_returned, setup),
		cmocka_unit_test_setup(test_bind_is_the_machine, setup),
	};

	return cmocka_run_group_tests_name("bootstub/machine", tests, NULL, NULL);
}
