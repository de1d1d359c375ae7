// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * image_setup() and image_start(): where the parts of an OS image go, and how
 * they get there.
 *
 * All places are chosen before anything is written, and none of them overlaps
 * another one, the loader, what the device tree reserves, or the image itself
 * when that is in memory. A part that is stored as it is goes straight to its
 * place. A compressed one is decoded to its place from where it lies; when its
 * medium cannot be mapped, it is read to a place of its own before that, which
 * is free again afterwards.
 */
#include <libfdt.h>
#include "console.h"
#include "devtree.h"
#include "image.h"
#include "place.h"
#include "unlz4.h"

/* Longer ones are cut by Linux; it says so for 2048 bytes. */
#define CMDLINE_MAX	4096
/* As much of a compressed kernel as its first bytes can take: a literal run has no end. */
#define PEEK_MAX	4096

struct setup {
	struct image *img;
	struct arena *arena;
	struct place place;
	const void *fdt;		/* to be passed on */
	u32 fdt_used;
	struct devtree_boot boot;
	u8 head[ARCH_KERNEL_HEAD];	/* of the kernel, decoded */
	u64 kernel, kernel_size;
	u64 dtb_size;
	void *staging;			/* for compressed parts of a paged medium */
};

static const struct snapimg_os_part *get_part(const struct setup *s, u32 type)
{
	return &s->img->os.part[type];
}

/* The stored bytes where they lie; NULL when the medium is paged. */
static const void *map_part(const struct setup *s, u32 type)
{
	const struct snapimg_os_part *part = get_part(s, type);

	return media_map(s->img->medium->media, s->img->offset + part->offset,
			 part->stored_size);
}

static int read_part(const struct setup *s, u32 type, void *dst)
{
	const struct snapimg_os_part *part = get_part(s, type);
	int err = media_read(s->img->medium->media, s->img->offset + part->offset, dst,
			     part->stored_size);

	if (!err && snapimg_sum(dst, part->stored_size) != part->sum)
		err = -SNAPCAP_REASON_PART_SUM;
	return err;
}

static int decode_part(const struct snapimg_os_part *part, const void *stored, void *dst)
{
	int n = snapimg_lz4_decode(stored, part->stored_size, dst, part->size);

	return n >= 0 && (u64)n == part->size ? 0 : -SNAPCAP_REASON_PART_DECODE;
}

/* Put a part to @dst, through @staging when it has to be read and decoded. */
static int load_part(const struct setup *s, u32 type, void *dst, void *staging)
{
	const struct snapimg_os_part *part = get_part(s, type);
	bool raw = part->codec == SNAPCAP_CODEC_RAW;
	const void *stored = map_part(s, type);
	int err;

	/* Of a linear medium image_scan() has checked what it found. */
	if (stored && raw)
		memcpy(dst, stored, part->size);
	if (stored)
		return raw ? 0 : decode_part(part, stored, dst);
	err = read_part(s, type, raw ? dst : staging);
	return err || raw ? err : decode_part(part, staging, dst);
}

/* A part that is looked at before places are chosen, where it lies or in the arena. */
static int small_part(const struct setup *s, u32 type, u64 max, const void **data)
{
	const struct snapimg_os_part *part = get_part(s, type);
	bool raw = part->codec == SNAPCAP_CODEC_RAW;
	void *staging = NULL, *dst;

	if (part->size > max)
		return -SNAPCAP_REASON_FIELD;
	*data = raw ? map_part(s, type) : NULL;
	if (*data)
		return 0;
	if (!raw && !s->img->medium->media->map)
		staging = arena_take(s->arena, part->stored_size);
	dst = arena_take(s->arena, part->size);
	*data = dst;
	if (!dst || (!staging && !raw && !s->img->medium->media->map))
		return -SNAPCAP_REASON_NO_SPACE;
	return load_part(s, type, dst, staging);
}

/* The device tree to pass on: the image's, or the machine's. */
static int get_tree(struct setup *s, const struct machine *m)
{
	u64 size = get_part(s, SNAPCAP_OS_PART_DTB)->size;
	int err;

	s->fdt = m->fdt;
	s->fdt_used = m->fdt_size;
	if (!size)
		return 0;
	err = small_part(s, SNAPCAP_OS_PART_DTB, DEVTREE_MAX, &s->fdt);
	if (!err && devtree_check(s->fdt, size, &s->fdt_used))
		err = -SNAPCAP_REASON_DEVTREE;
	return err;
}

static int get_cmdline(struct setup *s)
{
	u64 size = get_part(s, SNAPCAP_OS_PART_CMDLINE)->size;
	const void *text;
	int err;

	if (!size)
		return 0;
	err = small_part(s, SNAPCAP_OS_PART_CMDLINE, CMDLINE_MAX, &text);
	if (err)
		return err;
	s->boot.cmdline = text;
	s->boot.cmdline_size = (u32)size;
	return 0;
}

/* The first bytes of the kernel, which say how much room it needs, and where. */
static int peek_kernel(struct setup *s)
{
	const struct snapimg_os_part *part = get_part(s, SNAPCAP_OS_PART_KERNEL);
	u64 off = s->img->offset + part->offset;
	u8 start[PEEK_MAX];
	size_t size = part->stored_size < sizeof(start) ? (size_t)part->stored_size : sizeof(start);
	int err;

	if (part->size < sizeof(s->head))
		return -SNAPCAP_REASON_KERNEL;
	if (part->codec == SNAPCAP_CODEC_RAW)
		return media_read(s->img->medium->media, off, s->head, sizeof(s->head));
	err = media_read(s->img->medium->media, off, start, size);
	if (!err && !unlz4_start(start, size, s->head, sizeof(s->head)))
		err = -SNAPCAP_REASON_PART_DECODE;
	return err;
}

static int visit_reserved(void *ctx, u64 base, u64 size)
{
	return place_take(ctx, base, size);
}

static int take_what_is_there(struct setup *s, const struct plat *p, const struct machine *m)
{
	const struct media *media = s->img->medium->media;

	/* What firmware keeps for itself stands in the tree that it has left. */
	int err = machine_place(p, m, &s->place);

	/* Below the loader there is no room that a kernel could use well. */
	s->place.low = p->handoff_base + SNAPCAP_HANDOFF_SIZE;
	return err ?:
	       /* Memory only when the image was received. */
	       (media->map ? place_take(&s->place, media->base, media->size) : 0) ?:
	       (s->fdt != m->fdt ? devtree_reserved(s->fdt, visit_reserved, &s->place) : 0);
}

static int place_kernel(struct setup *s)
{
	const struct snapimg_os *os = &s->img->os;
	struct arch_kernel k;
	u64 base;
	int err = arch_kernel_layout(s->head, get_part(s, SNAPCAP_OS_PART_KERNEL)->size, &k);

	if (err)
		return err;
	s->kernel_size = k.size;
	if (os->load_addr == SNAPCAP_OS_LOAD_ANY) {
		if (place_find(&s->place, k.size, k.align, k.offset, &base))
			return -SNAPCAP_REASON_PLACE;
		s->kernel = base + k.offset;
		return 0;
	}
	/* That the sum does not wrap is a rule of the header. */
	s->kernel = os->load_addr + os->load_bias;
	if ((s->kernel - k.offset) & (k.align - 1) || place_at(&s->place, s->kernel, k.size))
		return -SNAPCAP_REASON_PLACE;
	return 0;
}

static int place_initrd(struct setup *s)
{
	u64 size = get_part(s, SNAPCAP_OS_PART_INITRD)->size;

	s->boot.initrd_size = size;
	if (size && place_find(&s->place, size, PAGE_SIZE, 0, &s->boot.initrd_base))
		return -SNAPCAP_REASON_PLACE;
	return 0;
}

static int place_tree(struct setup *s)
{
	u32 more = s->boot.cmdline_size + DEVTREE_SLACK;

	if (s->fdt_used > DEVTREE_MAX - more)
		return -SNAPCAP_REASON_DEVTREE;
	s->dtb_size = s->fdt_used + more;
	if (place_find(&s->place, s->dtb_size, PAGE_SIZE, 0, &s->img->dtb))
		return -SNAPCAP_REASON_PLACE;
	return 0;
}

/* Last of all: what is placed here is overwritten by whoever comes next. */
static int place_staging(struct setup *s)
{
	u64 base, size = 0;
	u32 type;

	for (type = SNAPCAP_OS_PART_KERNEL; type <= SNAPCAP_OS_PART_INITRD; type++) {
		const struct snapimg_os_part *part = get_part(s, type);

		if (type != SNAPCAP_OS_PART_DTB && part->size &&
		    part->codec != SNAPCAP_CODEC_RAW && part->stored_size > size)
			size = part->stored_size;
	}
	if (!size || s->img->medium->media->map)
		return 0;
	if (place_find(&s->place, size, PAGE_SIZE, 0, &base))
		return -SNAPCAP_REASON_PLACE;
	s->staging = (void *)(uintptr_t)base;
	return 0;
}

static void add_block(struct image *img, u64 base, u64 size)
{
	img->block[img->block_count].base = base;
	img->block[img->block_count++].size = size;
}

static int load_kernel(struct setup *s)
{
	void *dst = (void *)(uintptr_t)s->kernel;
	int err = load_part(s, SNAPCAP_OS_PART_KERNEL, dst, s->staging);

	if (err)
		return err;
	/* The checksum was of what is in memory now, and room was made for that. */
	if (memcmp(dst, s->head, sizeof(s->head)))
		return -SNAPCAP_REASON_READ;
	/* All that it will occupy: it clears its bss with its caches off. */
	add_block(s->img, s->kernel, s->kernel_size);
	s->img->entry = s->kernel + s->img->os.entry;
	return 0;
}

static int load_initrd(struct setup *s)
{
	int err;

	if (!s->boot.initrd_size)
		return 0;
	err = load_part(s, SNAPCAP_OS_PART_INITRD, (void *)(uintptr_t)s->boot.initrd_base,
			s->staging);
	if (!err)
		add_block(s->img, s->boot.initrd_base, s->boot.initrd_size);
	return err;
}

/* Give the device tree room to grow, and tell Linux in it what it must know. */
static int load_tree(struct setup *s, const struct plat *p)
{
	void *dst = (void *)(uintptr_t)s->img->dtb;
	int err = devtree_copy(s->fdt, s->fdt_used, dst, (u32)s->dtb_size);

	if (!err)
		err = devtree_announce(dst, p, &s->boot);
	if (err) {
		say("device tree: %s", fdt_strerror(err));
		return -SNAPCAP_REASON_DEVTREE;
	}
	add_block(s->img, s->img->dtb, s->dtb_size);
	return 0;
}

int image_setup(const struct plat *p, const struct machine *m, struct arena *arena,
		const struct snapimg_range *keep, struct image *img)
{
	struct setup s = {
		.img = img,
		.arena = arena,
		.boot = { .seed = m->seed, .seed_size = m->seed_size },
	};
	int err;

	img->block_count = 0;
	if (keep) {
		s.boot.keep = *keep;
		add_block(img, keep->base, keep->size);
	}
	err = get_tree(&s, m) ?: get_cmdline(&s) ?: peek_kernel(&s) ?:
	      take_what_is_there(&s, p, m) ?: place_kernel(&s) ?: place_initrd(&s) ?:
	      place_tree(&s) ?: place_staging(&s);
	if (!err)
		err = load_kernel(&s) ?: load_initrd(&s) ?: load_tree(&s, p);
	if (!err)
		add_block(img, p->handoff_base, SNAPCAP_HANDOFF_SIZE);
	return err;
}

void image_start(const struct image *img)
{
	arch_kernel_start(img->entry, img->dtb, img->block, img->block_count);
}
