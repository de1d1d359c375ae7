// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * A snapshot for a single use holds filesystems that are mounted for writing. The
 * first power-on after it was taken uses it up, whether it restores it or not: its
 * commit mark is revoked, and read back, before anything is entered that could write
 * to these filesystems. A power cut after that ends in a cold boot.
 */
#include <linux/snapcap_reason.h>
#include <snapstore.h>
#include "console.h"
#include "once.h"

int once_revoke(const struct plat_medium *pm, const struct snapimg_slot *slot)
{
	const struct snapstore_flash flash = boot_flash(pm);
	static struct snapimg_slot after;

	switch (snapstore_revoke(&flash, slot->offset, &after)) {
	case 0:
		return 0;
	case -SNAPSTORE_E_WRITE:
		return -SNAPCAP_REASON_READ;
	default:
		return -SNAPCAP_REASON_ONCE;
	}
}

static bool is_once(const struct snapimg_slot *slot)
{
	return slot->img.feature_incompat & SNAPCAP_FEATURE_INCOMPAT_ONCE;
}

/* Return: 0, or -ONCE when one of the medium is still valid */
static int spend_medium(const struct plat_medium *pm)
{
	const struct snapimg_reader reader = boot_reader(pm);
	static struct snapimg_slot slot;
	u64 offset = 0;
	int err = 0;

	while (snapimg_slot_next(&reader, pm->media->erase_size, &offset, &slot)) {
		if (slot.status || !is_once(&slot))
			continue;
		if (once_revoke(pm, &slot)) {
			say("snapshot %llu for one use cannot be marked as used", slot.img.sequence);
			err = -SNAPCAP_REASON_ONCE;
		} else {
			say("snapshot %llu for one use is used up", slot.img.sequence);
		}
	}
	return err;
}

int once_spend(const struct plat_medium *pm, const struct snapimg_slot *slot)
{
	if (is_once(slot))
		return once_revoke(pm, slot) ? -SNAPCAP_REASON_ONCE : 0;
	/* It is always the newest: without a refusal, or a choice, before it there is none. */
	if (boot.told || slot->rank > slot->img.sequence)
		once_spend_all();
	return 0;
}

void once_spend_all(void)
{
	u32 i;

	for (i = 0; i < plat.medium_count; i++) {
		const struct plat_medium *pm = &plat.medium[i];

		/* Of one that cannot be written none was ever restored. */
		if (pm->media->program && !media_open(pm->media, boot.machine.fdt) &&
		    spend_medium(pm))
			say("nothing of it is restored while that is so");
	}
}
