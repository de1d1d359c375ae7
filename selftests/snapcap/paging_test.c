// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swap device: what goes in comes out, what the kernel swaps to it comes
 * back right, and what it holds when a snapshot is taken is in the pageable part
 * of that and not in the resident one.
 */
#include <kselftest_harness.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include "image.h"
#include "pager.h"
#include "snapimg_glue.h"
#include "target.h"

#define DEVICE_BYTES	(64ULL << 20)
#define HEAP		(24UL << 20)
#define PAGE		((size_t)getpagesize())

FIXTURE(pager)
{
	int dev;
	struct snapcap_pager_status status;
};

FIXTURE_SETUP(pager)
{
	self->dev = device_open(0);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	ASSERT_EQ(0, pager_status(self->dev, &self->status));
	if (!(self->status.flags & SNAPCAP_PAGER_SUPPORTED))
		SKIP(return, "no paging in this kernel");
	ASSERT_EQ(0, pager_swapoff(self->dev));
}

FIXTURE_TEARDOWN(pager)
{
	EXPECT_EQ(0, pager_swapoff(self->dev));
	close(self->dev);
}

/* ---- setting up ---- */

TEST_F(pager, sizes)
{
	EXPECT_EQ(-EINVAL, pager_control(self->dev, SNAPCAP_PAGER_SETUP, 0));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, SNAPCAP_PAGER_SETUP, PAGE + 1));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, SNAPCAP_PAGER_SETUP, PAGE - 1));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, SNAPCAP_PAGER_SETUP, 1ULL << 63));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, SNAPCAP_PAGER_SETUP,
					 SNAPCAP_PAGER_BYTES_MAX + PAGE));
	EXPECT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_SETUP, DEVICE_BYTES));
	/* Again is no error, another one is. */
	EXPECT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_SETUP, DEVICE_BYTES));
	EXPECT_EQ(-EBUSY, pager_control(self->dev, SNAPCAP_PAGER_SETUP, 2 * DEVICE_BYTES));
	EXPECT_EQ(0, pager_status(self->dev, &self->status));
	EXPECT_EQ(SNAPCAP_PAGER_SUPPORTED | SNAPCAP_PAGER_SET_UP, self->status.flags);
	EXPECT_EQ(DEVICE_BYTES, self->status.bytes);
	EXPECT_EQ(0, self->status.used_pages);
}

TEST_F(pager, operations)
{
	EXPECT_EQ(-ENODEV, pager_control(self->dev, SNAPCAP_PAGER_REMOVE, 0));
	EXPECT_EQ(-ENODEV, pager_control(self->dev, SNAPCAP_PAGER_RECORD, 0));
	EXPECT_EQ(-ENODEV, pager_control(self->dev, SNAPCAP_PAGER_FILL, 0));
	EXPECT_EQ(-ENODEV, pager_control(self->dev, SNAPCAP_PAGER_FILL_STOP, 0));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, 0, 0));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, 99, 0));
	EXPECT_EQ(-EINVAL, pager_control(self->dev, SNAPCAP_PAGER_FILL, 4096));
	EXPECT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_SETUP, DEVICE_BYTES));
	/* Nothing is on flash: nothing to do. */
	EXPECT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_FILL, 0));
	EXPECT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_FILL_STOP, 0));
}

TEST_F(pager, malformed)
{
	struct snapcap_pager arg = {
		.size = sizeof(arg),
		.op = SNAPCAP_PAGER_SETUP,
		.bytes = DEVICE_BYTES,
	}, bad;
	size_t i;

	for (i = 0; i < sizeof(arg.reserved0) / sizeof(arg.reserved0[0]); i++) {
		bad = arg;
		bad.reserved0[i] = 1ULL << 63;
		EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_PAGER, &bad));
		EXPECT_EQ(EINVAL, errno);
	}
	bad = arg;
	bad.size--;
	EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_PAGER, &bad));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_PAGER, NULL));
	EXPECT_EQ(EFAULT, errno);
	self->status.size = 0;
	EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_PAGER_STATUS, &self->status));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_PAGER_STATUS, NULL));
	EXPECT_EQ(EFAULT, errno);
	/* Nothing of it has come into being. */
	EXPECT_EQ(0, pager_status(self->dev, &self->status));
	EXPECT_EQ(SNAPCAP_PAGER_SUPPORTED, self->status.flags);
}

TEST_F(pager, in_use_is_not_removed)
{
	int fd;

	ASSERT_EQ(0, pager_swapon(self->dev, DEVICE_BYTES));
	EXPECT_EQ(-EBUSY, pager_control(self->dev, SNAPCAP_PAGER_REMOVE, 0));
	ASSERT_EQ(0, swapoff(PAGER_PATH));
	fd = open(PAGER_PATH, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, pager_control(self->dev, SNAPCAP_PAGER_REMOVE, 0));
	close(fd);
	EXPECT_EQ(0, pager_swapoff(self->dev));
	EXPECT_EQ(-1, open(PAGER_PATH, O_RDONLY | O_CLOEXEC));
}

/* ---- as a block device ---- */

TEST_F(pager, pages_come_back)
{
	size_t count = 200, i;
	char *page = aligned_alloc(PAGE, PAGE), *want = malloc(PAGE);
	int fd;

	ASSERT_NE(NULL, page);
	ASSERT_NE(NULL, want);
	ASSERT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_SETUP, DEVICE_BYTES));
	usleep(300000);
	fd = open(PAGER_PATH, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (i = 0; i < count; i++) {
		pager_pattern(i, page);
		ASSERT_EQ((ssize_t)PAGE, pwrite(fd, page, PAGE, (off_t)(i * PAGE)));
	}
	/* Some a second time, with what takes another amount of room. */
	for (i = 0; i < count; i += 3) {
		pager_pattern(i + 1000, page);
		ASSERT_EQ((ssize_t)PAGE, pwrite(fd, page, PAGE, (off_t)(i * PAGE)));
	}
	for (i = 0; i < count; i++) {
		pager_pattern(i % 3 ? i : i + 1000, want);
		ASSERT_EQ((ssize_t)PAGE, pread(fd, page, PAGE, (off_t)(i * PAGE)));
		ASSERT_EQ(0, memcmp(page, want, PAGE));
	}
	/* Never written, and the last one. */
	memset(want, 0, PAGE);
	ASSERT_EQ((ssize_t)PAGE, pread(fd, page, PAGE, (off_t)(DEVICE_BYTES - PAGE)));
	EXPECT_EQ(0, memcmp(page, want, PAGE));
	EXPECT_EQ(0, pread(fd, page, PAGE, (off_t)DEVICE_BYTES));
	EXPECT_EQ(-1, pread(fd, page, 512, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, pager_status(self->dev, &self->status));
	EXPECT_EQ(count, self->status.used_pages);
	EXPECT_EQ(count, self->status.ram_pages + self->status.fill_pages);
	EXPECT_LT(count / 16, self->status.fill_pages);
	EXPECT_GT(count * PAGE * 7 / 10, self->status.ram_bytes);
	close(fd);
	free(page);
	free(want);
}

/* ---- as swap ---- */

/* HEAP bytes of patterns from @first on, all but a few pages of them on the swap device. */
static char *paged_out_heap(struct __test_metadata *_metadata, int dev, uint64_t first)
{
	char *heap;

	ASSERT_EQ(0, pager_swapon(dev, DEVICE_BYTES));
	heap = mmap(NULL, HEAP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, heap);
	pager_fill(heap, HEAP, first);
	ASSERT_GT(HEAP / PAGE / 100, pager_page_out(heap, HEAP));
	return heap;
}

FIXTURE(swap)
{
	int dev;
	char *heap;
};

FIXTURE_SETUP(swap)
{
	struct snapcap_pager_status status;

	self->dev = device_open(0);
	if (self->dev < 0)
		SKIP(return, "%s: %s", DEVICE_PATH, strerror(-self->dev));
	ASSERT_EQ(0, pager_status(self->dev, &status));
	if (!(status.flags & SNAPCAP_PAGER_SUPPORTED))
		SKIP(return, "no paging in this kernel");
	ASSERT_EQ(0, pager_swapoff(self->dev));
	self->heap = paged_out_heap(_metadata, self->dev, 0);
}

FIXTURE_TEARDOWN(swap)
{
	EXPECT_EQ(0, pager_swapoff(self->dev));
	munmap(self->heap, HEAP);
	close(self->dev);
}

TEST_F_TIMEOUT(swap, memory_comes_back, 120)
{
	struct snapcap_pager_status status;

	ASSERT_EQ(0, pager_status(self->dev, &status));
	EXPECT_LT(HEAP / PAGE * 9 / 10, status.used_pages);
	EXPECT_EQ(0, status.flash_pages);
	EXPECT_EQ(0, status.rejected_pages);
	EXPECT_GT(HEAP * 6 / 10, status.ram_bytes);
	EXPECT_EQ(0, pager_wrong(self->heap, HEAP, 0));
	/* Exactly what is touched is read, and is not kept twice. */
	ASSERT_EQ(0, pager_status(self->dev, &status));
	EXPECT_GT(HEAP / PAGE / 10, status.used_pages);
}

TEST_F_TIMEOUT(swap, swapoff_brings_all_back, 120)
{
	struct snapcap_pager_status status;

	ASSERT_EQ(0, swapoff(PAGER_PATH));
	ASSERT_EQ(0, pager_status(self->dev, &status));
	/* The header. */
	EXPECT_GE(1, status.used_pages);
	EXPECT_EQ(0, pager_wrong(self->heap, HEAP, 0));
}

TEST_F_TIMEOUT(swap, hot_set_is_what_was_touched, 120)
{
	size_t first = HEAP / PAGE / 2, touched = 64, i, found = 0;
	struct snapcap_pager_status status;
	struct snapcap_hot_page *hot;
	volatile char *heap = self->heap;
	uint32_t count = 0, n;

	ASSERT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_RECORD, 0));
	ASSERT_EQ(0, pager_status(self->dev, &status));
	EXPECT_TRUE(status.flags & SNAPCAP_PAGER_RECORDING);
	for (i = 0; i < touched; i++)
		(void)heap[(first + 2 * i) * PAGE];
	ASSERT_EQ(0, pager_ready(self->dev));
	/* Too late. */
	(void)heap[0];
	ASSERT_EQ(0, pager_status(self->dev, &status));
	EXPECT_FALSE(status.flags & SNAPCAP_PAGER_RECORDING);
	EXPECT_LT(0, status.ready_ns);
	ASSERT_EQ(0, pager_hot_set(self->dev, &hot, &count));
	EXPECT_EQ(count, status.recorded_pages);
	for (i = 0; i < touched; i++)
		for (n = 0; n < count; n++)
			found += hot[n].pfn == page_frame(self->heap + (first + 2 * i) * PAGE);
	EXPECT_EQ(touched, found);
	for (n = 0; n < count; n++)
		EXPECT_NE(hot[n].pfn, page_frame(self->heap));
	/* Nobody else should have been paged out. */
	EXPECT_GE(touched + 4, count);
	free(hot);
}

TEST_F(swap, hot_set_arguments)
{
	struct snapcap_hot_set set = { .size = sizeof(set), .count = 4, .entries = 1 };

	ASSERT_EQ(0, pager_control(self->dev, SNAPCAP_PAGER_RECORD, 0));
	(void)*(volatile char *)self->heap;
	EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_HOT_SET, &set));
	EXPECT_EQ(EFAULT, errno);
	set.count = 0;
	EXPECT_EQ(0, ioctl(self->dev, SNAPCAP_IOC_HOT_SET, &set));
	EXPECT_EQ(0, set.count);
	EXPECT_LE(1, set.total);
	set.size--;
	EXPECT_EQ(-1, ioctl(self->dev, SNAPCAP_IOC_HOT_SET, &set));
	EXPECT_EQ(EINVAL, errno);
}

/* What finds no room stays where it is. */
TEST_F_TIMEOUT(swap, no_memory_for_the_compressed_pages, 120)
{
	struct snapcap_pager_status status;
	size_t in;

	EXPECT_EQ(0, pager_wrong(self->heap, HEAP, 0));
	pager_fill(self->heap, HEAP, 5000);
	ASSERT_EQ(0, module_set("snapcap", "swap_limit_mib", "2"));
	in = pager_page_out(self->heap, HEAP);
	ASSERT_EQ(0, module_set("snapcap", "swap_limit_mib", "0"));
	ASSERT_EQ(0, pager_status(self->dev, &status));
	EXPECT_LT(HEAP / PAGE / 4, in);
	EXPECT_LE(in, status.rejected_pages);
	EXPECT_GT(3 << 20, status.ram_bytes);
	EXPECT_EQ(0, pager_wrong(self->heap, HEAP, 5000));
	/* As soon as there is room, they go. */
	EXPECT_GT(HEAP / PAGE / 100, pager_page_out(self->heap, HEAP));
	EXPECT_EQ(0, pager_wrong(self->heap, HEAP, 5000));
}

/* ---- in a snapshot ---- */

TEST_F(target, paging_without_a_device)
{
	self->arg.flags = SNAPCAP_TAKE_PAGING;
	EXPECT_EQ(-ENODEV, device_take(self->dev, &self->arg));
	EXPECT_EQ(SNAPCAP_CAUSE_NO_PAGER, self->arg.status.cause);
	EXPECT_EQ(SNAPCAP_STAGE_CHECK, self->arg.status.stage);
}

/* Which of the patterns up to @count this page is, -1: none. */
static long long recognise(const void *page, uint64_t count)
{
	uint64_t number = 0;
	char want[65536];

	if (sscanf(page, "{\"page\":%lu,", &number) != 1 || number >= count)
		return -1;
	pager_pattern(number, want);
	return memcmp(page, want, PAGE) ? -1 : (long long)number;
}

static size_t patterns_in_pageable(struct image *image, uint64_t count)
{
	const struct snapimg_section *data = &image->img.section[SNAPCAP_SECTION_PAGEABLE_DATA];
	const struct snapimg_section *table = &image->img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS];
	struct snapcap_chunk *chunks = malloc(table->size);
	char stored[65536], page[65536];
	size_t found = 0, i;

	if (!chunks || flash_read(image->flash, image->offset + table->offset, chunks, table->size))
		return 0;
	for (i = 0; i < table->size / sizeof(*chunks); i++) {
		struct snapcap_chunk *c = &chunks[i];

		if (c->pages != 1 || c->stored_size > PAGE ||
		    flash_read(image->flash, image->offset + data->offset + c->offset, stored,
			       c->stored_size) ||
		    snapimg_sum(stored, c->stored_size) != c->sum)
			break;
		if (c->codec == SNAPCAP_CODEC_RAW)
			memcpy(page, stored, PAGE);
		else if (snapimg_lz4_decode(stored, c->stored_size, page, PAGE) != (int)PAGE)
			break;
		found += recognise(page, count) >= 0;
	}
	free(chunks);
	return found;
}

TEST_F_TIMEOUT(target, paged_out_memory_is_pageable, 4 * TAKE_TIMEOUT)
{
	struct snapcap_pager_status status;
	uint64_t resident, count = HEAP / PAGE;
	struct image image;
	char *heap;

	heap = paged_out_heap(_metadata, self->dev, 0);

	/* Resident, compressed as it is: the loader reads all of it. */
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_EQ(0, self->arg.status.pageable_pages);
	resident = self->arg.status.stream_pages;

	self->arg.flags = SNAPCAP_TAKE_PAGING;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	/* One page in eight is a word, which needs no room anywhere. */
	EXPECT_LT(count * 8 / 10, self->arg.status.pageable_pages);
	EXPECT_LT(0, self->arg.status.pageable_bytes);
	EXPECT_LT(self->arg.status.pageable_bytes / 2,
		  (resident - self->arg.status.stream_pages) * PAGE);
	ASSERT_EQ(0, pager_status(self->dev, &status));
	EXPECT_EQ(0, status.flash_pages);

	ASSERT_EQ(0, image_read(&image, &self->flash, self->arg.status.slot_offset));
	EXPECT_EQ(self->arg.status.pageable_pages, image.img.pageable_pages);
	EXPECT_EQ(SNAPCAP_FEATURE_INCOMPAT_PAGEABLE, image.img.feature_incompat);
	/* Neither a word nor random. */
	EXPECT_LT(count * 7 / 10, patterns_in_pageable(&image, count));
	image_free(&image);

	/* And the system that goes on has it all, sealed or not, and may take again. */
	EXPECT_EQ(0, pager_wrong(heap, HEAP / 2, 0));
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_LT(0, self->arg.status.pageable_pages);
	EXPECT_EQ(0, pager_wrong(heap, HEAP, 0));
	EXPECT_EQ(0, pager_swapoff(self->dev));
	munmap(heap, HEAP);
}

/* Ended in the middle of it: all pages are still there. */
TEST_F_TIMEOUT(target, cancelled_while_sealed, 4 * TAKE_TIMEOUT)
{
	int events = device_open(O_NONBLOCK);
	struct taker taker;
	char *heap;

	heap = paged_out_heap(_metadata, self->dev, 77);
	HOLD_OR_SKIP(SNAPCAP_STAGE_WRITE);
	self->arg.flags = SNAPCAP_TAKE_PAGING;
	ASSERT_EQ(0, taker_start(&taker, &self->arg, TAKER_HANDLE));
	EXPECT_EQ(0, device_wait_stage(events, SNAPCAP_STAGE_WRITE));
	EXPECT_EQ(-EBUSY, pager_control(self->dev, SNAPCAP_PAGER_RECORD, 0));
	EXPECT_EQ(0, device_cancel(self->dev));
	EXPECT_EQ(-ECANCELED, taker_end(&taker, NULL));
	ASSERT_EQ(0, device_hold(SNAPCAP_STAGE_IDLE, 0));
	close(events);
	EXPECT_EQ(0, pager_wrong(heap, HEAP, 77));
	EXPECT_EQ(0, pager_swapoff(self->dev));
	munmap(heap, HEAP);
}

TEST_HARNESS_MAIN
