// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flash that fails: the errno and the cause say where, the status says
 * truthfully what became of the previous snapshot, and the next take works.
 * Needs the module snapcap_badmtd.
 */
#include <kselftest_harness.h>
#include "target.h"

FIXTURE(badmtd)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
	uint64_t half;
};

FIXTURE_SETUP(badmtd)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_BADMTD);
	ASSERT_EQ(0, flash_blank(&self->flash));
	text_write("/proc/sys/vm/drop_caches", "3");
	makesnap_init(&self->arg, self->flash.number);
	self->half = self->flash.size / 2 / self->flash.erasesize * self->flash.erasesize;
}

static void heal(void)
{
	module_set("snapcap_badmtd", "fail_erase_at", "-1");
	module_set("snapcap_badmtd", "fail_write_at", "-1");
	module_set("snapcap_badmtd", "fail_read_at", "-1");
	module_set("snapcap_badmtd", "flip_read_at", "-1");
}

FIXTURE_TEARDOWN(badmtd)
{
	heal();
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->dev);
}

/*
 * A good take to slot 0, then one to @slot with @parameter at @at of the slot,
 * which must fail with EIO; then the flash is healed and looked at.
 */
static void fail_at(struct __test_metadata *_metadata, FIXTURE_DATA(badmtd) *self,
		    __u32 slot, const char *parameter, uint64_t at, __u32 stage, __u32 cause)
{
	struct snapcap_status *s = &self->arg.status;
	struct snapimg_slot newest;
	uint64_t *digest;
	char text[32];
	int found;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(SNAPCAP_SLOT_0, s->slot);
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	at += slot == SNAPCAP_SLOT_1 ? self->half : 0;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)at);
	ASSERT_EQ(0, module_set("snapcap_badmtd", parameter, text));
	self->arg.slot = slot;
	EXPECT_EQ(-EIO, device_take(self->dev, &self->arg));
	heal();

	EXPECT_EQ(EIO, s->error);
	EXPECT_EQ(cause, s->cause);
	EXPECT_EQ(stage, s->stage);
	EXPECT_STREQ(FLASH_BADMTD, (char *)s->name);
	/* The place, or the piece that it is in. */
	EXPECT_GE(at, s->detail);
	EXPECT_LT(at, s->detail + self->flash.erasesize);

	found = flash_newest(&self->flash, &newest);
	if (s->previous == SNAPCAP_PREVIOUS_KEPT) {
		EXPECT_EQ(0, found);
		EXPECT_EQ(1, newest.img.sequence);
		EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->half));
	} else {
		EXPECT_EQ(SNAPCAP_PREVIOUS_LOST, s->previous);
		EXPECT_NE(0, found);
	}
	if (slot == SNAPCAP_SLOT_1)
		EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, s->previous);
	free(digest);

	self->arg.slot = SNAPCAP_SLOT_AUTO;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(0, s->error);
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, s->cause);
	EXPECT_EQ(0, flash_newest(&self->flash, &newest));
	EXPECT_EQ(s->sequence, newest.img.sequence);
}

/* Behind the first blocks, in the chunks, where no other read comes along. */
#define IN_BODY	(3 * (uint64_t)self->flash.erasesize + 12345)

#define FAIL_AT(name_, parameter_, at_, stage_, cause_)					\
	TEST_F_TIMEOUT(badmtd, name_##_over_previous, 3 * TAKE_TIMEOUT)			\
	{										\
		fail_at(_metadata, self, SNAPCAP_SLOT_0, parameter_, at_,		\
			SNAPCAP_STAGE_##stage_, SNAPCAP_CAUSE_##cause_);		\
	}										\
	TEST_F_TIMEOUT(badmtd, name_##_beside_previous, 3 * TAKE_TIMEOUT)		\
	{										\
		fail_at(_metadata, self, SNAPCAP_SLOT_1, parameter_, at_,		\
			SNAPCAP_STAGE_##stage_, SNAPCAP_CAUSE_##cause_);		\
	}

FAIL_AT(first_erase_fails, "fail_erase_at", 0, PREPARE, ERASE)
FAIL_AT(later_erase_fails, "fail_erase_at", IN_BODY, PREPARE, ERASE)
FAIL_AT(body_write_fails, "fail_write_at", IN_BODY, WRITE, WRITE)
FAIL_AT(body_read_fails, "fail_read_at", IN_BODY, VERIFY, READ)
FAIL_AT(body_reads_back_differently, "flip_read_at", IN_BODY, VERIFY, READ_BACK)
FAIL_AT(header_write_fails, "fail_write_at", 100, WRITE, WRITE)
FAIL_AT(commit_write_fails, "fail_write_at", SNAPCAP_COMMIT_OFF + 8, COMMIT, WRITE)

/* Reads of these places happen before: with no snapshot there they find nothing. */
TEST_F_TIMEOUT(badmtd, header_reads_back_differently, 3 * TAKE_TIMEOUT)
{
	fail_at(_metadata, self, SNAPCAP_SLOT_1, "flip_read_at", 100,
		SNAPCAP_STAGE_WRITE, SNAPCAP_CAUSE_READ_BACK);
}

TEST_F_TIMEOUT(badmtd, commit_reads_back_differently, 3 * TAKE_TIMEOUT)
{
	fail_at(_metadata, self, SNAPCAP_SLOT_1, "flip_read_at", SNAPCAP_COMMIT_OFF + 8,
		SNAPCAP_STAGE_COMMIT, SNAPCAP_CAUSE_READ_BACK);
}

/* Some blocks are gone, but none of the previous snapshot. */
TEST_F_TIMEOUT(badmtd, erase_fails_before_previous, 3 * TAKE_TIMEOUT)
{
	uint32_t eb = self->flash.erasesize;
	struct snapimg_slot newest;
	uint64_t *digest;
	char text[16];

	self->arg.slot = SNAPCAP_SLOT_WHOLE;
	self->arg.offset = 4 * eb;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	snprintf(text, sizeof(text), "%u", 2 * eb);
	ASSERT_EQ(0, module_set("snapcap_badmtd", "fail_erase_at", text));
	self->arg.offset = 0;
	EXPECT_EQ(-EIO, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_ERASE, self->arg.status.cause);
	EXPECT_EQ(2 * eb, self->arg.status.detail);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 4 * eb, self->flash.size));
	EXPECT_EQ(0, flash_newest(&self->flash, &newest));
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	free(digest);
}

TEST_F(badmtd, unreadable_target_refused)
{
	uint64_t *digest = flash_digest(&self->flash);

	ASSERT_NE(NULL, digest);
	ASSERT_EQ(0, module_set("snapcap_badmtd", "fail_read_at", "0"));
	EXPECT_EQ(-EIO, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_READ, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, self->arg.status.stage);
	EXPECT_EQ(0, self->arg.status.detail);
	heal();
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	free(digest);
}

TEST_HARNESS_MAIN
