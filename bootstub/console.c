// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Lines of text. The console is slow, and each character of it is part of the
 * boot time: a restore prints one line, a refusal one more.
 */
#include <stdarg.h>
#include <snapimg_glue.h>
#include "console.h"
#include "plat/plat.h"
#include "serial/serial.h"

const struct serial *console_port(void)
{
	static bool ready;

	if (!ready)
		serial_setup(plat.console);
	ready = true;
	return plat.console;
}

static void put_char(char c)
{
	static bool stuck;

	/* Who waited in vain once does not wait again for each character. */
	if (stuck)
		return;
	if (c == '\n')
		stuck = !serial_put(console_port(), '\r');
	if (!stuck)
		stuck = !serial_put(console_port(), (u8)c);
}

static void put_text(const char *s)
{
	while (*s)
		put_char(*s++);
}

static void put_number(u64 v, u32 base)
{
	char digits[20];
	u32 n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		put_char(digits[--n]);
}

static void put_signed(long long v)
{
	if (v < 0)
		put_char('-');
	put_number(v < 0 ? -(u64)v : (u64)v, 10);
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_text("bootstub: ");
	for (; *fmt; fmt++) {
		u32 longs = 0;

		if (*fmt != '%') {
			put_char(*fmt);
			continue;
		}
		for (fmt++; *fmt == 'l'; fmt++)
			longs++;
		switch (*fmt) {
		case 's':
			put_text(va_arg(args, const char *));
			break;
		case 'c':
			put_char((char)va_arg(args, int));
			break;
		case 'd':
			put_signed(longs ? va_arg(args, long long) : va_arg(args, int));
			break;
		case 'u':
			put_number(longs ? va_arg(args, u64) : va_arg(args, u32), 10);
			break;
		case 'x':
			put_text("0x");
			put_number(longs ? va_arg(args, u64) : va_arg(args, u32), 16);
			break;
		default:
			put_char(*fmt);
			break;
		}
	}
	put_char('\n');
	va_end(args);
}
