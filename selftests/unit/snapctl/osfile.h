/* SPDX-License-Identifier: GPL-2.0-only */
/* OS images in memory, made with the library's builder. */
#ifndef SNAPCTL_OSFILE_H
#define SNAPCTL_OSFILE_H

#include "snapimg.h"

/**
 * struct osfile - an OS image in memory
 * @os: header values
 * @bytes: image
 * @size: its bytes
 */
struct osfile {
	struct snapimg_os os;
	u8 bytes[1 << 20];
	size_t size;
};

/** osfile_init() - a good one with a kernel of @kernel bytes and a command line */
void osfile_init(struct osfile *file, u64 version, size_t kernel);

/** osfile_seal() - make header and sums right again */
void osfile_seal(struct osfile *file);

#endif /* SNAPCTL_OSFILE_H */
