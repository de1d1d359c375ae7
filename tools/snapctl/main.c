// SPDX-License-Identifier: GPL-2.0-only
/* The command table, and nothing that belongs to one command. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "facts.h"
#include "msg.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *text;
} commands[] = {
	{ "take", cmd_take, "take a snapshot of the running system" },
	{ "hibernate", cmd_hibernate, "take a snapshot for a single use, and power off" },
	{ "wanted", cmd_wanted, "tell whether a take is wanted now" },
	{ "cancel", cmd_cancel, "end the take that runs" },
	{ "confirm", cmd_confirm, "this restored system is well: end the trial of its snapshot" },
	{ "ready", cmd_ready, "the applications are: end the settle time, note what they needed" },
	{ "fill", cmd_fill, "read what is still on flash, in the background" },
	{ "check", cmd_check, "what a restore would do to filesystems, swap and open devices" },
	{ "audit", cmd_audit, "what a take and a restore would do to the drivers of this system" },
	{ "status", cmd_status, "how this system came up, and the last take" },
	{ "list", cmd_list, "list the snapshots on flash or in a dump" },
	{ "info", cmd_info, "show what is in a snapshot or an OS image" },
	{ "verify", cmd_verify, "verify a snapshot or an OS image" },
	{ "use", cmd_use, "choose the snapshot that the next power-on restores" },
	{ "drop", cmd_drop, "drop snapshots, so that the next power-on boots cold" },
	{ "mkimage", cmd_mkimage, "make an OS image for the boot loader" },
	{ "install", cmd_install, "write an OS image to flash" },
	{ "reboot", cmd_reboot, "ask the boot loader for something, and restart" },
};

#define COMMAND_COUNT	(sizeof(commands) / sizeof(commands[0]))

/**
 * struct call - the command line, divided
 * @argc: arguments of the command, with its name
 * @argv: those
 */
struct call {
	int argc;
	char **argv;
};

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	struct call *call = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		/* All that follows belongs to the command. */
		(void)arg;
		call->argc = state->argc - state->next + 1;
		call->argv = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	case 'V':
		printf("snapctl %s\n", SNAPCTL_VERSION);
		call->argc = 0;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* argp frees what it is given here. */
static char *list_commands(int key, const char *text, void *input)
{
	size_t size;
	char *help;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fprintf(out, "Commands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].text);
	fprintf(out, "\n'snapctl COMMAND --help' explains a command.\n\nExit codes: 0 done, "
		"10 take: this is the restored system, 1 failure, 2 usage, 3 snapshot or image not "
		"valid, 4 not possible on this system, 5 busy, 6 I/O error, 7 not enough flash or "
		"memory, 8 take: the warm command failed, 9 audit: something was found, "
		"11 take: a filesystem did not come back, 12 wanted: no take is, "
		"13 take, check: a restore would harm a filesystem, 130 cancelled.");
	return fclose(out) ? NULL : help;
}

/* An error is a fact too: a program that asked for JSON gets it in JSON. */
static void print_error_json(const char *command, int ret)
{
	struct json_object *o = facts_command(command), *error = json_new();

	json_u64(o, "exit_code", (uint64_t)ret);
	json_bytes(error, "text", msg_last_error(), strlen(msg_last_error()));
	json_bytes(error, "advice", msg_last_advice(), strlen(msg_last_advice()));
	json_put(o, "error", error);
	json_print(o);
}

static int run(const struct call *call)
{
	char name[64];

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		int ret;

		if (strcmp(call->argv[0], commands[i].name))
			continue;
		/* argp shows it as the name of the program. */
		snprintf(name, sizeof(name), "snapctl %s", commands[i].name);
		call->argv[0] = name;
		ret = commands[i].run(call->argc, call->argv);
		if (ret && options.json && !json_printed())
			print_error_json(commands[i].name, ret);
		if (fflush(stdout) && !ret) {
			msg_error("standard output: %s", strerror(errno));
			ret = SNAPCTL_IO;
		}
		return ret;
	}
	msg_error("there is no command %s", call->argv[0]);
	msg_advice("snapctl --help lists the commands");
	return SNAPCTL_USAGE;
}

int main(int argc, char **argv)
{
	static const struct argp_option own[] = {
		{ "version", 'V', NULL, 0, "Print the version", -3 }, { 0 }
	};
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.options = own,
		.parser = parse_main,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = "Take, examine and drop snapshots of a running system, from which a device "
		       "is on at power-on.\v",
		.children = children,
		.help_filter = list_commands,
	};
	struct call call = { 0 };

	argp_err_exit_status = SNAPCTL_USAGE;
	options_argp_flags = ARGP_IN_ORDER;
	if (options_parse(&argp, argc, argv, &call))
		return SNAPCTL_USAGE;
	options_argp_flags = 0;
	return call.argc ? run(&call) : SNAPCTL_OK;
}
