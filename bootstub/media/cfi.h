/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#ifndef CFI_H
#define CFI_H

#include "media.h"

/**
 * cfi_program() - program words of parallel NOR, two 16-bit chips side by side
 *
 * For struct media.program of flash with the Intel command set. See
 * media_program().
 *
 * Context: the flash is mapped for reading where it lies
 */
int cfi_program(struct media *m, u64 off, const void *data, size_t len);

#endif
