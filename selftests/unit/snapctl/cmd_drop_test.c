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
static u64 programmed[16];
static size_t program_count;

int __real_flash_program(struct flash *flash, u64 offset, const void *data, size_t size);
int __wrap_flash_program(struct flash *flash, u64 offset, const void *data, size_t size);

int __wrap_flash_program(struct flash *flash, u64 offset, const void *data, size_t size)
{
	if (program_count == ARRAY_SIZE(programmed))
		abort();
	programmed[program_count++] = offset;
	if (program_error)
		return program_error;
	return program_ignored ? 0 : __real_flash_program(flash, offset, data, size);
}

static int fake_mtd;
static __u64 pages_on_flash;

const struct flash_facts *__real_flash_facts(const struct flash *flash);
const struct flash_facts *__wrap_flash_facts(const struct flash *flash);
__u64 __wrap_device_flash_pages(void);
bool __wrap_device_take_runs(void);

const struct flash_facts *__wrap_flash_facts(const struct flash *flash)
{
	static struct flash_facts facts;

	facts = *__real_flash_facts(flash);
	facts.mtd = fake_mtd;
	return &facts;
}

__u64 __wrap_device_flash_pages(void)
{
	return pages_on_flash;
}

bool __wrap_device_take_runs(void)
{
	return false;
}

static int setup(void **state)
{
	fake_mtd = -1;
	pages_on_flash = 0;
	program_error = 0;
	program_ignored = false;
	program_count = 0;
	strcpy(medium, temp_path("medium"));
	unlink(medium);
	medium_create(medium, SIZE);
	medium_add(medium, 0, 7);
	medium_add(medium, 1 * SNAPSHOT_STEP, 9);
	medium_add(medium, 3 * SNAPSHOT_STEP, 8);
	return 0;
}

static u8 *read_medium(void)
{
	u8 *bytes = test_malloc(SIZE);
	int fd = open(medium, O_RDONLY);

	assert_int_equal(read(fd, bytes, SIZE), SIZE);
	close(fd);
	return bytes;
}

static u64 mark(u64 slot)
{
	return slot + SNAPCAP_COMMIT_OFF + offsetof(struct snapcap_commit, revoked);
}

static void test_newest_is_dropped_by_eight_zero_bytes(void **state)
{
	u8 *before = read_medium(), *after;

	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_string_equal(run_out, "dropped snapshot 9 at offset 0x40000\n"
			    "the next power-on restores snapshot 8\n");
	assert_int_equal(program_count, 1);
	after = read_medium();
	memset(before + mark(SNAPSHOT_STEP), 0, 8);
	assert_memory_equal(before, after, SIZE);
	test_free(before);
	test_free(after);
}

static void test_pages_that_are_still_read_are_told(void **state)
{
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_null(strstr(run_err, "snapctl fill"));
	/* A dump is not what the running system reads. */
	pages_on_flash = 5;
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_null(strstr(run_err, "snapctl fill"));
	fake_mtd = 0;
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_err, "still reads pages from flash: run snapctl fill"));
	/* Nothing was dropped. */
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_null(strstr(run_err, "snapctl fill"));
}

static void test_all_goes_from_old_to_new(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_drop, "--all", "--json", medium, NULL), SNAPCTL_OK);
	/* A power cut in between must never bring an older one back. Then once more, for all. */
	assert_int_equal(program_count, 6);
	assert_int_equal(programmed[0], mark(0));
	assert_int_equal(programmed[1], mark(3 * SNAPSHOT_STEP));
	assert_int_equal(programmed[2], mark(SNAPSHOT_STEP));
	o = run_json();
	assert_string_equal(json_string(o, "command"), "drop");
	assert_string_equal(json_string(o, "target.name"), medium);
	assert_int_equal(json_number(o, "exit_code"), 0);
	assert_int_equal(json_object_array_length(json_at(o, "dropped")), 3);
	assert_int_equal(json_number(o, "dropped.2.sequence"), 9);
	assert_int_equal(json_number(o, "dropped.2.offset"), SNAPSHOT_STEP);
	assert_null(json_at(o, "next"));
}

static void test_all_finds_what_a_dropped_one_hid(void **state)
{
	static struct snapshot big;
	u8 *bytes;

	/* Number 20 spans the block in which number 9 was. */
	snapshot_init(&big, 20);
	big.size = SNAPSHOT_STEP + 65536;
	big.img.section[SNAPCAP_SECTION_DATA].size = big.size -
						     big.img.section[SNAPCAP_SECTION_DATA].offset;
	big.img.image_size = big.size;
	big.img.header_crc = snapimg_header_build(&big.img, (void *)big.bytes);
	snapimg_commit_build(&big.img, (void *)(big.bytes + SNAPCAP_COMMIT_OFF));
	medium_put(medium, 0, big.bytes, SNAPCAP_BODY_OFF);

	assert_int_equal(run(cmd_drop, "--all", medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "dropped snapshot 20 "));
	assert_non_null(strstr(run_out, "dropped snapshot 8 "));
	assert_non_null(strstr(run_out, "dropped snapshot 9 "));
	assert_non_null(strstr(run_out, "boots cold"));
	bytes = read_medium();
	assert_int_equal(bytes[mark(SNAPSHOT_STEP)], 0);
	test_free(bytes);
}

static void test_sequence_selects(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_drop, "-j", "--sequence", "7", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "dropped.0.sequence"), 7);
	assert_int_equal(json_number(o, "next.sequence"), 9);
	assert_int_equal(json_number(o, "next.offset"), SNAPSHOT_STEP);
}

static void test_dropping_again_is_no_failure(void **state)
{
	assert_int_equal(run(cmd_drop, "-s", "7", medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_drop, "-s", "7", medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "nothing to drop"));
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_int_equal(run(cmd_drop, medium, NULL), SNAPCTL_OK);
	assert_int_equal(program_count, 3);
}

/* One that was cut off may read as valid the next time: all means all. */
static void test_all_settles_what_is_none(void **state)
{
	static const u8 erased[sizeof(struct snapcap_commit)] = { [0 ... 47] = 0xff };
	u8 *bytes;

	medium_put(medium, SNAPCAP_COMMIT_OFF, erased, sizeof(erased));
	assert_int_equal(run(cmd_drop, "-a", medium, NULL), SNAPCTL_OK);
	assert_int_equal(program_count, 5);
	assert_int_equal(programmed[0], mark(3 * SNAPSHOT_STEP));
	assert_int_equal(programmed[2], mark(0));
	assert_null(strstr(run_out, "snapshot 7 "));
	assert_int_equal(run(cmd_drop, "-a", medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "nothing to drop"));
	bytes = read_medium();
	assert_int_equal(bytes[mark(0)], 0);
	test_free(bytes);

	program_error = -EIO;
	program_count = 0;
	assert_int_equal(run(cmd_drop, "-a", medium, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "what is left of a snapshot"));
}

static void test_unknown_sequence_fails(void **state)
{
	assert_int_equal(run(cmd_drop, "-s", "70", medium, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "holds no snapshot 70"));
	assert_int_equal(program_count, 0);
}

static void test_failed_write_is_told_truthfully(void **state)
{
	struct json_object *o;

	program_error = -EIO;
	assert_int_equal(run(cmd_drop, "-j", medium, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "could not be dropped, it is still valid"));
	o = run_json();
	assert_int_equal(json_number(o, "exit_code"), SNAPCTL_IO);
	assert_int_equal(json_object_array_length(json_at(o, "dropped")), 0);
	assert_int_equal(json_number(o, "next.sequence"), 9);
}

static void test_ignored_write_is_noticed(void **state)
{
	program_ignored = true;
	assert_int_equal(run(cmd_drop, "--all", medium, NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "the flash ignored the write"));
	assert_int_equal(program_count, 1);
}

/* An update hook runs on every system, also where no snapshot can be. */
static void test_if_any_needs_no_target(void **state)
{
	struct json_object *o;

	tree_reset();
	assert_int_equal(run(cmd_drop, "--all", "/nonexistent/flash", NULL), SNAPCTL_FAILURE);
	assert_int_equal(run(cmd_drop, "--all", "--if-any", "/nonexistent/flash", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "nothing to drop"));
	assert_string_equal(run_err, "");
	assert_int_equal(run(cmd_drop, "--if-any", "-j", "/nonexistent/flash", NULL), SNAPCTL_OK);
	o = run_json();
	assert_null(json_at(o, "target"));
	assert_int_equal(json_object_array_length(json_at(o, "dropped")), 0);
	assert_int_equal(json_number(o, "exit_code"), 0);
}

static void test_if_any_fails_where_one_may_be(void **state)
{
	tree_reset();
	tree_put("/proc/device-tree/reserved-memory/other@1/compatible", "shared-dma-pool");
	assert_int_equal(run(cmd_drop, "--if-any", "/nonexistent/flash", NULL), SNAPCTL_OK);
	tree_put("/proc/device-tree/reserved-memory/stub@40200000/compatible", "snapcap,bootstub");
	assert_int_equal(run(cmd_drop, "--if-any", "/nonexistent/flash", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "cannot be dropped"));
}

static void test_if_any_drops_and_fails_like_the_rest(void **state)
{
	program_error = -EIO;
	assert_int_equal(run(cmd_drop, "--all", "--if-any", medium, NULL), SNAPCTL_IO);
	program_error = 0;
	program_count = 0;
	assert_int_equal(run(cmd_drop, "--all", "--if-any", medium, NULL), SNAPCTL_OK);
	assert_int_equal(program_count, 6);
	assert_non_null(strstr(run_out, "boots cold"));
	assert_int_equal(run(cmd_drop, "--if-any", "--offset", "1G", medium, NULL), SNAPCTL_USAGE);
}

static void test_bad_arguments_are_usage(void **state)
{
	assert_int_equal(run(cmd_drop, "-a", "-s", "7", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_drop, "-s", "-7", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(program_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_newest_is_dropped_by_eight_zero_bytes, setup),
		cmocka_unit_test_setup(test_pages_that_are_still_read_are_told, setup),
		cmocka_unit_test_setup(test_all_goes_from_old_to_new, setup),
		cmocka_unit_test_setup(test_all_finds_what_a_dropped_one_hid, setup),
		cmocka_unit_test_setup(test_sequence_selects, setup),
		cmocka_unit_test_setup(test_dropping_again_is_no_failure, setup),
		cmocka_unit_test_setup(test_all_settles_what_is_none, setup),
		cmocka_unit_test_setup(test_unknown_sequence_fails, setup),
		cmocka_unit_test_setup(test_failed_write_is_told_truthfully, setup),
		cmocka_unit_test_setup(test_ignored_write_is_noticed, setup),
		cmocka_unit_test_setup(test_if_any_needs_no_target, setup),
		cmocka_unit_test_setup(test_if_any_fails_where_one_may_be, setup),
		cmocka_unit_test_setup(test_if_any_drops_and_fails_like_the_rest, setup),
		cmocka_unit_test_setup(test_bad_arguments_are_usage, setup),
	};

	return cmocka_run_group_tests_name("cmd_drop", tests, NULL, NULL);
}
