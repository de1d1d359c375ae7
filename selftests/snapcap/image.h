/* SPDX-License-Identifier: GPL-2.0-only */
/* A snapshot read from flash, for tests of what is in it. */
#ifndef SNAPCAP_TEST_IMAGE_H
#define SNAPCAP_TEST_IMAGE_H

#include "flash.h"

/** struct image - header, commit mark and tables, as bytes and checked */
struct image {
	struct flash *flash;
	uint64_t offset;
	struct snapcap_image_header header;
	struct snapcap_commit commit;
	struct snapimg img;
	void *section[SNAPCAP_SECTION_PAGEABLE_DATA + 1];	/* those with a checksum */
};

/**
 * image_read() - read a snapshot and have the library check all of it but the chunks
 * @image: result, to be given to image_free() in any case
 * @flash: device
 * @offset: of the slot
 *
 * Return: 0, negated reason
 */
int image_read(struct image *image, struct flash *flash, uint64_t offset);
void image_free(struct image *image);

/** image_chunk_read() - read, verify and decode a chunk
 * Return: malloc()ed pages, NULL with *reason set (negated) when that failed
 */
void *image_chunk_read(const struct image *image, const struct snapimg_chunk *chunk, int *reason);

/** image_pageable_read() - the same for a page that a restored system reads */
void *image_pageable_read(const struct image *image, const struct snapimg_chunk *chunk,
			  int *reason);

/** image_find_pfn() - the extent that a page lies in; false: in none */
bool image_find_pfn(const struct image *image, uint64_t pfn, struct snapimg_extent *ext,
		    uint64_t *stream_page);

/**
 * image_page_read() - what a page will hold after a restore
 * @image: read
 * @pfn: page frame number
 * @page: for one page
 *
 * Return: 0, -ENOENT when it is not in the snapshot, -EIO when its chunk is bad
 */
int image_page_read(const struct image *image, uint64_t pfn, void *page);

/** page_frame() - page frame of a page of this process, 0 when unknown */
uint64_t page_frame(const void *page);

#endif /* SNAPCAP_TEST_IMAGE_H */
