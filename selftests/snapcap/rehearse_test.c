// SPDX-License-Identifier: GPL-2.0-only
/*
 * REHEARSE: tasks frozen and devices suspended as for a take, and nothing else.
 * Drivers see the state that was asked for; who refuses is named; what STATUS
 * tells is still the last take. The modules snapcap_region and snapcap_refuse are
 * the drivers.
 */
#include <kselftest_harness.h>
#include <signal.h>
#include <sys/wait.h>
#include "target.h"

static void rehearse_init(struct snapcap_rehearse *arg, __u32 state)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->state = state;
	/* What the caller leaves there does not matter. */
	memset(&arg->status, 0xa5, sizeof(arg->status));
}

/* No loader and no target: only the device. */
#define SKIP_UNLESS_DEVICE(dev, flags) do {						\
	(dev) = device_open(flags);							\
	if ((dev) < 0)									\
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-(dev)));			\
	device_hold(SNAPCAP_STAGE_IDLE, 0);						\
} while (0)

/* ---- what it does ---- */

FIXTURE(rehearse)
{
	int dev;
	struct snapcap_rehearse arg;
};

FIXTURE_VARIANT(rehearse)
{
	__u32 state;
};

FIXTURE_VARIANT_ADD(rehearse, pass1)
{
	.state = SNAPCAP_STATE_PASS1,
};

FIXTURE_VARIANT_ADD(rehearse, pass2)
{
	.state = SNAPCAP_STATE_PASS2,
};

FIXTURE_SETUP(rehearse)
{
	SKIP_UNLESS_DEVICE(self->dev, O_NONBLOCK);
	rehearse_init(&self->arg, variant->state);
}

FIXTURE_TEARDOWN(rehearse)
{
	close(self->dev);
}

TEST_F_TIMEOUT(rehearse, result_is_the_callers, TAKE_TIMEOUT)
{
	struct snapcap_rehearse before_arg = self->arg;
	struct snapcap_status before, after, *s = &self->arg.status;

	ASSERT_EQ(0, device_status(self->dev, &before));
	ASSERT_EQ(0, device_rehearse(self->dev, &self->arg));
	EXPECT_EQ(0, memcmp(&before_arg, &self->arg, offsetof(struct snapcap_rehearse, status)));
	EXPECT_EQ(sizeof(*s), s->size);
	EXPECT_EQ(before.state, s->state);
	EXPECT_EQ(SNAPCAP_STAGE_DONE, s->stage);
	EXPECT_EQ(0, s->error);
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, s->cause);
	EXPECT_STREQ("", (char *)s->name);
	EXPECT_LT(0, s->frozen_ns);
	EXPECT_EQ(before.takes, s->takes);
	EXPECT_EQ(0, s->atomic_ns);
	EXPECT_EQ(0, s->stream_pages);
	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

TEST_F_TIMEOUT(rehearse, drivers_see_the_state, TAKE_TIMEOUT)
{
	long long freezes = module_get("snapcap_region", "freezes");
	long long thaws = module_get("snapcap_region", "thaws");
	long long restores = module_get("snapcap_region", "restores");

	if (freezes < 0)
		SKIP(return, "snapcap_region is not loaded");
	ASSERT_EQ(0, device_rehearse(self->dev, &self->arg));
	EXPECT_EQ(freezes + 1, module_get("snapcap_region", "freezes"));
	EXPECT_EQ(thaws + 1, module_get("snapcap_region", "thaws"));
	EXPECT_EQ(restores, module_get("snapcap_region", "restores"));
	EXPECT_EQ(variant->state, module_get("snapcap_region", "freeze_state"));
	EXPECT_EQ(variant->state, module_get("snapcap_region", "thaw_state"));
}

TEST_F_TIMEOUT(rehearse, events_tell, TAKE_TIMEOUT)
{
	static struct event_log log;
	__u32 stages[8], states[8], before;
	size_t i, stage_count = 0, state_count = 0;

	ASSERT_EQ(0, device_state(self->dev, &before));
	ASSERT_EQ(0, event_log_start(&log));
	ASSERT_EQ(0, device_rehearse(self->dev, &self->arg));
	ASSERT_EQ(0, event_log_stop(&log));
	for (i = 0; i < log.count && stage_count < 8 && state_count < 8; i++) {
		if (log.event[i].type == SNAPCAP_NOTE_STAGE)
			stages[stage_count++] = log.event[i].stage;
		else if (log.event[i].type == SNAPCAP_NOTE_STATE)
			states[state_count++] = log.event[i].state;
	}
	ASSERT_EQ(4, stage_count);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, stages[0]);
	EXPECT_EQ(SNAPCAP_STAGE_FREEZE, stages[1]);
	EXPECT_EQ(SNAPCAP_STAGE_THAW, stages[2]);
	EXPECT_EQ(SNAPCAP_STAGE_DONE, stages[3]);
	ASSERT_EQ(2, state_count);
	EXPECT_EQ(variant->state, states[0]);
	EXPECT_EQ(before, states[1]);
}

TEST_F_TIMEOUT(rehearse, all_cpus_stay, TAKE_TIMEOUT)
{
	long before = sysconf(_SC_NPROCESSORS_ONLN);

	ASSERT_EQ(0, device_rehearse(self->dev, &self->arg));
	EXPECT_EQ(before, sysconf(_SC_NPROCESSORS_ONLN));
}

/* Who has it open may be about to write or to restore a hibernation image. */
TEST_F_TIMEOUT(rehearse, hibernation_in_use_busy, TAKE_TIMEOUT)
{
	int fd = open("/dev/snapshot", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		SKIP(return, "/dev/snapshot: %s", strerror(errno));
	EXPECT_EQ(-EBUSY, device_rehearse(self->dev, &self->arg));
	EXPECT_EQ(EBUSY, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_BUSY, self->arg.status.cause);
	close(fd);
	EXPECT_EQ(0, device_rehearse(self->dev, &self->arg));
}

/* ---- arguments ---- */

FIXTURE(malformed)
{
	int dev;
	struct snapcap_rehearse arg;
};

FIXTURE_VARIANT(malformed)
{
	size_t offset;
	__u32 value;
};

#define MALFORMED(name_, member, value_)						\
	FIXTURE_VARIANT_ADD(malformed, name_)						\
	{										\
		.offset = offsetof(struct snapcap_rehearse, member),			\
		.value = value_,							\
	}

MALFORMED(size_0, size, 0);
MALFORMED(size_small, size, sizeof(struct snapcap_rehearse) - 1);
MALFORMED(size_large, size, sizeof(struct snapcap_rehearse) + 1);
MALFORMED(state_none, state, SNAPCAP_STATE_NONE);
MALFORMED(state_prepared, state, SNAPCAP_STATE_PREPARED);
MALFORMED(state_taken, state, SNAPCAP_STATE_TAKEN);
MALFORMED(state_boot, state, SNAPCAP_STATE_BOOT);
MALFORMED(state_unknown, state, SNAPCAP_STATE_BOOT + 1);
MALFORMED(state_max, state, 0xffffffff);
MALFORMED(reserved0_0, reserved0[0], 1);
MALFORMED(reserved0_1, reserved0[1], 1);
MALFORMED(reserved0_2, reserved0[2], 0x80000000);

FIXTURE_SETUP(malformed)
{
	SKIP_UNLESS_DEVICE(self->dev, O_NONBLOCK);
	rehearse_init(&self->arg, SNAPCAP_STATE_PASS1);
}

FIXTURE_TEARDOWN(malformed)
{
	close(self->dev);
}

TEST_F_TIMEOUT(malformed, refused, TAKE_TIMEOUT)
{
	struct snapcap_status before, after;

	ASSERT_EQ(0, device_status(self->dev, &before));
	memcpy((char *)&self->arg + variant->offset, &variant->value, sizeof(variant->value));
	EXPECT_EQ(-EINVAL, device_rehearse(self->dev, &self->arg));
	EXPECT_TRUE(device_quiet(self->dev));
	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

FIXTURE(pointer)
{
	int dev;
};

FIXTURE_SETUP(pointer)
{
	SKIP_UNLESS_DEVICE(self->dev, O_NONBLOCK);
}

FIXTURE_TEARDOWN(pointer)
{
	close(self->dev);
}

TEST_F(pointer, null_fault)
{
	EXPECT_EQ(-EFAULT, device_rehearse(self->dev, NULL));
	EXPECT_TRUE(device_quiet(self->dev));
}

/* The status lies behind the end of what the caller may access. */
TEST_F(pointer, half_mapped_fault)
{
	size_t page = getpagesize();
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct snapcap_rehearse arg;
	void *half;

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	rehearse_init(&arg, SNAPCAP_STATE_PASS1);
	half = map + page - offsetof(struct snapcap_rehearse, status);
	memcpy(half, &arg, offsetof(struct snapcap_rehearse, status));
	EXPECT_EQ(-EFAULT, device_rehearse(self->dev, half));
	EXPECT_TRUE(device_quiet(self->dev));
}

/* It is done; only the result has no place to go. */
TEST_F_TIMEOUT(pointer, status_read_only_fault, TAKE_TIMEOUT)
{
	struct snapcap_rehearse *arg = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, arg);
	rehearse_init(arg, SNAPCAP_STATE_PASS1);
	ASSERT_EQ(0, mprotect(arg, getpagesize(), PROT_READ));
	EXPECT_EQ(-EFAULT, device_rehearse(self->dev, arg));
	EXPECT_FALSE(device_quiet(self->dev));
}

/* ---- a device that refuses ---- */

FIXTURE(refuse)
{
	int dev;
	struct snapcap_rehearse arg;
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
	SKIP_UNLESS_DEVICE(self->dev, 0);
	if (module_set("snapcap_refuse", "refuse", "0"))
		SKIP(return, "snapcap_refuse is not loaded");
	ASSERT_EQ(0, module_set("snapcap_refuse", "phase", variant->phase));
	rehearse_init(&self->arg, SNAPCAP_STATE_PASS1);
}

FIXTURE_TEARDOWN(refuse)
{
	module_set("snapcap_refuse", "refuse", "0");
	close(self->dev);
}

TEST_F_TIMEOUT(refuse, named, 2 * TAKE_TIMEOUT)
{
	struct snapcap_status *s = &self->arg.status, before, after;
	long long refusals = module_get("snapcap_refuse", "refusals");
	__u32 state;

	ASSERT_EQ(0, device_status(self->dev, &before));
	ASSERT_EQ(0, module_set("snapcap_refuse", "refuse", "1"));
	EXPECT_EQ(-EBUSY, device_rehearse(self->dev, &self->arg));
	EXPECT_EQ(refusals + 1, module_get("snapcap_refuse", "refusals"));
	EXPECT_EQ(EBUSY, s->error);
	EXPECT_EQ(SNAPCAP_CAUSE_DEVICE, s->cause);
	EXPECT_STREQ("snapcap-refuse", (char *)s->name);
	EXPECT_EQ(SNAPCAP_STAGE_FREEZE, s->stage);
	EXPECT_EQ(before.state, s->state);
	ASSERT_EQ(0, device_state(self->dev, &state));
	EXPECT_EQ(before.state, state);
	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));

	ASSERT_EQ(0, module_set("snapcap_refuse", "refuse", "0"));
	EXPECT_EQ(0, device_rehearse(self->dev, &self->arg));
	EXPECT_STREQ("", (char *)s->name);
}

/* ---- ended from outside, and others meanwhile ---- */

struct rehearser {
	pid_t pid;
	struct rehearser_result {
		int ret;
		struct snapcap_rehearse arg;
	} *result;
};

static void ignore_once(int sig)
{
}

static int rehearser_start(struct rehearser *r)
{
	/* Without SA_RESTART: the ioctl is to come back. */
	struct sigaction action = { .sa_handler = ignore_once };
	int fd;

	r->result = mmap(NULL, sizeof(*r->result), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->result == MAP_FAILED)
		return -errno;
	rehearse_init(&r->result->arg, SNAPCAP_STATE_PASS1);
	r->pid = fork();
	if (r->pid)
		return r->pid < 0 ? -errno : 0;

	sigaction(SIGTERM, &action, NULL);
	fd = device_open(0);
	r->result->ret = fd < 0 ? fd : device_rehearse(fd, &r->result->arg);
	_exit(0);
}

static int rehearser_end(struct rehearser *r, struct snapcap_rehearse *arg)
{
	int status, ret;

	while (waitpid(r->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	ret = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : r->result->ret;
	*arg = r->result->arg;
	munmap(r->result, sizeof(*r->result));
	return ret;
}

FIXTURE(held)
{
	int dev;
	int events;
	__u32 state;
	struct rehearser rehearser;
	struct snapcap_rehearse arg;
};

FIXTURE_VARIANT(held)
{
	__u32 stage;
};

FIXTURE_VARIANT_ADD(held, in_check)
{
	.stage = SNAPCAP_STAGE_CHECK,
};

FIXTURE_VARIANT_ADD(held, in_freeze)
{
	.stage = SNAPCAP_STAGE_FREEZE,
};

FIXTURE_SETUP(held)
{
	SKIP_UNLESS_DEVICE(self->dev, 0);
	self->events = device_open(O_NONBLOCK);
	ASSERT_LE(0, self->events);
	ASSERT_EQ(0, device_state(self->dev, &self->state));
	HOLD_OR_SKIP(variant->stage);
	ASSERT_EQ(0, rehearser_start(&self->rehearser));
	ASSERT_EQ(0, device_wait_stage(self->events, variant->stage));
}

FIXTURE_TEARDOWN(held)
{
	__u32 state;

	device_hold(SNAPCAP_STAGE_IDLE, 0);
	/* Nothing is left behind. */
	EXPECT_EQ(-ENOENT, device_cancel(self->dev));
	EXPECT_EQ(0, device_state(self->dev, &state));
	EXPECT_EQ(self->state, state);
	rehearse_init(&self->arg, SNAPCAP_STATE_PASS1);
	EXPECT_EQ(0, device_rehearse(self->dev, &self->arg));
	close(self->events);
	close(self->dev);
}

TEST_F_TIMEOUT(held, cancel, TAKE_TIMEOUT)
{
	EXPECT_EQ(0, device_cancel(self->dev));
	EXPECT_EQ(-ECANCELED, rehearser_end(&self->rehearser, &self->arg));
	EXPECT_EQ(ECANCELED, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_CANCELLED, self->arg.status.cause);
	EXPECT_EQ(variant->stage, self->arg.status.stage);
	EXPECT_EQ(self->state, self->arg.status.state);
	EXPECT_EQ(0, self->arg.status.frozen_ns);
}

TEST_F_TIMEOUT(held, signal, TAKE_TIMEOUT)
{
	EXPECT_EQ(0, kill(self->rehearser.pid, SIGTERM));
	EXPECT_EQ(-EINTR, rehearser_end(&self->rehearser, &self->arg));
	EXPECT_EQ(EINTR, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_CANCELLED, self->arg.status.cause);
	EXPECT_EQ(0, self->arg.status.frozen_ns);
}

TEST_F_TIMEOUT(held, killed, TAKE_TIMEOUT)
{
	EXPECT_EQ(0, kill(self->rehearser.pid, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, rehearser_end(&self->rehearser, &self->arg));
}

/* Neither a take nor another rehearsal; and STATUS tells what runs. */
TEST_F_TIMEOUT(held, others_busy, TAKE_TIMEOUT)
{
	struct snapcap_status status;
	struct snapcap_makesnap take;

	ASSERT_EQ(0, device_status(self->dev, &status));
	EXPECT_EQ(variant->stage, status.stage);
	rehearse_init(&self->arg, SNAPCAP_STATE_PASS2);
	EXPECT_EQ(-EBUSY, device_rehearse(self->dev, &self->arg));
	EXPECT_EQ(EBUSY, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_BUSY, self->arg.status.cause);
	makesnap_init(&take, 9999);
	EXPECT_EQ(-EBUSY, device_take(self->dev, &take));
	EXPECT_EQ(SNAPCAP_CAUSE_BUSY, take.status.cause);

	/* Who runs notices nothing. */
	ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
	EXPECT_EQ(0, device_cancel(self->dev));
	EXPECT_EQ(-ECANCELED, rehearser_end(&self->rehearser, &self->arg));
}

/* ---- beside takes ---- */

TEST_F_TIMEOUT(target, rehearse_while_take_runs_busy, 2 * TAKE_TIMEOUT)
{
	int events = device_open(O_NONBLOCK);
	struct snapcap_rehearse arg;
	struct taker taker;

	ASSERT_LE(0, events);
	HOLD_OR_SKIP(SNAPCAP_STAGE_WRITE);
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_HANDLE));
	EXPECT_EQ(0, device_wait_stage(events, SNAPCAP_STAGE_WRITE));
	rehearse_init(&arg, SNAPCAP_STATE_PASS1);
	EXPECT_EQ(-EBUSY, device_rehearse(self->dev, &arg));
	EXPECT_EQ(SNAPCAP_CAUSE_BUSY, arg.status.cause);
	EXPECT_EQ(SNAPCAP_STATE_PREPARED, arg.status.state);
	ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
	device_cancel(self->dev);
	taker_end(&taker, &self->arg);
	close(events);
}

/* The snapshot that was taken is still the last, and there. */
TEST_F_TIMEOUT(target, taken_stays_taken, 2 * TAKE_TIMEOUT)
{
	struct snapcap_status before, after;
	struct snapcap_rehearse arg;
	uint64_t *digest;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, device_status(self->dev, &before));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	rehearse_init(&arg, SNAPCAP_STATE_PASS2);
	ASSERT_EQ(0, device_rehearse(self->dev, &arg));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, arg.status.state);
	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, after.state);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	free(digest);
}

TEST_HARNESS_MAIN
