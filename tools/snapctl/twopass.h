/* SPDX-License-Identifier: GPL-2.0-only */
/* What a two-pass take does before the snapshot, and how it is undone. */
#ifndef SNAPCTL_TWOPASS_H
#define SNAPCTL_TWOPASS_H

#include <linux/snapcap.h>

#include "advice.h"
#include "hotpages.h"
#include "json.h"
#include "pageout.h"
#include "settle.h"
#include "swapset.h"
#include "take.h"
#include "watch.h"

/**
 * struct twopass - a two-pass take
 * @fd: the module's device
 * @lock: of takes; -1: not held
 * @aside: the hot set of before is out of the way
 * @page_size: bytes
 * @take: what is wanted
 * @watch: tells of signals
 * @swap: what was changed about swap
 * @hot: hot set that shall be fetched
 * @out: what was paged out
 * @out_ns: time that it took
 * @out_pages: pages that the swap device has after it
 * @rejected_pages: pages that it did not take for want of memory
 * @settle: how the settle time ended
 * @fetched: what was done with the hot set
 * @measured_pages: hot pages that were found after the settle time
 * @cause: why it failed; NULL: the module's own cause, in @status, or @err
 * @err: errno of a failure, positive
 * @status: from the module, or what @cause is about
 */
struct twopass {
	int fd;
	int lock;
	bool aside;
	u32 page_size;
	const struct take_options *take;
	struct watch *watch;
	struct swapset swap;
	struct hotset hot;
	struct pageout out;
	u64 out_ns;
	u64 out_pages;
	u64 rejected_pages;
	struct settle settle;
	struct hotpages_fetched fetched;
	u64 measured_pages;
	const struct cause *cause;
	int err;
	struct snapcap_status status;
};

/** twopass_begin() - fill in; changes nothing */
void twopass_begin(struct twopass *tp, int fd, u32 page_size, const struct take_options *take,
		   struct watch *watch);

/**
 * twopass_lock() - no other take, of one pass or two, until twopass_end()
 *
 * Return: 0, else -1, and why is in @tp
 */
int twopass_lock(struct twopass *tp);

/**
 * twopass_run() - swap device, PASS1, hot set, settle time
 *
 * Return: 0 when the snapshot can be taken, else -1, and why is in @tp
 */
int twopass_run(struct twopass *tp);

/**
 * twopass_end() - free what it holds; the figures stay
 * @tp: begun
 * @taken: a snapshot was written; if not, swap and hot set are again as before
 */
void twopass_end(struct twopass *tp, bool taken);

/** twopass_json() - figures */
struct json_object *twopass_json(const struct twopass *tp);

/** twopass_report() - figures for a person */
void twopass_report(const struct twopass *tp);

#endif /* SNAPCTL_TWOPASS_H */
