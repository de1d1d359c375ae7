/* SPDX-License-Identifier: GPL-2.0-only */
/* What an architecture provides to the rest of the module. */
#ifndef SNAPCAP_ARCH_H
#define SNAPCAP_ARCH_H

#include <linux/types.h>

/** SNAPCAP_ARCH_RESTORED - what snapcap_arch_suspend() returns in a restored system */
#define SNAPCAP_ARCH_RESTORED	1

/** SNAPCAP_ARCH_RECORD_MAX - bytes that any architecture's CPU record fits in */
#define SNAPCAP_ARCH_RECORD_MAX	256

/**
 * snapcap_arch_init() - map what the save and restore of the CPU needs
 *
 * Context: process context, sleeps.
 * Return: 0, -ENOMEM, -EINVAL (device tree not understood)
 */
int snapcap_arch_init(void);

/** snapcap_arch_exit() - undo snapcap_arch_init() */
void snapcap_arch_exit(void);

/**
 * snapcap_arch_check() - can this system be captured?
 *
 * Context: any.
 * Return: NULL, or what cannot be saved, as a short text
 */
const char *snapcap_arch_check(void);

/** snapcap_arch_id() - SNAPCAP_ARCH_* of snapcap_image.h */
u32 snapcap_arch_id(void);

/**
 * snapcap_arch_suspend() - save the CPU, call @fn; returns twice
 * @fn: takes the snapshot of memory; must not touch what its caller's frames hold
 * @arg: for @fn
 *
 * The first time it returns what @fn returned. In the restored system it
 * returns SNAPCAP_ARCH_RESTORED, with all CPU state as it was when @fn was
 * called and memory as @fn saw it.
 *
 * Context: one CPU online, interrupts off, after syscore_suspend().
 * Return: @fn's result (0 or negative), or SNAPCAP_ARCH_RESTORED
 */
int snapcap_arch_suspend(int (*fn)(void *arg), void *arg);

/**
 * snapcap_arch_record() - fill the CPU record of snapcap_cpu.h
 * @record: SNAPCAP_ARCH_RECORD_MAX bytes
 *
 * Context: from the function given to snapcap_arch_suspend().
 * Return: size of the record
 */
size_t snapcap_arch_record(void *record);

/** snapcap_arch_counter() - free-running counter that starts at power-on; any context */
u64 snapcap_arch_counter(void);

#endif /* SNAPCAP_ARCH_H */
