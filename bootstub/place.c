// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Placement: first fit from below. What is placed lies whole in one range of
 * memory and touches nothing that is taken.
 */
#include "place.h"

int place_take(struct place *p, u64 base, u64 size)
{
	if (!size)
		return 0;
	if (size > ~0ULL - base || p->taken_count == PLACE_TAKEN_MAX)
		return -SNAPCAP_REASON_NO_SPACE;
	p->taken[p->taken_count].base = base;
	p->taken[p->taken_count++].size = size;
	return 0;
}

/* The taken range that [start, start + size) runs into, NULL when there is none. */
static const struct snapimg_range *find_taken(const struct place *p, u64 start, u64 size)
{
	u32 i;

	for (i = 0; i < p->taken_count; i++) {
		const struct snapimg_range *t = &p->taken[i];

		if (start < t->base + t->size && t->base < start + size)
			return t;
	}
	return NULL;
}

/*
 * Lowest base with base + offset at or above @from. False when it would not be
 * below 2^63, far beyond any memory: additions to it cannot wrap.
 */
static bool align_base(u64 from, u64 align, u64 offset, u64 *base)
{
	u64 b = from > offset ? from - offset : 0;

	if (b >> 62 || align >> 62)
		return false;
	*base = (b + align - 1) & ~(align - 1);
	return true;
}

int place_find(struct place *p, u64 size, u64 align, u64 offset, u64 *base)
{
	u32 i;

	if (!size || size >> 62 || offset >> 62)
		return -SNAPCAP_REASON_NO_SPACE;
	for (i = 0; i < p->ram_count; i++) {
		u64 end = p->ram[i].base + p->ram[i].size;
		u64 from = p->ram[i].base > p->low ? p->ram[i].base : p->low;
		const struct snapimg_range *t;

		/* Each turn passes one taken range, so the loop ends. */
		while (align_base(from, align, offset, base) && *base + offset + size <= end) {
			t = find_taken(p, *base + offset, size);
			if (!t)
				return place_take(p, *base + offset, size);
			from = t->base + t->size;
		}
	}
	return -SNAPCAP_REASON_NO_SPACE;
}

int place_at(struct place *p, u64 base, u64 size)
{
	u32 i;

	if (!size || size > ~0ULL - base || base < p->low || find_taken(p, base, size))
		return -SNAPCAP_REASON_NO_SPACE;
	for (i = 0; i < p->ram_count; i++)
		if (base >= p->ram[i].base && base + size <= p->ram[i].base + p->ram[i].size)
			return place_take(p, base, size);
	return -SNAPCAP_REASON_NO_SPACE;
}

/* Where the first taken range above @start begins, @end when none does before that. */
static u64 next_taken(const struct place *p, u64 start, u64 end)
{
	u32 i;

	for (i = 0; i < p->taken_count; i++)
		if (p->taken[i].base > start && p->taken[i].base < end)
			end = p->taken[i].base;
	return end;
}

bool place_gap(const struct place *p, u64 from, struct snapimg_range *gap)
{
	u32 i;

	if (from < p->low)
		from = p->low;
	for (i = 0; i < p->ram_count; i++) {
		u64 end = p->ram[i].base + p->ram[i].size;
		u64 start = p->ram[i].base > from ? p->ram[i].base : from;

		/* Each turn passes one taken range, so the loop ends. */
		while (start < end) {
			const struct snapimg_range *t = find_taken(p, start, 1);

			if (!t) {
				gap->base = start;
				gap->size = next_taken(p, start, end) - start;
				return true;
			}
			start = t->base + t->size;
		}
	}
	return false;
}
