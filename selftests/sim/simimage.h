/* SPDX-License-Identifier: GPL-2.0-only */
/* Small snapshots for the simulator, and what the loader does with flash that holds some. */
#ifndef SIMIMAGE_H
#define SIMIMAGE_H

#include "snapstore.h"

#define SIMIMAGE_PAGE		4096
#define SIMIMAGE_PAGES_MAX	48
#define SIMIMAGE_IDS		8
/* What simimage_boot() says besides the number of an image. */
#define SIMIMAGE_COLD		(-1)
#define SIMIMAGE_WRONG		(-2)

/* Where they were taken. */
extern const struct snapimg_machine simimage_machine;

/**
 * struct simimage - a snapshot that is known
 * @img: its header, host form
 * @header: as it is on flash
 * @mark: likewise
 * @tries: of its header; 0 unless it is set behind simimage_make()
 * @pages: of its stream
 * @base: where its sections start
 * @body: its sections
 * @stream: what a restore has to put into memory
 */
struct simimage {
	struct snapimg img;
	struct snapcap_image_header header;
	struct snapcap_commit mark;
	u32 tries;
	u32 pages;
	u64 base;
	u8 body[1024 + SIMIMAGE_PAGES_MAX * SIMIMAGE_PAGE] __attribute__((aligned(8)));
	u8 stream[SIMIMAGE_PAGES_MAX * SIMIMAGE_PAGE];
};

/**
 * simimage_make() - make one
 * @image: result
 * @id: which, below SIMIMAGE_IDS: no two have a page in common
 * @stored: pages that are stored; one more is a pattern
 */
void simimage_make(struct simimage *image, u32 id, u32 stored);

/**
 * simimage_make_nand() - one as a take on NAND makes it
 * @image: result; this and the next two as for simimage_make()
 * @id: which
 * @stored: pages that are stored
 * @flash: sections begin behind its @body, data on a page and the copy on a block of it
 */
void simimage_make_nand(struct simimage *image, u32 id, u32 stored,
			const struct snapstore_flash *flash);

/** simimage_number() - give it its sequence number, as a take does at its end */
void simimage_number(struct simimage *image, u64 sequence);

/** simimage_fill() - @fill of struct snapstore; @ctx is the image */
void simimage_fill(void *ctx, u64 off, void *buf, size_t len);

/**
 * simimage_boot() - what power-on leads to
 * @r: flash
 * @step: its erase block size
 * @known: the images that may be there, NULL where there is none; SIMIMAGE_IDS of them
 *
 * Everything that the loader does before the jump, with every byte that it would put
 * into memory compared to the image it comes from. Memory has lost the hand-off page.
 * Nothing is written: that one was tried is noted by who calls this.
 *
 * Return: the number of the image, SIMIMAGE_COLD, or SIMIMAGE_WRONG: something would
 * be restored that was never taken
 */
int simimage_boot(const struct snapimg_reader *r, u64 step, struct simimage *const *known);

#endif /* SIMIMAGE_H */
