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

#endif /* VERIFY_H */
