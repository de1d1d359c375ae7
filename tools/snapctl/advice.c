// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables only. Each cause and each reason of the UAPI headers has an entry here
 * and in Documentation/errors.rst; scripts/check-errors.sh compares the three.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/snapcap_reason.h>

#include "advice.h"
#include "cmd.h"
#include "units.h"

static const struct cause causes[] = {
	[SNAPCAP_CAUSE_NONE] = {
		"none", "nothing is wrong", "", SNAPCTL_OK,
	},
	[SNAPCAP_CAUSE_NO_STUB] = {
		"no-stub",
		"no boot loader that can restore a snapshot is announced in the device tree",
		"boot this system through bootstub, which adds the nodes under /reserved-memory",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_STUB_ABI] = {
		"stub-abi",
		"the hand-off page of the boot loader has an ABI that the module does not know",
		"install a bootstub and a module of the same release",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_LOCKDOWN] = {
		"lockdown", "kernel lockdown forbids taking a snapshot",
		"boot without lockdown= on the kernel command line, or without secure boot",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_NO_MTD] = {
		"no-mtd", "there is no MTD device %t",
		"see /proc/mtd and name the snapshot partition with --mtd",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_MTD_TYPE] = {
		"mtd-type", "the flash type of %t is not supported[: %n]",
		"use a partition on NOR flash or SLC NAND; on NAND no pages can stay on flash "
		"(--no-paging)",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_READ_ONLY] = {
		"read-only", "MTD device %t is read-only",
		"remove the read-only property of the partition, or name another one with --mtd",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_RANGE] = {
		"range", "the area is outside of %t or not aligned to its erase blocks",
		"correct --offset and --length; /proc/mtd has the size and the erase block size",
		SNAPCTL_USAGE,
	},
	[SNAPCAP_CAUSE_TOO_SMALL] = {
		"too-small", "the snapshot does not fit into %t[: it needs %b]%u",
		"stop what is not needed, use --slot whole, or enlarge the partition",
		SNAPCTL_NO_SPACE,
	},
	[SNAPCAP_CAUSE_NOT_SNAPSHOT] = {
		"not-snapshot", "%t holds something that is not a snapshot at offset %x[: %n]%u",
		"name another partition with --mtd, or erase this one (flash_erase) if its content "
		"is not needed",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_NO_MEMORY] = {
		"no-memory", "not enough memory for the compressed copy[: %b are missing]%u",
		"stop what is not needed, or drop the page cache "
		"(echo 3 > /proc/sys/vm/drop_caches)",
		SNAPCTL_NO_SPACE,
	},
	[SNAPCAP_CAUSE_CPU_DOWN] = {
		"cpu-down", "CPU %d could not be taken down[: %n]",
		"see the kernel log for what holds it, and try again",
		SNAPCTL_BUSY,
	},
	[SNAPCAP_CAUSE_FREEZE_TASKS] = {
		"freeze-tasks", "a task refused to freeze",
		"see the kernel log for its name; end it or wait for its I/O, and try again",
		SNAPCTL_BUSY,
	},
	[SNAPCAP_CAUSE_DEVICE] = {
		"device", "a device refused to suspend[: %n]",
		"stop what uses the device, or unbind or unload its driver, and try again",
		SNAPCTL_BUSY,
	},
	[SNAPCAP_CAUSE_SYSCORE] = {
		"syscore", "the core of the kernel refused to suspend",
		"see the kernel log for the driver, and try again",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_MEMORY_KIND] = {
		"memory-kind", "there is memory that cannot be captured[: %n][, at page frame %x]",
		"remove what uses it; Documentation/errors.rst has the kinds",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_CANCELLED] = {
		"cancelled", "the take was cancelled",
		"run it again when it suits",
		SNAPCTL_CANCELLED,
	},
	[SNAPCAP_CAUSE_ERASE] = {
		"erase", "erasing %t failed at offset %x",
		"see the kernel log; the flash may be write-protected or worn out there",
		SNAPCTL_IO,
	},
	[SNAPCAP_CAUSE_WRITE] = {
		"write", "writing %t failed at offset %x",
		"see the kernel log; the flash may be write-protected or worn out there",
		SNAPCTL_IO,
	},
	[SNAPCAP_CAUSE_READ_BACK] = {
		"read-back", "%t does not hold what was written at offset %x",
		"the flash is worn out or unreliable there: try the other slot with --slot, or "
		"replace it",
		SNAPCTL_IO,
	},
	[SNAPCAP_CAUSE_READ] = {
		"read", "reading %t failed at offset %x",
		"see the kernel log; the flash or its controller has a fault",
		SNAPCTL_IO,
	},
	[SNAPCAP_CAUSE_BUSY] = {
		"busy", "another take, or another sleep transition of the system, is running",
		"wait for it to end (snapctl status), and try again",
		SNAPCTL_BUSY,
	},
	[SNAPCAP_CAUSE_REGION] = {
		"region",
		"a memory region that a driver registered overlaps or wraps around[: %n][, at %x]",
		"update or unload that driver",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_KERNEL_ID] = {
		"kernel-id", "the build id of the running kernel could not be read",
		"build the kernel with a GNU build id (ld --build-id=sha1) and /sys/kernel/notes",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_NO_PAGER] = {
		"no-pager", "there is no swap device of snapcap for the pages that shall stay on flash",
		"take it with --two-pass, which makes one, or with --no-paging",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_PAGE] = {
		"page", "page %d of the snapshot that this system came from cannot be read from flash",
		"boot cold (snapctl reboot --cold) and take a new snapshot; the flash may be worn out",
		SNAPCTL_IO,
	},
	[SNAPCAP_CAUSE_PREPARE] = {
		"prepare", "a driver refused to prepare for the snapshot[: %n]",
		"see the kernel log for its reason; stop what uses the driver, and try again",
		SNAPCTL_BUSY,
	},
	[SNAPCAP_CAUSE_RANDOM] = {
		"random",
		"the kernel's random numbers could not be made fresh after a restore[: %n]",
		"see that /dev/urandom is there; the kernel may need a seed at its start "
		"(rng-seed, a hardware RNG)",
		SNAPCTL_UNSUPPORTED,
	},
	[SNAPCAP_CAUSE_LOCKED] = {
		"locked", "%t is locked against writing at offset %x",
		"unlock it with flash_unlock, or name another part with --offset and --length",
		SNAPCTL_FAILURE,
	},
	[SNAPCAP_CAUSE_NO_PLACE] = {
		"no-place", "there is no room in %t beside the snapshots that it holds[: %b more in "
		"one piece are needed]%u",
		"drop one that is not needed (snapctl list, snapctl drop), or leave --slot free out",
		SNAPCTL_NO_SPACE,
	},

};

const struct cause *cause_get(uint32_t cause)
{
	if (cause >= sizeof(causes) / sizeof(causes[0]) || !causes[cause].name)
		return NULL;
	return &causes[cause];
}

/* The value of place @c; "" when there is none. */
static struct units_text place_value(char c, const struct snapcap_status *status,
				     const char *target)
{
	struct units_text t = { "" };

	switch (c) {
	case 'n':
		return units_clean(status->name, sizeof(status->name));
	case 't':
		return units_clean(target, strlen(target));
	case 'b':
		return units_bytes(status->detail);
	case 'x':
		snprintf(t.s, sizeof(t.s), "0x%" PRIx64, (uint64_t)status->detail);
		break;
	case 'd':
		snprintf(t.s, sizeof(t.s), "%" PRIu64, (uint64_t)status->detail);
		break;
	case 'u':
		/* The first stage that changes anything on flash is PREPARE. */
		if (status->stage < SNAPCAP_STAGE_PREPARE)
			snprintf(t.s, sizeof(t.s), "; nothing was erased");
		break;
	}
	return t;
}

/* Is there a value for the place in the optional part that starts at @form? */
static bool has_value(const char *form, const struct snapcap_status *status)
{
	const char *place = strchr(form, '%');

	if (!place)
		return false;
	return place[1] == 'n' ? status->name[0] : status->detail;
}

void cause_text(const char *form, const struct snapcap_status *status, const char *target,
		char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (; *form && len < size - 1; form++) {
		struct units_text value = { { form[0], '\0' } };
		int put;

		if (*form == '[' && !has_value(form, status)) {
			form = strchr(form, ']');
			continue;
		}
		if (*form == '[' || *form == ']')
			continue;
		if (*form == '%')
			value = place_value(*++form, status, target);
		put = snprintf(buf + len, size - len, "%s", value.s);
		len += (size_t)put;
	}
}

static const struct {
	int err;
	struct cause cause;
} errnos[] = {
	{ EINVAL, { "argument", "the module does not accept the arguments",
		    "install a module and a snapctl of the same release",
		    SNAPCTL_UNSUPPORTED } },
	{ ENOTTY, { "abi", "the module does not know this command",
		    "install a module and a snapctl of the same release",
		    SNAPCTL_UNSUPPORTED } },
	{ EPERM, { "permission", "taking a snapshot needs CAP_SYS_ADMIN and CAP_SYS_BOOT",
		   "run it as root, outside of a container", SNAPCTL_FAILURE } },
	{ EACCES, { "permission", "taking a snapshot needs CAP_SYS_ADMIN and CAP_SYS_BOOT",
		    "run it as root, outside of a container", SNAPCTL_FAILURE } },
	{ EBUSY, { "busy", "another take, or another sleep transition of the system, is running",
		   "wait for it to end (snapctl status), and try again", SNAPCTL_BUSY } },
	{ ENODEV, { "no-stub", "no boot loader that can restore a snapshot is announced",
		    "boot this system through bootstub", SNAPCTL_UNSUPPORTED } },
	{ ENXIO, { "no-mtd", "there is no MTD device %t",
		   "see /proc/mtd and name the snapshot partition with --mtd",
		   SNAPCTL_FAILURE } },
	{ EROFS, { "read-only", "MTD device %t is read-only",
		   "remove the read-only property of the partition, or name another one with --mtd",
		   SNAPCTL_FAILURE } },
	{ EOPNOTSUPP, { "unsupported", "this memory or this flash cannot be handled",
			"see Documentation/errors.rst", SNAPCTL_UNSUPPORTED } },
	{ EFBIG, { "too-small", "the snapshot does not fit into %t",
		   "stop what is not needed, use --slot whole, or enlarge the partition",
		   SNAPCTL_NO_SPACE } },
	{ EEXIST, { "exists", "%t holds something that would be lost",
		    "do without --keep-previous, or name another partition with --mtd",
		    SNAPCTL_FAILURE } },
	{ ENOMEM, { "no-memory", "not enough memory for the compressed copy",
		    "stop what is not needed, or drop the page cache", SNAPCTL_NO_SPACE } },
	{ EINTR, { "cancelled", "the take was interrupted", "run it again when it suits",
		   SNAPCTL_CANCELLED } },
	{ ECANCELED, { "cancelled", "the take was cancelled", "run it again when it suits",
		       SNAPCTL_CANCELLED } },
	{ EIO, { "io", "the flash %t could not be read, written or erased",
		 "see the kernel log", SNAPCTL_IO } },
};

const struct cause *cause_from_errno(int err)
{
	static const struct cause other = {
		"other", "the take failed", "see the kernel log", SNAPCTL_FAILURE,
	};

	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].err == err)
			return &errnos[i].cause;
	return &other;
}

#define TAKE_AGAIN	"take a new snapshot"
#define INSTALL_AGAIN	"write the OS image again"
#define SAME_RELEASE	"use a bootstub and a snapctl of the release that took it, or " TAKE_AGAIN

static const char *const reasons[] = {
	[SNAPCAP_REASON_NONE] = "nothing to do",
	[SNAPCAP_REASON_EMPTY] = "there is no snapshot here: take one",
	[SNAPCAP_REASON_VERSION] = SAME_RELEASE,
	[SNAPCAP_REASON_HEADER_SIZE] = TAKE_AGAIN,
	[SNAPCAP_REASON_HEADER_CRC] = TAKE_AGAIN "; if it happens again, the flash loses data",
	[SNAPCAP_REASON_FEATURE] = SAME_RELEASE,
	[SNAPCAP_REASON_RESERVED] = SAME_RELEASE,
	[SNAPCAP_REASON_FIELD] = TAKE_AGAIN,
	[SNAPCAP_REASON_SECTION] = TAKE_AGAIN,
	[SNAPCAP_REASON_TRUNCATED] = "give the whole partition or dump; else " TAKE_AGAIN,
	[SNAPCAP_REASON_NOT_COMMITTED] = TAKE_AGAIN ", and keep the power on until it is written",
	[SNAPCAP_REASON_COMMIT] = TAKE_AGAIN,
	[SNAPCAP_REASON_REVOKED] = "it was dropped on purpose; " TAKE_AGAIN,
	[SNAPCAP_REASON_SECTION_CRC] = TAKE_AGAIN "; if it happens again, the flash loses data",
	[SNAPCAP_REASON_CPU] = TAKE_AGAIN " with a module of the loader's release",
	[SNAPCAP_REASON_MEMMAP] = TAKE_AGAIN,
	[SNAPCAP_REASON_PAGETABLE] = TAKE_AGAIN,
	[SNAPCAP_REASON_OVERLAP] = TAKE_AGAIN " under the boot loader that is installed now",
	[SNAPCAP_REASON_CHUNK_TABLE] = TAKE_AGAIN,
	[SNAPCAP_REASON_CHUNK_SUM] = TAKE_AGAIN "; if it happens again, the flash loses data",
	[SNAPCAP_REASON_CHUNK_CODEC] = SAME_RELEASE,
	[SNAPCAP_REASON_CHUNK_DECODE] = TAKE_AGAIN,
	[SNAPCAP_REASON_PART_SUM] = INSTALL_AGAIN "; if it happens again, the flash loses data",
	[SNAPCAP_REASON_PART_DECODE] = "make it again with snapctl mkimage",
	[SNAPCAP_REASON_ARCH] = "it belongs to another device: " TAKE_AGAIN " on this one",
	[SNAPCAP_REASON_MACHINE] = "it belongs to another device: " TAKE_AGAIN " on this one",
	[SNAPCAP_REASON_MEMORY] = "the memory was changed: " TAKE_AGAIN " on this device",
	[SNAPCAP_REASON_STUB_ABI] = TAKE_AGAIN " under the boot loader that is installed now",
	[SNAPCAP_REASON_KERNEL_RELEASE] = "the kernel was updated: " TAKE_AGAIN,
	[SNAPCAP_REASON_BUILD_ID] = "the kernel was rebuilt: " TAKE_AGAIN,
	[SNAPCAP_REASON_PAGE_SIZE] = TAKE_AGAIN " with this kernel",
	[SNAPCAP_REASON_CHANGED] = "it was revoked: " TAKE_AGAIN " if the change was meant, and call "
		"snapctl drop before the next one",
	[SNAPCAP_REASON_OS_CHANGED] = "kernel, device tree, initrd or command line were updated: "
		TAKE_AGAIN,
	[SNAPCAP_REASON_READ] = "check the flash, its wiring and its timing",
	[SNAPCAP_REASON_NO_SPACE] = "give the boot loader a larger region, or " TAKE_AGAIN
		" when less memory is in use",
	[SNAPCAP_REASON_EXCEPTION] = "report it with the line that the boot loader printed; "
		TAKE_AGAIN,
	[SNAPCAP_REASON_FORCED] = "nothing to do: the cold boot was asked for",
	[SNAPCAP_REASON_OS_IMAGE] = "write an image made by snapctl mkimage to the os partition",
	[SNAPCAP_REASON_PLACE] = "make it for this device's memory: see --load-addr of snapctl mkimage",
	[SNAPCAP_REASON_KERNEL] = "make an image of a kernel for this device",
	[SNAPCAP_REASON_DEVTREE] = "make an image with the device tree of this device",
	[SNAPCAP_REASON_ONCE] = "have snapctl hibernate write to NOR flash that is not write-protected",
	[SNAPCAP_REASON_ATTEMPTS] = "look at the console of a restore that fails, take a new snapshot",
};

const char *reason_advice(int reason)
{
	unsigned int n = reason < 0 ? 0U - (unsigned int)reason : (unsigned int)reason;

	return n < sizeof(reasons) / sizeof(reasons[0]) ? reasons[n] : NULL;
}
