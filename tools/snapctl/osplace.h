/* SPDX-License-Identifier: GPL-2.0-only */
/* Where on flash a new OS image goes, and putting it there. */
#ifndef SNAPCTL_OSPLACE_H
#define SNAPCTL_OSPLACE_H

#include "osimage.h"
#include "slots.h"

/**
 * struct osplace_area - what of the medium may be used
 * @flash: medium
 * @images: OS images there
 * @slots: snapshots there
 * @start: first byte that may be used
 * @end: behind the last
 * @fixed: the image must begin at @start
 */
struct osplace_area {
	struct flash *flash;
	const struct osimages *images;
	const struct slots *slots;
	u64 start;
	u64 end;
	bool fixed;
};

/**
 * struct osplace - a place for an image
 * @offset: of its first block
 * @end: behind its last block
 * @loses_valid: a valid image is overwritten there
 * @loses_newest: even the newest
 * @version: the highest version that is lost, with @loses_valid
 */
struct osplace {
	u64 offset;
	u64 end;
	bool loses_valid;
	bool loses_newest;
	u64 version;
};

/** osplace_unit() - distance of possible places: erase blocks that the boot loader looks at;
 * 0 when there are none such
 */
u64 osplace_unit(const struct flash *flash);

/**
 * osplace_find() - the place where the least is lost
 * @area: what may be used
 * @size: bytes of the image
 * @place: result
 *
 * Nothing lost is best, then damaged images, then the oldest; the newest valid one goes
 * last. A committed snapshot is never in the way of an image: there is no such place.
 *
 * Return: 0, -ENOSPC: too small, -EEXIST: a snapshot is in the way
 */
int osplace_find(const struct osplace_area *area, u64 size, struct osplace *place);

/** osplace_meets() - does the image have a byte in common with the place? */
bool osplace_meets(const struct osplace *place, const struct osimage *image);

/**
 * osplace_write() - put an image there
 * @area: as for osplace_find()
 * @place: from there
 * @source: medium with a good OS image at its start
 * @os: its header
 *
 * The header is written last, when all the rest was read back: wherever the power
 * fails, the boot loader finds what was there before or the whole new image.
 *
 * Return: exit code, with a message
 */
int osplace_write(const struct osplace_area *area, const struct osplace *place,
		  struct flash *source, const struct snapimg_os *os);

#endif /* SNAPCTL_OSPLACE_H */
