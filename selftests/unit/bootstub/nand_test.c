// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots on raw NAND, from the chip to memory: the medium, the partition, the restore,
 * tries and single use are the loader's; the chip is the power-cut simulator's.
 */
#include "../test.h"
#include "boot.h"
#include "fake.h"
#include "handoff.h"
#include "media/nand.h"
#include "nandsim.h"
#include "once.h"
#include "restore.h"
#include "simimage.h"
#include "trial.h"

#define PAGE	2048
#define BLOCK	(64 * PAGE)

static const struct nandsim_geometry geometry = {
	.name = "of the test", .page = PAGE, .block = BLOCK, .blocks = 14,
	.bads = 4, .bad = { 0, 3, 4, 9 },
};

struct boot boot;

static struct nandsim sim;
static struct nandsim_view view;
static struct simimage image[2];
static u64 slot_of[2];
static struct nand nand;
static struct media media = {
	.name = "nand", .priv = &nand, .open = nand_open, .close = nand_close,
	.begin = nand_begin, .end = nand_end, .program = nand_program, .flash = nand_flash,
	.depth = 1,
};
static const struct plat_medium pm = {
	.media = &media, .part = { [PLAT_PART_SNAPSHOT] = { "snapshot", 0, ~0ULL, false } },
};
static _Alignas(64) u8 heap[1 << 20];
static u32 tried;

u32 handoff_attempts(const char *medium, u64 slot_offset, u64 sequence, u64 rank, u32 limit)
{
	return tried;
}

void handoff_given_up(u64 sequence)
{
}

static void all(int (*step)(struct snapstore *st), struct snapstore *st)
{
	int ret;

	while ((ret = step(st)) > 0)
		;
	assert_int_equal(ret, 0);
}

static void take(u32 id, u64 incompat)
{
	static u64 buf[4 * PAGE / 8];
	struct snapstore st = { .flash = nandsim_open(&sim, &view), .fill = simimage_fill,
				.fill_ctx = &image[id], .buf = buf, .buf_size = sizeof(buf) };

	/* More than a block of data. */
	simimage_make_nand(&image[id], id, 40, &st.flash);
	image[id].tries = 3;
	image[id].img.feature_incompat = incompat;
	assert_int_equal(snapstore_open(&st, 0, 0), 0);
	assert_int_equal(snapstore_find_previous(&st), 0);
	assert_int_equal(snapstore_place(&st, image[id].img.image_size, SNAPSTORE_SLOT_AUTO, true),
			 0);
	simimage_number(&image[id], snapstore_sequence(&st));
	assert_int_equal(snapstore_erase_begin(&st), 0);
	all(snapstore_erase_step, &st);
	all(snapstore_write_step, &st);
	assert_int_equal(snapstore_header(&st, &image[id].header), 0);
	all(snapstore_check_step, &st);
	assert_int_equal(snapstore_commit(&st, &image[id].mark), 0);
	slot_of[id] = st.offset;
}

static int setup(void **state)
{
	fake_setup(state);
	nandsim_init(&sim, &geometry);
	take(0, 0);
	take(1, 0);
	nandsim_open(&sim, &view);
	nand.snap = view.nand;
	media.is_open = false;
	media.error = 0;
	tried = 0;
	memset(&boot, 0, sizeof(boot));
	assert_int_equal(media_open(&media, NULL), 0);
	return 0;
}

/* Lose a page of a snapshot, @off bytes behind its start, or all of its block. */
static void lose(u32 id, u64 off, bool block)
{
	u64 at = snapnand_physical(&view.nand, slot_of[id] + off);
	u32 page = (u32)(at % BLOCK / PAGE);

	assert_int_not_equal(at, ~0ULL);
	for (u32 p = block ? 0 : page; p < (block ? BLOCK / PAGE : page + 1); p++)
		nandsim_lose(&sim, (u32)(at / BLOCK), p);
}

static int restore(const struct snapimg_slot *slot)
{
	struct restore r = { .media = &media, .base = slot->offset, .img = &slot->img };
	struct arena arena = { heap, sizeof(heap), 0 };
	int err = restore_load(&r, &simimage_machine, &arena);

	return err ? err : restore_pages(&r);
}

/* As restore_from() does; the number of what was restored, -1 for a cold boot. */
static int power_on(int *reason)
{
	const struct snapimg_reader reader = boot_reader(&pm);
	u64 below = ~0ULL, size;
	struct snapimg_slot slot;
	struct snapimg_verdict verdict;

	*reason = 0;
	while (!snapimg_slot_newest(&reader, media.erase_size, below, &slot)) {
		const struct simimage *of = &image[slot.img.uuid[0]];
		int err = trial_check(&pm, &slot, &verdict);

		if (!err)
			err = restore(&slot);
		if (!err) {
			trial_note(&pm, &slot, &verdict);
			size = (u64)of->pages * SIMIMAGE_PAGE;
			assert_memory_equal(fake_ram(FAKE_RAM_BASE), of->stream, size);
			return slot.img.uuid[0];
		}
		*reason = -err;
		below = slot.img.sequence;
	}
	return -1;
}

static void expect(int id, int reason)
{
	int got;

	assert_int_equal(power_on(&got), id);
	assert_int_equal(got, reason);
	assert_null(sim.broken);
}

static void test_bad_blocks_are_skipped(void **state)
{
	assert_int_equal(media.size, 10 * BLOCK);
	assert_int_equal(media.erase_size, BLOCK);
	assert_int_equal(snapnand_bad_blocks(&nand.snap), 4);
	expect(1, 0);
	assert_int_equal(snapnand_physical(&nand.snap, slot_of[0]), BLOCK);
	assert_int_equal(snapnand_physical(&nand.snap, slot_of[0] + 2 * BLOCK), 5 * BLOCK);
	assert_true(nand.snap.counts.corrected_bits > 0);
	assert_int_equal(nand.snap.counts.uncorrectable, 0);
}

static void test_head_is_read_from_its_copy(void **state)
{
	lose(1, 0, false);
	expect(1, 0);
	assert_true(nand.snap.counts.copies > 0);
	/* Header, mark and log. */
	lose(1, 0, true);
	expect(1, 0);
	setup(state);
	lose(1, PAGE, false);
	expect(1, 0);
	setup(state);
	lose(1, BLOCK, true);
	expect(1, 0);
	/* Without either there is nothing. */
	lose(1, 0, true);
	expect(0, 0);
}

static void test_table_is_read_from_its_copy(void **state)
{
	u64 copy = image[1].img.section[SNAPCAP_SECTION_COPY].offset;

	lose(1, 2 * BLOCK, false);
	expect(1, 0);
	assert_true(nand.snap.counts.uncorrectable > 0);
	lose(1, copy, false);
	expect(0, SNAPCAP_REASON_READ);
}

static void test_data_that_is_lost_leads_to_the_one_before(void **state)
{
	const struct snapimg_section *data = &image[1].img.section[SNAPCAP_SECTION_DATA];
	u64 off;

	for (off = data->offset; off < data->offset + data->size; off += 7 * PAGE) {
		setup(state);
		lose(1, off + PAGE, false);
		expect(0, SNAPCAP_REASON_READ);
	}
	lose(0, image[0].img.section[SNAPCAP_SECTION_DATA].offset + PAGE, false);
	expect(-1, SNAPCAP_REASON_READ);
}

static void test_tries_are_noted_and_end(void **state)
{
	for (u32 i = 0; i < 3; i++)
		expect(1, 0);
	expect(0, SNAPCAP_REASON_ATTEMPTS);
}

static void test_confirmed_one_writes_nothing(void **state)
{
	struct snapstore_flash flash = boot_flash(&pm);
	u64 mark;

	expect(1, 0);
	assert_int_equal(snapstore_trial_note(&flash, slot_of[1], SNAPSTORE_TRIAL_CONFIRM), 0);
	mark = nandsim_mark(&sim);
	for (u32 i = 0; i < 10; i++)
		expect(1, 0);
	assert_int_equal(nandsim_mark(&sim), mark);
	/* It did not come up the last time: on trial again. */
	tried = 1;
	expect(1, 0);
	assert_int_not_equal(nandsim_mark(&sim), mark);
}

static void test_single_use_is_spent(void **state)
{
	const struct snapimg_reader reader = boot_reader(&pm);
	struct snapimg_slot slot;

	take(0, SNAPCAP_FEATURE_INCOMPAT_ONCE);
	nandsim_open(&sim, &view);
	assert_int_equal(snapimg_slot_newest(&reader, BLOCK, ~0ULL, &slot), 0);
	assert_int_equal(slot.img.feature_incompat, SNAPCAP_FEATURE_INCOMPAT_ONCE);
	assert_int_equal(once_spend(&pm, &slot), 0);
	assert_int_equal(snapimg_slot_probe(&reader, slot_of[0], &slot),
			 -SNAPCAP_REASON_REVOKED);
	/* Also when the page that says so cannot be read any more. */
	lose(0, (BLOCK / PAGE - 2) * (u64)PAGE, false);
	assert_int_equal(snapimg_slot_probe(&reader, slot_of[0], &slot),
			 -SNAPCAP_REASON_REVOKED);
	expect(1, 0);
}

static int no_chip(struct nand *of, const void *fdt)
{
	return -SNAPCAP_REASON_EMPTY;
}

static void test_chips_that_cannot_be_used(void **state)
{
	media.is_open = false;
	nand.probe = no_chip;
	assert_int_equal(media_open(&media, NULL), -SNAPCAP_REASON_EMPTY);
	nand.probe = NULL;
	media.error = 0;
	nand.snap.page_size = 1000;
	assert_int_equal(media_open(&media, NULL), -SNAPCAP_REASON_READ);
	media.error = 0;
	nand.snap.page_size = PAGE;
	nand.snap.size = BLOCK;
	assert_int_equal(media_open(&media, NULL), -SNAPCAP_REASON_READ);
	/* The only block is a bad one. */
	assert_int_equal(snapnand_size(&nand.snap), 0);
}

static void test_nothing_but_heads_is_written(void **state)
{
	u64 mark = nandsim_mark(&sim);
	static const u64 zero;

	assert_int_equal(media_program(&media, 0, &zero, sizeof(zero)), -SNAPCAP_REASON_READ);
	assert_int_equal(nandsim_mark(&sim), mark);
	media_close(&media);
	assert_false(media.is_open);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_bad_blocks_are_skipped, setup),
		cmocka_unit_test_setup(test_head_is_read_from_its_copy, setup),
		cmocka_unit_test_setup(test_table_is_read_from_its_copy, setup),
		cmocka_unit_test_setup(test_data_that_is_lost_leads_to_the_one_before, setup),
		cmocka_unit_test_setup(test_tries_are_noted_and_end, setup),
		cmocka_unit_test_setup(test_confirmed_one_writes_nothing, setup),
		cmocka_unit_test_setup(test_single_use_is_spent, setup),
		cmocka_unit_test_setup(test_chips_that_cannot_be_used, setup),
		cmocka_unit_test_setup(test_nothing_but_heads_is_written, setup),
	};

	return cmocka_run_group_tests_name("bootstub/nand", tests, NULL, NULL);
}
