// SPDX-License-Identifier: GPL-2.0-only
/*
 * A medium with snapshots: finding slots, headers, marks, tables and chunks. Once
 * as it came, and once with the checksums made right, or nothing would get past
 * the first of them.
 */
#include <linux/snapcap_cpu.h>
#include "seal.h"

#define MEDIUM_MAX	(256 * 1024)
#define DECODE_MAX	(1024 * 1024)

/* What reads do that touch a certain byte. */
enum { GOOD, FAILS, UNSTABLE, FADES, STATES };

struct medium {
	u8 *bytes;
	size_t size;
	u64 bad;
	u32 state, reads;
};

static int read_medium(void *ctx, u64 off, void *buf, size_t len)
{
	struct medium *m = ctx;

	/* The library keeps within the size that it was told. */
	FUZZ_HOLDS(off <= m->size && len <= m->size - off);
	memcpy(buf, m->bytes + off, len);
	if (m->state == GOOD || m->bad < off || m->bad >= off + len)
		return 0;
	if (m->state == FAILS)
		return -SNAPCAP_REASON_READ;
	/* As an area that was being written when the power went: another one each time, or good. */
	if (m->state == UNSTABLE || m->reads % 2)
		((u8 *)buf)[m->bad - off] ^= (u8)(1 << m->reads % 8);
	m->reads++;
	return 0;
}

static bool is_inside(const struct medium *m, u64 off, u64 size)
{
	return off <= m->size && size <= m->size - off;
}

/* An entry that is read and written again is the same. */
static void check_entries(const struct snapimg *img, const void *extents, const void *chunks)
{
	struct snapcap_extent ext;
	struct snapcap_chunk chunk;
	u32 i;

	for (i = 0; i < snapimg_extent_count(img); i++) {
		struct snapimg_extent e = snapimg_extent_get(extents, i);

		snapimg_extent_put(&ext, &e);
		FUZZ_HOLDS(!memcmp(&ext, (const struct snapcap_extent *)extents + i, sizeof(ext)));
	}
	for (i = 0; i < snapimg_chunk_count(img); i++) {
		struct snapimg_chunk c = snapimg_chunk_get(chunks, i);

		snapimg_chunk_put(&chunk, &c);
		FUZZ_HOLDS(!memcmp(&chunk, (const struct snapcap_chunk *)chunks + i,
				   sizeof(chunk)));
	}
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
	u64 pages = 0, end = 0;
	u32 i;

	for (i = 0; i < snapimg_chunk_count(&slot->img); i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);

		FUZZ_HOLDS(chunk.offset >= end);
		end = chunk.offset + chunk.stored_size;
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

/* One behind the other, inside of the image. */
static void check_sections(const struct snapimg *img)
{
	u64 end = SNAPCAP_BODY_OFF;
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_PAGEABLE_DATA; type++) {
		const struct snapimg_section *s = &img->section[type];

		if (type > SNAPCAP_SECTION_DATA &&
		    !(img->feature_incompat & SNAPCAP_FEATURE_INCOMPAT_PAGEABLE))
			continue;
		FUZZ_HOLDS(s->offset >= end && s->size <= img->image_size - s->offset);
		end = s->offset + s->size;
	}
	FUZZ_HOLDS(end <= img->image_size);
}

/* What was read and is built again is the same, and still a snapshot. */
static void check_build(const struct snapimg *img)
{
	struct snapcap_image_header hdr;
	struct snapcap_commit mark;
	struct snapimg again;

	/* Sections of unknown types are not in it, and may have been the last. */
	if (img->feature_compat)
		return;
	FUZZ_HOLDS(snapimg_header_build(img, &hdr) == img->header_crc);
	FUZZ_HOLDS(!snapimg_header_check(&hdr, sizeof(hdr), img->image_size, &again));
	FUZZ_HOLDS(!memcmp(img, &again, sizeof(again)));
	FUZZ_HOLDS(snapimg_header_check(&hdr, sizeof(hdr), img->image_size - 1, &again) ==
		   -SNAPCAP_REASON_TRUNCATED);
	snapimg_commit_build(img, &mark);
	FUZZ_HOLDS(!snapimg_commit_check(&mark, img));
	mark.revoked = 0;
	FUZZ_HOLDS(snapimg_commit_check(&mark, img) == -SNAPCAP_REASON_REVOKED);
}

/* Bound to what it says itself, and to nothing else. */
static void check_bind(const struct snapimg *img)
{
	struct snapimg_machine m = {
		.arch = img->arch,
		.page_shift = img->page_shift,
		.stub_abi = img->stub_abi,
		.stub_base = img->stub_base,
		.stub_size = img->stub_size,
		.handoff_base = img->handoff_base,
		.machine = img->machine,
		.kernel_release = img->kernel_release,
		.build_id = img->build_id,
		.build_id_size = img->build_id_size,
		.os_identity = img->os_identity,
	};
	struct snapimg_machine other;

	FUZZ_HOLDS(!snapimg_bind_check(img, &m));
#define REFUSED(member, value, reason_) do {					\
	other = m;								\
	other.member = value;							\
	FUZZ_HOLDS(snapimg_bind_check(img, &other) == -SNAPCAP_REASON_##reason_);	\
} while (0)
	REFUSED(arch, m.arch + 1, ARCH);
	REFUSED(page_shift, m.page_shift + 1, PAGE_SIZE);
	REFUSED(machine, "", MACHINE);
	REFUSED(handoff_base, m.handoff_base + 1, STUB_ABI);
	REFUSED(kernel_release, "", KERNEL_RELEASE);
	REFUSED(build_id_size, m.build_id_size + 1, BUILD_ID);
	if (m.os_identity && m.os_identity != ~0ULL)
		REFUSED(os_identity, m.os_identity + 1, OS_CHANGED);
#undef REFUSED
}

/* The map of a machine that is the snapshot's, and of one with a page more. */
static void check_memory(const struct snapimg *img, const struct snapcap_range *map)
{
	u64 count = img->section[SNAPCAP_SECTION_MEMMAP].size / sizeof(*map), i;
	struct snapimg_range range[SNAPCAP_HANDOFF_RANGES];
	struct snapimg_machine m = { .range = range, .range_count = (u32)count };

	if (count > SNAPCAP_HANDOFF_RANGES)
		return;
	for (i = 0; i < count; i++) {
		range[i].base = le64_to_cpu(map[i].base);
		range[i].size = le64_to_cpu(map[i].size);
	}
	FUZZ_HOLDS(!snapimg_memmap_check(img, map, &m));
	range[count - 1].size += 4096;
	FUZZ_HOLDS(snapimg_memmap_check(img, map, &m) == -SNAPCAP_REASON_MEMORY);
	m.range_count--;
	FUZZ_HOLDS(snapimg_memmap_check(img, map, &m) == -SNAPCAP_REASON_MEMORY);
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
	check_memory(img, table[SNAPCAP_SECTION_MEMMAP]);
	if (!snapimg_cpu_check(img->arch, table[SNAPCAP_SECTION_CPU],
			       img->section[SNAPCAP_SECTION_CPU].size))
		FUZZ_HOLDS(img->arch != SNAPCAP_ARCH_ARM64 ||
			   img->section[SNAPCAP_SECTION_CPU].size ==
			   sizeof(struct snapcap_cpu_arm64));
	if (snapimg_pagetable_check(img, table[SNAPCAP_SECTION_PAGETABLE],
				    table[SNAPCAP_SECTION_MEMMAP]))
		goto out;
	check_extents(img, table[SNAPCAP_SECTION_PAGETABLE]);
	if (snapimg_chunks_check(img, table[SNAPCAP_SECTION_CHUNKS]))
		goto out;
	check_chunks(m, slot, table[SNAPCAP_SECTION_CHUNKS]);
	check_entries(img, table[SNAPCAP_SECTION_PAGETABLE], table[SNAPCAP_SECTION_CHUNKS]);
out:
	for (type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++)
		free(table[type]);
}

static void check_medium(struct medium *m)
{
	const struct snapimg_reader r = { .size = m->size, .read = read_medium, .ctx = m };
	u64 offset = 0, below = ~0ULL, before;
	struct snapimg_slot slot;
	int ret;

	FUZZ_HOLDS(!snapimg_slot_next(&r, 0, &offset, &slot));
	do {
		before = offset;
		if (!snapimg_slot_next(&r, SEAL_STEP, &offset, &slot))
			break;
		FUZZ_HOLDS(offset > before && slot.offset >= before && slot.offset < offset);
		FUZZ_HOLDS(slot.status <= 0 && snapimg_reason_name(slot.status)[0] &&
			   snapimg_reason_text(slot.status)[0]);
		FUZZ_HOLDS(strcmp(snapimg_reason_name(slot.status), "unknown"));
		/* Of a medium that changes its mind the slot may be another one by now. */
		if (slot.status || m->state >= UNSTABLE)
			continue;
		check_sections(&slot.img);
		check_build(&slot.img);
		check_bind(&slot.img);
		check_slot(m, &slot);
		check_pageable(m, &slot);
	} while (offset < m->size);
	while (!(ret = snapimg_slot_newest(&r, SEAL_STEP, below, &slot))) {
		FUZZ_HOLDS(!slot.status && slot.rank < below &&
			   slot.rank >= slot.img.sequence);
		below = slot.rank;
	}
	FUZZ_HOLDS(ret < 0 && slot.status == ret);
}

/* What can be said of bytes that are too few for a header, or have an end behind them. */
static void check_header(const void *data, size_t size)
{
	void *exact = malloc(size ? size : 1);
	struct snapimg img;

	if (!exact)
		return;
	memcpy(exact, data, size);
	if (!snapimg_header_check(exact, size, size, &img))
		FUZZ_HOLDS(img.image_size <= size);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct medium m = { .size = size };
	struct snapimg_slot slot;
	u16 bad;

	FUZZ_HOLDS(!strcmp(snapimg_reason_name(1 << 30), "unknown"));
	check_header(data, size);
	if (!size || size > MEDIUM_MAX)
		return 0;
	m.bytes = malloc(size);
	if (!m.bytes)
		return 0;
	memcpy(m.bytes, data, size);
	check_medium(&m);
	if (seal(m.bytes, m.size))
		check_medium(&m);
	/* Where it is bad the last bytes say. */
	if (size >= sizeof(bad)) {
		memcpy(&bad, data + size - sizeof(bad), sizeof(bad));
		m.bad = bad % size;
		for (m.state = FAILS; m.state < STATES; m.state++) {
			m.reads = 0;
			check_medium(&m);
		}
	}
	FUZZ_HOLDS(snapimg_slot_probe(&(struct snapimg_reader){ .size = size }, size, &slot) ==
		   -SNAPCAP_REASON_TRUNCATED);
	free(m.bytes);
	return 0;
}
