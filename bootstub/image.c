// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * image_scan(): which OS images are there, and which of them is booted.
 */
#include "console.h"
#include "image.h"

int image_check(const struct image *img)
{
	u32 type;

	for (type = SNAPCAP_OS_PART_KERNEL; type <= SNAPCAP_OS_PART_CMDLINE; type++) {
		const struct snapimg_os_part *part = &img->os.part[type];
		const void *data;

		if (!part->size)
			continue;
		data = media_map(img->medium->media, img->offset + part->offset,
				 part->stored_size);
		if (!data || snapimg_sum(data, part->stored_size) != part->sum)
			return -SNAPCAP_REASON_PART_SUM;
	}
	return 0;
}

/* Check the header at @off; 0, or a negated reason, EMPTY when there is none. */
static int check_header(const struct plat_medium *pm, u64 off, u64 avail, struct image *img)
{
	struct snapcap_os_header hdr;
	int err;

	if (avail < sizeof(hdr))
		return -SNAPCAP_REASON_EMPTY;
	/* Most steps hold no image: one look at the magic is all they cost. */
	err = media_read(pm->media, off, hdr.magic, sizeof(hdr.magic));
	if (err)
		return err;
	if (memcmp(hdr.magic, SNAPCAP_OS_MAGIC, SNAPCAP_MAGIC_SIZE))
		return -SNAPCAP_REASON_EMPTY;
	err = media_read(pm->media, off, &hdr, sizeof(hdr));
	if (!err)
		err = snapimg_os_check(&hdr, sizeof(hdr), avail, &img->os);
	if (!err && img->os.arch != arch_id)
		err = -SNAPCAP_REASON_ARCH;
	img->medium = pm;
	img->offset = off;
	return err;
}

/* Is that one behind @after in the order in which images are tried? NULL: all are. */
static bool comes_after(const struct image *img, const struct image *after)
{
	return !after || img->os.version < after->os.version ||
	       (img->os.version == after->os.version && img->offset > after->offset);
}

int image_scan(const struct plat_medium *pm, u32 flags, const struct image *after,
	       struct image *img)
{
	u64 off = pm->part[PLAT_PART_OS].offset, step;
	u64 end = off + plat_part_size(pm, PLAT_PART_OS);
	bool deep = !(flags & IMAGE_SCAN_HEADERS);
	bool found = false, unread = false;
	struct image here;

	memset(&here, 0, sizeof(here));
	media_stride(pm->media, pm->os_step);
	for (; off < end && !pm->media->error; off += step) {
		int err = check_header(pm, off, end - off, &here);

		step = pm->os_step;
		if (!err) {
			/* The parts hold no headers. */
			step *= (here.os.image_size + pm->os_step - 1) / pm->os_step;
			/* Of two with one version the first is taken. */
			if (!comes_after(&here, after) ||
			    (found && here.os.version <= img->os.version))
				continue;
			if (deep && pm->media->map)
				err = image_check(&here);
		}
		if (!err) {
			*img = here;
			found = true;
		} else if (err != -SNAPCAP_REASON_EMPTY && deep &&
			   !(unread && err == -SNAPCAP_REASON_READ)) {
			say("os image at %llx refused: %s", off, snapimg_reason_name(err));
			/* A medium with one place that cannot be read may have a thousand. */
			unread |= err == -SNAPCAP_REASON_READ;
		}
	}
	media_stride(pm->media, 0);
	return found ? 0 : -SNAPCAP_REASON_OS_IMAGE;
}
