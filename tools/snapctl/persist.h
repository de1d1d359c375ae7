/* SPDX-License-Identifier: GPL-2.0-only */
/* Filesystems of class 3: not mounted while the system is captured. */
#ifndef SNAPCTL_PERSIST_H
#define SNAPCTL_PERSIST_H

#include <stdbool.h>
#include <sys/types.h>

#include "advice.h"
#include "conf.h"
#include "json.h"
#include "systemd.h"
#include "ubi.h"
#include "watch.h"

/**
 * struct persist_entry - a filesystem
 * @target: mount point
 * @source: device, or what stands for it
 * @type: of the filesystem
 * @data: its options for mount(2)
 * @flags: MS_*
 * @dev: as mountinfo has it
 * @file_dev: as its files have it, which is another one on btrfs
 * @ubi: number of the UBI device that it lies on and that is detached meanwhile, or -1
 * @unit: mount unit of systemd that has a file, else empty
 * @units: active units that need it
 * @unmounted: by us
 * @lost: it could not be mounted again
 */
struct persist_entry {
	char *target;
	char *source;
	char *type;
	char *data;
	unsigned long flags;
	dev_t dev;
	dev_t file_dev;
	int ubi;
	char unit[SYSTEMD_NAME_MAX];
	struct systemd_units units;
	bool unmounted;
	bool lost;
};

/**
 * struct persist - what was changed, to be put back in this life and in each restored one
 * @conf: what is wanted
 * @watch: tells of signals
 * @entry: filesystems, in the order in which they were mounted
 * @count: how many
 * @ubi: UBI devices beneath them that can be written
 * @ubi_count: how many
 * @units: all units that need one of them
 * @stopped: those were stopped
 * @systemd: it is there
 * @own_unit: the unit of this process
 * @err: errno of a failure, positive
 * @out_ns: time until all was unmounted
 * @back_ns: time until all was back
 */
struct persist {
	const struct conf *conf;
	const struct watch *watch;
	struct persist_entry *entry;
	size_t count;
	struct ubi_device ubi[UBI_COUNT_MAX];
	size_t ubi_count;
	struct systemd_units units;
	bool stopped;
	bool systemd;
	char own_unit[SYSTEMD_NAME_MAX];
	int err;
	u64 out_ns;
	u64 back_ns;
};

/**
 * persist_unmount() - stop who uses the listed filesystems, unmount them
 * @p: zero
 * @conf: what is listed
 * @watch: a signal ends it
 *
 * Afterwards none of them is alive in the kernel, in whatever mount namespace, nothing of
 * their devices is cached, and the UBI devices that they lie on are detached. What fails is
 * told, and everything is as before then.
 *
 * Return: NULL, or the cause; its errno is in @p
 */
const struct cause *persist_unmount(struct persist *p, const struct conf *conf,
				    const struct watch *watch);

/**
 * persist_mount() - mount them again, start the units again
 *
 * For each life that goes on after persist_unmount(). What of the devices is cached comes
 * from the life that was captured: it is dropped first. Units that need a filesystem that
 * cannot be mounted are not started.
 *
 * Return: 0, or -1 when something is not as before, which was told
 */
int persist_mount(struct persist *p);

/** persist_json() - figures; NULL when there was nothing to do */
struct json_object *persist_json(const struct persist *p);

/** persist_report() - figures for a person */
void persist_report(const struct persist *p);

/** persist_free() - forget it */
void persist_free(struct persist *p);

#endif /* SNAPCTL_PERSIST_H */
