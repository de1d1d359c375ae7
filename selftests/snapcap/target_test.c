// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets that cannot be used: each is refused with its own errno and cause,
 * and with what is on the flash as it was.
 */
#include <kselftest_harness.h>
#include "target.h"

/* ---- no target, or not one that can be written to ---- */

FIXTURE(refused)
{
	int dev;
	struct snapcap_makesnap arg;
};

FIXTURE_SETUP(refused)
{
	struct snapcap_info info;

	SKIP_UNLESS_READY(self->dev, info);
	makesnap_init(&self->arg, 0);
}

FIXTURE_TEARDOWN(refused)
{
	module_set("snapcap_badmtd", "readonly", "0");
	module_set("snapcap_badmtd", "type", "nor");
	module_set("snapcap_badmtd", "locked_at", "-1");
	close(self->dev);
}

static void expect_refused(struct __test_metadata *_metadata, int dev,
			   struct snapcap_makesnap *arg, int error, __u32 cause)
{
	EXPECT_EQ(-error, device_take(dev, arg));
	EXPECT_EQ(error, arg->status.error);
	EXPECT_EQ(cause, arg->status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, arg->status.stage);
	EXPECT_EQ(sizeof(arg->status), arg->status.size);
}

TEST_F(refused, no_such_mtd)
{
	self->arg.mtd = 9999;
	expect_refused(_metadata, self->dev, &self->arg, ENXIO, SNAPCAP_CAUSE_NO_MTD);
	EXPECT_EQ(9999, self->arg.status.detail);
}

TEST_F(refused, mtd_number_wraps)
{
	self->arg.mtd = 0xffffffff;
	expect_refused(_metadata, self->dev, &self->arg, ENXIO, SNAPCAP_CAUSE_NO_MTD);
	self->arg.mtd = 0x80000000;
	expect_refused(_metadata, self->dev, &self->arg, ENXIO, SNAPCAP_CAUSE_NO_MTD);
}

TEST_F(refused, read_only_partition)
{
	struct flash flash;

	if (flash_open(&flash, "bootstub"))
		SKIP(return, "no MTD device \"bootstub\"");
	self->arg.mtd = flash.number;
	expect_refused(_metadata, self->dev, &self->arg, EROFS, SNAPCAP_CAUSE_READ_ONLY);
	EXPECT_STREQ("bootstub", (char *)self->arg.status.name);
	flash_close(&flash);
}

TEST_F(refused, read_only_device)
{
	struct flash flash;

	if (flash_open(&flash, FLASH_BADMTD))
		SKIP(return, "no MTD device \"" FLASH_BADMTD "\"");
	flash_close(&flash);
	self->arg.mtd = flash.number;
	ASSERT_EQ(0, module_set("snapcap_badmtd", "readonly", "1"));
	expect_refused(_metadata, self->dev, &self->arg, EROFS, SNAPCAP_CAUSE_READ_ONLY);
	EXPECT_STREQ(FLASH_BADMTD, (char *)self->arg.status.name);
}

/* One block of the target; with a target that does without it nothing is said. */
TEST_F(refused, locked_block)
{
	struct flash flash;
	char text[24];

	if (flash_open(&flash, FLASH_BADMTD))
		SKIP(return, "no MTD device \"" FLASH_BADMTD "\"");
	flash_close(&flash);
	self->arg.mtd = flash.number;
	snprintf(text, sizeof(text), "%u", 5 * flash.erasesize + 77);
	ASSERT_EQ(0, module_set("snapcap_badmtd", "locked_at", text));
	expect_refused(_metadata, self->dev, &self->arg, EROFS, SNAPCAP_CAUSE_LOCKED);
	EXPECT_STREQ(FLASH_BADMTD, (char *)self->arg.status.name);
	EXPECT_EQ(5 * flash.erasesize, self->arg.status.detail);
	/* Too small for anything, but not locked. */
	self->arg.length = flash.erasesize;
	self->arg.offset = 6 * flash.erasesize;
	self->arg.flags |= SNAPCAP_TAKE_DRY_RUN;
	EXPECT_NE(0, device_take(self->dev, &self->arg));
	EXPECT_NE(SNAPCAP_CAUSE_LOCKED, self->arg.status.cause);
}

/* The boot images are foreign content too, whatever the rest of the target holds. */
TEST_F(refused, os_partition)
{
	struct flash flash;
	char magic[8];

	if (flash_open(&flash, "os"))
		SKIP(return, "no MTD device \"os\"");
	self->arg.mtd = flash.number;
	ASSERT_EQ(0, flash_read(&flash, 0, magic, sizeof(magic)));
	flash_close(&flash);
	if (memcmp(magic, SNAPCAP_OS_MAGIC, sizeof(magic)))
		SKIP(return, "MTD device \"os\" holds no OS image");
	expect_refused(_metadata, self->dev, &self->arg, EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT);
	EXPECT_STREQ("OS image", (char *)self->arg.status.name);
	EXPECT_EQ(0, self->arg.status.detail);
}

/* nandsim would do for one of them; the module stands in for all. */
static void expect_type_refused(struct __test_metadata *_metadata, int dev,
				struct snapcap_makesnap *arg, const char *type)
{
	expect_refused(_metadata, dev, arg, EOPNOTSUPP, SNAPCAP_CAUSE_MTD_TYPE);
	EXPECT_STREQ(type, (char *)arg->status.name);
}

TEST_F(refused, other_mtd_types)
{
	struct flash flash;

	if (flash_open(&flash, FLASH_BADMTD))
		SKIP(return, "no MTD device \"" FLASH_BADMTD "\"");
	flash_close(&flash);
	self->arg.mtd = flash.number;
	ASSERT_EQ(0, module_set("snapcap_badmtd", "type", "nand"));
	expect_type_refused(_metadata, self->dev, &self->arg, "nand");
	ASSERT_EQ(0, module_set("snapcap_badmtd", "type", "ubi"));
	expect_type_refused(_metadata, self->dev, &self->arg, "ubi");
}

/* ---- ranges ---- */

FIXTURE(range)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(range)
{
	void (*spoil)(struct snapcap_makesnap *arg, const struct flash *flash);
};

#define RANGE(name_, ...)									\
	static void range_##name_(struct snapcap_makesnap *arg, const struct flash *flash)	\
	{											\
		__VA_ARGS__;									\
	}											\
	FIXTURE_VARIANT_ADD(range, name_)							\
	{											\
		.spoil = range_##name_,								\
	}

RANGE(offset_one_byte, arg->offset = 1);
RANGE(offset_half_block, arg->offset = flash->erasesize / 2);
RANGE(offset_block_and_byte, arg->offset = flash->erasesize + 1);
RANGE(offset_at_end, arg->offset = flash->size);
RANGE(offset_behind_end, arg->offset = flash->size + flash->erasesize);
RANGE(offset_highest, arg->offset = -(__u64)flash->erasesize);
RANGE(length_one_byte, arg->length = 1);
RANGE(length_half_block, arg->length = flash->erasesize / 2);
RANGE(length_unaligned, arg->length = flash->size - 1);
RANGE(length_too_long, arg->length = flash->size + flash->erasesize);
RANGE(length_highest, arg->length = -(__u64)flash->erasesize);
RANGE(end_behind_end, arg->offset = flash->erasesize; arg->length = flash->size);
RANGE(end_wraps, arg->offset = flash->erasesize; arg->length = -(__u64)flash->erasesize);
RANGE(end_wraps_beyond_zero, arg->offset = 2 * flash->erasesize;
      arg->length = -(__u64)flash->erasesize);

FIXTURE_SETUP(range)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	makesnap_init(&self->arg, self->flash.number);
}

FIXTURE_TEARDOWN(range)
{
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F(range, refused)
{
	variant->spoil(&self->arg, &self->flash);
	expect_refused(_metadata, self->dev, &self->arg, EINVAL, SNAPCAP_CAUSE_RANGE);
	EXPECT_EQ(self->flash.size, self->arg.status.detail);
	EXPECT_STREQ(FLASH_MTDRAM, (char *)self->arg.status.name);
}

/* The highest range that is right, so that none of the above is refused for another reason. */
TEST_F_TIMEOUT(target, ranges_accepted, 3 * TAKE_TIMEOUT)
{
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	self->arg.length = self->flash.size;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	self->arg.offset = self->flash.erasesize;
	self->arg.length = self->flash.size - self->flash.erasesize;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	self->arg.length = 0;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

/* The smallest OS image that is one: its header is what counts. */
static int os_image_write(struct flash *flash, uint64_t off)
{
	struct snapimg_os os = {
		.version = 1,
		.image_size = 2 * SNAPCAP_OS_PART_ALIGN,
		.arch = SNAPCAP_ARCH_ARM64,
		.kernel_release = "6.1.0",
		.build_id = "another kernel's id",
		.build_id_size = SNAPCAP_BUILD_ID_SIZE,
		.load_addr = SNAPCAP_OS_LOAD_ANY,
		.part[SNAPCAP_OS_PART_KERNEL] = {
			.offset = SNAPCAP_OS_PART_ALIGN,
			.stored_size = SNAPCAP_OS_PART_ALIGN,
			.size = SNAPCAP_OS_PART_ALIGN,
		},
	};
	struct snapcap_os_header header;

	snapimg_os_build(&os, &header);
	return flash_write(flash, off, &header, sizeof(header));
}

/* What lies outside the range is nobody's business. */
TEST_F_TIMEOUT(target, only_the_range_changes, TAKE_TIMEOUT)
{
	uint64_t first = self->flash.erasesize, end = self->flash.size - self->flash.erasesize;
	struct snapimg_slot slot;
	uint64_t *digest;

	/* Even boot images. */
	ASSERT_EQ(0, os_image_write(&self->flash, 0));
	ASSERT_EQ(0, os_image_write(&self->flash, end));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	self->arg.offset = first;
	self->arg.length = end - first;
	self->arg.slot = SNAPCAP_SLOT_WHOLE;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(first, self->arg.status.slot_offset);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, first));
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, end, self->flash.size));
	EXPECT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(first, slot.offset);
	free(digest);
}

/* A snapshot that reaches into the range is none any more, and hides nothing. */
TEST_F_TIMEOUT(target, range_inside_previous, 3 * TAKE_TIMEOUT)
{
	struct snapimg_slot slot;

	self->arg.slot = SNAPCAP_SLOT_WHOLE;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	self->arg.offset = 2 * self->flash.erasesize;
	self->arg.flags = SNAPCAP_TAKE_KEEP_PREVIOUS;
	EXPECT_EQ(-EEXIST, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(0, snapimg_slot_probe(&self->flash.reader, 0, &slot));

	self->arg.flags = 0;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_PREVIOUS_LOST, self->arg.status.previous);
	EXPECT_EQ(-SNAPCAP_REASON_REVOKED, snapimg_slot_probe(&self->flash.reader, 0, &slot));
	EXPECT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(self->arg.offset, slot.offset);
	EXPECT_EQ(2, slot.img.sequence);
}

/* Erased is what the image needs, not all of the target. */
TEST_F_TIMEOUT(target, only_what_is_needed_is_erased, TAKE_TIMEOUT)
{
	uint32_t eb = self->flash.erasesize;
	uint64_t *digest, used, off;
	static const char text[] = "not in the way";

	for (off = 0; off < self->flash.size; off += eb)
		ASSERT_EQ(0, flash_write(&self->flash, off + eb / 2, text, sizeof(text)));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	used = (self->arg.status.image_bytes + eb - 1) / eb * eb;
	EXPECT_EQ(0, flash_changed(&self->flash, digest, 0, eb));
	EXPECT_EQ(used - eb, flash_changed(&self->flash, digest, used - eb, used));
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, used, self->flash.size));
	free(digest);
}

/* ---- too small ---- */

TEST_F_TIMEOUT(target, too_small_changes_nothing, 2 * TAKE_TIMEOUT)
{
	struct snapimg_slot slot;
	uint64_t *digest;

	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);

	/* Where the previous snapshot is, so that any erase would show. */
	self->arg.length = self->flash.erasesize;
	EXPECT_EQ(-EFBIG, device_take(self->dev, &self->arg));
	EXPECT_EQ(EFBIG, self->arg.status.error);
	EXPECT_EQ(SNAPCAP_CAUSE_TOO_SMALL, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_THAW, self->arg.status.stage);
	EXPECT_EQ(self->arg.status.image_bytes, self->arg.status.detail);
	EXPECT_LT(self->arg.length, self->arg.status.detail);
	EXPECT_EQ(SNAPCAP_PREVIOUS_KEPT, self->arg.status.previous);
	EXPECT_EQ(SNAPCAP_STATE_TAKEN, self->arg.status.state);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	EXPECT_EQ(0, flash_newest(&self->flash, &slot));
	EXPECT_EQ(1, slot.img.sequence);
	free(digest);
}

TEST_F_TIMEOUT(target, half_too_small, 4 * TAKE_TIMEOUT)
{
	uint32_t eb = self->flash.erasesize;
	uint64_t *digest;

	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	self->arg.flags = 0;
	/* Room for one and a half. */
	self->arg.length = self->arg.status.image_bytes * 3 / 2 / eb * eb;
	ASSERT_GE(self->flash.size, self->arg.length);

	self->arg.slot = SNAPCAP_SLOT_0;
	EXPECT_EQ(-EFBIG, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_TOO_SMALL, self->arg.status.cause);
	self->arg.slot = SNAPCAP_SLOT_1;
	EXPECT_EQ(-EFBIG, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_TOO_SMALL, self->arg.status.cause);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));

	self->arg.slot = SNAPCAP_SLOT_AUTO;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_SLOT_WHOLE, self->arg.status.slot);
	free(digest);
}

/* ---- what somebody else put there ---- */

TEST_F_TIMEOUT(target, os_image_inside_refused, TAKE_TIMEOUT)
{
	/* On a step of OS images, not on an erase block. */
	uint64_t at = self->flash.size / 2 + 0x10000;
	uint64_t *digest;

	ASSERT_EQ(0, os_image_write(&self->flash, at));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	expect_refused(_metadata, self->dev, &self->arg, EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT);
	EXPECT_EQ(at, self->arg.status.detail);
	EXPECT_STREQ("OS image", (char *)self->arg.status.name);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	free(digest);
}

TEST_F_TIMEOUT(target, os_image_at_end_refused, TAKE_TIMEOUT)
{
	uint64_t at = self->flash.size - 0x10000;

	ASSERT_EQ(0, os_image_write(&self->flash, at));
	expect_refused(_metadata, self->dev, &self->arg, EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT);
	EXPECT_EQ(at, self->arg.status.detail);
}

/* Data of an old snapshot may look like the beginning of one. */
TEST_F_TIMEOUT(target, os_magic_inside_accepted, TAKE_TIMEOUT)
{
	static const char magic[] = SNAPCAP_OS_MAGIC;

	ASSERT_EQ(0, flash_write(&self->flash, 0x10000, magic, 8));
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

/* At the very start the magic of anything is enough. */
FIXTURE(foreign)
{
	int dev;
	struct flash flash;
	struct snapcap_makesnap arg;
};

FIXTURE_VARIANT(foreign)
{
	const char *name;
	uint32_t offset;
	uint32_t size;
	char magic[16];
};

#define FOREIGN(id_, name_, offset_, magic_)						\
	FIXTURE_VARIANT_ADD(foreign, id_)						\
	{										\
		.name = name_,								\
		.offset = offset_,							\
		.size = sizeof(magic_) - 1,						\
		.magic = magic_,							\
	}

FOREIGN(os_image, "OS image", 0, SNAPCAP_OS_MAGIC);
FOREIGN(arm64_kernel, "arm64 kernel", 56, "ARM\x64");
FOREIGN(device_tree, "device tree", 0, "\xd0\x0d\xfe\xed");
FOREIGN(squashfs, "squashfs", 0, "hsqs");
FOREIGN(ubi, "UBI", 0, "UBI#");
FOREIGN(jffs2, "JFFS2", 0, "\x85\x19");
FOREIGN(gzip, "gzip data", 0, "\x1f\x8b\x08");

FIXTURE_SETUP(foreign)
{
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	ASSERT_EQ(0, flash_blank(&self->flash));
	makesnap_init(&self->arg, self->flash.number);
}

FIXTURE_TEARDOWN(foreign)
{
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F(foreign, refused)
{
	uint64_t *digest;

	ASSERT_EQ(0, flash_write(&self->flash, variant->offset, variant->magic, variant->size));
	digest = flash_digest(&self->flash);
	ASSERT_NE(NULL, digest);
	expect_refused(_metadata, self->dev, &self->arg, EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT);
	EXPECT_EQ(0, self->arg.status.detail);
	EXPECT_STREQ(variant->name, (char *)self->arg.status.name);
	EXPECT_EQ(-1, flash_changed(&self->flash, digest, 0, self->flash.size));
	free(digest);
}

/* Where the target begins, not where the device does. */
TEST_F(foreign, refused_at_offset)
{
	uint64_t at = 3 * self->flash.erasesize;

	ASSERT_EQ(0, flash_write(&self->flash, at + variant->offset, variant->magic,
				 variant->size));
	self->arg.offset = at;
	expect_refused(_metadata, self->dev, &self->arg, EEXIST, SNAPCAP_CAUSE_NOT_SNAPSHOT);
	EXPECT_EQ(at, self->arg.status.detail);
	EXPECT_STREQ(variant->name, (char *)self->arg.status.name);
}

/* One byte less of it is not it. */
TEST_F_TIMEOUT(foreign, almost_accepted, TAKE_TIMEOUT)
{
	ASSERT_EQ(0, flash_write(&self->flash, variant->offset, variant->magic,
				 variant->size - 1));
	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	EXPECT_EQ(0, device_take(self->dev, &self->arg));
}

TEST_HARNESS_MAIN
