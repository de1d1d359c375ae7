/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of others that run before and after a take, and after each restore. */
#ifndef SNAPCTL_HOOKS_H
#define SNAPCTL_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "snapimg_glue.h"

/* What is local goes before what packages install. */
#define HOOKS_LOCAL	"/etc/snapcap"
#define HOOKS_SHIPPED	"/usr/lib/snapcap"

/**
 * struct hooks - the hooks of one event
 * @event: "pre-take", "post-take" or "post-restore": those of EVENT.d are run
 * @outcome: what SNAPCAP_RESULT is to say, or NULL
 * @timeout_s: what each is given
 * @must: the first that fails ends it
 * @stop: has somebody ended the take? or NULL
 * @arg: passed to @stop
 * @ran: result: how many were started
 * @failed: result: how many of these failed
 * @about: result: the first that failed and how, such as "10-lease: exit code 1"
 */
struct hooks {
	const char *event;
	const char *outcome;
	u32 timeout_s;
	bool must;
	bool (*stop)(void *arg);
	void *arg;
	u32 ran;
	u32 failed;
	char about[160];
};

/**
 * hooks_run() - run them, one after the other, in the order of their names
 * @hooks: what is wanted; gets the result
 *
 * Each is told SNAPCAP_EVENT, SNAPCAP_RESULT and SNAPCAP_GENERATION in its environment. One
 * that takes longer than it may is ended, with its process group. A file that others than
 * root can write is a hook of nobody, and fails.
 *
 * Return: 0 when all went well; -ECHILD: one failed; -ECANCELED: @stop; other negative errno
 */
int hooks_run(struct hooks *hooks);

/** hooks_json() - what became of them */
struct json_object *hooks_json(const struct hooks *hooks);

#endif /* SNAPCTL_HOOKS_H */
