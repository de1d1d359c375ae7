// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine: what a take goes through and what of it can be seen, in
 * events, in sysfs and in the status.
 */
#include <kselftest_harness.h>
#include <poll.h>
#include "target.h"

static const char * const state_names[] = {
	"none", "pass1", "pass2", "prepared", "taken", "boot",
};

static const char * const stage_names[] = {
	"idle", "check", "freeze", "regions", "cpu", "compress", "thaw", "prepare", "write",
	"verify", "commit", "done",
};

/* Of one take, and with the fixture's process, on the stack of nobody. */
static struct event_log logs[2];

/* The states that a take announces, and the stages, without those of a second try. */
static size_t steps_of(const struct event_log *log, __u32 type, __u32 *steps, size_t max)
{
	size_t count = 0, i, j;

	for (i = 0; i < log->count && count < max; i++) {
		const struct snapcap_event *e = &log->event[i];
		__u32 step = type == SNAPCAP_NOTE_STATE ? e->state : e->stage;

		if (e->type != type)
			continue;
		for (j = 0; j < count && steps[j] != step; j++)
			;
		if (j < count)
			count = j;	/* back to where it was */
		steps[count++] = step;
	}
	return count;
}

static void expect_steps(struct __test_metadata *_metadata, const struct event_log *log,
			 __u32 type, const __u32 *want, size_t count)
{
	__u32 steps[16];
	size_t i;

	ASSERT_EQ(count, steps_of(log, type, steps, 16));
	for (i = 0; i < count; i++)
		EXPECT_EQ(want[i], steps[i]);
}

static void expect_well_formed(struct __test_metadata *_metadata, const struct event_log *log)
{
	size_t i;

	ASSERT_LT(0, log->count);
	for (i = 0; i < log->count; i++) {
		const struct snapcap_event *e = &log->event[i];
		const struct snapcap_event *before = e - 1;

		EXPECT_LE(SNAPCAP_NOTE_STATE, e->type);
		EXPECT_GE(SNAPCAP_NOTE_PROGRESS, e->type);
		EXPECT_GE(SNAPCAP_STATE_BOOT, e->state);
		EXPECT_GE(SNAPCAP_STAGE_DONE, e->stage);
		EXPECT_GE(100, e->percent);
		if (!i)
			continue;
		EXPECT_EQ(before->serial + 1, e->serial);
		EXPECT_LE(before->monotonic_ns, e->monotonic_ns);
		if (e->type == SNAPCAP_NOTE_PROGRESS && before->stage == e->stage)
			EXPECT_LT(before->percent, e->percent);
	}
}

/* One take with all its events. */
static int take_logged(struct __test_metadata *_metadata, int dev, struct snapcap_makesnap *arg)
{
	int ret;

	ASSERT_EQ(0, event_log_start(&logs[0]));
	ASSERT_EQ(0, event_log_start(&logs[1]));
	ret = device_take(dev, arg);
	ASSERT_EQ(0, event_log_stop(&logs[0]));
	ASSERT_EQ(0, event_log_stop(&logs[1]));
	return ret;
}

/* First in the file: nothing was taken yet when the module is fresh. */
TEST_F_TIMEOUT(target, dry_run_leaves_state, TAKE_TIMEOUT)
{
	static const __u32 stages[] = {
		SNAPCAP_STAGE_CHECK, SNAPCAP_STAGE_FREEZE, SNAPCAP_STAGE_THAW, SNAPCAP_STAGE_DONE,
	};
	struct snapcap_status before, after;
	__u32 states[2] = { SNAPCAP_STATE_PASS2 };
	uint64_t *digest = flash_digest(&self->flash);

	ASSERT_NE(NULL, digest);
	ASSERT_EQ(0, device_status(self->dev, &before));
	if (!before.takes && !before.restores)
		EXPECT_EQ(SNAPCAP_STATE_NONE, before.state);
	states[1] = before.state;

	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, take_logged(_metadata, self->dev, &self->arg));
	expect_well_formed(_metadata, &logs[0]);
	expect_steps(_metadata, &logs[0], SNAPCAP_NOTE_STATE, states, 2);
	expect_steps(_metadata, &logs[0], SNAPCAP_NOTE_STAGE, stages, 4);

	ASSERT_EQ(0, device_status(self->dev, &after));
	EXPECT_EQ(before.state, after.state);
	EXPECT_EQ(before.takes, after.takes);
	EXPECT_EQ(SNAPCAP_STAGE_DONE, after.stage);
	EXPECT_EQ(0, after.error);
	EXPECT_LT(0, after.image_bytes);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	free(digest);
}

TEST_F_TIMEOUT(target, take_goes_through_all_stages, TAKE_TIMEOUT)
{
	static const __u32 states[] = {
		SNAPCAP_STATE_PASS2, SNAPCAP_STATE_PREPARED, SNAPCAP_STATE_TAKEN,
	};
	static const __u32 stages[] = {
		SNAPCAP_STAGE_CHECK, SNAPCAP_STAGE_FREEZE, SNAPCAP_STAGE_THAW,
		SNAPCAP_STAGE_PREPARE, SNAPCAP_STAGE_WRITE, SNAPCAP_STAGE_VERIFY,
		SNAPCAP_STAGE_COMMIT, SNAPCAP_STAGE_DONE,
	};
	size_t i;
	__u32 state;

	ASSERT_EQ(0, take_logged(_metadata, self->dev, &self->arg));
	expect_well_formed(_metadata, &logs[0]);
	expect_steps(_metadata, &logs[0], SNAPCAP_NOTE_STATE, states, 3);
	expect_steps(_metadata, &logs[0], SNAPCAP_NOTE_STAGE, stages, 8);
	ASSERT_EQ(0, device_state(self->dev, &state));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, state);

	/* The state in each event fits to the stage in it. */
	for (i = 0; i < logs[0].count; i++) {
		const struct snapcap_event *e = &logs[0].event[i];

		if (e->stage == SNAPCAP_STAGE_WRITE || e->stage == SNAPCAP_STAGE_VERIFY)
			EXPECT_EQ(SNAPCAP_STATE_PREPARED, e->state);
		if (e->stage == SNAPCAP_STAGE_DONE)
			EXPECT_EQ(SNAPCAP_STATE_TAKEN, e->state);
	}
}

TEST_F_TIMEOUT(target, every_reader_sees_every_event, TAKE_TIMEOUT)
{
	ASSERT_EQ(0, take_logged(_metadata, self->dev, &self->arg));
	ASSERT_LT(0, logs[0].count);
	ASSERT_EQ(logs[0].count, logs[1].count);
	EXPECT_EQ(0, memcmp(logs[0].event, logs[1].event,
			    logs[0].count * sizeof(logs[0].event[0])));
	/* By poll(), not all at once at the end. */
	EXPECT_LT(3, logs[0].wakeups);
	EXPECT_LT(3, logs[1].wakeups);
}

TEST_F_TIMEOUT(target, reader_starts_at_its_open, TAKE_TIMEOUT)
{
	struct snapcap_event event;
	int late;

	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	late = device_open(O_NONBLOCK);
	ASSERT_LE(0, late);
	EXPECT_TRUE(device_quiet(late));
	/* And the one that was there has them still. */
	EXPECT_EQ(sizeof(event), read(self->dev, &event, sizeof(event)));
	EXPECT_EQ(SNAPCAP_NOTE_STAGE, event.type);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, event.stage);
	close(late);
}

TEST_F_TIMEOUT(target, slow_reader_sees_a_gap_and_the_end, TAKE_TIMEOUT)
{
	struct snapcap_event event[256];
	ssize_t n;
	size_t i;

	/* Enough for a gap: progress of three stages, twice. */
	ASSERT_EQ(0, event_log_start(&logs[0]));
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, event_log_stop(&logs[0]));
	n = read(self->dev, event, sizeof(event));
	ASSERT_LT(0, n);
	n /= sizeof(event[0]);
	ASSERT_LT(n, logs[0].count);
	EXPECT_LT(logs[0].event[0].serial, event[0].serial);
	/* What there is, is the end of it, without another gap. */
	for (i = 0; i < (size_t)n; i++)
		EXPECT_EQ(0, memcmp(&logs[0].event[logs[0].count - n + i], &event[i],
				    sizeof(event[i])));
	EXPECT_EQ(SNAPCAP_STAGE_DONE, event[n - 1].stage);
}

TEST_F_TIMEOUT(target, blocking_read_waits_for_event, TAKE_TIMEOUT)
{
	struct snapcap_event event[2];
	struct pollfd p = { .fd = self->dev, .events = POLLIN };
	struct taker taker;

	ASSERT_EQ(0, poll(&p, 1, 0));
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_DEFAULT));
	/* Not more than fits as a whole. */
	EXPECT_EQ(sizeof(event[0]), read(self->dev, event, sizeof(event) - 1));
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, event[0].stage);
	EXPECT_EQ(0, taker_end(&taker, NULL));
}

/* What could not be handed over is still there. */
TEST_F_TIMEOUT(target, read_fault_loses_nothing, TAKE_TIMEOUT)
{
	size_t page = getpagesize(), size = sizeof(struct snapcap_event);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct snapcap_event event[3];

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));

	EXPECT_EQ(-1, read(self->dev, map + page, size));
	EXPECT_EQ(EFAULT, errno);
	/* Two fit, the third does not. */
	EXPECT_EQ(2 * size, read(self->dev, map + page - 2 * size, 4 * size));
	memcpy(event, map + page - 2 * size, 2 * size);
	ASSERT_EQ(size, read(self->dev, &event[2], size));
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, event[0].stage);
	EXPECT_EQ(event[0].serial + 1, event[1].serial);
	EXPECT_EQ(event[0].serial + 2, event[2].serial);
}

/* sysfs, STATUS and GET_STATE tell the same. */
static void expect_views_agree(struct __test_metadata *_metadata, int dev, __u32 stage, __u32 state)
{
	struct snapcap_status status;
	char text[32];
	__u32 value;

	ASSERT_EQ(0, device_status(dev, &status));
	EXPECT_EQ(stage, status.stage);
	EXPECT_EQ(state, status.state);
	ASSERT_EQ(0, device_state(dev, &value));
	EXPECT_EQ(state, value);
	ASSERT_EQ(0, sysfs_text("stage", text, sizeof(text)));
	EXPECT_STREQ(stage_names[stage], text);
	ASSERT_EQ(0, sysfs_text("state", text, sizeof(text)));
	EXPECT_STREQ(state_names[state], text);
	ASSERT_EQ(0, sysfs_text("sequence", text, sizeof(text)));
	EXPECT_EQ(status.sequence, strtoull(text, NULL, 10));
}

TEST_F_TIMEOUT(target, views_agree_in_every_stage, 4 * TAKE_TIMEOUT)
{
	static const __u32 stages[] = {
		SNAPCAP_STAGE_CHECK, SNAPCAP_STAGE_THAW, SNAPCAP_STAGE_PREPARE,
		SNAPCAP_STAGE_WRITE, SNAPCAP_STAGE_VERIFY, SNAPCAP_STAGE_COMMIT,
	};
	__u32 before, state;
	size_t i;

	ASSERT_EQ(0, device_state(self->dev, &before));
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		struct taker taker;
		int events = device_open(O_NONBLOCK);

		ASSERT_LE(0, events);
		HOLD_OR_SKIP(stages[i]);
		ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_DEFAULT));
		EXPECT_EQ(0, device_wait_stage(events, stages[i]));
		state = stages[i] < SNAPCAP_STAGE_FREEZE ? before :
			stages[i] < SNAPCAP_STAGE_WRITE ? SNAPCAP_STATE_PASS2 :
							  SNAPCAP_STATE_PREPARED;
		expect_views_agree(_metadata, self->dev, stages[i], state);
		EXPECT_EQ(0, device_cancel(self->dev));
		/* The commit is not interrupted; a take that is before it ends. */
		if (stages[i] == SNAPCAP_STAGE_COMMIT) {
			EXPECT_EQ(0, taker_end(&taker, NULL));
			expect_views_agree(_metadata, self->dev, SNAPCAP_STAGE_DONE,
					   SNAPCAP_STATE_TAKEN);
		} else {
			EXPECT_EQ(-ECANCELED, taker_end(&taker, NULL));
		}
		ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
		close(events);
	}
}

TEST_F_TIMEOUT(target, sysfs_state_wakes_poll, TAKE_TIMEOUT)
{
	struct pollfd p = { .events = POLLPRI | POLLERR };
	struct taker taker;
	char text[16];

	p.fd = open("/sys/class/misc/snapcap/state", O_RDONLY);
	ASSERT_LE(0, p.fd);
	ASSERT_LT(0, read(p.fd, text, sizeof(text)));
	ASSERT_EQ(0, poll(&p, 1, 0));
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_DEFAULT));
	EXPECT_EQ(1, poll(&p, 1, STAGE_TIMEOUT_MS));
	EXPECT_EQ(0, taker_end(&taker, NULL));
	close(p.fd);
}

TEST_F_TIMEOUT(target, status_figures_consistent, TAKE_TIMEOUT)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	struct snapcap_status *s = &self->arg.status, status;
	struct snapimg_slot slot;
	__u32 takes;

	ASSERT_EQ(0, device_status(self->dev, &status));
	takes = status.takes;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(sizeof(*s), s->size);
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, s->state);
	EXPECT_EQ(SNAPCAP_STAGE_DONE, s->stage);
	EXPECT_EQ(0, s->error);
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, s->cause);
	EXPECT_EQ(0, s->detail);
	EXPECT_STREQ("", (char *)s->name);
	EXPECT_EQ(SNAPCAP_PREVIOUS_NONE, s->previous);
	EXPECT_EQ(SNAPCAP_SLOT_0, s->slot);
	EXPECT_EQ(0, s->slot_offset);
	EXPECT_EQ(1, s->sequence);
	EXPECT_EQ(takes + 1, s->takes);

	EXPECT_LT(0, s->stream_pages);
	EXPECT_LT(0, s->zero_pages);
	EXPECT_LT(0, s->free_pages);
	EXPECT_LT(0, s->own_pages);
	/* All that Linux manages, and what it does not count: its own image. */
	EXPECT_LE(pages / 2, s->stream_pages + s->zero_pages + s->free_pages + s->own_pages);
	EXPECT_GE(pages + pages / 4,
		  s->stream_pages + s->zero_pages + s->free_pages + s->own_pages);
	/* Free pages are not stored, and what is stored is compressed. */
	EXPECT_GT(s->stream_pages * getpagesize(), s->image_bytes);
	EXPECT_LE(s->image_bytes, s->buffer_bytes + SNAPCAP_BODY_OFF + 65536);

	EXPECT_LT(0, s->compress_ns);
	EXPECT_LT(0, s->atomic_ns);
	EXPECT_LE(s->atomic_ns, s->frozen_ns);
	EXPECT_LT(0, s->write_ns);

	ASSERT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(s->slot_offset, slot.offset);
	EXPECT_EQ(s->image_bytes, slot.img.image_size);
	EXPECT_EQ(s->sequence, slot.img.sequence);
	EXPECT_EQ(s->stream_pages, slot.img.stream_pages);
	EXPECT_EQ(s->zero_pages, slot.img.zero_pages);

	/* STATUS keeps it. */
	ASSERT_EQ(0, device_status(self->dev, &status));
	EXPECT_EQ(0, memcmp(s, &status, sizeof(status)));
}

/* A retake goes to the other half, the third to where the first was. */
TEST_F_TIMEOUT(target, retake_keeps_previous, 3 * TAKE_TIMEOUT)
{
	uint64_t half = self->flash.size / 2 / self->flash.erasesize * self->flash.erasesize;
	struct snapimg_slot slot;
	uint64_t *digest;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_0, self->arg.status.slot);
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_1, self->arg.status.slot);
	EXPECT_EQ(half, self->arg.status.slot_offset);
	EXPECT_EQ(2, self->arg.status.sequence);
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, half));
	ASSERT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(2, slot.img.sequence);
	EXPECT_EQ(0, snapimg_slot_probe(&self->flash.reader, 0, &slot));
	EXPECT_EQ(1, slot.img.sequence);
	free(digest);

	/* On a RAM disk the third would hold the first two. */
	if (!strcmp(variant->mtd, FLASH_MTDRAM))
		return;
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_0, self->arg.status.slot);
	EXPECT_EQ(3, self->arg.status.sequence);
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, half, self->flash.size));
	EXPECT_EQ(0, snapimg_slot_probe(&self->flash.reader, half, &slot));
	EXPECT_EQ(2, slot.img.sequence);
	free(digest);
}

TEST_F_TIMEOUT(target, same_slot_loses_previous, 2 * TAKE_TIMEOUT)
{
	struct snapimg_slot slot;

	self->arg.slot = SNAPCAP_SLOT_1;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_1, self->arg.status.slot);
	EXPECT_EQ(SNAPCAP_PREVIOUS_NONE, self->arg.status.previous);
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_1, self->arg.status.slot);
	EXPECT_EQ(2, self->arg.status.sequence);
	EXPECT_EQ(SNAPCAP_PREVIOUS_LOST, self->arg.status.previous);
	ASSERT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(2, slot.img.sequence);
	EXPECT_EQ(-SNAPCAP_REASON_EMPTY, snapimg_slot_probe(&self->flash.reader, 0, &slot));
}

TEST_F_TIMEOUT(target, whole_loses_previous, 2 * TAKE_TIMEOUT)
{
	struct snapimg_slot slot;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	self->arg.slot = SNAPCAP_SLOT_WHOLE;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_WHOLE, self->arg.status.slot);
	EXPECT_EQ(0, self->arg.status.slot_offset);
	EXPECT_EQ(SNAPCAP_PREVIOUS_LOST, self->arg.status.previous);
	ASSERT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(2, slot.img.sequence);
}

TEST_F_TIMEOUT(target, keep_previous_refuses_to_lose_it, 2 * TAKE_TIMEOUT)
{
	struct snapimg_slot slot;
	uint64_t *digest;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	self->arg.slot = SNAPCAP_SLOT_WHOLE;
	self->arg.flags = SNAPCAP_TAKE_KEEP_PREVIOUS;
	EXPECT_EQ(-EEXIST, device_take(self->dev, &self->arg));
	EXPECT_EQ(EEXIST, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_TOO_SMALL, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, self->arg.status.state);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	ASSERT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(1, slot.img.sequence);

	/* The same slot is refused too, the other one is not. */
	self->arg.slot = SNAPCAP_SLOT_0;
	EXPECT_EQ(-EEXIST, device_take(self->dev, &self->arg));
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	self->arg.slot = SNAPCAP_SLOT_1;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	free(digest);
}

/* A dry run says what a take would do to the previous one, and does nothing. */
TEST_F_TIMEOUT(target, dry_run_over_previous, 2 * TAKE_TIMEOUT)
{
	struct snapcap_status status;
	uint64_t *digest;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	self->arg.slot = SNAPCAP_SLOT_0;
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	ASSERT_EQ(0, device_status(self->dev, &status));
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, status.state);
	free(digest);
}

TEST_HARNESS_MAIN
