// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Dropping a snapshot: the one write that is made to a slot behind its commit mark.
 * By itself in a file, for hosts that write nothing else.
 */
#include "snapstore_private.h"

#define REVOKED_OFF	(SNAPCAP_COMMIT_OFF + __builtin_offsetof(struct snapcap_commit, revoked))

int snapstore_revoke(const struct snapstore_flash *flash, u64 slot, struct snapimg_slot *after)
{
	static const u64 revoked;	/* zero: no erase is needed */
	const struct snapimg_reader *r = &flash->reader;
	u64 got = ~revoked;
	size_t done;
	int ret;

	ret = snapstore_head_program(flash, slot, REVOKED_OFF, &revoked, sizeof(revoked), &done);
	if (after)
		snapimg_slot_probe(r, slot, after);
	if (ret || done != sizeof(revoked))
		return -SNAPSTORE_E_WRITE;
	/* The rest of a mark may read as it likes. */
	if (snapimg_head_read(r, slot, REVOKED_OFF, &got, sizeof(got)) || got != revoked)
		return -SNAPSTORE_E_READ_BACK;
	return 0;
}

int snapstore_settle(const struct snapstore_flash *flash, struct snapimg_slot *found)
{
	u64 off = 0;
	int ret = 0;

	while (snapimg_slot_next(&flash->reader, flash->erase_size, &off, found)) {
		if (!snapstore_has_header(found))
			continue;
		/* Of one that was read as good the inside was passed over. */
		off = found->offset + flash->erase_size;
		if (snapstore_revoke(flash, found->offset, NULL))
			ret = -SNAPSTORE_E_WRITE;
	}
	return ret;
}
