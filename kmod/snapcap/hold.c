// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: debugfs snapcap/hold_stage and hold_ms make a take wait at the
 * beginning of a stage, so that what must happen in the middle of one (CANCEL,
 * a signal, a second take, unload) can be made to happen there; held is the stage
 * that waits, 0 when none does.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include "snapcap.h"

/* Long enough for any test, short enough that a forgotten value does no harm. */
#define HOLD_MS_MAX	60000

static struct dentry *hold_dir;
static u32 hold_stage;
static u32 hold_ms;
static u32 held;

void snapcap_hold_init(void)
{
	hold_dir = debugfs_create_dir("snapcap", NULL);
	debugfs_create_u32("hold_stage", 0600, hold_dir, &hold_stage);
	debugfs_create_u32("hold_ms", 0600, hold_dir, &hold_ms);
	debugfs_create_u32("held", 0400, hold_dir, &held);
}

void snapcap_hold_exit(void)
{
	debugfs_remove(hold_dir);
}

/**
 * snapcap_hold() - wait here if a test asks for it
 * @stage: SNAPCAP_STAGE_* that begins
 *
 * Context: process context, sleeps; only in stages that run with the system up.
 */
void snapcap_hold(u32 stage)
{
	u32 ms = min_t(u32, READ_ONCE(hold_ms), HOLD_MS_MAX);

	if (READ_ONCE(hold_stage) != stage)
		return;
	WRITE_ONCE(held, stage);
	while (ms && !signal_pending(current) && !snapcap_session_cancelled()) {
		u32 step = min_t(u32, ms, 10);

		msleep_interruptible(step);
		ms -= step;
	}
	WRITE_ONCE(held, 0);
}
