// SPDX-License-Identifier: GPL-2.0-only
/* Finds the block devices in use that nobody writes to. Changes nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fingerprint.h"
#include "fsprobe.h"
#include "msg.h"
#include "sysfile.h"

static bool is_immutable(dev_t dev)
{
	const char *type;
	char path[80];
	bool is;
	u64 bytes;
	int fd;

	if (fingerprint_node(dev, path, sizeof(path), &bytes) || !bytes)
		return false;
	/* To look at it would count as a page that an application needed. */
	if (!strcmp(path, "/dev/" SNAPCAP_PAGER_DISK) || !fingerprint_in_use(path))
		return false;
	fd = open(sysfile_path("%s", path).s, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is = !fsprobe(fd, bytes, &type) && fsprobe_never_written(type);
	close(fd);
	return is;
}

int fingerprint_add_used(struct fingerprint_list *list)
{
	DIR *dir = opendir(sysfile_path("/sys/dev/block").s);
	struct dirent *entry;
	int ret = 0;

	/* A kernel without block devices. */
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!ret && (entry = readdir(dir))) {
		unsigned int maj, min;

		if (sscanf(entry->d_name, "%u:%u", &maj, &min) != 2 ||
		    !is_immutable(makedev(maj, min)))
			continue;
		ret = fingerprint_add(list, makedev(maj, min), SNAPCAP_FINGERPRINT_IMMUTABLE);
		if (ret == -EOPNOTSUPP) {
			msg_verbose("a loop device (%s) is not watched, but what is below it",
				    entry->d_name);
			ret = 0;
		}
	}
	closedir(dir);
	return ret;
}
