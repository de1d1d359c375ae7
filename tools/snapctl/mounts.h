/* SPDX-License-Identifier: GPL-2.0-only */
/* Every mount of every mount namespace. */
#ifndef SNAPCTL_MOUNTS_H
#define SNAPCTL_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct mount_ns - a mount namespace
 * @id: as /proc/PID/ns/mnt names it, such as "mnt:[4026531841]"
 * @pid: a process that lives in it, the one whose view this is
 * @process: its name
 */
struct mount_ns {
	char id[32];
	pid_t pid;
	char process[64];
};

/**
 * struct mount_entry - a mount; its texts may hold anything
 * @ns: entry of struct mounts.ns
 * @dev: number of the filesystem's device, of major 0 when it has none
 * @root: what of the filesystem is mounted
 * @where: mount point
 * @options: of the mount, such as "rw,noatime"
 * @type: of the filesystem
 * @source: device or what the filesystem was given instead
 * @fs_options: options of the filesystem
 * @peer: number of its peer group, 0: it shares nothing
 * @master: number of the peer group that it follows, 0: none
 * @read_only: the filesystem is, not just this mount of it
 */
struct mount_entry {
	size_t ns;
	dev_t dev;
	char *root;
	char *where;
	char *options;
	char *type;
	char *source;
	char *fs_options;
	unsigned int peer;
	unsigned int master;
	bool read_only;
};

/**
 * struct mounts - all of them
 * @ns: namespaces, that of process 1 first
 * @ns_count: how many
 * @own: that of this process; @ns_count: it is not to be seen
 * @mount: mounts; those of a namespace follow each other, in the order of the kernel
 * @count: how many
 * @hidden: a namespace that a file keeps but no process lives in, empty: there is none
 */
struct mounts {
	struct mount_ns *ns;
	size_t ns_count;
	size_t own;
	struct mount_entry *mount;
	size_t count;
	char hidden[32];
};

/**
 * mounts_read() - read them
 * @mounts: result; to be freed also when this fails
 *
 * Return: 0, -ENOENT: no mount is visible at all, -EPROTO: a line that is none, or another
 * negative errno
 */
int mounts_read(struct mounts *mounts);

/** mounts_free() - free what mounts_read() gave */
void mounts_free(struct mounts *mounts);

/** mounts_below() - is @path below @folder, or the same? */
bool mounts_below(const char *path, const char *folder);

/**
 * mounts_flags() - what mount(2) takes for a mount like this one
 * @m: mount
 * @data: result, the options of the filesystem; freed by the caller
 * @flags: result, MS_*
 *
 * Return: 0 or -ENOMEM
 */
int mounts_flags(const struct mount_entry *m, char **data, unsigned long *flags);

/**
 * mounts_find() - the mount that a path lies on
 * @mounts: all
 * @ns: as seen in this namespace
 * @path: absolute
 *
 * Return: NULL when nothing there is the root
 */
const struct mount_entry *mounts_find(const struct mounts *mounts, size_t ns, const char *path);

/** mounts_find_device() - the first mount of a filesystem, NULL: it is not mounted visibly */
const struct mount_entry *mounts_find_device(const struct mounts *mounts, dev_t dev);

#endif /* SNAPCTL_MOUNTS_H */
