/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * An OS image in flash: what the loader boots when there is no snapshot. The
 * startup header of the model, followed by the parts.
 */
#ifndef _UAPI_LINUX_SNAPCAP_OS_H
#define _UAPI_LINUX_SNAPCAP_OS_H

#include <linux/types.h>
#include <linux/snapcap_image.h>

#define SNAPCAP_OS_MAGIC		"SNAPOS1\n"	/* 8 bytes, no NUL */
#define SNAPCAP_OS_VERSION_MAJOR	1
#define SNAPCAP_OS_VERSION_MINOR	0
#define SNAPCAP_OS_FEATURE_INCOMPAT_KNOWN	0ULL

#define SNAPCAP_OS_PART_KERNEL		1
#define SNAPCAP_OS_PART_DTB		2	/* absent: use the machine's own */
#define SNAPCAP_OS_PART_INITRD		3
#define SNAPCAP_OS_PART_CMDLINE		4	/* text, no NUL; absent: the machine's own */
#define SNAPCAP_OS_PART_MAX		8

/* Parts start on this alignment; so does the place a kernel is to be loaded to. */
#define SNAPCAP_OS_PART_ALIGN		4096
/* A part has no more bytes than this when decoded. */
#define SNAPCAP_OS_PART_SIZE_MAX	0x40000000
/* The most bytes that LZ4 makes of that many. */
#define SNAPCAP_OS_LZ4_BOUND(size)	((size) + (size) / 255 + 16)

/* load_addr: the loader chooses, by what the kernel's own header asks for. */
#define SNAPCAP_OS_LOAD_ANY		0xffffffffffffffffULL

/**
 * struct snapcap_os_part - a part of an OS image
 * @type: SNAPCAP_OS_PART_*; 0 ends the list
 * @codec: SNAPCAP_CODEC_RAW, or SNAPCAP_CODEC_LZ4: one block, without a frame
 * @reserved0: zero
 * @offset: from the start of the header, multiple of SNAPCAP_OS_PART_ALIGN
 * @stored_size: bytes on flash
 * @size: bytes when decoded, 1..SNAPCAP_OS_PART_SIZE_MAX; of RAW equal to
 *	@stored_size, of LZ4 any that @stored_size can come from
 * @sum: low 32 bits of XXH64 (seed 0) of the stored bytes
 * @reserved1: zero
 */
struct snapcap_os_part {
	__le32 type;
	__le16 codec;
	__le16 reserved0;
	__le64 offset;
	__le64 stored_size;
	__le64 size;
	__le32 sum;
	__le32 reserved1;
};

/**
 * struct snapcap_os_header - startup header of an OS image
 * @magic: SNAPCAP_OS_MAGIC
 * @header_size: sizeof(struct snapcap_os_header)
 * @version_major: refused when not SNAPCAP_OS_VERSION_MAJOR
 * @version_minor: informative
 * @feature_compat: may be ignored when unknown
 * @feature_incompat: refused when unknown
 * @version: of the image, below 2^64 - 1; of several valid images the highest is booted
 * @image_size: bytes from the header to the end of the last part
 * @arch: SNAPCAP_ARCH_*
 * @part_count: used entries of @part
 * @kernel_release: utsname release of the kernel, NUL terminated and padded
 * @build_id: its GNU build id
 * @build_id_size: bytes used in @build_id, 1..20
 * @part: one KERNEL, at most one of each other type, by ascending offset
 * @load_addr: physical address of the decoded kernel on the board it was made for,
 *	multiple of SNAPCAP_OS_PART_ALIGN; or SNAPCAP_OS_LOAD_ANY
 * @load_bias: what this board's memory is moved by against @load_addr, two's
 *	complement, multiple of SNAPCAP_OS_PART_ALIGN; the kernel is loaded to
 *	the sum, and sum and kernel stay inside 64 bits; 0 with LOAD_ANY
 * @entry: offset of the first instruction in the decoded kernel; 0 with LOAD_ANY
 * @reserved0: zero
 * @header_crc: CRC-32C of all bytes before it
 *
 * The identity of an image is a number of 64 bits for what it boots, whatever its
 * version and wherever it and its parts lie: of the header with version_minor,
 * feature_compat, version, image_size and the offset of each part set to 0, and
 * nothing but the parts of known types in @part, by ascending type, all bytes before
 * @header_crc: their CRC-32C above the low 32 bits of their XXH64 (seed 0). 1 if that is 0.
 */
struct snapcap_os_header {
	__u8   magic[SNAPCAP_MAGIC_SIZE];
	__le32 header_size;
	__le16 version_major;
	__le16 version_minor;
	__le64 feature_compat;
	__le64 feature_incompat;
	__le64 version;
	__le64 image_size;
	__le32 arch;
	__le32 part_count;
	__u8   kernel_release[SNAPCAP_RELEASE_SIZE];
	__u8   build_id[SNAPCAP_BUILD_ID_SIZE];
	__le32 build_id_size;
	struct snapcap_os_part part[SNAPCAP_OS_PART_MAX];
	__le64 load_addr;
	__le64 load_bias;
	__le64 entry;
	__u8   reserved0[4];
	__le32 header_crc;
};

#endif /* _UAPI_LINUX_SNAPCAP_OS_H */
