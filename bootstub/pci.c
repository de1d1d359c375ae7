// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Register numbers are those of the PCI Local Bus Specification 3.0, chapter 6;
 * ECAM is in PCI Express 3.0, 7.2.2; the node is described by "PCI Bus Binding to
 * Open Firmware". All that the device tree and the functions say is checked.
 */
#include <libfdt.h>
#include <linux/snapcap_reason.h>
#include "devtree.h"
#include "mmio.h"
#include "pci.h"

#define BUS_SIZE	(1ULL << 20)
#define FUNCTION_SHIFT	12
#define DEVICES		32
#define FUNCTIONS	8

#define REG_ID		0x00
#define ID_NOBODY	0xffffffff
#define REG_COMMAND	0x04
#define COMMAND_MEMORY	0x2
#define REG_HEADER	0x0e
#define HEADER_MULTI	0x80
#define REG_BAR		0x10
/* I/O, 64-bit, or below 1 MiB: all but 32-bit memory. */
#define BAR_OTHER	0x7
#define BAR_FLAGS	0xf

/* Of the first cell of an address on the bus. */
#define SPACE(hi)	((hi) & 0x43000000)
#define SPACE_MEMORY32	0x02000000	/* not prefetchable */
#define BUS_CELLS	3
#define SIZE_CELLS	2
#define BUS_END		(1ULL << 32)

static bool is_memory(const struct machine *m, u64 base, u64 size)
{
	u32 i;

	for (i = 0; i < m->range_count; i++)
		if (base < m->range[i].base + m->range[i].size && m->range[i].base < base + size)
			return true;
	return false;
}

static u64 get_cells(const fdt32_t *p, u32 cells)
{
	u64 v = 0;

	while (cells--)
		v = v << 32 | fdt32_ld(p++);
	return v;
}

/* One entry of ranges: bus address, CPU address, size. */
static bool take_window(const struct machine *m, const fdt32_t *entry, u32 cpu_cells,
			struct pci_function *f)
{
	u64 base = get_cells(entry + BUS_CELLS, cpu_cells);
	u64 size = get_cells(entry + BUS_CELLS + cpu_cells, SIZE_CELLS);
	u64 bus = get_cells(entry + 1, BUS_CELLS - 1);

	if (SPACE(fdt32_ld(entry)) != SPACE_MEMORY32 || !size || size > ~0ULL - base ||
	    bus > BUS_END || size > BUS_END - bus || (base | size | bus) & (PAGE_SIZE - 1) ||
	    is_memory(m, base, size))
		return false;
	f->window.base = base;
	f->window.size = size;
	f->window_bus = bus;
	return true;
}

static void find_window(const struct machine *m, int node, struct pci_function *f)
{
	int len, cells = fdt_address_cells(m->fdt, 0);
	const fdt32_t *ranges = fdt_getprop(m->fdt, node, "ranges", &len);
	u32 entry, left;

	f->window.size = 0;
	if (!ranges || len < 0 || cells < 1 || cells > 2 ||
	    fdt_address_cells(m->fdt, node) != BUS_CELLS ||
	    fdt_size_cells(m->fdt, node) != SIZE_CELLS)
		return;
	entry = BUS_CELLS + (u32)cells + SIZE_CELLS;
	for (left = (u32)len / sizeof(*ranges); left >= entry; left -= entry, ranges += entry)
		if (take_window(m, ranges, (u32)cells, f))
			return;
}

static u32 first_bus(const void *fdt, int node)
{
	int len;
	const fdt32_t *range = fdt_getprop(fdt, node, "bus-range", &len);

	return range && len >= (int)sizeof(*range) ? fdt32_ld(range) & 0xff : 0;
}

static bool find_on_bus(u64 ecam, u32 id, struct pci_function *f)
{
	u32 device, function, count;

	for (device = 0; device < DEVICES; device++) {
		count = 1;
		for (function = 0; function < count; function++) {
			u32 at = device << 3 | function;

			f->config = ecam + ((u64)at << FUNCTION_SHIFT);
			if (mmio_read32(f->config + REG_ID) == id) {
				f->at |= at;
				return true;
			}
			/* The other ones exist when the first does, and says so. */
			if (!function && mmio_read32(f->config + REG_ID) != ID_NOBODY &&
			    mmio_read8(f->config + REG_HEADER) & HEADER_MULTI)
				count = FUNCTIONS;
		}
	}
	return false;
}

int pci_find(const struct machine *m, u32 id, struct pci_function *f)
{
	struct devtree_device host;
	int node = -1;

	while ((node = devtree_next_device(m->fdt, node, "pci-host-ecam-generic", &host)) >= 0) {
		struct arch_map map = {
			.base = host.base, .size = BUS_SIZE, .kind = ARCH_MEMORY_DEVICE,
		};

		if (host.size < BUS_SIZE || host.base & (BUS_SIZE - 1) ||
		    is_memory(m, host.base, BUS_SIZE))
			continue;
		if (arch_map(&map, 1))
			return -SNAPCAP_REASON_NO_SPACE;
		f->at = first_bus(m->fdt, node) << 8;
		if (!find_on_bus(host.base, id, f))
			continue;
		find_window(m, node, f);
		return 0;
	}
	return -SNAPCAP_REASON_EMPTY;
}

/* Bytes that the register decodes, as it tells when it is written to; 0: it does not say. */
static u32 bar_size(u64 reg)
{
	u32 base = mmio_read32(reg), size;

	if (base & BAR_OTHER)
		return 0;
	mmio_write32(reg, ~0U);
	size = -(mmio_read32(reg) & ~BAR_FLAGS);
	mmio_write32(reg, base);
	return size & (size - 1) ? 0 : size;
}

/* Where on the bus; the register is written when what it holds does not work. */
static int give_address(const struct pci_function *f, u64 reg, u32 size, u64 *bus)
{
	u64 step = size > PAGE_SIZE ? size : PAGE_SIZE;

	*bus = mmio_read32(reg) & ~BAR_FLAGS;
	if (*bus && *bus >= f->window_bus && *bus - f->window_bus < f->window.size &&
	    size <= f->window.size - (*bus - f->window_bus))
		return 0;
	if (f->window.size < step)
		return -SNAPCAP_REASON_NO_SPACE;
	*bus = (f->window_bus + f->window.size - step) & ~(step - 1);
	if (!*bus || *bus < f->window_bus)
		return -SNAPCAP_REASON_NO_SPACE;
	mmio_write32(reg, (u32)*bus);
	return (mmio_read32(reg) & ~BAR_FLAGS) == *bus ? 0 : -SNAPCAP_REASON_READ;
}

int pci_open(const struct pci_function *f, u32 bar, u32 size, u64 *regs)
{
	struct arch_map map = { .kind = ARCH_MEMORY_DEVICE };
	u16 command = mmio_read16(f->config + REG_COMMAND);
	u64 reg = f->config + REG_BAR + 4 * bar, bus;
	u32 has, before;
	int err;

	/* Its addresses change meanwhile. */
	pci_close(f);
	before = mmio_read32(reg);
	has = bar_size(reg);
	err = has < size ? -SNAPCAP_REASON_READ : give_address(f, reg, has, &bus);
	if (!err) {
		*regs = f->window.base + (bus - f->window_bus);
		map.base = *regs & ~(u64)(PAGE_SIZE - 1);
		map.size = ((*regs + size - map.base) + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
		err = arch_map(&map, 1);
	}
	if (err) {
		mmio_write32(reg, before);
		mmio_write16(f->config + REG_COMMAND, command);
		return err;
	}
	mmio_write16(f->config + REG_COMMAND, command | COMMAND_MEMORY);
	return 0;
}

void pci_close(const struct pci_function *f)
{
	u16 command = mmio_read16(f->config + REG_COMMAND);

	mmio_write16(f->config + REG_COMMAND, command & (u16)~COMMAND_MEMORY);
}
