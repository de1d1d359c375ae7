// SPDX-License-Identifier: GPL-2.0-only
/*
 * One take, from the ioctl to the commit mark: owns its resources and the
 * order of its stages. Whatever fails, what was acquired is given back in
 * reverse order and the system is as before.
 */
#include <linux/capability.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include <linux/utsname.h>
#include <linux/uuid.h>
#include <linux/vmalloc.h>
#include "paging.h"
#include "snapcap.h"

/* The first try guesses the size of the result, the others know it. */
#define TAKE_TRIES	3
/* Percent from one progress event to the next. */
#define PROGRESS_STEP	4

/* Of the system's life; and of the sleep transition that is under way, if it is ours. */
static u32 state = SNAPCAP_STATE_NONE, transition = SNAPCAP_STATE_NONE;

/* Both under the lock, so that a CANCEL is for the take that runs or for none. */
static DEFINE_SPINLOCK(running_lock);
static bool running, cancelled;

static DEFINE_SPINLOCK(status_lock);
static struct snapcap_status last_status = { .size = sizeof(last_status) };

/**
 * snapcap_get_state() - what is this suspend or resume for?
 *
 * The model's GetSnapshotState, for the callbacks of drivers: PASS1 and PASS2
 * while devices are suspended and resumed on behalf of a take (the hardware
 * stays on), BOOT while they are resumed in a system that has come out of a
 * snapshot (the hardware was off). At all other times it is NONE, so that an
 * ordinary suspend is never taken for one of these, whichever life the system
 * is in; that is in SNAPCAP_IOC_GET_STATE.
 *
 * Context: any. It does not change while one device's callbacks of a suspend and
 * of the following resume are called, but from PASS2 to BOOT at a restore.
 * Return: SNAPCAP_STATE_NONE, _PASS1, _PASS2 or _BOOT
 */
unsigned int snapcap_get_state(void)
{
	return READ_ONCE(transition);
}
EXPORT_SYMBOL_GPL(snapcap_get_state);

/** snapcap_state() - where in its snapshot life is the system? SNAPCAP_STATE_* */
u32 snapcap_state(void)
{
	return READ_ONCE(state);
}

/**
 * snapcap_transition_begin() - drivers see the pass that was entered
 *
 * Context: with the sleep lock held. Before that another sleep transition may be
 * under way, whose callbacks would take it for theirs.
 */
void snapcap_transition_begin(void)
{
	WRITE_ONCE(transition, state);
}

/** snapcap_transition_restored() - drivers see that this is a restored system; any context */
void snapcap_transition_restored(void)
{
	WRITE_ONCE(state, SNAPCAP_STATE_BOOT);
	WRITE_ONCE(transition, SNAPCAP_STATE_BOOT);
}

/** snapcap_transition_end() - devices and tasks run again */
void snapcap_transition_end(void)
{
	WRITE_ONCE(transition, SNAPCAP_STATE_NONE);
}

/** snapcap_state_enter() - enter a state and tell everybody; process context */
void snapcap_state_enter(u32 new_state)
{
	WRITE_ONCE(state, new_state);
	snapcap_event_post(SNAPCAP_NOTE_STATE, 0);
	if (snapcap_miscdev.this_device)
		sysfs_notify(&snapcap_miscdev.this_device->kobj, NULL, "state");
}

static void publish(const struct snapcap_session *s)
{
	unsigned long flags;

	spin_lock_irqsave(&status_lock, flags);
	last_status = s->status;
	spin_unlock_irqrestore(&status_lock, flags);
}

/** snapcap_session_status() - state and last result; any context but NMI */
void snapcap_session_status(struct snapcap_status *status)
{
	unsigned long flags;

	spin_lock_irqsave(&status_lock, flags);
	*status = last_status;
	spin_unlock_irqrestore(&status_lock, flags);
	status->state = snapcap_state();
}

/** snapcap_session_cancelled() - was CANCEL called? */
bool snapcap_session_cancelled(void)
{
	return READ_ONCE(cancelled);
}

/**
 * snapcap_session_cancel() - ask the running take to end
 *
 * Return: 0, -ENOENT when none runs
 */
int snapcap_session_cancel(void)
{
	int ret = -ENOENT;

	spin_lock(&running_lock);
	if (running) {
		WRITE_ONCE(cancelled, true);
		ret = 0;
	}
	spin_unlock(&running_lock);
	return ret;
}

static bool session_begin(void)
{
	bool begun = false;

	spin_lock(&running_lock);
	if (!running) {
		running = true;
		cancelled = false;
		begun = true;
	}
	spin_unlock(&running_lock);
	return begun;
}

static void session_end(void)
{
	spin_lock(&running_lock);
	running = false;
	spin_unlock(&running_lock);
}

/**
 * snapcap_fail() - note why a take fails
 * @s: session
 * @error: negative errno
 * @cause: SNAPCAP_CAUSE_*
 * @detail: number that belongs to it
 * @name: text that belongs to it, or NULL
 *
 * Return: @error, for return statements
 */
int snapcap_fail(struct snapcap_session *s, int error, u32 cause, u64 detail, const char *name)
{
	s->status.error = -error;
	s->status.cause = cause;
	s->status.detail = detail;
	strscpy_pad(s->status.name, name ? name : "", sizeof(s->status.name));
	return error;
}

/** snapcap_stage_enter() - begin a stage, with the system running */
void snapcap_stage_enter(struct snapcap_session *s, u32 stage)
{
	s->status.stage = stage;
	s->status.percent = 0;
	publish(s);
	snapcap_event_post(SNAPCAP_NOTE_STAGE, 0);
	snapcap_hold(stage);
}

/** snapcap_progress() - tell how far the stage is, when it changed */
void snapcap_progress(struct snapcap_session *s, u32 percent)
{
	u32 before = s->status.percent;

	if (percent == before)
		return;
	s->status.percent = percent;
	publish(s);
	/* In steps, so that all events of a take fit into the ring. */
	if (percent / PROGRESS_STEP != before / PROGRESS_STEP)
		snapcap_event_post(SNAPCAP_NOTE_PROGRESS, percent);
}

/**
 * snapcap_session_interrupted() - has somebody ended the take?
 * @s: session
 *
 * Return: 0; -ECANCELED (CANCEL), -EINTR (signal) with the cause set
 */
int snapcap_session_interrupted(struct snapcap_session *s)
{
	if (snapcap_session_cancelled())
		return snapcap_fail(s, -ECANCELED, SNAPCAP_CAUSE_CANCELLED, 0, NULL);
	if (signal_pending(current))
		return snapcap_fail(s, -EINTR, SNAPCAP_CAUSE_CANCELLED, 0, NULL);
	return 0;
}

/**
 * snapcap_session_refusal() - would a take be refused at once, whatever its target?
 * @kind: what cannot be captured, for SNAPCAP_CAUSE_MEMORY_KIND
 *
 * Context: any that may print.
 * Return: SNAPCAP_CAUSE_*, SNAPCAP_CAUSE_NONE when not
 */
u32 snapcap_session_refusal(const char **kind)
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
	u32 cause = snapcap_session_refusal(&kind);

	if (cause)
		return snapcap_fail(s, cause == SNAPCAP_CAUSE_LOCKDOWN ? -EPERM :
				       cause == SNAPCAP_CAUSE_MEMORY_KIND ? -EOPNOTSUPP : -ENODEV,
				    cause, 0, kind);

	if (snapcap_kernel_build_id(s->img.build_id, &s->img.build_id_size))
		return snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_KERNEL_ID, 0,
				    "/sys/kernel/notes");
	strscpy_pad(s->img.kernel_release, init_utsname()->release, sizeof(s->img.kernel_release));
	snapcap_stub_describe(&s->img);
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
	snapcap_stub_restored(&s->status);
	s->status.restores = 1;
	s->status.error = 0;
	s->status.cause = SNAPCAP_CAUSE_NONE;
	s->status.stage = SNAPCAP_STAGE_DONE;
	publish(s);
	snapcap_state_enter(SNAPCAP_STATE_BOOT);
	snapcap_sysfs_restored();
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

static int store(struct snapcap_session *s)
{
	u64 start = snapcap_arch_counter();
	u64 sequence = s->previous.status ? 1 : s->previous.img.sequence + 1;
	int ret;

	snapcap_image_finish(s, sequence);
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
	ret = snapcap_write_commit(s);
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
	ret = snapcap_pager_begin(s);
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
 * snapcap_session_run() - run a take or what is like one, when nothing else runs
 * @run: what to do; @arg is passed to it
 * @arg: checked argument
 * @status: result
 *
 * Context: process context, sleeps.
 * Return: what @run returned, or -EBUSY, -ENOMEM
 */
int snapcap_session_run(int (*run)(struct snapcap_session *s, const void *arg), const void *arg,
			struct snapcap_status *status)
{
	struct snapcap_status before;
	struct snapcap_session *s;
	int ret;

	if (!session_begin()) {
		snapcap_session_status(status);
		status->error = EBUSY;
		status->cause = SNAPCAP_CAUSE_BUSY;
		return -EBUSY;
	}

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s) {
		ret = -ENOMEM;
		goto out_end;
	}
	before = last_status;
	s->status.size = sizeof(s->status);
	s->status.takes = before.takes;
	s->status.restores = before.restores;
	s->status.sequence = before.sequence;

	ret = run(s, arg);

	s->status.state = snapcap_state();
	if (ret) {
		s->status.error = -ret;
		s->status.sequence = last_status.sequence;
	} else {
		snapcap_fail(s, 0, SNAPCAP_CAUSE_NONE, 0, NULL);	/* of an earlier try */
	}
	*status = s->status;
	/* STATUS tells of takes; the result of a rehearsal is its caller's alone. */
	if (s->rehearsal)
		s->status = before;
	publish(s);
	kfree(s);
out_end:
	session_end();
	return ret;
}

/**
 * snapcap_session_take() - take a snapshot; returns twice
 * @arg: checked argument; its status is filled in
 *
 * Context: process context, sleeps; user tasks, kernel threads and devices are
 * suspended for part of it.
 * Return: 0 in the system that goes on and again in every restored one; or an
 * error of SNAPCAP_IOC_MAKESNAP
 */
int snapcap_session_take(struct snapcap_makesnap *arg)
{
	return snapcap_session_run(take, arg, &arg->status);
}
