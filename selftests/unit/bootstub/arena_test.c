// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "arena.h"

static _Alignas(ARENA_ALIGN) u8 memory[1024];

static void test_take_aligned_and_in_order(void **state)
{
	struct arena a = { memory, sizeof(memory), 0 };

	assert_ptr_equal(arena_take(&a, 1), memory);
	assert_ptr_equal(arena_take(&a, 64), memory + 64);
	assert_ptr_equal(arena_take(&a, 65), memory + 128);
	assert_ptr_equal(arena_take(&a, 0), memory + 256);
	assert_ptr_equal(arena_take(&a, 768), memory + 256);
	assert_null(arena_take(&a, 1));
}

static void test_take_too_much_refused(void **state)
{
	struct arena a = { memory, 1000, 0 };

	assert_null(arena_take(&a, 1001));
	assert_null(arena_take(&a, ~0ULL));
	assert_null(arena_take(&a, ~0ULL - ARENA_ALIGN + 2));
	assert_ptr_equal(arena_take(&a, 100), memory);
	assert_null(arena_take(&a, 1000 - 128 + 1));
	/* The end need not be aligned. */
	assert_ptr_equal(arena_take(&a, 1000 - 128), memory + 128);
	assert_null(arena_take(&a, 1));
}

static void test_copy_of_arena_is_a_mark(void **state)
{
	struct arena a = { memory, sizeof(memory), 0 }, mark;

	arena_take(&a, 10);
	mark = a;
	assert_ptr_equal(arena_take(&mark, 10), memory + 64);
	assert_ptr_equal(arena_take(&a, 10), memory + 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_aligned_and_in_order),
		cmocka_unit_test(test_take_too_much_refused),
		cmocka_unit_test(test_copy_of_arena_is_a_mark),
	};

	return cmocka_run_group_tests_name("bootstub/arena", tests, NULL, NULL);
}
