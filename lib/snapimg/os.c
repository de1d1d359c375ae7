// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The startup header of an OS image: check, build, and tell one image from
 * another. The parts themselves are for the loader to verify; it has the memory
 * to read them to.
 */
#include "snapimg_private.h"

#define OS_HEADER_CRC_SIZE	__builtin_offsetof(struct snapcap_os_header, header_crc)
#define OS_PART_KNOWN_MAX	SNAPCAP_OS_PART_CMDLINE

static int check_os_identity(const struct snapcap_os_header *hdr, size_t size)
{
	if (size < SNAPCAP_MAGIC_SIZE)
		return -SNAPCAP_REASON_TRUNCATED;
	if (memcmp(hdr->magic, SNAPCAP_OS_MAGIC, SNAPCAP_MAGIC_SIZE))
		return -SNAPCAP_REASON_EMPTY;
	if (size < __builtin_offsetof(struct snapcap_os_header, feature_compat))
		return -SNAPCAP_REASON_TRUNCATED;
	if (le16_to_cpu(hdr->version_major) != SNAPCAP_OS_VERSION_MAJOR)
		return -SNAPCAP_REASON_VERSION;
	if (le32_to_cpu(hdr->header_size) != sizeof(*hdr))
		return -SNAPCAP_REASON_HEADER_SIZE;
	if (size < sizeof(*hdr))
		return -SNAPCAP_REASON_TRUNCATED;
	if (le32_to_cpu(hdr->header_crc) != snapimg_crc32c(0, hdr, OS_HEADER_CRC_SIZE))
		return -SNAPCAP_REASON_HEADER_CRC;
	if (le64_to_cpu(hdr->feature_incompat) & ~SNAPCAP_OS_FEATURE_INCOMPAT_KNOWN)
		return -SNAPCAP_REASON_FEATURE;
	return 0;
}

static int check_os_reserved(const struct snapcap_os_header *hdr)
{
	u32 used = le32_to_cpu(hdr->part_count);
	u32 i;

	if (!snapimg_bytes_are(hdr->reserved0, 0, sizeof(hdr->reserved0)))
		return -SNAPCAP_REASON_RESERVED;
	for (i = 0; i < SNAPCAP_OS_PART_MAX; i++) {
		const struct snapcap_os_part *p = &hdr->part[i];

		if (p->reserved0 || p->reserved1)
			return -SNAPCAP_REASON_RESERVED;
		if (i >= used && !snapimg_bytes_are(p, 0, sizeof(*p)))
			return -SNAPCAP_REASON_RESERVED;
	}
	return 0;
}

/* A raw part is what it is; what LZ4 makes of one can be larger, but not by more than so. */
static bool os_part_is_sound(const struct snapcap_os_part *p)
{
	u64 size = le64_to_cpu(p->size);
	u64 stored = le64_to_cpu(p->stored_size);

	if (!size || size > SNAPCAP_OS_PART_SIZE_MAX)
		return false;
	switch (le16_to_cpu(p->codec)) {
	case SNAPCAP_CODEC_RAW:
		return stored == size;
	case SNAPCAP_CODEC_LZ4:
		return stored && stored <= SNAPCAP_OS_LZ4_BOUND(size);
	default:
		return false;
	}
}

/* Where the kernel, of @size bytes, goes to. The bias is a signed number in an unsigned one. */
static bool os_place_is_sound(const struct snapcap_os_header *hdr, u64 size)
{
	u64 addr = le64_to_cpu(hdr->load_addr);
	u64 bias = le64_to_cpu(hdr->load_bias);
	u64 base = addr + bias;

	if (addr == SNAPCAP_OS_LOAD_ANY)
		return !bias && !hdr->entry;
	if ((addr | bias) & (SNAPCAP_OS_PART_ALIGN - 1))
		return false;
	if (bias >> 63 ? base >= addr : base < addr)
		return false;
	return size <= ~0ULL - base && le64_to_cpu(hdr->entry) < size;
}

static int check_os_fields(const struct snapcap_os_header *hdr)
{
	u32 count = le32_to_cpu(hdr->part_count);
	u32 i;

	if (le64_to_cpu(hdr->image_size) < SNAPCAP_OS_PART_ALIGN || !hdr->arch ||
	    le64_to_cpu(hdr->version) == ~0ULL ||
	    count > SNAPCAP_OS_PART_MAX ||
	    !snapimg_text_is_set(hdr->kernel_release, sizeof(hdr->kernel_release)) ||
	    !snapimg_build_id_is_sound(hdr->build_id, le32_to_cpu(hdr->build_id_size)))
		return -SNAPCAP_REASON_FIELD;
	for (i = 0; i < count; i++) {
		const struct snapcap_os_part *p = &hdr->part[i];

		/* The parts of features that may be ignored are not ours to judge. */
		if (le32_to_cpu(p->type) > OS_PART_KNOWN_MAX)
			continue;
		if (!os_part_is_sound(p))
			return -SNAPCAP_REASON_FIELD;
		if (le32_to_cpu(p->type) == SNAPCAP_OS_PART_KERNEL &&
		    !os_place_is_sound(hdr, le64_to_cpu(p->size)))
			return -SNAPCAP_REASON_FIELD;
	}
	return 0;
}

static int check_os_parts(const struct snapcap_os_header *hdr)
{
	u32 count = le32_to_cpu(hdr->part_count);
	u64 image_size = le64_to_cpu(hdr->image_size);
	u64 end = sizeof(*hdr);
	u32 seen = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		const struct snapcap_os_part *p = &hdr->part[i];
		u32 type = le32_to_cpu(p->type);

		if (type > OS_PART_KNOWN_MAX) {
			/* No compat feature is known: any bit is one that may be ignored. */
			if (!hdr->feature_compat)
				return -SNAPCAP_REASON_SECTION;
		} else {
			if (!type || seen & 1U << type)
				return -SNAPCAP_REASON_SECTION;
			seen |= 1U << type;
		}
		if (!snapimg_piece_fits(le64_to_cpu(p->offset), le64_to_cpu(p->stored_size),
					end, image_size, SNAPCAP_OS_PART_ALIGN))
			return -SNAPCAP_REASON_SECTION;
		end = le64_to_cpu(p->offset) + le64_to_cpu(p->stored_size);
	}
	if (!(seen & 1U << SNAPCAP_OS_PART_KERNEL) || end != image_size)
		return -SNAPCAP_REASON_SECTION;
	return 0;
}

static void os_to_host(const struct snapcap_os_header *hdr, struct snapimg_os *os)
{
	u32 count = le32_to_cpu(hdr->part_count);
	u32 i;

	memset(os, 0, sizeof(*os));
	os->version = le64_to_cpu(hdr->version);
	os->image_size = le64_to_cpu(hdr->image_size);
	os->arch = le32_to_cpu(hdr->arch);
	memcpy(os->kernel_release, hdr->kernel_release, sizeof(os->kernel_release));
	memcpy(os->build_id, hdr->build_id, sizeof(os->build_id));
	os->build_id_size = le32_to_cpu(hdr->build_id_size);
	os->load_addr = le64_to_cpu(hdr->load_addr);
	os->load_bias = le64_to_cpu(hdr->load_bias);
	os->entry = le64_to_cpu(hdr->entry);
	for (i = 0; i < count; i++) {
		const struct snapcap_os_part *from = &hdr->part[i];
		u32 type = le32_to_cpu(from->type);
		struct snapimg_os_part *to;

		if (type > OS_PART_KNOWN_MAX)
			continue;
		to = &os->part[type];
		to->codec = le16_to_cpu(from->codec);
		to->offset = le64_to_cpu(from->offset);
		to->stored_size = le64_to_cpu(from->stored_size);
		to->size = le64_to_cpu(from->size);
		to->sum = le32_to_cpu(from->sum);
	}
}

int snapimg_os_check(const void *data, size_t size, u64 avail, struct snapimg_os *os)
{
	const struct snapcap_os_header *hdr = data;
	int ret;

	ret = check_os_identity(hdr, size);
	if (ret)
		return ret;
	ret = check_os_reserved(hdr);
	if (ret)
		return ret;
	ret = check_os_fields(hdr);
	if (ret)
		return ret;
	ret = check_os_parts(hdr);
	if (ret)
		return ret;
	if (le64_to_cpu(hdr->image_size) > avail)
		return -SNAPCAP_REASON_TRUNCATED;

	os_to_host(hdr, os);
	return 0;
}

/* The present part with the lowest offset among those not in @done, or 0. */
static u32 next_os_part(const struct snapimg_os *os, u32 done)
{
	u32 found = 0;
	u32 type;

	for (type = 1; type <= OS_PART_KNOWN_MAX; type++) {
		if (!os->part[type].size || done & 1U << type)
			continue;
		if (!found || os->part[type].offset < os->part[found].offset)
			found = type;
	}
	return found;
}

void snapimg_os_build(const struct snapimg_os *os, struct snapcap_os_header *hdr)
{
	u32 done = 0, count = 0;
	u32 type;

	memset(hdr, 0, sizeof(*hdr));
	memcpy(hdr->magic, SNAPCAP_OS_MAGIC, SNAPCAP_MAGIC_SIZE);
	hdr->header_size = cpu_to_le32(sizeof(*hdr));
	hdr->version_major = cpu_to_le16(SNAPCAP_OS_VERSION_MAJOR);
	hdr->version_minor = cpu_to_le16(SNAPCAP_OS_VERSION_MINOR);
	hdr->version = cpu_to_le64(os->version);
	hdr->image_size = cpu_to_le64(os->image_size);
	hdr->arch = cpu_to_le32(os->arch);
	snapimg_text_put(hdr->kernel_release, os->kernel_release, sizeof(hdr->kernel_release));
	snapimg_build_id_put(hdr->build_id, os->build_id, os->build_id_size);
	hdr->build_id_size = cpu_to_le32(os->build_id_size);
	hdr->load_addr = cpu_to_le64(os->load_addr);
	hdr->load_bias = cpu_to_le64(os->load_bias);
	hdr->entry = cpu_to_le64(os->entry);
	while ((type = next_os_part(os, done))) {
		const struct snapimg_os_part *from = &os->part[type];
		struct snapcap_os_part *to = &hdr->part[count++];

		to->type = cpu_to_le32(type);
		to->codec = cpu_to_le16(from->codec);
		to->offset = cpu_to_le64(from->offset);
		to->stored_size = cpu_to_le64(from->stored_size);
		to->size = cpu_to_le64(from->size);
		to->sum = cpu_to_le32(from->sum);
		done |= 1U << type;
	}
	hdr->part_count = cpu_to_le32(count);
	hdr->header_crc = cpu_to_le32(snapimg_crc32c(0, hdr, OS_HEADER_CRC_SIZE));
}

u64 snapimg_os_identity(const struct snapimg_os *os)
{
	struct snapimg_os same = *os;
	struct snapcap_os_header hdr;
	u64 identity;
	u32 type;

	same.version = 0;
	same.image_size = 0;
	for (type = 1; type <= OS_PART_KNOWN_MAX; type++)
		same.part[type].offset = 0;
	snapimg_os_build(&same, &hdr);
	hdr.version_minor = 0;
	identity = (u64)snapimg_crc32c(0, &hdr, OS_HEADER_CRC_SIZE) << 32 |
		   snapimg_sum(&hdr, OS_HEADER_CRC_SIZE);
	return identity ? identity : 1;
}
