// SPDX-License-Identifier: GPL-2.0-only
/*
 * A medium with snapshots: finding slots, headers, marks, tables and chunks. Once
 * as it came, and once with the checksums made right, or nothing would get past
 * the first of them.
 */
#include <linux/snapcap_cpu.h>
#include "fuzz.h"
#include "snapimg.h"

#define STEP		4096
#define MEDIUM_MAX	(256 * 1024)
#define DECODE_MAX	(1024 * 1024)

struct medium {
	u8 *bytes;
	size_t size;
};

static int read_medium(void *ctx, u64 off, void *buf, size_t len)
{
	const struct medium *m = ctx;

	/* The library keeps within the size that it was told. */
	FUZZ_HOLDS(off <= m->size && len <= m->size - off);
	memcpy(buf, m->bytes + off, len);
	return 0;
}

static bool is_inside(const struct medium *m, u64 off, u64 size)
{
	return off <= m->size && size <= m->size - off;
}

static void seal_slot(const struct medium *m, size_t at)
{
	struct snapcap_image_header hdr;
	struct snapcap_commit mark;
	u32 i;

	memcpy(&hdr, m->bytes + at, sizeof(hdr));
	for (i = 0; i < SNAPCAP_SECTION_PAGEABLE_DATA - 1; i++) {
		u64 off = le64_to_cpu(hdr.section[i].offset);
		u64 size = le64_to_cpu(hdr.section[i].size);

		/* These carry none. An entry that is not used stays clear. */
		if (i == SNAPCAP_SECTION_DATA - 1 || i >= le32_to_cpu(hdr.section_count))
			continue;
		if (off < m->size && is_inside(m, at + off, size))
			hdr.section[i].crc = cpu_to_le32(snapimg_crc32c(0, m->bytes + at + off,
									size));
	}
	hdr.header_crc = cpu_to_le32(snapimg_crc32c(0, &hdr, sizeof(hdr) - 4));
	memcpy(m->bytes + at, &hdr, sizeof(hdr));
	if (!is_inside(m, at + SNAPCAP_COMMIT_OFF, sizeof(mark)))
		return;
	memcpy(&mark, m->bytes + at + SNAPCAP_COMMIT_OFF, sizeof(mark));
	/* One that was never written stays so. */
	if (memcmp(mark.magic, SNAPCAP_COMMIT_MAGIC, sizeof(mark.magic)))
		return;
	mark.header_crc = hdr.header_crc;
	mark.commit_crc = cpu_to_le32(snapimg_crc32c(0, &mark,
						     offsetof(struct snapcap_commit, commit_crc)));
	memcpy(m->bytes + at + SNAPCAP_COMMIT_OFF, &mark, sizeof(mark));
}

static void seal(const struct medium *m)
{
	size_t at;

	for (at = 0; is_inside(m, at, sizeof(struct snapcap_image_header)); at += STEP)
		if (!memcmp(m->bytes + at, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE))
			seal_slot(m, at);
}

/* The bytes of a section in memory of their own, so that one too far is noticed. */
static void *load(const struct medium *m, const struct snapimg_slot *slot, u32 type)
{
	const struct snapimg_section *s = &slot->img.section[type];
	void *data;

	FUZZ_HOLDS(is_inside(m, slot->offset + s->offset, s->size));
	data = malloc(s->size ? s->size : 1);
	if (data)
		memcpy(data, m->bytes + slot->offset + s->offset, s->size);
	return data;
}

static void check_extents(const struct snapimg *img, const void *table)
{
	u64 data = 0, zero = 0, end = 0;
	u32 i;

	for (i = 0; i < snapimg_extent_count(img); i++) {
		struct snapimg_extent e = snapimg_extent_get(table, i);
		u64 base = e.pfn << img->page_shift, size = (u64)e.pages << img->page_shift;

		FUZZ_HOLDS(e.pages && e.pfn >= end && base + size > base);
		FUZZ_HOLDS(base >= img->stub_base + img->stub_size ||
			   base + size <= img->stub_base);
		FUZZ_HOLDS(base >= img->handoff_base + SNAPCAP_HANDOFF_SIZE ||
			   base + size <= img->handoff_base);
		end = e.pfn + e.pages;
		*(e.kind == SNAPCAP_EXTENT_ZERO ? &zero : &data) += e.pages;
	}
	FUZZ_HOLDS(data == img->stream_pages && zero == img->zero_pages);
}

static void decode_chunk(const struct medium *m, const struct snapimg_slot *slot, u32 data_type,
			 struct snapimg_chunk chunk)
{
	const struct snapimg_section *s = &slot->img.section[data_type];
	size_t size = (size_t)chunk.pages << slot->img.page_shift;
	u8 *stored, *dst;

	FUZZ_HOLDS(chunk.offset <= s->size && chunk.stored_size <= s->size - chunk.offset);
	if (size > DECODE_MAX)
		return;
	stored = malloc(chunk.stored_size ? chunk.stored_size : 1);
	dst = malloc(size);
	if (stored && dst) {
		memcpy(stored, m->bytes + slot->offset + s->offset + chunk.offset,
		       chunk.stored_size);
		/* Decoded whether or not: a checksum is no secret. */
		(void)!snapimg_chunk_verify(&chunk, stored);
		(void)!snapimg_chunk_decode(&chunk, stored, dst, size);
	}
	free(dst);
	free(stored);
}

static void check_chunks(const struct medium *m, const struct snapimg_slot *slot, const void *table)
{
	u64 pages = 0;
	u32 i;

	for (i = 0; i < snapimg_chunk_count(&slot->img); i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);

		pages += chunk.pages;
		decode_chunk(m, slot, SNAPCAP_SECTION_DATA, chunk);
	}
	FUZZ_HOLDS(pages == slot->img.stream_pages);
}

static void check_pageable(const struct medium *m, const struct snapimg_slot *slot)
{
	u32 count = snapimg_pageable_count(&slot->img);
	void *table;
	u32 i;

	/* Without the feature there is nothing that could be taken for it. */
	FUZZ_HOLDS(!count == !(slot->img.feature_incompat & SNAPCAP_FEATURE_INCOMPAT_PAGEABLE));
	FUZZ_HOLDS(count == slot->img.pageable_pages);
	if (!count)
		return;
	table = load(m, slot, SNAPCAP_SECTION_PAGEABLE_CHUNKS);
	if (table && !snapimg_section_check(&slot->img, SNAPCAP_SECTION_PAGEABLE_CHUNKS, table) &&
	    !snapimg_pageable_check(&slot->img, table)) {
		for (i = 0; i < count; i++) {
			struct snapimg_chunk chunk = snapimg_chunk_get(table, i);

			FUZZ_HOLDS(chunk.pages == 1);
			decode_chunk(m, slot, SNAPCAP_SECTION_PAGEABLE_DATA, chunk);
		}
	}
	free(table);
}

static void check_slot(const struct medium *m, const struct snapimg_slot *slot)
{
	void *table[SNAPCAP_SECTION_DATA] = { NULL };
	const struct snapimg *img = &slot->img;
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++) {
		table[type] = load(m, slot, type);
		if (!table[type] || snapimg_section_check(img, type, table[type]))
			goto out;
	}
	if (snapimg_memmap_check(img, table[SNAPCAP_SECTION_MEMMAP], NULL))
		goto out;
	if (!snapimg_pagetable_check(img, table[SNAPCAP_SECTION_PAGETABLE],
				     table[SNAPCAP_SECTION_MEMMAP]))
		check_extents(img, table[SNAPCAP_SECTION_PAGETABLE]);
	if (!snapimg_chunks_check(img, table[SNAPCAP_SECTION_CHUNKS]))
		check_chunks(m, slot, table[SNAPCAP_SECTION_CHUNKS]);
out:
	for (type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++)
		free(table[type]);
}

static void check_medium(const struct medium *m)
{
	const struct snapimg_reader r = { .size = m->size, .read = read_medium, .ctx = (void *)m };
	u64 offset = 0, below = ~0ULL, before;
	struct snapimg_slot slot;

	do {
		before = offset;
		if (!snapimg_slot_next(&r, STEP, &offset, &slot))
			break;
		FUZZ_HOLDS(offset > before && slot.offset >= before && slot.offset < offset);
		if (slot.status)
			continue;
		check_slot(m, &slot);
		check_pageable(m, &slot);
	} while (offset < m->size);
	while (!snapimg_slot_newest(&r, STEP, below, &slot)) {
		FUZZ_HOLDS(slot.img.sequence < below);
		below = slot.img.sequence;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct medium m = { .size = size };

	if (!size || size > MEDIUM_MAX)
		return 0;
	m.bytes = malloc(size);
	if (!m.bytes)
		return 0;
	memcpy(m.bytes, data, size);
	check_medium(&m);
	seal(&m);
	check_medium(&m);
	free(m.bytes);
	return 0;
}
