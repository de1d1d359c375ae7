/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc, /sys and /run. */
#ifndef SNAPCTL_SYSFILE_H
#define SNAPCTL_SYSFILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/**
 * sysfile_number() - the number that a file begins with
 * @path: such as "/sys/class/mtd/mtd0/size"
 * @base: as strtoull() has it
 * @value: result
 *
 * Return: 0, -EPROTO: there is none, or another negative errno
 */
int sysfile_number(const char *path, int base, uint64_t *value);

/** sysfile_dev() - the device number in a file such as "/sys/class/ubi/ubi0/dev"; 0: none */
dev_t sysfile_dev(const char *path);

/**
 * struct sysfile_names - what is in a folder
 * @entry: them, in no order; without those that begin with a dot
 * @count: how many
 */
struct sysfile_names {
	struct dirent **entry;
	int count;
};

/**
 * sysfile_names() - read a folder
 * @folder: such as "/sys/class/block"
 * @names: result, freed with sysfile_names_free() also when this fails
 *
 * Return: 0 or a negative errno, and then there are none
 */
int sysfile_names(const char *folder, struct sysfile_names *names);

/** sysfile_names_free() - free what sysfile_names() gave */
void sysfile_names_free(struct sysfile_names *names);

struct stat;

/** sysfile_stat() - stat() of what is at @path, through links; 0 or a negative errno */
int sysfile_stat(const char *path, struct stat *st);

/** sysfile_memory() - @field of /proc/meminfo, such as "MemTotal", in bytes; 0: there is none */
uint64_t sysfile_memory(const char *field);

/** sysfile_run_folder() - make /run/snapcap, which only root can read; 0 or a negative errno */
int sysfile_run_folder(void);

#endif /* SNAPCTL_SYSFILE_H */
