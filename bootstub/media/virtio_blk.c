// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * A virtio disk behind a virtio-mmio transport, legacy or modern; polled. Section
 * numbers are those of Virtual I/O Device 1.1.
 *
 * The device writes memory by itself. It is reset whenever it is given up, and
 * before anything that is not the loader runs. Caches are not maintained: only
 * devices that the device tree calls coherent are used.
 */
#include <linux/snapcap_reason.h>
#include "../console.h"
#include "../devtree.h"
#include "../mmio.h"
#include "virtio_blk.h"

/* Registers: 4.2.2, and 4.2.4 for the legacy ones. */
#define REG_MAGIC		0x000
#define MAGIC			0x74726976	/* "virt" */
#define REG_VERSION		0x004
#define VERSION_LEGACY		1
#define VERSION_MODERN		2
#define REG_DEVICE		0x008
#define DEVICE_BLOCK		2
#define REG_FEATURES		0x010
#define REG_FEATURES_SEL	0x014
#define REG_ACCEPTED		0x020
#define REG_ACCEPTED_SEL	0x024
#define REG_LEGACY_PAGE_SIZE	0x028
#define REG_QUEUE_SEL		0x030
#define REG_QUEUE_MAX		0x034
#define REG_QUEUE_SIZE		0x038
#define REG_LEGACY_ALIGN	0x03c
#define REG_LEGACY_PFN		0x040
#define REG_QUEUE_READY		0x044
#define REG_NOTIFY		0x050
#define REG_STATUS		0x070
#define REG_QUEUE_DESC		0x080
#define REG_QUEUE_AVAIL		0x090
#define REG_QUEUE_USED		0x0a0
#define REG_GENERATION		0x0fc
#define REG_CAPACITY		0x100		/* 5.2.4: in sectors */
#define REG_END			0x200

/* Device status: 2.1. */
#define STATUS_ACKNOWLEDGE	1
#define STATUS_DRIVER		2
#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8

/* Feature bits 32 and up. */
#define FEATURE_HIGH_VERSION_1	(1 << 0)

#define DESC_NEXT		1
#define DESC_WRITE		2	/* by the device */
#define AVAIL_NO_INTERRUPT	1

/* Requests: 5.2.6. */
#define BLK_IN			0
#define BLK_GET_ID		8
#define BLK_ID_SIZE		20
#define BLK_OK			0

/* No machine has as much; more could not be told in bytes. */
#define SECTORS_MAX		(1ULL << 54)

/* A busy host or a disk that wakes up; a request is at most MEDIA_REQUEST_MAX long. */
#define REQUEST_WAIT_MS		3000
#define RESET_WAIT_MS		100
#define GENERATION_TRIES	4

static u32 get(const struct virtio_blk *v, u32 reg)
{
	return mmio_read32(v->regs + reg);
}

static void set(const struct virtio_blk *v, u32 reg, u32 value)
{
	mmio_write32(v->regs + reg, value);
}

static void set_address(const struct virtio_blk *v, u32 reg, const void *p)
{
	u64 pa = (u64)(uintptr_t)p;

	set(v, reg, (u32)pa);
	set(v, reg + 4, (u32)(pa >> 32));
}

static u64 wait_limit(u32 ms)
{
	return arch_counter() + arch_counter_hz() / 1000 * ms;
}

/* Once the status reads zero the device is done with memory (2.4.2). */
static void reset(struct virtio_blk *v)
{
	u64 regs = v->regs, until = wait_limit(RESET_WAIT_MS);

	/* First: should this end in an exception, it is not tried again. */
	v->regs = 0;
	mmio_write32(regs + REG_STATUS, 0);
	while (mmio_read32(regs + REG_STATUS))
		if (arch_counter() > until) {
			say("disk at %llx does not let itself be reset", regs);
			return;
		}
}

/* Chain another buffer behind the @n that the request has. */
static u32 add_buffer(struct virtio_blk *v, u16 slot, u32 n, const void *p, u32 len, u16 flags)
{
	u16 at = (u16)(slot * VIRTIO_BUFFERS + n);

	if (!len)
		return n;
	v->ring.desc[at].address = (u64)(uintptr_t)p;
	v->ring.desc[at].len = len;
	v->ring.desc[at].flags = flags;
	v->ring.desc[at].next = 0;
	if (n) {
		v->ring.desc[at - 1].flags |= DESC_NEXT;
		v->ring.desc[at - 1].next = at;
	}
	return n + 1;
}

/*
 * Hand over a request for @len bytes to @buf, which @skip unwanted ones precede
 * and @tail follow. The header is a buffer of its own, and so is the status: a
 * legacy device may insist (2.6.4.3).
 */
static void submit(struct virtio_blk *v, u32 type, u64 sector, u32 skip, void *buf, u32 len,
		   u32 tail)
{
	u16 slot = v->begun % VIRTIO_DEPTH;
	u32 n;

	v->request[slot].type = type;
	v->request[slot].reserved = 0;
	v->request[slot].sector = sector;
	v->status[slot] = (u8)~BLK_OK;
	v->state[slot] = VIRTIO_BUSY;
	n = add_buffer(v, slot, 0, &v->request[slot], sizeof(v->request[slot]), 0);
	n = add_buffer(v, slot, n, v->scrap, skip, DESC_WRITE);
	n = add_buffer(v, slot, n, buf, len, DESC_WRITE);
	n = add_buffer(v, slot, n, v->scrap, tail, DESC_WRITE);
	add_buffer(v, slot, n, &v->status[slot], sizeof(v->status[slot]), DESC_WRITE);

	v->ring.avail.ring[v->begun++ % VIRTIO_QUEUE_SIZE] = slot * VIRTIO_BUFFERS;
	arch_io_barrier();	/* the request is complete before the device is told (2.6.13) */
	*(volatile u16 *)&v->ring.avail.idx = v->begun;
	arch_io_barrier();	/* ... and told before it is called */
	set(v, REG_NOTIFY, 0);
}

/* Look at the next answer; false when nobody asked for it. */
static bool take_answer(struct virtio_blk *v)
{
	u32 head, slot;

	arch_io_barrier();	/* what the device wrote is read after that it has */
	head = *(volatile u32 *)&v->ring.used.ring[v->seen++ % VIRTIO_QUEUE_SIZE].id;
	slot = head / VIRTIO_BUFFERS;
	if (head % VIRTIO_BUFFERS || slot >= VIRTIO_DEPTH || v->state[slot] != VIRTIO_BUSY)
		return false;
	v->state[slot] = VIRTIO_DONE;
	return true;
}

/* Answers come in any order. False when the device is late, or answers what it was not asked. */
static bool is_answered(struct virtio_blk *v, u16 slot)
{
	u64 until = wait_limit(REQUEST_WAIT_MS);

	while (v->state[slot] != VIRTIO_DONE) {
		if (*(volatile u16 *)&v->ring.used.idx == v->seen) {
			if (arch_counter() > until)
				return false;
		} else if (!take_answer(v)) {
			return false;
		}
	}
	return true;
}

int virtio_blk_end(struct media *m)
{
	struct virtio_blk *v = m->priv;
	u16 slot = v->ended % VIRTIO_DEPTH;

	if (!v->regs || v->begun == v->ended)
		return -SNAPCAP_REASON_READ;
	if (!is_answered(v, slot)) {
		say("disk at %llx does not answer as it should: given up", v->regs);
		reset(v);
		m->is_open = false;
		m->error = -SNAPCAP_REASON_READ;
		return -SNAPCAP_REASON_READ;
	}
	v->ended++;
	v->state[slot] = VIRTIO_FREE;
	return v->status[slot] == BLK_OK ? 0 : -SNAPCAP_REASON_READ;
}

/* The steps of 3.1.1 up to the queue; a legacy device has no FEATURES_OK. */
static bool negotiate(struct virtio_blk *v)
{
	u32 status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;

	set(v, REG_STATUS, STATUS_ACKNOWLEDGE);
	set(v, REG_STATUS, status);
	set(v, REG_ACCEPTED_SEL, 0);
	set(v, REG_ACCEPTED, 0);
	if (v->version == VERSION_LEGACY)
		return true;
	set(v, REG_FEATURES_SEL, 1);
	if (!(get(v, REG_FEATURES) & FEATURE_HIGH_VERSION_1))
		return false;
	set(v, REG_ACCEPTED_SEL, 1);
	set(v, REG_ACCEPTED, FEATURE_HIGH_VERSION_1);
	set(v, REG_STATUS, status | STATUS_FEATURES_OK);
	return get(v, REG_STATUS) & STATUS_FEATURES_OK;
}

static bool start_queue(struct virtio_blk *v)
{
	u64 pa = (u64)(uintptr_t)&v->ring;

	memset(&v->ring, 0, sizeof(v->ring));
	v->ring.avail.flags = AVAIL_NO_INTERRUPT;
	memset(v->state, 0, sizeof(v->state));
	v->begun = v->seen = v->ended = 0;
	arch_io_barrier();	/* an empty ring before the device looks at it */
	set(v, REG_QUEUE_SEL, 0);
	if (get(v, REG_QUEUE_MAX) < VIRTIO_QUEUE_SIZE)
		return false;
	set(v, REG_QUEUE_SIZE, VIRTIO_QUEUE_SIZE);
	if (v->version == VERSION_MODERN) {
		set_address(v, REG_QUEUE_DESC, v->ring.desc);
		set_address(v, REG_QUEUE_AVAIL, &v->ring.avail);
		set_address(v, REG_QUEUE_USED, &v->ring.used);
		set(v, REG_QUEUE_READY, 1);
		return true;
	}
	if (pa >> PAGE_SHIFT > ~0U)
		return false;
	set(v, REG_LEGACY_PAGE_SIZE, PAGE_SIZE);
	set(v, REG_LEGACY_ALIGN, __alignof__(v->ring.used));
	set(v, REG_LEGACY_PFN, (u32)(pa >> PAGE_SHIFT));
	return true;
}

/* Capacity in sectors; 0 when it cannot be told. */
static u64 read_capacity(const struct virtio_blk *v)
{
	u32 i, before;
	u64 sectors;

	/* Two words that have to be of one value (4.2.2.2); a legacy device has but the words. */
	for (i = 0; i < GENERATION_TRIES; i++) {
		before = v->version == VERSION_MODERN ? get(v, REG_GENERATION) : 0;
		sectors = get(v, REG_CAPACITY) | (u64)get(v, REG_CAPACITY + 4) << 32;
		if (v->version == VERSION_LEGACY || get(v, REG_GENERATION) == before)
			return sectors <= SECTORS_MAX ? sectors : 0;
	}
	return 0;
}

static bool has_id(struct media *m)
{
	struct virtio_blk *v = m->priv;
	size_t len = strnlen(m->id, BLK_ID_SIZE);

	memset(v->scrap, 0, BLK_ID_SIZE);
	submit(v, BLK_GET_ID, 0, 0, v->scrap, BLK_ID_SIZE, 0);
	return !virtio_blk_end(m) && strnlen((char *)v->scrap, BLK_ID_SIZE) == len &&
	       !memcmp(v->scrap, m->id, len);
}

static bool is_disk(u64 regs, u32 *version)
{
	*version = mmio_read32(regs + REG_VERSION);
	return mmio_read32(regs + REG_MAGIC) == MAGIC &&
	       (*version == VERSION_LEGACY || *version == VERSION_MODERN) &&
	       mmio_read32(regs + REG_DEVICE) == DEVICE_BLOCK;
}

/* Is it ours, and running? Else it is left as after reset. */
static bool start(struct media *m, u64 regs)
{
	struct virtio_blk *v = m->priv;

	/* An address with nothing behind it is an exception; close() must not go there again. */
	if (!is_disk(regs, &v->version))
		return false;
	v->regs = regs;
	set(v, REG_STATUS, 0);
	if (negotiate(v) && start_queue(v)) {
		set(v, REG_STATUS, get(v, REG_STATUS) | STATUS_DRIVER_OK);
		if (has_id(m))
			return true;
	}
	if (v->regs)
		reset(v);
	return false;
}

static bool map_device(const struct devtree_device *dev)
{
	struct arch_map map = {
		.base = dev->base & ~(u64)(PAGE_SIZE - 1),
		.size = PAGE_SIZE,
		.kind = ARCH_MEMORY_DEVICE,
	};

	return dev->size >= REG_END && !(dev->base & (REG_END - 1)) && !arch_map(&map, 1);
}

int virtio_blk_open(struct media *m, const void *fdt)
{
	struct virtio_blk *v = m->priv;
	struct devtree_device dev;
	int node = -1;

	while ((node = devtree_next_device(fdt, node, "virtio,mmio", &dev)) >= 0) {
		if (!dev.coherent || !map_device(&dev) || !start(m, dev.base))
			continue;
		m->size = read_capacity(v) * MEDIA_SECTOR;
		say("disk %s at %llx: %llu KiB", m->id, v->regs, m->size >> 10);
		if (m->size)
			return 0;
		reset(v);
		return -SNAPCAP_REASON_READ;
	}
	return -SNAPCAP_REASON_EMPTY;
}

void virtio_blk_close(struct media *m)
{
	struct virtio_blk *v = m->priv;

	if (v->regs)
		reset(v);
}

int virtio_blk_begin(struct media *m, u64 off, void *buf, size_t len)
{
	struct virtio_blk *v = m->priv;
	u32 skip = (u32)(off % MEDIA_SECTOR);
	u32 tail = -(u32)(skip + len) % MEDIA_SECTOR;

	/* Given up before, or asked for too many things at a time. */
	if (!v->regs || (u16)(v->begun - v->ended) == VIRTIO_DEPTH)
		return -SNAPCAP_REASON_READ;
	submit(v, BLK_IN, off / MEDIA_SECTOR, skip, buf, (u32)len, tail);
	return 0;
}
