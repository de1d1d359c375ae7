/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * The hand-off page: one page of RAM that the loader fills at every power-on,
 * before a cold boot and before the jump into a restored kernel alike. Linux
 * finds it and the loader's own region in the device tree that the loader
 * passes, as no-map children of /reserved-memory.
 */
#ifndef _UAPI_LINUX_SNAPCAP_HANDOFF_H
#define _UAPI_LINUX_SNAPCAP_HANDOFF_H

#include <linux/types.h>
#include <linux/snapcap_image.h>

#define SNAPCAP_DT_COMPAT_STUB		"snapcap,bootstub"
#define SNAPCAP_DT_COMPAT_HANDOFF	"snapcap,handoff"
#define SNAPCAP_DT_COMPAT_DOWNLOAD	"snapcap,os-image"
/*
 * Of the loader's node, one cell: the privilege level that Linux was entered at.
 * Modules cannot ask the kernel.
 */
#define SNAPCAP_DT_BOOT_LEVEL		"snapcap,boot-level"

#define SNAPCAP_HANDOFF_MAGIC		"SNAPHAND"	/* 8 bytes, no NUL */
#define SNAPCAP_HANDOFF_ABI		1
#define SNAPCAP_HANDOFF_SIZE		4096

#define SNAPCAP_BOOT_COLD		1
#define SNAPCAP_BOOT_RESTORE		2

/* Timeline events; the loader writes 1..15, Linux adds 16 and up. */
#define SNAPCAP_EVENT_STUB_ENTRY	1	/* first instruction of the loader */
#define SNAPCAP_EVENT_SCANNED		2	/* newest committed snapshot found, or none */
#define SNAPCAP_EVENT_TABLES		3	/* header and tables verified */
#define SNAPCAP_EVENT_RESTORED		4	/* every chunk verified and in its place */
#define SNAPCAP_EVENT_JUMP		5	/* last act of the loader */
#define SNAPCAP_EVENT_CPU		16	/* restored kernel runs */
#define SNAPCAP_EVENT_DEVICES		17	/* devices resumed */
#define SNAPCAP_EVENT_CPUS		18	/* secondary CPUs are back */
#define SNAPCAP_EVENT_THAW		19	/* tasks thawed */
#define SNAPCAP_EVENT_CHECKED		20	/* devices compared with their fingerprints */
#define SNAPCAP_EVENT_SEEDED		21	/* random number generator reseeded */

/* What Linux asks of the loader for the next start, once. */
#define SNAPCAP_REQUEST_NONE		0
#define SNAPCAP_REQUEST_COLD		1	/* boot the newest OS image, restore nothing */
#define SNAPCAP_REQUEST_DOWNLOAD	2	/* receive an OS image over the serial line */
#define SNAPCAP_REQUEST_PREVIOUS	3	/* boot the OS image before the newest */
#define SNAPCAP_REQUEST_MENU		4	/* stop in the console menu */
/* Of a restored system whose check failed, not of a person: cold, for the reason in @about. */
#define SNAPCAP_REQUEST_CHANGED		5

/* Kind of the watchdog that runs when a restored system is entered. */
#define SNAPCAP_WATCHDOG_NONE		0
#define SNAPCAP_WATCHDOG_I6300ESB	1	/* PCI 8086:25ab */

/* download_flags */
#define SNAPCAP_DOWNLOAD_INSTALL	0x1	/* the person at the console wants it on flash */

/**
 * struct snapcap_timestamp - one entry of the timeline
 * @event: SNAPCAP_EVENT_*
 * @reserved0: zero
 * @counter: the machine's free-running counter, which starts at power-on
 */
struct snapcap_timestamp {
	__le32 event;
	__le32 reserved0;
	__le64 counter;
};

#define SNAPCAP_HANDOFF_RANGES		16
#define SNAPCAP_HANDOFF_TIMESTAMPS	32
#define SNAPCAP_HANDOFF_SEED_SIZE	32
#define SNAPCAP_HANDOFF_MEDIUM_SIZE	16
#define SNAPCAP_HANDOFF_ABOUT_SIZE	64

/**
 * struct snapcap_handoff - the hand-off page
 * @magic: SNAPCAP_HANDOFF_MAGIC
 * @abi: SNAPCAP_HANDOFF_ABI
 * @size: sizeof(struct snapcap_handoff)
 * @boot: SNAPCAP_BOOT_*
 * @reason: SNAPCAP_REASON_* of the last fallback to a cold boot, 0 for none
 * @detail: what @reason speaks of: flash offset, chunk number, address
 * @slot_offset: offset (in the snapshot partition of @medium) of the slot
 *	restored or refused
 * @sequence: its sequence number, 0 when unknown
 * @attempt: restores of this snapshot tried without a confirmation
 * @timestamp_count: used entries of @timestamp
 * @counter_hz: rate of the counter
 * @stub_base: physical address of the loader's region
 * @stub_size: its size in bytes
 * @stub_version: of the loader, text, NUL padded
 * @machine: first string of the root compatible, NUL padded
 * @range_count: used entries of @range
 * @seed_size: valid bytes in @seed; Linux sets it to 0 once it has used them
 * @range: all memory of the machine, sorted, merged; includes the loader's
 * @seed: fresh entropy, cleared once used
 * @timestamp: the loader's timeline
 * @bytes_stored: bytes of the chunks read at this restore
 * @bytes_restored: bytes of the pages put back
 * @request: SNAPCAP_REQUEST_*, written by Linux: of the page that is still there after
 *	a warm reset the loader reads it before it fills in a new one, where it is NONE
 * @request_inverse: ~@request; memory that nobody wrote to holds no request
 * @download_base: physical address of the OS image that was received over the
 *	serial line and booted; Linux finds it as a no-map child of
 *	/reserved-memory. 0 at every other cold boot and at a restore
 * @download_size: its bytes
 * @download_flags: SNAPCAP_DOWNLOAD_*
 * @about: name of the device that @reason speaks of, when that is SNAPCAP_REASON_CHANGED;
 *	with SNAPCAP_REQUEST_CHANGED written by Linux, and kept by the loader. NUL padded
 * @reserved0: zero
 * @rank: of that snapshot among the others: its sequence number, or a higher one when it
 *	was chosen (snapctl use); 0 at a cold boot, and of a loader that does not know it
 * @watchdog: SNAPCAP_WATCHDOG_* of what the loader has armed before it entered the
 *	restored system; NONE at a cold boot
 * @watchdog_ms: time after which it resets the machine
 * @watchdog_at: which one: of a PCI device its bus << 8 | device << 3 | function
 * @reserved1: zero
 * @given_up: rank of the first snapshot that was passed over because it was
 *	tried too often, at this start or before; 0: none
 * @os_identity: of the OS image that this system was booted from; after a restore that
 *	which stands in the snapshot. 0: not known, or an image that was received over
 *	the serial line and is not to be written to flash
 * @medium: the loader's name of the medium with that slot, such as "nor" or
 *	"disk", NUL padded; empty when there is no slot to speak of
 */
struct snapcap_handoff {
	__u8   magic[SNAPCAP_MAGIC_SIZE];
	__le32 abi;
	__le32 size;
	__le32 boot;
	__le32 reason;
	__le64 detail;
	__le64 slot_offset;
	__le64 sequence;
	__le32 attempt;
	__le32 timestamp_count;
	__le64 counter_hz;
	__le64 stub_base;
	__le64 stub_size;
	__u8   stub_version[32];
	__u8   machine[SNAPCAP_MACHINE_SIZE];
	__le32 range_count;
	__le32 seed_size;
	struct snapcap_range range[SNAPCAP_HANDOFF_RANGES];
	__u8   seed[SNAPCAP_HANDOFF_SEED_SIZE];
	struct snapcap_timestamp timestamp[SNAPCAP_HANDOFF_TIMESTAMPS];
	__le64 bytes_stored;
	__le64 bytes_restored;
	__le32 request;
	__le32 request_inverse;
	__le64 download_base;
	__le64 download_size;
	__le32 download_flags;
	__u8   about[SNAPCAP_HANDOFF_ABOUT_SIZE];
	__u8   reserved0[2884];
	__le64 rank;
	__le32 watchdog;
	__le32 watchdog_ms;
	__le32 watchdog_at;
	__le32 reserved1;
	__le64 given_up;
	__le64 os_identity;
	__u8   medium[SNAPCAP_HANDOFF_MEDIUM_SIZE];
};

#endif /* _UAPI_LINUX_SNAPCAP_HANDOFF_H */
