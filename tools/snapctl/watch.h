/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes on beside a take: progress and signals. */
#ifndef SNAPCTL_WATCH_H
#define SNAPCTL_WATCH_H

#include <stdbool.h>

struct watch;

/**
 * watch_start() - show progress and turn signals into SNAPCAP_IOC_CANCEL
 * @watch: result, ended with watch_stop()
 *
 * From here on SIGINT, SIGQUIT, SIGTERM, SIGHUP and SIGPIPE do not end the program.
 *
 * Return: 0 or a negative errno
 */
int watch_start(struct watch **watch);

/** watch_stop() - end it; was a signal seen? */
bool watch_stop(struct watch *watch);

/** watch_signalled() - has a signal come that shall end it? */
bool watch_signalled(const struct watch *watch);

/** watch_ready() - has READY been called since the start, or since watch_forget_ready()? */
bool watch_ready(const struct watch *watch);

/** watch_forget_ready() - what was ready until now does not count */
void watch_forget_ready(struct watch *watch);

/** watch_let_be() - true: no CANCEL, what it would end in the module is not ours */
void watch_let_be(struct watch *watch, bool let_be);

/** watch_news() - a file that becomes readable when one of these two changes; for poll() */
int watch_news(const struct watch *watch);

#endif /* SNAPCTL_WATCH_H */
