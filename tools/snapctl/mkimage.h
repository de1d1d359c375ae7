/* SPDX-License-Identifier: GPL-2.0-only */
/* An OS image in the making. */
#ifndef SNAPCTL_MKIMAGE_H
#define SNAPCTL_MKIMAGE_H

#include "kernelid.h"
#include "snapimg.h"

/**
 * struct mkimage - an image in the making
 * @file: of each part, indexed by SNAPCAP_OS_PART_*; the text for CMDLINE
 * @level: 0: store as it is, else LZ4_PACK_LEVEL_MAX for the smallest
 * @packed: which parts to compress, a bit for each SNAPCAP_OS_PART_*
 * @output: result
 * @os: its header; load_addr, load_bias, entry and version as the options say
 * @data: stored bytes of each part
 * @id: the kernel
 */
struct mkimage {
	const char *file[SNAPCAP_OS_PART_CMDLINE + 1];
	int level;
	u32 packed;
	const char *output;
	struct snapimg_os os;
	void *data[SNAPCAP_OS_PART_CMDLINE + 1];
	struct kernelid id;
};

/**
 * mkimage_load() - read the parts, check them, compress them
 * @mk: options filled in; codec, size, stored_size and sum of each part and its data
 *	are the result, released by the caller also after a failure
 *
 * Return: exit code, with a message
 */
int mkimage_load(struct mkimage *mk);

#endif /* SNAPCTL_MKIMAGE_H */
