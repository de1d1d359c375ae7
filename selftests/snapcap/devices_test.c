// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEVICES: what is told of devices that are known, bounds, pointers, and who may
 * ask. The modules snapcap_region and snapcap_refuse bring devices whose callbacks
 * the test knows; others are those of QEMU's virt machine.
 */
#include <kselftest_harness.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include "device.h"

#define DEVICES_MAX	4096
#define FREEZE_THAW_RESTORE	(SNAPCAP_PM_FREEZE | SNAPCAP_PM_THAW | SNAPCAP_PM_RESTORE)
#define ALL_CALLBACKS	0x7ff
#define ALL_FLAGS	0x1f

FIXTURE(devices)
{
	int dev;
	struct snapcap_device *entry;
	struct snapcap_devices arg;
};

static void devices_init(struct snapcap_devices *arg, void *entries, __u32 count)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->count = count;
	arg->entries = (uintptr_t)entries;
}

FIXTURE_SETUP(devices)
{
	self->dev = device_open(O_NONBLOCK);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	self->entry = calloc(DEVICES_MAX, sizeof(*self->entry));
	ASSERT_NE(NULL, self->entry);
	/* What is not told would show. */
	memset(self->entry, 0xa5, DEVICES_MAX * sizeof(*self->entry));
	devices_init(&self->arg, self->entry, DEVICES_MAX);
}

FIXTURE_TEARDOWN(devices)
{
	free(self->entry);
	close(self->dev);
}

static bool text_ok(const __u8 *text, size_t size)
{
	return memchr(text, '\0', size);
}

TEST_F(devices, well_formed)
{
	__u32 i, drivers = 0;

	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	EXPECT_EQ(sizeof(self->arg), self->arg.size);
	ASSERT_LT(0, self->arg.count);
	ASSERT_GE(DEVICES_MAX, self->arg.count);
	EXPECT_EQ(self->arg.total, self->arg.count);
	EXPECT_EQ((uintptr_t)self->entry, self->arg.entries);
	for (i = 0; i < self->arg.count; i++) {
		struct snapcap_device *d = &self->entry[i];

		ASSERT_TRUE(text_ok(d->name, sizeof(d->name)));
		ASSERT_TRUE(text_ok(d->driver, sizeof(d->driver)));
		ASSERT_TRUE(text_ok(d->bus, sizeof(d->bus)));
		ASSERT_TRUE(text_ok(d->module, sizeof(d->module)));
		EXPECT_NE('\0', d->name[0]);
		EXPECT_EQ(0, d->flags & ~ALL_FLAGS);
		EXPECT_EQ(0, d->callbacks & ~ALL_CALLBACKS);
		EXPECT_EQ(0, d->driver_callbacks & ~d->callbacks);
		EXPECT_EQ(0, d->reserved0);
		EXPECT_EQ(!!d->callbacks, !!(d->flags & SNAPCAP_DEVICE_HAS_PM));
		EXPECT_EQ(!!d->driver[0], !!(d->flags & SNAPCAP_DEVICE_HAS_DRIVER));
		if (!(d->flags & SNAPCAP_DEVICE_HAS_DRIVER)) {
			EXPECT_EQ(0, d->driver_callbacks);
			EXPECT_EQ('\0', d->module[0]);
		}
		drivers += !!(d->flags & SNAPCAP_DEVICE_HAS_DRIVER);
	}
	EXPECT_LT(0, drivers);
	/* Behind them nothing was written. */
	EXPECT_EQ(0xa5, self->entry[self->arg.count].name[0]);
}

/* Every device that the platform bus has with a driver is told, with that driver. */
TEST_F(devices, all_bound_platform_devices_told)
{
	DIR *dir = opendir("/sys/bus/platform/devices");
	struct dirent *e;
	__u32 i;

	if (!dir)
		SKIP(return, "no /sys/bus/platform");
	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	while ((e = readdir(dir))) {
		char path[512], driver[512];
		ssize_t n;

		snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/driver", e->d_name);
		n = readlink(path, driver, sizeof(driver) - 1);
		if (n < 0)
			continue;
		driver[n] = '\0';
		for (i = 0; i < self->arg.count; i++)
			if (!strncmp((char *)self->entry[i].name, e->d_name, 63) &&
			    !strcmp((char *)self->entry[i].bus, "platform"))
				break;
		EXPECT_GT(self->arg.count, i) TH_LOG("%s is missing", e->d_name);
		if (i < self->arg.count)
			EXPECT_EQ(0, strncmp(strrchr(driver, '/') + 1,
					     (char *)self->entry[i].driver, 31));
	}
	closedir(dir);
}

/* In the order in which they are resumed: a parent comes before its children. */
TEST_F(devices, parents_first)
{
	__u32 i, parent = DEVICES_MAX, child = DEVICES_MAX;

	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	for (i = 0; i < self->arg.count; i++) {
		if (!strcmp((char *)self->entry[i].bus, "virtio") && child == DEVICES_MAX)
			child = i;
		if (!strncmp((char *)self->entry[i].driver, "virtio-", 7) && parent == DEVICES_MAX)
			parent = i;
	}
	if (child == DEVICES_MAX)
		SKIP(return, "no virtio device");
	EXPECT_LT(parent, child);
}

/* ---- devices that are known ---- */

FIXTURE(known)
{
	int dev;
	struct snapcap_device *entry;
	struct snapcap_devices arg;
};

FIXTURE_VARIANT(known)
{
	const char *bus;
	const char *driver;
	const char *module;	/* "": built in; NULL: may be either */
	__u32 callbacks;	/* that must be there */
	__u32 driver_callbacks;	/* exactly */
};

FIXTURE_VARIANT_ADD(known, virtio_blk)
{
	.bus = "virtio",
	.driver = "virtio_blk",
	.callbacks = FREEZE_THAW_RESTORE,
	.driver_callbacks = FREEZE_THAW_RESTORE,
};

FIXTURE_VARIANT_ADD(known, virtio_transport)
{
	.bus = "platform",
	.driver = "virtio-mmio",
	.callbacks = FREEZE_THAW_RESTORE,
	.driver_callbacks = FREEZE_THAW_RESTORE,
};

/* The bus has callbacks that call the driver's, and the driver has none. */
FIXTURE_VARIANT_ADD(known, rtc)
{
	.bus = "amba",
	.driver = "rtc-pl031",
	.callbacks = FREEZE_THAW_RESTORE,
	.driver_callbacks = 0,
};

FIXTURE_VARIANT_ADD(known, uart)
{
	.bus = "amba",
	.driver = "uart-pl011",
	.callbacks = FREEZE_THAW_RESTORE,
	.driver_callbacks = FREEZE_THAW_RESTORE,
};

FIXTURE_VARIANT_ADD(known, snapcap_refuse)
{
	.bus = "platform",
	.driver = "snapcap-refuse",
	.module = "snapcap_refuse",
	.callbacks = SNAPCAP_PM_PREPARE | SNAPCAP_PM_FREEZE_LATE | SNAPCAP_PM_FREEZE_NOIRQ |
		     FREEZE_THAW_RESTORE,
	.driver_callbacks = SNAPCAP_PM_PREPARE | SNAPCAP_PM_FREEZE | SNAPCAP_PM_FREEZE_LATE |
			    SNAPCAP_PM_FREEZE_NOIRQ,
};

FIXTURE_VARIANT_ADD(known, snapcap_region)
{
	.bus = "platform",
	.driver = "snapcap-region",
	.module = "snapcap_region",
	.callbacks = FREEZE_THAW_RESTORE,
	.driver_callbacks = FREEZE_THAW_RESTORE,
};

FIXTURE_VARIANT_ADD(known, snapcap_bare)
{
	.bus = "platform",
	.driver = "snapcap-bare",
	.module = "snapcap_bare",
	.callbacks = FREEZE_THAW_RESTORE,
	.driver_callbacks = 0,
};

FIXTURE_SETUP(known)
{
	self->dev = device_open(O_NONBLOCK);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	self->entry = calloc(DEVICES_MAX, sizeof(*self->entry));
	ASSERT_NE(NULL, self->entry);
	devices_init(&self->arg, self->entry, DEVICES_MAX);
}

FIXTURE_TEARDOWN(known)
{
	free(self->entry);
	close(self->dev);
}

TEST_F(known, told_right)
{
	struct snapcap_device *d;
	__u32 i;

	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	for (i = 0; i < self->arg.count; i++)
		if (!strcmp((char *)self->entry[i].driver, variant->driver))
			break;
	if (i == self->arg.count)
		SKIP(return, "no device has the driver %s", variant->driver);
	d = &self->entry[i];
	EXPECT_STREQ(variant->bus, (char *)d->bus);
	EXPECT_EQ(SNAPCAP_DEVICE_HAS_DRIVER | SNAPCAP_DEVICE_HAS_PM,
		  d->flags & ~SNAPCAP_DEVICE_WAKEUP);
	EXPECT_EQ(variant->callbacks, d->callbacks & variant->callbacks);
	EXPECT_EQ(variant->driver_callbacks, d->driver_callbacks);
	if (variant->module)
		EXPECT_STREQ(variant->module, (char *)d->module);
}

/* May it wake the system? The kernel's own answer is in sysfs. */
TEST_F(devices, wakeup_as_sysfs_has_it)
{
	unsigned int found = 0;
	__u32 i;

	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	for (i = 0; i < self->arg.count; i++) {
		const struct snapcap_device *d = &self->entry[i];
		char path[256], text[16] = "";

		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/power/wakeup",
			 (char *)d->bus, (char *)d->name);
		/* Not there: it cannot, and of what is in no bus nothing is known. */
		if (text_read(path, text, sizeof(text)) && !d->driver[0])
			continue;
		EXPECT_EQ(!strcmp(text, "enabled"), !!(d->flags & SNAPCAP_DEVICE_WAKEUP));
		found += !strcmp(text, "enabled");
	}
	if (!found)
		SKIP(return, "no device may wake this system");
}

/* ---- bounds ---- */

TEST_F(devices, count_smaller_than_total)
{
	struct snapcap_device all[3];
	__u64 total;

	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	total = self->arg.total;
	ASSERT_LT(3, total);
	memcpy(all, self->entry, sizeof(all));
	memset(self->entry, 0xa5, DEVICES_MAX * sizeof(*self->entry));
	self->arg.count = 3;
	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	EXPECT_EQ(3, self->arg.count);
	EXPECT_EQ(total, self->arg.total);
	EXPECT_EQ(0, memcmp(all, self->entry, sizeof(all)));
	EXPECT_EQ(0xa5, self->entry[3].name[0]);
}

TEST_F(devices, count_0_tells_total)
{
	self->arg.count = 0;
	self->arg.entries = 0;
	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	EXPECT_EQ(0, self->arg.count);
	EXPECT_LT(0, self->arg.total);
}

/* More room than there can be: what is written is what there is. */
TEST_F(devices, count_max)
{
	self->arg.count = 0xffffffff;
	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	ASSERT_GE(DEVICES_MAX, self->arg.count);
	EXPECT_EQ(self->arg.total, self->arg.count);
	EXPECT_EQ(0xa5, self->entry[self->arg.count].name[0]);
}

TEST_F(devices, size_wrong_refused)
{
	static const __u32 sizes[] = {
		0, 4, sizeof(struct snapcap_devices) - 1, sizeof(struct snapcap_devices) + 1,
		0xffffffff,
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		self->arg.size = sizes[i];
		EXPECT_EQ(-EINVAL, device_devices(self->dev, &self->arg));
	}
	EXPECT_EQ(0xa5, self->entry[0].name[0]);
}

TEST_F(devices, argument_fault)
{
	size_t page = getpagesize();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	EXPECT_EQ(-EFAULT, device_devices(self->dev, NULL));
	memcpy(map + page - 8, &self->arg, 8);
	EXPECT_EQ(-EFAULT, device_devices(self->dev, (void *)(map + page - 8)));
}

TEST_F(devices, entries_fault)
{
	size_t page = getpagesize(), i;
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 bad[] = { 0, 1, ~0ULL, 1ULL << 63, ~0ULL - 4095, 0 };

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	/* The first entry fits, the second not. */
	bad[0] = (uintptr_t)(map + page - sizeof(struct snapcap_device));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		devices_init(&self->arg, (void *)(uintptr_t)bad[i], DEVICES_MAX);
		EXPECT_EQ(-EFAULT, device_devices(self->dev, &self->arg));
		/* What was not handed over is not told. */
		EXPECT_EQ(DEVICES_MAX, self->arg.count);
	}
}

TEST_F(devices, argument_read_only_fault)
{
	struct snapcap_devices *arg = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, arg);
	*arg = self->arg;
	ASSERT_EQ(0, mprotect(arg, getpagesize(), PROT_READ));
	EXPECT_EQ(-EFAULT, device_devices(self->dev, arg));
}

/* It is no take: nothing is announced. */
TEST_F(devices, no_event)
{
	ASSERT_EQ(0, device_devices(self->dev, &self->arg));
	EXPECT_TRUE(device_quiet(self->dev));
}

TEST_HARNESS_MAIN
