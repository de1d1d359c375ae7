// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../test.h"
#include "fingerprint.h"
#include "json.h"
#include "module.h"
#include "tree.h"

#define DISK_SIZE	(256 * 512)

static struct fingerprint_list list;
static int setup(void **state)
{
	tree_reset();
	module_reset();
	memset(&list, 0, sizeof(list));
	return 0;
}

static void put_disk(const char *number, const char *name, u64 at, const char *magic)
{
	static char content[DISK_SIZE];
	char path[128], text[128];

	snprintf(path, sizeof(path), "/sys/dev/block/%s/size", number);
	tree_put(path, "256\n");
	snprintf(path, sizeof(path), "/sys/dev/block/%s/uevent", number);
	snprintf(text, sizeof(text), "MAJOR=1\nDEVNAME=%s\nDEVTYPE=disk\n", name);
	tree_put(path, text);
	snprintf(path, sizeof(path), "/dev/%s", name);
	memset(content, 0, sizeof(content));
	memcpy(content + at, magic, strlen(magic));
	tree_put_data(path, 0, content, sizeof(content));
}

static int add(unsigned int minor)
{
	return fingerprint_add(&list, makedev(254, minor), SNAPCAP_FINGERPRINT_IMMUTABLE);
}

static void test_immutable_disk(void **state)
{
	put_disk("254:0", "vda", 0, "hsqs");
	assert_int_equal(add(0), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.entry[0].kind, SNAPCAP_FINGERPRINT_BLOCK);
	assert_int_equal(list.entry[0].policy, SNAPCAP_FINGERPRINT_IMMUTABLE);
	assert_int_equal(list.entry[0].major, 254);
	assert_int_equal(list.entry[0].minor, 0);
	assert_int_equal(list.entry[0].range_count, 2);
	assert_string_equal((char *)list.entry[0].name, "vda (squashfs)");
}

static void test_identity_of_a_disk(void **state)
{
	put_disk("254:16", "vdb", 1080, "\x53\xef");
	assert_int_equal(fingerprint_add(&list, makedev(254, 16), SNAPCAP_FINGERPRINT_IDENTITY), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.entry[0].policy, SNAPCAP_FINGERPRINT_IDENTITY);
	assert_int_equal(list.entry[0].range[0].offset, 1024 + 0x68);
	/* A second mount of it. */
	assert_int_equal(fingerprint_add(&list, makedev(254, 16), SNAPCAP_FINGERPRINT_IDENTITY), 0);
	assert_int_equal(list.count, 1);
}

static void test_what_cannot_be_watched(void **state)
{
	put_disk("8:0", "sda", 0, "nothing known");
	put_disk("8:16", "sdb", 0, "hsqs");
	tree_put("/sys/dev/block/8:16/size", "0\n");
	put_disk("7:0", "loop0", 0, "hsqs");
	tree_put("/sys/dev/block/7:0/loop/backing_file", "/x\n");
	assert_int_equal(fingerprint_add(&list, makedev(8, 0), 1), -ENODATA);
	assert_int_equal(fingerprint_add(&list, makedev(8, 16), 1), -ENODATA);
	assert_int_equal(fingerprint_add(&list, makedev(7, 0), 1), -EOPNOTSUPP);
	assert_int_equal(fingerprint_add(&list, makedev(99, 0), 1), -ENODEV);
	assert_int_equal(list.count, 0);
}

static void test_a_block_device_on_flash_is_flash(void **state)
{
	static char content[DISK_SIZE] = "hsqs";

	tree_put("/sys/class/mtd/mtd3/size", "131072\n");
	tree_put_data("/dev/mtd3ro", 0, content, sizeof(content));
	assert_int_equal(fingerprint_add(&list, makedev(31, 3), SNAPCAP_FINGERPRINT_IMMUTABLE), 0);
	assert_int_equal(list.entry[0].kind, SNAPCAP_FINGERPRINT_MTD);
	assert_int_equal(list.entry[0].major, 0);
	assert_int_equal(list.entry[0].minor, 3);
	assert_string_equal((char *)list.entry[0].name, "mtd3 (squashfs)");
	assert_int_equal(fingerprint_add_mtd(&list, 4, SNAPCAP_FINGERPRINT_IMMUTABLE), -ENODEV);
}

static void test_too_many(void **state)
{
	char number[16], name[16];

	for (int i = 0; i <= SNAPCAP_FINGERPRINTS_MAX; i++) {
		snprintf(number, sizeof(number), "254:%d", i);
		snprintf(name, sizeof(name), "vd%d", i);
		put_disk(number, name, 0, "hsqs");
		assert_int_equal(add((unsigned int)i), i < SNAPCAP_FINGERPRINTS_MAX ? 0 : -ENOSPC);
	}
	assert_int_equal(list.count, SNAPCAP_FINGERPRINTS_MAX);
}

static void test_hostile_name(void **state)
{
	put_disk("254:0", "v\x1b[31ma", 0, "hsqs");
	assert_int_equal(add(0), 0);
	assert_string_equal((char *)list.entry[0].name, "v?[31ma (squashfs)");
}

static void test_watch_and_check(void **state)
{
	struct fingerprint_list found;
	const char *failed;
	u64 ns;

	put_disk("254:0", "vda", 0, "hsqs");
	assert_int_equal(add(0), 0);
	assert_int_equal(fingerprint_watch(-1, &list, &failed), 0);
	assert_null(failed);
	assert_int_equal(module.watches, 1);
	assert_int_equal(module.watched_count, 1);
	module.watched[0].state = SNAPCAP_FINGERPRINT_CHANGED;
	assert_int_equal(fingerprint_check(-1, &found, &ns), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(ns, 1500000);

	struct json_object *o = fingerprint_json(&found, ns);
	struct json_object *entry = json_element(json_get(o, "devices"), 0);

	assert_string_equal(json_get_text(entry, "name"), "vda (squashfs)");
	assert_string_equal(json_get_text(entry, "state"), "changed");
	assert_string_equal(json_get_text(entry, "policy"), "immutable");
	json_free(o);
}

static void test_failures_of_the_module(void **state)
{
	struct fingerprint_list found;
	const char *failed;
	u64 ns;

	put_disk("254:0", "vda", 0, "hsqs");
	assert_int_equal(add(0), 0);
	module.watch_error = EIO;
	assert_int_equal(fingerprint_watch(-1, &list, &failed), -EIO);
	assert_string_equal(failed, "vda (squashfs)");
	/* A number that is no entry's. */
	module.watched_total = 1;
	assert_int_equal(fingerprint_watch(-1, &list, &failed), -EIO);
	assert_null(failed);
	assert_int_equal(fingerprint_check(-1, &found, &ns), -EIO);
	assert_int_equal(found.count, 0);
	/* More than there was room for. */
	module.watch_error = 0;
	module.watched_total = SNAPCAP_FINGERPRINTS_MAX + 1;
	assert_int_equal(fingerprint_check(-1, &found, &ns), -EPROTO);
	assert_int_equal(found.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_immutable_disk, setup),
		cmocka_unit_test_setup(test_identity_of_a_disk, setup),
		cmocka_unit_test_setup(test_what_cannot_be_watched, setup),
		cmocka_unit_test_setup(test_a_block_device_on_flash_is_flash, setup),
		cmocka_unit_test_setup(test_too_many, setup),
		cmocka_unit_test_setup(test_hostile_name, setup),
		cmocka_unit_test_setup(test_watch_and_check, setup),
		cmocka_unit_test_setup(test_failures_of_the_module, setup),
	};

	return cmocka_run_group_tests_name("snapctl/fingerprint", tests, NULL, NULL);
}
