/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/* What the files of the library share. */
#ifndef SNAPNAND_PRIVATE_H
#define SNAPNAND_PRIVATE_H

#include "snapnand.h"

#define SNAPNAND_NOWHERE	(~0ULL)

static inline bool snapnand_is_erased(const u8 *p, size_t size)
{
	/* Each byte is as the one before. */
	return !size || (p[0] == 0xff && !memcmp(p, p + 1, size - 1));
}

/*
 * Read the page at @off of the good blocks; 0 or -1. For this and the next one the page
 * is whole.
 */
int snapnand_page_read(struct snapnand *n, u64 off, void *buf);
/* Program it; 0 or -1. That it did not work is not noted. */
int snapnand_page_program(struct snapnand *n, u64 off, const void *data);
/* The block at @off, of the good blocks, is to be marked. */
void snapnand_note_failure(struct snapnand *n, u64 off);

/* head.c: @read_head, @program_head of flash, and the words that fit the log. */
int snapnand_head_read(void *ctx, u64 slot, u64 off, void *buf, size_t len);
int snapnand_head_program(void *ctx, u64 slot, u64 off, const void *data, size_t len,
			  size_t *done);
u32 snapnand_head_words(const struct snapnand *n);

#endif /* SNAPNAND_PRIVATE_H */
