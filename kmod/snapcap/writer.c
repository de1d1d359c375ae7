// SPDX-License-Identifier: GPL-2.0-only
/*
 * PrepareSnapshot and WriteSnapshot: the MTD side. Nothing is erased before it
 * is known that the image fits; body and header are written and read back before
 * the commit mark. Until the mark is there the slot is not a snapshot.
 */
#include <linux/math64.h>
#include <linux/mtd/mtd.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "snapcap.h"

#define IO_SIZE		SZ_64K
/* OS images start on these steps; see Documentation/image-format.rst. */
#define OS_STEP		SZ_64K

static int mtd_reader_read(void *ctx, u64 off, void *buf, size_t len)
{
	size_t done = 0;
	int ret = mtd_read(ctx, off, len, &done, buf);

	/* Corrected bit flips are a success. */
	if ((ret && !mtd_is_bitflip(ret)) || done != len)
		return -SNAPCAP_REASON_READ;
	return 0;
}

static const char *mtd_type_name(u8 type)
{
	switch (type) {
	case MTD_RAM:
		return "ram";
	case MTD_ROM:
		return "rom";
	case MTD_NORFLASH:
		return "nor";
	case MTD_NANDFLASH:
		return "nand";
	case MTD_MLCNANDFLASH:
		return "mlc-nand";
	case MTD_DATAFLASH:
		return "dataflash";
	case MTD_UBIVOLUME:
		return "ubi";
	default:
		return "unknown";
	}
}

static bool aligned(u64 value, u32 to)
{
	u32 rem;

	div_u64_rem(value, to, &rem);
	return !rem;
}

static int check_mtd(struct snapcap_session *s)
{
	struct mtd_info *mtd = s->mtd;
	const struct snapcap_makesnap *arg = &s->arg;

	if ((mtd->type != MTD_NORFLASH && mtd->type != MTD_RAM) || mtd->writesize > sizeof(u64) ||
	    mtd->erasesize < SZ_4K)
		return snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_MTD_TYPE, mtd->type,
				    mtd_type_name(mtd->type));
	if (!(mtd->flags & MTD_WRITEABLE))
		return snapcap_fail(s, -EROFS, SNAPCAP_CAUSE_READ_ONLY, 0, mtd->name);

	s->target_offset = arg->offset;
	s->target_size = arg->length;
	if (arg->offset >= mtd->size || !aligned(arg->offset, mtd->erasesize) ||
	    arg->length > mtd->size - arg->offset || !aligned(arg->length, mtd->erasesize))
		return snapcap_fail(s, -EINVAL, SNAPCAP_CAUSE_RANGE, mtd->size, mtd->name);
	if (!s->target_size)
		s->target_size = mtd->size - arg->offset;
	if (s->target_size < SNAPCAP_BODY_OFF)
		return snapcap_fail(s, -EFBIG, SNAPCAP_CAUSE_TOO_SMALL, SNAPCAP_BODY_OFF,
				    mtd->name);
	return 0;
}

/* Whatever starts like this was put there on purpose, and not by us. */
static const struct {
	const char *name;
	u32 offset;
	u32 size;
	const char *magic;
} foreign[] = {
	{ "OS image",		0,  8, SNAPCAP_OS_MAGIC },
	{ "arm64 kernel",	56, 4, "ARM\x64" },
	{ "device tree",	0,  4, "\xd0\x0d\xfe\xed" },
	{ "squashfs",		0,  4, "hsqs" },
	{ "UBI",		0,  4, "UBI#" },
	{ "JFFS2",		0,  2, "\x85\x19" },
	{ "gzip data",		0,  3, "\x1f\x8b\x08" },
};

static int check_start(struct snapcap_session *s)
{
	u8 start[64];
	unsigned int i;

	if (mtd_reader_read(s->mtd, s->target_offset, start, sizeof(start)))
		return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ, s->target_offset, s->mtd->name);
	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		if (!memcmp(start + foreign[i].offset, foreign[i].magic, foreign[i].size))
			return snapcap_fail(s, -EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT,
					    s->target_offset, foreign[i].name);
	return 0;
}

/* An OS image anywhere in the target, told by its checked header, not by eight bytes. */
static int check_os_images(struct snapcap_session *s)
{
	u64 off, end = s->target_offset + s->target_size;
	struct snapcap_os_header *header;
	struct snapimg_os *os;
	int ret = 0;

	header = kmalloc(sizeof(*header), GFP_KERNEL);
	os = kmalloc(sizeof(*os), GFP_KERNEL);
	if (!header || !os)
		ret = snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY,
				   sizeof(*header) + sizeof(*os), NULL);
	for (off = s->target_offset; !ret && off < end; off += OS_STEP) {
		if (mtd_reader_read(s->mtd, off, header, sizeof(*header)))
			ret = snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ, off, s->mtd->name);
		else if (!memcmp(header->magic, SNAPCAP_OS_MAGIC, SNAPCAP_MAGIC_SIZE) &&
			 !snapimg_os_check(header, sizeof(*header), s->mtd->size - off, os))
			ret = snapcap_fail(s, -EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT, off, "OS image");
	}
	kfree(os);
	kfree(header);
	return ret;
}

static struct snapimg_reader mtd_reader(struct snapcap_session *s)
{
	return (struct snapimg_reader) {
		.size = s->mtd->size,
		.read = mtd_reader_read,
		.ctx = s->mtd,
	};
}

static int find_previous(struct snapcap_session *s)
{
	const struct snapimg_reader reader = mtd_reader(s);
	int ret = snapimg_slot_newest(&reader, s->mtd->erasesize, ~0ULL, &s->previous);

	if (ret == -SNAPCAP_REASON_READ)
		return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ, s->previous.offset, s->mtd->name);
	s->previous.status = ret;
	s->status.previous = ret ? SNAPCAP_PREVIOUS_NONE : SNAPCAP_PREVIOUS_KEPT;
	return 0;
}

/**
 * snapcap_target_open() - open the MTD device and look at what is there
 * @s: session; fills target and previous
 *
 * Context: process context, sleeps.
 * Return: 0; -ENXIO, -EOPNOTSUPP, -EROFS, -EINVAL, -EFBIG, -EEXIST, -EIO with the cause set
 */
int snapcap_target_open(struct snapcap_session *s)
{
	struct mtd_info *mtd = get_mtd_device(NULL, s->arg.mtd);
	int ret;

	if (IS_ERR(mtd))
		return snapcap_fail(s, -ENXIO, SNAPCAP_CAUSE_NO_MTD, s->arg.mtd, NULL);
	s->mtd = mtd;

	ret = check_mtd(s);
	if (!ret)
		ret = check_start(s);
	if (!ret)
		ret = check_os_images(s);
	if (!ret)
		ret = find_previous(s);
	if (ret)
		snapcap_target_close(s);
	else
		/*
		 * What an ended take left unwritten in a cache below would be captured
		 * with it, and be written over this snapshot by the restored system.
		 */
		mtd_sync(mtd);
	return ret;
}

/** snapcap_target_close() - undo snapcap_target_open() */
void snapcap_target_close(struct snapcap_session *s)
{
	if (s->mtd)
		put_mtd_device(s->mtd);
	s->mtd = NULL;
}

/* Bytes that the image takes from the flash: whole erase blocks. */
static u64 span(const struct snapcap_session *s)
{
	return roundup(s->img.image_size, (u64)s->mtd->erasesize);
}

static bool overlaps_previous(const struct snapcap_session *s, u64 off)
{
	const struct snapimg_slot *p = &s->previous;

	return !p->status && off < p->offset + p->img.image_size && p->offset < off + span(s);
}

/**
 * snapcap_target_place() - choose the slot, now that the image's size is known
 * @s: session with a layout; fills slot and slot_offset of the status
 *
 * Context: process context. Nothing is changed on flash.
 * Return: 0; -EFBIG, -EEXIST with the cause set
 */
int snapcap_target_place(struct snapcap_session *s)
{
	u64 half = rounddown(s->target_size / 2, (u64)s->mtd->erasesize);
	u64 off[2] = { s->target_offset, s->target_offset + half };
	u32 slot = s->arg.slot;
	u64 room;

	if (slot == SNAPCAP_SLOT_AUTO) {
		if (span(s) > half)
			slot = SNAPCAP_SLOT_WHOLE;
		else
			slot = overlaps_previous(s, off[0]) && !overlaps_previous(s, off[1]) ?
			       SNAPCAP_SLOT_1 : SNAPCAP_SLOT_0;
	}
	s->status.slot = slot;
	s->status.slot_offset = slot == SNAPCAP_SLOT_1 ? off[1] : off[0];
	room = slot == SNAPCAP_SLOT_WHOLE ? s->target_size :
	       slot == SNAPCAP_SLOT_1 ? s->target_size - half : half;
	if (span(s) > room)
		return snapcap_fail(s, -EFBIG, SNAPCAP_CAUSE_TOO_SMALL, s->img.image_size,
				    s->mtd->name);
	if ((s->arg.flags & SNAPCAP_TAKE_KEEP_PREVIOUS) &&
	    overlaps_previous(s, s->status.slot_offset))
		return snapcap_fail(s, -EEXIST, SNAPCAP_CAUSE_TOO_SMALL, s->img.image_size,
				    s->mtd->name);
	return 0;
}

static int write_at(struct snapcap_session *s, u64 at, const void *buf, size_t len)
{
	size_t done = 0;

	if (mtd_write(s->mtd, at, len, &done, buf) || done != len)
		return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_WRITE, at + done, s->mtd->name);
	return 0;
}

static int revoke(struct snapcap_session *s, u64 slot_offset)
{
	static const u64 revoked;	/* zero: no erase is needed */

	return write_at(s, slot_offset + SNAPCAP_COMMIT_OFF +
			offsetof(struct snapcap_commit, revoked), &revoked, sizeof(revoked));
}

/*
 * A committed image that begins before the slot and reaches into it would stay
 * committed over damaged data, and hide what is written there from the reader,
 * which passes over the inside of committed images.
 */
static int revoke_overlapped(struct snapcap_session *s)
{
	const struct snapimg_reader reader = mtd_reader(s);
	u64 start = s->status.slot_offset, off = 0;
	struct snapimg_slot *slot = kmalloc(sizeof(*slot), GFP_KERNEL);
	int ret = 0;

	if (!slot)
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, sizeof(*slot), NULL);
	while (!ret && snapimg_slot_next(&reader, s->mtd->erasesize, &off, slot))
		if (!slot->status && slot->offset < start &&
		    slot->img.image_size > start - slot->offset)
			ret = revoke(s, slot->offset);
	kfree(slot);
	return ret;
}

/* Told by looking: what failed or was ended early may not have reached it. */
static void look_for_previous(struct snapcap_session *s)
{
	const struct snapimg_reader reader = mtd_reader(s);
	struct snapimg_slot *slot;

	if (s->status.previous != SNAPCAP_PREVIOUS_LOST)
		return;
	slot = kmalloc(sizeof(*slot), GFP_KERNEL);
	if (slot && !snapimg_slot_probe(&reader, s->previous.offset, slot) &&
	    slot->img.header_crc == s->previous.img.header_crc)
		s->status.previous = SNAPCAP_PREVIOUS_KEPT;
	kfree(slot);
}

static int erase_span(struct snapcap_session *s)
{
	struct erase_info erase = { .len = s->mtd->erasesize };
	u64 off;
	int ret;

	for (off = 0; off < span(s); off += s->mtd->erasesize) {
		ret = snapcap_session_interrupted(s);
		if (ret)
			return ret;
		erase.addr = s->status.slot_offset + off;
		ret = mtd_erase(s->mtd, &erase);
		if (ret)
			return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_ERASE, erase.addr, s->mtd->name);
		snapcap_progress(s, div64_u64(off * 100, span(s)));
	}
	return 0;
}

/**
 * snapcap_write_prepare() - erase the blocks that the image needs
 * @s: placed session
 *
 * Snapshots that reach into the slot are revoked first. Of those that begin in
 * it the first block goes first: from then on they are none.
 *
 * Context: process context, sleeps.
 * Return: 0; -EIO, -EINTR, -ECANCELED with the cause set
 */
int snapcap_write_prepare(struct snapcap_session *s)
{
	int ret = snapcap_session_interrupted(s);

	if (ret)
		return ret;
	if (overlaps_previous(s, s->status.slot_offset))
		s->status.previous = SNAPCAP_PREVIOUS_LOST;
	ret = revoke_overlapped(s);
	if (!ret)
		ret = erase_span(s);
	if (ret)
		look_for_previous(s);
	return ret;
}

static int compare_at(struct snapcap_session *s, u64 at, const void *want, void *got, size_t len)
{
	if (mtd_reader_read(s->mtd, at, got, len))
		return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ, at, s->mtd->name);
	if (memcmp(want, got, len))
		return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ_BACK, at, s->mtd->name);
	return 0;
}

static int stream_image(struct snapcap_session *s, bool write)
{
	u64 off, size = s->img.image_size, end = ALIGN(size, max_t(u32, s->mtd->writesize, 64));
	u8 *buf = vmalloc(2 * IO_SIZE);
	int ret = 0;

	if (!buf)
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, 2 * IO_SIZE, NULL);
	for (off = SNAPCAP_BODY_OFF; off < end && !ret; off += IO_SIZE) {
		size_t len = min_t(u64, IO_SIZE, end - off);

		ret = snapcap_session_interrupted(s);
		if (ret)
			break;
		snapcap_image_read(s, off, buf, len);
		ret = write ? write_at(s, s->status.slot_offset + off, buf, len) :
			      compare_at(s, s->status.slot_offset + off, buf, buf + IO_SIZE, len);
		snapcap_progress(s, div64_u64(off * 100, end));
	}
	vfree(buf);
	return ret;
}

static int write_page(struct snapcap_session *s, u64 at, const void *data, size_t size)
{
	size_t len = max_t(size_t, ALIGN(size, 64), s->mtd->writesize);
	u8 *page = kmalloc(2 * len, GFP_KERNEL);
	int ret;

	if (!page)
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, 2 * len, NULL);
	memset(page, 0xff, len);
	memcpy(page, data, size);
	ret = write_at(s, at, page, len);
	if (!ret)
		ret = compare_at(s, at, page, page + len, len);
	kfree(page);
	return ret;
}

/**
 * snapcap_write() - write the sections, then the header
 * @s: prepared session
 *
 * Context: process context, sleeps.
 * Return: 0; -EIO, -ENOMEM, -EINTR, -ECANCELED with the cause set
 */
int snapcap_write(struct snapcap_session *s)
{
	int ret = stream_image(s, true);

	return ret ? ret : write_page(s, s->status.slot_offset, &s->header, sizeof(s->header));
}

/**
 * snapcap_write_verify() - read the sections back and compare
 * @s: written session; the header was compared when it was written
 *
 * Context: process context, sleeps.
 * Return: as snapcap_write()
 */
int snapcap_write_verify(struct snapcap_session *s)
{
	return stream_image(s, false);
}

/**
 * snapcap_write_commit() - the mark that makes it a snapshot, last and alone
 * @s: verified session
 *
 * Context: process context, sleeps. Not cancellable.
 * Return: 0; -EIO, -ENOMEM with the cause set
 */
int snapcap_write_commit(struct snapcap_session *s)
{
	u64 slot = s->status.slot_offset;
	int ret;

	/* Behind an MTD device there may be a cache: all else is on the medium before the mark. */
	mtd_sync(s->mtd);
	ret = write_page(s, slot + SNAPCAP_COMMIT_OFF, &s->commit, sizeof(s->commit));
	if (ret) {
		/* The mark may be good all the same: a take that failed must not be restored. */
		const struct snapcap_status why = s->status;

		revoke(s, slot);
		s->status = why;
	}
	mtd_sync(s->mtd);
	return ret;
}
