// SPDX-License-Identifier: GPL-2.0-only
/* The only file that knows json-c. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "json.h"
#include "units.h"

static bool printed;

/* Out of memory for a few hundred bytes: there is nothing sensible to go on with. */
static struct json_object *need(struct json_object *object)
{
	if (!object)
		abort();
	return object;
}

struct json_object *json_new(void)
{
	return need(json_object_new_object());
}

struct json_object *json_new_list(void)
{
	return need(json_object_new_array());
}

void json_put(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value))
		abort();
}

void json_append(struct json_object *list, struct json_object *value)
{
	if (json_object_array_add(list, value))
		abort();
}

void json_append_text(struct json_object *list, const char *value)
{
	json_append(list, need(json_object_new_string(value)));
}

void json_u64(struct json_object *object, const char *key, uint64_t value)
{
	json_put(object, key, need(json_object_new_uint64(value)));
}

void json_double(struct json_object *object, const char *key, double value)
{
	char text[64];

	if (!isfinite(value)) {
		json_put(object, key, NULL);
		return;
	}
	snprintf(text, sizeof(text), "%.3f", value);
	json_put(object, key, need(json_object_new_double_s(value, text)));
}

void json_text(struct json_object *object, const char *key, const char *value)
{
	json_put(object, key, value ? need(json_object_new_string(value)) : NULL);
}

void json_bytes(struct json_object *object, const char *key, const void *value, size_t size)
{
	json_text(object, key, units_clean(value, size).s);
}

void json_flag(struct json_object *object, const char *key, bool value)
{
	json_put(object, key, need(json_object_new_boolean(value)));
}

int json_print(struct json_object *object)
{
	int ret = 0;

	if (puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						JSON_C_TO_STRING_NOSLASHESCAPE)) < 0 ||
	    fflush(stdout))
		ret = -EIO;
	json_object_put(object);
	printed = true;
	return ret;
}

int json_write(struct json_object *object, int fd)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	size_t len = strlen(text), done = 0;
	int ret = 0;

	while (!ret && done < len) {
		ssize_t put = write(fd, text + done, len - done);

		if (put >= 0)
			done += (size_t)put;
		else if (errno != EINTR)
			ret = -errno;
	}
	json_object_put(object);
	return ret;
}

struct json_object *json_parse(const char *text)
{
	struct json_object *object = json_tokener_parse(text);

	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

struct json_object *json_get(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

int json_get_u64(struct json_object *object, const char *key, uint64_t *value)
{
	struct json_object *number = json_get(object, key);

	if (!json_object_is_type(number, json_type_int) || json_object_get_int64(number) < 0)
		return -EPROTO;
	*value = json_object_get_uint64(number);
	return 0;
}

const char *json_get_text(struct json_object *object, const char *key)
{
	struct json_object *text = json_get(object, key);

	return json_object_is_type(text, json_type_string) ? json_object_get_string(text) : NULL;
}

size_t json_count(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

struct json_object *json_element(struct json_object *list, size_t i)
{
	return json_object_array_get_idx(list, i);
}

void json_free(struct json_object *object)
{
	json_object_put(object);
}

bool json_printed(void)
{
	return printed;
}
