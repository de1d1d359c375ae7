// SPDX-License-Identifier: GPL-2.0-only
/* snapctl fill: read what is on flash in the background, until the flash is not needed any more. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "kdev.h"
#include "msg.h"
#include "units.h"

#define KEY_STOP	0x610

static const struct argp_option fill_options[] = {
	{ "stop", KEY_STOP, NULL, 0, "Stop it; what was read stays", 1 },
	{ 0 }
};

static error_t parse_fill(int key, char *arg, struct argp_state *state)
{
	bool *stop = state->input;

	switch (key) {
	case KEY_STOP:
		*stop = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument expected: %s", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int report(int fd, u64 page_size)
{
	struct snapcap_pager_status pager;
	struct json_object *o;
	int ret = kdev_pager_status(fd, &pager);

	if (ret) {
		msg_error("the status of the swap device cannot be read: %s", strerror(-ret));
		return SNAPCTL_FAILURE;
	}
	if (!options.json) {
		if (!options.quiet)
			printf("%s still on flash, background fill %s\n",
			       units_bytes(pager.flash_pages * page_size).s,
			       pager.flags & SNAPCAP_PAGER_FILLING ? "runs" :
			       pager.flash_pages ? "is off" : "has nothing to do");
		return SNAPCTL_OK;
	}
	o = facts_command("fill");
	json_put(o, "pager", facts_pager_json(&pager));
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

static int change(int fd, bool stop)
{
	int ret = kdev_pager(fd, stop ? SNAPCAP_PAGER_FILL_STOP : SNAPCAP_PAGER_FILL, 0);

	switch (-ret) {
	case 0:
		return SNAPCTL_OK;
	case ENODEV:
		msg_error("there is no swap device, hence nothing on flash that could be read");
		msg_advice("it is there after snapctl take --two-pass");
		return SNAPCTL_FAILURE;
	case EOPNOTSUPP:
	case ENOTTY:
		msg_error("this kernel, or its snapcap module, has no support for paging");
		msg_advice("use a kernel with CONFIG_SWAP, and a module of this release");
		return SNAPCTL_UNSUPPORTED;
	case EBUSY:
		msg_error("a take is running");
		msg_advice("wait for it to end (snapctl status)");
		return SNAPCTL_BUSY;
	default:
		msg_error("the background fill cannot be %s: %s", stop ? "stopped" : "started",
			  strerror(-ret));
		if (ret == -EPERM)
			msg_advice("run it as root");
		return SNAPCTL_FAILURE;
	}
}

int cmd_fill(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = fill_options,
		.parser = parse_fill,
		.doc = "In a restored system, read the pages that are still on flash in the "
		       "background, at idle priority. When all are read the flash is not needed any "
		       "more. snapctl status shows how far it is."
		       "\vExamples:\n"
		       "  snapctl fill\n"
		       "  snapctl fill --stop",
		.children = children,
	};
	bool stop = false;
	struct snapcap_info info;
	int fd, ret = options_parse(&argp, argc, argv, &stop);

	if (ret)
		return ret;
	ret = device_open(&fd, &info);
	if (ret)
		return ret;
	ret = change(fd, stop);
	if (!ret)
		ret = report(fd, info.page_size ? info.page_size : 4096);
	close(fd);
	return ret;
}
