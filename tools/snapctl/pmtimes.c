// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the kernel's lines about callbacks of power management, which look so in
 * /dev/kmsg (drivers/base/power/main.c, the same in 6.1 and 6.12):
 *
 *   6,712,8123456,-;virtio-mmio a003c00.virtio_mmio: PM: platform_pm_freeze+0x0/0x64 \
 *       returned 0 after 1234 usecs
 *    SUBSYSTEM=platform
 *    DEVICE=+platform:a003c00.virtio_mmio
 *
 * and, at the end of a phase:
 *
 *   7,715,8124444,-;PM: noirq freeze of devices complete after 5.105 msecs
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmtimes.h"

/* More than any machine has; a log that goes on for ever is not read for ever. */
#define CALLS_MAX	65536
/* A day in one callback is no measurement. */
#define US_MAX		86400000000ULL
#define ERRNO_MAX	4095

const char *pm_phase_name(enum pm_phase phase)
{
	static const char *const names[] = {
		[PM_PHASE_FREEZE] = "freeze",
		[PM_PHASE_FREEZE_LATE] = "freeze_late",
		[PM_PHASE_FREEZE_NOIRQ] = "freeze_noirq",
		[PM_PHASE_THAW_NOIRQ] = "thaw_noirq",
		[PM_PHASE_THAW_EARLY] = "thaw_early",
		[PM_PHASE_THAW] = "thaw",
		[PM_PHASE_UNKNOWN] = "unknown",
	};

	return names[phase];
}

/* Decimal digits and nothing else up to @end. */
static bool number(const char **text, char end, uint64_t max, uint64_t *value)
{
	const char *p = *text;

	*value = 0;
	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		*value = *value * 10 + (uint64_t)(*p - '0');
		if (*value > max)
			return false;
	}
	if (*p != end)
		return false;
	*text = p + 1;
	return true;
}

/* The message of a record of the kernel itself; NULL for all others. */
static char *message_of(char *line)
{
	const char *p = line;
	uint64_t prefix, value;
	char *message = strchr(line, ';');

	/* Facility 0 is the kernel's; who writes to /dev/kmsg cannot have it. */
	if (!message || !number(&p, ',', 7, &prefix) ||
	    !number(&p, ',', UINT64_MAX / 16, &value) || !number(&p, ',', UINT64_MAX / 16, &value))
		return NULL;
	return message + 1;
}

/* The last place of @what in @text. */
static char *find_last(char *text, const char *what)
{
	char *found = NULL;

	for (char *p = strstr(text, what); p; p = strstr(p + 1, what))
		found = p;
	return found;
}

static bool copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (!len || len >= size)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

/* "DRIVER DEVICE: PM: CALLBACK returned N after N usecs"; @text is cut up. */
static bool parse_call(char *text, struct pm_call *call)
{
	static const char before_callback[] = ": PM: ";
	char *returned = find_last(text, " returned "), *callback, *name;
	const char *p;
	uint64_t error;
	bool negative;

	if (!returned)
		return false;
	p = returned + strlen(" returned ");
	negative = *p == '-';
	p += negative;
	if (!number(&p, ' ', ERRNO_MAX, &error) || (negative && !error) || (!negative && error) ||
	    strncmp(p, "after ", 6))
		return false;
	p += 6;
	if (!number(&p, ' ', US_MAX, &call->us) || strcmp(p, "usecs"))
		return false;
	*returned = '\0';
	callback = find_last(text, before_callback);
	if (!callback)
		return false;
	*callback = '\0';
	callback += strlen(before_callback);
	name = strrchr(text, ' ');
	name = name ? name + 1 : text;
	call->error = negative ? -(int)error : 0;
	call->bus[0] = '\0';
	call->phase = PM_PHASE_UNKNOWN;
	return copy(call->callback, sizeof(call->callback), callback) &&
	       copy(call->device, sizeof(call->device), name);
}

/* "PM: [late |noirq |early ]freeze|thaw of devices complete|aborted after N.NNN msecs" */
static bool parse_phase(const char *text, enum pm_phase *phase, uint64_t *us)
{
	static const struct {
		const char *text;
		enum pm_phase phase;
	} phases[] = {
		{ "freeze", PM_PHASE_FREEZE },
		{ "late freeze", PM_PHASE_FREEZE_LATE },
		{ "noirq freeze", PM_PHASE_FREEZE_NOIRQ },
		{ "noirq thaw", PM_PHASE_THAW_NOIRQ },
		{ "early thaw", PM_PHASE_THAW_EARLY },
		{ "thaw", PM_PHASE_THAW },
		/* After a refusal. */
		{ "noirq recover", PM_PHASE_THAW_NOIRQ },
		{ "early recover", PM_PHASE_THAW_EARLY },
		{ "recover", PM_PHASE_THAW },
	};
	static const char complete[] = " of devices complete after ";
	static const char aborted[] = " of devices aborted after ";
	uint64_t ms, rest;

	if (strncmp(text, "PM: ", 4))
		return false;
	text += 4;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		size_t len = strlen(phases[i].text);
		const char *p = text + len;

		if (strncmp(text, phases[i].text, len))
			continue;
		if (!strncmp(p, complete, strlen(complete)))
			p += strlen(complete);
		else if (!strncmp(p, aborted, strlen(aborted)))
			p += strlen(aborted);
		else
			continue;
		if (!number(&p, '.', US_MAX / 1000, &ms))
			return false;
		text = p;
		if (!number(&p, ' ', 999, &rest) || p - text != 4 || strcmp(p, "msecs"))
			return false;
		*phase = phases[i].phase;
		*us = ms * 1000 + rest;
		return true;
	}
	return false;
}

static int keep(struct pm_times *times, struct pm_parser *parser)
{
	size_t count = times->count;

	if (!parser->have_call)
		return 0;
	parser->have_call = false;
	if (count == CALLS_MAX)
		return 0;
	/* Grown when the count is a power of two. */
	if (!(count & (count - 1))) {
		size_t room = count ? 2 * count : 1;
		struct pm_call *more = realloc(times->call, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		times->call = more;
	}
	times->call[times->count++] = parser->call;
	return 0;
}

/* The phase is told after its calls. */
static void end_phase(struct pm_times *times, struct pm_parser *parser, enum pm_phase phase,
		      uint64_t us)
{
	for (; parser->without_phase < times->count; parser->without_phase++)
		times->call[parser->without_phase].phase = phase;
	times->us[phase] += us;
}

/* A line of a dictionary: its device must be the one of the message. */
static void take_property(struct pm_parser *parser)
{
	struct pm_call *call = &parser->call;
	const char *text = parser->line + 1, *name;

	if (!strncmp(text, "SUBSYSTEM=", 10)) {
		if (!copy(call->bus, sizeof(call->bus), text + 10))
			parser->have_call = false;
	} else if (!strncmp(text, "DEVICE=+", 8)) {
		name = strchr(text, ':');
		if (!name || strcmp(name + 1, call->device))
			parser->have_call = false;
	}
}

static int take_line(struct pm_times *times, struct pm_parser *parser)
{
	enum pm_phase phase;
	char *message;
	uint64_t us;
	int ret;

	if (parser->line[0] == ' ') {
		take_property(parser);
		return 0;
	}
	ret = keep(times, parser);
	if (ret)
		return ret;
	message = message_of(parser->line);
	if (!message)
		return 0;
	if (parse_phase(message, &phase, &us))
		end_phase(times, parser, phase, us);
	else
		parser->have_call = parse_call(message, &parser->call);
	return 0;
}

int pm_times_feed(struct pm_times *times, struct pm_parser *parser, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int ret;

		if (text[i] != '\n') {
			if (parser->len < sizeof(parser->line) - 1 && text[i])
				parser->line[parser->len++] = text[i];
			else
				parser->too_long = true;
			continue;
		}
		parser->line[parser->len] = '\0';
		parser->len = 0;
		ret = parser->too_long ? 0 : take_line(times, parser);
		parser->too_long = false;
		if (ret)
			return ret;
	}
	return 0;
}

int pm_times_end(struct pm_times *times, struct pm_parser *parser)
{
	return keep(times, parser);
}

void pm_times_free(struct pm_times *times)
{
	free(times->call);
	times->call = NULL;
	times->count = 0;
}
