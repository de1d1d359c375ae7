// SPDX-License-Identifier: GPL-2.0-only
/* Reads and shows; what the words mean is in Documentation/uniqueness.rst. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "renewal.h"
#include "report.h"
#include "sysfile.h"
#include "units.h"

static void read_line(const char *name, char *line, size_t size)
{
	char path[64], *text;

	line[0] = '\0';
	snprintf(path, sizeof(path), "/sys/class/misc/snapcap/%s", name);
	if (sysfile_read(path, &text))
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(line, size, "%.*s", (int)size - 1, units_clean(text, strlen(text)).s);
	free(text);
}

void renewal_read(struct renewal *renewal)
{
	read_line("generation", renewal->generation, sizeof(renewal->generation));
	read_line("restores", renewal->restores, sizeof(renewal->restores));
	read_line("entropy", renewal->entropy, sizeof(renewal->entropy));
	read_line("clock", renewal->clock, sizeof(renewal->clock));
}

static void put_line(struct json_object *o, const char *name, const char *line)
{
	if (*line)
		json_text(o, name, line);
	else
		json_put(o, name, NULL);
}

struct json_object *renewal_json(const struct renewal *renewal)
{
	struct json_object *o = json_new();

	put_line(o, "generation", renewal->generation);
	put_line(o, "restores", renewal->restores);
	put_line(o, "entropy", renewal->entropy);
	put_line(o, "clock", renewal->clock);
	return o;
}

void renewal_print(const struct renewal *renewal)
{
	if (*renewal->generation)
		report_line("Generation", "%s", renewal->generation);
	/* At a cold boot there is nothing to make new. */
	if (!*renewal->restores || !strcmp(renewal->restores, "0"))
		return;
	report_line("Made new", "random numbers (%s), time of day (%s)", renewal->entropy,
		    renewal->clock);
}
