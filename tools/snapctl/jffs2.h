/* SPDX-License-Identifier: GPL-2.0-only */
/* JFFS2 filesystems that are alive, mounted where it can be seen or not. */
#ifndef SNAPCTL_JFFS2_H
#define SNAPCTL_JFFS2_H

#include <stdbool.h>

/**
 * jffs2_list() - the MTD devices of those that can be written
 * @mtds: result: numbers; freed by the caller
 *
 * Return: how many, or a negative errno
 */
int jffs2_list(unsigned int **mtds);

/** jffs2_alive() - is MTD device @mtd one of them? 1, 0 or a negative errno */
int jffs2_alive(unsigned int mtd);

#endif /* SNAPCTL_JFFS2_H */
