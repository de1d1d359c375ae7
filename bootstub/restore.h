/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Putting a snapshot's memory back.
 */
#ifndef RESTORE_H
#define RESTORE_H

#include "arena.h"
#include "plat/plat.h"
#include "stored.h"

/**
 * struct restore - a snapshot on its way into memory
 * @media: medium, open
 * @base: of the slot, in the medium
 * @img: its checked header
 * @table: its tables, copied and checked, by SNAPCAP_SECTION_*
 * @detail: what the reason of a failure speaks of
 * @stored: the chunks' bytes
 * @bytes_stored: bytes of the chunks read so far
 */
struct restore {
	struct media *media;
	u64 base;
	const struct snapimg *img;
	void *table[SNAPCAP_SECTION_DATA];
	u64 detail;
	struct stored stored;
	u64 bytes_stored;
};

/**
 * restore_load() - check all of a snapshot but its chunks
 * @r: media, base and img are set, the rest is zero
 * @m: the machine at hand, and the kernel in its flash
 * @arena: where the tables go, and what is read from a paged medium
 *
 * Memory is as it was: nothing is written outside @arena.
 *
 * Return: 0 or a negated reason
 */
int __attribute__((warn_unused_result))
restore_load(struct restore *r, const struct snapimg_machine *m, struct arena *arena);

/**
 * restore_pages() - verify every chunk and decode it to where it belongs
 * @r: loaded snapshot
 *
 * A chunk's checksum is verified before anything of it is used. After a failure
 * memory outside the loader's region and the hand-off page is undefined.
 *
 * Return: 0 or a negated reason
 */
int __attribute__((warn_unused_result)) restore_pages(struct restore *r);

#endif
