// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot read from flash, for tests of what is in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "image.h"

static int read_section(struct image *image, uint32_t type)
{
	const struct snapimg_section *section = &image->img.section[type];

	image->section[type] = malloc(section->size ? section->size : 1);
	if (!image->section[type] ||
	    flash_read(image->flash, image->offset + section->offset, image->section[type],
		       section->size))
		return -SNAPCAP_REASON_READ;
	return snapimg_section_check(&image->img, type, image->section[type]);
}

int image_read(struct image *image, struct flash *flash, uint64_t offset)
{
	uint32_t type;
	int ret;

	memset(image, 0, sizeof(*image));
	image->flash = flash;
	image->offset = offset;
	if (flash_read(flash, offset, &image->header, sizeof(image->header)) ||
	    flash_read(flash, offset + SNAPCAP_COMMIT_OFF, &image->commit, sizeof(image->commit)))
		return -SNAPCAP_REASON_READ;
	ret = snapimg_header_check(&image->header, sizeof(image->header), flash->size - offset,
				   &image->img);
	if (!ret)
		ret = snapimg_commit_check(&image->commit, &image->img);
	for (type = SNAPCAP_SECTION_CPU; !ret && type < SNAPCAP_SECTION_DATA; type++)
		ret = read_section(image, type);
	if (!ret)
		ret = snapimg_memmap_check(&image->img, image->section[SNAPCAP_SECTION_MEMMAP],
					   NULL);
	if (!ret)
		ret = snapimg_pagetable_check(&image->img,
					      image->section[SNAPCAP_SECTION_PAGETABLE],
					      image->section[SNAPCAP_SECTION_MEMMAP]);
	if (!ret)
		ret = snapimg_chunks_check(&image->img, image->section[SNAPCAP_SECTION_CHUNKS]);
	if (!ret && image->img.pageable_pages) {
		type = SNAPCAP_SECTION_PAGEABLE_CHUNKS;
		ret = read_section(image, type);
		if (!ret)
			ret = snapimg_pageable_check(&image->img, image->section[type]);
	}
	return ret;
}

void image_free(struct image *image)
{
	uint32_t type;

	for (type = 0; type <= SNAPCAP_SECTION_PAGEABLE_DATA; type++)
		free(image->section[type]);
}

static void *read_pages(const struct image *image, uint32_t data_type,
			const struct snapimg_chunk *chunk, int *reason)
{
	size_t size = (size_t)chunk->pages << image->img.page_shift;
	uint64_t at = image->offset + image->img.section[data_type].offset + chunk->offset;
	void *stored = malloc(chunk->stored_size ? chunk->stored_size : 1), *pages = malloc(size);

	if (!stored || !pages || flash_read(image->flash, at, stored, chunk->stored_size))
		*reason = -SNAPCAP_REASON_READ;
	else
		*reason = snapimg_chunk_verify(chunk, stored);
	if (!*reason)
		*reason = snapimg_chunk_decode(chunk, stored, pages, size);
	free(stored);
	if (!*reason)
		return pages;
	free(pages);
	return NULL;
}

void *image_chunk_read(const struct image *image, const struct snapimg_chunk *chunk, int *reason)
{
	return read_pages(image, SNAPCAP_SECTION_DATA, chunk, reason);
}

void *image_pageable_read(const struct image *image, const struct snapimg_chunk *chunk,
			  int *reason)
{
	return read_pages(image, SNAPCAP_SECTION_PAGEABLE_DATA, chunk, reason);
}

bool image_find_pfn(const struct image *image, uint64_t pfn, struct snapimg_extent *ext,
		    uint64_t *stream_page)
{
	uint32_t i, count = snapimg_extent_count(&image->img);

	*stream_page = 0;
	for (i = 0; i < count; i++) {
		*ext = snapimg_extent_get(image->section[SNAPCAP_SECTION_PAGETABLE], i);
		if (pfn >= ext->pfn && pfn - ext->pfn < ext->pages) {
			*stream_page += pfn - ext->pfn;
			return true;
		}
		if (ext->kind == SNAPCAP_EXTENT_DATA)
			*stream_page += ext->pages;
	}
	return false;
}

int image_page_read(const struct image *image, uint64_t pfn, void *page)
{
	size_t page_size = (size_t)1 << image->img.page_shift;
	uint32_t i, count = snapimg_chunk_count(&image->img);
	struct snapimg_extent ext;
	uint64_t stream_page;
	int reason;

	if (!image_find_pfn(image, pfn, &ext, &stream_page))
		return -ENOENT;
	if (ext.kind == SNAPCAP_EXTENT_ZERO) {
		memset(page, 0, page_size);
		return 0;
	}
	for (i = 0; i < count; i++) {
		struct snapimg_chunk chunk;
		uint8_t *pages;

		chunk = snapimg_chunk_get(image->section[SNAPCAP_SECTION_CHUNKS], i);
		if (stream_page >= chunk.pages) {
			stream_page -= chunk.pages;
			continue;
		}
		pages = image_chunk_read(image, &chunk, &reason);
		if (!pages)
			return -EIO;
		memcpy(page, pages + stream_page * page_size, page_size);
		free(pages);
		return 0;
	}
	return -ENOENT;
}

uint64_t page_frame(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)page / getpagesize() * sizeof(entry)) !=
	    sizeof(entry) || !(entry & 1ULL << 63))
		entry = 0;
	close(fd);
	return entry & ((1ULL << 55) - 1);
}
