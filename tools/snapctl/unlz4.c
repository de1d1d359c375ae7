// SPDX-License-Identifier: GPL-2.0-only
/* The only file that knows liblz4: decoding for lib/snapimg, and making blocks. */
#include <limits.h>
#include <lz4.h>
#include <lz4hc.h>

#include "unlz4.h"

int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size)
{
	if (src_size > INT_MAX || dst_size > INT_MAX)
		return -1;
	return LZ4_decompress_safe(src, dst, (int)src_size, (int)dst_size);
}

size_t lz4_pack(const void *src, size_t src_size, void *dst, size_t dst_size, int level)
{
	int size;

	if (src_size > LZ4_MAX_INPUT_SIZE || dst_size > INT_MAX)
		return 0;
	size = LZ4_compress_HC(src, dst, (int)src_size, (int)dst_size, level);
	return size > 0 ? (size_t)size : 0;
}
