// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The cold boot: image_scan() finds an OS image on a medium, image_setup() puts it
 * in memory, image_start() enters it. Nothing here needs anything that is in
 * memory already, so it works after a restore that was given up half way.
 */
#include <libfdt.h>
#include "console.h"
#include "devtree.h"
#include "image.h"
#include "place.h"

/* Longer ones are cut by Linux; it says so for 2048 bytes. */
#define CMDLINE_MAX	4096

/* What arch_kernel_layout() is shown of a kernel that cannot be mapped. */
#define KERNEL_HEAD	4096

/* Checksum of every part; 0 or -OS_IMAGE. */
static int check_parts(const struct image *img)
{
	u32 type;

	for (type = SNAPCAP_OS_PART_KERNEL; type <= SNAPCAP_OS_PART_CMDLINE; type++) {
		const struct snapimg_os_part *part = &img->os.part[type];
		const void *data;

		if (!part->size)
			continue;
		data = media_map(img->medium->media, img->offset + part->offset,
				 part->stored_size);
		if (!data || snapimg_sum(data, part->stored_size) != part->sum) {
			say("os image at %llx refused: part %u is damaged", img->offset, type);
			return -SNAPCAP_REASON_OS_IMAGE;
		}
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

int image_scan(const struct plat_medium *pm, u32 flags, u64 below, struct image *img)
{
	u64 off = pm->part[PLAT_PART_OS].offset, step;
	u64 end = off + plat_part_size(pm, PLAT_PART_OS);
	bool deep = !(flags & IMAGE_SCAN_HEADERS) && pm->media->map;
	bool found = false;
	struct image here;

	memset(&here, 0, sizeof(here));
	for (; off < end && !pm->media->error; off += step) {
		int err = check_header(pm, off, end - off, &here);

		step = pm->os_step;
		if (err) {
			if (err != -SNAPCAP_REASON_EMPTY && !(flags & IMAGE_SCAN_HEADERS))
				say("os image at %llx refused: %s", off, snapimg_reason_name(err));
			continue;
		}
		/* The parts hold no headers. */
		step *= (here.os.image_size + pm->os_step - 1) / pm->os_step;
		if (here.os.version >= below || (found && here.os.version <= img->os.version))
			continue;
		if (deep && check_parts(&here))
			continue;
		*img = here;
		found = true;
	}
	return found ? 0 : -SNAPCAP_REASON_OS_IMAGE;
}

/* Read a part of a paged medium to @dst and check it; 0, -READ or -OS_IMAGE. */
static int read_part(const struct image *img, u32 type, void *dst)
{
	const struct snapimg_os_part *part = &img->os.part[type];
	int err = media_read(img->medium->media, img->offset + part->offset, dst,
			     part->stored_size);

	if (err)
		return err;
	if (snapimg_sum(dst, part->stored_size) == part->sum)
		return 0;
	say("os image at %llx refused: part %u is damaged", img->offset, type);
	return -SNAPCAP_REASON_OS_IMAGE;
}

/* A part that is there, where it is or in @arena; at most @max bytes. */
static int get_part(const struct image *img, u32 type, u64 max, struct arena *arena,
		    const void **data)
{
	const struct snapimg_os_part *part = &img->os.part[type];
	void *buf;

	if (part->size > max)
		return -SNAPCAP_REASON_OS_IMAGE;
	*data = media_map(img->medium->media, img->offset + part->offset, part->size);
	if (*data)
		return 0;
	buf = arena_take(arena, part->size);
	*data = buf;
	return buf ? read_part(img, type, buf) : -SNAPCAP_REASON_NO_SPACE;
}

/* Copy a part to where it belongs. */
static int put_part(const struct image *img, u32 type, void *dst)
{
	const struct snapimg_os_part *part = &img->os.part[type];
	const void *data;

	if (!img->medium->media->map)
		return read_part(img, type, dst);
	data = media_map(img->medium->media, img->offset + part->offset, part->size);
	if (!data)
		return -SNAPCAP_REASON_READ;
	memcpy(dst, data, part->size);
	return 0;
}

static int visit_reserved(void *ctx, u64 base, u64 size)
{
	return place_take(ctx, base, size);
}

static void add_block(struct image *img, u64 base, u64 size)
{
	img->block[img->block_count].base = base;
	img->block[img->block_count++].size = size;
}

/* How much room the kernel needs, and where. */
static int look_at_kernel(const struct image *img, u8 *head, size_t size, struct arch_kernel *k)
{
	const struct snapimg_os_part *part = &img->os.part[SNAPCAP_OS_PART_KERNEL];
	int err = media_read(img->medium->media, img->offset + part->offset, head, size);

	return err ?: arch_kernel_layout(head, part->size, k);
}

/* Place the kernel and copy it there. */
static int setup_kernel(struct place *place, struct image *img)
{
	u64 base, stored = img->os.part[SNAPCAP_OS_PART_KERNEL].size;
	size_t size = stored < KERNEL_HEAD ? (size_t)stored : KERNEL_HEAD;
	u8 head[KERNEL_HEAD] __attribute__((aligned(8)));
	struct arch_kernel k;
	void *dst;
	int err;

	err = look_at_kernel(img, head, size, &k);
	if (!err)
		err = place_find(place, k.size, k.align, k.offset, &base);
	if (err)
		return err;
	img->entry = base + k.offset;
	dst = (void *)(uintptr_t)img->entry;
	err = put_part(img, SNAPCAP_OS_PART_KERNEL, dst);
	if (err)
		return err;
	/* The checksum was of what is in memory now, and room was made for that. */
	if (memcmp(dst, head, size))
		return -SNAPCAP_REASON_READ;
	/* All that it will occupy: it clears its bss with its caches off. */
	add_block(img, img->entry, k.size);
	return 0;
}

static int setup_initrd(struct place *place, struct image *img, struct devtree_boot *boot)
{
	u64 size = img->os.part[SNAPCAP_OS_PART_INITRD].size;
	int err;

	if (!size)
		return 0;
	err = place_find(place, size, PAGE_SIZE, 0, &boot->initrd_base);
	if (!err)
		err = put_part(img, SNAPCAP_OS_PART_INITRD,
			       (void *)(uintptr_t)boot->initrd_base);
	if (err)
		return err;
	boot->initrd_size = size;
	add_block(img, boot->initrd_base, size);
	return 0;
}

/* Place the device tree, give it room to grow, and tell Linux in it what it must know. */
static int setup_dtb(const struct plat *p, const void *fdt, u32 used, struct place *place,
		     const struct devtree_boot *boot, struct image *img)
{
	u32 size = used + boot->cmdline_size + DEVTREE_SLACK;
	void *dst;
	int err;

	if (used > DEVTREE_MAX - boot->cmdline_size - DEVTREE_SLACK)
		return -SNAPCAP_REASON_NO_SPACE;
	err = place_find(place, size, PAGE_SIZE, 0, &img->dtb);
	if (err)
		return err;
	dst = (void *)(uintptr_t)img->dtb;
	err = devtree_copy(fdt, used, dst, size);
	if (!err)
		err = devtree_announce(dst, p, boot);
	if (err) {
		say("device tree: libfdt error %d", err);
		return -SNAPCAP_REASON_OS_IMAGE;
	}
	add_block(img, img->dtb, size);
	return 0;
}

/* The device tree to pass on: the image's, or the machine's. */
static int get_tree(const struct image *img, const struct machine *m, struct arena *arena,
		    const void **fdt, u32 *used)
{
	u64 size = img->os.part[SNAPCAP_OS_PART_DTB].size;
	int err;

	*fdt = m->fdt;
	*used = m->fdt_size;
	if (!size)
		return 0;
	err = get_part(img, SNAPCAP_OS_PART_DTB, DEVTREE_MAX, arena, fdt);
	if (!err && devtree_check(*fdt, size, used))
		err = -SNAPCAP_REASON_OS_IMAGE;
	return err;
}

static int get_cmdline(const struct image *img, struct arena *arena, struct devtree_boot *boot)
{
	u64 size = img->os.part[SNAPCAP_OS_PART_CMDLINE].size;
	const void *text;
	int err;

	if (!size)
		return 0;
	err = get_part(img, SNAPCAP_OS_PART_CMDLINE, CMDLINE_MAX, arena, &text);
	if (err)
		return err;
	boot->cmdline = text;
	boot->cmdline_size = (u32)size;
	return 0;
}

int image_setup(const struct plat *p, const struct machine *m, struct arena *arena,
		struct image *img)
{
	struct devtree_boot boot = { .seed = m->seed, .seed_size = m->seed_size };
	struct place place;
	const void *fdt;
	u32 used;
	int err;

	err = get_tree(img, m, arena, &fdt, &used) ?: get_cmdline(img, arena, &boot);
	if (err)
		return err;
	memset(&place, 0, sizeof(place));
	place.ram = m->range;
	place.ram_count = m->range_count;
	/* Below the loader there is no room that a kernel could use well. */
	place.low = p->handoff_base + SNAPCAP_HANDOFF_SIZE;
	img->block_count = 0;
	err = place_take(&place, p->stub_base, p->stub_size) ?:
	      place_take(&place, p->handoff_base, SNAPCAP_HANDOFF_SIZE) ?:
	      devtree_reserved(fdt, visit_reserved, &place);
	if (!err)
		err = setup_kernel(&place, img);
	if (!err)
		err = setup_initrd(&place, img, &boot);
	if (!err)
		err = setup_dtb(p, fdt, used, &place, &boot, img);
	if (err)
		return err;
	add_block(img, p->handoff_base, SNAPCAP_HANDOFF_SIZE);
	return 0;
}

void image_start(const struct image *img)
{
	arch_kernel_start(img->entry, img->dtb, img->block, img->block_count);
}
