// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the checksums of snapshots right, and changes snapshots field by field. Reads
 * what is there as it stands: nothing of it has been checked.
 */
#include <linux/snapcap_cpu.h>
#include "seal.h"

struct medium {
	u8 *bytes;
	size_t size;
	bool changed;
};

static void put_bytes(struct medium *m, u64 off, const void *data, size_t size)
{
	m->changed |= memcmp(m->bytes + off, data, size);
	memcpy(m->bytes + off, data, size);
}

static bool is_inside(const struct medium *m, u64 off, u64 size)
{
	return off <= m->size && size <= m->size - off;
}

/* A section as its slot's header has it; false when it is not all on the medium. */
static bool find_section(const struct medium *m, size_t at, u32 type, u64 *off, u64 *size)
{
	struct snapcap_image_header hdr;

	memcpy(&hdr, m->bytes + at, sizeof(hdr));
	*off = le64_to_cpu(hdr.section[type - 1].offset);
	*size = le64_to_cpu(hdr.section[type - 1].size);
	if (*off >= m->size || !is_inside(m, at + *off, *size))
		return false;
	*off += at;
	return true;
}

static void seal_chunks(struct medium *m, size_t at, u32 table_type, u32 data_type)
{
	u64 table, table_size, data, data_size, i;

	if (!find_section(m, at, table_type, &table, &table_size) ||
	    !find_section(m, at, data_type, &data, &data_size))
		return;
	for (i = 0; i + sizeof(struct snapcap_chunk) <= table_size;
	     i += sizeof(struct snapcap_chunk)) {
		struct snapcap_chunk chunk;
		u64 off, size;

		memcpy(&chunk, m->bytes + table + i, sizeof(chunk));
		off = le64_to_cpu(chunk.offset);
		size = le32_to_cpu(chunk.stored_size);
		if (!size || off > data_size || size > data_size - off)
			continue;
		chunk.sum = cpu_to_le32(snapimg_sum(m->bytes + data + off, size));
		put_bytes(m, table + i, &chunk, sizeof(chunk));
	}
}

static void seal_slot(struct medium *m, size_t at)
{
	struct snapcap_image_header hdr;
	struct snapcap_commit mark;
	u64 off, size;
	u32 i;

	seal_chunks(m, at, SNAPCAP_SECTION_CHUNKS, SNAPCAP_SECTION_DATA);
	seal_chunks(m, at, SNAPCAP_SECTION_PAGEABLE_CHUNKS, SNAPCAP_SECTION_PAGEABLE_DATA);
	/* The tables may overlap the header: it comes after them. */
	for (i = 0; i < SNAPCAP_SECTION_PAGEABLE_DATA - 1; i++) {
		memcpy(&hdr, m->bytes + at, sizeof(hdr));
		/* These carry none. An entry that is not used stays clear. */
		if (i == SNAPCAP_SECTION_DATA - 1 || i >= le32_to_cpu(hdr.section_count) ||
		    !find_section(m, at, i + 1, &off, &size))
			continue;
		hdr.section[i].crc = cpu_to_le32(snapimg_crc32c(0, m->bytes + off, size));
		put_bytes(m, at, &hdr, sizeof(hdr));
	}
	memcpy(&hdr, m->bytes + at, sizeof(hdr));
	hdr.header_crc = cpu_to_le32(snapimg_crc32c(0, &hdr, sizeof(hdr) - 4));
	put_bytes(m, at, &hdr, sizeof(hdr));
	if (!is_inside(m, at + SNAPCAP_COMMIT_OFF, sizeof(mark)))
		return;
	memcpy(&mark, m->bytes + at + SNAPCAP_COMMIT_OFF, sizeof(mark));
	if (memcmp(mark.magic, SNAPCAP_COMMIT_MAGIC, sizeof(mark.magic)))
		return;
	mark.header_crc = hdr.header_crc;
	mark.commit_crc = cpu_to_le32(snapimg_crc32c(0, &mark,
						     offsetof(struct snapcap_commit, commit_crc)));
	put_bytes(m, at + SNAPCAP_COMMIT_OFF, &mark, sizeof(mark));
}

static bool is_slot(const struct medium *m, size_t at)
{
	return is_inside(m, at, sizeof(struct snapcap_image_header)) &&
	       !memcmp(m->bytes + at, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE);
}

bool seal(u8 *bytes, size_t size)
{
	struct medium m = { .bytes = bytes, .size = size };
	size_t at;

	for (at = 0; at < size; at += SEAL_STEP)
		if (is_slot(&m, at))
			seal_slot(&m, at);
	return m.changed;
}

/* ---- changes ---- */

#define HEADER(member)	FUZZ_FIELD(struct snapcap_image_header, member)
#define SECTION(i)	HEADER(section[i].type), HEADER(section[i].crc), \
			HEADER(section[i].offset), HEADER(section[i].size), \
			HEADER(section[i].reserved0)

static const struct fuzz_field header_fields[] = {
	HEADER(header_size), HEADER(version_major), HEADER(version_minor),
	HEADER(feature_compat), HEADER(feature_incompat), HEADER(sequence), HEADER(image_size),
	HEADER(page_shift), HEADER(section_count), HEADER(arch), HEADER(stub_abi),
	HEADER(stream_pages), HEADER(zero_pages), HEADER(created_s), HEADER(stub_base),
	HEADER(stub_size), HEADER(handoff_base), HEADER(kernel_release), HEADER(machine),
	HEADER(build_id), HEADER(build_id_size), HEADER(uuid), HEADER(label),
	HEADER(chunk_pages_max), HEADER(reserved0), HEADER(pageable_pages),
	HEADER(os_identity), HEADER(reserved1),
	SECTION(0), SECTION(1), SECTION(2), SECTION(3), SECTION(4), SECTION(5), SECTION(6),
	SECTION(7),
};

#define COMMIT(member)	FUZZ_FIELD(struct snapcap_commit, member)

static const struct fuzz_field commit_fields[] = {
	COMMIT(magic), COMMIT(sequence), COMMIT(reserved0), COMMIT(reserved1), COMMIT(reserved2),
	COMMIT(revoked),
};

#define CPU(member)	FUZZ_FIELD(struct snapcap_cpu_arm64, member)

static const struct fuzz_field cpu_fields[] = {
	CPU(arch), CPU(size), CPU(el), CPU(boot_el), CPU(mair), CPU(tcr), CPU(entry), CPU(mpidr),
	CPU(reserved1),
};

static const struct fuzz_field range_fields[] = {
	FUZZ_FIELD(struct snapcap_range, base), FUZZ_FIELD(struct snapcap_range, size),
};

#define EXTENT(member)	FUZZ_FIELD(struct snapcap_extent, member)

static const struct fuzz_field extent_fields[] = {
	EXTENT(pfn), EXTENT(pages), EXTENT(kind), EXTENT(reserved0),
};

#define CHUNK(member)	FUZZ_FIELD(struct snapcap_chunk, member)

static const struct fuzz_field chunk_fields[] = {
	CHUNK(pages), CHUNK(codec), CHUNK(reserved0), CHUNK(offset), CHUNK(stored_size),
	CHUNK(sum), CHUNK(fill),
};

static const struct {
	u32 entry_size;
	const struct fuzz_field *field;
	size_t count;
} tables[] = {
	[SNAPCAP_SECTION_CPU] = { sizeof(struct snapcap_cpu_arm64), cpu_fields,
				  FUZZ_COUNT(cpu_fields) },
	[SNAPCAP_SECTION_MEMMAP] = { sizeof(struct snapcap_range), range_fields,
				     FUZZ_COUNT(range_fields) },
	[SNAPCAP_SECTION_PAGETABLE] = { sizeof(struct snapcap_extent), extent_fields,
					FUZZ_COUNT(extent_fields) },
	[SNAPCAP_SECTION_CHUNKS] = { sizeof(struct snapcap_chunk), chunk_fields,
				     FUZZ_COUNT(chunk_fields) },
	[SNAPCAP_SECTION_DATA] = { 0, NULL, 0 },
	[SNAPCAP_SECTION_PAGEABLE_CHUNKS] = { sizeof(struct snapcap_chunk), chunk_fields,
					      FUZZ_COUNT(chunk_fields) },
};

static void change_section(const struct medium *m, size_t at, u32 type, u32 *state)
{
	u32 entry = tables[type].entry_size;
	u64 off, size;

	if (!find_section(m, at, type, &off, &size) || !size)
		return;
	if (!entry)
		LLVMFuzzerMutate(m->bytes + off, (size_t)size, (size_t)size);
	else if (size >= entry)
		fuzz_change(m->bytes + off + fuzz_random(state) % (size / entry) * entry,
			    tables[type].field, tables[type].count, state);
}

static void change_slot(const struct medium *m, size_t at, u32 *state)
{
	u32 what = fuzz_random(state) % 12;

	if (what < 4)
		fuzz_change(m->bytes + at, header_fields, FUZZ_COUNT(header_fields), state);
	else if (what > 4 && what - 4 < FUZZ_COUNT(tables))
		change_section(m, at, what - 4, state);
	else if (is_inside(m, at + SNAPCAP_COMMIT_OFF, sizeof(struct snapcap_commit)))
		fuzz_change(m->bytes + at + SNAPCAP_COMMIT_OFF, commit_fields,
			    FUZZ_COUNT(commit_fields), state);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct medium m = { .bytes = data, .size = size };
	size_t slot[16], count = 0, at;
	u32 state = seed, changes;

	for (at = 0; at < size && count < FUZZ_COUNT(slot); at += SEAL_STEP)
		if (is_slot(&m, at))
			slot[count++] = at;
	if (!count || !(fuzz_random(&state) % 4)) {
		size = LLVMFuzzerMutate(data, size, max_size);
	} else {
		for (changes = 1 + fuzz_random(&state) % 3; changes; changes--)
			change_slot(&m, slot[fuzz_random(&state) % count], &state);
	}
	/* Now and then one is left wrong. */
	if (fuzz_random(&state) % 16)
		seal(data, size);
	return size;
}
