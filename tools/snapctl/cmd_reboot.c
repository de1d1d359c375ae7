// SPDX-License-Identifier: GPL-2.0-only
/* snapctl reboot: ask the boot loader for something, once, and restart the machine. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "device.h"
#include "facts.h"
#include "kdev.h"
#include "msg.h"

#define KEY_COLD	0x500
#define KEY_DOWNLOAD	0x501
#define KEY_PREVIOUS	0x502
#define KEY_MENU	0x503
#define KEY_CLEAR	0x504
#define KEY_NO_REBOOT	0x505

static const struct argp_option reboot_options[] = {
	{ NULL, 0, NULL, 0, "What the boot loader shall do, once:", 1 },
	{ "cold", KEY_COLD, NULL, 0, "Boot the newest OS image, restore no snapshot", 1 },
	{ "previous", KEY_PREVIOUS, NULL, 0, "Boot the OS image before the newest", 1 },
	{ "download", KEY_DOWNLOAD, NULL, 0, "Receive an OS image over the serial line", 1 },
	{ "menu", KEY_MENU, NULL, 0, "Stop in the menu of its console", 1 },
	{ "clear", KEY_CLEAR, NULL, 0, "Nothing: take back what was asked for; no restart", 1 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "no-reboot", KEY_NO_REBOOT, NULL, 0, "At the next restart, whoever causes it", 2 },
	{ "force", 'f', NULL, 0, "At once: services are not stopped, file systems only synchronised",
	  2 },
	{ 0 }
};

/**
 * struct restart - arguments
 * @request: SNAPCAP_REQUEST_*
 * @given: so many were given
 * @stay: no restart
 * @force: no orderly one
 */
struct restart {
	u32 request;
	unsigned int given;
	bool stay;
	bool force;
};

static void choose(struct restart *r, u32 request)
{
	r->request = request;
	r->given++;
}

static error_t parse_reboot(int key, char *arg, struct argp_state *state)
{
	struct restart *r = state->input;

	switch (key) {
	case KEY_COLD:
		choose(r, SNAPCAP_REQUEST_COLD);
		return 0;
	case KEY_PREVIOUS:
		choose(r, SNAPCAP_REQUEST_PREVIOUS);
		return 0;
	case KEY_DOWNLOAD:
		choose(r, SNAPCAP_REQUEST_DOWNLOAD);
		return 0;
	case KEY_MENU:
		choose(r, SNAPCAP_REQUEST_MENU);
		return 0;
	case KEY_CLEAR:
		choose(r, SNAPCAP_REQUEST_NONE);
		r->stay = true;
		return 0;
	case KEY_NO_REBOOT:
		r->stay = true;
		return 0;
	case 'f':
		r->force = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument expected: %s", arg);
		return EINVAL;
	case ARGP_KEY_END:
		if (r->given == 1)
			return 0;
		argp_error(state, "one of --cold, --previous, --download, --menu, --clear is needed");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int ask(int fd, u32 request)
{
	int ret = kdev_request(fd, request);

	switch (-ret) {
	case 0:
		return SNAPCTL_OK;
	case ENODEV:
		msg_error("there is no boot loader that could be asked");
		msg_advice("boot this system through bootstub; snapctl status shows what there is");
		return SNAPCTL_UNSUPPORTED;
	case ENOTTY:
	case EINVAL:
		msg_error("the kernel module does not know that request");
		msg_advice("install a module and a snapctl of the same release");
		return SNAPCTL_UNSUPPORTED;
	default:
		msg_error("the boot loader cannot be asked: %s", strerror(-ret));
		if (ret == -EPERM)
			msg_advice("run it as root");
		return SNAPCTL_FAILURE;
	}
}

static int run_command(char *const argv[])
{
	extern char **environ;
	int status, ret;
	pid_t pid;

	ret = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

/* 0 when the machine is on its way down. */
static int restart_machine(bool force)
{
	static char systemctl[] = "systemctl", reboot_name[] = "reboot";
	char *with_systemd[] = { systemctl, reboot_name, NULL }, *without[] = { reboot_name, NULL };

	if (force) {
		sync();
		return reboot(RB_AUTOBOOT) ? -errno : 0;
	}
	/* How sd_booted() tells it. */
	if (!access("/run/systemd/system", F_OK))
		return run_command(with_systemd);
	return run_command(without);
}

static int report(const struct restart *r)
{
	struct json_object *o;

	if (!options.json) {
		if (options.quiet)
			return SNAPCTL_OK;
		if (r->request)
			printf("at the next start: %s\n", facts_request(r->request));
		else
			printf("nothing is asked of the boot loader any more\n");
		return SNAPCTL_OK;
	}
	o = facts_command("reboot");
	json_text(o, "request", facts_request(r->request));
	json_flag(o, "restart", !r->stay);
	return json_print(o) ? SNAPCTL_IO : SNAPCTL_OK;
}

static int request_and_restart(const struct restart *r, int fd)
{
	int ret = ask(fd, r->request);

	if (ret)
		return ret;
	/* Before the restart: afterwards there may be nobody to read it. */
	ret = report(r);
	fflush(stdout);
	if (ret)
		kdev_request(fd, SNAPCAP_REQUEST_NONE);
	if (ret || r->stay)
		return ret;
	ret = restart_machine(r->force);
	if (!ret)
		return SNAPCTL_OK;
	kdev_request(fd, SNAPCAP_REQUEST_NONE);
	msg_error("the machine cannot be restarted: %s",
		  ret == -ECHILD ? "the command for it failed" : strerror(-ret));
	msg_advice("nothing is asked of the boot loader any more; --force restarts without any "
		   "command");
	return SNAPCTL_FAILURE;
}

int cmd_reboot(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = reboot_options,
		.parser = parse_reboot,
		.doc = "Ask the boot loader for something and restart the machine. It is done once: "
		       "the start after that is an ordinary one. A power cut forgets it."
		       "\vExamples:\n"
		       "  snapctl reboot --cold\n"
		       "  snapctl reboot --download --no-reboot",
		.children = children,
	};
	struct restart r = { .request = SNAPCAP_REQUEST_NONE };
	struct snapcap_info info;
	int fd, ret = options_parse(&argp, argc, argv, &r);

	if (ret)
		return ret;
	ret = device_open(&fd, &info);
	if (ret)
		return ret;
	ret = request_and_restart(&r, fd);
	close(fd);
	return ret;
}
