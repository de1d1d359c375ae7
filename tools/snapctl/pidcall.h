/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls on processes that older C libraries have no function for. */
#ifndef SNAPCTL_PIDCALL_H
#define SNAPCTL_PIDCALL_H

#include <sys/types.h>
#include <sys/uio.h>

/** pidcall_open() - a file that stands for a process, readable when it ended; -1 and errno */
int pidcall_open(pid_t pid);

/**
 * pidcall_pageout() - have a process's memory written to swap
 * @pidfd: from pidcall_open()
 * @range: addresses in that process
 * @count: entries of @range, at most IOV_MAX
 *
 * Return: bytes handled, which may end before a range that cannot be; or -1 and errno
 */
ssize_t pidcall_pageout(int pidfd, const struct iovec *range, size_t count);

#endif /* SNAPCTL_PIDCALL_H */
