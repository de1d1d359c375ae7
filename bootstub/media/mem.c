// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Flash that the CPU sees as memory, as parallel NOR and memory-mapped SPI-NOR
 * are after reset. Data is used where it lies, without a copy.
 */
#include "media.h"

const void *mem_map(const struct media *m, u64 off, size_t len)
{
	return (const void *)(uintptr_t)(m->base + off);
}
