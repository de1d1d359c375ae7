// SPDX-License-Identifier: GPL-2.0-only
/* Reads and shows; what the words mean is in Documentation/watchdog.rst. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "sysfile.h"
#include "units.h"
#include "watchdog.h"

#define FOLDER	"/sys/class/misc/snapcap/watchdog/"
#define MS	1000

static const struct {
	const char *state, *text;
} meaning[] = {
	{ "armed",   "armed by the boot loader; it runs down until the restore is through" },
	{ "user",    "fed by who has opened its device" },
	{ "stopped", "stopped: user space is up, and nobody has opened its device" },
	{ "expired", "not fed any more: user space did not take it over in time; a reset comes" },
	{ "lost",    "armed by the boot loader, and not to be reached: a reset comes" },
};

void watchdog_read(struct watchdog *watchdog)
{
	char *text;

	memset(watchdog, 0, sizeof(*watchdog));
	if (sysfile_read(FOLDER "state", &text))
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(watchdog->state, sizeof(watchdog->state), "%.*s",
		 (int)sizeof(watchdog->state) - 1, units_clean(text, strlen(text)).s);
	free(text);
	if (sysfile_number(FOLDER "timeout_ms", 10, &watchdog->timeout_ms))
		watchdog->timeout_ms = 0;
	if (sysfile_number(FOLDER "left_ms", 10, &watchdog->left_ms))
		watchdog->left_ms = 0;
}

struct json_object *watchdog_json(const struct watchdog *watchdog)
{
	struct json_object *o;

	if (!*watchdog->state)
		return NULL;
	o = json_new();
	json_text(o, "state", watchdog->state);
	json_u64(o, "timeout_ms", watchdog->timeout_ms);
	json_u64(o, "left_ms", watchdog->left_ms);
	return o;
}

void watchdog_print(const struct watchdog *watchdog)
{
	if (!*watchdog->state || !strcmp(watchdog->state, "none"))
		return;
	if (!strcmp(watchdog->state, "fed")) {
		report_line("Watchdog", "%" PRIu64 " s, fed by the module; for another %" PRIu64
			    " s, unless user space takes it over", watchdog->timeout_ms / MS,
			    watchdog->left_ms / MS);
		return;
	}
	for (size_t i = 0; i < sizeof(meaning) / sizeof(meaning[0]); i++)
		if (!strcmp(watchdog->state, meaning[i].state)) {
			report_line("Watchdog", "%" PRIu64 " s, %s", watchdog->timeout_ms / MS,
				    meaning[i].text);
			return;
		}
	report_line("Watchdog", "%s", watchdog->state);
}
