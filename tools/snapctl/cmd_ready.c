// SPDX-License-Identifier: GPL-2.0-only
/* snapctl ready: the applications are; what they needed until now is the hot set. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "hotpages.h"
#include "kdev.h"
#include "msg.h"
#include "report.h"
#include "units.h"

#define KEY_NO_HOT_SET	0x600

static const struct argp_option ready_options[] = {
	{ "no-hot-set", KEY_NO_HOT_SET, NULL, 0, "Do not look for the pages that were needed", 1 },
	{ 0 }
};

/**
 * struct ready - arguments and result
 * @no_hot_set: only say that all is ready
 * @measured: was anything recorded?
 * @recorded: pages that the module has recorded
 * @set: of these and earlier ones, those that processes have
 */
struct ready {
	bool no_hot_set;
	bool measured;
	u64 recorded;
	struct hotset set;
};

static error_t parse_ready(int key, char *arg, struct argp_state *state)
{
	struct ready *ready = state->input;

	switch (key) {
	case KEY_NO_HOT_SET:
		ready->no_hot_set = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument expected: %s", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Is there a record? READY ends it, so this is asked before. */
static bool is_recording(int fd, bool *restored)
{
	struct snapcap_pager_status pager;
	struct snapcap_status status;

	*restored = !kdev_status(fd, &status) && status.state == SNAPCAP_STATE_BOOT;
	return !kdev_pager_status(fd, &pager) && pager.flags & SNAPCAP_PAGER_SET_UP &&
	       (pager.flags & SNAPCAP_PAGER_RECORDING || pager.recorded_pages);
}

static int say_ready(int fd)
{
	int ret = kdev_ready(fd);

	switch (-ret) {
	case 0:
		return SNAPCTL_OK;
	case ENOTTY:
		msg_error("the kernel module does not know READY");
		msg_advice("install a module and a snapctl of the same release");
		return SNAPCTL_UNSUPPORTED;
	default:
		msg_error("the kernel module cannot be told: %s", strerror(-ret));
		if (ret == -EPERM)
			msg_advice("run it as root");
		return SNAPCTL_FAILURE;
	}
}

static int collect(int fd, u64 page_size, bool restored, struct ready *ready)
{
	/* What was in memory at the restore could not be recorded: the snapshot brought it. */
	int ret = hotpages_collect(fd, page_size, restored, &ready->set, &ready->recorded);

	if (!ret) {
		ready->measured = true;
		return SNAPCTL_OK;
	}
	msg_error("the hot set cannot be saved in %s: %s", hotset_path(), strerror(-ret));
	msg_advice("the applications count as ready; --no-hot-set does without the hot set");
	return ret == -ENOSPC || ret == -ENOMEM ? SNAPCTL_NO_SPACE : SNAPCTL_FAILURE;
}

static int print_json(const struct ready *ready)
{
	struct json_object *o = facts_command("ready"), *hot = NULL, *processes;

	if (ready->measured) {
		hot = json_new();
		processes = json_new_list();
		json_text(hot, "file", hotset_path());
		json_u64(hot, "recorded_pages", ready->recorded);
		json_u64(hot, "pages", hotset_pages(&ready->set));
		json_u64(hot, "bytes", hotset_pages(&ready->set) * ready->set.page_size);
		for (size_t i = 0; i < ready->set.count; i++) {
			const struct hotset_process *p = &ready->set.process[i];
			struct json_object *process = json_new();

			json_u64(process, "pid", (u64)p->pid);
			json_bytes(process, "name", p->name, sizeof(p->name));
			json_u64(process, "pages", p->pages);
			json_append(processes, process);
		}
		json_put(hot, "processes", processes);
	}
	json_put(o, "hot_set", hot);
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

static void print_text(const struct ready *ready)
{
	const struct hotset *set = &ready->set;

	if (options.quiet)
		return;
	if (!ready->measured) {
		printf("ready\n");
		return;
	}
	printf("ready; the hot set is %" PRIu64 " pages (%s) of %zu processes, in %s\n",
	       hotset_pages(set), units_bytes(hotset_pages(set) * set->page_size).s, set->count,
	       hotset_path());
	for (size_t i = 0; i < set->count; i++) {
		const struct hotset_process *p = &set->process[i];

		printf("  %7d %-16s %12s\n", p->pid, units_clean(p->name, sizeof(p->name)).s,
		       units_bytes(p->pages * set->page_size).s);
	}
}

static int ready_and_collect(int fd, const struct snapcap_info *info, struct ready *ready)
{
	bool restored, recording = is_recording(fd, &restored);
	int ret = say_ready(fd);

	if (!ret && recording && !ready->no_hot_set)
		ret = collect(fd, info->page_size ? info->page_size : 4096, restored, ready);
	if (ret)
		return ret;
	if (options.json)
		return print_json(ready);
	print_text(ready);
	return SNAPCTL_OK;
}

int cmd_ready(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = ready_options,
		.parser = parse_ready,
		.doc = "Say that the applications are ready. It ends the settle time of a two-pass "
		       "take. In a restored system, and in the settle time, the pages that were "
		       "needed until now are measured: they are the hot set, which snapctl take "
		       "--two-pass --hot has in memory at the next power-on."
		       "\vExamples:\n"
		       "  snapctl ready\n"
		       "  curl -s localhost/ >/dev/null && snapctl ready --json",
		.children = children,
	};
	struct ready ready = { .no_hot_set = false };
	struct snapcap_info info;
	int fd, ret = options_parse(&argp, argc, argv, &ready);

	if (ret)
		return ret;
	ret = device_open(&fd, &info);
	if (ret)
		return ret;
	ret = ready_and_collect(fd, &info, &ready);
	hotset_free(&ready.set);
	close(fd);
	return ret;
}
