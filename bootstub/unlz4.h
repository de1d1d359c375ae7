/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#ifndef UNLZ4_H
#define UNLZ4_H

#include <snapimg_glue.h>

/**
 * unlz4_start() - decode the first bytes of an LZ4 block
 * @src: the block, or as much of its start as there is, hostile
 * @src_size: bytes at @src
 * @dst: result
 * @size: bytes wanted
 *
 * Return: false when the block does not begin with so many
 */
bool unlz4_start(const void *src, size_t src_size, void *dst, size_t size);

#endif
