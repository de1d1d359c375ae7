// SPDX-License-Identifier: GPL-2.0-only
/* Parses /proc. What a process tells of itself is text of a stranger. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "holders.h"
#include "procs.h"
#include "sysfile.h"
#include "units.h"

/* The last part that is a unit: a service may have cgroups of its own below. */
static void find_unit(char *text, char *unit, size_t size)
{
	static const char *const kinds[] = { ".service", ".scope", ".socket", ".mount", ".swap" };
	char *line, *part;

	while ((line = strsep(&text, "\n"))) {
		/* One hierarchy, or that of systemd among many. */
		if (strncmp(line, "0::", 3) && !strstr(line, ":name=systemd:"))
			continue;
		while ((part = strsep(&line, "/"))) {
			const char *dot = strrchr(part, '.');

			for (size_t i = 0; dot && i < sizeof(kinds) / sizeof(kinds[0]); i++)
				if (!strcmp(dot, kinds[i]))
					snprintf(unit, size, "%.127s",
						 units_clean(part, strlen(part)).s);
		}
	}
}

static void describe(pid_t pid, struct holder *holder)
{
	char path[64], name[64] = "?", *text;
	u64 start;

	memset(holder, 0, sizeof(*holder));
	holder->pid = pid;
	procs_start(pid, &start, name);
	snprintf(holder->command, sizeof(holder->command), "%.63s",
		 units_clean(name, sizeof(name)).s);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (sysfile_read(path, &text))
		return;
	find_unit(text, holder->unit, sizeof(holder->unit));
	free(text);
}

static void add(struct holders *holders, pid_t pid)
{
	if (holders->count && holders->count <= HOLDERS_MAX &&
	    holders->holder[holders->count - 1].pid == pid)
		return;
	if (holders->count < HOLDERS_MAX)
		describe(pid, &holders->holder[holders->count]);
	holders->count++;
}

static bool is_on(const char *path, dev_t dev)
{
	struct stat st;

	return !sysfile_stat(path, &st) && st.st_dev == dev;
}

static bool has_file_on(pid_t pid, dev_t dev)
{
	struct dirent *entry;
	bool found = false;
	char path[320];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(sysfile_path("%s", path).s);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		found = entry->d_name[0] != '.' && is_on(path, dev);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool has_mapping_on(pid_t pid, dev_t dev)
{
	char path[64], *text, *rest, *line;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (sysfile_read(path, &text))
		return false;
	rest = text;
	while (!found && (line = strsep(&rest, "\n"))) {
		unsigned int major, minor;

		found = sscanf(line, "%*s %*s %*s %x:%x", &major, &minor) == 2 &&
			makedev(major, minor) == dev;
	}
	free(text);
	return found;
}

static bool uses(pid_t pid, dev_t dev)
{
	static const char *const links[] = { "cwd", "root", "exe" };
	struct stat st;
	char path[64];

	/* A kernel thread stands in the root, and holds nothing. */
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (sysfile_stat(path, &st))
		return false;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, links[i]);
		if (is_on(path, dev))
			return true;
	}
	return has_file_on(pid, dev) || has_mapping_on(pid, dev);
}

void holders_of(dev_t dev, struct holders *holders)
{
	pid_t *pids;
	int count = procs_list(&pids);

	memset(holders, 0, sizeof(*holders));
	for (int i = 0; i < count; i++)
		if (uses(pids[i], dev))
			add(holders, pids[i]);
	if (count >= 0)
		free(pids);
}

static bool is_for_writing(pid_t pid, const char *fd)
{
	char path[320], *text, *at;
	unsigned long flags = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	/* When in doubt: yes. */
	if (sysfile_read(path, &text))
		return true;
	at = strstr(text, "flags:");
	if (at)
		flags = strtoul(at + 6, NULL, 8);
	free(text);
	return !at || (!(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY);
}

static int add_writer(struct holders_writer **writers, int *count, dev_t dev, pid_t pid)
{
	struct holders_writer *more;

	for (int i = 0; i < *count; i++) {
		if ((*writers)[i].dev == dev) {
			add(&(*writers)[i].by, pid);
			return 0;
		}
	}
	more = reallocarray(*writers, (size_t)*count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	*writers = more;
	memset(&more[*count], 0, sizeof(*more));
	more[*count].dev = dev;
	add(&more[(*count)++].by, pid);
	return 0;
}

static int look_at(pid_t pid, struct holders_writer **writers, int *count)
{
	struct dirent *entry;
	char path[320];
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(sysfile_path("%s", path).s);
	while (dir && !ret && (entry = readdir(dir))) {
		struct stat st;

		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		if (entry->d_name[0] != '.' && !sysfile_stat(path, &st) && S_ISBLK(st.st_mode) &&
		    is_for_writing(pid, entry->d_name))
			ret = add_writer(writers, count, st.st_rdev, pid);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int holders_writers(struct holders_writer **writers)
{
	int count = 0, ret = 0, processes;
	pid_t *pids;

	*writers = NULL;
	processes = procs_list(&pids);
	if (processes < 0)
		return processes;
	for (int i = 0; !ret && i < processes; i++)
		ret = look_at(pids[i], writers, &count);
	free(pids);
	if (!ret)
		return count;
	free(*writers);
	*writers = NULL;
	return ret;
}

void holders_describe(const struct holders *holders, char *text, size_t size)
{
	size_t shown = holders->count < HOLDERS_MAX ? holders->count : HOLDERS_MAX, len = 0;

	*text = '\0';
	for (size_t i = 0; i < shown && len < size; i++) {
		const struct holder *h = &holders->holder[i];

		len += (size_t)snprintf(text + len, size - len, "%sPID %d (%s%s%s)",
					i ? ", " : "", h->pid, h->command, *h->unit ? ", " : "",
					h->unit);
	}
	if (holders->count > shown && len < size)
		snprintf(text + len, size - len, " and %zu more", holders->count - shown);
}
