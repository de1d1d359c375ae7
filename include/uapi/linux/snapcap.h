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

/* What became of the snapshot that was there before. */
#define SNAPCAP_PREVIOUS_NONE		0	/* there was none */
#define SNAPCAP_PREVIOUS_KEPT		1	/* still valid, in the other slot */
#define SNAPCAP_PREVIOUS_LOST		2	/* erased to make room */

/* Where the snapshot goes. */
#define SNAPCAP_SLOT_0			0	/* first half of the target */
#define SNAPCAP_SLOT_1			1	/* second half */
#define SNAPCAP_SLOT_WHOLE		0xfffffffeU	/* all of it */
#define SNAPCAP_SLOT_AUTO		0xffffffffU	/* half without the newest, else whole */

/* Flags of a take. */
#define SNAPCAP_TAKE_KEEP_PREVIOUS	0x1	/* fail rather than lose the valid snapshot */
#define SNAPCAP_TAKE_DRY_RUN		0x2	/* everything up to the thaw, nothing written */
#define SNAPCAP_TAKE_FLAGS		0x3

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
 * @slot: slot written to (0, 1 or SNAPCAP_SLOT_WHOLE)
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
 * @reserved0: zero
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
	__u64 reserved0[4];
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
 * @reserved0: zero
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
	__u32 reserved0;
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
	__u64 reserved0[3];
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

#define SNAPCAP_NOTE_STATE	1	/* state changed */
#define SNAPCAP_NOTE_STAGE	2	/* stage changed */
#define SNAPCAP_NOTE_PROGRESS	3	/* percent changed */

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
 * ENXIO    no such MTD device
 * EROFS    read-only
 * EOPNOTSUPP  memory or MTD type that cannot be handled
 * EFBIG    the image does not fit (nothing was erased)
 * EEXIST   the target holds something that is not a snapshot, or with
 *          KEEP_PREVIOUS there is no room beside the valid snapshot
 * ENOMEM   no room for the compressed copy (nothing was erased)
 * EINTR    signal; ECANCELED  SNAPCAP_IOC_CANCEL
 * EIO      erase, write, read or comparison failed
 */
#define SNAPCAP_IOC_MAKESNAP	_IOWR(SNAPCAP_IOC_MAGIC, 1, struct snapcap_makesnap)
/* GET_STATE - SNAPCAP_STATE_*; EFAULT. */
#define SNAPCAP_IOC_GET_STATE	_IOR(SNAPCAP_IOC_MAGIC, 2, __u32)
/* INFO, STATUS, BOOT_INFO - set size before the call; EFAULT, EINVAL. */
#define SNAPCAP_IOC_INFO	_IOWR(SNAPCAP_IOC_MAGIC, 3, struct snapcap_info)
#define SNAPCAP_IOC_STATUS	_IOWR(SNAPCAP_IOC_MAGIC, 4, struct snapcap_status)
#define SNAPCAP_IOC_BOOT_INFO	_IOWR(SNAPCAP_IOC_MAGIC, 5, struct snapcap_boot_info)
/* CANCEL - ends a take before its freeze or while it writes; ENOENT: none runs,
 * EPERM: CAP_SYS_ADMIN missing. */
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

#endif /* _UAPI_LINUX_SNAPCAP_H */
