/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of all tests that take a snapshot: each test runs on a RAM disk
 * and again on the board's flash, which is erased before and afterwards, so
 * that no snapshot of a test is ever restored.
 */
#ifndef SNAPCAP_TEST_TARGET_H
#define SNAPCAP_TEST_TARGET_H

#include <fcntl.h>
#include "device.h"
#include "flash.h"

/* A take, seconds: a second or so, more on a debug kernel in an emulator. */
#define TAKE_TIMEOUT	180

/* Skips unless there is a device and a loader to restore with; opens the device. */
#define SKIP_UNLESS_READY(dev, info) do {						\
	(dev) = device_open(0);								\
	if ((dev) < 0)									\
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-(dev)));			\
	ASSERT_EQ(0, device_info(dev, &(info)));					\
	if ((info).cause)								\
		SKIP(return, "no take is possible here: cause %u", (info).cause);	\
} while (0)

/* Skips unless there is an MTD device @name that the tests may write to. */
#define SKIP_UNLESS_FLASH(flash, name) do {						\
	struct snapimg_slot slot_;							\
	if (flash_open(flash, name))							\
		SKIP(return, "no MTD device \"%s\"", name);				\
	if (!flash_newest(flash, &slot_) &&						\
	    strncmp(slot_.img.label, TEST_LABEL, strlen(TEST_LABEL)))			\
		SKIP(return, "MTD device \"%s\" holds a snapshot of its own", name);	\
} while (0)

/* Skips when takes cannot be held in a stage. */
#define HOLD_OR_SKIP(stage) do {							\
	int hold_ = device_hold(stage, STAGE_TIMEOUT_MS);				\
	if (hold_)									\
		SKIP(return, "debugfs snapcap/hold_*: %s", strerror(-hold_));		\
} while (0)

FIXTURE(target)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(target)
{
	const char *mtd;
};

FIXTURE_VARIANT_ADD(target, mtdram)
{
	.mtd = FLASH_MTDRAM,
};

FIXTURE_VARIANT_ADD(target, flash)
{
	.mtd = FLASH_SNAPSHOT,
};

FIXTURE_SETUP(target)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, variant->mtd);
	device_hold(SNAPCAP_STAGE_IDLE, 0);
	ASSERT_EQ(0, flash_blank(&self->flash));
	/* What is only a copy of the disk makes the takes slower and larger. */
	text_write("/proc/sys/vm/drop_caches", "3");
	makesnap_init(&self->arg, self->flash.number);
}

FIXTURE_TEARDOWN(target)
{
	device_hold(SNAPCAP_STAGE_IDLE, 0);
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->dev);
}

#endif /* SNAPCAP_TEST_TARGET_H */
