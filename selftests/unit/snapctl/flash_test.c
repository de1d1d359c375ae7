// SPDX-License-Identifier: GPL-2.0-only
/* MTD devices, played by replacing libmtd; and how the commands treat them. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <libmtd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "flash.h"
#include "module.h"
#include "osfile.h"
#include "run.h"
#include "snapshot.h"

#define DEVICES		4
#define EB_SIZE		SNAPSHOT_STEP
#define SIZE		(4 * EB_SIZE)

/* mtd0 bootstub, mtd2 os, mtd3 snapshot: numbers have gaps. */
static struct {
	const char *name;
	bool writable;
} devices[DEVICES] = {
	{ "bootstub", false }, { NULL, false }, { "os", true }, { "snapshot", true },
};

static u8 nor[SIZE];
static int min_io_size;
static unsigned int writes, erases;
static bool no_mtd, bad_blocks;
static int opened = -1;
static int lib;
static char why[FLASH_WHY_SIZE];

libmtd_t __wrap_libmtd_open(void);
void __wrap_libmtd_close(libmtd_t desc);
int __wrap_mtd_get_info(libmtd_t desc, struct mtd_info *info);
int __wrap_mtd_dev_present(libmtd_t desc, int number);
int __wrap_mtd_get_dev_info1(libmtd_t desc, int number, struct mtd_dev_info *mtd);
int __wrap_mtd_read(const struct mtd_dev_info *mtd, int fd, int eb, int offs, void *buf, int len);
int __wrap_mtd_write(libmtd_t desc, const struct mtd_dev_info *mtd, int fd, int eb, int offs,
		     void *data, int len, void *oob, int ooblen, uint8_t mode);
int __wrap_mtd_erase(libmtd_t desc, const struct mtd_dev_info *mtd, int fd, int eb);
int __wrap_uname(struct utsname *uts);
int __wrap_open64(const char *path, int flags, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_stat64(const char *path, struct stat *st);
int __real_stat64(const char *path, struct stat *st);

libmtd_t __wrap_libmtd_open(void)
{
	errno = 0;
	return no_mtd ? NULL : &lib;
}

void __wrap_libmtd_close(libmtd_t desc)
{
	if (desc != &lib)
		abort();
}

int __wrap_mtd_get_info(libmtd_t desc, struct mtd_info *info)
{
	*info = (struct mtd_info){ .mtd_dev_cnt = 3, .lowest_mtd_num = 0,
				   .highest_mtd_num = DEVICES - 1 };
	return 0;
}

int __wrap_mtd_dev_present(libmtd_t desc, int number)
{
	return number >= 0 && number < DEVICES && devices[number].name;
}

int __wrap_mtd_get_dev_info1(libmtd_t desc, int number, struct mtd_dev_info *mtd)
{
	if (!__wrap_mtd_dev_present(desc, number)) {
		errno = ENODEV;
		return -1;
	}
	memset(mtd, 0, sizeof(*mtd));
	mtd->mtd_num = number;
	strcpy((char *)mtd->name, devices[number].name);
	mtd->size = SIZE;
	mtd->eb_cnt = SIZE / EB_SIZE;
	mtd->eb_size = EB_SIZE;
	mtd->min_io_size = min_io_size;
	mtd->subpage_size = min_io_size;
	mtd->writable = devices[number].writable;
	mtd->bb_allowed = bad_blocks;
	return 0;
}

/* The limits of the real ones: within one erase block, whole units. */
int __wrap_mtd_read(const struct mtd_dev_info *mtd, int fd, int eb, int offs, void *buf, int len)
{
	if (eb < 0 || eb >= mtd->eb_cnt || offs < 0 || len < 0 || offs + len > mtd->eb_size) {
		errno = EINVAL;
		return -1;
	}
	memcpy(buf, nor + (size_t)eb * EB_SIZE + offs, (size_t)len);
	return 0;
}

int __wrap_mtd_write(libmtd_t desc, const struct mtd_dev_info *mtd, int fd, int eb, int offs,
		     void *data, int len, void *oob, int ooblen, uint8_t mode)
{
	const u8 *bytes = data;

	writes++;
	if (eb < 0 || eb >= mtd->eb_cnt || offs < 0 || offs + len > mtd->eb_size ||
	    offs % mtd->subpage_size || len % mtd->subpage_size || !mtd->writable) {
		errno = EINVAL;
		return -1;
	}
	/* NOR: bits can only be cleared. */
	for (int i = 0; i < len; i++)
		nor[(size_t)eb * EB_SIZE + (size_t)offs + (size_t)i] &= bytes[i];
	return 0;
}

int __wrap_mtd_erase(libmtd_t desc, const struct mtd_dev_info *mtd, int fd, int eb)
{
	if (eb < 0 || eb >= mtd->eb_cnt || !mtd->writable) {
		errno = EINVAL;
		return -1;
	}
	erases++;
	memset(nor + (size_t)eb * EB_SIZE, 0xff, EB_SIZE);
	return 0;
}

int __wrap_open64(const char *path, int flags, ...)
{
	int number;

	if (sscanf(path, "/dev/mtd%d", &number) == 1) {
		opened = number;
		return memfd_create("mtd", MFD_CLOEXEC);
	}
	return __real_open64(path, flags, 0600);
}

/* /dev/mtd3 and /dev/mtd3ro, under any name. */
int __wrap_stat64(const char *path, struct stat *st)
{
	if (strncmp(path, "/dev/flash/", 11))
		return __real_stat64(path, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0600;
	st->st_rdev = makedev(90, !strcmp(path, "/dev/flash/ro") ? 7 : 6);
	return 0;
}

static void put_snapshot(u64 at, u64 sequence)
{
	static struct snapshot s;

	snapshot_init(&s, sequence);
	memcpy(nor + at, s.bytes, s.size);
}

static int setup(void **state)
{
	module_reset();
	module.open_error = ENOENT;
	memset(nor, 0xff, sizeof(nor));
	min_io_size = 1;
	writes = 0;
	erases = 0;
	bad_blocks = false;
	no_mtd = false;
	opened = -1;
	devices[0].name = "bootstub";
	put_snapshot(0, 3);
	/* Crosses from block 1 to block 2. */
	put_snapshot(2 * EB_SIZE - 4096, 4);
	return 0;
}

static void test_names_and_numbers_find_the_device(void **state)
{
	static const char *const names[] = { "snapshot", "mtd:snapshot", "3", "mtd3", "/dev/mtd3" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(flash_mtd_number(names[i], why), 3);
	assert_int_equal(flash_mtd_number("0", why), 0);
}

static void test_missing_device_is_named(void **state)
{
	assert_int_equal(flash_mtd_number("nosuch", why), -ENOENT);
	assert_non_null(strstr(why, "nosuch"));
	assert_int_equal(flash_mtd_number("mtd1", why), -ENOENT);
	assert_non_null(strstr(why, "mtd1"));
	/* A label that looks like a number is still a label here. */
	assert_int_equal(flash_mtd_number("mtd:3", why), -ENOENT);
	no_mtd = true;
	assert_int_equal(flash_mtd_number("snapshot", why), -ENOENT);
	assert_non_null(strstr(why, "no MTD devices"));
}

static void test_ambiguous_label_is_refused(void **state)
{
	devices[0].name = "snapshot";
	assert_int_equal(flash_mtd_number("snapshot", why), -EEXIST);
	assert_string_equal(why, "both mtd0 and mtd3 are named snapshot");
}

static void test_facts_are_those_of_the_device(void **state)
{
	struct medium_options m = { .target = "snapshot" };
	struct flash *flash;

	min_io_size = 4;
	assert_int_equal(flash_open(&m, true, &flash, why), 0);
	assert_int_equal(opened, 3);
	assert_string_equal(flash_facts(flash)->name, "mtd3 (snapshot)");
	assert_int_equal(flash_facts(flash)->mtd, 3);
	assert_int_equal(flash_facts(flash)->size, SIZE);
	assert_int_equal(flash_facts(flash)->step, EB_SIZE);
	assert_int_equal(flash_facts(flash)->write_size, 4);
	flash_close(flash);
	flash_close(NULL);
}

static void test_reads_cross_erase_blocks(void **state)
{
	struct medium_options m = { .target = "mtd3", .offset = 4096 };
	static u8 buf[SIZE];
	struct flash *flash;

	for (size_t i = 0; i < SIZE; i++)
		nor[i] = (u8)(i >> 3 ^ i >> 11);
	assert_int_equal(flash_open(&m, false, &flash, why), 0);
	assert_int_equal(flash_read(flash, 100, buf, SIZE - 4196), 0);
	assert_memory_equal(buf, nor + 4196, SIZE - 4196);
	assert_int_equal(flash_read(flash, SIZE - 4096, buf, 1), -EINVAL);
	assert_int_equal(flash_read(flash, ~0ULL, buf, 2), -EINVAL);
	assert_int_equal(flash_read(flash, 0, buf, 0), 0);
	flash_close(flash);
}

static void test_program_stays_in_its_block_and_units(void **state)
{
	struct medium_options m = { .target = "mtd3" };
	static const u8 zero[8];
	struct flash *flash;

	min_io_size = 4;
	assert_int_equal(flash_open(&m, true, &flash, why), 0);
	assert_int_equal(flash_program(flash, EB_SIZE - 4, zero, 8), -EINVAL);
	assert_int_equal(flash_program(flash, 2, zero, 8), -EINVAL);
	assert_int_equal(flash_program(flash, SIZE - 4, zero, 8), -EINVAL);
	assert_int_equal(writes, 0);
	assert_int_equal(flash_program(flash, EB_SIZE - 8, zero, 8), 0);
	assert_int_equal(writes, 1);
	flash_close(flash);
}

static void test_writes_cross_erase_blocks(void **state)
{
	struct medium_options m = { .target = "mtd2" };
	static u8 data[EB_SIZE];
	struct flash *flash;

	min_io_size = 4;
	memset(data, 0x5a, sizeof(data));
	assert_int_equal(flash_open(&m, true, &flash, why), 0);
	assert_int_equal(flash_erase(flash, 0), 0);
	assert_int_equal(flash_erase(flash, EB_SIZE), 0);
	assert_int_equal(erases, 2);
	assert_int_equal(nor[0], 0xff);
	assert_int_equal(flash_write(flash, EB_SIZE - 4096, data, 8192), 0);
	assert_int_equal(writes, 2);
	assert_int_equal(nor[EB_SIZE - 4097], 0xff);
	assert_memory_equal(nor + EB_SIZE - 4096, data, 8192);
	assert_int_equal(nor[EB_SIZE + 4096], 0xff);
	assert_int_equal(flash_write(flash, 2, data, 4), -EINVAL);
	assert_int_equal(flash_write(flash, 0, data, 2), -EINVAL);
	assert_int_equal(flash_write(flash, SIZE - 4, data, 8), -EINVAL);
	assert_int_equal(flash_erase(flash, 4096), -EINVAL);
	assert_int_equal(flash_erase(flash, SIZE), -EINVAL);
	assert_int_equal(erases, 2);
	assert_int_equal(writes, 2);
	flash_close(flash);
}

static void make_os_image(const char *path)
{
	static struct osfile file;

	osfile_init(&file, 4, 10000);
	unlink(path);
	medium_create(path, 0);
	medium_put(path, 0, file.bytes, file.size);
}

static void test_install_writes_to_the_os_partition(void **state)
{
	const char *image = temp_path("os.img");
	struct json_object *o;

	make_os_image(image);
	memset(nor, 0x11, sizeof(nor));
	assert_int_equal(run(cmd_install, "-j", image, NULL), SNAPCTL_OK);
	assert_int_equal(opened, 2);
	o = run_json();
	assert_string_equal(json_string(o, "target.name"), "mtd2 (os)");
	assert_int_equal(json_number(o, "offset"), 0);
	assert_int_equal(erases, 1);
	assert_int_equal(nor[EB_SIZE], 0x11);
	assert_int_equal(run(cmd_verify, "os", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "OS image version 4"));
}

static void test_install_refuses_flash_it_cannot_write(void **state)
{
	const char *image = temp_path("os.img");

	make_os_image(image);
	assert_int_equal(run(cmd_install, "--mtd=bootstub", image, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "read-only"));
	assert_int_equal(run(cmd_install, "--mtd=snapshot", image, NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "partition of the snapshots"));
	bad_blocks = true;
	assert_int_equal(run(cmd_install, image, NULL), SNAPCTL_UNSUPPORTED);
	bad_blocks = false;
	min_io_size = 8192;
	assert_int_equal(run(cmd_install, image, NULL), SNAPCTL_UNSUPPORTED);
	assert_int_equal(writes + erases, 0);
	min_io_size = 2048;
	memset(nor, 0xff, sizeof(nor));
	assert_int_equal(run(cmd_install, image, NULL), SNAPCTL_OK);
}

int __wrap_uname(struct utsname *uts)
{
	memset(uts, 0, sizeof(*uts));
	strcpy(uts->machine, "aarch64");
	return 0;
}

static void test_read_only_device_is_not_opened_for_writing(void **state)
{
	struct medium_options m = { .target = "bootstub" };
	struct flash *flash;

	assert_int_equal(flash_open(&m, true, &flash, why), -EROFS);
	assert_int_equal(opened, -1);
	assert_int_equal(flash_open(&m, false, &flash, why), 0);
	flash_close(flash);
}

static void test_device_node_is_known_by_its_number(void **state)
{
	struct medium_options rw = { .target = "/dev/flash/rw" };
	struct medium_options ro = { .target = "/dev/flash/ro" };
	struct flash *flash;

	assert_int_equal(flash_open(&rw, true, &flash, why), 0);
	assert_int_equal(opened, 3);
	flash_close(flash);
	assert_int_equal(flash_open(&ro, false, &flash, why), 0);
	assert_int_equal(flash_facts(flash)->mtd, 3);
	flash_close(flash);
	opened = -1;
	assert_int_equal(flash_open(&ro, true, &flash, why), -EROFS);
	assert_int_equal(opened, -1);
}

static void test_commands_default_to_the_snapshot_partition(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_list, "-j", "--erase-size", "4K", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "target.name"), "mtd3 (snapshot)");
	assert_int_equal(json_number(o, "target.mtd"), 3);
	assert_int_equal(json_object_array_length(json_at(o, "snapshots")), 2);
	assert_int_equal(run(cmd_verify, "--erase-size", "4K", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "snapshot 4"));
	assert_int_equal(run(cmd_info, "mtd3", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "Sequence        3\n"));
}

static void test_drop_is_one_write(void **state)
{
	static u8 want[SIZE];

	memcpy(want, nor, SIZE);
	memset(want + SNAPCAP_COMMIT_OFF + offsetof(struct snapcap_commit, revoked), 0, 8);
	assert_int_equal(run(cmd_drop, NULL), SNAPCTL_OK);
	assert_int_equal(writes, 1);
	assert_memory_equal(nor, want, SIZE);
}

static void test_drop_refuses_large_write_units(void **state)
{
	static const int sizes[] = { 16, 64, 2048 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		min_io_size = sizes[i];
		assert_int_equal(run(cmd_drop, NULL), SNAPCTL_UNSUPPORTED);
		assert_non_null(strstr(run_err, "is written in units of"));
		assert_non_null(strstr(run_err, "flash_erase"));
	}
	assert_int_equal(writes, 0);
	min_io_size = 8;
	assert_int_equal(run(cmd_drop, NULL), SNAPCTL_OK);
}

static void test_drop_waits_for_a_running_take(void **state)
{
	module_reset();
	module.status.state = SNAPCAP_STATE_PREPARED;
	module.status.stage = SNAPCAP_STAGE_WRITE;
	assert_int_equal(run(cmd_drop, NULL), SNAPCTL_BUSY);
	assert_int_equal(writes, 0);
	module.status.state = SNAPCAP_STATE_TAKEN;
	module.status.stage = SNAPCAP_STAGE_DONE;
	assert_int_equal(run(cmd_drop, NULL), SNAPCTL_OK);
}

static void test_drop_of_a_read_only_device_fails(void **state)
{
	assert_int_equal(run(cmd_drop, "bootstub", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "read-only"));
	assert_int_equal(writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names_and_numbers_find_the_device, setup),
		cmocka_unit_test_setup(test_missing_device_is_named, setup),
		cmocka_unit_test_setup(test_ambiguous_label_is_refused, setup),
		cmocka_unit_test_setup(test_facts_are_those_of_the_device, setup),
		cmocka_unit_test_setup(test_reads_cross_erase_blocks, setup),
		cmocka_unit_test_setup(test_program_stays_in_its_block_and_units, setup),
		cmocka_unit_test_setup(test_writes_cross_erase_blocks, setup),
		cmocka_unit_test_setup(test_install_writes_to_the_os_partition, setup),
		cmocka_unit_test_setup(test_install_refuses_flash_it_cannot_write, setup),
		cmocka_unit_test_setup(test_read_only_device_is_not_opened_for_writing, setup),
		cmocka_unit_test_setup(test_device_node_is_known_by_its_number, setup),
		cmocka_unit_test_setup(test_commands_default_to_the_snapshot_partition, setup),
		cmocka_unit_test_setup(test_drop_is_one_write, setup),
		cmocka_unit_test_setup(test_drop_refuses_large_write_units, setup),
		cmocka_unit_test_setup(test_drop_waits_for_a_running_take, setup),
		cmocka_unit_test_setup(test_drop_of_a_read_only_device_fails, setup),
	};

	return cmocka_run_group_tests_name("flash", tests, NULL, NULL);
}
