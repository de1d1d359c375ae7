/* SPDX-License-Identifier: GPL-2.0-only */
/* A small valid image that tests start from. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "snapimg.h"

#define SAMPLE_PAGE		4096
#define SAMPLE_CPU_OFF		SNAPCAP_BODY_OFF
#define SAMPLE_MEMMAP_OFF	(SNAPCAP_BODY_OFF + 128)
#define SAMPLE_PAGETABLE_OFF	(SNAPCAP_BODY_OFF + 192)
#define SAMPLE_CHUNKS_OFF	(SNAPCAP_BODY_OFF + 256)
#define SAMPLE_DATA_OFF		(SNAPCAP_BODY_OFF + 320)
#define SAMPLE_RAW_PAGES	2
#define SAMPLE_FILL_PAGES	2
#define SAMPLE_SIZE		(SAMPLE_DATA_OFF + SAMPLE_RAW_PAGES * SAMPLE_PAGE)

#define SAMPLE_RAM_BASE		0x40000000ULL
#define SAMPLE_RAM_SIZE		0x01000000ULL
#define SAMPLE_STUB_BASE	0x40200000ULL
#define SAMPLE_STUB_SIZE	0x00100000ULL
#define SAMPLE_HANDOFF_BASE	0x40300000ULL
#define SAMPLE_MACHINE		"linux,dummy-virt"
#define SAMPLE_RELEASE		"6.1.0-sample"

/* A whole image, with tables that can be edited in place before sample_seal(). */
struct sample {
	struct snapimg img;
	union {
		u64 align;
		u8 bytes[SAMPLE_SIZE];
	};
};

/**
 * sample_init() - make a committed image
 * @s: result
 * @sequence: its number, which also colours its data
 */
void sample_init(struct sample *s, u64 sequence);

/** sample_seal() - make all checksums right again after an edit of img or a table */
void sample_seal(struct sample *s);

/** sample_machine() - the machine that samples are taken on */
void sample_machine(struct snapimg_machine *m);

static inline void *sample_table(struct sample *s, u32 type)
{
	return s->bytes + s->img.section[type].offset;
}

#endif /* SAMPLE_H */
