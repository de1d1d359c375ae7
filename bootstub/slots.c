// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/* The partition of the snapshots, as the libraries read and write it. */
#include "boot.h"

static int read_snapshot(void *ctx, u64 off, void *buf, size_t len)
{
	const struct plat_medium *pm = ctx;

	return media_read(pm->media, pm->part[PLAT_PART_SNAPSHOT].offset + off, buf, len);
}

static int program_snapshot(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	const struct plat_medium *pm = ctx;
	int err = media_program(pm->media, pm->part[PLAT_PART_SNAPSHOT].offset + off, data, len);

	if (!err)
		*done = len;
	return err;
}

struct snapimg_reader boot_reader(const struct plat_medium *pm)
{
	return boot_flash(pm).reader;
}

struct snapstore_flash boot_flash(const struct plat_medium *pm)
{
	/* All of it is the partition: blocks are skipped from its start on. */
	if (pm->media->flash)
		return pm->media->flash(pm->media);
	return (struct snapstore_flash) {
		.reader = {
			.size = plat_part_size(pm, PLAT_PART_SNAPSHOT),
			.read = read_snapshot,
			.ctx = (void *)pm,
		},
		.erase_size = pm->media->erase_size,
		.write_size = 8,	/* see media_program() */
		.program = program_snapshot,
	};
}
