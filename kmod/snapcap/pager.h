/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to the pager: the swap device and where its pages are. */
#ifndef SNAPCAP_PAGER_H
#define SNAPCAP_PAGER_H

#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/zsmalloc.h>
#include "paging.h"

/* Where a page of the swap device is. */
enum pager_state {
	PAGER_EMPTY,	/* never written, or freed: reads as zero */
	PAGER_WORD,	/* one 64-bit word repeated */
	PAGER_LIVE,	/* an object in the pool */
	PAGER_SEALED,	/* in the section of a snapshot: in RAM, in a restored system on flash */
};

/**
 * struct pager_slot - one page of the swap device
 * @word: PAGER_WORD
 * @handle: PAGER_LIVE: object of the pool
 * @offset: PAGER_SEALED: in the section
 * @sum: PAGER_SEALED: as in struct snapcap_chunk
 * @size_less_1: stored bytes less one, for a page may be 64 KiB
 * @state: enum pager_state
 * @codec: SNAPCAP_CODEC_RAW or SNAPCAP_CODEC_LZ4
 */
struct pager_slot {
	union {
		u64 word;
		unsigned long handle;
		u64 offset;
	};
	u32 sum;
	u16 size_less_1;
	u8 state;
	u8 codec;
};

/* Where the loader found the snapshot, and the starts of both slots. */

/* Slots share locks; neighbours do not. */
#define PAGER_LOCKS	64

/* For tables as large as somebody asks: too large is -ENOMEM, and no stack in the kernel's log. */
#define PAGER_TABLE_GFP	(GFP_KERNEL | __GFP_NOWARN)

/**
 * struct pager - the swap device
 * @disk: block device
 * @bytes: its size
 * @slots: a slot per page
 * @slot_count: number of these
 * @lock: of the slots with the same remainder of their number
 * @pool: PAGER_LIVE objects
 * @sealed: pages of the section while it is in RAM
 * @sealed_users: how many slots lie in each
 * @sealed_count: number of these
 * @sealed_pages: of these, not freed
 * @sealed_bytes: size of the section
 * @table: its chunks
 * @table_count: number of these
 * @on_flash: the section is on flash and nowhere else
 * @mtd: where, with a reference held; NULL until devices are back
 * @place: where in @mtd that snapshot may begin
 * @image: start of that snapshot in @mtd
 * @section: start of its section in @mtd, 0: not found yet
 * @section_size: its bytes, also when it is not in RAM any more
 * @uuid: identity of that snapshot
 * @recording: reads are recorded
 * @recorded: what was read, in order, room for @slot_count
 * @recorded_count: used entries of @recorded
 * @record_lock: protects these
 * @thaw_ns: CLOCK_MONOTONIC when recording of a restored system began
 * @ready_ns: from then to READY
 * @bad: the snapshot turned out damaged
 * @revoked: and will not be restored again
 * @resident_pages: that the loader put back
 * @pageable_pages: and that it did not
 * @words: slots that are PAGER_WORD
 * @live: slots that are PAGER_LIVE
 * @live_bytes: their stored bytes
 * @sealed_slots: slots that are PAGER_SEALED
 * @sealed_slot_bytes: their stored bytes
 * @demand_reads: reads of a page on flash because somebody touched it
 * @fill_reads: reads by fill or fetch
 * @retries: reads that were repeated
 * @bad_pages: reads that were given up
 * @rejected: writes for which there was no memory
 * @read_ns: time of all demand reads
 * @read_max_ns: longest of them
 * @latency: histogram of them, as in struct snapcap_pager_status
 */
struct pager {
	struct gendisk *disk;
	u64 bytes;
	struct pager_slot *slots;
	unsigned long slot_count;
	spinlock_t lock[PAGER_LOCKS];
	struct zs_pool *pool;

	struct page **sealed;
	u32 *sealed_users;
	unsigned long sealed_count, sealed_pages;
	u64 sealed_bytes;
	struct snapcap_chunk *table;
	unsigned long table_count;

	bool on_flash;
	struct mtd_info *mtd;
	u64 place[SNAPCAP_IMAGE_PLACES];
	u64 image, section, section_size;
	u8 uuid[SNAPCAP_UUID_SIZE];

	bool recording;
	struct snapcap_hot_page *recorded;
	unsigned long recorded_count;
	spinlock_t record_lock;
	u64 thaw_ns, ready_ns;

	bool bad, revoked;
	u64 resident_pages, pageable_pages;

	atomic64_t words, live, live_bytes, sealed_slots, sealed_slot_bytes;
	atomic64_t demand_reads, fill_reads, retries, bad_pages, rejected;
	atomic64_t read_ns, read_max_ns, latency[SNAPCAP_LATENCY_BUCKETS];
};

extern struct pager pager;

/* pager_store.c */
int pager_store_init(u64 bytes);
void pager_store_exit(void);
int pager_store_write(unsigned long index, struct page *page);
int pager_store_read(unsigned long index, struct page *page);
void pager_store_free(unsigned long index);
void pager_store_drop(const struct pager_slot *slot);
int pager_store_keep(unsigned long index, const struct pager_slot *slot, const void *data);
struct pager_slot pager_store_slot(unsigned long index);
int pager_unpack(const struct pager_slot *slot, const void *data, void *page);

/* pager_seal.c */
int pager_seal(struct snapcap_session *s);
void pager_unseal(void);
void pager_sealed_copy(u64 off, void *buf, size_t len);
void pager_sealed_put(u64 off, size_t len);
void pager_section_hold(void);
void pager_section_release(void);

/* pager_disk.c */
int pager_disk_init(void);
void pager_disk_exit(void);
bool pager_disk_close(void);

/* pager_flash.c */
int pager_flash_read(unsigned long index, const struct pager_slot *slot, void *page);
int pager_flash_fetch(struct snapcap_session *s);
void pager_flash_locate(struct snapcap_session *s, u64 slot_offset);
void pager_flash_forget(void);
int pager_fill_start(void);
void pager_fill_stop(void);
bool pager_fill_runs(void);

/* pager_hot.c */
int pager_hot_init(void);
void pager_hot_exit(void);
void pager_hot_begin(void);
void pager_hot_add(unsigned long index, struct page *page);
void pager_hot_end(void);

#endif /* SNAPCAP_PAGER_H */
