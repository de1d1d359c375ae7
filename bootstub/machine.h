/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The machine at hand, as its device tree tells it.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <snapimg.h>
#include "arena.h"
#include "place.h"
#include "plat/plat.h"

/**
 * struct machine - what the loader knows of the machine
 * @fdt: copy of the machine's device tree, in the loader's region
 * @fdt_size: bytes of @fdt
 * @name: first root compatible
 * @range: memory, sorted and merged
 * @range_count: used entries of @range
 * @seed: fresh entropy
 * @seed_size: bytes of @seed
 */
struct machine {
	void *fdt;
	u32 fdt_size;
	char name[SNAPCAP_MACHINE_SIZE];
	struct snapimg_range range[SNAPCAP_HANDOFF_RANGES];
	u32 range_count;
	u8 seed[SNAPCAP_HANDOFF_SEED_SIZE];
	u32 seed_size;
};

/**
 * machine_probe() - read the machine's device tree and copy it out of harm's way
 * @p: board
 * @dtb: where the stage before has left it, hostile; 0: look where the board has it
 * @arena: where the copy goes
 * @m: result
 *
 * The machine's own tree keeps everything but its seed.
 *
 * Return: NULL, or what is wrong, one line
 */
const char *machine_probe(const struct plat *p, u64 dtb, struct arena *arena,
			  struct machine *m);

/** machine_wipe_seed() - forget the seed: it is in the hand-off page, or in Linux's tree */
void machine_wipe_seed(struct machine *m);

/** machine_map() - map the machine's memory, except the loader's region; 0 or -NO_SPACE */
int __attribute__((warn_unused_result))
machine_map(const struct plat *p, const struct machine *m);

/**
 * machine_place() - what of the machine's memory is taken before anything is placed
 * @p: board: its region and hand-off page
 * @m: machine: what its device tree reserves
 * @place: result
 *
 * Return: 0 or -NO_SPACE (more ranges than can be kept apart)
 */
int __attribute__((warn_unused_result))
machine_place(const struct plat *p, const struct machine *m, struct place *place);

/** machine_bind() - the machine as snapimg_bind_check() wants it; the kernel is not filled in */
void machine_bind(const struct plat *p, const struct machine *m, struct snapimg_machine *bind);

#endif
