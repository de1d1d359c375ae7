// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding snapshots on a medium, which here is memory with the habits of NOR
 * flash: erased bytes are 0xff, a block is erased at once, writing clears bits.
 */
#include "../test.h"
#include "sample.h"
#include "verify.h"

#define STEP	4096
#define PLACES	32
#define SIZE	(PLACES * STEP)
#define SLOT_1	(SIZE / 2)
/* Places that a sample takes. */
#define SPAN	((SAMPLE_SIZE + STEP - 1) / STEP)

static union {
	u64 align;
	u8 bytes[SIZE];
} medium;

/* Reads that touch this byte fail; and how many were made. */
static u64 bad_byte;
static unsigned int reads;

static int read_memory(void *ctx, u64 off, void *buf, size_t len)
{
	assert_ptr_equal(ctx, &medium);
	assert_true(off <= SIZE && len <= SIZE - off);
	reads++;
	if (bad_byte >= off && bad_byte < off + len)
		return -SNAPCAP_REASON_READ;
	memcpy(buf, medium.bytes + off, len);
	return 0;
}

static struct snapimg_reader reader = { .size = SIZE, .read = read_memory, .ctx = &medium };
static struct snapimg_slot slot;

static int setup(void **state)
{
	memset(&medium, 0xff, sizeof(medium));
	memset(&slot, 0xee, sizeof(slot));
	reader.size = SIZE;
	reader.read = read_memory;
	bad_byte = ~0ULL;
	reads = 0;
	return 0;
}

static void put_image(u64 offset, u64 sequence)
{
	struct sample s;

	sample_init(&s, sequence);
	memcpy(medium.bytes + offset, s.bytes, sizeof(s.bytes));
}

static struct snapcap_commit *mark_at(u64 offset)
{
	return (void *)(medium.bytes + offset + SNAPCAP_COMMIT_OFF);
}

static void uncommit(u64 offset)
{
	memset(mark_at(offset), 0xff, sizeof(struct snapcap_commit));
}

static void revoke(u64 offset)
{
	mark_at(offset)->revoked = 0;
}

static int probe(u64 offset)
{
	int ret = snapimg_slot_probe(&reader, offset, &slot);

	assert_int_equal(slot.status, ret);
	assert_int_equal(slot.offset, offset);
	return ret;
}

static int newest(u64 below)
{
	int ret = snapimg_slot_newest(&reader, STEP, below, &slot);

	assert_int_equal(slot.status, ret);
	return ret;
}

static void assert_newest(u64 below, u64 offset, u64 sequence)
{
	assert_int_equal(newest(below), 0);
	assert_int_equal(slot.offset, offset);
	assert_int_equal(slot.img.sequence, sequence);
}

static void assert_next(u64 *offset, u64 found, int status, u64 behind)
{
	assert_int_equal(snapimg_slot_next(&reader, STEP, offset, &slot), 1);
	assert_int_equal(slot.offset, found);
	assert_int_equal(slot.status, status);
	assert_int_equal(*offset, behind);
}

static void assert_no_next(u64 *offset)
{
	assert_int_equal(snapimg_slot_next(&reader, STEP, offset, &slot), 0);
	assert_int_equal(*offset, reader.size);
}

/* ---- probe ---- */

static void test_probe_tells_the_state(void **state)
{
	assert_int_equal(probe(0), -SNAPCAP_REASON_EMPTY);
	put_image(0, 5);
	assert_int_equal(probe(0), 0);
	assert_int_equal(slot.img.sequence, 5);
	revoke(0);
	assert_int_equal(probe(0), -SNAPCAP_REASON_REVOKED);
	assert_int_equal(slot.img.sequence, 5);
	mark_at(0)->magic[0] = 0;
	assert_int_equal(probe(0), -SNAPCAP_REASON_COMMIT);
	assert_int_equal(slot.img.sequence, 5);
	uncommit(0);
	assert_int_equal(probe(0), -SNAPCAP_REASON_NOT_COMMITTED);
	assert_int_equal(slot.img.sequence, 5);
	medium.bytes[100] ^= 1;
	assert_int_equal(probe(0), -SNAPCAP_REASON_HEADER_CRC);
	assert_int_equal(slot.img.sequence, 0);
}

static void test_probe_at_the_end_of_the_medium(void **state)
{
	u64 last = SIZE - SAMPLE_SIZE;

	put_image(last, 5);
	assert_int_equal(probe(last), 0);
	reader.size = SIZE - 1;
	assert_int_equal(probe(last), -SNAPCAP_REASON_TRUNCATED);
	reader.size = last + 1000;
	assert_int_equal(probe(last), -SNAPCAP_REASON_TRUNCATED);
	reader.size = last + 1;
	assert_int_equal(probe(last), -SNAPCAP_REASON_TRUNCATED);
	reader.size = last;
	assert_int_equal(probe(last), -SNAPCAP_REASON_TRUNCATED);
	assert_int_equal(probe(~0ULL), -SNAPCAP_REASON_TRUNCATED);
}

static int read_positive_error(void *ctx, u64 off, void *buf, size_t len)
{
	return 5;
}

static void test_probe_read_error_is_a_reason(void **state)
{
	put_image(0, 5);
	bad_byte = 1023;
	assert_int_equal(probe(0), -SNAPCAP_REASON_READ);
	bad_byte = SNAPCAP_COMMIT_OFF + 47;
	assert_int_equal(probe(0), -SNAPCAP_REASON_READ);
	bad_byte = SNAPCAP_COMMIT_OFF + 48;
	assert_int_equal(probe(0), 0);
	reader.read = read_positive_error;
	assert_int_equal(probe(0), -SNAPCAP_REASON_READ);
}

/* ---- next ---- */

static void test_next_on_an_erased_medium_finds_nothing(void **state)
{
	u64 offset = 0;

	assert_no_next(&offset);
	assert_int_equal(reads, PLACES);
	assert_no_next(&offset);
}

static void test_next_walks_over_all(void **state)
{
	u64 offset = 0;

	put_image(2 * STEP, 5);
	put_image((2 + SPAN) * STEP, 6);
	put_image(20 * STEP, 7);
	assert_next(&offset, 2 * STEP, 0, (2 + SPAN) * STEP);
	assert_next(&offset, (2 + SPAN) * STEP, 0, (2 + 2 * SPAN) * STEP);
	assert_next(&offset, 20 * STEP, 0, (20 + SPAN) * STEP);
	assert_no_next(&offset);
}

static void test_next_behind_an_unusable_one_is_the_next_place(void **state)
{
	u64 offset = 0;

	put_image(0, 5);
	uncommit(0);
	put_image(STEP * (SPAN + 1), 6);
	assert_next(&offset, 0, -SNAPCAP_REASON_NOT_COMMITTED, STEP);
	assert_next(&offset, STEP * (SPAN + 1), 0, STEP * (2 * SPAN + 1));
}

static void test_next_ends_with_an_image_that_ends_with_the_medium(void **state)
{
	u64 offset = 0;

	reader.size = SPAN * STEP;
	put_image(0, 5);
	assert_next(&offset, 0, 0, SPAN * STEP);
	assert_no_next(&offset);
	reader.size = SAMPLE_SIZE;
	offset = 0;
	assert_next(&offset, 0, 0, SAMPLE_SIZE);
	assert_no_next(&offset);
}

static void test_next_with_a_medium_of_odd_size(void **state)
{
	u64 offset = 0;

	reader.size = 3 * STEP + 5;
	memcpy(medium.bytes + 3 * STEP, SNAPCAP_IMAGE_MAGIC, 8);
	assert_no_next(&offset);
	reader.size = 3 * STEP + 8;
	offset = 0;
	assert_next(&offset, 3 * STEP, -SNAPCAP_REASON_TRUNCATED, 3 * STEP + 8);
	assert_no_next(&offset);
}

static void test_next_passes_a_place_that_cannot_be_read(void **state)
{
	u64 offset = 0;

	put_image(4 * STEP, 5);
	bad_byte = STEP;
	assert_next(&offset, STEP, -SNAPCAP_REASON_READ, 2 * STEP);
	assert_next(&offset, 4 * STEP, 0, (4 + SPAN) * STEP);
}

static void test_next_needs_a_step(void **state)
{
	u64 offset = 0;

	put_image(0, 5);
	assert_int_equal(snapimg_slot_next(&reader, 0, &offset, &slot), 0);
}

static int read_magic_anywhere(void *ctx, u64 off, void *buf, size_t len)
{
	memcpy(buf, SNAPCAP_IMAGE_MAGIC, 8);
	memset((u8 *)buf + 8, 0, len - 8);
	return 0;
}

static void test_next_does_not_wrap_on_a_huge_medium(void **state)
{
	u64 offset = ~0ULL << 12;

	reader.size = ~0ULL;
	reader.read = read_magic_anywhere;
	offset -= STEP;
	assert_next(&offset, (~0ULL << 12) - STEP, -SNAPCAP_REASON_VERSION, ~0ULL << 12);
	assert_next(&offset, ~0ULL << 12, -SNAPCAP_REASON_VERSION, ~0ULL);
	assert_no_next(&offset);
}

/* ---- newest ---- */

static void test_newest_of_nothing_is_empty(void **state)
{
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(slot.img.sequence, 0);
}

static void test_newest_is_the_highest_number_wherever_it_lies(void **state)
{
	put_image(0, 5);
	put_image(SLOT_1, 6);
	assert_newest(~0ULL, SLOT_1, 6);
	setup(NULL);
	put_image(0, 6);
	put_image(SLOT_1, 5);
	assert_newest(~0ULL, 0, 6);
}

static void test_newest_of_two_alike_is_the_first(void **state)
{
	put_image(0, 5);
	put_image(SLOT_1, 5);
	assert_newest(~0ULL, 0, 5);
	assert_int_equal(newest(5), -SNAPCAP_REASON_EMPTY);
}

static void test_newest_falls_back_number_by_number(void **state)
{
	put_image(0, 6);
	put_image(8 * STEP, 9);
	put_image(SLOT_1, 7);
	assert_newest(~0ULL, 8 * STEP, 9);
	assert_newest(9, SLOT_1, 7);
	assert_newest(7, 0, 6);
	assert_int_equal(newest(6), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(newest(0), -SNAPCAP_REASON_EMPTY);
}

static void test_newest_that_is_unusable_leaves_the_older_one(void **state)
{
	put_image(0, 5);
	put_image(SLOT_1, 6);
	revoke(SLOT_1);
	assert_newest(~0ULL, 0, 5);
	uncommit(SLOT_1);
	assert_newest(~0ULL, 0, 5);
	put_image(SLOT_1, 6);
	mark_at(SLOT_1)->sequence ^= cpu_to_le64(1);
	assert_newest(~0ULL, 0, 5);
	put_image(SLOT_1, 6);
	medium.bytes[SLOT_1 + 1000] ^= 1;
	assert_newest(~0ULL, 0, 5);
	put_image(SLOT_1, 6);
	bad_byte = SLOT_1 + 1000;
	assert_newest(~0ULL, 0, 5);
	bad_byte = ~0ULL;
	assert_newest(~0ULL, SLOT_1, 6);
}

static void test_newest_with_none_usable_tells_the_most_advanced(void **state)
{
	put_image(0, 5);
	medium.bytes[1000] ^= 1;
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_HEADER_CRC);
	assert_int_equal(slot.offset, 0);

	put_image(8 * STEP, 6);
	uncommit(8 * STEP);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_NOT_COMMITTED);
	assert_int_equal(slot.offset, 8 * STEP);
	assert_int_equal(slot.img.sequence, 6);

	put_image(SLOT_1, 7);
	revoke(SLOT_1);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_REVOKED);
	assert_int_equal(slot.offset, SLOT_1);

	/* Of two alike, the newer one. */
	put_image(24 * STEP, 8);
	revoke(24 * STEP);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_REVOKED);
	assert_int_equal(slot.img.sequence, 8);
	put_image(0, 9);
	revoke(0);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_REVOKED);
	assert_int_equal(slot.img.sequence, 9);
	put_image(24 * STEP, 9);
	revoke(24 * STEP);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_REVOKED);
	assert_int_equal(slot.offset, 0);
}

static void test_newest_tells_of_a_read_error_only_without_better(void **state)
{
	bad_byte = 3 * STEP;
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_READ);
	assert_int_equal(slot.offset, 3 * STEP);
	put_image(SLOT_1, 5);
	medium.bytes[SLOT_1 + 12] = 2;
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_VERSION);
	put_image(SLOT_1, 5);
	assert_newest(~0ULL, SLOT_1, 5);
}

/* Each look at the place shows a newer number than the one before. */
static int read_changing(void *ctx, u64 off, void *buf, size_t len)
{
	static u64 sequence;

	if (off == 0 && len == sizeof(struct snapcap_image_header))
		put_image(0, ++sequence);
	return read_memory(ctx, off, buf, len);
}

static void test_newest_of_a_changing_medium_is_none(void **state)
{
	reader.read = read_changing;
	put_image(0, 1);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_COMMIT);
	assert_int_equal(slot.status, -SNAPCAP_REASON_COMMIT);
}

/* The mark in the first slot is good each time but the second, fourth and so on. */
static int read_flapping(void *ctx, u64 off, void *buf, size_t len)
{
	static u32 looks;
	int ret = read_memory(ctx, off, buf, len);

	if (off == SNAPCAP_COMMIT_OFF && looks++ % 2)
		memset(buf, 0xff, len);
	return ret;
}

static void test_newest_passes_over_a_mark_that_changes(void **state)
{
	reader.read = read_flapping;
	put_image(0, 9);
	put_image(SLOT_1, 8);
	assert_newest(~0ULL, SLOT_1, 8);
	put_image(SLOT_1, 10);
	assert_newest(~0ULL, SLOT_1, 10);
}

/* Which image lies at @offset; the words from @word on are a choice. */
static struct snapcap_choice *put_chosen(u64 offset, u64 sequence, u32 number, u32 word)
{
	struct snapcap_choice *log = (void *)(medium.bytes + offset + SNAPCAP_CHOICE_OFF);
	struct sample s;

	sample_init(&s, sequence);
	put_image(offset, sequence);
	snapimg_choice_build(s.img.header_crc, number, &log[word]);
	log[word + 1] = log[word];
	return &log[word];
}

static void test_newest_is_the_one_that_was_chosen(void **state)
{
	put_image(0, 6);
	put_chosen(8 * STEP, 5, 9, 2);
	put_image(SLOT_1, 7);
	assert_newest(~0ULL, 8 * STEP, 5);
	assert_int_equal(slot.rank, 9);
	assert_newest(9, SLOT_1, 7);
	assert_int_equal(slot.rank, 7);
	assert_newest(7, 0, 6);
	assert_int_equal(newest(6), -SNAPCAP_REASON_EMPTY);
	/* Until another one is taken. */
	put_image(SLOT_1, 10);
	assert_newest(~0ULL, SLOT_1, 10);
	assert_newest(10, 8 * STEP, 5);
	/* A number that is lower than its own changes nothing. */
	put_chosen(8 * STEP, 8, 7, 2);
	assert_newest(10, 8 * STEP, 8);
	assert_int_equal(slot.rank, 8);
}

static void test_newest_is_not_one_that_was_chosen_and_dropped(void **state)
{
	put_image(0, 6);
	put_chosen(SLOT_1, 5, 9, 0);
	revoke(SLOT_1);
	assert_newest(~0ULL, 0, 6);
	assert_int_equal(probe(SLOT_1), -SNAPCAP_REASON_REVOKED);
	assert_int_equal(slot.rank, 5);
}

/* The choice of another snapshot, that was at this place before. */
static void test_newest_asks_whose_choice_it_is(void **state)
{
	struct snapcap_choice old[2];

	put_image(0, 6);
	memcpy(old, put_chosen(SLOT_1, 4, 9, 0), sizeof(old));
	put_image(SLOT_1, 5);
	memcpy(medium.bytes + SLOT_1 + SNAPCAP_CHOICE_OFF, old, sizeof(old));
	assert_newest(~0ULL, 0, 6);
}

static void test_newest_with_a_choice_that_cannot_be_read(void **state)
{
	put_image(0, 6);
	put_chosen(SLOT_1, 5, 9, 0);
	bad_byte = SLOT_1 + SNAPCAP_CHOICE_OFF + 100;
	assert_newest(~0ULL, 0, 6);
	assert_newest(6, SLOT_1, 5);
	assert_int_equal(slot.rank, 5);
}

static bool choice_comes_and_goes(u64 off)
{
	static u32 looks;

	return off == SLOT_1 + SNAPCAP_CHOICE_OFF && looks++ % 2;
}

static int read_choice_flapping(void *ctx, u64 off, void *buf, size_t len)
{
	int ret = read_memory(ctx, off, buf, len);

	if (choice_comes_and_goes(off))
		memset(buf, 0xff, len);
	return ret;
}

/* It has counted once: that will do, and nothing is tried twice or left out for it. */
static void test_newest_takes_a_choice_that_changes(void **state)
{
	reader.read = read_choice_flapping;
	put_image(0, 6);
	put_chosen(SLOT_1, 5, 9, 0);
	assert_newest(~0ULL, SLOT_1, 5);
	assert_int_equal(slot.rank, 9);
	assert_newest(9, 0, 6);
}

/* ---- images in images ---- */

/* An image of @places places whose data holds another one at @inner_place. */
static void put_nested(u64 offset, u64 sequence, u32 places, u32 inner_place, u64 inner)
{
	static union {
		u64 align;
		u8 bytes[SIZE];
	} image;
	struct sample outer;
	u8 *at = medium.bytes + offset;

	sample_init(&outer, sequence);
	outer.img.image_size = places * STEP;
	outer.img.section[SNAPCAP_SECTION_DATA].size = places * STEP - SAMPLE_DATA_OFF;
	sample_seal(&outer);
	memset(image.bytes, 0xa5, sizeof(image.bytes));
	memcpy(image.bytes, outer.bytes, SAMPLE_SIZE);
	memcpy(at, image.bytes, places * STEP);
	if (inner)
		put_image(offset + inner_place * STEP, inner);
}

/* Memory may hold a copy of a snapshot, even one with a higher number. */
static void test_committed_image_hides_what_its_data_looks_like(void **state)
{
	put_nested(0, 5, 16, 8, 99);
	assert_int_equal(probe(8 * STEP), 0);
	assert_newest(~0ULL, 0, 5);
	assert_int_equal(newest(5), -SNAPCAP_REASON_EMPTY);
}

/* A newer image written where a revoked one was must be found. */
static void test_revoked_image_hides_nothing(void **state)
{
	put_nested(0, 5, 16, 8, 6);
	revoke(0);
	assert_newest(~0ULL, 8 * STEP, 6);
	put_nested(0, 5, 16, 8, 6);
	uncommit(0);
	assert_newest(~0ULL, 8 * STEP, 6);
}

/* A header left over inside a cut-off image has no mark of its own any more. */
static void test_left_over_header_without_its_mark_is_refused(void **state)
{
	put_nested(0, 6, 16, 8, 5);
	uncommit(0);
	memset(medium.bytes + 9 * STEP, 0xa5, STEP);
	assert_int_equal(newest(~0ULL), -SNAPCAP_REASON_COMMIT);
}

/* An image that fills its blocks to the last byte ends where the next may start. */
static void test_neighbour_of_a_full_image_is_found(void **state)
{
	u64 offset = 0;

	put_nested(0, 5, 8, 0, 0);
	put_image(8 * STEP, 6);
	assert_next(&offset, 0, 0, 8 * STEP);
	assert_next(&offset, 8 * STEP, 0, (8 + SPAN) * STEP);
	assert_newest(~0ULL, 8 * STEP, 6);
}

/* ---- a writer that keeps to the specified order, cut off anywhere ---- */

static unsigned int ops_left;

static bool op_allowed(void)
{
	if (!ops_left)
		return false;
	ops_left--;
	return true;
}

static void program(u64 offset, const void *data, size_t size)
{
	const u8 *from = data;
	size_t i;

	if (!op_allowed())
		return;
	for (i = 0; i < size; i++)
		medium.bytes[offset + i] &= from[i];
}

static void erase(u64 offset)
{
	if (op_allowed())
		memset(medium.bytes + offset, 0xff, STEP);
}

static void revoke_overlapping(u64 offset, u64 size)
{
	static const u64 zero;
	u64 at = 0;

	while (snapimg_slot_next(&reader, STEP, &at, &slot)) {
		if (!slot.status && slot.offset < offset + size &&
		    offset < slot.offset + slot.img.image_size)
			program(slot.offset + SNAPCAP_COMMIT_OFF + 40, &zero, sizeof(zero));
	}
}

/* Offsets are of places; the image takes @places of them. */
static void take(u32 place, u32 places, u64 sequence)
{
	struct sample s;
	u64 offset = place * STEP;
	u32 i;

	sample_init(&s, sequence);
	s.img.image_size = places * STEP;
	s.img.section[SNAPCAP_SECTION_DATA].size = places * STEP - SAMPLE_DATA_OFF;
	sample_seal(&s);

	revoke_overlapping(offset, places * STEP);
	for (i = 0; i < places; i++)
		erase(offset + i * STEP);
	for (i = SNAPCAP_BODY_OFF; i < SAMPLE_SIZE; i += 512)
		program(offset + i, s.bytes + i, SAMPLE_SIZE - i < 512 ? SAMPLE_SIZE - i : 512);
	for (i = 0; i < sizeof(struct snapcap_image_header); i += 256)
		program(offset + i, s.bytes + i, 256);
	for (i = 0; i < sizeof(struct snapcap_commit); i += 4)
		program(offset + SNAPCAP_COMMIT_OFF + i, s.bytes + SNAPCAP_COMMIT_OFF + i, 4);
}

/* Whatever is found is whole. */
static u64 verified_newest(void)
{
	if (newest(~0ULL))
		return 0;
	assert_int_equal(image_verify(medium.bytes + slot.offset, SIZE - slot.offset, NULL,
				      NULL, 0), 0);
	return slot.img.sequence;
}

static void test_writer_cut_off_anywhere_leaves_a_whole_snapshot_or_none(void **state)
{
	static const struct { u32 place, places; u64 kept; } takes[] = {
		{ 0, SPAN, 2 },		/* over the older one */
		{ 16, SPAN, 1 },	/* over the newer one */
		{ 0, 28, 0 },		/* over both */
		{ 2, SPAN, 2 },		/* into the middle of the older one */
		{ 18, SPAN, 1 },	/* into the middle of the newer one */
		{ 8, SPAN, 2 },		/* between them */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(takes); i++) {
		unsigned int cut;
		u64 found;

		for (cut = 0; ; cut++) {
			setup(NULL);
			ops_left = ~0U;
			take(0, SPAN, 1);
			take(16, SPAN, 2);
			assert_int_equal(verified_newest(), 2);

			ops_left = cut;
			take(takes[i].place, takes[i].places, 3);
			found = verified_newest();
			if (found == 3)
				break;
			if (takes[i].kept)
				assert_true(found >= takes[i].kept);
			assert_true(cut < 200);
		}
		/* It took all of the mark but its last, erased-looking bytes. */
		assert_true(ops_left == 0 && cut > takes[i].places);
	}
}

/* What the revocation is for: the same without it loses the new snapshot. */
static void test_writer_that_does_not_revoke_would_not_be_found(void **state)
{
	put_nested(0, 1, 16, 8, 2);
	assert_newest(~0ULL, 0, 1);
	revoke(0);
	assert_newest(~0ULL, 8 * STEP, 2);
}

#define TEST(function)	cmocka_unit_test_setup(function, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_probe_tells_the_state),
		TEST(test_probe_at_the_end_of_the_medium),
		TEST(test_probe_read_error_is_a_reason),
		TEST(test_next_on_an_erased_medium_finds_nothing),
		TEST(test_next_walks_over_all),
		TEST(test_next_behind_an_unusable_one_is_the_next_place),
		TEST(test_next_ends_with_an_image_that_ends_with_the_medium),
		TEST(test_next_with_a_medium_of_odd_size),
		TEST(test_next_passes_a_place_that_cannot_be_read),
		TEST(test_next_needs_a_step),
		TEST(test_next_does_not_wrap_on_a_huge_medium),
		TEST(test_newest_of_nothing_is_empty),
		TEST(test_newest_is_the_highest_number_wherever_it_lies),
		TEST(test_newest_of_two_alike_is_the_first),
		TEST(test_newest_falls_back_number_by_number),
		TEST(test_newest_that_is_unusable_leaves_the_older_one),
		TEST(test_newest_with_none_usable_tells_the_most_advanced),
		TEST(test_newest_tells_of_a_read_error_only_without_better),
		TEST(test_newest_of_a_changing_medium_is_none),
		TEST(test_newest_passes_over_a_mark_that_changes),
		TEST(test_newest_is_the_one_that_was_chosen),
		TEST(test_newest_is_not_one_that_was_chosen_and_dropped),
		TEST(test_newest_asks_whose_choice_it_is),
		TEST(test_newest_with_a_choice_that_cannot_be_read),
		TEST(test_newest_takes_a_choice_that_changes),
		TEST(test_committed_image_hides_what_its_data_looks_like),
		TEST(test_revoked_image_hides_nothing),
		TEST(test_left_over_header_without_its_mark_is_refused),
		TEST(test_neighbour_of_a_full_image_is_found),
		TEST(test_writer_cut_off_anywhere_leaves_a_whole_snapshot_or_none),
		TEST(test_writer_that_does_not_revoke_would_not_be_found),
	};

	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
