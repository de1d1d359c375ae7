// SPDX-License-Identifier: GPL-2.0-only
/* Choosing a snapshot, on flash that takes it, and on flash that does not. */
#include "../test.h"
#include "sample.h"
#include "snapstore.h"

#define BLOCK	32768
#define SIZE	(3 * BLOCK)
#define WORDS	SNAPCAP_CHOICE_WORDS
#define WORD	8

static struct {
	u64 align;
	u8 bytes[SIZE];
} medium;
/* Per word of the log of the slot in the middle: what the flash does wrong with it. */
static enum { GOOD, FAILS, FAILS_BUT_DOES_IT, LOSES, DAMAGES, UNREADABLE } word_is[WORDS];
static u32 programs;
static struct snapimg_slot slot;
static struct snapstore st;

static u8 *word(u32 i)
{
	return medium.bytes + BLOCK + SNAPCAP_CHOICE_OFF + i * WORD;
}

static u32 kind_at(u64 off)
{
	u64 i = (off - BLOCK - SNAPCAP_CHOICE_OFF) / WORD;

	return i < WORDS ? word_is[i] : GOOD;
}

static int read_flash(void *ctx, u64 off, void *to, size_t len)
{
	assert_true(off <= SIZE && len <= SIZE - off);
	memcpy(to, medium.bytes + off, len);
	/* Only when it is read by itself. */
	return len == WORD && kind_at(off) == UNREADABLE ? -SNAPCAP_REASON_READ : 0;
}

static int program_flash(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	u64 at = off % BLOCK - SNAPCAP_CHOICE_OFF;
	const u8 *from = data;

	assert_int_equal(len, WORD);
	assert_true(!(at % WORD) && at < WORDS * WORD);
	programs++;
	for (u32 i = 0; i < WORD && kind_at(off) != FAILS && kind_at(off) != LOSES; i++)
		medium.bytes[off + i] &= from[i];
	if (kind_at(off) == DAMAGES)
		medium.bytes[off + 5] = 0;
	if (kind_at(off) == FAILS || kind_at(off) == FAILS_BUT_DOES_IT)
		return -5;
	*done = len;
	return 0;
}

static struct snapstore_flash flash = {
	.reader = { SIZE, read_flash, NULL },
	.erase_size = BLOCK,
	.write_size = 1,
	.program = program_flash,
};

static void put(u64 offset, u64 sequence)
{
	struct sample s;

	sample_init(&s, sequence);
	memcpy(medium.bytes + offset, s.bytes, sizeof(s.bytes));
	memset(medium.bytes + offset + SNAPCAP_CHOICE_OFF, 0xff, WORDS * WORD);
	memset(medium.bytes + offset + SNAPCAP_TRIAL_OFF, 0xff, 2048);
}

static int setup(void **state)
{
	memset(&medium, 0xff, sizeof(medium));
	memset(word_is, 0, sizeof(word_is));
	flash.write_size = 1;
	put(0, 3);
	put(BLOCK, 1);
	put(2 * BLOCK, 2);
	programs = 0;
	assert_int_equal(snapimg_slot_probe(&flash.reader, BLOCK, &slot), 0);
	return 0;
}

/* The order of the three, by their places, in blocks. */
static void assert_order(u32 first, u32 second, u32 third)
{
	const u32 order[] = { first, second, third };
	u64 below = ~0ULL;

	for (u32 i = 0; i < ARRAY_SIZE(order); i++) {
		assert_int_equal(snapimg_slot_newest(&flash.reader, BLOCK, below, &slot), 0);
		assert_int_equal(slot.offset, order[i] * BLOCK);
		below = slot.rank;
	}
	assert_int_not_equal(snapimg_slot_newest(&flash.reader, BLOCK, below, &slot), 0);
}

static u64 next_number(void)
{
	memset(&st, 0, sizeof(st));
	st.flash = flash;
	assert_int_equal(snapstore_open(&st, 0, 0), 0);
	assert_int_equal(snapstore_find_previous(&st), 0);
	return snapstore_sequence(&st);
}

static int choose(u32 block)
{
	u64 number = next_number();

	assert_int_equal(snapimg_slot_probe(&flash.reader, (u64)block * BLOCK, &slot), 0);
	return snapstore_choose(&flash, &slot, number);
}

static bool is_firm(u32 block)
{
	next_number();
	snapimg_slot_probe(&flash.reader, (u64)block * BLOCK, &slot);
	return snapstore_is_chosen(&st, &slot);
}

static void test_chosen_one_is_first(void **state)
{
	assert_order(0, 2, 1);
	assert_true(is_firm(0));
	assert_false(is_firm(1));
	assert_int_equal(choose(1), 0);
	/* Two zeros, the choice, two zeros. */
	assert_int_equal(programs, 6);
	assert_order(1, 0, 2);
	assert_true(is_firm(1));
	assert_false(is_firm(0));
	assert_int_equal(st.previous.rank, 4);
	assert_int_equal(next_number(), 5);
	assert_int_equal(choose(2), 0);
	assert_order(2, 1, 0);
	assert_int_equal(choose(0), 0);
	assert_order(0, 2, 1);
	assert_int_equal(choose(1), 0);
	assert_order(1, 0, 2);
	assert_int_equal(next_number(), 8);
}

/* Nothing of the header, the mark and the trial log is touched. */
static void test_choosing_changes_the_choice_log_alone(void **state)
{
	static u8 before[SIZE];

	memcpy(before, medium.bytes, SIZE);
	assert_int_equal(choose(1), 0);
	memset(word(0), 0xff, 6 * WORD);
	assert_memory_equal(before, medium.bytes, SIZE);
}

static void test_choosing_again_goes_behind(void **state)
{
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(snapstore_choose(&flash, &slot, 10 + i), 0);
		assert_int_equal(snapimg_slot_probe(&flash.reader, BLOCK, &slot), 0);
		assert_int_equal(slot.rank, 10 + i);
	}
}

/* A word that was cut off may be there the next time: it must not make two of a kind. */
static void test_what_was_cut_off_is_ended(void **state)
{
	static const u8 zero[WORD];
	struct snapcap_choice lost;

	snapimg_choice_build(slot.img.header_crc, 4, &lost);
	/* It was seen, and was alone. */
	memcpy(word(0), &lost, WORD);
	assert_int_equal(next_number(), 5);
	assert_order(0, 2, 1);
	assert_false(is_firm(0));
	assert_int_equal(choose(1), 0);
	assert_memory_equal(word(0), zero, WORD);
	assert_memory_equal(word(1), zero, WORD);
	assert_int_equal(slot.rank, 1);
	assert_order(1, 0, 2);
	/* A whole one, that may have been the last thing before the power went. */
	setup(NULL);
	memcpy(word(0), &lost, WORD);
	memcpy(word(1), &lost, WORD);
	assert_order(1, 0, 2);
	assert_false(is_firm(1));
	assert_int_equal(choose(1), 0);
	assert_true(is_firm(1));
	assert_memory_equal(word(0), &lost, WORD);
	assert_memory_equal(word(1), zero, WORD);
}

static void test_number_of_one_that_was_cut_off_is_used_up(void **state)
{
	snapimg_choice_build(slot.img.header_crc, 9, (void *)word(0));
	assert_int_equal(next_number(), 10);
	/* Of one without a mark, too: it may have one the next time. */
	memset(medium.bytes + BLOCK + SNAPCAP_COMMIT_OFF, 0xff, 64);
	assert_int_equal(next_number(), 10);
	/* But not a number that no choice could have had. */
	snapimg_choice_build(slot.img.header_crc, 3 + (1U << 20) + 1, (void *)word(0));
	assert_int_equal(next_number(), 4);
}

static void test_words_that_are_not_taken_are_passed_over(void **state)
{
	word_is[2] = LOSES;
	word_is[4] = DAMAGES;
	word_is[5] = FAILS;
	word_is[7] = FAILS_BUT_DOES_IT;
	assert_int_equal(choose(1), 0);
	assert_order(1, 0, 2);
	assert_int_equal(programs, 10);
}

static void test_failures_leave_the_order(void **state)
{
	static const struct {
		int is;
		int error;
	} cases[] = {
		{ FAILS, -SNAPSTORE_E_WRITE }, { LOSES, -SNAPSTORE_E_READ_BACK },
		{ DAMAGES, -SNAPSTORE_E_READ_BACK }, { UNREADABLE, -SNAPSTORE_E_READ },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		for (u32 from = 0; from < 3; from += 2) {
			setup(NULL);
			for (u32 k = from; k < WORDS; k++)
				word_is[k] = cases[i].is;
			/* Zeros are zeros, damaged or not. */
			if (cases[i].is != DAMAGES || from)
				assert_int_equal(choose(1), cases[i].error);
			assert_in_range(programs, 0, 12);
		}
		/* What cannot be read by itself may be chosen all the same. */
		if (cases[i].is != UNREADABLE)
			assert_order(0, 2, 1);
	}
}

static void test_full_log(void **state)
{
	u32 done = 0;

	while (!snapstore_choose(&flash, &slot, 10 + done))
		done++;
	/* Six words each. */
	assert_in_range(done, 40, 43);
	programs = 0;
	assert_int_equal(snapstore_choose(&flash, &slot, 1000), -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(programs, 0);
	assert_int_equal(snapimg_slot_probe(&flash.reader, BLOCK, &slot), 0);
	assert_int_equal(slot.rank, 10 + done - 1);
}

static void test_refusals(void **state)
{
	assert_int_equal(snapstore_choose(&flash, &slot, 0), -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_choose(&flash, &slot, 0xffffffff), -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_choose(&flash, &slot, 1ULL << 32), -SNAPSTORE_E_RANGE);
	flash.write_size = 16;
	assert_int_equal(snapstore_choose(&flash, &slot, 7), -SNAPSTORE_E_WRITE);
	flash.write_size = 8;
	slot.offset = SIZE;
	assert_int_equal(snapstore_choose(&flash, &slot, 7), -SNAPSTORE_E_READ);
	assert_int_equal(programs, 0);
	slot.offset = BLOCK;
	assert_int_equal(snapstore_choose(&flash, &slot, 0xfffffffe), 0);
	assert_int_equal(next_number(), 0xffffffff);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_chosen_one_is_first, setup),
		cmocka_unit_test_setup(test_choosing_changes_the_choice_log_alone, setup),
		cmocka_unit_test_setup(test_choosing_again_goes_behind, setup),
		cmocka_unit_test_setup(test_what_was_cut_off_is_ended, setup),
		cmocka_unit_test_setup(test_number_of_one_that_was_cut_off_is_used_up, setup),
		cmocka_unit_test_setup(test_words_that_are_not_taken_are_passed_over, setup),
		cmocka_unit_test_setup(test_failures_leave_the_order, setup),
		cmocka_unit_test_setup(test_full_log, setup),
		cmocka_unit_test_setup(test_refusals, setup),
	};

	return cmocka_run_group_tests_name("snapstore/choose", tests, NULL, NULL);
}
