// SPDX-License-Identifier: GPL-2.0-only
/*
 * The i6300ESB on a PCI bus that is described by a device tree: both made here, from
 * the specifications, with an address of the window that differs between bus and CPU.
 */
#include "../test.h"
#include <libfdt.h>
#include "fake.h"
#include "handoff.h"
#include "pci.h"
#include "watchdog/watchdog.h"

#define ECAM		0x30000000ULL
#define WINDOW		0x20000000ULL
#define WINDOW_BUS	0x10000000ULL
#define WINDOW_SIZE	0x01000000ULL
#define END_BUS		(WINDOW_BUS + WINDOW_SIZE - PAGE_SIZE)
#define AT(device, fn)	((device) << 3 | (fn))
#define ID		0x25ab8086

/* The device: its place, its configuration registers, its timers. */
static struct {
	u32 at;
	bool multi, dumb, stubborn;	/* takes no address; cannot be enabled */
	u32 bar_type, bar, bar_mask;
	u16 command, config;
	u8 lock;
	u32 timer[2], unlocked, reloads;
	u32 reads;		/* of identities */
	u32 touched;		/* writes of any kind */
} device;

static struct snapcap_handoff page;
static struct machine machine;
static struct plat board;
static _Alignas(8) u8 tree[8192];

/* ---- the bus ---- */

static bool in_config(u64 at, u32 *reg)
{
	u32 function;

	if (at < ECAM || at >= ECAM + (1 << 20))
		return false;
	function = (u32)(at - ECAM) >> 12;
	*reg = at & 0xfff;
	return function == device.at;
}

/* Offset in its memory; what it does not decode must not be touched. */
static u32 in_memory(u64 at)
{
	u64 bus = at - WINDOW + WINDOW_BUS;

	assert_true(device.command & 2);
	assert_true(at >= WINDOW && at < WINDOW + WINDOW_SIZE);
	assert_true(bus >= device.bar && bus < device.bar + 16);
	return (u32)(bus - device.bar);
}

u32 mmio_read32(u64 at)
{
	u32 reg;

	if (at >= ECAM && at < ECAM + (1 << 20)) {
		device.reads += !(at & 0xfff);
		/* Another function of the same device, and a device that is not it. */
		if (!in_config(at, &reg))
			return at == ECAM || (device.multi && at == ECAM + (AT(5, 0) << 12)) ?
			       0x00081b36 : 0xffffffff;
		switch (reg) {
		case 0x00: return ID;
		case 0x10: return device.bar | device.bar_type;
		}
	}
	fail_msg("read of %llx", (unsigned long long)at);
	return 0;
}

u16 mmio_read16(u64 at)
{
	u32 reg;

	assert_true(in_config(at, &reg));
	assert_int_equal(reg, 4);
	return device.command;
}

u8 mmio_read8(u64 at)
{
	u32 reg;

	if (!in_config(at, &reg)) {
		assert_int_equal(at & 0xfff, 0x0e);
		return device.multi ? 0x80 : 0;
	}
	if (reg == 0x0e)
		return 0;
	assert_int_equal(reg, 0x68);
	return device.lock;
}

void mmio_write32(u64 at, u32 v)
{
	u32 reg;

	device.touched++;
	if (in_config(at, &reg)) {
		assert_int_equal(reg, 0x10);
		/* It would answer to all addresses on the way. */
		assert_false(device.command & 2);
		if (!device.dumb || v == ~0U)
			device.bar = v & device.bar_mask;
		return;
	}
	reg = in_memory(at);
	assert_true(reg == 0 || reg == 4);
	if (device.unlocked == 2)
		device.timer[reg / 4] = v & 0xfffff;
	device.unlocked = 0;
}

void mmio_write16(u64 at, u16 v)
{
	u32 reg;

	device.touched++;
	if (in_config(at, &reg)) {
		assert_true(reg == 4 || reg == 0x60);
		*(reg == 4 ? &device.command : &device.config) = v;
		return;
	}
	assert_int_equal(in_memory(at), 0x0c);
	if (v == 0x80) {
		device.unlocked = 1;
	} else if (v == 0x86 && device.unlocked == 1) {
		device.unlocked = 2;
	} else {
		if (device.unlocked == 2 && v & 0x100)
			device.reloads++;
		device.unlocked = 0;
	}
}

void mmio_write8(u64 at, u8 v)
{
	u32 reg;

	device.touched++;
	assert_true(in_config(at, &reg));
	assert_int_equal(reg, 0x68);
	if (!(device.lock & 1) && !device.stubborn)
		device.lock = v & 7;
}

/* ---- set up ---- */

static void put_host(u64 ecam, u64 size, u64 window, u64 window_bus, u64 window_size, u32 space)
{
	const fdt64_t reg[] = { cpu_to_fdt64(ecam), cpu_to_fdt64(size) };
	const u32 cells[] = {
		/* I/O first, as usual. */
		0x01000000, 0, 0, 0, 0x3eff0000, 0, 0x10000,
		space, (u32)(window_bus >> 32), (u32)window_bus, (u32)(window >> 32), (u32)window,
		(u32)(window_size >> 32), (u32)window_size,
	};
	fdt32_t ranges[ARRAY_SIZE(cells)];
	const fdt32_t buses[] = { cpu_to_fdt32(3), cpu_to_fdt32(3) };
	int node;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cells); i++)
		ranges[i] = cpu_to_fdt32(cells[i]);
	fake_tree(tree, sizeof(tree), FAKE_RAM_SIZE);
	node = fdt_add_subnode(tree, 0, "pcie@30000000");
	assert_true(node > 0);
	assert_int_equal(fdt_setprop_string(tree, node, "compatible", "pci-host-ecam-generic"), 0);
	assert_int_equal(fdt_setprop(tree, node, "reg", reg, sizeof(reg)), 0);
	assert_int_equal(fdt_setprop_u32(tree, node, "#address-cells", 3), 0);
	assert_int_equal(fdt_setprop_u32(tree, node, "#size-cells", 2), 0);
	assert_int_equal(fdt_setprop(tree, node, "ranges", ranges, sizeof(ranges)), 0);
	assert_int_equal(fdt_setprop(tree, node, "bus-range", buses, sizeof(buses)), 0);
}

static int setup(void **state)
{
	fake_setup(state);
	fake_machine(&machine, tree, sizeof(tree));
	put_host(ECAM, 1 << 20, WINDOW, WINDOW_BUS, WINDOW_SIZE, 0x02000000);
	memset(&device, 0, sizeof(device));
	device.at = AT(5, 0);
	device.bar_mask = ~0xfU;
	device.timer[0] = device.timer[1] = 0xfffff;
	memset(&page, 0, sizeof(page));
	handoff_begin(&page, &plat, &machine);
	board = plat;
	board.watchdog = &watchdog_i6300esb;
	board.watchdog_ms = 30000;
	return 0;
}

static void assert_none(void)
{
	assert_int_equal(page.watchdog, SNAPCAP_WATCHDOG_NONE);
	assert_int_equal(page.watchdog_ms | page.watchdog_at, 0);
	assert_false(device.lock & 2);
}

static void assert_armed(u32 ms)
{
	/* Two stages of 33 MHz / 2^15 each: not sooner, and not much later. */
	u64 us = (device.timer[0] + device.timer[1]) * 32768ULL / 33;

	assert_int_equal(page.watchdog, SNAPCAP_WATCHDOG_I6300ESB);
	assert_int_equal(page.watchdog_ms, ms);
	assert_int_equal(page.watchdog_at, 3 << 8 | device.at);
	assert_int_equal(device.lock, 2);
	assert_int_equal(device.config, 3);
	assert_int_equal(device.reloads, 1);
	assert_int_equal(device.timer[0], device.timer[1]);
	assert_in_range(us, ms * 1000ULL, ms * 1000ULL + 3000);
	/* Addresses of the loader are not left behind. */
	assert_false(device.command & 2);
	assert_string_equal(fake_console, "");
}

/* ---- the way it should be ---- */

static void test_arm_gives_it_an_address_and_its_time(void **state)
{
	watchdog_arm(&board, &machine);
	assert_armed(30000);
	assert_int_equal(device.bar, END_BUS);
	assert_int_equal(fake_map_count, 2);
	assert_int_equal(fake_map[0].base, ECAM);
	assert_int_equal(fake_map[0].size, 1 << 20);
	assert_int_equal(fake_map[1].base, END_BUS - WINDOW_BUS + WINDOW);
	assert_int_equal(fake_map[1].size, PAGE_SIZE);
	assert_int_equal(fake_map[1].kind, ARCH_MEMORY_DEVICE);
	/* And no others are looked at twice: a bus has 32 devices, without functions. */
	assert_in_range(device.reads, 1, 32 * 2);
}

static void test_arm_other_times(void **state)
{
	static const u32 ms[] = { 1, 999, 8000, 600000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ms); i++) {
		device.reloads = 0;
		board.watchdog_ms = ms[i];
		watchdog_arm(&board, &machine);
		assert_armed(ms[i]);
	}
}

static void test_arm_longest_time(void **state)
{
	board.watchdog_ms = ~0U;
	watchdog_arm(&board, &machine);
	assert_int_equal(device.timer[0], 0xfffff);
	assert_int_equal(device.timer[1], 0xfffff);
}

static void test_arm_keeps_an_address_that_works(void **state)
{
	device.bar = WINDOW_BUS + 0x5430;
	device.bar_mask = ~0xfU;
	device.command = 7;
	watchdog_arm(&board, &machine);
	assert_armed(30000);
	assert_int_equal(device.bar, WINDOW_BUS + 0x5430);
	assert_int_equal(device.command, 5);
}

static void test_arm_replaces_an_address_outside(void **state)
{
	static const u32 wrong[] = { WINDOW_BUS - 16, WINDOW_BUS + WINDOW_SIZE, 0xfffffff0 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		device.bar = wrong[i];
		device.reloads = 0;
		watchdog_arm(&board, &machine);
		assert_armed(30000);
		assert_int_equal(device.bar, END_BUS);
	}
}

static void test_other_functions_only_where_there_are(void **state)
{
	device.at = AT(5, 6);
	watchdog_arm(&board, &machine);
	assert_none();
	device.multi = true;
	watchdog_arm(&board, &machine);
	assert_armed(30000);
}

static void test_stop(void **state)
{
	device.lock = 2;
	watchdog_stop(&board, &machine);
	assert_int_equal(device.lock, 0);
	assert_string_equal(fake_console, "");
}

static void test_stop_leaves_alone_what_does_not_run(void **state)
{
	watchdog_stop(&board, &machine);
	assert_int_equal(device.touched, 0);
}

static void test_stop_of_a_locked_one_gives_it_all_the_time(void **state)
{
	device.lock = 3;
	device.timer[0] = device.timer[1] = 1000;
	watchdog_stop(&board, &machine);
	assert_int_equal(device.lock, 3);
	assert_int_equal(device.timer[0], 0xfffff);
	assert_int_equal(device.timer[1], 0xfffff);
	assert_int_equal(device.reloads, 1);
	assert_false(device.command & 2);
	assert_non_null(strstr(fake_console, "cannot be stopped"));
}

static void test_cold_boot_tells_of_none(void **state)
{
	watchdog_arm(&board, &machine);
	assert_armed(30000);
	handoff_cold();
	watchdog_stop(&board, &machine);
	assert_none();
}

/* ---- none, and what is wrong ---- */

static void test_no_watchdog_on_the_board(void **state)
{
	board.watchdog = NULL;
	watchdog_arm(&board, &machine);
	watchdog_stop(&board, &machine);
	assert_none();
	assert_int_equal(device.reads, 0);
}

static void test_none_on_the_bus(void **state)
{
	device.at = ~0U;
	watchdog_arm(&board, &machine);
	watchdog_stop(&board, &machine);
	assert_none();
	assert_int_equal(device.touched, 0);
	assert_string_equal(fake_console, "");
}

static void test_no_host(void **state)
{
	fake_tree(tree, sizeof(tree), FAKE_RAM_SIZE);
	watchdog_arm(&board, &machine);
	assert_none();
	assert_int_equal(device.reads | fake_map_count, 0);
	assert_string_equal(fake_console, "");
}

/* Nothing is touched on a bus that cannot be where the tree says. */
static void test_bad_hosts(void **state)
{
	static const struct { u64 ecam, size; } bad[] = {
		{ ECAM + 0x1000, 1 << 20 },		/* not aligned */
		{ ECAM, (1 << 20) - 1 },		/* no whole bus */
		{ FAKE_RAM_BASE, 1 << 20 },		/* memory */
		{ FAKE_RAM_BASE + FAKE_RAM_SIZE - (1 << 20), 1 << 20 },
		{ ~0ULL << 20, 1 << 20 },		/* wraps */
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put_host(bad[i].ecam, bad[i].size, WINDOW, WINDOW_BUS, WINDOW_SIZE, 0x02000000);
		watchdog_arm(&board, &machine);
		assert_none();
		assert_int_equal(device.reads | fake_map_count, 0);
	}
}

static void test_bad_windows(void **state)
{
	static const struct { u64 cpu, bus, size; u32 space; } bad[] = {
		{ WINDOW, WINDOW_BUS, 0, 0x02000000 },
		{ WINDOW, WINDOW_BUS, 0x800, 0x02000000 },			/* no page */
		{ WINDOW + 16, WINDOW_BUS, WINDOW_SIZE, 0x02000000 },
		{ WINDOW, WINDOW_BUS + 16, WINDOW_SIZE, 0x02000000 },
		{ WINDOW, WINDOW_BUS, WINDOW_SIZE, 0x42000000 },		/* prefetchable */
		{ WINDOW, WINDOW_BUS, WINDOW_SIZE, 0x03000000 },		/* 64-bit */
		{ WINDOW, 1ULL << 32, WINDOW_SIZE, 0x02000000 },		/* beyond 4 GiB */
		{ WINDOW, 0xfffff000, 0x2000, 0x02000000 },
		{ FAKE_RAM_BASE - 0x1000, WINDOW_BUS, 0x2000, 0x02000000 },	/* memory */
		{ ~0ULL << 12, WINDOW_BUS, 0x2000, 0x02000000 },		/* wraps */
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put_host(ECAM, 1 << 20, bad[i].cpu, bad[i].bus, bad[i].size, bad[i].space);
		device.command = 7;
		device.bar = 0x30;
		watchdog_arm(&board, &machine);
		assert_none();
		/* As it was. */
		assert_int_equal(device.bar, 0x30);
		assert_int_equal(device.command, 7);
	}
	assert_non_null(strstr(fake_console, "cannot be armed"));
}

static void test_bad_ranges(void **state)
{
	int node = fdt_path_offset(tree, "/pcie@30000000");

	/* The cells of the bus are others. */
	assert_int_equal(fdt_setprop_u32(tree, node, "#address-cells", 2), 0);
	watchdog_arm(&board, &machine);
	assert_none();
	assert_int_equal(fdt_setprop_u32(tree, node, "#address-cells", 3), 0);
	/* Cut off within the entry that counts. */
	assert_int_equal(fdt_setprop_placeholder(tree, node, "ranges", 13 * 4, (void *[]){ NULL }),
			 0);
	watchdog_arm(&board, &machine);
	assert_none();
	assert_int_equal(fdt_delprop(tree, node, "ranges"), 0);
	watchdog_arm(&board, &machine);
	assert_none();
}

static void test_bad_base_address_registers(void **state)
{
	static const struct { u32 type, mask; } bad[] = {
		{ 1, ~0xfU },		/* I/O */
		{ 4, ~0xfU },		/* 64-bit */
		{ 0, 0 },		/* none */
		{ 0, 0xff00fff0 },	/* no power of two */
		{ 0, 0xe0000000 },	/* larger than the window */
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		device.bar_type = bad[i].type;
		device.bar_mask = bad[i].mask;
		device.bar = 0;
		watchdog_arm(&board, &machine);
		assert_none();
	}
	device.bar_type = 0;
	device.bar_mask = ~0xfU;
	device.dumb = true;
	watchdog_arm(&board, &machine);
	assert_none();
}

static void test_no_room_to_map_it(void **state)
{
	fake_map_error = -SNAPCAP_REASON_NO_SPACE;
	watchdog_arm(&board, &machine);
	assert_none();
	assert_int_equal(device.reads, 0);
	assert_non_null(strstr(fake_console, "cannot be used: no-space"));
}

static void test_one_that_does_not_let_itself_be_enabled(void **state)
{
	device.stubborn = true;
	watchdog_arm(&board, &machine);
	assert_none();
	assert_non_null(strstr(fake_console, "cannot be armed: read"));
}

/* ---- an exception on the way ---- */

static u32 found;

static int find_never_returns(struct watchdog *w, const struct machine *m)
{
	found++;
	/* As the loader goes on after it, on a fresh stack. */
	watchdog_stop(&board, m);
	return -SNAPCAP_REASON_EMPTY;
}

static void test_exception_is_the_last_look(void **state)
{
	static struct watchdog wrong = { .name = "wrong", .find = find_never_returns };

	board.watchdog = &wrong;
	watchdog_arm(&board, &machine);
	assert_int_equal(found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_arm_gives_it_an_address_and_its_time, setup),
		cmocka_unit_test_setup(test_arm_other_times, setup),
		cmocka_unit_test_setup(test_arm_longest_time, setup),
		cmocka_unit_test_setup(test_arm_keeps_an_address_that_works, setup),
		cmocka_unit_test_setup(test_arm_replaces_an_address_outside, setup),
		cmocka_unit_test_setup(test_other_functions_only_where_there_are, setup),
		cmocka_unit_test_setup(test_stop, setup),
		cmocka_unit_test_setup(test_stop_leaves_alone_what_does_not_run, setup),
		cmocka_unit_test_setup(test_stop_of_a_locked_one_gives_it_all_the_time, setup),
		cmocka_unit_test_setup(test_cold_boot_tells_of_none, setup),
		cmocka_unit_test_setup(test_no_watchdog_on_the_board, setup),
		cmocka_unit_test_setup(test_none_on_the_bus, setup),
		cmocka_unit_test_setup(test_no_host, setup),
		cmocka_unit_test_setup(test_bad_hosts, setup),
		cmocka_unit_test_setup(test_bad_windows, setup),
		cmocka_unit_test_setup(test_bad_ranges, setup),
		cmocka_unit_test_setup(test_bad_base_address_registers, setup),
		cmocka_unit_test_setup(test_no_room_to_map_it, setup),
		cmocka_unit_test_setup(test_one_that_does_not_let_itself_be_enabled, setup),
		cmocka_unit_test_setup(test_exception_is_the_last_look, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
