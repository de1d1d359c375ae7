// SPDX-License-Identifier: GPL-2.0-only
/* snapctl check: would a take be refused for what is mounted, swapped to or open? */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "facts.h"
#include "fsclass.h"
#include "msg.h"
#include "units.h"

static void print_text(const struct fsclass_table *table)
{
	if (!options.quiet)
		printf("%-10s  %-20s  %-10s  %-20s  %s\n", "CLASS", "WHERE", "TYPE", "DEVICE",
		       "WHY");
	for (size_t i = 0; i < table->count; i++) {
		const struct fsclass_entry *e = &table->entry[i];
		bool refused = e->class == FSCLASS_REFUSED;

		if (!refused && options.quiet)
			continue;
		printf("%s%d %-8s%s  %-20s  %-10s  %-20s  %s\n",
		       msg_color(stdout, refused ? MSG_BAD : MSG_PLAIN), e->class,
		       refused ? "refused" : e->class == FSCLASS_PERSISTENT ? "listed" :
		       fsclass_name(e->class), msg_color(stdout, MSG_PLAIN),
		       units_clean(e->where, sizeof(e->where)).s,
		       units_clean(e->type, sizeof(e->type)).s,
		       units_clean(e->device, sizeof(e->device)).s,
		       units_clean(e->why, sizeof(e->why)).s);
	}
	if (!table->refused && !options.quiet)
		printf("A take would not be refused.\n");
}

static int print_json(const struct fsclass_table *table, int exit_code)
{
	struct json_object *o = facts_command("check");

	json_u64(o, "exit_code", (uint64_t)exit_code);
	json_flag(o, "possible", !table->refused);
	json_u64(o, "refused", table->refused);
	json_put(o, "entries", fsclass_json(table, false));
	return json_print(o);
}

static int check(const struct conf *conf, struct fsclass_table *table)
{
	int ret = fsclass_decide(conf, 0, table);

	if (ret) {
		msg_error("what is mounted cannot be found out: %s", strerror(-ret));
		msg_advice("run it as root, with /proc and /sys mounted");
		return SNAPCTL_FAILURE;
	}
	ret = table->refused ? SNAPCTL_REFUSED : SNAPCTL_OK;
	if (options.json)
		return print_json(table, ret) ? SNAPCTL_IO : ret;
	print_text(table);
	fflush(stdout);
	fsclass_complain(table);
	return ret;
}

static error_t parse_check(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "no argument expected: %s", arg);
	return EINVAL;
}

int cmd_check(int argc, char **argv)
{
	static const struct argp_child children[] = { { &options_argp, 0, NULL, -2 }, { 0 } };
	static const struct argp argp = {
		.parser = parse_check,
		.doc = "Say of everything that is mounted, swapped to or open for writing what a "
		       "snapshot makes of it: 1 volatile (part of it), 2 immutable, 3 listed in "
		       CONF_PATH " (unmounted for the take), or 4: a restore would harm it, and a "
		       "take is refused. Changes nothing."
		       "\vExit code 13: a take would be refused.\n\nExamples:\n"
		       "  snapctl check\n"
		       "  snapctl check --json | jq '.entries[] | select(.class == 4)'",
		.children = children,
	};
	struct fsclass_table table = { 0 };
	struct conf conf;
	int ret = options_parse(&argp, argc, argv, NULL);

	if (ret)
		return ret;
	if (conf_load(&conf))
		return SNAPCTL_FAILURE;
	ret = check(&conf, &table);
	fsclass_free(&table);
	return ret;
}
