// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include <stdio.h>
#include <stdlib.h>
#include <linux/snapcap_reason.h>
#include "../../sim/states.h"
#include "judge.h"

struct tally judge_total;

static const struct subject *old;
static struct states images;

/* ---- the verdict ---- */

static bool differs(const u8 *bytes, const struct subject *s, u64 from, u64 to)
{
	return memcmp(bytes + from, s->bytes + from, to - from);
}

static struct verdict refused(u32 reason, u64 detail, const struct subject *s)
{
	return (struct verdict){ .reason = reason, .detail = detail, .subject = s };
}

static struct verdict judge_header(const u8 *bytes, const struct subject *s)
{
	if (differs(bytes, s, 0, 8))
		return refused(SNAPCAP_REASON_EMPTY, JUDGE_ANY, NULL);
	if (differs(bytes, s, 12, 14))
		return refused(SNAPCAP_REASON_VERSION, JUDGE_ANY, NULL);
	if (differs(bytes, s, 8, 12))
		return refused(SNAPCAP_REASON_HEADER_SIZE, JUDGE_ANY, NULL);
	return refused(SNAPCAP_REASON_HEADER_CRC, JUDGE_ANY, NULL);
}

static bool all_erased(const u8 *bytes, size_t size)
{
	while (size--)
		if (*bytes++ != 0xff)
			return false;
	return true;
}

static struct verdict judge_tables(const u8 *bytes, const struct subject *s)
{
	u32 type, i;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		const struct snapimg_section *section = &s->img.section[type];

		if (differs(bytes, s, section->offset, section->offset + section->size))
			return refused(SNAPCAP_REASON_SECTION_CRC, type, s);
	}
	for (i = 0; i < s->chunks; i++) {
		u64 at = s->img.section[SNAPCAP_SECTION_DATA].offset + s->chunk[i].offset;

		if (differs(bytes, s, at, at + s->chunk[i].stored_size))
			return refused(SNAPCAP_REASON_CHUNK_SUM, i, s);
	}
	return refused(0, JUDGE_ANY, s);
}

struct verdict judge(const u8 *bytes, const struct subject *a, const struct subject *b)
{
	const u32 mark = SNAPCAP_COMMIT_OFF;
	const struct subject *s = a;

	if (b && !differs(bytes, b, 0, 1024))
		s = b;
	if (differs(bytes, s, 0, 1024))
		return judge_header(bytes, s);
	if (all_erased(bytes + mark, 40))
		return refused(SNAPCAP_REASON_NOT_COMMITTED, JUDGE_ANY, s);
	if (differs(bytes, s, mark, mark + 40))
		return refused(SNAPCAP_REASON_COMMIT, JUDGE_ANY, s);
	if (differs(bytes, s, mark + 40, mark + 48))
		return refused(SNAPCAP_REASON_REVOKED, JUDGE_ANY, s);
	return judge_tables(bytes, s);
}

const char *judge_text(const struct verdict *v)
{
	static char text[80];

	if (v->reason)
		snprintf(text, sizeof(text), "%s, detail %lld", snapimg_reason_name((int)v->reason),
			 (long long)v->detail);
	else
		snprintf(text, sizeof(text), "restored");
	return text;
}

/* ---- the test ---- */

void judge_begin(struct tally *t, const char *name)
{
	memset(t, 0, sizeof(*t));
	t->name = name;
	t->beside = 1;
	if (!images.table)
		states_init(&images);
}

void judge_old(const struct subject *s)
{
	old = s;
	memset(power_at(POWER_OLD), 0xff, POWER_NEW - POWER_OLD);
}

static void note(struct tally *t, const char *what, const char *where, const struct verdict *v,
		 const struct power_outcome *out)
{
	static const char *const ups[] = { "cold boot", "restored", "lost" };
	const struct verdict got = refused(out->reason, out->detail, NULL);

	if (t->wrong++)
		return;
	snprintf(t->first, sizeof(t->first), "%s, %s: has to be %s, ", what, where, judge_text(v));
	snprintf(t->first + strlen(t->first), sizeof(t->first) - strlen(t->first),
		 "is a %s of %llu with %s", ups[out->up], out->sequence, judge_text(&got));
	/* For who wants to know no more than that. */
	if (getenv("DAMAGE_FIRST")) {
		printf("not ok - %s: %s\n", t->name, t->first);
		exit(1);
	}
}

static bool is_restored(const struct power_outcome *out, const struct subject *s)
{
	return out->up == POWER_RESTORED && out->sequence == s->img.sequence &&
	       subject_is_restored(s);
}

static bool tells(const struct power_outcome *out, const struct verdict *v)
{
	return out->reason == v->reason && (v->detail == JUDGE_ANY || out->detail == v->detail);
}

/* What of a verdict with a choice has come true, as one without. */
static struct verdict settle(const struct verdict *v, const struct power_outcome *out)
{
	struct verdict one = *v;

	if (out->reason && (out->reason == v->other[0] || out->reason == v->other[1]))
		one.reason = out->reason;
	if (v->or_good && out->up == POWER_RESTORED)
		one.reason = 0;
	return one;
}

static bool is_alone_right(const struct power_outcome *out, const struct verdict *v)
{
	if (v->reason)
		return out->up == POWER_COLD && tells(out, v);
	if (v->elsewhere)
		return out->up == POWER_RESTORED && !out->reason;
	return !out->reason && is_restored(out, v->subject);
}

/* What is wrong with a header or a mark is told only when there is nothing else. */
static bool is_beside_right(const struct power_outcome *out, const struct verdict *v)
{
	static const struct verdict nothing = { .detail = JUDGE_ANY };

	if (!v->reason && v->subject->img.sequence > old->img.sequence)
		return is_alone_right(out, v);
	return is_restored(out, old) &&
	       tells(out, v->late || v->reason > SNAPCAP_REASON_REVOKED ? v : &nothing);
}

void judge_place(struct tally *t, size_t size, const struct verdict *v, const char *what)
{
	struct power_outcome out = power_on();
	const struct verdict one = settle(v, &out);

	v = &one;

	t->power_ons++;
	t->reason[v->reason]++;
	if (v->reason)
		t->refused++;
	else
		t->good++;
	if (v->reason && states_add(&images, snapimg_sum(power_at(POWER_NEW), size) |
		       (u64)snapimg_sum(power_at(POWER_NEW), size / 2) << 32))
		t->images++;
	if (!is_alone_right(&out, v))
		note(t, what, "alone", v, &out);
	if (!old || (t->good + t->refused) % t->beside)
		return;
	power_put(POWER_OLD, old);
	out = power_on();
	t->power_ons++;
	if (!is_beside_right(&out, v))
		note(t, what, "beside an older one", v, &out);
	memset(power_at(POWER_OLD), 0xff, SNAPCAP_MAGIC_SIZE);
}

void judge_end(struct tally *t)
{
	u32 i;

	printf("# %s: %u images to refuse, %u to restore, %u power-ons:", t->name, t->images,
	       t->good, t->power_ons);
	for (i = 0; i < ARRAY_SIZE(t->reason); i++) {
		if (t->reason[i])
			printf(" %s %u", i ? snapimg_reason_name((int)i) : "restored", t->reason[i]);
		judge_total.reason[i] += t->reason[i];
	}
	printf("\n");
	judge_total.images += t->images;
	judge_total.refused += t->refused;
	judge_total.good += t->good;
	judge_total.power_ons += t->power_ons;
	if (t->wrong)
		fail_msg("%u of %u are wrong, the first: %s", t->wrong, t->power_ons, t->first);
	if (!power_loader_is_whole())
		fail_msg("somebody has written into the loader");
}
