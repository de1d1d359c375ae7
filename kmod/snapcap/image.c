// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image of a captured session: where its sections lie, its header, and its
 * bytes, so that writing and reading back use one description.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/ktime.h>
#include "paging.h"
#include "snapcap.h"

/* The last section that this image has. */
static u32 last_section(const struct snapcap_session *s)
{
	return s->img.pageable_pages ? SNAPCAP_SECTION_PAGEABLE_DATA : SNAPCAP_SECTION_DATA;
}

static const void *section_data(const struct snapcap_session *s, u32 type)
{
	switch (type) {
	case SNAPCAP_SECTION_CPU:
		return s->record;
	case SNAPCAP_SECTION_MEMMAP:
		return s->memmap;
	case SNAPCAP_SECTION_PAGETABLE:
		return s->extents.data;
	case SNAPCAP_SECTION_CHUNKS:
		return s->chunks.data;
	case SNAPCAP_SECTION_PAGEABLE_CHUNKS:
		return snapcap_pager_table();
	default:
		return s->data.data;
	}
}

/* The tables once more, in erase blocks of their own: one that fails hits one of the two. */
static u64 layout_copy(struct snapcap_session *s, u64 off)
{
	struct snapimg_section *copy = &s->img.section[SNAPCAP_SECTION_COPY];

	s->img.feature_compat |= SNAPCAP_FEATURE_COMPAT_COPY;
	copy->offset = round_up(off, s->mtd->erasesize);
	copy->size = s->img.section[SNAPCAP_SECTION_DATA].offset -
		     s->img.section[SNAPCAP_SECTION_CPU].offset;
	return copy->offset + copy->size;
}

/**
 * snapcap_image_layout() - give the sections their places
 * @s: captured session; fills s->img.section and s->img.image_size
 */
void snapcap_image_layout(struct snapcap_session *s)
{
	const u64 sizes[] = {
		[SNAPCAP_SECTION_CPU] = s->record_size,
		[SNAPCAP_SECTION_MEMMAP] = s->memmap_size,
		[SNAPCAP_SECTION_PAGETABLE] = s->extents.used,
		[SNAPCAP_SECTION_CHUNKS] = s->chunks.used,
		[SNAPCAP_SECTION_DATA] = s->data.used,
		[SNAPCAP_SECTION_PAGEABLE_CHUNKS] =
			snapcap_pager_section(SNAPCAP_SECTION_PAGEABLE_CHUNKS, 0, NULL, 0),
		[SNAPCAP_SECTION_PAGEABLE_DATA] =
			snapcap_pager_section(SNAPCAP_SECTION_PAGEABLE_DATA, 0, NULL, 0),
	};
	u64 off = s->flash.store.body ? s->flash.store.body : SNAPCAP_BODY_OFF;
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= last_section(s); type++) {
		off = ALIGN(off, SNAPCAP_SECTION_ALIGN);
		/* A page of data that is lost must not take a table along. */
		if (s->flash.store.body && type == SNAPCAP_SECTION_DATA)
			off = round_up(off, s->mtd->writesize);
		s->img.section[type].offset = off;
		s->img.section[type].size = sizes[type];
		off += sizes[type];
	}
	/* Flash with heads of its own is flash of which a part may fail. */
	if (s->flash.store.body)
		off = layout_copy(s, off);
	s->img.image_size = off;
	s->status.image_bytes = off;
}

/**
 * snapcap_image_finish() - checksums, header and commit mark
 * @s: session with a layout, the kernel's and the loader's identity already set
 * @sequence: number of this take
 * @wear: how often its place was erased
 *
 * Context: process context.
 */
void snapcap_image_finish(struct snapcap_session *s, u64 sequence, u32 wear)
{
	struct snapimg *img = &s->img;
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= last_section(s); type++) {
		/* The chunks have their own. */
		bool data = type == SNAPCAP_SECTION_DATA || type == SNAPCAP_SECTION_PAGEABLE_DATA;

		img->section[type].crc = data ? 0 : snapimg_crc32c(0, section_data(s, type),
								    img->section[type].size);
	}

	img->version_major = SNAPCAP_VERSION_MAJOR;
	img->version_minor = SNAPCAP_VERSION_MINOR;
	img->sequence = sequence;
	img->page_shift = PAGE_SHIFT;
	img->arch = snapcap_arch_id();
	img->stream_pages = s->status.stream_pages;
	img->zero_pages = s->status.zero_pages;
	img->created_s = ktime_get_real_seconds();
	img->chunk_pages_max = s->arg.chunk_pages;
	img->tries = s->arg.tries;
	img->wear = wear;
	memcpy(img->label, s->arg.label, sizeof(img->label));
	if (s->arg.flags & SNAPCAP_TAKE_ONCE)
		img->feature_incompat |= SNAPCAP_FEATURE_INCOMPAT_ONCE;

	img->header_crc = snapimg_header_build(img, &s->header);
	snapimg_commit_build(img, &s->commit);
	s->status.sequence = sequence;
}

static void copy_overlap(void *buf, u64 off, size_t len, const void *src, u64 src_off, u64 src_len)
{
	u64 start = max(off, src_off), end = min(off + len, src_off + src_len);

	if (start < end)
		memcpy(buf + (start - off), src + (start - src_off), end - start);
}

static void copy_tables(const struct snapcap_session *s, void *buf, u64 off, size_t len)
{
	const struct snapimg_section *copy = &s->img.section[SNAPCAP_SECTION_COPY];
	u64 start = max(off, copy->offset), end = min(off + len, copy->offset + copy->size);

	if (start < end)
		snapcap_image_read(s, s->img.section[SNAPCAP_SECTION_CPU].offset +
				   (start - copy->offset), buf + (start - off), end - start);
}

static void copy_pageable(const struct snapcap_session *s, u32 type, void *buf, u64 off, size_t len)
{
	u64 section = s->img.section[type].offset;
	u64 start = max(off, section), end = min(off + len, section + s->img.section[type].size);

	if (start < end)
		snapcap_pager_section(type, start - section, buf + (start - off), end - start);
}

/**
 * snapcap_image_read() - bytes of the image, without the commit mark
 * @s: finished session
 * @off: from the start of the slot; the header is at 0, wherever the flash has it
 * @buf: for @len bytes; what belongs to nothing reads as erased
 * @len: bytes
 */
void snapcap_image_read(const struct snapcap_session *s, u64 off, void *buf, size_t len)
{
	u32 type;

	memset(buf, 0xff, len);
	copy_overlap(buf, off, len, &s->header, 0, sizeof(s->header));
	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_DATA; type++)
		copy_overlap(buf, off, len, section_data(s, type), s->img.section[type].offset,
			     s->img.section[type].size);
	for (; type <= last_section(s); type++)
		copy_pageable(s, type, buf, off, len);
	copy_tables(s, buf, off, len);
}
