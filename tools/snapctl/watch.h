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
 * From here on SIGINT, SIGTERM and SIGHUP do not end the program.
 *
 * Return: 0 or a negative errno
 */
int watch_start(struct watch **watch);

/** watch_stop() - end it; was a signal seen? */
bool watch_stop(struct watch *watch);

#endif /* SNAPCTL_WATCH_H */
