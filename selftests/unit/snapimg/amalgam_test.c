// SPDX-License-Identifier: GPL-2.0-only
/* All files of the library included into one, as a kernel module builds them. */
#include "../test.h"
#include "../../../lib/snapimg/crc32c.c"
#include "../../../lib/snapimg/header.c"
#include "../../../lib/snapimg/table.c"
#include "../../../lib/snapimg/build.c"
#include "../../../lib/snapimg/chunk.c"
#include "../../../lib/snapimg/slot.c"
#include "../../../lib/snapimg/trial.c"
#include "../../../lib/snapimg/choice.c"
#include "../../../lib/snapimg/cpu.c"
#include "../../../lib/snapimg/os.c"
#include "../../../lib/snapimg/reason.c"
#include "../../../lib/snapimg/layout.c"

static void test_amalgam_works(void **state)
{
	static const u64 data[sizeof(struct snapcap_image_header) / 8];
	struct snapimg img;

	assert_int_equal(snapimg_header_check(data, sizeof(data), sizeof(data), &img),
			 -SNAPCAP_REASON_EMPTY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amalgam_works),
	};

	return cmocka_run_group_tests_name("amalgam", tests, NULL, NULL);
}
