// SPDX-License-Identifier: GPL-2.0-only
/* Writing OS images: to a file, and to an MTD device that is played. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "flash.h"
#include "module.h"
#include "osfile.h"
#include "osimage.h"
#include "run.h"
#include "snapshot.h"

#define STEP	SNAPSHOT_STEP
#define BLOCKS	8
#define SIZE	(BLOCKS * STEP)
#define KERNEL	(STEP + 5000)	/* two blocks */

static char medium[256], source[256], downloaded[256];
static struct osfile file;
static const char *machine = "aarch64";

/* Operations on flash; from the one with number @cut on there is no power. */
static unsigned int operations, cut, erases;
static bool no_power_left_half;
static int fake_mtd;

int __real_flash_write(struct flash *flash, u64 offset, const void *data, size_t size);
int __wrap_flash_write(struct flash *flash, u64 offset, const void *data, size_t size);
int __real_flash_erase(struct flash *flash, u64 offset);
int __wrap_flash_erase(struct flash *flash, u64 offset);
int __real_flash_program(struct flash *flash, u64 offset, const void *data, size_t size);
int __wrap_flash_program(struct flash *flash, u64 offset, const void *data, size_t size);
int __wrap_flash_mtd_number(const char *name, char *why);
const struct flash_facts *__real_flash_facts(const struct flash *flash);
const struct flash_facts *__wrap_flash_facts(const struct flash *flash);
int __wrap_uname(struct utsname *uts);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);

/* 0: done, 1: only half of it, 2: nothing any more */
static int power(void)
{
	unsigned int now = operations++;

	if (now < cut)
		return 0;
	return now == cut && no_power_left_half ? 1 : 2;
}

int __wrap_flash_write(struct flash *flash, u64 offset, const void *data, size_t size)
{
	switch (power()) {
	case 0:
		return __real_flash_write(flash, offset, data, size);
	case 1:
		__real_flash_write(flash, offset, data, size / 2);
		return -EIO;
	default:
		return -EIO;
	}
}

int __wrap_flash_program(struct flash *flash, u64 offset, const void *data, size_t size)
{
	return power() ? -EIO : __real_flash_program(flash, offset, data, size);
}

/* An erase that is cut off leaves bits of both kinds. */
int __wrap_flash_erase(struct flash *flash, u64 offset)
{
	static const u8 noise[1000] = { 0x5a, 0xff, 0, 0x11 };

	switch (power()) {
	case 0:
		erases++;
		return __real_flash_erase(flash, offset);
	case 1:
		__real_flash_write(flash, offset + 100, noise, sizeof(noise));
		return -EIO;
	default:
		return -EIO;
	}
}

/* The target file passes for mtd2, named os; mtd3 is the snapshot partition. */
const struct flash_facts *__wrap_flash_facts(const struct flash *flash)
{
	static struct flash_facts facts;
	const struct flash_facts *real = __real_flash_facts(flash);

	if (fake_mtd < 0 || strcmp(real->name, medium))
		return real;
	facts = *real;
	facts.mtd = fake_mtd;
	return &facts;
}

int __wrap_flash_mtd_number(const char *name, char *why)
{
	return strcmp(name, "mtd:snapshot") ? -ENOENT : 3;
}

int __wrap_uname(struct utsname *uts)
{
	memset(uts, 0, sizeof(*uts));
	strcpy(uts->machine, machine);
	return 0;
}

static const char *redirect(const char *path)
{
	return strcmp(path, "/sys/class/misc/snapcap/downloaded") ? path : downloaded;
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __real_open64(redirect(path), flags, 0600);
}

int __wrap_stat64(const char *path, struct stat *st)
{
	return __real_stat64(redirect(path), st);
}

static void put_image(u64 offset, u64 version, size_t kernel)
{
	osfile_init(&file, version, kernel);
	medium_put(medium, offset, file.bytes, file.size);
}

static void make_source(u64 version, size_t kernel)
{
	unlink(source);
	medium_create(source, 0);
	osfile_init(&file, version, kernel);
	medium_put(source, 0, file.bytes, file.size);
}

static int setup(void **state)
{
	module_reset();
	operations = 0;
	erases = 0;
	cut = ~0U;
	no_power_left_half = false;
	fake_mtd = -1;
	machine = "aarch64";
	strcpy(medium, temp_path("medium"));
	strcpy(source, temp_path("os.img"));
	strcpy(downloaded, temp_path("downloaded"));
	unlink(medium);
	unlink(downloaded);
	medium_create(medium, SIZE);
	make_source(5, KERNEL);
	return 0;
}

static struct flash *open_medium(void)
{
	struct medium_options m = { .target = medium };
	char why[FLASH_WHY_SIZE];
	struct flash *flash;

	assert_int_equal(flash_open(&m, false, &flash, why), 0);
	return flash;
}

/* What the boot loader would boot; 0: nothing. Its offset goes to @at. */
static u64 booted(u64 *at)
{
	struct flash *flash = open_medium();
	struct osimages images;
	u64 version = 0;

	assert_int_equal(osimages_scan(flash, &images), 0);
	if (images.newest >= 0) {
		version = images.image[images.newest].os.version;
		if (at)
			*at = images.image[images.newest].offset;
	}
	osimages_free(&images);
	flash_close(flash);
	return version;
}

static bool is_valid_at(u64 offset)
{
	struct flash *flash = open_medium();
	struct osimage image;
	int reason = osimage_probe(flash, offset, &image);

	flash_close(flash);
	return !reason;
}

#define INSTALL(...)	run(cmd_install, "--mtd", medium, ##__VA_ARGS__, source, NULL)

static void test_image_is_written_as_it_is(void **state)
{
	static u8 flash_bytes[SIZE];
	int fd;

	assert_int_equal(INSTALL(), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "version 5, "));
	assert_non_null(strstr(run_out, "installed on"));
	assert_int_equal(booted(NULL), 5);
	fd = open(medium, O_RDONLY);
	assert_int_equal(read(fd, flash_bytes, SIZE), SIZE);
	close(fd);
	assert_memory_equal(flash_bytes, file.bytes, sizeof(struct snapcap_os_header));
	assert_memory_equal(flash_bytes + 4096, file.bytes + 4096, file.size - 4096);
	for (size_t i = file.size; i < SIZE; i++)
		assert_int_equal(flash_bytes[i], 0xff);
	/* Also of flash that reads erased, but no block more than it needs. */
	assert_int_equal(erases, (file.size + STEP - 1) / STEP);
}

static void test_free_place_is_preferred(void **state)
{
	struct json_object *o;
	u64 at;

	put_image(0, 3, KERNEL);
	put_image(3 * STEP, 4, 5000);
	make_source(5, KERNEL);
	assert_int_equal(INSTALL("-j"), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "install");
	assert_int_equal(json_number(o, "offset"), 4 * STEP);
	assert_int_equal(json_number(o, "image.image_version"), 5);
	assert_int_equal(json_number(o, "newest_before.image_version"), 4);
	assert_int_equal(json_object_array_length(json_at(o, "overwritten")), 0);
	assert_true(json_object_get_boolean(json_at(o, "installed")));
	assert_int_equal(booted(&at), 5);
	assert_int_equal(at, 4 * STEP);
	assert_true(is_valid_at(0));
	assert_true(is_valid_at(3 * STEP));
}

/* Three images of three blocks on eight: one more needs the place of one of them. */
static void test_least_is_lost(void **state)
{
	u64 at;

	put_image(0, 7, 2 * STEP);
	put_image(3 * STEP, 6, STEP);
	put_image(5 * STEP, 8, 2 * STEP);
	make_source(9, STEP);
	assert_int_equal(INSTALL(), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "overwritten: version 6"));
	assert_int_equal(booted(&at), 9);
	assert_int_equal(at, 3 * STEP);
	assert_true(is_valid_at(0));
	assert_true(is_valid_at(5 * STEP));
	assert_int_equal(erases, 2);
}

static void test_damaged_one_goes_before_a_valid_one(void **state)
{
	u64 at;

	put_image(0, 1, STEP);
	put_image(2 * STEP, 9, STEP);
	put_image(4 * STEP, 3, 3 * STEP);
	medium_flip(medium, 4 * STEP + 5000);
	make_source(10, STEP);
	assert_int_equal(INSTALL(), SNAPCTL_OK);
	assert_int_equal(booted(&at), 10);
	assert_int_equal(at, 4 * STEP);
	assert_true(is_valid_at(0));
	assert_true(is_valid_at(2 * STEP));
}

static void test_newest_is_only_replaced_when_told(void **state)
{
	put_image(2 * STEP, 3, 3 * STEP);
	make_source(4, 3 * STEP);
	assert_int_equal(INSTALL("-j"), SNAPCTL_NO_SPACE);
	assert_non_null(strstr(run_err, "no room"));
	assert_int_equal(json_number(run_json(), "exit_code"), SNAPCTL_NO_SPACE);
	json_at(run_json(), "error.text");
	assert_int_equal(operations, 0);
	assert_int_equal(booted(NULL), 3);
	assert_int_equal(INSTALL("--offset", "512K"), SNAPCTL_NO_SPACE);
	assert_int_equal(operations, 0);
	assert_int_equal(INSTALL("--replace"), SNAPCTL_OK);
	assert_int_equal(booted(NULL), 4);
}

/* Its header would make the boot loader pass over the new image inside it. */
static void test_image_that_would_hide_the_new_one_is_revoked(void **state)
{
	u64 at;

	put_image(0, 2, 3 * STEP);
	put_image(6 * STEP, 3, STEP);
	make_source(4, STEP);
	assert_int_equal(INSTALL("--offset", "768K"), SNAPCTL_OK);
	assert_int_equal(booted(&at), 4);
	assert_int_equal(at, 3 * STEP);
	assert_false(is_valid_at(0));
	assert_true(is_valid_at(6 * STEP));
}

static void test_slot_and_offset_are_obeyed(void **state)
{
	u64 at;

	assert_int_equal(INSTALL("--slot", "1"), SNAPCTL_OK);
	booted(&at);
	assert_int_equal(at, 4 * STEP);
	make_source(6, KERNEL);
	assert_int_equal(INSTALL("--slot=0"), SNAPCTL_OK);
	booted(&at);
	assert_int_equal(at, 0);
	make_source(7, KERNEL);
	assert_int_equal(INSTALL("--offset=512K"), SNAPCTL_OK);
	booted(&at);
	assert_int_equal(at, 2 * STEP);
	make_source(8, KERNEL);
	assert_int_equal(INSTALL("--offset=64K"), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("--offset=2M"), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("--offset=0x1c0000"), SNAPCTL_NO_SPACE);
	assert_int_equal(INSTALL("--offset=0", "--slot=1"), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("--slot=2"), SNAPCTL_USAGE);
	assert_int_equal(booted(NULL), 7);
}

static void test_image_that_is_too_large_is_refused(void **state)
{
	unlink(medium);
	medium_create(medium, 2 * STEP);
	make_source(1, 2 * STEP);
	assert_int_equal(INSTALL(), SNAPCTL_NO_SPACE);
	assert_non_null(strstr(run_err, "does not fit"));
	assert_int_equal(operations, 0);
}

static void test_older_version_needs_force(void **state)
{
	put_image(0, 6, KERNEL);
	make_source(5, KERNEL);
	assert_int_equal(INSTALL(), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "has version 5, and version 6 is installed"));
	assert_int_equal(operations, 0);
	assert_int_equal(INSTALL("--force"), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "still boots version 6"));
	assert_int_equal(booted(NULL), 6);
	assert_true(is_valid_at(2 * STEP));
}

static void test_version_tie_is_refused_unless_it_is_the_same(void **state)
{
	assert_int_equal(INSTALL(), SNAPCTL_OK);
	operations = 0;
	assert_int_equal(INSTALL("-j"), SNAPCTL_OK);
	assert_false(json_object_get_boolean(json_at(run_json(), "installed")));
	assert_int_equal(INSTALL(), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "installed already"));
	make_source(5, KERNEL + 1);
	assert_int_equal(INSTALL(), SNAPCTL_FAILURE);
	assert_int_equal(operations, 0);
	/* A damaged one of that version is no obstacle. */
	medium_flip(medium, 5000);
	assert_int_equal(INSTALL(), SNAPCTL_OK);
	assert_int_equal(booted(NULL), 5);
}

static void test_bad_source_is_refused(void **state)
{
	static const u64 at[] = { 0, 40, 5000, KERNEL + 4000 };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		make_source(5, KERNEL);
		medium_flip(source, at[i]);
		assert_int_equal(INSTALL(), SNAPCTL_INVALID);
		assert_non_null(strstr(run_err, source));
	}
	make_source(5, KERNEL);
	assert_int_equal(truncate(source, (off_t)file.size - 1), 0);
	assert_int_equal(INSTALL(), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "truncated"));
	unlink(source);
	assert_int_equal(INSTALL(), SNAPCTL_FAILURE);
	assert_int_equal(operations, 0);
}

static void test_wrong_architecture_is_refused(void **state)
{
	fake_mtd = 2;
	assert_int_equal(INSTALL("-n"), SNAPCTL_OK);
	machine = "x86_64";
	assert_int_equal(INSTALL("--force"), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "the image is for arm64, not for x86_64"));
	machine = "armv7l";
	assert_int_equal(INSTALL(), SNAPCTL_INVALID);
	/* In a file, what is there already says what it is for. */
	fake_mtd = -1;
	osfile_init(&file, 1, 100);
	file.os.arch = SNAPCAP_ARCH_RISCV64;
	osfile_seal(&file);
	medium_put(medium, 0, file.bytes, file.size);
	assert_int_equal(INSTALL(), SNAPCTL_INVALID);
	assert_non_null(strstr(run_err, "not for riscv64"));
	assert_int_equal(operations, 0);
}

static void test_snapshot_is_never_in_the_way(void **state)
{
	u64 at;

	medium_add(medium, 0, 3);
	assert_int_equal(INSTALL("--offset=0"), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "a snapshot is in the way"));
	assert_int_equal(operations, 0);
	assert_int_equal(INSTALL(), SNAPCTL_OK);
	booted(&at);
	assert_int_equal(at, STEP);
	fake_mtd = 3;
	make_source(6, KERNEL);
	assert_int_equal(INSTALL("--force", "--replace"), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "is the partition of the snapshots"));
}

static void test_running_take_is_waited_for(void **state)
{
	fake_mtd = 2;
	module.status.state = SNAPCAP_STATE_PREPARED;
	module.status.stage = SNAPCAP_STAGE_WRITE;
	assert_int_equal(INSTALL(), SNAPCTL_BUSY);
	assert_int_equal(operations, 0);
	module.status.state = SNAPCAP_STATE_TAKEN;
	module.status.stage = SNAPCAP_STAGE_DONE;
	assert_int_equal(INSTALL(), SNAPCTL_OK);
}

static void test_dry_run_writes_nothing(void **state)
{
	put_image(0, 3, KERNEL);
	make_source(5, KERNEL);
	assert_int_equal(INSTALL("-n"), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "would go to"));
	assert_int_equal(operations, 0);
}

/* Old image 3 at the start, image 2 where the new one goes: power fails at every operation. */
static void cut_at(unsigned int operation, bool half, bool *finished)
{
	u64 now;

	unlink(medium);
	medium_create(medium, 6 * STEP);
	put_image(0, 3, KERNEL);
	put_image(2 * STEP, 2, 3 * STEP);
	make_source(5, 2 * STEP + 100);
	operations = 0;
	cut = operation;
	no_power_left_half = half;
	*finished = INSTALL("--offset=768K") == SNAPCTL_OK;
	now = booted(NULL);
	if (*finished)
		assert_int_equal(now, 5);
	else
		assert_int_equal(now, 3);
	cut = ~0U;
	/* And what was left behind is in nobody's way. */
	assert_int_equal(INSTALL("--offset=768K"), SNAPCTL_OK);
	assert_int_equal(booted(NULL), 5);
}

static void test_power_cut_leaves_old_or_new(void **state)
{
	bool finished = false;
	unsigned int i;

	for (i = 0; !finished; i++) {
		cut_at(i, false, &finished);
		if (!finished)
			cut_at(i, true, &finished);
	}
	/* Revoke, three erases, nine pieces, header. */
	assert_in_range(i, 10, 20);
}

static void test_failed_write_is_told_truthfully(void **state)
{
	put_image(0, 3, KERNEL);
	make_source(5, KERNEL);
	/* The second write, behind all erases. */
	cut = (file.size + STEP - 1) / STEP + 1;
	assert_int_equal(INSTALL("-j"), SNAPCTL_IO);
	assert_non_null(strstr(run_err, "write failed"));
	assert_false(json_object_get_boolean(json_at(run_json(), "installed")));
	assert_int_equal(json_number(run_json(), "exit_code"), SNAPCTL_IO);
}

static void test_downloaded_image_is_installed(void **state)
{
	module.info.download_size = file.size;
	strcpy(source, downloaded);
	make_source(5, KERNEL);
	assert_int_equal(run(cmd_install, "--mtd", medium, "--downloaded", NULL), SNAPCTL_OK);
	assert_int_equal(booted(NULL), 5);
}

static void test_downloaded_image_may_be_missing(void **state)
{
	assert_int_equal(run(cmd_install, "--mtd", medium, "--downloaded", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "not booted from an image that came over"));
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_install, "--mtd", medium, "--downloaded", NULL),
			 SNAPCTL_UNSUPPORTED);
}

static void test_nothing_is_done_unless_requested(void **state)
{
	struct json_object *o;

	strcpy(source, downloaded);
	make_source(5, KERNEL);
	module.info.download_size = file.size;
	assert_int_equal(run(cmd_install, "--mtd", medium, "--downloaded", "--if-requested", "-j",
			     NULL), SNAPCTL_OK);
	o = run_json();
	assert_false(json_object_get_boolean(json_at(o, "installed")));
	assert_null(json_at(o, "image"));
	assert_int_equal(operations, 0);
	module.info.download_flags = SNAPCAP_DOWNLOAD_INSTALL;
	assert_int_equal(run(cmd_install, "--mtd", medium, "--downloaded", "--if-requested", NULL),
			 SNAPCTL_OK);
	assert_int_equal(booted(NULL), 5);
}

static void test_bad_arguments_are_usage(void **state)
{
	assert_int_equal(run(cmd_install, "--mtd", medium, NULL), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("--downloaded"), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("--if-requested"), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("--erase-size=100"), SNAPCTL_USAGE);
	assert_int_equal(INSTALL("another"), SNAPCTL_USAGE);
	assert_int_equal(operations, 0);
}

/* Small erase blocks: the boot loader looks at every 64 KiB only. */
static void test_places_are_those_the_boot_loader_looks_at(void **state)
{
	u64 at;

	put_image(0, 3, 5000);
	make_source(4, 5000);
	assert_int_equal(INSTALL("--erase-size=4K"), SNAPCTL_OK);
	assert_int_equal(booted(&at), 4);
	assert_int_equal(at, 65536);
	make_source(5, 5000);
	assert_int_equal(INSTALL("--erase-size=12K"), SNAPCTL_UNSUPPORTED);
}

static void test_list_shows_them(void **state)
{
	struct json_object *o;

	put_image(0, 3, KERNEL);
	put_image(2 * STEP, 4, 5000);
	put_image(3 * STEP, 5, 5000);
	medium_flip(medium, 3 * STEP + 5000);
	medium_add(medium, 4 * STEP, 9);
	/* A copy inside of the snapshot is none. */
	osfile_init(&file, 8, 100);
	medium_put(medium, 4 * STEP + 16384, file.bytes, file.size);
	assert_int_equal(run(cmd_list, "-j", medium, NULL), SNAPCTL_OK);
	o = run_json();
	assert_int_equal(json_object_array_length(json_at(o, "os_images")), 3);
	assert_string_equal(json_string(o, "os_images.1.state"), "valid");
	assert_true(json_object_get_boolean(json_at(o, "os_images.1.newest")));
	assert_string_equal(json_string(o, "os_images.2.reason_name"), "part-sum");
	assert_int_equal(json_object_array_length(json_at(o, "snapshots")), 1);
	assert_int_equal(run(cmd_list, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "0x00080000  newest              4"));
	assert_non_null(strstr(run_out, "0x000c0000  damaged             5"));
}

static void test_info_and_verify_choose_the_newest(void **state)
{
	put_image(STEP, 3, KERNEL);
	put_image(3 * STEP, 4, 5000);
	put_image(4 * STEP, 5, 5000);
	medium_flip(medium, 4 * STEP + 5000);
	assert_int_equal(run(cmd_info, "-j", medium, NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "image_version"), 4);
	assert_int_equal(json_number(run_json(), "offset"), 3 * STEP);
	assert_int_equal(run(cmd_info, "-j", "--at=256K", medium, NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "image_version"), 3);
	assert_int_equal(run(cmd_verify, medium, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "OS image version 4 at offset 0xc0000: valid"));
	assert_int_equal(run(cmd_verify, "--all", "-j", medium, NULL), SNAPCTL_INVALID);
	assert_int_equal(json_object_array_length(json_at(run_json(), "results")), 3);
	assert_int_equal(run(cmd_verify, "--at=1M", medium, NULL), SNAPCTL_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_image_is_written_as_it_is, setup),
		cmocka_unit_test_setup(test_free_place_is_preferred, setup),
		cmocka_unit_test_setup(test_least_is_lost, setup),
		cmocka_unit_test_setup(test_damaged_one_goes_before_a_valid_one, setup),
		cmocka_unit_test_setup(test_newest_is_only_replaced_when_told, setup),
		cmocka_unit_test_setup(test_image_that_would_hide_the_new_one_is_revoked, setup),
		cmocka_unit_test_setup(test_slot_and_offset_are_obeyed, setup),
		cmocka_unit_test_setup(test_image_that_is_too_large_is_refused, setup),
		cmocka_unit_test_setup(test_older_version_needs_force, setup),
		cmocka_unit_test_setup(test_version_tie_is_refused_unless_it_is_the_same, setup),
		cmocka_unit_test_setup(test_bad_source_is_refused, setup),
		cmocka_unit_test_setup(test_wrong_architecture_is_refused, setup),
		cmocka_unit_test_setup(test_snapshot_is_never_in_the_way, setup),
		cmocka_unit_test_setup(test_running_take_is_waited_for, setup),
		cmocka_unit_test_setup(test_dry_run_writes_nothing, setup),
		cmocka_unit_test_setup(test_power_cut_leaves_old_or_new, setup),
		cmocka_unit_test_setup(test_failed_write_is_told_truthfully, setup),
		cmocka_unit_test_setup(test_downloaded_image_is_installed, setup),
		cmocka_unit_test_setup(test_downloaded_image_may_be_missing, setup),
		cmocka_unit_test_setup(test_nothing_is_done_unless_requested, setup),
		cmocka_unit_test_setup(test_bad_arguments_are_usage, setup),
		cmocka_unit_test_setup(test_places_are_those_the_boot_loader_looks_at, setup),
		cmocka_unit_test_setup(test_list_shows_them, setup),
		cmocka_unit_test_setup(test_info_and_verify_choose_the_newest, setup),
	};

	return cmocka_run_group_tests_name("cmd_install", tests, NULL, NULL);
}
