// SPDX-License-Identifier: GPL-2.0-only
/* Finds OS images as the boot loader does, and checks them as far as it does. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "advice.h"
#include "facts.h"
#include "msg.h"
#include "osimage.h"
#include "units.h"

bool osimage_is_at(struct flash *flash, u64 offset)
{
	u8 magic[SNAPCAP_MAGIC_SIZE];

	return !flash_read(flash, offset, magic, sizeof(magic)) &&
	       !memcmp(magic, SNAPCAP_OS_MAGIC, sizeof(magic));
}

/* The decoded bytes are of no interest but for their number. */
static int decode_part(const struct snapimg_os_part *part, const void *stored)
{
	void *plain = malloc(part->size);
	int ret;

	if (!plain)
		return -SNAPCAP_REASON_NO_SPACE;
	ret = snapimg_lz4_decode(stored, part->stored_size, plain, part->size);
	free(plain);
	return ret >= 0 && (u64)ret == part->size ? 0 : -SNAPCAP_REASON_PART_DECODE;
}

static int check_part(struct flash *flash, u64 offset, const struct snapimg_os_part *part)
{
	void *stored;
	int ret = 0;

	if (!part->size)
		return 0;
	/* The header check has bounded it by the size of the medium. */
	stored = malloc(part->stored_size);
	if (!stored)
		return -SNAPCAP_REASON_NO_SPACE;
	if (flash_read(flash, offset + part->offset, stored, part->stored_size))
		ret = -SNAPCAP_REASON_READ;
	else if (snapimg_sum(stored, part->stored_size) != part->sum)
		ret = -SNAPCAP_REASON_PART_SUM;
	else if (part->codec == SNAPCAP_CODEC_LZ4)
		ret = decode_part(part, stored);
	free(stored);
	return ret;
}

static int check_header(struct flash *flash, struct osimage *image)
{
	u64 size = flash_facts(flash)->size;
	struct snapcap_os_header header;
	int ret;

	if (image->offset > size || size - image->offset < sizeof(header))
		return -SNAPCAP_REASON_TRUNCATED;
	if (flash_read(flash, image->offset, &header, sizeof(header)))
		return -SNAPCAP_REASON_READ;
	ret = snapimg_os_check(&header, sizeof(header), size - image->offset, &image->os);
	if (ret)
		return ret;
	image->has_header = true;
	image->version_minor = le16_to_cpu(header.version_minor);
	image->feature_compat = le64_to_cpu(header.feature_compat);
	image->header_crc = le32_to_cpu(header.header_crc);
	return 0;
}

int osimage_probe(struct flash *flash, u64 offset, struct osimage *image)
{
	*image = (struct osimage){ .offset = offset };
	image->reason = check_header(flash, image);
	if (image->reason)
		return image->reason;
	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		image->reason = check_part(flash, offset, &image->os.part[i]);
		if (image->reason) {
			image->part = i;
			break;
		}
	}
	return image->reason;
}

static int append(struct osimages *images, const struct osimage *image)
{
	void *more = realloc(images->image, (images->count + 1) * sizeof(*image));

	if (!more)
		return -ENOMEM;
	images->image = more;
	images->image[images->count++] = *image;
	return 0;
}

int osimages_scan(struct flash *flash, struct osimages *images)
{
	u64 size = flash_facts(flash)->size, used;
	struct osimage image;

	*images = (struct osimages){ .newest = -1 };
	for (u64 offset = 0; offset < size; offset += used) {
		used = OSIMAGE_STEP;
		if (!osimage_is_at(flash, offset))
			continue;
		osimage_probe(flash, offset, &image);
		if (append(images, &image)) {
			osimages_free(images);
			return -ENOMEM;
		}
		/* The parts hold no headers. */
		if (image.has_header)
			used *= (image.os.image_size + used - 1) / used;
		if (!image.reason && (images->newest < 0 ||
		    image.os.version > images->image[images->newest].os.version))
			images->newest = (int)images->count - 1;
	}
	return 0;
}

void osimages_free(struct osimages *images)
{
	free(images->image);
	*images = (struct osimages){ .newest = -1 };
}

static bool holds_no_snapshot(struct flash *flash)
{
	struct snapimg_reader r = flash_reader(flash);
	u64 step = flash_facts(flash)->step, offset = 0;
	struct snapimg_slot slot;

	return !snapimg_slot_next(&r, step, &offset, &slot);
}

bool osimage_select(struct flash *flash, const struct select_options *select,
		    struct osimage *image)
{
	struct osimages images;
	bool found;
	u64 at;

	if (select->have_sequence)
		return false;
	if (select->have_at) {
		at = flash_logical(flash, select->at);
		found = osimage_is_at(flash, at);
		if (found)
			osimage_probe(flash, at, image);
		return found;
	}
	if (!osimage_is_at(flash, 0) && !holds_no_snapshot(flash))
		return false;
	if (osimages_scan(flash, &images))
		return false;
	found = images.count;
	if (found)
		*image = images.image[images.newest < 0 ? 0 : images.newest];
	osimages_free(&images);
	return found;
}

const char *osimage_part_name(u32 part)
{
	static const char *const names[] = {
		[SNAPCAP_OS_PART_KERNEL] = "kernel",
		[SNAPCAP_OS_PART_DTB] = "dtb",
		[SNAPCAP_OS_PART_INITRD] = "initrd",
		[SNAPCAP_OS_PART_CMDLINE] = "cmdline",
	};

	return part && part < sizeof(names) / sizeof(names[0]) ? names[part] : "header";
}

static struct json_object *parts_json(const struct snapimg_os *os)
{
	struct json_object *parts = json_new();

	for (u32 i = SNAPCAP_OS_PART_KERNEL; i <= SNAPCAP_OS_PART_CMDLINE; i++) {
		struct json_object *part;

		if (!os->part[i].size)
			continue;
		part = json_new();
		json_text(part, "codec", facts_codec(os->part[i].codec));
		json_u64(part, "offset", os->part[i].offset);
		json_u64(part, "stored_size", os->part[i].stored_size);
		json_u64(part, "size", os->part[i].size);
		json_u64(part, "sum", os->part[i].sum);
		json_put(parts, osimage_part_name(i), part);
	}
	return parts;
}

void osimage_json(struct json_object *o, const struct osimage *image)
{
	const struct snapimg_os *os = &image->os;

	json_u64(o, "offset", image->offset);
	json_text(o, "state", image->reason ? "damaged" : "valid");
	json_text(o, "part", image->reason ? osimage_part_name(image->part) : NULL);
	facts_reason_json(o, image->reason);
	if (!image->has_header)
		return;
	json_u64(o, "version_major", SNAPCAP_OS_VERSION_MAJOR);
	json_u64(o, "version_minor", image->version_minor);
	json_u64(o, "feature_compat", image->feature_compat);
	json_u64(o, "header_crc", image->header_crc);
	json_u64(o, "image_version", os->version);
	json_u64(o, "image_size", os->image_size);
	json_text(o, "arch", facts_arch(os->arch));
	json_bytes(o, "kernel_release", os->kernel_release, sizeof(os->kernel_release));
	json_text(o, "build_id", units_hex(os->build_id, os->build_id_size).s);
	json_text(o, "os_identity", units_identity(snapimg_os_identity(os)).s);
	if (os->load_addr == SNAPCAP_OS_LOAD_ANY)
		json_put(o, "load_addr", NULL);
	else
		json_u64(o, "load_addr", os->load_addr);
	json_u64(o, "load_bias", os->load_bias);
	json_u64(o, "entry", os->entry);
	json_put(o, "parts", parts_json(os));
}

int osimage_complain(const struct flash *flash, const struct osimage *image)
{
	const char *advice = reason_advice(image->reason);

	msg_error("%s, OS image at offset 0x%" PRIx64 ", %s: %s (%s)", flash_facts(flash)->name,
		  image->offset, osimage_part_name(image->part),
		  image->reason == -SNAPCAP_REASON_NO_SPACE ? "out of memory" :
		  snapimg_reason_text(image->reason), snapimg_reason_name(image->reason));
	if (image->reason == -SNAPCAP_REASON_PART_SUM || image->reason == -SNAPCAP_REASON_READ)
		msg_advice("%s", advice);
	else
		msg_advice("write the image again, as snapctl mkimage made it");
	return image->reason == -SNAPCAP_REASON_READ ? SNAPCTL_IO :
	       image->reason == -SNAPCAP_REASON_NO_SPACE ? SNAPCTL_NO_SPACE : SNAPCTL_INVALID;
}
