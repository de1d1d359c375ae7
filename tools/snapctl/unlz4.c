// SPDX-License-Identifier: GPL-2.0-only
/* LZ4 for lib/snapimg: the only file that knows liblz4. */
#include <limits.h>
#include <lz4.h>

#include "snapimg_glue.h"

int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size)
{
	if (src_size > INT_MAX || dst_size > INT_MAX)
		return -1;
	return LZ4_decompress_safe(src, dst, (int)src_size, (int)dst_size);
}
