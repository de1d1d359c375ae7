/* SPDX-License-Identifier: GPL-2.0-only */
/* MTD devices for tests, through their character devices. */
#ifndef SNAPCAP_TEST_FLASH_H
#define SNAPCAP_TEST_FLASH_H

#include <snapimg.h>

#define FLASH_MTDRAM	"mtdram test device"
#define FLASH_SNAPSHOT	"snapshot"
#define FLASH_BADMTD	"badmtd"

/** struct flash - an open MTD device */
struct flash {
	int fd;
	unsigned int number;
	uint64_t size;
	uint32_t erasesize;
	struct snapimg_reader reader;
};

/**
 * flash_open() - open an MTD device by its name
 * @flash: result; must stay where it is until it is closed
 * @name: of the device
 *
 * Return: 0, -ENOENT, negative errno
 */
int flash_open(struct flash *flash, const char *name);
void flash_close(struct flash *flash);

/* 0 or negative errno; all of @len or an error. */
int flash_read(struct flash *flash, uint64_t off, void *buf, size_t len);
int flash_write(struct flash *flash, uint64_t off, const void *buf, size_t len);
int flash_erase(struct flash *flash, uint64_t off, uint64_t len);
/** flash_blank() - erase all blocks that are not erased already */
int flash_blank(struct flash *flash);

/** flash_newest() - the newest committed snapshot; 0 or negated reason */
int flash_newest(struct flash *flash, struct snapimg_slot *slot);

/**
 * flash_digest() - a number for each erase block, to find out which ones change
 * Return: malloc()ed array of size / erasesize, NULL on error
 */
uint64_t *flash_digest(struct flash *flash);
/** flash_changed() - first block of [@from, @to) with another number than in @before
 * Return: its offset, -1 for none, -2 on error
 */
int64_t flash_changed(struct flash *flash, const uint64_t *before, uint64_t from, uint64_t to);

#endif /* SNAPCAP_TEST_FLASH_H */
