/* SPDX-License-Identifier: GPL-2.0-only */
/* Flash on which words of the trial log are programmed one by one, for trialcut. */
#ifndef TRIALFLASH_H
#define TRIALFLASH_H

#include "flashsim.h"
#include "simimage.h"

#define SIM_NAME		"trial"
#define SIM_DEPTH		5
/* Words from one note to the next of its kind, at least. */
#define SIM_STEP		1
/* So many pairs of a try and a confirmation, or tries, all but fill a log. */
#define SIM_FULL_PAIRS		50
#define SIM_FULL_TRIES		85

#define sim_chip		flashsim
#define sim_geometry		flashsim_geometry
#define sim_op			flashsim_op
#define sim_saved		flashsim_saved
#define sim_temper		flashsim_temper
#define sim_tear		flashsim_tear
#define SIM_TEMPERS		FLASHSIM_TEMPERS
#define SIM_TEARS		FLASHSIM_TEARS
#define sim_init		flashsim_init
#define sim_exit		flashsim_exit
#define sim_open		flashsim_flash
#define sim_tear_op		flashsim_tear
#define sim_save		flashsim_save
#define sim_undo		flashsim_undo

/* Programs of one word change eight bytes, wherever they are: few geometries differ. */
static const struct flashsim_geometry geometries[] = {
	{ "4 KiB sectors", { { 8, 4 << 10 } }, 256, 1, 0, 32 << 10 },
	{ "32 KiB blocks in units of 8", { { 2, 32 << 10 } }, 512, 8, 0, 64 << 10 },
};

static inline u64 sim_mark(const struct flashsim *sim)
{
	return sim->mark;
}

static inline void sim_make(struct simimage *image, u32 id, const struct snapstore_flash *flash)
{
	(void)flash;
	simimage_make(image, id, 1);
}

/* The word of the log that @op programs; @slot is where the snapshot begins. */
static inline u32 sim_word(const struct flashsim *sim, const struct flashsim_op *op, u64 slot)
{
	(void)sim;
	return (u32)(op->off - slot - SNAPCAP_TRIAL_OFF) / SNAPCAP_TRIAL_WORD_SIZE;
}

#endif /* TRIALFLASH_H */
