/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel an image file is. */
#ifndef SNAPCTL_KERNELID_H
#define SNAPCTL_KERNELID_H

#include <linux/snapcap_image.h>

#include "snapimg_glue.h"

/**
 * struct kernelid - identity of a kernel
 * @release: utsname release
 * @build_id: GNU build id
 */
struct kernelid {
	char release[SNAPCAP_RELEASE_SIZE];
	u8 build_id[SNAPCAP_BUILD_ID_SIZE];
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
