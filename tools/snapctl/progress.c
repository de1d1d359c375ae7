// SPDX-License-Identifier: GPL-2.0-only
/* Draws only when something changed: a serial console is slow. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "msg.h"
#include "progress.h"

#define BAR_WIDTH	32

/* Both threads of a take have something to show. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char shown_stage[32];
static unsigned int shown_percent;
static unsigned int shown_left;

static void draw_bar(const char *stage, unsigned int percent, unsigned int left)
{
	char bar[BAR_WIDTH + 1], line[128];
	unsigned int full = percent * BAR_WIDTH / 100;

	memset(bar, '#', full);
	memset(bar + full, '.', BAR_WIDTH - full);
	bar[BAR_WIDTH] = '\0';
	if (left)
		snprintf(line, sizeof(line), "%-10s [%s] %u s left", stage, bar, left);
	else
		snprintf(line, sizeof(line), "%-10s [%s] %3u %%", stage, bar, percent);
	msg_bar(line);
}

static void update(const char *stage, unsigned int percent, unsigned int left)
{
	int new_stage = strncmp(stage, shown_stage, sizeof(shown_stage) - 1);

	if (percent > 100)
		percent = 100;
	if (!new_stage && percent == shown_percent && left == shown_left)
		return;
	snprintf(shown_stage, sizeof(shown_stage), "%s", stage);
	shown_percent = percent;
	shown_left = left;
	if (msg_stderr_is_terminal())
		draw_bar(stage, percent, left);
	else if (new_stage && left)
		msg_info("%s: %u s left", stage, left);
	else if (new_stage)
		msg_info("%s", stage);
}

void progress_left(const char *stage, unsigned int percent, unsigned int left_s)
{
	if (options.quiet)
		return;
	pthread_mutex_lock(&lock);
	update(stage, percent, left_s);
	pthread_mutex_unlock(&lock);
}

void progress_update(const char *stage, unsigned int percent)
{
	progress_left(stage, percent, 0);
}

void progress_end(void)
{
	pthread_mutex_lock(&lock);
	if (shown_stage[0] && msg_stderr_is_terminal() && !options.quiet)
		msg_bar("");
	shown_stage[0] = '\0';
	shown_percent = 0;
	pthread_mutex_unlock(&lock);
}
