/* SPDX-License-Identifier: GPL-2.0-only */
/* NAND, on which a word of the trial log is a page in each of two blocks, for trialcut. */
#ifndef TRIALNAND_H
#define TRIALNAND_H

#include "nandsim.h"
#include "simimage.h"

#define SIM_NAME		"nand trial"
#define SIM_DEPTH		4
#define SIM_STEP		2
#define SIM_FULL_PAIRS		6
#define SIM_FULL_TRIES		10

#define sim_chip		nandsim
#define sim_geometry		nandsim_geometry
#define sim_op			nandsim_op
#define sim_saved		nandsim_saved
#define sim_temper		nandsim_temper
#define sim_tear		nandsim_tear
#define SIM_TEMPERS		NANDSIM_TEMPERS
#define SIM_TEARS		NANDSIM_TEARS
#define sim_init		nandsim_init
#define sim_mark		nandsim_mark
#define sim_tear_op		nandsim_tear
#define sim_save		nandsim_save
#define sim_undo		nandsim_undo

static const struct nandsim_geometry geometries[] = {
	{ .name = "512/16 KiB", .page = 512, .block = 16 << 10, .blocks = 9, .bads = 1,
	  .bad = { 1 } },
};

static inline void sim_exit(struct nandsim *sim)
{
	(void)sim;
}

static inline struct snapstore_flash sim_open(struct nandsim *sim)
{
	static struct nandsim_view view;

	return nandsim_open(sim, &view);
}

static inline void sim_make(struct simimage *image, u32 id, const struct snapstore_flash *flash)
{
	simimage_make_nand(image, id, 1, flash);
}

static inline u32 sim_word(const struct nandsim *sim, const struct nandsim_op *op, u64 slot)
{
	u32 page = sim->geometry->page, header = sizeof(struct snapcap_image_header);

	(void)slot;
	/* Behind the pages of header and mark. */
	return (u32)(op->off % sim->geometry->block / page) - (header + page - 1) / page - 1;
}

#endif /* TRIALNAND_H */
