// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * QEMU "virt": PL011 console, 128 MiB of CFI NOR in two banks that follow each
 * other, a virtio disk and an i6300ESB on PCI if they are there, device tree at the
 * start of RAM, PSCI.
 */
#include <libfdt.h>
#include "../plat.h"
#include "../../media/cfi.h"
#include "../../media/virtio_blk.h"
#include "../../serial/serial.h"
#include "../../watchdog/watchdog.h"

#define KIB		1024ULL
#define MIB		(1024 * KIB)

#define RAM_BASE	0x40000000ULL
#define UART_BASE	0x09000000ULL
#define FLASH_SIZE	(128 * MIB)

#define PSCI_SYSTEM_OFF	0x84000008

static const struct serial uart = {
	.ops = &serial_pl011,
	.base = UART_BASE,
	.clock_hz = 24000000,
	.baud = 115200,
};

static struct media nor = {
	.name = "nor",
	.size = FLASH_SIZE,
	.erase_size = 256 * KIB,
	.base = 0,
	.map = mem_map,
	.program = cfi_program,
};

static struct virtio_blk virtio;

static struct media disk = {
	.name = "disk",
	.id = "snapcap",	/* -device virtio-blk-device,serial=snapcap */
	.erase_size = 256 * KIB,
	.priv = &virtio,
	.open = virtio_blk_open,
	.close = virtio_blk_close,
	.begin = virtio_blk_begin,
	.end = virtio_blk_end,
	.depth = VIRTIO_DEPTH,
};

static const struct plat_medium medium[] = {
	{
		.media = &nor,
		.compatible = "cfi-flash",
		.part = {
			[PLAT_PART_STUB] = { "bootstub", 0, MIB, true },
			[PLAT_PART_OS] = { "os", MIB, 47 * MIB, false },
			[PLAT_PART_SNAPSHOT] = { "snapshot", 48 * MIB, 80 * MIB, false },
		},
		.os_step = 64 * KIB,
	}, {
		/* As on the flash; to the end, but a scan is not to take forever. */
		.media = &disk,
		.part = {
			[PLAT_PART_OS] = { "os", MIB, 47 * MIB, false },
			[PLAT_PART_SNAPSHOT] = { "snapshot", 48 * MIB, 976 * MIB, false },
		},
		.os_step = 64 * KIB,
	},
};

static const struct arch_map map[] = {
	{ .base = 0, .size = FLASH_SIZE, .kind = ARCH_MEMORY_CONST },
	{ .base = UART_BASE, .size = PAGE_SIZE, .kind = ARCH_MEMORY_DEVICE },
	/* The device tree, up to the loader's region. */
	{ .base = RAM_BASE, .size = STUB_BASE - RAM_BASE, .kind = ARCH_MEMORY_DATA },
	{ .base = HANDOFF_BASE, .size = PAGE_SIZE, .kind = ARCH_MEMORY_DATA },
};

const struct plat plat = {
	.map = map,
	.map_count = sizeof(map) / sizeof(map[0]),
	.stub_base = STUB_BASE,
	.stub_size = STUB_SIZE,
	.handoff_base = HANDOFF_BASE,
	.dtb_base = RAM_BASE,
	.dtb_limit = STUB_BASE - RAM_BASE,
	.console = &uart,
	.window_ms = CONSOLE_WINDOW_MS,
	.watchdog = &watchdog_i6300esb,
	.watchdog_ms = WATCHDOG_MS,
	.medium = medium,
	.medium_count = sizeof(medium) / sizeof(medium[0]),
};

static bool is_method(const void *fdt, const char *name)
{
	int node = fdt_path_offset(fdt, "/psci");

	return node >= 0 && fdt_stringlist_search(fdt, node, "method", name) >= 0;
}

/* SMC calling convention (DEN0028): function in x0, x0..x3 come back. */
static void call_firmware(bool smc, u64 function)
{
	register u64 x0 asm("x0") = function;
	register u64 x1 asm("x1") = 0;
	register u64 x2 asm("x2") = 0;
	register u64 x3 asm("x3") = 0;

	if (smc)
		asm volatile("smc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3) : : "memory");
	else
		asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3) : : "memory");
}

void plat_end(const void *fdt)
{
	if (fdt && is_method(fdt, "smc"))
		call_firmware(true, PSCI_SYSTEM_OFF);
	else if (fdt && is_method(fdt, "hvc"))
		call_firmware(false, PSCI_SYSTEM_OFF);
	/* No firmware, or it came back: said on the console, and all that is left. */
	for (;;)
		asm volatile("wfi");
}
