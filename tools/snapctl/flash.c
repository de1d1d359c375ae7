// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading, erasing and writing of MTD devices and of files behind one interface.
 * The only file that knows libmtd.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmtd.h>
#include <mtd/mtd-user.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/major.h>
#include <sys/sysmacros.h>

#include "flash.h"
#include "nand.h"

/**
 * struct flash - an open medium
 * @facts: of the area
 * @fd: device or file
 * @lib: libmtd, NULL for a file
 * @mtd: description of the device
 * @nand: the area of raw NAND, NULL for all else
 */
struct flash {
	struct flash_facts facts;
	int fd;
	libmtd_t lib;
	struct mtd_dev_info mtd;
	struct nand *nand;
};

#define WHY(why, ...)	snprintf(why, FLASH_WHY_SIZE, __VA_ARGS__)

/* Number in "N", "mtdN" or "/dev/mtdN"; -1 when @name is none of them. */
static int number_in_name(const char *name)
{
	uint64_t number;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (!strncmp(name, "mtd", 3))
		name += 3;
	if (options_number(name, &number) || number > 9999)
		return -1;
	return (int)number;
}

static int find_by_label(libmtd_t lib, const char *label, char *why)
{
	struct mtd_dev_info dev;
	struct mtd_info info;
	int found = -ENOENT;

	if (mtd_get_info(lib, &info)) {
		WHY(why, "the MTD devices cannot be listed: %s", strerror(errno));
		return -errno;
	}
	for (int i = info.lowest_mtd_num; info.mtd_dev_cnt && i <= info.highest_mtd_num; i++) {
		if (!mtd_dev_present(lib, i) || mtd_get_dev_info1(lib, i, &dev) ||
		    strcmp(dev.name, label))
			continue;
		if (found >= 0) {
			WHY(why, "both mtd%d and mtd%d are named %s", found, i, label);
			return -EEXIST;
		}
		found = i;
	}
	if (found < 0)
		WHY(why, "no MTD device is named %s", label);
	return found;
}

/* As flash_mtd_number(), with libmtd open. */
static int find_mtd(libmtd_t lib, const char *name, char *why)
{
	int number = strncmp(name, "mtd:", 4) ? number_in_name(name) : -1;

	if (number < 0)
		return find_by_label(lib, strncmp(name, "mtd:", 4) ? name : name + 4, why);
	if (mtd_dev_present(lib, number) != 1) {
		WHY(why, "there is no MTD device mtd%d", number);
		return -ENOENT;
	}
	return number;
}

static int open_lib(libmtd_t *lib, char *why)
{
	errno = 0;
	*lib = libmtd_open();
	if (*lib)
		return 0;
	WHY(why, "this system has no MTD devices%s%s", errno ? ": " : "",
	    errno ? strerror(errno) : "");
	return -ENOENT;
}

int flash_mtd_number(const char *name, char *why)
{
	libmtd_t lib;
	int ret = open_lib(&lib, why);

	if (ret)
		return ret;
	ret = find_mtd(lib, name, why);
	libmtd_close(lib);
	return ret;
}

static int open_mtd(struct flash *flash, const char *name, bool writable, char *why)
{
	char node[32];
	int number, ret;

	ret = open_lib(&flash->lib, why);
	if (ret)
		return ret;
	number = find_mtd(flash->lib, name, why);
	if (number < 0)
		return number;
	if (mtd_get_dev_info1(flash->lib, number, &flash->mtd)) {
		WHY(why, "mtd%d cannot be examined: %s", number, strerror(errno));
		return -errno;
	}
	snprintf(flash->facts.name, sizeof(flash->facts.name), "mtd%d (%s)", number,
		 flash->mtd.name);
	if (writable && !flash->mtd.writable) {
		WHY(why, "%s is read-only", flash->facts.name);
		return -EROFS;
	}
	snprintf(node, sizeof(node), "/dev/mtd%d", number);
	flash->fd = open(node, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (flash->fd < 0) {
		ret = -errno;
		WHY(why, "%s cannot be opened: %s", node, strerror(-ret));
		return ret;
	}
	flash->facts.mtd = number;
	flash->facts.size = (u64)flash->mtd.size;
	flash->facts.step = (u64)flash->mtd.eb_size;
	flash->facts.write_size = (u32)flash->mtd.min_io_size;
	flash->facts.bad_blocks = flash->mtd.bb_allowed;
	return 0;
}

static int open_file(struct flash *flash, const char *name, bool writable, char *why)
{
	off_t end;
	int ret;

	snprintf(flash->facts.name, sizeof(flash->facts.name), "%s", name);
	flash->fd = open(name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (flash->fd < 0) {
		ret = -errno;
		WHY(why, "%s cannot be opened: %s", name, strerror(-ret));
		return ret;
	}
	/* Not st_size: it is 0 for a block device. */
	end = lseek(flash->fd, 0, SEEK_END);
	if (end < 0) {
		ret = -errno;
		WHY(why, "the size of %s is not known: %s", name, strerror(-ret));
		return ret;
	}
	flash->facts.mtd = -1;
	flash->facts.size = (u64)end;
	flash->facts.step = FLASH_FILE_STEP;
	flash->facts.write_size = 1;
	return 0;
}

/**
 * struct place - what a target is
 * @mtd: an MTD device?
 * @read_only: by the device node that was named
 * @name: for find_mtd(), or of the file
 */
struct place {
	bool mtd;
	bool read_only;
	char name[256];
};

static int find_place(const char *target, struct place *place, char *why)
{
	struct stat st;

	*place = (struct place){ .mtd = true };
	snprintf(place->name, sizeof(place->name), "%s", target);
	if (!strncmp(target, "mtd:", 4))
		return 0;
	if (!stat(target, &st)) {
		if (S_ISDIR(st.st_mode)) {
			WHY(why, "%s is a directory", target);
			return -EISDIR;
		}
		place->mtd = S_ISCHR(st.st_mode) && major(st.st_rdev) == MTD_CHAR_MAJOR;
		if (place->mtd) {
			/* Two nodes each, whatever their names: mtdN, then mtdNro. */
			snprintf(place->name, sizeof(place->name), "%u", minor(st.st_rdev) / 2);
			place->read_only = minor(st.st_rdev) & 1;
		}
		return 0;
	}
	/* No such file. With a slash in it, it can only have been meant as one. */
	if (strchr(target, '/')) {
		int ret = -errno;

		WHY(why, "%s cannot be opened: %s", target, strerror(-ret));
		return ret;
	}
	return 0;
}

static int set_window(struct flash *flash, const struct medium_options *m, char *why)
{
	struct flash_facts *f = &flash->facts;

	if (m->offset > f->size || m->size > f->size - m->offset) {
		WHY(why, "%s has 0x%" PRIx64 " bytes, the area 0x%" PRIx64 "+0x%" PRIx64
		    " is not inside it", f->name, f->size, m->offset, m->size);
		return -EINVAL;
	}
	f->size = m->size ? m->size : f->size - m->offset;
	f->whole = f->size;
	f->base = m->offset;
	if (m->step)
		f->step = m->step;
	return 0;
}

static int open_nand(struct flash *flash, char *why)
{
	struct flash_facts *f = &flash->facts;
	struct nand_area area = {
		.fd = flash->fd, .base = f->base, .size = f->size, .page_size = f->write_size,
		.block_size = (u32)flash->mtd.eb_size,
	};
	int ret;

	if (f->step != area.block_size || f->base % f->step || f->size % f->step) {
		WHY(why, "%s is NAND flash: the area must consist of its erase blocks of 0x%x bytes",
		    f->name, area.block_size);
		return -EINVAL;
	}
	ret = nand_open(&area, &flash->nand);
	if (!ret) {
		f->nand = true;
		f->size = snapnand_size(&flash->nand->lib);
	} else if (ret == -ENOTTY) {
		WHY(why, "%s is NAND flash, and this kernel does not tell of its bit errors: "
		    "Linux 6.1 or later does", f->name);
	} else if (ret == -EINVAL) {
		WHY(why, "%s is NAND flash of a geometry that is not supported", f->name);
	} else {
		WHY(why, "%s cannot be used: %s", f->name, strerror(-ret));
	}
	return ret;
}

int flash_open(const struct medium_options *m, bool writable, struct flash **result, char *why)
{
	struct flash *flash = calloc(1, sizeof(*flash));
	struct place place;
	int ret;

	if (!flash) {
		WHY(why, "out of memory");
		return -ENOMEM;
	}
	flash->fd = -1;
	ret = find_place(m->target, &place, why);
	if (!ret && writable && place.read_only) {
		WHY(why, "%s is the read-only node of its device", m->target);
		ret = -EROFS;
	}
	if (!ret)
		ret = place.mtd ? open_mtd(flash, place.name, writable, why) :
				  open_file(flash, m->target, writable, why);
	if (!ret)
		ret = set_window(flash, m, why);
	if (!ret && flash->lib && flash->mtd.type == MTD_NANDFLASH)
		ret = open_nand(flash, why);
	if (ret) {
		flash_close(flash);
		return ret;
	}
	*result = flash;
	return 0;
}

void flash_close(struct flash *flash)
{
	if (!flash)
		return;
	nand_close(flash->nand);
	if (flash->fd >= 0)
		close(flash->fd);
	if (flash->lib)
		libmtd_close(flash->lib);
	free(flash);
}

const struct flash_facts *flash_facts(const struct flash *flash)
{
	return &flash->facts;
}

u64 flash_physical(const struct flash *flash, u64 offset)
{
	if (!flash->nand)
		return offset;
	return offset < flash->facts.size ? snapnand_physical(&flash->nand->lib, offset) :
					    flash->facts.whole;
}

u64 flash_logical(const struct flash *flash, u64 physical)
{
	const struct flash_facts *f = &flash->facts;
	u64 in_block = flash->nand ? physical % f->step : physical;

	/* Blocks are passed over, and nothing else moves. */
	for (u64 offset = in_block; offset < f->size; offset += f->step)
		if (flash_physical(flash, offset) == physical)
			return offset;
	return f->size;
}

bool flash_health(const struct flash *flash, struct flash_health *health)
{
	const struct nand *nand = flash->nand;

	*health = (struct flash_health){ 0 };
	if (!nand)
		return false;
	*health = (struct flash_health){
		.bad_blocks = snapnand_bad_blocks(&nand->lib),
		.corrected_bits = nand->lib.counts.corrected_bits,
		.corrected_pages = nand->lib.counts.corrected_pages,
		.unreadable = nand->lib.counts.uncorrectable,
		.last_unreadable = nand->lib.unread,
		.copies = nand->lib.counts.copies,
	};
	return true;
}

struct nand *flash_nand(struct flash *flash)
{
	return flash->nand;
}

static bool is_inside(const struct flash *flash, u64 offset, size_t size)
{
	return offset <= flash->facts.size && size <= flash->facts.size - offset;
}

static int read_file(struct flash *flash, u64 at, u8 *buf, size_t size)
{
	while (size) {
		ssize_t got = pread(flash->fd, buf, size, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -EIO;
		buf += got;
		at += (u64)got;
		size -= (size_t)got;
	}
	return 0;
}

/* libmtd reads within one erase block. */
static int read_mtd(struct flash *flash, u64 at, u8 *buf, size_t size)
{
	u64 eb_size = (u64)flash->mtd.eb_size;

	while (size) {
		u64 in_block = at % eb_size;
		size_t part = size < eb_size - in_block ? size : (size_t)(eb_size - in_block);

		if (mtd_read(&flash->mtd, flash->fd, (int)(at / eb_size), (int)in_block, buf,
			     (int)part))
			return -EIO;
		buf += part;
		at += part;
		size -= part;
	}
	return 0;
}

static int read_nand(struct flash *flash, u64 offset, void *buf, size_t size)
{
	const struct snapimg_reader *r = &flash->nand->store.reader;

	return r->read(r->ctx, offset, buf, size) ? -EIO : 0;
}

int flash_read(struct flash *flash, u64 offset, void *buf, size_t size)
{
	u64 at = flash->facts.base + offset;

	if (!is_inside(flash, offset, size))
		return -EINVAL;
	if (flash->nand)
		return read_nand(flash, offset, buf, size);
	return flash->lib ? read_mtd(flash, at, buf, size) : read_file(flash, at, buf, size);
}

static int program_mtd(struct flash *flash, u64 at, const void *data, size_t size)
{
	u64 eb_size = (u64)flash->mtd.eb_size;
	u8 copy[64];	/* libmtd wants its data writable */

	if (size > sizeof(copy) || at % eb_size + size > eb_size ||
	    at % flash->facts.write_size || size % flash->facts.write_size)
		return -EINVAL;
	memcpy(copy, data, size);
	return mtd_write(flash->lib, &flash->mtd, flash->fd, (int)(at / eb_size),
			 (int)(at % eb_size), copy, (int)size, NULL, 0, 0) ? -EIO : 0;
}

static int program_file(struct flash *flash, u64 at, const void *data, size_t size)
{
	ssize_t put;

	do {
		put = pwrite(flash->fd, data, size, (off_t)at);
	} while (put < 0 && errno == EINTR);
	if (put < 0 || (size_t)put != size || fsync(flash->fd))
		return -EIO;
	return 0;
}

int flash_program(struct flash *flash, u64 offset, const void *data, size_t size)
{
	u64 at = flash->facts.base + offset;

	if (!is_inside(flash, offset, size) || flash->nand)
		return -EINVAL;
	return flash->lib ? program_mtd(flash, at, data, size) :
			    program_file(flash, at, data, size);
}

static int write_mtd(struct flash *flash, u64 at, const u8 *data, size_t size)
{
	u64 eb_size = (u64)flash->mtd.eb_size;

	if (at % flash->facts.write_size || size % flash->facts.write_size)
		return -EINVAL;
	while (size) {
		u64 in_block = at % eb_size;
		size_t part = size < eb_size - in_block ? size : (size_t)(eb_size - in_block);

		/* libmtd wants its data writable, but does not write to it. */
		if (mtd_write(flash->lib, &flash->mtd, flash->fd, (int)(at / eb_size),
			      (int)in_block, (void *)data, (int)part, NULL, 0, 0))
			return -EIO;
		data += part;
		at += part;
		size -= part;
	}
	return 0;
}

int flash_write(struct flash *flash, u64 offset, const void *data, size_t size)
{
	u64 at = flash->facts.base + offset;

	if (!is_inside(flash, offset, size) || flash->nand)
		return -EINVAL;
	return flash->lib ? write_mtd(flash, at, data, size) :
			    program_file(flash, at, data, size);
}

static int erase_file(struct flash *flash, u64 at, u64 size)
{
	static const u8 erased[65536] = { [0 ... sizeof(erased) - 1] = 0xff };

	while (size) {
		size_t part = size < sizeof(erased) ? (size_t)size : sizeof(erased);

		if (program_file(flash, at, erased, part))
			return -EIO;
		at += part;
		size -= part;
	}
	return 0;
}

int flash_erase(struct flash *flash, u64 offset)
{
	u64 at = flash->facts.base + offset;

	if (!is_inside(flash, offset, flash->facts.step) || at % flash->facts.step || flash->nand)
		return -EINVAL;
	if (!flash->lib)
		return erase_file(flash, at, flash->facts.step);
	return mtd_erase(flash->lib, &flash->mtd, flash->fd, (int)(at / flash->facts.step)) ?
	       -EIO : 0;
}

static int read_for_library(void *ctx, u64 off, void *buf, size_t len)
{
	return flash_read(ctx, off, buf, len) ? -SNAPCAP_REASON_READ : 0;
}

struct snapimg_reader flash_reader(struct flash *flash)
{
	struct snapimg_reader r = {
		.size = flash->facts.size,
		.read = read_for_library,
		.ctx = flash,
	};

	return flash->nand ? flash->nand->store.reader : r;
}
