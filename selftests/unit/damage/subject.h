/* SPDX-License-Identifier: GPL-2.0-only */
/* Snapshots of all shapes, made by the library's own builders, that are then damaged. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <snapimg.h>

#define SUBJECT_PAGE		4096
#define SUBJECT_ROOM_MIN	32768u
#define SUBJECT_PAGES_MAX	480
/* Where the pages go; the loader's region and the hand-off page are below. */
#define SUBJECT_PFN		(0x40800000u >> 12)
#define SUBJECT_SPAN		1024u	/* pages from there */

/**
 * struct subject_plan - what a snapshot is to be like
 * @seed: of its contents, no two of which are alike
 * @sequence: its number
 * @pages: of the stream, up to SUBJECT_PAGES_MAX
 * @run_pages: longest extent
 * @chunk_pages: largest chunk
 * @pageable: pages that the loader leaves where they are
 * @gaps: leave bytes that belong to nothing between sections and chunks
 * @forced: taken by force, which is told and does no harm
 * @extra: with a feature, and a section of it, that nobody knows and everybody may ignore
 */
struct subject_plan {
	u64 seed;
	u64 sequence;
	u32 pages;
	u32 run_pages;
	u32 chunk_pages;
	u32 pageable;
	bool gaps;
	bool forced;
	bool extra;
};

/**
 * struct subject - a snapshot
 * @img: its header, host form
 * @bytes: as it is on flash; @img.image_size of them are used
 * @size: of them
 * @extent: its page table, host form
 * @extents: entries of @extent
 * @span: pages from SUBJECT_PFN to the end of the last extent
 * @chunk: its chunks, host form
 * @chunks: entries of @chunk
 * @stream: what a restore has to put into memory
 * @state: of the generator of its contents
 */
struct subject {
	struct snapimg img;
	u8 *bytes;
	u32 size;
	struct snapimg_extent extent[2 * SUBJECT_PAGES_MAX];
	u32 extents;
	u32 span;
	struct snapimg_chunk chunk[SUBJECT_PAGES_MAX];
	u32 chunks;
	u8 *stream;
	u64 state;
};

/** subject_make() - make one; @s is zero, or one that is not needed any more */
void subject_make(struct subject *s, const struct subject_plan *plan);

/** subject_seal() - after a change of @img or of a table: checksums, header and mark anew */
void subject_seal(struct subject *s);

/** subject_free() - give its memory back */
void subject_free(struct subject *s);

/** subject_is_restored() - is it in memory, page by page? */
bool subject_is_restored(const struct subject *s);

/** subject_random() - the next number of a generator */
u64 subject_random(u64 *state);

/** subject_machine - what it is taken on, and in which system; filled in by power_setup() */
extern struct snapimg_machine subject_machine;

/* How much is made right after a change, outermost last. */
enum subject_level { SUBJECT_MARK, SUBJECT_HEADER, SUBJECT_TABLES };

/**
 * subject_reseal() - checksums as a broken writer would make them
 * @bytes: of a snapshot whose header says where its tables are
 * @level: up to where
 */
void subject_reseal(u8 *bytes, enum subject_level level);

#endif /* SUBJECT_H */
