/* SPDX-License-Identifier: GPL-2.0-only */
/* What an audit finds out about devices, and how it is shown. */
#ifndef SNAPCTL_AUDIT_H
#define SNAPCTL_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/snapcap.h>

#include "pmtimes.h"

/** enum audit_verdict - what becomes of a device's hardware at a restore */
enum audit_verdict {
	AUDIT_NO_DRIVER,	/* nobody has set anything up there */
	AUDIT_RESTORED,		/* the driver has a callback for it */
	AUDIT_BY_BUS,		/* its bus, class, type or domain has */
	AUDIT_BY_CHILD,		/* left to the device that the driver made for its class */
	AUDIT_NOTHING,		/* nothing to restore: marked so, or a driver without hardware */
	AUDIT_SYSCORE,		/* with the core of the kernel */
	AUDIT_IGNORED,		/* whoever runs the audit says that it needs nothing */
	AUDIT_STOPPED,		/* stopped for a take, and started by thaw alone, or not at all */
	AUDIT_LOST,		/* a driver, and nobody who restores */
	AUDIT_VERDICTS,
};

/**
 * struct audit_device - one device
 * @d: from the module, all texts ended
 * @verdict: what becomes of it
 * @by: of AUDIT_BY_CHILD: who does it
 * @us: time of its callbacks in the dry run by phase, microseconds
 * @calls: how many were called
 * @failed: what one of them returned, negative errno, 0: nothing failed
 * @failed_callback: which
 */
struct audit_device {
	struct snapcap_device d;
	enum audit_verdict verdict;
	char by[64];
	uint64_t us[PM_PHASES];
	unsigned int calls;
	int failed;
	char failed_callback[PM_CALLBACK_SIZE];
};

/**
 * struct audit - all of it
 * @info: from the module
 * @target: MTD device of the take, as it was named
 * @take: why a take would be refused, SNAPCAP_CAUSE_*, NONE: it would be tried
 * @device: devices, in the order in which they are resumed
 * @count: of them
 * @bound: of these, with a driver
 * @verdicts: bound devices by verdict
 * @dry_run: was one asked for?
 * @dry_run_error: errno of it, positive, 0 for success
 * @dry_run_status: its result
 * @times: of the phases
 */
struct audit {
	struct snapcap_info info;
	const char *target;
	uint32_t take;
	struct audit_device *device;
	size_t count;
	size_t bound;
	size_t verdicts[AUDIT_VERDICTS];
	bool dry_run;
	int dry_run_error;
	struct snapcap_status dry_run_status;
	struct pm_times times;
};

struct cause;

#define AUDIT_IGNORE_MAX	64

/**
 * audit_devices() - read and judge the devices
 * @fd: the module's device
 * @audit: result
 * @ignore: names of drivers that need nothing
 * @ignored: count of them
 *
 * Return: 0 or a negative errno
 */
int audit_devices(int fd, struct audit *audit, const char *const *ignore, size_t ignored);

/** audit_add_times() - give each device the calls of the dry run that were for it */
void audit_add_times(struct audit *audit);

/** audit_total() - time of all callbacks of a device, microseconds */
uint64_t audit_total(const struct audit_device *device);

/** audit_slowest() - pointers to the devices with a time, slowest first; freed by the caller */
const struct audit_device **audit_slowest(const struct audit *audit, size_t *count);

/** audit_found() - is there anything that a take or a restore would suffer from? */
bool audit_found(const struct audit *audit);

/** audit_verdict_name() - for programs */
const char *audit_verdict_name(enum audit_verdict verdict);

/** audit_cause() - why a take would be refused, NULL when it would be tried */
const struct cause *audit_cause(const struct audit *audit);

/** audit_failure() - why the dry run failed, NULL when it went well or there was none */
const struct cause *audit_failure(const struct audit *audit);

/** audit_print() - for a person */
void audit_print(const struct audit *audit);

/** audit_print_json() - for a program; 0 or -EIO */
int audit_print_json(const struct audit *audit, int exit_code);

#endif /* SNAPCTL_AUDIT_H */
