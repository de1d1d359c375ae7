// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The items of the menu.
 */
#include "boot.h"
#include "console.h"
#include "download.h"
#include "fail.h"
#include "handoff.h"
#include "image.h"
#include "memtest.h"
#include "menu.h"
#include "once.h"
#include "plat/plat.h"
#include "rescue.h"
#include "ymodem.h"

#define MIB		(1ULL << 20)
/* Somebody who has just sent a file is there, and may be asked. */
#define ASK_MS		10000

static bool go_on(void)
{
	return true;
}

static bool turn_off(void)
{
	boot_stop_media();
	fail("the machine is turned off");
}

static bool boot_cold_once(void)
{
	boot.cold = true;
	boot.passed_over = 0;
	return true;
}

static bool boot_previous(void)
{
	boot.cold = true;
	boot.passed_over = 1;
	return true;
}

/* ---- what is there ---- */

static void show_snapshots(const struct plat_medium *pm)
{
	const struct snapimg_reader reader = boot_reader(pm);
	static struct snapimg_slot slot;
	u64 off = 0;

	while (snapimg_slot_next(&reader, pm->media->erase_size, &off, &slot))
		say("%s: snapshot %llu at %llx: %llu pages, %s", pm->media->name,
		    slot.img.sequence, pm->part[PLAT_PART_SNAPSHOT].offset + slot.offset,
		    slot.img.stream_pages + slot.img.zero_pages,
		    slot.status ? snapimg_reason_name(slot.status) : "committed");
}

static void show_images(const struct plat_medium *pm)
{
	const struct image *after = NULL;
	struct image img, last;

	for (; !image_scan(pm, IMAGE_SCAN_HEADERS, after, &img); after = &last) {
		const char *state = "not checked";

		last = img;

		if (pm->media->map)
			state = image_check(&img) ? "damaged" : "good";
		say("%s: os image %llu at %llx: Linux %s, %s", pm->media->name, img.os.version,
		    img.offset, img.os.kernel_release, state);
	}
}

static bool show_slots(void)
{
	u32 i;

	for (i = 0; i < plat.medium_count; i++) {
		const struct plat_medium *pm = &plat.medium[i];

		if (media_open(pm->media, boot.machine.fdt))
			continue;
		show_snapshots(pm);
		show_images(pm);
	}
	say("that is all");
	return false;
}

static const char *event_name(u32 event)
{
	switch (event) {
	case SNAPCAP_EVENT_STUB_ENTRY:
		return "stub-entry";
	case SNAPCAP_EVENT_SCANNED:
		return "scanned";
	case SNAPCAP_EVENT_TABLES:
		return "tables";
	case SNAPCAP_EVENT_RESTORED:
		return "restored";
	case SNAPCAP_EVENT_JUMP:
		return "jump";
	default:
		return "event";
	}
}

static bool show_timeline(void)
{
	u32 i, event;
	u64 ns;

	for (i = 0; handoff_last(i, &event, &ns); i++)
		say("  %llu us  %s", ns / 1000, event_name(event));
	if (!i)
		say("no timeline: memory does not hold one after a power cycle");
	return false;
}

/* ---- drop ---- */

/* The newest snapshot of the first medium that has one; false: it has none. */
static bool drop_from(const struct plat_medium *pm)
{
	const struct snapimg_reader reader = boot_reader(pm);
	static struct snapimg_slot slot;
	u64 sequence, at;

	if (snapimg_slot_newest(&reader, pm->media->erase_size, ~0ULL, &slot))
		return false;
	sequence = slot.img.sequence;
	at = pm->part[PLAT_PART_SNAPSHOT].offset + slot.offset;
	switch (once_revoke(pm, &slot)) {
	case 0:
		say("snapshot %llu at %llx dropped", sequence, at);
		break;
	case -SNAPCAP_REASON_READ:
		say("snapshot %llu at %llx is still there: %s cannot be written from here, "
		    "boot cold and use snapctl drop", sequence, at, pm->media->name);
		break;
	default:
		say("snapshot %llu at %llx is still there", sequence, at);
		break;
	}
	return true;
}

static bool drop_newest(void)
{
	u32 i;

	for (i = 0; i < plat.medium_count; i++)
		if (!media_open(plat.medium[i].media, boot.machine.fdt) &&
		    drop_from(&plat.medium[i]))
			return false;
	say("there is no snapshot");
	return false;
}

/* ---- memory ---- */

/* Reserved ranges may begin and end anywhere. Return: bytes that are left */
static u64 whole_pages(struct snapimg_range *gap)
{
	u64 end = (gap->base + gap->size) & ~(u64)(PAGE_SIZE - 1);

	gap->base = (gap->base + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
	gap->size = gap->base < end ? end - gap->base : 0;
	return gap->size;
}

static bool memory_step(void *ctx, u32 pass, u64 address)
{
	u32 *shown = ctx;

	if (pass != *shown)
		say("pass %u of %u", pass + 1, MEMTEST_PASSES);
	*shown = pass;
	return !menu_wanted(0);
}

static bool test_memory(void)
{
	struct snapimg_range range[PLACE_TAKEN_MAX], gap;
	struct memtest_fault fault;
	static struct place place;
	u32 count = 0, shown = ~0u;
	u64 from = 0, size = 0;

	if (machine_place(&plat, &boot.machine, &place)) {
		say("memory has more reserved ranges than can be kept apart");
		return false;
	}
	while (count < PLACE_TAKEN_MAX && place_gap(&place, from, &gap)) {
		from = gap.base + gap.size;
		if (!whole_pages(&gap))
			continue;
		size += gap.size;
		range[count++] = gap;
	}
	say("a key ends the test");
	switch (memtest(range, count, memory_step, &shown, &fault)) {
	case 0:
		say("memory: %llu MiB, no fault", size / MIB);
		break;
	case 1:
		say("memory fault at %llx: %llx was written, %llx was read", fault.address,
		    fault.written, fault.read);
		break;
	default:
		say("the test was ended");
		break;
	}
	return false;
}

/* ---- download ---- */

static struct media received = {
	.name = "memory",
	.map = mem_map,
};

static struct plat_medium received_medium = {
	.media = &received,
	.os_step = PAGE_SIZE,
};

/* The upper half of the largest free piece: the lower one is for what is booted. */
static bool find_room(struct snapimg_range *room)
{
	static struct place place;
	struct snapimg_range gap;
	u64 from = 0;

	room->size = 0;
	if (machine_place(&plat, &boot.machine, &place))
		return false;
	for (; place_gap(&place, from, &gap); from = gap.base + gap.size)
		if (whole_pages(&gap) > room->size)
			*room = gap;
	if (!whole_pages(room))
		return false;
	gap = *room;
	room->size = gap.size / 2 & ~(u64)(PAGE_SIZE - 1);
	room->base = gap.base + gap.size - room->size;
	return room->size > PAGE_SIZE;
}

/* Start what was received; returns when it cannot be. */
static void start_received(struct snapimg_range *keep, u64 size)
{
	struct image img;
	u32 flags, skip = 0;

	received.base = keep->base;
	received.size = size;
	received_medium.part[PLAT_PART_OS].size = size;
	keep->size = (size + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
	if (image_scan(&received_medium, 0, NULL, &img)) {
		say("%llu bytes received, but no usable os image", size);
		return;
	}
	say("%llu bytes received; write it to flash once Linux is up? y or n", size);
	flags = menu_key(ASK_MS) == 'y' ? SNAPCAP_DOWNLOAD_INSTALL : 0;
	handoff_forget();
	handoff_refused(SNAPCAP_REASON_FORCED, 0, "", 0, 0);
	handoff_cold();
	handoff_download(keep->base, size, flags);
	boot.chosen = true;
	boot_start(&received_medium, &skip, keep);
	handoff_download(0, 0, 0);
}

static bool download(void)
{
	struct snapimg_range room;
	u64 size;
	int err;

	if (!find_room(&room)) {
		say("no room in memory");
		return false;
	}
	say("send an OS image by YMODEM now");
	err = image_download(console_port(), (void *)(uintptr_t)room.base, room.size, &size);
	if (err)
		say("download failed: %s", ymodem_error_name(err));
	else
		start_received(&room, size);
	/* It did not start. */
	boot.menu = true;
	return true;
}

static const struct menu_item items[] = {
	{ 'b', "boot: the newest snapshot, or cold", false, go_on },
	{ 'c', "cold boot: the newest OS image", false, boot_cold_once },
	{ 'p', "cold boot: the OS image before the newest", false, boot_previous },
	{ 'd', "download an OS image over this line", false, download },
	{ 's', "show snapshots and OS images", false, show_slots },
	{ 't', "show the timeline of the start before", false, show_timeline },
	{ 'x', "drop the newest snapshot", true, drop_newest },
	{ 'm', "memory test", true, test_memory },
	{ 'o', "turn the machine off", false, turn_off },
};

bool rescue_menu(u32 idle_ms)
{
	boot.cold = false;
	boot.passed_over = 0;
	return menu(items, sizeof(items) / sizeof(items[0]), idle_ms);
}

/* The snapshot is revoked, but an older one would know as little of that device. */
static void boot_changed(void)
{
	u64 sequence;
	const char *name = handoff_changed(&sequence);

	boot_cold_once();
	boot.told = true;
	say("snapshot %llu refused: %s (%s): cold boot", sequence,
	    snapimg_reason_name(SNAPCAP_REASON_CHANGED), *name ? name : "unknown device");
}

void rescue_obey(u32 request)
{
	switch (request) {
	case SNAPCAP_REQUEST_COLD:
		boot_cold_once();
		break;
	case SNAPCAP_REQUEST_PREVIOUS:
		boot_previous();
		break;
	case SNAPCAP_REQUEST_DOWNLOAD:
		download();
		break;
	case SNAPCAP_REQUEST_MENU:
		boot.menu = true;
		break;
	case SNAPCAP_REQUEST_CHANGED:
		boot_changed();
		break;
	}
}
