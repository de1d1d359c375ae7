// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes an OS image: what would hide it goes first, its header comes last, and
 * everything is read back. Between the two nothing there is taken for an image.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "msg.h"
#include "osplace.h"
#include "progress.h"

#define BODY_OFF	SNAPCAP_OS_PART_ALIGN
#define PIECE		65536

/* Of source and flash; a whole number of write units. */
static u8 piece[PIECE], back[PIECE];

static int fail_io(const struct flash *flash, const char *what, u64 offset)
{
	progress_end();
	msg_error("%s, offset 0x%" PRIx64 ": %s failed", flash_facts(flash)->name, offset, what);
	msg_advice("see the kernel log; the flash may be write-protected (flash_unlock) or worn "
		   "out. The image is not installed, the boot loader does not find it");
	return SNAPCTL_IO;
}

static int revoke_hiding(const struct osplace_area *area, const struct osplace *place)
{
	static const u8 zero[SNAPCAP_MAGIC_SIZE];

	for (size_t i = 0; i < area->images->count; i++) {
		const struct osimage *image = &area->images->image[i];

		if (!osplace_meets(place, image) || image->offset >= place->offset)
			continue;
		if (flash_program(area->flash, image->offset, zero, sizeof(zero)) ||
		    osimage_is_at(area->flash, image->offset))
			return fail_io(area->flash, "revoking an old image", image->offset);
	}
	return SNAPCTL_OK;
}

static unsigned int percent_of(u64 done, u64 all)
{
	return (unsigned int)(done * 100 / all);
}

/* Every block: one that reads erased may be what a power cut has left of an erase. */
static int erase(struct flash *flash, const struct osplace *place)
{
	u64 step = flash_facts(flash)->step;

	for (u64 at = place->offset; at < place->end; at += step) {
		progress_update("erase", percent_of(at - place->offset,
						    place->end - place->offset));
		if (flash_erase(flash, at))
			return fail_io(flash, "erase", at);
	}
	return SNAPCTL_OK;
}

/* @size bytes of the source at @offset to piece[], up to a whole write unit; returns how many. */
static size_t load_piece(struct flash *source, const struct flash *flash, u64 offset, size_t size)
{
	u32 unit = flash_facts(flash)->write_size;
	size_t whole = (size + unit - 1) / unit * unit;

	if (flash_read(source, offset, piece, size))
		return 0;
	memset(piece + size, 0xff, whole - size);
	return whole;
}

enum deed { WRITE, COMPARE };

/* Do that with everything from @start of the image to @end. */
static int copy(struct flash *flash, u64 to, struct flash *source, u64 start, u64 end,
		enum deed deed, const char *stage)
{
	for (u64 at = start; at < end; at += PIECE) {
		size_t size = end - at < PIECE ? (size_t)(end - at) : PIECE;
		size_t whole = load_piece(source, flash, at, size);

		progress_update(stage, percent_of(at, end));
		if (!whole)
			return fail_io(source, "read", at);
		if (deed == WRITE && flash_write(flash, to + at, piece, whole))
			return fail_io(flash, "write", to + at);
		if (deed == COMPARE && (flash_read(flash, to + at, back, size) ||
					memcmp(piece, back, size)))
			return fail_io(flash, "comparison with what was written", to + at);
	}
	return SNAPCTL_OK;
}

/* A header that is not what it should be must not stay: nobody knows what it will be next time. */
static int write_header(struct flash *flash, u64 to, struct flash *source)
{
	u64 size = sizeof(struct snapcap_os_header);
	int ret = copy(flash, to, source, 0, size, WRITE, "commit");

	if (!ret)
		ret = copy(flash, to, source, 0, size, COMPARE, "commit");
	if (ret)
		flash_erase(flash, to);
	return ret;
}

int osplace_write(const struct osplace_area *area, const struct osplace *place,
		  struct flash *source, const struct snapimg_os *os)
{
	struct flash *flash = area->flash;
	int ret = revoke_hiding(area, place);
	u64 to = place->offset;
	struct osimage image;

	if (!ret)
		ret = erase(flash, place);
	if (!ret)
		ret = copy(flash, to, source, BODY_OFF, os->image_size, WRITE, "write");
	if (!ret)
		ret = copy(flash, to, source, BODY_OFF, os->image_size, COMPARE, "verify");
	if (!ret)
		ret = write_header(flash, to, source);
	progress_end();
	if (!ret && osimage_probe(flash, to, &image)) {
		ret = osimage_complain(flash, &image);
		flash_erase(flash, to);
	}
	return ret;
}
