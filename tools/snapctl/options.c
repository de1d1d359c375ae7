// SPDX-License-Identifier: GPL-2.0-only
/* Parsing of what several commands have in common. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

struct options options;
unsigned int options_argp_flags;

#define KEY_NO_COLOR	0x100

static const struct argp_option shared_options[] = {
	{ NULL, 0, NULL, 0, "Common options:", -2 },
	{ "json", 'j', NULL, 0, "Print facts as one JSON object", -2 },
	{ "quiet", 'q', NULL, 0, "No progress and no remarks, only results and errors", -2 },
	{ "verbose", 'v', NULL, 0, "More detail", -2 },
	{ "no-color", KEY_NO_COLOR, NULL, 0, "No colours (also: NO_COLOR in the environment)", -2 },
	{ 0 }
};

static error_t parse_shared(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	(void)state;
	switch (key) {
	case 'j':
		options.json = true;
		return 0;
	case 'q':
		options.quiet = true;
		return 0;
	case 'v':
		options.verbose = true;
		return 0;
	case KEY_NO_COLOR:
		options.no_color = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp options_argp = { shared_options, parse_shared, NULL, NULL, NULL, NULL, NULL };

int options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	return argp_parse(argp, argc, argv, options_argp_flags, NULL, input) ? SNAPCTL_USAGE : 0;
}

int options_number(const char *text, uint64_t *value)
{
	char *end;

	/* strtoull takes signs and white space, which are mistakes here. */
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, text[0] == '0' && tolower(text[1]) == 'x' ? 16 : 10);
	return errno || *end ? -EINVAL : 0;
}

error_t options_sequence(const char *text, uint64_t *sequence, struct argp_state *state)
{
	if (!options_number(text, sequence))
		return 0;
	argp_error(state, "not a sequence number: %s", text);
	return EINVAL;
}

int options_size(const char *text, uint64_t *value)
{
	size_t len = strlen(text);
	char number[32];
	unsigned int shift = 0;

	if (!len || len >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, len + 1);
	switch (number[len - 1]) {
	case 'G': case 'g':
		shift += 10;
		/* fall through */
	case 'M': case 'm':
		shift += 10;
		/* fall through */
	case 'K': case 'k':
		shift += 10;
		number[len - 1] = '\0';
		break;
	}
	if (options_number(number, value) || *value > UINT64_MAX >> shift)
		return -EINVAL;
	*value <<= shift;
	return 0;
}

int options_seconds(const char *text, uint32_t *seconds)
{
	size_t len = strlen(text);
	uint64_t value, unit = 1;
	char number[32];

	if (!len || len >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, len + 1);
	if (number[len - 1] == 's' || number[len - 1] == 'm') {
		unit = number[len - 1] == 'm' ? 60 : 1;
		number[len - 1] = '\0';
	}
	/* A day is more than anybody waits, and keeps milliseconds within an int. */
	if (options_number(number, &value) || value > OPTIONS_SECONDS_MAX / unit)
		return -EINVAL;
	*seconds = (uint32_t)(value * unit);
	return 0;
}
