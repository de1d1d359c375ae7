/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the loader's mmio.h: a test's device answers. */
unsigned int mmio_read32(unsigned long long pa);
void mmio_write32(unsigned long long pa, unsigned int v);
