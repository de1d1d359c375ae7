/* SPDX-License-Identifier: GPL-2.0-only */
/* Who uses a filesystem or a device. */
#ifndef SNAPCTL_HOLDERS_H
#define SNAPCTL_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "systemd.h"

/**
 * struct holder - a process
 * @pid: process
 * @command: its name; as @unit, text of a stranger
 * @how: "fd 3", "cwd", "root", "exe", "map", "mount namespace" or
 *	"device"
 * @unit: systemd unit, may be empty
 * @service: the unit can be stopped and started
 */
struct holder {
	pid_t pid;
	char command[64];
	char how[32];
	char unit[SYSTEMD_NAME_MAX];
	bool service;
};

/**
 * struct holders - processes, each of them once
 * @holder: processes
 * @count: how many
 */
struct holders {
	struct holder *holder;
	size_t count;
};

/* More are counted only, where they are told. */
#define HOLDERS_SHOWN	8

/**
 * struct holders_writer - a device that processes have open for writing
 * @dev: block device, or the character device of MTD
 * @mtd: it is that
 * @by: who
 */
struct holders_writer {
	dev_t dev;
	bool mtd;
	struct holders by;
};

/**
 * holders_find() - processes with a file, a folder, a program or a mapping on a filesystem
 * @holders: result, freed with holders_free()
 * @dev: the filesystem, as stat() tells it
 *
 * This process is the last of them when it has.
 *
 * Return: 0 or a negative errno
 */
int holders_find(struct holders *holders, dev_t dev);

/**
 * holders_namespaces() - processes, one of each mount namespace but this one, that see
 *	a filesystem mounted
 * @holders: result, freed with holders_free()
 * @dev: the filesystem, as mountinfo has it
 *
 * Return: 0 or a negative errno
 */
int holders_namespaces(struct holders *holders, dev_t dev);

/** holders_free() - forget them */
void holders_free(struct holders *holders);

/**
 * holders_character() - processes, but for this one, that have a character device open
 * @holders: result, freed with holders_free()
 * @major: any device with this major number
 *
 * Return: 0 or a negative errno
 */
int holders_character(struct holders *holders, unsigned int major);

/**
 * holders_writers() - block devices, and MTD devices by their character device, that
 *	processes have open for writing, but for this one
 * @writers: result, freed with holders_writers_free()
 *
 * Return: how many devices, or a negative errno
 */
int holders_writers(struct holders_writer **writers);

/** holders_writers_free() - forget @count of them */
void holders_writers_free(struct holders_writer *writers, int count);

/** holders_describe() - such as "PID 412 (postgres, postgresql.service)"; "" for nobody */
void holders_describe(const struct holders *holders, char *text, size_t size);

#endif /* SNAPCTL_HOLDERS_H */
