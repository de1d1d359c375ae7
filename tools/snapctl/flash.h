/* SPDX-License-Identifier: GPL-2.0-only */
/* A medium that may hold snapshots: an MTD device or a file. */
#ifndef SNAPCTL_FLASH_H
#define SNAPCTL_FLASH_H

#include "cmd.h"
#include "snapimg.h"

#define FLASH_WHY_SIZE		512
#define FLASH_FILE_STEP		(256 * 1024)

struct flash;

/**
 * struct medium_options - which medium to look at, and where
 * @target: MTD device or file
 * @offset: start of the area in it
 * @size: bytes of the area, 0: to the end
 * @step: erase block size, 0: the device's, or 256 KiB
 */
struct medium_options {
	const char *target;
	uint64_t offset;
	uint64_t size;
	uint64_t step;
};

/**
 * struct flash_facts - what a medium is
 * @name: for messages
 * @mtd: number of the MTD device, -1 for a file
 * @base: start of the area in the device or file
 * @size: bytes of the area that can be used: without bad blocks
 * @whole: bytes of the area
 * @step: erase block size
 * @write_size: smallest unit that can be written
 * @bad_blocks: blocks of it may be bad, as on NAND flash
 * @nand: and they are passed over here
 */
struct flash_facts {
	char name[256];
	int mtd;
	u64 base;
	u64 size;
	u64 whole;
	u64 step;
	u32 write_size;
	bool bad_blocks;
	bool nand;
};

/**
 * struct flash_health - what is known of errors, of NAND flash
 * @bad_blocks: of the area
 * @corrected_bits: that were corrected since flash_open()
 * @corrected_pages: reads of pages with such bits
 * @unreadable: reads of pages that had too many
 * @last_unreadable: where the last of them was, as flash_physical() tells it
 * @copies: headers and marks that were read from their copy
 */
struct flash_health {
	u32 bad_blocks;
	u64 corrected_bits;
	u64 corrected_pages;
	u64 unreadable;
	u64 last_unreadable;
	u64 copies;
};

/**
 * flash_open() - open a medium
 * @m: which, and what part of it
 * @writable: will it be written to?
 * @flash: result, closed with flash_close()
 * @why: what is wrong, FLASH_WHY_SIZE bytes
 *
 * Return:
 * * 0		- @flash is open
 * * -ENOENT	- no such device or file
 * * -EINVAL	- the area is not inside it
 * * -EROFS	- read-only
 * * else	- errno of the system
 */
int flash_open(const struct medium_options *m, bool writable, struct flash **flash, char *why);

/** flash_close() - close; NULL is allowed */
void flash_close(struct flash *flash);

/** flash_facts() - what it is; valid until flash_close() */
const struct flash_facts *flash_facts(const struct flash *flash);

/**
 * flash_physical() - what a person is told of a place
 * @flash: medium
 * @offset: in the area, as all functions here take it
 *
 * On flash whose bad blocks are passed over they count for a person, and not here.
 *
 * Return: bytes from the start of the area
 */
u64 flash_physical(const struct flash *flash, u64 offset);

/** flash_logical() - the inverse; the size of the area for what is in a bad block or outside */
u64 flash_logical(const struct flash *flash, u64 physical);

/** flash_health() - what was seen so far; false, and zeros, where nothing tells */
bool flash_health(const struct flash *flash, struct flash_health *health);

/** flash_read() - read @size bytes at @offset of the area; 0, -EINVAL, -EIO */
int flash_read(struct flash *flash, u64 offset, void *buf, size_t size);

/**
 * flash_program() - write without erasing
 * @flash: medium, opened writable
 * @offset: in the area; must not cross an erase block
 * @data: bytes
 * @size: their number, a multiple of the write size
 *
 * On NOR flash this can only clear bits. One operation: it is not split.
 *
 * Return: 0, -EINVAL, -EIO
 */
int flash_program(struct flash *flash, u64 offset, const void *data, size_t size);

/**
 * flash_write() - write to erased flash
 * @flash: medium, opened writable
 * @offset: in the area, a multiple of the write size
 * @data: bytes
 * @size: their number, a multiple of the write size
 *
 * Return: 0, -EINVAL, -EIO
 */
int flash_write(struct flash *flash, u64 offset, const void *data, size_t size);

/** flash_erase() - erase the block at @offset of the area, a multiple of facts.step; as above */
int flash_erase(struct flash *flash, u64 offset);

/** flash_reader() - the medium as lib/snapimg wants it; valid until flash_close() */
struct snapimg_reader flash_reader(struct flash *flash);

struct nand;

/** flash_nand() - what is below it on raw NAND; NULL on all else */
struct nand *flash_nand(struct flash *flash);

/**
 * flash_mtd_number() - number of an MTD device
 * @name: N, mtdN, /dev/mtdN, mtd:NAME or NAME
 * @why: what is wrong, FLASH_WHY_SIZE bytes
 *
 * Return: number, or -ENOENT: none of that name, -EEXIST: more than one
 */
int flash_mtd_number(const char *name, char *why);

#endif /* SNAPCTL_FLASH_H */
