// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Flash that the CPU sees as memory, as parallel NOR and memory-mapped SPI-NOR
 * are after reset. Data is used where it lies, without a copy.
 */
#include <linux/snapcap_reason.h>
#include "flash.h"

const void *mem_view(const struct flash *f, u64 off, size_t len)
{
	if (off > f->size || len > f->size - off)
		return NULL;
	return (const void *)(uintptr_t)(f->base + off);
}

int mem_read(const struct flash *f, u64 off, void *buf, size_t len)
{
	const void *p = mem_view(f, off, len);

	if (!p)
		return -SNAPCAP_REASON_READ;
	memcpy(buf, p, len);
	return 0;
}
