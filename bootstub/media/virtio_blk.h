/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * A virtio disk behind a virtio-mmio transport.
 */
#ifndef VIRTIO_BLK_H
#define VIRTIO_BLK_H

#include "media.h"

/* Requests at a time, and the buffers that one may need. Powers of two: counters wrap. */
#define VIRTIO_DEPTH		8
#define VIRTIO_BUFFERS		8
#define VIRTIO_QUEUE_SIZE	(VIRTIO_DEPTH * VIRTIO_BUFFERS)

/* Split virtqueue (virtio 1.1, 2.6), little-endian; a legacy one has this order too. */
struct virtio_ring {
	struct {
		u64 address;
		u32 len;
		u16 flags;
		u16 next;
	} desc[VIRTIO_QUEUE_SIZE];
	struct {
		u16 flags;
		u16 idx;
		u16 ring[VIRTIO_QUEUE_SIZE];
		u16 used_event;
	} avail;
	struct {
		u16 flags;
		u16 idx;
		struct {
			u32 id;
			u32 len;
		} ring[VIRTIO_QUEUE_SIZE];
	} used __attribute__((aligned(64)));
};

/**
 * struct virtio_blk - priv of a medium
 * @regs: physical address of its registers; 0: not running
 * @version: of the transport's register layout, 1 (legacy) or 2
 * @begun: requests handed over, counted
 * @seen: answers looked at
 * @ended: requests whose end was waited for
 * @state: of the requests between, by number modulo VIRTIO_DEPTH
 * @ring: the one queue; a legacy device is told its page
 * @request: headers of the requests
 * @scrap: for bytes of a sector that nobody wants
 * @status: results of the requests
 *
 * The device reads and writes all from @ring on: it lies in the loader's region.
 */
struct virtio_blk {
	u64 regs;
	u32 version;
	u16 begun, seen, ended;
	enum { VIRTIO_FREE, VIRTIO_BUSY, VIRTIO_DONE } state[VIRTIO_DEPTH];
	struct virtio_ring ring __attribute__((aligned(4096)));
	struct {
		u32 type;
		u32 reserved;
		u64 sector;
	} request[VIRTIO_DEPTH];
	u8 scrap[MEDIA_SECTOR];
	u8 status[VIRTIO_DEPTH];
};

/**
 * virtio_blk_open() - media_open() of the disk with that id
 *
 * Of each virtio disk in the device tree the id is asked for, nothing else, and
 * it is left reset. Other devices are not touched.
 */
int virtio_blk_open(struct media *m, const void *fdt);

/** virtio_blk_close() - media_close(): resets the device */
void virtio_blk_close(struct media *m);

/** virtio_blk_begin() - media_begin() */
int virtio_blk_begin(struct media *m, u64 off, void *buf, size_t len);

/** virtio_blk_end() - media_end() */
int virtio_blk_end(struct media *m);

#endif
