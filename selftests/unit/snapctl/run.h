/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a command as main() would, and catches what it prints. */
#ifndef SNAPCTL_RUN_H
#define SNAPCTL_RUN_H

#include <json-c/json.h>

typedef int (*run_command)(int argc, char **argv);

/**
 * run() - run a command
 * @command: cmd_*
 * @...: its arguments, NULL at the end
 *
 * Return: its exit code; what it printed is in run_out and run_err
 */
int run(run_command command, ...) __attribute__((sentinel));

extern char run_out[1 << 16];
extern char run_err[1 << 16];

/** run_json() - run_out as one JSON object, which must be all of it; freed by the next of these */
struct json_object *run_json(void);

/**
 * json_at() - the member at @path, such as "results.0.ok"; the test fails when it is missing
 *
 * NULL when it is there and null.
 */
struct json_object *json_at(struct json_object *object, const char *path);

/** json_number() - number at @path */
unsigned long long json_number(struct json_object *object, const char *path);

/** json_string() - text at @path */
const char *json_string(struct json_object *object, const char *path);

/** temp_path() - a file name of its own in a folder that is removed at exit */
const char *temp_path(const char *name);

#endif /* SNAPCTL_RUN_H */
