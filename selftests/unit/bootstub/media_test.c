// SPDX-License-Identifier: GPL-2.0-only
/* What is the same for all media: bounds, long reads, opening and closing. */
#include "../test.h"
#include <stdlib.h>
#include "fake.h"

static int opened, closed, open_result;

static int open_it(struct media *m, const void *fdt)
{
	opened++;
	return open_result;
}

static void close_it(struct media *m)
{
	closed++;
}

static struct media medium;

static int setup(void **state)
{
	fake_setup(state);
	opened = closed = open_result = 0;
	medium = fake_paged;
	medium.open = open_it;
	medium.close = close_it;
	return 0;
}

static void test_long_reads_are_cut(void **state)
{
	size_t size = 2 * MEDIA_REQUEST_MAX + 5, i;
	u8 *buf = malloc(size);

	for (i = 0; i < size + 10; i++)
		fake_flash[i] = (u8)(i * 7 + (i >> 8));
	assert_int_equal(media_read(&medium, 3, buf, size), 0);
	assert_memory_equal(buf, fake_flash + 3, size);
	assert_int_equal(fake_requests, 3);
	assert_int_equal(fake_request_bytes, size);
	fake_bad_offset = 3 + size - 1;
	assert_int_equal(media_read(&medium, 3, buf, size), -SNAPCAP_REASON_READ);
	assert_false(fake_request_open);
	free(buf);
}

static void test_reads_outside_reach_no_driver(void **state)
{
	static const struct { u64 off; size_t len; } bad[] = {
		{ FAKE_FLASH_SIZE, 1 }, { FAKE_FLASH_SIZE - 1, 2 }, { ~0ULL, 2 }, { 0, ~(size_t)0 },
		{ 5, ~(size_t)0 - 2 }, { 0, FAKE_FLASH_SIZE + 1 },
	};
	u8 buf[2];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(media_read(&medium, bad[i].off, buf, bad[i].len),
				 -SNAPCAP_REASON_READ);
		assert_int_equal(media_begin(&medium, bad[i].off, buf, bad[i].len),
				 -SNAPCAP_REASON_READ);
		assert_null(media_map(plat.medium[0].media, bad[i].off, bad[i].len));
	}
	assert_int_equal(fake_requests, 0);
	assert_int_equal(media_read(&medium, FAKE_FLASH_SIZE - 2, buf, 2), 0);
}

static void test_begin_is_for_one_request_of_a_paged_medium(void **state)
{
	u8 buf[1];

	assert_int_equal(media_begin(&medium, 0, buf, 0), -SNAPCAP_REASON_READ);
	assert_int_equal(media_begin(&medium, 0, buf, MEDIA_REQUEST_MAX + 1),
			 -SNAPCAP_REASON_READ);
	assert_int_equal(media_begin(plat.medium[0].media, 0, buf, 1), -SNAPCAP_REASON_READ);
	assert_null(media_map(&medium, 0, 1));
	assert_int_equal(media_read(&medium, 0, buf, 0), 0);
	assert_int_equal(fake_requests, 0);
}

/* Places of a scan: each is read once, many under way at a time. */
static void test_scan_reads_ahead(void **state)
{
	static const u64 others[] = { 0x40000, 0x48000, 0x48200, 0x38000, 0x18000, 0x98200 };
	u8 got[8];
	u64 off;

	for (off = 0; off < FAKE_FLASH_SIZE; off += 0x10000)
		memcpy(fake_flash + off + 3, &off, 8);
	media_stride(&medium, 0x10000);
	for (off = 0; off < FAKE_FLASH_SIZE; off += 0x10000) {
		assert_int_equal(media_read(&medium, off + 3, got, 8), 0);
		assert_memory_equal(got, &off, 8);
		assert_int_equal(fake_request_open, 0);
	}
	assert_int_equal(fake_requests, FAKE_FLASH_SIZE / 0x10000);
	/* Another sector of a place, a place between, one before: not what was read ahead. */
	for (off = 0; off < ARRAY_SIZE(others); off++) {
		u64 at = others[off];

		memset(fake_flash + at, 0x11 + (int)off, 8);
		assert_int_equal(media_read(&medium, at, got, 8), 0);
		assert_memory_equal(got, fake_flash + at, 8);
	}
	/* More than a sector is read as without a scan. */
	off = fake_requests;
	assert_int_equal(media_read(&medium, 0x40000 + 505, got, 8), 0);
	assert_int_equal(fake_requests, off + 1);
	assert_memory_equal(got, fake_flash + 0x40000 + 505, 8);
}

static void test_scan_fails_at_the_place_that_cannot_be_read(void **state)
{
	u8 got[8];
	u64 off;

	fake_bad_offset = 0x50000 + 100;
	media_stride(&medium, 0x10000);
	for (off = 0; off < 0x100000; off += 0x10000)
		assert_int_equal(media_read(&medium, off, got, 8),
				 off == 0x50000 ? -SNAPCAP_REASON_READ : 0);
	assert_int_equal(fake_request_open, 0);
}

static void test_scan_forgets_when_it_ends(void **state)
{
	u8 got[8];

	media_stride(&medium, 0x10000);
	assert_int_equal(media_read(&medium, 0, got, 8), 0);
	fake_flash[0x10000] = 1;
	media_stride(&medium, 0);
	assert_int_equal(media_read(&medium, 0x10000, got, 8), 0);
	assert_int_equal(got[0], 1);
	media_stride(&medium, 0x10000);
	assert_int_equal(media_read(&medium, 0, got, 8), 0);
	assert_int_equal(media_open(&medium, NULL), 0);
	media_close(&medium);
	fake_flash[0x10000] = 2;
	assert_int_equal(media_read(&medium, 0x10000, got, 8), 0);
	assert_int_equal(got[0], 2);
	/* A step that is no multiple of a sector is not for reading ahead. */
	media_stride(&medium, 1000);
	assert_int_equal(medium.stride, 0);
}

static void test_scan_ends_with_the_medium(void **state)
{
	u8 got[8];

	medium.size = 0x20000 + MEDIA_SECTOR;
	media_stride(&medium, 0x10000);
	assert_int_equal(media_read(&medium, 0x10000, got, 8), 0);
	assert_int_equal(fake_requests, 2);
	assert_int_equal(media_read(&medium, 0x20000, got, 8), 0);
	assert_int_equal(media_read(&medium, 0x20000 + MEDIA_SECTOR, got, 1),
			 -SNAPCAP_REASON_READ);
	assert_int_equal(fake_requests, 2);
	/* A part of a sector at the end is not a sector. */
	medium.size = 0x20000 + 20;
	media_stride(&medium, 0x10000);
	assert_int_equal(media_read(&medium, 0x20000, got, 8), -SNAPCAP_REASON_READ);
}

static void test_opened_once(void **state)
{
	assert_int_equal(media_open(&medium, NULL), 0);
	assert_int_equal(media_open(&medium, NULL), 0);
	assert_int_equal(opened, 1);
	media_close(&medium);
	media_close(&medium);
	assert_int_equal(closed, 1);
	assert_int_equal(media_open(&medium, NULL), 0);
	assert_int_equal(opened, 2);
	/* What is always there. */
	assert_int_equal(media_open(plat.medium[0].media, NULL), 0);
	media_close(plat.medium[0].media);
}

static void test_failed_open_is_final(void **state)
{
	open_result = -SNAPCAP_REASON_EMPTY;
	assert_int_equal(media_open(&medium, NULL), -SNAPCAP_REASON_EMPTY);
	open_result = 0;
	assert_int_equal(media_open(&medium, NULL), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(opened, 1);
	assert_false(medium.is_open);
}

static int open_left(struct media *m, const void *fdt)
{
	/* As in an exception handler, which the open is left by. */
	assert_int_equal(m->error, -SNAPCAP_REASON_READ);
	media_close(m);
	assert_int_equal(closed, 1);
	assert_int_equal(media_open(m, fdt), -SNAPCAP_REASON_READ);
	return -SNAPCAP_REASON_READ;
}

static void test_open_left_by_an_exception_is_closed_and_final(void **state)
{
	medium.open = open_left;
	assert_int_equal(media_open(&medium, NULL), -SNAPCAP_REASON_READ);
}

static void test_partitions_end_where_the_medium_does(void **state)
{
	struct plat_medium pm = fake_disk;

	pm.media = &medium;
	assert_int_equal(plat_part_size(&pm, PLAT_PART_SNAPSHOT), FAKE_FLASH_SIZE - FAKE_SNAPSHOT);
	medium.size = FAKE_SNAPSHOT + 1;
	assert_int_equal(plat_part_size(&pm, PLAT_PART_SNAPSHOT), 1);
	medium.size = FAKE_SNAPSHOT;
	assert_int_equal(plat_part_size(&pm, PLAT_PART_SNAPSHOT), 0);
	medium.size = 0;
	assert_int_equal(plat_part_size(&pm, PLAT_PART_SNAPSHOT), 0);
	assert_int_equal(plat_part_size(&pm, PLAT_PART_OS), 0);
	medium.size = ~0ULL;
	assert_int_equal(plat_part_size(&pm, PLAT_PART_OS), FAKE_SNAPSHOT - FAKE_OS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_long_reads_are_cut, setup),
		cmocka_unit_test_setup(test_reads_outside_reach_no_driver, setup),
		cmocka_unit_test_setup(test_begin_is_for_one_request_of_a_paged_medium, setup),
		cmocka_unit_test_setup(test_scan_reads_ahead, setup),
		cmocka_unit_test_setup(test_scan_fails_at_the_place_that_cannot_be_read, setup),
		cmocka_unit_test_setup(test_scan_forgets_when_it_ends, setup),
		cmocka_unit_test_setup(test_scan_ends_with_the_medium, setup),
		cmocka_unit_test_setup(test_opened_once, setup),
		cmocka_unit_test_setup(test_failed_open_is_final, setup),
		cmocka_unit_test_setup(test_open_left_by_an_exception_is_closed_and_final, setup),
		cmocka_unit_test_setup(test_partitions_end_where_the_medium_does, setup),
	};

	return cmocka_run_group_tests_name("bootstub/media", tests, NULL, NULL);
}
