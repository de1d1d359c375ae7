// SPDX-License-Identifier: GPL-2.0-only
/* snapctl audit: what a take and a restore would do to the drivers of this system. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "audit.h"
#include "cmd.h"
#include "device.h"
#include "flash.h"
#include "kdev.h"
#include "msg.h"
#include "watch.h"

#define KEY_NO_DRY_RUN	0x600
#define KEY_IGNORE	0x601
#define KEY_MTD		0x602

static const struct argp_option audit_options[] = {
	{ "mtd", KEY_MTD, "NAME", 0, "MTD device that the take would write to", 1 },
	{ "no-dry-run", KEY_NO_DRY_RUN, NULL, 0, "Only look: suspend nothing", 1 },
	{ "ignore", KEY_IGNORE, "DRIVER", 0,
	  "This driver needs nothing at a restore; may be given again", 1 },
	{ 0 }
};

/**
 * struct audit_options - arguments
 * @mtd: target of the take
 * @dry_run: suspend and resume once
 * @ignore: names of drivers
 * @ignored: count of them
 */
struct audit_options {
	const char *mtd;
	bool dry_run;
	const char *ignore[AUDIT_IGNORE_MAX];
	size_t ignored;
};

static error_t parse_audit(int key, char *arg, struct argp_state *state)
{
	struct audit_options *o = state->input;

	switch (key) {
	case KEY_MTD:
		o->mtd = arg;
		return 0;
	case KEY_NO_DRY_RUN:
		o->dry_run = false;
		return 0;
	case KEY_IGNORE:
		if (o->ignored == AUDIT_IGNORE_MAX) {
			argp_error(state, "--ignore: at most %d drivers", AUDIT_IGNORE_MAX);
			return EINVAL;
		}
		o->ignore[o->ignored++] = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument expected: %s", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Would a take be refused at once? The module does not know the target. */
static uint32_t refusal(const struct audit *audit)
{
	char why[FLASH_WHY_SIZE];

	if (audit->info.cause)
		return audit->info.cause;
	if (flash_mtd_number(audit->target, why) >= 0)
		return SNAPCAP_CAUSE_NONE;
	msg_verbose("%s", why);
	return SNAPCAP_CAUSE_NO_MTD;
}

static int rehearse(int fd, struct audit *audit)
{
	struct watch *watch;
	int ret = watch_start(&watch);

	if (ret)
		return ret;
	ret = kdev_rehearse(fd, SNAPCAP_STATE_PASS2, &audit->dry_run_status);
	watch_stop(watch);
	return ret;
}

/* Suspends and resumes once, and learns the time of each callback. */
static int dry_run(int fd, struct audit *audit)
{
	struct pm_record *record;
	int ret = pm_record_start(&record, &audit->times), stopped;

	if (!ret)
		audit->dry_run_error = -rehearse(fd, audit);
	stopped = pm_record_stop(record, &audit->times);
	if (stopped) {
		msg_error("the kernel's switches could not be set back: %s", strerror(-stopped));
		msg_advice("write 0 to /sys/power/pm_print_times and pm_debug_messages");
		return SNAPCTL_FAILURE;
	}
	if (ret) {
		msg_error("the dry run could not be begun: %s", strerror(-ret));
		return SNAPCTL_FAILURE;
	}
	audit_add_times(audit);
	if (audit->dry_run_error == ECANCELED || audit->dry_run_error == EINTR) {
		msg_error("the dry run was cancelled");
		msg_advice("run it again when it suits, or with --no-dry-run");
		return SNAPCTL_CANCELLED;
	}
	return SNAPCTL_OK;
}

static int look(int fd, const struct audit_options *o, struct audit *audit)
{
	int ret = audit_devices(fd, audit, o->ignore, o->ignored);

	if (ret) {
		const struct cause *cause = cause_from_errno(-ret);

		msg_error("the devices cannot be listed: %s",
			  ret == -ENOTTY ? cause->text : strerror(-ret));
		if (ret == -EPERM || ret == -EACCES)
			msg_advice("run it as root, outside of a container");
		else if (ret == -ENOTTY)
			msg_advice("%s", cause->advice);
		return ret == -ENOTTY ? SNAPCTL_UNSUPPORTED : SNAPCTL_FAILURE;
	}
	audit->take = refusal(audit);
	return o->dry_run ? dry_run(fd, audit) : SNAPCTL_OK;
}

static int run(int fd, const struct audit_options *o, struct audit *audit)
{
	int ret = look(fd, o, audit);

	if (ret)
		return ret;
	ret = audit_found(audit) ? SNAPCTL_FOUND : SNAPCTL_OK;
	if (options.json)
		return audit_print_json(audit, ret) ? SNAPCTL_IO : ret;
	audit_print(audit);
	return ret;
}

int cmd_audit(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = audit_options,
		.parser = parse_audit,
		.doc = "Look, before the first take, at what a take and a restore would do to the "
		       "drivers of this system: whose hardware would not come back, who refuses to "
		       "be suspended, and how long each takes. Suspends and resumes all devices "
		       "once; captures and writes nothing."
		       "\vExamples:\n"
		       "  snapctl audit\n"
		       "  snapctl audit --ignore pci-host-generic\n"
		       "  snapctl audit --json | jq '.devices[] | select(.verdict == \"lost\")'\n"
		       "\nExit code 9: something was found.",
		.children = children,
	};
	struct audit_options o = { .mtd = SNAPCTL_DEFAULT_TARGET, .dry_run = true };
	struct audit audit = { .count = 0 };
	int fd, ret = options_parse(&argp, argc, argv, &o);

	if (ret)
		return ret;
	audit.target = o.mtd;
	audit.dry_run = o.dry_run;
	ret = device_open(&fd, &audit.info);
	if (ret)
		return ret;
	ret = run(fd, &o, &audit);
	close(fd);
	pm_times_free(&audit.times);
	free(audit.device);
	return ret;
}
