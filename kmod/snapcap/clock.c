// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time of day of a restored system, right before anybody can ask for it.
 * The kernel's own resume often sets it by then, but not always: it looks at
 * one RTC only, if at any, and at none when the machine's counter is ahead of
 * where it was at the capture, which after a loss of power says nothing.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/rtc.h>
#include <linux/timekeeping.h>
#include "snapcap.h"

/* RTCs looked at, rtc0 first. */
#define RTCS		4
/* An RTC that is set to local time is off by quarters of an hour, up to these. */
#define QUARTER_S	900
#define ZONE_MAX_S	(15 * 3600)

static unsigned int no_rtc_advance;
module_param(no_rtc_advance, uint, 0644);
MODULE_PARM_DESC(no_rtc_advance,
		 "seconds that a restore puts the time of day ahead where no RTC tells it");

static u32 clock_source;
/* Of the capture: what the RTC said, 0 when none did, and what it is off by. */
static time64_t rtc_then, rtc_offset;

static int read_rtc(time64_t *seconds)
{
	struct rtc_device *rtc;
	struct rtc_time tm;
	char name[8];
	unsigned int i;
	int ret;

	if (!IS_ENABLED(CONFIG_RTC_CLASS))
		return -ENODEV;
	for (i = 0; i < RTCS; i++) {
		snprintf(name, sizeof(name), "rtc%u", i);
		rtc = rtc_class_open(name);
		if (!rtc)
			continue;
		ret = rtc_read_time(rtc, &tm);
		rtc_class_close(rtc);
		if (ret)
			continue;
		*seconds = rtc_tm_to_time64(&tm);
		return 0;
	}
	return -ENODEV;
}

/**
 * snapcap_clock_capture() - note what the RTC says, shortly before the capture
 *
 * Context: process context, sleeps.
 */
void snapcap_clock_capture(void)
{
	time64_t off;

	rtc_offset = 0;
	if (read_rtc(&rtc_then)) {
		rtc_then = 0;
		return;
	}
	off = ktime_get_real_seconds() - rtc_then;
	if (off < -ZONE_MAX_S || off > ZONE_MAX_S)
		return;
	/* To the nearest quarter: what is less than that is the RTC's to say. */
	off += ZONE_MAX_S + QUARTER_S / 2;
	rtc_offset = div_s64(off, QUARTER_S) * QUARTER_S - ZONE_MAX_S;
}

static void set_ns(s64 ns)
{
	struct timespec64 ts = ns_to_timespec64(ns);
	int ret = do_settimeofday64(&ts);

	if (ret)
		pr_err("snapcap: the time of day was not set: %d\n", ret);
}

/**
 * snapcap_clock_restored() - set the time of day by the RTC, or by what is asked for
 *
 * An RTC that is behind what it said at the capture has lost its power: it is none.
 *
 * Context: process context, devices resumed, user tasks frozen; sleeps.
 */
void snapcap_clock_restored(void)
{
	s64 now = ktime_get_real_ns(), wanted;
	time64_t rtc;

	if (read_rtc(&rtc) || rtc < rtc_then) {
		clock_source = no_rtc_advance ? SNAPCAP_CLOCK_ADVANCED : SNAPCAP_CLOCK_HELD;
		if (no_rtc_advance)
			set_ns(now + (s64)no_rtc_advance * NSEC_PER_SEC);
		return;
	}
	/* It says no fraction: half a second is the least that it can be off by. */
	wanted = (rtc + rtc_offset) * NSEC_PER_SEC + NSEC_PER_SEC / 2;
	clock_source = SNAPCAP_CLOCK_RTC;
	if (abs(now - wanted) <= NSEC_PER_SEC)
		return;
	clock_source = SNAPCAP_CLOCK_RTC_SET;
	set_ns(wanted);
}

/** snapcap_clock_source() - SNAPCAP_CLOCK_*, what the last restore went by */
u32 snapcap_clock_source(void)
{
	return clock_source;
}
