// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include <linux/snapcap_reason.h>
#include "flash/flash.h"

static u8 medium[100];

static struct flash flash = {
	.size = sizeof(medium),
	.erase_size = 10,
	.read = mem_read,
	.view = mem_view,
};

static int setup(void **state)
{
	u32 i;

	flash.base = (u64)(uintptr_t)medium;
	for (i = 0; i < sizeof(medium); i++)
		medium[i] = (u8)i;
	return 0;
}

static void test_inside_is_read(void **state)
{
	u8 buf[100];

	assert_ptr_equal(flash_view(&flash, 0, 100), medium);
	assert_ptr_equal(flash_view(&flash, 99, 1), medium + 99);
	assert_non_null(flash_view(&flash, 100, 0));
	assert_int_equal(flash_read(&flash, 0, buf, 100), 0);
	assert_memory_equal(buf, medium, 100);
	assert_int_equal(flash_read(&flash, 98, buf, 2), 0);
	assert_int_equal(buf[1], 99);
}

static void test_outside_is_refused(void **state)
{
	u8 buf[200];

	assert_null(flash_view(&flash, 0, 101));
	assert_null(flash_view(&flash, 100, 1));
	assert_null(flash_view(&flash, 101, 0));
	assert_null(flash_view(&flash, ~0ULL, 2));
	assert_null(flash_view(&flash, 50, ~(size_t)0));
	assert_int_equal(flash_read(&flash, 99, buf, 2), -SNAPCAP_REASON_READ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_inside_is_read, setup),
		cmocka_unit_test_setup(test_outside_is_refused, setup),
	};

	return cmocka_run_group_tests_name("bootstub/mem", tests, NULL, NULL);
}
