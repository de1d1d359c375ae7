// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flash of other shapes: two snapshots are taken to each, beside each other, and what is
 * on flash then is looked at. Loads the module snapcap_badmtd, which refuses what such
 * flash cannot do, anew for each.
 */
#include <kselftest_harness.h>
#include "target.h"

FIXTURE(geometry)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(geometry)
{
	const char *parameters;
	uint32_t erasesize;
};

#define GEOMETRY(name_, erasesize_, parameters_)				\
	FIXTURE_VARIANT_ADD(geometry, name_)					\
	{									\
		.parameters = "size=536870912 " parameters_,			\
		.erasesize = erasesize_,					\
	}

GEOMETRY(sectors_of_4_kib, 4096, "erasesize=4096 writebufsize=256");
GEOMETRY(small_blocks_first, 131072, "erasesize=131072 boot_blocks=8");
GEOMETRY(units_of_8, 65536, "erasesize=65536 writesize=8 writebufsize=512");
GEOMETRY(large_blocks, 1048576, "erasesize=1048576 writesize=4 writebufsize=1024");

FIXTURE_SETUP(geometry)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	if (module_get("snapcap_badmtd", "erases") < 0)
		SKIP(return, "snapcap_badmtd is not loaded");
	ASSERT_EQ(0, module_unload("snapcap_badmtd"));
	ASSERT_EQ(0, module_load("snapcap_badmtd", variant->parameters));
	ASSERT_EQ(0, flash_open(&self->flash, FLASH_BADMTD));
	ASSERT_EQ(variant->erasesize, self->flash.erasesize);
	text_write("/proc/sys/vm/drop_caches", "3");
	makesnap_init(&self->arg, self->flash.number);
}

/* The next test finds it as run.sh has loaded it. */
FIXTURE_TEARDOWN(geometry)
{
	flash_close(&self->flash);
	close(self->dev);
	EXPECT_EQ(0, module_unload("snapcap_badmtd"));
	EXPECT_EQ(0, module_load("snapcap_badmtd", "size=536870912"));
}

static void take(struct __test_metadata *_metadata, FIXTURE_DATA(geometry) *self,
		 uint64_t sequence, uint32_t slot)
{
	struct snapimg_slot newest;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_NONE, self->arg.status.cause);
	EXPECT_EQ(slot, self->arg.status.slot);
	ASSERT_EQ(0, flash_newest(&self->flash, &newest));
	EXPECT_EQ(sequence, newest.img.sequence);
	EXPECT_EQ(self->arg.status.slot_offset, newest.offset);
	EXPECT_EQ(0, newest.offset % self->flash.erasesize);
}

TEST_F_TIMEOUT(geometry, takes, 3 * TAKE_TIMEOUT)
{
	uint64_t half = self->flash.size / 2, *digest;

	take(_metadata, self, 1, SNAPCAP_SLOT_0);
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	take(_metadata, self, 2, SNAPCAP_SLOT_1);
	EXPECT_EQ(half, self->arg.status.slot_offset);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, half));
	free(digest);
}

TEST_HARNESS_MAIN
