// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "arch/arch.h"
#include "memtest.h"

#define WORDS	(3 * 1024 * 1024 / 8 + 512)

static u64 first[WORDS], second[4096];
static struct snapimg_range range[2];
static u32 flushed, steps, stop_at;
static void (*at_flush)(void);

/* Between the fill and the check of a pass: where memory loses what it was given. */
void arch_flush(u64 base, u64 size)
{
	flushed++;
	if (at_flush)
		at_flush();
}

static bool count_step(void *ctx, u32 pass, u64 address)
{
	assert_true(pass < MEMTEST_PASSES);
	return ++steps != stop_at;
}

static int setup(void **state)
{
	range[0] = (struct snapimg_range){ (uintptr_t)first, sizeof(first) };
	range[1] = (struct snapimg_range){ (uintptr_t)second, sizeof(second) };
	flushed = 0;
	steps = 0;
	stop_at = 0;
	at_flush = NULL;
	return 0;
}

static int run(struct memtest_fault *fault)
{
	return memtest(range, 2, count_step, NULL, fault);
}

static void test_good_memory_passes(void **state)
{
	struct memtest_fault fault;

	assert_int_equal(run(&fault), 0);
	/* Five pieces of at most a MiB, three times each pass. */
	assert_int_equal(steps, 5 * 3 * MEMTEST_PASSES);
	assert_int_equal(flushed, 5 * MEMTEST_PASSES);
}

static void stuck_at_zero(void)
{
	second[7] &= ~(1ULL << 33);
}

static void stuck_at_one(void)
{
	first[WORDS - 1] |= 1ULL << 2;
}

static void test_stuck_bit_is_found(void **state)
{
	struct memtest_fault fault;

	at_flush = stuck_at_zero;
	assert_int_equal(run(&fault), 1);
	assert_int_equal(fault.address, (uintptr_t)&second[7]);
	assert_int_equal(fault.written ^ fault.read, 1ULL << 33);

	at_flush = stuck_at_one;
	assert_int_equal(run(&fault), 1);
	assert_int_equal(fault.address, (uintptr_t)&first[WORDS - 1]);
	assert_int_equal(fault.written ^ fault.read, 1ULL << 2);
}

/* Address line 15 is cut: what is written above a step of 32 KiB lands below it. */
static void fold(void)
{
	memcpy(&second[0], &first[4096], 8);
	memcpy(&first[0], &first[4096], 32768);
}

static void test_cut_address_line_is_found(void **state)
{
	struct memtest_fault fault;

	at_flush = fold;
	assert_int_equal(run(&fault), 1);
	assert_int_equal(fault.address, (uintptr_t)&first[0]);
}

/* A bit that follows its neighbour of the same word, or one of another address. */
static void follow_neighbour(void)
{
	first[3] = (first[3] & ~2ULL) | (first[3] & 1) << 1;
}

static u64 seen_zero, seen_one;

static void collect(void)
{
	seen_zero |= ~second[9];
	seen_one |= second[9];
}

static void test_every_bit_is_both(void **state)
{
	struct memtest_fault fault;

	seen_zero = seen_one = 0;
	at_flush = collect;
	assert_int_equal(run(&fault), 0);
	assert_true(seen_zero == ~0ULL && seen_one == ~0ULL);
	at_flush = follow_neighbour;
	assert_int_equal(run(&fault), 1);
	assert_int_equal(fault.address, (uintptr_t)&first[3]);
}

/* By its own address, so that words that change places are seen. */
static void swap(void)
{
	u64 word = first[100];

	first[100] = first[90000];
	first[90000] = word;
}

static void test_words_that_change_places_are_found(void **state)
{
	struct memtest_fault fault;

	at_flush = swap;
	assert_int_equal(run(&fault), 1);
	assert_int_equal(fault.address, (uintptr_t)&first[100]);
}

static void test_it_can_be_ended(void **state)
{
	struct memtest_fault fault;

	stop_at = 7;
	assert_int_equal(run(&fault), 2);
	assert_int_equal(steps, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good_memory_passes, setup),
		cmocka_unit_test_setup(test_stuck_bit_is_found, setup),
		cmocka_unit_test_setup(test_cut_address_line_is_found, setup),
		cmocka_unit_test_setup(test_every_bit_is_both, setup),
		cmocka_unit_test_setup(test_words_that_change_places_are_found, setup),
		cmocka_unit_test_setup(test_it_can_be_ended, setup),
	};

	return cmocka_run_group_tests_name("bootstub/memtest", tests, NULL, NULL);
}
