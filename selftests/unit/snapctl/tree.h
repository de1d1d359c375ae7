/* SPDX-License-Identifier: GPL-2.0-only */
/* A tree of /proc, /sys and /run that belongs to a test. */
#ifndef SNAPCTL_TREE_H
#define SNAPCTL_TREE_H

#include <stddef.h>

/** tree_reset() - an empty tree, which sysfile_root is set to; removed at exit */
void tree_reset(void);

/** tree_put() - a file with @text, with the folders that it lies in */
void tree_put(const char *path, const char *text);

/** tree_put_data() - the same with @size bytes from @at on, a hole before them */
void tree_put_data(const char *path, long at, const void *data, size_t size);

/** tree_get() - what is in a file, "" when it is not there; until the next call */
const char *tree_get(const char *path);

/** tree_has() - is the file there? */
int tree_has(const char *path);

/** tree_link() - a symbolic link, with the folders that it lies in */
void tree_link(const char *path, const char *target);

/** tree_mounts() - /proc/@pid/mountinfo of a process in the mount namespace mnt:[@ns] */
void tree_mounts(int pid, int ns, const char *mountinfo);

/* A system that a snapshot may be taken of. */
#define TREE_MOUNTS \
	"22 1 0:21 / / rw - tmpfs tmpfs rw,size=100k\n23 22 0:4 / /proc rw - proc proc rw\n"

/** tree_process() - a process: /proc/PID/stat and maps */
void tree_process(int pid, const char *name, unsigned long long start, const char *maps);

#endif /* SNAPCTL_TREE_H */
