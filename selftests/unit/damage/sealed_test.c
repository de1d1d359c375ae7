// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots with checksums that are right: of a broken writer, of another machine, or
 * with numbers that no take gives. What has to come of a change is written down here by
 * field, from image-format.rst.
 */
#include "../test.h"
#include <lz4.h>
#include <stdio.h>
#include <linux/snapcap_reason.h>
#include "judge.h"

#define R(name)		SNAPCAP_REASON_##name

static struct subject subject, old;
static struct tally tally;

/**
 * struct rule - what becomes of a change of a bit
 * @from: first byte
 * @to: behind the last one
 * @reason: why it is refused, the first for most of them
 * @good: or it is restored
 * @elsewhere: see struct verdict
 */
struct rule {
	u32 from, to;
	u32 reason[3];
	bool good, elsewhere;
};

static const struct rule header_rules[] = {
	{ 0, 8, .reason = { R(EMPTY) } },
	{ 8, 12, .reason = { R(HEADER_SIZE) } },
	{ 12, 14, .reason = { R(VERSION) } },
	{ 14, 16, .good = true },	/* minor */
	/* compat, of which one bit wants a section that is not there */
	{ 16, 17, .reason = { R(SECTION) }, .good = true },
	{ 17, 24, .good = true },
	{ 24, 25, .reason = { R(FEATURE), R(FIELD), R(ONCE) } },	/* incompat */
	{ 25, 32, .reason = { R(FEATURE) } },
	{ 32, 40, .good = true },	/* sequence */
	{ 40, 48, .reason = { R(SECTION), R(FIELD) } },	/* image_size */
	{ 48, 49, .reason = { R(FIELD), R(PAGE_SIZE) } },
	{ 49, 52, .reason = { R(FIELD) } },
	{ 52, 56, .reason = { R(FIELD), R(SECTION), R(RESERVED) } },	/* section_count */
	{ 56, 60, .reason = { R(ARCH), R(FIELD) } },
	{ 60, 64, .reason = { R(STUB_ABI), R(FIELD) } },
	{ 64, 80, .reason = { R(PAGETABLE), R(FIELD) } },	/* pages */
	{ 80, 88, .good = true },	/* created_s */
	{ 88, 112, .reason = { R(STUB_ABI), R(FIELD) } },	/* stub, hand-off page */
	{ 112, 192, .reason = { R(KERNEL_RELEASE), R(FIELD) } },
	{ 192, 320, .reason = { R(MACHINE), R(FIELD) } },
	{ 320, 340, .reason = { R(BUILD_ID) } },
	{ 340, 344, .reason = { R(FIELD) } },	/* build_id_size */
	{ 344, 360, .good = true },	/* uuid */
	{ 360, 392, .reason = { R(FIELD) }, .good = true },	/* label */
	{ 392, 396, .reason = { R(FIELD), R(CHUNK_TABLE) }, .good = true },	/* chunk size */
	{ 396, 400, .reason = { R(RESERVED) } },
	{ 560, 656, .reason = { R(RESERVED) } },	/* unused sections */
	{ 656, 664, .reason = { R(FIELD) } },	/* pageable_pages */
	{ 664, 672, .reason = { R(OS_CHANGED) } },
	{ 672, 673, .reason = { R(FIELD) }, .good = true },	/* tries */
	{ 673, 676, .reason = { R(FIELD) } },
	{ 676, 680, .good = true },	/* wear */
	{ 680, 1020, .reason = { R(RESERVED) } },
};

/* From the start of the section's entry in the header. */
static const struct rule section_rules[] = {
	{ 0, 4, .reason = { R(SECTION) } },
	{ 4, 8, .reason = { R(SECTION_CRC), R(SECTION) } },
	{ 8, 24, .reason = { R(SECTION), R(SECTION_CRC) } },
	{ 24, 32, .reason = { R(RESERVED) } },
};

static const struct rule mark_rules[] = {
	{ 4096, 4128, .reason = { R(COMMIT) } },
	{ 4132, 4136, .reason = { R(COMMIT) } },
};

/* From the start of an entry of the table. */
static const struct rule cpu_rules[] = {
	{ 0, 8, .reason = { R(CPU) } },	/* arch, size */
	{ 8, 16, .reason = { R(CPU) }, .good = true },	/* el, boot_el */
	{ 16, 17, .reason = { R(CPU) } },	/* mair of attribute 0 */
	{ 17, 24, .good = true },
	{ 24, 32, .reason = { R(CPU) }, .good = true },	/* tcr */
	{ 32, 40, .good = true },	/* ttbr1 */
	{ 40, 48, .reason = { R(CPU) }, .good = true },	/* entry */
	{ 48, 64, .good = true },	/* arg, mpidr */
	{ 64, 72, .reason = { R(CPU) } },
};

static const struct rule memmap_rules[] = {
	{ 0, 16, .reason = { R(MEMORY), R(MEMMAP) } },
};

/* But for the first eight bytes: see test_extents(). */
static const struct rule pagetable_rules[] = {
	{ 8, 16, .reason = { R(PAGETABLE) } },
};

static const struct rule chunk_rules[] = {
	{ 0, 4, .reason = { R(CHUNK_TABLE) } },	/* pages */
	{ 4, 6, .reason = { R(CHUNK_CODEC), R(CHUNK_TABLE), R(CHUNK_DECODE) } },
	{ 6, 8, .reason = { R(RESERVED) } },
	{ 8, 16, .reason = { R(CHUNK_TABLE), R(CHUNK_SUM) }, .good = true },	/* offset */
	{ 16, 20, .reason = { R(CHUNK_TABLE), R(CHUNK_SUM) } },	/* stored_size */
	{ 20, 24, .reason = { R(CHUNK_SUM), R(CHUNK_TABLE) } },	/* sum */
	{ 24, 32, .reason = { R(CHUNK_TABLE) }, .good = true, .elsewhere = true },	/* fill */
};

/* Of the bytes that a rule speaks of, every bit; @base is where its table is. */
static void obey(const struct rule *rule, u32 base, enum subject_level level)
{
	struct verdict v = { .reason = rule->reason[0], .detail = JUDGE_ANY, .subject = &subject,
			     .other = { rule->reason[1], rule->reason[2] },
			     .or_good = rule->good, .elsewhere = rule->elsewhere,
			     .late = level == SUBJECT_TABLES };
	u32 size = (u32)subject.img.image_size, bit;
	char text[40];

	for (bit = 8 * (base + rule->from); bit < 8 * (base + rule->to); bit++) {
		*power_at(POWER_NEW + bit / 8) ^= (u8)(1 << bit % 8);
		subject.img.sequence = 7;
		if (level == SUBJECT_HEADER)
			memcpy(&subject.img.sequence, power_at(POWER_NEW + 32), 8);
		subject_reseal(power_at(POWER_NEW), level);
		snprintf(text, sizeof(text), "bit %u of byte %u", bit % 8, bit / 8);
		judge_place(&tally, size, &v, text);
		power_put(POWER_NEW, &subject);
	}
	subject.img.sequence = 7;
}

static void test_every_field_of_the_header(void **state)
{
	u32 i, k;

	judge_begin(&tally, "every field of the header, checksums right");
	tally.beside = 5;
	for (i = 0; i < ARRAY_SIZE(header_rules); i++)
		obey(&header_rules[i], 0, SUBJECT_HEADER);
	for (i = 0; i < SNAPCAP_SECTION_DATA; i++)
		for (k = 0; k < ARRAY_SIZE(section_rules); k++)
			obey(&section_rules[k], 400 + 32 * i, SUBJECT_HEADER);
	judge_end(&tally);
	assert_int_equal(tally.refused + tally.good, 1020 * 8);
	assert_true(tally.good > 300);
}

static void test_every_field_of_the_mark(void **state)
{
	u32 i;

	judge_begin(&tally, "every field of the mark, checksum right");
	for (i = 0; i < ARRAY_SIZE(mark_rules); i++)
		obey(&mark_rules[i], 0, SUBJECT_MARK);
	judge_end(&tally);
	assert_int_equal(tally.refused, 36 * 8);
}

static void obey_table(u32 type, const struct rule *rules, u32 count, u32 entry)
{
	const struct snapimg_section *section = &subject.img.section[type];
	u32 at, i;

	for (at = 0; at < section->size; at += entry)
		for (i = 0; i < count; i++)
			obey(&rules[i], (u32)section->offset + at, SUBJECT_TABLES);
}

static void test_every_field_of_the_tables(void **state)
{
	judge_begin(&tally, "every field of the tables, checksums right");
	tally.beside = 5;
	obey_table(SNAPCAP_SECTION_CPU, cpu_rules, ARRAY_SIZE(cpu_rules), 72);
	obey_table(SNAPCAP_SECTION_MEMMAP, memmap_rules, ARRAY_SIZE(memmap_rules), 16);
	obey_table(SNAPCAP_SECTION_PAGETABLE, pagetable_rules, ARRAY_SIZE(pagetable_rules), 16);
	obey_table(SNAPCAP_SECTION_CHUNKS, chunk_rules, ARRAY_SIZE(chunk_rules), 32);
	judge_end(&tally);
	assert_true(tally.refused > 2000);
}

/* ---- tables that lead somewhere else ---- */

static bool meet(u64 a, u64 a_end, u64 b, u64 b_end)
{
	return a < b_end && b < a_end;
}

/* What becomes of extent @i with its pages at @pfn. */
static struct verdict judge_extent(u32 i, u64 pfn)
{
	struct verdict v = { .reason = R(PAGETABLE), .detail = JUDGE_ANY, .subject = &subject };
	const u64 ram = FAKE_RAM_BASE >> 12, stub = FAKE_STUB_BASE >> 12;
	u64 end = pfn + subject.extent[i].pages;

	if (pfn >= 1ULL << 52 || pfn < ram || end > ram + (FAKE_RAM_SIZE >> 12))
		return v;
	if (i && pfn < subject.extent[i - 1].pfn + subject.extent[i - 1].pages)
		return v;
	if (meet(pfn, end, stub, stub + (FAKE_STUB_SIZE >> 12)) ||
	    meet(pfn, end, FAKE_HANDOFF >> 12, (FAKE_HANDOFF >> 12) + 1)) {
		v.reason = R(OVERLAP);
		return v;
	}
	if (i + 1 < subject.extents && end > subject.extent[i + 1].pfn)
		return v;
	v.reason = 0;
	v.elsewhere = true;
	return v;
}

static void move_extent(u32 i, u64 pfn)
{
	struct snapcap_extent *e = (void *)power_at(POWER_NEW +
				   subject.img.section[SNAPCAP_SECTION_PAGETABLE].offset);
	struct verdict v = judge_extent(i, pfn);
	char text[60];

	e[i].pfn = cpu_to_le64(pfn);
	subject_reseal(power_at(POWER_NEW), SUBJECT_TABLES);
	snprintf(text, sizeof(text), "extent %u at page %llx", i, pfn);
	judge_place(&tally, subject.img.image_size, &v, text);
	power_put(POWER_NEW, &subject);
}

static void test_extents(void **state)
{
	u32 i, bit;
	u64 pfn;

	judge_begin(&tally, "extents elsewhere");
	tally.beside = 5;
	for (i = 0; i < subject.extents; i++)
		for (bit = 0; bit < 64; bit++)
			move_extent(i, subject.extent[i].pfn ^ 1ULL << bit);
	/* Around the loader's region and the hand-off page behind it, and the ends of memory. */
	for (pfn = (FAKE_STUB_BASE >> 12) - 8; pfn < (FAKE_HANDOFF >> 12) + 8; pfn++)
		move_extent(0, pfn);
	for (i = 0; i < 8; i++) {
		move_extent(0, (FAKE_RAM_BASE >> 12) - 4 + i);
		move_extent(subject.extents - 1, ((FAKE_RAM_BASE + FAKE_RAM_SIZE) >> 12) - 4 - i);
	}
	judge_end(&tally);
	assert_true(tally.reason[R(OVERLAP)] > 500);
	assert_true(tally.good > 10);
}

/* Stored bytes with a checksum that is right, and that are not what a chunk is. */
static void put_stored(u32 i, const void *stored, u32 size)
{
	u8 *image = power_at(POWER_NEW);
	struct snapcap_chunk *c = (void *)(image +
				  subject.img.section[SNAPCAP_SECTION_CHUNKS].offset);
	u8 *data = image + subject.img.section[SNAPCAP_SECTION_DATA].offset;

	memmove(data + subject.chunk[i].offset, stored, size);
	c[i].stored_size = cpu_to_le32(size);
	c[i].sum = cpu_to_le32(snapimg_sum(stored, size));
	subject_reseal(image, SUBJECT_TABLES);
}

static void test_chunks_that_do_not_decode(void **state)
{
	static u8 plain[16 * SUBJECT_PAGE + 8], stored[sizeof(plain) + 1024];
	u32 i, k, n;

	judge_begin(&tally, "chunks that do not decode");
	for (i = 0; i < subject.chunks; i++) {
		const struct snapimg_chunk *c = &subject.chunk[i];
		struct verdict v = { .reason = R(CHUNK_DECODE), .detail = i, .subject = &subject };
		u32 room = c->stored_size;
		u64 state = i;

		if (c->codec != SNAPCAP_CODEC_LZ4)
			continue;
		/* Too short, too long. */
		for (k = 0; k < 20; k++) {
			u32 size = c->pages * SUBJECT_PAGE + (k < 12 ? -1 - (k * k * k) : k - 11);
			int got = LZ4_compress_default((char *)plain, (char *)stored, (int)size,
						       sizeof(stored));

			assert_true(got > 0 && (u32)got <= room);
			put_stored(i, stored, (u32)got);
			judge_place(&tally, subject.img.image_size, &v, "another size");
			power_put(POWER_NEW, &subject);
		}
		/* Anything: it may decode to something, of the right size. */
		v.or_good = true;
		v.elsewhere = true;
		for (n = 0; n < 100; n++) {
			memcpy(stored, power_at(POWER_NEW) + c->offset +
			       subject.img.section[SNAPCAP_SECTION_DATA].offset, room);
			for (k = 0; k <= n % 4; k++)
				stored[subject_random(&state) % room] = (u8)subject_random(&state);
			put_stored(i, stored, room);
			judge_place(&tally, subject.img.image_size, &v, "noise in a block");
			power_put(POWER_NEW, &subject);
		}
	}
	judge_end(&tally);
	assert_true(tally.refused > 100);
}

/* ---- another machine's ---- */

/* What a snapshot is bound to, in the order in which it is looked at. */
enum bound { ARCH, PAGES, MACHINE, STUB, RELEASE, BUILD, OS, MEMORY, BOUNDS };

static const u32 bound_reason[] = {
	R(ARCH), R(PAGE_SIZE), R(MACHINE), R(STUB_ABI), R(KERNEL_RELEASE), R(BUILD_ID),
	R(OS_CHANGED), R(MEMORY),
};

/* Another text, in one of a few ways: a letter, an end, more; false when there is no more. */
static bool change_text(char *text, u32 how)
{
	u32 len = (u32)strlen(text);

	if (how < len)
		text[how] ^= 1 << how % 4;
	else if (how < 2 * len - 1)
		text[how - len + 1] = '\0';
	else if (how == 2 * len - 1)
		strcat(text, "x");
	else
		return false;
	return true;
}

/* Make @img that of another machine, in the @how-th way; false when there is no more. */
static bool change(struct snapimg *img, enum bound what, u32 how)
{
	u64 *const place[] = { &img->stub_base, &img->stub_size, &img->handoff_base };
	struct snapcap_range *range;

	switch (what) {
	case ARCH:
		img->arch = 2 + how;
		return how < 20;
	case PAGES:
		img->page_shift = 13 + how;
		return how < 4;
	case MACHINE:
		return change_text(img->machine, how);
	case STUB:
		if (how == 60)
			img->stub_abi++;
		else if (how < 60)
			*place[how % 3] ^= 4096ULL << how / 3;
		return how < 61;
	case RELEASE:
		return change_text(img->kernel_release, how);
	case BUILD:
		if (how < 20) {
			img->build_id[how] ^= 1;
		} else if (how < 39) {
			img->build_id_size = how - 19;
			memset(img->build_id + img->build_id_size, 0, 20 - img->build_id_size);
		}
		return how < 39;
	case OS:
		img->os_identity ^= 1ULL << how % 64;
		return how < 64;
	default:
		range = (void *)(subject.bytes + img->section[SNAPCAP_SECTION_MEMMAP].offset);
		range->base = cpu_to_le64(subject_machine.range[0].base);
		range->size = cpu_to_le64(subject_machine.range[0].size);
		if (how < 20)
			range->base ^= cpu_to_le64(4096ULL << how);
		else if (how < 40)
			range->size ^= cpu_to_le64(4096ULL << (how - 20));
		return how < 40;
	}
}

static void look_at_subject(enum bound what, const char *text)
{
	struct verdict v = { .reason = bound_reason[what], .subject = &subject };

	v.detail = what == OS ? 1 : JUDGE_ANY;
	v.other[0] = what == MEMORY ? R(MEMMAP) : 0;
	subject_seal(&subject);
	power_put(POWER_NEW, &subject);
	judge_place(&tally, subject.img.image_size, &v, text);
}

static void test_another_machine(void **state)
{
	const struct snapimg img = subject.img;
	u32 what, second, how;
	char text[40];

	judge_begin(&tally, "of another machine, kernel or loader");
	for (what = 0; what < BOUNDS; what++) {
		for (how = 0; change(&subject.img, what, how); how++) {
			snprintf(text, sizeof(text), "binding %u changed, way %u", what, how);
			look_at_subject(what, text);
			subject.img = img;
		}
		subject.img = img;
	}
	/* Of two differences the first is told. */
	for (what = 0; what < BOUNDS; what++)
		for (second = what + 1; second < BOUNDS; second++) {
			change(&subject.img, second, 0);
			change(&subject.img, what, 0);
			snprintf(text, sizeof(text), "bindings %u and %u changed", what, second);
			look_at_subject(what, text);
			subject.img = img;
			change(&subject.img, MEMORY, 40);
		}
	judge_end(&tally);
	assert_true(tally.refused > 250);
}

/* ---- numbers ---- */

static const u64 numbers[] = {
	1, 2, 3, 1ULL << 20, (1ULL << 32) - 1, 1ULL << 32, (1ULL << 32) + 1, (1ULL << 63) - 1,
	1ULL << 63, ~0ULL - 3, ~0ULL - 2, ~0ULL - 1,
};

static void number(struct subject *s, u32 place, u64 sequence)
{
	s->img.sequence = sequence;
	subject_seal(s);
	power_put(place, s);
}

static void test_numbers_that_none_has(void **state)
{
	struct verdict v = { .reason = R(FIELD), .detail = JUDGE_ANY, .subject = &subject };

	judge_begin(&tally, "numbers that no snapshot has");
	number(&subject, POWER_NEW, 0);
	judge_place(&tally, subject.img.image_size, &v, "0");
	number(&subject, POWER_NEW, ~0ULL);
	judge_place(&tally, subject.img.image_size, &v, "2^64 - 1");
	judge_end(&tally);
}

/* Numbers do not wrap: 1 is older than the last one, and of equal ones the first counts. */
static void test_numbers_of_two(void **state)
{
	u32 i, k;

	judge_begin(&tally, "numbers of two");
	judge_old(NULL);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		for (k = 0; k < ARRAY_SIZE(numbers); k++) {
			struct verdict v = { .detail = JUDGE_ANY };
			char text[60];

			number(&old, POWER_OLD, numbers[i]);
			number(&subject, POWER_NEW, numbers[k]);
			v.subject = numbers[k] > numbers[i] ? &subject : &old;
			snprintf(text, sizeof(text), "%llu, then %llu", numbers[i], numbers[k]);
			judge_place(&tally, subject.img.image_size, &v, text);
		}
	judge_end(&tally);
	assert_int_equal(tally.good, ARRAY_SIZE(numbers) * ARRAY_SIZE(numbers));
}

/*
 * Two with one number, which no take makes: the one that lies first counts, and the other
 * one does only when the first is none by its header and mark. A bit of each part of the
 * first is changed.
 */
static void test_one_number_twice(void **state)
{
	const struct snapimg_section *section = old.img.section;
	u64 data = section[SNAPCAP_SECTION_DATA].offset;
	u32 at, i;

	judge_begin(&tally, "one number twice");
	judge_old(NULL);
	assert_true(old.chunk[0].stored_size);
	number(&old, POWER_OLD, 7);
	number(&subject, POWER_NEW, 7);
	for (at = 0; at < data; at += at < 1024 ? 64 : 8) {
		struct verdict v = { .detail = JUDGE_ANY, .subject = &subject };
		char text[40];

		if ((at >= 1024 && at < SNAPCAP_COMMIT_OFF) || (at >= 4144 && at < 8192))
			continue;
		for (i = SNAPCAP_SECTION_CPU; i <= SNAPCAP_SECTION_CHUNKS; i++)
			if (at >= section[i].offset && at < section[i].offset + section[i].size)
				v = (struct verdict){ .reason = R(SECTION_CRC), .detail = i };
		if (at >= 8192 && !v.reason)
			continue;
		*power_at(POWER_OLD + at) ^= 1;
		snprintf(text, sizeof(text), "byte %u of the first", at);
		judge_place(&tally, subject.img.image_size, &v, text);
		*power_at(POWER_OLD + at) ^= 1;
	}
	*power_at(POWER_OLD + data) ^= 1;
	judge_place(&tally, subject.img.image_size,
		    &(struct verdict){ .reason = R(CHUNK_SUM), .detail = 0 }, "a chunk");
	judge_end(&tally);
	assert_true(tally.good > 20);
	assert_true(tally.refused > 20);
}

/* ---- set up ---- */

static int setup(void **state)
{
	struct subject_plan plan = { .seed = 1, .sequence = 5, .pages = 9, .run_pages = 4,
				     .chunk_pages = 4 };

	power_setup();
	subject_make(&old, &plan);
	judge_old(&old);
	plan = (struct subject_plan){ .seed = 7, .sequence = 7, .pages = 24, .run_pages = 4,
				      .chunk_pages = 3, .gaps = true };
	subject_make(&subject, &plan);
	strcpy(subject.img.label, "of a test");
	subject_seal(&subject);
	power_put(POWER_OLD, &old);
	judge_old(&old);
	power_put(POWER_NEW, &subject);
	return 0;
}

static int say_total(void **state)
{
	printf("# wrong with checksums that are right: %u images, none restored; %u power-ons\n",
	       judge_total.images, judge_total.power_ons);
	subject_free(&subject);
	subject_free(&old);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_field_of_the_header, setup),
		cmocka_unit_test_setup(test_every_field_of_the_mark, setup),
		cmocka_unit_test_setup(test_every_field_of_the_tables, setup),
		cmocka_unit_test_setup(test_extents, setup),
		cmocka_unit_test_setup(test_chunks_that_do_not_decode, setup),
		cmocka_unit_test_setup(test_another_machine, setup),
		cmocka_unit_test_setup(test_numbers_that_none_has, setup),
		cmocka_unit_test_setup(test_numbers_of_two, setup),
		cmocka_unit_test_setup(test_one_number_twice, setup),
	};

	return cmocka_run_group_tests_name("damage/sealed", tests, NULL, say_total);
}
