// SPDX-License-Identifier: GPL-2.0-only
/*
 * A take that is ended from outside, stage by stage: the errno tells how, the
 * status tells truthfully what became of the previous snapshot, and the next
 * take works.
 */
#include <kselftest_harness.h>
#include <signal.h>
#include <sys/syscall.h>
#include "target.h"

enum how { BY_CANCEL, BY_SIGTERM, BY_SIGINT, BY_SIGKILL };

static int end_taker(int dev, const struct taker *taker, enum how how)
{
	switch (how) {
	case BY_SIGTERM:
		return kill(taker->pid, SIGTERM);
	case BY_SIGINT:
		return kill(taker->pid, SIGINT);
	case BY_SIGKILL:
		return kill(taker->pid, SIGKILL);
	default:
		return device_cancel(dev);
	}
}

static int expected(enum how how)
{
	switch (how) {
	case BY_SIGKILL:
		return 128 + SIGKILL;
	case BY_CANCEL:
		return -ECANCELED;
	default:
		return -EINTR;
	}
}

/* What the status says about the snapshot in slot 0 and what the flash says. */
static void expect_truthful(struct __test_metadata *_metadata, struct flash *flash,
			    const struct snapcap_status *status, const uint64_t *digest)
{
	uint64_t half = flash->size / 2 / flash->erasesize * flash->erasesize;
	struct snapimg_slot slot;
	int newest = flash_newest(flash, &slot);

	if (status->previous == SNAPCAP_PREVIOUS_KEPT) {
		/* There was one before, which this did not change. */
		EXPECT_EQ(SNAPCAP_STATE_TAKEN, status->state);
		EXPECT_EQ(0, newest);
		EXPECT_EQ(0, slot.offset);
		EXPECT_EQ(1, slot.img.sequence);
		EXPECT_EQ(-1, flash_changed(flash, digest, 0, half));
	} else {
		EXPECT_EQ(SNAPCAP_PREVIOUS_LOST, status->previous);
		EXPECT_NE(0, newest);
	}
}

static void end_in_stage(struct __test_metadata *_metadata, FIXTURE_DATA(target) *self,
			 __u32 stage, enum how how, __u32 slot)
{
	struct snapcap_makesnap arg = self->arg;
	struct snapcap_status status;
	struct taker taker;
	uint64_t *digest;
	int events, ret;

	ASSERT_EQ(0, flash_blank(&self->flash));
	self->arg.slot = SNAPCAP_SLOT_0;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	events = device_open(O_NONBLOCK);
	ASSERT_LE(0, events);
	HOLD_OR_SKIP(stage);
	arg.slot = slot;
	ASSERT_EQ(0, taker_start(&taker, &arg, TAKER_HANDLE));
	EXPECT_EQ(0, device_wait_stage(events, stage));
	EXPECT_EQ(0, end_taker(self->dev, &taker, how));
	ret = taker_end(&taker, &arg);
	ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
	close(events);

	ASSERT_EQ(0, device_status(self->dev, &status));
	EXPECT_EQ(expected(how), ret);
	EXPECT_EQ(how == BY_CANCEL ? ECANCELED : EINTR, status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_CANCELLED, status.cause);
	if (how != BY_SIGKILL)
		EXPECT_EQ(0, memcmp(&status, &arg.status, sizeof(status)));
	if (stage == SNAPCAP_STAGE_CHECK) {
		/* Ended before it looked at the target: nothing is known, nothing touched. */
		EXPECT_EQ(SNAPCAP_STAGE_CHECK, status.stage);
		status.previous = SNAPCAP_PREVIOUS_KEPT;
	}
	if (slot == SNAPCAP_SLOT_1 || stage <= SNAPCAP_STAGE_PREPARE)
		EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, status.previous);
	expect_truthful(_metadata, &self->flash, &status, digest);
	free(digest);

	/* Nothing is left behind. */
	EXPECT_EQ(-ENOENT, device_cancel(self->dev));
	self->arg.slot = SNAPCAP_SLOT_AUTO;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, self->arg.status.state);
	EXPECT_EQ(0, self->arg.status.error);
}

/* With the previous snapshot in the way of the new one. */
#define END_OVER_PREVIOUS(stage_, name_, how_)						\
	TEST_F_TIMEOUT(target, name_##_over_previous, 4 * TAKE_TIMEOUT)			\
	{										\
		end_in_stage(_metadata, self, SNAPCAP_STAGE_##stage_, how_,		\
			     SNAPCAP_SLOT_0);						\
	}

/* And beside it. */
#define END_BESIDE_PREVIOUS(stage_, name_, how_)					\
	TEST_F_TIMEOUT(target, name_##_beside_previous, 4 * TAKE_TIMEOUT)		\
	{										\
		end_in_stage(_metadata, self, SNAPCAP_STAGE_##stage_, how_,		\
			     SNAPCAP_SLOT_1);						\
	}

END_OVER_PREVIOUS(CHECK, cancel_in_check, BY_CANCEL)
END_OVER_PREVIOUS(FREEZE, cancel_in_freeze, BY_CANCEL)
END_OVER_PREVIOUS(THAW, cancel_in_thaw, BY_CANCEL)
END_OVER_PREVIOUS(PREPARE, cancel_in_prepare, BY_CANCEL)
END_OVER_PREVIOUS(WRITE, cancel_in_write, BY_CANCEL)
END_OVER_PREVIOUS(VERIFY, cancel_in_verify, BY_CANCEL)
END_OVER_PREVIOUS(CHECK, sigterm_in_check, BY_SIGTERM)
END_OVER_PREVIOUS(FREEZE, sigterm_in_freeze, BY_SIGTERM)
END_OVER_PREVIOUS(PREPARE, sigterm_in_prepare, BY_SIGTERM)
END_OVER_PREVIOUS(WRITE, sigterm_in_write, BY_SIGTERM)
END_OVER_PREVIOUS(VERIFY, sigint_in_verify, BY_SIGINT)
END_OVER_PREVIOUS(PREPARE, sigkill_in_prepare, BY_SIGKILL)
END_BESIDE_PREVIOUS(WRITE, cancel_in_write, BY_CANCEL)
END_BESIDE_PREVIOUS(VERIFY, cancel_in_verify, BY_CANCEL)
END_BESIDE_PREVIOUS(WRITE, sigterm_in_write, BY_SIGTERM)
END_BESIDE_PREVIOUS(WRITE, sigkill_in_write, BY_SIGKILL)

/* Too late: what is verified is committed. */
TEST_F_TIMEOUT(target, commit_is_not_cancelled, 2 * TAKE_TIMEOUT)
{
	int events = device_open(O_NONBLOCK);
	struct snapimg_slot slot;
	struct taker taker;

	ASSERT_LE(0, events);
	HOLD_OR_SKIP(SNAPCAP_STAGE_COMMIT);
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_HANDLE));
	EXPECT_EQ(0, device_wait_stage(events, SNAPCAP_STAGE_COMMIT));
	/* Until then it is no snapshot. */
	EXPECT_NE(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(0, device_cancel(self->dev));
	EXPECT_EQ(0, taker_end(&taker, &self->arg));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, self->arg.status.state);
	EXPECT_EQ(0, flash_newest(&self->flash, &slot));
	close(events);
}

/* A CANCEL that came too late for one take is not for the next one. */
TEST_F_TIMEOUT(target, cancel_does_not_outlive_its_take, 2 * TAKE_TIMEOUT)
{
	int events = device_open(O_NONBLOCK);
	struct taker taker;

	ASSERT_LE(0, events);
	HOLD_OR_SKIP(SNAPCAP_STAGE_COMMIT);
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_HANDLE));
	EXPECT_EQ(0, device_wait_stage(events, SNAPCAP_STAGE_COMMIT));
	EXPECT_EQ(0, device_cancel(self->dev));
	EXPECT_EQ(0, taker_end(&taker, NULL));
	ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	close(events);
}

static void *cancel_all_the_time(void *stop)
{
	int dev = device_open(0);

	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED))
		device_cancel(dev);
	close(dev);
	return NULL;
}

/* CANCEL of nothing must not be taken for a take by one that begins just then. */
TEST_F_TIMEOUT(target, cancel_makes_nobody_busy, TAKE_TIMEOUT)
{
	unsigned int i, busy = 0;
	bool stop = false;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, cancel_all_the_time, &stop));
	self->arg.mtd = 9999;
	for (i = 0; i < 20000; i++) {
		int ret = device_take(self->dev, &self->arg);

		busy += ret == -EBUSY;
		if (ret != -EBUSY && ret != -ECANCELED)
			ASSERT_EQ(-ENXIO, ret);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, busy);
}

static void second_take(struct __test_metadata *_metadata, FIXTURE_DATA(target) *self, __u32 stage)
{
	int events = device_open(O_NONBLOCK);
	struct snapcap_makesnap second = self->arg;
	struct snapcap_status before, after;
	struct taker taker;

	ASSERT_LE(0, events);
	HOLD_OR_SKIP(stage);
	/* Long enough for what follows, and then it goes on. */
	ASSERT_EQ(0, device_hold(stage, 3000));
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_HANDLE));
	EXPECT_EQ(0, device_wait_stage(events, stage));
	ASSERT_EQ(0, device_status(self->dev, &before));

	EXPECT_EQ(-EBUSY, device_take(self->dev, &second));
	EXPECT_EQ(EBUSY, second.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_BUSY, second.status.cause);
	EXPECT_EQ(before.state, second.status.state);
	EXPECT_EQ(sizeof(second.status), second.status.size);
	/* A dry run is a take. */
	second.flags = SNAPCAP_TAKE_DRY_RUN;
	EXPECT_EQ(-EBUSY, device_take(self->dev, &second));

	/* Who runs notices nothing. */
	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_TRUE(device_quiet(events));
	EXPECT_EQ(0, taker_end(&taker, &self->arg));
	EXPECT_EQ(0, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, self->arg.status.state);
	close(events);
}

TEST_F_TIMEOUT(target, second_take_in_check_busy, 2 * TAKE_TIMEOUT)
{
	second_take(_metadata, self, SNAPCAP_STAGE_CHECK);
}

TEST_F_TIMEOUT(target, second_take_in_write_busy, 2 * TAKE_TIMEOUT)
{
	second_take(_metadata, self, SNAPCAP_STAGE_WRITE);
}

/* Who dies of a signal in the middle of a take leaves nothing behind. */
TEST_F_TIMEOUT(target, death_in_write, 2 * TAKE_TIMEOUT)
{
	int events = device_open(O_NONBLOCK);
	struct taker taker;

	ASSERT_LE(0, events);
	HOLD_OR_SKIP(SNAPCAP_STAGE_WRITE);
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_DEFAULT));
	EXPECT_EQ(0, device_wait_stage(events, SNAPCAP_STAGE_WRITE));
	EXPECT_EQ(0, kill(taker.pid, SIGTERM));
	EXPECT_EQ(128 + SIGTERM, taker_end(&taker, NULL));
	ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
	EXPECT_EQ(-ENOENT, device_cancel(self->dev));
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	close(events);
}

/* ---- unload while busy ---- */

FIXTURE(unload)
{
	int events;
	struct taker taker;
};

FIXTURE_SETUP(unload)
{
	struct snapcap_makesnap arg;
	struct snapcap_info info;
	struct flash flash;
	int dev;

	SKIP_UNLESS_READY(dev, info);
	SKIP_UNLESS_FLASH(&flash, FLASH_MTDRAM);
	ASSERT_EQ(0, flash_blank(&flash));
	HOLD_OR_SKIP(SNAPCAP_STAGE_WRITE);
	self->events = device_open(O_NONBLOCK);
	ASSERT_LE(0, self->events);
	makesnap_init(&arg, flash.number);
	ASSERT_EQ(0, taker_start(&self->taker, &arg, TAKER_HANDLE));
	ASSERT_EQ(0, device_wait_stage(self->events, SNAPCAP_STAGE_WRITE));
	/* Only the process that takes has anything open. */
	flash_close(&flash);
	close(self->events);
	close(dev);
}

FIXTURE_TEARDOWN(unload)
{
	struct flash flash;
	int dev = device_open(0);

	device_hold(SNAPCAP_STAGE_IDLE, 0);
	EXPECT_LE(0, dev);
	EXPECT_EQ(0, device_cancel(dev));
	EXPECT_EQ(-ECANCELED, taker_end(&self->taker, NULL));
	close(dev);
	EXPECT_EQ(0, flash_open(&flash, FLASH_MTDRAM));
	EXPECT_EQ(0, flash_blank(&flash));
	flash_close(&flash);
}

TEST_F_TIMEOUT(unload, of_snapcap_refused, TAKE_TIMEOUT)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "snapcap", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

TEST_F_TIMEOUT(unload, of_target_refused, TAKE_TIMEOUT)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "mtdram", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

TEST_HARNESS_MAIN
