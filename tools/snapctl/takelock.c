// SPDX-License-Identifier: GPL-2.0-only
/*
 * A POSIX lock rather than flock(): the kernel then tells who has it, so that no number of
 * a process that is gone can be found in a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sysfile.h"
#include "takelock.h"

static int open_lock(void)
{
	int fd = open(sysfile_path("/run/snapcap/take.lock").s,
		      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd;
}

static pid_t find_owner(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
		return 0;
	/* Of a lock that is a file's there is none. */
	return lock.l_pid > 0 ? lock.l_pid : 0;
}

int takelock_get(int *lock, pid_t *owner)
{
	struct flock wanted = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, ret = sysfile_run_folder();

	*lock = -1;
	*owner = 0;
	if (ret)
		return ret;
	fd = open_lock();
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &wanted)) {
		ret = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
		*owner = find_owner(fd);
		close(fd);
		return ret;
	}
	*lock = fd;
	return 0;
}

void takelock_put(int lock)
{
	if (lock >= 0)
		close(lock);
}

pid_t takelock_owner(void)
{
	int fd = open_lock();
	pid_t owner;

	if (fd < 0)
		return 0;
	owner = find_owner(fd);
	close(fd);
	return owner;
}
