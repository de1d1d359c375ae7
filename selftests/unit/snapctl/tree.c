// SPDX-License-Identifier: GPL-2.0-only
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "sysfile.h"
#include "tree.h"

static char root[] = "/tmp/snapctl-tree.XXXXXX";

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return ftw->level ? remove(path) : 0;
}

static void clear_tree(void)
{
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_tree(void)
{
	clear_tree();
	rmdir(root);
}

void tree_reset(void)
{
	static int made;

	if (!made) {
		assert_non_null(mkdtemp(root));
		atexit(remove_tree);
		made = 1;
	}
	clear_tree();
	sysfile_root = root;
}

static void make_folders(char *full)
{
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
}

static FILE *create(const char *path)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	make_folders(full);
	file = fopen(full, "we");
	if (!file)
		abort();
	return file;
}

void tree_put_data(const char *path, long at, const void *data, size_t size)
{
	FILE *file = create(path);

	if (fseek(file, at, SEEK_SET) || fwrite(data, 1, size, file) != size || fclose(file))
		abort();
}

void tree_put(const char *path, const char *text)
{
	tree_put_data(path, 0, text, strlen(text));
}

const char *tree_get(const char *path)
{
	static char text[8192];
	char full[512];
	size_t len;
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	file = fopen(full, "re");
	if (!file)
		return "";
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

int tree_has(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return !access(full, F_OK);
}

void tree_link(const char *path, const char *target)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	make_folders(full);
	unlink(full);
	if (symlink(target, full))
		abort();
}

void tree_mounts(int pid, int ns, const char *mountinfo)
{
	char path[64], id[32];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	snprintf(id, sizeof(id), "mnt:[%d]", ns);
	tree_link(path, id);
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	tree_link(path, "/");
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	tree_put(path, mountinfo);
}

void tree_process(int pid, const char *name, unsigned long long start, const char *maps)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text), "%d (%s) S 1 1 1 0 -1 4194560 9 0 0 0 0 0 0 0 20 0 1 0 %llu "
		 "100 10 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n", pid, name,
		 start);
	tree_put(path, text);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	tree_put(path, maps);
}
