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
#include "msg.h"
#include "sysfile.h"

/**
 * struct mounted - a line of mountinfo
 * @device: major:minor of the superblock
 * @point: where it is mounted
 * @type: of the filesystem
 * @super: options of the superblock
 */
struct mounted {
	char device[32];
	char point[256];
	char type[64];
	char super[16];
};

/* proc_pid_mountinfo(5): fields, optional fields, a dash, three more. */
static int parse_mount(const char *line, struct mounted *m)
{
	const char *dash = strstr(line, " - ");

	if (!dash || sscanf(line, "%*s %*s %31s %*s %255s", m->device, m->point) != 2 ||
	    sscanf(dash, " - %63s %*s %15[^,\n]", m->type, m->super) != 2)
		return -EINVAL;
	return 0;
}

/* Blanks and the like are written as \040. */
static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		unsigned int byte;

		if (*text == '\\' && sscanf(text + 1, "%3o", &byte) == 1) {
			*out++ = (char)byte;
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

/* A type that lives on a device, or ubifs, which does but is told as if it did not. */
static bool is_on_device(const char *types, const char *type)
{
	char line[80];

	if (!strcmp(type, "ubifs") || !strcmp(type, "btrfs") || !strcmp(type, "jffs2"))
		return true;
	snprintf(line, sizeof(line), "\n\t%s\n", type);
	return strstr(types, line);
}

static int freeze_one(struct freeze *freeze, const struct mounted *m)
{
	int fd, ret = 0;

	if (freeze->count == FREEZE_MAX) {
		msg_error("more than %d filesystems are mounted for writing", FREEZE_MAX);
		return -E2BIG;
	}
	fd = open(sysfile_path("%s", m->point).s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FIFREEZE, 0))
		ret = -errno;
	if (!ret) {
		freeze->fd[freeze->count++] = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	msg_error("%s (%s) cannot be frozen: %s", m->point, m->type,
		  ret == -EOPNOTSUPP ? "this kind of filesystem has no support for it" :
		  strerror(-ret));
	msg_advice("unmount it, or mount it read-only, before this");
	return ret;
}

/* Lines of @text, from the last to the first, each superblock once. */
static int freeze_lines(struct freeze *freeze, char *text, const char *types)
{
	size_t size = strlen(text), seen_count = 0;
	char seen[FREEZE_MAX][32], *line;
	int ret = 0;

	while (size && !ret) {
		struct mounted m;
		bool known = false;

		text[--size] = '\0';
		line = memrchr(text, '\n', size);
		line = line ? line + 1 : text;
		size = (size_t)(line - text);
		if (parse_mount(line, &m) || strcmp(m.super, "rw") || !is_on_device(types, m.type))
			continue;
		for (size_t i = 0; i < seen_count; i++)
			known |= !strcmp(seen[i], m.device);
		if (known)
			continue;
		unescape(m.point);
		ret = freeze_one(freeze, &m);
		if (!ret)
			strcpy(seen[seen_count++], m.device);
	}
	return ret;
}

int freeze_all(struct freeze *freeze)
{
	char *mounts = NULL, *types = NULL;
	int ret;

	freeze->count = 0;
	ret = sysfile_read("/proc/self/mountinfo", &mounts);
	if (!ret)
		ret = sysfile_read("/proc/filesystems", &types);
	if (ret)
		msg_error("what is mounted cannot be read: %s", strerror(-ret));
	else
		ret = freeze_lines(freeze, mounts, types);
	if (ret)
		freeze_end(freeze);
	free(types);
	free(mounts);
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
