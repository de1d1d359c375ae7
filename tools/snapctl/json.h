/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON output. */
#ifndef SNAPCTL_JSON_H
#define SNAPCTL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/** json_new() - an object */
struct json_object *json_new(void);

/** json_new_list() - an array */
struct json_object *json_new_list(void);

/** json_put() - @object[@key] = @value, which then belongs to @object */
void json_put(struct json_object *object, const char *key, struct json_object *value);

/** json_append() - add @value, which then belongs to @list */
void json_append(struct json_object *list, struct json_object *value);

/** json_append_text() - add a text to @list */
void json_append_text(struct json_object *list, const char *value);

/** json_u64() - @object[@key] = number */
void json_u64(struct json_object *object, const char *key, uint64_t value);

/** json_double() - @object[@key] = number with three decimals, null when not finite */
void json_double(struct json_object *object, const char *key, double value);

/** json_text() - @object[@key] = text, null when @value is NULL */
void json_text(struct json_object *object, const char *key, const char *value);

/** json_bytes() - @object[@key] = text from flash or kernel, cleaned, of at most @size bytes */
void json_bytes(struct json_object *object, const char *key, const void *value, size_t size);

/** json_flag() - @object[@key] = true or false */
void json_flag(struct json_object *object, const char *key, bool value);

/** json_print() - print @object to stdout and free it; 0, or -EIO when stdout failed */
int json_print(struct json_object *object);

/** json_write() - write @object to a file, on one line, and free it; 0 or a negative errno */
int json_write(struct json_object *object, int fd);

/**
 * json_parse() - the object that @text is
 *
 * Return: freed with json_free(); NULL when it is none
 */
struct json_object *json_parse(const char *text);

/** json_get() - member @key, which stays @object's; NULL when it is not there */
struct json_object *json_get(struct json_object *object, const char *key);

/** json_get_u64() - number @key; 0, or -EPROTO when it is not one, or is negative */
int json_get_u64(struct json_object *object, const char *key, uint64_t *value);

/** json_get_text() - text @key, which stays @object's; NULL when it is not one */
const char *json_get_text(struct json_object *object, const char *key);

/** json_count() - elements of @list, 0 when it is no list */
size_t json_count(struct json_object *list);

/** json_element() - one of them, which stays @list's */
struct json_object *json_element(struct json_object *list, size_t i);

/** json_free() - free an object that is not printed or written */
void json_free(struct json_object *object);

/** json_printed() - has anything been printed? Then an error needs no object of its own. */
bool json_printed(void);

#endif /* SNAPCTL_JSON_H */
