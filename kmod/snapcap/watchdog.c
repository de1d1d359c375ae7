// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog that the loader has armed before it entered this system: what ends
 * a restore that hangs.
 *
 * Until tasks are thawed it runs down: an oops of the task that restores leaves
 * timers running, so a timer that feeds it by then would feed it for ever. From then
 * on a timer does, until user space takes over: whoever opens the device, or says so
 * (snapcap_watchdog_handed_over()). A user space that does neither in good time never
 * came up, and the watchdog is left alone to end that, too. So is it after a panic,
 * which leaves timers running as well.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include "snapcap.h"
#include "watchdog.h"

/* What a loader says is not believed beyond these. */
#define TIME_MIN_MS	1000U
#define TIME_MAX_MS	(2046U * MSEC_PER_SEC)
#define WAIT_MAX_S	(24 * 60 * 60U)
/* So often in its time is it fed. */
#define FEEDS		4

enum watchdog_state {
	WATCHDOG_NONE,		/* none was armed */
	WATCHDOG_ARMED,		/* runs down until the thaw */
	WATCHDOG_FED,		/* by the timer here */
	WATCHDOG_USER,		/* by user space, through Linux's driver */
	WATCHDOG_STOPPED,	/* user space has taken over, and has no use for it */
	WATCHDOG_EXPIRED,	/* user space has not: a reset comes */
	WATCHDOG_LOST,		/* cannot be reached: a reset comes */
};

static const char * const state_names[] = {
	[WATCHDOG_NONE]	   = "none",
	[WATCHDOG_ARMED]   = "armed",
	[WATCHDOG_FED]	   = "fed",
	[WATCHDOG_USER]	   = "user",
	[WATCHDOG_STOPPED] = "stopped",
	[WATCHDOG_EXPIRED] = "expired",
	[WATCHDOG_LOST]	   = "lost",
};

static unsigned int watchdog_wait = 120;
module_param(watchdog_wait, uint, 0644);
MODULE_PARM_DESC(watchdog_wait, "seconds after a restore that user space has to take over the watchdog");

static void feed(struct timer_list *timer);

/* Who opens and closes the device. */
static DEFINE_MUTEX(watchdog_mutex);
/* The rest, and the registers once the device is open. */
static DEFINE_SPINLOCK(watchdog_lock);
static DEFINE_TIMER(feeder, feed);
static enum watchdog_state state;
static u32 time_ms;
static unsigned long fed_since;
static bool endless;

static unsigned long fed_until(void)
{
	return fed_since + min(READ_ONCE(watchdog_wait), WAIT_MAX_S) * HZ;
}

static bool is_late(void)
{
	return !endless && time_after_eq(jiffies, fed_until());
}

static bool is_opened(void)
{
	struct snapcap_watchdog_driver driver;

	return snapcap_esb_driver(&driver) && driver.active;
}

static void feed(struct timer_list *timer)
{
	spin_lock(&watchdog_lock);
	if (state != WATCHDOG_FED)
		goto out;
	if (is_opened()) {
		state = WATCHDOG_USER;
	} else if (is_late()) {
		state = WATCHDOG_EXPIRED;
		pr_crit("snapcap: user space did not take over the watchdog: it is not fed any more\n");
	} else {
		snapcap_esb_reload();
		mod_timer(&feeder, jiffies + msecs_to_jiffies(time_ms / FEEDS));
	}
out:
	spin_unlock(&watchdog_lock);
}

/* The hardware as the driver has it, if there is one; true when somebody pings it. */
static bool put_back(void)
{
	struct snapcap_watchdog_driver driver;

	if (!snapcap_esb_driver(&driver))
		return false;
	snapcap_esb_setup(driver.timeout_s);
	time_ms = driver.timeout_s * MSEC_PER_SEC;
	if (driver.active)
		snapcap_esb_start(driver.nowayout);
	return driver.active;
}

static void take_over(u32 kind, u32 at)
{
	int ret = -ENODEV;

	if (kind <= SNAPCAP_WATCHDOG_I6300ESB)
		ret = snapcap_esb_open(kind ? at : SNAPCAP_ESB_ANY);
	if (ret && kind) {
		pr_err("snapcap: the boot loader's watchdog (kind %u, at %#x) cannot be reached (%d): it will reset the machine\n",
		       kind, at, ret);
		state = WATCHDOG_LOST;
	}
	if (ret)
		return;
	if (put_back()) {
		state = WATCHDOG_USER;
	} else if (kind) {
		snapcap_esb_reload();
		state = WATCHDOG_ARMED;
	}
	if (state != WATCHDOG_ARMED)
		snapcap_esb_close();
}

/**
 * snapcap_watchdog_restored_early() - what was fed in the life before is not fed in this one
 *
 * Its timer came back with memory, and would go on.
 *
 * Context: one CPU, interrupts off.
 */
void snapcap_watchdog_restored_early(void)
{
	state = WATCHDOG_NONE;
}

/**
 * snapcap_watchdog_restored() - take over what the loader has armed
 *
 * What Linux's driver of the device believes becomes true again as well, also where
 * the loader has armed nothing.
 *
 * Context: process context, devices resumed, user tasks frozen, sleeps.
 */
void snapcap_watchdog_restored(void)
{
	u32 kind, at, ms;

	del_timer_sync(&feeder);
	kind = snapcap_stub_watchdog(&ms, &at);
	mutex_lock(&watchdog_mutex);
	endless = false;
	time_ms = clamp(ms, TIME_MIN_MS, TIME_MAX_MS);
	take_over(kind, at);
	mutex_unlock(&watchdog_mutex);
}

/**
 * snapcap_watchdog_thawed() - the restore has come to its end: feed it
 *
 * Context: process context.
 */
void snapcap_watchdog_thawed(void)
{
	spin_lock_bh(&watchdog_lock);
	if (state == WATCHDOG_ARMED) {
		state = WATCHDOG_FED;
		fed_since = jiffies;
		mod_timer(&feeder, jiffies);
	}
	spin_unlock_bh(&watchdog_lock);
}

/* Whoever opens it meanwhile starts it: seen before, or after it was stopped. */
static void leave_to_user(void)
{
	struct snapcap_watchdog_driver driver;

	if (is_opened()) {
		state = WATCHDOG_USER;
		return;
	}
	state = WATCHDOG_STOPPED;
	if (!snapcap_esb_stop()) {
		pr_warn("snapcap: the watchdog cannot be stopped: it is fed as long as this system runs\n");
		state = WATCHDOG_FED;
		endless = true;
		mod_timer(&feeder, jiffies);
	} else if (snapcap_esb_driver(&driver) && driver.active) {
		snapcap_esb_start(driver.nowayout);
		state = WATCHDOG_USER;
	}
}

/**
 * snapcap_watchdog_handed_over() - user space has come up
 *
 * It is left to the driver where somebody has it open, and stopped elsewhere.
 *
 * Context: process context, sleeps.
 * Return: 0, -ENODEV when there is none to hand over
 */
int snapcap_watchdog_handed_over(void)
{
	int ret = 0;

	mutex_lock(&watchdog_mutex);
	spin_lock_bh(&watchdog_lock);
	switch (state) {
	case WATCHDOG_ARMED:
	case WATCHDOG_FED:
	case WATCHDOG_EXPIRED:
		leave_to_user();
		break;
	case WATCHDOG_USER:
	case WATCHDOG_STOPPED:
		break;
	default:
		ret = -ENODEV;
	}
	spin_unlock_bh(&watchdog_lock);
	if (state != WATCHDOG_FED) {
		del_timer_sync(&feeder);
		snapcap_esb_close();
	}
	mutex_unlock(&watchdog_mutex);
	return ret;
}

static int note_panic(struct notifier_block *nb, unsigned long event, void *data)
{
	/* Whoever holds the lock will not give it back. */
	if (state == WATCHDOG_FED)
		WRITE_ONCE(state, WATCHDOG_EXPIRED);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = note_panic,
};

/* Who turns the machine off wants it to stay so; a restart may hang. */
static int note_shutdown(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event != SYS_RESTART)
		snapcap_watchdog_handed_over();
	return NOTIFY_DONE;
}

static struct notifier_block shutdown_block = {
	.notifier_call = note_shutdown,
};

/**
 * snapcap_watchdog_init() - be told of the end
 *
 * Return: 0 or a negative errno
 */
int snapcap_watchdog_init(void)
{
	int ret = register_reboot_notifier(&shutdown_block);

	if (ret)
		return ret;
	/* Never fails but for a notifier that is there already. */
	ret = atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	if (ret)
		unregister_reboot_notifier(&shutdown_block);
	return ret;
}

/** snapcap_watchdog_exit() - nobody is left to feed it */
void snapcap_watchdog_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	unregister_reboot_notifier(&shutdown_block);
	snapcap_watchdog_handed_over();
	del_timer_sync(&feeder);
	snapcap_esb_close();
}

/* ---- /sys/class/misc/snapcap/watchdog ---- */

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", state_names[READ_ONCE(state)]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	int ret;

	if (!sysfs_streq(buf, state_names[WATCHDOG_USER]))
		return -EINVAL;
	ret = snapcap_watchdog_handed_over();
	return ret ?: count;
}
static DEVICE_ATTR_RW(state);

static ssize_t timeout_ms_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(state) == WATCHDOG_NONE ? 0 : time_ms);
}
static DEVICE_ATTR_RO(timeout_ms);

/* Until it is not fed any more. */
static ssize_t left_ms_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	unsigned int ms = 0;

	spin_lock_bh(&watchdog_lock);
	if (state == WATCHDOG_FED && !endless && !is_late())
		ms = jiffies_to_msecs(fed_until() - jiffies);
	spin_unlock_bh(&watchdog_lock);
	return sysfs_emit(buf, "%u\n", ms);
}
static DEVICE_ATTR_RO(left_ms);

static struct attribute *watchdog_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_timeout_ms.attr,
	&dev_attr_left_ms.attr,
	NULL,
};

const struct attribute_group snapcap_watchdog_group = {
	.name = "watchdog",
	.attrs = watchdog_attrs,
};
