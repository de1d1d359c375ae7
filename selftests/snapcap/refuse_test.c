// SPDX-License-Identifier: GPL-2.0-only
/*
 * A system that cannot be captured as it is: memory is short or of a kind that
 * cannot be read, hibernation is in use, the boot CPU is down, a device
 * refuses. Each is told from the others, and when it is over a take works.
 * Needs the modules snapcap_badmtd and snapcap_refuse.
 */
#include <kselftest_harness.h>
#include <sys/syscall.h>
#include "ballast.h"
#include "target.h"

/* ---- memory ---- */

FIXTURE(system)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_SETUP(system)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	/* The target must not be what is too small, nor be much of the memory. */
	SKIP_UNLESS_FLASH(&self->flash, FLASH_BADMTD);
	ASSERT_EQ(0, flash_blank(&self->flash));
	makesnap_init(&self->arg, self->flash.number);
}

FIXTURE_TEARDOWN(system)
{
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->dev);
}

/* The first guess of what the copy needs is too small, the second is not. */
TEST_F_TIMEOUT(system, second_try_gets_enough_memory, 2 * TAKE_TIMEOUT)
{
	static struct event_log log;
	unsigned int tries = 0;
	struct ballast ballast;
	size_t i;

	ASSERT_TRUE(ballast_take(&ballast, 45, BALLAST_RANDOM));
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, event_log_start(&log));
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, event_log_stop(&log));
	EXPECT_EQ(0, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, self->arg.status.cause);
	EXPECT_EQ(0, self->arg.status.detail);
	EXPECT_STREQ("", (char *)self->arg.status.name);
	for (i = 0; i < log.count; i++)
		tries += log.event[i].type == SNAPCAP_NOTE_STAGE &&
			 log.event[i].stage == SNAPCAP_STAGE_FREEZE;
	EXPECT_LT(1, tries);
}

TEST_F_TIMEOUT(system, short_of_memory_refused, 3 * TAKE_TIMEOUT)
{
	long long total = (long long)sysconf(_SC_PHYS_PAGES) * getpagesize();
	struct snapimg_slot slot;
	struct ballast ballast;
	uint64_t *digest;
	__u32 before;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, device_state(self->dev, &before));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	ASSERT_TRUE(ballast_take(&ballast, 68, BALLAST_RANDOM));
	self->arg.slot = SNAPCAP_SLOT_0;
	EXPECT_EQ(-ENOMEM, device_take(self->dev, &self->arg));
	EXPECT_EQ(ENOMEM, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_NO_MEMORY, self->arg.status.cause);
	/* How much is missing: more than nothing, less than there is. */
	EXPECT_LT(0, self->arg.status.detail);
	EXPECT_GT(total, self->arg.status.detail);
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(before, self->arg.status.state);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	EXPECT_EQ(0, flash_newest(&self->flash, &slot));
	free(digest);

	/* With as much more as it said it works. */
	ballast_drop(&ballast, self->arg.status.detail);
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

/* Memory that the kernel itself cannot read is refused, not lost. */
TEST_F_TIMEOUT(system, secret_memory_refused, 2 * TAKE_TIMEOUT)
{
#ifdef SYS_memfd_secret
	int fd = syscall(SYS_memfd_secret, 0);
	char *secret;

	if (fd < 0)
		SKIP(return, "no memfd_secret(): %s", strerror(errno));
	ASSERT_EQ(0, ftruncate(fd, getpagesize()));
	secret = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, secret);
	strcpy(secret, "secret");
	EXPECT_EQ(-EOPNOTSUPP, device_take(self->dev, &self->arg));
	EXPECT_EQ(EOPNOTSUPP, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_MEMORY_KIND, self->arg.status.cause);
	EXPECT_NE(0, self->arg.status.detail);
	EXPECT_STRNE("", (char *)self->arg.status.name);
	EXPECT_STREQ("secret", secret);

	munmap(secret, getpagesize());
	close(fd);
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
#else
	SKIP(return, "the C library does not know memfd_secret()");
#endif
}

/* ---- other sleep transitions ---- */

/* Who has it open may be about to write or to restore a hibernation image. */
TEST_F_TIMEOUT(system, hibernation_in_use_busy, 2 * TAKE_TIMEOUT)
{
	int fd = open("/dev/snapshot", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		SKIP(return, "/dev/snapshot: %s", strerror(errno));
	EXPECT_EQ(-EBUSY, device_take(self->dev, &self->arg));
	EXPECT_EQ(EBUSY, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_BUSY, self->arg.status.cause);
	close(fd);
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

/* ---- CPUs ---- */

#define CPU_ONLINE	"/sys/devices/system/cpu/cpu%u/online"

static int cpu_online(unsigned int cpu, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), CPU_ONLINE, cpu);
	return text_write(path, value);
}

static long long cpu_is_online(unsigned int cpu)
{
	char path[64];

	snprintf(path, sizeof(path), CPU_ONLINE, cpu);
	return number_read(path);
}

FIXTURE(cpu)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_SETUP(cpu)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU");
	ASSERT_EQ(0, flash_blank(&self->flash));
	makesnap_init(&self->arg, self->flash.number);
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
}

FIXTURE_TEARDOWN(cpu)
{
	cpu_online(0, "1");
	cpu_online(1, "1");
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F_TIMEOUT(cpu, all_come_back, TAKE_TIMEOUT)
{
	long before = sysconf(_SC_NPROCESSORS_ONLN);

	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(before, sysconf(_SC_NPROCESSORS_ONLN));
}

TEST_F_TIMEOUT(cpu, offline_stays_offline, TAKE_TIMEOUT)
{
	if (cpu_online(1, "0"))
		SKIP(return, "CPU 1 cannot be taken down");
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(0, cpu_is_online(1));
}

/* The loader enters the restored kernel on the boot CPU. */
TEST_F_TIMEOUT(cpu, boot_cpu_offline_refused, 2 * TAKE_TIMEOUT)
{
	if (cpu_online(0, "0"))
		SKIP(return, "CPU 0 cannot be taken down");
	EXPECT_EQ(-EBUSY, device_take(self->dev, &self->arg));
	EXPECT_EQ(EBUSY, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_CPU_DOWN, self->arg.status.cause);
	EXPECT_EQ(0, self->arg.status.detail);
	EXPECT_EQ(0, cpu_is_online(0));
	EXPECT_EQ(1, cpu_is_online(1));
	ASSERT_EQ(0, cpu_online(0, "1"));
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

/* ---- devices ---- */

FIXTURE(refuse)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(refuse)
{
	const char *phase;
};

FIXTURE_VARIANT_ADD(refuse, prepare)
{
	.phase = "prepare",
};

FIXTURE_VARIANT_ADD(refuse, freeze)
{
	.phase = "freeze",
};

FIXTURE_VARIANT_ADD(refuse, freeze_late)
{
	.phase = "late",
};

FIXTURE_VARIANT_ADD(refuse, freeze_noirq)
{
	.phase = "noirq",
};

FIXTURE_SETUP(refuse)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	if (module_set("snapcap_refuse", "refuse", "0"))
		SKIP(return, "snapcap_refuse is not loaded");
	ASSERT_EQ(0, flash_blank(&self->flash));
	ASSERT_EQ(0, module_set("snapcap_refuse", "phase", variant->phase));
	makesnap_init(&self->arg, self->flash.number);
}

FIXTURE_TEARDOWN(refuse)
{
	module_set("snapcap_refuse", "refuse", "0");
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F_TIMEOUT(refuse, named, 3 * TAKE_TIMEOUT)
{
	struct snapcap_status *s = &self->arg.status;
	long long refusals = module_get("snapcap_refuse", "refusals");
	uint64_t *digest = flash_digest(&self->flash);
	__u32 before;

	ASSERT_NE(NULL, digest);
	ASSERT_EQ(0, device_state(self->dev, &before));
	ASSERT_EQ(0, module_set("snapcap_refuse", "refuse", "1"));
	EXPECT_EQ(-EBUSY, device_take(self->dev, &self->arg));
	EXPECT_EQ(refusals + 1, module_get("snapcap_refuse", "refusals"));
	EXPECT_EQ(EBUSY, s->error);
	EXPECT_EQ(SNAPCAP_CAUSE_DEVICE, s->cause);
	EXPECT_STREQ("snapcap-refuse", (char *)s->name);
	EXPECT_EQ(SNAPCAP_STAGE_FREEZE, s->stage);
	EXPECT_EQ(before, s->state);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	free(digest);

	ASSERT_EQ(0, module_set("snapcap_refuse", "refuse", "0"));
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, s->state);
	EXPECT_STREQ("", (char *)s->name);
}

TEST_HARNESS_MAIN
