// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "run.h"
#include "snapshot.h"

#define BLOCKS	8

static char medium[256];

static int setup(void **state)
{
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, BLOCKS * SNAPSHOT_STEP);
	return 0;
}

/* Newest, valid, cut off, dropped and damaged, at the block of that number. */
static void fill_medium(void)
{
	static const u8 zero[8];
	static struct snapshot s;

	medium_add(medium, 1 * SNAPSHOT_STEP, 7);
	medium_add(medium, 2 * SNAPSHOT_STEP, 8);
	snapshot_init(&s, 9);
	s.no_commit = true;
	snapshot_seal(&s);
	medium_put(medium, 3 * SNAPSHOT_STEP, s.bytes, s.size);
	medium_add(medium, 4 * SNAPSHOT_STEP, 10);
	medium_put(medium, 4 * SNAPSHOT_STEP + SNAPCAP_COMMIT_OFF +
		   offsetof(struct snapcap_commit, revoked), zero, sizeof(zero));
	medium_add(medium, 5 * SNAPSHOT_STEP, 11);
	medium_flip(medium, 5 * SNAPSHOT_STEP + 100);
	medium_add(medium, 6 * SNAPSHOT_STEP, 12);
	medium_flip(medium, 6 * SNAPSHOT_STEP + SNAPCAP_COMMIT_OFF + 8);
}

static void test_empty_medium_has_an_empty_list(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_list, medium, "--json", NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_object_array_length(json_at(o, "snapshots")), 0);
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "");
	assert_non_null(strstr(run_err, "holds no snapshot"));
	assert_int_equal(run(cmd_list, medium, "-q", NULL), SNAPCTL_OK);
	assert_string_equal(run_err, "");
}

static void test_every_state_is_told(void **state)
{
	static const struct {
		const char *state, *reason;
		unsigned int sequence;
		bool newest;
	} want[] = {
		{ "valid", "none", 7, false },
		{ "valid", "none", 8, true },
		{ "uncommitted", "not-committed", 9, false },
		{ "revoked", "revoked", 10, false },
		{ "damaged", "header-crc", 0, false },
		{ "damaged", "commit", 12, false },
	};
	struct json_object *o;
	char path[64];

	fill_medium();
	assert_int_equal(run(cmd_list, "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_object_array_length(json_at(o, "snapshots")), ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct json_object *entry;

		snprintf(path, sizeof(path), "snapshots.%zu", i);
		entry = json_at(o, path);
		assert_int_equal(json_number(entry, "offset"), (i + 1) * SNAPSHOT_STEP);
		assert_string_equal(json_string(entry, "state"), want[i].state);
		assert_string_equal(json_string(entry, "reason_name"), want[i].reason);
		assert_int_equal(json_object_get_boolean(json_at(entry, "newest")), want[i].newest);
		if (want[i].sequence)
			assert_int_equal(json_number(entry, "image.sequence"), want[i].sequence);
		else
			assert_null(json_at(entry, "image"));
	}
}

static void test_json_names_the_medium(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_list, "-j", "--offset", "256K", "--size=512K", medium, NULL), 0);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "list");
	assert_string_equal(json_string(o, "version"), SNAPCTL_VERSION);
	assert_string_equal(json_string(o, "target.name"), medium);
	assert_null(json_at(o, "target.mtd"));
	assert_int_equal(json_number(o, "target.offset"), 256 * 1024);
	assert_int_equal(json_number(o, "target.size"), 512 * 1024);
	assert_int_equal(json_number(o, "target.erase_size"), 256 * 1024);
}

static void test_text_has_a_line_for_each(void **state)
{
	fill_medium();
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "OFFSET"));
	assert_non_null(strstr(run_out, "0x00080000  newest"));
	assert_non_null(strstr(run_out, "0x00040000  valid"));
	assert_non_null(strstr(run_out, "0x000c0000  uncommitted"));
	assert_non_null(strstr(run_out, "0x00100000  revoked"));
	assert_non_null(strstr(run_out, "(header-crc)"));
	assert_non_null(strstr(run_out, "(commit)"));
	assert_non_null(strstr(run_out, "6.1.0-test"));
	assert_non_null(strstr(run_out, "a label"));
	/* Not a terminal: no colours. */
	assert_null(strchr(run_out, '\033'));
	assert_string_equal(run_err, "");
}

static void test_pageable_pages_have_a_column(void **state)
{
	static struct snapshot s;
	struct json_object *o;

	medium_add(medium, 0, 7);
	snapshot_init(&s, 8);
	snapshot_add_pageable(&s);
	medium_put(medium, SNAPSHOT_STEP, s.bytes, s.size);
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "  RESIDENT  PAGEABLE  CREATED"));
	assert_non_null(strstr(run_out, "        12         0  2023-11-14"));
	assert_non_null(strstr(run_out, "        12         3  2023-11-14"));
	assert_int_equal(run(cmd_list, "-j", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "snapshots.0.image.pageable.pages"), 0);
	assert_int_equal(json_number(o, "snapshots.1.image.resident.pages"), SNAPSHOT_PAGES);
	assert_int_equal(json_number(o, "snapshots.1.image.pageable.pages"), SNAPSHOT_PAGEABLE);
}

static void test_window_moves_the_offsets(void **state)
{
	struct json_object *o;

	fill_medium();
	assert_int_equal(run(cmd_list, "-j", "--offset=0x80000", "--size=256K", medium, NULL), 0);
	o = run_json();
	assert_int_equal(json_object_array_length(json_at(o, "snapshots")), 1);
	assert_int_equal(json_number(o, "snapshots.0.offset"), 0);
	assert_int_equal(json_number(o, "snapshots.0.image.sequence"), 8);
}

static void test_step_finds_what_lies_between(void **state)
{
	struct json_object *o;

	medium_add(medium, 64 * 1024, 3);
	run(cmd_list, "-j", medium, NULL);
	assert_int_equal(json_object_array_length(json_at(run_json(), "snapshots")), 0);
	run(cmd_list, "-j", "--erase-size", "64K", medium, NULL);
	o = run_json();
	assert_int_equal(json_object_array_length(json_at(o, "snapshots")), 1);
	assert_int_equal(json_number(o, "snapshots.0.offset"), 64 * 1024);
}

static void test_hostile_label_stays_harmless(void **state)
{
	static struct snapshot s;

	snapshot_init(&s, 1);
	memcpy(s.img.label, "\033[2J\xff\"\\", 8);
	snapshot_seal(&s);
	medium_put(medium, 0, s.bytes, s.size);
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_null(strchr(run_out, '\033'));
	assert_int_equal(run(cmd_list, "-j", medium, NULL), SNAPCTL_OK);
	assert_string_equal(json_string(run_json(), "snapshots.0.image.label"), "?[2J?\"\\");
}

static void test_bad_arguments_are_usage(void **state)
{
	assert_int_equal(run(cmd_list, "--offset", "1x", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_list, "--size", "0", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_list, "--erase-size", "1000", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_list, "--bogus", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_list, medium, medium, NULL), SNAPCTL_USAGE);
	/* An area that is not inside the medium. */
	assert_int_equal(run(cmd_list, "--offset", "3M", medium, NULL), SNAPCTL_USAGE);
	assert_non_null(strstr(run_err, "is not inside it"));
	assert_int_equal(run(cmd_list, "--offset", "1M", "--size", "0xffffffffffffffff", medium,
			     NULL), SNAPCTL_USAGE);
}

static void test_missing_medium_is_named(void **state)
{
	assert_int_equal(run(cmd_list, "/nowhere/at-all", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "/nowhere/at-all"));
	assert_int_equal(run(cmd_list, "/tmp", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty_medium_has_an_empty_list, setup),
		cmocka_unit_test_setup(test_every_state_is_told, setup),
		cmocka_unit_test_setup(test_json_names_the_medium, setup),
		cmocka_unit_test_setup(test_text_has_a_line_for_each, setup),
		cmocka_unit_test_setup(test_pageable_pages_have_a_column, setup),
		cmocka_unit_test_setup(test_window_moves_the_offsets, setup),
		cmocka_unit_test_setup(test_step_finds_what_lies_between, setup),
		cmocka_unit_test_setup(test_hostile_label_stays_harmless, setup),
		cmocka_unit_test_setup(test_bad_arguments_are_usage, setup),
		cmocka_unit_test_setup(test_missing_medium_is_named, setup),
	};

	return cmocka_run_group_tests_name("cmd_list", tests, NULL, NULL);
}
