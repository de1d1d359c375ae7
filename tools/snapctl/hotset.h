/* SPDX-License-Identifier: GPL-2.0-only */
/* The hot set: which pages of which processes were needed before all was ready. */
#ifndef SNAPCTL_HOTSET_H
#define SNAPCTL_HOTSET_H

#include <sys/types.h>

#include "snapimg_glue.h"

/**
 * struct hotset_process - one process
 * @pid: its number
 * @start: when it began, see procs_start()
 * @name: its name
 * @page: addresses of its hot pages, sorted, each once
 * @pages: how many
 * @room: for so many is there room
 */
struct hotset_process {
	pid_t pid;
	u64 start;
	char name[64];
	u64 *page;
	size_t pages;
	size_t room;
};

/**
 * struct hotset - the hot set
 * @process: processes that have hot pages
 * @count: how many
 * @page_size: bytes
 */
struct hotset {
	struct hotset_process *process;
	size_t count;
	u64 page_size;
};

/** hotset_path() - where it is kept: /run/snapcap/hot.json */
const char *hotset_path(void);

/** hotset_pages() - pages of all processes */
u64 hotset_pages(const struct hotset *set);

/** hotset_free() - free what is in it */
void hotset_free(struct hotset *set);

/**
 * hotset_add() - note a page
 * @set: hot set
 * @pid: its process
 * @start: when that began
 * @name: its name
 * @page: address
 *
 * Return: 0 or -ENOMEM
 */
int hotset_add(struct hotset *set, pid_t pid, u64 start, const char *name, u64 page);

/** hotset_sort() - each page once, in order of address */
void hotset_sort(struct hotset *set);

/**
 * hotset_load() - read what hotset_save() wrote
 * @set: result, freed with hotset_free()
 * @page_size: bytes; another one is an error
 *
 * Return: 0, -ENOENT: there is none, -EPROTO: it is damaged, other negative errno
 */
int hotset_load(struct hotset *set, u64 page_size);

/** hotset_save() - write it, so that a reader sees the old or the new; 0 or a negative errno */
int hotset_save(const struct hotset *set);

#endif /* SNAPCTL_HOTSET_H */
