// SPDX-License-Identifier: GPL-2.0-only
/* An audit as JSON: all of it. */
#include <string.h>

#include "advice.h"
#include "audit.h"
#include "facts.h"
#include "json.h"

static const struct {
	uint32_t bit;
	const char *name;
} callbacks[] = {
	{ SNAPCAP_PM_PREPARE, "prepare" },
	{ SNAPCAP_PM_FREEZE, "freeze" },
	{ SNAPCAP_PM_FREEZE_LATE, "freeze_late" },
	{ SNAPCAP_PM_FREEZE_NOIRQ, "freeze_noirq" },
	{ SNAPCAP_PM_THAW_NOIRQ, "thaw_noirq" },
	{ SNAPCAP_PM_THAW_EARLY, "thaw_early" },
	{ SNAPCAP_PM_THAW, "thaw" },
	{ SNAPCAP_PM_RESTORE_NOIRQ, "restore_noirq" },
	{ SNAPCAP_PM_RESTORE_EARLY, "restore_early" },
	{ SNAPCAP_PM_RESTORE, "restore" },
	{ SNAPCAP_PM_COMPLETE, "complete" },
};

static struct json_object *callbacks_json(uint32_t mask)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
		if (mask & callbacks[i].bit)
			json_append_text(list, callbacks[i].name);
	return list;
}

static struct json_object *cause_json(const struct cause *cause, const struct audit *audit,
				      const struct snapcap_status *status)
{
	struct json_object *o;
	char buf[300];

	if (!cause)
		return NULL;
	o = json_new();
	json_text(o, "name", cause->name);
	cause_text(cause->text, status, audit->target, buf, sizeof(buf));
	json_text(o, "text", buf);
	cause_text(cause->advice, status, audit->target, buf, sizeof(buf));
	json_text(o, "advice", buf);
	return o;
}

static struct json_object *times_json(const struct audit_device *device)
{
	struct json_object *o;

	if (!device->calls)
		return NULL;
	o = json_new();
	json_u64(o, "calls", device->calls);
	json_u64(o, "total_us", audit_total(device));
	for (int i = 0; i < PM_PHASES; i++)
		if (device->us[i])
			json_u64(o, pm_phase_name((enum pm_phase)i), device->us[i]);
	return o;
}

static struct json_object *device_json(const struct audit_device *device)
{
	const struct snapcap_device *d = &device->d;
	struct json_object *o = json_new();
	bool bound = d->flags & SNAPCAP_DEVICE_HAS_DRIVER;

	json_bytes(o, "name", d->name, sizeof(d->name));
	if (bound)
		json_bytes(o, "driver", d->driver, sizeof(d->driver));
	else
		json_put(o, "driver", NULL);
	json_bytes(o, "bus", d->bus, sizeof(d->bus));
	if (d->module[0])
		json_bytes(o, "module", d->module, sizeof(d->module));
	else
		json_put(o, "module", NULL);
	json_flag(o, "wakeup", d->flags & SNAPCAP_DEVICE_WAKEUP);
	json_flag(o, "no_pm", d->flags & SNAPCAP_DEVICE_NO_PM);
	json_flag(o, "syscore", d->flags & SNAPCAP_DEVICE_SYSCORE);
	json_put(o, "callbacks", callbacks_json(d->callbacks));
	json_put(o, "driver_callbacks", callbacks_json(d->driver_callbacks));
	json_text(o, "verdict", audit_verdict_name(device->verdict));
	if (device->by[0])
		json_bytes(o, "by", device->by, sizeof(device->by));
	else
		json_put(o, "by", NULL);
	json_put(o, "times", times_json(device));
	if (device->failed) {
		json_u64(o, "failed_errno", (uint64_t)-device->failed);
		json_bytes(o, "failed_callback", device->failed_callback,
			   sizeof(device->failed_callback));
	}
	return o;
}

static struct json_object *calls_json(const struct pm_times *times)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < times->count; i++) {
		const struct pm_call *call = &times->call[i];
		struct json_object *o = json_new();

		json_bytes(o, "device", call->device, sizeof(call->device));
		json_bytes(o, "bus", call->bus, sizeof(call->bus));
		json_bytes(o, "callback", call->callback, sizeof(call->callback));
		json_text(o, "phase", pm_phase_name(call->phase));
		json_u64(o, "us", call->us);
		json_u64(o, "errno", (uint64_t)-call->error);
		json_append(list, o);
	}
	return list;
}

static struct json_object *dry_run_json(const struct audit *audit)
{
	const struct snapcap_status *s = &audit->dry_run_status;
	struct json_object *o, *phases;

	if (!audit->dry_run)
		return NULL;
	o = json_new();
	phases = json_new();
	json_flag(o, "ok", !audit->dry_run_error);
	json_u64(o, "errno", (uint64_t)audit->dry_run_error);
	json_put(o, "cause", cause_json(audit_failure(audit), audit, s));
	json_bytes(o, "name", s->name, sizeof(s->name));
	json_text(o, "stage", facts_stage(s->stage));
	json_u64(o, "frozen_ns", s->frozen_ns);
	json_flag(o, "times", audit->times.told);
	json_text(o, "times_why", audit->times.told ? NULL : audit->times.why);
	json_flag(o, "times_lost", audit->times.lost);
	for (int i = 0; i < PM_PHASE_UNKNOWN; i++)
		json_u64(phases, pm_phase_name((enum pm_phase)i), audit->times.us[i]);
	json_put(o, "phases_us", phases);
	json_put(o, "calls", calls_json(&audit->times));
	return o;
}

int audit_print_json(const struct audit *audit, int exit_code)
{
	static const struct snapcap_status none;
	struct json_object *o = facts_command("audit"), *take = json_new(), *sum = json_new();
	struct json_object *devices = json_new_list();

	json_u64(o, "exit_code", (uint64_t)exit_code);
	json_flag(o, "found", audit_found(audit));
	json_flag(take, "possible", !audit->take);
	json_bytes(take, "target", audit->target, strlen(audit->target));
	json_put(take, "cause", cause_json(audit_cause(audit), audit, &none));
	json_put(o, "take", take);
	json_u64(sum, "devices", audit->count);
	json_u64(sum, "bound", audit->bound);
	for (int i = 0; i < AUDIT_VERDICTS; i++)
		json_u64(sum, audit_verdict_name((enum audit_verdict)i), audit->verdicts[i]);
	json_put(o, "sum", sum);
	for (size_t i = 0; i < audit->count; i++)
		json_append(devices, device_json(&audit->device[i]));
	json_put(o, "devices", devices);
	json_put(o, "dry_run", dry_run_json(audit));
	return json_print(o);
}
