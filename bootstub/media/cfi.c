// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Intel command set (CFI primary algorithm 0001h and 0003h): Numonyx P30 data
 * sheet 306666, "Command codes and definitions" and "Status register".
 *
 * Commands are written through a mapping of their own, as device memory. What
 * the cacheable one fetches meanwhile is status, not data, and is dropped
 * afterwards.
 */
#include <linux/snapcap_reason.h>
#include "../arch/arch.h"
#include "../mmio.h"
#include "cfi.h"

/* The same for both chips. */
#define BOTH(x)		((u32)(x) << 16 | (x))

#define CMD_PROGRAM	BOTH(0x40)
#define CMD_CLEAR	BOTH(0x50)
#define CMD_LOCK_SETUP	BOTH(0x60)
#define CMD_UNLOCK	BOTH(0xd0)
#define CMD_READ_ARRAY	BOTH(0xff)

#define STATUS_READY	BOTH(0x80)
/* Erase or program failed, voltage too low, block locked. */
#define STATUS_ERRORS	BOTH(0x3a)

/* A word takes some 100 us, and at its worst 450 us. */
#define WAIT_MS		10

static int wait_ready(u64 at)
{
	u64 end = arch_counter() + arch_counter_hz() / 1000 * WAIT_MS;
	u32 status;

	do {
		status = mmio_read32(at);
		if ((status & STATUS_READY) == STATUS_READY)
			return status & STATUS_ERRORS ? -SNAPCAP_REASON_READ : 0;
	} while (arch_counter() < end);
	return -SNAPCAP_REASON_READ;
}

/* Blocks are locked after power-on. */
static int unlock(u64 at)
{
	mmio_write32(at, CMD_CLEAR);
	mmio_write32(at, CMD_LOCK_SETUP);
	mmio_write32(at, CMD_UNLOCK);
	return wait_ready(at);
}

static int program_word(u64 at, u32 word)
{
	mmio_write32(at, CMD_PROGRAM);
	mmio_write32(at, word);
	return wait_ready(at);
}

int cfi_program(struct media *m, u64 off, const void *data, size_t len)
{
	u64 base = m->base + off;
	u64 at = (u64)(uintptr_t)arch_device_window(base, len);
	size_t done;
	u32 word;
	int err;

	if (!at)
		return -SNAPCAP_REASON_READ;
	err = unlock(at);
	for (done = 0; !err && done < len; done += sizeof(word)) {
		memcpy(&word, (const u8 *)data + done, sizeof(word));
		err = program_word(at + done, word);
	}
	mmio_write32(at, CMD_CLEAR);
	mmio_write32(at, CMD_READ_ARRAY);
	arch_device_window(0, 0);
	arch_flush(m->base, m->size);
	return err;
}
