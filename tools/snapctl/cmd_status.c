// SPDX-License-Identifier: GPL-2.0-only
/* snapctl status: how this system came up, what the last take did, would one work now. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "fingerprint.h"
#include "kdev.h"
#include "msg.h"
#include "pagerinfo.h"
#include "renewal.h"
#include "report.h"
#include "trialinfo.h"
#include "units.h"
#include "watchdog.h"
#include "wear.h"

/**
 * struct facts_all - all that the module says
 * @info: what does not change
 * @status: state and last take
 * @boot: how the system came up, where it is known
 * @have_boot: is it?
 * @pager: swap device, where the module knows of one
 * @have_pager: does it?
 * @watched: devices that a restored system counts on, as they are now
 * @watched_ns: how long it took to read them
 * @have_watched: does the module know of such?
 * @trial: how that of the snapshot stands that this system came out of
 * @have_trial: is that known?
 * @renewal: what this life has of its own
 * @watchdog: what feeds it
 * @wear: what takes have done to the flash
 */
struct facts_all {
	struct snapcap_info info;
	struct snapcap_status status;
	struct snapcap_boot_info boot;
	bool have_boot;
	struct snapcap_pager_status pager;
	bool have_pager;
	struct fingerprint_list watched;
	u64 watched_ns;
	bool have_watched;
	struct trialinfo trial;
	bool have_trial;
	struct renewal renewal;
	struct watchdog watchdog;
	struct wear wear;
};

static const char *explain_state(u32 state)
{
	switch (state) {
	case SNAPCAP_STATE_NONE:
		return "no snapshot was taken since the cold boot";
	case SNAPCAP_STATE_PASS1:
	case SNAPCAP_STATE_PASS2:
		return "a snapshot is being taken";
	case SNAPCAP_STATE_PREPARED:
		return "memory is captured, the snapshot is being written";
	case SNAPCAP_STATE_TAKEN:
		return "a snapshot was written, this is still the first life";
	case SNAPCAP_STATE_BOOT:
		return "this system came out of a snapshot";
	default:
		return "";
	}
}

/* Text of a cause, or its advice, with the names filled in. */
static struct units_text cause_line(const char *form, const struct snapcap_status *status)
{
	struct units_text t;

	cause_text(form, status, "the snapshot partition", t.s, sizeof(t.s));
	return t;
}

/* Why a take would be refused now; NULL when it would be tried. */
static const struct cause *audit(const struct facts_all *all)
{
	static const struct cause unknown = {
		"unknown", "the module gives a cause that this snapctl does not know",
		"install a module and a snapctl of the same release", SNAPCTL_UNSUPPORTED,
	};
	const struct cause *cause;

	if (!all->info.cause)
		return NULL;
	cause = cause_get(all->info.cause);
	return cause ? cause : &unknown;
}

static struct json_object *audit_json(const struct facts_all *all)
{
	static const struct snapcap_status none;
	const struct cause *cause = audit(all);
	struct json_object *o = json_new();

	json_flag(o, "possible", !cause);
	json_u64(o, "cause", all->info.cause);
	json_text(o, "cause_name", facts_cause(all->info.cause));
	json_text(o, "text", cause ? cause_line(cause->text, &none).s : NULL);
	json_text(o, "advice", cause ? cause_line(cause->advice, &none).s : NULL);
	return o;
}

/* Were the watched devices compared before any task ran? */
static bool was_checked(const struct facts_all *all)
{
	if (!all->have_boot || all->boot.boot != SNAPCAP_BOOT_RESTORE || !all->watched.count)
		return false;
	for (u32 i = 0; i < facts_time_count(&all->boot); i++)
		if (all->boot.time[i].event == SNAPCAP_EVENT_CHECKED)
			return true;
	return false;
}

static struct json_object *watched_json(const struct facts_all *all)
{
	struct json_object *o;

	if (!all->have_watched)
		return NULL;
	o = fingerprint_json(&all->watched, all->watched_ns);
	json_flag(o, "checked_at_restore", was_checked(all));
	return o;
}

static int print_json(const struct facts_all *all)
{
	struct json_object *o = facts_command("status");

	json_text(o, "state", facts_state(all->status.state));
	json_put(o, "take", audit_json(all));
	json_put(o, "info", facts_info_json(&all->info));
	json_put(o, "boot", all->have_boot ? facts_boot_json(&all->boot) : NULL);
	json_put(o, "trial", all->have_trial ? trialinfo_json(&all->trial) : NULL);
	json_put(o, "renewal", renewal_json(&all->renewal));
	json_put(o, "watchdog", watchdog_json(&all->watchdog));
	json_put(o, "wear", wear_json(&all->wear));
	json_put(o, "last_take", facts_status_json(&all->status));
	json_put(o, "pager", all->have_pager ? facts_pager_json(&all->pager) : NULL);
	json_put(o, "watched", watched_json(all));
	return json_print(o);
}

static void print_boot(const struct snapcap_boot_info *boot)
{
	const char *advice = reason_advice((int)boot->reason);

	if (boot->boot == SNAPCAP_BOOT_RESTORE)
		report_line("Boot", "restored from snapshot %" PRIu64 " at offset 0x%" PRIx64
			    " of %s: %s read, %s put back", (u64)boot->sequence,
			    (u64)boot->slot_offset,
			    units_clean(boot->medium, sizeof(boot->medium)).s,
			    units_bytes(boot->bytes_stored).s, units_bytes(boot->bytes_restored).s);
	else
		report_line("Boot", "%s", facts_boot(boot->boot));
	if (boot->request)
		report_line("Next start", "%s, as asked for (snapctl reboot --clear takes it back)",
			    facts_request(boot->request));
	if (boot->attempt)
		report_line("Attempts", "%u without a confirmation", boot->attempt);
	if (!boot->reason || boot->reason > INT32_MAX) {
		report_line("Last fallback", "none");
		return;
	}
	report_line("Last fallback", "%s (%s, detail 0x%" PRIx64 "), slot at offset 0x%" PRIx64
		    ", sequence %" PRIu64, snapimg_reason_text((int)boot->reason),
		    snapimg_reason_name((int)boot->reason), (u64)boot->detail,
		    (u64)boot->slot_offset, (u64)boot->sequence);
	if (boot->about[0])
		report_line("", "it is about %s", units_clean(boot->about, sizeof(boot->about)).s);
	if (advice)
		report_line("", "%s", advice);
}

static void print_last_take(const struct facts_all *all)
{
	const struct snapcap_status *s = &all->status;
	const struct cause *cause = s->cause ? cause_get(s->cause) : NULL;

	if (facts_take_runs(s)) {
		report_line("Take", "running: %s, %u %%", facts_stage(s->stage), s->percent);
		return;
	}
	if (s->error) {
		report_line("Last take", "failed in stage %s: %s", facts_stage(s->stage),
			    cause ? cause_line(cause->text, s).s : strerror((int)s->error));
		if (*report_previous(s->previous))
			report_line("", "%s", report_previous(s->previous));
		return;
	}
	if (s->image_bytes) {
		printf("Last take:\n");
		report_take(s, all->info.page_size);
	}
}

static void print_text(const struct facts_all *all)
{
	static const struct snapcap_status none;
	const struct snapcap_info *info = &all->info;
	const struct cause *cause = audit(all);
	size_t id_size = info->build_id_size < sizeof(info->build_id) ? info->build_id_size :
			 sizeof(info->build_id);

	report_line("State", "%s: %s", facts_state(all->status.state),
		    explain_state(all->status.state));
	if (all->status.flags & SNAPCAP_STATUS_FORCED)
		report_line("Forced", "%s", all->status.restores ?
			    "this system came out of a snapshot that was taken in spite of what a "
			    "restore may harm (--force)" :
			    "the last take went on in spite of what a restore may harm (--force)");
	report_line("Take", "%s%s", cause ? "would be refused: " : "can be tried",
		    cause ? cause_line(cause->text, &none).s : "");
	if (cause)
		report_line("", "%s", cause_line(cause->advice, &none).s);
	if (all->have_boot)
		print_boot(&all->boot);
	if (all->have_trial)
		report_line("Trial", "%s", trialinfo_text(&all->trial).s);
	if (info->download_size)
		report_line("Downloaded", "%s over the serial line%s",
			    units_bytes(info->download_size).s,
			    info->download_flags & SNAPCAP_DOWNLOAD_INSTALL ?
			    ", to be installed (snapctl install --downloaded)" : "");
	report_line("Kernel", "%s, build id %s",
		    units_clean(info->kernel_release, sizeof(info->kernel_release)).s,
		    id_size ? units_hex(info->build_id, id_size).s : "unknown");
	if (info->stub_present)
		report_line("OS image", "%s", info->os_identity ?
			    units_identity(info->os_identity).s :
			    "not known; a snapshot is bound to the kernel alone");
	report_line("Module", "%s, ABI %u",
		    units_clean(info->module_version, sizeof(info->module_version)).s, info->abi);
	if (info->stub_present && all->have_boot)
		report_line("Boot loader", "%s on %s, ABI %u, 0x%" PRIx64 "+0x%" PRIx64,
			    units_clean(all->boot.stub_version, sizeof(all->boot.stub_version)).s,
			    units_clean(all->boot.machine, sizeof(all->boot.machine)).s,
			    info->stub_abi, (u64)info->stub_base, (u64)info->stub_size);
	else if (!info->stub_present)
		report_line("Boot loader", "none announced");
	renewal_print(&all->renewal);
	watchdog_print(&all->watchdog);
	wear_print(&all->wear);
	print_last_take(all);
	if (all->have_pager)
		pagerinfo_print(&all->pager, info->page_size);
	fingerprint_report(&all->watched);
	if (was_checked(all))
		report_line("", "all as in the snapshot when this system was restored");
	if (all->have_boot && all->boot.time_count)
		report_timeline(&all->boot);
}

static int read_facts(struct facts_all *all)
{
	int fd, ret = device_open(&fd, &all->info);

	if (ret)
		return ret;
	ret = kdev_status(fd, &all->status);
	if (ret) {
		msg_error("the status cannot be read: %s", strerror(-ret));
		close(fd);
		return SNAPCTL_FAILURE;
	}
	/* Without the loader there is no hand-off page to tell of the boot. */
	all->have_boot = !kdev_boot_info(fd, &all->boot) && all->boot.boot;
	all->have_pager = !kdev_pager_status(fd, &all->pager);
	all->have_watched = !fingerprint_check(fd, &all->watched, &all->watched_ns);
	all->have_trial = trialinfo_system(fd, &all->trial);
	close(fd);
	renewal_read(&all->renewal);
	watchdog_read(&all->watchdog);
	wear_read(&all->wear);
	return SNAPCTL_OK;
}

static error_t parse_status(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "no argument expected: %s", arg);
	return EINVAL;
}

int cmd_status(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.parser = parse_status,
		.doc = "Show how this system came up, the timeline from power-on to thaw, the last "
		       "take, what stayed on flash and was read since, and whether a take would be "
		       "refused."
		       "\vExamples:\n"
		       "  snapctl status\n"
		       "  snapctl status --json | jq .boot.timeline",
		.children = children,
	};
	struct facts_all all = { .have_boot = false };
	int ret = options_parse(&argp, argc, argv, NULL);

	if (ret)
		return ret;
	ret = read_facts(&all);
	if (ret)
		return ret;
	if (!options.json)
		print_text(&all);
	else if (print_json(&all))
		return SNAPCTL_IO;
	return SNAPCTL_OK;
}
