/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to the module: the session and what the files offer each other. */
#ifndef SNAPCAP_PRIVATE_H
#define SNAPCAP_PRIVATE_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/snapcap.h>
#include <linux/types.h>
#include <snapimg.h>
#include <snapnand.h>
#include <snapstore.h>
#include "arch.h"
#include "snapcap_driver.h"

#define SNAPCAP_MODULE_VERSION	"0.1.0"

/* Pages of a chunk unless the caller says otherwise: 512 KiB of 4 KiB pages. */
#define SNAPCAP_CHUNK_PAGES_DEFAULT	128
/* LZ4 acceleration unless the caller says otherwise; 1 is the kernel's own default. */
#define SNAPCAP_LZ4_LEVEL_DEFAULT	1

/* ---- memory of a session ---- */

/**
 * struct snapcap_table - a buffer of the session, counted even when it is full
 * @data: vmalloc memory, left out of the snapshot
 * @size: its bytes
 * @used: bytes filled in
 * @needed: bytes that would be filled in if it were large enough
 */
struct snapcap_table {
	void *data;
	size_t size;
	size_t used;
	size_t needed;
};

#define SNAPCAP_MAP_RANGES	64

/**
 * struct snapcap_map_range - a part of physical memory
 * @start_pfn: first page frame
 * @end_pfn: the one behind its last
 * @va: mapping of a driver's region, NULL for System RAM
 */
struct snapcap_map_range {
	unsigned long start_pfn;
	unsigned long end_pfn;
	void *va;
};

/**
 * struct snapcap_map - physical memory that may hold something to save
 * @count: used entries of @range
 * @range: sorted by start, not overlapping
 */
struct snapcap_map {
	unsigned int count;
	struct snapcap_map_range range[SNAPCAP_MAP_RANGES];
};

/**
 * struct snapcap_flash - an MTD device that is open for lib/snapstore
 * @mtd: device
 * @store: what the library works on; with @body, it is NAND
 * @nand: what is between the two then
 */
struct snapcap_flash {
	struct mtd_info *mtd;
	struct snapstore_flash store;
	struct snapnand nand;
};

/**
 * struct snapcap_flash_health - of NAND
 * @corrected_bits: since it was opened
 * @bad_blocks: of the device
 * @grown_blocks: of these, marked since it was opened
 */
struct snapcap_flash_health {
	u32 corrected_bits;
	u32 bad_blocks;
	u32 grown_blocks;
};

/**
 * struct snapcap_session - one take
 * @arg: the caller's argument, already checked
 * @mtd: target
 * @flash: likewise, as the library sees it
 * @status: result, copied to the caller and kept for STATUS
 * @store: the target in @mtd, what is there, and how far it is written
 * @store_error: what a step of it failed with, negated SNAPSTORE_E_*
 * @map: memory to look at
 * @bitmap: a bit per page frame from @bitmap_base: is it saved?
 * @own: likewise: is it a page of the session's buffers?
 * @bitmap_base: first page frame of both bitmaps
 * @bitmap_bits: page frames covered
 * @extents: struct snapcap_extent[], the snapshot page table
 * @chunks: struct snapcap_chunk[]
 * @data: stored bytes of the chunks
 * @bounce: chunk_pages pages, to compress from
 * @packed: as many, to compress to
 * @lz4_work: working memory of LZ4
 * @record: CPU record
 * @record_size: its bytes
 * @memmap: MEMMAP section
 * @memmap_size: its bytes
 * @img: header of the image, host form
 * @header: and as it is written
 * @commit: mark that belongs to it
 * @bad_pfn: page that could not be read
 * @bad_kind: what kind of memory that is
 * @short_bytes: memory that was missing to hold the result
 * @atomic_start: counter when interrupts went off
 * @plain_copy: @data holds the stream as it is, to be compressed after the thaw
 * @restored: this is the restored system
 * @rehearsal: nothing is taken: the last take stays the last
 */
struct snapcap_session {
	struct snapcap_makesnap arg;
	struct mtd_info *mtd;
	struct snapcap_flash flash;
	struct snapcap_status status;
	struct snapstore store;
	int store_error;

	struct snapcap_map map;
	unsigned long *bitmap, *own;
	unsigned long bitmap_base, bitmap_bits;
	struct snapcap_table extents, chunks, data;
	void *bounce, *packed, *lz4_work;

	u8 record[SNAPCAP_ARCH_RECORD_MAX] __aligned(8);
	size_t record_size;
	struct snapcap_range memmap[SNAPCAP_HANDOFF_RANGES];
	size_t memmap_size;
	struct snapimg img;
	struct snapcap_image_header header;
	struct snapcap_commit commit;

	unsigned long bad_pfn;
	const char *bad_kind;
	size_t short_bytes;
	u64 atomic_start;
	bool plain_copy;
	bool restored;
	bool rehearsal;
};

/* main.c: the device, for events and sysfs */
extern struct miscdevice snapcap_miscdev;
/* chardev.c */
extern const struct file_operations snapcap_fops;

/* events.c */
struct snapcap_reader {
	struct mutex lock;	/* one read() at a time moves on */
	u64 next_serial;
};

void snapcap_event_post(u32 type, u32 percent);
void snapcap_event_open(struct snapcap_reader *reader);
ssize_t snapcap_event_read(struct file *file, char __user *buf, size_t size);
__poll_t snapcap_event_poll(struct file *file, poll_table *wait);

/* sysfs.c */
extern const struct attribute_group *snapcap_groups[];

void snapcap_sysfs_init(void);
void snapcap_sysfs_restored(void);

/* hold.c */
void snapcap_hold_init(void);
void snapcap_hold_exit(void);
void snapcap_hold(u32 stage);

/* session.c */
bool snapcap_session_begin(void);
void snapcap_session_end(void);
int snapcap_session_run(int (*run)(struct snapcap_session *s, const void *arg), const void *arg,
			struct snapcap_status *status);
int snapcap_session_cancel(void);
void snapcap_session_publish(const struct snapcap_session *s);
void snapcap_session_status(struct snapcap_status *status);
bool snapcap_session_cancelled(void);
int snapcap_session_interrupted(struct snapcap_session *s);
int snapcap_fail(struct snapcap_session *s, int error, u32 cause, u64 detail, const char *name);
void snapcap_stage_enter(struct snapcap_session *s, u32 stage);
void snapcap_progress(struct snapcap_session *s, u32 percent);

/* state.c */
u32 snapcap_state(void);
void snapcap_transition_begin(void);
void snapcap_transition_restored(void);
void snapcap_transition_end(void);
void snapcap_state_enter(u32 state);

/* take.c */
int snapcap_take(struct snapcap_makesnap *arg);
u32 snapcap_take_refusal(const char **kind);

/* rehearse.c */
int snapcap_rehearse(struct snapcap_rehearse *arg);

/* quiesce.c */
void snapcap_forget_freezer(void);
int snapcap_quiesce(struct snapcap_session *s, int (*capture)(struct snapcap_session *s));

/* collect.c */
int snapcap_map_init(struct snapcap_session *s);
void snapcap_map_exit(struct snapcap_session *s);
int snapcap_collect_init(struct snapcap_session *s);
void snapcap_collect_exit(struct snapcap_session *s);
void snapcap_collect_own(struct snapcap_session *s);
int snapcap_collect(struct snapcap_session *s);
void *snapcap_map_va(const struct snapcap_map *map, unsigned long pfn);
void snapcap_free_pages_restore(const struct snapcap_map *map);

/* compress.c */
int snapcap_compress_init(struct snapcap_session *s);
void snapcap_compress_exit(struct snapcap_session *s);
int snapcap_compress(struct snapcap_session *s);
int snapcap_compress_late(struct snapcap_session *s);

/* image.c */
void snapcap_image_layout(struct snapcap_session *s);
void snapcap_image_finish(struct snapcap_session *s, u64 sequence, u32 wear);
void snapcap_image_read(const struct snapcap_session *s, u64 off, void *buf, size_t len);

/* revoke.c */
#define SNAPCAP_IMAGE_PLACES	4

void snapcap_image_places(const struct snapcap_session *s, u64 slot_offset, u64 *place);
int snapcap_image_at(const struct snapimg_reader *r, u64 at, const u8 *uuid, struct snapimg *img);
int snapcap_image_find(const struct snapstore_flash *flash, const u64 *place, const u8 *uuid,
		       u64 *at);
int snapcap_image_revoke(struct mtd_info *mtd, const u64 *place, const u8 *uuid);
void snapcap_forget_cached(struct mtd_info *mtd, struct device *disk);

/* trial.c */
void snapcap_trial_restored(const struct snapcap_session *s);
int snapcap_trial_confirm(struct snapcap_confirm *arg);

/* fingerprint.c */
int snapcap_fingerprint(struct snapcap_fingerprints *arg);
void snapcap_fingerprint_exit(void);
void snapcap_fingerprint_restored(struct snapcap_session *s);

/* flash.c */
int snapcap_flash_open(struct snapcap_flash *flash, struct mtd_info *mtd);
void snapcap_flash_close(struct snapcap_flash *flash);
u64 snapcap_flash_physical(struct snapcap_flash *flash, u64 off);
int snapcap_flash_range(struct snapcap_flash *flash, u64 *offset, u64 *length);
void snapcap_flash_health(const struct snapcap_flash *flash, struct snapcap_flash_health *health);
bool snapcap_flash_grew(struct snapcap_flash *flash, struct snapstore *st, int err);

/* writer.c */
int snapcap_target_open(struct snapcap_session *s);
void snapcap_target_close(struct snapcap_session *s);
int snapcap_target_place(struct snapcap_session *s);
int snapcap_target_again(struct snapcap_session *s, int failed);
int snapcap_write_prepare(struct snapcap_session *s);
int snapcap_write(struct snapcap_session *s);
int snapcap_write_verify(struct snapcap_session *s);
int snapcap_write_commit(struct snapcap_session *s);

/* stub.c */
int snapcap_stub_init(void);
void snapcap_stub_exit(void);
u32 snapcap_stub_cause(void);
void snapcap_stub_describe(struct snapimg *img);
bool snapcap_stub_restores(u64 base, u64 size);
size_t snapcap_stub_memmap(struct snapcap_range *memmap);
void snapcap_stub_info(struct snapcap_info *info);
void snapcap_stub_boot_info(struct snapcap_boot_info *info);
void snapcap_stub_restored(struct snapcap_status *status, bool confirmed);
void snapcap_stub_confirm(void);
u32 snapcap_stub_attempt(void);
u32 snapcap_stub_pending(void);
int snapcap_stub_seed(void);
u64 snapcap_stub_slot_offset(void);
u64 snapcap_stub_bytes_restored(void);
u32 snapcap_stub_watchdog(u32 *ms, u32 *at);
u64 snapcap_stub_download_size(void);
ssize_t snapcap_stub_download_read(void *buf, loff_t off, size_t count);
int snapcap_stub_request(u32 request);
void snapcap_stub_changed(const char *name);
void snapcap_timeline_reset(void);
void snapcap_timeline_add(u32 event);
u64 snapcap_counter_ns(u64 counter);

/* callbacks.c */
int snapcap_callbacks_prepare(struct snapcap_session *s, u32 state);
void snapcap_callbacks_finish(u32 state);
int snapcap_callbacks_capture(struct snapcap_session *s);
void snapcap_callbacks_restore_early(void);
void snapcap_callbacks_restore(void);

/* generation.c */
void snapcap_generation_init(void);
ssize_t snapcap_generation_show(char *buf);
u32 snapcap_generation_restores(void);
void snapcap_generation_restored(void);

/* clock.c: what the time of day of a restored system went by */
enum {
	SNAPCAP_CLOCK_COLD,	/* not restored */
	SNAPCAP_CLOCK_RTC,	/* the kernel's resume has set it by the RTC, or it was right */
	SNAPCAP_CLOCK_RTC_SET,	/* it was not right: set by the RTC here */
	SNAPCAP_CLOCK_HELD,	/* no RTC: goes on where it was at the capture */
	SNAPCAP_CLOCK_ADVANCED,	/* no RTC: put ahead as asked for */
};

void snapcap_clock_capture(void);
void snapcap_clock_restored(void);
u32 snapcap_clock_source(void);

/* entropy.c */
#define SNAPCAP_ENTROPY_LOADER	0x1	/* the seed in the hand-off page */
#define SNAPCAP_ENTROPY_HWRNG	0x2	/* /dev/hwrng */
#define SNAPCAP_ENTROPY_RESEED	0x4	/* and the generator was reseeded */

int snapcap_entropy_check(void);
int snapcap_entropy_restored(const void *seed, size_t size);
u32 snapcap_entropy_sources(void);

/* watchdog.c */
extern const struct attribute_group snapcap_watchdog_group;

int snapcap_watchdog_init(void);
void snapcap_watchdog_restored_early(void);
void snapcap_watchdog_restored(void);
void snapcap_watchdog_thawed(void);
int snapcap_watchdog_handed_over(void);
void snapcap_watchdog_exit(void);

/* regions.c */
int snapcap_regions_map(struct snapcap_session *s);
void snapcap_regions_unmap(struct snapcap_map *map);

/* devices.c */
int snapcap_devices_list(struct snapcap_devices *arg, struct snapcap_device **entries);

/* kernelid.c */
int snapcap_kernel_build_id(u8 *id, u32 *size);
size_t snapcap_read_file(const char *path, void *buf, size_t size);

#endif /* SNAPCAP_PRIVATE_H */
