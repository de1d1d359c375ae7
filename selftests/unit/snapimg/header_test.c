// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header, the commit mark and the bindings. Every field's wrong values are
 * in the golden tests; here are the borders between right and wrong, the order
 * of the reasons, and what the builders do.
 */
#include "../test.h"
#include "sample.h"
#include "verify.h"

static struct sample sample;

static int setup(void **state)
{
	sample_init(&sample, 7);
	return 0;
}

static int check(const struct sample *s, u64 avail)
{
	struct snapimg img;

	return snapimg_header_check(s->bytes, sizeof(s->bytes), avail, &img);
}

/* What the check says of a header built from the sample's edited host form. */
static int check_built(void)
{
	snapimg_header_build(&sample.img, (void *)sample.bytes);
	return check(&sample, SAMPLE_SIZE);
}

static struct snapcap_image_header *header(void)
{
	return (void *)sample.bytes;
}

static void seal_header(void)
{
	header()->header_crc = cpu_to_le32(snapimg_crc32c(0, sample.bytes, 1020));
}

static void test_header_sample_is_accepted(void **state)
{
	struct snapimg_machine m;

	sample_machine(&m);
	assert_int_equal(image_verify(sample.bytes, SAMPLE_SIZE, &m, NULL, 0), 0);
}

static void test_header_check_inverts_build(void **state)
{
	struct snapcap_image_header again;
	struct snapimg img;

	memset(&img, 0xee, sizeof(img));
	assert_int_equal(snapimg_header_check(sample.bytes, SAMPLE_SIZE, SAMPLE_SIZE, &img), 0);
	assert_memory_equal(&img, &sample.img, sizeof(img));
	assert_int_equal(snapimg_header_build(&img, &again), img.header_crc);
	assert_memory_equal(&again, sample.bytes, sizeof(again));
}

static void test_header_result_is_written_only_on_success(void **state)
{
	struct snapimg img, before;

	memset(&img, 0xee, sizeof(img));
	before = img;
	sample.bytes[100] ^= 1;
	assert_int_equal(snapimg_header_check(sample.bytes, SAMPLE_SIZE, SAMPLE_SIZE, &img),
			 -SNAPCAP_REASON_HEADER_CRC);
	assert_memory_equal(&img, &before, sizeof(img));
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_HEADER_CRC);
	sample.bytes[100] ^= 1;
	assert_int_equal(snapimg_header_check(sample.bytes, SAMPLE_SIZE, SAMPLE_SIZE - 1, &img),
			 -SNAPCAP_REASON_TRUNCATED);
	assert_memory_equal(&img, &before, sizeof(img));
}

static void test_header_avail_is_exact(void **state)
{
	assert_int_equal(check(&sample, SAMPLE_SIZE), 0);
	assert_int_equal(check(&sample, ~0ULL), 0);
	assert_int_equal(check(&sample, SAMPLE_SIZE - 1), -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_TRUNCATED);
}

static void test_header_short_buffer_is_truncated(void **state)
{
	struct snapimg img;
	size_t size;

	for (size = 0; size < sizeof(struct snapcap_image_header); size++)
		assert_int_equal(snapimg_header_check(sample.bytes, size, SAMPLE_SIZE, &img),
				 -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(snapimg_header_check(sample.bytes, size, SAMPLE_SIZE, &img), 0);
}

/* As much as there is of a short header is looked at. */
static void test_header_short_buffer_of_something_else_is_told(void **state)
{
	struct snapimg img;

	header()->version_major = cpu_to_le16(2);
	assert_int_equal(snapimg_header_check(sample.bytes, 15, 15, &img),
			 -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(snapimg_header_check(sample.bytes, 16, 16, &img),
			 -SNAPCAP_REASON_VERSION);
	header()->magic[7] = 0;
	assert_int_equal(snapimg_header_check(sample.bytes, 7, 7, &img),
			 -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(snapimg_header_check(sample.bytes, 8, 8, &img),
			 -SNAPCAP_REASON_EMPTY);
}

/* Of all faults at once, the one that is checked first is told. */
static void test_header_reasons_come_in_order(void **state)
{
	struct snapcap_image_header *hdr = header();

	hdr->magic[0] = 'x';
	hdr->version_major = cpu_to_le16(2);
	hdr->header_size = cpu_to_le32(1025);
	hdr->feature_incompat = cpu_to_le64(4);
	hdr->reserved1[0] = 1;
	hdr->sequence = 0;
	hdr->section[0].type = 0;

	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_EMPTY);
	hdr->magic[0] = 'S';
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_VERSION);
	hdr->version_major = cpu_to_le16(1);
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_HEADER_SIZE);
	hdr->header_size = cpu_to_le32(1024);
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_HEADER_CRC);
	seal_header();
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_FEATURE);
	hdr->feature_incompat = 0;
	seal_header();
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_RESERVED);
	hdr->reserved1[0] = 0;
	seal_header();
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_FIELD);
	hdr->sequence = cpu_to_le64(7);
	seal_header();
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_SECTION);
	hdr->section[0].type = cpu_to_le32(1);
	seal_header();
	assert_int_equal(check(&sample, 0), -SNAPCAP_REASON_TRUNCATED);
}

static void test_header_sequence_borders(void **state)
{
	sample.img.sequence = 0;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	sample.img.sequence = 1;
	assert_int_equal(check_built(), 0);
	sample.img.sequence = ~0ULL - 1;
	assert_int_equal(check_built(), 0);
	sample.img.sequence = ~0ULL;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_header_page_shift_borders(void **state)
{
	u32 shift;

	for (shift = 0; shift < 70; shift++) {
		sample.img.page_shift = shift;
		assert_int_equal(check_built(),
				 shift >= 12 && shift <= 16 ? 0 : -SNAPCAP_REASON_FIELD);
	}
}

static void test_header_page_counts_must_fit_as_bytes(void **state)
{
	u64 limit = ~0ULL >> 12;

	sample.img.zero_pages = 0;
	sample.img.stream_pages = limit;
	assert_int_equal(check_built(), 0);
	sample.img.stream_pages = limit + 1;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	sample.img.stream_pages = 0;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	sample.img.stream_pages = 1;
	sample.img.zero_pages = limit - 1;
	assert_int_equal(check_built(), 0);
	sample.img.zero_pages = limit;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	sample.img.zero_pages = ~0ULL;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_header_chunk_pages_borders(void **state)
{
	static const struct { u32 pages; int ret; } cases[] = {
		{ 0, -SNAPCAP_REASON_FIELD }, { 1, 0 }, { SNAPCAP_CHUNK_PAGES_LIMIT, 0 },
		{ SNAPCAP_CHUNK_PAGES_LIMIT + 1, -SNAPCAP_REASON_FIELD },
		{ ~0U, -SNAPCAP_REASON_FIELD },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sample.img.chunk_pages_max = cases[i].pages;
		assert_int_equal(check_built(), cases[i].ret);
	}
}

static void test_header_regions_must_not_wrap(void **state)
{
	sample.img.stub_base = 0ULL - 0x2000;
	sample.img.stub_size = 0x1000;
	assert_int_equal(check_built(), 0);
	sample.img.stub_size = 0x2000;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	sample.img.stub_base = SAMPLE_STUB_BASE;
	sample.img.stub_size = 0;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	sample.img.stub_size = SAMPLE_STUB_SIZE;
	sample.img.handoff_base = 0ULL - 0x2000;
	assert_int_equal(check_built(), 0);
	sample.img.handoff_base = 0ULL - 0x1000;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_header_texts_are_cut_by_build(void **state)
{
	memset(sample.img.label, 'l', sizeof(sample.img.label));
	memset(sample.img.machine, 'm', sizeof(sample.img.machine));
	memset(sample.img.kernel_release, 'r', sizeof(sample.img.kernel_release));
	assert_int_equal(check_built(), 0);
	assert_int_equal(header()->label[SNAPCAP_LABEL_SIZE - 1], 0);
	assert_int_equal(header()->label[SNAPCAP_LABEL_SIZE - 2], 'l');
	sample.img.label[0] = 0;
	assert_int_equal(check_built(), 0);
	assert_int_equal(header()->label[1], 0);
	sample.img.machine[0] = 0;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_header_texts_without_an_end_are_refused(void **state)
{
	static const struct { size_t start, size; } texts[] = {
		{ offsetof(struct snapcap_image_header, kernel_release), SNAPCAP_RELEASE_SIZE },
		{ offsetof(struct snapcap_image_header, machine), SNAPCAP_MACHINE_SIZE },
		{ offsetof(struct snapcap_image_header, label), SNAPCAP_LABEL_SIZE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		setup(NULL);
		memset(sample.bytes + texts[i].start, 'x', texts[i].size - 1);
		seal_header();
		assert_int_equal(check(&sample, SAMPLE_SIZE), 0);
		sample.bytes[texts[i].start + texts[i].size - 1] = 'x';
		seal_header();
		assert_int_equal(check(&sample, SAMPLE_SIZE), -SNAPCAP_REASON_FIELD);
	}
}

static void test_header_build_id_borders(void **state)
{
	u32 size;

	memset(sample.img.build_id, 0x11, sizeof(sample.img.build_id));
	for (size = 0; size < 25; size++) {
		sample.img.build_id_size = size;
		assert_int_equal(check_built(),
				 size >= 1 && size <= 20 ? 0 : -SNAPCAP_REASON_FIELD);
	}
	sample.img.build_id_size = ~0U;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_header_cpu_size_borders(void **state)
{
	static const struct { u64 size; int ret; } cases[] = {
		{ 0, -SNAPCAP_REASON_SECTION }, { 7, -SNAPCAP_REASON_SECTION }, { 8, 0 },
		{ 128, 0 }, { 129, -SNAPCAP_REASON_SECTION }, { ~0ULL, -SNAPCAP_REASON_SECTION },
	};
	u32 type;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sample.img.section[SNAPCAP_SECTION_CPU].size = cases[i].size;
		assert_int_equal(check_built(), cases[i].ret);
	}
	for (type = SNAPCAP_SECTION_MEMMAP; type <= SNAPCAP_SECTION_DATA; type++)
		sample.img.section[type].offset += 8192;
	sample.img.image_size += 8192;
	sample.img.section[SNAPCAP_SECTION_CPU].size = 4096;
	snapimg_header_build(&sample.img, (void *)sample.bytes);
	assert_int_equal(check(&sample, ~0ULL), 0);
	sample.img.section[SNAPCAP_SECTION_CPU].size = 4097;
	snapimg_header_build(&sample.img, (void *)sample.bytes);
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
}

/* A table of 2^32 entries is one too many; 2^32 - 1 is the last that counts. */
static void test_header_table_counts_fit_32_bits(void **state)
{
	static const struct { u32 type; u64 entry; } tables[] = {
		{ SNAPCAP_SECTION_MEMMAP, 16 }, { SNAPCAP_SECTION_PAGETABLE, 16 },
		{ SNAPCAP_SECTION_CHUNKS, 32 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		u64 most = 0xffffffffULL * tables[i].entry;
		u64 shift = 1ULL << 40;
		struct snapimg *img = &sample.img;
		u32 type;

		sample_init(&sample, 7);
		for (type = tables[i].type + 1; type <= SNAPCAP_SECTION_DATA; type++)
			img->section[type].offset += shift;
		img->image_size += shift;
		img->section[tables[i].type].size = most;
		snapimg_header_build(img, (void *)sample.bytes);
		assert_int_equal(check(&sample, ~0ULL), 0);
		img->section[tables[i].type].size = most + tables[i].entry;
		snapimg_header_build(img, (void *)sample.bytes);
		assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
		img->section[tables[i].type].size = tables[i].entry + 1;
		snapimg_header_build(img, (void *)sample.bytes);
		assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	}
}

static void test_header_empty_data_section_is_accepted(void **state)
{
	sample.img.section[SNAPCAP_SECTION_DATA].size = 0;
	sample.img.image_size = SAMPLE_DATA_OFF;
	assert_int_equal(check_built(), 0);
}

/* What an image ends with when something is put behind the sample's data. */
#define BEHIND_OFF	((SAMPLE_SIZE + 63) & ~63)

/* A section of a feature that may be ignored is ignored, of no feature refused. */
static void test_header_unknown_section_needs_a_compat_feature(void **state)
{
	struct snapcap_section *extra = &header()->section[5];

	extra->type = cpu_to_le32(9);
	extra->offset = cpu_to_le64(BEHIND_OFF);
	extra->size = cpu_to_le64(10);
	header()->section_count = cpu_to_le32(6);
	header()->image_size = cpu_to_le64(BEHIND_OFF + 10);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	/* A known one that has none. */
	header()->feature_compat = cpu_to_le64(SNAPCAP_FEATURE_COMPAT_FORCED);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	header()->feature_compat = cpu_to_le64(4);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), 0);

	/* It keeps to the rules of placement nevertheless, and cannot be a known one. */
	extra->offset = cpu_to_le64(SAMPLE_DATA_OFF);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	extra->offset = cpu_to_le64(BEHIND_OFF);
	for (u32 type = 5; type <= 8; type++) {
		extra->type = cpu_to_le32(type);
		seal_header();
		assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	}
}

static void test_header_holds_eight_sections(void **state)
{
	u32 i;

	for (i = 5; i < 8; i++) {
		header()->section[i].type = cpu_to_le32(i + 4);
		header()->section[i].offset = cpu_to_le64(BEHIND_OFF + 64 * i);
	}
	header()->feature_compat = cpu_to_le64(4);
	header()->section_count = cpu_to_le32(8);
	header()->image_size = cpu_to_le64(BEHIND_OFF + 64 * 7);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), 0);
}

#define TABLES_SIZE	(SAMPLE_DATA_OFF - SAMPLE_CPU_OFF)

static void add_copy(u64 size)
{
	struct snapimg_section *copy = &sample.img.section[SNAPCAP_SECTION_COPY];

	sample.img.feature_compat |= SNAPCAP_FEATURE_COMPAT_COPY;
	copy->offset = (sample.img.image_size + 63) & ~63ULL;
	copy->size = size;
	sample.img.image_size = copy->offset + copy->size;
}

static void test_header_copy_comes_with_its_feature(void **state)
{
	struct snapimg img;

	add_copy(TABLES_SIZE);
	sample.img.header_crc = snapimg_header_build(&sample.img, (void *)sample.bytes);
	assert_int_equal(snapimg_header_check(sample.bytes, SAMPLE_SIZE, ~0ULL, &img), 0);
	assert_memory_equal(&img, &sample.img, sizeof(img));
	assert_int_equal(header()->section_count, cpu_to_le32(6));
	assert_int_equal(header()->section[5].type, cpu_to_le32(8));
	/* Without the feature it has no business there, and with it it is there. */
	header()->feature_compat = 0;
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	header()->feature_compat = cpu_to_le64(4);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	header()->feature_compat = cpu_to_le64(6);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), 0);
	memset(&header()->section[5], 0, sizeof(header()->section[5]));
	header()->section_count = cpu_to_le32(5);
	header()->image_size = cpu_to_le64(SAMPLE_SIZE);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
}

static void test_header_copy_is_as_long_as_the_tables(void **state)
{
	static const struct { u64 size; u32 crc; int ret; } cases[] = {
		{ TABLES_SIZE, 0, 0 },
		{ TABLES_SIZE, 1, -SNAPCAP_REASON_SECTION },
		{ TABLES_SIZE - 1, 0, -SNAPCAP_REASON_SECTION },
		{ TABLES_SIZE + 1, 0, -SNAPCAP_REASON_SECTION },
		{ 0, 0, -SNAPCAP_REASON_SECTION },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(NULL);
		add_copy(cases[i].size);
		sample.img.section[SNAPCAP_SECTION_COPY].crc = cases[i].crc;
		snapimg_header_build(&sample.img, (void *)sample.bytes);
		assert_int_equal(check(&sample, ~0ULL), cases[i].ret);
	}
	/* Not inside the data. */
	setup(NULL);
	add_copy(TABLES_SIZE);
	sample.img.section[SNAPCAP_SECTION_COPY].offset = SAMPLE_DATA_OFF;
	assert_int_equal(check_built(), -SNAPCAP_REASON_SECTION);
}

#define PAGEABLE_DATA_SIZE	100

static int setup_pageable(void **state)
{
	struct snapimg *img = &sample.img;
	struct snapimg_section *chunks = &img->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS];
	struct snapimg_section *data = &img->section[SNAPCAP_SECTION_PAGEABLE_DATA];

	setup(state);
	img->feature_incompat = SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
	img->pageable_pages = 3;
	chunks->offset = BEHIND_OFF;
	chunks->size = 3 * sizeof(struct snapcap_chunk);
	chunks->crc = 0x12345678;
	data->offset = BEHIND_OFF + 128;
	data->size = PAGEABLE_DATA_SIZE;
	img->image_size = data->offset + data->size;
	return 0;
}

/* The same for an image whose pageable part lies behind the sample's bytes. */
static int check_built_pageable(void)
{
	sample.img.header_crc = snapimg_header_build(&sample.img, (void *)sample.bytes);
	return check(&sample, ~0ULL);
}

static void test_header_pageable_check_inverts_build(void **state)
{
	struct snapcap_image_header again;
	struct snapimg img;

	assert_int_equal(check_built_pageable(), 0);
	assert_int_equal(header()->section_count, cpu_to_le32(7));
	assert_int_equal(snapimg_header_check(sample.bytes, SAMPLE_SIZE, ~0ULL, &img), 0);
	assert_memory_equal(&img, &sample.img, sizeof(img));
	assert_int_equal(snapimg_pageable_count(&img), 3);
	assert_int_equal(snapimg_header_build(&img, &again), img.header_crc);
	assert_memory_equal(&again, sample.bytes, sizeof(again));
}

/* What lies in the host form is not written without the feature. */
static void test_header_without_the_feature_has_no_pageable_sections(void **state)
{
	struct snapimg img;

	sample.img.feature_incompat = 0;
	sample.img.pageable_pages = 0;
	sample.img.image_size = SAMPLE_SIZE;
	assert_int_equal(check_built(), 0);
	assert_int_equal(header()->section_count, cpu_to_le32(5));
	assert_int_equal(snapimg_header_check(sample.bytes, SAMPLE_SIZE, SAMPLE_SIZE, &img), 0);
	assert_int_equal(snapimg_pageable_count(&img), 0);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGEABLE_DATA].offset, 0);
}

static void test_header_pageable_pages_belong_to_the_feature(void **state)
{
	sample.img.pageable_pages = 0;
	assert_int_equal(check_built_pageable(), -SNAPCAP_REASON_FIELD);
	sample.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size = 0;
	assert_int_equal(check_built_pageable(), -SNAPCAP_REASON_FIELD);

	setup(NULL);
	sample.img.pageable_pages = 3;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_header_pageable_pages_are_the_entries(void **state)
{
	static const struct { u64 pages, size; int ret; } cases[] = {
		{ 1, 32, 0 },
		{ 3, 96, 0 },
		{ 2, 96, -SNAPCAP_REASON_SECTION },
		{ 4, 96, -SNAPCAP_REASON_SECTION },
		{ 3, 97, -SNAPCAP_REASON_SECTION },
		{ 3, 128, -SNAPCAP_REASON_SECTION },
		{ 3, 0, -SNAPCAP_REASON_SECTION },
		/* The same number, but for the bits that a table cannot have. */
		{ 0x100000003, 96, -SNAPCAP_REASON_SECTION },
		{ ~0ULL, 96, -SNAPCAP_REASON_SECTION },
		{ 1ULL << 59, 0, -SNAPCAP_REASON_SECTION },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sample.img.pageable_pages = cases[i].pages;
		sample.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size = cases[i].size;
		assert_int_equal(check_built_pageable(), cases[i].ret);
	}
}

/* As for the other tables: 2^32 - 1 entries are the most. */
static void test_header_pageable_count_fits_32_bits(void **state)
{
	struct snapimg *img = &sample.img;
	u64 shift = 1ULL << 40;

	img->section[SNAPCAP_SECTION_PAGEABLE_DATA].offset += shift;
	img->image_size += shift;
	img->pageable_pages = 0xffffffff;
	img->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size = 32 * img->pageable_pages;
	assert_int_equal(check_built_pageable(), 0);
	img->pageable_pages++;
	img->section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size = 32 * img->pageable_pages;
	assert_int_equal(check_built_pageable(), -SNAPCAP_REASON_SECTION);
}

static void test_header_pageable_sections_keep_their_places(void **state)
{
	struct snapimg_section *chunks = &sample.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS];
	struct snapimg_section *data = &sample.img.section[SNAPCAP_SECTION_PAGEABLE_DATA];
	static const struct { u64 chunks, data, data_size; u32 data_crc; int ret; } cases[] = {
		{ BEHIND_OFF, BEHIND_OFF + 128, 100, 0, 0 },
		{ BEHIND_OFF, BEHIND_OFF + 128, 0, 0, 0 },	/* all of them filled */
		{ BEHIND_OFF, BEHIND_OFF + 128, 100, 1, -SNAPCAP_REASON_SECTION },
		{ SAMPLE_DATA_OFF, BEHIND_OFF + 128, 100, 0, -SNAPCAP_REASON_SECTION },
		{ BEHIND_OFF - 64, BEHIND_OFF + 128, 100, 0, -SNAPCAP_REASON_SECTION },
		{ BEHIND_OFF, BEHIND_OFF + 64, 100, 0, -SNAPCAP_REASON_SECTION },
		{ BEHIND_OFF, BEHIND_OFF + 120, 100, 0, -SNAPCAP_REASON_SECTION },
		{ BEHIND_OFF + 192, BEHIND_OFF + 64, 100, 0, -SNAPCAP_REASON_SECTION },
		{ 0ULL - 64, BEHIND_OFF + 128, 100, 0, -SNAPCAP_REASON_SECTION },
		{ BEHIND_OFF, BEHIND_OFF + 128, 0ULL - 64, 0, -SNAPCAP_REASON_SECTION },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		chunks->offset = cases[i].chunks;
		data->offset = cases[i].data;
		data->size = cases[i].data_size;
		data->crc = cases[i].data_crc;
		sample.img.image_size = data->offset + data->size;
		assert_int_equal(check_built_pageable(), cases[i].ret);
	}
}

static void test_header_copy_is_behind_the_pageable_part(void **state)
{
	add_copy(TABLES_SIZE);
	assert_int_equal(check_built_pageable(), 0);
	assert_int_equal(header()->section_count, cpu_to_le32(8));
	assert_int_equal(header()->section[7].type, cpu_to_le32(8));
}

static void test_header_pageable_sections_come_both(void **state)
{
	struct snapcap_section chunks, data;
	u32 count;

	assert_int_equal(check_built_pageable(), 0);
	chunks = header()->section[5];
	data = header()->section[6];

	/* One alone, whichever, with or without a foreign one in the other's place. */
	memset(&header()->section[6], 0, sizeof(data));
	header()->section_count = cpu_to_le32(6);
	header()->image_size = cpu_to_le64(BEHIND_OFF + 96);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	header()->section[5] = data;
	header()->image_size = cpu_to_le64(BEHIND_OFF + 128 + PAGEABLE_DATA_SIZE);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	header()->section[5] = chunks;
	header()->section[6] = data;
	header()->section[6].type = cpu_to_le32(9);
	header()->section_count = cpu_to_le32(7);
	header()->feature_compat = cpu_to_le64(4);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);

	/* Twice the same, and the other way round. */
	header()->section[6].type = cpu_to_le32(6);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	header()->section[5].type = cpu_to_le32(7);
	seal_header();
	assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);

	/* Both, and something of a feature that may be ignored behind them. */
	header()->section[5] = chunks;
	header()->section[6] = data;
	for (count = 7; count <= 8; count++) {
		header()->section_count = cpu_to_le32(count);
		seal_header();
		assert_int_equal(check(&sample, ~0ULL), 0);
		header()->section[7].type = cpu_to_le32(9);
		header()->section[7].offset = cpu_to_le64(BEHIND_OFF + 256);
		header()->image_size = cpu_to_le64(BEHIND_OFF + 256);
	}
}

/* The feature's sections are no others' to bring. */
static void test_header_pageable_sections_need_the_feature(void **state)
{
	u32 compat;

	assert_int_equal(check_built_pageable(), 0);
	header()->feature_incompat = 0;
	header()->pageable_pages = 0;
	for (compat = 0; compat <= 1; compat++) {
		header()->feature_compat = cpu_to_le64(2 * compat);
		seal_header();
		assert_int_equal(check(&sample, ~0ULL), -SNAPCAP_REASON_SECTION);
	}
}

static void test_header_every_flipped_bit_is_refused(void **state)
{
	size_t bit;

	for (bit = 0; bit < 8 * sizeof(struct snapcap_image_header); bit++) {
		int expected = -SNAPCAP_REASON_HEADER_CRC;

		if (bit < 64)
			expected = -SNAPCAP_REASON_EMPTY;
		else if (bit < 96)
			expected = -SNAPCAP_REASON_HEADER_SIZE;
		else if (bit < 112)
			expected = -SNAPCAP_REASON_VERSION;
		sample.bytes[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(check(&sample, SAMPLE_SIZE), expected);
		sample.bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_int_equal(check(&sample, SAMPLE_SIZE), 0);
}

static struct snapcap_commit *commit(void)
{
	return (void *)(sample.bytes + SNAPCAP_COMMIT_OFF);
}

static int check_commit(void)
{
	return snapimg_commit_check(commit(), &sample.img);
}

static void test_commit_erased_is_not_committed(void **state)
{
	memset(commit(), 0xff, sizeof(*commit()));
	assert_int_equal(check_commit(), -SNAPCAP_REASON_NOT_COMMITTED);
	commit()->revoked = 0;
	assert_int_equal(check_commit(), -SNAPCAP_REASON_NOT_COMMITTED);
}

static void test_commit_zeroed_is_damaged(void **state)
{
	memset(commit(), 0, sizeof(*commit()));
	assert_int_equal(check_commit(), -SNAPCAP_REASON_COMMIT);
}

/* The mark is written front to back; a power cut leaves the rest erased. */
static void test_commit_cut_off_anywhere_is_refused(void **state)
{
	struct snapcap_commit whole = *commit();
	size_t done;

	for (done = 0; done < 40; done++) {
		memset(commit(), 0xff, sizeof(*commit()));
		memcpy(commit(), &whole, done);
		assert_int_equal(check_commit(), done ? -SNAPCAP_REASON_COMMIT :
				 -SNAPCAP_REASON_NOT_COMMITTED);
	}
	for (; done <= sizeof(whole); done++) {
		memset(commit(), 0xff, sizeof(*commit()));
		memcpy(commit(), &whole, done);
		assert_int_equal(check_commit(), 0);
	}
}

static void test_commit_every_flipped_bit_is_refused(void **state)
{
	u8 *bytes = (u8 *)commit();
	size_t bit;

	for (bit = 0; bit < 8 * sizeof(struct snapcap_commit); bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(check_commit(), bit < 8 * 40 ? -SNAPCAP_REASON_COMMIT :
				 -SNAPCAP_REASON_REVOKED);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	assert_int_equal(check_commit(), 0);
}

static void test_commit_of_another_header_is_refused(void **state)
{
	struct snapimg other = sample.img;

	other.sequence++;
	snapimg_commit_build(&other, commit());
	assert_int_equal(check_commit(), -SNAPCAP_REASON_COMMIT);
	other = sample.img;
	other.header_crc++;
	snapimg_commit_build(&other, commit());
	assert_int_equal(check_commit(), -SNAPCAP_REASON_COMMIT);
}

static void test_commit_revoked(void **state)
{
	commit()->revoked = 0;
	assert_int_equal(check_commit(), -SNAPCAP_REASON_REVOKED);
}

/* Revoking a mark that never was valid does not make it any better. */
static void test_commit_revoked_and_damaged_is_damaged(void **state)
{
	commit()->revoked = 0;
	commit()->magic[0] = 0;
	assert_int_equal(check_commit(), -SNAPCAP_REASON_COMMIT);
}

static void test_bind_reasons_come_in_order(void **state)
{
	static const u8 other_id[] = { 1, 2, 3, 4, 5, 6, 7, 9 };
	struct snapimg_machine good, m;

	sample_machine(&good);
	m = good;
	m.arch = SNAPCAP_ARCH_RISCV64;
	m.page_shift = 14;
	m.machine = "another,board";
	m.stub_abi++;
	m.kernel_release = "6.1.0-other";
	m.build_id = other_id;
	m.os_identity = 2;
	sample.img.os_identity = 1;

	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_ARCH);
	m.arch = good.arch;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_PAGE_SIZE);
	m.page_shift = good.page_shift;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_MACHINE);
	m.machine = good.machine;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_STUB_ABI);
	m.stub_abi = good.stub_abi;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_KERNEL_RELEASE);
	m.kernel_release = good.kernel_release;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_BUILD_ID);
	m.build_id = good.build_id;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_OS_CHANGED);
	m.os_identity = 1;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), 0);
}

static void test_bind_loader_must_be_where_it_was(void **state)
{
	struct snapimg_machine m;

	sample_machine(&m);
	m.stub_base += 4096;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_STUB_ABI);
	sample_machine(&m);
	m.stub_size += 4096;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_STUB_ABI);
	sample_machine(&m);
	m.handoff_base += 4096;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_STUB_ABI);
}

static void test_bind_texts_are_compared_whole(void **state)
{
	char longer[SNAPCAP_MACHINE_SIZE + 8];
	struct snapimg_machine m;

	sample_machine(&m);
	m.machine = SAMPLE_MACHINE "2";
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_MACHINE);
	m.machine = "linux,dummy-vir";
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_MACHINE);
	m.machine = "";
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_MACHINE);

	memset(longer, 'm', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	memset(sample.img.machine, 'm', sizeof(sample.img.machine) - 1);
	m.machine = longer;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_MACHINE);
	longer[SNAPCAP_MACHINE_SIZE - 1] = 0;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), 0);
}

static void test_bind_build_id_size_matters(void **state)
{
	struct snapimg_machine m;

	sample_machine(&m);
	m.build_id_size--;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_BUILD_ID);
}

static void test_bind_unknown_kernel_is_not_compared(void **state)
{
	struct snapimg_machine m;

	sample_machine(&m);
	m.kernel_release = NULL;
	m.build_id = NULL;
	m.build_id_size = 0;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), 0);
}

/* One from before there were identities, and a machine without an OS image. */
static void test_bind_identity_is_compared_when_both_have_one(void **state)
{
	struct snapimg_machine m;

	sample_machine(&m);
	assert_int_equal(snapimg_bind_check(&sample.img, &m), 0);
	m.os_identity = 1;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), 0);
	sample.img.os_identity = 1ULL << 32 | 1;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), -SNAPCAP_REASON_OS_CHANGED);
	m.os_identity = 0;
	assert_int_equal(snapimg_bind_check(&sample.img, &m), 0);
}

#define TEST(function)		cmocka_unit_test_setup(function, setup)
#define TEST_PAGEABLE(function)	cmocka_unit_test_setup(function, setup_pageable)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_header_sample_is_accepted),
		TEST(test_header_check_inverts_build),
		TEST(test_header_result_is_written_only_on_success),
		TEST(test_header_avail_is_exact),
		TEST(test_header_short_buffer_is_truncated),
		TEST(test_header_short_buffer_of_something_else_is_told),
		TEST(test_header_reasons_come_in_order),
		TEST(test_header_sequence_borders),
		TEST(test_header_page_shift_borders),
		TEST(test_header_page_counts_must_fit_as_bytes),
		TEST(test_header_chunk_pages_borders),
		TEST(test_header_regions_must_not_wrap),
		TEST(test_header_texts_are_cut_by_build),
		TEST(test_header_texts_without_an_end_are_refused),
		TEST(test_header_build_id_borders),
		TEST(test_header_cpu_size_borders),
		TEST(test_header_table_counts_fit_32_bits),
		TEST(test_header_empty_data_section_is_accepted),
		TEST(test_header_unknown_section_needs_a_compat_feature),
		TEST(test_header_holds_eight_sections),
		TEST(test_header_copy_comes_with_its_feature),
		TEST(test_header_copy_is_as_long_as_the_tables),
		TEST_PAGEABLE(test_header_pageable_check_inverts_build),
		TEST_PAGEABLE(test_header_without_the_feature_has_no_pageable_sections),
		TEST_PAGEABLE(test_header_pageable_pages_belong_to_the_feature),
		TEST_PAGEABLE(test_header_pageable_pages_are_the_entries),
		TEST_PAGEABLE(test_header_pageable_count_fits_32_bits),
		TEST_PAGEABLE(test_header_pageable_sections_keep_their_places),
		TEST_PAGEABLE(test_header_copy_is_behind_the_pageable_part),
		TEST_PAGEABLE(test_header_pageable_sections_come_both),
		TEST_PAGEABLE(test_header_pageable_sections_need_the_feature),
		TEST(test_header_every_flipped_bit_is_refused),
		TEST(test_commit_erased_is_not_committed),
		TEST(test_commit_zeroed_is_damaged),
		TEST(test_commit_cut_off_anywhere_is_refused),
		TEST(test_commit_every_flipped_bit_is_refused),
		TEST(test_commit_of_another_header_is_refused),
		TEST(test_commit_revoked),
		TEST(test_commit_revoked_and_damaged_is_damaged),
		TEST(test_bind_reasons_come_in_order),
		TEST(test_bind_loader_must_be_where_it_was),
		TEST(test_bind_texts_are_compared_whole),
		TEST(test_bind_build_id_size_matters),
		TEST(test_bind_unknown_kernel_is_not_compared),
		TEST(test_bind_identity_is_compared_when_both_have_one),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
