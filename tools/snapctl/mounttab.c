// SPDX-License-Identifier: GPL-2.0-only
/* Parses mountinfo. Decides nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "mounttab.h"
#include "sysfile.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW	256
#endif

/* The kernel writes white space, backslashes and number signs as \ooo. */
static char *unescape(char *text)
{
	char *out = text;

	for (char *in = text; *in; in++) {
		unsigned int code;

		if (*in == '\\' && sscanf(in + 1, "%3o", &code) == 1 && code && code < 256 &&
		    strlen(in) > 3) {
			*out++ = (char)code;
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return text;
}

/* ID PARENT MAJOR:MINOR ROOT TARGET OPTIONS [TAG]... - TYPE SOURCE SUPER-OPTIONS */
static int parse_line(char *line, struct mounttab_entry *e)
{
	char *separator = strstr(line, " - "), *field[6], *rest = line;
	unsigned int major, minor;

	if (!separator)
		return -EPROTO;
	*separator = '\0';
	for (int i = 0; i < 6; i++) {
		field[i] = strsep(&rest, " ");
		if (!field[i] || !*field[i])
			return -EPROTO;
	}
	if (sscanf(field[2], "%u:%u", &major, &minor) != 2)
		return -EPROTO;
	e->dev = makedev(major, minor);
	e->root = unescape(field[3]);
	e->target = unescape(field[4]);
	e->options = field[5];
	rest = separator + 3;
	e->type = strsep(&rest, " ");
	/* A source may be empty. */
	e->source = strsep(&rest, " ");
	if (!e->source || !rest)
		return -EPROTO;
	unescape((char *)e->source);
	e->super_options = unescape(rest);
	return 0;
}

static int parse(struct mounttab *tab)
{
	char *rest = tab->text, *line;
	int ret = 0;

	while (!ret && (line = strsep(&rest, "\n"))) {
		struct mounttab_entry *more;

		if (!*line)
			continue;
		more = reallocarray(tab->entry, tab->count + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		tab->entry = more;
		ret = parse_line(line, &more[tab->count]);
		if (!ret)
			tab->count++;
	}
	return ret;
}

int mounttab_read(struct mounttab *tab, pid_t pid)
{
	char path[64] = "/proc/self/mountinfo";
	int ret;

	*tab = (struct mounttab){ NULL, 0, NULL };
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	ret = sysfile_read(path, &tab->text);
	if (!ret)
		ret = parse(tab);
	if (ret)
		mounttab_free(tab);
	return ret;
}

void mounttab_free(struct mounttab *tab)
{
	free(tab->entry);
	free(tab->text);
	*tab = (struct mounttab){ NULL, 0, NULL };
}

bool mounttab_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return !strncmp(path, folder, len) && (!path[len] || path[len] == '/');
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

int mounttab_flags(const struct mounttab_entry *entry, char **data, unsigned long *flags)
{
	*flags = 0;
	*data = calloc(1, strlen(entry->super_options) + 1);
	if (!*data)
		return -ENOMEM;
	divide(entry->options, flags, NULL);
	divide(entry->super_options, flags, *data);
	/* Else the kernel would choose relatime. */
	if (!(*flags & (MS_NOATIME | MS_RELATIME)))
		*flags |= MS_STRICTATIME;
	return 0;
}
