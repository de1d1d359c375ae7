/* SPDX-License-Identifier: GPL-2.0-only */
/* What has to come of a damaged snapshot, told without a checksum. */
#ifndef JUDGE_H
#define JUDGE_H

#include "power.h"

/**
 * struct verdict - what has to come up
 * @reason: SNAPCAP_REASON_*; 0: it is restored
 * @detail: what goes with it, ~0: anything
 * @subject: whose header it is, when that is whole
 * @other: two more reasons that would fit as well
 * @or_good: or it is restored, since the change is not one that anybody could see
 * @elsewhere: then not to where, or not with what, @subject has been made of
 * @late: it is refused only when it is tried, whatever the reason
 */
struct verdict {
	u32 reason;
	u64 detail;
	const struct subject *subject;
	u32 other[2];
	bool or_good;
	bool elsewhere;
	bool late;
};

#define JUDGE_ANY	(~0ULL)

/**
 * judge() - what has to come of bytes that two snapshots may have a part in
 * @bytes: at the place of the snapshot
 * @a: what should be there
 * @b: something else that was there, NULL: nothing
 *
 * Follows the order of the checks in image-format.rst, each made by a comparison with
 * the bytes as they should be.
 */
struct verdict judge(const u8 *bytes, const struct subject *a, const struct subject *b);

/** judge_text() - @v in words, in static memory */
const char *judge_text(const struct verdict *v);

/** struct tally - of one class of damage */
struct tally {
	const char *name;
	u32 images;		/* that have to be refused, and are unlike any other */
	u32 refused;
	u32 good;		/* of which nothing is damaged that is read */
	u32 power_ons;
	u32 wrong;
	u32 beside;		/* one in so many is powered on beside an older one, too */
	u32 reason[128];
	char first[512];	/* that went wrong */
};

/** judge_begin() - the next class */
void judge_begin(struct tally *t, const char *name);

/**
 * judge_place() - power on with what is at POWER_NEW, alone and beside a good one
 * @t: of the class
 * @size: bytes that make the image
 * @v: what has to come up
 * @what: of the damage, for when that does not
 *
 * Beside: the snapshot at POWER_OLD is older and has to be restored when the other
 * is refused, which Linux is told when it got as far as to be tried.
 */
void judge_place(struct tally *t, size_t size, const struct verdict *v, const char *what);

/** judge_old() - the good one, NULL: there is none from here on */
void judge_old(const struct subject *s);

/** judge_end() - say how many; the class has failed when one was wrong */
void judge_end(struct tally *t);

/** judge_total - of all classes */
extern struct tally judge_total;

#endif /* JUDGE_H */
