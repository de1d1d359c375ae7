// SPDX-License-Identifier: GPL-2.0-only
/*
 * By systemctl rather than by D-Bus: no library, and what is done can be tried by hand.
 * Knows units, not what they are stopped for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "mounts.h"
#include "sysfile.h"
#include "systemd.h"

/* Units for one call of systemctl. */
#define UNITS_MAX	256

/* What stops when the unit stops, and what would start it again. */
#define DEPENDENTS	"RequiredBy", "BoundBy", "RequisiteOf", "ConsistsOf", "TriggeredBy"

bool systemd_runs(void)
{
	return !access(sysfile_path("/run/systemd/system").s, F_OK);
}

bool systemd_has(const struct systemd_units *units, const char *name)
{
	for (size_t i = 0; i < units->count; i++)
		if (!strcmp(units->name[i], name))
			return true;
	return false;
}

int systemd_add(struct systemd_units *units, const char *name)
{
	void *more;

	if (!*name || *name == '-' || strlen(name) >= SYSTEMD_NAME_MAX)
		return -EINVAL;
	if (systemd_has(units, name))
		return 0;
	more = reallocarray(units->name, units->count + 1, sizeof(*units->name));
	if (!more)
		return -ENOMEM;
	units->name = more;
	strcpy(units->name[units->count++], name);
	return 0;
}

void systemd_free(struct systemd_units *units)
{
	free(units->name);
	*units = (struct systemd_units){ NULL, 0 };
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && !strcmp(name + len - end, suffix);
}

static int show(const char *const *property, const char *unit, char **text)
{
	char *argv[16], name[PATH_MAX], option[8][32];
	static char systemctl[] = "systemctl", verb[] = "show", separator[] = "--";
	int count = 0;

	argv[count++] = systemctl;
	argv[count++] = verb;
	for (int i = 0; property[i]; i++) {
		snprintf(option[i], sizeof(option[i]), "--property=%s", property[i]);
		argv[count++] = option[i];
	}
	snprintf(name, sizeof(name), "%s", unit);
	argv[count++] = separator;
	argv[count++] = name;
	argv[count] = NULL;
	return command_output(argv, text);
}

/* The value of "NAME=value", or NULL when the line is another one. */
static const char *value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(line, name, len) && line[len] == '=' ? line + len + 1 : NULL;
}

static bool is_active_state(const char *state)
{
	return strcmp(state, "inactive") && strcmp(state, "failed");
}

bool systemd_is_active(const char *name)
{
	static const char *const property[] = { "ActiveState", NULL };
	char *text;
	const char *state;
	bool active;

	if (show(property, name, &text))
		return false;
	text[strcspn(text, "\n")] = '\0';
	state = value_of(text, "ActiveState");
	active = state && is_active_state(state);
	free(text);
	return active;
}

/* @targets: also those, which stop with a service that they require. */
static int add_active(struct systemd_units *units, char *names, bool targets)
{
	char *name;
	int ret = 0;

	while (!ret && (name = strsep(&names, " "))) {
		bool wanted = has_suffix(name, ".service") || has_suffix(name, ".socket") ||
			has_suffix(name, ".timer") || has_suffix(name, ".path") ||
			(targets && has_suffix(name, ".target"));

		if (wanted && !systemd_has(units, name) && systemd_is_active(name))
			ret = systemd_add(units, name);
	}
	return ret;
}

static int add_dependents(struct systemd_units *units, char *text, bool targets)
{
	static const char *const property[] = { DEPENDENTS };
	char *line;
	int ret = 0;

	while (!ret && (line = strsep(&text, "\n"))) {
		for (size_t i = 0; !ret && i < sizeof(property) / sizeof(property[0]); i++) {
			const char *names = value_of(line, property[i]);

			if (names)
				ret = add_active(units, line + (names - line), targets);
		}
	}
	return ret;
}

int systemd_mount_unit(const char *target, char *name, struct systemd_units *units)
{
	static const char *const property[] = { "Id", "FragmentPath", DEPENDENTS, NULL };
	bool has_file = false;
	char *text, *copy, *rest, *line;
	int ret = show(property, target, &text);

	*name = '\0';
	if (ret)
		return ret;
	copy = rest = strdup(text);
	while (rest && (line = strsep(&rest, "\n"))) {
		const char *id = value_of(line, "Id"), *file = value_of(line, "FragmentPath");

		if (id && strlen(id) < SYSTEMD_NAME_MAX)
			strcpy(name, id);
		if (file && *file)
			has_file = true;
	}
	/*
	 * Not targets: local-fs.target requires each mount of fstab, and all that boots
	 * requires that. It does not mind an unmount that was not asked of systemd.
	 */
	ret = copy ? add_dependents(units, text, false) : -ENOMEM;
	free(copy);
	free(text);
	if (!has_file)
		*name = '\0';
	return ret;
}

int systemd_complete(struct systemd_units *units)
{
	static const char *const property[] = { DEPENDENTS, NULL };
	int ret = 0;

	/* The list grows meanwhile. */
	for (size_t i = 0; !ret && i < units->count; i++) {
		char *text;

		ret = show(property, units->name[i], &text);
		if (ret)
			return ret;
		ret = add_dependents(units, text, true);
		free(text);
	}
	return ret;
}

static int run(const char *verb, const struct systemd_units *units, u32 timeout_s,
	       const struct watch *watch)
{
	char *argv[UNITS_MAX + 4], *name = strdup("systemctl"), *what = strdup(verb);
	static char separator[] = "--";
	int count = 0, ret = -ENOMEM;

	if (!units->count) {
		ret = 0;
	} else if (units->count > UNITS_MAX) {
		ret = -E2BIG;
	} else if (name && what) {
		argv[count++] = name;
		argv[count++] = what;
		argv[count++] = separator;
		for (size_t i = 0; i < units->count; i++)
			argv[count++] = units->name[i];
		argv[count] = NULL;
		ret = command_run_bounded(argv, timeout_s, watch);
	}
	free(name);
	free(what);
	return ret;
}

int systemd_stop(const struct systemd_units *units, u32 timeout_s, const struct watch *watch)
{
	return run("stop", units, timeout_s, watch);
}

int systemd_start(const struct systemd_units *units, u32 timeout_s, const struct watch *watch)
{
	return run("start", units, timeout_s, watch);
}

bool systemd_unit_of(pid_t pid, char *name)
{
	char path[64] = "/proc/self/cgroup", *text, *rest, *line, *part;
	bool system = false;

	*name = '\0';
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (sysfile_read(path, &text))
		return false;
	rest = text;
	while (!*name && (line = strsep(&rest, "\n"))) {
		/* Version 2, or systemd's own hierarchy of version 1. */
		if (!strncmp(line, "0::/", 4))
			line += 4;
		else if (strstr(line, ":name=systemd:/"))
			line = strstr(line, ":name=systemd:/") + strlen(":name=systemd:/");
		else
			continue;
		system = mounts_below(line, "system.slice");
		/* A service may have groups of its own below its unit. */
		while (!*name && (part = strsep(&line, "/")))
			if ((has_suffix(part, ".service") || has_suffix(part, ".scope")) &&
			    strlen(part) < SYSTEMD_NAME_MAX)
				strcpy(name, part);
	}
	free(text);
	return system && has_suffix(name, ".service");
}
