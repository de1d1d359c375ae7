/* SPDX-License-Identifier: GPL-2.0-only */
/* Who uses a filesystem or a device. */
#ifndef SNAPCTL_HOLDERS_H
#define SNAPCTL_HOLDERS_H

#include <stddef.h>
#include <sys/types.h>

/* More are counted only. */
#define HOLDERS_MAX	8

/**
 * struct holder - a process
 * @pid: its number
 * @command: its name
 * @unit: of systemd, empty when it belongs to none
 */
struct holder {
	pid_t pid;
	char command[64];
	char unit[128];
};

/**
 * struct holders - those of one thing
 * @holder: the first of them
 * @count: all of them
 */
struct holders {
	struct holder holder[HOLDERS_MAX];
	size_t count;
};

/**
 * struct holders_writer - a block device that a process has open for writing
 * @dev: device
 * @by: who
 */
struct holders_writer {
	dev_t dev;
	struct holders by;
};

/**
 * holders_of() - processes with a file, a folder, a program or a mapping on a filesystem
 * @dev: its device
 * @holders: result
 *
 * Not this process. One that goes while it is looked at is left out.
 */
void holders_of(dev_t dev, struct holders *holders);

/**
 * holders_writers() - block devices that processes have open for writing
 * @writers: result, freed by the caller
 *
 * Return: how many devices, or a negative errno
 */
int holders_writers(struct holders_writer **writers);

/** holders_describe() - such as "PID 412 (postgres, postgresql.service)"; "" for nobody */
void holders_describe(const struct holders *holders, char *text, size_t size);

#endif /* SNAPCTL_HOLDERS_H */
