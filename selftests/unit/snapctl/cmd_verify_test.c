// SPDX-License-Identifier: GPL-2.0-only
/* A good snapshot, then the same one with one thing wrong each: each has its own reason. */
#include <stdio.h>
#include <unistd.h>

#include "../test.h"
#include <linux/snapcap_cpu.h>
#include <linux/snapcap_reason.h>
#include "cmd.h"
#include "run.h"
#include "snapshot.h"

static char medium[256];
static struct snapshot s;

static int setup(void **state)
{
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, 2 * SNAPSHOT_STEP);
	snapshot_init(&s, 5);
	medium_put(medium, 0, s.bytes, s.size);
	return 0;
}

static struct snapcap_image_header *header(void)
{
	return (void *)s.bytes;
}

/* After an edit of the header's bytes: its checksum, and the commit mark that repeats it. */
static void seal_header(void)
{
	s.img.header_crc = snapimg_crc32c(0, s.bytes, offsetof(struct snapcap_image_header,
								header_crc));
	header()->header_crc = cpu_to_le32(s.img.header_crc);
	snapimg_commit_build(&s.img, (void *)(s.bytes + SNAPCAP_COMMIT_OFF));
}

static struct snapcap_commit *commit(void)
{
	return (void *)(s.bytes + SNAPCAP_COMMIT_OFF);
}

static struct snapcap_extent *extents(void)
{
	return snapshot_table(&s, SNAPCAP_SECTION_PAGETABLE);
}

static struct snapcap_chunk *chunks(void)
{
	return snapshot_table(&s, SNAPCAP_SECTION_CHUNKS);
}

static u8 *data(void)
{
	return snapshot_table(&s, SNAPCAP_SECTION_DATA);
}

static void mangle_magic(void)
{
	s.bytes[0] = 0xff;
}

static void mangle_version(void)
{
	header()->version_major = cpu_to_le16(2);
	seal_header();
}

static void mangle_header_size(void)
{
	header()->header_size = cpu_to_le32(sizeof(struct snapcap_image_header) + 4);
	seal_header();
}

static void mangle_header_bit(void)
{
	header()->label[0] ^= 1;
}

static void mangle_feature(void)
{
	header()->feature_incompat = cpu_to_le64(4);
	seal_header();
}

static void mangle_reserved(void)
{
	header()->reserved0 = cpu_to_le32(1);
	seal_header();
}

static void mangle_field(void)
{
	header()->page_shift = cpu_to_le32(3);
	seal_header();
}

static void mangle_section(void)
{
	header()->section[1].type = header()->section[0].type;
	seal_header();
}

static void mangle_no_commit(void)
{
	memset(commit(), 0xff, sizeof(*commit()));
}

static void mangle_commit(void)
{
	commit()->sequence ^= 1;
}

static void mangle_revoked(void)
{
	commit()->revoked = 0;
}

static void mangle_table_bit(void)
{
	extents()->pages ^= cpu_to_le32(1);
}

static struct snapcap_cpu_arm64 *cpu(void)
{
	return snapshot_table(&s, SNAPCAP_SECTION_CPU);
}

static void mangle_cpu_level(void)
{
	cpu()->el = cpu_to_le32(3);
	snapshot_seal(&s);
}

static void mangle_cpu_boot_level(void)
{
	cpu()->boot_el = cpu_to_le32(3);
	snapshot_seal(&s);
}

static void mangle_cpu_level_above_boot(void)
{
	cpu()->el = cpu_to_le32(2);
	cpu()->boot_el = cpu_to_le32(1);
	snapshot_seal(&s);
}

static void mangle_cpu_arch(void)
{
	cpu()->arch = cpu_to_le32(SNAPCAP_ARCH_ARM);
	snapshot_seal(&s);
}

static void mangle_cpu_reserved(void)
{
	cpu()->reserved1 = cpu_to_le64(1);
	snapshot_seal(&s);
}

static void mangle_cpu_mair(void)
{
	cpu()->mair = cpu_to_le64(0x44);
	snapshot_seal(&s);
}

static void mangle_cpu_tcr(void)
{
	cpu()->tcr |= cpu_to_le64(1ULL << 23);
	snapshot_seal(&s);
}

static void mangle_cpu_granule(void)
{
	cpu()->tcr |= cpu_to_le64(1ULL << 30);
	snapshot_seal(&s);
}

static void mangle_cpu_entry(void)
{
	cpu()->entry = cpu_to_le64(0x40080000);
	snapshot_seal(&s);
}

static void mangle_cpu_entry_alignment(void)
{
	cpu()->entry |= cpu_to_le64(2);
	snapshot_seal(&s);
}

static void mangle_memmap(void)
{
	struct snapcap_range *range = snapshot_table(&s, SNAPCAP_SECTION_MEMMAP);

	range->size = 0;
	snapshot_seal(&s);
}

static void mangle_pagetable(void)
{
	extents()[2].pfn = extents()[0].pfn;
	snapshot_seal(&s);
}

static void mangle_overlap(void)
{
	extents()[1].pfn = cpu_to_le64(0x40200);
	snapshot_seal(&s);
}

static void mangle_chunk_table(void)
{
	chunks()[1].offset = cpu_to_le64(1ULL << 40);
	snapshot_seal(&s);
}

static void mangle_codec(void)
{
	chunks()[0].codec = cpu_to_le16(9);
	snapshot_seal(&s);
}

static void mangle_chunk_bit(void)
{
	data()[100] ^= 4;
}

static void mangle_lz4(void)
{
	u8 *packed = data() + le64_to_cpu(chunks()[1].offset);
	u32 size = le32_to_cpu(chunks()[1].stored_size);

	memset(packed, 0xff, size);
	chunks()[1].sum = cpu_to_le32(snapimg_sum(packed, size));
	snapshot_seal(&s);
}

static struct snapcap_chunk *pageable(void)
{
	return snapshot_table(&s, SNAPCAP_SECTION_PAGEABLE_CHUNKS);
}

static void mangle_pageable_count(void)
{
	snapshot_add_pageable(&s);
	header()->pageable_pages = cpu_to_le64(SNAPSHOT_PAGEABLE + 1);
	seal_header();
}

static void mangle_pageable_feature(void)
{
	snapshot_add_pageable(&s);
	header()->feature_incompat = 0;
	seal_header();
}

static void mangle_pageable_table_bit(void)
{
	snapshot_add_pageable(&s);
	pageable()->offset ^= cpu_to_le64(1);
}

static void mangle_pageable_two_pages(void)
{
	snapshot_add_pageable(&s);
	pageable()[2].pages = cpu_to_le32(2);
	snapshot_seal(&s);
}

static void mangle_pageable_codec(void)
{
	snapshot_add_pageable(&s);
	pageable()[2].codec = cpu_to_le16(3);
	snapshot_seal(&s);
}

static void mangle_pageable_bit(void)
{
	snapshot_add_pageable(&s);
	*(u8 *)snapshot_table(&s, SNAPCAP_SECTION_PAGEABLE_DATA) ^= 1;
}

/* A block that is sound in itself, but of less than a page. */
static void mangle_pageable_short(void)
{
	u8 *packed;

	snapshot_add_pageable(&s);
	packed = snapshot_table(&s, SNAPCAP_SECTION_PAGEABLE_DATA);
	memcpy(packed, "\x50short", 6);
	pageable()->stored_size = cpu_to_le32(6);
	pageable()->sum = cpu_to_le32(snapimg_sum(packed, 6));
	snapshot_seal(&s);
}

static const struct {
	const char *name;
	void (*mangle)(void);
	int reason;
} manglers[] = {
	{ "magic", mangle_magic, SNAPCAP_REASON_EMPTY },
	{ "version", mangle_version, SNAPCAP_REASON_VERSION },
	{ "header_size", mangle_header_size, SNAPCAP_REASON_HEADER_SIZE },
	{ "header_bit", mangle_header_bit, SNAPCAP_REASON_HEADER_CRC },
	{ "feature", mangle_feature, SNAPCAP_REASON_FEATURE },
	{ "reserved", mangle_reserved, SNAPCAP_REASON_RESERVED },
	{ "field", mangle_field, SNAPCAP_REASON_FIELD },
	{ "section", mangle_section, SNAPCAP_REASON_SECTION },
	{ "no_commit", mangle_no_commit, SNAPCAP_REASON_NOT_COMMITTED },
	{ "commit", mangle_commit, SNAPCAP_REASON_COMMIT },
	{ "revoked", mangle_revoked, SNAPCAP_REASON_REVOKED },
	{ "table_bit", mangle_table_bit, SNAPCAP_REASON_SECTION_CRC },
	{ "cpu_level", mangle_cpu_level, SNAPCAP_REASON_CPU },
	{ "cpu_boot_level", mangle_cpu_boot_level, SNAPCAP_REASON_CPU },
	{ "cpu_level_above_boot", mangle_cpu_level_above_boot, SNAPCAP_REASON_CPU },
	{ "cpu_arch", mangle_cpu_arch, SNAPCAP_REASON_CPU },
	{ "cpu_reserved", mangle_cpu_reserved, SNAPCAP_REASON_CPU },
	{ "cpu_mair", mangle_cpu_mair, SNAPCAP_REASON_CPU },
	{ "cpu_tcr", mangle_cpu_tcr, SNAPCAP_REASON_CPU },
	{ "cpu_granule", mangle_cpu_granule, SNAPCAP_REASON_CPU },
	{ "cpu_entry", mangle_cpu_entry, SNAPCAP_REASON_CPU },
	{ "cpu_entry_alignment", mangle_cpu_entry_alignment, SNAPCAP_REASON_CPU },
	{ "memmap", mangle_memmap, SNAPCAP_REASON_MEMMAP },
	{ "pagetable", mangle_pagetable, SNAPCAP_REASON_PAGETABLE },
	{ "overlap", mangle_overlap, SNAPCAP_REASON_OVERLAP },
	{ "chunk_table", mangle_chunk_table, SNAPCAP_REASON_CHUNK_TABLE },
	{ "codec", mangle_codec, SNAPCAP_REASON_CHUNK_CODEC },
	{ "chunk_bit", mangle_chunk_bit, SNAPCAP_REASON_CHUNK_SUM },
	{ "lz4", mangle_lz4, SNAPCAP_REASON_CHUNK_DECODE },
	{ "pageable_count", mangle_pageable_count, SNAPCAP_REASON_SECTION },
	{ "pageable_feature", mangle_pageable_feature, SNAPCAP_REASON_FIELD },
	{ "pageable_table_bit", mangle_pageable_table_bit, SNAPCAP_REASON_SECTION_CRC },
	{ "pageable_two_pages", mangle_pageable_two_pages, SNAPCAP_REASON_CHUNK_TABLE },
	{ "pageable_codec", mangle_pageable_codec, SNAPCAP_REASON_CHUNK_CODEC },
	{ "pageable_bit", mangle_pageable_bit, SNAPCAP_REASON_CHUNK_SUM },
	{ "pageable_short", mangle_pageable_short, SNAPCAP_REASON_CHUNK_DECODE },
};

static void test_each_mangled_field_has_its_reason(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(manglers); i++) {
		struct json_object *o;
		int ret;

		snapshot_init(&s, 5);
		manglers[i].mangle();
		medium_put(medium, 0, s.bytes, s.size);
		ret = run(cmd_verify, "--json", medium, NULL);
		o = run_json();
		if (ret != SNAPCTL_INVALID ||
		    json_number(o, "results.0.reason") != (unsigned int)manglers[i].reason)
			fail_msg("%s: exit code %d, reason %s", manglers[i].name, ret,
				 json_string(o, "results.0.reason_name"));
		assert_false(json_object_get_boolean(json_at(o, "ok")));
		assert_false(json_object_get_boolean(json_at(o, "results.0.ok")));
		assert_non_null(strstr(run_err, "error: "));
		/* The text for a person names the reason too. */
		assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
		assert_non_null(strstr(run_err, snapimg_reason_name(manglers[i].reason)));
		assert_non_null(strstr(run_err, "what to do: "));
	}
}

static void test_any_flipped_bit_of_what_counts_is_found(void **state)
{
	snapshot_add_pageable(&s);
	medium_put(medium, 0, s.bytes, s.size);
	for (u64 at = 0; at < s.size; at += 61) {
		/* Between header, commit mark and sections there is nothing. */
		bool counts = at < sizeof(struct snapcap_image_header) ||
			      (at >= SNAPCAP_COMMIT_OFF &&
			       at < SNAPCAP_COMMIT_OFF + sizeof(struct snapcap_commit));

		for (u32 type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_PAGEABLE_DATA; type++)
			counts |= at >= s.img.section[type].offset &&
				  at < s.img.section[type].offset + s.img.section[type].size;
		medium_flip(medium, at);
		if (run(cmd_verify, medium, NULL) != (counts ? SNAPCTL_INVALID : SNAPCTL_OK))
			fail_msg("flipped bit at %llu: %s", (unsigned long long)at, run_out);
		medium_flip(medium, at);
	}
}

static void test_good_snapshot_verifies(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "snapshot 5 at offset 0x0: valid, 3 chunks, 0 bad"));
	assert_int_equal(run(cmd_verify, "-q", medium, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "");
	assert_string_equal(run_err, "");
	assert_int_equal(run(cmd_verify, "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "verify");
	assert_string_equal(json_string(o, "kind"), "snapshot");
	assert_string_equal(json_string(o, "target.name"), medium);
	assert_true(json_object_get_boolean(json_at(o, "ok")));
	assert_int_equal(json_number(o, "exit_code"), 0);
	assert_int_equal(json_number(o, "results.0.offset"), 0);
	assert_string_equal(json_string(o, "results.0.state"), "valid");
	assert_int_equal(json_number(o, "results.0.sequence"), 5);
	assert_int_equal(json_number(o, "results.0.chunks"), SNAPSHOT_CHUNKS);
	assert_int_equal(json_number(o, "results.0.restored_bytes"),
			 SNAPSHOT_PAGES * SNAPSHOT_PAGE);
	assert_in_range(json_number(o, "results.0.stored_bytes"), 16384, 20480);
	assert_null(json_at(o, "results.0.section"));
	assert_int_equal(json_object_array_length(json_at(o, "results.0.bad_chunks")), 0);
	assert_int_equal(json_number(o, "results.0.pageable.chunks"), 0);
}

static void test_good_pageable_part_verifies(void **state)
{
	struct json_object *o;

	snapshot_add_pageable(&s);
	medium_put(medium, 0, s.bytes, s.size);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "valid, 3 chunks, 0 bad"));
	assert_non_null(strstr(run_out, ", 3 pageable chunks, 0 bad, 4."));
	assert_non_null(strstr(run_out, "12.0 KiB when all are read"));
	assert_string_equal(run_err, "snapctl: verify\nsnapctl: verify pageable\n");
	assert_int_equal(run(cmd_verify, "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_true(json_object_get_boolean(json_at(o, "ok")));
	assert_int_equal(json_number(o, "results.0.chunks"), SNAPSHOT_CHUNKS);
	assert_int_equal(json_number(o, "results.0.pageable.chunks"), SNAPSHOT_PAGEABLE);
	assert_int_equal(json_number(o, "results.0.pageable.restored_bytes"),
			 SNAPSHOT_PAGEABLE * SNAPSHOT_PAGE);
	assert_int_equal(json_number(o, "results.0.pageable.stored_bytes"),
			 s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].size);
	assert_int_equal(json_object_array_length(json_at(o, "results.0.pageable.bad_chunks")), 0);
}

static void test_bad_pages_are_told_from_bad_chunks(void **state)
{
	struct json_object *o;
	u64 at;

	snapshot_add_pageable(&s);
	at = s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].offset;
	medium_put(medium, 0, s.bytes, s.size);
	medium_flip(medium, at + s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].size - 1);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_out, "\nsnapshot 5 at offset 0x0: damaged, 3 chunks, 0 bad"));
	assert_non_null(strstr(run_out, "3 pageable chunks, 1 bad"));
	assert_non_null(strstr(run_out, "pageable chunk 1 at offset 0x"));
	assert_non_null(strstr(run_err, "1 of 3 pageable chunks are bad, the first is 1 at"));
	assert_non_null(strstr(run_err, "chunk-sum"));
	assert_non_null(strstr(run_err, "restores this snapshot all the same; a program"));
	assert_int_equal(run(cmd_verify, "-j", medium, NULL), SNAPCTL_INVALID);
	o = run_json();
	assert_string_equal(json_string(o, "results.0.section"), "pageable_data");
	assert_int_equal(json_object_array_length(json_at(o, "results.0.bad_chunks")), 0);
	assert_int_equal(json_object_array_length(json_at(o, "results.0.pageable.bad_chunks")), 1);
	assert_int_equal(json_number(o, "results.0.pageable.bad_chunks.0.index"), 1);
	assert_in_range(json_number(o, "results.0.pageable.bad_chunks.0.offset"), at + 1, at + 4096);

	/* With a bad chunk of the loader's besides, that is what decides; both are told. */
	medium_flip(medium, s.img.section[SNAPCAP_SECTION_DATA].offset);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "1 of 3 chunks are bad, the first is 0 at"));
	assert_non_null(strstr(run_err, "1 of 3 pageable chunks are bad"));
	assert_null(strstr(run_err, "all the same"));
	run(cmd_verify, "-j", medium, NULL);
	assert_string_equal(json_string(run_json(), "results.0.section"), "data");

	/* A table that is damaged leaves the other part verified. */
	medium_put(medium, 0, s.bytes, s.size);
	medium_flip(medium, s.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].offset);
	assert_int_equal(run(cmd_verify, "-j", medium, NULL), SNAPCTL_INVALID);
	o = run_json();
	assert_string_equal(json_string(o, "results.0.section"), "pageable_chunks");
	assert_int_equal(json_number(o, "results.0.chunks"), SNAPSHOT_CHUNKS);
	assert_int_equal(json_number(o, "results.0.pageable.chunks"), 0);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "pageable_chunks: "));
	assert_non_null(strstr(run_err, "does not need this table"));
}

static void test_many_bad_pages_are_not_all_printed(void **state)
{
	const u32 pages = 40;
	struct snapcap_chunk *table;
	u8 *data;

	/* Pages that share what is stored would overlap: one byte each, none of them a block. */
	snapshot_add_pageable(&s);
	s.size = s.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].offset;
	s.img.pageable_pages = pages;
	s.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].size = pages * sizeof(*table);
	s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].offset = s.size + pages * sizeof(*table);
	s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].size = pages;
	s.size += pages * sizeof(*table) + pages;
	table = pageable();
	data = snapshot_table(&s, SNAPCAP_SECTION_PAGEABLE_DATA);
	for (u32 i = 0; i < pages; i++) {
		struct snapimg_chunk chunk = { .pages = 1, .codec = SNAPCAP_CODEC_LZ4,
					       .offset = i, .stored_size = 1 };

		data[i] = 0;
		chunk.sum = snapimg_sum(data + i, 1);
		snapimg_chunk_put(&table[i], &chunk);
	}
	snapshot_seal(&s);
	medium_put(medium, 0, s.bytes, s.size);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_out, "pageable chunk 15 at offset 0x"));
	assert_null(strstr(run_out, "pageable chunk 16 at offset 0x"));
	assert_non_null(strstr(run_out, "pageable chunk: 24 more are bad"));
	assert_non_null(strstr(run_err, "40 of 40 pageable chunks are bad, the first is 0 at"));
	run(cmd_verify, "-j", medium, NULL);
	assert_int_equal(json_object_array_length(json_at(run_json(),
							  "results.0.pageable.bad_chunks")), pages);
}

static void test_all_bad_chunks_are_named(void **state)
{
	struct json_object *o;
	u64 at = s.img.section[SNAPCAP_SECTION_DATA].offset;

	medium_flip(medium, at);
	medium_flip(medium, at + 16384 + 10);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_out, "chunk 0 at offset 0x"));
	assert_non_null(strstr(run_out, "chunk 1 at offset 0x"));
	assert_non_null(strstr(run_err, "2 of 3 chunks are bad"));
	assert_int_equal(run(cmd_verify, "-j", medium, NULL), SNAPCTL_INVALID);
	o = run_json();
	assert_string_equal(json_string(o, "results.0.section"), "data");
	assert_int_equal(json_object_array_length(json_at(o, "results.0.bad_chunks")), 2);
	assert_int_equal(json_number(o, "results.0.bad_chunks.1.index"), 1);
	assert_int_equal(json_number(o, "results.0.bad_chunks.1.offset"), at + 16384);
	assert_string_equal(json_string(o, "results.0.bad_chunks.1.reason_name"), "chunk-sum");
}

static void test_cut_off_file_is_truncated(void **state)
{
	for (u64 size = s.size - 1; size > sizeof(struct snapcap_image_header); size /= 2) {
		assert_int_equal(truncate(medium, (off_t)size), 0);
		assert_int_equal(run(cmd_verify, "-j", medium, NULL), SNAPCTL_INVALID);
		assert_string_equal(json_string(run_json(), "results.0.reason_name"), "truncated");
	}
	assert_int_equal(truncate(medium, 0), 0);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
}

static void test_newest_is_verified_unless_told(void **state)
{
	u64 at = SNAPSHOT_STEP + s.img.section[SNAPCAP_SECTION_DATA].offset;
	struct json_object *o;

	medium_add(medium, SNAPSHOT_STEP, 6);
	medium_flip(medium, at);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "snapshot 6"));
	assert_int_equal(run(cmd_verify, "--sequence", "5", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_verify, "--at", "0", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_verify, "--all", "--json", medium, NULL), SNAPCTL_INVALID);
	o = run_json();
	assert_true(json_object_get_boolean(json_at(o, "results.0.ok")));
	assert_false(json_object_get_boolean(json_at(o, "results.1.ok")));
	assert_int_equal(run(cmd_verify, "--all", "--at=0", medium, NULL), SNAPCTL_USAGE);
}

static void test_all_passes_over_dropped_and_cut_off_ones(void **state)
{
	struct json_object *o;

	snapshot_init(&s, 6);
	mangle_revoked();
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
	assert_int_equal(run(cmd_verify, "--all", "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_object_array_length(json_at(o, "results")), 1);
	medium_create(medium, SNAPSHOT_STEP);
	assert_int_equal(run(cmd_verify, "--all", medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "holds no snapshot"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good_snapshot_verifies, setup),
		cmocka_unit_test_setup(test_good_pageable_part_verifies, setup),
		cmocka_unit_test_setup(test_bad_pages_are_told_from_bad_chunks, setup),
		cmocka_unit_test_setup(test_many_bad_pages_are_not_all_printed, setup),
		cmocka_unit_test_setup(test_each_mangled_field_has_its_reason, setup),
		cmocka_unit_test_setup(test_any_flipped_bit_of_what_counts_is_found, setup),
		cmocka_unit_test_setup(test_all_bad_chunks_are_named, setup),
		cmocka_unit_test_setup(test_cut_off_file_is_truncated, setup),
		cmocka_unit_test_setup(test_newest_is_verified_unless_told, setup),
		cmocka_unit_test_setup(test_all_passes_over_dropped_and_cut_off_ones, setup),
	};

	return cmocka_run_group_tests_name("cmd_verify", tests, NULL, NULL);
}
