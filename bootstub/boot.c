// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The boot on one page: look for a snapshot, restore it, or boot cold, or let
 * somebody choose.
 *
 * Until the jump a failure costs nothing but time: the snapshot before it is
 * tried, then a cold boot, which needs nothing that is in memory.
 */
#include "boot.h"
#include "console.h"
#include "fail.h"
#include "handoff.h"
#include "image.h"
#include "menu.h"
#include "once.h"
#include "plat/plat.h"
#include "rescue.h"
#include "restore.h"
#include "trial.h"
#include "watchdog/watchdog.h"

/* With nothing to boot, somebody has this long to press a key, again and again. */
#define LAST_RESORT_MS	30000
/* In a menu that somebody has asked for. */
#define IDLE_MS		300000

struct boot boot;

void boot_stop_media(void)
{
	u32 i;

	for (i = 0; i < plat.medium_count; i++)
		media_close(plat.medium[i].media);
}

static const char *detail_name(int reason)
{
	switch (-reason) {
	case SNAPCAP_REASON_CHUNK_SUM:
	case SNAPCAP_REASON_CHUNK_CODEC:
	case SNAPCAP_REASON_CHUNK_DECODE:
		return "chunk";
	case SNAPCAP_REASON_SECTION_CRC:
	case SNAPCAP_REASON_NO_SPACE:
		return "section";
	case SNAPCAP_REASON_ATTEMPTS:
		return "attempt";
	case SNAPCAP_REASON_OS_CHANGED:
		return "os image";
	default:
		return "detail";
	}
}

/* Say why the last snapshot was refused, and what comes next. */
static void report(const char *next)
{
	if (boot.refused == -SNAPCAP_REASON_EMPTY || (boot.refused && boot.cold))
		say("no snapshot (%s): %s", snapimg_reason_name(boot.refused), next);
	else if (boot.refused)
		say("snapshot at %llx refused: %s (%s %llu): %s", boot.refused_at,
		    snapimg_reason_name(boot.refused), detail_name(boot.refused), boot.detail,
		    next);
	boot.refused = 0;
}

void boot_refuse(int reason, u64 detail, u64 sequence)
{
	const struct plat_medium *pm = &plat.medium[boot.medium];

	boot.refused = reason;
	boot.detail = detail;
	boot.refused_at = pm->part[PLAT_PART_SNAPSHOT].offset + boot.slot.offset;
	boot.told = true;
	handoff_refused((u32)-reason, detail, pm->media->name, boot.slot.offset, sequence);
}

/* No particular snapshot is refused. */
static void refuse_all(int reason)
{
	boot.refused = reason;
	boot.told = true;
	handoff_refused((u32)-reason, 0, "", 0, 0);
}

/* The last look before a jump: it costs nothing, and sees a key held down all the time. */
static bool key_is_down(void)
{
	/* Who has chosen may have pressed Enter as well. */
	if (!boot.chosen)
		boot.menu |= menu_wanted(0);
	return boot.menu;
}

/*
 * The machine, and the OS image that a cold boot would start: with
 * IMAGE_SCAN_HEADERS, if its parts are good.
 */
static void bind_machine(u32 flags, struct snapimg_machine *bind, struct image *kernel)
{
	u32 i;

	machine_bind(&plat, &boot.machine, bind);
	for (i = 0; i < plat.medium_count; i++) {
		const struct plat_medium *pm = &plat.medium[i];

		if (media_open(pm->media, boot.machine.fdt) ||
		    image_scan(pm, flags, NULL, kernel))
			continue;
		bind->kernel_release = kernel->os.kernel_release;
		bind->build_id = kernel->os.build_id;
		bind->build_id_size = kernel->os.build_id_size;
		bind->os_identity = snapimg_os_identity(&kernel->os);
		return;
	}
}

static bool other_os(int err)
{
	return err == -SNAPCAP_REASON_KERNEL_RELEASE || err == -SNAPCAP_REASON_BUILD_ID ||
	       err == -SNAPCAP_REASON_OS_CHANGED;
}

/* Put the snapshot in boot.slot back and enter it; returns why not, 0 for a key. */
static int try_restore(u64 *detail)
{
	const struct plat_medium *pm = &plat.medium[boot.medium];
	struct restore r = {
		.media = pm->media,
		.base = pm->part[PLAT_PART_SNAPSHOT].offset + boot.slot.offset,
		.img = &boot.slot.img,
	};
	struct arena arena = boot.arena;
	struct snapimg_verdict verdict;
	struct snapimg_machine bind;
	struct image kernel;
	int err;

	err = trial_check(pm, &boot.slot, &verdict);
	*detail = verdict.count;
	if (err)
		return err;
	bind_machine(IMAGE_SCAN_HEADERS, &bind, &kernel);
	err = restore_load(&r, &bind, &arena);
	/* Another system than in the newest image: is that one any good? */
	if (other_os(err)) {
		arena = boot.arena;
		bind_machine(0, &bind, &kernel);
		err = restore_load(&r, &bind, &arena);
	}
	if (err == -SNAPCAP_REASON_OS_CHANGED)
		r.detail = kernel.os.version;
	if (!err) {
		handoff_stamp(SNAPCAP_EVENT_TABLES);
		err = restore_pages(&r);
	}
	*detail = r.detail;
	if (err || key_is_down())
		return err;
	err = once_spend(pm, &boot.slot);
	if (err)
		return err;
	trial_note(pm, &boot.slot, &verdict);

	boot_stop_media();
	handoff_stamp(SNAPCAP_EVENT_RESTORED);
	machine_wipe_seed(&boot.machine);
	handoff_restored(pm->media->name, boot.slot.offset, boot.slot.img.sequence,
			 boot.slot.rank, verdict.count + 1, r.bytes_stored,
			 (r.img->stream_pages + r.img->zero_pages) << PAGE_SHIFT);
	handoff_os(r.img->os_identity);
	watchdog_arm(&plat, &boot.machine);
	handoff_stamp(SNAPCAP_EVENT_JUMP);
	/* A watchdog's reset may find memory, but no caches: the count must be there. */
	arch_flush(plat.handoff_base, SNAPCAP_HANDOFF_SIZE);
	arch_resume(r.table[SNAPCAP_SECTION_CPU]);
}

/* Try snapshot after snapshot of a medium, by rank; returns when none is left. */
static void restore_from(const struct plat_medium *pm)
{
	const struct snapimg_reader reader = boot_reader(pm);
	static struct snapimg_slot slot;
	u64 detail;
	int err;

	for (;;) {
		boot.stage = BOOT_STAGE_SCAN;
		media_stride(pm->media, pm->media->erase_size);
		err = snapimg_slot_newest(&reader, pm->media->erase_size, boot.below, &slot);
		media_stride(pm->media, 0);
		if (boot.below == ~0ULL)
			handoff_stamp(SNAPCAP_EVENT_SCANNED);
		if (err)
			break;
		report("trying an older one");
		boot.slot = slot;
		say("snapshot %llu at %llx: %llu pages%s", slot.img.sequence,
		    pm->part[PLAT_PART_SNAPSHOT].offset + slot.offset,
		    slot.img.stream_pages + slot.img.zero_pages,
		    slot.rank > slot.img.sequence ? ", chosen" : "");
		boot.stage = BOOT_STAGE_RESTORE;
		err = try_restore(&detail);
		if (boot.menu)
			return;
		boot.below = slot.rank;
		boot_refuse(err, detail, slot.img.sequence);
	}
	/* What a slot without a good header holds is told when there is nothing else. */
	if (boot.below == ~0ULL && err != -SNAPCAP_REASON_EMPTY) {
		boot.slot = slot;
		boot_refuse(err, 0, slot.img.sequence);
	}
}

/* Medium after medium; returns when no snapshot is left. */
static void restore_newest(void)
{
	for (; boot.medium < plat.medium_count; boot.medium++, boot.below = ~0ULL) {
		const struct plat_medium *pm = &plat.medium[boot.medium];

		boot.stage = BOOT_STAGE_SCAN;
		if (media_open(pm->media, boot.machine.fdt))
			continue;
		if (boot.below == ~0ULL)
			report("trying the next medium");
		restore_from(pm);
		if (boot.menu)
			return;
	}
	boot.medium = 0;
	if (boot.told)
		return;
	refuse_all(-SNAPCAP_REASON_EMPTY);
}

void boot_start(const struct plat_medium *pm, u32 *skip, const struct snapimg_range *keep)
{
	const struct image *after = NULL;
	struct image img, last;
	int err;

	for (; !boot.menu && !image_scan(pm, 0, after, &img); after = &last) {
		struct arena arena = boot.arena;

		last = img;
		err = image_setup(&plat, &boot.machine, &arena, keep, &img);
		/* A bad one does not count; of a paged medium only this has told. */
		if (!err && *skip) {
			--*skip;
			continue;
		}
		if (!err && !key_is_down()) {
			say("os image %llu at %llx: Linux %s", img.os.version, img.offset,
			    img.os.kernel_release);
			once_spend_all();
			boot_stop_media();
			machine_wipe_seed(&boot.machine);
			handoff_os(snapimg_os_identity(&img.os));
			handoff_stamp(SNAPCAP_EVENT_JUMP);
			image_start(&img);
		}
		if (err)
			say("os image at %llx refused: %s", img.offset, snapimg_reason_name(err));
	}
}

/* Returns when there is nothing that can be booted, or for a key. */
static void boot_cold(void)
{
	u32 i, skip = boot.passed_over;

	boot.stage = BOOT_STAGE_COLD;
	report("cold boot");
	handoff_cold();
	watchdog_stop(&plat, &boot.machine);
	for (i = 0; i < plat.medium_count && !boot.menu; i++)
		if (!media_open(plat.medium[i].media, boot.machine.fdt))
			boot_start(&plat.medium[i], &skip, NULL);
	if (boot.menu)
		return;
	if (boot.passed_over) {
		say("no os image before the newest: trying that");
		boot.passed_over = 0;
		boot_cold();
		return;
	}
	handoff_refused(SNAPCAP_REASON_OS_IMAGE, 0, "", 0, 0);
	say("no usable os image");
}

/* From the beginning, but for what somebody has chosen. */
static void start_over(void)
{
	boot.medium = 0;
	boot.below = ~0ULL;
	boot.refused = 0;
	boot.told = false;
	handoff_forget();
}

void boot_system(void)
{
	for (;;) {
		/* An item that has failed leads back to it. */
		while (boot.menu) {
			boot.menu = false;
			boot.stage = BOOT_STAGE_MENU;
			boot.chosen = rescue_menu(IDLE_MS);
			start_over();
		}
		if (!boot.cold)
			restore_newest();
		else if (!boot.told)
			refuse_all(-SNAPCAP_REASON_FORCED);
		if (!boot.menu)
			boot_cold();
		if (boot.menu)
			continue;
		boot.stage = BOOT_STAGE_MENU;
		boot.chosen = rescue_menu(LAST_RESORT_MS);
		if (!boot.chosen)
			break;
		start_over();
	}
	boot_stop_media();
	fail("nothing to boot, and nobody there: the machine is turned off");
}
