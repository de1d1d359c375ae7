// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only file that knows libmount. A namespace is looked at through a process that lives in
 * it; threads count, for each may have one of its own.
 */
#include <dirent.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "mounts.h"
#include "procs.h"
#include "sysfile.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW	256
#endif

static size_t find_ns(const struct mounts *mounts, const char *id)
{
	for (size_t i = 0; i < mounts->ns_count; i++)
		if (!strcmp(mounts->ns[i].id, id))
			return i;
	return mounts->ns_count;
}

static int read_link(const char *path, char *text, size_t size)
{
	ssize_t len = readlink(sysfile_path("%s", path).s, text, size - 1);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	return 0;
}

static unsigned int tag(const char *fields, const char *name)
{
	const char *at = fields ? strstr(fields, name) : NULL;

	return at ? (unsigned int)strtoul(at + strlen(name), NULL, 10) : 0;
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static bool has_option(const char *options, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

static int add_mount(struct mounts *mounts, struct libmnt_fs *fs)
{
	const char *fields = mnt_fs_get_optional_fields(fs);
	struct mount_entry *more, *m;

	more = reallocarray(mounts->mount, mounts->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	mounts->mount = more;
	m = &more[mounts->count++];
	*m = (struct mount_entry){
		.ns = mounts->ns_count - 1,
		.dev = mnt_fs_get_devno(fs),
		.root = copy(mnt_fs_get_root(fs)),
		.where = copy(mnt_fs_get_target(fs)),
		.options = copy(mnt_fs_get_vfs_options(fs)),
		.type = copy(mnt_fs_get_fstype(fs)),
		.source = copy(mnt_fs_get_source(fs)),
		.fs_options = copy(mnt_fs_get_fs_options(fs)),
		.peer = tag(fields, "shared:"),
		.master = tag(fields, "master:"),
	};
	if (!m->root || !m->where || !m->options || !m->type || !m->source || !m->fs_options)
		return -ENOMEM;
	m->read_only = has_option(m->fs_options, "ro");
	return 0;
}

/* libmount leaves a line out that it does not understand: that would be a mount unseen. */
static int refuse_line(struct libmnt_table *table, const char *file, int line)
{
	(void)table;
	(void)file;
	(void)line;
	return -EPROTO;
}

static int read_table(const char *path, struct libmnt_table **table)
{
	int ret;

	*table = mnt_new_table();
	if (!*table)
		return -ENOMEM;
	mnt_table_set_parser_errcb(*table, refuse_line);
	ret = mnt_table_parse_file(*table, sysfile_path("%s", path).s);
	if (!ret && mnt_table_is_empty(*table))
		ret = -ENOENT;
	return ret > 0 ? -ret : ret;
}

static int add_mounts(struct mounts *mounts, struct libmnt_table *table)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int ret = iter ? 0 : -ENOMEM;

	while (!ret && !mnt_table_next_fs(table, iter, &fs))
		ret = add_mount(mounts, fs);
	mnt_free_iter(iter);
	return ret;
}

/* 0 also when the process is gone; then the next of the namespace is asked. */
static int add_ns(struct mounts *mounts, const char *task, pid_t pid, const char *id)
{
	struct mount_ns *more = reallocarray(mounts->ns, mounts->ns_count + 1, sizeof(*more));
	struct libmnt_table *table = NULL;
	char path[96];
	u64 start;
	int ret;

	if (!more)
		return -ENOMEM;
	mounts->ns = more;
	snprintf(path, sizeof(path), "%s/mountinfo", task);
	ret = read_table(path, &table);
	if (!ret) {
		struct mount_ns *ns = &more[mounts->ns_count++];

		memset(ns, 0, sizeof(*ns));
		snprintf(ns->id, sizeof(ns->id), "%s", id);
		ns->pid = pid;
		procs_start(pid, &start, ns->process);
		ret = add_mounts(mounts, table);
	}
	mnt_unref_table(table);
	return ret == -ENOENT || ret == -ESRCH || ret == -EINVAL || ret == -EACCES ? 0 : ret;
}

/* @whole: only a process whose root is that of its namespace sees all of it. */
static int look_at_task(struct mounts *mounts, const char *task, pid_t pid, bool whole)
{
	char path[96], id[32], root[8];

	snprintf(path, sizeof(path), "%s/ns/mnt", task);
	if (read_link(path, id, sizeof(id)) || find_ns(mounts, id) < mounts->ns_count)
		return 0;
	snprintf(path, sizeof(path), "%s/root", task);
	if (whole && (read_link(path, root, sizeof(root)) || strcmp(root, "/")))
		return 0;
	return add_ns(mounts, task, pid, id);
}

static int look_at_process(struct mounts *mounts, pid_t pid, bool whole)
{
	struct sysfile_names names;
	char task[64];
	int ret;

	snprintf(task, sizeof(task), "/proc/%d", pid);
	ret = look_at_task(mounts, task, pid, whole);
	if (ret)
		return ret;
	snprintf(task, sizeof(task), "/proc/%d/task", pid);
	sysfile_names(task, &names);
	for (int i = 0; !ret && i < names.count; i++) {
		char *end;
		long tid = strtol(names.entry[i]->d_name, &end, 10);

		if (*end || tid <= 0 || tid == pid)
			continue;
		snprintf(task, sizeof(task), "/proc/%d/task/%ld", pid, tid);
		ret = look_at_task(mounts, task, pid, whole);
	}
	sysfile_names_free(&names);
	return ret;
}

static int look_at_all(struct mounts *mounts, const pid_t *pids, int count)
{
	int ret = look_at_process(mounts, 1, false);

	for (int whole = 1; !ret && whole >= 0; whole--) {
		/* procs_list() leaves this process out, which may be alone in a namespace. */
		for (int i = 0; !ret && i < count; i++)
			ret = look_at_process(mounts, pids[i], whole);
		if (!ret)
			ret = look_at_process(mounts, getpid(), whole);
	}
	return ret;
}

static void find_own(struct mounts *mounts)
{
	char id[32];

	mounts->own = mounts->ns_count;
	if (!read_link("/proc/self/ns/mnt", id, sizeof(id)))
		mounts->own = find_ns(mounts, id);
}

static void find_hidden(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_entry *m = &mounts->mount[i];

		if (!strcmp(m->type, "nsfs") && !strncmp(m->root, "mnt:[", 5) &&
		    find_ns(mounts, m->root) == mounts->ns_count)
			snprintf(mounts->hidden, sizeof(mounts->hidden), "%s", m->root);
	}
}

int mounts_read(struct mounts *mounts)
{
	pid_t *pids;
	int count = procs_list(&pids), ret;

	memset(mounts, 0, sizeof(*mounts));
	if (count < 0)
		return count;
	ret = look_at_all(mounts, pids, count);
	free(pids);
	if (!ret && !mounts->count)
		ret = -ENOENT;
	find_own(mounts);
	find_hidden(mounts);
	return ret;
}

void mounts_free(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		struct mount_entry *m = &mounts->mount[i];

		free(m->root);
		free(m->where);
		free(m->options);
		free(m->type);
		free(m->source);
		free(m->fs_options);
	}
	free(mounts->mount);
	free(mounts->ns);
	memset(mounts, 0, sizeof(*mounts));
}

bool mounts_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (!strcmp(folder, "/"))
		return *path == '/';
	return !strncmp(path, folder, len) && (!path[len] || path[len] == '/');
}

const struct mount_entry *mounts_find(const struct mounts *mounts, size_t ns, const char *path)
{
	const struct mount_entry *found = NULL;

	/* Of two at the same place, the later one hides the other. */
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_entry *m = &mounts->mount[i];

		if (m->ns == ns && mounts_below(path, m->where) &&
		    (!found || strlen(m->where) >= strlen(found->where)))
			found = m;
	}
	return found;
}

const struct mount_entry *mounts_find_device(const struct mounts *mounts, dev_t dev)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->mount[i].dev == dev)
			return &mounts->mount[i];
	return NULL;
}

static unsigned long flag_of(const char *option, size_t len)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} flags[] = {
		{ "ro", MS_RDONLY }, { "nosuid", MS_NOSUID }, { "nodev", MS_NODEV },
		{ "noexec", MS_NOEXEC }, { "noatime", MS_NOATIME }, { "relatime", MS_RELATIME },
		{ "nodiratime", MS_NODIRATIME }, { "sync", MS_SYNCHRONOUS },
		{ "dirsync", MS_DIRSYNC }, { "mand", MS_MANDLOCK }, { "lazytime", MS_LAZYTIME },
		{ "nosymfollow", MS_NOSYMFOLLOW },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strlen(flags[i].name) == len && !strncmp(option, flags[i].name, len))
			return flags[i].flag;
	return 0;
}

/* Adds the flags of @options to @flags, and appends what is no flag to @data. */
static void divide(const char *options, unsigned long *flags, char *data)
{
	for (const char *at = options; *at;) {
		size_t len = strcspn(at, ",");
		unsigned long flag = flag_of(at, len);

		*flags |= flag;
		if (data && !flag && !(len == 2 && !strncmp(at, "rw", 2))) {
			if (*data)
				strcat(data, ",");
			strncat(data, at, len);
		}
		at += len + (at[len] == ',');
	}
}

int mounts_flags(const struct mount_entry *m, char **data, unsigned long *flags)
{
	*flags = 0;
	*data = calloc(1, strlen(m->fs_options) + 1);
	if (!*data)
		return -ENOMEM;
	divide(m->options, flags, NULL);
	divide(m->fs_options, flags, *data);
	/* Else the kernel would choose relatime. */
	if (!(*flags & (MS_NOATIME | MS_RELATIME)))
		*flags |= MS_STRICTATIME;
	return 0;
}
