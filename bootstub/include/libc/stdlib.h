/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Named by functions of xxHash that are not used: there is no heap, and a call
 * would not link.
 */
#ifndef _STDLIB_H
#define _STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void free(void *p);

#endif
