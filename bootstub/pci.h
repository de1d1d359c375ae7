/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * A function on the first bus of a PCI host whose configuration space is memory
 * (device tree: pci-host-ecam-generic). After reset nobody has given addresses to
 * what is there.
 */
#ifndef PCI_H
#define PCI_H

#include "machine.h"

/**
 * struct pci_function - a function
 * @config: address of its configuration registers, mapped
 * @at: bus << 8 | device << 3 | function
 * @window: where the CPU sees memory of the bus, below 4 GiB there; size 0: nowhere
 * @window_bus: the same address on the bus
 */
struct pci_function {
	u64 config;
	u32 at;
	struct snapimg_range window;
	u64 window_bus;
};

/**
 * pci_find() - find a function by its identity
 * @m: machine; registers are no memory of its
 * @id: device << 16 | vendor
 * @f: result
 *
 * Of several the first one. Bridges are not looked behind.
 *
 * Return: 0, -EMPTY (there is none), -NO_SPACE (no room for its mapping)
 */
int __attribute__((warn_unused_result))
pci_find(const struct machine *m, u32 id, struct pci_function *f);

/**
 * pci_open() - make registers of a function accessible
 * @f: function
 * @bar: which base address register, 0 to 5: one of 32-bit memory
 * @size: bytes that are needed of it
 * @regs: result: their address, mapped; pci_close() must follow
 *
 * Where it has no address that works it is given one at the window's end: Linux
 * gives out its own from the beginning.
 *
 * Return: 0, -READ (no such memory), -NO_SPACE (no room for it or its mapping); the
 * function is as before then
 */
int __attribute__((warn_unused_result))
pci_open(const struct pci_function *f, u32 bar, u32 size, u64 *regs);

/**
 * pci_close() - the function answers to no address any more
 *
 * Until Linux has put all addresses back, this one might be another function's.
 */
void pci_close(const struct pci_function *f);

#endif
