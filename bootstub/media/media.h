/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * How a medium is read. A linear one is used where it lies; a paged one, such as
 * a disk, has to be copied to memory first. The loader writes to it for one
 * purpose only, see media_program().
 */
#ifndef MEDIA_H
#define MEDIA_H

#include <snapimg_glue.h>

/* A request to a paged medium is no longer than this, so that its wait can be bounded. */
#define MEDIA_REQUEST_MAX	(1u << 20)

/* Of a paged medium. */
#define MEDIA_SECTOR		512

struct snapstore_flash;

/**
 * struct media - a medium
 * @name: one word, for the console and the hand-off page
 * @size: bytes; of a medium with @open known once it is open
 * @erase_size: bytes of an erase block; snapshots start on multiples of it
 * @base: of a linear one: where it is mapped
 * @id: of a disk: its own name, which tells it from all others; at most 20 bytes
 * @priv: the driver's, zero at first
 * @open: find the device and make it ready; NULL: there is nothing to do
 * @close: make sure that it writes no memory from here on, also after an @open
 *	that failed or was left by an exception; NULL with @open
 * @map: see media_map(); NULL: paged
 * @begin: see media_begin(); NULL: linear
 * @end: see media_end(); NULL: linear
 * @program: see media_program(); NULL: the loader does not write it
 * @flash: all of it as lib/snapstore wants it, of a medium that keeps the heads of slots
 *	in its own way; its partition of snapshots starts at 0. NULL: like all others
 * @depth: of a paged one: requests that may be under way at a time, at least 1
 * @stride: see media_stride()
 * @error: why it cannot be used, and is not tried again; 0 when it can
 * @is_open: @open has succeeded
 */
struct media {
	const char *name;
	u64 size;
	u64 erase_size;
	u64 base;
	const char *id;
	void *priv;
	int (*open)(struct media *m, const void *fdt);
	void (*close)(struct media *m);
	const void *(*map)(const struct media *m, u64 off, size_t len);
	int (*begin)(struct media *m, u64 off, void *buf, size_t len);
	int (*end)(struct media *m);
	int (*program)(struct media *m, u64 off, const void *data, size_t len);
	struct snapstore_flash (*flash)(struct media *m);
	u32 depth;
	u64 stride;
	int error;
	bool is_open;
};

/**
 * media_open() - make a medium ready
 * @m: medium; nothing happens when it is open already
 * @fdt: the machine's device tree, checked
 *
 * Return: 0, -EMPTY (there is none), -READ (it does not work)
 */
int __attribute__((warn_unused_result)) media_open(struct media *m, const void *fdt);

/**
 * media_close() - stop a medium, whatever it is doing
 * @m: medium
 *
 * Memory is not written by it from here on. It may be opened again.
 */
void media_close(struct media *m);

/**
 * media_stride() - announce a scan
 * @m: medium
 * @step: distance of the places that are going to be looked at, bytes; 0: no more
 *
 * When media_read() is asked for a few bytes of a place of a paged medium, it
 * reads the next places too: most of a request is waiting.
 */
void media_stride(struct media *m, u64 step);

/**
 * media_map() - look at bytes of a medium where they lie
 * @m: open medium
 * @off: bytes from its start
 * @len: bytes
 *
 * Return: the bytes; NULL when they are outside the medium, or it is paged
 */
const void *media_map(const struct media *m, u64 off, size_t len);

/**
 * media_read() - copy bytes out of a medium
 * @m: open medium, nothing under way
 * @off: bytes from its start, any
 * @buf: mapped where it lies in memory
 * @len: bytes, any number
 *
 * Return: 0 or -READ; what is at @buf is undefined then
 */
int __attribute__((warn_unused_result))
media_read(struct media *m, u64 off, void *buf, size_t len);

/**
 * media_begin() - have a paged medium read while something else is done
 * @m: open paged medium
 * @off: bytes from its start, any
 * @buf: mapped where it lies in memory; the medium's until media_end()
 * @len: bytes, 1..MEDIA_REQUEST_MAX
 *
 * The depth of the medium says how often this may be called before media_end().
 *
 * Return: 0, and media_end() must follow; or -READ
 */
int __attribute__((warn_unused_result))
media_begin(struct media *m, u64 off, void *buf, size_t len);

/**
 * media_end() - wait for what media_begin() has begun first
 * @m: medium
 *
 * The wait is bounded. Whatever it returns, the medium is done with the buffer.
 *
 * Return: 0 or -READ
 */
int __attribute__((warn_unused_result)) media_end(struct media *m);

/**
 * media_program() - clear bits on a medium
 * @m: open medium
 * @off: bytes from its start, 8-byte aligned
 * @data: what is to be there; bits that are 0 stay 0
 * @len: bytes, a multiple of 8
 *
 * For the one thing that a person may want when no system comes up: to drop a
 * snapshot. Nothing is erased. What was mapped stays valid.
 *
 * Return: 0 or -READ: it cannot be written, or did not take it
 */
int __attribute__((warn_unused_result))
media_program(struct media *m, u64 off, const void *data, size_t len);

/* mem.c: @map of flash that the CPU sees as memory, in read-array mode. */
const void *mem_map(const struct media *m, u64 off, size_t len);

#endif
