// SPDX-License-Identifier: GPL-2.0-only
/* snapctl take: one snapshot, and the two lives that come of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "around.h"
#include "device.h"
#include "facts.h"
#include "flash.h"
#include "hibernate.h"
#include "kdev.h"
#include "msg.h"
#include "report.h"
#include "take.h"
#include "twopass.h"
#include "units.h"
#include "watch.h"

/**
 * struct take_result - how a take ended
 * @exit: exit code
 * @err: errno, positive, 0 for success
 * @cause: what to say about it, NULL for success
 * @status: from the module; zero when it gave none
 * @boot: in the restored system
 * @page_size: of the machine, bytes
 * @mtd: number of the device, -1 when not found
 * @two_pass: what a two-pass take did before; its lock is -1 from the start
 * @around: what comes before and after the capture
 */
struct take_result {
	int exit;
	int err;
	const struct cause *cause;
	struct snapcap_status status;
	struct snapcap_boot_info boot;
	u32 page_size;
	int mtd;
	struct twopass two_pass;
	struct around around;
};

static const char *result_name(const struct take_options *take, const struct take_result *result)
{
	if (result->exit == SNAPCTL_RESTORED)
		return "restored";
	if (result->exit)
		return "failed";
	return take->flags & SNAPCAP_TAKE_DRY_RUN ? "dry-run" : "taken";
}

static struct json_object *error_json(const struct take_result *result)
{
	struct json_object *o;

	if (!result->exit || result->exit == SNAPCTL_RESTORED)
		return NULL;
	o = json_new();
	json_text(o, "name", result->cause ? result->cause->name : "other");
	json_u64(o, "errno", (u64)result->err);
	json_text(o, "stage", facts_stage(result->status.stage));
	json_text(o, "text", msg_last_error());
	json_text(o, "advice", msg_last_advice());
	return o;
}

/* Of two lives that go on both, the one that lacks a filesystem must be told from the other. */
static int exit_code(const struct take_result *result)
{
	if (result->around.unmounted && (!result->exit || result->exit == SNAPCTL_RESTORED))
		return SNAPCTL_UNMOUNTED;
	return result->exit;
}

static int print_json(const struct take_options *take, const struct take_result *result)
{
	const struct snapcap_status *s = &result->status;
	struct json_object *o = facts_command("take"), *target = json_new(), *saved = json_new();
	u64 bytes = s->stream_pages * result->page_size;

	json_text(o, "result", result_name(take, result));
	json_u64(o, "exit_code", (u64)exit_code(result));
	json_bytes(target, "name", take->mtd, strlen(take->mtd));
	if (result->mtd >= 0)
		json_u64(target, "mtd", (u64)result->mtd);
	else
		json_put(target, "mtd", NULL);
	json_text(target, "slot", facts_slot(take->slot));
	json_u64(target, "offset", take->offset);
	json_u64(target, "length", take->length);
	json_text(target, "codec", facts_codec(take->codec));
	json_u64(target, "level", take->level);
	json_u64(target, "chunk_kib", take->chunk_kib);
	json_u64(target, "tries", take->tries);
	json_bytes(target, "label", take->label, sizeof(take->label));
	json_flag(target, "keep_previous", take->flags & SNAPCAP_TAKE_KEEP_PREVIOUS);
	json_flag(target, "dry_run", take->flags & SNAPCAP_TAKE_DRY_RUN);
	json_put(o, "target", target);
	json_u64(saved, "bytes", bytes);
	json_u64(saved, "page_size", result->page_size);
	json_double(saved, "ratio_percent",
		    bytes ? 100.0 * (double)s->image_bytes / (double)bytes : 0);
	json_put(o, "saved", saved);
	json_put(o, "two_pass",
		 result->two_pass.take ? twopass_json(&result->two_pass) : NULL);
	around_json(&result->around, o);
	json_put(o, "status", facts_status_json(s));
	json_put(o, "boot",
		 result->exit == SNAPCTL_RESTORED ? facts_boot_json(&result->boot) : NULL);
	json_put(o, "error", error_json(result));
	return json_print(o);
}

static void print_result(const struct take_options *take, const struct take_result *result)
{
	const struct snapcap_status *s = &result->status;

	if (options.quiet)
		return;
	if (result->exit == SNAPCTL_RESTORED) {
		report_restored(&result->boot);
		report_timeline(&result->boot);
		persist_report(&result->around.persist);
		return;
	}
	if (take->flags & SNAPCAP_TAKE_DRY_RUN)
		printf("dry run: nothing was written\n");
	if (take->two_pass)
		twopass_report(&result->two_pass);
	report_take(s, result->page_size);
	persist_report(&result->around.persist);
}

/* Say what failed, and what that means for the snapshot that was there. */
static int fail(const struct take_options *take, struct take_result *result,
		const struct cause *cause, int err)
{
	const struct snapcap_status *s = &result->status;
	char text[300], stage[40] = "", previous[100] = "", system[100] = "";

	result->cause = cause;
	result->err = err;
	result->exit = cause->exit;
	cause_text(cause->text, s, take->mtd, text, sizeof(text));
	/* When another take runs, stage and previous snapshot are its affair. */
	if (s->cause != SNAPCAP_CAUSE_BUSY && s->stage > SNAPCAP_STAGE_CHECK) {
		snprintf(stage, sizeof(stage), " (stage %s)", facts_stage(s->stage));
		if (s->stage >= SNAPCAP_STAGE_PREPARE && *report_previous(s->previous))
			snprintf(previous, sizeof(previous), "; %s", report_previous(s->previous));
	}
	if (!strcmp(cause->name, "other"))
		snprintf(system, sizeof(system), ": %s", strerror(err));
	msg_error("%s%s%s%s", text, system, stage, previous);
	cause_text(cause->advice, s, take->mtd, text, sizeof(text));
	msg_advice("%s", text);
	return result->exit;
}

static int fail_take(const struct take_options *take, struct take_result *result, int err)
{
	const struct cause *cause = NULL;

	if (result->status.size == sizeof(result->status))
		cause = result->status.cause ? cause_get(result->status.cause) : NULL;
	else
		memset(&result->status, 0, sizeof(result->status));
	if (!cause)
		cause = cause_from_errno(err);
	/* The same cause, without the wish to keep the old snapshot, would not be one. */
	if (err == EEXIST && take->flags & SNAPCAP_TAKE_KEEP_PREVIOUS &&
	    result->status.cause != SNAPCAP_CAUSE_NOT_SNAPSHOT) {
		static const struct cause keep = {
			"keep-previous",
			"there is no room in %t beside the valid snapshot[: it needs %b]%u",
			"do without --keep-previous, or drop the old snapshot first (snapctl drop)",
			SNAPCTL_NO_SPACE,
		};

		cause = &keep;
	}
	return fail(take, result, cause, err);
}

static int fill_makesnap(const struct take_options *take, const struct take_result *result,
			 struct snapcap_makesnap *arg)
{
	u64 chunk = (u64)take->chunk_kib * 1024;

	memset(arg, 0, sizeof(*arg));
	arg->flags = take->flags;
	arg->mtd = (u32)result->mtd;
	arg->slot = take->slot;
	arg->offset = take->offset;
	arg->length = take->length;
	arg->codec = take->codec;
	arg->level = take->level;
	arg->tries = take->tries;
	memcpy(arg->label, take->label, sizeof(arg->label));
	if (!chunk)
		return SNAPCTL_OK;
	if (chunk % result->page_size || chunk / result->page_size > SNAPCAP_CHUNK_PAGES_LIMIT) {
		msg_error("a chunk of %u KiB is not 1 to %d pages of %u bytes", take->chunk_kib,
			  SNAPCAP_CHUNK_PAGES_LIMIT, result->page_size);
		msg_advice("give --chunk a multiple of %u, at most %u", result->page_size / 1024,
			   SNAPCAP_CHUNK_PAGES_LIMIT * (result->page_size / 1024));
		return SNAPCTL_USAGE;
	}
	arg->chunk_pages = (u32)(chunk / result->page_size);
	return SNAPCTL_OK;
}

static int capture(int fd, struct take_result *result, struct snapcap_makesnap *arg,
		   struct watch *watch)
{
	int ret;

	/* With nothing in the way, nothing was forced. */
	if (result->around.forced)
		arg->flags |= SNAPCAP_TAKE_FORCED;
	/* What is not on disk now would be written again after each restore. */
	sync();
	watch_let_be(watch, false);
	ret = arg->flags & SNAPCAP_TAKE_ONCE ? -hibernate_take(fd, arg) : -kdev_take(fd, arg);
	watch_let_be(watch, true);
	result->status = arg->status;
	return ret;
}

/* 0, or a positive errno; in both lives. */
static int take_locked(int fd, const struct take_options *take, struct take_result *result,
		       struct snapcap_makesnap *arg, struct watch *watch)
{
	struct around *a = &result->around;
	struct twopass *tp = &result->two_pass;
	int ret;

	if (around_begin(a, watch))
		return a->err;
	if (take->two_pass && twopass_run(tp)) {
		result->status = tp->status;
		return tp->err;
	}
	ret = around_enter(a, fd) ? a->err : capture(fd, result, arg, watch);
	around_leave(a);
	return ret;
}

static int take_watched(int fd, const struct take_options *take, struct take_result *result,
			struct snapcap_makesnap *arg, struct watch *watch)
{
	struct twopass *tp = &result->two_pass;
	int ret;

	watch_let_be(watch, true);
	twopass_begin(tp, fd, result->page_size, take, watch);
	/* Also one pass: taken in the settle time of two, each restore would go on with those. */
	if (twopass_lock(tp)) {
		ret = tp->err;
		result->status = tp->status;
	} else {
		ret = take_locked(fd, take, result, arg, watch);
		around_end(&result->around, ret,
			   !ret && result->status.state == SNAPCAP_STATE_BOOT);
	}
	/* Nobody comes out of a snapshot that was not written. */
	twopass_end(tp, !ret && !(take->flags & SNAPCAP_TAKE_DRY_RUN));
	return ret;
}

/* What came before or after the capture failed. */
static int fail_around(const struct take_options *take, struct take_result *result)
{
	const struct around *a = &result->around;

	if (!a->told) {
		result->status = a->status;
		return fail(take, result, a->cause, a->err);
	}
	result->cause = a->cause;
	result->err = a->err;
	result->exit = a->cause->exit;
	return result->exit;
}

static int run(int fd, const struct take_options *take, struct take_result *result)
{
	struct snapcap_makesnap arg;
	struct watch *watch;
	int ret = fill_makesnap(take, result, &arg);

	if (ret)
		return ret;
	ret = watch_start(&watch);
	if (ret) {
		msg_error("the take cannot be watched over: %s", strerror(-ret));
		return SNAPCTL_FAILURE;
	}
	ret = take_watched(fd, take, result, &arg, watch);
	watch_stop(watch);
	if (result->around.cause)
		return fail_around(take, result);
	if (result->two_pass.cause)
		return fail(take, result, result->two_pass.cause, ret);
	if (ret)
		return fail_take(take, result, ret);
	if (result->status.state != SNAPCAP_STATE_BOOT)
		return SNAPCTL_OK;
	/* A missing timeline does not change which life this is. */
	ret = kdev_boot_info(fd, &result->boot);
	if (ret) {
		memset(&result->boot, 0, sizeof(result->boot));
		result->boot.sequence = result->status.sequence;
		msg_info("the timeline of the restore cannot be read: %s", strerror(-ret));
	}
	return SNAPCTL_RESTORED;
}

static int take_snapshot(const struct take_options *take, struct take_result *result)
{
	char why[FLASH_WHY_SIZE];
	struct snapcap_info info;
	int fd, ret;

	ret = device_open(&fd, &info);
	if (ret)
		return ret;
	result->page_size = info.page_size ? info.page_size : 4096;
	result->mtd = flash_mtd_number(take->mtd, why);
	if (result->mtd < 0) {
		msg_verbose("%s", why);
		ret = fail(take, result, cause_get(SNAPCAP_CAUSE_NO_MTD), ENXIO);
	} else {
		msg_verbose("target: mtd%d", result->mtd);
		ret = around_check(&result->around) ? fail_around(take, result) :
		      run(fd, take, result);
	}
	close(fd);
	return ret;
}

int take_run(const struct take_options *take)
{
	struct take_result result = { .mtd = -1, .two_pass.lock = -1 };

	result.exit = around_configure(&result.around, take) ? fail_around(take, &result) :
		      take_snapshot(take, &result);
	if (options.json) {
		if (print_json(take, &result))
			msg_error("the result cannot be printed");
	} else if (!result.exit || result.exit == SNAPCTL_RESTORED) {
		print_result(take, &result);
	}
	swapset_free(&result.two_pass.swap);
	around_free(&result.around);
	return exit_code(&result);
}

int cmd_take(int argc, char **argv)
{
	struct take_options take;
	int ret = take_parse(argc, argv, &take);

	return ret ? ret : take_run(&take);
}
