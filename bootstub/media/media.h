/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * How a flash is read. The loader never writes.
 */
#ifndef FLASH_H
#define FLASH_H

#include <snapimg_glue.h>

/**
 * struct flash - a medium
 * @size: bytes
 * @erase_size: bytes of an erase block
 * @base: where it is mapped
 * @read: see flash_read()
 * @view: see flash_view()
 */
struct flash {
	u64 size;
	u64 erase_size;
	u64 base;
	int (*read)(const struct flash *f, u64 off, void *buf, size_t len);
	const void *(*view)(const struct flash *f, u64 off, size_t len);
};

/**
 * flash_read() - copy bytes out of a flash
 *
 * Return: 0 or -SNAPCAP_REASON_READ
 */
static inline int __attribute__((warn_unused_result))
flash_read(const struct flash *f, u64 off, void *buf, size_t len)
{
	return f->read(f, off, buf, len);
}

/**
 * flash_view() - look at bytes of a flash where they lie
 *
 * Return: the bytes; NULL when they are outside the flash or cannot be read
 */
static inline const void *flash_view(const struct flash *f, u64 off, size_t len)
{
	return f->view(f, off, len);
}

/* mem.c: flash that the CPU sees as memory, in read-array mode. */
int mem_read(const struct flash *f, u64 off, void *buf, size_t len);
const void *mem_view(const struct flash *f, u64 off, size_t len);

#endif
