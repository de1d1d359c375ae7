/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#ifndef CONSOLE_H
#define CONSOLE_H

struct serial;

/**
 * console_port() - the board's console, set up
 *
 * What has arrived before the first call is lost.
 */
const struct serial *console_port(void);

/**
 * say() - print one line on the console
 * @fmt: text with %s, %c, %d and %u, also with ll, and %x and %llx, printed with 0x
 *
 * The line gets the prefix "bootstub: " and its end. Width and precision are
 * not known. After a bounded wait in vain the console is silent for good. Before
 * the first arch_map() only for what the loader cannot go on from.
 */
void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...);

#endif
