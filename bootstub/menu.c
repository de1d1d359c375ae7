// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "arch/arch.h"
#include "console.h"
#include "menu.h"
#include "serial/serial.h"

/* Who is asked for a yes does not answer in less. */
#define CONFIRM_MS	10000
/* Characters that one key sends come closer than that; a held key repeats slower. */
#define REST_MS		20
#define REST_MAX	16
/* A line that brings nothing but noise is given up. */
#define LOOKS_MAX	10000

static bool is_key(int c)
{
	return c == '\r' || c == '\n' || c == '\033' || (c >= ' ' && c < 0x7f);
}

/* In milliseconds, since some time. */
static u64 now_ms(void)
{
	u64 hz = arch_counter_hz();

	/* Firmware that has not set the rate: then nothing is waited for. */
	return hz < 1000 ? ~0ULL >> 1 : arch_counter() / (hz / 1000);
}

/*
 * What follows a key at once belongs to it: the rest of an escape sequence, which
 * has letters in it, the Enter behind an answer.
 */
static void drop_the_rest(void)
{
	u32 i;

	for (i = 0; i < REST_MAX; i++)
		if (serial_get(console_port(), REST_MS) == -SERIAL_E_NONE)
			return;
}

static char key_of(int c)
{
	if (!is_key(c))
		return 0;
	drop_the_rest();
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

char menu_key(u32 timeout_ms)
{
	u64 end = now_ms() + timeout_ms;
	u32 looks;
	int c;

	/* Behind noise there may be a key, but it does not make the wait longer. */
	for (looks = 0; looks < LOOKS_MAX; looks++) {
		u64 now = now_ms();

		c = serial_get(console_port(), now < end ? (u32)(end - now) : 0);
		if (is_key(c))
			return key_of(c);
		if (now_ms() >= end && c == -SERIAL_E_NONE)
			return 0;
	}
	return 0;
}

bool menu_wanted(u32 window_ms)
{
	return menu_key(window_ms) != 0;
}

static void help(const struct menu_item *items, u32 count)
{
	u32 i;

	say("press a key:");
	for (i = 0; i < count; i++)
		say("  %c  %s", items[i].key, items[i].text);
}

static bool confirmed(const struct menu_item *item)
{
	if (!item->confirm)
		return true;
	say("%s: sure? y or n", item->text);
	return menu_key(CONFIRM_MS) == 'y';
}

bool menu(const struct menu_item *items, u32 count, u32 idle_ms)
{
	help(items, count);
	for (;;) {
		char key = menu_key(idle_ms);
		u32 i;

		if (!key) {
			say("no key was pressed: going on");
			return false;
		}
		for (i = 0; i < count && items[i].key != key; i++)
			;
		if (i == count) {
			help(items, count);
			continue;
		}
		say("%s", items[i].text);
		if (!confirmed(&items[i]))
			say("not done");
		else if (items[i].run())
			return true;
	}
}
