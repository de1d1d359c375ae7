// SPDX-License-Identifier: GPL-2.0-only
/* An audit for a person: the verdict first, all within 80 columns. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "audit.h"
#include "cmd.h"
#include "msg.h"
#include "report.h"
#include "units.h"

#define WIDTH		80
#define DEVICE_WIDTH	24
#define DRIVER_WIDTH	19
/* Without --verbose. */
#define SLOWEST_SHOWN	10

/* A text of exactly @width columns; "~" where it was cut off. */
static struct units_text column(const void *bytes, size_t size, size_t width)
{
	struct units_text t = units_clean(bytes, size);
	size_t len = strlen(t.s);

	if (len > width) {
		t.s[width - 1] = '~';
		len = width;
	}
	/* Device names are ASCII; others may become a column too narrow. */
	for (; len < width; len++)
		t.s[len] = ' ';
	t.s[width] = '\0';
	return t;
}

static struct units_text device_column(const struct audit_device *device)
{
	return column(device->d.name, sizeof(device->d.name), DEVICE_WIDTH);
}

static struct units_text driver_column(const struct audit_device *device)
{
	return column(device->d.driver, sizeof(device->d.driver), DRIVER_WIDTH);
}

static const char *drivers(size_t count)
{
	return count == 1 ? "driver" : "drivers";
}

/* Text of a cause, or its advice, with the names filled in. */
static struct units_text cause_line(const char *form, const struct snapcap_status *status,
				    const char *target)
{
	struct units_text t;

	cause_text(form, status, target, t.s, sizeof(t.s));
	return t;
}

/* @text behind @first, in lines of at most WIDTH columns, two blanks before all but the first. */
static void print_wrapped(const char *first, const char *text)
{
	size_t used = strlen(first);

	fputs(first, stdout);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (used + 1 + word > WIDTH) {
			printf("\n ");
			used = 1;
		}
		printf(" %.*s", (int)word, text);
		used += 1 + word;
		text += word + (text[word] == ' ');
	}
	putchar('\n');
}

static void print_cause(const char *first, const struct cause *cause,
			const struct snapcap_status *status, const char *target)
{
	print_wrapped(first, cause_line(cause->text, status, target).s);
	print_wrapped("  To do:", cause_line(cause->advice, status, target).s);
}

static void print_verdict(const struct audit *audit)
{
	static const struct snapcap_status none;
	const struct cause *take = audit_cause(audit), *failure = audit_failure(audit);
	size_t lost = audit->verdicts[AUDIT_LOST], stopped = audit->verdicts[AUDIT_STOPPED];
	const char *plain = msg_color(stdout, MSG_PLAIN);

	if (!audit_found(audit)) {
		printf("%sNothing found:%s every driver is restored, and a take can be tried.\n",
		       msg_color(stdout, MSG_GOOD), plain);
		return;
	}
	printf("%sFound:%s\n", msg_color(stdout, MSG_BAD), plain);
	if (take)
		print_cause("* A take would be refused:", take, &none, audit->target);
	if (failure)
		print_cause("* The dry run failed:", failure, &audit->dry_run_status,
			    audit->target);
	if (lost)
		printf("* %zu %s would lose at a restore what the hardware holds.\n", lost,
		       drivers(lost));
	if (stopped)
		printf("* %zu %s would stop the hardware and not restore it.\n", stopped,
		       drivers(stopped));
}

static void print_wakeup(const struct audit *audit)
{
	unsigned int found = 0;

	for (size_t i = 0; i < audit->count; i++)
		if (audit->device[i].d.flags & SNAPCAP_DEVICE_WAKEUP)
			report_line(found++ ? "" : "May wake it", "%s",
				    units_clean(audit->device[i].d.name,
						sizeof(audit->device[i].d.name)).s);
	if (!found)
		report_line("May wake it", "no device");
}

static void print_dry_run(const struct audit *audit)
{
	const struct snapcap_status *s = &audit->dry_run_status;

	if (!audit->dry_run) {
		report_line("Dry run", "not asked for");
		return;
	}
	if (audit->dry_run_error)
		report_line("Dry run", "failed%s%s", s->name[0] ? ": " : "",
			    units_clean(s->name, sizeof(s->name)).s);
	else
		report_line("Dry run", "went well, tasks stood still for %s",
			    units_ms(s->frozen_ns).s);
	if (!audit->times.told)
		report_line("Times", "not known: %s", audit->times.why);
	else if (audit->times.lost)
		report_line("Times", "incomplete: the kernel's log is too small (log_buf_len=)");
}

static void print_sum(const struct audit *audit)
{
	static const struct {
		enum audit_verdict verdict;
		const char *text;
	} kinds[] = {
		{ AUDIT_RESTORED, "with a callback for it of their own" },
		{ AUDIT_BY_BUS, "by their bus, class or power domain" },
		{ AUDIT_BY_CHILD, "by the device that they made for its class" },
		{ AUDIT_NOTHING, "have nothing to restore" },
		{ AUDIT_SYSCORE, "with the core of the kernel" },
		{ AUDIT_IGNORED, "need nothing, as --ignore says" },
		{ AUDIT_STOPPED, "stopped and not restored" },
		{ AUDIT_LOST, "lost" },
	};

	report_line("Devices", "%zu, of them %zu with a driver:", audit->count, audit->bound);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (audit->verdicts[kinds[i].verdict])
			report_line("", "%4zu %s", audit->verdicts[kinds[i].verdict],
				    kinds[i].text);
}

static void print_bad(const struct audit *audit, enum audit_verdict verdict, const char *heading,
		      const char *advice)
{
	if (!audit->verdicts[verdict])
		return;
	printf("\n%s\n", heading);
	for (size_t i = 0; i < audit->count; i++) {
		const struct snapcap_device *d = &audit->device[i].d;

		if (audit->device[i].verdict != verdict)
			continue;
		printf("  %s %s %s%s%s\n", device_column(&audit->device[i]).s,
		       driver_column(&audit->device[i]).s, units_clean(d->bus, 12).s,
		       d->module[0] ? ", module " : "", units_clean(d->module, 11).s);
	}
	printf("%s", advice);
}

/* A letter for each callback that is there, a dash for each that is not. */
static struct units_text letters(uint32_t mask, const uint32_t *bits, const char *names)
{
	struct units_text t = { "" };

	for (size_t i = 0; names[i]; i++) {
		t.s[i] = mask & bits[i] ? names[i] : '-';
		t.s[i + 1] = '\0';
	}
	return t;
}

static void print_drivers(const struct audit *audit)
{
	static const uint32_t stop[] = { SNAPCAP_PM_PREPARE, SNAPCAP_PM_FREEZE,
					 SNAPCAP_PM_FREEZE_LATE, SNAPCAP_PM_FREEZE_NOIRQ };
	static const uint32_t thaw[] = { SNAPCAP_PM_THAW_NOIRQ, SNAPCAP_PM_THAW_EARLY,
					 SNAPCAP_PM_THAW };
	static const uint32_t restore[] = { SNAPCAP_PM_RESTORE_NOIRQ, SNAPCAP_PM_RESTORE_EARLY,
					    SNAPCAP_PM_RESTORE, SNAPCAP_PM_COMPLETE };

	printf("\nCallbacks of the drivers themselves (p prepare, f freeze, l late, n noirq,\n"
	       "e early, t thaw, r restore, c complete), and who restores the hardware:\n"
	       "  %-*s %-*s STOP THAW RESTORE\n", DEVICE_WIDTH, "DEVICE", DRIVER_WIDTH, "DRIVER");
	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_device *device = &audit->device[i];
		uint32_t mask = device->d.driver_callbacks;
		const char *by = audit_verdict_name(device->verdict);

		if (device->verdict == AUDIT_NO_DRIVER)
			continue;
		if (device->verdict == AUDIT_BY_CHILD)
			by = device->by;
		printf("  %s %s %s %s  %s %s%s\n", device_column(device).s,
		       driver_column(device).s, letters(mask, stop, "pfln").s,
		       letters(mask, thaw, "net").s, letters(mask, restore, "nerc").s,
		       device->verdict == AUDIT_BY_CHILD ? "by " : "", units_clean(by, 12).s);
	}
}

static double ms(uint64_t us)
{
	return (double)us / 1000;
}

static void print_times(const struct audit *audit)
{
	const struct audit_device **slowest;
	const uint64_t *sum = audit->times.us;
	size_t count, shown;

	if (!audit->times.told)
		return;
	slowest = audit_slowest(audit, &count);
	if (!slowest || !count) {
		free(slowest);
		return;
	}
	shown = options.verbose || count < SLOWEST_SHOWN ? count : SLOWEST_SHOWN;
	printf("\nSlowest devices in the dry run, milliseconds:\n  %-*s  total  freeze   late  noirq"
	       "  noirq  early   thaw\n", DEVICE_WIDTH, "DEVICE");
	for (size_t i = 0; i < shown; i++) {
		const uint64_t *us = slowest[i]->us;

		printf("  %s%7.2f %7.2f%7.2f%7.2f%7.2f%7.2f%7.2f%s\n",
		       device_column(slowest[i]).s, ms(audit_total(slowest[i])),
		       ms(us[PM_PHASE_FREEZE]), ms(us[PM_PHASE_FREEZE_LATE]),
		       ms(us[PM_PHASE_FREEZE_NOIRQ]), ms(us[PM_PHASE_THAW_NOIRQ]),
		       ms(us[PM_PHASE_THAW_EARLY]), ms(us[PM_PHASE_THAW]),
		       slowest[i]->failed ? " !" : "");
	}
	printf("  %-*s        %7.2f%7.2f%7.2f%7.2f%7.2f%7.2f\n", DEVICE_WIDTH, "(whole phase)",
	       ms(sum[PM_PHASE_FREEZE]), ms(sum[PM_PHASE_FREEZE_LATE]),
	       ms(sum[PM_PHASE_FREEZE_NOIRQ]), ms(sum[PM_PHASE_THAW_NOIRQ]),
	       ms(sum[PM_PHASE_THAW_EARLY]), ms(sum[PM_PHASE_THAW]));
	if (shown < count)
		printf("  and %zu more, which --verbose shows\n", count - shown);
	free(slowest);
}

/* The callback that said no, where the kernel's log tells it. */
static void print_failed(const struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_device *device = &audit->device[i];

		if (device->failed)
			printf("\n%s of %s (%s) returned %d: %s\n",
			       units_clean(device->failed_callback, PM_CALLBACK_SIZE).s,
			       units_clean(device->d.name, sizeof(device->d.name)).s,
			       units_clean(device->d.driver, sizeof(device->d.driver)).s,
			       device->failed, strerror(-device->failed));
	}
}

void audit_print(const struct audit *audit)
{
	print_verdict(audit);
	if (options.quiet)
		return;
	printf("\n");
	report_line("Take", "%s", audit->take ? "would be refused" : "can be tried");
	print_sum(audit);
	print_wakeup(audit);
	print_dry_run(audit);
	print_failed(audit);
	print_bad(audit, AUDIT_LOST, "Lost at a restore: no callback of the driver is called for it",
		  "  To do: give the driver .freeze and .restore (Documentation/drivers.rst), or\n"
		  "  unbind it before the take; if it needs nothing: --ignore=DRIVER.\n");
	print_bad(audit, AUDIT_STOPPED, "Stopped for a take, and not started at a restore:",
		  "  To do: give the driver a .restore (Documentation/drivers.rst).\n");
	print_drivers(audit);
	print_times(audit);
}
