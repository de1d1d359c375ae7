// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities: whoever got an open device from root still needs CAP_SYS_ADMIN
 * and CAP_SYS_BOOT to take or to rehearse, CAP_SYS_ADMIN to cancel, to confirm or to list devices,
 * and CAP_SYS_BOOT to decide of the next start. Asking needs neither.
 */
#include <kselftest_harness.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include "pager.h"
#include "target.h"

#define KEEP_ALL	-1

/* Gives up a capability for good: bounding set, permitted, effective, inheritable. */
static int drop(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (cap == KEEP_ALL)
		return 0;
	if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) || syscall(SYS_capget, &header, data))
		return -errno;
	data[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	data[CAP_TO_INDEX(cap)].permitted &= ~CAP_TO_MASK(cap);
	data[CAP_TO_INDEX(cap)].inheritable &= ~CAP_TO_MASK(cap);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

FIXTURE(caps)
{
	int dev;
	int events;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(caps)
{
	int dropped;
	int take;
	int cancel;
	int request;
};

FIXTURE_VARIANT_ADD(caps, all)
{
	.dropped = KEEP_ALL,
	.take = 0,
	.cancel = -ENOENT,
};

FIXTURE_VARIANT_ADD(caps, without_sys_admin)
{
	.dropped = CAP_SYS_ADMIN,
	.take = -EPERM,
	.cancel = -EPERM,
};

FIXTURE_VARIANT_ADD(caps, without_sys_boot)
{
	.dropped = CAP_SYS_BOOT,
	.take = -EPERM,
	.cancel = -ENOENT,
	.request = -EPERM,
};

/* Neither of the two: no other capability may stand in for them, nor be needed. */
FIXTURE_VARIANT_ADD(caps, without_sys_rawio)
{
	.dropped = CAP_SYS_RAWIO,
	.take = 0,
	.cancel = -ENOENT,
};

FIXTURE_SETUP(caps)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	ASSERT_EQ(0, flash_blank(&self->flash));
	self->events = device_open(O_NONBLOCK);
	ASSERT_LE(0, self->events);
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	/* Each test is a process of its own: nobody gets it back. */
	ASSERT_EQ(0, drop(variant->dropped));
}

FIXTURE_TEARDOWN(caps)
{
	flash_close(&self->flash);
	close(self->events);
	close(self->dev);
}

TEST_F_TIMEOUT(caps, makesnap, TAKE_TIMEOUT)
{
	EXPECT_EQ(variant->take, device_take(self->dev, &self->arg));
	/* Refused before a take was begun. */
	EXPECT_EQ(variant->take != 0, device_quiet(self->events));
}

TEST_F(caps, malformed_makesnap)
{
	self->arg.reserved1[0] = 1;
	EXPECT_EQ(variant->take ? variant->take : -EINVAL, device_take(self->dev, &self->arg));
	EXPECT_TRUE(device_quiet(self->events));
}

/* Of those that change something; whether it can be done comes after whether one may. */
TEST_F(caps, pager)
{
	bool may = variant->dropped != CAP_SYS_ADMIN;
	struct snapcap_hot_page *entries;
	uint32_t count;

	EXPECT_EQ(may ? -EINVAL : -EPERM, pager_control(self->dev, SNAPCAP_PAGER_SETUP, 1));
	EXPECT_EQ(may ? 0 : -EPERM, pager_ready(self->dev));
	EXPECT_EQ(may ? 0 : -EPERM, pager_hot_set(self->dev, &entries, &count));
	free(entries);
}

TEST_F_TIMEOUT(caps, rehearse, TAKE_TIMEOUT)
{
	struct snapcap_rehearse arg = { .size = sizeof(arg), .state = SNAPCAP_STATE_PASS1 };

	EXPECT_EQ(variant->take, device_rehearse(self->dev, &arg));
	EXPECT_EQ(variant->take != 0, device_quiet(self->events));
	arg.reserved0[0] = 1;
	EXPECT_EQ(variant->take ? variant->take : -EINVAL, device_rehearse(self->dev, &arg));
}

TEST_F(caps, cancel)
{
	EXPECT_EQ(variant->cancel, device_cancel(self->dev));
}

TEST_F(caps, confirm)
{
	struct snapcap_confirm arg = { .size = sizeof(arg) };
	int ret = ioctl(self->dev, SNAPCAP_IOC_CONFIRM, &arg) ? -errno : 0;

	EXPECT_EQ(variant->dropped == CAP_SYS_ADMIN ? -EPERM : 0, ret);
}

/* As for cancelling, where it ends well. */
TEST_F(caps, devices)
{
	struct snapcap_devices arg = { .size = sizeof(arg) };

	EXPECT_EQ(variant->cancel == -EPERM ? -EPERM : 0, device_devices(self->dev, &arg));
}

/* NONE changes nothing, and is as good a request as any. */
TEST_F(caps, request)
{
	struct snapcap_request arg = { .size = sizeof(arg), .request = SNAPCAP_REQUEST_NONE };

	EXPECT_EQ(variant->request, device_request(self->dev, &arg));
	arg.reserved0[0] = 1;
	EXPECT_EQ(variant->request ? variant->request : -EINVAL,
		  device_request(self->dev, &arg));
}

TEST_F(caps, queries_need_none)
{
	struct snapcap_pager_status pager;
	struct snapcap_boot_info boot_info;
	struct snapcap_status status;
	struct snapcap_info info;
	__u32 state;

	EXPECT_EQ(0, device_state(self->dev, &state));
	EXPECT_EQ(0, device_info(self->dev, &info));
	EXPECT_EQ(0, device_status(self->dev, &status));
	EXPECT_EQ(0, device_boot_info(self->dev, &boot_info));
	EXPECT_EQ(0, pager_status(self->dev, &pager));
}

FIXTURE(userns)
{
	int dev;
	struct flash flash;
};

FIXTURE_SETUP(userns)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (unshare(CLONE_NEWUSER))
		SKIP(return, "no user namespaces: %s", strerror(errno));
}

FIXTURE_TEARDOWN(userns)
{
	flash_close(&self->flash);
	close(self->dev);
}

/* All capabilities, but in a namespace of its own: worth nothing here. */
TEST_F(userns, root_of_namespace_refused)
{
	struct snapcap_rehearse rehearse = {
		.size = sizeof(rehearse),
		.state = SNAPCAP_STATE_PASS1,
	};
	struct snapcap_request request = { .size = sizeof(request) };
	struct snapcap_devices devices = { .size = sizeof(devices) };
	struct snapcap_makesnap arg;

	makesnap_init(&arg, self->flash.number);
	arg.flags = SNAPCAP_TAKE_DRY_RUN;
	EXPECT_EQ(-EPERM, device_take(self->dev, &arg));
	EXPECT_EQ(-EPERM, device_cancel(self->dev));
	EXPECT_EQ(-EPERM, device_request(self->dev, &request));
	EXPECT_EQ(-EPERM, device_rehearse(self->dev, &rehearse));
	EXPECT_EQ(-EPERM, pager_control(self->dev, SNAPCAP_PAGER_SETUP, 4096));
	EXPECT_EQ(-EPERM, pager_ready(self->dev));
	EXPECT_EQ(-EPERM, device_devices(self->dev, &devices));
}

TEST_HARNESS_MAIN
