// SPDX-License-Identifier: GPL-2.0-only
/*
 * It opens no block device that it would claim, and sysfs says nothing of it. But each one
 * that can be written has a thread of the kernel, which collects garbage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "jffs2.h"
#include "procs.h"

/* A program may give itself that name; but it has mappings. */
static bool is_thread(pid_t pid, unsigned int *mtd)
{
	struct procs_map *maps = NULL;
	char name[64], more;
	u64 start;
	int count;

	if (procs_start(pid, &start, name) ||
	    sscanf(name, "jffs2_gcd_mtd%u%c", mtd, &more) != 1)
		return false;
	count = procs_maps(pid, &maps);
	free(maps);
	return !count;
}

int jffs2_list(unsigned int **mtds)
{
	unsigned int *list, mtd;
	int found = 0, count;
	pid_t *pids;

	*mtds = NULL;
	count = procs_list(&pids);
	if (count < 0)
		return count;
	list = calloc((size_t)count + 1, sizeof(*list));
	for (int i = 0; list && i < count; i++)
		if (is_thread(pids[i], &mtd))
			list[found++] = mtd;
	free(pids);
	*mtds = list;
	return list ? found : -ENOMEM;
}

int jffs2_alive(unsigned int mtd)
{
	unsigned int *mtds;
	int count = jffs2_list(&mtds), alive = count < 0 ? count : 0;

	for (int i = 0; i < count; i++)
		alive |= mtds[i] == mtd;
	free(mtds);
	return alive;
}
