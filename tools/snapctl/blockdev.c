// SPDX-License-Identifier: GPL-2.0-only
/* Nothing but the calls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blockdev.h"

int blockdev_flush(const char *path)
{
	struct stat st;
	int fd, ret = 0;

	if (*path != '/' || stat(path, &st) || !S_ISBLK(st.st_mode))
		return -ENOTBLK;
	/* Read-only: udev looks at, and so caches, what was open for writing. */
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) || ioctl(fd, BLKFLSBUF, 0))
		ret = -errno;
	close(fd);
	return ret;
}
