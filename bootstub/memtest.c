// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Four passes: each word holds its own address, spread over all bits; the
 * inverse of that, so that every bit was seen as 0 and as 1; and two checker
 * boards, for bits that follow their neighbours.
 */
#include "arch/arch.h"
#include "memtest.h"

#define STEP		(1ULL << 20)
/* An odd multiplier maps addresses one to one, and their low bits to all bits. */
#define SPREAD		0x9e3779b97f4a7c15ULL
#define CHECKERS	0x5555555555555555ULL

struct test {
	bool (*step)(void *ctx, u32 pass, u64 address);
	void *ctx;
	struct memtest_fault *fault;
	u32 pass;
};

static u64 pattern(u32 pass, u64 address)
{
	switch (pass) {
	case 0:
		return address * SPREAD;
	case 1:
		return ~(address * SPREAD);
	case 2:
		return CHECKERS;
	default:
		return ~CHECKERS;
	}
}

static int fill(const struct test *t, u64 at, u64 end)
{
	volatile u64 *p = (volatile u64 *)(uintptr_t)at;

	for (; at < end; at += sizeof(*p))
		*p++ = pattern(t->pass, at);
	return 0;
}

static int check(const struct test *t, u64 at, u64 end)
{
	volatile u64 *p = (volatile u64 *)(uintptr_t)at;

	for (; at < end; at += sizeof(*p), p++) {
		u64 want = pattern(t->pass, at), got = *p;

		if (got != want) {
			*t->fault = (struct memtest_fault){ at, want, got };
			return 1;
		}
	}
	return 0;
}

static int each_step(const struct test *t, const struct snapimg_range *range, u32 count,
		     int (*work)(const struct test *t, u64 at, u64 end))
{
	u32 i;

	for (i = 0; i < count; i++) {
		u64 at = range[i].base, end = at + range[i].size;

		while (at < end) {
			u64 next = end - at > STEP ? at + STEP : end;

			if (work(t, at, next))
				return 1;
			if (!t->step(t->ctx, t->pass, at))
				return 2;
			at = next;
		}
	}
	return 0;
}

static int flush(const struct test *t, u64 at, u64 end)
{
	arch_flush(at, end - at);
	return 0;
}

int memtest(const struct snapimg_range *range, u32 count,
	    bool (*step)(void *ctx, u32 pass, u64 address), void *ctx, struct memtest_fault *fault)
{
	struct test t = { .step = step, .ctx = ctx, .fault = fault };
	int ret = 0;

	for (t.pass = 0; !ret && t.pass < MEMTEST_PASSES; t.pass++)
		ret = each_step(&t, range, count, fill) ?:
		      each_step(&t, range, count, flush) ?:
		      each_step(&t, range, count, check);
	return ret;
}
