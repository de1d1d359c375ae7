// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The image header and the commit mark: check, build, and compare with the
 * machine at hand. The header is read where it lies; nothing is written to the
 * caller's result before every check has passed.
 *
 * The sections' contents are not looked at here.
 */
#include "snapimg_private.h"

#define HEADER_CRC_SIZE		__builtin_offsetof(struct snapcap_image_header, header_crc)
#define COMMIT_CRC_SIZE		__builtin_offsetof(struct snapcap_commit, commit_crc)
#define COMMIT_REVOKED_OFF	__builtin_offsetof(struct snapcap_commit, revoked)

#define PAGE_SHIFT_MIN		12
#define PAGE_SHIFT_MAX		16
#define CPU_SIZE_MIN		8	/* arch and size, which start every record */
#define CPU_SIZE_MAX		4096

/*
 * The version decides how all the rest is read, so it is looked at before the
 * checksum: an image of another major version is to be called that, not damaged.
 */
static int check_header_identity(const struct snapcap_image_header *hdr, size_t size)
{
	if (size < SNAPCAP_MAGIC_SIZE)
		return -SNAPCAP_REASON_TRUNCATED;
	if (memcmp(hdr->magic, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE))
		return -SNAPCAP_REASON_EMPTY;
	if (size < __builtin_offsetof(struct snapcap_image_header, feature_compat))
		return -SNAPCAP_REASON_TRUNCATED;
	if (le16_to_cpu(hdr->version_major) != SNAPCAP_VERSION_MAJOR)
		return -SNAPCAP_REASON_VERSION;
	if (le32_to_cpu(hdr->header_size) != sizeof(*hdr))
		return -SNAPCAP_REASON_HEADER_SIZE;
	if (size < sizeof(*hdr))
		return -SNAPCAP_REASON_TRUNCATED;
	if (le32_to_cpu(hdr->header_crc) != snapimg_crc32c(0, hdr, HEADER_CRC_SIZE))
		return -SNAPCAP_REASON_HEADER_CRC;
	if (le64_to_cpu(hdr->feature_incompat) & ~SNAPCAP_FEATURE_INCOMPAT_KNOWN)
		return -SNAPCAP_REASON_FEATURE;
	return 0;
}

static int check_header_reserved(const struct snapcap_image_header *hdr)
{
	u32 used = le32_to_cpu(hdr->section_count);
	u32 i;

	if (hdr->reserved0 || !snapimg_bytes_are(hdr->reserved1, 0, sizeof(hdr->reserved1)))
		return -SNAPCAP_REASON_RESERVED;
	for (i = 0; i < SNAPCAP_SECTION_MAX; i++) {
		if (hdr->section[i].reserved0)
			return -SNAPCAP_REASON_RESERVED;
		if (i >= used && !snapimg_bytes_are(&hdr->section[i], 0, sizeof(hdr->section[i])))
			return -SNAPCAP_REASON_RESERVED;
	}
	return 0;
}

static bool header_is_pageable(const struct snapcap_image_header *hdr)
{
	return le64_to_cpu(hdr->feature_incompat) & SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
}

/* Page counts are limited so that a number of bytes always fits 64 bits. */
static bool header_pages_are_sound(const struct snapcap_image_header *hdr)
{
	u32 page_shift = le32_to_cpu(hdr->page_shift);
	u32 chunk_pages_max = le32_to_cpu(hdr->chunk_pages_max);
	u64 stream_pages = le64_to_cpu(hdr->stream_pages);
	u64 zero_pages = le64_to_cpu(hdr->zero_pages);
	u64 limit;

	if (page_shift < PAGE_SHIFT_MIN || page_shift > PAGE_SHIFT_MAX)
		return false;
	if (chunk_pages_max < 1 || chunk_pages_max > SNAPCAP_CHUNK_PAGES_LIMIT)
		return false;
	limit = ~0ULL >> page_shift;
	return stream_pages >= 1 && stream_pages <= limit && zero_pages <= limit - stream_pages;
}

static bool header_binding_is_sound(const struct snapcap_image_header *hdr)
{
	return hdr->arch && hdr->stub_abi &&
	       snapimg_range_is_sound(le64_to_cpu(hdr->stub_base), le64_to_cpu(hdr->stub_size),
				      SNAPIMG_REGION_ALIGN) &&
	       snapimg_range_is_sound(le64_to_cpu(hdr->handoff_base), SNAPCAP_HANDOFF_SIZE,
				      SNAPIMG_REGION_ALIGN) &&
	       snapimg_text_is_set(hdr->kernel_release, sizeof(hdr->kernel_release)) &&
	       snapimg_text_is_set(hdr->machine, sizeof(hdr->machine)) &&
	       snapimg_text_is_padded(hdr->label, sizeof(hdr->label)) &&
	       snapimg_build_id_is_sound(hdr->build_id, le32_to_cpu(hdr->build_id_size));
}

static int check_header_fields(const struct snapcap_image_header *hdr)
{
	u64 sequence = le64_to_cpu(hdr->sequence);

	/* The last number is kept free: "below" it means any, see snapimg_slot_newest(). */
	if (!sequence || sequence == ~0ULL)
		return -SNAPCAP_REASON_FIELD;
	if (le64_to_cpu(hdr->image_size) < SNAPCAP_BODY_OFF)
		return -SNAPCAP_REASON_FIELD;
	if (le32_to_cpu(hdr->section_count) > SNAPCAP_SECTION_MAX)
		return -SNAPCAP_REASON_FIELD;
	if (!header_pages_are_sound(hdr) || !header_binding_is_sound(hdr))
		return -SNAPCAP_REASON_FIELD;
	if (!!hdr->pageable_pages != header_is_pageable(hdr))
		return -SNAPCAP_REASON_FIELD;
	if (le32_to_cpu(hdr->tries) > SNAPCAP_TRIES_MAX)
		return -SNAPCAP_REASON_FIELD;
	return 0;
}

static bool table_size_is_sound(u64 size, u64 entry_size)
{
	return !(size & (entry_size - 1)) && size / entry_size <= ~0U;
}

static bool section_size_is_sound(u32 type, u64 size)
{
	switch (type) {
	case SNAPCAP_SECTION_CPU:
		return size >= CPU_SIZE_MIN && size <= CPU_SIZE_MAX;
	case SNAPCAP_SECTION_MEMMAP:
		return table_size_is_sound(size, sizeof(struct snapcap_range));
	case SNAPCAP_SECTION_PAGETABLE:
		return table_size_is_sound(size, sizeof(struct snapcap_extent));
	case SNAPCAP_SECTION_CHUNKS:
	case SNAPCAP_SECTION_PAGEABLE_CHUNKS:
		return table_size_is_sound(size, sizeof(struct snapcap_chunk));
	default:
		return true;
	}
}

/* An image has all sections from the first to this one. */
static u32 last_section(bool pageable)
{
	return pageable ? SNAPCAP_SECTION_PAGEABLE_DATA : SNAPCAP_SECTION_DATA;
}

/* And behind that one the copy, or not. */
static u32 known_sections(const struct snapcap_image_header *hdr)
{
	u32 last = last_section(header_is_pageable(hdr));

	return le64_to_cpu(hdr->feature_compat) & SNAPCAP_FEATURE_COMPAT_COPY ? last + 1 : last;
}

/* Of entry @i below known_sections(). */
static u32 known_type(const struct snapcap_image_header *hdr, u32 i)
{
	return i < last_section(header_is_pageable(hdr)) ? i + 1 : SNAPCAP_SECTION_COPY;
}

/*
 * A type that is not known belongs to a feature that is not known: if that one
 * may be ignored, so may the section; otherwise it has no business here.
 */
static bool section_may_be_ignored(const struct snapcap_image_header *hdr, u32 type)
{
	return type > SNAPCAP_SECTION_COPY &&
	       le64_to_cpu(hdr->feature_compat) & ~SNAPCAP_FEATURE_COMPAT_KNOWN;
}

static bool section_crc_is_sound(u32 type, u32 crc)
{
	return !crc || (type != SNAPCAP_SECTION_DATA && type != SNAPCAP_SECTION_PAGEABLE_DATA &&
			type != SNAPCAP_SECTION_COPY);
}

/* What a table is at in the copy is what it is at behind the start of CPU. */
static bool copy_is_sound(const struct snapcap_image_header *hdr, u64 size)
{
	return size == le64_to_cpu(hdr->section[SNAPCAP_SECTION_DATA - 1].offset) -
		       le64_to_cpu(hdr->section[SNAPCAP_SECTION_CPU - 1].offset);
}

/* Ascending types make every section occur once, ascending offsets keep them apart. */
static int check_header_sections(const struct snapcap_image_header *hdr)
{
	u32 known = known_sections(hdr);
	u32 count = le32_to_cpu(hdr->section_count);
	u64 image_size = le64_to_cpu(hdr->image_size);
	u64 end = SNAPCAP_BODY_OFF;
	u32 last = 0;
	u32 i;

	if (count < known)
		return -SNAPCAP_REASON_SECTION;
	for (i = 0; i < count; i++) {
		const struct snapcap_section *s = &hdr->section[i];
		u32 type = le32_to_cpu(s->type);
		u64 size = le64_to_cpu(s->size);

		if (i < known ? type != known_type(hdr, i) :
				type <= last || !section_may_be_ignored(hdr, type))
			return -SNAPCAP_REASON_SECTION;
		if (!section_crc_is_sound(type, le32_to_cpu(s->crc)))
			return -SNAPCAP_REASON_SECTION;
		if (!snapimg_piece_fits(le64_to_cpu(s->offset), size, end, image_size,
					SNAPCAP_SECTION_ALIGN))
			return -SNAPCAP_REASON_SECTION;
		if (!section_size_is_sound(type, size))
			return -SNAPCAP_REASON_SECTION;
		if (type == SNAPCAP_SECTION_PAGEABLE_CHUNKS &&
		    size / sizeof(struct snapcap_chunk) != le64_to_cpu(hdr->pageable_pages))
			return -SNAPCAP_REASON_SECTION;
		if (type == SNAPCAP_SECTION_COPY && !copy_is_sound(hdr, size))
			return -SNAPCAP_REASON_SECTION;
		end = le64_to_cpu(s->offset) + size;
		last = type;
	}
	return end == image_size ? 0 : -SNAPCAP_REASON_SECTION;
}

static void header_to_host(const struct snapcap_image_header *hdr, struct snapimg *img)
{
	u32 i;

	memset(img, 0, sizeof(*img));
	img->version_major = le16_to_cpu(hdr->version_major);
	img->version_minor = le16_to_cpu(hdr->version_minor);
	img->feature_compat = le64_to_cpu(hdr->feature_compat);
	img->feature_incompat = le64_to_cpu(hdr->feature_incompat);
	img->sequence = le64_to_cpu(hdr->sequence);
	img->image_size = le64_to_cpu(hdr->image_size);
	img->page_shift = le32_to_cpu(hdr->page_shift);
	img->arch = le32_to_cpu(hdr->arch);
	img->stub_abi = le32_to_cpu(hdr->stub_abi);
	img->stream_pages = le64_to_cpu(hdr->stream_pages);
	img->zero_pages = le64_to_cpu(hdr->zero_pages);
	img->created_s = le64_to_cpu(hdr->created_s);
	img->stub_base = le64_to_cpu(hdr->stub_base);
	img->stub_size = le64_to_cpu(hdr->stub_size);
	img->handoff_base = le64_to_cpu(hdr->handoff_base);
	memcpy(img->kernel_release, hdr->kernel_release, sizeof(img->kernel_release));
	memcpy(img->machine, hdr->machine, sizeof(img->machine));
	memcpy(img->build_id, hdr->build_id, sizeof(img->build_id));
	img->build_id_size = le32_to_cpu(hdr->build_id_size);
	memcpy(img->uuid, hdr->uuid, sizeof(img->uuid));
	memcpy(img->label, hdr->label, sizeof(img->label));
	img->chunk_pages_max = le32_to_cpu(hdr->chunk_pages_max);
	img->pageable_pages = le64_to_cpu(hdr->pageable_pages);
	img->os_identity = le64_to_cpu(hdr->os_identity);
	img->tries = le32_to_cpu(hdr->tries);
	img->wear = le32_to_cpu(hdr->wear);
	img->header_crc = le32_to_cpu(hdr->header_crc);
	for (i = 0; i < known_sections(hdr); i++) {
		struct snapimg_section *s = &img->section[known_type(hdr, i)];

		s->crc = le32_to_cpu(hdr->section[i].crc);
		s->offset = le64_to_cpu(hdr->section[i].offset);
		s->size = le64_to_cpu(hdr->section[i].size);
	}
}

int snapimg_header_check(const void *data, size_t size, u64 avail, struct snapimg *img)
{
	const struct snapcap_image_header *hdr = data;
	int ret;

	ret = check_header_identity(hdr, size);
	if (ret)
		return ret;
	ret = check_header_reserved(hdr);
	if (ret)
		return ret;
	ret = check_header_fields(hdr);
	if (ret)
		return ret;
	ret = check_header_sections(hdr);
	if (ret)
		return ret;
	if (le64_to_cpu(hdr->image_size) > avail)
		return -SNAPCAP_REASON_TRUNCATED;

	header_to_host(hdr, img);
	return 0;
}

static void put_header_sections(const struct snapimg *img, struct snapcap_image_header *hdr)
{
	u32 count = known_sections(hdr);
	u32 i;

	hdr->section_count = cpu_to_le32(count);
	for (i = 0; i < count; i++) {
		struct snapcap_section *s = &hdr->section[i];
		u32 type = known_type(hdr, i);

		s->type = cpu_to_le32(type);
		s->crc = cpu_to_le32(img->section[type].crc);
		s->offset = cpu_to_le64(img->section[type].offset);
		s->size = cpu_to_le64(img->section[type].size);
	}
}

u32 snapimg_header_build(const struct snapimg *img, struct snapcap_image_header *hdr)
{
	u32 crc;

	memset(hdr, 0, sizeof(*hdr));
	memcpy(hdr->magic, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE);
	hdr->header_size = cpu_to_le32(sizeof(*hdr));
	hdr->version_major = cpu_to_le16(img->version_major);
	hdr->version_minor = cpu_to_le16(img->version_minor);
	hdr->feature_compat = cpu_to_le64(img->feature_compat);
	hdr->feature_incompat = cpu_to_le64(img->feature_incompat);
	hdr->sequence = cpu_to_le64(img->sequence);
	hdr->image_size = cpu_to_le64(img->image_size);
	hdr->page_shift = cpu_to_le32(img->page_shift);
	hdr->arch = cpu_to_le32(img->arch);
	hdr->stub_abi = cpu_to_le32(img->stub_abi);
	hdr->stream_pages = cpu_to_le64(img->stream_pages);
	hdr->zero_pages = cpu_to_le64(img->zero_pages);
	hdr->created_s = cpu_to_le64(img->created_s);
	hdr->stub_base = cpu_to_le64(img->stub_base);
	hdr->stub_size = cpu_to_le64(img->stub_size);
	hdr->handoff_base = cpu_to_le64(img->handoff_base);
	snapimg_text_put(hdr->kernel_release, img->kernel_release, sizeof(hdr->kernel_release));
	snapimg_text_put(hdr->machine, img->machine, sizeof(hdr->machine));
	snapimg_build_id_put(hdr->build_id, img->build_id, img->build_id_size);
	hdr->build_id_size = cpu_to_le32(img->build_id_size);
	memcpy(hdr->uuid, img->uuid, sizeof(hdr->uuid));
	snapimg_text_put(hdr->label, img->label, sizeof(hdr->label));
	hdr->chunk_pages_max = cpu_to_le32(img->chunk_pages_max);
	hdr->pageable_pages = cpu_to_le64(img->pageable_pages);
	hdr->os_identity = cpu_to_le64(img->os_identity);
	hdr->tries = cpu_to_le32(img->tries);
	hdr->wear = cpu_to_le32(img->wear);
	put_header_sections(img, hdr);

	crc = snapimg_crc32c(0, hdr, HEADER_CRC_SIZE);
	hdr->header_crc = cpu_to_le32(crc);
	return crc;
}

/*
 * Whatever a cut-off write leaves of the mark is COMMIT; only the untouched one
 * is NOT_COMMITTED. The revocation comes last, since it means something only on
 * a mark that was valid.
 */
int snapimg_commit_check(const void *data, const struct snapimg *img)
{
	const struct snapcap_commit *commit = data;

	if (snapimg_bytes_are(commit, 0xff, COMMIT_REVOKED_OFF))
		return -SNAPCAP_REASON_NOT_COMMITTED;
	if (memcmp(commit->magic, SNAPCAP_COMMIT_MAGIC, SNAPCAP_MAGIC_SIZE) ||
	    le32_to_cpu(commit->commit_crc) != snapimg_crc32c(0, commit, COMMIT_CRC_SIZE) ||
	    le64_to_cpu(commit->sequence) != img->sequence ||
	    le32_to_cpu(commit->header_crc) != img->header_crc ||
	    commit->reserved0 || commit->reserved1 || commit->reserved2)
		return -SNAPCAP_REASON_COMMIT;
	if (le64_to_cpu(commit->revoked) != SNAPCAP_COMMIT_NOT_REVOKED)
		return -SNAPCAP_REASON_REVOKED;
	return 0;
}

void snapimg_commit_build(const struct snapimg *img, struct snapcap_commit *commit)
{
	memset(commit, 0, sizeof(*commit));
	memcpy(commit->magic, SNAPCAP_COMMIT_MAGIC, SNAPCAP_MAGIC_SIZE);
	commit->sequence = cpu_to_le64(img->sequence);
	commit->header_crc = cpu_to_le32(img->header_crc);
	commit->commit_crc = cpu_to_le32(snapimg_crc32c(0, commit, COMMIT_CRC_SIZE));
	commit->revoked = cpu_to_le64(SNAPCAP_COMMIT_NOT_REVOKED);
}

/* @ours is terminated within @size, @theirs is any string. */
static bool bound_text_matches(const char *ours, const char *theirs, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (ours[i] != theirs[i])
			return false;
		if (!ours[i])
			return true;
	}
	return false;
}

int snapimg_bind_check(const struct snapimg *img, const struct snapimg_machine *m)
{
	if (img->arch != m->arch)
		return -SNAPCAP_REASON_ARCH;
	if (img->page_shift != m->page_shift)
		return -SNAPCAP_REASON_PAGE_SIZE;
	if (!bound_text_matches(img->machine, m->machine, sizeof(img->machine)))
		return -SNAPCAP_REASON_MACHINE;
	if (img->stub_abi != m->stub_abi || img->stub_base != m->stub_base ||
	    img->stub_size != m->stub_size || img->handoff_base != m->handoff_base)
		return -SNAPCAP_REASON_STUB_ABI;
	if (m->kernel_release &&
	    !bound_text_matches(img->kernel_release, m->kernel_release,
				sizeof(img->kernel_release)))
		return -SNAPCAP_REASON_KERNEL_RELEASE;
	if (m->build_id &&
	    (img->build_id_size != m->build_id_size ||
	     memcmp(img->build_id, m->build_id, img->build_id_size)))
		return -SNAPCAP_REASON_BUILD_ID;
	if (img->os_identity && m->os_identity && img->os_identity != m->os_identity)
		return -SNAPCAP_REASON_OS_CHANGED;
	return 0;
}
