// SPDX-License-Identifier: GPL-2.0-only
/*
 * What takes and rehearsals have in common: only one runs, it can be ended from
 * outside, and everybody can ask how far it is and how the last one ended.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "snapcap.h"

/* Percent from one progress event to the next. */
#define PROGRESS_STEP	4

/* Both under the lock, so that a CANCEL is for the take that runs or for none. */
static DEFINE_SPINLOCK(running_lock);
static bool running, cancelled;

static DEFINE_SPINLOCK(status_lock);
static struct snapcap_status last_status = { .size = sizeof(last_status) };

/** snapcap_session_publish() - what STATUS says from now on; any context but NMI */
void snapcap_session_publish(const struct snapcap_session *s)
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

/**
 * snapcap_session_begin() - no take begins from here on
 *
 * Return: false when one runs
 */
bool snapcap_session_begin(void)
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

/** snapcap_session_end() - undo snapcap_session_begin() */
void snapcap_session_end(void)
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
	snapcap_session_publish(s);
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
	snapcap_session_publish(s);
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

	if (!snapcap_session_begin()) {
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
	/* What a restored system is, it is for good. */
	s->status.flags = before.restores ? before.flags : 0;

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
	snapcap_session_publish(s);
	kfree(s);
out_end:
	snapcap_session_end();
	return ret;
}
