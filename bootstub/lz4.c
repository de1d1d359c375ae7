// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The one file that calls LZ4 (from Debian's source package, see the Makefile).
 */
#include <lz4.h>
#include <snapimg_glue.h>
#include "unlz4.h"

/*
 * LZ4_decompress_safe() checks every length and offset of the block against
 * both buffers; its result is what it wrote, or negative.
 */
int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size)
{
	if (src_size > LZ4_MAX_INPUT_SIZE || dst_size > LZ4_MAX_INPUT_SIZE)
		return -1;
	return LZ4_decompress_safe(src, dst, (int)src_size, (int)dst_size);
}

bool unlz4_start(const void *src, size_t src_size, void *dst, size_t size)
{
	if (src_size > LZ4_MAX_INPUT_SIZE || size > LZ4_MAX_INPUT_SIZE)
		return false;
	return LZ4_decompress_safe_partial(src, dst, (int)src_size, (int)size, (int)size) ==
	       (int)size;
}
