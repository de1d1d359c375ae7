// SPDX-License-Identifier: GPL-2.0-only
/* Decides nothing: which areas may stay is for the two-pass take to say. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include <linux/snapcap.h>

#include "command.h"
#include "swap.h"
#include "sysfile.h"

#define NODE_WAIT_MS	5000
#define NODE_POLL_MS	10

/* The kernel writes white space and backslashes as \ooo. */
static void unescape(const char *text, size_t len, char *path)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned int code;

		if (text[i] == '\\' && len - i > 3 && sscanf(text + i + 1, "%3o", &code) == 1) {
			path[out++] = (char)code;
			i += 3;
		} else {
			path[out++] = text[i];
		}
	}
	path[out] = '\0';
}

static int parse_line(const char *line, struct swap_area *area)
{
	size_t len = strcspn(line, " \t");
	u64 size, used;

	if (!len || len >= sizeof(area->path) ||
	    sscanf(line + len, " %*s %" SCNu64 " %" SCNu64 " %d", &size, &used,
		   &area->priority) != 3)
		return -EPROTO;
	unescape(line, len, area->path);
	area->size = size * 1024;
	area->used = used * 1024;
	return 0;
}

static int parse(char *text, struct swap_list *list)
{
	char *line = strsep(&text, "\n");	/* the heading */
	int ret = 0;

	while (!ret && (line = strsep(&text, "\n"))) {
		struct swap_area *more;

		if (!*line)
			continue;
		more = reallocarray(list->area, list->count + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		list->area = more;
		ret = parse_line(line, &more[list->count]);
		if (!ret)
			list->count++;
	}
	return ret;
}

int swap_read(struct swap_list *list)
{
	char *text;
	int ret = sysfile_read("/proc/swaps", &text);

	*list = (struct swap_list){ NULL, 0 };
	if (ret)
		return ret == -ENOENT ? -EOPNOTSUPP : ret;
	ret = parse(text, list);
	free(text);
	if (ret)
		swap_free(list);
	return ret;
}

void swap_free(struct swap_list *list)
{
	free(list->area);
	*list = (struct swap_list){ NULL, 0 };
}

const char *swap_device(void)
{
	return "/dev/" SNAPCAP_PAGER_DISK;
}

bool swap_is_ours(const struct swap_area *area)
{
	return !strcmp(area->path, swap_device());
}

bool swap_in_memory(const struct swap_area *area)
{
	return !strncmp(area->path, "/dev/zram", strlen("/dev/zram"));
}

int swap_device_wait(void)
{
	struct sysfile_path node = sysfile_path("%s", swap_device());

	for (int i = 0; i < NODE_WAIT_MS / NODE_POLL_MS; i++) {
		if (!access(node.s, F_OK))
			return 0;
		usleep(NODE_POLL_MS * 1000);
	}
	return -ENOENT;
}

int swap_make(const char *path)
{
	char name[] = "mkswap", device[PATH_MAX];
	char *argv[] = { name, device, NULL };

	snprintf(device, sizeof(device), "%s", path);
	return command_run(argv);
}

int swap_on(const char *path, int priority)
{
	int flags = priority < 0 ? 0 : SWAP_FLAG_PREFER | (priority & SWAP_FLAG_PRIO_MASK);

	return swapon(path, flags) ? -errno : 0;
}

int swap_off(const char *path)
{
	return swapoff(path) ? -errno : 0;
}
