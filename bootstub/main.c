// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * From the first instruction in C to a machine that is known, and back from an
 * exception.
 *
 * An exception is a failure like any other: the stack is dropped, and the boot
 * goes on from the stage it was in.
 */
#include <snapimg.h>
#include "boot.h"
#include "console.h"
#include "fail.h"
#include "handoff.h"
#include "menu.h"
#include "plat/plat.h"
#include "rescue.h"
#include "watchdog/watchdog.h"

/* Exceptions with nothing to fall back to but a person. */
#define EXCEPTIONS_MAX	10

/* From the linker script. */
extern char __heap_start[], __heap_end[];

/* Probe and boot, with the device tree at @dtb or with the machine's own. */
static void __attribute__((noreturn)) boot_with(u64 dtb)
{
	const char *trouble;

	boot.stage = dtb ? BOOT_STAGE_TREE : BOOT_STAGE_PROBE;
	trouble = machine_probe(&plat, dtb, &boot.arena, &boot.machine);
	boot.stage = BOOT_STAGE_PROBE;
	if (trouble && dtb) {
		boot.arena.used = 0;
		boot_with(0);
	}
	if (trouble)
		fail(trouble);
	fail_set_fdt(boot.machine.fdt);
	if (machine_map(&plat, &boot.machine))
		fail("no memory for translation tables");
	handoff_begin((void *)(uintptr_t)plat.handoff_base, &plat, &boot.machine);
	handoff_stamp_at(SNAPCAP_EVENT_STUB_ENTRY, boot.entry_counter);

	/* Of the start before: a person or a slow medium takes its time. */
	boot.stage = BOOT_STAGE_SCAN;
	watchdog_stop(&plat, &boot.machine);
	boot.stage = BOOT_STAGE_MENU;
	rescue_obey(handoff_request());
	boot.menu |= menu_wanted(plat.window_ms);
	boot_system();
}

void stub_main(u64 entry_counter, u32 el, u64 dtb)
{
	if (el > 2)
		fail("entered at EL3, which is not supported");
	if (arch_map(plat.map, plat.map_count))
		fail("no memory for translation tables");

	boot.arena.base = (u8 *)__heap_start;
	boot.arena.size = (size_t)(__heap_end - __heap_start);
	boot.below = ~0ULL;
	boot.entry_counter = entry_counter;
	boot_with(dtb);
}

void stub_exception(u64 cause, u64 pc, u64 address)
{
	static bool reporting, stopping;
	static enum boot_stage stage;
	static u32 exceptions;

	/* Should it happen in here again, nothing is left to go on with, nor to say it. */
	if (reporting)
		plat_end(NULL);
	reporting = true;
	say("exception: cause %llx at %llx, address %llx", cause, pc, address);
	reporting = false;
	/* A medium that cannot even be stopped: on from where the first one came from. */
	if (!stopping) {
		stage = boot.stage;
		stopping = true;
		boot_stop_media();
	}
	stopping = false;
	boot.stage = BOOT_STAGE_PROBE;
	switch (stage) {
	case BOOT_STAGE_TREE:
		boot.arena.used = 0;
		boot_with(0);
	case BOOT_STAGE_RESTORE:
		boot.below = boot.slot.rank;
		boot_refuse(-SNAPCAP_REASON_EXCEPTION, pc, boot.slot.img.sequence);
		boot_system();
	case BOOT_STAGE_SCAN:
		boot_refuse(-SNAPCAP_REASON_EXCEPTION, pc, 0);
		boot.medium = plat.medium_count;
		boot_system();
	case BOOT_STAGE_COLD:
	case BOOT_STAGE_MENU:
		if (++exceptions == EXCEPTIONS_MAX)
			fail("too many exceptions: the machine is turned off");
		boot.menu = true;
		boot_system();
	default:
		fail("exception with nothing to fall back to: the machine is turned off");
	}
}
