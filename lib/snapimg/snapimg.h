/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * snapimg: build, check and walk snapshots and OS images.
 *
 * Portable and freestanding: no I/O, no printing, no allocation, no floating
 * point. The program that compiles it provides <snapimg_glue.h> (see README.rst).
 * Everything it is given to check is hostile until a check has passed.
 *
 * Unless said otherwise a function returns 0 or a negated SNAPCAP_REASON_*, can
 * be called in any context, and does not sleep. Buffers with headers, marks and
 * tables are aligned to 8 bytes.
 */
#ifndef SNAPIMG_H
#define SNAPIMG_H

#include <snapimg_glue.h>
#include <linux/snapcap_image.h>
#include <linux/snapcap_handoff.h>
#include <linux/snapcap_os.h>
#include <linux/snapcap_reason.h>

#define SNAPIMG_LIB_VERSION	1

/** struct snapimg_range - physical or slot range, host byte order */
struct snapimg_range {
	u64 base;
	u64 size;
};

/** struct snapimg_section - a section, host byte order */
struct snapimg_section {
	u32 crc;
	u64 offset;	/* from the start of the slot */
	u64 size;
};

/**
 * struct snapimg - a checked header in host byte order
 * @version_major: this and all below: as in struct snapcap_image_header
 * @version_minor: of the format
 * @feature_compat: features that may be ignored
 * @feature_incompat: features that may not
 * @sequence: number of the take
 * @image_size: bytes of the slot that are used
 * @page_shift: log2 of the page size
 * @arch: SNAPCAP_ARCH_*
 * @stub_abi: SNAPCAP_HANDOFF_ABI of the loader
 * @stream_pages: pages in the stream
 * @zero_pages: pages to clear
 * @created_s: time of the take
 * @stub_base: loader's region
 * @stub_size: bytes
 * @handoff_base: hand-off page
 * @kernel_release: NUL terminated
 * @machine: NUL terminated
 * @build_id: of the kernel
 * @build_id_size: bytes used in @build_id
 * @uuid: identity of the take
 * @label: NUL terminated
 * @chunk_pages_max: limit of pages in a chunk
 * @pageable_pages: pages that the loader does not put back; 0 without the feature
 * @os_identity: of the OS image that was booted; 0: not bound to one
 * @tries: restores without a confirmation before it is given up; 0: never on trial
 * @wear: so often its place was erased for takes; 0: not known
 * @header_crc: checksum of the header it came from
 * @section: indexed by SNAPCAP_SECTION_*, entry 0 unused; the two of the pageable
 *	part are zero without the feature, and so is COPY
 */
struct snapimg {
	u16 version_major, version_minor;
	u64 feature_compat, feature_incompat;
	u64 sequence;
	u64 image_size;
	u32 page_shift;
	u32 arch;
	u32 stub_abi;
	u64 stream_pages;
	u64 zero_pages;
	u64 created_s;
	u64 stub_base, stub_size, handoff_base;
	char kernel_release[SNAPCAP_RELEASE_SIZE];
	char machine[SNAPCAP_MACHINE_SIZE];
	u8 build_id[SNAPCAP_BUILD_ID_SIZE];
	u32 build_id_size;
	u8 uuid[SNAPCAP_UUID_SIZE];
	char label[SNAPCAP_LABEL_SIZE];
	u32 chunk_pages_max;
	u64 pageable_pages;
	u64 os_identity;
	u32 tries;
	u32 wear;
	u32 header_crc;
	struct snapimg_section section[SNAPCAP_SECTION_COPY + 1];
};

/**
 * struct snapimg_machine - what the machine at hand is, for snapimg_bind_check()
 * @arch: SNAPCAP_ARCH_*
 * @page_shift: log2 of the page size
 * @stub_abi: SNAPCAP_HANDOFF_ABI
 * @stub_base: loader's region
 * @stub_size: bytes
 * @handoff_base: hand-off page
 * @machine: first root compatible
 * @kernel_release: of the kernel in flash; NULL: not checked
 * @build_id: of the kernel in flash, with @build_id_size; NULL: not checked
 * @build_id_size: bytes
 * @os_identity: of the OS image in flash; 0: not checked
 * @range: memory of the machine, sorted and merged
 * @range_count: entries of @range
 */
struct snapimg_machine {
	u32 arch;
	u32 page_shift;
	u32 stub_abi;
	u64 stub_base, stub_size, handoff_base;
	const char *machine;
	const char *kernel_release;
	const u8 *build_id;
	u32 build_id_size;
	u64 os_identity;
	const struct snapimg_range *range;
	u32 range_count;
};

/** struct snapimg_extent - an extent, host byte order */
struct snapimg_extent {
	u64 pfn;
	u32 pages;
	u16 kind;	/* SNAPCAP_EXTENT_* */
};

/** struct snapimg_chunk - a chunk, host byte order */
struct snapimg_chunk {
	u32 pages;
	u16 codec;	/* SNAPCAP_CODEC_* */
	u64 offset;	/* from the start of the DATA or the PAGEABLE_DATA section */
	u32 stored_size;
	u32 sum;
	u64 fill;
};

/**
 * struct snapimg_reader - how a medium is read
 * @size: bytes of the medium (an MTD partition, a dump)
 * @read: read @len bytes at @off to @buf; 0, or negated SNAPCAP_REASON_READ.
 *	May sleep if the caller of the function that is given the reader may.
 * @ctx: for @read and @read_head
 * @read_head: likewise, bytes @off to @off + @len of what the format has in the first
 *	SNAPCAP_BODY_OFF bytes of the slot at @slot, on a medium that keeps them in
 *	another way; NULL: they are read like all others
 * @trial_words: words that the trial log has room for; 0: SNAPCAP_TRIAL_WORDS
 */
struct snapimg_reader {
	u64 size;
	int (*read)(void *ctx, u64 off, void *buf, size_t len);
	void *ctx;
	int (*read_head)(void *ctx, u64 slot, u64 off, void *buf, size_t len);
	u32 trial_words;
};

/* ---- checksum (crc32c.c) ---- */

/**
 * snapimg_crc32c_soft() - CRC-32C in portable C
 * @crc: 0 to start, else the result so far
 * @data: bytes
 * @size: number of bytes
 *
 * Castagnoli polynomial, reflected, initial and final inversion as in RFC 3720
 * (the CRC of "123456789" is 0xe3069283). Hosts without CRC instructions map
 * snapimg_crc32c() of their glue to it.
 *
 * Return: the checksum
 */
u32 snapimg_crc32c_soft(u32 crc, const void *data, size_t size);

/* ---- header and commit mark (header.c) ---- */

/**
 * snapimg_header_check() - check a header and convert it
 * @data: at least the first sizeof(struct snapcap_image_header) bytes of the slot
 * @size: bytes at @data
 * @avail: bytes from the start of the slot to the end of the medium
 * @img: result, written only on success
 *
 * Checks in this order: EMPTY (magic), VERSION, HEADER_SIZE, HEADER_CRC,
 * FEATURE, RESERVED, FIELD, SECTION, TRUNCATED (@size or @avail too small).
 */
int snapimg_header_check(const void *data, size_t size, u64 avail, struct snapimg *img);

/**
 * snapimg_header_build() - fill in a header from its host form
 * @img: values; header_crc is ignored
 * @hdr: result, complete with checksum
 *
 * The inverse of snapimg_header_check(), which accepts what it builds or
 * explains why not. The sections of the pageable part are put in when
 * SNAPCAP_FEATURE_INCOMPAT_PAGEABLE is set, the copy of the tables when
 * SNAPCAP_FEATURE_COMPAT_COPY is. Return: the header's checksum.
 */
u32 snapimg_header_build(const struct snapimg *img, struct snapcap_image_header *hdr);

/**
 * snapimg_commit_check() - is the slot committed?
 * @data: the sizeof(struct snapcap_commit) bytes at SNAPCAP_COMMIT_OFF
 * @img: checked header of the same slot
 *
 * Return: 0, or NOT_COMMITTED (erased), COMMIT (damaged, or another header's), REVOKED
 */
int snapimg_commit_check(const void *data, const struct snapimg *img);

/** snapimg_commit_build() - fill in the commit mark that belongs to @img */
void snapimg_commit_build(const struct snapimg *img, struct snapcap_commit *commit);

/**
 * snapimg_bind_check() - was the snapshot taken on this machine and kernel?
 * @img: checked header
 * @m: the machine at hand
 *
 * Return: 0, or ARCH, PAGE_SIZE, MACHINE, STUB_ABI, KERNEL_RELEASE, BUILD_ID,
 * OS_CHANGED, in this order. The memory map is checked by snapimg_memmap_check().
 */
int snapimg_bind_check(const struct snapimg *img, const struct snapimg_machine *m);

/* ---- tables (table.c) ---- */

/**
 * snapimg_section_check() - checksum of a table
 * @img: checked header
 * @type: SNAPCAP_SECTION_CPU, _MEMMAP, _PAGETABLE, _CHUNKS or _PAGEABLE_CHUNKS
 * @data: the section's bytes, img->section[type].size of them
 *
 * Return: 0 or SECTION_CRC
 */
int snapimg_section_check(const struct snapimg *img, u32 type, const void *data);

/**
 * snapimg_section_load() - read a table, and check its checksum
 * @r: medium
 * @slot: where the snapshot begins
 * @img: its checked header
 * @type: as for snapimg_section_check()
 * @data: result: img->section[type].size bytes
 *
 * Where it cannot be read, or is damaged, its copy is read if there is one.
 *
 * Return: 0; READ, SECTION_CRC of the first one
 */
int snapimg_section_load(const struct snapimg_reader *r, u64 slot, const struct snapimg *img,
			 u32 type, void *data);

/**
 * snapimg_memmap_check() - is the memory map well formed and this machine's?
 * @img: checked header
 * @data: MEMMAP section
 * @m: the machine at hand, or NULL to check the form only
 *
 * Return: 0, MEMMAP (form), MEMORY (not this machine's)
 */
int snapimg_memmap_check(const struct snapimg *img, const void *data,
			 const struct snapimg_machine *m);

/** snapimg_extent_count() - entries of the PAGETABLE section */
u32 snapimg_extent_count(const struct snapimg *img);

/** snapimg_extent_get() - entry @i (below the count) of the PAGETABLE section at @data */
struct snapimg_extent snapimg_extent_get(const void *data, u32 i);

/**
 * snapimg_pagetable_check() - may these extents be written to?
 * @img: checked header
 * @data: PAGETABLE section
 * @memmap: MEMMAP section, already checked
 *
 * Sorted, not overlapping, not wrapping, inside the memory map, outside the
 * loader's region and the hand-off page of the header; sums equal to
 * stream_pages and zero_pages.
 *
 * Return: 0, PAGETABLE, OVERLAP
 */
int snapimg_pagetable_check(const struct snapimg *img, const void *data, const void *memmap);

/** snapimg_chunk_count() - entries of the CHUNKS section */
u32 snapimg_chunk_count(const struct snapimg *img);

/** snapimg_chunk_get() - entry @i (below the count) of the table of chunks at @data */
struct snapimg_chunk snapimg_chunk_get(const void *data, u32 i);

/**
 * snapimg_chunks_check() - is the chunk table sound?
 * @img: checked header
 * @data: CHUNKS section
 *
 * Bounds, order, sizes, codecs (CHUNK_CODEC), sum equal to stream_pages.
 *
 * Return: 0, RESERVED, CHUNK_TABLE, CHUNK_CODEC
 */
int snapimg_chunks_check(const struct snapimg *img, const void *data);

/** snapimg_pageable_count() - entries of the PAGEABLE_CHUNKS section; 0 without the feature */
u32 snapimg_pageable_count(const struct snapimg *img);

/**
 * snapimg_pageable_check() - is the table of the pageable part sound?
 * @img: checked header
 * @data: PAGEABLE_CHUNKS section
 *
 * As snapimg_chunks_check(), with one page in each chunk and offsets in
 * PAGEABLE_DATA. A loader does not read this section, nor PAGEABLE_DATA, and does
 * not need this function: what is damaged there is for who needs a page to find,
 * when the restored system is running. Its chunks are verified and decoded like
 * others.
 *
 * Return: 0, RESERVED, CHUNK_TABLE, CHUNK_CODEC
 */
int snapimg_pageable_check(const struct snapimg *img, const void *data);

/* ---- building tables (build.c) ---- */

/** snapimg_extent_put() - write entry @ext to @slot in format byte order */
void snapimg_extent_put(struct snapcap_extent *slot, const struct snapimg_extent *ext);
/** snapimg_chunk_put() - write entry @chunk to @slot in format byte order */
void snapimg_chunk_put(struct snapcap_chunk *slot, const struct snapimg_chunk *chunk);

/* ---- chunks (chunk.c) ---- */

/**
 * snapimg_chunk_verify() - checksum of a chunk's stored bytes
 * @chunk: checked entry
 * @stored: stored_size bytes
 *
 * Return: 0 or CHUNK_SUM
 */
int snapimg_chunk_verify(const struct snapimg_chunk *chunk, const void *stored);

/**
 * snapimg_chunk_decode() - decode a verified chunk
 * @chunk: checked entry
 * @stored: stored_size bytes, not overlapping @dst
 * @dst: destination, virtually contiguous, 8-byte aligned
 * @size: bytes at @dst: the pages of the chunk, exactly
 *
 * Return: 0 or CHUNK_DECODE; @dst is undefined then
 */
int snapimg_chunk_decode(const struct snapimg_chunk *chunk, const void *stored,
			 void *dst, size_t size);

/* ---- slots (slot.c) ---- */

/**
 * snapimg_head_read() - read what is before the sections of a slot
 * @r: medium
 * @slot: where the slot begins
 * @off: of the bytes, from there, as the format has them
 * @buf: result
 * @len: bytes; their end is not beyond SNAPCAP_BODY_OFF
 *
 * Return: 0 or READ
 */
static inline int snapimg_head_read(const struct snapimg_reader *r, u64 slot, u64 off,
				    void *buf, size_t len)
{
	int ret = r->read_head ? r->read_head(r->ctx, slot, off, buf, len) :
				 r->read(r->ctx, slot + off, buf, len);

	return ret ? -SNAPCAP_REASON_READ : 0;
}

/**
 * struct snapimg_slot - what was found at a place of the medium
 * @offset: of the slot
 * @status: 0 for a committed snapshot, else the negated reason
 * @rank: what committed snapshots are ordered by: the sequence number, or that of a
 *	choice in the log, if it is higher; 0 without a good header
 * @img: valid when the header was (status is 0, NOT_COMMITTED, COMMIT, REVOKED)
 */
struct snapimg_slot {
	u64 offset;
	int status;
	u64 rank;
	struct snapimg img;
};

/**
 * snapimg_slot_probe() - look at one place
 * @r: medium
 * @offset: of the slot
 * @slot: result, always written
 *
 * Return: slot->status
 */
int snapimg_slot_probe(const struct snapimg_reader *r, u64 offset, struct snapimg_slot *slot);

/**
 * snapimg_slot_next() - find the next place with a header magic
 * @r: medium
 * @step: distance of places in bytes: the erase block size
 * @offset: where to start, multiple of @step; moved behind what was found
 * @slot: result
 *
 * Places without a header magic are passed over. After a committed snapshot
 * the search goes on behind its end, so that data is not taken for a header.
 *
 * Return: 1 when @slot was filled (see its status), 0 at the end of the medium
 */
int snapimg_slot_next(const struct snapimg_reader *r, u64 step, u64 *offset,
		      struct snapimg_slot *slot);

/**
 * snapimg_slot_newest() - the committed snapshot with the highest rank below a limit
 * @r: medium
 * @step: as for snapimg_slot_next()
 * @below: only ranks smaller than this; ~0ULL for the newest
 * @slot: result; when none is committed, what was found instead
 *
 * To fall back from a snapshot that turned out bad, call again with its rank.
 *
 * One that is not the same when it is looked at again is passed over: power may have
 * failed while its mark was written.
 *
 * Return: 0; else the reason of the most advanced refused slot, COMMIT when there
 * were only such that changed, EMPTY when there was nothing at all
 */
int snapimg_slot_newest(const struct snapimg_reader *r, u64 step, u64 below,
			struct snapimg_slot *slot);

/* ---- trial log (trial.c) ---- */

/**
 * struct snapimg_trial - what the trial log of a snapshot says
 * @confirmed: the last that counts is a confirmation
 * @tries: restores that were tried since the last confirmation
 * @used: words of the log up to the last that is not all ones
 * @torn: that one is a confirmation which was cut off, and counts as nothing
 * @words: that the log has room for; 0: SNAPCAP_TRIAL_WORDS
 */
struct snapimg_trial {
	bool confirmed;
	u32 tries;
	u32 used;
	bool torn;
	u32 words;
};

/* The last words are for confirmations only. */
#define SNAPIMG_TRIAL_KEPT	(SNAPCAP_TRIAL_WORDS - SNAPCAP_TRIAL_TRY_WORDS)

/** snapimg_trial_words() - words of the trial log, of a medium or of one that was read: @n */
static inline u32 snapimg_trial_words(u32 n)
{
	return n > SNAPIMG_TRIAL_KEPT && n < SNAPCAP_TRIAL_WORDS ? n : SNAPCAP_TRIAL_WORDS;
}

/**
 * snapimg_trial_read() - read the trial log of a snapshot
 * @r: medium
 * @slot: offset of a slot whose header is good
 * @trial: result, always written; when the log cannot be read as if nothing was noted
 *
 * Return: 0 or READ
 */
int snapimg_trial_read(const struct snapimg_reader *r, u64 slot, struct snapimg_trial *trial);

/**
 * struct snapimg_verdict - what becomes of a snapshot that is about to be entered
 * @count: restores of it that were tried and not confirmed
 * @notes: so many tries are to be noted before it is entered: this one, and those that
 *	the log does not have
 */
struct snapimg_verdict {
	u32 count;
	u32 notes;
};

/**
 * snapimg_trial_judge() - may a snapshot be entered once more?
 * @trial: what its log says
 * @limit: tries of its header; 0: it is never on trial
 * @tried: restores of it in a row, without a confirmation, that the hand-off page tells of
 * @verdict: result, always written
 *
 * Return: 0; ATTEMPTS when it was tried as often as it may be, or when another try could
 * not be noted because its log is full
 */
int snapimg_trial_judge(const struct snapimg_trial *trial, u32 limit, u32 tried,
			struct snapimg_verdict *verdict);

/* ---- choice log (choice.c) ---- */

/**
 * struct snapimg_choice - whether a snapshot was chosen
 * @number: the highest that counts, 0: none does
 * @highest: the highest in any word: what was cut off may count the next time
 * @used: words of the log up to the last that is not all ones
 * @end: words up to the last of those that hold @number
 */
struct snapimg_choice {
	u32 number;
	u32 highest;
	u32 used;
	u32 end;
};

/**
 * snapimg_choice_read() - was a snapshot chosen?
 * @r: medium
 * @slot: offset of a slot whose header is good
 * @header_crc: of that
 * @choice: result, always written; when the log cannot be read as if it was not
 *
 * Return: 0 or READ
 */
int snapimg_choice_read(const struct snapimg_reader *r, u64 slot, u32 header_crc,
			struct snapimg_choice *choice);

/** snapimg_choice_build() - the word for @number, of the snapshot with @header_crc */
void snapimg_choice_build(u32 header_crc, u32 number, struct snapcap_choice *word);

/* ---- CPU record (cpu.c) ---- */

/**
 * snapimg_cpu_check() - check a CPU record
 * @arch: SNAPCAP_ARCH_* of the image
 * @record: bytes of the CPU section, whose checksum has been verified
 * @size: number of bytes
 *
 * Return: 0 or -CPU; 0 for an architecture that is not known
 */
int snapimg_cpu_check(u32 arch, const void *record, u64 size);

/* ---- OS images (os.c) ---- */

/** struct snapimg_os_part - a part, host byte order; size 0: absent */
struct snapimg_os_part {
	u16 codec;	/* SNAPCAP_CODEC_RAW or _LZ4 */
	u64 offset;
	u64 stored_size;
	u64 size;
	u32 sum;
};

/**
 * struct snapimg_os - a checked OS header
 * @version: this and all below: as in struct snapcap_os_header
 * @image_size: bytes of the medium that are used
 * @arch: SNAPCAP_ARCH_*
 * @kernel_release: NUL terminated
 * @build_id: of the kernel
 * @build_id_size: bytes used in @build_id
 * @load_addr: physical address of the kernel, or SNAPCAP_OS_LOAD_ANY
 * @load_bias: to be added to it, which does not wrap
 * @entry: offset in the decoded kernel
 * @part: indexed by SNAPCAP_OS_PART_*, entry 0 unused
 */
struct snapimg_os {
	u64 version;
	u64 image_size;
	u32 arch;
	char kernel_release[SNAPCAP_RELEASE_SIZE];
	u8 build_id[SNAPCAP_BUILD_ID_SIZE];
	u32 build_id_size;
	u64 load_addr, load_bias, entry;
	struct snapimg_os_part part[SNAPCAP_OS_PART_CMDLINE + 1];
};

/**
 * snapimg_os_check() - check the header of an OS image
 * @data: at least sizeof(struct snapcap_os_header) bytes
 * @size: bytes at @data
 * @avail: bytes from the header to the end of the medium
 * @os: result, written only on success
 *
 * Same order of reasons as snapimg_header_check().
 */
int snapimg_os_check(const void *data, size_t size, u64 avail, struct snapimg_os *os);

/** snapimg_os_build() - fill in the header of an OS image, complete with checksum */
void snapimg_os_build(const struct snapimg_os *os, struct snapcap_os_header *hdr);

/**
 * snapimg_os_identity() - one number for what an OS image boots
 * @os: checked header
 *
 * Not of its version, nor of the places of it and its parts: the same files in
 * another place are the same system. It speaks of the parts through the checksums
 * in the header and reads none of them.
 *
 * Return: the identity, never 0
 */
u64 snapimg_os_identity(const struct snapimg_os *os);

/* ---- texts (reason.c) ---- */

/**
 * snapimg_reason_name() - short name of a reason, such as "chunk-sum"
 * @reason: SNAPCAP_REASON_*, or negated
 */
const char *snapimg_reason_name(int reason);

/** snapimg_reason_text() - one line for a person: what is wrong */
const char *snapimg_reason_text(int reason);

#endif /* SNAPIMG_H */
