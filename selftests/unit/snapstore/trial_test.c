// SPDX-License-Identifier: GPL-2.0-only
/* Adding to the trial log, on flash that takes it, and on flash that does not. */
#include "../test.h"
#include "snapstore.h"

#define SLOT	8192
#define SIZE	(SLOT + SNAPCAP_BODY_OFF)
#define WORDS	SNAPCAP_TRIAL_WORDS
#define WORD	SNAPCAP_TRIAL_WORD_SIZE
#define TRY	SNAPSTORE_TRIAL_TRY
#define CONFIRM	SNAPSTORE_TRIAL_CONFIRM

static u8 bytes[SIZE];
/* Per word of the log: what the flash does wrong with it. */
static enum { GOOD, FAILS, FAILS_BUT_DOES_IT, LOSES, DAMAGES, UNREADABLE } word_is[WORDS];
static u32 programs;

static u32 word_at(u64 off)
{
	return (u32)((off - SLOT - SNAPCAP_TRIAL_OFF) / WORD);
}

static u8 *word(u32 i)
{
	return bytes + SLOT + SNAPCAP_TRIAL_OFF + i * WORD;
}

static int read_flash(void *ctx, u64 off, void *to, size_t len)
{
	assert_true(off >= SLOT + SNAPCAP_TRIAL_OFF && off <= SIZE && len <= SIZE - off);
	memcpy(to, bytes + off, len);
	/* Only when it is read by itself. */
	return len == WORD && word_is[word_at(off)] == UNREADABLE ? -SNAPCAP_REASON_READ : 0;
}

static int program_flash(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	const u8 *from = data;
	u32 i = word_at(off);

	assert_int_equal(len, WORD);
	assert_int_equal(off % WORD, 0);
	assert_true(off >= SLOT + SNAPCAP_TRIAL_OFF && i < WORDS);
	programs++;
	for (u32 b = 0; b < WORD && word_is[i] != FAILS && word_is[i] != LOSES; b++)
		word(i)[b] &= from[b];
	if (word_is[i] == DAMAGES)
		word(i)[3] &= 0x10;
	if (word_is[i] == FAILS || word_is[i] == FAILS_BUT_DOES_IT)
		return -5;
	*done = len;
	return 0;
}

static struct snapstore_flash flash = {
	.reader = { .size = SIZE, .read = read_flash },
	.write_size = 1,
	.program = program_flash,
};

static int setup(void **state)
{
	memset(bytes, 0xff, sizeof(bytes));
	memset(word_is, 0, sizeof(word_is));
	flash.write_size = 1;
	programs = 0;
	return 0;
}

static void expect(bool confirmed, u32 tries, u32 used)
{
	struct snapimg_trial trial;

	assert_int_equal(snapimg_trial_read(&flash.reader, SLOT, &trial), 0);
	assert_int_equal(trial.confirmed, confirmed);
	assert_int_equal(trial.tries, tries);
	assert_int_equal(trial.used, used);
}

static void test_notes_go_behind_each_other(void **state)
{
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 1, 1);
	assert_int_equal(programs, 1);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 2, 2);
	/* A word is left out. */
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), 0);
	expect(true, 0, 4);
	assert_memory_equal(word(3), SNAPCAP_TRIAL_CONFIRM, WORD);
	/* Behind a confirmation there is another one first. */
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 1, 7);
	assert_memory_equal(word(5), SNAPCAP_TRIAL_CONFIRM, WORD);
	assert_int_equal(programs, 7);
	for (u32 i = 0; i < SIZE; i++)
		if (i < SLOT + SNAPCAP_TRIAL_OFF || i >= SLOT + SNAPCAP_TRIAL_OFF + 7 * WORD)
			assert_int_equal(bytes[i], 0xff);
}

/* Behind what was cut off, whatever it is, and that is brought to its end. */
static void test_what_was_cut_off_is_made_firm(void **state)
{
	static const u8 zero[WORD];

	word(9)[0] = 0x10;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 2, 11);
	assert_memory_equal(word(9), zero, WORD);
	memcpy(word(12), "SNAP\xff\xff\xff\xff", WORD);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), 0);
	expect(true, 0, 15);
	assert_memory_equal(word(12), SNAPCAP_TRIAL_CONFIRM, WORD);
	assert_memory_equal(word(14), SNAPCAP_TRIAL_CONFIRM, WORD);
}

static void test_word_that_is_not_taken_is_passed_over(void **state)
{
	word_is[0] = LOSES;
	word_is[1] = FAILS;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 1, 3);
	assert_int_equal(programs, 3);
	word_is[4] = DAMAGES;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), 0);
	expect(true, 0, 6);
}

/* It would be counted twice. */
static void test_damaged_try_is_a_try(void **state)
{
	word_is[0] = DAMAGES;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 1, 1);
	assert_int_equal(programs, 1);
}

static void test_flash_counts_and_not_what_the_step_says(void **state)
{
	word_is[0] = FAILS_BUT_DOES_IT;
	word_is[2] = FAILS_BUT_DOES_IT;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), 0);
	expect(true, 0, 3);
	assert_int_equal(programs, 3);
}

static void test_tries_have_an_end(void **state)
{
	for (u32 i = 0; i < WORDS; i++)
		word_is[i] = FAILS;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), -SNAPSTORE_E_WRITE);
	assert_int_equal(programs, 4);
	for (u32 i = 0; i < WORDS; i++)
		word_is[i] = LOSES;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), -SNAPSTORE_E_READ_BACK);
	for (u32 i = 0; i < WORDS; i++)
		word_is[i] = UNREADABLE;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), -SNAPSTORE_E_READ);
	assert_int_equal(programs, 12);
}

static void test_full_log(void **state)
{
	struct snapimg_trial trial;

	for (u32 i = 0; i < SNAPCAP_TRIAL_TRY_WORDS; i++)
		assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), -SNAPSTORE_E_NO_ROOM);
	/* But for the first each has programmed the one before once more. */
	assert_int_equal(programs, 2 * SNAPCAP_TRIAL_TRY_WORDS);
	/* There is room for what ends the trial. */
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), 0);
	expect(true, 0, WORDS);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(snapimg_trial_read(&flash.reader, SLOT, &trial), 0);
	assert_true(trial.confirmed);
}

/* A try that has no firm confirmation in front of it would not be one for sure. */
static void test_confirmed_one_with_little_room(void **state)
{
	memcpy(word(SNAPCAP_TRIAL_TRY_WORDS - 3), SNAPCAP_TRIAL_CONFIRM, WORD);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(programs, 0);
	setup(NULL);
	memcpy(word(SNAPCAP_TRIAL_TRY_WORDS - 4), SNAPCAP_TRIAL_CONFIRM, WORD);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
	expect(false, 1, SNAPCAP_TRIAL_TRY_WORDS);
}

/* The last word is taken without one that is left out. */
static void test_confirmation_in_the_last_word(void **state)
{
	memset(word(WORDS - 2), 0, WORD);
	assert_int_equal(snapstore_trial_note(&flash, SLOT, CONFIRM), 0);
	expect(true, 0, WORDS);
}

static void test_flash_with_large_units_takes_none(void **state)
{
	flash.write_size = 16;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), -SNAPSTORE_E_WRITE);
	assert_int_equal(programs, 0);
	flash.write_size = 8;
	assert_int_equal(snapstore_trial_note(&flash, SLOT, TRY), 0);
}

static void test_slot_outside_the_flash(void **state)
{
	assert_int_equal(snapstore_trial_note(&flash, SIZE, TRY), -SNAPSTORE_E_READ);
	assert_int_equal(programs, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_notes_go_behind_each_other, setup),
		cmocka_unit_test_setup(test_what_was_cut_off_is_made_firm, setup),
		cmocka_unit_test_setup(test_word_that_is_not_taken_is_passed_over, setup),
		cmocka_unit_test_setup(test_damaged_try_is_a_try, setup),
		cmocka_unit_test_setup(test_flash_counts_and_not_what_the_step_says, setup),
		cmocka_unit_test_setup(test_tries_have_an_end, setup),
		cmocka_unit_test_setup(test_full_log, setup),
		cmocka_unit_test_setup(test_confirmed_one_with_little_room, setup),
		cmocka_unit_test_setup(test_confirmation_in_the_last_word, setup),
		cmocka_unit_test_setup(test_flash_with_large_units_takes_none, setup),
		cmocka_unit_test_setup(test_slot_outside_the_flash, setup),
	};

	return cmocka_run_group_tests_name("snapstore/trial", tests, NULL, NULL);
}
