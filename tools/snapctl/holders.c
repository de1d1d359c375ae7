// SPDX-License-Identifier: GPL-2.0-only
/* Looks at all processes. One that ends meanwhile holds nothing. */
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
#include "mounttab.h"
#include "procs.h"
#include "sysfile.h"

static int add(struct holders *holders, pid_t pid, const char *how)
{
	struct holder *more = reallocarray(holders->holder, holders->count + 1, sizeof(*more));
	struct holder *h;
	u64 start;

	if (!more)
		return -ENOMEM;
	holders->holder = more;
	h = &more[holders->count++];
	memset(h, 0, sizeof(*h));
	h->pid = pid;
	snprintf(h->how, sizeof(h->how), "%s", how);
	if (procs_start(pid, &start, h->command))
		strcpy(h->command, "?");
	h->service = systemd_unit_of(pid, h->unit);
	return 0;
}

static bool is_on(const char *path, dev_t dev)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == dev;
}

static bool has_file(pid_t pid, dev_t dev, char *how, size_t size)
{
	struct sysfile_path folder = sysfile_path("/proc/%d/fd", pid);
	DIR *dir = opendir(folder.s);
	struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		struct stat st;

		found = *entry->d_name != '.' && !fstatat(dirfd(dir), entry->d_name, &st, 0) &&
			st.st_dev == dev;
		if (found)
			snprintf(how, size, "fd %.20s", entry->d_name);
	}
	closedir(dir);
	return found;
}

static bool has_map(pid_t pid, dev_t dev)
{
	char path[64], *text, *rest, *line;
	unsigned int major, minor;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (sysfile_read(path, &text))
		return false;
	rest = text;
	while (!found && (line = strsep(&rest, "\n")))
		found = sscanf(line, "%*s %*s %*s %x:%x", &major, &minor) == 2 &&
			makedev(major, minor) == dev;
	free(text);
	return found;
}

static bool holds(pid_t pid, dev_t dev, char *how, size_t size)
{
	static const char *const links[] = { "cwd", "root", "exe" };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (is_on(sysfile_path("/proc/%d/%s", pid, links[i]).s, dev)) {
			snprintf(how, size, "%s", links[i]);
			return true;
		}
	}
	if (has_file(pid, dev, how, size))
		return true;
	snprintf(how, size, "map");
	return has_map(pid, dev);
}

int holders_find(struct holders *holders, dev_t dev)
{
	pid_t *pids, self = getpid();
	char how[32];
	int count = procs_list(&pids), ret = 0;

	*holders = (struct holders){ NULL, 0 };
	if (count < 0)
		return count;
	if (holds(self, dev, how, sizeof(how)))
		ret = add(holders, self, how);
	for (int i = 0; !ret && i < count; i++)
		if (holds(pids[i], dev, how, sizeof(how)))
			ret = add(holders, pids[i], how);
	free(pids);
	if (ret)
		holders_free(holders);
	return ret;
}

static bool namespace_of(pid_t pid, ino_t *ino)
{
	struct stat st;

	if (stat(sysfile_path("/proc/%d/ns/mnt", pid).s, &st))
		return false;
	*ino = st.st_ino;
	return true;
}

static bool sees(pid_t pid, dev_t dev)
{
	struct mounttab tab;
	bool found = false;

	if (mounttab_read(&tab, pid))
		return false;
	for (size_t i = 0; !found && i < tab.count; i++)
		found = tab.entry[i].dev == dev;
	mounttab_free(&tab);
	return found;
}

/* @seen has room for all of @pids and one more, and the namespace of this process. */
static int find_namespaces(struct holders *holders, dev_t dev, const pid_t *pids, int count,
			   ino_t *seen)
{
	int known = 1, ret = 0;

	for (int i = 0; !ret && i < count; i++) {
		bool is_new = true;
		ino_t ino;

		if (!namespace_of(pids[i], &ino))
			continue;
		for (int k = 0; is_new && k < known; k++)
			is_new = seen[k] != ino;
		if (!is_new)
			continue;
		seen[known++] = ino;
		if (sees(pids[i], dev))
			ret = add(holders, pids[i], "mount namespace");
	}
	return ret;
}

int holders_namespaces(struct holders *holders, dev_t dev)
{
	pid_t *pids;
	ino_t *seen;
	int count = procs_list(&pids), ret;

	*holders = (struct holders){ NULL, 0 };
	if (count < 0)
		return count;
	seen = calloc((size_t)count + 1, sizeof(*seen));
	if (!seen || !namespace_of(getpid(), &seen[0]))
		ret = seen ? -ENOENT : -ENOMEM;
	else
		ret = find_namespaces(holders, dev, pids, count, seen);
	free(seen);
	free(pids);
	if (ret)
		holders_free(holders);
	return ret;
}

void holders_free(struct holders *holders)
{
	free(holders->holder);
	*holders = (struct holders){ NULL, 0 };
}
