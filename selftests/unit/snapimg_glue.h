/* SPDX-License-Identifier: GPL-2.0-only */
/* What lib/snapimg needs from its host program, here a unit test. */
#ifndef SNAPIMG_GLUE_H
#define SNAPIMG_GLUE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;

#define le16_to_cpu(x)	le16toh(x)
#define le32_to_cpu(x)	le32toh(x)
#define le64_to_cpu(x)	le64toh(x)
#define cpu_to_le16(x)	htole16(x)
#define cpu_to_le32(x)	htole32(x)
#define cpu_to_le64(x)	htole64(x)

#define snapimg_crc32c	snapimg_crc32c_soft
u32 snapimg_crc32c_soft(u32 crc, const void *data, size_t size);

static inline u32 snapimg_sum(const void *data, size_t size)
{
	return (u32)XXH64(data, size, 0);
}

int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size);

#endif /* SNAPIMG_GLUE_H */
