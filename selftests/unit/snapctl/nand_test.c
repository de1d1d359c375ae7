// SPDX-License-Identifier: GPL-2.0-only
/* Raw NAND, played by replacing libmtd and the ioctls; and how the commands treat it. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <libmtd.h>
#include <mtd/mtd-user.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../test.h"
#include "cmd.h"
#include "flash.h"
#include "run.h"
#include "snapshot.h"
#include "store.h"

#define PAGE		2048U
#define BLOCK		(16 * PAGE)
#define BLOCKS		48U
#define SIZE		(BLOCKS * BLOCK)
/* A snapshot of the tests is smaller than that: heads, body, copy of the tables. */
#define SPAN		(6 * BLOCK)

static u8 chip[SIZE];
static bool bad[BLOCKS];
/* By page: bits that are corrected when it is read; negative: too many. */
static int flips[SIZE / PAGE];
static int mtd_type;
static bool old_kernel, no_program;
static int lib;
static char why[FLASH_WHY_SIZE];

libmtd_t __wrap_libmtd_open(void);
void __wrap_libmtd_close(libmtd_t desc);
int __wrap_mtd_get_info(libmtd_t desc, struct mtd_info *info);
int __wrap_mtd_dev_present(libmtd_t desc, int number);
int __wrap_mtd_get_dev_info1(libmtd_t desc, int number, struct mtd_dev_info *mtd);
int __wrap_open64(const char *path, int flags, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
bool __wrap_device_take_runs(void);

libmtd_t __wrap_libmtd_open(void)
{
	return &lib;
}

void __wrap_libmtd_close(libmtd_t desc)
{
}

int __wrap_mtd_get_info(libmtd_t desc, struct mtd_info *info)
{
	*info = (struct mtd_info){ .mtd_dev_cnt = 1 };
	return 0;
}

int __wrap_mtd_dev_present(libmtd_t desc, int number)
{
	return !number;
}

int __wrap_mtd_get_dev_info1(libmtd_t desc, int number, struct mtd_dev_info *mtd)
{
	memset(mtd, 0, sizeof(*mtd));
	strcpy((char *)mtd->name, "snapshot");
	mtd->type = mtd_type;
	mtd->size = SIZE;
	mtd->eb_cnt = BLOCKS;
	mtd->eb_size = BLOCK;
	mtd->min_io_size = PAGE;
	mtd->subpage_size = PAGE;
	mtd->writable = true;
	mtd->bb_allowed = true;
	return 0;
}

int __wrap_open64(const char *path, int flags, ...)
{
	if (!strncmp(path, "/dev/mtd", 8))
		return memfd_create("mtd", MFD_CLOEXEC);
	return __real_open64(path, flags, 0600);
}

bool __wrap_device_take_runs(void)
{
	return false;
}

static int fail_with(int err)
{
	errno = err;
	return -1;
}

/* As the kernel: what cannot be corrected is returned, and said. */
static int read_chip(struct mtd_read_req *req)
{
	u64 page = req->start / PAGE;

	if (old_kernel)
		return fail_with(ENOTTY);
	memset(&req->ecc_stats, 0, sizeof(req->ecc_stats));
	if (!req->len)
		return 0;
	if (req->len != PAGE || req->start % PAGE || req->start >= SIZE)
		return fail_with(EINVAL);
	memcpy((void *)(uintptr_t)req->usr_data, chip + req->start, PAGE);
	if (flips[page] < 0) {
		req->ecc_stats.uncorrectable_errors = 1;
		return fail_with(EBADMSG);
	}
	req->ecc_stats.corrected_bitflips = (__u32)flips[page];
	return flips[page] ? fail_with(EUCLEAN) : 0;
}

static int program_chip(const struct mtd_write_req *req)
{
	if (req->len != PAGE || req->start % PAGE || req->start >= SIZE || no_program)
		return fail_with(EIO);
	memcpy(chip + req->start, (const void *)(uintptr_t)req->usr_data, PAGE);
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	switch (request) {
	case MEMREAD:
		return read_chip(arg);
	case MEMWRITE:
		return program_chip(arg);
	case MEMGETBADBLOCK:
		return bad[*(__u64 *)arg / BLOCK];
	default:
		return fail_with(ENOTTY);
	}
}

/* A snapshot as a take writes it there, from the good block at @offset on. */
static void put_snapshot(u64 offset, u64 sequence)
{
	static struct snapcap_image_header header;
	static struct snapshot s;
	const u64 body = (u64)SNAPCAP_NAND_HEADS * BLOCK, delta = body - SNAPCAP_BODY_OFF;
	struct medium_options m = { .target = "mtd0" };
	struct snapimg_section *copy;
	struct snapstore_flash f;
	void *ctx;
	struct snapcap_commit mark;
	static u8 bytes[SPAN];
	struct flash *flash;
	size_t done;
	u64 end = 0;

	snapshot_init(&s, sequence);
	memset(bytes, 0xff, sizeof(bytes));
	for (u32 type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_DATA; type++) {
		struct snapimg_section *section = &s.img.section[type];
		const u8 *from = s.bytes + section->offset;

		/* The data in pages of their own, so that a test can lose the tables alone. */
		section->offset += delta + (type == SNAPCAP_SECTION_DATA ? PAGE : 0);
		memcpy(bytes + section->offset, from, section->size);
		end = section->offset + section->size;
	}
	copy = &s.img.section[SNAPCAP_SECTION_COPY];
	copy->offset = (end + BLOCK - 1) / BLOCK * BLOCK;
	copy->size = s.img.section[SNAPCAP_SECTION_DATA].offset - body;
	s.img.feature_compat |= SNAPCAP_FEATURE_COMPAT_COPY;
	s.img.image_size = copy->offset + copy->size;
	s.img.tries = 3;
	assert_true(s.img.image_size <= SPAN);
	memcpy(bytes + copy->offset, bytes + body, copy->size);
	s.img.header_crc = snapimg_header_build(&s.img, &header);
	snapimg_commit_build(&s.img, &mark);

	assert_int_equal(flash_open(&m, true, &flash, why), 0);
	f = store_flash(flash);
	ctx = f.reader.ctx;
	assert_int_equal(f.program(ctx, offset + body, bytes + body, SPAN - body, &done), 0);
	assert_int_equal(f.program_head(ctx, offset, 0, &header, sizeof(header), &done), 0);
	assert_int_equal(f.program_head(ctx, offset, SNAPCAP_COMMIT_OFF, &mark, sizeof(mark),
					&done), 0);
	flash_close(flash);
}

static int setup(void **state)
{
	memset(chip, 0xff, sizeof(chip));
	memset(bad, 0, sizeof(bad));
	memset(flips, 0, sizeof(flips));
	mtd_type = MTD_NANDFLASH;
	old_kernel = false;
	no_program = false;
	/* Two at the start, one in the first snapshot, one behind it. */
	bad[0] = bad[1] = bad[4] = bad[10] = true;
	put_snapshot(0, 7);
	put_snapshot(8 * BLOCK, 8);
	return 0;
}

static void test_bad_blocks_are_passed_over_and_counted(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_list, "-j", "mtd0", NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_number(o, "target.bad_blocks"), 4);
	assert_int_equal(json_number(o, "target.size"), SIZE);
	assert_int_equal(json_number(o, "snapshots.0.offset"), 2 * BLOCK);
	assert_int_equal(json_number(o, "snapshots.1.offset"), 12 * BLOCK);
	assert_int_equal(json_number(o, "snapshots.1.image.sequence"), 8);
	assert_int_equal(json_number(o, "ecc.corrected_bits"), 0);
	assert_int_equal(run(cmd_verify, "--all", "mtd0", NULL), SNAPCTL_OK);
	assert_null(strstr(run_err, "places only"));
	assert_null(strstr(run_err, "corrected"));
}

static void test_places_are_those_of_the_device(void **state)
{
	struct medium_options m = { .target = "mtd0" };
	struct flash *flash;

	assert_int_equal(flash_open(&m, false, &flash, why), 0);
	assert_true(flash_facts(flash)->nand);
	assert_int_equal(flash_facts(flash)->size, (BLOCKS - 4) * BLOCK);
	assert_int_equal(flash_physical(flash, 0), 2 * BLOCK);
	assert_int_equal(flash_physical(flash, 2 * BLOCK + 100), 5 * BLOCK + 100);
	assert_int_equal(flash_physical(flash, flash_facts(flash)->size), SIZE);
	assert_int_equal(flash_logical(flash, 5 * BLOCK + 100), 2 * BLOCK + 100);
	assert_int_equal(flash_logical(flash, 4 * BLOCK + 100), flash_facts(flash)->size);
	assert_int_equal(flash_logical(flash, SIZE), flash_facts(flash)->size);
	flash_close(flash);
	assert_int_equal(run(cmd_info, "-j", "--at=0x60000", "mtd0", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "image.sequence"), 8);
}

static void test_corrected_errors_are_counted_and_told(void **state)
{
	struct json_object *o;

	flips[14 * BLOCK / PAGE + 3] = 2;
	assert_int_equal(run(cmd_verify, "-j", "mtd0", NULL), SNAPCTL_OK);
	o = run_json();
	assert_true(json_number(o, "ecc.corrected_bits") >= 2);
	assert_int_equal(json_number(o, "ecc.uncorrectable_pages"), 0);
	assert_non_null(strstr(run_err, "bit errors were corrected"));
	assert_non_null(strstr(run_err, "take again before there are more (scrub)"));
}

static void test_a_lost_page_is_named(void **state)
{
	char text[64];

	flips[14 * BLOCK / PAGE + 2] = -1;
	assert_int_equal(run(cmd_verify, "mtd0", NULL), SNAPCTL_IO);
	snprintf(text, sizeof(text), "the page at offset 0x%x", 14 * BLOCK + 2 * PAGE);
	assert_non_null(strstr(run_err, text));
	assert_int_equal(run(cmd_verify, "--sequence=7", "mtd0", NULL), SNAPCTL_OK);
}

static void test_copies_are_used(void **state)
{
	/* The first head, and the tables. */
	for (u32 page = 0; page < 16; page++)
		flips[12 * BLOCK / PAGE + page] = -1;
	flips[14 * BLOCK / PAGE] = -1;
	assert_int_equal(run(cmd_verify, "-j", "mtd0", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "results.0.sequence"), 8);
	assert_int_equal(json_number(run_json(), "results.0.lost_tables"), 4);
	assert_true(json_number(run_json(), "ecc.copies_used") > 0);
	assert_non_null(strstr(run_err, "4 of its tables are good at one of their two places only"));
}

static void test_a_drop_needs_no_erase(void **state)
{
	assert_int_equal(run(cmd_drop, "mtd0", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "dropped snapshot 8 at offset 0x60000"));
	assert_non_null(strstr(run_out, "the next power-on restores snapshot 7"));
	assert_int_equal(run(cmd_drop, "--all", "mtd0", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "the next power-on boots cold"));
	assert_int_equal(run(cmd_verify, "--all", "mtd0", NULL), SNAPCTL_INVALID);
}

static void test_a_drop_that_fails_is_told(void **state)
{
	no_program = true;
	assert_int_equal(run(cmd_drop, "mtd0", NULL), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "still valid"));
	no_program = false;
	assert_int_equal(run(cmd_verify, "mtd0", NULL), SNAPCTL_OK);
}

static void test_an_area_consists_of_blocks(void **state)
{
	char size[32];

	assert_int_equal(run(cmd_list, "--offset=4096", "mtd0", NULL), SNAPCTL_USAGE);
	assert_non_null(strstr(run_err, "must consist of its erase blocks of 0x8000 bytes"));
	assert_int_equal(run(cmd_list, "--erase-size=64K", "mtd0", NULL), SNAPCTL_USAGE);
	snprintf(size, sizeof(size), "--offset=%u", 12 * BLOCK);
	assert_int_equal(run(cmd_verify, size, "mtd0", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "snapshot 8 at offset 0x0: "));
}

static void test_kernel_without_error_counts_is_refused(void **state)
{
	old_kernel = true;
	assert_int_equal(run(cmd_list, "mtd0", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "does not tell of its bit errors"));
}

static void test_nothing_is_written_past_the_library(void **state)
{
	struct medium_options m = { .target = "mtd0" };
	static const u8 page[PAGE];
	struct flash *flash;

	assert_int_equal(flash_open(&m, true, &flash, why), 0);
	assert_int_equal(flash_program(flash, 0, page, 8), -EINVAL);
	assert_int_equal(flash_write(flash, 0, page, PAGE), -EINVAL);
	assert_int_equal(flash_erase(flash, 0), -EINVAL);
	flash_close(flash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_bad_blocks_are_passed_over_and_counted, setup),
		cmocka_unit_test_setup(test_places_are_those_of_the_device, setup),
		cmocka_unit_test_setup(test_corrected_errors_are_counted_and_told, setup),
		cmocka_unit_test_setup(test_a_lost_page_is_named, setup),
		cmocka_unit_test_setup(test_copies_are_used, setup),
		cmocka_unit_test_setup(test_a_drop_needs_no_erase, setup),
		cmocka_unit_test_setup(test_a_drop_that_fails_is_told, setup),
		cmocka_unit_test_setup(test_an_area_consists_of_blocks, setup),
		cmocka_unit_test_setup(test_kernel_without_error_counts_is_refused, setup),
		cmocka_unit_test_setup(test_nothing_is_written_past_the_library, setup),
	};

	return cmocka_run_group_tests_name("nand", tests, NULL, NULL);
}
