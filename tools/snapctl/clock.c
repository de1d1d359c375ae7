// SPDX-License-Identifier: GPL-2.0-only
/* How long something takes, and the time of day. */
#include <errno.h>
#include <sys/timex.h>
#include <time.h>

#include "clock.h"

u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

int clock_nudge(void)
{
	struct timex step = { .modes = ADJ_SETOFFSET | ADJ_NANO, .time.tv_usec = 1 };

	return adjtimex(&step) < 0 ? -errno : 0;
}
