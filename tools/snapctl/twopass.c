// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of a two-pass take. Every step either leaves the system able to go on with the
 * next, or ends the take; nothing here cannot be undone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "kdev.h"
#include "msg.h"
#include "report.h"
#include "sysfile.h"
#include "takelock.h"
#include "trouble.h"
#include "twopass.h"
#include "units.h"

#define TAIL_WAIT_MS	10000
#define TAIL_POLL_MS	100

static bool is_signalled(void *arg)
{
	const struct twopass *tp = arg;

	return watch_signalled(tp->watch);
}

static int fail(struct twopass *tp, const struct cause *cause, int err, const char *about)
{
	memset(&tp->status, 0, sizeof(tp->status));
	tp->status.stage = SNAPCAP_STAGE_CHECK;
	snprintf((char *)tp->status.name, sizeof(tp->status.name), "%s", about);
	tp->cause = cause;
	tp->err = err;
	return -1;
}

static int fail_errno(struct twopass *tp, enum trouble trouble, int err)
{
	return fail(tp, trouble_get(trouble), err, strerror(err));
}

static int fail_cancelled(struct twopass *tp)
{
	return fail(tp, cause_get(SNAPCAP_CAUSE_CANCELLED), ECANCELED, "");
}

static bool is_restored(const struct twopass *tp)
{
	struct snapcap_status now;

	return !kdev_status(tp->fd, &now) && now.state == SNAPCAP_STATE_BOOT;
}

/* In a restored system the take that it came out of ends first: it gives back its memory. */
int twopass_lock(struct twopass *tp)
{
	char number[16] = "";
	pid_t owner;
	int ret = takelock_get(&tp->lock, &owner);

	for (int i = 0; ret == -EBUSY && i < TAIL_WAIT_MS / TAIL_POLL_MS && is_restored(tp); i++) {
		if (watch_signalled(tp->watch))
			return fail_cancelled(tp);
		usleep(TAIL_POLL_MS * 1000);
		ret = takelock_get(&tp->lock, &owner);
	}
	if (!ret)
		return 0;
	/* One pass needs nothing of /run; then the module alone keeps takes apart. */
	if (ret != -EBUSY)
		return tp->take->two_pass ? fail_errno(tp, TROUBLE_RUN_FOLDER, -ret) : 0;
	if (owner)
		snprintf(number, sizeof(number), "%d", owner);
	return fail(tp, trouble_get(TROUBLE_OTHER_TAKE), EBUSY, number);
}

/* Before anything is changed: the hot set may not be there. */
static int load_hot_set(struct twopass *tp)
{
	int ret = hotset_load(&tp->hot, tp->page_size);

	if (ret == -ENOENT)
		return fail_errno(tp, TROUBLE_NO_HOT_SET, ENOENT);
	return ret ? fail_errno(tp, TROUBLE_HOT_SET, -ret) : 0;
}

static int change_swap(struct twopass *tp)
{
	const struct cause *cause = swapset_begin(&tp->swap, tp->fd, tp->take->migrate_swap);

	return cause ? fail(tp, cause, tp->swap.err, tp->swap.about) : 0;
}

static int page_out(struct twopass *tp)
{
	struct snapcap_pager_status before, after;
	u64 begin = clock_ns();
	int ret;

	if (kdev_pager_status(tp->fd, &before))
		memset(&before, 0, sizeof(before));
	tp->out.stop = is_signalled;
	tp->out.arg = tp;
	/* A trial restore began without page cache: what is there now is what it needed. */
	tp->out.keep_files = tp->take->hot && is_restored(tp);
	ret = pageout_all(&tp->out);
	tp->out_ns = clock_ns() - begin;
	if (ret == -ECANCELED)
		return fail_cancelled(tp);
	if (ret)
		return fail_errno(tp, TROUBLE_PAGE_OUT, -ret);
	if (kdev_pager_status(tp->fd, &after))
		return 0;
	tp->out_pages = after.used_pages;
	tp->rejected_pages = after.rejected_pages - before.rejected_pages;
	if (tp->rejected_pages)
		msg_info("memory is short: the swap device did not take %" PRIu64 " pages, which "
			 "will be restored at power-on like the rest", tp->rejected_pages);
	return 0;
}

static int rehearse(struct twopass *tp)
{
	int ret;

	watch_let_be(tp->watch, false);
	ret = kdev_rehearse(tp->fd, SNAPCAP_STATE_PASS1, &tp->status);
	watch_let_be(tp->watch, true);
	if (!ret)
		return 0;
	tp->cause = NULL;
	tp->err = -ret;
	return -1;
}

/* What the settle time has shown is the hot set; that it cannot be had is no failure. */
static void measure(struct twopass *tp)
{
	struct hotset set;
	u64 recorded;
	int ret = 0;

	if (tp->settle.end != SETTLE_READY)
		ret = kdev_ready(tp->fd);
	if (!ret)
		ret = hotpages_collect(tp->fd, tp->page_size, tp->take->hot, &set, &recorded);
	if (ret) {
		msg_info("the hot set cannot be measured: %s", strerror(-ret));
		return;
	}
	tp->measured_pages = hotset_pages(&set);
	hotset_free(&set);
}

static int fail_warm(struct twopass *tp)
{
	int status = tp->settle.status;
	char about[64];

	if (WIFSIGNALED(status))
		snprintf(about, sizeof(about), "signal %d", WTERMSIG(status));
	else
		snprintf(about, sizeof(about), "exit code %d", WEXITSTATUS(status));
	return fail(tp, trouble_get(TROUBLE_WARM_FAILED), ECHILD, about);
}

static int settle(struct twopass *tp)
{
	char time[32];
	int ret;

	tp->settle.warm = tp->take->warm;
	tp->settle.seconds = tp->take->warm ? tp->take->warm_timeout_s : tp->take->settle_s;
	if (!tp->settle.seconds)
		return 0;
	ret = kdev_pager(tp->fd, SNAPCAP_PAGER_RECORD, 0);
	if (ret)
		msg_info("the hot set cannot be recorded: %s", strerror(-ret));
	watch_forget_ready(tp->watch);
	/*
	 * A restore sets the time of day, and init then looks at all it has (systemd: 200
	 * units). What that needs is faulted in now, when nobody waits.
	 */
	ret = clock_nudge();
	if (ret)
		msg_info("the time of day cannot be set: %s", strerror(-ret));
	ret = settle_wait(&tp->settle, tp->watch);
	if (ret)
		return fail_errno(tp, tp->take->warm ? TROUBLE_WARM_START : TROUBLE_SETTLE, -ret);
	switch (tp->settle.end) {
	case SETTLE_SIGNAL:
		return fail_cancelled(tp);
	case SETTLE_WARM_FAILED:
		return fail_warm(tp);
	case SETTLE_WARM_TIMEOUT:
		snprintf(time, sizeof(time), "%u s", tp->settle.seconds);
		return fail(tp, trouble_get(TROUBLE_WARM_TIMEOUT), ETIMEDOUT, time);
	default:
		measure(tp);
		return 0;
	}
}

/*
 * With nothing in memory but what could not go, a trial restore measures all that is needed,
 * and what was measured before would only be added to it. It must be out of the way before
 * the snapshot is taken, and be there again when none was.
 */
static void put_hot_set_aside(struct twopass *tp)
{
	struct sysfile_path from = sysfile_path("%s", hotset_path());
	struct sysfile_path to = sysfile_path("%s.old", hotset_path());

	tp->aside = !tp->take->hot && !tp->settle.seconds && !rename(from.s, to.s);
}

static void put_hot_set_away(struct twopass *tp, bool taken)
{
	struct sysfile_path from = sysfile_path("%s.old", hotset_path());

	if (!tp->aside)
		return;
	if (taken || rename(from.s, sysfile_path("%s", hotset_path()).s))
		unlink(from.s);
	tp->aside = false;
}

void twopass_begin(struct twopass *tp, int fd, u32 page_size, const struct take_options *take,
		   struct watch *watch)
{
	memset(tp, 0, sizeof(*tp));
	tp->fd = fd;
	tp->lock = -1;
	tp->page_size = page_size;
	tp->take = take;
	tp->watch = watch;
}

int twopass_run(struct twopass *tp)
{
	int ret = tp->take->hot ? load_hot_set(tp) : 0;

	if (!ret)
		ret = change_swap(tp);
	if (!ret)
		ret = page_out(tp);
	if (!ret)
		ret = rehearse(tp);
	if (!ret && tp->take->hot)
		hotpages_fetch(&tp->hot, is_signalled, tp, &tp->fetched);
	if (!ret)
		ret = settle(tp);
	if (!ret && watch_signalled(tp->watch))
		ret = fail_cancelled(tp);
	if (!ret)
		put_hot_set_aside(tp);
	return ret;
}

void twopass_end(struct twopass *tp, bool taken)
{
	if (tp->take->two_pass) {
		put_hot_set_away(tp, taken);
		if (!taken && !tp->take->keep_swap)
			swapset_undo(&tp->swap, tp->fd);
	}
	hotset_free(&tp->hot);
	takelock_put(tp->lock);
	tp->lock = -1;
}

struct json_object *twopass_json(const struct twopass *tp)
{
	struct json_object *o = json_new(), *pass1 = json_new(), *settle = json_new(),
		*hot = json_new(), *moved = json_new_list();

	json_flag(o, "paging", !tp->take->no_paging);
	for (size_t i = 0; i < tp->swap.moved.count; i++) {
		struct json_object *area = json_new();

		json_text(area, "path", units_clean(tp->swap.moved.area[i].path, PATH_MAX).s);
		json_u64(area, "used_bytes", tp->swap.moved.area[i].used);
		json_append(moved, area);
	}
	json_put(o, "moved_swap", moved);
	json_u64(pass1, "ns", tp->out_ns);
	json_u64(pass1, "processes", tp->out.processes);
	json_u64(pass1, "advised_bytes", tp->out.advised_bytes);
	json_u64(pass1, "refused_bytes", tp->out.refused_bytes);
	json_u64(pass1, "groups", tp->out.groups);
	json_u64(pass1, "process_ns", tp->out.process_ns);
	json_u64(pass1, "group_ns", tp->out.group_ns);
	json_u64(pass1, "swapped_pages", tp->out_pages);
	json_u64(pass1, "rejected_pages", tp->rejected_pages);
	json_put(o, "pass1", pass1);
	json_u64(settle, "seconds", tp->settle.seconds);
	json_u64(settle, "ns", tp->settle.ns);
	json_text(settle, "end", settle_end_name(tp->settle.end));
	json_put(o, "settle", settle);
	json_u64(hot, "fetched_pages", tp->fetched.pages);
	json_u64(hot, "lost_pages", tp->fetched.lost_pages);
	json_u64(hot, "processes", tp->fetched.processes);
	json_u64(hot, "gone_processes", tp->fetched.gone);
	json_u64(hot, "measured_pages", tp->measured_pages);
	json_put(o, "hot", hot);
	return o;
}

void twopass_report(const struct twopass *tp)
{
	report_line("Paged out", "%s of %" PRIu64 " processes, in %s",
		    units_bytes(tp->out_pages * tp->page_size).s, tp->out.processes,
		    units_ms(tp->out_ns).s);
	if (tp->take->hot)
		report_line("Hot set", "%s of %" PRIu64 " processes fetched back",
			    units_bytes(tp->fetched.pages * tp->page_size).s,
			    tp->fetched.processes);
	if (tp->settle.seconds)
		report_line("Settled", "%s (%s), %s measured as the hot set",
			    units_ms(tp->settle.ns).s, settle_end_name(tp->settle.end),
			    units_bytes(tp->measured_pages * tp->page_size).s);
}
