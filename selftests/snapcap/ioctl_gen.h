/* SPDX-License-Identifier: GPL-2.0-only */
/* Arguments for ioctl()s: right ones, nearly right ones, and what each may answer. */
#ifndef SNAPCAP_TEST_IOCTL_GEN_H
#define SNAPCAP_TEST_IOCTL_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/snapcap.h>

/* The longest argument, and bytes behind it that nobody may write to. */
#define IOCTL_ARG_MAX	2048
#define IOCTL_GUARD	64
#define IOCTL_GUARD_BYTE	0x5c
/* Entries that some arguments point to. */
#define IOCTL_ENTRIES	16384

/**
 * struct ioctl_kind - one command of the device
 * @name: for the report
 * @cmd: number
 * @size: bytes of its argument, 0: none
 * @share: how often it is called, of all shares
 * @privileged: refused without capabilities
 * @freezes: a right argument stops the system for a while
 * @errors: errno values that it may end with, beside EFAULT, 0 at the end
 */
struct ioctl_kind {
	const char *name;
	unsigned int cmd;
	size_t size;
	unsigned int share;
	bool privileged;
	bool freezes;
	int errors[20];
};

extern const struct ioctl_kind ioctl_kinds[];
extern const size_t ioctl_kind_count;

/**
 * struct ioctl_target - what the arguments may be about
 * @mtd: number of the only MTD device that a take may write to
 * @size: its bytes
 * @erasesize: of its blocks
 * @entries: memory for entries, IOCTL_ENTRIES bytes
 */
struct ioctl_target {
	unsigned int mtd;
	uint64_t size;
	uint32_t erasesize;
	void *entries;
};

/** ioctl_random() - the next number of a sequence that @state holds */
uint64_t ioctl_random(uint64_t *state);

/** ioctl_pick() - a command, by the shares */
const struct ioctl_kind *ioctl_pick(uint64_t *state);

/** ioctl_make() - a right argument at @arg, of IOCTL_ARG_MAX bytes */
void ioctl_make(const struct ioctl_kind *kind, const struct ioctl_target *target, void *arg,
		uint64_t *state);

/**
 * ioctl_spoil() - make fields of an argument wrong, or at least another
 * @kind: command
 * @target: no take is made to write to another one
 * @arg: from ioctl_make()
 * @state: of ioctl_random()
 *
 * Of commands that freeze, one field is surely not taken.
 */
void ioctl_spoil(const struct ioctl_kind *kind, const struct ioctl_target *target, void *arg,
		 uint64_t *state);

/** ioctl_may_fail() - is that errno one of the command's? */
bool ioctl_may_fail(const struct ioctl_kind *kind, int error);

/** ioctl_result_is_sound() - what came back with success, in limits and terminated */
bool ioctl_result_is_sound(const struct ioctl_kind *kind, const void *arg);

#endif /* SNAPCAP_TEST_IOCTL_GEN_H */
