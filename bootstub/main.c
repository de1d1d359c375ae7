// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The boot on one page: probe the machine, look for a snapshot, restore it, or
 * boot cold.
 *
 * Until the jump a failure costs nothing but time: the snapshot before it is
 * tried, then a cold boot, which needs nothing that is in memory. An exception
 * is such a failure too: the stack is dropped, and the boot goes on from the
 * stage it was in.
 */
#include <snapimg.h>
#include "arena.h"
#include "console.h"
#include "fail.h"
#include "handoff.h"
#include "image.h"
#include "machine.h"
#include "plat/plat.h"
#include "restore.h"

/* A snapshot that was restored this often in a row, and never confirmed, is passed over. */
#define ATTEMPTS_MAX	3

/* From the linker script. */
extern char __heap_start[], __heap_end[];

enum stage {
	STAGE_TREE,	/* falls back to the machine's own device tree */
	STAGE_PROBE,	/* nothing to fall back to */
	STAGE_SCAN,	/* falls back to a cold boot */
	STAGE_RESTORE,	/* falls back to the snapshot before; also just after the jump */
	STAGE_COLD,	/* nothing to fall back to but an older OS image */
};

/* All that must outlive an exception. */
static struct {
	enum stage stage;
	u64 entry_counter;
	struct arena arena;
	struct machine machine;
	struct snapimg_slot slot;	/* being restored, or refused last */
	u64 below;			/* snapshots from this sequence number on are done with */
	int refused;			/* reason of the last refusal, not yet printed */
	u64 detail;
} boot;

static int read_snapshot(void *ctx, u64 off, void *buf, size_t len)
{
	const struct plat *p = ctx;

	return flash_read(p->flash, p->part[PLAT_PART_SNAPSHOT].offset + off, buf, len);
}

static const char *detail_name(int reason)
{
	switch (-reason) {
	case SNAPCAP_REASON_CHUNK_CRC:
	case SNAPCAP_REASON_CHUNK_CODEC:
	case SNAPCAP_REASON_CHUNK_DECODE:
		return "chunk";
	case SNAPCAP_REASON_SECTION_CRC:
	case SNAPCAP_REASON_NO_SPACE:
		return "section";
	case SNAPCAP_REASON_FORCED:
		return "attempt";
	default:
		return "detail";
	}
}

/* Say why the last snapshot was refused, and what comes next. */
static void report(const char *next)
{
	u64 at = plat.part[PLAT_PART_SNAPSHOT].offset + boot.slot.offset;

	if (boot.refused == -SNAPCAP_REASON_EMPTY)
		say("no snapshot (%s): %s", snapimg_reason_name(boot.refused), next);
	else if (boot.refused)
		say("snapshot at %llx refused: %s (%s %llu): %s", at,
		    snapimg_reason_name(boot.refused), detail_name(boot.refused), boot.detail,
		    next);
	boot.refused = 0;
}

static void refuse(int reason, u64 detail, u64 sequence)
{
	boot.refused = reason;
	boot.detail = detail;
	handoff_refused((u32)-reason, detail, boot.slot.offset, sequence);
}

/* Put the snapshot in boot.slot back and enter it; returns why not. */
static int try_restore(u64 *detail)
{
	struct restore r = {
		.flash = plat.flash,
		.base = plat.part[PLAT_PART_SNAPSHOT].offset + boot.slot.offset,
		.img = &boot.slot.img,
	};
	u64 sequence = boot.slot.img.sequence;
	u32 attempts = handoff_attempts(boot.slot.offset, sequence);
	struct arena arena = boot.arena;
	struct snapimg_machine bind;
	struct image kernel;
	int err;

	*detail = attempts;
	if (attempts >= ATTEMPTS_MAX)
		return -SNAPCAP_REASON_FORCED;
	machine_bind(&plat, &boot.machine, &bind);
	if (!image_scan(&plat, IMAGE_SCAN_HEADERS, ~0ULL, &kernel)) {
		bind.kernel_release = kernel.os.kernel_release;
		bind.build_id = kernel.os.build_id;
		bind.build_id_size = kernel.os.build_id_size;
	}
	err = restore_load(&r, &bind, &arena);
	if (!err) {
		handoff_stamp(SNAPCAP_EVENT_TABLES);
		err = restore_pages(&r);
	}
	*detail = r.detail;
	if (err)
		return err;

	handoff_stamp(SNAPCAP_EVENT_RESTORED);
	machine_wipe_seed(&boot.machine);
	handoff_restored(boot.slot.offset, sequence, attempts + 1, r.bytes_stored,
			 (r.img->stream_pages + r.img->zero_pages) << PAGE_SHIFT);
	handoff_stamp(SNAPCAP_EVENT_JUMP);
	arch_resume(r.table[SNAPCAP_SECTION_CPU]);
}

/* Try snapshot after snapshot, the newest first; returns when none is left. */
static void restore_newest(void)
{
	const struct snapimg_reader reader = {
		.size = plat.part[PLAT_PART_SNAPSHOT].size,
		.read = read_snapshot,
		.ctx = (void *)&plat,
	};
	static struct snapimg_slot slot;
	u64 detail;
	int err;

	for (;;) {
		boot.stage = STAGE_SCAN;
		err = snapimg_slot_newest(&reader, plat.flash->erase_size, boot.below, &slot);
		if (boot.below == ~0ULL)
			handoff_stamp(SNAPCAP_EVENT_SCANNED);
		if (err)
			break;
		report("trying an older one");
		boot.slot = slot;
		say("snapshot %llu at %llx: %llu pages", slot.img.sequence,
		    plat.part[PLAT_PART_SNAPSHOT].offset + slot.offset,
		    slot.img.stream_pages + slot.img.zero_pages);
		boot.stage = STAGE_RESTORE;
		err = try_restore(&detail);
		boot.below = slot.img.sequence;
		refuse(err, detail, slot.img.sequence);
	}
	/* What a slot without a good header holds is told when there is nothing else. */
	if (boot.below == ~0ULL) {
		boot.slot = slot;
		refuse(err, 0, slot.img.sequence);
	}
}

static void __attribute__((noreturn)) boot_cold(void)
{
	struct image img;
	u64 below = ~0ULL;
	int err;

	boot.stage = STAGE_COLD;
	report("cold boot");
	handoff_cold();
	while (!image_scan(&plat, 0, below, &img)) {
		err = image_setup(&plat, &boot.machine, &img);
		if (!err) {
			say("os image %llu at %llx: Linux %s", img.os.version, img.offset,
			    img.os.kernel_release);
			machine_wipe_seed(&boot.machine);
			handoff_stamp(SNAPCAP_EVENT_JUMP);
			image_start(&img);
		}
		say("os image at %llx refused: %s", img.offset, snapimg_reason_name(err));
		below = img.os.version;
	}
	handoff_refused(SNAPCAP_REASON_OS_IMAGE, 0, 0, 0);
	fail("no usable os image: the machine is turned off");
}

/* Probe and boot, with the device tree at @dtb or with the machine's own. */
static void __attribute__((noreturn)) boot_with(u64 dtb)
{
	const char *trouble;

	boot.stage = dtb ? STAGE_TREE : STAGE_PROBE;
	trouble = machine_probe(&plat, dtb, &boot.arena, &boot.machine);
	boot.stage = STAGE_PROBE;
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

	restore_newest();
	boot_cold();
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
	static bool reporting;
	enum stage stage = boot.stage;

	/* Should it happen in here again, nothing is left to go on with, nor to say it. */
	if (reporting)
		plat_end(NULL);
	reporting = true;
	boot.stage = STAGE_PROBE;
	say("exception: cause %llx at %llx, address %llx", cause, pc, address);
	reporting = false;
	switch (stage) {
	case STAGE_RESTORE:
		boot.below = boot.slot.img.sequence;
		refuse(-SNAPCAP_REASON_EXCEPTION, pc, boot.below);
		restore_newest();
		boot_cold();
	case STAGE_SCAN:
		refuse(-SNAPCAP_REASON_EXCEPTION, pc, 0);
		boot_cold();
	case STAGE_TREE:
		boot.arena.used = 0;
		boot_with(0);
	default:
		fail("exception with nothing to fall back to: the machine is turned off");
	}
}
