// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs every check of the library over an image in memory. Sections and chunks
 * are copied to buffers of exactly their size first, so that the address
 * sanitizer sees a read beyond them.
 */
#include <stdlib.h>
#include "verify.h"

static void *copy_piece(const void *image, u64 offset, u64 size)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, (const u8 *)image + offset, size);
	return copy;
}

static int verify_chunk(const struct snapimg *img, const void *image, u32 data_type,
			const struct snapimg_chunk *chunk, u8 *dst)
{
	size_t size = (size_t)chunk->pages << img->page_shift;
	void *stored = copy_piece(image, img->section[data_type].offset + chunk->offset,
				  chunk->stored_size);
	void *pages = malloc(size);
	int ret;

	if (!pages)
		abort();
	ret = snapimg_chunk_verify(chunk, stored);
	if (!ret)
		ret = snapimg_chunk_decode(chunk, stored, pages, size);
	if (!ret && dst)
		memcpy(dst, pages, size);
	free(pages);
	free(stored);
	return ret;
}

/* @count chunks of the table, whose bytes are in section @data_type. */
static int verify_chunks(const struct snapimg *img, const void *image, u32 data_type,
			 const void *table, u32 count, u8 *stream, size_t stream_size)
{
	size_t done = 0;
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < count; i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);
		size_t size = (size_t)chunk.pages << img->page_shift;

		if (stream && stream_size - done < size)
			abort();
		ret = verify_chunk(img, image, data_type, &chunk, stream ? stream + done : NULL);
		done += size;
	}
	return ret;
}

static int verify_tables(const struct snapimg *img, const void *image, void **table,
			 const struct snapimg_machine *m)
{
	u32 type;
	int ret = 0;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		table[type] = copy_piece(image, img->section[type].offset, img->section[type].size);
		if (!ret)
			ret = snapimg_section_check(img, type, table[type]);
	}
	if (!ret)
		ret = snapimg_memmap_check(img, table[SNAPCAP_SECTION_MEMMAP], m);
	if (!ret)
		ret = snapimg_pagetable_check(img, table[SNAPCAP_SECTION_PAGETABLE],
					      table[SNAPCAP_SECTION_MEMMAP]);
	return ret;
}

int image_verify(const void *image, size_t avail, const struct snapimg_machine *m,
		 void *stream, size_t stream_size)
{
	size_t header_size = avail < sizeof(struct snapcap_image_header) ?
			     avail : sizeof(struct snapcap_image_header);
	void *table[SNAPCAP_SECTION_DATA] = { NULL };
	void *header = copy_piece(image, 0, header_size);
	struct snapimg img;
	u32 type;
	int ret;

	ret = snapimg_header_check(header, header_size, avail, &img);
	free(header);
	if (ret)
		return ret;
	ret = snapimg_commit_check((const u8 *)image + SNAPCAP_COMMIT_OFF, &img);
	if (!ret && m)
		ret = snapimg_bind_check(&img, m);
	if (!ret)
		ret = verify_tables(&img, image, table, m);
	if (!ret)
		ret = snapimg_chunks_check(&img, table[SNAPCAP_SECTION_CHUNKS]);
	if (!ret)
		ret = verify_chunks(&img, image, SNAPCAP_SECTION_DATA,
				    table[SNAPCAP_SECTION_CHUNKS], snapimg_chunk_count(&img),
				    stream, stream_size);
	for (type = 0; type < SNAPCAP_SECTION_DATA; type++)
		free(table[type]);
	return ret;
}

int image_verify_pageable(const void *image, size_t avail, void *pages, size_t pages_size)
{
	struct snapimg_section *s;
	struct snapimg img;
	void *table;
	int ret;

	ret = snapimg_header_check(image, sizeof(struct snapcap_image_header), avail, &img);
	if (ret)
		return ret;
	s = &img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS];
	table = copy_piece(image, s->offset, s->size);
	ret = snapimg_section_check(&img, SNAPCAP_SECTION_PAGEABLE_CHUNKS, table);
	if (!ret)
		ret = snapimg_pageable_check(&img, table);
	if (!ret)
		ret = verify_chunks(&img, image, SNAPCAP_SECTION_PAGEABLE_DATA, table,
				    snapimg_pageable_count(&img), pages, pages_size);
	free(table);
	return ret;
}
