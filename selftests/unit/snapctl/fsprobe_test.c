// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "fsprobe.h"

#define SIZE	(8U << 20)

static char path[] = "/tmp/fsprobe.XXXXXX";
static int fd = -1;

static int setup(void **state)
{
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	return 0;
}

static int teardown(void **state)
{
	close(fd);
	return 0;
}

static void put(u64 at, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, (off_t)at), len);
}

static const struct {
	const char *type;
	u64 at;
	const char *magic;
	bool written;
} known[] = {
	{ "squashfs", 0, "hsqs", false },
	{ "erofs", 1024, "\xe2\xe1\xf5\xe0", false },
	{ "cramfs", 0, "\x45\x3d\xcd\x28", false },
	{ "romfs", 0, "-rom1fs-", false },
	{ "iso9660", 32769, "CD001", false },
	{ "ext4", 1080, "\x53\xef", true },
	{ "f2fs", 1024, "\x10\x20\xf5\xf2", true },
	{ "btrfs", 65600, "_BHRfS_M", true },
	{ "xfs", 0, "XFSB", true },
	{ "vfat", 82, "FAT32   ", true },
	{ "vfat", 54, "FAT16   ", true },
	{ "ubi", 0, "UBI#", true },
};

/* Every range of each lies within the device, whatever its size. */
static void test_known_types(void **state)
{
	static const u64 sizes[] = { 1, 100, 512, 4096, 5000, 70000, SIZE };
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	char *zero = calloc(1, SIZE);
	const char *type;
	u32 count;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		put(0, zero, SIZE);
		put(known[i].at, known[i].magic, strlen(known[i].magic));
		assert_int_equal(fsprobe(fd, SIZE, &type), 0);
		assert_string_equal(type, known[i].type);
		assert_int_equal(fsprobe_never_written(type), !known[i].written);
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			for (int immutable = 0; immutable < 2; immutable++) {
				int ret = fsprobe_ranges(fd, type, immutable, sizes[s], range,
							 &count);

				assert_true(!ret || ret == -ENODATA);
				assert_true(sizes[s] < SIZE || !ret);
				assert_true(count <= SNAPCAP_FINGERPRINT_RANGES);
				for (u32 r = 0; r < count; r++) {
					assert_true(range[r].length > 0);
					assert_true(range[r].offset < sizes[s]);
					assert_true(range[r].length <= sizes[s] - range[r].offset);
				}
			}
	}
	free(zero);
}

/* What is on flash may have anything where others have their magic. */
static void test_flash_is_no_disk(void **state)
{
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	const char *type;
	u32 count;

	put(1080, "\x53\xef", 2);
	put(0, "UBI#", 4);
	assert_int_equal(fsprobe(fd, SIZE, &type), 0);
	assert_string_equal(type, "ubi");
	put(0, "\x85\x19\x03\x20", 4);
	assert_int_equal(fsprobe(fd, SIZE, &type), 0);
	assert_string_equal(type, "jffs2");
	assert_int_equal(fsprobe_ranges(fd, type, true, SIZE, range, &count), 0);
	assert_int_equal(range[0].length, 65536);
	assert_int_equal(fsprobe_ranges(fd, type, false, SIZE, range, &count), -ENODATA);
}

static void test_nothing_known(void **state)
{
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	const char *type;
	u32 count;

	assert_int_equal(fsprobe(fd, SIZE, &type), -ENODATA);
	assert_int_equal(fsprobe(fd, 0, &type), -ENODATA);
	assert_int_equal(fsprobe_ranges(fd, "nfs", true, SIZE, range, &count), -ENODATA);
	assert_false(fsprobe_never_written("nfs"));
	/* Smaller than it says. */
	put(0, "hsqs", 4);
	assert_int_equal(fsprobe(fd, SIZE * 2, &type), 0);
	assert_int_equal(ftruncate(fd, 2), 0);
	assert_int_equal(fsprobe(fd, SIZE, &type), -EIO);
}

/* The last 64 KiB of the image, not of the device. */
static void test_end_of_a_squashfs(void **state)
{
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	__le64 used = cpu_to_le64(3000001), lie = cpu_to_le64(~0ULL);
	u32 count;

	put(40, &used, sizeof(used));
	assert_int_equal(fsprobe_ranges(fd, "squashfs", true, SIZE, range, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(range[0].offset, 0);
	assert_int_equal(range[0].length, 4096);
	assert_int_equal(range[1].offset, 3000001 - 65536);
	assert_int_equal(range[1].length, 65536);
	put(40, &lie, sizeof(lie));
	assert_int_equal(fsprobe_ranges(fd, "squashfs", true, SIZE, range, &count), 0);
	assert_int_equal(range[1].offset, SIZE - 65536);
}

static void test_end_of_an_erofs(void **state)
{
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	__le32 blocks = cpu_to_le32(100);
	u8 bits = 12;
	u32 count;

	put(1024 + 12, &bits, 1);
	put(1024 + 36, &blocks, sizeof(blocks));
	assert_int_equal(fsprobe_ranges(fd, "erofs", true, SIZE, range, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(range[1].offset, 409600 - 65536);
	bits = 200;
	put(1024 + 12, &bits, 1);
	assert_int_equal(fsprobe_ranges(fd, "erofs", true, SIZE, range, &count), 0);
	assert_int_equal(range[1].offset, SIZE - 65536);
}

/* What a mount of it changes is no part of its identity. */
static void test_identity_outlives_a_mount(void **state)
{
	static const struct {
		const char *type;
		u64 from;
		u64 to;
	} changes[] = {
		{ "ext4", 1024 + 44, 1024 + 0x3c },	/* times, counts, state */
		{ "ext4", 1024 + 0x3fc, 2048 },		/* checksum */
		{ "vfat", 37, 38 },			/* dirty, FAT16 */
		{ "vfat", 65, 66 },			/* dirty, FAT32 */
		{ "btrfs", 65536, 65536 + 32 },		/* checksum */
		{ "btrfs", 65536 + 72, 65536 + 96 },	/* generation, roots */
		{ "ubi", 8, 16 },			/* erase counter */
		{ "ubi", 60, 64 },			/* checksum */
	};
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	u32 count;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		assert_int_equal(fsprobe_ranges(fd, changes[i].type, false, SIZE, range, &count),
				 0);
		for (u32 r = 0; r < count; r++)
			assert_true(range[r].offset >= changes[i].to ||
				    range[r].offset + range[r].length <= changes[i].from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_known_types, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flash_is_no_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_of_a_squashfs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_of_an_erofs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_identity_outlives_a_mount, setup, teardown),
	};

	return cmocka_run_group_tests_name("snapctl/fsprobe", tests, NULL, NULL);
}
