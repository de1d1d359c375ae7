// SPDX-License-Identifier: GPL-2.0-only
/* The trial log as it is read: what counts, what does not, and what is damaged. */
#include "../test.h"
#include "snapimg.h"

#define SLOT	16384
#define SIZE	(SLOT + SNAPCAP_BODY_OFF)
#define WORDS	SNAPCAP_TRIAL_WORDS

static u8 bytes[SIZE];
static u64 bad_read;
static u32 reads;

static int read_medium(void *ctx, u64 off, void *buf, size_t len)
{
	reads++;
	assert_true(off <= SIZE && len <= SIZE - off);
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
	memset(bytes + SLOT + SNAPCAP_TRIAL_OFF, 0xff, WORDS * SNAPCAP_TRIAL_WORD_SIZE);
	bad_read = ~0ULL;
	reads = 0;
	return 0;
}

static u8 *word(u32 i)
{
	return bytes + SLOT + SNAPCAP_TRIAL_OFF + i * SNAPCAP_TRIAL_WORD_SIZE;
}

static void note_try(u32 i)
{
	memset(word(i), 0, SNAPCAP_TRIAL_WORD_SIZE);
}

static void note_confirm(u32 i)
{
	memcpy(word(i), SNAPCAP_TRIAL_CONFIRM, SNAPCAP_TRIAL_WORD_SIZE);
}

static void expect(bool confirmed, u32 tries, u32 used)
{
	struct snapimg_trial trial;

	memset(&trial, 0xa5, sizeof(trial));
	assert_int_equal(snapimg_trial_read(&reader, SLOT, &trial), 0);
	assert_int_equal(trial.confirmed, confirmed);
	assert_int_equal(trial.tries, tries);
	assert_int_equal(trial.used, used);
}

static void test_trial_empty_log(void **state)
{
	expect(false, 0, 0);
}

static void test_trial_tries_add_up(void **state)
{
	for (u32 i = 0; i < WORDS; i++) {
		note_try(i);
		expect(false, i + 1, i + 1);
	}
}

static void test_trial_confirmation_and_back(void **state)
{
	note_try(0);
	note_try(1);
	note_confirm(2);
	expect(true, 0, 3);
	note_confirm(3);
	expect(true, 0, 4);
	note_try(4);
	expect(false, 1, 5);
	note_try(5);
	expect(false, 2, 6);
	note_confirm(6);
	expect(true, 0, 7);
}

/* A word that was left out, or reads as if it was. */
static void test_trial_holes_count_nothing(void **state)
{
	note_try(0);
	note_try(3);
	expect(false, 2, 4);
	note_confirm(5);
	expect(true, 0, 6);
	note_try(WORDS - 1);
	expect(false, 1, WORDS);
}

static void test_trial_damaged_words_are_tries(void **state)
{
	static const u8 torn[][9] = {
		"\0\0\0\0\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff", "SNAPGOO@", "SNAPGOO",
		"DOOGPANS", "\xac\xb1\xbe\xaf\xb8\xb0\xb0\xbb",
	};

	for (u32 i = 0; i < ARRAY_SIZE(torn); i++) {
		memcpy(word(0), torn[i], SNAPCAP_TRIAL_WORD_SIZE);
		expect(false, 1, 1);
	}
	note_confirm(0);
	memcpy(word(1), torn[0], SNAPCAP_TRIAL_WORD_SIZE);
	expect(false, 1, 2);
}

static bool is_torn(void)
{
	struct snapimg_trial trial;

	assert_int_equal(snapimg_trial_read(&reader, SLOT, &trial), 0);
	return trial.torn;
}

/* Which bits of a confirmation are programmed already, nobody knows. */
static void test_trial_half_a_confirmation_is_nothing(void **state)
{
	static const u8 torn[][9] = {
		"SNAPGOO\xff", "\xffNAPGOOD", "SNAP\xff\xff\xff\xff", "snapgood",
		"\xff\xff\xff\xff\xff\xff\xff\x7f",
	};

	note_try(0);
	for (u32 i = 0; i < ARRAY_SIZE(torn); i++) {
		memcpy(word(2), torn[i], SNAPCAP_TRIAL_WORD_SIZE);
		expect(false, 1, 3);
		assert_true(is_torn());
	}
	note_try(3);
	expect(false, 2, 4);
	assert_false(is_torn());
	/* Nor does it end one that is whole. */
	note_confirm(0);
	memset(word(3), 0xff, SNAPCAP_TRIAL_WORD_SIZE);
	expect(true, 0, 3);
	assert_true(is_torn());
	note_confirm(3);
	assert_false(is_torn());
}

/* A confirmation is not one bit away from anything that is none. */
static void test_trial_every_flipped_bit_of_a_confirmation(void **state)
{
	for (u32 bit = 0; bit < 8 * SNAPCAP_TRIAL_WORD_SIZE; bit++) {
		note_confirm(0);
		word(0)[bit / 8] ^= 1 << bit % 8;
		expect(false, is_torn() ? 0 : 1, 1);
		assert_int_equal(is_torn(), word(0)[bit / 8] >> bit % 8 & 1);
	}
}

static void test_trial_last_word(void **state)
{
	note_confirm(WORDS - 1);
	expect(true, 0, WORDS);
}

static void test_trial_unreadable_log_says_nothing(void **state)
{
	struct snapimg_trial trial;

	note_confirm(0);
	bad_read = SLOT + SNAPCAP_TRIAL_OFF + WORDS * SNAPCAP_TRIAL_WORD_SIZE - 1;
	memset(&trial, 0xa5, sizeof(trial));
	assert_int_equal(snapimg_trial_read(&reader, SLOT, &trial), -SNAPCAP_REASON_READ);
	assert_false(trial.confirmed);
	assert_int_equal(trial.tries + trial.used, 0);
}

static void test_trial_slot_outside_the_medium(void **state)
{
	static const u64 slots[] = { SLOT + 1, SIZE - 1, SIZE, SIZE + 1, ~0ULL };
	struct snapimg_trial trial;

	for (u32 i = 0; i < ARRAY_SIZE(slots); i++)
		assert_int_equal(snapimg_trial_read(&reader, slots[i], &trial),
				 -SNAPCAP_REASON_READ);
	assert_int_equal(reads, 0);
}

static int judge(const struct snapimg_trial *trial, u32 limit, u32 tried, u32 count, u32 notes)
{
	struct snapimg_verdict verdict;
	int ret;

	memset(&verdict, 0xa5, sizeof(verdict));
	ret = snapimg_trial_judge(trial, limit, tried, &verdict);
	assert_int_equal(verdict.count, count);
	assert_int_equal(verdict.notes, notes);
	return ret;
}

static void test_trial_judges_by_the_limit(void **state)
{
	struct snapimg_trial trial = { .tries = 2, .used = 2 };

	assert_int_equal(judge(&trial, 3, 0, 2, 1), 0);
	assert_int_equal(judge(&trial, 2, 0, 2, 1), -SNAPCAP_REASON_ATTEMPTS);
	assert_int_equal(judge(&trial, 1, 0, 2, 1), -SNAPCAP_REASON_ATTEMPTS);
	assert_int_equal(judge(&trial, 0, 0, 2, 0), 0);
	trial.tries = 0;
	assert_int_equal(judge(&trial, 1, 0, 0, 1), 0);
}

/* The page knows of tries that could not be noted, the log of those before a power cut. */
static void test_trial_judges_by_the_higher_count(void **state)
{
	struct snapimg_trial trial = { .tries = 1, .used = 1 };

	assert_int_equal(judge(&trial, 3, 1, 1, 1), 0);
	assert_int_equal(judge(&trial, 3, 2, 2, 2), 0);
	assert_int_equal(judge(&trial, 3, 3, 3, 3), -SNAPCAP_REASON_ATTEMPTS);
	assert_int_equal(judge(&trial, 3, ~0U, ~0U, ~0U), -SNAPCAP_REASON_ATTEMPTS);
	assert_int_equal(judge(&trial, 0, 9, 9, 0), 0);
}

static void test_trial_of_a_confirmed_one_begins_again(void **state)
{
	struct snapimg_trial trial = { .confirmed = true, .used = 3 };

	assert_int_equal(judge(&trial, 1, 0, 0, 0), 0);
	assert_int_equal(judge(&trial, 2, 1, 1, 2), 0);
	assert_int_equal(judge(&trial, 1, 1, 1, 2), -SNAPCAP_REASON_ATTEMPTS);
}

/* Without room for another try the next one could not be counted. */
static void test_trial_with_a_full_log(void **state)
{
	struct snapimg_trial trial = { .tries = 1, .used = SNAPCAP_TRIAL_TRY_WORDS - 1 };

	assert_int_equal(judge(&trial, 3, 0, 1, 1), 0);
	trial.used++;
	assert_int_equal(judge(&trial, 3, 0, 1, 1), -SNAPCAP_REASON_ATTEMPTS);
	assert_int_equal(judge(&trial, 0, 0, 1, 0), 0);
	trial.confirmed = true;
	trial.tries = 0;
	trial.used = WORDS;
	assert_int_equal(judge(&trial, 3, 0, 0, 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_trial_empty_log, setup),
		cmocka_unit_test_setup(test_trial_tries_add_up, setup),
		cmocka_unit_test_setup(test_trial_confirmation_and_back, setup),
		cmocka_unit_test_setup(test_trial_holes_count_nothing, setup),
		cmocka_unit_test_setup(test_trial_damaged_words_are_tries, setup),
		cmocka_unit_test_setup(test_trial_half_a_confirmation_is_nothing, setup),
		cmocka_unit_test_setup(test_trial_every_flipped_bit_of_a_confirmation, setup),
		cmocka_unit_test_setup(test_trial_last_word, setup),
		cmocka_unit_test_setup(test_trial_unreadable_log_says_nothing, setup),
		cmocka_unit_test_setup(test_trial_slot_outside_the_medium, setup),
		cmocka_unit_test(test_trial_judges_by_the_limit),
		cmocka_unit_test(test_trial_judges_by_the_higher_count),
		cmocka_unit_test(test_trial_of_a_confirmed_one_begins_again),
		cmocka_unit_test(test_trial_with_a_full_log),
	};

	return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
