// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "conf.h"
#include "flash.h"
#include "run.h"
#include "snapshot.h"
#include "tree.h"
#include "wear.h"

static char medium[256];
static bool no_medium;

int __real_flash_open(const struct medium_options *m, bool writable, struct flash **flash,
		      char *why);
int __wrap_flash_open(const struct medium_options *m, bool writable, struct flash **flash,
		      char *why);

/* The partition is a file here. */
int __wrap_flash_open(const struct medium_options *m, bool writable, struct flash **flash,
		      char *why)
{
	const struct medium_options file = { .target = medium };

	assert_string_equal(m->target, "mtd:snapshot");
	assert_false(writable);
	return no_medium ? -ENOENT : __real_flash_open(&file, false, flash, why);
}

static void put(u64 offset, u64 sequence, u32 wear, bool committed)
{
	static struct snapshot s;

	snapshot_init(&s, sequence);
	s.img.wear = wear;
	s.no_commit = !committed;
	snapshot_seal(&s);
	medium_put(medium, offset, s.bytes, s.size);
}

static int setup(void **state)
{
	tree_reset();
	no_medium = false;
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, 4 * SNAPSHOT_STEP);
	return 0;
}

static void test_nothing_is_known_without_a_snapshot(void **state)
{
	struct wear wear;

	wear_read(&wear);
	assert_false(wear.known);
	assert_null(wear_json(&wear));
	no_medium = true;
	wear_read(&wear);
	assert_false(wear.known);
}

/* Of what was cut off or dropped, too: its blocks were erased as well. */
static void test_highest_of_all_headers(void **state)
{
	struct json_object *o;
	struct wear wear;

	put(0, 57, 29, true);
	put(SNAPSHOT_STEP, 58, 28, false);
	put(2 * SNAPSHOT_STEP, 3, 1, true);
	wear_read(&wear);
	assert_true(wear.known);
	assert_int_equal(wear.takes, 58);
	assert_int_equal(wear.highest, 29);
	assert_int_equal(wear.endurance, 0);
	o = wear_json(&wear);
	assert_int_equal(json_number(o, "takes"), 58);
	assert_int_equal(json_number(o, "highest"), 29);
	assert_null(json_at(o, "endurance"));
	assert_null(json_at(o, "takes_left"));
	json_object_put(o);
}

static void test_what_is_left_of_the_endurance(void **state)
{
	struct json_object *o;
	struct wear wear;

	tree_put(CONF_PATH, "[flash]\nendurance = 100\n");
	put(0, 57, 29, true);
	wear_read(&wear);
	assert_int_equal(wear_left(&wear), 71);
	o = wear_json(&wear);
	assert_int_equal(json_number(o, "endurance"), 100);
	assert_int_equal(json_number(o, "takes_left"), 71);
	json_object_put(o);
	put(SNAPSHOT_STEP, 58, 100, true);
	wear_read(&wear);
	assert_int_equal(wear_left(&wear), 0);
	put(SNAPSHOT_STEP, 59, ~0U, true);
	wear_read(&wear);
	assert_int_equal(wear_left(&wear), 0);
	/* A configuration with a mistake tells of none. */
	tree_put(CONF_PATH, "[flash]\nendurance = much\n");
	wear_read(&wear);
	assert_true(wear.known);
	assert_int_equal(wear.endurance, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_is_known_without_a_snapshot, setup),
		cmocka_unit_test_setup(test_highest_of_all_headers, setup),
		cmocka_unit_test_setup(test_what_is_left_of_the_endurance, setup),
	};

	return cmocka_run_group_tests_name("wear", tests, NULL, NULL);
}
