// SPDX-License-Identifier: GPL-2.0-only
#include <linux/snapcap_cpu.h>
#include "../test.h"
#include "snapimg.h"

/* 4 KiB granule in TTBR1, 48 bits. */
#define TCR	(2ULL << 30 | 16ULL << 16)

static struct snapcap_cpu_arm64 cpu;

static int setup(void **state)
{
	memset(&cpu, 0, sizeof(cpu));
	cpu.arch = cpu_to_le32(SNAPCAP_ARCH_ARM64);
	cpu.size = cpu_to_le32(sizeof(cpu));
	cpu.el = cpu_to_le32(1);
	cpu.mair = cpu_to_le64(0x040044ff);
	cpu.tcr = cpu_to_le64(TCR);
	cpu.entry = cpu_to_le64(0xffff800001234560);
	return 0;
}

static int check(void)
{
	return snapimg_cpu_check(SNAPCAP_ARCH_ARM64, &cpu, sizeof(cpu));
}

static void test_good_record(void **state)
{
	assert_int_equal(check(), 0);
	/* What belongs to another architecture is not judged. */
	assert_int_equal(snapimg_cpu_check(SNAPCAP_ARCH_ARM64 + 1, &cpu, 3), 0);
}

static void test_size_and_identity(void **state)
{
	assert_int_equal(snapimg_cpu_check(SNAPCAP_ARCH_ARM64, &cpu, sizeof(cpu) - 1),
			 -SNAPCAP_REASON_CPU);
	assert_int_equal(snapimg_cpu_check(SNAPCAP_ARCH_ARM64, &cpu, sizeof(cpu) + 1),
			 -SNAPCAP_REASON_CPU);
	cpu.size = cpu_to_le32(sizeof(cpu) + 8);
	assert_int_equal(check(), -SNAPCAP_REASON_CPU);
	setup(state);
	cpu.arch = cpu_to_le32(7);
	assert_int_equal(check(), -SNAPCAP_REASON_CPU);
	setup(state);
	cpu.reserved1 = cpu_to_le64(1);
	assert_int_equal(check(), -SNAPCAP_REASON_CPU);
}

static void test_levels(void **state)
{
	static const struct { u32 el, boot_el; bool good; } levels[] = {
		{ 0, 0, false }, { 1, 0, true }, { 2, 0, true }, { 3, 0, false },
		{ 1, 1, true }, { 1, 2, true }, { 2, 2, true }, { 2, 1, false },
		{ 1, 3, false }, { 3, 3, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		cpu.el = cpu_to_le32(levels[i].el);
		cpu.boot_el = cpu_to_le32(levels[i].boot_el);
		assert_int_equal(check(), levels[i].good ? 0 : -SNAPCAP_REASON_CPU);
	}
}

static void test_translation(void **state)
{
	static const u64 bad[] = {
		TCR | 1ULL << 23,			/* EPD1 */
		TCR | 1ULL << 59,			/* DS */
		1ULL << 30 | 16ULL << 16,		/* 16 KiB granule */
		2ULL << 30 | 15ULL << 16,		/* 49 bits */
		2ULL << 30 | 40ULL << 16,		/* 24 bits */
	};
	size_t i;

	/* Right whatever the size of the half. */
	cpu.entry = cpu_to_le64(0xffffffffffffff00);
	assert_int_equal(check(), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cpu.tcr = cpu_to_le64(bad[i]);
		assert_int_equal(check(), -SNAPCAP_REASON_CPU);
	}
	setup(state);
	cpu.mair = cpu_to_le64(0xff00);
	assert_int_equal(check(), -SNAPCAP_REASON_CPU);
}

static void test_entry(void **state)
{
	static const u64 bad[] = { 0x40000000, 0xfffe800001234560, 0xffff800001234562, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cpu.entry = cpu_to_le64(bad[i]);
		assert_int_equal(check(), -SNAPCAP_REASON_CPU);
	}
	/* The half of TTBR1 is smaller with fewer bits. */
	cpu.tcr = cpu_to_le64(2ULL << 30 | 25ULL << 16);
	cpu.entry = cpu_to_le64(0xffff800001234560);
	assert_int_equal(check(), -SNAPCAP_REASON_CPU);
	cpu.entry = cpu_to_le64(0xffffff8001234560);
	assert_int_equal(check(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good_record, setup),
		cmocka_unit_test_setup(test_size_and_identity, setup),
		cmocka_unit_test_setup(test_levels, setup),
		cmocka_unit_test_setup(test_translation, setup),
		cmocka_unit_test_setup(test_entry, setup),
	};

	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
