/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel an image file is. */
#ifndef SNAPCTL_KERNELID_H
#define SNAPCTL_KERNELID_H

#include <linux/snapcap_image.h>

#include "snapimg_glue.h"

#define IMAGE_ALIGN	(2 * 1024 * 1024)

/**
 * struct kernelid - identity of a kernel, and what its Image asks for
 * @release: utsname release
 * @build_id: GNU build id
 * @text_offset: bytes above a multiple of IMAGE_ALIGN that it wants to be at
 * @memory_size: bytes of memory from there that it needs
 */
struct kernelid {
	char release[SNAPCAP_RELEASE_SIZE];
	u8 build_id[SNAPCAP_BUILD_ID_SIZE];
	u64 text_offset;
	u64 memory_size;
};

/**
 * kernelid_find() - find release and build id in an uncompressed arm64 Image
 * @data: the file
 * @size: its bytes
 * @id: result, written only on success
 *
 * Return: NULL, or what is wrong with the file, for a person
 */
const char *kernelid_find(const void *data, size_t size, struct kernelid *id);

#endif /* SNAPCTL_KERNELID_H */
