// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The watchdog of Intel's 6300ESB I/O controller hub: data sheet 300641-004,
 * chapter 15. Two stages, each counts down; the end of the second one resets the
 * machine. Whether it runs is a configuration register's business, how long is
 * that of memory, where each write has to be unlocked.
 */
#include <linux/snapcap_handoff.h>
#include <linux/snapcap_reason.h>
#include "../mmio.h"
#include "../pci.h"
#include "watchdog.h"

#define ID			0x25ab8086

#define CONFIG			0x60	/* 16 bits: resets, at 1 kHz ... */
#define CONFIG_NO_INTERRUPT	0x3	/* ... and nothing at the first stage's end */
#define LOCK			0x68	/* 8 bits */
#define LOCK_LOCKED		0x1	/* until the next reset of the device */
#define LOCK_ENABLED		0x2

#define TIMER1			0x00
#define TIMER2			0x04
#define TIMER_MAX		0xfffff
#define RELOAD			0x0c	/* 16 bits */
#define RELOAD_UNLOCK1		0x80
#define RELOAD_UNLOCK2		0x86
#define RELOAD_NOW		0x100
#define REGS_SIZE		0x10

/* The timers count 33 MHz / 2^15, which is not quite 1 kHz. */
#define CLOCK_HZ		33000000ULL
#define CLOCK_SHIFT		15

static struct pci_function function;

static int find(struct watchdog *w, const struct machine *m)
{
	int err = pci_find(m, ID, &function);

	w->at = function.at;
	return err;
}

static u8 lock(void)
{
	return mmio_read8(function.config + LOCK);
}

static bool is_running(const struct watchdog *w)
{
	return lock() & LOCK_ENABLED;
}

/* One write to the others is let through after this. */
static void unlock(u64 regs)
{
	mmio_write16(regs + RELOAD, RELOAD_UNLOCK1);
	mmio_write16(regs + RELOAD, RELOAD_UNLOCK2);
}

static void set_timers(u64 regs, u32 stage)
{
	unlock(regs);
	mmio_write32(regs + TIMER1, stage);
	unlock(regs);
	mmio_write32(regs + TIMER2, stage);
	unlock(regs);
	mmio_write16(regs + RELOAD, RELOAD_NOW);
}

/* Never sooner than asked for. */
static u32 stage_ticks(u32 ms)
{
	u64 ticks = (((u64)ms * CLOCK_HZ >> CLOCK_SHIFT) / 1000 + 2) / 2;

	return ticks < TIMER_MAX ? (u32)ticks : TIMER_MAX;
}

static int arm(struct watchdog *w, u32 ms)
{
	u64 regs;
	int err = pci_open(&function, 0, REGS_SIZE, &regs);

	if (err)
		return err;
	mmio_write16(function.config + CONFIG, CONFIG_NO_INTERRUPT);
	set_timers(regs, stage_ticks(ms));
	if (!(lock() & LOCK_ENABLED))
		mmio_write8(function.config + LOCK, LOCK_ENABLED);
	err = lock() & LOCK_ENABLED ? 0 : -SNAPCAP_REASON_READ;
	pci_close(&function);
	return err;
}

static int stop(struct watchdog *w)
{
	u64 regs;

	if (!(lock() & LOCK_LOCKED))
		mmio_write8(function.config + LOCK, 0);
	if (!(lock() & LOCK_ENABLED))
		return 0;
	if (!pci_open(&function, 0, REGS_SIZE, &regs)) {
		set_timers(regs, TIMER_MAX);
		pci_close(&function);
	}
	return -WATCHDOG_E_LOCKED;
}

struct watchdog watchdog_i6300esb = {
	.name = "i6300esb",
	.kind = SNAPCAP_WATCHDOG_I6300ESB,
	.find = find,
	.is_running = is_running,
	.arm = arm,
	.stop = stop,
};
