/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc, /sys and /run. */
#ifndef SNAPCTL_SYSFILE_H
#define SNAPCTL_SYSFILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/** sysfile_root - put before every path here; "" outside of tests */
extern const char *sysfile_root;

/** struct sysfile_path - a path below the root */
struct sysfile_path {
	char s[PATH_MAX];
};

/** sysfile_path() - the path that @fmt makes, below the root */
struct sysfile_path sysfile_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * sysfile_read() - all of a file that has no size, as text
 * @path: such as "/proc/swaps"
 * @text: result, ended by a NUL; freed by the caller
 *
 * Return: 0, -EFBIG: more than 64 MiB, or another negative errno
 */
int sysfile_read(const char *path, char **text);

/** sysfile_write() - write @text in one write(); 0 or a negative errno */
int sysfile_write(const char *path, const char *text);

struct stat;

/** sysfile_stat() - stat() of what is at @path, through links; 0 or a negative errno */
int sysfile_stat(const char *path, struct stat *st);

/** sysfile_memory() - @field of /proc/meminfo, such as "MemTotal", in bytes; 0: there is none */
uint64_t sysfile_memory(const char *field);

/** sysfile_run_folder() - make /run/snapcap, which only root can read; 0 or a negative errno */
int sysfile_run_folder(void);

#endif /* SNAPCTL_SYSFILE_H */
