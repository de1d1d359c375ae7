// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds the hot set and keeps it in a file. Processes are named by number and start, which
 * a restore leaves as they are; after a cold boot the file is gone with all of /run.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hotset.h"
#include "json.h"
#include "sysfile.h"

#define FORMAT	1
/* 256 GiB of 4 KiB pages: a damaged file shall not take all memory. */
#define PAGES_LIMIT	(64ULL << 20)

const char *hotset_path(void)
{
	return "/run/snapcap/hot.json";
}

u64 hotset_pages(const struct hotset *set)
{
	u64 pages = 0;

	for (size_t i = 0; i < set->count; i++)
		pages += set->process[i].pages;
	return pages;
}

void hotset_free(struct hotset *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->process[i].page);
	free(set->process);
	memset(set, 0, sizeof(*set));
}

static struct hotset_process *get_process(struct hotset *set, pid_t pid, u64 start,
					  const char *name)
{
	struct hotset_process *p;

	/* Pages come process by process, so it is mostly the last. */
	for (size_t i = set->count; i-- > 0;)
		if (set->process[i].pid == pid && set->process[i].start == start)
			return &set->process[i];
	p = reallocarray(set->process, set->count + 1, sizeof(*p));
	if (!p)
		return NULL;
	set->process = p;
	p += set->count++;
	*p = (struct hotset_process){ .pid = pid, .start = start };
	snprintf(p->name, sizeof(p->name), "%s", name);
	return p;
}

int hotset_add(struct hotset *set, pid_t pid, u64 start, const char *name, u64 page)
{
	struct hotset_process *p = get_process(set, pid, start, name);

	if (!p)
		return -ENOMEM;
	if (p->pages == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		u64 *more = reallocarray(p->page, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->page = more;
		p->room = room;
	}
	p->page[p->pages++] = page;
	return 0;
}

static int compare_pages(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

void hotset_sort(struct hotset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct hotset_process *p = &set->process[i];
		size_t kept = 0;

		if (!p->pages)
			continue;
		qsort(p->page, p->pages, sizeof(*p->page), compare_pages);
		for (size_t k = 1; k < p->pages; k++)
			if (p->page[k] != p->page[kept])
				p->page[++kept] = p->page[k];
		p->pages = kept + 1;
	}
}

static int load_range(struct hotset *set, struct json_object *process, struct json_object *range,
		      u64 *left)
{
	uint64_t pid, start, address, pages;
	const char *name = json_get_text(process, "name");

	if (json_get_u64(process, "pid", &pid) || !pid || pid > INT_MAX || !name ||
	    json_get_u64(process, "start", &start) || json_get_u64(range, "address", &address) ||
	    json_get_u64(range, "pages", &pages) || address % set->page_size || pages > *left)
		return -EPROTO;
	*left -= pages;
	for (u64 i = 0; i < pages; i++) {
		int ret = hotset_add(set, (pid_t)pid, start, name, address + i * set->page_size);

		if (ret)
			return ret;
	}
	return 0;
}

static int load_process(struct hotset *set, struct json_object *process, u64 *left)
{
	struct json_object *ranges = json_get(process, "ranges");
	int ret = 0;

	for (size_t i = 0; !ret && i < json_count(ranges); i++)
		ret = load_range(set, process, json_element(ranges, i), left);
	return ret;
}

static int load(struct hotset *set, struct json_object *o)
{
	struct json_object *processes = json_get(o, "processes");
	uint64_t format, page_size;
	u64 left = PAGES_LIMIT;
	int ret = 0;

	if (json_get_u64(o, "format", &format) || format != FORMAT ||
	    json_get_u64(o, "page_size", &page_size) || page_size != set->page_size)
		return -EPROTO;
	for (size_t i = 0; !ret && i < json_count(processes); i++)
		ret = load_process(set, json_element(processes, i), &left);
	return ret;
}

int hotset_load(struct hotset *set, u64 page_size)
{
	struct json_object *o;
	char *text;
	int ret;

	*set = (struct hotset){ .page_size = page_size };
	ret = sysfile_read(hotset_path(), &text);
	if (ret)
		return ret;
	o = json_parse(text);
	free(text);
	ret = o ? load(set, o) : -EPROTO;
	json_free(o);
	if (ret)
		hotset_free(set);
	else
		hotset_sort(set);
	return ret;
}

static struct json_object *ranges_json(const struct hotset *set, const struct hotset_process *p)
{
	struct json_object *ranges = json_new_list();
	size_t first = 0;

	for (size_t i = 1; i <= p->pages; i++) {
		struct json_object *range;

		if (i < p->pages && p->page[i] == p->page[i - 1] + set->page_size)
			continue;
		range = json_new();
		json_u64(range, "address", p->page[first]);
		json_u64(range, "pages", i - first);
		json_append(ranges, range);
		first = i;
	}
	return ranges;
}

static struct json_object *set_json(const struct hotset *set)
{
	struct json_object *o = json_new(), *processes = json_new_list();

	json_u64(o, "format", FORMAT);
	json_u64(o, "page_size", set->page_size);
	for (size_t i = 0; i < set->count; i++) {
		const struct hotset_process *p = &set->process[i];
		struct json_object *process = json_new();

		json_u64(process, "pid", (u64)p->pid);
		json_u64(process, "start", p->start);
		json_bytes(process, "name", p->name, sizeof(p->name));
		json_put(process, "ranges", ranges_json(set, p));
		json_append(processes, process);
	}
	json_put(o, "processes", processes);
	return o;
}

int hotset_save(const struct hotset *set)
{
	struct sysfile_path path = sysfile_path("%s", hotset_path());
	struct sysfile_path temporary = sysfile_path("%s.%d", hotset_path(), getpid());
	int fd, ret = sysfile_run_folder();

	if (ret)
		return ret;
	fd = open(temporary.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	ret = json_write(set_json(set), fd);
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(temporary.s, path.s))
		ret = -errno;
	if (ret)
		unlink(temporary.s);
	return ret;
}
