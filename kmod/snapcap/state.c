// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where in its snapshot life the system is, and what drivers see of that while
 * devices are suspended and resumed for it.
 */
#include <linux/export.h>
#include <linux/sysfs.h>
#include "snapcap.h"

/* Of the system's life; and of the sleep transition that is under way, if it is ours. */
static u32 state = SNAPCAP_STATE_NONE, transition = SNAPCAP_STATE_NONE;

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
