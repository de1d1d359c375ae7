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

#endif /* SNAPSTORE_PRIVATE_H */
