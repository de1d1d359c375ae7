// SPDX-License-Identifier: GPL-2.0-only
/* What the loader makes of the two counts, and what it writes. */
#include "../test.h"
#include <snapstore.h>
#include "console.h"
#include "handoff.h"
#include "trial.h"

#define SLOT	0x4000
#define SIZE	(SLOT + SNAPCAP_BODY_OFF)
#define LOG	(SLOT + SNAPCAP_TRIAL_OFF)

static u8 bytes[SIZE];
static bool unreadable, write_protected;
static u32 programs, tried;
static u64 given_up;

static int program_nothing(struct media *m, u64 off, const void *data, size_t len)
{
	return -SNAPCAP_REASON_READ;
}

static struct media media = { .name = "nor" };
static const struct plat_medium pm = { .media = &media };
static struct snapimg_slot slot;

static int read_bytes(void *ctx, u64 off, void *buf, size_t len)
{
	memcpy(buf, bytes + off, len);
	return unreadable ? -SNAPCAP_REASON_READ : 0;
}

static int program_bytes(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	const u8 *from = data;

	programs++;
	for (size_t i = 0; i < len && !write_protected; i++)
		bytes[off + i] &= from[i];
	*done = len;
	return 0;
}

struct snapimg_reader boot_reader(const struct plat_medium *of)
{
	return (struct snapimg_reader){ .size = SIZE, .read = read_bytes };
}

struct snapstore_flash boot_flash(const struct plat_medium *of)
{
	return (struct snapstore_flash){ .reader = boot_reader(of), .write_size = 8,
					 .program = program_bytes };
}

u32 handoff_attempts(const char *medium, u64 slot_offset, u64 sequence, u64 rank, u32 limit)
{
	assert_string_equal(medium, "nor");
	assert_int_equal(slot_offset, SLOT);
	assert_int_equal(sequence, 9);
	assert_int_equal(rank, 12);
	return tried == ~0U ? limit : tried;
}

void handoff_given_up(u64 rank)
{
	given_up = rank;
}

void say(const char *format, ...)
{
}

static int setup(void **state)
{
	memset(bytes, 0xff, sizeof(bytes));
	memset(&slot, 0, sizeof(slot));
	slot.offset = SLOT;
	slot.img.sequence = 9;
	slot.rank = 12;
	slot.img.tries = 3;
	media.program = program_nothing;
	unreadable = false;
	write_protected = false;
	programs = 0;
	tried = 0;
	given_up = 0;
	return 0;
}

/* A start: 0 when it is entered, having noted what has to be. */
static int start(u32 count, u32 notes)
{
	struct snapimg_verdict verdict;
	int err = trial_check(&pm, &slot, &verdict);

	assert_int_equal(verdict.count, count);
	assert_int_equal(given_up, err ? 12 : 0);
	if (!err) {
		assert_int_equal(verdict.notes, notes);
		trial_note(&pm, &slot, &verdict);
	}
	return err;
}

static void confirm(void)
{
	const struct snapstore_flash flash = boot_flash(&pm);

	assert_int_equal(snapstore_trial_note(&flash, SLOT, SNAPSTORE_TRIAL_CONFIRM), 0);
	programs = 0;
}

static void test_three_power_cycles(void **state)
{
	assert_int_equal(start(0, 1), 0);
	assert_int_equal(start(1, 1), 0);
	assert_int_equal(start(2, 1), 0);
	assert_int_equal(start(3, 1), -SNAPCAP_REASON_ATTEMPTS);
}

static void test_confirmed_one_costs_no_write(void **state)
{
	assert_int_equal(start(0, 1), 0);
	confirm();
	for (u32 i = 0; i < 5; i++)
		assert_int_equal(start(0, 0), 0);
	assert_int_equal(programs, 0);
}

/* A reset, and nobody had confirmed it: from here on power cycles count, too. */
static void test_confirmed_one_that_fails_is_on_trial_again(void **state)
{
	confirm();
	tried = 1;
	/* That one is noted as well. */
	assert_int_equal(start(1, 2), 0);
	assert_true(programs);
	tried = 0;
	assert_int_equal(start(2, 1), 0);
	assert_int_equal(start(3, 1), -SNAPCAP_REASON_ATTEMPTS);
}

static void test_page_counts_where_the_log_does_not(void **state)
{
	media.program = NULL;
	assert_int_equal(start(0, 1), 0);
	assert_int_equal(programs, 0);
	tried = 2;
	assert_int_equal(start(2, 3), 0);
	tried = 3;
	assert_int_equal(start(3, 4), -SNAPCAP_REASON_ATTEMPTS);
	setup(NULL);
	write_protected = true;
	assert_int_equal(start(0, 1), 0);
	tried = 1;
	assert_int_equal(start(1, 2), 0);
	/* It takes them again, and all are there. */
	write_protected = false;
	tried = 2;
	assert_int_equal(start(2, 3), 0);
	tried = 0;
	assert_int_equal(start(3, 1), -SNAPCAP_REASON_ATTEMPTS);
	setup(NULL);
	unreadable = true;
	tried = 1;
	assert_int_equal(start(1, 2), 0);
	tried = 3;
	assert_int_equal(start(3, 1), -SNAPCAP_REASON_ATTEMPTS);
}

static void test_limit_is_the_images(void **state)
{
	slot.img.tries = 1;
	assert_int_equal(start(0, 1), 0);
	assert_int_equal(start(1, 1), -SNAPCAP_REASON_ATTEMPTS);
	setup(NULL);
	slot.img.tries = 5;
	tried = 4;
	assert_int_equal(start(4, 5), 0);
	tried = 5;
	assert_int_equal(start(5, 1), -SNAPCAP_REASON_ATTEMPTS);
}

/* As before there were logs: whatever is there is not looked at. */
static void test_one_without_tries(void **state)
{
	slot.img.tries = 0;
	memset(bytes, 0, sizeof(bytes));
	unreadable = true;
	assert_int_equal(start(0, 0), 0);
	tried = 2;
	assert_int_equal(start(2, 0), 0);
	tried = 3;
	assert_int_equal(start(3, 0), -SNAPCAP_REASON_ATTEMPTS);
	assert_int_equal(programs, 0);
}

static void test_one_that_was_given_up_for_an_older(void **state)
{
	tried = ~0U;
	assert_int_equal(start(3, 1), -SNAPCAP_REASON_ATTEMPTS);
	slot.img.tries = 100;
	given_up = 0;
	assert_int_equal(start(100, 1), -SNAPCAP_REASON_ATTEMPTS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_three_power_cycles, setup),
		cmocka_unit_test_setup(test_confirmed_one_costs_no_write, setup),
		cmocka_unit_test_setup(test_confirmed_one_that_fails_is_on_trial_again, setup),
		cmocka_unit_test_setup(test_page_counts_where_the_log_does_not, setup),
		cmocka_unit_test_setup(test_limit_is_the_images, setup),
		cmocka_unit_test_setup(test_one_without_tries, setup),
		cmocka_unit_test_setup(test_one_that_was_given_up_for_an_older, setup),
	};

	return cmocka_run_group_tests_name("bootstub/trial", tests, NULL, NULL);
}
