// SPDX-License-Identifier: GPL-2.0-only
/* The choice log as it is read: two words are a choice, one is none, damaged ones are none. */
#include "../test.h"
#include "snapimg.h"

#define SLOT	16384
#define SIZE	(SLOT + SNAPCAP_BODY_OFF)
#define WORDS	SNAPCAP_CHOICE_WORDS
#define CRC	0x12345678

static u8 bytes[SIZE];
static u64 bad_read;
static u32 reads;

static int read_medium(void *ctx, u64 off, void *buf, size_t len)
{
	reads++;
	assert_true(off >= SLOT + SNAPCAP_CHOICE_OFF);
	assert_true(off <= SLOT + SNAPCAP_COMMIT_OFF && len <= SLOT + SNAPCAP_COMMIT_OFF - off);
	if (bad_read >= off && bad_read - off < len)
		return -SNAPCAP_REASON_READ;
	memcpy(buf, bytes + off, len);
	return 0;
}

static const struct snapimg_reader reader = { .size = SIZE, .read = read_medium };

static int setup(void **state)
{
	/* What is around the log must not matter. */
	memset(bytes, 0x5a, sizeof(bytes));
	memset(bytes + SLOT + SNAPCAP_CHOICE_OFF, 0xff, WORDS * sizeof(struct snapcap_choice));
	bad_read = ~0ULL;
	reads = 0;
	return 0;
}

static u8 *word(u32 i)
{
	return bytes + SLOT + SNAPCAP_CHOICE_OFF + i * sizeof(struct snapcap_choice);
}

static void put(u32 i, u32 number)
{
	snapimg_choice_build(CRC, number, (void *)word(i));
}

static void expect(u32 number, u32 highest, u32 used, u32 end)
{
	struct snapimg_choice choice;

	memset(&choice, 0xa5, sizeof(choice));
	assert_int_equal(snapimg_choice_read(&reader, SLOT, CRC, &choice), 0);
	assert_int_equal(choice.number, number);
	assert_int_equal(choice.highest, highest);
	assert_int_equal(choice.used, used);
	assert_int_equal(choice.end, end);
}

/* That of a snapshot nobody has chosen costs one read. */
static void test_choice_empty_log(void **state)
{
	expect(0, 0, 0, 0);
	assert_int_equal(reads, 1);
}

static void test_choice_is_two_words(void **state)
{
	put(0, 7);
	expect(0, 7, 1, 0);
	put(1, 7);
	expect(7, 7, 2, 2);
	memset(word(2), 0, 8);
	expect(7, 7, 3, 2);
	put(3, 9);
	expect(7, 9, 4, 2);
	put(4, 9);
	expect(9, 9, 5, 5);
}

static void test_choice_words_have_to_be_neighbours_and_equal(void **state)
{
	put(0, 7);
	put(2, 7);
	expect(0, 7, 3, 0);
	put(3, 8);
	expect(0, 8, 4, 0);
	memset(word(1), 0, 8);
	expect(0, 8, 4, 0);
}

/* Whoever chooses takes a higher number: a lower one behind it was put there by somebody else. */
static void test_choice_highest_counts(void **state)
{
	put(0, 9);
	put(1, 9);
	put(2, 8);
	put(3, 8);
	expect(9, 9, 4, 2);
	put(4, 9);
	put(5, 9);
	expect(9, 9, 6, 6);
}

static void test_choice_numbers_have_limits(void **state)
{
	put(0, 0);
	put(1, 0);
	expect(0, 0, 2, 0);
	put(2, ~0U);
	put(3, ~0U);
	expect(0, 0, 4, 0);
	put(4, SNAPCAP_CHOICE_NUMBER_MAX);
	put(5, SNAPCAP_CHOICE_NUMBER_MAX);
	expect(SNAPCAP_CHOICE_NUMBER_MAX, SNAPCAP_CHOICE_NUMBER_MAX, 6, 6);
}

static void test_choice_is_of_one_snapshot(void **state)
{
	struct snapimg_choice choice;

	put(0, 7);
	put(1, 7);
	assert_int_equal(snapimg_choice_read(&reader, SLOT, CRC + 1, &choice), 0);
	assert_int_equal(choice.number + choice.highest + choice.end, 0);
	assert_int_equal(choice.used, 2);
}

static void test_choice_every_flipped_bit(void **state)
{
	for (u32 bit = 0; bit < 128; bit++) {
		put(0, 7);
		put(1, 7);
		word(0)[bit / 8] ^= 1 << bit % 8;
		expect(0, 7, 2, 0);
	}
}

static void test_choice_in_every_place(void **state)
{
	for (u32 i = 0; i + 1 < WORDS; i++) {
		setup(NULL);
		memset(word(0), 0, i * 8);
		put(i, 7);
		put(i + 1, 7);
		expect(7, 7, i + 2, i + 2);
	}
}

static void test_choice_unreadable_log_chooses_nothing(void **state)
{
	struct snapimg_choice choice;

	for (u32 i = 0; i < WORDS; i += 2) {
		put(i, 7);
		put(i + 1, 7);
	}
	expect(7, 7, WORDS, WORDS);
	bad_read = SLOT + SNAPCAP_COMMIT_OFF - 1;
	memset(&choice, 0xa5, sizeof(choice));
	assert_int_equal(snapimg_choice_read(&reader, SLOT, CRC, &choice), -SNAPCAP_REASON_READ);
	assert_int_equal(choice.number + choice.highest + choice.used + choice.end, 0);
}

static void test_choice_slot_outside_the_medium(void **state)
{
	static const u64 slots[] = { SLOT + 1, SIZE - 1, SIZE, SIZE + 1, ~0ULL };
	struct snapimg_choice choice;

	for (u32 i = 0; i < ARRAY_SIZE(slots); i++)
		assert_int_equal(snapimg_choice_read(&reader, slots[i], CRC, &choice),
				 -SNAPCAP_REASON_READ);
	assert_int_equal(reads, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_choice_empty_log, setup),
		cmocka_unit_test_setup(test_choice_is_two_words, setup),
		cmocka_unit_test_setup(test_choice_words_have_to_be_neighbours_and_equal, setup),
		cmocka_unit_test_setup(test_choice_highest_counts, setup),
		cmocka_unit_test_setup(test_choice_numbers_have_limits, setup),
		cmocka_unit_test_setup(test_choice_is_of_one_snapshot, setup),
		cmocka_unit_test_setup(test_choice_every_flipped_bit, setup),
		cmocka_unit_test_setup(test_choice_in_every_place, setup),
		cmocka_unit_test_setup(test_choice_unreadable_log_chooses_nothing, setup),
		cmocka_unit_test_setup(test_choice_slot_outside_the_medium, setup),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
