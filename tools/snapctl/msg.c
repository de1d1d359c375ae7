// SPDX-License-Identifier: GPL-2.0-only
/* The only place that writes to stderr, so that a progress bar and a message never mix. */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "msg.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bar_drawn;
static char last_error[512];
static char last_advice[512];

static void clear_bar(void)
{
	if (bar_drawn)
		fputs("\r\033[K", stderr);
	bar_drawn = false;
}

static void print_line(const char *prefix, enum msg_color color, const char *text)
{
	pthread_mutex_lock(&lock);
	clear_bar();
	fprintf(stderr, "snapctl: %s%s%s%s\n", msg_color(stderr, color), prefix,
		msg_color(stderr, MSG_PLAIN), text);
	pthread_mutex_unlock(&lock);
}

void msg_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, args);
	va_end(args);
	print_line("error: ", MSG_BAD, last_error);
}

void msg_advice(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_advice, sizeof(last_advice), fmt, args);
	va_end(args);
	print_line("what to do: ", MSG_DIM, last_advice);
}

static void print_remark(const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	print_line("", MSG_PLAIN, text);
}

void msg_info(const char *fmt, ...)
{
	va_list args;

	if (options.quiet)
		return;
	va_start(args, fmt);
	print_remark(fmt, args);
	va_end(args);
}

void msg_verbose(const char *fmt, ...)
{
	va_list args;

	if (!options.verbose)
		return;
	va_start(args, fmt);
	print_remark(fmt, args);
	va_end(args);
}

void msg_bar(const char *text)
{
	pthread_mutex_lock(&lock);
	clear_bar();
	if (*text) {
		fputs(text, stderr);
		bar_drawn = true;
	}
	fflush(stderr);
	pthread_mutex_unlock(&lock);
}

const char *msg_last_error(void)
{
	return last_error;
}

const char *msg_last_advice(void)
{
	return last_advice;
}

void msg_reset(void)
{
	last_error[0] = '\0';
	last_advice[0] = '\0';
}

static bool is_smart_terminal(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && term && strcmp(term, "dumb");
}

bool msg_stderr_is_terminal(void)
{
	return is_smart_terminal(stderr);
}

const char *msg_color(FILE *out, enum msg_color color)
{
	static const char *const sequence[] = {
		[MSG_PLAIN] = "\033[0m",
		[MSG_GOOD] = "\033[32m",
		[MSG_BAD] = "\033[31m",
		[MSG_DIM] = "\033[2m",
	};
	const char *no_color = getenv("NO_COLOR");

	if (options.no_color || (no_color && *no_color) || !is_smart_terminal(out))
		return "";
	return sequence[color];
}
