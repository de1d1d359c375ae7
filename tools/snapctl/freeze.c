// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezes filesystems. Those in memory need it not: they are in the snapshot. Those of
 * another machine (nfs) are not ours to freeze.
 *
 * What lies on top of another (a loop device's file) was mounted after it, so the last
 * mounted goes first: frozen in the other order it could not be written out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "freeze.h"
#include "mounts.h"
#include "msg.h"
#include "sysfile.h"
#include "units.h"

/* A type that lives on a device, or ubifs, which does but is told as if it did not. */
static bool is_on_device(const char *types, const char *type)
{
	char line[80];

	if (!strcmp(type, "ubifs") || !strcmp(type, "btrfs") || !strcmp(type, "jffs2"))
		return true;
	snprintf(line, sizeof(line), "\n\t%s\n", type);
	return strstr(types, line);
}

/* Where it can be reached: not beneath another mount, and in our namespace if it can be. */
static const struct mount_entry *way_to(const struct mounts *mounts, dev_t dev)
{
	const struct mount_entry *found = NULL;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_entry *m = &mounts->mount[i];

		if (m->dev != dev || mounts_find(mounts, m->ns, m->where) != m)
			continue;
		if (m->ns == mounts->own)
			return m;
		if (!found)
			found = m;
	}
	return found;
}

static int open_mount(const struct mounts *mounts, const struct mount_entry *m)
{
	char path[PATH_MAX + 32];

	m = way_to(mounts, m->dev);
	if (!m) {
		errno = EBUSY;
		return -1;
	}
	/* Of another namespace: through a process that lives there. */
	if (m->ns == mounts->own)
		snprintf(path, sizeof(path), "%s", m->where);
	else
		snprintf(path, sizeof(path), "/proc/%d/root%s", mounts->ns[m->ns].pid, m->where);
	return open(sysfile_path("%s", path).s, O_RDONLY | O_CLOEXEC);
}

static int freeze_one(struct freeze *freeze, const struct mounts *mounts,
		      const struct mount_entry *m, bool force)
{
	int fd, ret = 0;

	if (freeze->count == FREEZE_MAX) {
		msg_error("more than %d filesystems are mounted for writing", FREEZE_MAX);
		return -E2BIG;
	}
	fd = open_mount(mounts, m);
	if (fd < 0 || ioctl(fd, FIFREEZE, 0))
		ret = -errno;
	if (!ret) {
		freeze->dev[freeze->count] = m->dev;
		freeze->fd[freeze->count++] = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	if (ret == -EOPNOTSUPP && force) {
		msg_info("%s is not frozen", units_clean(m->where, strlen(m->where)).s);
		return 0;
	}
	msg_error("%s (%s) cannot be frozen: %s", units_clean(m->where, strlen(m->where)).s,
		  units_clean(m->type, strlen(m->type)).s, ret == -EOPNOTSUPP ?
		  "this kind of filesystem has no support for it" : ret == -EBUSY ?
		  "it is frozen, or lies beneath another mount" : strerror(-ret));
	msg_advice("unmount it, or mount it read-only, before this");
	return ret;
}

/* From the last to the first, each filesystem once. */
static int freeze_mounts(struct freeze *freeze, const struct mounts *mounts, const char *types,
			 bool force)
{
	int ret = 0;

	for (size_t i = mounts->count; !ret && i-- > 0;) {
		const struct mount_entry *m = &mounts->mount[i];
		bool known = m->read_only || !is_on_device(types, m->type);

		for (size_t j = 0; j < freeze->count; j++)
			known |= freeze->dev[j] == m->dev;
		if (!known)
			ret = freeze_one(freeze, mounts, m, force);
	}
	return ret;
}

int freeze_all(struct freeze *freeze, bool force)
{
	struct mounts mounts;
	char *types = NULL;
	int ret;

	freeze->count = 0;
	ret = mounts_read(&mounts);
	if (!ret)
		ret = sysfile_read("/proc/filesystems", &types);
	if (ret)
		msg_error("what is mounted cannot be read: %s", strerror(-ret));
	else
		ret = freeze_mounts(freeze, &mounts, types, force);
	if (ret)
		freeze_end(freeze);
	free(types);
	mounts_free(&mounts);
	return ret;
}

void freeze_end(struct freeze *freeze)
{
	while (freeze->count) {
		int fd = freeze->fd[--freeze->count];

		if (ioctl(fd, FITHAW, 0))
			msg_error("a filesystem cannot be thawed: %s", strerror(errno));
		close(fd);
	}
}
