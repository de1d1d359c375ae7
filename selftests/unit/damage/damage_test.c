// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots that were whole once. What has to come of each is told by comparing bytes
 * (judge.h), what does come of it by the loader's own code, from the search to the jump.
 * None is restored, each is refused for the reason that fits, and an older snapshot, or a
 * cold boot, takes its place. Undamaged ones of all shapes are all restored, byte by byte.
 */
#include "../test.h"
#include <stdio.h>
#include <linux/snapcap_reason.h>
#include "judge.h"

#define UNDAMAGED	1000
#define BURSTS		3000
#define SWAPS		1500

/* The snapshot that is damaged, the one whose place it has taken, the one elsewhere. */
static struct subject subject, stale, old;
static struct tally tally;
static u64 noise;

static u32 below(u32 limit)
{
	return (u32)(subject_random(&noise) % limit);
}

/* The damage is in fake_flash; what is there comes back when it has been looked at. */
static void look(u32 from, u32 to, const char *what)
{
	struct verdict v = judge(power_at(POWER_NEW), &subject, &stale);
	char text[80];

	snprintf(text, sizeof(text), "%s at %u to %u", what, from, to);
	judge_place(&tally, subject.img.image_size, &v, text);
	memcpy(power_at(POWER_NEW + from), subject.bytes + from, to - from);
}

static void flip(u32 bit)
{
	*power_at(POWER_NEW + bit / 8) ^= (u8)(1 << bit % 8);
	look(bit / 8, bit / 8 + 1, "a bit");
}

static void test_every_bit_of_the_header(void **state)
{
	u32 bit;

	judge_begin(&tally, "every bit of the header");
	tally.beside = 5;
	for (bit = 0; bit < 8 * sizeof(struct snapcap_image_header); bit++)
		flip(bit);
	judge_end(&tally);
	assert_int_equal(tally.refused, 8192);
}

static void test_every_bit_of_the_mark(void **state)
{
	u32 bit;

	judge_begin(&tally, "every bit of the mark");
	for (bit = 0; bit < 8 * sizeof(struct snapcap_commit); bit++)
		flip(8 * SNAPCAP_COMMIT_OFF + bit);
	memset(power_at(POWER_NEW + SNAPCAP_COMMIT_OFF), 0xff, sizeof(struct snapcap_commit));
	look(SNAPCAP_COMMIT_OFF, SNAPCAP_COMMIT_OFF + sizeof(struct snapcap_commit), "no mark");
	judge_end(&tally);
	assert_int_equal(tally.refused, 385);
}

static void test_every_bit_of_the_tables(void **state)
{
	u32 type, bits = 0, bit;

	judge_begin(&tally, "every bit of the tables");
	tally.beside = 5;
	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		const struct snapimg_section *section = &subject.img.section[type];

		for (bit = 0; bit < 8 * section->size; bit++)
			flip(8 * (u32)section->offset + bit);
		bits += bit;
	}
	judge_end(&tally);
	assert_int_equal(tally.refused, bits);
}

static void test_a_bit_in_each_chunk(void **state)
{
	u32 data, i, stored = 0;

	judge_begin(&tally, "a bit in each chunk");
	data = (u32)subject.img.section[SNAPCAP_SECTION_DATA].offset;
	for (i = 0; i < subject.chunks; i++) {
		u32 at = 8 * (data + (u32)subject.chunk[i].offset);
		u32 bits = 8 * subject.chunk[i].stored_size;

		if (!bits)
			continue;
		flip(at);
		flip(at + bits - 1);
		flip(at + below(bits));
		stored++;
	}
	judge_end(&tally);
	assert_true(stored > 150);
	assert_int_equal(tally.refused, 3 * stored);
}

/* ---- cut off ---- */

static void cut_medium(u32 size, u32 step, u32 align)
{
	const struct verdict gone = { .reason = SNAPCAP_REASON_EMPTY, .detail = JUDGE_ANY };
	const struct verdict cut = { .reason = SNAPCAP_REASON_TRUNCATED, .detail = JUDGE_ANY };
	char text[40];
	u32 len;

	for (len = 0; len < size; len += step) {
		if (len % align)
			continue;
		power_medium_size(POWER_NEW + len);
		snprintf(text, sizeof(text), "%u bytes of it", len);
		judge_place(&tally, len, len < SNAPCAP_MAGIC_SIZE ? &gone : &cut, text);
	}
}

static void test_medium_ends_in_it(void **state)
{
	judge_begin(&tally, "the medium ends in it");
	cut_medium(1100, 1, 1);
	cut_medium((u32)subject.img.image_size, 256, 1);
	power_medium(true);
	cut_medium((u32)subject.img.image_size, 512, 512);
	power_medium(false);
	judge_end(&tally);
	assert_int_equal(tally.refused, tally.reason[SNAPCAP_REASON_EMPTY] +
			 tally.reason[SNAPCAP_REASON_TRUNCATED]);
}

static void test_contents_end_in_it(void **state)
{
	static const char *const rest[] = { "erased", "zero", "noise" };
	u32 size = (u32)subject.img.image_size, len, i;

	judge_begin(&tally, "the rest of it is missing");
	for (i = 0; i < ARRAY_SIZE(rest); i++) {
		for (len = 0; len < size; len += len < 12000 ? 40 : 1000) {
			u8 *p = power_at(POWER_NEW + len), *end = power_at(POWER_NEW + size);

			if (i < 2)
				memset(p, i ? 0 : 0xff, (size_t)(end - p));
			else
				while (p < end)
					*p++ = (u8)subject_random(&noise);
			look(len, size, rest[i]);
		}
	}
	judge_end(&tally);
}

/* ---- in the wrong place ---- */

/* Pieces as flash, filesystems and buses have them. */
static const u32 pieces[] = { 8, 64, 256, 512, 4096 };

static void test_swapped_pieces(void **state)
{
	u32 size = (u32)subject.img.image_size, i, n;
	static u8 piece[4096];

	judge_begin(&tally, "two pieces of it swapped");
	for (n = 0; n < SWAPS; n++) {
		u32 len = pieces[n % ARRAY_SIZE(pieces)], a, b;

		/* Half of them among header and tables. */
		i = n / ARRAY_SIZE(pieces) % 2 ? size / len : (16384 < size ? 16384 : size) / len;
		a = len * below(i);
		b = len * below(i);
		memcpy(piece, power_at(POWER_NEW + a), len);
		memcpy(power_at(POWER_NEW + a), power_at(POWER_NEW + b), len);
		memcpy(power_at(POWER_NEW + b), piece, len);
		look(a < b ? a : b, (a > b ? a : b) + len, "swapped pieces");
	}
	judge_end(&tally);
	assert_true(tally.refused > SWAPS / 2);
}

static void test_swapped_chunks(void **state)
{
	u64 data = POWER_NEW + subject.img.section[SNAPCAP_SECTION_DATA].offset;
	u32 last = ~0u, i;
	static u8 piece[16 * SUBJECT_PAGE];

	judge_begin(&tally, "two chunks of it swapped");
	for (i = 0; i < subject.chunks; i++) {
		const struct snapimg_chunk *c = &subject.chunk[i], *d;

		if (c->codec != SNAPCAP_CODEC_RAW || c->pages > 16)
			continue;
		d = last == ~0u ? c : &subject.chunk[last];
		last = i;
		if (d == c || d->pages != c->pages)
			continue;
		memcpy(piece, power_at(data + c->offset), c->stored_size);
		memcpy(power_at(data + c->offset), power_at(data + d->offset), c->stored_size);
		memcpy(power_at(data + d->offset), piece, c->stored_size);
		look((u32)(data + d->offset - POWER_NEW),
		     (u32)(data + c->offset + c->stored_size - POWER_NEW), "swapped chunks");
	}
	judge_end(&tally);
	assert_true(tally.refused > 10);
	assert_int_equal(tally.refused, tally.reason[SNAPCAP_REASON_CHUNK_SUM]);
}

/* A program that never reached the flash, or an erase: what was there before is there. */
static void test_stale_pieces(void **state)
{
	u32 size = (u32)subject.img.image_size, i, at;

	judge_begin(&tally, "stale pieces in it");
	for (i = 1; i < ARRAY_SIZE(pieces); i++)
		for (at = 0; at < size; at += pieces[i] * (i < 2 && at > 16384 ? 16 : 1)) {
			u32 len = pieces[i] < size - at ? pieces[i] : size - at;

			memcpy(power_at(POWER_NEW + at), stale.bytes + at, len);
			look(at, at + len, "a stale piece");
		}
	/* From there on, or up to there. */
	for (at = 0; at < size; at += at < 16384 ? 64 : 1024) {
		memcpy(power_at(POWER_NEW + at), stale.bytes + at, size - at);
		look(at, size, "a stale rest");
		memcpy(power_at(POWER_NEW), stale.bytes, at);
		look(0, at, "a stale beginning");
	}
	judge_end(&tally);
	assert_true(tally.refused > 500);
}

static void test_header_and_body_of_two(void **state)
{
	static const u32 cuts[] = { 1024, SNAPCAP_COMMIT_OFF, SNAPCAP_BODY_OFF };
	u32 size = (u32)subject.img.image_size, i;

	judge_begin(&tally, "header, mark and body of two");
	for (i = 1; i < 15; i++) {
		/* One bit for each of header, mark, tables, data: whose it is. */
		u64 tables = subject.img.section[SNAPCAP_SECTION_DATA].offset;
		const struct { u64 from, to; } part[] = {
			{ 0, cuts[0] }, { cuts[1], cuts[2] }, { cuts[2], tables }, { tables, size },
		};
		u32 k;

		for (k = 0; k < ARRAY_SIZE(part); k++)
			if (i & 1 << k)
				memcpy(power_at(POWER_NEW + part[k].from),
				       stale.bytes + part[k].from, part[k].to - part[k].from);
		look(0, size, "parts of another");
	}
	judge_end(&tally);
	assert_int_equal(tally.refused, 14);
}

/* ---- anything ---- */

static void test_bursts(void **state)
{
	u32 size = (u32)subject.img.image_size, n, i;

	judge_begin(&tally, "bursts of noise, zeros and ones");
	for (n = 0; n < BURSTS; n++) {
		u32 len = 1 + below(n % 2 ? 8 : 600);
		u32 at = below((n / 2 % 2 ? size : SNAPCAP_BODY_OFF + 2048) - len);

		for (i = 0; i < len; i++)
			*power_at(POWER_NEW + at + i) = n % 4 ? (u8)subject_random(&noise) :
							n % 8 ? 0 : 0xff;
		look(at, at + len, "a burst");
	}
	judge_end(&tally);
	assert_true(tally.refused > BURSTS / 3);
}

/* ---- nothing wrong ---- */

static void test_undamaged(void **state)
{
	struct verdict good = { .detail = JUDGE_ANY, .subject = &subject };
	char text[40];
	u32 n;

	judge_old(NULL);
	judge_begin(&tally, "undamaged");
	for (n = 0; n < UNDAMAGED; n++) {
		struct subject_plan plan = {
			.seed = subject_random(&noise) >> 1,
			.sequence = 1 + subject_random(&noise) % (~0ULL - 1),
			.pages = 1 + below(n % 20 ? 30 : SUBJECT_PAGES_MAX),
			.run_pages = 1 + below(12),
			.chunk_pages = 1 + below(n % 20 ? 8 : SNAPCAP_CHUNK_PAGES_LIMIT),
			.pageable = n % 3 ? 0 : 1 + below(6),
			.gaps = n % 2,
			.forced = n % 5 == 1,
			.extra = n % 4 == 2,
		};

		subject_make(&subject, &plan);
		power_put(POWER_NEW, &subject);
		power_medium(n % 8 == 7);
		snprintf(text, sizeof(text), "number %u", n);
		judge_place(&tally, subject.img.image_size, &good, text);
		memset(power_at(POWER_NEW), 0xff, subject.img.image_size);
	}
	power_medium(false);
	judge_end(&tally);
	assert_int_equal(tally.good, UNDAMAGED);
	assert_int_equal(tally.refused, 0);
}

/* ---- set up ---- */

static int setup_small(void **state)
{
	struct subject_plan plan = { .seed = 1, .sequence = 5, .pages = 9, .run_pages = 4,
				     .chunk_pages = 4 };

	power_setup();
	noise = 1;
	subject_make(&old, &plan);
	judge_old(&old);
	plan = (struct subject_plan){ .seed = 2, .sequence = 6, .pages = 24, .run_pages = 4,
				      .chunk_pages = 3, .gaps = true };
	subject_make(&stale, &plan);
	plan.seed = 7;
	plan.sequence = 7;
	plan.pageable = 2;
	subject_make(&subject, &plan);
	/* As it is after a take over the other one. */
	power_put(POWER_NEW, &stale);
	power_put(POWER_NEW, &subject);
	return 0;
}

static int setup_large(void **state)
{
	const struct subject_plan plan = { .seed = 9, .sequence = 7, .pages = 250, .run_pages = 9,
					   .chunk_pages = 1 };

	setup_small(state);
	subject_make(&subject, &plan);
	power_put(POWER_NEW, &subject);
	return 0;
}

static int say_total(void **state)
{
	printf("# damaged: %u images, none restored; undamaged: %u, none refused; %u power-ons\n", judge_total.images,
	       judge_total.good, judge_total.power_ons);
	if (judge_total.images < 10000)
		return -1;
	subject_free(&subject);
	subject_free(&stale);
	subject_free(&old);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_bit_of_the_header, setup_small),
		cmocka_unit_test_setup(test_every_bit_of_the_mark, setup_small),
		cmocka_unit_test_setup(test_every_bit_of_the_tables, setup_small),
		cmocka_unit_test_setup(test_a_bit_in_each_chunk, setup_large),
		cmocka_unit_test_setup(test_medium_ends_in_it, setup_small),
		cmocka_unit_test_setup(test_contents_end_in_it, setup_small),
		cmocka_unit_test_setup(test_swapped_pieces, setup_small),
		cmocka_unit_test_setup(test_swapped_chunks, setup_large),
		cmocka_unit_test_setup(test_stale_pieces, setup_small),
		cmocka_unit_test_setup(test_header_and_body_of_two, setup_small),
		cmocka_unit_test_setup(test_bursts, setup_small),
		cmocka_unit_test_setup(test_undamaged, setup_small),
	};

	return cmocka_run_group_tests_name("damage/damage", tests, NULL, say_total);
}
