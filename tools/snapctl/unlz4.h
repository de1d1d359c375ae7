/* SPDX-License-Identifier: GPL-2.0-only */
/* LZ4 beyond what lib/snapimg asks for. */
#ifndef SNAPCTL_UNLZ4_H
#define SNAPCTL_UNLZ4_H

#include "snapimg_glue.h"

#define LZ4_PACK_LEVEL_MAX	12
#define LZ4_PACK_LEVEL		9

/**
 * lz4_pack() - make one LZ4 block, with all the time it takes to make it small
 * @src: bytes
 * @src_size: their number
 * @dst: result
 * @dst_size: room at @dst
 * @level: 1 to LZ4_PACK_LEVEL_MAX, the smallest
 *
 * Return: bytes of the block, 0 when it does not fit
 */
size_t lz4_pack(const void *src, size_t src_size, void *dst, size_t dst_size, int level);

#endif /* SNAPCTL_UNLZ4_H */
