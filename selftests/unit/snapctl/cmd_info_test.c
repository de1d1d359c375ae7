// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "run.h"
#include "snapshot.h"

static char medium[256];
static struct snapshot s;

static int setup(void **state)
{
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, 4 * SNAPSHOT_STEP);
	snapshot_init(&s, 5);
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
	medium_add(medium, 2 * SNAPSHOT_STEP, 4);
	return 0;
}

static void test_json_has_every_field_of_the_header(void **state)
{
	struct json_object *o, *img;

	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "info");
	assert_string_equal(json_string(o, "kind"), "snapshot");
	assert_string_equal(json_string(o, "state"), "valid");
	assert_string_equal(json_string(o, "reason_name"), "none");
	assert_int_equal(json_number(o, "reason"), 0);
	assert_int_equal(json_number(o, "offset"), SNAPSHOT_STEP);
	img = json_at(o, "image");
	assert_int_equal(json_number(img, "version_major"), SNAPCAP_VERSION_MAJOR);
	assert_int_equal(json_number(img, "version_minor"), SNAPCAP_VERSION_MINOR);
	assert_int_equal(json_number(img, "feature_compat"), 0);
	assert_int_equal(json_number(img, "feature_incompat"), 0);
	assert_int_equal(json_number(img, "sequence"), 5);
	assert_int_equal(json_number(img, "image_size"), s.size);
	assert_int_equal(json_number(img, "page_shift"), 12);
	assert_string_equal(json_string(img, "arch"), "arm64");
	assert_int_equal(json_number(img, "stub_abi"), SNAPCAP_HANDOFF_ABI);
	assert_int_equal(json_number(img, "stream_pages"), SNAPSHOT_PAGES);
	assert_int_equal(json_number(img, "zero_pages"), SNAPSHOT_ZERO_PAGES);
	assert_int_equal(json_number(img, "created_s"), SNAPSHOT_CREATED);
	assert_string_equal(json_string(img, "created"), "2023-11-14T22:13:20Z");
	assert_int_equal(json_number(img, "stub_base"), s.img.stub_base);
	assert_int_equal(json_number(img, "stub_size"), s.img.stub_size);
	assert_int_equal(json_number(img, "handoff_base"), s.img.handoff_base);
	assert_string_equal(json_string(img, "kernel_release"), "6.1.0-test");
	assert_string_equal(json_string(img, "machine"), "linux,dummy-virt");
	assert_string_equal(json_string(img, "build_id"),
			    "dead010203040506070809000000000000000000");
	assert_string_equal(json_string(img, "uuid"), "a5a5a5a5-a5a5-a5a5-a5a5-a5a5a5a5a5a5");
	assert_string_equal(json_string(img, "label"), "a label");
	assert_int_equal(json_number(img, "chunk_pages_max"), SNAPSHOT_CHUNK_PAGES);
	assert_int_equal(json_number(img, "pageable_pages"), 0);
	assert_null(json_at(img, "os_identity"));
	assert_int_equal(json_number(img, "header_crc"), s.img.header_crc);
	assert_int_equal(json_number(img, "sections.cpu.offset"), SNAPCAP_BODY_OFF);
	assert_int_equal(json_number(img, "sections.chunks.crc"),
			 s.img.section[SNAPCAP_SECTION_CHUNKS].crc);
	assert_int_equal(json_number(img, "sections.data.size"),
			 s.img.section[SNAPCAP_SECTION_DATA].size);
	json_at(img, "sections.memmap.offset");
	json_at(img, "sections.pagetable.offset");
	assert_int_equal(json_object_object_length(json_at(img, "sections")), 5);
}

static void test_json_adds_the_tables_up(void **state)
{
	struct json_object *t;

	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
	t = json_at(run_json(), "tables");
	assert_int_equal(json_number(t, "memmap.0.base"), 0x40000000);
	assert_int_equal(json_number(t, "memmap.0.size"), 0x20000000);
	assert_int_equal(json_number(t, "memory_bytes"), 0x20000000);
	assert_int_equal(json_number(t, "data_extents"), 2);
	assert_int_equal(json_number(t, "zero_extents"), 1);
	assert_int_equal(json_number(t, "chunks.raw.chunks"), 1);
	assert_int_equal(json_number(t, "chunks.raw.stored_bytes"),
			 SNAPSHOT_CHUNK_PAGES * SNAPSHOT_PAGE);
	assert_int_equal(json_number(t, "chunks.lz4.pages"), SNAPSHOT_CHUNK_PAGES);
	assert_in_range(json_number(t, "chunks.lz4.stored_bytes"), 1, 4096);
	assert_int_equal(json_number(t, "chunks.fill.stored_bytes"), 0);
	assert_int_equal(json_number(t, "stream_bytes"), SNAPSHOT_PAGES * SNAPSHOT_PAGE);
	assert_true(json_object_get_double(json_at(t, "ratio_percent")) > 30.0);
}

static void test_text_names_what_it_is_bound_to(void **state)
{
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Sequence        5\n"));
	assert_non_null(strstr(run_out, "linux,dummy-virt"));
	assert_non_null(strstr(run_out, "6.1.0-test"));
	assert_non_null(strstr(run_out, "dead01020304"));
	assert_non_null(strstr(run_out, "0x40200000+0x1ff000"));
	assert_non_null(strstr(run_out, "1 lz4: 4 pages"));
	assert_non_null(strstr(run_out, "Ratio"));
}

static void test_os_image_that_it_is_bound_to_is_shown(void **state)
{
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "  OS image      any with this kernel\n"));
	s.img.os_identity = 0x00c0ffee12345678;
	snapshot_seal(&s);
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "  OS image      00c0ffee12345678\n"));
	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "image.os_identity"), "00c0ffee12345678");
}

static void put_pageable(void)
{
	snapshot_add_pageable(&s);
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
}

static void test_json_tells_resident_from_pageable(void **state)
{
	struct json_object *o;
	u64 stored;

	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "image.resident.pages"), SNAPSHOT_PAGES);
	assert_int_equal(json_number(o, "image.pageable.pages"), 0);
	assert_int_equal(json_number(o, "image.pageable.bytes"), 0);
	assert_int_equal(json_number(o, "image.pageable.stored_bytes"), 0);
	assert_int_equal(json_number(o, "tables.pageable_chunks.raw.chunks"), 0);

	put_pageable();
	stored = s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].size;
	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "image.feature_incompat"), 1);
	assert_int_equal(json_number(o, "image.pageable_pages"), SNAPSHOT_PAGEABLE);
	assert_int_equal(json_number(o, "image.resident.pages"), SNAPSHOT_PAGES);
	assert_int_equal(json_number(o, "image.resident.bytes"), SNAPSHOT_PAGES * SNAPSHOT_PAGE);
	assert_int_equal(json_number(o, "image.resident.stored_bytes"),
			 s.img.section[SNAPCAP_SECTION_DATA].size);
	assert_int_equal(json_number(o, "image.pageable.pages"), SNAPSHOT_PAGEABLE);
	assert_int_equal(json_number(o, "image.pageable.bytes"),
			 SNAPSHOT_PAGEABLE * SNAPSHOT_PAGE);
	assert_int_equal(json_number(o, "image.pageable.stored_bytes"), stored);
	assert_int_equal(json_object_object_length(json_at(o, "image.sections")), 7);
	assert_int_equal(json_number(o, "image.sections.pageable_chunks.crc"),
			 s.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].crc);
	assert_int_equal(json_number(o, "image.sections.pageable_data.offset"),
			 s.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].offset);
	/* The chunks of the loader are counted for themselves. */
	assert_int_equal(json_number(o, "tables.chunks.lz4.chunks"), 1);
	assert_int_equal(json_number(o, "tables.chunks.lz4.pages"), SNAPSHOT_CHUNK_PAGES);
	assert_int_equal(json_number(o, "tables.pageable_chunks.lz4.pages"), 1);
	assert_int_equal(json_number(o, "tables.pageable_chunks.raw.stored_bytes"), SNAPSHOT_PAGE);
	assert_int_equal(json_number(o, "tables.pageable_chunks.lz4.stored_bytes"),
			 stored - SNAPSHOT_PAGE);
	assert_int_equal(json_number(o, "tables.pageable_chunks.fill.chunks"), 1);
	assert_int_equal(json_number(o, "tables.stream_bytes"), SNAPSHOT_PAGES * SNAPSHOT_PAGE);
	/* All of the image against all that it holds. */
	assert_int_equal(json_object_get_double(json_at(o, "tables.ratio_percent")) / 100 *
			 (SNAPSHOT_PAGES + SNAPSHOT_PAGEABLE) * SNAPSHOT_PAGE + 0.5, s.size);
}

static void test_text_tells_resident_from_pageable(void **state)
{
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Resident        12 pages, 48.0 KiB, in "));
	assert_null(strstr(run_out, "ageable"));
	put_pageable();
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Resident        12 pages, 48.0 KiB, in "));
	assert_non_null(strstr(run_out, "Pageable        3 pages, 12.0 KiB, in 4."));
	assert_non_null(strstr(run_out, "pageable_data   at 0x"));
	assert_non_null(strstr(run_out, "Pageable chunks 1 raw: 1 pages in 4.0 KiB\n"));
}

static void test_damaged_pageable_table_is_named(void **state)
{
	put_pageable();
	medium_flip(medium, SNAPSHOT_STEP + s.img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].offset);
	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_INVALID);
	assert_string_equal(json_string(run_json(), "reason_name"), "section-crc");
	assert_int_equal(json_number(run_json(), "image.pageable_pages"), SNAPSHOT_PAGEABLE);
	assert_non_null(strstr(run_err, "pageable_chunks"));
}

static void test_sequence_and_offset_select(void **state)
{
	assert_int_equal(run(cmd_info, "-j", "-s", "4", medium, NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "image.sequence"), 4);
	assert_int_equal(run(cmd_info, "-j", "--at", "512K", medium, NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "image.sequence"), 4);
	assert_int_equal(run(cmd_info, "-s", "6", medium, NULL), SNAPCTL_INVALID);
	assert_int_equal(run(cmd_info, "-s", "4", "--at=0", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_info, "-s", "four", medium, NULL), SNAPCTL_USAGE);
}

static void test_valid_one_is_preferred_among_equal_numbers(void **state)
{
	struct json_object *o;

	s.no_commit = true;
	snapshot_seal(&s);
	medium_put(medium, 0, s.bytes, s.size);
	assert_int_equal(run(cmd_info, "-j", "-s", "5", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "offset"), SNAPSHOT_STEP);
}

static void test_cut_off_snapshot_is_shown_and_called_invalid(void **state)
{
	s.no_commit = true;
	s.img.sequence = 9;
	snapshot_seal(&s);
	medium_put(medium, 0, s.bytes, s.size);
	assert_int_equal(run(cmd_info, "-j", "-s", "9", medium, NULL), SNAPCTL_INVALID);
	assert_string_equal(json_string(run_json(), "state"), "uncommitted");
	assert_int_equal(run(cmd_info, "-s", "9", medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_out, "6.1.0-test"));
	assert_non_null(strstr(run_err, "not-committed"));
}

static void test_damaged_table_leaves_the_header_readable(void **state)
{
	struct json_object *o;

	medium_flip(medium, SNAPSHOT_STEP + s.img.section[SNAPCAP_SECTION_PAGETABLE].offset);
	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_INVALID);
	o = run_json();
	assert_string_equal(json_string(o, "reason_name"), "section-crc");
	assert_int_equal(json_number(o, "image.sequence"), 5);
	assert_null(json_at(o, "tables"));
	assert_non_null(strstr(run_err, "pagetable"));
}

static void test_empty_medium_is_invalid(void **state)
{
	medium_create(medium, SNAPSHOT_STEP);
	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_INVALID);
	assert_string_equal(json_string(run_json(), "reason_name"), "empty");
	assert_null(json_at(run_json(), "image"));
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_INVALID);
}

static void test_text_tells_a_single_use(void **state)
{
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "once"));
	s.img.feature_incompat = SNAPCAP_FEATURE_INCOMPAT_ONCE;
	snapshot_seal(&s);
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Use             once: "));
}

static void test_forced_snapshot_says_so(void **state)
{
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_null(strstr(run_out, "--force"));
	s.img.feature_compat = SNAPCAP_FEATURE_COMPAT_FORCED;
	snapshot_seal(&s);
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
	assert_int_equal(run(cmd_info, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "in spite of what a restore may harm (--force)"));
	assert_int_equal(run(cmd_info, "--json", medium, NULL), SNAPCTL_OK);
	assert_true(json_object_get_boolean(json_at(run_json(), "image.forced")));
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "a label  (forced)\n"));
	assert_int_equal(run(cmd_list, "--json", medium, NULL), SNAPCTL_OK);
	assert_true(json_object_get_boolean(json_at(run_json(), "snapshots.0.image.forced")));
	assert_false(json_object_get_boolean(json_at(run_json(), "snapshots.1.image.forced")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_forced_snapshot_says_so, setup),
		cmocka_unit_test_setup(test_json_has_every_field_of_the_header, setup),
		cmocka_unit_test_setup(test_json_adds_the_tables_up, setup),
		cmocka_unit_test_setup(test_text_names_what_it_is_bound_to, setup),
		cmocka_unit_test_setup(test_os_image_that_it_is_bound_to_is_shown, setup),
		cmocka_unit_test_setup(test_json_tells_resident_from_pageable, setup),
		cmocka_unit_test_setup(test_text_tells_resident_from_pageable, setup),
		cmocka_unit_test_setup(test_text_tells_a_single_use, setup),
		cmocka_unit_test_setup(test_damaged_pageable_table_is_named, setup),
		cmocka_unit_test_setup(test_sequence_and_offset_select, setup),
		cmocka_unit_test_setup(test_valid_one_is_preferred_among_equal_numbers, setup),
		cmocka_unit_test_setup(test_cut_off_snapshot_is_shown_and_called_invalid, setup),
		cmocka_unit_test_setup(test_damaged_table_leaves_the_header_readable, setup),
		cmocka_unit_test_setup(test_empty_medium_is_invalid, setup),
	};

	return cmocka_run_group_tests_name("cmd_info", tests, NULL, NULL);
}
