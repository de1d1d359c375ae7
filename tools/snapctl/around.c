// SPDX-License-Identifier: GPL-2.0-only
/* The order of things, and no more: each of them has a file of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "around.h"
#include "cmd.h"
#include "fingerprint.h"
#include "msg.h"
#include "sysfile.h"
#include "trouble.h"

/* It was told. */
static int fail_told(struct around *a, const struct cause *cause, int err)
{
	a->cause = cause;
	a->err = err;
	a->told = true;
	return -1;
}

/* It is to be told, with what it is about. */
static int fail(struct around *a, const struct cause *cause, int err, const char *about)
{
	a->cause = cause;
	a->err = err;
	a->status.stage = SNAPCAP_STAGE_CHECK;
	snprintf((char *)a->status.name, sizeof(a->status.name), "%.63s", about);
	return -1;
}

int around_configure(struct around *a, const struct take_options *take)
{
	static const struct cause turned_off = { "off", "", "", SNAPCTL_UNSUPPORTED };
	static const struct cause mistake = { "config", "", "", SNAPCTL_FAILURE };
	const char *off = conf_off();
	int ret;

	a->take = take;
	if (off) {
		msg_error("snapshots are turned off by %s", off);
		msg_advice("remove that to take one");
		return fail_told(a, &turned_off, EPERM);
	}
	ret = conf_load(&a->conf);
	return ret ? fail_told(a, &mistake, -ret) : 0;
}

/* A restore goes on with the filesystems of the take, whatever they are then. */
int around_check(struct around *a)
{
	static const struct cause unknown = { "filesystems", "", "", SNAPCTL_FAILURE };
	static const struct cause refused = { "filesystems", "", "", SNAPCTL_REFUSED };
	const struct take_options *take = a->take;
	size_t before = a->classes.refused;
	unsigned int flags = 0;
	int ret;

	/* Two passes have rules of their own for swap. */
	if (take->two_pass)
		flags |= FSCLASS_SWAP_MOVES;
	if (take->flags & SNAPCAP_TAKE_ONCE)
		flags |= FSCLASS_ONCE;
	fsclass_free(&a->classes);
	ret = fsclass_decide(&a->conf, flags, &a->classes);
	if (ret) {
		msg_error("what is mounted cannot be found out: %s", strerror(-ret));
		msg_advice("run it as root, with /proc and /sys mounted");
		return fail_told(a, &unknown, -ret);
	}
	/* Not told twice. */
	if (a->classes.refused <= before)
		return 0;
	fsclass_complain(&a->classes);
	if (!take->force)
		return fail_told(a, &refused, EBUSY);
	msg_info("forced: the snapshot will say so for ever");
	a->forced = true;
	return 0;
}

/* What the module does where no RTC tells the time is decided before the capture. */
static void set_clock_policy(const struct conf *conf)
{
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%u\n", conf->no_rtc_advance_s);
	ret = sysfile_write("/sys/module/snapcap/parameters/no_rtc_advance", text);
	if (ret && (ret != -ENOENT || conf->no_rtc_advance_s))
		msg_info("the policy for a machine without RTC cannot be set: %s", strerror(-ret));
}

static bool is_signalled(void *arg)
{
	return watch_signalled(arg);
}

int around_begin(struct around *a, struct watch *watch)
{
	int ret;

	a->watch = watch;
	a->begun = true;
	set_clock_policy(&a->conf);
	a->hooks = (struct hooks){
		.event = "pre-take", .timeout_s = a->conf.hook_timeout_s, .must = true,
		.stop = is_signalled, .arg = watch,
	};
	ret = hooks_run(&a->hooks);
	if (!ret)
		return 0;
	return fail(a, ret == -ECANCELED ? cause_get(SNAPCAP_CAUSE_CANCELLED) :
		    trouble_get(TROUBLE_HOOK), -ret, a->hooks.about);
}

/* Have the module note what the restored system counts on. */
static int watch_devices(struct around *a, int fd)
{
	struct fingerprint_list list = { .count = 0 };
	const char *name = NULL;
	char about[128];
	int ret;

	ret = fsclass_watch(&a->classes, FSCLASS_IMMUTABLE, &list);
	if (!ret)
		ret = fsclass_watch(&a->classes, FSCLASS_PERSISTENT, &list);
	if (!ret)
		ret = fingerprint_watch(fd, &list, &name);
	/* Who may not do this may not take either, and the take tells what is missing. */
	if (!ret || ret == -EPERM)
		return 0;
	snprintf(about, sizeof(about), "%s%s%s", name ? name : "", name ? ": " : "",
		 strerror(-ret));
	return fail(a, trouble_get(TROUBLE_FINGERPRINT), -ret, about);
}

int around_enter(struct around *a, int fd)
{
	const struct cause *cause;

	/* Hooks, and the applications in the settle time, mount what they like. */
	if (around_check(a))
		return -1;
	/* Restored once, it goes on with all of them mounted. */
	if (!(a->take->flags & SNAPCAP_TAKE_ONCE)) {
		cause = persist_unmount(&a->persist, &a->conf, a->watch);
		if (cause)
			return fail_told(a, cause, a->persist.err);
		a->out = true;
	}
	return watch_devices(a, fd);
}

void around_leave(struct around *a)
{
	if (!a->out)
		return;
	a->unmounted = persist_mount(&a->persist);
	a->out = false;
}

/* Who was told that it begins is told how it ended. */
void around_end(struct around *a, int err, bool restored)
{
	if (!a->begun)
		return;
	a->hooks = (struct hooks){
		.event = restored ? "post-restore" : "post-take",
		.outcome = err ? "failed" : restored ? "restored" : "taken",
		.timeout_s = a->conf.hook_timeout_s,
	};
	hooks_run(&a->hooks);
	a->begun = false;
}

void around_json(const struct around *a, struct json_object *o)
{
	json_flag(o, "forced", a->forced);
	json_put(o, "refused", fsclass_json(&a->classes, true));
	json_put(o, "filesystems", persist_json(&a->persist));
	json_put(o, "hooks", a->hooks.event ? hooks_json(&a->hooks) : NULL);
}

void around_free(struct around *a)
{
	fsclass_free(&a->classes);
	persist_free(&a->persist);
}
