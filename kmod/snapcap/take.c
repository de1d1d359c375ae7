// SPDX-License-Identifier: GPL-2.0-only
/*
 * One take, from its check to the commit mark: owns its resources and the order
 * of its stages. Whatever fails, what was acquired is given back in reverse
 * order and the system is as before.
 */
#include <linux/mm.h>
#include <linux/security.h>
#include <linux/suspend.h>
#include <linux/utsname.h>
#include <linux/uuid.h>
#include "paging.h"
#include "snapcap.h"

/* The first try guesses the size of the result, the others know it. */
#define TAKE_TRIES	3

/**
 * snapcap_take_refusal() - would a take be refused at once, whatever its target?
 * @kind: what cannot be captured, for SNAPCAP_CAUSE_MEMORY_KIND
 *
 * Context: any that may print.
 * Return: SNAPCAP_CAUSE_*, SNAPCAP_CAUSE_NONE when not
 */
u32 snapcap_take_refusal(const char **kind)
{
	if (security_locked_down(LOCKDOWN_HIBERNATION))
		return SNAPCAP_CAUSE_LOCKDOWN;
	if (snapcap_stub_cause())
		return snapcap_stub_cause();
	*kind = snapcap_arch_check();
	if (!*kind && debug_pagealloc_enabled())
		*kind = "free pages unmapped (debug_pagealloc)";
	return *kind ? SNAPCAP_CAUSE_MEMORY_KIND : SNAPCAP_CAUSE_NONE;
}

static int check_system(struct snapcap_session *s)
{
	const char *kind = NULL;
	u32 cause = snapcap_take_refusal(&kind);

	if (cause)
		return snapcap_fail(s, cause == SNAPCAP_CAUSE_LOCKDOWN ? -EPERM :
				       cause == SNAPCAP_CAUSE_MEMORY_KIND ? -EOPNOTSUPP : -ENODEV,
				    cause, 0, kind);

	if (snapcap_kernel_build_id(s->img.build_id, &s->img.build_id_size))
		return snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_KERNEL_ID, 0,
				    "/sys/kernel/notes");
	strscpy_pad(s->img.kernel_release, init_utsname()->release, sizeof(s->img.kernel_release));
	snapcap_stub_describe(&s->img);
	/* What cannot be done now would fail after each restore. */
	if (snapcap_entropy_check())
		return snapcap_fail(s, -ENODATA, SNAPCAP_CAUSE_RANDOM, 0, "/dev/urandom");
	/* Before the capture: the restored system knows its snapshot by it. */
	generate_random_uuid(s->img.uuid);
	return 0;
}

/* With interrupts off and one CPU: the model's three steps in its order. */
static int capture(struct snapcap_session *s)
{
	u64 start = snapcap_arch_counter();
	int ret;

	ret = snapcap_callbacks_capture(s);
	if (ret)
		return ret;

	s->status.stage = SNAPCAP_STAGE_REGIONS;
	ret = snapcap_collect(s);
	if (ret)
		return snapcap_fail(s, ret, SNAPCAP_CAUSE_MEMORY_KIND, s->bad_pfn, s->bad_kind);

	s->status.stage = SNAPCAP_STAGE_CPU;
	s->record_size = snapcap_arch_record(s->record);
	s->memmap_size = snapcap_stub_memmap(s->memmap);

	s->status.stage = SNAPCAP_STAGE_COMPRESS;
	ret = snapcap_compress(s);
	s->status.compress_ns = snapcap_counter_ns(snapcap_arch_counter() - start);
	if (ret)
		return snapcap_fail(s, ret, SNAPCAP_CAUSE_NO_MEMORY, s->short_bytes, NULL);
	return 0;
}

/* The restored system: the take that put it there is over. */
static void finish_restored(struct snapcap_session *s)
{
	snapcap_watchdog_thawed();
	/* One that is on trial has to say itself that it is well. */
	snapcap_stub_restored(&s->status, !s->arg.tries);
	snapcap_trial_restored(s);
	s->status.restores = 1;
	s->status.error = 0;
	s->status.cause = SNAPCAP_CAUSE_NONE;
	s->status.stage = SNAPCAP_STAGE_DONE;
	snapcap_session_publish(s);
	snapcap_state_enter(SNAPCAP_STATE_BOOT);
	snapcap_sysfs_restored();
	snapcap_pager_release();
}

static int capture_with_buffers(struct snapcap_session *s, u32 state_before)
{
	unsigned int tries = TAKE_TRIES;
	int ret;

	ret = snapcap_collect_init(s);
	if (ret)
		return ret;
	do {
		snapcap_fail(s, 0, SNAPCAP_CAUSE_NONE, 0, NULL);	/* of the try before */
		ret = snapcap_compress_init(s);
		if (ret)
			break;
		snapcap_collect_own(s);
		ret = snapcap_session_interrupted(s);
		if (!ret) {
			snapcap_stage_enter(s, SNAPCAP_STAGE_FREEZE);
			snapcap_clock_capture();
			snapcap_state_enter(SNAPCAP_STATE_PASS2);
			ret = snapcap_quiesce(s, capture);
			if (ret)
				snapcap_state_enter(state_before);
		}
		if (!ret && !s->restored)
			break;		/* the buffers hold the result */
		snapcap_compress_exit(s);
	} while (ret == -ENOMEM && s->short_bytes && --tries);

	snapcap_collect_exit(s);
	return ret;
}

static int write_image(struct snapcap_session *s)
{
	int ret;

	snapcap_image_finish(s, snapstore_sequence(&s->store), snapstore_wear(&s->store));
	snapcap_stage_enter(s, SNAPCAP_STAGE_PREPARE);
	ret = snapcap_write_prepare(s);
	if (ret)
		return ret;
	snapcap_state_enter(SNAPCAP_STATE_PREPARED);

	snapcap_stage_enter(s, SNAPCAP_STAGE_WRITE);
	ret = snapcap_write(s);
	if (ret)
		return ret;

	snapcap_stage_enter(s, SNAPCAP_STAGE_VERIFY);
	ret = snapcap_write_verify(s);
	if (ret)
		return ret;

	snapcap_stage_enter(s, SNAPCAP_STAGE_COMMIT);
	return snapcap_write_commit(s);
}

static int store(struct snapcap_session *s)
{
	u64 start = snapcap_arch_counter();
	int ret;

	do {
		ret = write_image(s);
		if (!ret)
			break;
		ret = snapcap_target_again(s, ret);
	} while (!ret);
	s->status.write_ns = snapcap_counter_ns(snapcap_arch_counter() - start);
	return ret;
}

/* TAKEN tells of a snapshot that is there. */
static u32 state_after_failure(const struct snapcap_session *s, u32 before)
{
	bool lost = s->status.previous == SNAPCAP_PREVIOUS_LOST;

	return before == SNAPCAP_STATE_TAKEN && lost ? SNAPCAP_STATE_NONE : before;
}

static int take(struct snapcap_session *s, const void *arg)
{
	u32 state_before = snapcap_state();
	unsigned int sleep_flags;
	int ret;

	s->arg = *(const struct snapcap_makesnap *)arg;
	if (s->arg.flags & SNAPCAP_TAKE_FORCED)
		s->status.flags |= SNAPCAP_STATUS_FORCED;
	/* Also of a snapshot that is taken in a system which came out of a forced one. */
	if (s->status.flags & SNAPCAP_STATUS_FORCED)
		s->img.feature_compat |= SNAPCAP_FEATURE_COMPAT_FORCED;
	snapcap_stage_enter(s, SNAPCAP_STAGE_CHECK);
	ret = snapcap_session_interrupted(s);
	if (!ret)
		ret = check_system(s);
	if (ret)
		return ret;

	ret = snapcap_target_open(s);
	if (ret)
		return ret;
	ret = snapcap_callbacks_prepare(s, SNAPCAP_STATE_PASS2);
	if (ret)
		goto out_target;
	/* Long, and another sleep transition would look like a signal: it waits. */
	sleep_flags = lock_system_sleep();
	snapcap_forget_freezer();
	ret = snapcap_pager_begin(s);
	unlock_system_sleep(sleep_flags);
	if (!ret)
		ret = snapcap_map_init(s);
	if (!ret)
		ret = capture_with_buffers(s, state_before);
	snapcap_callbacks_finish(s->restored ? SNAPCAP_STATE_BOOT : SNAPCAP_STATE_PASS2);
	if (ret)
		goto out_map;
	if (s->restored) {
		finish_restored(s);
		goto out_map;
	}

	/* Or another sleep transition would look like a signal. It waits. */
	sleep_flags = lock_system_sleep();
	snapcap_forget_freezer();
	snapcap_stage_enter(s, SNAPCAP_STAGE_THAW);
	ret = snapcap_compress_late(s);
	if (!ret) {
		snapcap_image_layout(s);
		ret = snapcap_target_place(s);
	}
	if (!ret && !(s->arg.flags & SNAPCAP_TAKE_DRY_RUN))
		ret = store(s);
	if (!ret && !(s->arg.flags & SNAPCAP_TAKE_DRY_RUN)) {
		s->status.takes++;
		snapcap_state_enter(SNAPCAP_STATE_TAKEN);
	} else {
		snapcap_state_enter(state_after_failure(s, state_before));
	}
	if (!ret)
		snapcap_stage_enter(s, SNAPCAP_STAGE_DONE);
	unlock_system_sleep(sleep_flags);
	snapcap_compress_exit(s);
out_map:
	snapcap_map_exit(s);
	snapcap_pager_end();
out_target:
	snapcap_target_close(s);
	return ret;
}

/**
 * snapcap_take() - take a snapshot; returns twice
 * @arg: checked argument; its status is filled in
 *
 * Context: process context, sleeps; user tasks, kernel threads and devices are
 * suspended for part of it.
 * Return: 0 in the system that goes on and again in every restored one; or an
 * error of SNAPCAP_IOC_MAKESNAP
 */
int snapcap_take(struct snapcap_makesnap *arg)
{
	return snapcap_session_run(take, arg, &arg->status);
}
