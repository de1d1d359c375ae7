/* SPDX-License-Identifier: GPL-2.0-only */
/* The snapshots of a medium, and the tables of one of them. */
#ifndef SNAPCTL_SLOTS_H
#define SNAPCTL_SLOTS_H

#include "cmd.h"
#include "flash.h"
#include "snapimg.h"

/**
 * struct select_options - which snapshot of the medium
 * @have_sequence: @sequence was given
 * @have_at: @at was given
 * @sequence: take number
 * @at: offset of its slot in the medium
 */
struct select_options {
	bool have_sequence;
	bool have_at;
	uint64_t sequence;
	uint64_t at;
};

/**
 * struct slots - all places of a medium that hold something like a snapshot
 * @slot: in ascending order of offset
 * @count: entries
 * @newest: the one that the boot loader would restore, -1 for none
 */
struct slots {
	struct snapimg_slot *slot;
	size_t count;
	int newest;
};

/** slots_scan() - find them; 0 or -ENOMEM; released with slots_free() */
int slots_scan(struct flash *flash, struct slots *slots);

/** slots_free() - release what slots_scan() found */
void slots_free(struct slots *slots);

/**
 * slots_select() - the snapshot that the options ask for
 * @flash: medium
 * @select: options
 * @slot: result, its status may be a reason
 *
 * Without options it is the newest committed one; when there is none, what was
 * found instead.
 *
 * Return: slot->status, 0 for a committed snapshot; -SNAPCAP_REASON_EMPTY also when
 * no snapshot has that sequence number
 */
int slots_select(struct flash *flash, const struct select_options *select,
		 struct snapimg_slot *slot);

/**
 * slots_find() - the snapshot with a label, or with a sequence number
 * @slots: of a medium
 * @label: the label; NULL: @sequence counts
 * @sequence: the number
 *
 * Of several that are alike a valid one goes before the others, then the newest.
 *
 * Return: it, valid or not; NULL: there is none
 */
const struct snapimg_slot *slots_find(const struct slots *slots, const char *label, u64 sequence);

/** slots_order() - which that entry is in the order of restoring, from 1; 0: not valid */
size_t slots_order(const struct slots *slots, size_t i);

/** slots_is_chosen() - is it ordered by a choice (snapctl use), not by its number? */
static inline bool slots_is_chosen(const struct snapimg_slot *slot)
{
	return !slot->status && slot->rank > slot->img.sequence;
}

/** slots_has_header() - did the header pass, so that slot->img is valid? */
bool slots_has_header(const struct snapimg_slot *slot);

/** slots_is_pageable() - has it pages that the loader leaves on flash? */
static inline bool slots_is_pageable(const struct snapimg_slot *slot)
{
	return slot->img.feature_incompat & SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
}

/** slots_reason_text() - snapimg_reason_text(), in the words of this program */
const char *slots_reason_text(int reason);

/** slots_state() - "valid", "uncommitted", "revoked" or "damaged" */
const char *slots_state(const struct snapimg_slot *slot);

/**
 * struct tables - the tables of a snapshot, checked
 * @section: bytes of each, indexed by SNAPCAP_SECTION_*; NULL for DATA and for what
 *	was not loaded
 */
struct tables {
	void *section[SNAPCAP_SECTION_PAGEABLE_DATA];
};

/**
 * tables_load() - read the tables of a snapshot and check them as the loader does
 * @flash: medium
 * @slot: with a good header
 * @tables: result, released with tables_free() in any case
 * @section: on failure the SNAPCAP_SECTION_* it is about
 *
 * Return: 0 or a negated SNAPCAP_REASON_*
 */
int tables_load(struct flash *flash, const struct snapimg_slot *slot, struct tables *tables,
		u32 *section);

/**
 * tables_load_pageable() - read the table of the pageable part, which no loader does
 * @flash: medium
 * @slot: with a good header; one without such a part has nothing to load
 * @tables: what tables_load() was given, whether or not it went well
 * @section: as there
 *
 * Return: 0 or a negated SNAPCAP_REASON_*
 */
int tables_load_pageable(struct flash *flash, const struct snapimg_slot *slot,
			 struct tables *tables, u32 *section);

/** tables_free() - release the tables */
void tables_free(struct tables *tables);

/** section_name() - "cpu", "memmap", "pagetable", "chunks", "data", "pageable_chunks"... */
const char *section_name(u32 type);

#endif /* SNAPCTL_SLOTS_H */
