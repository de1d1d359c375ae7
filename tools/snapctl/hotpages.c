// SPDX-License-Identifier: GPL-2.0-only
/* Page frames to addresses of processes, and addresses back to memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hotpages.h"
#include "kdev.h"
#include "msg.h"
#include "procs.h"
#include "sysfile.h"
#include "units.h"

/* Documentation/admin-guide/mm/pagemap.rst of the kernel. */
#define PAGEMAP_PRESENT	(1ULL << 63)
#define PAGEMAP_PFN	((1ULL << 55) - 1)

#define BLOCK_ENTRIES	4096
/* More entries than a machine that pages has memory for: 64 GiB of pages. */
#define RECORD_LIMIT	(16U << 20)

/* struct frames - page frames in order */
struct frames {
	u64 *pfn;
	size_t count;
};

static int compare_frames(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static int read_record(int fd, struct snapcap_hot_page **entries, uint32_t *count, u64 *total)
{
	uint64_t there = 0;
	uint32_t room = 0;
	int ret = kdev_hot_set(fd, NULL, &room, &there);

	*entries = NULL;
	*count = 0;
	*total = there;
	if (ret || !there)
		return ret;
	room = there < RECORD_LIMIT ? (uint32_t)there : RECORD_LIMIT;
	*entries = calloc(room, sizeof(**entries));
	if (!*entries)
		return -ENOMEM;
	ret = kdev_hot_set(fd, *entries, &room, &there);
	*count = room;
	*total = there;
	return ret;
}

static int read_frames(int fd, struct frames *frames, u64 *total)
{
	struct snapcap_hot_page *entries;
	uint32_t count;
	int ret = read_record(fd, &entries, &count, total);

	frames->pfn = calloc(count ? count : 1, sizeof(*frames->pfn));
	frames->count = count;
	if (!ret && !frames->pfn)
		ret = -ENOMEM;
	for (uint32_t i = 0; !ret && i < count; i++)
		frames->pfn[i] = entries[i].pfn;
	free(entries);
	if (ret) {
		free(frames->pfn);
		return ret;
	}
	qsort(frames->pfn, count, sizeof(*frames->pfn), compare_frames);
	return 0;
}

/* struct scan - a process whose pages are looked through */
struct scan {
	struct hotset *set;
	const struct frames *frames;
	pid_t pid;
	u64 start;
	char name[64];
	int pagemap;
};

static int scan_block(struct scan *scan, u64 address, const u64 *entry, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		u64 pfn = entry[i] & PAGEMAP_PFN;
		int ret;

		if (!(entry[i] & PAGEMAP_PRESENT) ||
		    !bsearch(&pfn, scan->frames->pfn, scan->frames->count, sizeof(pfn),
			     compare_frames))
			continue;
		ret = hotset_add(scan->set, scan->pid, scan->start, scan->name,
				 address + i * scan->set->page_size);
		if (ret)
			return ret;
	}
	return 0;
}

static int scan_map(struct scan *scan, const struct procs_map *map)
{
	u64 entry[BLOCK_ENTRIES], page_size = scan->set->page_size, address = map->start;
	int ret = 0;

	while (!ret && address < map->end) {
		u64 left = (map->end - address) / page_size;
		size_t wanted = left < BLOCK_ENTRIES ? (size_t)left : BLOCK_ENTRIES;
		ssize_t got = pread(scan->pagemap, entry, wanted * sizeof(*entry),
				    (off_t)(address / page_size * sizeof(*entry)));

		/* The process, or the mapping, has ended. */
		if (got < (ssize_t)sizeof(*entry))
			return 0;
		ret = scan_block(scan, address, entry, (size_t)got / sizeof(*entry));
		address += (size_t)got / sizeof(*entry) * page_size;
	}
	return ret;
}

static int scan_process(struct scan *scan)
{
	struct procs_map *maps;
	int count, ret = 0;

	if (procs_start(scan->pid, &scan->start, scan->name))
		return 0;
	count = procs_maps(scan->pid, &maps);
	if (count < 0)
		return count == -ENOMEM ? count : 0;
	scan->pagemap = open(sysfile_path("/proc/%d/pagemap", scan->pid).s, O_RDONLY | O_CLOEXEC);
	if (scan->pagemap >= 0) {
		for (int i = 0; !ret && i < count; i++)
			ret = scan_map(scan, &maps[i]);
		close(scan->pagemap);
	}
	free(maps);
	return ret;
}

int hotpages_find(int fd, struct hotset *set, u64 *recorded)
{
	struct scan scan = { .set = set };
	struct frames frames;
	int count, ret;
	pid_t *pids;

	ret = read_frames(fd, &frames, recorded);
	if (ret)
		return ret;
	scan.frames = &frames;
	count = procs_list(&pids);
	if (count < 0)
		ret = count;
	for (int i = 0; !ret && i < count; i++) {
		scan.pid = pids[i];
		ret = scan_process(&scan);
	}
	if (count >= 0)
		free(pids);
	free(frames.pfn);
	hotset_sort(set);
	return ret;
}

int hotpages_collect(int fd, u64 page_size, bool merge, struct hotset *set, u64 *recorded)
{
	int ret = -ENOENT;

	*recorded = 0;
	if (merge)
		ret = hotset_load(set, page_size);
	if (ret)
		*set = (struct hotset){ .page_size = page_size };
	if (ret && ret != -ENOENT)
		msg_info("%s is not kept: %s", hotset_path(), strerror(-ret));
	ret = hotpages_find(fd, set, recorded);
	if (!ret)
		ret = hotset_save(set);
	if (ret)
		hotset_free(set);
	return ret;
}

static void fetch_process(const struct hotset_process *p, bool (*stop)(void *arg), void *arg,
			  struct hotpages_fetched *fetched)
{
	int fd = open(sysfile_path("/proc/%d/mem", p->pid).s, O_RDONLY | O_CLOEXEC);
	u64 start;
	char byte;

	/* After the open: what is open now stays that process. */
	if (fd < 0 || procs_start(p->pid, &start, NULL) || start != p->start) {
		msg_info("hot set: process %d (%s) is gone: its %zu pages are left out", p->pid,
			 units_clean(p->name, sizeof(p->name)).s, p->pages);
		fetched->gone++;
		if (fd >= 0)
			close(fd);
		return;
	}
	for (size_t i = 0; i < p->pages && !stop(arg); i++) {
		if (pread(fd, &byte, 1, (off_t)p->page[i]) == 1)
			fetched->pages++;
		else
			fetched->lost_pages++;
	}
	fetched->processes++;
	close(fd);
}

void hotpages_fetch(const struct hotset *set, bool (*stop)(void *arg), void *arg,
		    struct hotpages_fetched *fetched)
{
	memset(fetched, 0, sizeof(*fetched));
	for (size_t i = 0; i < set->count && !stop(arg); i++)
		fetch_process(&set->process[i], stop, arg, fetched);
}
