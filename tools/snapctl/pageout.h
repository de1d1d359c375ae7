/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS1: what can be paged out goes out. */
#ifndef SNAPCTL_PAGEOUT_H
#define SNAPCTL_PAGEOUT_H

#include <stdbool.h>

#include "snapimg_glue.h"

/**
 * struct pageout - what was done
 * @stop: asked between the steps: shall it end here?
 * @arg: given to @stop
 * @keep_files: leave the page cache alone: what is in it is wanted
 * @processes: processes that were gone through
 * @advised_bytes: mappings that the kernel was asked to page out
 * @refused_bytes: mappings that it does not page out: locked memory, devices
 * @groups: control groups that were reclaimed
 * @process_ns: time that the processes took
 * @group_ns: time that the control groups took
 */
struct pageout {
	bool (*stop)(void *arg);
	void *arg;
	bool keep_files;
	u64 processes;
	u64 advised_bytes;
	u64 refused_bytes;
	u64 groups;
	u64 process_ns;
	u64 group_ns;
};

/**
 * pageout_all() - clean page cache, every process but this one, control groups; with
 *	@out's keep_files only what processes have written to
 * @out: with @stop, @arg and @keep_files set, the rest zero
 *
 * What cannot be paged out stays; that is no failure.
 *
 * Return: 0, -ECANCELED: @stop wanted it, other negative errno: nothing could be done
 */
int pageout_all(struct pageout *out);

#endif /* SNAPCTL_PAGEOUT_H */
