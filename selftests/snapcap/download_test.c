// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image that the loader received over the serial line: shown to root when
 * what the hand-off page says of it can be true, and never instead of memory that
 * is somebody else's. Loads snapcap anew for each test, and itself the module
 * snapcap_download, which writes to the page.
 */
#include <kselftest_harness.h>
#include <sys/stat.h>
#include "target.h"

#define DOWNLOADED	"/sys/class/misc/snapcap/downloaded"
#define PAGE		4096ULL
#define IMAGE_SIZE	100001ULL

static int unload_all(void)
{
	/* Those that use it have to go before it. */
	module_unload("snapcap_ops");
	module_unload("snapcap_region");
	module_unload("snapcap_refuse");
	module_unload("snapcap_download");
	return module_unload("snapcap");
}

FIXTURE(download)
{
	unsigned long long free_base;	/* memory of the machine that the kernel leaves alone */
	struct snapcap_info info;
	int dev;
};

FIXTURE_SETUP(download)
{
	const char *region = getenv("REGION");

	if (!region || sscanf(region, "base=%llx", &self->free_base) != 1)
		SKIP(return, "no REGION of memory outside the kernel's");
	SKIP_UNLESS_READY(self->dev, self->info);
	close(self->dev);
	self->dev = -1;
	if (unload_all())
		SKIP(return, "snapcap cannot be unloaded: %s", strerror(errno));
}

/* The next test finds snapcap as it was; who needs the other modules ran before. */
FIXTURE_TEARDOWN(download)
{
	if (self->dev >= 0)
		close(self->dev);
	if (!unload_all())
		module_load("snapcap", "");
}

static int prepare(int *dev, struct snapcap_info *info, unsigned long long base,
		   unsigned long long size, unsigned int boot, bool fill)
{
	char parameters[128];
	int ret;

	snprintf(parameters, sizeof(parameters), "base=%llu size=%llu boot=%u flags=1%s", base, size,
		 boot, fill ? " fill=1" : "");
	ret = module_load("snapcap_download", parameters);
	if (!ret)
		ret = module_load("snapcap", "");
	if (ret)
		return ret;
	*dev = device_open(0);
	return *dev < 0 ? *dev : device_info(*dev, info);
}

#define PREPARE(base, size, boot, fill) \
	ASSERT_EQ(0, prepare(&self->dev, &self->info, base, size, boot, fill))

TEST_F(download, image_is_shown)
{
	static unsigned char image[IMAGE_SIZE + PAGE];
	struct stat st;
	size_t i;
	int fd;

	PREPARE(self->free_base, IMAGE_SIZE, SNAPCAP_BOOT_COLD, true);
	EXPECT_EQ(IMAGE_SIZE, self->info.download_size);
	EXPECT_EQ(SNAPCAP_DOWNLOAD_INSTALL, self->info.download_flags);
	ASSERT_EQ(0, stat(DOWNLOADED, &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(IMAGE_SIZE, st.st_size);
	fd = open(DOWNLOADED, O_RDONLY);
	ASSERT_LE(0, fd);
	for (i = 0; i < sizeof(image);) {
		ssize_t got = read(fd, image + i, sizeof(image) - i);

		ASSERT_LE(0, got);
		if (!got)
			break;
		i += got;
	}
	EXPECT_EQ(IMAGE_SIZE, i);
	for (i = 0; i < IMAGE_SIZE; i++)
		ASSERT_EQ((unsigned char)(i * 7 + (i >> 8)), image[i]);
	EXPECT_EQ(0, pread(fd, image, 1, IMAGE_SIZE));
	EXPECT_EQ(0, pread(fd, image, 1, 1ULL << 40));
	close(fd);
	EXPECT_GT(0, open(DOWNLOADED, O_WRONLY));
}

/* As after a restore: the page is another one, the memory is in use. */
TEST_F(download, image_is_gone_with_the_page)
{
	char byte;
	int fd;

	PREPARE(self->free_base, IMAGE_SIZE, SNAPCAP_BOOT_COLD, true);
	fd = open(DOWNLOADED, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, pread(fd, &byte, 1, 10));
	ASSERT_EQ(0, module_unload("snapcap_download"));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 10));
	EXPECT_EQ(ENXIO, errno);
	ASSERT_EQ(0, device_info(self->dev, &self->info));
	EXPECT_EQ(0, self->info.download_size);
	EXPECT_EQ(0, self->info.download_flags);
	close(fd);
}

enum place { FREE, LOADER, PAGE_ITSELF, KERNEL };

FIXTURE(untrue)
{
	unsigned long long free_base;
	struct snapcap_info info;
	int dev;
};

FIXTURE_VARIANT(untrue)
{
	enum place place;
	long long offset;
	unsigned long long size;
	unsigned int boot;
};

#define UNTRUE(name_, place_, offset_, size_, boot_)					\
	FIXTURE_VARIANT_ADD(untrue, name_)						\
	{										\
		.place = place_,							\
		.offset = offset_,							\
		.size = size_,								\
		.boot = boot_,								\
	}

UNTRUE(no_size, FREE, 0, 0, SNAPCAP_BOOT_COLD);
UNTRUE(restored, FREE, 0, IMAGE_SIZE, SNAPCAP_BOOT_RESTORE);
UNTRUE(unaligned, FREE, 8, IMAGE_SIZE, SNAPCAP_BOOT_COLD);
UNTRUE(beyond_memory, FREE, 0, 1ULL << 40, SNAPCAP_BOOT_COLD);
UNTRUE(wrapping, FREE, 0, -PAGE, SNAPCAP_BOOT_COLD);
UNTRUE(reaches_down_to_kernel, FREE, -(4LL << 20), 8ULL << 20, SNAPCAP_BOOT_COLD);
UNTRUE(in_loader, LOADER, 0, PAGE, SNAPCAP_BOOT_COLD);
UNTRUE(hand_off_page, PAGE_ITSELF, 0, PAGE, SNAPCAP_BOOT_COLD);
UNTRUE(kernel_memory, KERNEL, 0, IMAGE_SIZE, SNAPCAP_BOOT_COLD);
UNTRUE(nowhere, FREE, 1LL << 40, PAGE, SNAPCAP_BOOT_COLD);

FIXTURE_SETUP(untrue)
{
	const char *region = getenv("REGION");

	if (!region || sscanf(region, "base=%llx", &self->free_base) != 1)
		SKIP(return, "no REGION of memory outside the kernel's");
	SKIP_UNLESS_READY(self->dev, self->info);
	close(self->dev);
	self->dev = -1;
	if (unload_all())
		SKIP(return, "snapcap cannot be unloaded: %s", strerror(errno));
}

FIXTURE_TEARDOWN(untrue)
{
	if (self->dev >= 0)
		close(self->dev);
	if (!unload_all())
		module_load("snapcap", "");
}

TEST_F(untrue, image_is_not_shown)
{
	const unsigned long long base[] = {
		[FREE] = self->free_base,
		[LOADER] = self->info.stub_base,
		[PAGE_ITSELF] = self->info.handoff_base,
		/* Above the two, where the kernel has its memory. */
		[KERNEL] = self->info.handoff_base + (64ULL << 20),
	};
	struct stat st;

	PREPARE(base[variant->place] + variant->offset, variant->size, variant->boot, false);
	EXPECT_EQ(0, self->info.download_size);
	EXPECT_EQ(0, self->info.download_flags);
	EXPECT_EQ(-1, stat(DOWNLOADED, &st));
	EXPECT_EQ(ENOENT, errno);
}

TEST_HARNESS_MAIN
