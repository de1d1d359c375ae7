// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader as Linux sees it: its reserved region and the hand-off page in the
 * device tree, the timeline that both sides write, what Linux asks of the next
 * start, and the OS image that the loader received. The page's contents are
 * checked before each use; the loader is trusted, RAM after a crash is not.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include "snapcap.h"

#define KERNEL_EVENTS	16

static struct snapcap_handoff *handoff;
static struct resource stub_res, handoff_res;
static u32 stub_cause;
/* Of this restore; the page itself says 0 again once it is confirmed. */
static u32 restore_attempt;

/* The OS image that came over the serial line, mapped as long as the module is loaded. */
static struct {
	u64 base;
	u64 size;
	void *va;
} download;

static struct {
	u32 event;
	u64 counter;
} kernel_timeline[KERNEL_EVENTS];
static unsigned int kernel_timeline_count;

static int find_reserved(const char *compatible, struct resource *res)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, compatible);
	int ret;

	if (!np)
		return -ENODEV;
	ret = of_address_to_resource(np, 0, res);
	of_node_put(np);
	return ret;
}

static u32 check_handoff(void)
{
	if (memcmp(handoff->magic, SNAPCAP_HANDOFF_MAGIC, SNAPCAP_MAGIC_SIZE) ||
	    le32_to_cpu(handoff->abi) != SNAPCAP_HANDOFF_ABI ||
	    le32_to_cpu(handoff->size) != sizeof(*handoff) ||
	    le64_to_cpu(handoff->stub_base) != stub_res.start ||
	    le64_to_cpu(handoff->stub_size) != resource_size(&stub_res) ||
	    !le64_to_cpu(handoff->counter_hz) ||
	    !le32_to_cpu(handoff->range_count) ||
	    le32_to_cpu(handoff->range_count) > SNAPCAP_HANDOFF_RANGES ||
	    le32_to_cpu(handoff->timestamp_count) > SNAPCAP_HANDOFF_TIMESTAMPS ||
	    strnlen(handoff->machine, SNAPCAP_MACHINE_SIZE) == SNAPCAP_MACHINE_SIZE)
		return SNAPCAP_CAUSE_STUB_ABI;
	return SNAPCAP_CAUSE_NONE;
}

/*
 * The image lies in memory of the machine that is neither the loader's nor the
 * kernel's: a page that says otherwise must not make kernel memory readable.
 */
static void find_download(void)
{
	u64 base = le64_to_cpu(handoff->download_base);
	u64 size = le64_to_cpu(handoff->download_size);
	u64 end;

	if (stub_cause || le32_to_cpu(handoff->boot) != SNAPCAP_BOOT_COLD || !size)
		return;
	if (!PAGE_ALIGNED(base) || check_add_overflow(base, size, &end) ||
	    !snapcap_stub_restores(base, size) ||
	    region_intersects(base, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT) {
		pr_warn("snapcap: the downloaded image at %#llx+%#llx is not usable\n", base, size);
		return;
	}
	download.va = memremap(base, size, MEMREMAP_WB);
	if (!download.va) {
		pr_warn("snapcap: the downloaded image cannot be mapped\n");
		return;
	}
	download.base = base;
	download.size = size;
}

/**
 * snapcap_stub_init() - find the loader
 *
 * A system that was not started by it can still load the module and ask; only
 * a take is refused.
 *
 * Context: process context, sleeps.
 * Return: 0, -ENOMEM
 */
int snapcap_stub_init(void)
{
	stub_cause = SNAPCAP_CAUSE_NO_STUB;
	if (find_reserved(SNAPCAP_DT_COMPAT_STUB, &stub_res) ||
	    find_reserved(SNAPCAP_DT_COMPAT_HANDOFF, &handoff_res))
		return 0;
	if (resource_size(&handoff_res) < SNAPCAP_HANDOFF_SIZE) {
		stub_cause = SNAPCAP_CAUSE_STUB_ABI;
		return 0;
	}
	/* Not in a cache: what is written must be there after a reset. */
	handoff = memremap(handoff_res.start, SNAPCAP_HANDOFF_SIZE, MEMREMAP_WC);
	if (!handoff)
		return -ENOMEM;
	stub_cause = check_handoff();
	find_download();
	return 0;
}

/** snapcap_stub_exit() - undo snapcap_stub_init() */
void snapcap_stub_exit(void)
{
	if (download.va)
		memunmap(download.va);
	download.va = NULL;
	download.size = 0;
	if (handoff)
		memunmap(handoff);
	handoff = NULL;
}

/** snapcap_stub_cause() - SNAPCAP_CAUSE_NONE when there is a loader to restore with */
u32 snapcap_stub_cause(void)
{
	return stub_cause;
}

/**
 * snapcap_stub_describe() - what the loader binds a snapshot to
 * @img: result
 *
 * That includes the OS image that this system was booted from. What is in flash may be
 * another one by now.
 */
void snapcap_stub_describe(struct snapimg *img)
{
	img->stub_abi = SNAPCAP_HANDOFF_ABI;
	img->stub_base = stub_res.start;
	img->stub_size = resource_size(&stub_res);
	img->handoff_base = handoff_res.start;
	strscpy_pad(img->machine, (const char *)handoff->machine, sizeof(img->machine));
	img->os_identity = le64_to_cpu(handoff->os_identity);
}

/**
 * snapcap_stub_memmap() - the machine's memory, as the loader reported it
 * @memmap: SNAPCAP_HANDOFF_RANGES entries
 *
 * Return: bytes filled in
 */
size_t snapcap_stub_memmap(struct snapcap_range *memmap)
{
	size_t size = min_t(u32, le32_to_cpu(handoff->range_count), SNAPCAP_HANDOFF_RANGES) *
		      sizeof(*memmap);

	memcpy(memmap, handoff->range, size);
	return size;
}

static bool overlaps(u64 base, u64 size, const struct resource *res)
{
	return base <= res->end && res->start < base + size;
}

/**
 * snapcap_stub_restores() - would the loader put this memory back?
 * @base: physical address
 * @size: bytes; @base + @size does not wrap
 *
 * It restores memory that it knows of, and neither its own nor the hand-off page.
 */
bool snapcap_stub_restores(u64 base, u64 size)
{
	u32 i, count = le32_to_cpu(handoff->range_count);

	if (overlaps(base, size, &stub_res) || overlaps(base, size, &handoff_res))
		return false;
	for (i = 0; i < min_t(u32, count, SNAPCAP_HANDOFF_RANGES); i++) {
		u64 start = le64_to_cpu(handoff->range[i].base);
		u64 room = le64_to_cpu(handoff->range[i].size);

		if (base >= start && base - start <= room && size <= room - (base - start))
			return true;
	}
	return false;
}

/** snapcap_stub_info() - the loader's part of INFO */
void snapcap_stub_info(struct snapcap_info *info)
{
	if (!handoff)
		return;
	info->stub_present = 1;
	info->stub_abi = le32_to_cpu(handoff->abi);
	info->stub_base = stub_res.start;
	info->stub_size = resource_size(&stub_res);
	info->handoff_base = handoff_res.start;
	info->os_identity = le64_to_cpu(handoff->os_identity);
	info->download_size = snapcap_stub_download_size();
	if (info->download_size)
		info->download_flags = le32_to_cpu(handoff->download_flags);
}

/**
 * snapcap_stub_download_size() - bytes of the image that came over the serial line
 *
 * After a restore the memory belongs to nobody any more: the page, which is that of
 * the new start, no longer speaks of it.
 *
 * Return: bytes, 0 when there is none
 */
u64 snapcap_stub_download_size(void)
{
	if (!download.size || le64_to_cpu(handoff->download_base) != download.base ||
	    le64_to_cpu(handoff->download_size) != download.size)
		return 0;
	return download.size;
}

/**
 * snapcap_stub_download_read() - read of that image
 * @buf: result
 * @off: offset in the image
 * @count: bytes at @buf
 *
 * Context: any.
 * Return: bytes, 0 at the end, -ENXIO when it is not there any more
 */
ssize_t snapcap_stub_download_read(void *buf, loff_t off, size_t count)
{
	u64 size = snapcap_stub_download_size();

	if (!size)
		return -ENXIO;
	return memory_read_from_buffer(buf, count, &off, download.va, size);
}

/**
 * snapcap_stub_request() - ask the loader for something at the next start
 * @request: SNAPCAP_REQUEST_*
 *
 * The inverse goes first and is wrong until the request itself is there.
 *
 * Context: process context.
 * Return: 0, -ENODEV (no loader that could read it)
 */
int snapcap_stub_request(u32 request)
{
	if (stub_cause)
		return -ENODEV;
	WRITE_ONCE(handoff->request_inverse, cpu_to_le32(~request));
	WRITE_ONCE(handoff->request, cpu_to_le32(request));
	return 0;
}

/**
 * snapcap_stub_changed() - ask for a cold boot because a device is not what it was
 * @name: of the device
 *
 * Context: process context; the machine restarts next.
 */
void snapcap_stub_changed(const char *name)
{
	if (stub_cause)
		return;
	strscpy_pad((char *)handoff->about, name, sizeof(handoff->about));
	snapcap_stub_request(SNAPCAP_REQUEST_CHANGED);
	/* Out of the write buffers before the reset. */
	wmb();
}

static u32 pending_request(void)
{
	u32 request = le32_to_cpu(handoff->request);

	if (le32_to_cpu(handoff->request_inverse) != ~request || request > SNAPCAP_REQUEST_MENU)
		return SNAPCAP_REQUEST_NONE;
	return request;
}

/** snapcap_counter_ns() - counter value to nanoseconds, 0 when the rate is not known */
u64 snapcap_counter_ns(u64 counter)
{
	u64 hz, rem, sec;

	if (stub_cause)
		return 0;
	hz = le64_to_cpu(handoff->counter_hz);
	if (!hz)
		return 0;
	sec = div64_u64_rem(counter, hz, &rem);
	return sec * NSEC_PER_SEC + div64_u64(rem * NSEC_PER_SEC, hz);
}

/** snapcap_timeline_reset() - forget what was there before the restore */
void snapcap_timeline_reset(void)
{
	kernel_timeline_count = 0;
}

/**
 * snapcap_timeline_add() - note the time of an event
 * @event: SNAPCAP_EVENT_* of Linux
 *
 * Context: any; one caller at a time.
 */
void snapcap_timeline_add(u32 event)
{
	if (kernel_timeline_count == KERNEL_EVENTS)
		return;
	kernel_timeline[kernel_timeline_count].event = event;
	kernel_timeline[kernel_timeline_count].counter = snapcap_arch_counter();
	kernel_timeline_count++;
}

static void put_time(struct snapcap_boot_info *info, u32 event, u64 counter)
{
	if (info->time_count == SNAPCAP_TIMELINE_MAX)
		return;
	info->time[info->time_count].event = event;
	info->time[info->time_count].ns = snapcap_counter_ns(counter);
	info->time_count++;
}

/** snapcap_stub_boot_info() - how this system came up */
void snapcap_stub_boot_info(struct snapcap_boot_info *info)
{
	unsigned int i;

	BUILD_BUG_ON(SNAPCAP_HANDOFF_TIMESTAMPS + KERNEL_EVENTS > SNAPCAP_TIMELINE_MAX);

	if (stub_cause)
		return;
	info->boot = le32_to_cpu(handoff->boot);
	info->reason = le32_to_cpu(handoff->reason);
	info->attempt = restore_attempt;
	info->detail = le64_to_cpu(handoff->detail);
	info->slot_offset = le64_to_cpu(handoff->slot_offset);
	info->sequence = le64_to_cpu(handoff->sequence);
	info->bytes_stored = le64_to_cpu(handoff->bytes_stored);
	info->bytes_restored = le64_to_cpu(handoff->bytes_restored);
	memcpy(info->stub_version, handoff->stub_version, sizeof(info->stub_version) - 1);
	memcpy(info->machine, handoff->machine, sizeof(info->machine) - 1);
	memcpy(info->medium, handoff->medium, sizeof(info->medium) - 1);
	info->request = pending_request();
	memcpy(info->about, handoff->about, sizeof(info->about) - 1);

	for (i = 0; i < min_t(u32, le32_to_cpu(handoff->timestamp_count),
			      SNAPCAP_HANDOFF_TIMESTAMPS); i++)
		put_time(info, le32_to_cpu(handoff->timestamp[i].event),
			 le64_to_cpu(handoff->timestamp[i].counter));
	for (i = 0; i < kernel_timeline_count; i++)
		put_time(info, kernel_timeline[i].event, kernel_timeline[i].counter);
}

/**
 * snapcap_stub_restored() - which snapshot this system came out of
 * @status: sequence and slot_offset are filled in
 * @confirmed: that the restore came this far is enough
 */
void snapcap_stub_restored(struct snapcap_status *status, bool confirmed)
{
	stub_cause = check_handoff();
	if (stub_cause)
		return;
	restore_attempt = le32_to_cpu(handoff->attempt);
	if (confirmed)
		snapcap_stub_confirm();
	status->sequence = le64_to_cpu(handoff->sequence);
	status->slot_offset = le64_to_cpu(handoff->slot_offset);
}

/**
 * snapcap_stub_confirm() - tell the loader that this restore was a good one
 *
 * So that it does not count against the next one after a warm reset.
 *
 * Context: any.
 */
void snapcap_stub_confirm(void)
{
	if (stub_cause)
		return;
	WRITE_ONCE(handoff->attempt, 0);
	/* Out of the write buffers: the next thing may be a reset. */
	wmb();
}

/** snapcap_stub_attempt() - which of the restores without a confirmation this one was */
u32 snapcap_stub_attempt(void)
{
	return restore_attempt;
}

/** snapcap_stub_pending() - restores that the hand-off page holds against the next one */
u32 snapcap_stub_pending(void)
{
	return stub_cause ? 0 : le32_to_cpu(handoff->attempt);
}

/**
 * snapcap_stub_watchdog() - what the loader has armed before it entered this system
 * @ms: result: its time
 * @at: result: which one it is
 *
 * Return: SNAPCAP_WATCHDOG_*
 */
u32 snapcap_stub_watchdog(u32 *ms, u32 *at)
{
	*ms = 0;
	*at = 0;
	if (stub_cause || check_handoff())
		return SNAPCAP_WATCHDOG_NONE;
	*ms = le32_to_cpu(handoff->watchdog_ms);
	*at = le32_to_cpu(handoff->watchdog_at);
	return le32_to_cpu(handoff->watchdog);
}

/** snapcap_stub_slot_offset() - where the loader found the snapshot that it restored */
u64 snapcap_stub_slot_offset(void)
{
	return le64_to_cpu(handoff->slot_offset);
}

/** snapcap_stub_bytes_restored() - bytes of memory that the loader put back */
u64 snapcap_stub_bytes_restored(void)
{
	return le64_to_cpu(handoff->bytes_restored);
}

/**
 * snapcap_stub_seed() - give the loader's fresh entropy to the kernel, once
 *
 * Context: process context of the task that took the snapshot, which has
 * CAP_SYS_ADMIN; user tasks frozen; sleeps.
 * Return: 0 or why the random number generator still is as in the snapshot
 */
int snapcap_stub_seed(void)
{
	u32 size = le32_to_cpu(handoff->seed_size);
	int ret;

	if (stub_cause || size > SNAPCAP_HANDOFF_SEED_SIZE)
		size = 0;
	ret = snapcap_entropy_restored(handoff->seed, size);
	/* Used once: who reads the page later must not find what the RNG was fed. */
	memzero_explicit(handoff->seed, sizeof(handoff->seed));
	handoff->seed_size = 0;
	return ret;
}
