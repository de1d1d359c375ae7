// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other drivers get of snapcap: the state in their callbacks, and memory
 * of their own in the snapshot. Needs the module snapcap_region; the tests of
 * a region's contents need it to have one.
 */
#include <kselftest_harness.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "image.h"
#include "target.h"

FIXTURE(region)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_SETUP(region)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (module_get("snapcap_region", "freezes") < 0)
		SKIP(return, "snapcap_region is not loaded");
	ASSERT_EQ(0, flash_blank(&self->flash));
	makesnap_init(&self->arg, self->flash.number);
}

FIXTURE_TEARDOWN(region)
{
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F_TIMEOUT(region, callbacks_see_pass2, TAKE_TIMEOUT)
{
	long long freezes = module_get("snapcap_region", "freezes");
	long long thaws = module_get("snapcap_region", "thaws");
	long long restores = module_get("snapcap_region", "restores");

	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(freezes + 1, module_get("snapcap_region", "freezes"));
	EXPECT_EQ(thaws + 1, module_get("snapcap_region", "thaws"));
	EXPECT_EQ(restores, module_get("snapcap_region", "restores"));
	EXPECT_EQ(SNAPCAP_STATE_PASS2, module_get("snapcap_region", "freeze_state"));
	EXPECT_EQ(SNAPCAP_STATE_PASS2, module_get("snapcap_region", "thaw_state"));
}

/* An ordinary suspend, as far as the devices. It returns when they are resumed. */
static int suspend_devices(void)
{
	if (text_write("/sys/module/suspend/parameters/pm_test_delay", "0") ||
	    text_write("/sys/power/pm_test", "devices"))
		return -ENOTSUP;
	return text_write("/sys/power/state", "freeze");
}

TEST_F_TIMEOUT(region, ordinary_suspend_is_none_of_ours, TAKE_TIMEOUT)
{
	long long suspends = module_get("snapcap_region", "suspends");
	uint32_t state;
	int ret;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, device_state(self->dev, &state));
	ASSERT_EQ(SNAPCAP_STATE_TAKEN, state);
	ret = suspend_devices();
	if (ret == -ENOTSUP)
		SKIP(return, "the kernel has no CONFIG_PM_DEBUG");
	ASSERT_EQ(0, ret);
	EXPECT_EQ(suspends + 1, module_get("snapcap_region", "suspends"));
	EXPECT_EQ(SNAPCAP_STATE_NONE, module_get("snapcap_region", "suspend_state"));
	EXPECT_EQ(SNAPCAP_STATE_NONE, module_get("snapcap_region", "resume_state"));
}

/* The take has to wait until the suspend that came first is over. */
TEST_F_TIMEOUT(region, ordinary_suspend_comes_first, 2 * TAKE_TIMEOUT)
{
	long long suspends = module_get("snapcap_region", "suspends");
	struct taker taker;
	pid_t suspender;
	char state[16];
	int status;

	ASSERT_EQ(0, module_set("snapcap_region", "suspend_delay_ms", "5000"));
	suspender = fork();
	ASSERT_LE(0, suspender);
	if (!suspender)
		_exit(-suspend_devices());
	usleep(500000);
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_DEFAULT));
	do {
		ASSERT_EQ(0, sysfs_text("state", state, sizeof(state)));
		usleep(1000);
	} while (strcmp(state, "pass2") && !waitpid(suspender, &status, WNOHANG));
	ASSERT_STREQ("pass2", state);
	ASSERT_EQ(suspends, module_get("snapcap_region", "suspends"));
	ASSERT_EQ(suspender, waitpid(suspender, &status, 0));
	EXPECT_EQ(0, module_set("snapcap_region", "suspend_delay_ms", "0"));
	EXPECT_EQ(0, taker_end(&taker, &self->arg));
	if (WEXITSTATUS(status) == ENOTSUP)
		SKIP(return, "the kernel has no CONFIG_PM_DEBUG");
	EXPECT_EQ(0, status);
	EXPECT_EQ(suspends + 1, module_get("snapcap_region", "suspends"));
	EXPECT_EQ(SNAPCAP_STATE_NONE, module_get("snapcap_region", "suspend_state"));
	EXPECT_EQ(SNAPCAP_STATE_NONE, module_get("snapcap_region", "resume_state"));
	EXPECT_EQ(SNAPCAP_STATE_PASS2, module_get("snapcap_region", "freeze_state"));
}

TEST_F_TIMEOUT(region, memory_is_in_the_snapshot, TAKE_TIMEOUT)
{
	unsigned long long base = module_get("snapcap_region", "base"), size, seed = 12345, i;
	size_t page = getpagesize(), words = page / 8;
	__u64 *saved = malloc(page);
	struct image image;

	ASSERT_NE(NULL, saved);
	size = module_get("snapcap_region", "size");
	if (!size)
		SKIP(return, "snapcap_region has no region");
	ASSERT_EQ(0, module_set("snapcap_region", "fill", "12345"));
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(0, module_get("snapcap_region", "mismatches"));
	ASSERT_EQ(0, image_read(&image, &self->flash, self->arg.status.slot_offset));
	for (i = 0; i < size / 8; i++) {
		if (i % words == 0)
			ASSERT_EQ(0, image_page_read(&image, (base + i * 8) / page, saved));
		ASSERT_EQ((seed + i) * 0x9e3779b97f4a7c15ULL, saved[i % words]);
	}
	image_free(&image);
	free(saved);
}

/* ---- regions that cannot be ---- */

FIXTURE(bad_region)
{
	int ko;
	char good[80];
	unsigned long long ram;
};

FIXTURE_VARIANT(bad_region)
{
	const char *parameters;	/* from the address of a page of RAM */
	int error;
};

FIXTURE_VARIANT_ADD(bad_region, system_ram)
{
	.parameters = "base=0x%llx size=4096",
	.error = EEXIST,
};

FIXTURE_VARIANT_ADD(bad_region, base_unaligned)
{
	.parameters = "base=0x%llx8 size=4096",
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(bad_region, size_unaligned)
{
	.parameters = "base=0x%llx size=4097",
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(bad_region, wraps)
{
	.parameters = "base=0xfffffffffffff000 size=8192",
	.error = EINVAL,
};

/* The first page of memory that the kernel manages. */
static unsigned long long find_ram(void)
{
	unsigned long long start = 0;
	char line[128];
	FILE *f = fopen("/proc/iomem", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, ": System RAM") && sscanf(line, "%llx", &start) == 1)
			break;
	if (f)
		fclose(f);
	return start;
}

FIXTURE_SETUP(bad_region)
{
	const char *dir = getenv("SNAPCAP_TEST_MODULES");
	char path[256];

	if (module_get("snapcap_region", "freezes") < 0)
		SKIP(return, "snapcap_region is not loaded");
	if (!dir)
		SKIP(return, "SNAPCAP_TEST_MODULES does not tell where it is");
	snprintf(path, sizeof(path), "%s/snapcap_region.ko", dir);
	self->ko = open(path, O_RDONLY | O_CLOEXEC);
	if (self->ko < 0)
		SKIP(return, "%s: %s", path, strerror(errno));
	snprintf(self->good, sizeof(self->good), "base=%lld size=%lld",
		 module_get("snapcap_region", "base"), module_get("snapcap_region", "size"));
	self->ram = find_ram();
	ASSERT_NE(0, self->ram);
	ASSERT_EQ(0, syscall(SYS_delete_module, "snapcap_region", O_NONBLOCK));
}

FIXTURE_TEARDOWN(bad_region)
{
	EXPECT_EQ(0, syscall(SYS_finit_module, self->ko, self->good, 0));
	close(self->ko);
}

TEST_F(bad_region, refused)
{
	char text[80];

	snprintf(text, sizeof(text), variant->parameters, self->ram);
	EXPECT_EQ(-1, syscall(SYS_finit_module, self->ko, text, 0));
	EXPECT_EQ(variant->error, errno);
}

TEST_HARNESS_MAIN
