/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/snapcap/snapcap.conf, and the switch that turns everything off. */
#ifndef SNAPCTL_CONF_H
#define SNAPCTL_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "snapimg_glue.h"

#define CONF_PATH		"/etc/snapcap/snapcap.conf"
#define CONF_OFF_PATH		"/etc/snapcap/off"
#define CONF_OFF_PARAMETER	"snapcap=off"

#define CONF_PERSISTENT_MAX	32
#define CONF_SIZE_MAX		65536

/* What holds without a file. */
#define CONF_RETRIES		5
#define CONF_RETRIES_MAX	1000
#define CONF_TIMEOUT_S		30
#define CONF_HOOK_TIMEOUT_S	10

/**
 * struct conf - what the file says
 * @persistent: mount points of class 3, without a slash at the end
 * @persistent_count: how many
 * @retries: how often an unmount is tried again while the filesystem is in use
 * @timeout_s: how long units may take to stop or to start
 * @hook_timeout_s: how long one hook may run
 * @no_rtc_advance_s: without an RTC, what is added to the time of the take
 * @endurance: erases that the flash is made for, 0: not told
 */
struct conf {
	char persistent[CONF_PERSISTENT_MAX][PATH_MAX];
	size_t persistent_count;
	u32 retries;
	u32 timeout_s;
	u32 hook_timeout_s;
	u32 no_rtc_advance_s;
	u32 endurance;
};

/**
 * conf_load() - read the file; without one, the defaults
 * @conf: result
 *
 * A mistake is told, with file and line, by msg_error(). Nothing of a file with a mistake
 * may be used: what it should have protected is not known.
 *
 * Return: 0, -EINVAL: a mistake, or another negative errno
 */
int conf_load(struct conf *conf);

/** conf_is_persistent() - is @mountpoint listed? */
bool conf_is_persistent(const struct conf *conf, const char *mountpoint);

/**
 * conf_off() - is everything turned off?
 *
 * Return: NULL when it is not, else by what, for a message
 */
const char *conf_off(void);

#endif /* SNAPCTL_CONF_H */
