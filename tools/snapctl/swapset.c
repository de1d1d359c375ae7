// SPDX-License-Identifier: GPL-2.0-only
/* Order matters: ours is on before another goes, and that one is on again before ours goes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kdev.h"
#include "msg.h"
#include "swapset.h"
#include "sysfile.h"
#include "trouble.h"
#include "units.h"

#define MIB	(1ULL << 20)
#define REMOVE_WAIT_MS	3000
#define REMOVE_POLL_MS	20

static const struct cause *failed(struct swapset *set, enum trouble trouble, int err,
				  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static const struct cause *failed(struct swapset *set, enum trouble trouble, int err,
				  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(set->about, sizeof(set->about), fmt, args);
	va_end(args);
	set->err = err;
	return trouble_get(trouble);
}

static const struct cause *make_device(struct swapset *set, int fd)
{
	u64 memory = sysfile_memory("MemTotal");
	int ret = -EIO;

	/* Room for everything; what is not used takes only a table. */
	if (memory)
		ret = kdev_pager(fd, SNAPCAP_PAGER_SETUP, (memory + MIB - 1) / MIB * MIB);
	switch (-ret) {
	case 0:
		set->made = true;
		return NULL;
	case EOPNOTSUPP:
	case ENOTTY:
		return failed(set, TROUBLE_NO_SWAP, -ret, "%s", "");
	case ENOMEM:
		return failed(set, TROUBLE_NO_ROOM_FOR_SWAP, -ret, "%s", "");
	default:
		return failed(set, TROUBLE_SWAP_DEVICE, -ret, "%s",
			      memory ? strerror(-ret) : "/proc/meminfo does not tell its size");
	}
}

#define PAGE_CLUSTER	"/proc/sys/vm/page-cluster"

/*
 * Shared memory and tmpfs are read with that many neighbours, of which the device knows
 * no reason to be near: they would be read, and measured as hot, for nothing.
 */
static void read_single_pages(struct swapset *set)
{
	char *text = NULL;
	int ret = sysfile_read(PAGE_CLUSTER, &text);

	if (!ret)
		ret = sysfile_write(PAGE_CLUSTER, "0");
	if (!ret)
		snprintf(set->cluster, sizeof(set->cluster), "%.*s", (int)strcspn(text, "\n"), text);
	else
		msg_info("vm.page-cluster stays as it is: %s", strerror(-ret));
	free(text);
}

static void read_clusters_again(struct swapset *set)
{
	int ret = *set->cluster ? sysfile_write(PAGE_CLUSTER, set->cluster) : 0;

	if (ret)
		msg_error("vm.page-cluster cannot be set to %s again: %s", set->cluster,
			  strerror(-ret));
	*set->cluster = '\0';
}

static const struct cause *turn_on(struct swapset *set)
{
	int ret = swap_device_wait();

	if (ret)
		return failed(set, TROUBLE_SWAP_DEVICE, -ret, "%s does not appear", swap_device());
	ret = swap_make(swap_device());
	if (ret)
		return failed(set, TROUBLE_MKSWAP, -ret, "%s",
			      ret == -ECHILD ? "it failed" : strerror(-ret));
	ret = swap_on(swap_device(), SWAP_TOP_PRIORITY);
	if (ret)
		return failed(set, TROUBLE_SWAP_ON, -ret, "%s", strerror(-ret));
	set->on = true;
	read_single_pages(set);
	return NULL;
}

static bool is_other(const struct swap_area *area)
{
	return !swap_is_ours(area) && !swap_in_memory(area);
}

static const struct cause *move_others(struct swapset *set, const struct swap_list *list)
{
	set->moved.area = calloc(list->count + 1, sizeof(*set->moved.area));
	if (!set->moved.area)
		return failed(set, TROUBLE_SWAP_OFF, ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < list->count; i++) {
		const struct swap_area *area = &list->area[i];
		int ret;

		if (!is_other(area))
			continue;
		ret = swap_off(area->path);
		if (ret)
			return failed(set, TROUBLE_SWAP_OFF, -ret, "%.36s: %s", area->path,
				      strerror(-ret));
		set->moved.area[set->moved.count++] = *area;
		msg_info("swap on %s (%s in use) is moved, and off from now on",
			 units_clean(area->path, sizeof(area->path)).s, units_bytes(area->used).s);
	}
	return NULL;
}

static const struct cause *begin(struct swapset *set, int fd, bool migrate,
				 const struct swap_list *list, bool there)
{
	const struct cause *cause = NULL;
	bool on = false;

	for (size_t i = 0; i < list->count; i++) {
		if (swap_is_ours(&list->area[i]))
			on = true;
		else if (!migrate && is_other(&list->area[i]))
			return failed(set, TROUBLE_SWAP_ON_DISK, EBUSY, "%s", list->area[i].path);
	}
	if (!there)
		cause = make_device(set, fd);
	if (!cause && !on)
		cause = turn_on(set);
	return cause ? cause : move_others(set, list);
}

const struct cause *swapset_begin(struct swapset *set, int fd, bool migrate)
{
	struct snapcap_pager_status status;
	const struct cause *cause;
	struct swap_list list;
	int ret = kdev_pager_status(fd, &status);

	if (!ret && !(status.flags & SNAPCAP_PAGER_SUPPORTED))
		ret = -EOPNOTSUPP;
	if (!ret)
		ret = swap_read(&list);
	if (ret == -EOPNOTSUPP || ret == -ENOTTY)
		return failed(set, TROUBLE_NO_SWAP, -ret, "%s", "");
	if (ret)
		return failed(set, TROUBLE_SWAP_DEVICE, -ret, "%s", strerror(-ret));
	cause = begin(set, fd, migrate, &list, status.flags & SNAPCAP_PAGER_SET_UP);
	swap_free(&list);
	return cause;
}

/* Whoever looks at new devices, such as udev, may have it open for a moment. */
static int remove_device(int fd)
{
	int ret = kdev_pager(fd, SNAPCAP_PAGER_REMOVE, 0);

	for (int i = 0; ret == -EBUSY && i < REMOVE_WAIT_MS / REMOVE_POLL_MS; i++) {
		usleep(REMOVE_POLL_MS * 1000);
		ret = kdev_pager(fd, SNAPCAP_PAGER_REMOVE, 0);
	}
	return ret;
}

static int compare_priorities(const void *a, const void *b)
{
	const struct swap_area *x = a, *y = b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

void swapset_undo(struct swapset *set, int fd)
{
	int ret = 0;

	/* From the last: those without a priority of their own get lower and lower ones. */
	if (set->moved.count)
		qsort(set->moved.area, set->moved.count, sizeof(*set->moved.area),
		      compare_priorities);
	while (set->moved.count) {
		const struct swap_area *area = &set->moved.area[--set->moved.count];

		ret = swap_on(area->path, area->priority);
		if (ret)
			msg_error("swap on %s cannot be turned on again: %s",
				  units_clean(area->path, sizeof(area->path)).s, strerror(-ret));
	}
	ret = set->on ? swap_off(swap_device()) : 0;
	if (ret) {
		msg_error("%s stays on: %s", swap_device(), strerror(-ret));
		msg_advice("swapoff %s when more memory is free", swap_device());
		return;
	}
	set->on = false;
	read_clusters_again(set);
	ret = set->made ? remove_device(fd) : 0;
	if (ret)
		msg_error("%s cannot be removed: %s", swap_device(), strerror(-ret));
	else
		set->made = false;
}

void swapset_free(struct swapset *set)
{
	free(set->moved.area);
	memset(set, 0, sizeof(*set));
}
