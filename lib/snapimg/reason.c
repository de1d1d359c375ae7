// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Reasons as words. The names are for machines (logs, JSON) and do not change;
 * the texts are for people.
 */
#include "snapimg_private.h"

struct reason_words {
	u32 reason;
	const char *name;
	const char *text;
};

static const struct reason_words reason_words[] = {
	{ SNAPCAP_REASON_NONE, "none", "nothing was refused" },
	{ SNAPCAP_REASON_EMPTY, "empty", "there is no snapshot here" },
	{ SNAPCAP_REASON_VERSION, "version", "the format has another major version" },
	{ SNAPCAP_REASON_HEADER_SIZE, "header-size", "the header has an unexpected size" },
	{ SNAPCAP_REASON_HEADER_CRC, "header-crc", "the header is damaged" },
	{ SNAPCAP_REASON_FEATURE, "feature", "the image needs a feature this program lacks" },
	{ SNAPCAP_REASON_RESERVED, "reserved", "a reserved field is not zero" },
	{ SNAPCAP_REASON_FIELD, "field", "a header field is out of its range" },
	{ SNAPCAP_REASON_SECTION, "section", "a section is missing or misplaced" },
	{ SNAPCAP_REASON_TRUNCATED, "truncated", "the medium ends before the image does" },
	{ SNAPCAP_REASON_NOT_COMMITTED, "not-committed", "the image was never completed" },
	{ SNAPCAP_REASON_COMMIT, "commit", "the commit mark is damaged or of another image" },
	{ SNAPCAP_REASON_REVOKED, "revoked", "the snapshot was dropped" },
	{ SNAPCAP_REASON_SECTION_CRC, "section-crc", "a table is damaged" },
	{ SNAPCAP_REASON_CPU, "cpu", "the CPU record cannot be used" },
	{ SNAPCAP_REASON_MEMMAP, "memmap", "the memory map is malformed" },
	{ SNAPCAP_REASON_PAGETABLE, "pagetable", "the snapshot page table is malformed" },
	{ SNAPCAP_REASON_OVERLAP, "overlap", "the image would overwrite the loader" },
	{ SNAPCAP_REASON_CHUNK_TABLE, "chunk-table", "the chunk table is malformed" },
	{ SNAPCAP_REASON_CHUNK_SUM, "chunk-sum", "a chunk of the data is damaged" },
	{ SNAPCAP_REASON_CHUNK_CODEC, "chunk-codec", "a chunk has an unknown codec" },
	{ SNAPCAP_REASON_CHUNK_DECODE, "chunk-decode", "a chunk does not decode to its size" },
	{ SNAPCAP_REASON_PART_SUM, "part-sum", "a part of the OS image is damaged" },
	{ SNAPCAP_REASON_PART_DECODE, "part-decode", "a part does not decode to its size" },
	{ SNAPCAP_REASON_ARCH, "arch", "taken on another architecture" },
	{ SNAPCAP_REASON_MACHINE, "machine", "taken on another machine" },
	{ SNAPCAP_REASON_MEMORY, "memory", "taken with another amount or map of memory" },
	{ SNAPCAP_REASON_STUB_ABI, "stub-abi", "taken under another loader" },
	{ SNAPCAP_REASON_KERNEL_RELEASE, "kernel-release", "taken under another kernel release" },
	{ SNAPCAP_REASON_BUILD_ID, "build-id", "taken under another build of the kernel" },
	{ SNAPCAP_REASON_PAGE_SIZE, "page-size", "taken with another page size" },
	{ SNAPCAP_REASON_CHANGED, "changed", "a device was changed or swapped since it was taken" },
	{ SNAPCAP_REASON_OS_CHANGED, "os-changed", "taken under another OS image" },
	{ SNAPCAP_REASON_READ, "read", "the medium could not be read" },
	{ SNAPCAP_REASON_NO_SPACE, "no-space", "the tables do not fit the loader's memory" },
	{ SNAPCAP_REASON_EXCEPTION, "exception", "the loader ran into a CPU exception" },
	{ SNAPCAP_REASON_FORCED, "forced", "a cold boot was asked for" },
	{ SNAPCAP_REASON_OS_IMAGE, "os-image", "there is no usable OS image" },
	{ SNAPCAP_REASON_PLACE, "place", "there is no room in memory where the image wants to be" },
	{ SNAPCAP_REASON_KERNEL, "kernel", "the kernel is none for this machine" },
	{ SNAPCAP_REASON_DEVTREE, "devtree", "the device tree cannot be used" },
	{ SNAPCAP_REASON_ONCE, "once", "a single-use snapshot cannot be marked as used" },
	{ SNAPCAP_REASON_ATTEMPTS, "attempts", "it was restored too often without a confirmation" },
};

static const struct reason_words *find_reason_words(int reason)
{
	/* Not -reason: the smallest int has no opposite. */
	u32 wanted = reason < 0 ? 0U - (u32)reason : (u32)reason;
	size_t i;

	for (i = 0; i < sizeof(reason_words) / sizeof(reason_words[0]); i++) {
		if (reason_words[i].reason == wanted)
			return &reason_words[i];
	}
	return NULL;
}

const char *snapimg_reason_name(int reason)
{
	const struct reason_words *words = find_reason_words(reason);

	return words ? words->name : "unknown";
}

const char *snapimg_reason_text(int reason)
{
	const struct reason_words *words = find_reason_words(reason);

	return words ? words->text : "a reason this program does not know";
}
