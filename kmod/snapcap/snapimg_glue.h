/* SPDX-License-Identifier: GPL-2.0-only */
/* What lib/snapimg needs of its host, here: the kernel. */
#ifndef SNAPIMG_GLUE_H
#define SNAPIMG_GLUE_H

#include <linux/crc32.h>
#include <linux/lz4.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/xxhash.h>
#include <asm/byteorder.h>

static inline u32 snapimg_crc32c(u32 crc, const void *data, size_t size)
{
	/* The kernel's function does neither of the two inversions of RFC 3720. */
	return ~__crc32c_le(~crc, data, size);
}

static inline u32 snapimg_sum(const void *data, size_t size)
{
	return (u32)xxh64(data, size, 0);
}

static inline int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size)
{
	return LZ4_decompress_safe(src, dst, src_size, dst_size);
}

#endif /* SNAPIMG_GLUE_H */
