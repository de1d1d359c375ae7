// SPDX-License-Identifier: GPL-2.0-only
/* snapctl cancel: end the take that runs, whoever started it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "kdev.h"
#include "msg.h"
#include "takelock.h"

static error_t parse_cancel(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "no argument expected: %s", arg);
	return EINVAL;
}

/* A two-pass take is more than what the module knows of: its process ends all of it. */
static int cancel(int fd, bool *found)
{
	pid_t owner = takelock_owner();
	int ret;

	if (owner)
		ret = kill(owner, SIGTERM) ? -errno : 0;
	else
		ret = kdev_cancel(fd);
	*found = !ret;
	return ret == -ENOENT || ret == -ESRCH ? 0 : ret;
}

static int report(bool found)
{
	struct json_object *o;

	if (!options.json) {
		if (!options.quiet)
			printf("%s\n", found ? "the take is cancelled" : "no take runs");
		return SNAPCTL_OK;
	}
	o = facts_command("cancel");
	json_flag(o, "cancelled", found);
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

int cmd_cancel(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.parser = parse_cancel,
		.doc = "End the take that runs, at any point before its freeze or while it writes, "
		       "as Ctrl-C does where it was started. That none runs is no failure."
		       "\vExamples:\n"
		       "  snapctl cancel",
		.children = children,
	};
	struct snapcap_info info;
	bool found;
	int fd, ret = options_parse(&argp, argc, argv, NULL);

	if (ret)
		return ret;
	ret = device_open(&fd, &info);
	if (ret)
		return ret;
	ret = cancel(fd, &found);
	close(fd);
	if (!ret)
		return report(found);
	msg_error("the take cannot be cancelled: %s", strerror(-ret));
	if (ret == -EPERM)
		msg_advice("run it as root");
	return SNAPCTL_FAILURE;
}
