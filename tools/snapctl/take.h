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
 * @label: free text
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
	char label[SNAPCAP_LABEL_SIZE];
};

/** take_parse() - parse the arguments; 0 or SNAPCTL_USAGE */
int take_parse(int argc, char **argv, struct take_options *take);

#endif /* SNAPCTL_TAKE_H */
