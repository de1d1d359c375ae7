// SPDX-License-Identifier: GPL-2.0-only
/* Draws only when something changed: a serial console is slow. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "msg.h"
#include "progress.h"

#define BAR_WIDTH	32

static char shown_stage[32];
static unsigned int shown_percent;

static void draw_bar(const char *stage, unsigned int percent)
{
	char bar[BAR_WIDTH + 1], line[128];
	unsigned int full = percent * BAR_WIDTH / 100;

	memset(bar, '#', full);
	memset(bar + full, '.', BAR_WIDTH - full);
	bar[BAR_WIDTH] = '\0';
	snprintf(line, sizeof(line), "%-10s [%s] %3u %%", stage, bar, percent);
	msg_bar(line);
}

void progress_update(const char *stage, unsigned int percent)
{
	int new_stage = strncmp(stage, shown_stage, sizeof(shown_stage) - 1);

	if (options.quiet)
		return;
	if (percent > 100)
		percent = 100;
	if (!new_stage && percent == shown_percent)
		return;
	snprintf(shown_stage, sizeof(shown_stage), "%s", stage);
	shown_percent = percent;
	if (msg_stderr_is_terminal())
		draw_bar(stage, percent);
	else if (new_stage)
		msg_info("%s", stage);
}

void progress_end(void)
{
	if (shown_stage[0] && msg_stderr_is_terminal() && !options.quiet)
		msg_bar("");
	shown_stage[0] = '\0';
	shown_percent = 0;
}
