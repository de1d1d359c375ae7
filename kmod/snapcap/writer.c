// SPDX-License-Identifier: GPL-2.0-only
/*
 * PrepareSnapshot and WriteSnapshot: the MTD side. In what order flash is revoked,
 * erased, written and read back is lib/snapstore's; what it may be done to, how
 * far it is, whether it is to go on, and why it failed is told here.
 */
#include <linux/math64.h>
#include <linux/mtd/mtd.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "snapcap.h"

#define IO_SIZE		SZ_64K
/* OS images start on these steps; see Documentation/image-format.rst. */
#define OS_STEP		SZ_64K

/* What went wrong in lib/snapstore, in the words of the ioctl. */
static int fail_store(struct snapcap_session *s, int ret)
{
	static const struct {
		int error;
		u32 cause;
	} meaning[] = {
		[SNAPSTORE_E_READ] = { -EIO, SNAPCAP_CAUSE_READ },
		[SNAPSTORE_E_WRITE] = { -EIO, SNAPCAP_CAUSE_WRITE },
		[SNAPSTORE_E_ERASE] = { -EIO, SNAPCAP_CAUSE_ERASE },
		[SNAPSTORE_E_READ_BACK] = { -EIO, SNAPCAP_CAUSE_READ_BACK },
		[SNAPSTORE_E_RANGE] = { -EINVAL, SNAPCAP_CAUSE_RANGE },
		[SNAPSTORE_E_NO_ROOM] = { -EFBIG, SNAPCAP_CAUSE_TOO_SMALL },
		[SNAPSTORE_E_KEEP] = { -EEXIST, SNAPCAP_CAUSE_TOO_SMALL },
		[SNAPSTORE_E_NO_PLACE] = { -EEXIST, SNAPCAP_CAUSE_NO_PLACE },
	};
	u32 cause;

	s->store_error = ret;
	if (!ret)
		return 0;
	if (WARN_ON_ONCE(-ret >= ARRAY_SIZE(meaning) || !meaning[-ret].error))
		return snapcap_fail(s, -EINVAL, SNAPCAP_CAUSE_RANGE, s->store.at, s->mtd->name);
	cause = meaning[-ret].cause;
	return snapcap_fail(s, meaning[-ret].error, cause,
			    cause == SNAPCAP_CAUSE_TOO_SMALL ? s->img.image_size :
			    cause == SNAPCAP_CAUSE_NO_PLACE ? s->store.missing :
			    snapcap_flash_physical(&s->flash, s->store.at),
			    s->mtd->name);
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

/*
 * Block by block: of a range that is locked in part, some drivers say that it is not.
 * Where nobody can tell, an erase will.
 */
static int check_locks(struct snapcap_session *s)
{
	u64 off, end = s->store.target + s->store.target_size;
	struct mtd_info *mtd = s->mtd;

	for (off = s->store.target; off < end; off += mtd->erasesize) {
		u64 at = snapcap_flash_physical(&s->flash, off);

		if (mtd_is_locked(mtd, at, min_t(u64, mtd->erasesize, end - off)) > 0)
			return snapcap_fail(s, -EROFS, SNAPCAP_CAUSE_LOCKED, at, mtd->name);
	}
	return 0;
}

static int open_flash(struct snapcap_session *s)
{
	struct mtd_info *mtd = s->mtd;

	switch (snapcap_flash_open(&s->flash, mtd)) {
	case 0:
		return 0;
	case -ENOMEM:
		return snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, 0, NULL);
	default:
		return snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_MTD_TYPE, mtd->type,
				    mtd_type_name(mtd->type));
	}
}

/* Where the target is among the blocks that are not bad. */
static int open_store(struct snapcap_session *s)
{
	u64 offset = s->arg.offset, length = s->arg.length;
	int ret = snapcap_flash_range(&s->flash, &offset, &length);

	if (ret)
		return snapcap_fail(s, ret, ret == -EINVAL ? SNAPCAP_CAUSE_RANGE :
				    SNAPCAP_CAUSE_TOO_SMALL, SNAPCAP_BODY_OFF, s->mtd->name);
	return fail_store(s, snapstore_open(&s->store, offset, length));
}

static int check_mtd(struct snapcap_session *s)
{
	struct mtd_info *mtd = s->mtd;
	int ret = open_flash(s);

	if (ret)
		return ret;
	if (!(mtd->flags & MTD_WRITEABLE))
		return snapcap_fail(s, -EROFS, SNAPCAP_CAUSE_READ_ONLY, 0, mtd->name);
	/* Pages would be read one by one, for years, of flash that wears by being read. */
	if (s->flash.store.body && s->arg.flags & SNAPCAP_TAKE_PAGING)
		return snapcap_fail(s, -EOPNOTSUPP, SNAPCAP_CAUSE_MTD_TYPE, mtd->type,
				    "nand, for pages that stay on flash");

	s->store.flash = s->flash.store;
	ret = open_store(s);
	if (ret)
		return ret;
	if (s->store.target_size < SNAPCAP_BODY_OFF)
		return snapcap_fail(s, -EFBIG, SNAPCAP_CAUSE_TOO_SMALL, SNAPCAP_BODY_OFF,
				    mtd->name);
	return check_locks(s);
}

static int read_target(const struct snapcap_session *s, u64 off, void *buf, size_t len)
{
	const struct snapimg_reader *r = &s->store.flash.reader;
	int ret = r->read(r->ctx, off, buf, len);

	/* Of NAND a page that was cut off cannot be read: there is nothing to protect. */
	if (ret && s->flash.store.body) {
		memset(buf, 0xff, len);
		ret = 0;
	}
	return ret;
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
	u64 at = snapcap_flash_physical(&s->flash, s->store.target);
	u8 start[64];
	unsigned int i;

	if (read_target(s, s->store.target, start, sizeof(start)))
		return snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ, at, s->mtd->name);
	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		if (!memcmp(start + foreign[i].offset, foreign[i].magic, foreign[i].size))
			return snapcap_fail(s, -EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT, at,
					    foreign[i].name);
	return 0;
}

/* An OS image anywhere in the target, told by its checked header, not by eight bytes. */
static int check_os_images(struct snapcap_session *s)
{
	u64 off, end = s->store.target + s->store.target_size;
	struct snapcap_os_header *header;
	struct snapimg_os *os;
	int ret = 0;

	header = kmalloc(sizeof(*header), GFP_KERNEL);
	os = kmalloc(sizeof(*os), GFP_KERNEL);
	if (!header || !os)
		ret = snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY,
				   sizeof(*header) + sizeof(*os), NULL);
	for (off = s->store.target; !ret && off < end; off += OS_STEP) {
		u64 at = snapcap_flash_physical(&s->flash, off);

		if (read_target(s, off, header, sizeof(*header)))
			ret = snapcap_fail(s, -EIO, SNAPCAP_CAUSE_READ, at, s->mtd->name);
		else if (!memcmp(header->magic, SNAPCAP_OS_MAGIC, SNAPCAP_MAGIC_SIZE) &&
			 !snapimg_os_check(header, sizeof(*header),
					   s->store.flash.reader.size - off, os))
			ret = snapcap_fail(s, -EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT, at, "OS image");
	}
	kfree(os);
	kfree(header);
	return ret;
}

static int find_previous(struct snapcap_session *s)
{
	int ret = fail_store(s, snapstore_find_previous(&s->store));

	s->status.previous = s->store.previous.status ? SNAPCAP_PREVIOUS_NONE :
							SNAPCAP_PREVIOUS_KEPT;
	return ret;
}

static void note_health(struct snapcap_session *s)
{
	struct snapcap_flash_health health;

	snapcap_flash_health(&s->flash, &health);
	s->status.corrected_bits = health.corrected_bits;
	s->status.bad_blocks = min_t(u32, health.bad_blocks, U16_MAX);
	s->status.grown_blocks = min_t(u32, health.grown_blocks, U16_MAX);
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

/** snapcap_target_close() - undo snapcap_target_open(); the status tells what was seen of errors */
void snapcap_target_close(struct snapcap_session *s)
{
	if (s->flash.mtd)
		note_health(s);
	snapcap_flash_close(&s->flash);
	if (s->mtd)
		put_mtd_device(s->mtd);
	s->mtd = NULL;
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
	int ret = snapstore_place(&s->store, s->img.image_size, s->arg.slot,
				  s->arg.flags & SNAPCAP_TAKE_KEEP_PREVIOUS);

	s->status.slot = s->store.slot;
	s->status.slot_offset = snapcap_flash_physical(&s->flash, s->store.offset);
	return fail_store(s, ret);
}

/**
 * snapcap_target_again() - after a stage that failed: place the image where that block is not
 * @s: placed session
 * @failed: what the stage returned
 *
 * Blocks of NAND fail one day. One that does is marked bad, and passed over from then on,
 * so that what is behind it moves.
 *
 * Context: process context, sleeps.
 * Return: 0: it is placed anew, begin with snapcap_write_prepare(); @failed: no block did;
 * -EIO, -EFBIG, -EEXIST with the cause set
 */
int snapcap_target_again(struct snapcap_session *s, int failed)
{
	bool lost = s->status.previous == SNAPCAP_PREVIOUS_LOST;
	u64 at = s->status.detail;
	int ret;

	if (!snapcap_flash_grew(&s->flash, &s->store, s->store_error))
		return failed;
	pr_warn("snapcap: mtd%d has failed at %#llx: that block is marked bad, and the snapshot written without it\n",
		s->mtd->index, at);
	note_health(s);
	ret = open_store(s);
	if (!ret)
		ret = find_previous(s);
	if (!ret)
		ret = snapcap_target_place(s);
	if (lost)
		s->status.previous = SNAPCAP_PREVIOUS_LOST;
	return ret;
}

/* One stage of lib/snapstore, step by step, as long as nobody ends the take. */
static int run_steps(struct snapcap_session *s, int (*step)(struct snapstore *st))
{
	struct snapstore *st = &s->store;
	u64 pos, end;
	int ret;

	do {
		ret = snapcap_session_interrupted(s);
		if (ret)
			return ret;
		pos = st->pos;
		end = st->end;
		ret = step(st);
		if (ret >= 0)
			snapcap_progress(s, div64_u64(pos * 100, end));
	} while (ret > 0);
	return fail_store(s, ret);
}

/**
 * snapcap_write_prepare() - erase the blocks that the image needs
 * @s: placed session
 *
 * Context: process context, sleeps.
 * Return: 0; -EIO, -EINTR, -ECANCELED with the cause set
 */
int snapcap_write_prepare(struct snapcap_session *s)
{
	int ret = snapcap_session_interrupted(s);

	if (ret)
		return ret;
	if (snapstore_overlaps_previous(&s->store))
		s->status.previous = SNAPCAP_PREVIOUS_LOST;
	ret = fail_store(s, snapstore_erase_begin(&s->store));
	if (!ret)
		ret = run_steps(s, snapstore_erase_step);
	/* What failed or was ended early may not have reached it. */
	if (ret && s->status.previous == SNAPCAP_PREVIOUS_LOST && snapstore_has_previous(&s->store))
		s->status.previous = SNAPCAP_PREVIOUS_KEPT;
	return ret;
}

static void fill_image(void *ctx, u64 off, void *buf, size_t len)
{
	snapcap_image_read(ctx, off, buf, len);
}

static int get_buffer(struct snapcap_session *s, size_t size)
{
	s->store.fill = fill_image;
	s->store.fill_ctx = s;
	s->store.buf = vmalloc(size);
	s->store.buf_size = size;
	return s->store.buf ? 0 : snapcap_fail(s, -ENOMEM, SNAPCAP_CAUSE_NO_MEMORY, size, NULL);
}

static void put_buffer(struct snapcap_session *s)
{
	vfree(s->store.buf);
	s->store.buf = NULL;
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
	int ret = get_buffer(s, 2 * IO_SIZE);

	if (ret)
		return ret;
	ret = run_steps(s, snapstore_write_step);
	if (!ret)
		ret = fail_store(s, snapstore_header(&s->store, &s->header));
	put_buffer(s);
	return ret;
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
	int ret = get_buffer(s, 2 * IO_SIZE);

	if (ret)
		return ret;
	ret = run_steps(s, snapstore_check_step);
	put_buffer(s);
	return ret;
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
	int ret = get_buffer(s, SNAPSTORE_PAGE_BUFFER(s->mtd->writesize));

	if (ret)
		return ret;
	ret = fail_store(s, snapstore_commit(&s->store, &s->commit));
	put_buffer(s);
	return ret;
}
