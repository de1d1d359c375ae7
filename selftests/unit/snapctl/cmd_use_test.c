// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "flash.h"
#include "run.h"
#include "snapshot.h"
#include "tree.h"

#define SIZE	(6 * SNAPSHOT_STEP)

static char medium[256];
/* What the next writes do: fail, be ignored, or go through. */
static int program_error;
static bool program_ignored;
static u32 program_count;
static u32 write_size;
static bool take_runs;
static int fake_mtd;

int __real_flash_program(struct flash *flash, u64 offset, const void *data, size_t size);
int __wrap_flash_program(struct flash *flash, u64 offset, const void *data, size_t size);

int __wrap_flash_program(struct flash *flash, u64 offset, const void *data, size_t size)
{
	program_count++;
	if (program_error)
		return program_error;
	return program_ignored ? 0 : __real_flash_program(flash, offset, data, size);
}

const struct flash_facts *__real_flash_facts(const struct flash *flash);
const struct flash_facts *__wrap_flash_facts(const struct flash *flash);
bool __wrap_device_take_runs(void);

const struct flash_facts *__wrap_flash_facts(const struct flash *flash)
{
	static struct flash_facts facts;

	facts = *__real_flash_facts(flash);
	facts.mtd = fake_mtd;
	facts.write_size = write_size;
	return &facts;
}

bool __wrap_device_take_runs(void)
{
	return take_runs;
}

static struct snapshot image;

static void put(u64 offset, u64 sequence, const char *label)
{
	snapshot_init(&image, sequence);
	memset(image.img.label, 0, sizeof(image.img.label));
	strcpy(image.img.label, label);
	snapshot_seal(&image);
	medium_put(medium, offset, image.bytes, image.size);
}

static int setup(void **state)
{
	program_error = 0;
	program_ignored = false;
	program_count = 0;
	write_size = 1;
	take_runs = false;
	fake_mtd = -1;
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, SIZE);
	put(0, 1, "rescue");
	put(SNAPSHOT_STEP, 2, "demo");
	put(3 * SNAPSHOT_STEP, 3, "daily");
	return 0;
}

/* Which are restored, one after the other; 0 ends it. */
static void assert_order(u64 a, u64 b, u64 c)
{
	const u64 order[] = { a, b, c };
	struct json_object *o;

	assert_int_equal(run(cmd_list, "-j", medium, NULL), SNAPCTL_OK);
	o = run_json();
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		size_t found = 0;

		for (size_t k = 0; k < json_object_array_length(json_at(o, "snapshots")); k++) {
			char path[64];

			snprintf(path, sizeof(path), "snapshots.%zu", k);
			if (json_number(json_at(o, path), "order") != i + 1)
				continue;
			found++;
			assert_int_equal(json_number(json_at(o, path), "image.sequence"), order[i]);
			assert_int_equal(json_object_get_boolean(json_at(json_at(o, path), "next")),
					 !i);
		}
		assert_int_equal(found, order[i] ? 1 : 0);
	}
}

static void test_sequence_selects(void **state)
{
	assert_order(3, 2, 1);
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "the next power-on restores snapshot 1 (rescue), until another "
			    "one is taken or chosen; before it was snapshot 3 (daily)\n");
	assert_order(1, 3, 2);
	assert_int_equal(run(cmd_use, "-s", "2", medium, NULL), SNAPCTL_OK);
	assert_order(2, 1, 3);
	assert_int_equal(run(cmd_use, "3", medium, NULL), SNAPCTL_OK);
	assert_order(3, 2, 1);
	assert_int_equal(run(cmd_use, "-q", "1", medium, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "");
}

static void test_label_selects_the_newest_valid_one(void **state)
{
	put(4 * SNAPSHOT_STEP, 4, "demo");
	put(5 * SNAPSHOT_STEP, 5, "demo");
	assert_int_equal(run(cmd_drop, "-s", "5", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_use, "--label", "rescue", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_use, medium, "--label=demo", "-j", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "next.sequence"), 4);
	assert_order(4, 1, 3);
}

static void test_json_tells_before_and_next(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_use, "1", "--json", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "use");
	assert_string_equal(json_string(o, "target.name"), medium);
	assert_true(json_object_get_boolean(json_at(o, "changed")));
	assert_int_equal(json_number(o, "before.sequence"), 3);
	assert_int_equal(json_number(o, "next.sequence"), 1);
	assert_int_equal(json_number(o, "next.offset"), 0);
	assert_string_equal(json_string(o, "next.label"), "rescue");
}

/* What is first already costs no write, chosen or not. */
static void test_using_it_again_writes_nothing(void **state)
{
	assert_int_equal(run(cmd_use, "3", medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, ", as before"));
	assert_int_equal(program_count, 0);
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_OK);
	program_count = 0;
	assert_int_equal(run(cmd_use, "-j", "1", medium, NULL), SNAPCTL_OK);
	assert_false(json_object_get_boolean(json_at(run_json(), "changed")));
	assert_int_equal(program_count, 0);
}

static void test_list_marks_it(void **state)
{
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "  ORDER  "));
	assert_non_null(strstr(run_out, "0x00000000  newest        next         1"));
	assert_non_null(strstr(run_out, "rescue  (chosen)"));
	assert_non_null(strstr(run_out, "0x00040000  valid            3         2"));
	assert_non_null(strstr(run_out, "0x000c0000  valid            2         3"));
	assert_null(strstr(run_out, "demo  (chosen)"));
}

static void test_dropping_it_brings_the_next(void **state)
{
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "dropped snapshot 1 "));
	assert_non_null(strstr(run_out, "restores snapshot 3"));
	assert_order(3, 2, 0);
	assert_int_equal(run(cmd_drop, "--label", "demo", medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "dropped snapshot 2 "));
	assert_order(3, 0, 0);
}

static void test_what_is_not_valid_is_refused(void **state)
{
	medium_flip(medium, 3 * SNAPSHOT_STEP + SNAPCAP_COMMIT_OFF);
	assert_int_equal(run(cmd_use, "3", medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "snapshot 3 at offset 0xc0000 is damaged"));
	assert_int_equal(run(cmd_drop, "-s", "2", medium, NULL), SNAPCTL_OK);
	program_count = 0;
	assert_int_equal(run(cmd_use, "2", medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "is revoked"));
	assert_int_equal(run(cmd_use, "7", medium, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "holds no snapshot 7"));
	assert_int_equal(run(cmd_use, "--label", "dem", medium, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "holds no snapshot with the label dem"));
	assert_int_equal(program_count, 0);
}

static void test_what_was_given_up_is_refused(void **state)
{
	static const u8 zero[8];
	struct json_object *o;

	snapshot_init(&image, 9);
	image.img.tries = 1;
	snapshot_seal(&image);
	medium_put(medium, 4 * SNAPSHOT_STEP, image.bytes, image.size);
	medium_put(medium, 4 * SNAPSHOT_STEP + SNAPCAP_TRIAL_OFF, zero, 8);
	assert_int_equal(run(cmd_use, "9", medium, NULL), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "snapshot 9 was given up"));
	assert_int_equal(program_count, 0);
	/* The loader passes over it: the next is another one. */
	run(cmd_list, "-j", medium, NULL);
	o = run_json();
	assert_int_equal(json_number(o, "snapshots.3.order"), 1);
	assert_false(json_object_get_boolean(json_at(o, "snapshots.3.next")));
	assert_true(json_object_get_boolean(json_at(o, "snapshots.2.next")));
}

/* It is entered by nobody else before it was used, or revoked. */
static void test_nothing_goes_before_one_for_a_single_use(void **state)
{
	snapshot_init(&image, 9);
	image.img.feature_incompat |= SNAPCAP_FEATURE_INCOMPAT_ONCE;
	snapshot_seal(&image);
	medium_put(medium, 4 * SNAPSHOT_STEP, image.bytes, image.size);
	assert_int_equal(run(cmd_use, "9", medium, NULL), SNAPCTL_UNSUPPORTED);
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_UNSUPPORTED);
	assert_non_null(strstr(run_err, "snapctl drop --sequence 9"));
	assert_int_equal(program_count, 0);
	assert_int_equal(run(cmd_drop, "-s", "9", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_OK);
}

static void test_failures_are_told(void **state)
{
	program_error = -EIO;
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "snapshot 1 could not be chosen"));
	program_error = 0;
	program_ignored = true;
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "the flash ignored the write"));
	program_ignored = false;
	assert_order(3, 2, 1);
}

static void test_numbers_and_room_have_an_end(void **state)
{
	u8 zero[SNAPCAP_CHOICE_WORDS * 8 - 8] = { 0 };

	medium_put(medium, SNAPCAP_CHOICE_OFF, zero, sizeof(zero));
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_NO_SPACE);
	assert_non_null(strstr(run_err, "its log is full"));
	put(4 * SNAPSHOT_STEP, 0xfffffffe, "late");
	assert_int_equal(run(cmd_use, "2", medium, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "there are no numbers above"));
	assert_int_equal(program_count, 0);
}

static void test_flash_that_cannot_be_written_so(void **state)
{
	write_size = 2048;
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_UNSUPPORTED);
	assert_non_null(strstr(run_err, "units of 2048 bytes"));
	write_size = 8;
	fake_mtd = 0;
	take_runs = true;
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_BUSY);
	assert_int_equal(program_count, 0);
	take_runs = false;
	assert_int_equal(run(cmd_use, "1", medium, NULL), SNAPCTL_OK);
}

static void test_bad_arguments_are_usage(void **state)
{
	assert_int_equal(run(cmd_use, NULL, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_use, "rescue", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_use, "-s", "1", "-l", "demo", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_use, "1", medium, "more", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_drop, "-s", "1", "-l", "demo", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_drop, "-l", "nothing", medium, NULL), SNAPCTL_FAILURE);
	assert_int_equal(program_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sequence_selects, setup),
		cmocka_unit_test_setup(test_label_selects_the_newest_valid_one, setup),
		cmocka_unit_test_setup(test_json_tells_before_and_next, setup),
		cmocka_unit_test_setup(test_using_it_again_writes_nothing, setup),
		cmocka_unit_test_setup(test_list_marks_it, setup),
		cmocka_unit_test_setup(test_dropping_it_brings_the_next, setup),
		cmocka_unit_test_setup(test_what_is_not_valid_is_refused, setup),
		cmocka_unit_test_setup(test_what_was_given_up_is_refused, setup),
		cmocka_unit_test_setup(test_nothing_goes_before_one_for_a_single_use, setup),
		cmocka_unit_test_setup(test_failures_are_told, setup),
		cmocka_unit_test_setup(test_numbers_and_room_have_an_end, setup),
		cmocka_unit_test_setup(test_flash_that_cannot_be_written_so, setup),
		cmocka_unit_test_setup(test_bad_arguments_are_usage, setup),
	};

	return cmocka_run_group_tests_name("cmd_use", tests, NULL, NULL);
}
