/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The console of last resort: one key, one action.
 */
#ifndef MENU_H
#define MENU_H

#include <snapimg_glue.h>

/**
 * struct menu_item - what a key does
 * @key: lower case
 * @text: what that is, a few words
 * @confirm: it destroys something, so it is asked for again
 * @run: does it; true: the menu is left
 */
struct menu_item {
	char key;
	const char *text;
	bool confirm;
	bool (*run)(void);
};

/**
 * menu_wanted() - is somebody there?
 * @window_ms: how long to wait for a key; 0: only look whether one has been
 *	pressed before
 *
 * What the line brings in is a key when it is a character; a break, a byte
 * with an error, 0x00 and 0xff are noise.
 */
bool menu_wanted(u32 window_ms);

/**
 * menu_key() - wait for a key
 * @timeout_ms: how long
 *
 * Return: the character, upper case made lower; 0 when none came
 */
char menu_key(u32 timeout_ms);

/**
 * menu() - let somebody choose
 * @items: what there is
 * @count: entries of @items
 * @idle_ms: without a key for so long, the menu is left
 *
 * Return: true when an item says so, false when nobody is there any more
 */
bool menu(const struct menu_item *items, u32 count, u32 idle_ms);

#endif
