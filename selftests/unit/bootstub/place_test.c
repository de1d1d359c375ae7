// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "../test.h"
#include "place.h"

#define MIB	(1ULL << 20)

static const struct snapimg_range ram[] = {
	{ 0x40000000, 16 * MIB },
	{ 0x80000000, 64 * MIB },
};
static struct place place;

static int setup(void **state)
{
	memset(&place, 0, sizeof(place));
	place.ram = ram;
	place.ram_count = ARRAY_SIZE(ram);
	return 0;
}

static u64 find(u64 size, u64 align, u64 offset)
{
	u64 base;

	assert_int_equal(place_find(&place, size, align, offset, &base), 0);
	return base;
}

static void refuse(u64 size, u64 align, u64 offset)
{
	u64 base;

	assert_int_equal(place_find(&place, size, align, offset, &base),
			 -SNAPCAP_REASON_NO_SPACE);
}

static void test_lowest_room_is_taken(void **state)
{
	assert_int_equal(find(100, 4096, 0), 0x40000000);
	assert_int_equal(find(100, 4096, 0), 0x40001000);
	assert_int_equal(find(100, 8, 0), 0x40000068);
	assert_int_equal(find(MIB, 2 * MIB, 0), 0x40200000);
	assert_int_equal(find(16 * MIB, 4096, 0), 0x80000000);
}

static void test_taken_is_passed_over(void **state)
{
	/* In any order, touching and overlapping. */
	assert_int_equal(place_take(&place, 0x40200000, MIB), 0);
	assert_int_equal(place_take(&place, 0x40000000, MIB), 0);
	assert_int_equal(place_take(&place, 0x40080000, 2 * MIB), 0);
	assert_int_equal(find(4096, 4096, 0), 0x40300000);
	assert_int_equal(find(4096, 2 * MIB, 0), 0x40400000);
}

static void test_nothing_below_low(void **state)
{
	place.low = 0x40400000;
	assert_int_equal(find(4096, 4096, 0), 0x40400000);
	place.low = 0x80000001;
	assert_int_equal(find(4096, 4096, 0), 0x80001000);
}

static void test_offset_counts_from_the_base(void **state)
{
	place.low = 0x40400000;
	assert_int_equal(find(MIB, 2 * MIB, 0x80000), 0x40400000);
	assert_int_equal(place.taken[0].base, 0x40480000);
	/* The room before the offset is still free. */
	assert_int_equal(find(0x80000, 4096, 0), 0x40400000);
}

static void test_whole_range_fits_and_no_more(void **state)
{
	assert_int_equal(find(64 * MIB, 4096, 0), 0x80000000);
	refuse(16 * MIB + 1, 1, 0);
	assert_int_equal(find(16 * MIB, 1, 0), 0x40000000);
	refuse(1, 1, 0);
}

static void test_senseless_sizes_refused(void **state)
{
	refuse(0, 1, 0);
	refuse(~0ULL, 1, 0);
	refuse(1, 1ULL << 63, 0);
	refuse(1, 1, ~0ULL);
	refuse(1ULL << 61, 1ULL << 61, 1ULL << 61);
	assert_int_equal(place_take(&place, ~0ULL, 2), -SNAPCAP_REASON_NO_SPACE);
}

static void test_table_full_refused(void **state)
{
	u32 i;

	for (i = 0; i < PLACE_TAKEN_MAX; i++)
		assert_int_equal(place_take(&place, 0x1000 * i, 1), 0);
	assert_int_equal(place_take(&place, 0x100000, 1), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_take(&place, 0x100000, 0), 0);
	refuse(1, 1, 0);
}

static bool apart(const struct snapimg_range *a, const struct snapimg_range *b)
{
	return a->base + a->size <= b->base || b->base + b->size <= a->base;
}

static void test_random_places_never_overlap(void **state)
{
	int turn;
	u32 i, j;

	srandom(1);
	for (turn = 0; turn < 2000; turn++) {
		setup(state);
		while (place.taken_count < PLACE_TAKEN_MAX) {
			u64 align = 1ULL << random() % 22, base;
			u64 size = 1 + random() % (8 * MIB), offset = random() % MIB;

			if (place_find(&place, size, align, offset, &base))
				break;
			assert_int_equal(base & (align - 1), 0);
		}
		for (i = 0; i < place.taken_count; i++) {
			const struct snapimg_range *t = &place.taken[i];

			assert_true((t->base >= ram[0].base &&
				     t->base + t->size <= ram[0].base + ram[0].size) ||
				    (t->base >= ram[1].base &&
				     t->base + t->size <= ram[1].base + ram[1].size));
			for (j = 0; j < i; j++)
				assert_true(apart(t, &place.taken[j]));
		}
	}
}

static void test_place_that_was_chosen(void **state)
{
	assert_int_equal(place_at(&place, 0x40000000, 16 * MIB), 0);
	assert_int_equal(place_at(&place, 0x40000000 + 16 * MIB - 1, 1), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, 0x80000000, 64 * MIB + 1), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, 0x7fffffff, 2), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, 0x80000000, 0), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, 0x80000000, ~0ULL), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, ~0ULL - 8, 8), -SNAPCAP_REASON_NO_SPACE);
	place.low = 0x80001000;
	assert_int_equal(place_at(&place, 0x80000000, 0x2000), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, 0x80001000, 0x2000), 0);
	assert_int_equal(place_at(&place, 0x80002fff, 1), -SNAPCAP_REASON_NO_SPACE);
	assert_int_equal(place_at(&place, 0x80003000, 1), 0);
}

static void expect_gap(u64 *from, u64 base, u64 size)
{
	struct snapimg_range gap;

	assert_true(place_gap(&place, *from, &gap));
	assert_int_equal(gap.base, base);
	assert_int_equal(gap.size, size);
	*from = gap.base + gap.size;
}

static void test_gaps_are_what_is_not_taken(void **state)
{
	struct snapimg_range gap;
	u64 from = 0;

	place.low = 0x40000000 + MIB;
	/* In any order, and one over another. */
	assert_int_equal(place_take(&place, 0x80000000 + 2 * MIB, 2 * MIB), 0);
	assert_int_equal(place_take(&place, 0x80000000, MIB), 0);
	assert_int_equal(place_take(&place, 0x80000000 + MIB / 2, MIB), 0);
	assert_int_equal(place_take(&place, 0x80000000 + 63 * MIB, 8 * MIB), 0);
	expect_gap(&from, 0x40000000 + MIB, 15 * MIB);
	expect_gap(&from, 0x80000000 + MIB + MIB / 2, MIB / 2);
	expect_gap(&from, 0x80000000 + 4 * MIB, 59 * MIB);
	assert_false(place_gap(&place, from, &gap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lowest_room_is_taken, setup),
		cmocka_unit_test_setup(test_taken_is_passed_over, setup),
		cmocka_unit_test_setup(test_nothing_below_low, setup),
		cmocka_unit_test_setup(test_offset_counts_from_the_base, setup),
		cmocka_unit_test_setup(test_whole_range_fits_and_no_more, setup),
		cmocka_unit_test_setup(test_senseless_sizes_refused, setup),
		cmocka_unit_test_setup(test_table_full_refused, setup),
		cmocka_unit_test_setup(test_random_places_never_overlap, setup),
		cmocka_unit_test_setup(test_place_that_was_chosen, setup),
		cmocka_unit_test_setup(test_gaps_are_what_is_not_taken, setup),
	};

	return cmocka_run_group_tests_name("bootstub/place", tests, NULL, NULL);
}
