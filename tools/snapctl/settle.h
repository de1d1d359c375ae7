/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the two passes: the applications fetch what they need. */
#ifndef SNAPCTL_SETTLE_H
#define SNAPCTL_SETTLE_H

#include "snapimg_glue.h"
#include "watch.h"

/** enum settle_end - what ended it */
enum settle_end {
	SETTLE_NONE,		/* it was not wanted, or did not begin */
	SETTLE_TIME,		/* the time is over */
	SETTLE_READY,		/* SNAPCAP_IOC_READY */
	SETTLE_WARM,		/* the command ended well */
	SETTLE_WARM_FAILED,
	SETTLE_WARM_TIMEOUT,
	SETTLE_SIGNAL,
};

/**
 * struct settle - how long, and how it ended
 * @warm: command for the shell that uses the applications, or NULL
 * @seconds: time; with @warm, the longest that it may take
 * @end: result
 * @status: result: wait status of a command that failed
 * @ns: result: the time it took
 */
struct settle {
	const char *warm;
	u32 seconds;
	enum settle_end end;
	int status;
	u64 ns;
};

/**
 * settle_wait() - let the applications run
 * @settle: what is wanted; gets the result
 * @watch: tells of signals and of READY
 *
 * A command that still runs at the end is stopped, with its process group. What a command
 * that ended well has left running stays: it is what was to be started.
 *
 * Return: 0 however it ended, or a negative errno when it could not be waited
 */
int settle_wait(struct settle *settle, struct watch *watch);

/** settle_end_name() - such as "ready" */
const char *settle_end_name(enum settle_end end);

#endif /* SNAPCTL_SETTLE_H */
