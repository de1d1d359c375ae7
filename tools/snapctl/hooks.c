// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the hooks as run-parts(8) does, in two folders of which the first wins, and runs them
 * with a limit. What a failure means is for the take to say.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "hooks.h"
#include "msg.h"
#include "pidcall.h"
#include "sysfile.h"

#define HOOKS_MAX	64
#define NAME_SIZE	64
/* How soon it is seen that somebody ended the take. */
#define TICK_MS		200
#define GENERATION	"/sys/class/misc/snapcap/generation"

/** struct hook - @name in the folder @base/EVENT.d */
struct hook {
	char name[NAME_SIZE];
	const char *base;
};

/** struct hook_list - hooks that were found */
struct hook_list {
	struct hook hook[HOOKS_MAX];
	size_t count;
};

/* What editors and package managers leave behind has other characters in its name. */
static bool is_hook_name(const char *name)
{
	if (!*name || strlen(name) >= NAME_SIZE)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	return true;
}

static bool has_hook(const struct hook_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->hook[i].name, name))
			return true;
	return false;
}

static int find_hooks(struct hook_list *list, const char *base, const char *event)
{
	struct sysfile_names names;
	char folder[PATH_MAX];
	int ret;

	snprintf(folder, sizeof(folder), "%s/%s.d", base, event);
	ret = sysfile_names(folder, &names);
	for (int i = 0; !ret && i < names.count; i++) {
		struct hook *hook = &list->hook[list->count];
		const char *name = names.entry[i]->d_name;

		if (!is_hook_name(name) || has_hook(list, name))
			continue;
		if (list->count == HOOKS_MAX) {
			ret = -E2BIG;
		} else {
			snprintf(hook->name, NAME_SIZE, "%.*s", NAME_SIZE - 1, name);
			hook->base = base;
			list->count++;
		}
	}
	sysfile_names_free(&names);
	return ret == -ENOENT ? 0 : ret;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct hook *)a)->name, ((const struct hook *)b)->name);
}

static void note_failure(struct hooks *hooks, const char *name, const char *how)
{
	if (!hooks->failed++)
		snprintf(hooks->about, sizeof(hooks->about), "%s: %s", name, how);
	if (!hooks->must)
		msg_info("the %s hook %s: %s", hooks->event, name, how);
}

static void note_status(struct hooks *hooks, const char *name, int status)
{
	char how[32];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit code %d", WEXITSTATUS(status));
	note_failure(hooks, name, how);
}

/* -ETIME: its time is over */
static int wait_for_end(struct hooks *hooks, int end)
{
	u64 begin = clock_ns(), limit_ms = (u64)hooks->timeout_s * 1000;
	struct pollfd fd = { .fd = end, .events = POLLIN };

	for (;;) {
		u64 passed_ms = (clock_ns() - begin) / 1000000;

		if (hooks->stop && hooks->stop(hooks->arg))
			return -ECANCELED;
		if (passed_ms >= limit_ms)
			return -ETIME;
		if (limit_ms - passed_ms < TICK_MS)
			passed_ms = limit_ms - passed_ms;
		else
			passed_ms = TICK_MS;
		if (poll(&fd, 1, (int)passed_ms) > 0)
			return 0;
	}
}

static int run_hook(struct hooks *hooks, const char *name, char *path)
{
	char *argv[] = { path, (char *)hooks->event, NULL };
	int status, end, ret;
	char how[48];
	pid_t pid;

	ret = command_start(argv, &pid);
	if (ret) {
		note_failure(hooks, name, strerror(-ret));
		return 0;
	}
	hooks->ran++;
	end = pidcall_open(pid);
	ret = end < 0 ? -errno : wait_for_end(hooks, end);
	if (end >= 0)
		close(end);
	if (ret) {
		command_stop(pid);
		if (ret != -ETIME)
			return ret;
		snprintf(how, sizeof(how), "killed after %u s", hooks->timeout_s);
		note_failure(hooks, name, how);
		return 0;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	note_status(hooks, name, status);
	return 0;
}

/* What is not executable is no hook, but it hides one of the same name. */
static int try_hook(struct hooks *hooks, const struct hook *hook)
{
	struct sysfile_path path = sysfile_path("%s/%s.d/%s", hook->base, hooks->event, hook->name);
	struct stat st;

	if (stat(path.s, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return 0;
	if ((st.st_uid && st.st_uid != geteuid()) || st.st_mode & 022) {
		note_failure(hooks, hook->name, "not run: others than root can write to it");
		return 0;
	}
	msg_verbose("%s hook %s", hooks->event, path.s);
	return run_hook(hooks, hook->name, path.s);
}

static void tell_hooks(const struct hooks *hooks)
{
	char *generation;

	setenv("SNAPCAP_EVENT", hooks->event, 1);
	if (hooks->outcome)
		setenv("SNAPCAP_RESULT", hooks->outcome, 1);
	else
		unsetenv("SNAPCAP_RESULT");
	unsetenv("SNAPCAP_GENERATION");
	if (sysfile_read(GENERATION, &generation))
		return;
	generation[strcspn(generation, "\n")] = '\0';
	setenv("SNAPCAP_GENERATION", generation, 1);
	free(generation);
}

int hooks_run(struct hooks *hooks)
{
	struct hook_list list = { .count = 0 };
	int ret = find_hooks(&list, HOOKS_LOCAL, hooks->event);

	hooks->ran = 0;
	hooks->failed = 0;
	hooks->about[0] = '\0';
	if (!ret)
		ret = find_hooks(&list, HOOKS_SHIPPED, hooks->event);
	if (ret) {
		note_failure(hooks, hooks->event, strerror(-ret));
		return ret;
	}
	qsort(list.hook, list.count, sizeof(list.hook[0]), compare);
	tell_hooks(hooks);
	for (size_t i = 0; i < list.count && !ret; i++) {
		ret = try_hook(hooks, &list.hook[i]);
		if (hooks->must && hooks->failed)
			break;
	}
	if (ret && ret != -ECANCELED)
		note_failure(hooks, hooks->event, strerror(-ret));
	return ret ? ret : hooks->failed ? -ECHILD : 0;
}

struct json_object *hooks_json(const struct hooks *hooks)
{
	struct json_object *o = json_new();

	json_text(o, "event", hooks->event);
	json_u64(o, "ran", hooks->ran);
	json_u64(o, "failed", hooks->failed);
	json_text(o, "first_failure", hooks->failed ? hooks->about : NULL);
	return o;
}
