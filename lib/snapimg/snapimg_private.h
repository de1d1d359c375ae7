/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * What several files of the library share. Static inline, so that the library
 * adds no symbol beyond those of snapimg.h to the program that compiles it, and
 * so that all its files can be included into one.
 */
#ifndef SNAPIMG_PRIVATE_H
#define SNAPIMG_PRIVATE_H

#include "snapimg.h"

/* Regions of the loader are announced in these units, whatever the page size. */
#define SNAPIMG_REGION_ALIGN	4096

static inline bool snapimg_bytes_are(const void *data, u8 value, size_t size)
{
	const u8 *p = data;

	while (size--) {
		if (*p++ != value)
			return false;
	}
	return true;
}

/* NUL terminated, and nothing hidden behind the NUL. */
static inline bool snapimg_text_is_padded(const u8 *text, size_t size)
{
	size_t len = 0;

	while (len < size && text[len])
		len++;
	return len < size && snapimg_bytes_are(text + len, 0, size - len);
}

static inline bool snapimg_text_is_set(const u8 *text, size_t size)
{
	return text[0] && snapimg_text_is_padded(text, size);
}

/* Copy up to the NUL and clear the rest; the result is always terminated. */
static inline void snapimg_text_put(u8 *dst, const char *src, size_t size)
{
	size_t len = 0;

	while (len < size - 1 && src[len]) {
		dst[len] = (u8)src[len];
		len++;
	}
	memset(dst + len, 0, size - len);
}

static inline bool snapimg_build_id_is_sound(const u8 *id, u32 size)
{
	return size >= 1 && size <= SNAPCAP_BUILD_ID_SIZE &&
	       snapimg_bytes_are(id + size, 0, SNAPCAP_BUILD_ID_SIZE - size);
}

static inline void snapimg_build_id_put(u8 *dst, const u8 *src, u32 size)
{
	if (size > SNAPCAP_BUILD_ID_SIZE)
		size = SNAPCAP_BUILD_ID_SIZE;
	memset(dst, 0, SNAPCAP_BUILD_ID_SIZE);
	memcpy(dst, src, size);
}

/*
 * [offset, offset + size) starts at or behind @low, on @align (a power of two),
 * and ends at or before @high.
 */
static inline bool snapimg_piece_fits(u64 offset, u64 size, u64 low, u64 high, u32 align)
{
	return !(offset & (align - 1)) && offset >= low && offset <= high &&
	       size <= high - offset;
}

/* A physical range that is aligned, not empty, and does not reach 2^64. */
static inline bool snapimg_range_is_sound(u64 base, u64 size, u64 align)
{
	return !((base | size) & (align - 1)) && size && size <= ~0ULL - base;
}

#endif /* SNAPIMG_PRIVATE_H */
