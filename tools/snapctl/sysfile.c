// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes the kernel's text files. Knows no content but numbers and meminfo. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sysfile.h"

#define SIZE_LIMIT	(64 << 20)

const char *sysfile_root = "";

struct sysfile_path sysfile_path(const char *fmt, ...)
{
	struct sysfile_path path;
	int len = snprintf(path.s, sizeof(path.s), "%s", sysfile_root);
	va_list args;

	va_start(args, fmt);
	/* What does not fit names no file, which is an error where it is opened. */
	vsnprintf(path.s + len, sizeof(path.s) - (size_t)len, fmt, args);
	va_end(args);
	return path;
}

static int read_all(int fd, char **text)
{
	size_t room = 4096, len = 0;
	char *buf = malloc(room), *larger;
	ssize_t got;

	if (!buf)
		return -ENOMEM;
	while ((got = read(fd, buf + len, room - len - 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(buf);
			return -errno;
		}
		len += (size_t)got;
		if (room - len > 1)
			continue;
		larger = room < SIZE_LIMIT ? realloc(buf, 2 * room) : NULL;
		if (!larger) {
			free(buf);
			return room < SIZE_LIMIT ? -ENOMEM : -EFBIG;
		}
		buf = larger;
		room *= 2;
	}
	buf[len] = '\0';
	*text = buf;
	return 0;
}

int sysfile_read(const char *path, char **text)
{
	int ret, fd = open(sysfile_path("%s", path).s, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ret = read_all(fd, text);
	close(fd);
	return ret;
}

int sysfile_write(const char *path, const char *text)
{
	int fd = open(sysfile_path("%s", path).s, O_WRONLY | O_CLOEXEC);
	ssize_t put;
	int ret;

	if (fd < 0)
		return -errno;
	put = write(fd, text, strlen(text));
	ret = put < 0 ? -errno : (size_t)put == strlen(text) ? 0 : -EIO;
	close(fd);
	return ret;
}

int sysfile_number(const char *path, int base, uint64_t *value)
{
	char *text, *end;
	int ret = sysfile_read(path, &text);

	if (ret)
		return ret;
	*value = strtoull(text, &end, base);
	ret = end == text ? -EPROTO : 0;
	free(text);
	return ret;
}

dev_t sysfile_dev(const char *path)
{
	unsigned int major, minor;
	dev_t dev = 0;
	char *text;

	if (sysfile_read(path, &text))
		return 0;
	if (sscanf(text, "%u:%u", &major, &minor) == 2)
		dev = makedev(major, minor);
	free(text);
	return dev;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int sysfile_names(const char *folder, struct sysfile_names *names)
{
	names->count = scandir(sysfile_path("%s", folder).s, &names->entry, is_shown, NULL);
	if (names->count >= 0)
		return 0;
	*names = (struct sysfile_names){ NULL, 0 };
	return -errno;
}

void sysfile_names_free(struct sysfile_names *names)
{
	while (names->count)
		free(names->entry[--names->count]);
	free(names->entry);
	names->entry = NULL;
}

int sysfile_stat(const char *path, struct stat *st)
{
	return stat(sysfile_path("%s", path).s, st) ? -errno : 0;
}

uint64_t sysfile_memory(const char *field)
{
	uint64_t kib = 0;
	char *text, *rest, *line;
	size_t len = strlen(field);

	if (sysfile_read("/proc/meminfo", &text))
		return 0;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, field, len) && line[len] == ':')
			kib = strtoull(line + len + 1, NULL, 10);
	free(text);
	return kib < UINT64_MAX / 1024 ? kib * 1024 : 0;
}

int sysfile_run_folder(void)
{
	return mkdir(sysfile_path("/run/snapcap").s, 0700) && errno != EEXIST ? -errno : 0;
}
