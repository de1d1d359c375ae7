/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * What lib/snapimg asks of its host, and the integer types of the loader.
 */
#ifndef SNAPIMG_GLUE_H
#define SNAPIMG_GLUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef __u8	u8;
typedef __u16	u16;
typedef __u32	u32;
typedef __u64	u64;
typedef __s32	s32;

/* The loader runs on little-endian machines only, as the format is. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian machines only");

static inline u16 le16_to_cpu(__le16 v) { return v; }
static inline u32 le32_to_cpu(__le32 v) { return v; }
static inline u64 le64_to_cpu(__le64 v) { return v; }
static inline __le16 cpu_to_le16(u16 v) { return v; }
static inline __le32 cpu_to_le32(u32 v) { return v; }
static inline __le64 cpu_to_le64(u64 v) { return v; }

u32 arch_crc32c(u32 crc, const void *data, size_t size);

static inline u32 snapimg_crc32c(u32 crc, const void *data, size_t size)
{
	return arch_crc32c(crc, data, size);
}

u32 snapimg_sum(const void *data, size_t size);
int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size);

#endif
