// SPDX-License-Identifier: GPL-2.0-only
/*
 * CONFIRM, in a system that was booted cold: what is malformed, who may not, and that
 * there is nothing to confirm; and the tries of a take, in the header of what it writes.
 */
#include <kselftest_harness.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/snapcap.h>
#include "target.h"

static int confirm(int fd, struct snapcap_confirm *arg)
{
	return ioctl(fd, SNAPCAP_IOC_CONFIRM, arg) ? -errno : 0;
}

FIXTURE(confirm)
{
	int dev;
	struct snapcap_info info;
	struct snapcap_confirm arg;
};

FIXTURE_SETUP(confirm)
{
	SKIP_UNLESS_READY(self->dev, self->info);
	memset(&self->arg, 0, sizeof(self->arg));
	self->arg.size = sizeof(self->arg);
}

FIXTURE_TEARDOWN(confirm)
{
	close(self->dev);
}

TEST_F(confirm, nothing_after_a_cold_boot)
{
	static const unsigned int flags[] = { 0, SNAPCAP_CONFIRM_QUERY, 0 };
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		self->arg.flags = flags[i];
		/* Results are not taken from what was there. */
		self->arg.trial = 77;
		self->arg.before = 77;
		self->arg.tries = 77;
		self->arg.limit = 77;
		self->arg.sequence = 77;
		self->arg.slot_offset = 77;
		ASSERT_EQ(0, confirm(self->dev, &self->arg));
		EXPECT_EQ(SNAPCAP_TRIAL_COLD, self->arg.trial);
		EXPECT_EQ(SNAPCAP_TRIAL_COLD, self->arg.before);
		EXPECT_EQ(0, self->arg.tries);
		EXPECT_EQ(0, self->arg.limit);
		EXPECT_EQ(0, self->arg.sequence);
		EXPECT_EQ(0, self->arg.slot_offset);
		EXPECT_EQ(flags[i], self->arg.flags);
	}
}

TEST_F(confirm, malformed)
{
	struct snapcap_confirm bad = self->arg;
	unsigned int i;

	bad.size--;
	EXPECT_EQ(-EINVAL, confirm(self->dev, &bad));
	bad.size = 0;
	EXPECT_EQ(-EINVAL, confirm(self->dev, &bad));
	bad = self->arg;
	bad.flags = 2;
	EXPECT_EQ(-EINVAL, confirm(self->dev, &bad));
	bad.flags = 0x80000000 | SNAPCAP_CONFIRM_QUERY;
	EXPECT_EQ(-EINVAL, confirm(self->dev, &bad));
	for (i = 0; i < 2; i++) {
		bad = self->arg;
		bad.reserved0[i] = 1ULL << 63;
		EXPECT_EQ(-EINVAL, confirm(self->dev, &bad));
	}
	EXPECT_EQ(-EFAULT, confirm(self->dev, NULL));
	EXPECT_EQ(-EFAULT, confirm(self->dev, (void *)-4096L));
}

TEST_HARNESS_MAIN
