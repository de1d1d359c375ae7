/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#ifndef CONSOLE_H
#define CONSOLE_H

/**
 * say() - print one line on the console
 * @fmt: text with %s, %c, %d and %u, also with ll, and %x and %llx, printed with 0x
 *
 * The line gets the prefix "bootstub: " and its end. Width and precision are
 * not known.
 */
void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...);

#endif
