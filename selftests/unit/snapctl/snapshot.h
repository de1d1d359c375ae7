/* SPDX-License-Identifier: GPL-2.0-only */
/* Snapshots in files, made with the library's builders. */
#ifndef SNAPCTL_SNAPSHOT_H
#define SNAPCTL_SNAPSHOT_H

#include "snapimg.h"

#define SNAPSHOT_STEP		(256 * 1024)
#define SNAPSHOT_PAGE		4096
/* Chunks: one raw, one of LZ4, one filled; then 2 pages of zeros in an extent. */
#define SNAPSHOT_CHUNKS		3
#define SNAPSHOT_CHUNK_PAGES	4
#define SNAPSHOT_PAGES		(SNAPSHOT_CHUNKS * SNAPSHOT_CHUNK_PAGES)
#define SNAPSHOT_ZERO_PAGES	2
#define SNAPSHOT_CREATED	1700000000
/* Pages of a pageable part: of LZ4, raw, filled. */
#define SNAPSHOT_PAGEABLE	3

/**
 * struct snapshot - a snapshot in memory
 * @img: header values
 * @bytes: image
 * @size: its bytes
 * @no_commit: leave the commit mark erased
 */
struct snapshot {
	struct snapimg img;
	u8 bytes[65536];
	size_t size;
	bool no_commit;
};

/** snapshot_init() - a good one */
void snapshot_init(struct snapshot *s, u64 sequence);

/** snapshot_add_pageable() - give it a pageable part */
void snapshot_add_pageable(struct snapshot *s);

/** snapshot_table() - a table, to be edited before snapshot_seal() */
void *snapshot_table(struct snapshot *s, u32 type);

/** snapshot_seal() - make all checksums of header, tables and commit mark right again */
void snapshot_seal(struct snapshot *s);

/** medium_create() - a file of @size erased bytes */
void medium_create(const char *path, size_t size);

/** medium_put() - write @size bytes at @offset of a file */
void medium_put(const char *path, u64 offset, const void *data, size_t size);

/** medium_flip() - flip a bit of the byte at @offset */
void medium_flip(const char *path, u64 offset);

/** medium_add() - put a good snapshot at @offset */
void medium_add(const char *path, u64 offset, u64 sequence);

#endif /* SNAPCTL_SNAPSHOT_H */
