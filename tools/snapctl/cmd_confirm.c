// SPDX-License-Identifier: GPL-2.0-only
/* snapctl confirm: this system, which came out of a snapshot, is well. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "kdev.h"
#include "msg.h"
#include "trialinfo.h"

/* The take that this system came out of may be at its very end still. */
#define BUSY_TRIES	100
#define BUSY_WAIT_MS	100

static error_t parse_confirm(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "no argument expected: %s", arg);
	return EINVAL;
}

static const struct {
	int error;
	int exit;
	const char *text;
	const char *advice;
} failures[] = {
	{ EPERM, SNAPCTL_FAILURE, "only root may confirm a restore", "run it as root" },
	{ ENOTTY, SNAPCTL_UNSUPPORTED, "the kernel module does not know CONFIRM",
	  "install a module and a snapctl of the same release" },
	{ EBUSY, SNAPCTL_BUSY, "a take is running", "wait for its end" },
	{ ENXIO, SNAPCTL_FAILURE, "the MTD device with the snapshot is gone",
	  "load its driver again" },
	{ ENOENT, SNAPCTL_INVALID, "the snapshot that this system came out of is not there any more",
	  "nothing to do: it was dropped or replaced" },
	{ ENOSPC, SNAPCTL_NO_SPACE, "the trial log of the snapshot is full",
	  "take a new snapshot: this one is given up at a later power-on" },
	{ EIO, SNAPCTL_IO, "flash cannot be read, or does not take the confirmation",
	  "see that it is not write-protected, and check it" },
};

static int fail(int err)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].error != err)
			continue;
		msg_error("%s", failures[i].text);
		msg_advice("%s", failures[i].advice);
		return failures[i].exit;
	}
	msg_error("the restore cannot be confirmed: %s", strerror(err));
	return SNAPCTL_FAILURE;
}

static const char *result_name(const struct snapcap_confirm *c)
{
	switch (c->trial) {
	case SNAPCAP_TRIAL_COLD:
		return "cold";
	case SNAPCAP_TRIAL_NONE:
		return "no-trial";
	default:
		return c->before == c->trial ? "was-confirmed" : "confirmed";
	}
}

static int print_json(const struct snapcap_confirm *c)
{
	struct json_object *o = facts_command("confirm");

	json_text(o, "result", result_name(c));
	json_u64(o, "sequence", c->sequence);
	json_u64(o, "slot_offset", c->slot_offset);
	json_u64(o, "limit", c->limit);
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

static void print_text(const struct snapcap_confirm *c)
{
	if (options.quiet)
		return;
	switch (c->trial) {
	case SNAPCAP_TRIAL_COLD:
		printf("nothing to confirm: this system did not come out of a snapshot\n");
		break;
	case SNAPCAP_TRIAL_NONE:
		printf("nothing to confirm: snapshot %" PRIu64 " is never on trial\n",
		       (uint64_t)c->sequence);
		break;
	default:
		printf("snapshot %" PRIu64 " %s confirmed\n", (uint64_t)c->sequence,
		       c->before == c->trial ? "was already" : "is");
	}
}

static int confirm(int fd, struct snapcap_confirm *c)
{
	const struct timespec wait = { .tv_nsec = BUSY_WAIT_MS * 1000000L };
	int ret = kdev_confirm(fd, c);

	for (int i = 0; ret == -EBUSY && i < BUSY_TRIES; i++) {
		nanosleep(&wait, NULL);
		ret = kdev_confirm(fd, c);
	}
	return ret;
}

int cmd_confirm(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.parser = parse_confirm,
		.doc = "Say that this system, which came out of a snapshot, is well. Until then the "
		       "snapshot is on trial, and given up after a number of restores. A confirmed "
		       "one is restored without a write to flash. snapcap-confirm.service does it at "
		       "each restore; put what has to be well before that."
		       "\vExamples:\n"
		       "  snapctl confirm\n"
		       "  curl -sf localhost/ >/dev/null && snapctl confirm --json",
		.children = children,
	};
	struct snapcap_confirm c = { 0 };
	struct snapcap_info info;
	int fd, ret = options_parse(&argp, argc, argv, NULL);

	if (ret)
		return ret;
	ret = device_open(&fd, &info);
	if (ret)
		return ret;
	ret = confirm(fd, &c);
	close(fd);
	if (ret)
		return fail(-ret);
	if (options.json)
		return print_json(&c);
	print_text(&c);
	return SNAPCTL_OK;
}
