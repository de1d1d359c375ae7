// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The cold boot: image_scan() finds an OS image in flash, image_setup() puts it
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

/* Checksum of every part; 0 or -OS_IMAGE. */
static int check_parts(const struct plat *p, const struct image *img)
{
	u32 type;

	for (type = SNAPCAP_OS_PART_KERNEL; type <= SNAPCAP_OS_PART_CMDLINE; type++) {
		const struct snapimg_os_part *part = &img->os.part[type];
		const void *data;

		if (!part->size)
			continue;
		data = flash_view(p->flash, img->offset + part->offset, part->stored_size);
		if (!data || snapimg_sum(data, part->stored_size) != part->sum) {
			say("os image at %llx refused: part %u is damaged", img->offset, type);
			return -SNAPCAP_REASON_OS_IMAGE;
		}
	}
	return 0;
}

/* Check the header at @off; 0, or a negated reason, EMPTY when there is none. */
static int check_header(const struct plat *p, u64 off, u64 avail, struct image *img)
{
	struct snapcap_os_header hdr;
	int err;

	if (avail < sizeof(hdr))
		return -SNAPCAP_REASON_EMPTY;
	/* Most steps hold no image: one look at the magic is all they cost. */
	err = flash_read(p->flash, off, hdr.magic, sizeof(hdr.magic));
	if (err)
		return err;
	if (memcmp(hdr.magic, SNAPCAP_OS_MAGIC, SNAPCAP_MAGIC_SIZE))
		return -SNAPCAP_REASON_EMPTY;
	err = flash_read(p->flash, off, &hdr, sizeof(hdr));
	if (!err)
		err = snapimg_os_check(&hdr, sizeof(hdr), avail, &img->os);
	if (!err && img->os.arch != arch_id)
		err = -SNAPCAP_REASON_ARCH;
	img->offset = off;
	return err;
}

int image_scan(const struct plat *p, u32 flags, u64 below, struct image *img)
{
	const struct plat_part *part = &p->part[PLAT_PART_OS];
	u64 end = part->offset + part->size, off = part->offset, step;
	bool found = false;
	struct image here;

	memset(&here, 0, sizeof(here));
	for (; off < end; off += step) {
		int err = check_header(p, off, end - off, &here);

		step = p->os_step;
		if (err) {
			if (err != -SNAPCAP_REASON_EMPTY && !(flags & IMAGE_SCAN_HEADERS))
				say("os image at %llx refused: %s", off, snapimg_reason_name(err));
			continue;
		}
		/* The parts hold no headers. */
		step *= (here.os.image_size + p->os_step - 1) / p->os_step;
		if (here.os.version >= below || (found && here.os.version <= img->os.version))
			continue;
		if (!(flags & IMAGE_SCAN_HEADERS) && check_parts(p, &here))
			continue;
		*img = here;
		found = true;
	}
	return found ? 0 : -SNAPCAP_REASON_OS_IMAGE;
}

static const void *part_data(const struct plat *p, const struct image *img, u32 type)
{
	const struct snapimg_os_part *part = &img->os.part[type];

	return part->size ? flash_view(p->flash, img->offset + part->offset, part->size) : NULL;
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

/* Place the kernel and copy it there. */
static int setup_kernel(const struct plat *p, struct place *place, struct image *img)
{
	const struct snapimg_os_part *part = &img->os.part[SNAPCAP_OS_PART_KERNEL];
	const void *data = part_data(p, img, SNAPCAP_OS_PART_KERNEL);
	struct arch_kernel k;
	u64 base;
	int err;

	if (!data)
		return -SNAPCAP_REASON_OS_IMAGE;
	err = arch_kernel_layout(data, part->size, &k);
	if (!err)
		err = place_find(place, k.size, k.align, k.offset, &base);
	if (err)
		return err;
	img->entry = base + k.offset;
	memcpy((void *)(uintptr_t)img->entry, data, part->size);
	/* All that it will occupy: it clears its bss with its caches off. */
	add_block(img, img->entry, k.size);
	return 0;
}

static int setup_initrd(const struct plat *p, struct place *place, struct image *img,
			struct devtree_boot *boot)
{
	const struct snapimg_os_part *part = &img->os.part[SNAPCAP_OS_PART_INITRD];
	const void *data = part_data(p, img, SNAPCAP_OS_PART_INITRD);
	int err;

	if (!part->size)
		return 0;
	if (!data)
		return -SNAPCAP_REASON_OS_IMAGE;
	err = place_find(place, part->size, PAGE_SIZE, 0, &boot->initrd_base);
	if (err)
		return err;
	boot->initrd_size = part->size;
	memcpy((void *)(uintptr_t)boot->initrd_base, data, part->size);
	add_block(img, boot->initrd_base, part->size);
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

int image_setup(const struct plat *p, const struct machine *m, struct image *img)
{
	struct devtree_boot boot = { .seed = m->seed, .seed_size = m->seed_size };
	const void *fdt = part_data(p, img, SNAPCAP_OS_PART_DTB);
	u32 used = m->fdt_size;
	struct place place;
	int err;

	if (!fdt)
		fdt = m->fdt;
	else if (devtree_check(fdt, img->os.part[SNAPCAP_OS_PART_DTB].size, &used))
		return -SNAPCAP_REASON_OS_IMAGE;

	boot.cmdline = part_data(p, img, SNAPCAP_OS_PART_CMDLINE);
	if (boot.cmdline) {
		if (img->os.part[SNAPCAP_OS_PART_CMDLINE].size > CMDLINE_MAX)
			return -SNAPCAP_REASON_OS_IMAGE;
		boot.cmdline_size = (u32)img->os.part[SNAPCAP_OS_PART_CMDLINE].size;
	}

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
		err = setup_kernel(p, &place, img);
	if (!err)
		err = setup_initrd(p, &place, img, &boot);
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
