/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole way of an image through the library, in the specified order. */
#ifndef VERIFY_H
#define VERIFY_H

#include "snapimg.h"

/**
 * image_verify() - do all that a loader does before the jump
 * @image: the slot, aligned to 8 bytes
 * @avail: bytes at @image
 * @m: machine to compare with, or NULL
 * @stream: where the pages go, or NULL to only check
 * @stream_size: bytes at @stream
 *
 * Return: 0 or the negated reason of the first check that refused
 */
int image_verify(const void *image, size_t avail, const struct snapimg_machine *m,
		 void *stream, size_t stream_size);

/**
 * image_verify_pageable() - do what the restored system does, for every page
 * @image: a slot with a pageable part, as above
 * @avail: bytes at @image, which hold at least a header
 * @pages: where the pages go, or NULL to only check
 * @pages_size: bytes at @pages
 *
 * Return: 0 or the negated reason of the first check that refused
 */
int image_verify_pageable(const void *image, size_t avail, void *pages, size_t pages_size);

#endif /* VERIFY_H */
