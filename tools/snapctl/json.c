// SPDX-License-Identifier: GPL-2.0-only
/* The only file that knows json-c. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

void json_free(struct json_object *object)
{
	json_object_put(object);
}

bool json_printed(void)
{
	return printed;
}
