/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments of take. */
#ifndef SNAPCTL_TAKE_H
#define SNAPCTL_TAKE_H

#include <linux/snapcap.h>

#include "cmd.h"
#include "snapimg_glue.h"

/**
 * struct take_options - what the arguments of take say
 * @mtd: MTD device
 * @slot: SNAPCAP_SLOT_*
 * @flags: SNAPCAP_TAKE_*
 * @offset: start of the target
 * @length: bytes of the target, 0: to the end
 * @codec: SNAPCAP_CODEC_*
 * @level: LZ4 acceleration, 0: default
 * @chunk_kib: KiB that are compressed together, 0: default
 * @tries: restores without a confirmation before it is given up, 0: never
 * @label: free text
 * @force: take it in spite of what a restore may harm
 * @two_pass: page out and let the applications run before the snapshot is taken
 * @no_paging: but have the loader read all of it
 * @hot: fetch the hot set back
 * @keep_swap: leave the swap device on when the take fails
 * @migrate_swap: move swap that is on a disk
 * @settle_s: time for the applications
 * @warm: command that uses them, or NULL
 * @warm_timeout_s: longest that it may take
 */
struct take_options {
	const char *mtd;
	u32 slot;
	u32 flags;
	u64 offset;
	u64 length;
	u32 codec;
	u32 level;
	u32 chunk_kib;
	u32 tries;
	char label[SNAPCAP_LABEL_SIZE];
	bool force;
	bool two_pass;
	bool no_paging;
	bool hot;
	bool keep_swap;
	bool migrate_swap;
	u32 settle_s;
	const char *warm;
	u32 warm_timeout_s;
};

/* Times that are not given. The model waits for a minute. */
#define TAKE_SETTLE_S		60
#define TAKE_WARM_TIMEOUT_S	600
/* The variable of the environment that has another default of the settle time. */
#define TAKE_SETTLE_ENV		"SNAPCTL_SETTLE"

/** take_parse() - parse the arguments; 0 or SNAPCTL_USAGE */
int take_parse(int argc, char **argv, struct take_options *take);

/** take_parse_once() - the same for hibernate, which takes in one pass */
int take_parse_once(int argc, char **argv, struct take_options *take);

/** take_run() - take a snapshot and tell of it; returns an exit code, in both lives */
int take_run(const struct take_options *take);

#endif /* SNAPCTL_TAKE_H */
