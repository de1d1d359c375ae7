// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "msg.h"
#include "run.h"

char run_out[1 << 16];
char run_err[1 << 16];

static struct json_object *parsed;
static char folder[] = "/tmp/snapctl-test.XXXXXX";

struct capture {
	FILE *stream;
	FILE *file;
	int saved;
};

static void capture_begin(struct capture *c, FILE *stream)
{
	c->stream = stream;
	c->file = tmpfile();
	assert_non_null(c->file);
	fflush(stream);
	c->saved = dup(fileno(stream));
	dup2(fileno(c->file), fileno(stream));
}

static void capture_end(struct capture *c, char *text, size_t size)
{
	size_t len;

	fflush(c->stream);
	dup2(c->saved, fileno(c->stream));
	close(c->saved);
	rewind(c->file);
	len = fread(text, 1, size - 1, c->file);
	text[len] = '\0';
	fclose(c->file);
}

int run(run_command command, ...)
{
	char name[] = "snapctl test", *argv[32] = { name };
	struct capture out, err;
	va_list args;
	int argc = 1, ret;

	va_start(args, command);
	while ((argv[argc] = va_arg(args, char *)))
		assert_true(++argc < 31);
	va_end(args);

	memset(&options, 0, sizeof(options));
	msg_reset();
	options_argp_flags = ARGP_NO_EXIT;
	capture_begin(&out, stdout);
	capture_begin(&err, stderr);
	ret = command(argc, argv);
	capture_end(&err, run_err, sizeof(run_err));
	capture_end(&out, run_out, sizeof(run_out));
	json_object_put(parsed);
	parsed = NULL;
	return ret;
}

struct json_object *run_json(void)
{
	struct json_tokener *tokener = json_tokener_new();
	size_t len = strlen(run_out);

	json_object_put(parsed);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = json_tokener_parse_ex(tokener, run_out, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		fail_msg("not JSON: %s", run_out);
	/* One object and a newline. */
	assert_true(json_tokener_get_parse_end(tokener) + 1 >= len);
	json_tokener_free(tokener);
	assert_true(json_object_is_type(parsed, json_type_object));
	return parsed;
}

struct json_object *json_at(struct json_object *object, const char *path)
{
	char copy[128], *part, *rest = copy;

	assert_true(strlen(path) < sizeof(copy));
	strcpy(copy, path);
	while ((part = strsep(&rest, "."))) {
		if (json_object_is_type(object, json_type_array)) {
			if ((size_t)atoi(part) >= json_object_array_length(object))
				fail_msg("%s: no element %s", path, part);
			object = json_object_array_get_idx(object, (size_t)atoi(part));
		} else if (!json_object_object_get_ex(object, part, &object)) {
			fail_msg("%s: no member %s", path, part);
		}
	}
	return object;
}

unsigned long long json_number(struct json_object *object, const char *path)
{
	struct json_object *value = json_at(object, path);

	if (!json_object_is_type(value, json_type_int))
		fail_msg("%s is not a number", path);
	return json_object_get_uint64(value);
}

const char *json_string(struct json_object *object, const char *path)
{
	struct json_object *value = json_at(object, path);

	if (!json_object_is_type(value, json_type_string))
		fail_msg("%s is not a text", path);
	return json_object_get_string(value);
}

static void remove_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(folder);
	json_object_put(parsed);
}

const char *temp_path(const char *name)
{
	static char path[8][256];
	static unsigned int next;

	if (!strncmp(folder + strlen(folder) - 6, "XXXXXX", 6)) {
		assert_non_null(mkdtemp(folder));
		atexit(remove_folder);
	}
	next = (next + 1) % 8;
	snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
	return path[next];
}
