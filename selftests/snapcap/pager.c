// SPDX-License-Identifier: GPL-2.0-only
/* The swap device of snapcap for tests: set up, swapped to, asked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include "pager.h"

int pager_control(int dev, uint32_t op, uint64_t bytes)
{
	const struct snapcap_pager arg = { .size = sizeof(arg), .op = op, .bytes = bytes };

	return ioctl(dev, SNAPCAP_IOC_PAGER, &arg) ? -errno : 0;
}

int pager_status(int dev, struct snapcap_pager_status *status)
{
	status->size = sizeof(*status);
	return ioctl(dev, SNAPCAP_IOC_PAGER_STATUS, status) ? -errno : 0;
}

int pager_ready(int dev)
{
	return ioctl(dev, SNAPCAP_IOC_READY) ? -errno : 0;
}

int pager_hot_set(int dev, struct snapcap_hot_page **entries, uint32_t *count)
{
	struct snapcap_hot_set set = { .size = sizeof(set) };

	*entries = NULL;
	if (ioctl(dev, SNAPCAP_IOC_HOT_SET, &set))
		return -errno;
	*entries = calloc(set.total + 1, sizeof(**entries));
	if (!*entries)
		return -ENOMEM;
	set.count = (uint32_t)set.total;
	set.entries = (uintptr_t)*entries;
	if (ioctl(dev, SNAPCAP_IOC_HOT_SET, &set))
		return -errno;
	*count = set.count;
	return 0;
}

/* What mkswap(8) writes, which a guest of nothing but these programs has not got. */
static int write_header(uint64_t bytes)
{
	size_t page = (size_t)getpagesize();
	uint32_t *header = aligned_alloc(page, page);
	int fd, ret = -EIO;

	if (!header)
		return -ENOMEM;
	memset(header, 0, page);
	header[256] = 1;			/* version */
	header[257] = (uint32_t)(bytes / page - 1);	/* last page */
	memcpy((char *)header + page - 10, "SWAPSPACE2", 10);
	fd = open(PAGER_PATH, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		ret = -errno;
	else if (write(fd, header, page) == (ssize_t)page)
		ret = 0;
	if (fd >= 0)
		close(fd);
	free(header);
	return ret;
}

static int wait_for_node(void)
{
	int i;

	for (i = 0; i < 500 && access(PAGER_PATH, F_OK); i++)
		usleep(10000);
	return i < 500 ? 0 : -ENOENT;
}

int pager_swapon(int dev, uint64_t bytes)
{
	int ret = pager_control(dev, SNAPCAP_PAGER_SETUP, bytes);

	if (!ret)
		ret = wait_for_node();
	if (!ret)
		ret = write_header(bytes);
	if (!ret && swapon(PAGER_PATH, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		ret = -errno;
	return ret;
}

int pager_swapoff(int dev)
{
	int i, ret;

	if (swapoff(PAGER_PATH) && errno != EINVAL && errno != ENOENT)
		return -errno;
	/* udev may be looking at it just now. */
	for (i = 0; i < 200; i++) {
		ret = pager_control(dev, SNAPCAP_PAGER_REMOVE, 0);
		if (ret != -EBUSY)
			break;
		usleep(20000);
	}
	return ret == -ENODEV ? 0 : ret;
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ x >> 29;
}

void pager_pattern(uint64_t number, void *page)
{
	size_t size = (size_t)getpagesize(), i, used = 0;
	uint64_t *words = page;

	if (number % 8 == 7) {
		for (i = 0; i < size / 8; i++)
			words[i] = number;
	} else if (number % 9 == 8) {
		for (i = 0; i < size / 8; i++)
			words[i] = mix(number * 512 + i);
	} else {
		memset(page, 0, size);
		for (i = 0; size - used > 80; i++)
			used += (size_t)sprintf((char *)page + used,
						"{\"page\":%llu,\"line\":%zu,\"value\":%u}\n",
						(unsigned long long)number, i,
						(unsigned int)mix(number + i) % 1000);
	}
}

void pager_fill(void *memory, size_t size, uint64_t first)
{
	size_t page = (size_t)getpagesize(), i;

	for (i = 0; i < size / page; i++)
		pager_pattern(first + i, (char *)memory + i * page);
}

size_t pager_wrong(const void *memory, size_t size, uint64_t first)
{
	size_t page = (size_t)getpagesize(), wrong = 0, i;
	char *want = malloc(page);

	for (i = 0; want && i < size / page; i++) {
		pager_pattern(first + i, want);
		wrong += !!memcmp(want, (const char *)memory + i * page, page);
	}
	free(want);
	return want ? wrong : size;
}

size_t pager_page_out(void *memory, size_t size)
{
	size_t page = (size_t)getpagesize(), in = 0, i;
	unsigned char *map = malloc(size / page);

	/* Pages that were just written lie in batches of the CPU first. */
	for (i = 0; i < 3; i++)
		madvise(memory, size, MADV_PAGEOUT);
	if (!map || mincore(memory, size, map)) {
		free(map);
		return size;
	}
	for (i = 0; i < size / page; i++)
		in += map[i] & 1;
	free(map);
	return in;
}
