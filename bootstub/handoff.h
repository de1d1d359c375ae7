/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The hand-off page: what Linux is told about this power-on.
 */
#ifndef HANDOFF_H
#define HANDOFF_H

#include <snapimg.h>
#include "machine.h"

/**
 * handoff_begin() - start the page anew
 * @page: the page; after a warm reset it still holds what was said last time
 * @p: board
 * @m: machine
 *
 * Complete as for a cold boot without a reason from here on.
 */
void handoff_begin(struct snapcap_handoff *page, const struct plat *p, const struct machine *m);

/* One that has no limit of its own and was restored this often in a row is passed over. */
#define HANDOFF_ATTEMPTS_MAX	3

/**
 * handoff_attempts() - restores of that snapshot that were tried and not confirmed
 * @medium: name of its medium
 * @slot_offset: of the snapshot
 * @sequence: of the snapshot
 * @rank: of the snapshot
 * @limit: what is returned of one that was given up for one below it
 *
 * Linux confirms a restore by setting the attempt field of the page to zero. A
 * restored system that hangs and is reset by a watchdog does not, and memory
 * keeps the page over a reset. After a power cycle the count starts at zero.
 */
u32 handoff_attempts(const char *medium, u64 slot_offset, u64 sequence, u64 rank, u32 limit);

/** handoff_given_up() - that of this rank was tried too often: as long as memory knows it */
void handoff_given_up(u64 rank);

/** handoff_forget() - what was refused so far is of no interest any more */
void handoff_forget(void);

/** handoff_request() - SNAPCAP_REQUEST_* that Linux left for this start, hostile */
u32 handoff_request(void);

/**
 * handoff_changed() - pass on what the restored system of the start before has found
 * @sequence: result: of the snapshot that it came out of
 *
 * With SNAPCAP_REQUEST_CHANGED only. It becomes the reason in the page.
 *
 * Return: name of the device that was changed or swapped, may be empty
 */
const char *handoff_changed(u64 *sequence);

/**
 * handoff_last() - timeline of the start before, which memory keeps over a reset
 * @i: entry, from 0
 * @event: result
 * @ns: result: since the first entry, in nanoseconds
 *
 * Return: false when there is no such entry
 */
bool handoff_last(u32 i, u32 *event, u64 *ns);

/** handoff_stamp() - timeline entry, now; entries beyond the page's room are dropped */
void handoff_stamp(u32 event);

/** handoff_stamp_at() - timeline entry with a counter value that was read before */
void handoff_stamp_at(u32 event, u64 counter);

/**
 * handoff_refused() - a snapshot was refused
 * @reason: SNAPCAP_REASON_*
 * @detail: what it speaks of
 * @medium: name of the snapshot's medium
 * @slot_offset: of the snapshot, in its partition
 * @sequence: of the snapshot; 0: unknown
 *
 * Of several refusals the first is kept: it is that of the newest snapshot.
 */
void handoff_refused(u32 reason, u64 detail, const char *medium, u64 slot_offset, u64 sequence);

/** handoff_restored() - memory of that snapshot is in place; @attempt as in the page */
void handoff_restored(const char *medium, u64 slot_offset, u64 sequence, u64 rank, u32 attempt,
		      u64 stored, u64 restored);

/**
 * handoff_os() - which OS image this system was booted from
 * @identity: of the image that is about to be started, or what stands in the snapshot
 *	that is in place; what the next snapshot is bound to
 *
 * An image that was received and is not to be written to flash is not what the next
 * power-on finds there: nothing is told of it.
 */
void handoff_os(u64 identity);

/** handoff_watchdog() - SNAPCAP_WATCHDOG_* @kind, the one @at, runs; resets after @ms */
void handoff_watchdog(u32 kind, u32 ms, u32 at);

/** handoff_cold() - a cold boot follows, whatever was tried before */
void handoff_cold(void);

/** handoff_download() - a cold boot of an image that is in memory follows; 0, 0, 0: of another */
void handoff_download(u64 base, u64 size, u32 flags);

#endif
