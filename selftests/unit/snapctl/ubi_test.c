// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <mtd/ubi-user.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../test.h"
#include "jffs2.h"
#include "sysfile.h"
#include "tree.h"
#include "ubi.h"

#define ERASE	65536

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_sysfile_stat(const char *path, struct stat *st);

/* The header of a block as ubiformat wrote it: counter 3, offsets 64 and 128. */
static const unsigned char header[64] = {
	'U', 'B', 'I', '#', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3,
	0, 0, 0, 0x40, 0, 0, 0, 0x80, 0x12, 0x34, 0x56, 0x78,
	[60] = 0x64, 0xb8, 0x87, 0x86,
};

static int ioctl_error;
static struct ubi_attach_req attached;
static int detached;

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (ioctl_error) {
		errno = ioctl_error;
		return -1;
	}
	if (request == UBI_IOCATT)
		attached = *(struct ubi_attach_req *)arg;
	else if (request == UBI_IOCDET)
		detached = *(__s32 *)arg;
	else
		fail_msg("request %lx", request);
	return 0;
}

int __wrap_sysfile_stat(const char *path, struct stat *st)
{
	unsigned int major, minor;

	if (sscanf(path, "/dev/char-%u-%u", &major, &minor) != 2 &&
	    sscanf(path, "/proc/70/fd/%u%u", &major, &minor) != 2)
		return -ENOENT;
	*st = (struct stat){ .st_mode = S_IFCHR, .st_rdev = makedev(major, minor) };
	return 0;
}

static int setup(void **state)
{
	tree_reset();
	ioctl_error = 0;
	detached = -1;
	memset(&attached, 0, sizeof(attached));
	tree_put("/sys/class/ubi/ubi2/mtd_num", "4\n");
	tree_put("/sys/class/ubi/ubi2/dev", "248:0\n");
	tree_put("/sys/class/mtd/mtd4/erasesize", "65536\n");
	tree_put("/sys/class/mtd/mtd4/size", "262144\n");
	tree_put("/dev/ubi_ctrl", "");
	return 0;
}

static void test_source_in_all_forms(void **state)
{
	static const struct {
		const char *source;
		int number;
	} cases[] = {
		{ "ubi:data", 0 }, { "ubi!data", 0 }, { "ubi3", 0 }, { "ubi3_1", 3 },
		{ "ubi3:data", 3 }, { "ubi3!ubi5:x", 3 }, { "/dev/char-248-1", 2 },
		{ "/dev/char-248-0", 2 }, { "/dev/char-249-0", -1 }, { "/dev/ubi0_0", -1 },
		{ "ubi99:data", -1 }, { "ubi", -1 }, { "ubix", -1 }, { "ubi3x", -1 },
		{ "xubi0:a", -1 }, { "", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ubi_of_source(cases[i].source) != cases[i].number)
			fail_msg("%s: %d", cases[i].source, ubi_of_source(cases[i].source));
}

static void test_disk_of_a_volume(void **state)
{
	assert_int_equal(ubi_of_disk("ubiblock2_0"), 2);
	assert_int_equal(ubi_of_disk("ubiblock2"), -1);
	assert_int_equal(ubi_of_disk("ubiblock2_0p1"), -1);
	assert_int_equal(ubi_of_disk("vda"), -1);
}

static void test_what_stands_on_a_volume(void **state)
{
	char name[64];

	tree_put("/sys/class/block/ubiblock1_0/dev", "");
	tree_put("/sys/class/mtd/mtd5/type", "nor\n");
	assert_false(ubi_made_into(2, name, sizeof(name)));
	assert_true(ubi_made_into(1, name, sizeof(name)));
	assert_string_equal(name, "ubiblock1_0");
	/* It does not tell of which one it is. */
	tree_put("/sys/class/mtd/mtd6/type", "ubi\n");
	assert_true(ubi_made_into(2, name, sizeof(name)));
	assert_string_equal(name, "mtd6");
}

static void test_holders_of_any_volume(void **state)
{
	struct holders found;

	tree_process(70, "reader", 5, "");
	tree_put("/proc/70/fd/248 3", "");
	tree_put("/proc/70/fd/249 3", "");
	assert_int_equal(ubi_holders(2, &found), 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.holder[0].command, "reader");
	holders_free(&found);
	tree_put("/sys/class/ubi/ubi2/dev", "250:0\n");
	assert_int_equal(ubi_holders(2, &found), 0);
	assert_int_equal(found.count, 0);
}

static void test_place_of_headers_is_read(void **state)
{
	unsigned char bad[sizeof(header)];
	struct ubi_device ubi;

	assert_int_equal(ubi_find(1, &ubi), -ENODEV);
	assert_int_equal(ubi_find(2, &ubi), -ENOENT);
	/* Only the last block has one. */
	tree_put_data("/dev/mtd4ro", 3 * ERASE, header, sizeof(header));
	assert_int_equal(ubi_find(2, &ubi), 0);
	assert_int_equal(ubi.number, 2);
	assert_int_equal(ubi.mtd, 4);
	assert_int_equal(ubi.vid_offset, 64);
	for (size_t i = 0; i < sizeof(bad); i++) {
		memcpy(bad, header, sizeof(bad));
		bad[i] ^= 0x10;
		tree_put_data("/dev/mtd4ro", 3 * ERASE, bad, sizeof(bad));
		if (ubi_find(2, &ubi) != -EPROTO)
			fail_msg("taken with byte %zu changed", i);
	}
	tree_put("/sys/class/mtd/mtd4/erasesize", "0\n");
	tree_put_data("/dev/mtd4ro", 0, header, sizeof(header));
	assert_int_equal(ubi_find(2, &ubi), -EPROTO);
}

static void test_attached_as_it_was(void **state)
{
	struct ubi_device ubi = { .number = 2, .mtd = 4, .vid_offset = 2048 };

	assert_int_equal(ubi_detach(&ubi), 0);
	assert_int_equal(detached, 2);
	assert_true(ubi.detached);
	assert_int_equal(ubi_attach(&ubi), 0);
	assert_false(ubi.detached);
	assert_int_equal(attached.ubi_num, 2);
	assert_int_equal(attached.mtd_num, 4);
	assert_int_equal(attached.vid_hdr_offset, 2048);
	assert_int_equal(attached.max_beb_per1024, 0);
}

static void test_failures(void **state)
{
	struct ubi_device ubi = { .number = 2, .mtd = 4 };

	ioctl_error = EBUSY;
	assert_int_equal(ubi_detach(&ubi), -EBUSY);
	assert_false(ubi.detached);
	ubi.detached = true;
	ioctl_error = EIO;
	assert_int_equal(ubi_attach(&ubi), -EIO);
	assert_true(ubi.detached);
	/* Somebody was faster: that is as good when it is the same. */
	ioctl_error = EEXIST;
	assert_int_equal(ubi_attach(&ubi), 0);
	assert_false(ubi.detached);
	ubi.mtd = 5;
	assert_int_equal(ubi_attach(&ubi), -EEXIST);
	unlink(sysfile_path("/dev/ubi_ctrl").s);
	assert_int_equal(ubi_detach(&ubi), -ENOENT);
}

static void test_jffs2_is_known_by_its_thread(void **state)
{
	unsigned int *mtds;

	tree_process(20, "jffs2_gcd_mtd11", 5, "");
	tree_process(21, "jffs2_gcd_mtd12", 5, "1000-2000 r--p 0 fe:20 7 /bin/liar\n");
	tree_process(22, "jffs2_gcd_mtd1x", 5, "");
	assert_int_equal(jffs2_list(&mtds), 1);
	assert_int_equal(mtds[0], 11);
	free(mtds);
	assert_int_equal(jffs2_alive(11), 1);
	assert_int_equal(jffs2_alive(1), 0);
	assert_int_equal(jffs2_alive(12), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_source_in_all_forms, setup),
		cmocka_unit_test_setup(test_disk_of_a_volume, setup),
		cmocka_unit_test_setup(test_what_stands_on_a_volume, setup),
		cmocka_unit_test_setup(test_holders_of_any_volume, setup),
		cmocka_unit_test_setup(test_place_of_headers_is_read, setup),
		cmocka_unit_test_setup(test_attached_as_it_was, setup),
		cmocka_unit_test_setup(test_failures, setup),
		cmocka_unit_test_setup(test_jffs2_is_known_by_its_thread, setup),
	};

	return cmocka_run_group_tests_name("ubi", tests, NULL, NULL);
}
