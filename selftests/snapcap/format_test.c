// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a take leaves on flash: every field of the header and the mark, every
 * table and every chunk, and that memory of this process is in it.
 */
#include <kselftest_harness.h>
#include <sys/utsname.h>
#include <time.h>
#include <linux/snapcap_cpu.h>
#include "ballast.h"
#include "image.h"
#include "pager.h"
#include "target.h"

/* The slot that a test looks into, freed by nobody: each test is a process. */
static struct image image;

static void take_and_read(struct __test_metadata *_metadata, FIXTURE_DATA(target) *self)
{
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	ASSERT_EQ(0, image_read(&image, &self->flash, self->arg.status.slot_offset));
}

static bool is_zero(const void *p, size_t size)
{
	const __u8 *bytes = p;
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* A text field: what is behind the text is zero, and there is a NUL. */
static bool is_padded(const __u8 *text, size_t size)
{
	size_t len = strnlen((const char *)text, size);

	return len < size && is_zero(text + len, size - len);
}

TEST_F_TIMEOUT(target, header, TAKE_TIMEOUT)
{
	const struct snapcap_image_header *h = &image.header;
	struct snapcap_info info;
	struct utsname uts;
	char machine[SNAPCAP_MACHINE_SIZE] = "";
	__u64 now;

	ASSERT_EQ(0, device_info(self->dev, &info));
	ASSERT_EQ(0, uname(&uts));
	/* As long as it may be. */
	memset(self->arg.label + strlen(TEST_LABEL), 'L',
	       sizeof(self->arg.label) - strlen(TEST_LABEL) - 1);
	self->arg.tries = 17;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	now = time(NULL);
	ASSERT_EQ(0, image_read(&image, &self->flash, 0));

	EXPECT_EQ(0, memcmp(h->magic, "SNAPIMG\n", 8));
	EXPECT_EQ(sizeof(*h), le32toh(h->header_size));
	EXPECT_EQ(1, le16toh(h->version_major));
	EXPECT_EQ(5, le16toh(h->version_minor));
	EXPECT_EQ(0, h->feature_compat);
	EXPECT_EQ(0, h->feature_incompat);
	EXPECT_EQ(1, le64toh(h->sequence));
	EXPECT_EQ(self->arg.status.image_bytes, le64toh(h->image_size));
	EXPECT_EQ(getpagesize(), 1 << le32toh(h->page_shift));
	EXPECT_EQ(5, le32toh(h->section_count));
	EXPECT_EQ(info.arch, le32toh(h->arch));
	EXPECT_EQ(info.stub_abi, le32toh(h->stub_abi));
	EXPECT_EQ(self->arg.status.stream_pages, le64toh(h->stream_pages));
	EXPECT_EQ(self->arg.status.zero_pages, le64toh(h->zero_pages));
	EXPECT_GE(now, le64toh(h->created_s));
	EXPECT_LE(now, le64toh(h->created_s) + 600);
	EXPECT_EQ(info.stub_base, le64toh(h->stub_base));
	EXPECT_EQ(info.stub_size, le64toh(h->stub_size));
	EXPECT_EQ(info.handoff_base, le64toh(h->handoff_base));
	EXPECT_TRUE(is_padded(h->kernel_release, sizeof(h->kernel_release)));
	EXPECT_STREQ(uts.release, (char *)h->kernel_release);
	EXPECT_TRUE(is_padded(h->machine, sizeof(h->machine)));
	text_read("/proc/device-tree/compatible", machine, sizeof(machine));
	EXPECT_STREQ(machine, (char *)h->machine);
	EXPECT_EQ(info.build_id_size, le32toh(h->build_id_size));
	EXPECT_EQ(0, memcmp(info.build_id, h->build_id, sizeof(h->build_id)));
	/* Booted from flash: the loader has told which image that was. */
	if (!info.download_size)
		EXPECT_NE(0, info.os_identity);
	EXPECT_EQ(info.os_identity, le64toh(h->os_identity));
	/* Random: version 4, variant 1 (RFC 4122). */
	EXPECT_EQ(0x40, h->uuid[6] & 0xf0);
	EXPECT_EQ(0x80, h->uuid[8] & 0xc0);
	EXPECT_TRUE(is_padded(h->label, sizeof(h->label)));
	EXPECT_STREQ((char *)self->arg.label, (char *)h->label);
	EXPECT_EQ(0, h->reserved0);
	EXPECT_EQ(0, h->pageable_pages);
	EXPECT_EQ(17, le32toh(h->tries));
	/* The target was blank: nobody knows of more. */
	EXPECT_EQ(1, le32toh(h->wear));
	EXPECT_TRUE(is_zero(h->reserved1, sizeof(h->reserved1)));
	EXPECT_EQ(snapimg_crc32c_soft(0, h, offsetof(struct snapcap_image_header, header_crc)),
		  le32toh(h->header_crc));
}

TEST_F_TIMEOUT(target, sections, TAKE_TIMEOUT)
{
	const struct snapcap_section *s = image.header.section;
	__u64 end = SNAPCAP_BODY_OFF;
	size_t i;

	take_and_read(_metadata, self);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(i + 1, le32toh(s[i].type));
		EXPECT_EQ(0, le64toh(s[i].offset) % SNAPCAP_SECTION_ALIGN);
		EXPECT_LE(end, le64toh(s[i].offset));
		EXPECT_GT(end + SNAPCAP_SECTION_ALIGN, le64toh(s[i].offset));
		EXPECT_LT(0, le64toh(s[i].size));
		EXPECT_EQ(0, s[i].reserved0);
		end = le64toh(s[i].offset) + le64toh(s[i].size);
	}
	EXPECT_EQ(0, s[4].crc);
	EXPECT_EQ(end, le64toh(image.header.image_size));
	EXPECT_TRUE(is_zero(&s[5], 3 * sizeof(s[5])));
}

TEST_F_TIMEOUT(target, commit_mark, TAKE_TIMEOUT)
{
	const struct snapcap_commit *c = &image.commit;

	take_and_read(_metadata, self);
	EXPECT_EQ(0, memcmp(c->magic, "SNAPDONE", 8));
	EXPECT_EQ(image.header.sequence, c->sequence);
	EXPECT_EQ(image.header.header_crc, c->header_crc);
	EXPECT_EQ(0, c->reserved0);
	EXPECT_EQ(0, c->reserved1);
	EXPECT_EQ(snapimg_crc32c_soft(0, c, offsetof(struct snapcap_commit, commit_crc)),
		  le32toh(c->commit_crc));
	EXPECT_EQ(0, c->reserved2);
	EXPECT_EQ(SNAPCAP_COMMIT_NOT_REVOKED, c->revoked);
}

/* Dropping one needs no erase, so the rest of the flash must read as erased. */
TEST_F_TIMEOUT(target, unused_bytes_erased, TAKE_TIMEOUT)
{
	__u64 end, size;
	__u8 *bytes;
	size_t i;

	take_and_read(_metadata, self);
	size = image.img.image_size;
	end = (size + self->flash.erasesize - 1) / self->flash.erasesize * self->flash.erasesize;
	bytes = malloc(end - size + SNAPCAP_BODY_OFF);
	ASSERT_NE(NULL, bytes);
	ASSERT_EQ(0, flash_read(&self->flash, 0, bytes, SNAPCAP_BODY_OFF));
	for (i = sizeof(image.header); i < SNAPCAP_BODY_OFF; i++)
		if (i < SNAPCAP_COMMIT_OFF || i >= SNAPCAP_COMMIT_OFF + sizeof(image.commit))
			EXPECT_EQ(0xff, bytes[i]);
	ASSERT_EQ(0, flash_read(&self->flash, size, bytes, end - size));
	for (i = 0; i < end - size; i++)
		EXPECT_EQ(0xff, bytes[i]);
}

TEST_F_TIMEOUT(target, bound_to_this_machine, TAKE_TIMEOUT)
{
	struct snapimg_machine m = { 0 };
	struct snapcap_info info;
	const struct snapcap_range *memmap;
	__u64 ram = 0;
	size_t i;

	take_and_read(_metadata, self);
	ASSERT_EQ(0, device_info(self->dev, &info));
	m.arch = info.arch;
	m.page_shift = image.img.page_shift;
	m.stub_abi = info.stub_abi;
	m.stub_base = info.stub_base;
	m.stub_size = info.stub_size;
	m.handoff_base = info.handoff_base;
	m.machine = image.img.machine;
	m.kernel_release = (char *)info.kernel_release;
	m.build_id = info.build_id;
	m.build_id_size = info.build_id_size;
	EXPECT_EQ(0, snapimg_bind_check(&image.img, &m));
	m.build_id = (const u8 *)"another kernel's....";
	m.build_id_size = 20;
	EXPECT_EQ(-SNAPCAP_REASON_BUILD_ID, snapimg_bind_check(&image.img, &m));
	m.build_id = NULL;
	m.os_identity = info.os_identity;
	EXPECT_EQ(0, snapimg_bind_check(&image.img, &m));
	m.os_identity++;
	EXPECT_EQ(-SNAPCAP_REASON_OS_CHANGED, snapimg_bind_check(&image.img, &m));

	/* All memory of the machine: what Linux has of it is less. */
	memmap = image.section[SNAPCAP_SECTION_MEMMAP];
	for (i = 0; i < image.img.section[SNAPCAP_SECTION_MEMMAP].size / sizeof(*memmap); i++)
		ram += le64toh(memmap[i].size);
	EXPECT_LE((__u64)sysconf(_SC_PHYS_PAGES) * getpagesize(), ram);
}

TEST_F_TIMEOUT(target, cpu_record, TAKE_TIMEOUT)
{
	const struct snapcap_cpu_arm64 *cpu;

	take_and_read(_metadata, self);
	if (image.img.arch != SNAPCAP_ARCH_ARM64)
		SKIP(return, "not arm64");
	cpu = image.section[SNAPCAP_SECTION_CPU];
	ASSERT_EQ(sizeof(*cpu), image.img.section[SNAPCAP_SECTION_CPU].size);
	EXPECT_EQ(SNAPCAP_ARCH_ARM64, le32toh(cpu->arch));
	EXPECT_EQ(sizeof(*cpu), le32toh(cpu->size));
	EXPECT_TRUE(le32toh(cpu->el) == 1 || le32toh(cpu->el) == 2);
	EXPECT_GE(2, le32toh(cpu->boot_el));
	EXPECT_TRUE(!cpu->boot_el || le32toh(cpu->el) <= le32toh(cpu->boot_el));
	EXPECT_EQ(0, cpu->reserved1);
	/* Attribute 0 is what the loader maps memory with. */
	EXPECT_EQ(0xff, le64toh(cpu->mair) & 0xff);
	/* Kernel addresses; the boot CPU. */
	EXPECT_EQ(0xff, le64toh(cpu->entry) >> 56);
	EXPECT_NE(0, cpu->ttbr1);
	EXPECT_NE(0, cpu->tcr);
	EXPECT_EQ(0, le64toh(cpu->mpidr) & 0xff00ffffff);
}

static void check_all_chunks(struct __test_metadata *_metadata, FIXTURE_DATA(target) *self,
			     __u32 *codecs)
{
	__u32 i, count = snapimg_chunk_count(&image.img);
	__u64 pages = 0, end = 0;
	int reason;

	ASSERT_LT(0, count);
	for (i = 0; i < count; i++) {
		struct snapimg_chunk chunk =
			snapimg_chunk_get(image.section[SNAPCAP_SECTION_CHUNKS], i);
		void *data = image_chunk_read(&image, &chunk, &reason);

		EXPECT_EQ(0, reason) TH_LOG("chunk %u of %u", i, count);
		EXPECT_EQ(end, chunk.offset);
		/* All are full but the last. */
		if (i + 1 < count)
			EXPECT_EQ(image.img.chunk_pages_max, chunk.pages);
		if (chunk.codec == SNAPCAP_CODEC_FILL) {
			EXPECT_EQ(0, chunk.stored_size);
		} else if (chunk.codec == SNAPCAP_CODEC_RAW) {
			EXPECT_EQ(chunk.pages << image.img.page_shift, chunk.stored_size);
		} else {
			EXPECT_GT(chunk.pages << image.img.page_shift, chunk.stored_size);
		}
		codecs[chunk.codec]++;
		pages += chunk.pages;
		end += chunk.stored_size;
		free(data);
	}
	EXPECT_EQ(self->arg.status.stream_pages, pages);
	EXPECT_EQ(image.img.section[SNAPCAP_SECTION_DATA].size, end);
}

TEST_F_TIMEOUT(target, every_chunk_lz4, TAKE_TIMEOUT)
{
	__u32 codecs[3] = { 0 };

	take_and_read(_metadata, self);
	check_all_chunks(_metadata, self, codecs);
	EXPECT_LT(0, codecs[SNAPCAP_CODEC_LZ4]);
}

TEST_F_TIMEOUT(target, every_chunk_small, TAKE_TIMEOUT)
{
	__u32 codecs[3] = { 0 };

	self->arg.chunk_pages = 3;
	take_and_read(_metadata, self);
	EXPECT_EQ(3, image.img.chunk_pages_max);
	check_all_chunks(_metadata, self, codecs);
}

TEST_F_TIMEOUT(target, every_chunk_fastest, TAKE_TIMEOUT)
{
	__u32 codecs[3] = { 0 };

	self->arg.level = 64;
	self->arg.chunk_pages = SNAPCAP_CHUNK_PAGES_LIMIT;
	take_and_read(_metadata, self);
	check_all_chunks(_metadata, self, codecs);
	EXPECT_LT(0, codecs[SNAPCAP_CODEC_LZ4]);
}

/* Compressed with interrupts off, because a plain copy would not fit. */
TEST_F_TIMEOUT(target, every_chunk_with_little_memory, TAKE_TIMEOUT)
{
	struct ballast ballast;
	__u32 codecs[3] = { 0 };

	ASSERT_TRUE(ballast_take(&ballast, 60, BALLAST_UNIFORM));
	take_and_read(_metadata, self);
	EXPECT_GT(self->arg.status.stream_pages * getpagesize(), self->arg.status.buffer_bytes);
	check_all_chunks(_metadata, self, codecs);
	EXPECT_LT(0, codecs[SNAPCAP_CODEC_LZ4]);
	EXPECT_LT(0, codecs[SNAPCAP_CODEC_FILL]);
}

TEST_F_TIMEOUT(target, every_chunk_raw, TAKE_TIMEOUT)
{
	__u32 codecs[3] = { 0 };
	int ret;

	self->arg.codec = SNAPCAP_CODEC_RAW;
	ret = device_take(self->dev, &self->arg);
	if (ret == -EFBIG)
		SKIP(return, "%llu bytes do not fit", self->arg.status.detail);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, image_read(&image, &self->flash, self->arg.status.slot_offset));
	check_all_chunks(_metadata, self, codecs);
	EXPECT_EQ(0, codecs[SNAPCAP_CODEC_LZ4]);
	EXPECT_LT(0, codecs[SNAPCAP_CODEC_RAW]);
}

/* It is recorded, and stays with that take: the next one is nobody's but its own. */
TEST_F_TIMEOUT(target, forced, TAKE_TIMEOUT)
{
	const struct snapcap_image_header *h = &image.header;

	self->arg.flags = SNAPCAP_TAKE_FORCED;
	take_and_read(_metadata, self);
	EXPECT_EQ(SNAPCAP_FEATURE_COMPAT_FORCED, le64toh(h->feature_compat));
	EXPECT_EQ(SNAPCAP_STATUS_FORCED, self->arg.status.flags);
	self->arg.flags = 0;
	take_and_read(_metadata, self);
	EXPECT_EQ(0, h->feature_compat);
	EXPECT_EQ(0, self->arg.status.flags);
}

/* ---- what is left on flash ---- */

#define PAGED_OUT	(8UL << 20)

/* A take with memory of this process paged out; false: this kernel cannot. */
static bool take_pageable(struct __test_metadata *_metadata, FIXTURE_DATA(target) *self)
{
	struct snapcap_pager_status status;
	void *heap;

	ASSERT_EQ(0, pager_status(self->dev, &status));
	if (!(status.flags & SNAPCAP_PAGER_SUPPORTED))
		return false;
	ASSERT_EQ(0, pager_swapon(self->dev, 2 * PAGED_OUT));
	heap = mmap(NULL, PAGED_OUT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, heap);
	pager_fill(heap, PAGED_OUT, 0);
	ASSERT_GT(PAGED_OUT / getpagesize() / 100, pager_page_out(heap, PAGED_OUT));
	self->arg.flags = SNAPCAP_TAKE_PAGING;
	take_and_read(_metadata, self);
	EXPECT_EQ(0, pager_swapoff(self->dev));
	munmap(heap, PAGED_OUT);
	return true;
}

TEST_F_TIMEOUT(target, pageable_sections, TAKE_TIMEOUT)
{
	const struct snapcap_image_header *h = &image.header;
	const struct snapcap_section *s = h->section;
	__u64 end;
	size_t i;

	if (!take_pageable(_metadata, self))
		SKIP(return, "no paging in this kernel");
	EXPECT_EQ(SNAPCAP_FEATURE_INCOMPAT_PAGEABLE, le64toh(h->feature_incompat));
	EXPECT_EQ(7, le32toh(h->section_count));
	EXPECT_LT(0, le64toh(h->pageable_pages));
	EXPECT_EQ(self->arg.status.pageable_pages, le64toh(h->pageable_pages));
	EXPECT_EQ(self->arg.status.pageable_bytes, le64toh(s[6].size));
	EXPECT_EQ(self->arg.status.image_bytes, le64toh(h->image_size));
	EXPECT_TRUE(is_zero(h->reserved1, sizeof(h->reserved1)));
	for (i = 5; i < 7; i++) {
		end = le64toh(s[i - 1].offset) + le64toh(s[i - 1].size);
		EXPECT_EQ(i + 1, le32toh(s[i].type));
		EXPECT_EQ(0, le64toh(s[i].offset) % SNAPCAP_SECTION_ALIGN);
		EXPECT_LE(end, le64toh(s[i].offset));
		EXPECT_GT(end + SNAPCAP_SECTION_ALIGN, le64toh(s[i].offset));
		EXPECT_EQ(0, s[i].reserved0);
	}
	EXPECT_EQ(le64toh(h->pageable_pages) * sizeof(struct snapcap_chunk), le64toh(s[5].size));
	EXPECT_EQ(0, s[6].crc);
	EXPECT_EQ(le64toh(s[6].offset) + le64toh(s[6].size), le64toh(h->image_size));
	EXPECT_TRUE(is_zero(&s[7], sizeof(s[7])));
}

TEST_F_TIMEOUT(target, every_pageable_page, TAKE_TIMEOUT)
{
	const struct snapcap_chunk *table;
	__u32 i, codecs[3] = { 0 };
	__u64 end = 0;
	int reason;

	if (!take_pageable(_metadata, self))
		SKIP(return, "no paging in this kernel");
	table = image.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS];
	for (i = 0; i < snapimg_pageable_count(&image.img); i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(table, i);
		void *page = image_pageable_read(&image, &chunk, &reason);

		EXPECT_EQ(0, reason) TH_LOG("page %u", i);
		EXPECT_EQ(end, chunk.offset);
		if (chunk.codec == SNAPCAP_CODEC_LZ4)
			EXPECT_GT(1U << image.img.page_shift, chunk.stored_size);
		codecs[chunk.codec]++;
		end += chunk.stored_size;
		free(page);
	}
	EXPECT_EQ(image.img.section[SNAPCAP_SECTION_PAGEABLE_DATA].size, end);
	/* One page in nine is random, most of the others are text. */
	EXPECT_LT(PAGED_OUT / getpagesize() / 2, codecs[SNAPCAP_CODEC_LZ4]);
	EXPECT_LT(0, codecs[SNAPCAP_CODEC_RAW]);
}

TEST_F_TIMEOUT(target, uuids_differ, 2 * TAKE_TIMEOUT)
{
	__u8 uuid[SNAPCAP_UUID_SIZE];

	take_and_read(_metadata, self);
	memcpy(uuid, image.img.uuid, sizeof(uuid));
	take_and_read(_metadata, self);
	EXPECT_NE(0, memcmp(uuid, image.img.uuid, sizeof(uuid)));
}

/* ---- memory of this process ---- */

#define OWN_PAGES	64

/* Locked pages, each with @fill of its number; their frames do not change. */
static __u64 *own_pages(void (*fill)(__u64 *page, size_t words, unsigned int number),
			__u64 *frames)
{
	size_t size = getpagesize();
	__u8 *pages = mmap(NULL, OWN_PAGES * size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	if (pages == MAP_FAILED || mlock(pages, OWN_PAGES * size))
		return NULL;
	for (i = 0; i < OWN_PAGES; i++)
		fill((__u64 *)(pages + i * size), size / 8, i);
	for (i = 0; i < OWN_PAGES; i++)
		frames[i] = page_frame(pages + i * size);
	return (__u64 *)pages;
}

static void fill_random(__u64 *page, size_t words, unsigned int number)
{
	__u64 x = number * 0x9e3779b97f4a7c15ULL + 1;
	size_t i;

	for (i = 0; i < words; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		page[i] = x;
	}
}

static void fill_text(__u64 *page, size_t words, unsigned int number)
{
	size_t i;

	for (i = 0; i < words; i++)
		page[i] = number * 1000 + i / 5;
}

static void fill_word(__u64 *page, size_t words, unsigned int number)
{
	size_t i;

	for (i = 0; i < words; i++)
		page[i] = 0x5a5a5a5a5a5a5a5aULL + number;
}

/* Written to, so that they are there, but zero. */
static void fill_zero(__u64 *page, size_t words, unsigned int number)
{
	page[0] = number;
	memset(page, 0, words * 8);
}

static void expect_pages_saved(struct __test_metadata *_metadata, FIXTURE_DATA(target) *self,
			       void (*fill)(__u64 *page, size_t words, unsigned int number),
			       __u16 kind, bool little_memory)
{
	size_t words = getpagesize() / 8;
	__u64 frames[OWN_PAGES], *saved = malloc(getpagesize());
	__u64 *pages = own_pages(fill, frames);
	struct snapimg_extent ext;
	struct ballast ballast;
	uint64_t stream_page;
	unsigned int i;

	if (little_memory)
		ASSERT_TRUE(ballast_take(&ballast, 60, BALLAST_UNIFORM));
	ASSERT_NE(NULL, saved);
	ASSERT_NE(NULL, pages);
	if (!frames[0])
		SKIP(return, "/proc/self/pagemap does not tell");
	take_and_read(_metadata, self);
	for (i = 0; i < OWN_PAGES; i++) {
		ASSERT_EQ(frames[i], page_frame(pages + i * words));
		ASSERT_TRUE(image_find_pfn(&image, frames[i], &ext, &stream_page));
		EXPECT_EQ(kind, ext.kind);
		ASSERT_EQ(0, image_page_read(&image, frames[i], saved));
		EXPECT_EQ(0, memcmp(saved, pages + i * words, getpagesize()));
	}
}

TEST_F_TIMEOUT(target, incompressible_pages_saved, TAKE_TIMEOUT)
{
	expect_pages_saved(_metadata, self, fill_random, SNAPCAP_EXTENT_DATA, false);
}

TEST_F_TIMEOUT(target, compressible_pages_saved, TAKE_TIMEOUT)
{
	expect_pages_saved(_metadata, self, fill_text, SNAPCAP_EXTENT_DATA, false);
}

TEST_F_TIMEOUT(target, incompressible_pages_saved_with_little_memory, TAKE_TIMEOUT)
{
	expect_pages_saved(_metadata, self, fill_random, SNAPCAP_EXTENT_DATA, true);
}

TEST_F_TIMEOUT(target, compressible_pages_saved_with_little_memory, TAKE_TIMEOUT)
{
	expect_pages_saved(_metadata, self, fill_text, SNAPCAP_EXTENT_DATA, true);
}

TEST_F_TIMEOUT(target, uniform_pages_saved, TAKE_TIMEOUT)
{
	expect_pages_saved(_metadata, self, fill_word, SNAPCAP_EXTENT_DATA, false);
}

TEST_F_TIMEOUT(target, zero_pages_not_stored, TAKE_TIMEOUT)
{
	expect_pages_saved(_metadata, self, fill_zero, SNAPCAP_EXTENT_ZERO, false);
}

/* Memory that was given back is not stored: the image does not grow with it. */
TEST_F_TIMEOUT(target, free_pages_not_stored, 3 * TAKE_TIMEOUT)
{
	size_t size = 48 << 20, page = getpagesize(), i;
	__u64 without, with;
	__u8 *pages;

	self->arg.flags = SNAPCAP_TAKE_DRY_RUN;
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	without = self->arg.status.stream_pages;

	pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	for (i = 0; i < size; i += page)
		fill_text((__u64 *)(pages + i), page / 8, i / page + 1);
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	with = self->arg.status.stream_pages;
	EXPECT_LE(without + size / page - 1024, with);

	ASSERT_EQ(0, munmap(pages, size));
	ASSERT_EQ(0, device_take(self->dev, &self->arg));
	EXPECT_GE(with - size / page + 2048, self->arg.status.stream_pages);
}

TEST_HARNESS_MAIN
