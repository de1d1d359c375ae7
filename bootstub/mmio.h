/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Device registers, little-endian, mapped ARCH_MEMORY_DEVICE: accesses to one
 * device reach it in program order. Order to memory is arch_io_barrier()'s.
 */
#ifndef MMIO_H
#define MMIO_H

#include <snapimg_glue.h>

static inline u32 mmio_read32(u64 pa)
{
	return *(const volatile u32 *)(uintptr_t)pa;
}

static inline void mmio_write32(u64 pa, u32 v)
{
	*(volatile u32 *)(uintptr_t)pa = v;
}

static inline u16 mmio_read16(u64 pa)
{
	return *(const volatile u16 *)(uintptr_t)pa;
}

static inline void mmio_write16(u64 pa, u16 v)
{
	*(volatile u16 *)(uintptr_t)pa = v;
}

static inline u8 mmio_read8(u64 pa)
{
	return *(const volatile u8 *)(uintptr_t)pa;
}

static inline void mmio_write8(u64 pa, u8 v)
{
	*(volatile u8 *)(uintptr_t)pa = v;
}

#endif
