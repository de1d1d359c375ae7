// SPDX-License-Identifier: GPL-2.0-only
/* The two blocks at the start of a slot: what is read when a part of them is lost. */
#include "../test.h"
#include "nandsim.h"
#include "simimage.h"

#define PAGE		512
#define BLOCK		(16 * PAGE)
/* Pages of each head: two of the header, the mark, eleven words, two for revocations. */
#define MARK		2
#define WORDS		11
#define LOG		(MARK + 1)
#define REVOKED		(LOG + WORDS)
#define TRY		SNAPSTORE_TRIAL_TRY
#define CONFIRM		SNAPSTORE_TRIAL_CONFIRM
#define A		0
#define B		1

static struct nandsim_geometry geometry;
static struct nandsim sim;
static struct nandsim_view view;
static struct snapstore_flash flash;
static struct simimage image;
static struct snapimg_slot slot;
static struct snapnand *const n = &view.nand;

static void all(int (*step)(struct snapstore *st), struct snapstore *st)
{
	int ret;

	while ((ret = step(st)) > 0)
		;
	assert_int_equal(ret, 0);
}

/* A snapshot in block 0 of a chip of 512-byte pages. */
static int setup(void **state)
{
	static u64 buf[4096 / 8];
	struct snapstore st = { .fill = simimage_fill, .fill_ctx = &image, .buf = buf,
				.buf_size = sizeof(buf) };

	geometry = (struct nandsim_geometry){ .page = PAGE, .block = BLOCK, .blocks = 8 };
	nandsim_init(&sim, &geometry);
	flash = nandsim_open(&sim, &view);
	st.flash = flash;
	simimage_make_nand(&image, 0, 1, &flash);
	image.tries = 3;
	assert_int_equal(snapstore_open(&st, 0, 0), 0);
	assert_int_equal(snapstore_find_previous(&st), 0);
	assert_int_equal(snapstore_place(&st, image.img.image_size, SNAPSTORE_SLOT_0, false), 0);
	simimage_number(&image, 1);
	assert_int_equal(snapstore_erase_begin(&st), 0);
	all(snapstore_erase_step, &st);
	all(snapstore_write_step, &st);
	assert_int_equal(snapstore_header(&st, &image.header), 0);
	all(snapstore_check_step, &st);
	assert_int_equal(snapstore_commit(&st, &image.mark), 0);
	flash = nandsim_open(&sim, &view);
	return 0;
}

static int probe(void)
{
	return snapimg_slot_probe(&flash.reader, 0, &slot);
}

static void put(u32 block, u32 page, u32 content)
{
	sim.block[block].page[page] = (struct nandsim_page){ .after = content, .before = content };
}

static void erase(u32 block, u32 page)
{
	put(block, page, NANDSIM_IS_ERASED);
}

static void lose(u32 block, u32 page)
{
	nandsim_lose(&sim, block, page);
}

static void test_heads_read_as_the_format_has_them(void **state)
{
	static u8 head[SNAPCAP_BODY_OFF], part[100];
	const struct snapcap_image_header *hdr;

	assert_int_equal(flash.reader.trial_words, WORDS);
	assert_int_equal(flash.body, 2 * BLOCK);
	assert_int_equal(snapimg_head_read(&flash.reader, 0, 0, head, sizeof(head)), 0);
	assert_memory_equal(head, &image.header, sizeof(image.header));
	assert_memory_equal(head + SNAPCAP_COMMIT_OFF, &image.mark, sizeof(image.mark));
	for (u32 i = sizeof(image.header); i < sizeof(head); i++)
		if (i < SNAPCAP_COMMIT_OFF || i >= SNAPCAP_COMMIT_OFF + sizeof(image.mark))
			assert_int_equal(head[i], 0xff);
	/* Any piece of it. */
	for (u32 off = 0; off <= sizeof(head) - sizeof(part); off += 23) {
		assert_int_equal(snapimg_head_read(&flash.reader, 0, off, part, sizeof(part)), 0);
		assert_memory_equal(part, head + off, sizeof(part));
	}
	hdr = (const void *)nandsim_page_bytes(&sim, B, 0);
	assert_memory_equal(hdr->magic, SNAPCAP_NAND_COPY_MAGIC, SNAPCAP_MAGIC_SIZE);
	assert_int_equal(probe(), 0);
	assert_int_equal(snapimg_slot_probe(&flash.reader, BLOCK, &slot), -SNAPCAP_REASON_EMPTY);
}

static void test_places_that_are_none_are_refused(void **state)
{
	static const struct { u64 slot, off; size_t len; } cases[] = {
		{ 1, 0, 8 }, { PAGE, 0, 8 }, { 8 * BLOCK, 0, 8 }, { ~0ULL, 0, 8 },
		{ 0ULL - BLOCK, 0, 8 }, { 0, SNAPCAP_BODY_OFF, 8 }, { 0, SNAPCAP_BODY_OFF - 4, 8 },
		{ 0, ~0ULL, 8 }, { 0, ~0ULL - 3, 8 },
	};
	static u64 data[SNAPCAP_BODY_OFF / 8];
	size_t done;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(snapimg_head_read(&flash.reader, cases[i].slot, cases[i].off,
						   data, cases[i].len), -SNAPCAP_REASON_READ);
		assert_int_not_equal(flash.program_head(n, cases[i].slot, cases[i].off, data,
							cases[i].len, &done), 0);
		assert_int_equal(done, 0);
	}
	/* The last block has no second one behind it: it can be read, and is nothing. */
	assert_int_equal(snapimg_slot_probe(&flash.reader, 7 * BLOCK, &slot),
			 -SNAPCAP_REASON_EMPTY);
	assert_int_not_equal(flash.program_head(n, 7 * BLOCK, 0, &image.header,
						sizeof(image.header), &done), 0);
	/* Words that are no words, or of the wrong place. */
	assert_int_not_equal(flash.program_head(n, 0, SNAPCAP_TRIAL_OFF, SNAPCAP_TRIAL_CONFIRM, 8,
						&done), 0);
	assert_int_not_equal(flash.program_head(n, 0, SNAPCAP_TRIAL_OFF + 8, data, 8, &done), 0);
	assert_int_not_equal(flash.program_head(n, 0, SNAPCAP_TRIAL_OFF + 4, data, 8, &done), 0);
	assert_int_not_equal(flash.program_head(n, 0, SNAPCAP_TRIAL_OFF, data, 16, &done), 0);
	assert_int_not_equal(flash.program_head(n, 0, SNAPCAP_TRIAL_OFF + 8 * (WORDS + 1), data, 8,
						&done), 0);
	assert_int_not_equal(flash.program_head(n, 0, 2048, data, 8, &done), 0);
	assert_null(sim.broken);
	assert_int_equal(probe(), 0);
}

static void test_header_comes_from_its_copy(void **state)
{
	static u8 other[PAGE];
	u32 page;

	for (page = 0; page < 2; page++) {
		setup(state);
		lose(A, page);
		assert_int_equal(probe(), 0);
		assert_int_equal(slot.img.header_crc, image.img.header_crc);
		assert_true(n->counts.copies > 0 && n->counts.uncorrectable > 0);
		/* Not from one that is damaged itself. */
		lose(B, 1 - page);
		assert_int_equal(probe(), -SNAPCAP_REASON_READ);
	}
	/* Readable, but with a checksum that is wrong. */
	setup(state);
	memset(other, 0x77, sizeof(other));
	put(A, 1, sim.block[B].page[MARK].after);
	assert_int_equal(probe(), 0);
	put(B, 1, sim.block[B].page[MARK].after);
	assert_int_equal(probe(), -SNAPCAP_REASON_HEADER_CRC);
	/* One that was erased is gone: the copy may be of a snapshot that is being replaced. */
	setup(state);
	erase(A, 0);
	assert_int_equal(probe(), -SNAPCAP_REASON_EMPTY);
	/* A first copy is no second one. */
	setup(state);
	lose(A, 0);
	put(B, 0, sim.block[2].page[0].after);
	assert_int_equal(probe(), -SNAPCAP_REASON_READ);
}

static void test_mark_that_counts(void **state)
{
	erase(B, MARK);
	assert_int_equal(probe(), 0);
	lose(B, MARK);
	assert_int_equal(probe(), 0);
	lose(A, MARK);
	assert_int_equal(probe(), -SNAPCAP_REASON_READ);
	setup(state);
	lose(A, MARK);
	assert_int_equal(probe(), 0);
	assert_true(n->counts.copies > 0);
	erase(B, MARK);
	assert_int_equal(probe(), -SNAPCAP_REASON_NOT_COMMITTED);
	/* The second copy alone is of a commit that was cut off. */
	setup(state);
	erase(A, MARK);
	assert_int_equal(probe(), -SNAPCAP_REASON_NOT_COMMITTED);
	/* Bytes of something else. */
	setup(state);
	put(A, MARK, sim.block[A].page[0].after);
	assert_int_equal(probe(), 0);
	put(B, MARK, sim.block[A].page[0].after);
	assert_int_equal(probe(), -SNAPCAP_REASON_COMMIT);
}

/* ---- revocations ---- */

static void test_revocation_is_kept_twice(void **state)
{
	u32 copy;

	for (copy = A; copy <= B; copy++) {
		setup(state);
		assert_int_equal(snapstore_revoke(&flash, 0, &slot), 0);
		assert_int_equal(slot.status, -SNAPCAP_REASON_REVOKED);
		assert_int_equal(sim.block[A].page[REVOKED + 1].after, NANDSIM_IS_ERASED);
		lose(copy, REVOKED);
		assert_int_equal(probe(), -SNAPCAP_REASON_REVOKED);
		erase(1 - copy, REVOKED);
		assert_int_equal(probe(), 0);
		/* What is damaged in both counts. */
		lose(1 - copy, REVOKED);
		assert_int_equal(probe(), -SNAPCAP_REASON_REVOKED);
		/* And can be made good. */
		assert_int_equal(snapstore_revoke(&flash, 0, &slot), 0);
		assert_int_not_equal(sim.block[A].page[REVOKED + 1].after, NANDSIM_IS_ERASED);
		assert_null(sim.broken);
	}
	/* One block that cannot be read at all is no revocation. */
	setup(state);
	for (u32 page = 0; page < BLOCK / PAGE; page++)
		lose(A, page);
	assert_int_equal(probe(), 0);
	assert_int_equal(snapstore_revoke(&flash, 0, &slot), 0);
	assert_int_equal(slot.status, -SNAPCAP_REASON_REVOKED);
}

/* What reads well may have been cut off: something new is written each time. */
static void test_each_revocation_writes_a_page(void **state)
{
	static const u32 taken[] = { 2, 3, 4, 4 };

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		u32 count = 0;

		assert_int_equal(snapstore_revoke(&flash, 0, &slot), 0);
		for (u32 copy = A; copy <= B; copy++)
			for (u32 page = 0; page < 2; page++)
				count += sim.block[copy].page[REVOKED + page].after !=
					 NANDSIM_IS_ERASED;
		assert_int_equal(count, taken[i]);
	}
	assert_null(sim.broken);
	/* Nowhere to write it. */
	setup(state);
	for (u32 copy = A; copy <= B; copy++)
		for (u32 page = 0; page < 2; page++) {
			geometry.fail[geometry.fails].block = copy;
			geometry.fail[geometry.fails++].page = (int)(REVOKED + page);
		}
	assert_int_equal(snapstore_revoke(&flash, 0, &slot), -SNAPSTORE_E_WRITE);
}

/* ---- the trial log ---- */

static void expect(bool confirmed, u32 tries, u32 used, bool torn)
{
	struct snapimg_trial trial;

	assert_int_equal(snapimg_trial_read(&flash.reader, 0, &trial), 0);
	assert_int_equal(trial.confirmed, confirmed);
	assert_int_equal(trial.tries, tries);
	assert_int_equal(trial.used, used);
	assert_int_equal(trial.torn, torn);
	assert_int_equal(trial.words, WORDS);
	assert_null(sim.broken);
}

static void note(u32 what, int ret)
{
	assert_int_equal(snapstore_trial_note(&flash, 0, what), ret);
}

static void test_words_have_their_places(void **state)
{
	note(TRY, 0);
	expect(false, 1, 1, false);
	note(TRY, 0);
	expect(false, 2, 3, false);
	/* Behind where a try may have been cut off. */
	note(CONFIRM, 0);
	expect(true, 0, 6, false);
	note(TRY, 0);
	expect(false, 1, 7, false);
	note(CONFIRM, 0);
	expect(true, 0, 10, false);
	assert_memory_equal(nandsim_page_bytes(&sim, B, LOG + 5) + PAGE - 8,
			    SNAPCAP_TRIAL_CONFIRM, 8);
}

static void test_word_is_there_when_one_copy_has_it(void **state)
{
	note(TRY, 0);
	note(CONFIRM, 0);
	for (u32 copy = A; copy <= B; copy++) {
		u32 was = sim.block[copy].page[LOG + 3].after;

		lose(copy, LOG + 3);
		expect(true, 0, 4, false);
		erase(copy, LOG + 3);
		expect(true, 0, 4, false);
		put(copy, LOG + 3, was);
		was = sim.block[copy].page[LOG].after;
		lose(copy, LOG);
		expect(true, 0, 4, false);
		put(copy, LOG, was);
	}
	/* Damaged in both: a try is one, a confirmation is none. */
	lose(A, LOG + 3);
	lose(B, LOG + 3);
	expect(false, 1, 4, true);
	lose(A, LOG);
	lose(B, LOG);
	expect(false, 1, 4, true);
	/* Damaged in the first and not begun in the second: never counted. */
	erase(B, LOG + 3);
	erase(B, LOG);
	expect(false, 0, 0, false);
}

static void test_what_was_cut_off_is_done(void **state)
{
	/* The second copy was not begun. */
	note(TRY, 0);
	note(CONFIRM, 0);
	erase(B, LOG + 3);
	note(TRY, 0);
	expect(false, 1, 5, false);
	assert_int_equal(sim.block[B].page[LOG + 3].after, sim.block[A].page[LOG + 3].after);
	/* The first copy was cut off: the second one will do. */
	lose(A, LOG + 7);
	note(CONFIRM, 0);
	expect(true, 0, 8, false);
	assert_int_not_equal(sim.block[B].page[LOG + 7].after, NANDSIM_IS_ERASED);
}

static void test_block_that_is_lost_leaves_a_log(void **state)
{
	note(TRY, 0);
	for (u32 page = 0; page < BLOCK / PAGE; page++)
		lose(A, page);
	assert_int_equal(probe(), 0);
	expect(false, 1, 1, false);
	note(CONFIRM, 0);
	expect(true, 0, 4, false);
	note(TRY, 0);
	expect(false, 1, 5, false);
}

static void test_full_log(void **state)
{
	struct snapimg_verdict verdict;
	struct snapimg_trial trial;
	u32 i;

	/* Of eleven words the last two are kept: tries go to 0, 2, 4, 6 and 8. */
	for (i = 0; i < 5; i++)
		note(TRY, 0);
	expect(false, 5, 9, false);
	note(TRY, -SNAPSTORE_E_NO_ROOM);
	assert_int_equal(snapimg_trial_read(&flash.reader, 0, &trial), 0);
	assert_int_equal(snapimg_trial_judge(&trial, 100, 0, &verdict),
			 -SNAPCAP_REASON_ATTEMPTS);
	note(CONFIRM, 0);
	expect(true, 0, 10, false);
	note(TRY, -SNAPSTORE_E_NO_ROOM);
	note(CONFIRM, -SNAPSTORE_E_NO_ROOM);
	/* It stays what it was. */
	expect(true, 0, 10, false);
	assert_int_equal(snapimg_trial_read(&flash.reader, 0, &trial), 0);
	assert_int_equal(snapimg_trial_judge(&trial, 1, 0, &verdict), 0);
}

static void test_page_that_is_not_taken_is_passed_over(void **state)
{
	geometry.fails = 3;
	geometry.fail[0].page = LOG;
	geometry.fail[1].page = LOG + 5;
	geometry.fail[2].block = B;
	geometry.fail[2].page = LOG + 5;
	note(TRY, 0);
	expect(false, 1, 1, false);
	note(TRY, 0);
	note(CONFIRM, 0);
	expect(true, 0, 8, false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_heads_read_as_the_format_has_them, setup),
		cmocka_unit_test_setup(test_places_that_are_none_are_refused, setup),
		cmocka_unit_test_setup(test_header_comes_from_its_copy, setup),
		cmocka_unit_test_setup(test_mark_that_counts, setup),
		cmocka_unit_test_setup(test_revocation_is_kept_twice, setup),
		cmocka_unit_test_setup(test_each_revocation_writes_a_page, setup),
		cmocka_unit_test_setup(test_words_have_their_places, setup),
		cmocka_unit_test_setup(test_word_is_there_when_one_copy_has_it, setup),
		cmocka_unit_test_setup(test_what_was_cut_off_is_done, setup),
		cmocka_unit_test_setup(test_block_that_is_lost_leaves_a_log, setup),
		cmocka_unit_test_setup(test_full_log, setup),
		cmocka_unit_test_setup(test_page_that_is_not_taken_is_passed_over, setup),
	};

	return cmocka_run_group_tests_name("snapnand/head", tests, NULL, NULL);
}
