/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands, exit codes, and the options that all commands share. */
#ifndef SNAPCTL_CMD_H
#define SNAPCTL_CMD_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#define SNAPCTL_VERSION		"1.0"
/* The partition label that the boot loader gives to the snapshot partition. */
#define SNAPCTL_DEFAULT_TARGET	"snapshot"

/** enum snapctl_exit - exit codes; part of the interface, see snapctl(8) */
enum snapctl_exit {
	SNAPCTL_OK = 0,
	SNAPCTL_FAILURE = 1,
	SNAPCTL_USAGE = 2,
	SNAPCTL_INVALID = 3,		/* the snapshot or image is not valid */
	SNAPCTL_UNSUPPORTED = 4,	/* not possible on this system */
	SNAPCTL_BUSY = 5,
	SNAPCTL_IO = 6,
	SNAPCTL_NO_SPACE = 7,		/* flash or memory too small */
	SNAPCTL_WARM = 8,		/* take: the warm command failed, or took too long */
	SNAPCTL_FOUND = 9,		/* audit: a take or a restore would suffer from something */
	SNAPCTL_RESTORED = 10,		/* take: this is the restored system */
	SNAPCTL_UNMOUNTED = 11,		/* take: a filesystem, or its users, did not come back */
	SNAPCTL_UNWANTED = 12,		/* wanted: no take is */
	SNAPCTL_REFUSED = 13,		/* take, check: a restore would harm a filesystem */
	SNAPCTL_CANCELLED = 130,
};

/**
 * struct options - what the shared options say
 * @json: facts to stdout as one JSON object
 * @quiet: no progress, no remarks
 * @verbose: more detail
 * @no_color: never colour
 */
struct options {
	bool json;
	bool quiet;
	bool verbose;
	bool no_color;
};

extern struct options options;

/** options_argp - the shared options, to be a child of each command's parser */
extern const struct argp options_argp;

/**
 * options_parse() - parse the arguments of a command
 * @argp: its parser
 * @argc: count
 * @argv: arguments, the name of the command first
 * @input: passed to the parser
 *
 * Return: 0 or SNAPCTL_USAGE; --help and, outside of tests, usage errors exit
 */
int options_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Flags for argp_parse(); tests add ARGP_NO_EXIT. */
extern unsigned int options_argp_flags;

/**
 * options_size() - parse a size or an offset
 * @text: decimal or 0x, with an optional K, M or G (powers of 1024)
 * @value: result
 *
 * Return: 0 or -EINVAL
 */
int options_size(const char *text, uint64_t *value);

/** options_number() - parse an unsigned number, decimal or 0x; 0 or -EINVAL */
int options_number(const char *text, uint64_t *value);

/**
 * options_sequence() - the argument of --sequence
 * @text: argument
 * @sequence: result
 * @state: for the message
 *
 * Return: 0 or EINVAL, as a parser of argp does
 */
error_t options_sequence(const char *text, uint64_t *sequence, struct argp_state *state);

#define OPTIONS_SECONDS_MAX	(24 * 60 * 60)

/** options_seconds() - parse a time such as 0, 90, 90s or 2m, at most a day; 0 or -EINVAL */
int options_seconds(const char *text, uint32_t *seconds);

/* The commands. Return: enum snapctl_exit. */
int cmd_take(int argc, char **argv);
int cmd_hibernate(int argc, char **argv);
int cmd_wanted(int argc, char **argv);
int cmd_confirm(int argc, char **argv);
int cmd_ready(int argc, char **argv);
int cmd_fill(int argc, char **argv);
int cmd_cancel(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_drop(int argc, char **argv);
int cmd_use(int argc, char **argv);
int cmd_mkimage(int argc, char **argv);
int cmd_install(int argc, char **argv);
int cmd_reboot(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_check(int argc, char **argv);

#endif /* SNAPCTL_CMD_H */
