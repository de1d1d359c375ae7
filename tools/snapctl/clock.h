/* SPDX-License-Identifier: GPL-2.0-only */
/* How long something takes, and the time of day. */
#ifndef SNAPCTL_CLOCK_H
#define SNAPCTL_CLOCK_H

#include "snapimg_glue.h"

/** clock_ns() - CLOCK_MONOTONIC in nanoseconds */
u64 clock_ns(void);

/**
 * clock_nudge() - set CLOCK_REALTIME 1 ns ahead
 *
 * Who waits for the time of day to be set (TFD_TIMER_CANCEL_ON_SET) is told, as at every
 * restore: timerfd_settime(2).
 *
 * Return: 0 or a negative errno
 */
int clock_nudge(void);

#endif /* SNAPCTL_CLOCK_H */
