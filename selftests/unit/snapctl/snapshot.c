// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <lz4.h>
#include <stdio.h>
#include <unistd.h>

#include "../test.h"
#include <linux/snapcap_cpu.h>
#include "snapshot.h"

#define CHUNK_SIZE	(SNAPSHOT_CHUNK_PAGES * SNAPSHOT_PAGE)

static void *add_section(struct snapshot *s, u32 type, size_t size)
{
	u64 offset = (s->size + SNAPCAP_SECTION_ALIGN - 1) / SNAPCAP_SECTION_ALIGN *
		     SNAPCAP_SECTION_ALIGN;

	assert_true(offset + size <= sizeof(s->bytes));
	memset(s->bytes + s->size, 0, offset + size - s->size);
	s->img.section[type].offset = offset;
	s->img.section[type].size = size;
	s->size = offset + size;
	return s->bytes + offset;
}

void *snapshot_table(struct snapshot *s, u32 type)
{
	return s->bytes + s->img.section[type].offset;
}

static void add_tables(struct snapshot *s)
{
	static const struct snapimg_extent extent[] = {
		{ 0x40000, SNAPSHOT_PAGES / 2, SNAPCAP_EXTENT_DATA },
		{ 0x40100, SNAPSHOT_ZERO_PAGES, SNAPCAP_EXTENT_ZERO },
		{ 0x40500, SNAPSHOT_PAGES / 2, SNAPCAP_EXTENT_DATA },
	};
	struct snapcap_cpu_arm64 *cpu = add_section(s, SNAPCAP_SECTION_CPU, sizeof(*cpu));
	struct snapcap_range *range = add_section(s, SNAPCAP_SECTION_MEMMAP, sizeof(*range));
	struct snapcap_extent *table = add_section(s, SNAPCAP_SECTION_PAGETABLE,
						   ARRAY_SIZE(extent) * sizeof(*table));

	cpu->arch = cpu_to_le32(SNAPCAP_ARCH_ARM64);
	cpu->size = cpu_to_le32(sizeof(*cpu));
	cpu->el = cpu_to_le32(1);
	cpu->mair = cpu_to_le64(0x00000000000000ffULL);
	cpu->tcr = cpu_to_le64(0x5b5103510ULL);
	cpu->ttbr1 = cpu_to_le64(0x41000000ULL);
	cpu->entry = cpu_to_le64(0xffff800008001000ULL);
	cpu->arg = cpu_to_le64(0xffff000001000000ULL);
	range->base = cpu_to_le64(0x40000000ULL);
	range->size = cpu_to_le64(0x20000000ULL);
	for (size_t i = 0; i < ARRAY_SIZE(extent); i++)
		snapimg_extent_put(&table[i], &extent[i]);
}

static void add_data(struct snapshot *s)
{
	struct snapimg_chunk chunk[SNAPSHOT_CHUNKS] = {
		{ .pages = SNAPSHOT_CHUNK_PAGES, .codec = SNAPCAP_CODEC_RAW,
		  .stored_size = CHUNK_SIZE },
		{ .pages = SNAPSHOT_CHUNK_PAGES, .codec = SNAPCAP_CODEC_LZ4 },
		{ .pages = SNAPSHOT_CHUNK_PAGES, .codec = SNAPCAP_CODEC_FILL,
		  .fill = 0x0123456789abcdefULL },
	};
	struct snapcap_chunk *table = add_section(s, SNAPCAP_SECTION_CHUNKS,
						  SNAPSHOT_CHUNKS * sizeof(*table));
	static char plain[CHUNK_SIZE], packed[LZ4_COMPRESSBOUND(CHUNK_SIZE)];
	u8 *data;
	int size;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (char)(i / 64 + s->img.sequence);
	size = LZ4_compress_default(plain, packed, sizeof(plain), sizeof(packed));
	assert_true(size > 0);
	chunk[1].offset = chunk[0].stored_size;
	chunk[1].stored_size = (u32)size;
	chunk[2].offset = chunk[1].offset + chunk[1].stored_size;

	data = add_section(s, SNAPCAP_SECTION_DATA, CHUNK_SIZE + (size_t)size);
	for (size_t i = 0; i < CHUNK_SIZE; i++)
		data[i] = (u8)(i * 13 + s->img.sequence);
	memcpy(data + CHUNK_SIZE, packed, (size_t)size);
	chunk[0].sum = snapimg_sum(data, CHUNK_SIZE);
	chunk[1].sum = snapimg_sum(packed, (size_t)size);
	for (u32 i = 0; i < SNAPSHOT_CHUNKS; i++)
		snapimg_chunk_put(&table[i], &chunk[i]);
}

static void seal_table(struct snapshot *s, u32 type)
{
	s->img.section[type].crc = snapimg_crc32c(0, snapshot_table(s, type),
						  s->img.section[type].size);
}

void snapshot_seal(struct snapshot *s)
{
	for (u32 type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++)
		seal_table(s, type);
	if (s->img.pageable_pages)
		seal_table(s, SNAPCAP_SECTION_PAGEABLE_CHUNKS);
	s->img.image_size = s->size;
	s->img.header_crc = snapimg_header_build(&s->img, (void *)s->bytes);
	if (s->no_commit)
		memset(s->bytes + SNAPCAP_COMMIT_OFF, 0xff, sizeof(struct snapcap_commit));
	else
		snapimg_commit_build(&s->img, (void *)(s->bytes + SNAPCAP_COMMIT_OFF));
}

void snapshot_init(struct snapshot *s, u64 sequence)
{
	static const u8 build_id[SNAPCAP_BUILD_ID_SIZE] = { 0xde, 0xad, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	memset(s, 0, sizeof(*s));
	memset(s->bytes, 0xff, SNAPCAP_BODY_OFF);
	s->size = SNAPCAP_BODY_OFF;
	s->img.version_major = SNAPCAP_VERSION_MAJOR;
	s->img.version_minor = SNAPCAP_VERSION_MINOR;
	s->img.sequence = sequence;
	s->img.page_shift = 12;
	s->img.arch = SNAPCAP_ARCH_ARM64;
	s->img.stub_abi = SNAPCAP_HANDOFF_ABI;
	s->img.stream_pages = SNAPSHOT_PAGES;
	s->img.zero_pages = SNAPSHOT_ZERO_PAGES;
	s->img.created_s = SNAPSHOT_CREATED;
	s->img.stub_base = 0x40200000;
	s->img.stub_size = 0x1ff000;
	s->img.handoff_base = 0x403ff000;
	strcpy(s->img.kernel_release, "6.1.0-test");
	strcpy(s->img.machine, "linux,dummy-virt");
	strcpy(s->img.label, "a label");
	memcpy(s->img.build_id, build_id, sizeof(build_id));
	s->img.build_id_size = sizeof(build_id);
	memset(s->img.uuid, 0xa5, sizeof(s->img.uuid));
	s->img.chunk_pages_max = SNAPSHOT_CHUNK_PAGES;
	add_tables(s);
	add_data(s);
	snapshot_seal(s);
}

void snapshot_add_pageable(struct snapshot *s)
{
	struct snapimg_chunk chunk[SNAPSHOT_PAGEABLE] = {
		{ .pages = 1, .codec = SNAPCAP_CODEC_LZ4 },
		{ .pages = 1, .codec = SNAPCAP_CODEC_RAW, .stored_size = SNAPSHOT_PAGE },
		{ .pages = 1, .codec = SNAPCAP_CODEC_FILL, .fill = 0x5555aaaa5555aaaaULL },
	};
	struct snapcap_chunk *table = add_section(s, SNAPCAP_SECTION_PAGEABLE_CHUNKS,
						  SNAPSHOT_PAGEABLE * sizeof(*table));
	static char plain[SNAPSHOT_PAGE], packed[LZ4_COMPRESSBOUND(SNAPSHOT_PAGE)];
	u8 *data;
	int size;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (char)(i / 100);
	size = LZ4_compress_default(plain, packed, sizeof(plain), sizeof(packed));
	assert_true(size > 0 && size < SNAPSHOT_PAGE);
	chunk[0].stored_size = (u32)size;
	chunk[1].offset = chunk[0].stored_size;
	chunk[2].offset = chunk[1].offset + chunk[1].stored_size;

	data = add_section(s, SNAPCAP_SECTION_PAGEABLE_DATA, (size_t)chunk[2].offset);
	memcpy(data, packed, (size_t)size);
	for (size_t i = 0; i < SNAPSHOT_PAGE; i++)
		data[chunk[1].offset + i] = (u8)(i * 29);
	for (u32 i = 0; i < SNAPSHOT_PAGEABLE; i++) {
		if (chunk[i].stored_size)
			chunk[i].sum = snapimg_sum(data + chunk[i].offset, chunk[i].stored_size);
		snapimg_chunk_put(&table[i], &chunk[i]);
	}
	s->img.feature_incompat |= SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
	s->img.pageable_pages = SNAPSHOT_PAGEABLE;
	snapshot_seal(s);
}

void medium_create(const char *path, size_t size)
{
	static const u8 erased[SNAPSHOT_STEP] = { [0 ... SNAPSHOT_STEP - 1] = 0xff };
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	while (size) {
		size_t part = size < sizeof(erased) ? size : sizeof(erased);

		assert_int_equal(fwrite(erased, 1, part, out), part);
		size -= part;
	}
	fclose(out);
}

void medium_put(const char *path, u64 offset, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, (off_t)offset), size);
	close(fd);
}

void medium_flip(const char *path, u64 offset)
{
	int fd = open(path, O_RDWR);
	u8 byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

void medium_add(const char *path, u64 offset, u64 sequence)
{
	static struct snapshot s;

	snapshot_init(&s, sequence);
	medium_put(path, offset, s.bytes, s.size);
}
