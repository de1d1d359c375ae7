// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "hotpages.h"
#include "kdev.h"
#include "module.h"
#include "tree.h"

#define PRESENT	(1ULL << 63)
/* Bits that are not the frame: soft-dirty, exclusive, file page. */
#define OTHERS	(7ULL << 55 | 1ULL << 61)

static int device;
static struct hotset set;
static u64 recorded;
static unsigned int stop_after, asked;

static bool stop(void *arg)
{
	return stop_after && ++asked > stop_after;
}

static int setup(void **state)
{
	static const u64 first[] = {
		PRESENT | OTHERS | 100, PRESENT | 101, 102, PRESENT | 999,
	};
	static const u64 second[] = { PRESENT | 103 };

	module_reset();
	tree_reset();
	tree_put("/run/other", "");
	options.quiet = true;
	stop_after = 0;
	asked = 0;
	set = (struct hotset){ .page_size = 4096 };
	module.hot_count = 4;
	module.hot[0].pfn = 103;
	module.hot[1].pfn = 100;
	module.hot[2].pfn = 102;
	module.hot[3].pfn = 500;
	tree_process(7, "one", 70, "10000-14000 rw-p 0 00:00 0 \n");
	tree_put_data("/proc/7/pagemap", 0x10 * 8, first, sizeof(first));
	tree_process(8, "two", 80, "20000-21000 r--p 0 00:00 0 \n30000-40000 rw-p 0 00:00 0 \n");
	tree_put_data("/proc/8/pagemap", 0x20 * 8, second, sizeof(second));
	tree_process(9, "kthread", 90, "");
	return kdev_open(&device);
}

static int teardown(void **state)
{
	hotset_free(&set);
	close(device);
	return 0;
}

static void test_frames_are_found_in_processes(void **state)
{
	assert_int_equal(hotpages_find(device, &set, &recorded), 0);
	assert_int_equal(recorded, 4);
	/* 102 is not there any more, 500 is nobody's. */
	assert_int_equal(set.count, 2);
	assert_int_equal(hotset_pages(&set), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct hotset_process *p = &set.process[i];

		assert_int_equal(p->page[0], p->pid == 7 ? 0x10000 : 0x20000);
		assert_int_equal(p->start, p->pid * 10);
		assert_string_equal(p->name, p->pid == 7 ? "one" : "two");
	}
}

static void test_mapping_longer_than_a_block(void **state)
{
	u64 entry = PRESENT | 100;

	tree_process(7, "one", 70, "10000-9010000 rw-p 0 00:00 0 \n");
	tree_put_data("/proc/7/pagemap", 0x900f * 8, &entry, sizeof(entry));
	tree_put("/proc/8/maps", "");
	assert_int_equal(hotpages_find(device, &set, &recorded), 0);
	assert_int_equal(hotset_pages(&set), 1);
	assert_int_equal(set.process[0].page[0], 0x900f000);
}

static void test_nothing_recorded(void **state)
{
	module.hot_count = 0;
	assert_int_equal(hotpages_find(device, &set, &recorded), 0);
	assert_int_equal(recorded, 0);
	assert_int_equal(hotset_pages(&set), 0);
}

static void test_set_is_saved_and_merged(void **state)
{
	struct hotset old = { .page_size = 4096 };

	assert_int_equal(hotset_add(&old, 8, 80, "two", 0x30000), 0);
	assert_int_equal(hotset_add(&old, 8, 80, "two", 0x20000), 0);
	hotset_sort(&old);
	assert_int_equal(hotset_save(&old), 0);
	hotset_free(&old);
	assert_int_equal(hotpages_collect(device, 4096, true, &set, &recorded), 0);
	assert_int_equal(hotset_pages(&set), 3);
	hotset_free(&set);
	assert_int_equal(hotset_load(&set, 4096), 0);
	assert_int_equal(hotset_pages(&set), 3);
	hotset_free(&set);
	assert_int_equal(hotpages_collect(device, 4096, false, &set, &recorded), 0);
	assert_int_equal(hotset_pages(&set), 2);
}

static void test_damaged_earlier_set_is_replaced(void **state)
{
	tree_put("/run/snapcap/hot.json", "{");
	assert_int_equal(hotpages_collect(device, 4096, true, &set, &recorded), 0);
	assert_int_equal(hotset_pages(&set), 2);
}

static void fill_set(void)
{
	static const char memory[0x11000];

	assert_int_equal(hotset_add(&set, 7, 70, "one", 0x10000), 0);
	assert_int_equal(hotset_add(&set, 7, 70, "one", 0x90000), 0);
	assert_int_equal(hotset_add(&set, 8, 81, "old", 0x10000), 0);
	assert_int_equal(hotset_add(&set, 11, 110, "gone", 0x10000), 0);
	tree_put_data("/proc/7/mem", 0, memory, sizeof(memory));
	tree_put_data("/proc/8/mem", 0, memory, sizeof(memory));
}

static void test_pages_are_fetched(void **state)
{
	struct hotpages_fetched fetched;

	fill_set();
	hotpages_fetch(&set, stop, NULL, &fetched);
	assert_int_equal(fetched.processes, 1);
	assert_int_equal(fetched.pages, 1);
	assert_int_equal(fetched.lost_pages, 1);
	/* One has ended, one has the number of another. */
	assert_int_equal(fetched.gone, 2);
}

static void test_fetching_stops_when_asked(void **state)
{
	struct hotpages_fetched fetched;

	fill_set();
	stop_after = 2;
	hotpages_fetch(&set, stop, NULL, &fetched);
	assert_int_equal(fetched.pages, 1);
	assert_int_equal(fetched.gone, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_frames_are_found_in_processes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_mapping_longer_than_a_block, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_recorded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set_is_saved_and_merged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_earlier_set_is_replaced, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_pages_are_fetched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fetching_stops_when_asked, setup, teardown),
	};

	return cmocka_run_group_tests_name("hotpages", tests, NULL, NULL);
}
