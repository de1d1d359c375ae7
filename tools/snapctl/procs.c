// SPDX-License-Identifier: GPL-2.0-only
/* Parses /proc. A process may end at any time: that is an error number like others. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "procs.h"
#include "sysfile.h"

#define START_FIELD	22

int procs_list(pid_t **pids)
{
	struct sysfile_names names;
	int ret = sysfile_names("/proc", &names), count = 0;
	pid_t *list;

	if (ret)
		return ret;
	list = calloc((size_t)names.count + 1, sizeof(*list));
	for (int i = 0; list && i < names.count; i++) {
		const char *name = names.entry[i]->d_name;
		long pid = strtol(name, NULL, 10);

		if (isdigit((unsigned char)*name) && pid > 0 && pid <= INT_MAX && pid != getpid())
			list[count++] = (pid_t)pid;
	}
	sysfile_names_free(&names);
	*pids = list;
	return list ? count : -ENOMEM;
}

/* 1: a mapping, 0: one that has no pages to speak of */
static int parse_map(const char *line, struct procs_map *map)
{
	char perms[5];
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %n", &map->start, &map->end,
		   perms, &name) != 3 || map->start >= map->end)
		return 0;
	/* Reserved address space, often huge, and what the kernel puts there itself. */
	if (!strncmp(perms, "---", 3))
		return 0;
	map->writable = perms[1] == 'w';
	return !name || (strncmp(line + name, "[v", 2) != 0);
}

int procs_maps(pid_t pid, struct procs_map **maps)
{
	struct procs_map *list = NULL, *more;
	char path[64], *text, *rest, *line;
	int count = 0, ret;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	ret = sysfile_read(path, &text);
	if (ret)
		return ret;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		struct procs_map map;

		if (!parse_map(line, &map))
			continue;
		more = reallocarray(list, (size_t)count + 1, sizeof(*list));
		if (!more) {
			free(list);
			free(text);
			return -ENOMEM;
		}
		list = more;
		list[count++] = map;
	}
	free(text);
	*maps = list;
	return count;
}

static int parse_stat(char *text, u64 *start, char *name)
{
	/* The name may hold anything, also brackets and blanks. */
	char *open = strchr(text, '('), *close = strrchr(text, ')'), *rest, *field = NULL;

	if (!open || !close || close < open)
		return -EPROTO;
	*close = '\0';
	if (name)
		snprintf(name, 64, "%s", open + 1);
	rest = close + 1;
	if (*rest == ' ')
		rest++;
	for (int i = 3; i <= START_FIELD; i++)
		field = strsep(&rest, " ");
	if (!field || !isdigit((unsigned char)*field))
		return -EPROTO;
	*start = strtoull(field, NULL, 10);
	return 0;
}

int procs_start(pid_t pid, u64 *start, char *name)
{
	char path[64], *text;
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ret = sysfile_read(path, &text);
	if (ret)
		return ret;
	ret = parse_stat(text, start, name);
	free(text);
	return ret;
}
