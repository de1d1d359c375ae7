/* SPDX-License-Identifier: GPL-2.0-only */
/* The OS images of a medium. */
#ifndef SNAPCTL_OSIMAGE_H
#define SNAPCTL_OSIMAGE_H

#include "flash.h"
#include "json.h"
#include "slots.h"

/* The boot loader looks for OS images at multiples of this. */
#define OSIMAGE_STEP	65536

/**
 * struct osimage - an OS image in a medium
 * @offset: in the medium
 * @reason: 0 for a good one, else a negated SNAPCAP_REASON_*
 * @part: SNAPCAP_OS_PART_* that @reason is about, 0: the header
 * @has_header: the header is good, so that what follows is valid
 * @version_minor: of the format
 * @feature_compat: features that may be ignored
 * @header_crc: checksum of the header
 * @os: the rest of it
 */
struct osimage {
	u64 offset;
	int reason;
	u32 part;
	bool has_header;
	u32 version_minor;
	u64 feature_compat;
	u32 header_crc;
	struct snapimg_os os;
};

/**
 * struct osimages - what a medium holds
 * @image: by ascending offset
 * @count: entries
 * @newest: the one that the boot loader would boot, -1 for none
 */
struct osimages {
	struct osimage *image;
	size_t count;
	int newest;
};

/** osimage_is_at() - is there the magic of an OS image at @offset? */
bool osimage_is_at(struct flash *flash, u64 offset);

/** osimage_probe() - check header and parts at @offset; returns image->reason */
int osimage_probe(struct flash *flash, u64 offset, struct osimage *image);

/** osimages_scan() - find all, as the boot loader does; 0 or -ENOMEM; then osimages_free() */
int osimages_scan(struct flash *flash, struct osimages *images);

/** osimages_free() - release what osimages_scan() found */
void osimages_free(struct osimages *images);

/**
 * osimage_select() - the OS image that the options ask for
 * @flash: medium
 * @select: options
 * @image: result; without options the newest valid, else the first
 *
 * Return: false when they mean a snapshot: there is no OS image, or both are there
 * and the medium does not start with one
 */
bool osimage_select(struct flash *flash, const struct select_options *select,
		    struct osimage *image);

/** osimage_part_name() - "kernel", "dtb", "initrd" or "cmdline"; "header" for 0 */
const char *osimage_part_name(u32 part);

/** osimage_json() - @object gets all that is known of an image */
void osimage_json(struct json_object *object, const struct osimage *image);

/** osimage_complain() - print what is wrong with an image; returns an exit code */
int osimage_complain(const struct flash *flash, const struct osimage *image);

#endif /* SNAPCTL_OSIMAGE_H */
