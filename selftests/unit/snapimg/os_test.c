// SPDX-License-Identifier: GPL-2.0-only
/* The borders and the order of reasons; every field is in the golden tests. */
#include "../test.h"
#include "snapimg.h"

static struct snapimg_os os;
static struct snapcap_os_header hdr;

static void set_part(u32 type, u64 offset, u64 size)
{
	os.part[type].codec = SNAPCAP_CODEC_RAW;
	os.part[type].offset = offset;
	os.part[type].stored_size = size;
	os.part[type].size = size;
	os.part[type].sum = 0x1000 + type;
}

static int setup(void **state)
{
	memset(&os, 0, sizeof(os));
	os.version = 3;
	os.image_size = 0x6123;
	os.arch = SNAPCAP_ARCH_ARM64;
	strcpy(os.kernel_release, "6.1.0-os");
	memset(os.build_id, 0x77, 20);
	os.build_id_size = 20;
	os.load_addr = SNAPCAP_OS_LOAD_ANY;
	set_part(SNAPCAP_OS_PART_KERNEL, 0x1000, 0x2000);
	set_part(SNAPCAP_OS_PART_INITRD, 0x3000, 0x1001);
	set_part(SNAPCAP_OS_PART_DTB, 0x5000, 0x10);
	set_part(SNAPCAP_OS_PART_CMDLINE, 0x6000, 0x123);
	snapimg_os_build(&os, &hdr);
	return 0;
}

static int check(u64 avail)
{
	struct snapimg_os got;

	return snapimg_os_check(&hdr, sizeof(hdr), avail, &got);
}

static void seal(void)
{
	hdr.header_crc = cpu_to_le32(snapimg_crc32c(0, &hdr, 508));
}

static int check_built(void)
{
	snapimg_os_build(&os, &hdr);
	return check(~0ULL);
}

static void test_os_check_inverts_build(void **state)
{
	struct snapcap_os_header again;
	struct snapimg_os got;

	memset(&got, 0xee, sizeof(got));
	assert_int_equal(snapimg_os_check(&hdr, sizeof(hdr), 0x6123, &got), 0);
	assert_memory_equal(&got, &os, sizeof(os));
	snapimg_os_build(&got, &again);
	assert_memory_equal(&again, &hdr, sizeof(hdr));
}

static void test_os_parts_are_written_by_offset(void **state)
{
	assert_int_equal(le32_to_cpu(hdr.part_count), 4);
	assert_int_equal(le32_to_cpu(hdr.part[0].type), SNAPCAP_OS_PART_KERNEL);
	assert_int_equal(le32_to_cpu(hdr.part[1].type), SNAPCAP_OS_PART_INITRD);
	assert_int_equal(le32_to_cpu(hdr.part[2].type), SNAPCAP_OS_PART_DTB);
	assert_int_equal(le32_to_cpu(hdr.part[3].type), SNAPCAP_OS_PART_CMDLINE);
}

static void test_os_only_the_kernel_is_needed(void **state)
{
	memset(&os.part[2], 0, 3 * sizeof(os.part[0]));
	os.image_size = 0x3000;
	assert_int_equal(check_built(), 0);
	set_part(SNAPCAP_OS_PART_DTB, 0x3000, 0x10);
	os.image_size = 0x3010;
	assert_int_equal(check_built(), 0);
	memset(&os.part[SNAPCAP_OS_PART_KERNEL], 0, sizeof(os.part[0]));
	assert_int_equal(check_built(), -SNAPCAP_REASON_SECTION);
}

static void test_os_avail_is_exact(void **state)
{
	assert_int_equal(check(0x6123), 0);
	assert_int_equal(check(0x6122), -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(check(0), -SNAPCAP_REASON_TRUNCATED);
}

static void test_os_short_buffer_is_truncated(void **state)
{
	struct snapimg_os got, before;
	size_t size;

	memset(&got, 0xee, sizeof(got));
	before = got;
	for (size = 0; size < sizeof(hdr); size++)
		assert_int_equal(snapimg_os_check(&hdr, size, ~0ULL, &got),
				 -SNAPCAP_REASON_TRUNCATED);
	assert_memory_equal(&got, &before, sizeof(got));
}

static void test_os_short_buffer_of_something_else_is_told(void **state)
{
	struct snapimg_os got;

	hdr.version_major = cpu_to_le16(2);
	assert_int_equal(snapimg_os_check(&hdr, 15, ~0ULL, &got), -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(snapimg_os_check(&hdr, 16, ~0ULL, &got), -SNAPCAP_REASON_VERSION);
	hdr.magic[7] = 0;
	assert_int_equal(snapimg_os_check(&hdr, 7, ~0ULL, &got), -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(snapimg_os_check(&hdr, 8, ~0ULL, &got), -SNAPCAP_REASON_EMPTY);
}

static void test_os_reasons_come_in_order(void **state)
{
	hdr.magic[0] = 'x';
	hdr.version_major = cpu_to_le16(2);
	hdr.header_size = cpu_to_le32(513);
	hdr.feature_incompat = cpu_to_le64(1);
	hdr.reserved0[3] = 1;
	hdr.arch = 0;
	hdr.part[0].type = 0;

	assert_int_equal(check(0), -SNAPCAP_REASON_EMPTY);
	hdr.magic[0] = 'S';
	assert_int_equal(check(0), -SNAPCAP_REASON_VERSION);
	hdr.version_major = cpu_to_le16(1);
	assert_int_equal(check(0), -SNAPCAP_REASON_HEADER_SIZE);
	hdr.header_size = cpu_to_le32(512);
	assert_int_equal(check(0), -SNAPCAP_REASON_HEADER_CRC);
	seal();
	assert_int_equal(check(0), -SNAPCAP_REASON_FEATURE);
	hdr.feature_incompat = 0;
	seal();
	assert_int_equal(check(0), -SNAPCAP_REASON_RESERVED);
	hdr.reserved0[3] = 0;
	seal();
	assert_int_equal(check(0), -SNAPCAP_REASON_FIELD);
	hdr.arch = cpu_to_le32(1);
	seal();
	assert_int_equal(check(0), -SNAPCAP_REASON_SECTION);
	hdr.part[0].type = cpu_to_le32(1);
	seal();
	assert_int_equal(check(0), -SNAPCAP_REASON_TRUNCATED);
}

static void test_os_placement_borders(void **state)
{
	/* Touching is fine, one byte more is not. */
	set_part(SNAPCAP_OS_PART_INITRD, 0x3000, 0x2000);
	assert_int_equal(check_built(), 0);
	set_part(SNAPCAP_OS_PART_INITRD, 0x3000, 0x2001);
	assert_int_equal(check_built(), -SNAPCAP_REASON_SECTION);
	set_part(SNAPCAP_OS_PART_INITRD, 0x3000, SNAPCAP_OS_PART_SIZE_MAX);
	assert_int_equal(check_built(), -SNAPCAP_REASON_SECTION);
	set_part(SNAPCAP_OS_PART_INITRD, 0x3000, SNAPCAP_OS_PART_SIZE_MAX + 1);
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	set_part(SNAPCAP_OS_PART_INITRD, 0x3800, 0x10);
	assert_int_equal(check_built(), -SNAPCAP_REASON_SECTION);
	set_part(SNAPCAP_OS_PART_INITRD, 0x3000, 0x10);
	set_part(SNAPCAP_OS_PART_KERNEL, 0, 0x1000);
	assert_int_equal(check_built(), -SNAPCAP_REASON_SECTION);
}

static void test_os_place_borders(void **state)
{
	u32 size = 0x2000;

	os.load_addr = 0;
	os.entry = size - 1;
	assert_int_equal(check_built(), 0);
	os.entry = size;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	os.entry = 0;
	/* Down to 0, and no byte below; up to the last page but one, since the end must fit. */
	os.load_addr = 0x1000;
	os.load_bias = -0x1000ULL;
	assert_int_equal(check_built(), 0);
	os.load_bias = -0x2000ULL;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	os.load_bias = -0x4000ULL;
	os.load_addr = -0x1000ULL;
	assert_int_equal(check_built(), 0);
	os.load_bias = -0x2000ULL;
	assert_int_equal(check_built(), 0);
	os.load_bias = -0x1000ULL;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	os.load_bias = 0x1000;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_os_highest_version_is_refused(void **state)
{
	os.version = ~0ULL - 1;
	assert_int_equal(check_built(), 0);
	os.version++;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_os_any_place_has_no_particulars(void **state)
{
	os.load_bias = 0x1000;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
	os.load_bias = 0;
	os.entry = 4;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_os_decoded_kernel_is_what_must_fit(void **state)
{
	struct snapimg_os_part *kernel = &os.part[SNAPCAP_OS_PART_KERNEL];

	kernel->codec = SNAPCAP_CODEC_LZ4;
	kernel->size = 0x100000;
	os.load_addr = -0x101000ULL;
	os.entry = 0xfffff;
	assert_int_equal(check_built(), 0);
	kernel->size = 0x101000;
	assert_int_equal(check_built(), -SNAPCAP_REASON_FIELD);
}

static void test_os_unknown_part_needs_a_compat_feature(void **state)
{
	struct snapimg_os got;

	hdr.part[3].type = cpu_to_le32(5);
	seal();
	assert_int_equal(check(~0ULL), -SNAPCAP_REASON_SECTION);
	hdr.feature_compat = cpu_to_le64(1ULL << 63);
	seal();
	assert_int_equal(snapimg_os_check(&hdr, sizeof(hdr), ~0ULL, &got), 0);
	assert_int_equal(got.part[SNAPCAP_OS_PART_CMDLINE].size, 0);
	assert_int_equal(got.part[SNAPCAP_OS_PART_DTB].size, 0x10);
	hdr.part[3].offset = cpu_to_le64(0x5000);
	seal();
	assert_int_equal(check(~0ULL), -SNAPCAP_REASON_SECTION);
}

static void test_os_holds_eight_parts(void **state)
{
	u32 i;

	for (i = 4; i < 8; i++) {
		hdr.part[i].type = cpu_to_le32(i + 1);
		hdr.part[i].offset = cpu_to_le64(0x1000 * (i + 3));
		hdr.part[i].stored_size = cpu_to_le64(0x10);
	}
	hdr.feature_compat = cpu_to_le64(1);
	hdr.part_count = cpu_to_le32(8);
	hdr.image_size = cpu_to_le64(0xa010);
	seal();
	assert_int_equal(check(~0ULL), 0);
}

/* Another number, or another place: the same files boot the same system. */
static void test_os_identity_is_of_what_is_booted(void **state)
{
	u64 identity = snapimg_os_identity(&os);

	assert_int_not_equal(identity, 0);
	os.version++;
	os.image_size += 0x1000;
	set_part(SNAPCAP_OS_PART_KERNEL, 0x5000, 0x2000);
	set_part(SNAPCAP_OS_PART_DTB, 0x1000, 0x10);
	assert_int_equal(snapimg_os_identity(&os), identity);
}

static void assert_changes(void *field, size_t size, u64 identity)
{
	u8 *bytes = field;
	size_t i;

	for (i = 0; i < size; i++) {
		bytes[i] ^= 1;
		assert_int_not_equal(snapimg_os_identity(&os), identity);
		bytes[i] ^= 1;
	}
	assert_int_equal(snapimg_os_identity(&os), identity);
}

static void test_os_identity_changes_with_each_part(void **state)
{
	u64 identity = snapimg_os_identity(&os);
	u32 type;

	for (type = SNAPCAP_OS_PART_KERNEL; type <= SNAPCAP_OS_PART_CMDLINE; type++) {
		struct snapimg_os_part *part = &os.part[type], saved = *part;

		assert_changes(&part->sum, sizeof(part->sum), identity);
		assert_changes(&part->stored_size, sizeof(part->stored_size), identity);
		assert_changes(&part->size, sizeof(part->size) - 1, identity);
		assert_changes(&part->codec, sizeof(part->codec), identity);
		part->size = 0;
		assert_int_not_equal(snapimg_os_identity(&os), identity);
		*part = saved;
	}
	assert_changes(&os.kernel_release, 8, identity);
	assert_changes(&os.build_id, sizeof(os.build_id), identity);
	assert_changes(&os.load_addr, sizeof(os.load_addr), identity);
	assert_changes(&os.entry, sizeof(os.entry), identity);
}

static void test_os_identity_tells_parts_apart(void **state)
{
	struct snapimg_os_part dtb = os.part[SNAPCAP_OS_PART_DTB];
	u64 identity = snapimg_os_identity(&os);

	os.part[SNAPCAP_OS_PART_DTB] = os.part[SNAPCAP_OS_PART_INITRD];
	os.part[SNAPCAP_OS_PART_INITRD] = dtb;
	assert_int_not_equal(snapimg_os_identity(&os), identity);
}

#define TEST(function)	cmocka_unit_test_setup(function, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_os_check_inverts_build),
		TEST(test_os_parts_are_written_by_offset),
		TEST(test_os_only_the_kernel_is_needed),
		TEST(test_os_avail_is_exact),
		TEST(test_os_short_buffer_is_truncated),
		TEST(test_os_short_buffer_of_something_else_is_told),
		TEST(test_os_reasons_come_in_order),
		TEST(test_os_placement_borders),
		TEST(test_os_place_borders),
		TEST(test_os_highest_version_is_refused),
		TEST(test_os_any_place_has_no_particulars),
		TEST(test_os_decoded_kernel_is_what_must_fit),
		TEST(test_os_unknown_part_needs_a_compat_feature),
		TEST(test_os_holds_eight_parts),
		TEST(test_os_identity_is_of_what_is_booted),
		TEST(test_os_identity_changes_with_each_part),
		TEST(test_os_identity_tells_parts_apart),
	};

	return cmocka_run_group_tests_name("os", tests, NULL, NULL);
}
