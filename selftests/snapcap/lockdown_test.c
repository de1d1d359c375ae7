// SPDX-License-Identifier: GPL-2.0-only
/*
 * A locked-down kernel refuses to take, because what is restored later is
 * memory that nobody verified. Not run with the others: lockdown lasts until
 * the next boot.
 */
#include <kselftest_harness.h>
#include "target.h"

#define LOCKDOWN	"/sys/kernel/security/lockdown"

FIXTURE(lockdown)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_SETUP(lockdown)
{
	struct snapcap_info info;
	char levels[64];

	self->flash.fd = -1;
	self->dev = device_open(O_NONBLOCK);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	ASSERT_EQ(0, device_info(self->dev, &info));
	if (info.cause && info.cause != SNAPCAP_CAUSE_LOCKDOWN)
		SKIP(return, "no take is possible here: cause %u", info.cause);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (text_read(LOCKDOWN, levels, sizeof(levels)))
		SKIP(return, "no " LOCKDOWN);
	if (strstr(levels, "[none]")) {
		ASSERT_EQ(SNAPCAP_CAUSE_NONE, info.cause);
		ASSERT_EQ(0, text_write(LOCKDOWN, "integrity"));
	}
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
}

FIXTURE_TEARDOWN(lockdown)
{
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F(lockdown, take_refused)
{
	EXPECT_EQ(-EPERM, device_take(self->dev, &self->arg));
	EXPECT_EQ(EPERM, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_LOCKDOWN, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, self->arg.status.stage);
}

TEST_F(lockdown, info_tells)
{
	struct snapcap_info info;

	ASSERT_EQ(0, device_info(self->dev, &info));
	EXPECT_EQ(SNAPCAP_CAUSE_LOCKDOWN, info.cause);
}

TEST_F(lockdown, queries_allowed)
{
	struct snapcap_boot_info boot_info;
	struct snapcap_status status;
	__u32 state;

	EXPECT_EQ(0, device_state(self->dev, &state));
	EXPECT_EQ(0, device_status(self->dev, &status));
	EXPECT_EQ(0, device_boot_info(self->dev, &boot_info));
}

TEST_HARNESS_MAIN
