// SPDX-License-Identifier: GPL-2.0-only
/* The header of an OS image: as it came, and with its checksum made right. */
#include "fuzz.h"
#include "snapimg.h"

static void check_parts(const struct snapimg_os *os)
{
	u32 i, k;

	for (i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		const struct snapimg_os_part *p = &os->part[i];

		if (!p->size)
			continue;
		FUZZ_HOLDS(p->size <= SNAPCAP_OS_PART_SIZE_MAX && p->stored_size);
		FUZZ_HOLDS(p->offset >= sizeof(struct snapcap_os_header));
		FUZZ_HOLDS(!(p->offset % SNAPCAP_OS_PART_ALIGN));
		FUZZ_HOLDS(p->offset <= os->image_size);
		FUZZ_HOLDS(p->stored_size <= os->image_size - p->offset);
		FUZZ_HOLDS(p->codec == SNAPCAP_CODEC_LZ4 ||
			   (p->codec == SNAPCAP_CODEC_RAW && p->size == p->stored_size));
		for (k = i + 1; k <= SNAPCAP_OS_PART_CMDLINE; k++) {
			const struct snapimg_os_part *q = &os->part[k];

			FUZZ_HOLDS(!q->size || p->offset + p->stored_size <= q->offset ||
				   q->offset + q->stored_size <= p->offset);
		}
	}
}

/* Each part once, the ones behind the others, to the end. */
static void check_entries(const struct snapcap_os_header *hdr)
{
	u64 end = sizeof(*hdr);
	u32 seen = 0, i;

	FUZZ_HOLDS(le32_to_cpu(hdr->part_count) <= SNAPCAP_OS_PART_MAX);
	for (i = 0; i < le32_to_cpu(hdr->part_count); i++) {
		u32 type = le32_to_cpu(hdr->part[i].type);

		FUZZ_HOLDS(le64_to_cpu(hdr->part[i].offset) >= end);
		end = le64_to_cpu(hdr->part[i].offset) + le64_to_cpu(hdr->part[i].stored_size);
		if (type > SNAPCAP_OS_PART_CMDLINE)
			continue;
		FUZZ_HOLDS(type && !(seen & 1U << type));
		seen |= 1U << type;
	}
	FUZZ_HOLDS(end == le64_to_cpu(hdr->image_size));
}

static void check_place(const struct snapimg_os *os)
{
	u64 size = os->part[SNAPCAP_OS_PART_KERNEL].size;
	u64 base = os->load_addr + os->load_bias;

	FUZZ_HOLDS(size);
	if (os->load_addr == SNAPCAP_OS_LOAD_ANY) {
		FUZZ_HOLDS(!os->load_bias && !os->entry);
		return;
	}
	FUZZ_HOLDS(base + size > base && os->entry < size);
	FUZZ_HOLDS((os->load_bias >> 63) == (base < os->load_addr));
}

static void check(const struct snapcap_os_header *hdr, size_t size, u64 avail)
{
	struct snapcap_os_header again;
	struct snapimg_os os, os_again;

	if (snapimg_os_check(hdr, size, avail, &os))
		return;
	FUZZ_HOLDS(size >= sizeof(*hdr) && os.image_size <= avail);
	FUZZ_HOLDS(os.arch && os.build_id_size && os.build_id_size <= sizeof(os.build_id));
	FUZZ_HOLDS(memchr(os.kernel_release, 0, sizeof(os.kernel_release)));
	check_entries(hdr);
	check_parts(&os);
	check_place(&os);
	FUZZ_HOLDS(snapimg_os_identity(&os));
	/* Parts of unknown types are not in it, and may have been the last. */
	if (hdr->feature_compat)
		return;
	snapimg_os_build(&os, &again);
	FUZZ_HOLDS(!snapimg_os_check(&again, sizeof(again), avail, &os_again));
	FUZZ_HOLDS(!memcmp(&os, &os_again, sizeof(os)));
}

/* Make the checksum right; true when it was not. */
static bool seal(struct snapcap_os_header *hdr, size_t size)
{
	__le32 before;

	if (size < sizeof(*hdr))
		return false;
	before = hdr->header_crc;
	hdr->header_crc = cpu_to_le32(snapimg_crc32c(0, hdr, sizeof(*hdr) - 4));
	return before != hdr->header_crc;
}

#define HEADER(member)	FUZZ_FIELD(struct snapcap_os_header, member)
#define PART(i)		HEADER(part[i].type), HEADER(part[i].codec), HEADER(part[i].offset), \
			HEADER(part[i].stored_size), HEADER(part[i].size), HEADER(part[i].sum), \
			HEADER(part[i].reserved0), HEADER(part[i].reserved1)

static const struct fuzz_field fields[] = {
	HEADER(magic), HEADER(header_size), HEADER(version_major), HEADER(version_minor),
	HEADER(feature_compat), HEADER(feature_incompat), HEADER(version), HEADER(image_size),
	HEADER(arch), HEADER(part_count), HEADER(kernel_release), HEADER(build_id),
	HEADER(build_id_size), HEADER(load_addr), HEADER(load_bias), HEADER(entry),
	HEADER(reserved0),
	PART(0), PART(1), PART(2), PART(3), PART(4), PART(5), PART(6), PART(7),
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct snapcap_os_header hdr;
	u32 state = seed, changes;

	if (size < sizeof(hdr) || !(fuzz_random(&state) % 4)) {
		size = LLVMFuzzerMutate(data, size, max_size);
	} else {
		for (changes = 1 + fuzz_random(&state) % 3; changes; changes--)
			fuzz_change(data, fields, FUZZ_COUNT(fields), &state);
	}
	if (size >= sizeof(hdr) && fuzz_random(&state) % 16) {
		memcpy(&hdr, data, sizeof(hdr));
		seal(&hdr, sizeof(hdr));
		memcpy(data, &hdr, sizeof(hdr));
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapcap_os_header *hdr = malloc(size ? size : 1);

	if (!hdr)
		return 0;
	memcpy(hdr, data, size);
	check(hdr, size, ~0ULL);
	check(hdr, size, size);
	if (seal(hdr, size)) {
		check(hdr, size, ~0ULL);
		check(hdr, size, size);
	}
	free(hdr);
	return 0;
}
