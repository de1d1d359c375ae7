/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a process's namespace, as /proc/PID/mountinfo shows them. */
#ifndef SNAPCTL_MOUNTTAB_H
#define SNAPCTL_MOUNTTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct mounttab_entry - a mount; the texts lie in the table
 * @dev: of its filesystem
 * @root: the folder of the filesystem that is mounted
 * @target: mount point
 * @options: of the mount, such as "rw,noatime"
 * @type: of the filesystem
 * @source: device, or what stands for it
 * @super_options: of the filesystem
 */
struct mounttab_entry {
	dev_t dev;
	const char *root;
	const char *target;
	const char *options;
	const char *type;
	const char *source;
	const char *super_options;
};

/**
 * struct mounttab - mounts in the order of the kernel, what lies below others behind them
 * @entry: mounts
 * @count: how many
 * @text: holds the texts
 */
struct mounttab {
	struct mounttab_entry *entry;
	size_t count;
	char *text;
};

/** mounttab_read() - of process @pid, 0: of this one; 0 or a negative errno */
int mounttab_read(struct mounttab *tab, pid_t pid);

/** mounttab_free() - free what mounttab_read() gave */
void mounttab_free(struct mounttab *tab);

/** mounttab_below() - is @path below @folder, or the same? */
bool mounttab_below(const char *path, const char *folder);

/**
 * mounttab_flags() - what mount(2) takes for a mount like this one
 * @entry: mount
 * @data: result, the options of the filesystem; freed by the caller
 * @flags: result, MS_*
 *
 * Return: 0 or -ENOMEM
 */
int mounttab_flags(const struct mounttab_entry *entry, char **data, unsigned long *flags);

#endif /* SNAPCTL_MOUNTTAB_H */
