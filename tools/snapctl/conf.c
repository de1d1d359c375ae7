// SPDX-License-Identifier: GPL-2.0-only
/*
 * A strict parser: a key that is not understood might have been one that keeps a
 * filesystem from harm, so it is an error, not a remark.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "conf.h"
#include "msg.h"
#include "sysfile.h"
#include "units.h"

#define BLANKS	" \t\r"

/**
 * struct parser - where it is
 * @conf: result
 * @section: entry of sections, NULL before the first
 * @line: number, from 1
 * @seen: keys that there were, one bit each
 */
struct parser {
	struct conf *conf;
	const struct section *section;
	unsigned int line;
	unsigned int seen;
};

/**
 * struct key - a key of a section
 * @name: as in the file
 * @list: may come several times
 * @set: put the value into the result; 0 or -EINVAL, told
 */
struct key {
	const char *name;
	bool list;
	int (*set)(struct parser *p, const char *key, char *value);
};

#define SECTION_KEYS	4

struct section {
	const char *name;
	unsigned int first;	/* number of its first key, over all sections */
	struct key key[SECTION_KEYS];
};

static int mistake(const struct parser *p, const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int mistake(const struct parser *p, const char *advice, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	msg_error("%s:%u: %s", CONF_PATH, p->line, text);
	msg_advice("%s", advice);
	return -EINVAL;
}

static struct units_text clean(const char *text)
{
	return units_clean(text, strlen(text));
}

/* What the kernel would show as the path of a mount: no other spelling of it. */
static bool is_plain_path(const char *path)
{
	const char *part = path;

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return false;
	while (*part) {
		size_t len = strcspn(++part, "/");

		if (!len || (len == 1 && part[0] == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += len;
	}
	return true;
}

static int add_persistent(struct parser *p, char *path)
{
	struct conf *conf = p->conf;
	size_t len = strlen(path);

	if (!strcmp(path, "/"))
		return mistake(p, "keep the root read-only, with a volatile overlay, and list "
			       "what lies on filesystems of its own",
			       "the root cannot be unmounted");
	if (len > 1 && path[len - 1] == '/')
		path[len - 1] = '\0';
	if (!is_plain_path(path))
		return mistake(p, "write mount points as /proc/mounts shows them, blanks between "
			       "them", "not the path of a mount point: %s", clean(path).s);
	if (conf_is_persistent(conf, path))
		return mistake(p, "remove one of them", "%s is listed twice", clean(path).s);
	if (conf->persistent_count == CONF_PERSISTENT_MAX)
		return mistake(p, "keep what changes on fewer filesystems",
			       "more than %d mount points", CONF_PERSISTENT_MAX);
	strcpy(conf->persistent[conf->persistent_count++], path);
	return 0;
}

static int set_persistent(struct parser *p, const char *key, char *value)
{
	char *path;
	int ret = 0;

	(void)key;
	while (!ret && (path = strsep(&value, BLANKS)))
		if (*path)
			ret = add_persistent(p, path);
	return ret;
}

static int set_seconds(struct parser *p, const char *key, const char *value, u32 least, u32 *to)
{
	u32 seconds;

	if (options_seconds(value, &seconds) || seconds < least)
		return mistake(p, "give a time such as 10s or 2m, at most a day",
			       "%s is not a time: %s", key, clean(value).s);
	*to = seconds;
	return 0;
}

static int set_retries(struct parser *p, const char *key, char *value)
{
	uint64_t number;

	if (options_number(value, &number) || number > CONF_RETRIES_MAX)
		return mistake(p, "give a number from 0 to 1000", "%s is not a number: %s", key,
			       clean(value).s);
	p->conf->retries = (u32)number;
	return 0;
}

static int set_timeout(struct parser *p, const char *key, char *value)
{
	return set_seconds(p, key, value, 1, &p->conf->timeout_s);
}

static int set_hook_timeout(struct parser *p, const char *key, char *value)
{
	return set_seconds(p, key, value, 1, &p->conf->hook_timeout_s);
}

static int set_advance(struct parser *p, const char *key, char *value)
{
	return set_seconds(p, key, value, 0, &p->conf->no_rtc_advance_s);
}

static int set_endurance(struct parser *p, const char *key, char *value)
{
	uint64_t number;

	if (options_number(value, &number) || !number || number > UINT32_MAX)
		return mistake(p, "give the number of erases that the data sheet of the flash "
			       "promises for each block, such as 100000", "%s is not a number: %s",
			       key, clean(value).s);
	p->conf->endurance = (u32)number;
	return 0;
}

static const struct section sections[] = {
	{ "filesystems", 0, {
		{ "persistent", true, set_persistent },
		{ "retries", false, set_retries },
		{ "timeout", false, set_timeout },
	} },
	{ "hooks", 3, { { "timeout", false, set_hook_timeout } } },
	{ "clock", 4, { { "no-rtc-advance", false, set_advance } } },
	{ "flash", 5, { { "endurance", false, set_endurance } } },
};

static int parse_section(struct parser *p, char *name)
{
	size_t len = strlen(name);

	if (name[len - 1] != ']')
		return mistake(p, "write it as [name], with nothing behind it",
			       "not a section: %s", clean(name).s);
	name[len - 1] = '\0';
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!strcmp(name + 1, sections[i].name)) {
			p->section = &sections[i];
			return 0;
		}
	}
	return mistake(p, "the sections are [filesystems], [hooks], [clock] and [flash]",
		       "there is no section [%s]", clean(name + 1).s);
}

static int set_key(struct parser *p, const char *name, char *value)
{
	const struct key *key = p->section->key;

	for (unsigned int i = 0; i < SECTION_KEYS && key[i].name; i++) {
		unsigned int bit = 1U << (p->section->first + i);

		if (strcmp(name, key[i].name))
			continue;
		if (!key[i].list && p->seen & bit)
			return mistake(p, "remove one of them", "[%s] %s is there twice",
				       p->section->name, name);
		p->seen |= bit;
		return key[i].set(p, name, value);
	}
	return mistake(p, "see " CONF_PATH " in snapctl(8) for the keys",
		       "there is no key %s in [%s]", clean(name).s, p->section->name);
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int parse_line(struct parser *p, char *line)
{
	char *text = trim(line), *value;

	if (!*text || *text == '#' || *text == ';')
		return 0;
	if (*text == '[')
		return parse_section(p, text);
	value = strchr(text, '=');
	if (!value || value == text)
		return mistake(p, "write it as key = value", "not a key with a value: %s",
			       clean(text).s);
	*value++ = '\0';
	if (!p->section)
		return mistake(p, "put [filesystems], [hooks], [clock] or [flash] before it",
			       "%s is in no section", clean(trim(text)).s);
	return set_key(p, trim(text), trim(value));
}

static int parse(struct parser *p, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&line, &room, in)) >= 0) {
		p->line++;
		if (strlen(line) != (size_t)len)
			ret = mistake(p, "write it again with a text editor",
				      "there is a byte that is no text");
		line[strcspn(line, "\n")] = '\0';
		if (!ret)
			ret = parse_line(p, line);
	}
	if (!ret && ferror(in)) {
		msg_error("%s cannot be read: %s", CONF_PATH, strerror(errno));
		ret = -EIO;
	}
	free(line);
	return ret;
}

static int fail_open(int err)
{
	msg_error("%s cannot be read: %s", CONF_PATH, strerror(err));
	msg_advice("see that it is a file that root can read, or remove it");
	return -err;
}

/* 0 with @in NULL: there is none, and nothing to be said. */
static int open_file(FILE **in)
{
	int fd = open(sysfile_path("%s", CONF_PATH).s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	*in = NULL;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail_open(errno);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return fail_open(EINVAL);
	}
	if (st.st_size > CONF_SIZE_MAX) {
		close(fd);
		return fail_open(EFBIG);
	}
	*in = fdopen(fd, "r");
	if (!*in) {
		close(fd);
		return fail_open(ENOMEM);
	}
	return 0;
}

int conf_load(struct conf *conf)
{
	struct parser p = { .conf = conf };
	FILE *in;
	int ret;

	memset(conf, 0, sizeof(*conf));
	conf->retries = CONF_RETRIES;
	conf->timeout_s = CONF_TIMEOUT_S;
	conf->hook_timeout_s = CONF_HOOK_TIMEOUT_S;
	ret = open_file(&in);
	if (ret || !in)
		return ret;
	ret = parse(&p, in);
	fclose(in);
	return ret;
}

bool conf_is_persistent(const struct conf *conf, const char *mountpoint)
{
	for (size_t i = 0; i < conf->persistent_count; i++)
		if (!strcmp(conf->persistent[i], mountpoint))
			return true;
	return false;
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len)
		if ((at == text || isspace((unsigned char)at[-1])) &&
		    (!at[len] || isspace((unsigned char)at[len])))
			return true;
	return false;
}

const char *conf_off(void)
{
	char *text = NULL;
	bool off;

	if (!access(sysfile_path("%s", CONF_OFF_PATH).s, F_OK))
		return "the file " CONF_OFF_PATH;
	off = !sysfile_read("/proc/cmdline", &text) && has_word(text, CONF_OFF_PARAMETER);
	free(text);
	return off ? CONF_OFF_PARAMETER " on the kernel command line" : NULL;
}
