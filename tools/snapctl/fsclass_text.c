// SPDX-License-Identifier: GPL-2.0-only
/* The decision for people and programs. What it names is text of strangers: it is cleaned. */
#include <stdio.h>
#include <string.h>

#include "fsclass.h"
#include "json.h"
#include "msg.h"
#include "units.h"

const char *fsclass_name(enum fsclass class)
{
	static const char *const names[] = {
		[FSCLASS_VOLATILE] = "volatile",
		[FSCLASS_IMMUTABLE] = "immutable",
		[FSCLASS_PERSISTENT] = "persistent",
		[FSCLASS_REFUSED] = "refused",
	};

	return names[class];
}

static const char *kind_name(enum fsclass_kind kind)
{
	static const char *const names[] = {
		[FSCLASS_MOUNT] = "mount",
		[FSCLASS_SWAP] = "swap",
		[FSCLASS_DEVICE] = "device",
		[FSCLASS_NAMESPACE] = "namespace",
	};

	return names[kind];
}

static struct json_object *holders_json(const struct holders *holders)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < holders->count && i < HOLDERS_SHOWN; i++) {
		const struct holder *h = &holders->holder[i];
		struct json_object *o = json_new();

		json_u64(o, "pid", (uint64_t)h->pid);
		json_bytes(o, "command", h->command, sizeof(h->command));
		if (*h->unit)
			json_bytes(o, "unit", h->unit, sizeof(h->unit));
		else
			json_put(o, "unit", NULL);
		json_append(list, o);
	}
	return list;
}

static struct json_object *entry_json(const struct fsclass_entry *e)
{
	struct json_object *o = json_new();

	json_text(o, "kind", kind_name(e->kind));
	json_u64(o, "class", e->class);
	json_text(o, "class_name", fsclass_name(e->class));
	json_bytes(o, "where", e->where, sizeof(e->where));
	json_bytes(o, "type", e->type, sizeof(e->type));
	json_bytes(o, "device", e->device, sizeof(e->device));
	if (e->pid)
		json_u64(o, "namespace_pid", (uint64_t)e->pid);
	json_bytes(o, "why", e->why, sizeof(e->why));
	if (e->class != FSCLASS_REFUSED)
		return o;
	json_bytes(o, "advice", e->advice, sizeof(e->advice));
	json_put(o, "holders", holders_json(&e->holders));
	json_u64(o, "holder_count", e->holders.count);
	return o;
}

struct json_object *fsclass_json(const struct fsclass_table *table, bool refused)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < table->count; i++)
		if (!refused || table->entry[i].class == FSCLASS_REFUSED)
			json_append(list, entry_json(&table->entry[i]));
	return list;
}

void fsclass_complain(const struct fsclass_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct fsclass_entry *e = &table->entry[i];
		char holders[320], ns[100] = "";

		if (e->class != FSCLASS_REFUSED)
			continue;
		holders_describe(&e->holders, holders, sizeof(holders));
		if (e->pid)
			snprintf(ns, sizeof(ns), " in the mount namespace of PID %d (%s)", e->pid,
				 e->process);
		msg_error("%s (%s on %s)%s: %s%s%s", units_clean(e->where, sizeof(e->where)).s,
			  units_clean(e->type, sizeof(e->type)).s,
			  units_clean(e->device, sizeof(e->device)).s, ns,
			  units_clean(e->why, sizeof(e->why)).s, *holders ? "; held by " : "",
			  holders);
		msg_advice("%s", units_clean(e->advice, sizeof(e->advice)).s);
	}
}
