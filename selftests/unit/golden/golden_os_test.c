// SPDX-License-Identifier: GPL-2.0-only
/* The golden OS image, in the same manner as the golden snapshot. */
#include <stdlib.h>
#include "golden.h"

static u8 *golden, *image;
static size_t size;

enum { AS_IS, HEADER };

static void seal(int level)
{
	u32 crc = cpu_to_le32(snapimg_crc32c(0, image, 508));

	if (level >= HEADER)
		memcpy(image + 508, &crc, 4);
}

static int check(void)
{
	struct snapimg_os os;

	return snapimg_os_check(image, size, size, &os);
}

static int setup(void **state)
{
	memcpy(image, golden, size);
	return 0;
}

static int setup_group(void **state)
{
	golden = golden_read("golden.os", &size);
	image = malloc(size);
	return image ? 0 : -1;
}

static int teardown_group(void **state)
{
	free(golden);
	free(image);
	return 0;
}

static void assert_part(const struct snapimg_os *os, u32 type, u16 codec, u64 offset,
			u64 stored_size, u64 part_size)
{
	assert_int_equal(os->part[type].codec, codec);
	assert_int_equal(os->part[type].offset, offset);
	assert_int_equal(os->part[type].size, part_size);
	assert_int_equal(os->part[type].stored_size, stored_size);
	assert_int_equal(os->part[type].sum, snapimg_sum(image + offset, stored_size));
}

static void test_golden_os_reads_as_written(void **state)
{
	struct snapimg_os os;

	assert_int_equal(snapimg_os_check(image, size, size, &os), 0);
	assert_int_equal(os.version, 3);
	assert_int_equal(os.image_size, size);
	assert_int_equal(os.arch, 1);
	assert_string_equal(os.kernel_release, "6.1.0-golden");
	assert_int_equal(os.build_id_size, 20);
	assert_int_equal(os.build_id[0], 0xa0);
	assert_int_equal(os.build_id[19], 0xb3);
	assert_int_equal(os.load_addr, 0x40200000);
	assert_int_equal(os.load_bias, 0x40000000);
	assert_int_equal(os.entry, 0x40);
	assert_part(&os, SNAPCAP_OS_PART_KERNEL, 0, 4096, 10000, 10000);
	assert_part(&os, SNAPCAP_OS_PART_INITRD, 1, 16384, 133, 20000);
	assert_part(&os, SNAPCAP_OS_PART_DTB, 0, 20480, 3000, 3000);
	assert_part(&os, SNAPCAP_OS_PART_CMDLINE, 0, 24576, 32, 32);
}

static void test_golden_os_part_decodes(void **state)
{
	static u8 initrd[20000];
	size_t i;

	assert_int_equal(snapimg_lz4_decode(image + 16384, 133, initrd, sizeof(initrd)),
			 sizeof(initrd));
	for (i = 0; i < sizeof(initrd) - 32; i++)
		assert_int_equal(initrd[i], 0x30 + i % 16);
	assert_memory_equal(initrd + i, "the end of a block is literals: ", 32);
}

static void test_golden_os_is_what_the_builder_makes(void **state)
{
	struct snapcap_os_header hdr;
	struct snapimg_os os = {
		.version = 3, .image_size = size, .arch = 1,
		.kernel_release = "6.1.0-golden", .build_id_size = 20,
		.load_addr = 0x40200000, .load_bias = 0x40000000, .entry = 0x40,
		.part = {
			[SNAPCAP_OS_PART_KERNEL] = { 0, 4096, 10000, 10000, 0 },
			[SNAPCAP_OS_PART_DTB] = { 0, 20480, 3000, 3000, 0 },
			[SNAPCAP_OS_PART_INITRD] = { 1, 16384, 133, 20000, 0 },
			[SNAPCAP_OS_PART_CMDLINE] = { 0, 24576, 32, 32, 0 },
		},
	};
	u32 i;

	for (i = 0; i < 20; i++)
		os.build_id[i] = 0xa0 + i;
	for (i = 1; i <= SNAPCAP_OS_PART_CMDLINE; i++)
		os.part[i].sum = snapimg_sum(image + os.part[i].offset, os.part[i].stored_size);
	snapimg_os_build(&os, &hdr);
	assert_memory_equal(&hdr, image, sizeof(hdr));
}

static u64 golden_identity(void)
{
	size_t bytes;
	void *data = golden_read("golden.identity", &bytes);
	__le64 identity;

	assert_int_equal(bytes, sizeof(identity));
	memcpy(&identity, data, sizeof(identity));
	free(data);
	return le64_to_cpu(identity);
}

static void test_golden_os_identity_is_as_specified(void **state)
{
	struct snapimg_os os;

	assert_int_equal(snapimg_os_check(image, size, size, &os), 0);
	assert_int_equal(snapimg_os_identity(&os), golden_identity());
}

#define EMPTY		SNAPCAP_REASON_EMPTY
#define VERSION		SNAPCAP_REASON_VERSION
#define HEADER_SIZE	SNAPCAP_REASON_HEADER_SIZE
#define HEADER_CRC	SNAPCAP_REASON_HEADER_CRC
#define FEATURE		SNAPCAP_REASON_FEATURE
#define RESERVED	SNAPCAP_REASON_RESERVED
#define FIELD		SNAPCAP_REASON_FIELD
#define SECTION		SNAPCAP_REASON_SECTION
#define TRUNCATED	SNAPCAP_REASON_TRUNCATED

#define HDR(member, to, level, why) \
	NUMBER("os", 0, snapcap_os_header, member, to, level, why)
#define HDR_BYTE(member, index, to, level, why) \
	BYTE("os", 0, snapcap_os_header, member, index, to, level, why)
#define PART(i, member, to, why) \
	NUMBER("part" #i, 160 + 40 * (i), snapcap_os_part, member, to, HEADER, why)
#define UNUSED_PART(i) \
	PART(i, type, 1, RESERVED), PART(i, codec, 1, RESERVED), \
	PART(i, reserved0, 1, RESERVED), PART(i, offset, 1, RESERVED), \
	PART(i, stored_size, 1, RESERVED), PART(i, size, 1, RESERVED), \
	PART(i, sum, 1, RESERVED), PART(i, reserved1, 1, RESERVED)

#define ALL		0xffffffffffffffffULL

static const struct mangle cases[] = {
	HDR_BYTE(magic, 6, '2', HEADER, EMPTY),
	HDR(header_size, 1024, HEADER, HEADER_SIZE),
	HDR(header_size, 0, HEADER, HEADER_SIZE),
	HDR(version_major, 0, HEADER, VERSION),
	HDR(version_major, 2, AS_IS, VERSION),
	HDR(version_minor, 1, AS_IS, HEADER_CRC),
	HDR(version_minor, 1, HEADER, 0),
	HDR(feature_compat, 1, AS_IS, HEADER_CRC),
	HDR(feature_compat, ALL, HEADER, 0),
	HDR(feature_incompat, 1, HEADER, FEATURE),
	HDR(feature_incompat, 1ULL << 63, HEADER, FEATURE),
	HDR(version, 4, AS_IS, HEADER_CRC),
	HDR(version, 4, HEADER, 0),
	HDR(image_size, 0, HEADER, FIELD),
	HDR(image_size, 4095, HEADER, FIELD),
	HDR(image_size, 4096, HEADER, SECTION),
	HDR(image_size, 24607, HEADER, SECTION),
	HDR(image_size, 24609, HEADER, SECTION),
	HDR(image_size, ALL, HEADER, SECTION),
	HDR(arch, 0, HEADER, FIELD),
	HDR(arch, 2, AS_IS, HEADER_CRC),
	HDR(part_count, 0, HEADER, RESERVED),
	HDR(part_count, 3, HEADER, RESERVED),
	HDR(part_count, 5, HEADER, FIELD),
	HDR(part_count, 9, HEADER, FIELD),
	HDR(part_count, 0xffffffff, HEADER, FIELD),
	HDR_BYTE(kernel_release, 0, 0, HEADER, FIELD),
	HDR_BYTE(kernel_release, 79, 'x', HEADER, FIELD),
	HDR_BYTE(build_id, 5, 0, AS_IS, HEADER_CRC),
	HDR(build_id_size, 0, HEADER, FIELD),
	HDR(build_id_size, 19, HEADER, FIELD),
	HDR(build_id_size, 21, HEADER, FIELD),
	HDR_BYTE(reserved0, 0, 1, HEADER, RESERVED),
	HDR_BYTE(reserved0, 3, 0x80, HEADER, RESERVED),
	HDR(load_addr, 0, HEADER, 0),
	HDR(load_addr, 0x40200800, HEADER, FIELD),
	HDR(load_addr, ALL, HEADER, FIELD),
	HDR(load_addr, ALL - 1, HEADER, FIELD),
	HDR(load_addr, ALL - 4095, HEADER, FIELD),
	HDR(load_addr, 0xffffffffc0000000, HEADER, FIELD),
	HDR(load_addr, 0xffffffffbfffd000, HEADER, 0),
	HDR(load_addr, 0xffffffffbfffe000, HEADER, FIELD),
	HDR(load_addr, 0x40201000, AS_IS, HEADER_CRC),
	HDR(load_bias, 0, HEADER, 0),
	HDR(load_bias, 1, HEADER, FIELD),
	HDR(load_bias, 0xffffffffbfe00000, HEADER, 0),
	HDR(load_bias, 0xffffffffbfdff000, HEADER, FIELD),
	HDR(load_bias, 1ULL << 63, HEADER, FIELD),
	HDR(load_bias, 0x7ffffffffffff000, HEADER, 0),
	HDR(entry, 0, HEADER, 0),
	HDR(entry, 9999, HEADER, 0),
	HDR(entry, 10000, HEADER, FIELD),
	HDR(entry, ALL, HEADER, FIELD),
	HDR(header_crc, 0, AS_IS, HEADER_CRC),

	PART(0, type, 0, SECTION),
	PART(0, type, 2, SECTION),
	PART(0, type, 4, SECTION),
	PART(0, type, 5, SECTION),
	PART(0, type, 0xffffffff, SECTION),
	PART(0, codec, 1, 0),
	PART(0, codec, 2, FIELD),
	PART(0, codec, 0xffff, FIELD),
	PART(0, reserved0, 1, RESERVED),
	PART(0, offset, 0, SECTION),
	PART(0, offset, 4100, SECTION),
	PART(0, offset, 8192, SECTION),
	PART(0, offset, 0xfffffffffffff000, SECTION),
	PART(0, stored_size, 9999, FIELD),
	PART(0, stored_size, ALL, FIELD),
	PART(0, size, 0, FIELD),
	PART(0, size, 10001, FIELD),
	PART(0, sum, 1, 0),
	PART(0, reserved1, 1, RESERVED),
	PART(1, type, 1, SECTION),
	PART(1, codec, 0, FIELD),
	PART(1, codec, 2, FIELD),
	PART(1, reserved0, 1, RESERVED),
	PART(1, offset, 8192, SECTION),
	PART(1, stored_size, 0, FIELD),
	PART(1, stored_size, 20094, SECTION),
	PART(1, stored_size, 20095, FIELD),
	PART(1, stored_size, ALL, FIELD),
	PART(1, size, 0, FIELD),
	PART(1, size, 117, 0),
	PART(1, size, 116, FIELD),
	PART(1, size, 0x40000000, 0),
	PART(1, size, 0x40000001, FIELD),
	PART(1, size, ALL, FIELD),
	PART(1, sum, 1, 0),
	PART(1, reserved1, 1, RESERVED),
	PART(2, type, 3, SECTION),
	PART(2, codec, 2, FIELD),
	PART(2, reserved0, 1, RESERVED),
	PART(2, offset, 16384, SECTION),
	PART(2, stored_size, 0, FIELD),
	PART(2, size, ALL, FIELD),
	PART(2, sum, 1, 0),
	PART(2, reserved1, 1, RESERVED),
	PART(3, type, 9, SECTION),
	PART(3, codec, 1, 0),
	PART(3, codec, 2, FIELD),
	PART(3, reserved0, 1, RESERVED),
	PART(3, offset, 20480, SECTION),
	PART(3, offset, 28672, SECTION),
	PART(3, stored_size, 33, FIELD),
	PART(3, size, 31, FIELD),
	PART(3, sum, 1, 0),
	PART(3, reserved1, 1, RESERVED),
	UNUSED_PART(4),
	UNUSED_PART(5),
	UNUSED_PART(6),
	UNUSED_PART(7),
};

static void test_mangled(void **state)
{
	const struct mangle *m = *state;

	setup(NULL);
	mangle_apply(m, image);
	assert_memory_not_equal(image, golden, size);
	seal(m->seal);
	assert_int_equal(-check(), m->reason);
}

static void test_every_byte_of_the_header_was_mangled(void **state)
{
	u8 map[512] = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		mangle_cover(&cases[i], map, sizeof(map));
	for (i = 0; i < sizeof(map); i++) {
		if (!map[i])
			print_error("byte %zu is in no case\n", i);
		assert_true(map[i]);
	}
}

static void test_golden_os_every_flipped_bit_is_told(void **state)
{
	size_t bit;

	for (bit = 0; bit < 8 * 512; bit++) {
		int expected = -HEADER_CRC;

		if (bit < 64)
			expected = -EMPTY;
		else if (bit < 96)
			expected = -HEADER_SIZE;
		else if (bit < 112)
			expected = -VERSION;
		image[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(check(), expected);
		image[bit / 8] ^= 1 << bit % 8;
	}
}

static void test_golden_os_truncated_anywhere_is_told(void **state)
{
	struct snapimg_os os;
	size_t avail;

	for (avail = 0; avail < size; avail++) {
		size_t read = avail < 512 ? avail : 512;
		u8 *cut = malloc(read ? read : 1);

		assert_non_null(cut);
		memcpy(cut, image, read);
		assert_int_equal(snapimg_os_check(cut, read, avail, &os), -TRUNCATED);
		free(cut);
	}
}

#define TEST(function)	cmocka_unit_test_setup(function, setup)

int main(void)
{
	static const struct CMUnitTest whole[] = {
		TEST(test_golden_os_reads_as_written),
		TEST(test_golden_os_part_decodes),
		TEST(test_golden_os_is_what_the_builder_makes),
		TEST(test_golden_os_identity_is_as_specified),
		TEST(test_every_byte_of_the_header_was_mangled),
		TEST(test_golden_os_every_flipped_bit_is_told),
		TEST(test_golden_os_truncated_anywhere_is_told),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(whole) + ARRAY_SIZE(cases)];

	memcpy(tests, whole, sizeof(whole));
	mangle_tests(cases, ARRAY_SIZE(cases), test_mangled, tests + ARRAY_SIZE(whole));
	return cmocka_run_group_tests_name("golden OS image", tests, setup_group,
					   teardown_group);
}
