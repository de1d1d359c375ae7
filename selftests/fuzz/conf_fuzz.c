// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration file: what was taken is within its limits, what was not is told
 * with a line and an advice, in characters that a terminal can be given. The same
 * bytes are the kernel's command line, for the switch that turns everything off.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"
#include "conf.h"
#include "fuzz.h"
#include "msg.h"
#include "sysfile.h"

/* ---- messages: kept, not printed ---- */

static unsigned int errors, advices;
static char last[1024];

static void keep(const char *fmt, va_list args)
{
	int len = vsnprintf(last, sizeof(last), fmt, args);

	FUZZ_HOLDS(len > 0);
	for (const char *p = last; *p; p++)
		FUZZ_HOLDS((unsigned char)*p >= ' ' && *p != 0x7f);
}

void msg_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
	errors++;
	FUZZ_HOLDS(strstr(last, CONF_PATH));
}

void msg_advice(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
	advices++;
}

/* ---- files ---- */

/* In memory: each run writes both files. */
static char root[] = "/dev/shm/conf_fuzz.XXXXXX";

static void remove_root(void)
{
	static const char *const path[] = {
		CONF_PATH, CONF_OFF_PATH, "/etc/snapcap", "/etc", "/proc/cmdline", "/proc", "",
	};

	for (size_t i = 0; i < FUZZ_COUNT(path); i++)
		remove(sysfile_path("%s", path[i]).s);
}

static void make_root(void)
{
	if (!mkdtemp(root))
		abort();
	sysfile_root = root;
	atexit(remove_root);
	if (mkdir(sysfile_path("/etc").s, 0700) || mkdir(sysfile_path("/etc/snapcap").s, 0700) ||
	    mkdir(sysfile_path("/proc").s, 0700))
		abort();
}

static void put(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(sysfile_path("%s", path).s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* ---- what was promised ---- */

static void check_conf(const struct conf *conf)
{
	FUZZ_HOLDS(conf->persistent_count <= CONF_PERSISTENT_MAX);
	FUZZ_HOLDS(conf->retries <= CONF_RETRIES_MAX);
	FUZZ_HOLDS(conf->timeout_s >= 1 && conf->timeout_s <= OPTIONS_SECONDS_MAX);
	FUZZ_HOLDS(conf->hook_timeout_s >= 1 && conf->hook_timeout_s <= OPTIONS_SECONDS_MAX);
	FUZZ_HOLDS(conf->no_rtc_advance_s <= OPTIONS_SECONDS_MAX);
	for (size_t i = 0; i < conf->persistent_count; i++) {
		const char *path = conf->persistent[i];
		size_t len = strnlen(path, PATH_MAX);

		/* Not the root, no dots, no double slash: as /proc/mounts has it. */
		FUZZ_HOLDS(len > 1 && len < PATH_MAX && path[0] == '/' && path[len - 1] != '/');
		FUZZ_HOLDS(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
		FUZZ_HOLDS(!strpbrk(path, " \t\r\n"));
		FUZZ_HOLDS(conf_is_persistent(conf, path));
		for (size_t k = 0; k < i; k++)
			FUZZ_HOLDS(strcmp(path, conf->persistent[k]));
	}
}

/* Word by word, where the tool searches. */
static bool is_off(const uint8_t *data, size_t size)
{
	size_t len = strlen(CONF_OFF_PARAMETER), start = 0;

	for (size_t i = 0; i <= size; i++) {
		bool end = i == size || !data[i];

		if (!end && !isspace(data[i]))
			continue;
		if (i - start == len && !memcmp(data + start, CONF_OFF_PARAMETER, len))
			return true;
		start = i + 1;
		if (end)
			break;
	}
	return false;
}

static int load(struct conf *conf)
{
	int ret;

	errors = 0;
	advices = 0;
	ret = conf_load(conf);
	FUZZ_HOLDS(ret <= 0 && errors == !!ret && advices == !!ret);
	return ret;
}

/* What is there before the first run. */
static void check_places(void)
{
	static struct conf conf;

	FUZZ_HOLDS(!load(&conf) && conf.retries == CONF_RETRIES && !conf_off());
	put(CONF_OFF_PATH, NULL, 0);
	FUZZ_HOLDS(conf_off());
	unlink(sysfile_path("%s", CONF_OFF_PATH).s);
	if (mkdir(sysfile_path("%s", CONF_PATH).s, 0700))
		abort();
	FUZZ_HOLDS(load(&conf) == -EINVAL);
	remove(sysfile_path("%s", CONF_PATH).s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	int ret;

	if (!*sysfile_root) {
		make_root();
		check_places();
	}
	put(CONF_PATH, data, size);
	ret = load(&conf);
	FUZZ_HOLDS(size <= CONF_SIZE_MAX || ret == -EFBIG);
	if (!ret)
		check_conf(&conf);
	if (!memchr(data, 0, size)) {
		put("/proc/cmdline", data, size);
		FUZZ_HOLDS(!conf_off() == !is_off(data, size));
	}
	return 0;
}

/* ---- lines that are nearly right ---- */

static const char *const words[] = {
	"[filesystems]\n", "[hooks]\n", "[clock]\n", "[flash]\n", "[", "]", "\n", " = ", "=", "#", ";",
	"persistent = ", "retries = ", "timeout = ", "no-rtc-advance = ", "/", "/data", "/data/",
	" /var/log", "/..", "/.", "//", "\t", "\r\n", "0", "1", "1000", "1001", "10s", "2m",
	"86400", "86401", "1440m", "0x10", "-1", "18446744073709551616", "\xc3\xa4", "\x1b[31m",
	"snapcap=off", " snapcap=off ", "snapcap=offline", " ",
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint32_t state = seed, changes = fuzz_random(&state) % 6;

	if (!changes)
		return LLVMFuzzerMutate(data, size, max_size);
	while (changes--) {
		const char *word = words[fuzz_random(&state) % FUZZ_COUNT(words)];
		size_t len = strlen(word), at = fuzz_random(&state) % (size + 1);

		if (len > max_size - size)
			break;
		memmove(data + at + len, data + at, size - at);
		memcpy(data + at, word, len);
		size += len;
	}
	return size;
}
