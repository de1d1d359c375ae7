/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Why a snapshot or an OS image was refused. The same numbers are returned by
 * lib/snapimg (negated), printed by the boot loader, handed to Linux in the
 * hand-off page and shown by snapctl. A number is never reused.
 */
#ifndef _UAPI_LINUX_SNAPCAP_REASON_H
#define _UAPI_LINUX_SNAPCAP_REASON_H

/* 0: nothing was refused. */
#define SNAPCAP_REASON_NONE		0

/* 1..19: the slot and its header. */
#define SNAPCAP_REASON_EMPTY		1	/* no header magic: erased, never written */
#define SNAPCAP_REASON_VERSION		2	/* format major version is not ours */
#define SNAPCAP_REASON_HEADER_SIZE	3	/* header_size is not that of the version */
#define SNAPCAP_REASON_HEADER_CRC	4	/* header checksum is wrong */
#define SNAPCAP_REASON_FEATURE		5	/* unknown incompatible feature bit */
#define SNAPCAP_REASON_RESERVED		6	/* a reserved field is not zero */
#define SNAPCAP_REASON_FIELD		7	/* a header field is out of its range */
#define SNAPCAP_REASON_SECTION		8	/* section missing, twice, overlapping, outside */
#define SNAPCAP_REASON_TRUNCATED	9	/* the medium ends before the image does */
#define SNAPCAP_REASON_NOT_COMMITTED	10	/* no commit mark: take was cut off */
#define SNAPCAP_REASON_COMMIT		11	/* commit mark damaged or of another header */
#define SNAPCAP_REASON_REVOKED		12	/* dropped */

/* 20..29: the tables. */
#define SNAPCAP_REASON_SECTION_CRC	20	/* checksum of a table is wrong */
#define SNAPCAP_REASON_CPU		21	/* CPU record unusable */
#define SNAPCAP_REASON_MEMMAP		22	/* memory map unsorted, empty or wrapping */
#define SNAPCAP_REASON_PAGETABLE	23	/* extent unsorted, empty, wrapping, outside RAM */
#define SNAPCAP_REASON_OVERLAP		24	/* extent would overwrite the loader or the hand-off page */
#define SNAPCAP_REASON_CHUNK_TABLE	25	/* chunk out of bounds, of odd size, sums differ */

/* 30..39: the data. */
#define SNAPCAP_REASON_CHUNK_SUM	30	/* checksum of a chunk is wrong */
#define SNAPCAP_REASON_CHUNK_CODEC	31	/* unknown codec */
#define SNAPCAP_REASON_CHUNK_DECODE	32	/* chunk does not decode to its size */
#define SNAPCAP_REASON_PART_SUM		33	/* checksum of a part of an OS image is wrong */
#define SNAPCAP_REASON_PART_DECODE	34	/* part does not decode to its size */

/* 40..59: what the snapshot is bound to. */
#define SNAPCAP_REASON_ARCH		40	/* another architecture */
#define SNAPCAP_REASON_MACHINE		41	/* another machine compatible */
#define SNAPCAP_REASON_MEMORY		42	/* memory size or map differs */
#define SNAPCAP_REASON_STUB_ABI		43	/* loader ABI, region or hand-off page differs */
#define SNAPCAP_REASON_KERNEL_RELEASE	44	/* the kernel in flash has another release */
#define SNAPCAP_REASON_BUILD_ID		45	/* same release, another build */
#define SNAPCAP_REASON_PAGE_SIZE	46	/* another page size */
#define SNAPCAP_REASON_CHANGED		47	/* a device that it counts on was changed or swapped */
#define SNAPCAP_REASON_OS_CHANGED	48	/* another OS image in flash than it was booted from */

/* 60..: the loader's own trouble. */
#define SNAPCAP_REASON_READ		60	/* medium could not be read */
#define SNAPCAP_REASON_NO_SPACE		61	/* loader memory too small for the tables */
#define SNAPCAP_REASON_EXCEPTION	62	/* CPU exception in the loader */
#define SNAPCAP_REASON_FORCED		63	/* a cold boot was asked for */
#define SNAPCAP_REASON_OS_IMAGE		64	/* no usable OS image */
#define SNAPCAP_REASON_PLACE		65	/* no room in memory where the image wants to be */
#define SNAPCAP_REASON_KERNEL		66	/* the kernel of an OS image is none for this machine */
#define SNAPCAP_REASON_DEVTREE		67	/* device tree malformed, or it does not take what is added */
#define SNAPCAP_REASON_ONCE		68	/* single-use snapshot that cannot be marked as used */
#define SNAPCAP_REASON_ATTEMPTS		69	/* restored too often without a confirmation */

#endif /* _UAPI_LINUX_SNAPCAP_REASON_H */
