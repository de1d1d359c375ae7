/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * The snapshot as it lies on flash. This header is the format; the rules that
 * go with it are in Documentation/image-format.rst, the one parser is
 * lib/snapimg.
 *
 *   slot + 0                  struct snapcap_image_header
 *   slot + SNAPCAP_CHOICE_OFF choice log, written behind the mark, a word at a time
 *   slot + SNAPCAP_COMMIT_OFF struct snapcap_commit, written last and alone
 *   slot + SNAPCAP_TRIAL_OFF  trial log, likewise
 *   slot + SNAPCAP_BODY_OFF   sections, in ascending order of offset
 *
 * On NAND the first three are in two erase blocks of their own, see there.
 */
#ifndef _UAPI_LINUX_SNAPCAP_IMAGE_H
#define _UAPI_LINUX_SNAPCAP_IMAGE_H

#include <linux/types.h>

#define SNAPCAP_IMAGE_MAGIC		"SNAPIMG\n"	/* 8 bytes, no NUL */
#define SNAPCAP_COMMIT_MAGIC		"SNAPDONE"	/* 8 bytes, no NUL */
#define SNAPCAP_MAGIC_SIZE		8

#define SNAPCAP_VERSION_MAJOR		1
#define SNAPCAP_VERSION_MINOR		5

/* Where things are in a slot; a slot starts on an erase block. */
#define SNAPCAP_CHOICE_OFF		2048
#define SNAPCAP_COMMIT_OFF		4096
#define SNAPCAP_TRIAL_OFF		6144
#define SNAPCAP_BODY_OFF		8192
/* Sections start on this alignment. */
#define SNAPCAP_SECTION_ALIGN		64

/*
 * Since 1.2: taken in spite of a filesystem, swap area or device that a restore may
 * harm, or in a system that came out of such a snapshot. It has no sections.
 */
#define SNAPCAP_FEATURE_COMPAT_FORCED	0x1ULL
/* Since 1.5: the tables are there a second time, in SNAPCAP_SECTION_COPY. */
#define SNAPCAP_FEATURE_COMPAT_COPY	0x2ULL
#define SNAPCAP_FEATURE_COMPAT_KNOWN	(SNAPCAP_FEATURE_COMPAT_FORCED | \
					 SNAPCAP_FEATURE_COMPAT_COPY)
/*
 * Since 1.1: part of the image is not put back by the loader, but read by the
 * restored system, page by page, as it is needed.
 */
#define SNAPCAP_FEATURE_INCOMPAT_PAGEABLE	0x1ULL
/*
 * Since 1.3: for a single use, with filesystems mounted for writing. A loader revokes it
 * before it enters it, and before it enters anything else in its place.
 */
#define SNAPCAP_FEATURE_INCOMPAT_ONCE	0x2ULL
#define SNAPCAP_FEATURE_INCOMPAT_KNOWN	(SNAPCAP_FEATURE_INCOMPAT_PAGEABLE | \
					 SNAPCAP_FEATURE_INCOMPAT_ONCE)

#define SNAPCAP_ARCH_ARM64		1
#define SNAPCAP_ARCH_ARM		2
#define SNAPCAP_ARCH_RISCV64		3
#define SNAPCAP_ARCH_X86_64		4

#define SNAPCAP_SECTION_CPU		1	/* snapcap_cpu.h record of the architecture */
#define SNAPCAP_SECTION_MEMMAP		2	/* struct snapcap_range[] */
#define SNAPCAP_SECTION_PAGETABLE	3	/* struct snapcap_extent[] */
#define SNAPCAP_SECTION_CHUNKS		4	/* struct snapcap_chunk[] */
#define SNAPCAP_SECTION_DATA		5	/* stored bytes of the chunks */
/* These two with SNAPCAP_FEATURE_INCOMPAT_PAGEABLE, and only then. */
#define SNAPCAP_SECTION_PAGEABLE_CHUNKS	6	/* struct snapcap_chunk[], one page each */
#define SNAPCAP_SECTION_PAGEABLE_DATA	7	/* stored bytes of these */
/*
 * With SNAPCAP_FEATURE_COMPAT_COPY, and only then: what is between the start of CPU and
 * that of DATA once more, for flash of which a part cannot be read.
 */
#define SNAPCAP_SECTION_COPY		8
#define SNAPCAP_SECTION_MAX		8	/* entries in the header */

/**
 * struct snapcap_section - where a part of the image lies
 * @type: SNAPCAP_SECTION_*; 0 ends the list
 * @crc: CRC-32C of the section's bytes; 0 for SNAPCAP_SECTION_DATA and
 *	SNAPCAP_SECTION_PAGEABLE_DATA, whose chunks carry their own sums, and for
 *	SNAPCAP_SECTION_COPY, whose tables have theirs already
 * @offset: from the start of the slot, multiple of SNAPCAP_SECTION_ALIGN
 * @size: bytes
 * @reserved0: zero
 */
struct snapcap_section {
	__le32 type;
	__le32 crc;
	__le64 offset;
	__le64 size;
	__le64 reserved0;
};

#define SNAPCAP_RELEASE_SIZE		80
#define SNAPCAP_MACHINE_SIZE		128
#define SNAPCAP_BUILD_ID_SIZE		20
#define SNAPCAP_LABEL_SIZE		32
#define SNAPCAP_UUID_SIZE		16

/**
 * struct snapcap_image_header - start of a snapshot
 * @magic: SNAPCAP_IMAGE_MAGIC
 * @header_size: sizeof(struct snapcap_image_header)
 * @version_major: refused when not SNAPCAP_VERSION_MAJOR
 * @version_minor: informative
 * @feature_compat: may be ignored when unknown
 * @feature_incompat: refused when unknown
 * @sequence: number of the take, 1 and up; the highest valid one is restored
 * @image_size: bytes from the start of the slot to the end of the last section
 * @page_shift: log2 of the page size
 * @section_count: used entries of @section
 * @arch: SNAPCAP_ARCH_*
 * @stub_abi: SNAPCAP_HANDOFF_ABI of the loader it was taken under
 * @stream_pages: pages in the linear stream that the chunks hold
 * @zero_pages: pages of extents of kind SNAPCAP_EXTENT_ZERO
 * @created_s: CLOCK_REALTIME of the take, seconds
 * @stub_base: physical address of the loader's reserved region
 * @stub_size: its size in bytes
 * @handoff_base: physical address of the hand-off page
 * @kernel_release: utsname release, NUL terminated and padded
 * @machine: first string of the device tree's root compatible, NUL padded
 * @build_id: GNU build id of the kernel
 * @build_id_size: bytes used in @build_id, 1..20
 * @uuid: random identity of this take
 * @label: free text, NUL terminated and padded
 * @chunk_pages_max: no chunk holds more pages than this
 * @reserved0: zero
 * @section: CPU, MEMMAP, PAGETABLE, CHUNKS, DATA, each exactly once; then, with
 *	SNAPCAP_FEATURE_INCOMPAT_PAGEABLE, PAGEABLE_CHUNKS and PAGEABLE_DATA; then,
 *	with SNAPCAP_FEATURE_COMPAT_COPY, COPY
 * @pageable_pages: entries of PAGEABLE_CHUNKS, at least 1; 0 without the feature
 * @os_identity: since 1.3: of the OS image that the system was booted from, see
 *	struct snapcap_os_header; 0: not bound to one
 * @tries: since 1.4: restores without a confirmation before it is given up, at most
 *	SNAPCAP_TRIES_MAX; 0: it is never on trial
 * @wear: since 1.5: so often the blocks of this place were erased for takes, with this one,
 *	as far as the headers that were there told; 0: not known. Informative
 * @reserved1: zero
 * @header_crc: CRC-32C of all bytes before it
 */
struct snapcap_image_header {
	__u8   magic[SNAPCAP_MAGIC_SIZE];
	__le32 header_size;
	__le16 version_major;
	__le16 version_minor;
	__le64 feature_compat;
	__le64 feature_incompat;
	__le64 sequence;
	__le64 image_size;
	__le32 page_shift;
	__le32 section_count;
	__le32 arch;
	__le32 stub_abi;
	__le64 stream_pages;
	__le64 zero_pages;
	__le64 created_s;
	__le64 stub_base;
	__le64 stub_size;
	__le64 handoff_base;
	__u8   kernel_release[SNAPCAP_RELEASE_SIZE];
	__u8   machine[SNAPCAP_MACHINE_SIZE];
	__u8   build_id[SNAPCAP_BUILD_ID_SIZE];
	__le32 build_id_size;
	__u8   uuid[SNAPCAP_UUID_SIZE];
	__u8   label[SNAPCAP_LABEL_SIZE];
	__le32 chunk_pages_max;
	__le32 reserved0;
	struct snapcap_section section[SNAPCAP_SECTION_MAX];
	__le64 pageable_pages;
	__le64 os_identity;
	__le32 tries;
	__le32 wear;
	__u8   reserved1[340];
	__le32 header_crc;
};

/* A take that is cut off at any point leaves no valid mark. */
#define SNAPCAP_COMMIT_NOT_REVOKED	0xffffffffffffffffULL

/**
 * struct snapcap_commit - the mark that makes a slot valid
 * @magic: SNAPCAP_COMMIT_MAGIC
 * @sequence: that of the header
 * @header_crc: that of the header
 * @reserved0: zero
 * @reserved1: zero
 * @commit_crc: CRC-32C of all bytes before it
 * @reserved2: zero
 * @revoked: SNAPCAP_COMMIT_NOT_REVOKED as written; dropping a snapshot programs
 *	it to zero, which NOR flash does without an erase. Any other value
 *	means revoked.
 */
struct snapcap_commit {
	__u8   magic[SNAPCAP_MAGIC_SIZE];
	__le64 sequence;
	__le32 header_crc;
	__le32 reserved0;
	__le64 reserved1;
	__le32 commit_crc;
	__le32 reserved2;
	__le64 revoked;
};

/*
 * The trial log, since 1.4: which restores were tried, and which system has confirmed
 * itself. Words of 8 bytes, all ones when the mark is written, each programmed by itself
 * and never erased but with the snapshot. A word of zeros is a try, one that holds
 * SNAPCAP_TRIAL_CONFIRM a confirmation. What is neither of these nor all ones was cut off,
 * see Documentation/image-format.rst.
 */
#define SNAPCAP_TRIAL_WORDS		256
#define SNAPCAP_TRIAL_WORD_SIZE		8
#define SNAPCAP_TRIAL_CONFIRM		"SNAPGOOD"	/* 8 bytes, no NUL */
/* The last words are for confirmations only. */
#define SNAPCAP_TRIAL_TRY_WORDS		(SNAPCAP_TRIAL_WORDS - 2)

/* The choice log, since 1.5: as the trial log, but of struct snapcap_choice. */
#define SNAPCAP_CHOICE_WORDS		256
#define SNAPCAP_CHOICE_NUMBER_MAX	0xfffffffeU

/**
 * struct snapcap_choice - a word of the choice log: this snapshot is to be restored
 * @number: from 1 to SNAPCAP_CHOICE_NUMBER_MAX
 * @crc: CRC-32C of @header_crc of the snapshot's header, and of @number, as they are on flash
 *
 * It counts where two words next to each other hold it: then the snapshot is ordered by
 * @number, if that is higher than its sequence number. A word of zeros is there to end what
 * was cut off.
 */
struct snapcap_choice {
	__le32 number;
	__le32 crc;
};

/*
 * Raw NAND, since 1.5. A slot begins with two erase blocks that have header, mark and log
 * each in pages of their own; the sections start behind them. The second block has this
 * in place of SNAPCAP_IMAGE_MAGIC, so that no slot is taken to begin there. A page of the
 * log holds one word, over and over: a try, a confirmation, or a revocation.
 */
#define SNAPCAP_NAND_COPY_MAGIC		"SNAPCPY\n"	/* 8 bytes, no NUL */
#define SNAPCAP_NAND_REVOKED		"SNAPDROP"	/* 8 bytes, no NUL */
/* The last pages of each of the two blocks are for revocations only. */
#define SNAPCAP_NAND_REVOKED_PAGES	2
/* Blocks at the start of a slot that the sections do not use. */
#define SNAPCAP_NAND_HEADS		2

/* @tries of the header. */
#define SNAPCAP_TRIES_DEFAULT		3
#define SNAPCAP_TRIES_MAX		100

/**
 * struct snapcap_range - a range of physical memory
 * @base: physical address, page aligned
 * @size: bytes, multiple of the page size
 *
 * The MEMMAP section lists the machine's memory as the loader reported it in
 * the hand-off page, sorted by @base, not touching or overlapping.
 */
struct snapcap_range {
	__le64 base;
	__le64 size;
};

#define SNAPCAP_EXTENT_DATA		0	/* pages of the stream, in order */
#define SNAPCAP_EXTENT_ZERO		1	/* pages to clear, not in the stream */

/**
 * struct snapcap_extent - a run of physical pages that are put back
 * @pfn: first page frame number
 * @pages: number of pages, at least 1
 * @kind: SNAPCAP_EXTENT_*
 * @reserved0: zero
 *
 * The PAGETABLE section is the snapshot page table of the model: sorted by
 * @pfn, extents do not overlap. The pages of the DATA extents, in this order,
 * are the linear stream that the chunks cut into pieces.
 */
struct snapcap_extent {
	__le64 pfn;
	__le32 pages;
	__le16 kind;
	__le16 reserved0;
};

#define SNAPCAP_CODEC_RAW		0	/* stored_size is the pages' size */
#define SNAPCAP_CODEC_LZ4		1	/* one LZ4 block */
#define SNAPCAP_CODEC_FILL		2	/* nothing stored: 64-bit word repeated */

/* No chunk holds more pages than this, whatever the header says. */
#define SNAPCAP_CHUNK_PAGES_LIMIT	256

/**
 * struct snapcap_chunk - a piece of the stream that decodes by itself
 * @pages: pages of the stream that it holds, 1..chunk_pages_max
 * @codec: SNAPCAP_CODEC_*
 * @reserved0: zero
 * @offset: from the start of the DATA section; chunks follow each other
 *	without overlap, in stream order
 * @stored_size: bytes on flash; 0 for SNAPCAP_CODEC_FILL
 * @sum: low 32 bits of XXH64 (seed 0) of the stored bytes; 0 for SNAPCAP_CODEC_FILL
 * @fill: the word of SNAPCAP_CODEC_FILL, zero otherwise
 *
 * Those of PAGEABLE_CHUNKS hold one page each and count @offset from the start
 * of PAGEABLE_DATA. Which page of which process that is, the restored system
 * knows: the loader needs neither section.
 */
struct snapcap_chunk {
	__le32 pages;
	__le16 codec;
	__le16 reserved0;
	__le64 offset;
	__le32 stored_size;
	__le32 sum;
	__le64 fill;
};

#endif /* _UAPI_LINUX_SNAPCAP_IMAGE_H */
