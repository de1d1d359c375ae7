// SPDX-License-Identifier: GPL-2.0-only
/* What the simulator does not look at: refusals, and flash that fails. */
#include "../test.h"
#include "sample.h"
#include "snapstore.h"

#define BLOCK	16384
#define SIZE	(8 * BLOCK)

static struct {
	u64 align;
	u8 bytes[SIZE];
} flash;
static struct sample sample;
static struct snapstore st;
static u64 buf[4096 / 8];
/* What the flash does wrong, and where; ~0: nowhere. */
static u64 bad_program, bad_erase, bad_read, lost_program;
static u32 programs, erases;

static bool covers(u64 off, u64 len, u64 at)
{
	return at >= off && at - off < len;
}

static int read_flash(void *ctx, u64 off, void *to, size_t len)
{
	assert_true(off <= SIZE && len <= SIZE - off);
	memcpy(to, flash.bytes + off, len);
	return covers(off, len, bad_read) ? -SNAPCAP_REASON_READ : 0;
}

static int program_flash(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	const u8 *from = data;

	programs++;
	for (*done = 0; *done < len; (*done)++) {
		if (off + *done == bad_program)
			return -5;
		if (off + *done != lost_program)
			flash.bytes[off + *done] &= from[*done];
	}
	return 0;
}

static int erase_flash(void *ctx, u64 off, u64 len)
{
	erases++;
	if (covers(off, len, bad_erase))
		return -5;
	memset(flash.bytes + off, 0xff, len);
	return 0;
}

static void fill(void *ctx, u64 off, void *to, size_t len)
{
	memset(to, 0xff, len);
	if (off < SAMPLE_SIZE)
		memcpy(to, sample.bytes + off, SAMPLE_SIZE - off < len ? SAMPLE_SIZE - off : len);
}

static int setup(void **state)
{
	memset(&flash, 0xff, sizeof(flash));
	bad_program = ~0ULL;
	bad_erase = ~0ULL;
	bad_read = ~0ULL;
	lost_program = ~0ULL;
	programs = 0;
	erases = 0;
	return 0;
}

static int begin(u32 slot, bool keep)
{
	int ret;

	memset(&st, 0, sizeof(st));
	st.flash.reader.size = SIZE;
	st.flash.reader.read = read_flash;
	st.flash.erase_size = BLOCK;
	st.flash.write_size = 1;
	st.flash.program = program_flash;
	st.flash.erase = erase_flash;
	st.fill = fill;
	st.buf = buf;
	st.buf_size = sizeof(buf);
	ret = snapstore_open(&st, 0, 0);
	if (!ret)
		ret = snapstore_find_previous(&st);
	if (!ret)
		sample_init(&sample, snapstore_sequence(&st));
	if (!ret)
		ret = snapstore_place(&st, SAMPLE_SIZE, slot, keep);
	if (!ret) {
		sample.img.wear = snapstore_wear(&st);
		sample_seal(&sample);
	}
	return ret;
}

static int all(int (*step)(struct snapstore *st))
{
	int ret;

	while ((ret = step(&st)) > 0)
		;
	return ret;
}

static int take(u32 slot)
{
	int ret = begin(slot, false);

	if (!ret)
		ret = snapstore_erase_begin(&st);
	if (!ret)
		ret = all(snapstore_erase_step);
	if (!ret)
		ret = all(snapstore_write_step);
	if (!ret)
		ret = snapstore_header(&st, (void *)sample.bytes);
	if (!ret)
		ret = all(snapstore_check_step);
	return ret ? ret : snapstore_commit(&st, (void *)(sample.bytes + SNAPCAP_COMMIT_OFF));
}

static int probe(u64 at)
{
	struct snapimg_slot slot;

	return snapimg_slot_probe(&st.flash.reader, at, &slot);
}

static void test_takes_alternate(void **state)
{
	assert_int_equal(take(SNAPSTORE_SLOT_AUTO), 0);
	assert_int_equal(st.stage, SNAPSTORE_COMMITTED);
	assert_int_equal(st.offset, 0);
	assert_int_equal(erases, 2);
	assert_int_equal(take(SNAPSTORE_SLOT_AUTO), 0);
	assert_int_equal(st.offset, SIZE / 2);
	assert_true(snapstore_has_previous(&st));
	assert_int_equal(take(SNAPSTORE_SLOT_AUTO), 0);
	assert_int_equal(st.offset, 0);
	assert_int_equal(sample.img.sequence, 3);
	assert_int_equal(begin(SNAPSTORE_SLOT_0, true), -SNAPSTORE_E_KEEP);
	assert_int_equal(begin(SNAPSTORE_SLOT_1, true), 0);
}

/* The older one is worth more than one that was tried too often. */
static void test_take_goes_over_what_was_given_up(void **state)
{
	u8 *log = flash.bytes + SIZE / 2 + SNAPCAP_TRIAL_OFF;

	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	assert_int_equal(take(SNAPSTORE_SLOT_1), 0);
	sample.img.tries = 1;
	sample_seal(&sample);
	memcpy(flash.bytes + SIZE / 2, sample.bytes, SAMPLE_SIZE);
	assert_int_equal(begin(SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(st.previous.img.sequence, 2);
	memset(log, 0, SNAPCAP_TRIAL_WORD_SIZE);
	assert_int_equal(begin(SNAPSTORE_SLOT_AUTO, true), 0);
	assert_int_equal(st.previous.img.sequence, 1);
	assert_int_equal(st.offset, SIZE / 2);
	assert_int_equal(snapstore_sequence(&st), 3);
	memcpy(log + 16, SNAPCAP_TRIAL_CONFIRM, SNAPCAP_TRIAL_WORD_SIZE);
	assert_int_equal(begin(SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(st.offset, 0);
}

static void test_targets_are_checked(void **state)
{
	assert_int_equal(begin(SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(snapstore_open(&st, BLOCK / 2, 0), -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_open(&st, 0, BLOCK + 1), -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_open(&st, SIZE, 0), -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_open(&st, BLOCK, SIZE), -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_open(&st, BLOCK, ~0ULL - BLOCK + 1), -SNAPSTORE_E_RANGE);
	assert_int_equal(st.at, SIZE);
	assert_int_equal(snapstore_open(&st, BLOCK, 2 * BLOCK), 0);
	assert_int_equal(snapstore_place(&st, SNAPCAP_BODY_OFF, SNAPSTORE_SLOT_AUTO, false),
			 -SNAPSTORE_E_RANGE);
	assert_int_equal(snapstore_place(&st, 2 * BLOCK + 1, SNAPSTORE_SLOT_AUTO, false),
			 -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(snapstore_place(&st, ~0ULL, SNAPSTORE_SLOT_AUTO, false),
			 -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(snapstore_place(&st, BLOCK + 1, SNAPSTORE_SLOT_0, false),
			 -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(snapstore_place(&st, BLOCK + 1, SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(st.slot, SNAPSTORE_SLOT_WHOLE);
	assert_int_equal(programs + erases, 0);
}

static void test_free_place_is_beside_all(void **state)
{
	const u64 span = 2 * BLOCK;

	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(take(SNAPSTORE_SLOT_FREE), 0);
		assert_int_equal(st.offset, i * span);
		assert_int_equal(st.slot, SNAPSTORE_SLOT_FREE);
	}
	assert_int_equal(begin(SNAPSTORE_SLOT_FREE, false), -SNAPSTORE_E_NO_PLACE);
	assert_int_equal(st.missing, span);
	/* What is not committed is in nobody's way. */
	assert_int_equal(snapstore_revoke(&st.flash, span, NULL), 0);
	assert_int_equal(take(SNAPSTORE_SLOT_FREE), 0);
	assert_int_equal(st.offset, span);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(probe(i * span), 0);
	assert_int_equal(snapstore_revoke(&st.flash, span, NULL), 0);
	assert_int_equal(snapstore_revoke(&st.flash, 2 * span, NULL), 0);
	assert_int_equal(begin(SNAPSTORE_SLOT_FREE, false), 0);
	assert_int_equal(snapstore_place(&st, 2 * span, SNAPSTORE_SLOT_FREE, true), 0);
	assert_int_equal(st.offset, span);
	assert_int_equal(snapstore_place(&st, 2 * span + 1, SNAPSTORE_SLOT_FREE, true),
			 -SNAPSTORE_E_NO_PLACE);
	assert_int_equal(st.missing, BLOCK);
	assert_int_equal(snapstore_place(&st, SIZE + 1, SNAPSTORE_SLOT_FREE, true),
			 -SNAPSTORE_E_NO_ROOM);
	/* The piece at the end counts, too. */
	assert_int_equal(snapstore_revoke(&st.flash, 6 * BLOCK, NULL), 0);
	assert_int_equal(snapstore_find_previous(&st), 0);
	assert_int_equal(snapstore_place(&st, 8 * BLOCK, SNAPSTORE_SLOT_FREE, true),
			 -SNAPSTORE_E_NO_PLACE);
	assert_int_equal(st.missing, 2 * BLOCK);
	/* Of one that begins or ends outside of the target, too. */
	assert_int_equal(snapstore_open(&st, BLOCK, 2 * BLOCK), 0);
	assert_int_equal(snapstore_find_previous(&st), 0);
	assert_int_equal(snapstore_place(&st, SAMPLE_SIZE, SNAPSTORE_SLOT_FREE, true),
			 -SNAPSTORE_E_NO_PLACE);
	assert_int_equal(st.missing, BLOCK);
	assert_int_equal(snapstore_place(&st, BLOCK, SNAPSTORE_SLOT_FREE, true), 0);
	assert_int_equal(st.offset, 2 * BLOCK);
}

/* Where both halves have a part of the previous one, it may lie beside it. */
static void test_auto_goes_beside_a_large_one(void **state)
{
	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	assert_int_equal(begin(SNAPSTORE_SLOT_AUTO, false), 0);
	st.previous.img.image_size = 5 * BLOCK;
	st.stage = SNAPSTORE_OPEN;
	assert_int_equal(snapstore_place(&st, 3 * BLOCK, SNAPSTORE_SLOT_AUTO, true), 0);
	assert_int_equal(st.slot, SNAPSTORE_SLOT_FREE);
	assert_int_equal(st.offset, 5 * BLOCK);
	assert_int_equal(snapstore_place(&st, 3 * BLOCK + 1, SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(st.slot, SNAPSTORE_SLOT_0);
	assert_int_equal(snapstore_place(&st, 3 * BLOCK + 1, SNAPSTORE_SLOT_AUTO, true),
			 -SNAPSTORE_E_KEEP);
	/* A large one beside a small one. */
	st.previous.img.image_size = 2 * BLOCK;
	assert_int_equal(snapstore_place(&st, 6 * BLOCK, SNAPSTORE_SLOT_AUTO, true), 0);
	assert_int_equal(st.slot, SNAPSTORE_SLOT_FREE);
	assert_int_equal(st.offset, 2 * BLOCK);
	assert_int_equal(snapstore_place(&st, 6 * BLOCK + 1, SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(st.slot, SNAPSTORE_SLOT_WHOLE);
	/* Else as ever. */
	assert_int_equal(snapstore_place(&st, 4 * BLOCK, SNAPSTORE_SLOT_AUTO, true), 0);
	assert_int_equal(st.slot, SNAPSTORE_SLOT_1);
}

/* What was erased with the header that told is not known any more. */
static void test_wear_adds_up(void **state)
{
	for (u32 i = 0; i < 6; i++) {
		assert_int_equal(take(SNAPSTORE_SLOT_AUTO), 0);
		assert_int_equal(sample.img.wear, i / 2 + 1);
	}
	/* The highest of what has blocks there, dropped or not. */
	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	assert_int_equal(sample.img.wear, 4);
	assert_int_equal(snapstore_revoke(&st.flash, 0, NULL), 0);
	assert_int_equal(begin(SNAPSTORE_SLOT_WHOLE, false), 0);
	assert_int_equal(snapstore_wear(&st), 5);
	assert_int_equal(snapstore_place(&st, 6 * BLOCK, SNAPSTORE_SLOT_WHOLE, false), 0);
	assert_int_equal(snapstore_wear(&st), 5);
	assert_int_equal(begin(SNAPSTORE_SLOT_1, false), 0);
	assert_int_equal(snapstore_wear(&st), 4);
	assert_int_equal(begin(SNAPSTORE_SLOT_FREE, false), 0);
	assert_int_equal(snapstore_place(&st, BLOCK, SNAPSTORE_SLOT_FREE, false), 0);
	assert_int_equal(snapstore_wear(&st), 5);
	bad_erase = BLOCK;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_ERASE);
	bad_erase = ~0ULL;
	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	assert_int_equal(sample.img.wear, 1);
}

static void test_wear_has_an_end(void **state)
{
	struct sample old;

	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	sample_init(&old, 1);
	old.img.wear = ~0U;
	sample_seal(&old);
	memcpy(flash.bytes, old.bytes, SAMPLE_SIZE);
	assert_int_equal(begin(SNAPSTORE_SLOT_0, false), 0);
	assert_int_equal(snapstore_wear(&st), ~0U);
	/* Nor does it believe a header of no take. */
	sample_init(&old, 1ULL << 40);
	old.img.wear = 1000;
	sample_seal(&old);
	memcpy(flash.bytes + 4 * BLOCK, old.bytes, SNAPCAP_COMMIT_OFF);
	assert_int_equal(begin(SNAPSTORE_SLOT_1, false), 0);
	assert_int_equal(snapstore_wear(&st), 1);
}

static void test_steps_out_of_turn_do_nothing(void **state)
{
	const void *mark = sample.bytes + SNAPCAP_COMMIT_OFF;

	assert_int_equal(begin(SNAPSTORE_SLOT_AUTO, false), 0);
	assert_int_equal(snapstore_erase_step(&st), -SNAPSTORE_E_ORDER);
	assert_int_equal(snapstore_commit(&st, mark), -SNAPSTORE_E_ORDER);
	assert_int_equal(snapstore_erase_begin(&st), 0);
	assert_int_equal(snapstore_write_step(&st), -SNAPSTORE_E_ORDER);
	assert_int_equal(all(snapstore_erase_step), 0);
	assert_int_equal(snapstore_place(&st, SAMPLE_SIZE, SNAPSTORE_SLOT_1, false),
			 -SNAPSTORE_E_ORDER);
	assert_int_equal(snapstore_header(&st, (void *)sample.bytes), -SNAPSTORE_E_ORDER);
	st.buf_size = 1024;
	assert_int_equal(snapstore_write_step(&st), -SNAPSTORE_E_ORDER);
	assert_int_equal(programs, 0);
	st.buf_size = sizeof(buf);
	assert_int_equal(all(snapstore_write_step), 0);
	assert_int_equal(snapstore_check_step(&st), -SNAPSTORE_E_ORDER);
	assert_int_equal(snapstore_header(&st, (void *)sample.bytes), 0);
	assert_int_equal(snapstore_commit(&st, mark), -SNAPSTORE_E_ORDER);
	assert_int_equal(probe(0), -SNAPCAP_REASON_NOT_COMMITTED);
	assert_int_equal(all(snapstore_check_step), 0);
	assert_int_equal(snapstore_commit(&st, mark), 0);
	assert_int_equal(probe(0), 0);
}

static void test_failures_are_told_with_their_place(void **state)
{
	bad_erase = BLOCK + 5;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_ERASE);
	assert_int_equal(st.at, BLOCK);
	setup(NULL);
	bad_program = SAMPLE_DATA_OFF + 77;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_WRITE);
	assert_int_equal(st.at, SAMPLE_DATA_OFF + 77);
	setup(NULL);
	lost_program = SAMPLE_DATA_OFF + 78;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_READ_BACK);
	setup(NULL);
	bad_read = SAMPLE_DATA_OFF + 79;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_READ);
	assert_int_not_equal(probe(0), 0);
	setup(NULL);
	bad_read = 0;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_READ);
	assert_int_equal(programs + erases, 0);
}

/* The mark may be good all the same. */
static void test_commit_that_fails_leaves_no_snapshot(void **state)
{
	bad_program = SNAPCAP_COMMIT_OFF + 63;
	assert_int_equal(take(SNAPSTORE_SLOT_0), -SNAPSTORE_E_WRITE);
	assert_int_equal(st.at, SNAPCAP_COMMIT_OFF + 63);
	assert_int_equal(probe(0), -SNAPCAP_REASON_REVOKED);
	bad_program = ~0ULL;
	/* Its number is used up. */
	assert_int_equal(take(SNAPSTORE_SLOT_1), 0);
	assert_int_equal(sample.img.sequence, 2);
}

/* What is in the log of a new snapshot was not noted for it. */
static void test_commit_wants_an_empty_log(void **state)
{
	static const u64 at[] = { 0, 100, SNAPCAP_TRIAL_WORDS * SNAPCAP_TRIAL_WORD_SIZE - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		setup(NULL);
		assert_int_equal(begin(SNAPSTORE_SLOT_0, false), 0);
		assert_int_equal(snapstore_erase_begin(&st), 0);
		assert_int_equal(all(snapstore_erase_step), 0);
		assert_int_equal(all(snapstore_write_step), 0);
		assert_int_equal(snapstore_header(&st, (void *)sample.bytes), 0);
		assert_int_equal(all(snapstore_check_step), 0);
		flash.bytes[SNAPCAP_TRIAL_OFF + at[i]] = 0x7f;
		programs = 0;
		assert_int_equal(snapstore_commit(&st, (void *)(sample.bytes + SNAPCAP_COMMIT_OFF)),
				 -SNAPSTORE_E_READ_BACK);
		assert_int_equal(programs, 0);
		assert_int_equal(probe(0), -SNAPCAP_REASON_NOT_COMMITTED);
		flash.bytes[SNAPCAP_TRIAL_OFF + at[i]] = 0xff;
		assert_int_equal(snapstore_commit(&st, (void *)(sample.bytes + SNAPCAP_COMMIT_OFF)),
				 0);
	}
}

static void test_number_of_no_take_does_not_count(void **state)
{
	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	assert_int_equal(take(SNAPSTORE_SLOT_1), 0);
	sample_init(&sample, 2 + (1ULL << 20) + 1);
	memcpy(flash.bytes + 2 * BLOCK, sample.bytes, SNAPCAP_COMMIT_OFF);
	assert_int_equal(begin(SNAPSTORE_SLOT_0, false), 0);
	assert_int_equal(snapstore_sequence(&st), 3);
	sample_init(&sample, 2 + (1ULL << 20));
	memcpy(flash.bytes + 2 * BLOCK, sample.bytes, SNAPCAP_COMMIT_OFF);
	assert_int_equal(begin(SNAPSTORE_SLOT_0, false), 0);
	assert_int_equal(snapstore_sequence(&st), 3 + (1ULL << 20));
}

static void test_revoke_says_what_is_there(void **state)
{
	struct snapimg_slot after;

	assert_int_equal(take(SNAPSTORE_SLOT_0), 0);
	bad_program = SNAPCAP_COMMIT_OFF + 40;
	assert_int_equal(snapstore_revoke(&st.flash, 0, &after), -SNAPSTORE_E_WRITE);
	assert_int_equal(after.status, 0);
	bad_program = ~0ULL;
	lost_program = SNAPCAP_COMMIT_OFF + 40;
	assert_int_equal(snapstore_revoke(&st.flash, 0, &after), -SNAPSTORE_E_READ_BACK);
	assert_int_equal(after.status, -SNAPCAP_REASON_REVOKED);
	lost_program = ~0ULL;
	assert_int_equal(snapstore_revoke(&st.flash, 0, &after), 0);
	assert_int_equal(after.status, -SNAPCAP_REASON_REVOKED);
	assert_int_equal(snapstore_settle(&st.flash, &after), 0);
	bad_program = SNAPCAP_COMMIT_OFF + 40;
	assert_int_equal(snapstore_settle(&st.flash, &after), -SNAPSTORE_E_WRITE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_takes_alternate, setup),
		cmocka_unit_test_setup(test_take_goes_over_what_was_given_up, setup),
		cmocka_unit_test_setup(test_targets_are_checked, setup),
		cmocka_unit_test_setup(test_free_place_is_beside_all, setup),
		cmocka_unit_test_setup(test_auto_goes_beside_a_large_one, setup),
		cmocka_unit_test_setup(test_wear_adds_up, setup),
		cmocka_unit_test_setup(test_wear_has_an_end, setup),
		cmocka_unit_test_setup(test_steps_out_of_turn_do_nothing, setup),
		cmocka_unit_test_setup(test_failures_are_told_with_their_place, setup),
		cmocka_unit_test_setup(test_commit_that_fails_leaves_no_snapshot, setup),
		cmocka_unit_test_setup(test_commit_wants_an_empty_log, setup),
		cmocka_unit_test_setup(test_number_of_no_take_does_not_count, setup),
		cmocka_unit_test_setup(test_revoke_says_what_is_there, setup),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
