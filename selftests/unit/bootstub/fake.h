/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the boot loader's generic code: memory at its physical
 * addresses, a window of real mappings, flash that is an array, a disk with the
 * same bytes, a console that is a buffer.
 */
#ifndef FAKE_H
#define FAKE_H

#include <snapimg.h>
#include "arena.h"
#include "machine.h"
#include "media/media.h"
#include "plat/plat.h"
#include "serial/serial.h"

#define FAKE_RAM_BASE	0x40000000ULL
#define FAKE_RAM_SIZE	(64ULL << 20)
#define FAKE_STUB_BASE	0x40200000ULL
#define FAKE_STUB_SIZE	0x1ff000ULL
#define FAKE_HANDOFF	0x403ff000ULL
#define FAKE_FLASH_SIZE	(32u << 20)
#define FAKE_OS		0x100000u	/* partition of OS images, 7 MiB */
#define FAKE_SNAPSHOT	0x800000u	/* partition of snapshots, 24 MiB */

extern u8 *fake_flash;
/* The flash as a medium that cannot be mapped, and with the same partitions. */
extern struct media fake_paged;
extern const struct plat_medium fake_disk;
/* Requests to it, their bytes, and how many were begun and not ended. */
extern u32 fake_requests;
extern u64 fake_request_bytes;
extern u32 fake_request_open;
/* Reads that touch this offset fail; ~0 for none. */
extern u64 fake_bad_offset;
/* What was written to the console, without the carriage returns, and how many those were. */
extern char fake_console[4096];
extern u32 fake_returns;
/* In fake_keys: nobody types for so long. */
#define FAKE_PAUSE	"\2"
#define FAKE_PAUSE_US	100000
/* The console has no room, for ever; what it has for the loader to read, NULL: nothing. */
extern bool fake_stuck;
extern const char *fake_keys;
/* Result of arch_resume_check(), of arch_map(); the counter's next value. */
extern int fake_resume_check, fake_map_error;
extern u64 fake_counter;
/* What arch_map() was asked for. */
extern struct arch_map fake_map[64];
extern u32 fake_map_count;
/* Rounds of the window, and the longest run of slots that one had. */
extern u32 fake_rounds;

/** fake_setup() - everything as at power-on: memory full of junk, flash erased */
int fake_setup(void **state);

/** fake_restart() - the same, but memory and flash stay as they are */
void fake_restart(void);

/** fake_ram() - memory at a physical address */
static inline u8 *fake_ram(u64 pa)
{
	return (u8 *)(uintptr_t)pa;
}

/** fake_tree() - a machine's device tree at @buf: two cells, flash, memory, seed */
void fake_tree(void *buf, int size, u64 ram_size);

/** fake_machine() - what machine_probe() would find, tree in @buf */
void fake_machine(struct machine *m, void *buf, int size);

#endif
