// SPDX-License-Identifier: GPL-2.0-only
/* How long something takes. */
#include <time.h>

#include "clock.h"

u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}
