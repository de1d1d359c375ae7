// SPDX-License-Identifier: GPL-2.0-only
/* Nothing but the calls; their numbers are the same on all architectures. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pidcall.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open		434
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise	440
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif

int pidcall_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

ssize_t pidcall_pageout(int pidfd, const struct iovec *range, size_t count)
{
	return syscall(SYS_process_madvise, pidfd, range, count, MADV_PAGEOUT, 0);
}
