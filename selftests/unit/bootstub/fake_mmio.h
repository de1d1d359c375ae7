/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the loader's mmio.h: each access is a call of the test. */
#ifndef MMIO_H
#define MMIO_H

#include <snapimg_glue.h>

u32 mmio_read32(u64 at);
void mmio_write32(u64 at, u32 v);
u16 mmio_read16(u64 at);
void mmio_write16(u64 at, u16 v);
u8 mmio_read8(u64 at);
void mmio_write8(u64 at, u8 v);

#endif
