// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers have done around a take beside their PM callbacks, in an order
 * of their own. The lock is not taken while tasks are being frozen: one that waited
 * for it could not be. Until devices are resumed nobody changes the list then,
 * since tasks are frozen and the PM core keeps drivers from being probed.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include "snapcap.h"

static DEFINE_MUTEX(ops_lock);
static LIST_HEAD(ops_list);

/**
 * snapcap_ops_register() - be called when a snapshot is taken and restored
 * @ops: stays the caller's; must live until it is unregistered
 *
 * It takes part from the next take on: who comes after the prepare of one that
 * runs has no part in it.
 *
 * Context: process context, sleeps; not from a callback of struct snapcap_ops.
 * Return:
 * * 0        - registered
 * * -EINVAL  - no owner
 * * -EEXIST  - it is registered already
 */
int snapcap_ops_register(struct snapcap_ops *ops)
{
	struct list_head *behind = &ops_list;
	struct snapcap_ops *o;
	int ret = 0;

	if (!ops->owner || !*ops->owner)
		return -EINVAL;

	mutex_lock(&ops_lock);
	list_for_each_entry(o, &ops_list, list) {
		if (o == ops)
			ret = -EEXIST;
		if (o->order <= ops->order)
			behind = &o->list;
	}
	if (!ret) {
		ops->prepared = false;
		list_add(&ops->list, behind);
	}
	mutex_unlock(&ops_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(snapcap_ops_register);

/**
 * snapcap_ops_unregister() - not to be called any more
 * @ops: registered before
 *
 * After it returned no callback runs. Who leaves between prepare and finish is not
 * finished: what prepare did is the caller's to undo.
 *
 * Context: process context, sleeps; not from a callback of struct snapcap_ops.
 */
void snapcap_ops_unregister(struct snapcap_ops *ops)
{
	mutex_lock(&ops_lock);
	list_del_init(&ops->list);
	ops->prepared = false;
	mutex_unlock(&ops_lock);
}
EXPORT_SYMBOL_GPL(snapcap_ops_unregister);

static void finish_all(u32 state)
{
	struct snapcap_ops *ops;

	list_for_each_entry_reverse(ops, &ops_list, list) {
		if (!ops->prepared)
			continue;
		ops->prepared = false;
		if (ops->finish)
			ops->finish(ops, state);
	}
}

/* Whatever a driver returns: the caller of the ioctl is to see an errno. */
static int refused(struct snapcap_session *s, const struct snapcap_ops *ops, int ret)
{
	if (ret >= 0 || ret < -MAX_ERRNO)
		ret = -EINVAL;
	else if (ret <= -ERESTARTSYS)
		ret = -EINTR;
	return snapcap_fail(s, ret, SNAPCAP_CAUSE_PREPARE, 0, ops->owner);
}

/**
 * snapcap_callbacks_prepare() - tell drivers that a pass begins
 * @s: session
 * @state: SNAPCAP_STATE_PASS1 or SNAPCAP_STATE_PASS2
 *
 * Context: process context, tasks run, sleeps.
 * Return: 0, then snapcap_callbacks_finish() must follow; or what the first that
 * refused returned, with the cause set and all of them finished
 */
int snapcap_callbacks_prepare(struct snapcap_session *s, u32 state)
{
	struct snapcap_ops *ops;
	int ret = 0;

	mutex_lock(&ops_lock);
	list_for_each_entry(ops, &ops_list, list) {
		ret = ops->prepare ? ops->prepare(ops, state) : 0;
		if (ret) {
			ret = refused(s, ops, ret);
			finish_all(state);
			break;
		}
		ops->prepared = true;
	}
	mutex_unlock(&ops_lock);
	return ret;
}

/**
 * snapcap_callbacks_finish() - the counterpart of snapcap_callbacks_prepare()
 * @state: that of the prepare, or SNAPCAP_STATE_BOOT in the restored system
 *
 * Context: process context, tasks run, sleeps.
 */
void snapcap_callbacks_finish(u32 state)
{
	mutex_lock(&ops_lock);
	finish_all(state);
	mutex_unlock(&ops_lock);
}

/**
 * snapcap_callbacks_capture() - have drivers copy away what only the hardware has
 * @s: session
 *
 * Context: one CPU, interrupts off, devices suspended. Does not sleep.
 * Return: 0, or what the first that refused returned, with the cause set
 */
int snapcap_callbacks_capture(struct snapcap_session *s)
{
	struct snapcap_ops *ops;

	list_for_each_entry(ops, &ops_list, list) {
		int ret = ops->prepared && ops->capture ? ops->capture(ops) : 0;

		if (ret)
			return refused(s, ops, ret);
	}
	return 0;
}

/**
 * snapcap_callbacks_restore_early() - before anything else in the restored system
 *
 * Context: one CPU, interrupts off, core and devices suspended. Does not sleep.
 */
void snapcap_callbacks_restore_early(void)
{
	struct snapcap_ops *ops;

	list_for_each_entry(ops, &ops_list, list)
		if (ops->prepared && ops->restore_early)
			ops->restore_early(ops);
}

/**
 * snapcap_callbacks_restore() - devices work again in the restored system
 *
 * Context: process context, user tasks frozen, sleeps.
 */
void snapcap_callbacks_restore(void)
{
	struct snapcap_ops *ops;

	mutex_lock(&ops_lock);
	list_for_each_entry(ops, &ops_list, list)
		if (ops->prepared && ops->restore)
			ops->restore(ops);
	mutex_unlock(&ops_lock);
}
