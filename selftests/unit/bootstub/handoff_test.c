// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "fake.h"
#include "handoff.h"

static struct snapcap_handoff page;
static struct machine machine;
static _Alignas(8) u8 tree[4096];

static int setup(void **state)
{
	fake_setup(state);
	fake_machine(&machine, tree, sizeof(tree));
	memset(&page, 0xee, sizeof(page));
	handoff_begin(&page, &plat, &machine);
	return 0;
}

static void test_begin_is_a_cold_boot_without_reason(void **state)
{
	u32 i;

	assert_memory_equal(page.magic, "SNAPHAND", 8);
	assert_int_equal(page.abi, SNAPCAP_HANDOFF_ABI);
	assert_int_equal(page.size, 4096);
	assert_int_equal(page.boot, SNAPCAP_BOOT_COLD);
	assert_int_equal(page.reason, 0);
	assert_int_equal(page.detail | page.slot_offset | page.sequence | page.attempt, 0);
	assert_int_equal(page.timestamp_count, 0);
	assert_int_equal(page.counter_hz, 1000000);
	assert_int_equal(page.stub_base, FAKE_STUB_BASE);
	assert_int_equal(page.stub_size, FAKE_STUB_SIZE);
	assert_string_equal((char *)page.stub_version, "9.8.7");
	assert_string_equal((char *)page.machine, "maker,board");
	assert_int_equal(page.range_count, 1);
	assert_int_equal(page.range[0].base, FAKE_RAM_BASE);
	assert_int_equal(page.range[0].size, FAKE_RAM_SIZE);
	assert_int_equal(page.seed_size, 32);
	assert_memory_equal(page.seed, machine.seed, 32);
	for (i = 0; i < sizeof(page.reserved0); i++)
		assert_int_equal(page.reserved0[i], 0);
}

static void test_stamps_in_order_and_bounded(void **state)
{
	u32 i;

	handoff_stamp_at(SNAPCAP_EVENT_STUB_ENTRY, 17);
	handoff_stamp(SNAPCAP_EVENT_SCANNED);
	assert_int_equal(page.timestamp_count, 2);
	assert_int_equal(page.timestamp[0].event, SNAPCAP_EVENT_STUB_ENTRY);
	assert_int_equal(page.timestamp[0].counter, 17);
	assert_int_equal(page.timestamp[1].event, SNAPCAP_EVENT_SCANNED);
	assert_int_equal(page.timestamp[1].counter, 1000);
	for (i = 0; i < 100; i++)
		handoff_stamp(SNAPCAP_EVENT_JUMP);
	assert_int_equal(page.timestamp_count, SNAPCAP_HANDOFF_TIMESTAMPS);
	assert_int_equal(page.bytes_stored, 0);
}

static void test_first_refusal_is_kept(void **state)
{
	handoff_refused(SNAPCAP_REASON_CHUNK_SUM, 17, "nor", 0x40000, 9);
	handoff_refused(SNAPCAP_REASON_BUILD_ID, 18, "nor", 0x80000, 8);
	assert_int_equal(page.reason, SNAPCAP_REASON_CHUNK_SUM);
	assert_int_equal(page.detail, 17);
	assert_int_equal(page.slot_offset, 0x40000);
	assert_int_equal(page.sequence, 9);
}

static void test_restore_after_a_refusal_tells_both(void **state)
{
	handoff_refused(SNAPCAP_REASON_CHUNK_SUM, 17, "nor", 0x40000, 9);
	handoff_restored("nor", 0x80000, 8, 8, 1, 1000, 4096);
	assert_int_equal(page.boot, SNAPCAP_BOOT_RESTORE);
	assert_int_equal(page.reason, SNAPCAP_REASON_CHUNK_SUM);
	assert_int_equal(page.slot_offset, 0x80000);
	assert_int_equal(page.sequence, 8);
	assert_int_equal(page.attempt, 1);
	assert_int_equal(page.bytes_stored, 1000);
	assert_int_equal(page.bytes_restored, 4096);
}

static void test_cold_after_a_restore_that_failed(void **state)
{
	handoff_restored("nor", 0x80000, 8, 8, 1, 1000, 4096);
	handoff_refused(SNAPCAP_REASON_EXCEPTION, 5, "nor", 0x80000, 8);
	handoff_cold();
	assert_int_equal(page.boot, SNAPCAP_BOOT_COLD);
	assert_int_equal(page.reason, SNAPCAP_REASON_EXCEPTION);
	assert_int_equal(page.attempt | page.bytes_stored | page.bytes_restored, 0);
}

static void test_attempts_survive_a_warm_reset(void **state)
{
	assert_int_equal(handoff_attempts("nor", 0x40000, 9, 9, 3), 0);
	handoff_restored("nor", 0x40000, 9, 9, 2, 0, 0);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(page.attempt, 0);
	assert_int_equal(handoff_attempts("nor", 0x40000, 9, 9, 3), 2);
	assert_int_equal(handoff_attempts("disk", 0x40000, 9, 9, 3), 0);
	assert_int_equal(handoff_attempts("nor", 0x40000, 8, 8, 3), 0);
	/* One that was taken since. */
	assert_int_equal(handoff_attempts("nor", 0x80000, 10, 10, 3), 0);
	assert_int_equal(handoff_attempts("nor", 0x80000, 9, 9, 3), 0);
	/* Not over a start that was no restore. */
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_attempts("nor", 0x40000, 9, 9, 3), 0);
}

/* What is below the one that was chosen was not given up for it, whatever its number. */
static void test_given_up_counts_by_rank(void **state)
{
	handoff_given_up(20);
	handoff_restored("nor", 0x40000, 9, 15, 2, 0, 0);
	assert_int_equal(page.rank, 15);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_attempts("nor", 0x80000, 12, 12, 3), 0);
	assert_int_equal(handoff_attempts("nor", 0x80000, 4, 18, 3), 3);
	assert_int_equal(handoff_attempts("nor", 0x80000, 16, 16, 3), 3);
	/* That it was chosen again does not take its tries away. */
	assert_int_equal(handoff_attempts("nor", 0x40000, 9, 21, 3), 2);
	/* The page of a loader that does not know ranks. */
	handoff_given_up(20);
	handoff_restored("nor", 0x40000, 9, 0, 2, 0, 0);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_attempts("nor", 0x80000, 9, 9, 3), 0);
	assert_int_equal(handoff_attempts("nor", 0x80000, 10, 10, 3), 3);
	handoff_restored("nor", 0x40000, 9, 15, 2, 0, 0);
	handoff_cold();
	assert_int_equal(page.rank, 0);
}

/* The older one that is restored in its place has a count of its own. */
static void test_given_up_is_passed_over_again(void **state)
{
	handoff_given_up(11);
	handoff_given_up(10);
	assert_int_equal(page.given_up, 11);
	handoff_restored("nor", 0x40000, 9, 9, 2, 0, 0);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(page.given_up, 0);
	assert_int_equal(handoff_attempts("nor", 0x80000, 11, 11, 5), 5);
	assert_int_equal(handoff_attempts("nor", 0x80000, 10, 10, 1), 1);
	assert_int_equal(handoff_attempts("nor", 0x40000, 9, 9, 5), 2);
	assert_int_equal(handoff_attempts("nor", 0x80000, 12, 12, 5), 0);
	assert_int_equal(handoff_attempts("disk", 0x80000, 11, 11, 5), 0);
	assert_int_equal(handoff_attempts("nor", 0x80000, 5, 11, 5), 5);
	/* One that was chosen since. */
	assert_int_equal(handoff_attempts("nor", 0x80000, 5, 12, 5), 0);
	/* The older one was confirmed. */
	handoff_restored("nor", 0x40000, 9, 9, 0, 0, 0);
	handoff_given_up(11);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_attempts("nor", 0x80000, 11, 11, 5), 0);
}

static void test_attempts_of_no_page_are_none(void **state)
{
	struct snapcap_handoff good;
	u32 i;

	handoff_restored("nor", 0x40000, 9, 9, 2, 0, 0);
	good = page;
	/* One bent byte in magic, abi, size or boot, and it was no page of ours. */
	for (i = 0; i < 20; i++) {
		page = good;
		((u8 *)&page)[i] ^= 0x40;
		handoff_begin(&page, &plat, &machine);
		assert_int_equal(handoff_attempts("nor", 0x40000, 9, 9, 3), 0);
	}
	page = good;
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_attempts("nor", 0x40000, 9, 9, 3), 2);
}

static void test_request_is_obeyed_once(void **state)
{
	assert_int_equal(handoff_request(), SNAPCAP_REQUEST_NONE);
	page.request = SNAPCAP_REQUEST_MENU;
	page.request_inverse = ~SNAPCAP_REQUEST_MENU;
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_request(), SNAPCAP_REQUEST_MENU);
	assert_int_equal(page.request, SNAPCAP_REQUEST_NONE);
	assert_int_equal(page.request_inverse, 0xffffffff);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_request(), SNAPCAP_REQUEST_NONE);
	/* Memory that nobody wrote a request to. */
	page.request = SNAPCAP_REQUEST_COLD;
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_request(), SNAPCAP_REQUEST_NONE);
}

/* What a restored system found out becomes the reason of the cold boot, once. */
static void test_changed_device_is_passed_on(void **state)
{
	u64 sequence;

	handoff_restored("nor", 0x40000, 9, 9, 1, 0, 0);
	page.request = SNAPCAP_REQUEST_CHANGED;
	page.request_inverse = ~SNAPCAP_REQUEST_CHANGED;
	memcpy(page.about, "vda", 4);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_request(), SNAPCAP_REQUEST_CHANGED);
	assert_string_equal(handoff_changed(&sequence), "vda");
	assert_int_equal(sequence, 9);
	/* Nothing that is found later takes its place. */
	handoff_refused(SNAPCAP_REASON_FORCED, 0, "", 0, 0);
	handoff_cold();
	assert_int_equal(page.reason, SNAPCAP_REASON_CHANGED);
	assert_int_equal(page.sequence, 9);
	assert_int_equal(page.slot_offset, 0x40000);
	assert_string_equal((char *)page.medium, "nor");
	assert_string_equal((char *)page.about, "vda");
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(handoff_request(), SNAPCAP_REQUEST_NONE);
	assert_int_equal(page.about[0], 0);
}

static void test_changed_device_with_a_hostile_name(void **state)
{
	u64 sequence;

	handoff_restored("nor", 0x40000, 9, 9, 1, 0, 0);
	page.request = SNAPCAP_REQUEST_CHANGED;
	page.request_inverse = ~SNAPCAP_REQUEST_CHANGED;
	memset(page.about, 0x1b, sizeof(page.about));
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(strlen(handoff_changed(&sequence)), sizeof(page.about) - 1);
	assert_int_equal(page.about[0], '?');
	assert_int_equal(page.about[sizeof(page.about) - 1], 0);
	handoff_forget();
	assert_int_equal(page.about[0], 0);
}

static void test_last_timeline(void **state)
{
	u32 event;
	u64 ns;

	assert_false(handoff_last(0, &event, &ns));
	handoff_stamp_at(SNAPCAP_EVENT_STUB_ENTRY, 1000);
	handoff_stamp_at(SNAPCAP_EVENT_JUMP, 1000 + 3600000001ULL);
	handoff_begin(&page, &plat, &machine);
	assert_true(handoff_last(0, &event, &ns));
	assert_int_equal(event, SNAPCAP_EVENT_STUB_ENTRY);
	assert_int_equal(ns, 0);
	assert_true(handoff_last(1, &event, &ns));
	assert_int_equal(event, SNAPCAP_EVENT_JUMP);
	assert_int_equal(ns, 3600000001000ULL);
	assert_false(handoff_last(2, &event, &ns));

	page.timestamp_count = SNAPCAP_HANDOFF_TIMESTAMPS + 1;
	handoff_begin(&page, &plat, &machine);
	assert_false(handoff_last(0, &event, &ns));
	handoff_stamp(SNAPCAP_EVENT_JUMP);
	page.counter_hz = 0;
	handoff_begin(&page, &plat, &machine);
	assert_false(handoff_last(0, &event, &ns));
}

static void test_download_belongs_to_one_boot(void **state)
{
	handoff_download(0x50000000, 1234, SNAPCAP_DOWNLOAD_INSTALL);
	assert_int_equal(page.download_base, 0x50000000);
	assert_int_equal(page.download_size, 1234);
	assert_int_equal(page.download_flags, SNAPCAP_DOWNLOAD_INSTALL);
	handoff_cold();
	assert_int_equal(page.download_base | page.download_size | page.download_flags, 0);
	handoff_download(0x50000000, 1234, 0);
	handoff_restored("nor", 0x40000, 9, 9, 2, 0, 0);
	assert_int_equal(page.download_base | page.download_size, 0);
}

static void test_os_identity_is_of_this_boot(void **state)
{
	assert_int_equal(page.os_identity, 0);
	handoff_cold();
	handoff_os(0x1122334455667788);
	assert_int_equal(page.os_identity, 0x1122334455667788);
	handoff_cold();
	assert_int_equal(page.os_identity, 0);
	handoff_restored("nor", 0x40000, 9, 9, 2, 0, 0);
	handoff_os(5);
	handoff_begin(&page, &plat, &machine);
	assert_int_equal(page.os_identity, 0);
}

/* Only what is going to be in flash at the next power-on can be compared then. */
static void test_os_identity_of_a_download_to_be_installed(void **state)
{
	handoff_cold();
	handoff_download(0x50000000, 1234, 0);
	handoff_os(5);
	assert_int_equal(page.os_identity, 0);
	handoff_download(0x50000000, 1234, SNAPCAP_DOWNLOAD_INSTALL);
	handoff_os(5);
	assert_int_equal(page.os_identity, 5);
	/* It did not start, and the one in flash does. */
	handoff_download(0x50000000, 1234, 0);
	handoff_download(0, 0, 0);
	handoff_os(6);
	assert_int_equal(page.os_identity, 6);
}

static void test_what_was_refused_can_be_forgotten(void **state)
{
	handoff_refused(SNAPCAP_REASON_FORCED, 1, "nor", 0x40000, 9);
	handoff_forget();
	assert_int_equal(page.reason | page.detail | page.slot_offset | page.sequence, 0);
	assert_int_equal(page.medium[0], 0);
	handoff_refused(SNAPCAP_REASON_CHUNK_SUM, 17, "nor", 0x40000, 9);
	assert_int_equal(page.reason, SNAPCAP_REASON_CHUNK_SUM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_begin_is_a_cold_boot_without_reason, setup),
		cmocka_unit_test_setup(test_stamps_in_order_and_bounded, setup),
		cmocka_unit_test_setup(test_first_refusal_is_kept, setup),
		cmocka_unit_test_setup(test_restore_after_a_refusal_tells_both, setup),
		cmocka_unit_test_setup(test_cold_after_a_restore_that_failed, setup),
		cmocka_unit_test_setup(test_attempts_survive_a_warm_reset, setup),
		cmocka_unit_test_setup(test_given_up_is_passed_over_again, setup),
		cmocka_unit_test_setup(test_given_up_counts_by_rank, setup),
		cmocka_unit_test_setup(test_attempts_of_no_page_are_none, setup),
		cmocka_unit_test_setup(test_request_is_obeyed_once, setup),
		cmocka_unit_test_setup(test_changed_device_is_passed_on, setup),
		cmocka_unit_test_setup(test_changed_device_with_a_hostile_name, setup),
		cmocka_unit_test_setup(test_last_timeline, setup),
		cmocka_unit_test_setup(test_download_belongs_to_one_boot, setup),
		cmocka_unit_test_setup(test_os_identity_is_of_this_boot, setup),
		cmocka_unit_test_setup(test_os_identity_of_a_download_to_be_installed, setup),
		cmocka_unit_test_setup(test_what_was_refused_can_be_forgotten, setup),
	};

	return cmocka_run_group_tests_name("bootstub/handoff", tests, NULL, NULL);
}
