// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at all processes. One that ends meanwhile holds nothing. What a process tells of
 * itself is text of a stranger.
 */
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
#include "mounts.h"
#include "procs.h"
#include "sysfile.h"
#include "units.h"

/* From the kernel's mtd.h. */
#define MTD_CHAR_MAJOR	90

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

/* A file that a process has open. */
struct open_file {
	pid_t pid;
	const char *fd;
	struct stat st;
};

typedef int visit_file(void *arg, const struct open_file *file);

/* All files that a process has open, until one visit returns something. */
static int visit_files(pid_t pid, visit_file *visit, void *arg)
{
	struct sysfile_names names;
	char path[320];
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	sysfile_names(path, &names);
	for (int i = 0; !ret && i < names.count; i++) {
		struct open_file file = { .pid = pid, .fd = names.entry[i]->d_name };

		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, file.fd);
		if (!sysfile_stat(path, &file.st))
			ret = visit(arg, &file);
	}
	sysfile_names_free(&names);
	return ret;
}

/* Something of a process that is on a filesystem. */
struct thing {
	dev_t dev;
	char *how;
	size_t size;
};

static int visit_thing(void *arg, const struct open_file *file)
{
	const struct thing *thing = arg;

	if (file->st.st_dev != thing->dev)
		return 0;
	snprintf(thing->how, thing->size, "fd %.20s", file->fd);
	return 1;
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
	struct thing thing = { .dev = dev, .how = how, .size = size };
	struct stat st;
	char path[64];

	/* A kernel thread stands in the root, and holds nothing. */
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (sysfile_stat(path, &st))
		return false;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, links[i]);
		if (!sysfile_stat(path, &st) && st.st_dev == dev) {
			snprintf(how, size, "%s", links[i]);
			return true;
		}
	}
	if (visit_files(pid, visit_thing, &thing))
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
	for (int i = 0; !ret && i < count; i++)
		if (holds(pids[i], dev, how, sizeof(how)))
			ret = add(holders, pids[i], how);
	if (!ret && holds(self, dev, how, sizeof(how)))
		ret = add(holders, self, how);
	free(pids);
	if (ret)
		holders_free(holders);
	return ret;
}

int holders_namespaces(struct holders *holders, dev_t dev)
{
	struct mounts mounts;
	size_t last;
	int ret = mounts_read(&mounts);

	*holders = (struct holders){ NULL, 0 };
	if (!ret && mounts.own == mounts.ns_count)
		ret = -ENOENT;
	last = mounts.own;
	for (size_t i = 0; !ret && i < mounts.count; i++) {
		const struct mount_entry *m = &mounts.mount[i];

		if (m->dev != dev || m->ns == mounts.own || m->ns == last)
			continue;
		last = m->ns;
		ret = add(holders, mounts.ns[m->ns].pid, "mount namespace");
	}
	mounts_free(&mounts);
	if (ret)
		holders_free(holders);
	return ret;
}

void holders_free(struct holders *holders)
{
	free(holders->holder);
	*holders = (struct holders){ NULL, 0 };
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

static int visit_processes(visit_file *visit, void *arg)
{
	pid_t *pids;
	int count = procs_list(&pids), ret = 0;

	if (count < 0)
		return count;
	for (int i = 0; !ret && i < count; i++)
		ret = visit_files(pids[i], visit, arg);
	free(pids);
	return ret;
}

/* Once, with however many files. */
static bool is_last(const struct holders *holders, pid_t pid)
{
	return holders->count && holders->holder[holders->count - 1].pid == pid;
}

/* A device of some major number. */
struct character {
	struct holders *by;
	unsigned int major;
};

static int visit_character(void *arg, const struct open_file *file)
{
	struct character *c = arg;

	if (!S_ISCHR(file->st.st_mode) || major(file->st.st_rdev) != c->major ||
	    is_last(c->by, file->pid))
		return 0;
	return add(c->by, file->pid, "device");
}

int holders_character(struct holders *holders, unsigned int major)
{
	struct character c = { .by = holders, .major = major };
	int ret;

	*holders = (struct holders){ NULL, 0 };
	ret = visit_processes(visit_character, &c);
	if (ret)
		holders_free(holders);
	return ret;
}

struct writers {
	struct holders_writer *writer;
	int count;
};

/* An odd number is that of the device that is for reading alone. */
static bool is_mtd(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) == MTD_CHAR_MAJOR &&
		!(minor(st->st_rdev) & 1);
}

static int visit_writer(void *arg, const struct open_file *file)
{
	struct holders_writer *more, *writer;
	const struct stat *st = &file->st;
	bool mtd = is_mtd(st);
	struct holders by = { NULL, 0 };
	struct writers *w = arg;
	int ret;

	if ((!S_ISBLK(st->st_mode) && !mtd) || !is_for_writing(file->pid, file->fd))
		return 0;
	for (int i = 0; i < w->count; i++) {
		writer = &w->writer[i];
		if (writer->dev == st->st_rdev && writer->mtd == mtd)
			return is_last(&writer->by, file->pid) ? 0 :
				add(&writer->by, file->pid, "device");
	}
	more = reallocarray(w->writer, (size_t)w->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	w->writer = more;
	ret = add(&by, file->pid, "device");
	if (!ret)
		more[w->count++] = (struct holders_writer){
			.dev = st->st_rdev, .mtd = mtd, .by = by,
		};
	return ret;
}

int holders_writers(struct holders_writer **writers)
{
	struct writers w = { NULL, 0 };
	int ret = visit_processes(visit_writer, &w);

	*writers = w.writer;
	if (!ret)
		return w.count;
	holders_writers_free(w.writer, w.count);
	*writers = NULL;
	return ret;
}

void holders_writers_free(struct holders_writer *writers, int count)
{
	for (int i = 0; i < count; i++)
		holders_free(&writers[i].by);
	free(writers);
}

static struct units_text clean(const char *text)
{
	return units_clean(text, strlen(text));
}

void holders_describe(const struct holders *holders, char *text, size_t size)
{
	size_t shown = holders->count < HOLDERS_SHOWN ? holders->count : HOLDERS_SHOWN, len = 0;

	*text = '\0';
	for (size_t i = 0; i < shown && len < size; i++) {
		const struct holder *h = &holders->holder[i];

		len += (size_t)snprintf(text + len, size - len, "%sPID %d (%s%s%s)",
					i ? ", " : "", h->pid, clean(h->command).s,
					*h->unit ? ", " : "", clean(h->unit).s);
	}
	if (holders->count > shown && len < size)
		snprintf(text + len, size - len, " and %zu more", holders->count - shown);
}
