// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges devices by what the module tells of them: whose hardware would come back at
 * a restore, and by whom. What a driver does in a callback nobody can tell; that it
 * has none, everybody.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "audit.h"
#include "kdev.h"
#include "sysfile.h"

#define FREEZES		(SNAPCAP_PM_FREEZE | SNAPCAP_PM_FREEZE_LATE | SNAPCAP_PM_FREEZE_NOIRQ)
#define RESTORES	(SNAPCAP_PM_RESTORE_NOIRQ | SNAPCAP_PM_RESTORE_EARLY | SNAPCAP_PM_RESTORE)

/* Devices may come between two calls. */
#define READ_TRIES	5
#define SPARE		32

static const char *text(const __u8 *t)
{
	return (const char *)t;
}

static bool text_is(const __u8 *t, const char *is)
{
	return !strcmp(text(t), is);
}

/* What these buses do is to call the driver; or, PCI, to restore what is not the driver's. */
static bool bus_passes_on(const struct snapcap_device *d)
{
	static const char *const buses[] = {
		"platform", "amba", "pci", "i2c", "spi", "virtio", "auxiliary", "isa",
	};

	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (text_is(d->bus, buses[i]))
			return true;
	return false;
}

/* Drivers of the kernel that have no hardware, though they are bound to a device. */
static bool without_hardware(const struct snapcap_device *d)
{
	static const char *const drivers[] = {
		"alarmtimer", "cpufreq-dt", "psci-cpuidle", "reg-dummy", "snd-soc-dummy",
	};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (text_is(d->driver, drivers[i]))
			return true;
	return false;
}

static struct audit_device *find(const struct audit *audit, const char *name, const char *bus)
{
	for (size_t i = 0; i < audit->count; i++)
		if (text_is(audit->device[i].d.name, name) &&
		    (!bus || text_is(audit->device[i].d.bus, bus)))
			return &audit->device[i];
	return NULL;
}

/* The first in @folder that is a device of @class, and comes back by itself. */
static void find_in(const struct audit *audit, const char *folder, const char *class,
		    struct audit_device *device)
{
	struct sysfile_names names;

	sysfile_names(folder, &names);
	for (int i = 0; !device->by[0] && i < names.count; i++) {
		const struct audit_device *c = find(audit, names.entry[i]->d_name, class);

		if (c && !(c->d.flags & SNAPCAP_DEVICE_HAS_DRIVER) && c->d.callbacks & RESTORES)
			snprintf(device->by, sizeof(device->by), "%s", text(c->d.name));
	}
	sysfile_names_free(&names);
}

/*
 * A device that the driver made for its class, such as mtd0 of a flash chip: its
 * class has callbacks, which come to the driver by another way. It lies in sysfs
 * below its parent, in a folder with the name of the class.
 */
static bool find_child(const struct audit *audit, struct audit_device *device)
{
	const struct snapcap_device *d = &device->d;
	struct sysfile_names classes;
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "/sys/bus/%s/devices/%s", text(d->bus), text(d->name));
	sysfile_names(folder, &classes);
	for (int i = 0; !device->by[0] && i < classes.count; i++) {
		const struct dirent *class = classes.entry[i];

		if (class->d_type != DT_DIR)
			continue;
		snprintf(folder, sizeof(folder), "/sys/bus/%s/devices/%s/%s", text(d->bus),
			 text(d->name), class->d_name);
		find_in(audit, folder, class->d_name, device);
	}
	sysfile_names_free(&classes);
	return device->by[0];
}

static enum audit_verdict judge(const struct audit *audit, struct audit_device *device,
				const char *const *ignore, size_t ignored)
{
	const struct snapcap_device *d = &device->d;

	if (!(d->flags & SNAPCAP_DEVICE_HAS_DRIVER))
		return AUDIT_NO_DRIVER;
	if (d->driver_callbacks & RESTORES)
		return AUDIT_RESTORED;
	if (d->flags & SNAPCAP_DEVICE_NO_PM || without_hardware(d))
		return AUDIT_NOTHING;
	if (d->flags & SNAPCAP_DEVICE_SYSCORE)
		return AUDIT_SYSCORE;
	if (d->callbacks & RESTORES && !bus_passes_on(d))
		return AUDIT_BY_BUS;
	if (find_child(audit, device))
		return AUDIT_BY_CHILD;
	for (size_t i = 0; i < ignored; i++)
		if (text_is(d->driver, ignore[i]))
			return AUDIT_IGNORED;
	return d->driver_callbacks & FREEZES ? AUDIT_STOPPED : AUDIT_LOST;
}

static void end_texts(struct snapcap_device *d)
{
	d->name[sizeof(d->name) - 1] = '\0';
	d->driver[sizeof(d->driver) - 1] = '\0';
	d->bus[sizeof(d->bus) - 1] = '\0';
	d->module[sizeof(d->module) - 1] = '\0';
}

static int read_devices(int fd, struct snapcap_device **devices, uint32_t *count)
{
	uint64_t total;
	int ret;

	*devices = NULL;
	*count = 0;
	ret = kdev_devices(fd, NULL, count, &total);
	for (unsigned int i = 0; !ret && i < READ_TRIES; i++) {
		free(*devices);
		*devices = NULL;
		if (total > UINT32_MAX - SPARE)
			return -EPROTO;
		*count = (uint32_t)total + SPARE;
		*devices = calloc(*count, sizeof(**devices));
		if (!*devices)
			return -ENOMEM;
		ret = kdev_devices(fd, *devices, count, &total);
		if (ret || total == *count)
			break;
	}
	return ret;
}

int audit_devices(int fd, struct audit *audit, const char *const *ignore, size_t ignored)
{
	struct snapcap_device *devices;
	uint32_t count;
	int ret = read_devices(fd, &devices, &count);

	if (!ret) {
		audit->device = calloc(count ? count : 1, sizeof(*audit->device));
		ret = audit->device ? 0 : -ENOMEM;
	}
	if (ret) {
		free(devices);
		return ret;
	}
	audit->count = count;
	for (size_t i = 0; i < count; i++) {
		audit->device[i].d = devices[i];
		end_texts(&audit->device[i].d);
	}
	free(devices);
	/* When all are there: one may be judged by another. */
	for (size_t i = 0; i < count; i++) {
		struct audit_device *device = &audit->device[i];

		device->verdict = judge(audit, device, ignore, ignored);
		audit->verdicts[device->verdict]++;
		audit->bound += device->verdict != AUDIT_NO_DRIVER;
	}
	return 0;
}

void audit_add_times(struct audit *audit)
{
	for (size_t i = 0; i < audit->times.count; i++) {
		const struct pm_call *call = &audit->times.call[i];
		struct audit_device *device = find(audit, call->device,
						   call->bus[0] ? call->bus : NULL);

		if (!device)
			continue;
		device->us[call->phase] += call->us;
		device->calls++;
		if (call->error && !device->failed) {
			device->failed = call->error;
			snprintf(device->failed_callback, sizeof(device->failed_callback), "%s",
				 call->callback);
		}
	}
}

uint64_t audit_total(const struct audit_device *device)
{
	uint64_t us = 0;

	for (int i = 0; i < PM_PHASES; i++)
		us += device->us[i];
	return us;
}

static int compare_total(const void *a, const void *b)
{
	uint64_t first = audit_total(*(const struct audit_device *const *)a);
	uint64_t second = audit_total(*(const struct audit_device *const *)b);

	return first < second ? 1 : first > second ? -1 : 0;
}

const struct audit_device **audit_slowest(const struct audit *audit, size_t *count)
{
	const struct audit_device **slowest = calloc(audit->count + 1, sizeof(*slowest));

	*count = 0;
	for (size_t i = 0; slowest && i < audit->count; i++)
		if (audit->device[i].calls)
			slowest[(*count)++] = &audit->device[i];
	if (slowest)
		qsort(slowest, *count, sizeof(*slowest), compare_total);
	return slowest;
}

bool audit_found(const struct audit *audit)
{
	return audit->verdicts[AUDIT_LOST] || audit->verdicts[AUDIT_STOPPED] || audit->take ||
	       audit->dry_run_error;
}

const char *audit_verdict_name(enum audit_verdict verdict)
{
	static const char *const names[] = {
		[AUDIT_NO_DRIVER] = "no-driver",
		[AUDIT_RESTORED] = "restored",
		[AUDIT_BY_BUS] = "by-bus",
		[AUDIT_BY_CHILD] = "by-child",
		[AUDIT_NOTHING] = "nothing",
		[AUDIT_SYSCORE] = "syscore",
		[AUDIT_IGNORED] = "ignored",
		[AUDIT_STOPPED] = "stopped",
		[AUDIT_LOST] = "lost",
	};

	return names[verdict];
}

const struct cause *audit_cause(const struct audit *audit)
{
	static const struct cause unknown = {
		"unknown", "the module gives a cause that this snapctl does not know",
		"install a module and a snapctl of the same release", 0,
	};
	const struct cause *cause = audit->take ? cause_get(audit->take) : NULL;

	return audit->take && !cause ? &unknown : cause;
}

const struct cause *audit_failure(const struct audit *audit)
{
	const struct snapcap_status *s = &audit->dry_run_status;
	const struct cause *cause = NULL;

	if (!audit->dry_run_error)
		return NULL;
	if (s->size == sizeof(*s) && s->cause)
		cause = cause_get(s->cause);
	return cause ? cause : cause_from_errno(audit->dry_run_error);
}
