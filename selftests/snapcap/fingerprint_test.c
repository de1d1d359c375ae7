// SPDX-License-Identifier: GPL-2.0-only
/*
 * FINGERPRINT: what is read of a block device and of flash, what is noticed when it
 * changes, and arguments that are wrong. The block device is the root's: only read,
 * from bytes that this program reads as well. The flash is a RAM disk, and written.
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "target.h"

#define LOOP_MAJOR	7

static int fingerprint(int dev, struct snapcap_fingerprints *arg)
{
	return ioctl(dev, SNAPCAP_IOC_FINGERPRINT, arg) ? -errno : 0;
}

static void fingerprints_init(struct snapcap_fingerprints *arg, __u32 op,
			      struct snapcap_fingerprint *entries, __u32 count)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->op = op;
	arg->count = count;
	arg->entries = (uintptr_t)entries;
}

static int set(int dev, struct snapcap_fingerprint *entries, __u32 count)
{
	struct snapcap_fingerprints arg;

	fingerprints_init(&arg, SNAPCAP_FINGERPRINT_SET, entries, count);
	return fingerprint(dev, &arg);
}

FIXTURE(fingerprint)
{
	int dev;
	struct flash flash;
	struct snapcap_fingerprint f;
	struct snapcap_fingerprint seen[SNAPCAP_FINGERPRINTS_MAX];
	struct snapcap_fingerprints arg;
};

FIXTURE_SETUP(fingerprint)
{
	self->dev = device_open(0);
	self->flash.fd = -1;
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	ASSERT_EQ(0, flash_erase(&self->flash, 0, self->flash.erasesize));
	memset(&self->f, 0, sizeof(self->f));
	self->f.kind = SNAPCAP_FINGERPRINT_MTD;
	self->f.policy = SNAPCAP_FINGERPRINT_IMMUTABLE;
	self->f.minor = self->flash.number;
	self->f.range_count = 1;
	self->f.range[0].offset = 1000;
	self->f.range[0].length = 9000;
	strcpy((char *)self->f.name, "test flash");
	fingerprints_init(&self->arg, SNAPCAP_FINGERPRINT_CHECK, self->seen,
			  SNAPCAP_FINGERPRINTS_MAX);
	/* What is not told would show. */
	memset(self->seen, 0xa5, sizeof(self->seen));
}

FIXTURE_TEARDOWN(fingerprint)
{
	EXPECT_EQ(0, set(self->dev, NULL, 0));
	if (self->flash.fd >= 0)
		EXPECT_EQ(0, flash_erase(&self->flash, 0, self->flash.erasesize));
	flash_close(&self->flash);
	close(self->dev);
}

TEST_F(fingerprint, what_was_set_is_told)
{
	static const __u8 zero[SNAPCAP_FINGERPRINT_HASH_SIZE];

	ASSERT_EQ(0, set(self->dev, &self->f, 1));
	self->arg.op = SNAPCAP_FINGERPRINT_GET;
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	ASSERT_EQ(1, self->arg.count);
	EXPECT_EQ(1, self->arg.total);
	EXPECT_EQ(0, self->arg.ns);
	EXPECT_EQ(SNAPCAP_FINGERPRINT_NOTED, self->seen[0].state);
	EXPECT_EQ(self->flash.size, self->seen[0].bytes);
	EXPECT_NE(0, memcmp(zero, self->seen[0].hash, sizeof(zero)));
	EXPECT_EQ(0, memcmp(self->f.range, self->seen[0].range, sizeof(self->f.range)));
	EXPECT_STREQ("test flash", (char *)self->seen[0].name);
	EXPECT_EQ(0xa5, self->seen[1].name[0]);
}

TEST_F(fingerprint, room_is_not_exceeded)
{
	struct snapcap_fingerprint two[2] = { self->f, self->f };

	ASSERT_EQ(0, set(self->dev, two, 2));
	self->arg.count = 1;
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(1, self->arg.count);
	EXPECT_EQ(2, self->arg.total);
	EXPECT_EQ(0xa5, self->seen[1].name[0]);
	self->arg.count = 0;
	self->arg.entries = 0;
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(0, self->arg.count);
	EXPECT_EQ(2, self->arg.total);
}

/* A bit of each kind of place: the first byte and the last, and those beside them. */
TEST_F(fingerprint, a_change_within_the_range_is_noticed)
{
	static const struct {
		uint64_t at;
		__u32 state;
	} changes[] = {
		{ 999, SNAPCAP_FINGERPRINT_SAME },
		{ 10000, SNAPCAP_FINGERPRINT_SAME },
		{ 1000, SNAPCAP_FINGERPRINT_CHANGED },
		{ 4095, SNAPCAP_FINGERPRINT_CHANGED },
		{ 4096, SNAPCAP_FINGERPRINT_CHANGED },
		{ 9999, SNAPCAP_FINGERPRINT_CHANGED },
	};
	__u8 byte = 0xfe;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		ASSERT_EQ(0, flash_erase(&self->flash, 0, self->flash.erasesize));
		ASSERT_EQ(0, set(self->dev, &self->f, 1));
		ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
		EXPECT_EQ(SNAPCAP_FINGERPRINT_SAME, self->seen[0].state);
		EXPECT_LT(0, self->arg.ns);
		ASSERT_EQ(0, flash_write(&self->flash, changes[i].at, &byte, 1));
		ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
		EXPECT_EQ(changes[i].state, self->seen[0].state)
			TH_LOG("offset %llu", (unsigned long long)changes[i].at);
	}
	/* And told again without another look. */
	self->arg.op = SNAPCAP_FINGERPRINT_GET;
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_FINGERPRINT_CHANGED, self->seen[0].state);
	/* As it was, it is the same again. */
	ASSERT_EQ(0, flash_erase(&self->flash, 0, self->flash.erasesize));
	self->arg.op = SNAPCAP_FINGERPRINT_CHECK;
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_FINGERPRINT_SAME, self->seen[0].state);
}

/* Range by range, whatever else is between them. */
TEST_F(fingerprint, every_range_counts)
{
	__u8 byte = 0xfe;
	__u32 i;

	self->f.range_count = SNAPCAP_FINGERPRINT_RANGES;
	for (i = 0; i < SNAPCAP_FINGERPRINT_RANGES; i++) {
		self->f.range[i].offset = 20000 * (SNAPCAP_FINGERPRINT_RANGES - i);
		self->f.range[i].length = 1;
	}
	for (i = 0; i < SNAPCAP_FINGERPRINT_RANGES; i++) {
		ASSERT_EQ(0, flash_erase(&self->flash, 0, self->flash.erasesize));
		ASSERT_EQ(0, set(self->dev, &self->f, 1));
		ASSERT_EQ(0, flash_write(&self->flash, self->f.range[i].offset, &byte, 1));
		ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
		EXPECT_EQ(SNAPCAP_FINGERPRINT_CHANGED, self->seen[0].state);
	}
}

TEST_F(fingerprint, refused_set_leaves_the_list)
{
	struct snapcap_fingerprint two[2] = { self->f, self->f };
	struct snapcap_fingerprints arg;

	ASSERT_EQ(0, set(self->dev, &self->f, 1));
	two[1].range[0].offset = self->flash.size;
	fingerprints_init(&arg, SNAPCAP_FINGERPRINT_SET, two, 2);
	EXPECT_EQ(-EINVAL, fingerprint(self->dev, &arg));
	EXPECT_EQ(1, arg.total);
	EXPECT_EQ(-E2BIG, set(self->dev, two, SNAPCAP_FINGERPRINTS_MAX + 1));
	EXPECT_EQ(-E2BIG, set(self->dev, two, 0xffffffff));
	EXPECT_EQ(-EFAULT, set(self->dev, NULL, 1));
	EXPECT_EQ(-EFAULT, set(self->dev, (void *)-4096L, 1));
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(1, self->arg.total);
	self->arg.entries = 8;
	EXPECT_EQ(-EFAULT, fingerprint(self->dev, &self->arg));
	/* None is a list, too. */
	ASSERT_EQ(0, set(self->dev, NULL, 0));
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(0, self->arg.total);
}

TEST_F(fingerprint, no_more_than_the_limit_is_read)
{
	struct snapcap_fingerprint two[2] = { self->f, self->f };

	if (self->flash.size < SNAPCAP_FINGERPRINT_BYTES_MAX)
		SKIP(return, "the flash is too small");
	two[0].range[0].offset = 0;
	two[0].range[0].length = SNAPCAP_FINGERPRINT_BYTES_MAX;
	two[1].range[0].length = 1;
	EXPECT_EQ(0, set(self->dev, two, 1));
	EXPECT_EQ(-E2BIG, set(self->dev, two, 2));
	two[0].range[0].length = ~0ULL;
	EXPECT_EQ(-E2BIG, set(self->dev, two, 1));
}

TEST_F(fingerprint, bad_argument)
{
	struct snapcap_fingerprints good, bad;

	fingerprints_init(&good, SNAPCAP_FINGERPRINT_GET, self->seen, 1);
	ASSERT_EQ(0, fingerprint(self->dev, &good));
	EXPECT_EQ(-EFAULT, fingerprint(self->dev, NULL));
	fingerprints_init(&good, SNAPCAP_FINGERPRINT_GET, self->seen, 1);
	bad = good;
	bad.size--;
	EXPECT_EQ(-EINVAL, fingerprint(self->dev, &bad));
	bad = good;
	bad.op = 0;
	EXPECT_EQ(-EINVAL, fingerprint(self->dev, &bad));
	bad.op = SNAPCAP_FINGERPRINT_CHECK + 1;
	EXPECT_EQ(-EINVAL, fingerprint(self->dev, &bad));
	bad = good;
	bad.reserved0[1] = 1ULL << 63;
	EXPECT_EQ(-EINVAL, fingerprint(self->dev, &bad));
}

/* ---- entries that are wrong ---- */

#define OFF(field)	offsetof(struct snapcap_fingerprint, field)
#define RANGE(i, field)	(OFF(range) + (i) * sizeof(struct snapcap_fingerprint_range) +	\
			 offsetof(struct snapcap_fingerprint_range, field))

TEST_F(fingerprint, bad_entry)
{
	static const struct {
		size_t offset;
		size_t size;
		__u64 value;
		int error;
	} bad[] = {
		{ OFF(kind), 4, 0, EINVAL }, { OFF(kind), 4, 3, EINVAL },
		{ OFF(policy), 4, 0, EINVAL }, { OFF(policy), 4, 3, EINVAL },
		{ OFF(major), 4, 1, EINVAL }, { OFF(minor), 4, 0x80000000, EINVAL },
		{ OFF(minor), 4, 0xffffffff, EINVAL }, { OFF(minor), 4, 9999, ENXIO },
		{ OFF(range_count), 4, 0, EINVAL },
		{ OFF(range_count), 4, SNAPCAP_FINGERPRINT_RANGES + 1, EINVAL },
		{ OFF(range_count), 4, 0xffffffff, EINVAL }, { OFF(state), 4, 1, EINVAL },
		{ OFF(bytes), 8, 1, EINVAL }, { OFF(hash), 1, 1, EINVAL },
		{ OFF(hash) + 15, 1, 1, EINVAL },
		{ RANGE(0, length), 8, 0, EINVAL }, { RANGE(0, offset), 8, ~0ULL, EINVAL },
		{ RANGE(0, offset), 8, 1ULL << 62, EINVAL },
		{ RANGE(1, offset), 8, 1, EINVAL }, { RANGE(3, length), 8, 1, EINVAL },
		{ OFF(name), 1, 0, EINVAL }, { OFF(name), 1, 0x1b, EINVAL },
		{ OFF(name), 1, 0xe4, EINVAL }, { OFF(name) + 11, 1, 'x', EINVAL },
		{ OFF(name) + 63, 1, 'x', EINVAL },
	};
	struct snapcap_fingerprint f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		f = self->f;
		memcpy((char *)&f + bad[i].offset, &bad[i].value, bad[i].size);
		EXPECT_EQ(-bad[i].error, set(self->dev, &f, 1))
			TH_LOG("entry %zu", i);
	}
	/* Up to the last byte is not beyond it. */
	f = self->f;
	f.range[0].offset = self->flash.size - 1;
	f.range[0].length = 1;
	EXPECT_EQ(0, set(self->dev, &f, 1));
	f.range[0].length = 2;
	EXPECT_EQ(-EINVAL, set(self->dev, &f, 1));
}

TEST_F(fingerprint, block_devices_that_cannot_be)
{
	self->f.kind = SNAPCAP_FINGERPRINT_BLOCK;
	self->f.major = 0xfff;
	self->f.minor = 0xfffff;
	EXPECT_EQ(-ENXIO, set(self->dev, &self->f, 1));
	self->f.major = 0x1000;
	EXPECT_EQ(-EINVAL, set(self->dev, &self->f, 1));
	self->f.major = 0xfff;
	self->f.minor = 0x100000;
	EXPECT_EQ(-EINVAL, set(self->dev, &self->f, 1));
	self->f.major = LOOP_MAJOR;
	self->f.minor = 0;
	EXPECT_EQ(-EOPNOTSUPP, set(self->dev, &self->f, 1));
}

/* ---- a block device ---- */

TEST_F(fingerprint, a_block_device_is_read)
{
	struct snapcap_fingerprint *f = &self->f;
	struct stat st;
	__u64 size;
	int fd = open("/dev/vda", O_RDONLY);

	if (fd < 0)
		SKIP(return, "there is no /dev/vda");
	ASSERT_EQ(0, fstat(fd, &st));
	f->kind = SNAPCAP_FINGERPRINT_BLOCK;
	f->major = major(st.st_rdev);
	f->minor = minor(st.st_rdev);
	/* Neither begins nor ends with a block, and is longer than what is read at once. */
	f->range[0].offset = 511;
	f->range[0].length = 70001;
	ASSERT_EQ(0, set(self->dev, f, 1));
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_FINGERPRINT_SAME, self->seen[0].state);
	size = self->seen[0].bytes;
	EXPECT_EQ(lseek(fd, 0, SEEK_END), size);
	/* Its last byte, and not the one behind. */
	f->range[0].offset = size - 1;
	f->range[0].length = 1;
	EXPECT_EQ(0, set(self->dev, f, 1));
	f->range[0].offset = size;
	EXPECT_EQ(-EINVAL, set(self->dev, f, 1));
	close(fd);
}

/* The same bytes have the same hash, wherever they are read: from the disk and from flash. */
TEST_F(fingerprint, both_kinds_agree)
{
	struct snapcap_fingerprint two[2] = { self->f, self->f };
	char buf[20480];
	struct stat st;
	int fd = open("/dev/vda", O_RDONLY);

	if (fd < 0)
		SKIP(return, "there is no /dev/vda");
	ASSERT_EQ(0, fstat(fd, &st));
	ASSERT_EQ(sizeof(buf), pread(fd, buf, sizeof(buf), 0));
	ASSERT_EQ(0, flash_write(&self->flash, 0, buf, sizeof(buf)));
	two[0].range_count = 2;
	two[0].range[0].offset = 3;
	two[0].range[0].length = 4093;
	two[0].range[1].offset = 5000;
	two[0].range[1].length = 10007;
	two[1] = two[0];
	two[1].kind = SNAPCAP_FINGERPRINT_BLOCK;
	two[1].major = major(st.st_rdev);
	two[1].minor = minor(st.st_rdev);
	ASSERT_EQ(0, set(self->dev, two, 2));
	ASSERT_EQ(0, fingerprint(self->dev, &self->arg));
	EXPECT_EQ(0, memcmp(self->seen[0].hash, self->seen[1].hash, sizeof(self->seen[0].hash)));
	close(fd);
}

/* ---- who may ---- */

TEST_F(fingerprint, needs_a_capability)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		if (setuid(65534))
			_exit(1);
		_exit(set(self->dev, NULL, 0) == -EPERM &&
		      fingerprint(self->dev, &self->arg) == -EPERM ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
