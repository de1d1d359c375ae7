/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/* What several files of the library share; static inline for the reasons of lib/snapimg. */
#ifndef SNAPSTORE_PRIVATE_H
#define SNAPSTORE_PRIVATE_H

#include "snapstore.h"

/*
 * Is there a header that a take has written to its end, whatever became of the mark?
 * Power may have failed while the mark was written, or revoked: then it reads as it
 * likes, and the next time another way.
 */
static inline bool snapstore_has_header(const struct snapimg_slot *slot)
{
	switch (-slot->status) {
	case 0:
	case SNAPCAP_REASON_NOT_COMMITTED:
	case SNAPCAP_REASON_COMMIT:
	case SNAPCAP_REASON_REVOKED:
		return true;
	default:
		return false;
	}
}

/* Program what is before the sections of the slot at @slot; @off as the format has it. */
static inline int snapstore_head_program(const struct snapstore_flash *flash, u64 slot, u64 off,
					 const void *data, size_t len, size_t *done)
{
	void *ctx = flash->reader.ctx;

	*done = 0;
	return flash->program_head ? flash->program_head(ctx, slot, off, data, len, done) :
				     flash->program(ctx, slot + off, data, len, done);
}

static inline u64 snapstore_body(const struct snapstore_flash *flash)
{
	return flash->body ? flash->body : SNAPCAP_BODY_OFF;
}

#endif /* SNAPSTORE_PRIVATE_H */
