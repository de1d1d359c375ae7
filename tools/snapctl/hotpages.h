/* SPDX-License-Identifier: GPL-2.0-only */
/* The hot set and the processes that it is about: find its pages, and fetch them. */
#ifndef SNAPCTL_HOTPAGES_H
#define SNAPCTL_HOTPAGES_H

#include <stdbool.h>

#include "hotset.h"

/**
 * hotpages_find() - add what the module has recorded
 * @fd: the module's device
 * @set: hot set with its page size; pages are added
 * @recorded: result: pages that the module has recorded, found or not
 *
 * The module knows page frames. Which process has them is looked up in
 * /proc/PID/pagemap; a page that nobody has any more is left out.
 *
 * Return: 0, -EOPNOTSUPP: nothing is recorded here, other negative errno
 */
int hotpages_find(int fd, struct hotset *set, u64 *recorded);

/**
 * hotpages_collect() - find the hot set and save it
 * @fd: the module's device
 * @page_size: bytes
 * @merge: keep what was saved before: it was in memory and could not be recorded
 * @set: result, freed with hotset_free()
 * @recorded: result, as of hotpages_find()
 *
 * Return: 0 or a negative errno
 */
int hotpages_collect(int fd, u64 page_size, bool merge, struct hotset *set, u64 *recorded);

/**
 * struct hotpages_fetched - what hotpages_fetch() did
 * @pages: pages that are in memory now
 * @lost_pages: pages that the process has no more
 * @processes: processes that were given theirs
 * @gone: processes that have ended, or whose number another one has
 */
struct hotpages_fetched {
	u64 pages;
	u64 lost_pages;
	u64 processes;
	u64 gone;
};

/**
 * hotpages_fetch() - read each page of the hot set, so that it is in memory
 * @set: hot set
 * @stop: asked between pages: shall it end here?
 * @arg: given to @stop
 * @fetched: result
 */
void hotpages_fetch(const struct hotset *set, bool (*stop)(void *arg), void *arg,
		    struct hotpages_fetched *fetched);

#endif /* SNAPCTL_HOTPAGES_H */
