/* SPDX-License-Identifier: GPL-2.0-only */
/* Verification of a snapshot, as the boot loader does it and then the restored system. */
#ifndef SNAPCTL_VERIFY_H
#define SNAPCTL_VERIFY_H

#include "flash.h"
#include "slots.h"

/**
 * struct verify_chunk - a chunk that is bad
 * @index: its number
 * @offset: of its bytes in the medium, as flash_physical() tells it
 * @reason: negated SNAPCAP_REASON_*
 */
struct verify_chunk {
	u32 index;
	u64 offset;
	int reason;
};

/**
 * struct verify_part - what was found in a part of the snapshot
 * @chunks: chunks looked at
 * @bad: the bad ones
 * @bad_count: entries of @bad
 * @stored_bytes: bytes of the chunks on flash
 * @restored_bytes: bytes that they decode to
 */
struct verify_part {
	u32 chunks;
	struct verify_chunk *bad;
	u32 bad_count;
	u64 stored_bytes;
	u64 restored_bytes;
};

/**
 * struct verify_result - what was found
 * @reason: 0, or the first negated SNAPCAP_REASON_*
 * @section: SNAPCAP_SECTION_* that it is about, 0: header or commit mark
 * @lost_tables: tables that cannot be used at one of the two places that they have on some
 *	flash; the loader takes the other one
 * @resident: what the loader puts back
 * @pageable: what the restored system reads as it is needed
 */
struct verify_result {
	int reason;
	u32 section;
	u32 lost_tables;
	struct verify_part resident;
	struct verify_part pageable;
};

/**
 * verify_slot() - check everything short of what depends on the machine
 * @flash: medium
 * @slot: as found
 * @result: result, released with verify_free() in any case
 *
 * A bad chunk does not end it: all of them are found, in both parts. The resident
 * part comes first, so that @reason is about the pageable one only when a boot
 * loader would restore the snapshot.
 */
void verify_slot(struct flash *flash, const struct snapimg_slot *slot,
		 struct verify_result *result);

/** verify_free() - release a result */
void verify_free(struct verify_result *result);

#endif /* SNAPCTL_VERIFY_H */
