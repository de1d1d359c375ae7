/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * ioctl ABI of /dev/snapcap (misc device, mode 0600).
 *
 * Every structure starts with its own size, which is checked; reserved fields
 * and unknown flags are refused with EINVAL, so that they can be given a
 * meaning later. Errors are an errno and, in struct snapcap_status, the stage,
 * the cause and what it is about: the kernel log is not an interface.
 */
#ifndef _UAPI_LINUX_SNAPCAP_H
#define _UAPI_LINUX_SNAPCAP_H

#include <linux/types.h>
#include <linux/ioctl.h>
#include <linux/snapcap_image.h>
#include <linux/snapcap_handoff.h>

#define SNAPCAP_DEVICE_NAME	"snapcap"
#define SNAPCAP_ABI_VERSION	1

/* State of the model (GetSnapshotState). */
#define SNAPCAP_STATE_NONE	0	/* no snapshot taken since the cold boot */
#define SNAPCAP_STATE_PASS1	1	/* first suspend of a two-pass take */
#define SNAPCAP_STATE_PASS2	2	/* the suspend in which the snapshot is taken */
#define SNAPCAP_STATE_PREPARED	3	/* memory and CPU captured, storage prepared */
#define SNAPCAP_STATE_TAKEN	4	/* snapshot written, this is still the first life */
#define SNAPCAP_STATE_BOOT	5	/* this system came out of a snapshot */

/* Stages of a take, in order; the model's steps have the model's names. */
#define SNAPCAP_STAGE_IDLE		0
#define SNAPCAP_STAGE_CHECK		1	/* arguments, target, memory: nothing changed */
#define SNAPCAP_STAGE_FREEZE		2	/* CPUs down, tasks frozen, devices suspended */
#define SNAPCAP_STAGE_REGIONS		3	/* GetSnapshotRegions */
#define SNAPCAP_STAGE_CPU		4	/* TakeCPUSnapshot */
#define SNAPCAP_STAGE_COMPRESS		5	/* CompressSnapshot */
#define SNAPCAP_STAGE_THAW		6	/* devices resumed, tasks thawed, CPUs up */
#define SNAPCAP_STAGE_PREPARE		7	/* PrepareSnapshot: erase */
#define SNAPCAP_STAGE_WRITE		8	/* WriteSnapshot */
#define SNAPCAP_STAGE_VERIFY		9	/* read back and compare */
#define SNAPCAP_STAGE_COMMIT		10	/* commit mark */
#define SNAPCAP_STAGE_DONE		11

/* Cause of a failed take: more than an errno can tell. */
#define SNAPCAP_CAUSE_NONE		0
#define SNAPCAP_CAUSE_NO_STUB		1	/* no loader announced in the device tree */
#define SNAPCAP_CAUSE_STUB_ABI		2	/* the loader's hand-off page is not ours */
#define SNAPCAP_CAUSE_LOCKDOWN		3	/* kernel lockdown forbids it */
#define SNAPCAP_CAUSE_NO_MTD		4	/* no such MTD device */
#define SNAPCAP_CAUSE_MTD_TYPE		5	/* MTD type not supported; name: type */
#define SNAPCAP_CAUSE_READ_ONLY		6	/* MTD device is read-only */
#define SNAPCAP_CAUSE_RANGE		7	/* offset or length outside the device or unaligned */
#define SNAPCAP_CAUSE_TOO_SMALL		8	/* image does not fit; detail: bytes it needs */
#define SNAPCAP_CAUSE_NOT_SNAPSHOT	9	/* target holds something else; detail: its offset */
#define SNAPCAP_CAUSE_NO_MEMORY		10	/* detail: bytes that are missing */
#define SNAPCAP_CAUSE_CPU_DOWN		11	/* CPU could not be taken down; detail: CPU */
#define SNAPCAP_CAUSE_FREEZE_TASKS	12	/* tasks refused to freeze */
#define SNAPCAP_CAUSE_DEVICE		13	/* device refused to suspend; name: device */
#define SNAPCAP_CAUSE_SYSCORE		14	/* core suspend failed */
#define SNAPCAP_CAUSE_MEMORY_KIND	15	/* memory that cannot be captured; detail: pfn; name: kind */
#define SNAPCAP_CAUSE_CANCELLED		16	/* CANCEL or signal */
#define SNAPCAP_CAUSE_ERASE		17	/* erase failed; detail: offset */
#define SNAPCAP_CAUSE_WRITE		18	/* write failed; detail: offset */
#define SNAPCAP_CAUSE_READ_BACK		19	/* flash does not hold what was written; detail: offset */
#define SNAPCAP_CAUSE_READ		20	/* read failed; detail: offset */
#define SNAPCAP_CAUSE_BUSY		21	/* another take, or another sleep transition, runs */
#define SNAPCAP_CAUSE_REGION		22	/* a driver's region overlaps or wraps; name: owner */
#define SNAPCAP_CAUSE_KERNEL_ID		23	/* the kernel's build id could not be read */
#define SNAPCAP_CAUSE_NO_PAGER		24	/* paging asked for, but there is no swap device of ours */
#define SNAPCAP_CAUSE_PAGE		25	/* a paged-out page cannot be read; detail: its number */
#define SNAPCAP_CAUSE_PREPARE		26	/* a driver's prepare or capture refused; name: owner */
#define SNAPCAP_CAUSE_RANDOM		27	/* random numbers cannot be made fresh after a restore */
#define SNAPCAP_CAUSE_LOCKED		28	/* flash is locked against writing; detail: offset */
#define SNAPCAP_CAUSE_NO_PLACE		29	/* no room beside the snapshots; detail: bytes missing */

/* What became of the snapshot that was there before. */
#define SNAPCAP_PREVIOUS_NONE		0	/* there was none */
#define SNAPCAP_PREVIOUS_KEPT		1	/* still valid, in the other slot */
#define SNAPCAP_PREVIOUS_LOST		2	/* erased to make room */

/* Where the snapshot goes. */
#define SNAPCAP_SLOT_0			0	/* first half of the target */
#define SNAPCAP_SLOT_1			1	/* second half */
#define SNAPCAP_SLOT_FREE		0xfffffffdU	/* beside all snapshots that there are */
#define SNAPCAP_SLOT_WHOLE		0xfffffffeU	/* all of it */
#define SNAPCAP_SLOT_AUTO		0xffffffffU	/* beside the newest: a half, or any place; else whole */

/* Flags of a take. */
#define SNAPCAP_TAKE_KEEP_PREVIOUS	0x1	/* fail rather than lose the valid snapshot */
#define SNAPCAP_TAKE_DRY_RUN		0x2	/* everything up to the thaw, nothing written */
#define SNAPCAP_TAKE_PAGING		0x4	/* paged-out pages stay on flash at a restore */
#define SNAPCAP_TAKE_FORCED		0x8	/* in spite of what a restore may harm: recorded */
#define SNAPCAP_TAKE_ONCE		0x10	/* restored once; not with SNAPCAP_TAKE_PAGING */
#define SNAPCAP_TAKE_FLAGS		0x1f

/* Flags of a status. */
#define SNAPCAP_STATUS_FORCED		0x1	/* TAKE_FORCED, of this take or of this system's */

/**
 * struct snapcap_status - state and last result
 * @size: sizeof(struct snapcap_status)
 * @state: SNAPCAP_STATE_*
 * @stage: SNAPCAP_STAGE_* reached, or failed in
 * @error: errno of the last take, positive, 0 for success
 * @cause: SNAPCAP_CAUSE_*
 * @previous: SNAPCAP_PREVIOUS_*
 * @detail: number that belongs to @cause
 * @name: device, MTD type, owner or kind that belongs to @cause, NUL terminated
 * @percent: progress of @stage, 0..100
 * @slot: slot written to (0, 1, SNAPCAP_SLOT_FREE or _WHOLE)
 * @sequence: sequence number of the snapshot last written, or restored from
 * @slot_offset: its offset in the MTD device
 * @image_bytes: its size on flash
 * @stream_pages: pages stored
 * @zero_pages: pages that were all zero
 * @free_pages: pages not stored because they were free
 * @own_pages: pages not stored because they were the capture's buffers
 * @buffer_bytes: memory that was set aside for the compressed copy
 * @frozen_ns: tasks frozen to tasks thawed
 * @atomic_ns: interrupts off
 * @compress_ns: collecting and compressing, with interrupts off or, when there was
 *	room for a plain copy, partly after the thaw
 * @write_ns: prepare to commit
 * @takes: takes completed in this life
 * @restores: 0 in the first life, 1 in a restored system
 * @pageable_pages: pages that the restored system reads as it needs them
 * @pageable_bytes: their size on flash, part of @image_bytes
 * @flags: SNAPCAP_STATUS_*
 * @corrected_bits: NAND flash: bit errors that were corrected while it was read; 0 is no
 *	promise that there are none elsewhere. All three stop at their largest number
 * @bad_blocks: NAND flash: blocks of the MTD device that are marked bad
 * @grown_blocks: of these, the ones that this take has marked: erasing, writing or reading
 *	back had failed there, and the snapshot was written without them
 */
struct snapcap_status {
	__u32 size;
	__u32 state;
	__u32 stage;
	__u32 error;
	__u32 cause;
	__u32 previous;
	__u64 detail;
	__u8  name[64];
	__u32 percent;
	__u32 slot;
	__u64 sequence;
	__u64 slot_offset;
	__u64 image_bytes;
	__u64 stream_pages;
	__u64 zero_pages;
	__u64 free_pages;
	__u64 own_pages;
	__u64 buffer_bytes;
	__u64 frozen_ns;
	__u64 atomic_ns;
	__u64 compress_ns;
	__u64 write_ns;
	__u32 takes;
	__u32 restores;
	__u64 pageable_pages;
	__u64 pageable_bytes;
	__u64 flags;
	__u32 corrected_bits;
	__u16 bad_blocks;
	__u16 grown_blocks;
};

/**
 * struct snapcap_makesnap - argument of SNAPCAP_IOC_MAKESNAP
 * @size: sizeof(struct snapcap_makesnap)
 * @flags: SNAPCAP_TAKE_*
 * @mtd: number of the MTD device
 * @slot: SNAPCAP_SLOT_*
 * @offset: start of the target in the MTD device, erase-block aligned
 * @length: bytes of the target, erase-block aligned; 0: to the device's end
 * @codec: SNAPCAP_CODEC_RAW or SNAPCAP_CODEC_LZ4
 * @level: LZ4 acceleration, 1 (smallest) to 64 (fastest); 0: default
 * @chunk_pages: 1..SNAPCAP_CHUNK_PAGES_LIMIT; 0: default
 * @tries: restores without a confirmation before the loader gives it up, at most
 *	SNAPCAP_TRIES_MAX; 0: it is never on trial. 0 with SNAPCAP_TAKE_ONCE
 * @label: free text, NUL terminated
 * @reserved1: zero
 * @status: filled on return, on success and on failure alike, but not when the
 *	structure cannot be read or has another size
 */
struct snapcap_makesnap {
	__u32 size;
	__u32 flags;
	__u32 mtd;
	__u32 slot;
	__u64 offset;
	__u64 length;
	__u32 codec;
	__u32 level;
	__u32 chunk_pages;
	__u32 tries;
	__u8  label[SNAPCAP_LABEL_SIZE];
	__u64 reserved1[4];
	struct snapcap_status status;
};

/**
 * struct snapcap_info - what does not change while the system runs
 * @size: sizeof(struct snapcap_info)
 * @abi: SNAPCAP_ABI_VERSION
 * @arch: SNAPCAP_ARCH_*
 * @page_size: bytes
 * @stub_present: 1 when the loader was found in the device tree
 * @stub_abi: of the loader
 * @stub_base: physical address of its region
 * @stub_size: bytes
 * @handoff_base: physical address of the hand-off page
 * @module_version: text
 * @kernel_release: text
 * @build_id: GNU build id of the running kernel
 * @build_id_size: bytes used in @build_id, 0 when it is not known
 * @cause: why a take would be refused here at once, SNAPCAP_CAUSE_*
 * @download_flags: SNAPCAP_DOWNLOAD_* of the image at @download_size
 * @download_size: bytes of the OS image that came over the serial line and that this
 *	system was booted from; 0: none. It is /sys/class/misc/snapcap/downloaded
 * @os_identity: of the OS image that this system was booted from, which a snapshot is
 *	bound to; 0: not known, and it will not be
 * @reserved0: zero
 */
struct snapcap_info {
	__u32 size;
	__u32 abi;
	__u32 arch;
	__u32 page_size;
	__u32 stub_present;
	__u32 stub_abi;
	__u64 stub_base;
	__u64 stub_size;
	__u64 handoff_base;
	__u8  module_version[32];
	__u8  kernel_release[SNAPCAP_RELEASE_SIZE];
	__u8  build_id[SNAPCAP_BUILD_ID_SIZE];
	__u32 build_id_size;
	__u32 cause;
	__u32 download_flags;
	__u64 download_size;
	__u64 os_identity;
	__u64 reserved0[2];
};

#define SNAPCAP_TIMELINE_MAX	48

/**
 * struct snapcap_time - one entry of the timeline
 * @event: SNAPCAP_EVENT_*
 * @reserved0: zero
 * @ns: since power-on
 */
struct snapcap_time {
	__u32 event;
	__u32 reserved0;
	__u64 ns;
};

/**
 * struct snapcap_boot_info - how this system came up
 * @size: sizeof(struct snapcap_boot_info)
 * @boot: SNAPCAP_BOOT_*; 0 when no loader is there, and all else is zero then
 * @reason: SNAPCAP_REASON_* of the last fallback
 * @attempt: restores tried without a confirmation
 * @detail: what @reason speaks of
 * @slot_offset: slot restored or refused
 * @sequence: its sequence number
 * @bytes_stored: compressed bytes read at this restore
 * @bytes_restored: bytes of memory put back
 * @stub_version: text
 * @machine: text
 * @medium: the loader's name of the medium with that slot, text; empty: no slot
 * @time_count: used entries of @time
 * @request: SNAPCAP_REQUEST_* that waits for the next start
 * @about: name of the device that @reason speaks of, NUL terminated; mostly empty
 * @time: the timeline, loader first
 */
struct snapcap_boot_info {
	__u32 size;
	__u32 boot;
	__u32 reason;
	__u32 attempt;
	__u64 detail;
	__u64 slot_offset;
	__u64 sequence;
	__u64 bytes_stored;
	__u64 bytes_restored;
	__u8  stub_version[32];
	__u8  machine[SNAPCAP_MACHINE_SIZE];
	__u8  medium[SNAPCAP_HANDOFF_MEDIUM_SIZE];
	__u32 time_count;
	__u32 request;
	__u8  about[SNAPCAP_HANDOFF_ABOUT_SIZE];
	struct snapcap_time time[SNAPCAP_TIMELINE_MAX];
};

/**
 * struct snapcap_request - argument of SNAPCAP_IOC_REQUEST
 * @size: sizeof(struct snapcap_request)
 * @request: SNAPCAP_REQUEST_*; NONE takes back what was asked for
 * @reserved0: zero
 */
struct snapcap_request {
	__u32 size;
	__u32 request;
	__u64 reserved0[3];
};

/* What PAGER is to do. */
#define SNAPCAP_PAGER_SETUP	1	/* make the swap device, of @bytes */
#define SNAPCAP_PAGER_REMOVE	2	/* take it away */
#define SNAPCAP_PAGER_RECORD	3	/* begin to record which pages are read */
#define SNAPCAP_PAGER_FILL	4	/* read what is on flash, in the background */
#define SNAPCAP_PAGER_FILL_STOP	5	/* stop doing so */

/**
 * struct snapcap_pager - argument of SNAPCAP_IOC_PAGER
 * @size: sizeof(struct snapcap_pager)
 * @op: SNAPCAP_PAGER_*
 * @bytes: size of the device for SNAPCAP_PAGER_SETUP, multiple of the page
 *	size, 1 page to SNAPCAP_PAGER_BYTES_MAX; zero for all else
 * @reserved0: zero
 */
struct snapcap_pager {
	__u32 size;
	__u32 op;
	__u64 bytes;
	__u64 reserved0[4];
};

#define SNAPCAP_PAGER_BYTES_MAX	(64ULL << 30)
/* Name of the block device in /dev. */
#define SNAPCAP_PAGER_DISK	"snapcap_swap"

#define SNAPCAP_PAGER_SUPPORTED	0x1	/* this kernel and module can page */
#define SNAPCAP_PAGER_SET_UP	0x2	/* the swap device is there */
#define SNAPCAP_PAGER_RECORDING	0x4	/* reads are being recorded */
#define SNAPCAP_PAGER_FILLING	0x8	/* the background fill runs */
#define SNAPCAP_PAGER_BAD	0x10	/* the snapshot was found damaged and revoked */

#define SNAPCAP_LATENCY_BUCKETS	20

/**
 * struct snapcap_pager_status - argument of SNAPCAP_IOC_PAGER_STATUS
 * @size: sizeof(struct snapcap_pager_status)
 * @flags: SNAPCAP_PAGER_SUPPORTED and so on
 * @bytes: size of the swap device
 * @used_pages: pages that it holds
 * @ram_pages: of these, kept compressed in RAM
 * @ram_bytes: memory that they take
 * @flash_pages: of these, on flash only
 * @flash_bytes: their size there
 * @fill_pages: of these, pages of one repeated word, kept nowhere
 * @resident_pages: pages that the loader put back
 * @pageable_pages: pages that it left on flash
 * @demand_reads: pages read from flash because somebody touched them
 * @fill_reads: pages read from flash by the background fill
 * @retries: reads repeated because of an error or a wrong checksum
 * @bad_pages: reads that failed for good
 * @rejected_pages: pages that were not taken for want of memory
 * @read_ns: time of all demand reads, decompression included
 * @read_max_ns: longest of them
 * @latency: demand reads that took less than 1024 ns << index; the last has all longer ones
 * @recorded_pages: pages in the hot set
 * @ready_ns: time from the thaw of the restored system to READY, 0: not yet
 * @reserved0: zero
 */
struct snapcap_pager_status {
	__u32 size;
	__u32 flags;
	__u64 bytes;
	__u64 used_pages;
	__u64 ram_pages;
	__u64 ram_bytes;
	__u64 flash_pages;
	__u64 flash_bytes;
	__u64 fill_pages;
	__u64 resident_pages;
	__u64 pageable_pages;
	__u64 demand_reads;
	__u64 fill_reads;
	__u64 retries;
	__u64 bad_pages;
	__u64 rejected_pages;
	__u64 read_ns;
	__u64 read_max_ns;
	__u64 latency[SNAPCAP_LATENCY_BUCKETS];
	__u64 recorded_pages;
	__u64 ready_ns;
	__u64 reserved0[4];
};

/**
 * struct snapcap_hot_page - one page of the hot set
 * @pfn: page frame that it was read into
 * @page: its number in the swap device
 */
struct snapcap_hot_page {
	__u64 pfn;
	__u64 page;
};

/**
 * struct snapcap_hot_set - argument of SNAPCAP_IOC_HOT_SET
 * @size: sizeof(struct snapcap_hot_set)
 * @count: in: entries that there is room for; out: entries written
 * @total: out: entries that there are
 * @entries: address of struct snapcap_hot_page[], in the order of the first touch
 */
struct snapcap_hot_set {
	__u32 size;
	__u32 count;
	__u64 total;
	__u64 entries;
};

/**
 * struct snapcap_rehearse - argument of SNAPCAP_IOC_REHEARSE
 * @size: sizeof(struct snapcap_rehearse)
 * @state: what drivers are to see: SNAPCAP_STATE_PASS1 or SNAPCAP_STATE_PASS2
 * @reserved0: zero
 * @status: as in struct snapcap_makesnap
 */
struct snapcap_rehearse {
	__u32 size;
	__u32 state;
	__u64 reserved0[3];
	struct snapcap_status status;
};

/* Which callbacks a device has, by phase, whether domain, type, class, bus or driver has them. */
#define SNAPCAP_PM_PREPARE	0x0001
#define SNAPCAP_PM_FREEZE	0x0002
#define SNAPCAP_PM_FREEZE_LATE	0x0004
#define SNAPCAP_PM_FREEZE_NOIRQ	0x0008
#define SNAPCAP_PM_THAW_NOIRQ	0x0010
#define SNAPCAP_PM_THAW_EARLY	0x0020
#define SNAPCAP_PM_THAW		0x0040
#define SNAPCAP_PM_RESTORE_NOIRQ	0x0080
#define SNAPCAP_PM_RESTORE_EARLY	0x0100
#define SNAPCAP_PM_RESTORE	0x0200
#define SNAPCAP_PM_COMPLETE	0x0400

#define SNAPCAP_DEVICE_HAS_DRIVER	0x1
#define SNAPCAP_DEVICE_HAS_PM	0x2	/* somebody has callbacks for it */
#define SNAPCAP_DEVICE_WAKEUP	0x4	/* may wake the system */
#define SNAPCAP_DEVICE_NO_PM	0x8	/* marked as having nothing to suspend */
#define SNAPCAP_DEVICE_SYSCORE	0x10	/* suspended with the core (dev.power.syscore) */

/**
 * struct snapcap_device - what is known of one device
 * @name: of the device, NUL terminated like all texts here
 * @driver: of the bound driver, empty when there is none
 * @bus: of its bus or class
 * @module: of the driver, empty when it is built in
 * @flags: SNAPCAP_DEVICE_*
 * @callbacks: SNAPCAP_PM_* that exist
 * @driver_callbacks: of these, the driver's own
 * @reserved0: zero
 */
struct snapcap_device {
	__u8  name[64];
	__u8  driver[32];
	__u8  bus[32];
	__u8  module[56];
	__u32 flags;
	__u32 callbacks;
	__u32 driver_callbacks;
	__u32 reserved0;
};

/**
 * struct snapcap_devices - argument of SNAPCAP_IOC_DEVICES
 * @size: sizeof(struct snapcap_devices)
 * @count: in: entries that there is room for; out: entries written
 * @total: out: devices that there are
 * @entries: address of struct snapcap_device[], in the order of their suspend's reverse
 */
struct snapcap_devices {
	__u32 size;
	__u32 count;
	__u64 total;
	__u64 entries;
};

/* What FINGERPRINT is to do. */
#define SNAPCAP_FINGERPRINT_SET		1	/* read these devices, and watch them from now on */
#define SNAPCAP_FINGERPRINT_GET		2	/* what is watched */
#define SNAPCAP_FINGERPRINT_CHECK	3	/* read them again, then as GET */

/* Kind of a device. */
#define SNAPCAP_FINGERPRINT_BLOCK	1	/* @major, @minor: of a block device */
#define SNAPCAP_FINGERPRINT_MTD		2	/* @minor: number of an MTD device */

/* What its contents mean. Both end a restore; the words for it differ. */
#define SNAPCAP_FINGERPRINT_IMMUTABLE	1	/* never written: another content is another system */
#define SNAPCAP_FINGERPRINT_IDENTITY	2	/* written, but always the same device */

/* How it looked when it was read last. */
#define SNAPCAP_FINGERPRINT_NOTED	1	/* as it is watched: not read again yet */
#define SNAPCAP_FINGERPRINT_SAME	2
#define SNAPCAP_FINGERPRINT_CHANGED	3
#define SNAPCAP_FINGERPRINT_UNREADABLE	4	/* gone, or it cannot be read */

#define SNAPCAP_FINGERPRINTS_MAX	64	/* devices */
#define SNAPCAP_FINGERPRINT_RANGES	4	/* of one device */
#define SNAPCAP_FINGERPRINT_BYTES_MAX	(16ULL << 20)	/* of all devices */
#define SNAPCAP_FINGERPRINT_HASH_SIZE	16
#define SNAPCAP_FINGERPRINT_NAME_SIZE	SNAPCAP_HANDOFF_ABOUT_SIZE

/**
 * struct snapcap_fingerprint_range - a part of a device
 * @offset: bytes from its start, any
 * @length: bytes, not zero; the part ends within the device
 */
struct snapcap_fingerprint_range {
	__u64 offset;
	__u64 length;
};

/**
 * struct snapcap_fingerprint - a device that a snapshot counts on
 * @kind: SNAPCAP_FINGERPRINT_BLOCK or _MTD
 * @policy: SNAPCAP_FINGERPRINT_IMMUTABLE or _IDENTITY
 * @major: of a block device; zero for MTD
 * @minor: likewise; number of an MTD device
 * @range_count: used entries of @range, 1 to SNAPCAP_FINGERPRINT_RANGES
 * @state: SNAPCAP_FINGERPRINT_NOTED and so on; zero in SET
 * @range: what is read of it; unused entries are zero
 * @bytes: of the device, which must not change either; zero in SET
 * @hash: of all ranges, in their order; zero in SET
 * @name: for messages, printable, NUL terminated and padded
 */
struct snapcap_fingerprint {
	__u32 kind;
	__u32 policy;
	__u32 major;
	__u32 minor;
	__u32 range_count;
	__u32 state;
	struct snapcap_fingerprint_range range[SNAPCAP_FINGERPRINT_RANGES];
	__u64 bytes;
	__u8  hash[SNAPCAP_FINGERPRINT_HASH_SIZE];
	__u8  name[SNAPCAP_FINGERPRINT_NAME_SIZE];
};

/**
 * struct snapcap_fingerprints - argument of SNAPCAP_IOC_FINGERPRINT
 * @size: sizeof(struct snapcap_fingerprints)
 * @op: SNAPCAP_FINGERPRINT_SET, _GET or _CHECK
 * @count: SET: entries, at most SNAPCAP_FINGERPRINTS_MAX; 0 watches nothing.
 *	Otherwise in: entries that there is room for; out: entries written
 * @total: out: devices that are watched; when SET fails: the entry that it failed at
 * @entries: address of struct snapcap_fingerprint[]
 * @ns: out: time of the last check
 * @reserved0: zero
 */
struct snapcap_fingerprints {
	__u32 size;
	__u32 op;
	__u32 count;
	__u32 total;
	__u64 entries;
	__u64 ns;
	__u64 reserved0[2];
};

/* How the trial of the snapshot stands that a system came out of. */
#define SNAPCAP_TRIAL_COLD	0	/* it did not come out of one */
#define SNAPCAP_TRIAL_NONE	1	/* it is never on trial */
#define SNAPCAP_TRIAL_ON	2	/* nobody has confirmed it yet, or not since it failed */
#define SNAPCAP_TRIAL_CONFIRMED	3

#define SNAPCAP_CONFIRM_QUERY	0x1	/* only say how it stands */

/**
 * struct snapcap_confirm - argument of SNAPCAP_IOC_CONFIRM
 * @size: sizeof(struct snapcap_confirm)
 * @flags: SNAPCAP_CONFIRM_QUERY or 0
 * @trial: out: SNAPCAP_TRIAL_* now
 * @before: out: before this call
 * @tries: out: restores without a confirmation, this one among them, of one on trial
 * @limit: out: so many are made
 * @sequence: out: of the snapshot
 * @slot_offset: out: where it was found on its MTD device
 * @reserved0: zero
 */
struct snapcap_confirm {
	__u32 size;
	__u32 flags;
	__u32 trial;
	__u32 before;
	__u32 tries;
	__u32 limit;
	__u64 sequence;
	__u64 slot_offset;
	__u64 reserved0[2];
};

#define SNAPCAP_NOTE_STATE	1	/* state changed */
#define SNAPCAP_NOTE_STAGE	2	/* stage changed */
#define SNAPCAP_NOTE_PROGRESS	3	/* percent changed */
#define SNAPCAP_NOTE_READY	4	/* READY was called */
#define SNAPCAP_NOTE_PAGE_BAD	5	/* a page could not be read from the snapshot */

/**
 * struct snapcap_event - what read() of /dev/snapcap returns, one or more
 * @type: SNAPCAP_NOTE_*
 * @state: SNAPCAP_STATE_*
 * @stage: SNAPCAP_STAGE_*
 * @percent: progress of @stage, 0..100
 * @serial: counts events; a gap means that some were overwritten
 * @monotonic_ns: CLOCK_MONOTONIC
 *
 * poll() reports POLLIN while there is one this file has not read yet. A file
 * sees the events since it was opened.
 */
struct snapcap_event {
	__u32 type;
	__u32 state;
	__u32 stage;
	__u32 percent;
	__u64 serial;
	__u64 monotonic_ns;
};

#define SNAPCAP_IOC_MAGIC	0xb5

/*
 * MAKESNAP - take a snapshot.
 *
 * Needs CAP_SYS_ADMIN and CAP_SYS_BOOT. Returns 0 twice: in the system that
 * goes on (status.state is TAKEN) and, at every later power-on, in the restored
 * one (status.state is BOOT).
 *
 * EINVAL   malformed argument, reserved field or flag set
 * EPERM    capability missing or lockdown
 * EBUSY    another take or sleep transition runs, or a device or task refused;
 *          a sleep transition that begins while the flash is written waits
 * ENODEV   no loader announced
 * ENODATA  the random number generator could not be reseeded after a restore
 * ENXIO    no such MTD device
 * EROFS    read-only
 * EOPNOTSUPP  memory or MTD type that cannot be handled
 * EFBIG    the image does not fit (nothing was erased)
 * EEXIST   the target holds something that is not a snapshot, or with
 *          KEEP_PREVIOUS there is no room beside the valid snapshot,
 *          or with SNAPCAP_SLOT_FREE beside all of them
 * ENOMEM   no room for the compressed copy (nothing was erased)
 * EINTR    signal; ECANCELED  SNAPCAP_IOC_CANCEL
 * EIO      erase, write, read or comparison failed
 */
#define SNAPCAP_IOC_MAKESNAP	_IOWR(SNAPCAP_IOC_MAGIC, 1, struct snapcap_makesnap)
/* GET_STATE - SNAPCAP_STATE_*; EFAULT. */
#define SNAPCAP_IOC_GET_STATE	_IOR(SNAPCAP_IOC_MAGIC, 2, __u32)
/* INFO, STATUS, BOOT_INFO - set size before the call; EFAULT, EINVAL, BOOT_INFO also ENOMEM. */
#define SNAPCAP_IOC_INFO	_IOWR(SNAPCAP_IOC_MAGIC, 3, struct snapcap_info)
#define SNAPCAP_IOC_STATUS	_IOWR(SNAPCAP_IOC_MAGIC, 4, struct snapcap_status)
#define SNAPCAP_IOC_BOOT_INFO	_IOWR(SNAPCAP_IOC_MAGIC, 5, struct snapcap_boot_info)
/*
 * CANCEL - ends a take before its freeze or while it writes; ENOENT: none runs,
 * EPERM: CAP_SYS_ADMIN missing.
 */
#define SNAPCAP_IOC_CANCEL	_IO(SNAPCAP_IOC_MAGIC, 6)
/*
 * REQUEST - ask the loader for something at the next start, once.
 *
 * It survives a restart, but not the loss of power; a restore discards it.
 *
 * EFAULT   the argument cannot be read
 * EINVAL   malformed argument, reserved field set, unknown request
 * EPERM    CAP_SYS_BOOT missing
 * ENODEV   no loader announced, or one of another ABI
 */
#define SNAPCAP_IOC_REQUEST	_IOW(SNAPCAP_IOC_MAGIC, 7, struct snapcap_request)
/*
 * PAGER - the swap device whose pages need not be in the resident part.
 *
 * EFAULT   the argument cannot be read
 * EINVAL   malformed argument; EPERM  CAP_SYS_ADMIN missing
 * EOPNOTSUPP  kernel or module without swap support
 * EBUSY    SETUP: there is one of another size; REMOVE: in use; a take runs
 * ENODEV   there is none
 * ENOMEM   no room for its table
 */
#define SNAPCAP_IOC_PAGER	_IOW(SNAPCAP_IOC_MAGIC, 8, struct snapcap_pager)
/* PAGER_STATUS - set size before the call; EFAULT, EINVAL. */
#define SNAPCAP_IOC_PAGER_STATUS _IOWR(SNAPCAP_IOC_MAGIC, 9, struct snapcap_pager_status)
/*
 * READY - the applications are: ends a settle time and the record of the hot set;
 * an event tells. EPERM: CAP_SYS_ADMIN missing.
 */
#define SNAPCAP_IOC_READY	_IO(SNAPCAP_IOC_MAGIC, 10)
/* HOT_SET - the pages recorded; EFAULT, EINVAL, EPERM (CAP_SYS_ADMIN), EOPNOTSUPP, ENOMEM. */
#define SNAPCAP_IOC_HOT_SET	_IOWR(SNAPCAP_IOC_MAGIC, 11, struct snapcap_hot_set)
/*
 * REHEARSE - freeze tasks, suspend devices, resume, thaw; nothing is captured.
 *
 * PASS1 of a two-pass take, and the dry run of an audit. Errors as MAKESNAP's of
 * these stages: EINVAL, EPERM, EBUSY, ENOMEM, EINTR, ECANCELED, or what the device
 * that refused returned.
 */
#define SNAPCAP_IOC_REHEARSE	_IOWR(SNAPCAP_IOC_MAGIC, 12, struct snapcap_rehearse)
/* DEVICES - all devices known to power management; EFAULT, EINVAL, ENOMEM, EPERM. */
#define SNAPCAP_IOC_DEVICES	_IOWR(SNAPCAP_IOC_MAGIC, 13, struct snapcap_devices)

/*
 * FINGERPRINT - devices that must be in a restored system what they were.
 *
 * SET reads them and replaces the list, which goes into each snapshot that is taken
 * from then on. In a restored system they are read again, from the device itself,
 * before any other task runs: one that is different, gone or unreadable revokes the
 * snapshot and restarts the machine, which then boots cold
 * (SNAPCAP_REASON_CHANGED). A SET that fails leaves the list as it was.
 *
 * EFAULT   argument or entries cannot be read or written
 * EINVAL   malformed argument or entry, reserved field set, a range outside the
 *          device; EPERM  CAP_SYS_ADMIN missing
 * E2BIG    too many devices, or more than SNAPCAP_FINGERPRINT_BYTES_MAX
 * ENXIO    no such device; EIO  it cannot be read
 * EOPNOTSUPP  a loop device, which stands still while tasks are frozen: name what
 *          is below it
 * EINTR    signal; ENOMEM
 */
#define SNAPCAP_IOC_FINGERPRINT	_IOWR(SNAPCAP_IOC_MAGIC, 14, struct snapcap_fingerprints)

/*
 * CONFIRM - this system, which came out of a snapshot, is well: end the trial of it.
 *
 * The count in the hand-off page is cleared, and a confirmation is noted behind the
 * commit mark when the snapshot is on trial. May be called again and writes nothing
 * then. In a system that was booted cold there is nothing to confirm: 0, with
 * SNAPCAP_TRIAL_COLD.
 *
 * EFAULT   the argument cannot be read or written
 * EINVAL   malformed argument, reserved field or unknown flag set
 * EPERM    CAP_SYS_ADMIN missing
 * EBUSY    a take runs
 * ENXIO    the MTD device with the snapshot is gone
 * ENOENT   the snapshot is not there any more: dropped and erased, or replaced
 * ENOSPC   its log is full: take a new one
 * EIO      flash cannot be read, or does not take it; ENOMEM
 */
#define SNAPCAP_IOC_CONFIRM	_IOWR(SNAPCAP_IOC_MAGIC, 15, struct snapcap_confirm)

#endif /* _UAPI_LINUX_SNAPCAP_H */
