/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Registers of a device, one access of the width that was asked for each.
 */
#ifndef MMIO_H
#define MMIO_H

#include <snapimg_glue.h>

/* Volatile: a register is read and written as often as the program says, and in that order. */
static inline u32 mmio_read32(u64 at)
{
	return *(volatile u32 *)(uintptr_t)at;
}

static inline void mmio_write32(u64 at, u32 v)
{
	*(volatile u32 *)(uintptr_t)at = v;
}

static inline u8 mmio_read8(u64 at)
{
	return *(volatile u8 *)(uintptr_t)at;
}

static inline void mmio_write8(u64 at, u8 v)
{
	*(volatile u8 *)(uintptr_t)at = v;
}

#endif
