// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the place of a new OS image. Writes nothing. */
#include <errno.h>

#include "osplace.h"

u64 osplace_unit(const struct flash *flash)
{
	u64 step = flash_facts(flash)->step;

	if (step % OSIMAGE_STEP == 0)
		return step;
	return OSIMAGE_STEP % step ? 0 : OSIMAGE_STEP;
}

bool osplace_meets(const struct osplace *place, const struct osimage *image)
{
	return image->has_header && image->offset < place->end &&
	       (image->offset >= place->offset ||
		image->os.image_size > place->offset - image->offset);
}

/* Its header lies outside the place and would hide what is inside: it has to go first. */
static bool must_be_revoked(const struct osplace *place, const struct osimage *image)
{
	return osplace_meets(place, image) && image->offset < place->offset;
}

static bool meets_snapshot(const struct osplace_area *area, const struct osplace *place)
{
	for (size_t i = 0; i < area->slots->count; i++) {
		const struct snapimg_slot *slot = &area->slots->slot[i];

		if (!slot->status && slot->offset < place->end &&
		    (slot->offset >= place->offset ||
		     slot->img.image_size > place->offset - slot->offset))
			return true;
	}
	return false;
}

/* What is lost at a place; false when it cannot be used. */
static bool look_at(const struct osplace_area *area, struct osplace *place)
{
	const struct osimages *images = area->images;

	for (size_t i = 0; i < images->count; i++) {
		const struct osimage *image = &images->image[i];

		if (!osplace_meets(place, image))
			continue;
		/* Revoking is one write of eight bytes that leaves the others alone. */
		if (must_be_revoked(place, image) &&
		    flash_facts(area->flash)->write_size > SNAPCAP_MAGIC_SIZE)
			return false;
		if (image->reason)
			continue;
		if (!place->loses_valid || image->os.version > place->version)
			place->version = image->os.version;
		place->loses_valid = true;
		if ((int)i == images->newest)
			place->loses_newest = true;
	}
	return true;
}

static bool is_better(const struct osplace *a, const struct osplace *b)
{
	if (a->loses_newest != b->loses_newest)
		return b->loses_newest;
	if (a->loses_valid != b->loses_valid)
		return b->loses_valid;
	return a->loses_valid && a->version < b->version;
}

int osplace_find(const struct osplace_area *area, u64 size, struct osplace *place)
{
	u64 step = flash_facts(area->flash)->step, unit = osplace_unit(area->flash);
	u64 room = (size + step - 1) / step * step;
	bool found = false;
	int ret = -ENOSPC;

	if (!unit)
		return -ENOSPC;
	for (u64 at = (area->start + unit - 1) / unit * unit; at < area->end; at += unit) {
		struct osplace here = { .offset = at, .end = at + room };

		if (room > area->end - at || (area->fixed && at != area->start))
			break;
		if (meets_snapshot(area, &here)) {
			ret = -EEXIST;
		} else if (look_at(area, &here) && (!found || is_better(&here, place))) {
			*place = here;
			found = true;
		}
	}
	return found ? 0 : ret;
}
