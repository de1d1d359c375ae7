/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The way from a machine that is known to a system that runs: snapshots first,
 * then OS images, then a person.
 */
#ifndef BOOT_H
#define BOOT_H

#include <snapimg.h>
#include <snapstore.h>
#include "arena.h"
#include "machine.h"

enum boot_stage {
	BOOT_STAGE_TREE,	/* falls back to the machine's own device tree */
	BOOT_STAGE_PROBE,	/* nothing to fall back to */
	BOOT_STAGE_SCAN,	/* falls back to a cold boot */
	BOOT_STAGE_RESTORE,	/* falls back to the snapshot before; also just after the jump */
	BOOT_STAGE_COLD,	/* falls back to the menu */
	BOOT_STAGE_MENU,	/* likewise */
};

/**
 * struct boot - all that must outlive an exception
 * @stage: what is going on
 * @entry_counter: at the loader's first instruction
 * @arena: what is left of the loader's memory once the machine is known
 * @machine: the machine
 * @medium: that snapshots are looked for on
 * @slot: being restored, or refused last
 * @below: snapshots from this rank on are done with
 * @refused: reason of the last refusal, not yet printed
 * @detail: what it speaks of
 * @refused_at: offset in the medium
 * @told: there was something to refuse
 * @cold: no snapshot is to be restored
 * @passed_over: so many of the newest OS images are not to be booted
 * @menu: the menu is wanted
 * @chosen: somebody has been there and has chosen: keys are not looked at any more
 */
struct boot {
	enum boot_stage stage;
	u64 entry_counter;
	struct arena arena;
	struct machine machine;
	u32 medium;
	struct snapimg_slot slot;
	u64 below;
	int refused;
	u64 detail;
	u64 refused_at;
	bool told;
	bool cold;
	u32 passed_over;
	bool menu;
	bool chosen;
};

extern struct boot boot;

/**
 * boot_system() - never returns: restore, or boot cold, or ask
 *
 * Goes on from where @boot says; also called again after an exception.
 */
void __attribute__((noreturn)) boot_system(void);

/** boot_refuse() - note why the snapshot in boot.slot is not restored */
void boot_refuse(int reason, u64 detail, u64 sequence);

/** boot_stop_media() - nothing but the CPU writes memory from here on */
void boot_stop_media(void);

/**
 * boot_start() - set up and start an OS image
 * @medium: where it is, open
 * @skip: so many of the newest are passed over; counted down
 * @keep: memory that Linux is to find as it is, NULL: none
 *
 * Returns when there is none that can be started, or when somebody has pressed
 * a key meanwhile (boot.menu).
 */
void boot_start(const struct plat_medium *medium, u32 *skip, const struct snapimg_range *keep);

/** boot_reader() - the snapshot partition of an open medium */
struct snapimg_reader boot_reader(const struct plat_medium *pm);

/** boot_flash() - the same, for what is written to snapshots; nothing is erased */
struct snapstore_flash boot_flash(const struct plat_medium *pm);

#endif
