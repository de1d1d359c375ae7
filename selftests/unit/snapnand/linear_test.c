// SPDX-License-Identifier: GPL-2.0-only
/* The good blocks of a chip as one space: where they are, what is refused, what goes bad. */
#include "../test.h"
#include "nandsim.h"

#define PAGE	512
#define BLOCK	(32 * PAGE)

static struct nandsim_geometry geometry;
static struct nandsim sim;
static struct nandsim_view view;
static struct snapstore_flash flash;
static struct snapnand *const n = &view.nand;

/* A chip with so many blocks, of which these are bad; the list ends with ~0. */
static void chip(u32 blocks, const u32 *bad)
{
	geometry = (struct nandsim_geometry){ .page = PAGE, .block = BLOCK, .blocks = blocks };
	while (*bad != ~0U)
		geometry.bad[geometry.bads++] = *bad++;
	nandsim_init(&sim, &geometry);
	flash = nandsim_open(&sim, &view);
}

#define CHIP(blocks, ...)	chip(blocks, (const u32[]){ __VA_ARGS__ })
#define NONE			(~0U)

static void test_bad_blocks_are_skipped(void **state)
{
	static const struct { u32 bad[4], at[6]; } cases[] = {
		{ { NONE }, { 0, 1, 2, 3, 4, 5 } },
		{ { 0, NONE }, { 1, 2, 3, 4, 5, 6 } },
		{ { 0, 1, NONE }, { 2, 3, 4, 5, 6, 7 } },
		{ { 3, 4, NONE }, { 0, 1, 2, 5, 6, 7 } },
		{ { 1, 3, NONE }, { 0, 2, 4, 5, 6, 7 } },
		{ { 6, 7, NONE }, { 0, 1, 2, 3, 4, 5 } },
	};

	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		chip(8, cases[c].bad);
		assert_int_equal(flash.reader.size, snapnand_size(n));
		assert_int_equal(snapnand_size(n), (u64)BLOCK * (8 - snapnand_bad_blocks(n)));
		for (u32 i = 0; i < 6; i++)
			assert_int_equal(snapnand_physical(n, (u64)i * BLOCK + 7),
					 cases[c].at[i] * BLOCK + 7);
		/* In any order. */
		for (u32 i = 6; i--; )
			assert_int_equal(snapnand_physical(n, (u64)i * BLOCK),
					 cases[c].at[i] * BLOCK);
		assert_int_equal(snapnand_physical(n, snapnand_size(n)), ~0ULL);
		assert_int_equal(snapnand_physical(n, ~0ULL), ~0ULL);
	}
}

static void test_chip_without_a_good_block(void **state)
{
	u8 byte;

	CHIP(2, 0, 1, NONE);
	assert_int_equal(snapnand_size(n), 0);
	assert_int_equal(snapnand_physical(n, 0), ~0ULL);
	assert_int_equal(flash.reader.read(n, 0, &byte, 1), -SNAPCAP_REASON_READ);
	assert_int_not_equal(flash.erase(n, 0, BLOCK), 0);
	assert_int_equal(flash.reader.read_head(n, 0, 0, &byte, 1), -SNAPCAP_REASON_READ);
}

static int always_good(void *ctx, u64 off)
{
	return 0;
}

static void test_geometry_is_checked(void **state)
{
	static const struct { u32 page, block; u64 size; size_t bitmap; int ret; } cases[] = {
		{ 512, 8192, 8 * 8192, 1, 0 },
		{ 512, 16384, 16384, 1, 0 },
		{ 16384, 1 << 18, 1 << 20, 1, 0 },
		{ 16384, 1U << 31, 1ULL << 33, 1, 0 },
		{ 256, 8192, 8192, 1, -SNAPSTORE_E_RANGE },
		{ 32768, 1 << 20, 1 << 20, 1, -SNAPSTORE_E_RANGE },
		{ 0, 8192, 8192, 1, -SNAPSTORE_E_RANGE },
		{ 528, 8192, 8192, 1, -SNAPSTORE_E_RANGE },
		{ 512, 0, 8192, 1, -SNAPSTORE_E_RANGE },
		{ 512, 4096, 8192, 1, -SNAPSTORE_E_RANGE },	/* too few pages */
		{ 512, 12288, 12288, 1, -SNAPSTORE_E_RANGE },
		{ 512, 8192, 0, 1, -SNAPSTORE_E_RANGE },
		{ 512, 8192, 8192 + 512, 1, -SNAPSTORE_E_RANGE },
		{ 512, 8192, 9 * 8192, 1, -SNAPSTORE_E_RANGE },	/* the bitmap is too small */
		{ 512, 8192, 9 * 8192, 2, 0 },
		{ 512, 8192, 8192ULL << 20, 1 << 17, 0 },
		{ 512, 8192, (8192ULL << 20) + 8192, 1 << 18, -SNAPSTORE_E_RANGE },
		{ 512, 8192, ~0ULL - 8191, ~(size_t)0, -SNAPSTORE_E_RANGE },
	};
	static u8 bitmap[1 << 17];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct snapnand_ops ops = { .block_is_bad = always_good };
		struct snapnand it = { .ops = &ops, .page_size = cases[i].page,
				       .block_size = cases[i].block, .size = cases[i].size,
				       .bad = bitmap, .bad_size = cases[i].bitmap,
				       .buf = view.buf };

		assert_int_equal(snapnand_open(&it), cases[i].ret);
	}
}

/* The largest one there may be: no sum wraps, no byte behind the bitmap is written. */
static void test_largest_window(void **state)
{
	static u8 bitmap[SNAPNAND_BITMAP(SNAPNAND_BLOCKS_MAX) + 1];
	const struct snapnand_ops ops = { .block_is_bad = always_good };
	struct snapnand it = { .ops = &ops, .page_size = 16384, .block_size = 1U << 31,
			       .size = (u64)SNAPNAND_BLOCKS_MAX << 31, .bad = bitmap,
			       .bad_size = sizeof(bitmap) - 1, .buf = view.buf };

	bitmap[sizeof(bitmap) - 1] = 0x5a;
	assert_int_equal(snapnand_open(&it), 0);
	assert_int_equal(snapnand_size(&it), it.size);
	assert_int_equal(snapnand_physical(&it, it.size - 1), it.size - 1);
	assert_int_equal(snapnand_physical(&it, it.size), ~0ULL);
	assert_int_equal(bitmap[sizeof(bitmap) - 1], 0x5a);
	/* A host that only reads. */
	assert_int_not_equal(snapnand_flash(&it).erase(&it, 0, it.block_size), 0);
}

static int program(u64 off, const void *data, size_t len, size_t *done)
{
	return flash.program(n, off, data, len, done);
}

static void test_pages_are_programmed_whole(void **state)
{
	u8 data[3 * PAGE], got[3 * PAGE];
	size_t done;

	CHIP(4, 1, NONE);
	memset(data, 0x11, sizeof(data));
	assert_int_equal(program(BLOCK - PAGE, data, 2 * PAGE + 100, &done), 0);
	assert_int_equal(done, 2 * PAGE + 100);
	assert_int_equal(flash.reader.read(n, BLOCK - PAGE, got, 3 * PAGE), 0);
	assert_memory_equal(got, data, 2 * PAGE + 100);
	for (u32 i = 2 * PAGE + 100; i < 3 * PAGE; i++)
		assert_int_equal(got[i], 0xff);
	/* Over the bad one. */
	assert_int_equal(nandsim_page_bytes(&sim, 2, 0)[0], 0x11);
	/* Any bytes of it. */
	assert_int_equal(flash.reader.read(n, BLOCK + PAGE + 90, got, 20), 0);
	assert_int_equal(got[9], 0x11);
	assert_int_equal(got[10], 0xff);
	assert_int_equal(flash.reader.read(n, 3 * BLOCK - 1, got, 1), 0);
	assert_int_equal(flash.reader.read(n, 3 * BLOCK - 1, got, 2), -SNAPCAP_REASON_READ);
	assert_int_equal(flash.reader.read(n, ~0ULL, got, 2), -SNAPCAP_REASON_READ);
	assert_null(sim.broken);
}

static void test_programs_ascend(void **state)
{
	u8 data[PAGE];
	size_t done;

	CHIP(4, NONE);
	memset(data, 0x22, sizeof(data));
	assert_int_equal(program(2 * PAGE, data, PAGE, &done), 0);
	assert_int_not_equal(program(2 * PAGE, data, PAGE, &done), 0);
	assert_int_equal(done, 0);
	assert_int_not_equal(program(PAGE, data, PAGE, &done), 0);
	assert_int_not_equal(program(3 * PAGE + 8, data, 8, &done), 0);
	assert_int_equal(program(3 * PAGE, data, 8, &done), 0);
	/* Nor into a page that was filled up. */
	assert_int_not_equal(program(3 * PAGE + 8, data, 8, &done), 0);
	assert_int_equal(program(BLOCK, data, PAGE, &done), 0);
	assert_int_not_equal(program(4 * BLOCK, data, PAGE, &done), 0);
	assert_int_not_equal(program(4 * BLOCK - PAGE, data, PAGE + 1, &done), 0);
	assert_int_not_equal(program(0ULL - PAGE, data, PAGE, &done), 0);
	assert_int_not_equal(flash.erase(n, 0, PAGE), 0);
	assert_int_not_equal(flash.erase(n, PAGE, BLOCK), 0);
	assert_int_not_equal(flash.erase(n, 4 * BLOCK, BLOCK), 0);
	assert_int_equal(flash.erase(n, BLOCK, BLOCK), 0);
	assert_int_equal(program(BLOCK, data, PAGE, &done), 0);
	assert_null(sim.broken);
}

/* A page of ones needs no programming, and is none that was programmed. */
static void test_pages_of_ones_are_left_out(void **state)
{
	u8 data[2 * PAGE];
	size_t done;

	CHIP(2, NONE);
	memset(data, 0xff, sizeof(data));
	data[2 * PAGE - 1] = 0xfe;
	assert_int_equal(program(0, data, sizeof(data), &done), 0);
	assert_int_equal(sim.block[0].page[0].after, NANDSIM_IS_ERASED);
	assert_int_not_equal(sim.block[0].page[1].after, NANDSIM_IS_ERASED);
}

static void test_what_was_corrected_is_counted(void **state)
{
	u8 data[8 * PAGE];

	CHIP(2, NONE);
	/* The chip corrects a bit in one page of seven. */
	assert_int_equal(flash.reader.read(n, 0, data, sizeof(data)), 0);
	assert_int_equal(n->counts.corrected_bits, 1);
	assert_int_equal(n->counts.corrected_pages, 1);
	nandsim_lose(&sim, 0, 5);
	assert_int_equal(flash.reader.read(n, 5 * PAGE, data, 1), -SNAPCAP_REASON_READ);
	assert_int_equal(n->counts.uncorrectable, 1);
}

/* ---- blocks that go bad ---- */

static struct snapstore st;

static int mark_fails(void *ctx, u64 off)
{
	return -5;
}

static void begin(enum snapstore_stage stage)
{
	st = (struct snapstore){ .offset = BLOCK, .span = 2 * BLOCK, .stage = stage };
}

static void test_block_that_fails_is_marked_between_attempts(void **state)
{
	u8 data[PAGE] = { 1 };
	size_t done;

	CHIP(6, 1, NONE);
	geometry.fails = 2;
	geometry.fail[0].block = 2;
	geometry.fail[0].page = 3;
	geometry.fail[1].block = 3;
	geometry.fail[1].page = NANDSIM_FAIL_ERASE;
	begin(SNAPSTORE_WRITING);
	assert_int_not_equal(program(BLOCK + 3 * PAGE, data, PAGE, &done), 0);
	/* Nothing has moved yet. */
	assert_int_equal(snapnand_size(n), 5 * BLOCK);
	assert_int_equal(n->counts.grown, 0);
	assert_false(sim.block[2].bad);
	assert_true(snapnand_grew(n, &st, -SNAPSTORE_E_WRITE));
	assert_true(sim.block[2].bad);
	assert_int_equal(n->counts.grown, 1);
	flash = snapnand_flash(n);
	assert_int_equal(flash.reader.size, 4 * BLOCK);
	assert_int_equal(snapnand_physical(n, BLOCK), 3 * BLOCK);
	/* It is done with. */
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_WRITE));
	assert_int_not_equal(flash.erase(n, BLOCK, BLOCK), 0);
	begin(SNAPSTORE_ERASING);
	assert_true(snapnand_grew(n, &st, -SNAPSTORE_E_ERASE));
	assert_true(sim.block[3].bad);
	/* As it is when it is looked at anew. */
	flash = nandsim_open(&sim, &view);
	assert_int_equal(snapnand_physical(n, BLOCK), 4 * BLOCK);
}

static void test_block_that_does_not_read_back_is_marked(void **state)
{
	u8 data[PAGE];

	CHIP(6, NONE);
	begin(SNAPSTORE_CHECKING);
	nandsim_lose(&sim, 2, 7);
	assert_int_not_equal(flash.reader.read(n, 2 * BLOCK + 7 * PAGE, data, PAGE), 0);
	/* Before it was written that means nothing. */
	st.stage = SNAPSTORE_ERASING;
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_READ));
	st.stage = SNAPSTORE_CHECKING;
	assert_true(snapnand_grew(n, &st, -SNAPSTORE_E_READ));
	assert_true(sim.block[2].bad);
	st.at = BLOCK + 100;
	assert_true(snapnand_grew(n, &st, -SNAPSTORE_E_READ_BACK));
	assert_true(sim.block[1].bad);
}

/* What of others fails is theirs. */
static void test_blocks_outside_the_slot_are_let_be(void **state)
{
	u8 data[PAGE] = { 1 };
	size_t done;

	CHIP(6, NONE);
	geometry.fails = 1;
	geometry.fail[0].block = 4;
	begin(SNAPSTORE_WRITING);
	assert_int_not_equal(program(4 * BLOCK, data, PAGE, &done), 0);
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_WRITE));
	assert_false(sim.block[4].bad);
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_KEEP));
}

static void test_restarts_have_an_end(void **state)
{
	struct snapnand_ops ops;
	u32 i;

	CHIP(20, NONE);
	for (i = 0; i < SNAPNAND_RESTARTS; i++) {
		begin(SNAPSTORE_CHECKING);
		st.at = BLOCK;
		assert_true(snapnand_grew(n, &st, -SNAPSTORE_E_READ_BACK));
	}
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_READ_BACK));
	assert_int_equal(n->counts.grown, SNAPNAND_RESTARTS);
	/* A block that cannot be marked must not be passed over. */
	CHIP(20, NONE);
	ops = *n->ops;
	n->ops = &ops;
	ops.mark_bad = mark_fails;
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_READ_BACK));
	ops.mark_bad = always_good;
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_READ_BACK));
	ops.mark_bad = NULL;
	assert_false(snapnand_grew(n, &st, -SNAPSTORE_E_READ_BACK));
	assert_int_equal(snapnand_size(n), 20 * BLOCK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_blocks_are_skipped),
		cmocka_unit_test(test_chip_without_a_good_block),
		cmocka_unit_test(test_geometry_is_checked),
		cmocka_unit_test(test_largest_window),
		cmocka_unit_test(test_pages_are_programmed_whole),
		cmocka_unit_test(test_programs_ascend),
		cmocka_unit_test(test_pages_of_ones_are_left_out),
		cmocka_unit_test(test_what_was_corrected_is_counted),
		cmocka_unit_test(test_block_that_fails_is_marked_between_attempts),
		cmocka_unit_test(test_block_that_does_not_read_back_is_marked),
		cmocka_unit_test(test_blocks_outside_the_slot_are_let_be),
		cmocka_unit_test(test_restarts_have_an_end),
	};

	return cmocka_run_group_tests_name("snapnand/linear", tests, NULL, NULL);
}
