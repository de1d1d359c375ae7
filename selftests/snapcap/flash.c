// SPDX-License-Identifier: GPL-2.0-only
/* MTD devices for tests, through their character devices. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <mtd/mtd-user.h>
#include "device.h"
#include "flash.h"

#define MTD_MAX	32

static int reader_read(void *ctx, u64 off, void *buf, size_t len)
{
	return flash_read(ctx, off, buf, len) ? -SNAPCAP_REASON_READ : 0;
}

int flash_open(struct flash *flash, const char *name)
{
	char path[64], text[64];
	unsigned int i;

	for (i = 0; i < MTD_MAX; i++) {
		snprintf(path, sizeof(path), "/sys/class/mtd/mtd%u/name", i);
		if (!text_read(path, text, sizeof(text)) && !strcmp(text, name))
			break;
	}
	if (i == MTD_MAX)
		return -ENOENT;

	flash->number = i;
	snprintf(path, sizeof(path), "/sys/class/mtd/mtd%u/size", i);
	flash->size = number_read(path);
	snprintf(path, sizeof(path), "/sys/class/mtd/mtd%u/erasesize", i);
	flash->erasesize = number_read(path);
	snprintf(path, sizeof(path), "/dev/mtd%u", i);
	flash->fd = open(path, O_RDWR | O_CLOEXEC);
	if (flash->fd < 0 && (errno == EACCES || errno == EROFS))
		flash->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (flash->fd < 0)
		return -errno;
	flash->reader.size = flash->size;
	flash->reader.read = reader_read;
	flash->reader.ctx = flash;
	return 0;
}

void flash_close(struct flash *flash)
{
	close(flash->fd);
	flash->fd = -1;
}

int flash_read(struct flash *flash, uint64_t off, void *buf, size_t len)
{
	while (len) {
		ssize_t n = pread(flash->fd, buf, len, off);

		if (n <= 0)
			return n ? -errno : -EIO;
		off += n;
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return 0;
}

int flash_write(struct flash *flash, uint64_t off, const void *buf, size_t len)
{
	ssize_t n = pwrite(flash->fd, buf, len, off);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int flash_erase(struct flash *flash, uint64_t off, uint64_t len)
{
	struct erase_info_user64 erase = { .start = off, .length = len };

	return ioctl(flash->fd, MEMERASE64, &erase) ? -errno : 0;
}

static bool is_blank(const uint8_t *buf, size_t len)
{
	return buf[0] == 0xff && !memcmp(buf, buf + 1, len - 1);
}

int flash_blank(struct flash *flash)
{
	uint8_t *buf = malloc(flash->erasesize);
	uint64_t off;
	int ret = buf ? 0 : -ENOMEM;

	for (off = 0; !ret && off < flash->size; off += flash->erasesize) {
		ret = flash_read(flash, off, buf, flash->erasesize);
		if (!ret && !is_blank(buf, flash->erasesize))
			ret = flash_erase(flash, off, flash->erasesize);
	}
	free(buf);
	return ret;
}

int flash_newest(struct flash *flash, struct snapimg_slot *slot)
{
	return snapimg_slot_newest(&flash->reader, flash->erasesize, ~0ULL, slot);
}

static int digest_block(struct flash *flash, uint64_t *buf, uint64_t off, uint64_t *digest)
{
	uint64_t sum = 0xcbf29ce484222325ULL;
	size_t i;
	int ret = flash_read(flash, off, buf, flash->erasesize);

	for (i = 0; !ret && i < flash->erasesize / sizeof(*buf); i++)
		sum = (sum ^ buf[i]) * 0x100000001b3ULL;
	*digest = sum;
	return ret;
}

uint64_t *flash_digest(struct flash *flash)
{
	uint64_t *digest = calloc(flash->size / flash->erasesize, sizeof(*digest));
	uint64_t *buf = malloc(flash->erasesize), off;
	int ret = digest && buf ? 0 : -ENOMEM;

	for (off = 0; !ret && off < flash->size; off += flash->erasesize)
		ret = digest_block(flash, buf, off, &digest[off / flash->erasesize]);
	free(buf);
	if (!ret)
		return digest;
	free(digest);
	return NULL;
}

int64_t flash_changed(struct flash *flash, const uint64_t *before, uint64_t from, uint64_t to)
{
	uint64_t *buf = malloc(flash->erasesize), off, digest;
	int64_t ret = buf ? -1 : -2;

	for (off = from; ret == -1 && off < to; off += flash->erasesize) {
		if (digest_block(flash, buf, off, &digest))
			ret = -2;
		else if (digest != before[off / flash->erasesize])
			ret = off;
	}
	free(buf);
	return ret;
}
