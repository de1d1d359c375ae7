// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ordered callbacks of drivers around a take. Needs the module snapcap_ops, whose
 * three write down how they were called: the number is what they were told, or -1,
 * the other the state that they saw; i: interrupts were off.
 */
#include <kselftest_harness.h>
#include <sys/ioctl.h>
#include "target.h"

#define PREPARE	"one.prepare:2/0 two.prepare:2/0 three.prepare:2/0"
#define CAPTURE	"one.capture:-1/2i two.capture:-1/2i three.capture:-1/2i"
#define FINISH	"three.finish:2/0 two.finish:2/0 one.finish:2/0"

FIXTURE(ops)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
	char calls[1024];
};

FIXTURE_SETUP(ops)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (module_set("snapcap_ops", "calls", "0"))
		SKIP(return, "snapcap_ops is not loaded");
	ASSERT_EQ(0, flash_blank(&self->flash));
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, module_set("snapcap_ops", "answer", "-11"));
}

FIXTURE_TEARDOWN(ops)
{
	EXPECT_EQ(0, module_set("snapcap_ops", "refuse_prepare", "0"));
	EXPECT_EQ(0, module_set("snapcap_ops", "refuse_capture", "0"));
	flash_close(&self->flash);
	close(self->dev);
}

static int read_calls(char *buf, size_t size)
{
	return text_read("/sys/module/snapcap_ops/parameters/calls", buf, size);
}

TEST_F_TIMEOUT(ops, called_in_order, TAKE_TIMEOUT)
{
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, read_calls(self->calls, sizeof(self->calls)));
	EXPECT_STREQ(PREPARE " " CAPTURE " " FINISH, self->calls);
}

/* Nothing is captured, so nobody has to copy anything away. */
TEST_F_TIMEOUT(ops, rehearsal_prepares_and_finishes, TAKE_TIMEOUT)
{
	struct snapcap_rehearse arg = { .size = sizeof(arg), .state = SNAPCAP_STATE_PASS1 };

	ASSERT_EQ(0, ioctl(self->dev, SNAPCAP_IOC_REHEARSE, &arg));
	ASSERT_EQ(0, read_calls(self->calls, sizeof(self->calls)));
	EXPECT_STREQ("one.prepare:1/0 two.prepare:1/0 three.prepare:1/0 "
		     "three.finish:1/0 two.finish:1/0 one.finish:1/0", self->calls);

	ASSERT_EQ(0, module_set("snapcap_ops", "refuse_prepare", "3"));
	ASSERT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_REHEARSE, &arg));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(SNAPCAP_CAUSE_PREPARE, arg.status.cause);
	EXPECT_STREQ("three", (char *)arg.status.name);
}

TEST_F_TIMEOUT(ops, who_refuses_is_named, TAKE_TIMEOUT)
{
	uint32_t before, after;

	ASSERT_EQ(0, device_state(self->dev, &before));
	ASSERT_EQ(0, module_set("snapcap_ops", "refuse_prepare", "2"));
	EXPECT_EQ(-EAGAIN, device_take(self->dev, &self->arg));
	EXPECT_EQ(EAGAIN, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_PREPARE, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, self->arg.status.stage);
	EXPECT_STREQ("two", (char *)self->arg.status.name);
	ASSERT_EQ(0, read_calls(self->calls, sizeof(self->calls)));
	EXPECT_STREQ("one.prepare:2/0 two.prepare:2/0 one.finish:2/0", self->calls);
	ASSERT_EQ(0, device_state(self->dev, &after));
	EXPECT_EQ(before, after);

	ASSERT_EQ(0, module_set("snapcap_ops", "refuse_prepare", "0"));
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, self->arg.status.cause);
}

TEST_F_TIMEOUT(ops, capture_may_refuse, TAKE_TIMEOUT)
{
	uint32_t before, after;

	ASSERT_EQ(0, device_state(self->dev, &before));
	ASSERT_EQ(0, module_set("snapcap_ops", "refuse_capture", "2"));
	EXPECT_EQ(-EAGAIN, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_PREPARE, self->arg.status.cause);
	EXPECT_STREQ("two", (char *)self->arg.status.name);
	ASSERT_EQ(0, read_calls(self->calls, sizeof(self->calls)));
	EXPECT_STREQ(PREPARE " one.capture:-1/2i two.capture:-1/2i " FINISH, self->calls);
	ASSERT_EQ(0, device_state(self->dev, &after));
	EXPECT_EQ(before, after);
}

/* A device refuses: nothing is captured, but whoever was prepared is finished. */
TEST_F_TIMEOUT(ops, finished_after_a_failure, TAKE_TIMEOUT)
{
	if (module_set("snapcap_refuse", "phase", "freeze") ||
	    module_set("snapcap_refuse", "refuse", "1"))
		SKIP(return, "snapcap_refuse is not loaded");
	EXPECT_EQ(-EBUSY, device_take(self->dev, &self->arg));
	EXPECT_EQ(0, module_set("snapcap_refuse", "refuse", "0"));
	EXPECT_EQ(SNAPCAP_CAUSE_DEVICE, self->arg.status.cause);
	ASSERT_EQ(0, read_calls(self->calls, sizeof(self->calls)));
	EXPECT_STREQ(PREPARE " " FINISH, self->calls);
}

FIXTURE(ops_answer)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(ops_answer)
{
	const char *answer;
	int error;
};

/* No errno at all. */
FIXTURE_VARIANT_ADD(ops_answer, positive)
{
	.answer = "1",
	.error = EINVAL,
};

FIXTURE_VARIANT_ADD(ops_answer, out_of_range)
{
	.answer = "-100000",
	.error = EINVAL,
};

/* ERESTARTSYS, which is for the kernel alone. */
FIXTURE_VARIANT_ADD(ops_answer, of_the_kernel)
{
	.answer = "-512",
	.error = EINTR,
};

FIXTURE_SETUP(ops_answer)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (module_set("snapcap_ops", "answer", variant->answer))
		SKIP(return, "snapcap_ops is not loaded");
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, module_set("snapcap_ops", "refuse_prepare", "1"));
}

FIXTURE_TEARDOWN(ops_answer)
{
	EXPECT_EQ(0, module_set("snapcap_ops", "refuse_prepare", "0"));
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F_TIMEOUT(ops_answer, is_an_errno, TAKE_TIMEOUT)
{
	EXPECT_EQ(-variant->error, device_take(self->dev, &self->arg));
	EXPECT_EQ(variant->error, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_PREPARE, self->arg.status.cause);
}

TEST_HARNESS_MAIN
