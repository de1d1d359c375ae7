/* SPDX-License-Identifier: GPL-2.0-only */
/* The loader from the search for a snapshot to the jump, on the machine of fake.h. */
#ifndef POWER_H
#define POWER_H

#include <snapimg.h>
#include "fake.h"
#include "subject.h"

/* Where the snapshots of the tests are in their partition. */
#define POWER_OLD	(1u << 20)
#define POWER_NEW	(12u << 20)

enum power_up { POWER_COLD, POWER_RESTORED, POWER_LOST };

/**
 * struct power_outcome - what came up, and what Linux is told of it
 * @up: how
 * @reason: SNAPCAP_REASON_* of the hand-off page
 * @detail: likewise
 * @sequence: of the snapshot that was restored, or was refused
 */
struct power_outcome {
	enum power_up up;
	u32 reason;
	u64 detail;
	u64 sequence;
};

/** power_setup() - memory, flash with an OS image and no snapshot; fills in subject_machine */
void power_setup(void);

/** power_medium() - @paged: the flash is one that has to be read to memory */
void power_medium(bool paged);

/** power_medium_size() - the medium ends @size bytes behind the start of the partition */
void power_medium_size(u64 size);

/** power_at() - the partition of snapshots */
static inline u8 *power_at(u64 off)
{
	return fake_flash + FAKE_SNAPSHOT + off;
}

/** power_put() - a snapshot at a place of the partition; its memory holds junk at first */
void power_put(u64 off, const struct subject *s);

/**
 * power_on() - off, and on again
 *
 * Memory where any snapshot goes that was put, and the hand-off page, hold junk at first.
 */
struct power_outcome power_on(void);

/** power_loader_is_whole() - has nobody written to the loader's region? */
bool power_loader_is_whole(void);

#endif /* POWER_H */
