// SPDX-License-Identifier: GPL-2.0-only
/*
 * A rehearsal: tasks are frozen and devices suspended as for a take, and all of
 * it is undone at once. Nothing is captured, no target is needed, and the last
 * take stays the last.
 */
#include "snapcap.h"

static int rehearse(struct snapcap_session *s, const void *arg)
{
	const struct snapcap_rehearse *rehearse = arg;
	u32 state_before = snapcap_state();
	int ret;

	s->rehearsal = true;
	snapcap_stage_enter(s, SNAPCAP_STAGE_CHECK);
	ret = snapcap_session_interrupted(s);
	if (ret)
		return ret;
	ret = snapcap_callbacks_prepare(s, rehearse->state);
	if (ret)
		return ret;

	snapcap_stage_enter(s, SNAPCAP_STAGE_FREEZE);
	/* CANCEL or a signal may have come while the stage was held. */
	ret = snapcap_session_interrupted(s);
	if (!ret) {
		snapcap_state_enter(rehearse->state);
		ret = snapcap_quiesce(s, NULL);
		snapcap_state_enter(state_before);
	}
	snapcap_callbacks_finish(rehearse->state);
	if (ret)
		return ret;

	snapcap_stage_enter(s, SNAPCAP_STAGE_THAW);
	snapcap_stage_enter(s, SNAPCAP_STAGE_DONE);
	return 0;
}

/**
 * snapcap_rehearse() - suspend and resume, nothing more
 * @arg: checked argument; its status is filled in
 *
 * Drivers see @arg's state in their callbacks.
 *
 * Context: process context, sleeps; user tasks, kernel threads and devices are
 * suspended for part of it.
 * Return: 0 or an error of SNAPCAP_IOC_REHEARSE
 */
int snapcap_rehearse(struct snapcap_rehearse *arg)
{
	return snapcap_session_run(rehearse, arg, &arg->status);
}
