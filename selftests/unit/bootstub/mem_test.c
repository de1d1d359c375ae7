// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include <linux/snapcap_reason.h>
#include "media/media.h"

static u8 medium[100];

static struct media flash = {
	.name = "flash",
	.size = sizeof(medium),
	.erase_size = 10,
	.map = mem_map,
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

	assert_ptr_equal(media_map(&flash, 0, 100), medium);
	assert_ptr_equal(media_map(&flash, 99, 1), medium + 99);
	assert_non_null(media_map(&flash, 100, 0));
	assert_int_equal(media_read(&flash, 0, buf, 100), 0);
	assert_memory_equal(buf, medium, 100);
	assert_int_equal(media_read(&flash, 98, buf, 2), 0);
	assert_int_equal(buf[1], 99);
}

static void test_outside_is_refused(void **state)
{
	u8 buf[200];

	assert_null(media_map(&flash, 0, 101));
	assert_null(media_map(&flash, 100, 1));
	assert_null(media_map(&flash, 101, 0));
	assert_null(media_map(&flash, ~0ULL, 2));
	assert_null(media_map(&flash, 50, ~(size_t)0));
	assert_int_equal(media_read(&flash, 99, buf, 2), -SNAPCAP_REASON_READ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_inside_is_read, setup),
		cmocka_unit_test_setup(test_outside_is_refused, setup),
	};

	return cmocka_run_group_tests_name("bootstub/mem", tests, NULL, NULL);
}
