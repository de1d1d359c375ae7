// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "conf.h"
#include "msg.h"
#include "sysfile.h"
#include "tree.h"

static struct conf conf;

static int setup(void **state)
{
	tree_reset();
	msg_reset();
	return 0;
}

static void test_defaults_without_a_file(void **state)
{
	assert_int_equal(conf_load(&conf), 0);
	assert_int_equal(conf.persistent_count, 0);
	assert_int_equal(conf.retries, 5);
	assert_int_equal(conf.timeout_s, 30);
	assert_int_equal(conf.hook_timeout_s, 10);
	assert_int_equal(conf.no_rtc_advance_s, 0);
	assert_int_equal(conf.endurance, 0);
	assert_false(conf_is_persistent(&conf, "/data"));
}

static void test_all_keys(void **state)
{
	tree_put(CONF_PATH, "# comment\n"
		 "[filesystems]\n"
		 "persistent = /data\t/var/log/\n"
		 "  persistent=/srv/a=b \r\n"
		 "; another\n"
		 "retries = 7\n"
		 "timeout = 2m\n"
		 "\n"
		 "[hooks]\n"
		 "timeout = 3s\n"
		 "[clock]\n"
		 "no-rtc-advance = 90\n"
		 "[flash]\n"
		 "endurance = 100000\n");
	assert_int_equal(conf_load(&conf), 0);
	assert_int_equal(conf.persistent_count, 3);
	assert_true(conf_is_persistent(&conf, "/data"));
	assert_true(conf_is_persistent(&conf, "/var/log"));
	assert_true(conf_is_persistent(&conf, "/srv/a=b"));
	assert_false(conf_is_persistent(&conf, "/var"));
	assert_int_equal(conf.retries, 7);
	assert_int_equal(conf.timeout_s, 120);
	assert_int_equal(conf.hook_timeout_s, 3);
	assert_int_equal(conf.no_rtc_advance_s, 90);
	assert_int_equal(conf.endurance, 100000);
}

static void test_mistakes_name_line_and_key(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} bad[] = {
		{ "[filesystems]\npersistant = /data\n", ":2: ", "persistant" },
		{ "[filesystem]\n", ":1: ", "[filesystem]" },
		{ "[filesystems\n", ":1: ", "[filesystems" },
		{ "[filesystems] x\n", ":1: ", "[filesystems] x" },
		{ "retries = 1\n", ":1: ", "retries" },
		{ "[filesystems]\n\nretries\n", ":3: ", "retries" },
		{ "[filesystems]\n= 1\n", ":2: ", "= 1" },
		{ "[filesystems]\nretries = -1\n", ":2: ", "-1" },
		{ "[filesystems]\nretries = 1001\n", ":2: ", "1001" },
		{ "[filesystems]\nretries = \n", ":2: ", "retries" },
		{ "[filesystems]\nretries = 1\n[hooks]\n[filesystems]\nretries = 1\n", ":5: ",
		  "retries is there twice" },
		{ "[filesystems]\ntimeout = 0\n", ":2: ", "timeout" },
		{ "[filesystems]\ntimeout = soon\n", ":2: ", "soon" },
		{ "[hooks]\ntimeout = 86401\n", ":2: ", "86401" },
		{ "[hooks]\nretries = 1\n", ":2: ", "retries" },
		{ "[clock]\nno-rtc-advance = 1h\n", ":2: ", "1h" },
		{ "[flash]\nendurance = 0\n", ":2: ", "endurance" },
		{ "[flash]\nendurance = 100k\n", ":2: ", "100k" },
		{ "[flash]\nendurance = 4294967296\n", ":2: ", "4294967296" },
		{ "[filesystems]\npersistent = data\n", ":2: ", "data" },
		{ "[filesystems]\npersistent = /\n", ":2: ", "the root" },
		{ "[filesystems]\npersistent = //data\n", ":2: ", "//data" },
		{ "[filesystems]\npersistent = /data//x\n", ":2: ", "/data//x" },
		{ "[filesystems]\npersistent = /data/../etc\n", ":2: ", "/data/../etc" },
		{ "[filesystems]\npersistent = /./data\n", ":2: ", "/./data" },
		{ "[filesystems]\npersistent = /data\npersistent = /data/\n", ":3: ", "twice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(NULL);
		tree_put(CONF_PATH, bad[i].text);
		if (conf_load(&conf) != -EINVAL)
			fail_msg("taken: %s", bad[i].text);
		if (!strstr(msg_last_error(), CONF_PATH) ||
		    !strstr(msg_last_error(), bad[i].where) ||
		    !strstr(msg_last_error(), bad[i].what))
			fail_msg("%s: said %s", bad[i].text, msg_last_error());
		assert_string_not_equal(msg_last_advice(), "");
	}
}

static void test_list_is_bounded(void **state)
{
	char text[4096] = "[filesystems]\npersistent =";

	for (int i = 0; i < CONF_PERSISTENT_MAX; i++)
		sprintf(text + strlen(text), " /m%d", i);
	tree_put(CONF_PATH, text);
	assert_int_equal(conf_load(&conf), 0);
	assert_int_equal(conf.persistent_count, CONF_PERSISTENT_MAX);
	strcat(text, " /more");
	tree_put(CONF_PATH, text);
	assert_int_equal(conf_load(&conf), -EINVAL);
}

static void test_size_and_bytes_are_checked(void **state)
{
	static char text[CONF_SIZE_MAX + 2];

	memset(text, '\n', CONF_SIZE_MAX);
	tree_put(CONF_PATH, text);
	assert_int_equal(conf_load(&conf), 0);
	text[CONF_SIZE_MAX] = '\n';
	tree_put(CONF_PATH, text);
	assert_int_equal(conf_load(&conf), -EFBIG);

	setup(NULL);
	tree_put_data(CONF_PATH, 0, "#\0\n", 3);
	assert_int_equal(conf_load(&conf), -EINVAL);
	setup(NULL);
	/* A folder in its place. */
	tree_put(CONF_PATH "/x", "");
	assert_int_equal(conf_load(&conf), -EINVAL);
	assert_non_null(strstr(msg_last_error(), CONF_PATH));
}

static void test_example_is_what_holds_without_it(void **state)
{
	static char text[8192];
	struct conf without;
	FILE *in = fopen("../../../tools/snapctl/snapcap.conf.example", "r");

	assert_non_null(in);
	assert_int_not_equal(fread(text, 1, sizeof(text) - 1, in), 0);
	fclose(in);
	assert_int_equal(conf_load(&without), 0);
	tree_put(CONF_PATH, text);
	assert_int_equal(conf_load(&conf), 0);
	assert_memory_equal(&conf, &without, sizeof(conf));
}

static void test_off_switch(void **state)
{
	static const char *const on[] = { "", "quiet snapcap=offset", "xsnapcap=off", "snapcap=on" };

	assert_null(conf_off());
	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		tree_put("/proc/cmdline", on[i]);
		assert_null(conf_off());
	}
	tree_put("/proc/cmdline", "snapcap=offset quiet snapcap=off\n");
	assert_non_null(strstr(conf_off(), "command line"));
	tree_put("/proc/cmdline", "quiet\n");
	tree_put(CONF_OFF_PATH, "");
	assert_non_null(strstr(conf_off(), CONF_OFF_PATH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults_without_a_file, setup),
		cmocka_unit_test_setup(test_all_keys, setup),
		cmocka_unit_test_setup(test_mistakes_name_line_and_key, setup),
		cmocka_unit_test_setup(test_list_is_bounded, setup),
		cmocka_unit_test_setup(test_size_and_bytes_are_checked, setup),
		cmocka_unit_test_setup(test_example_is_what_holds_without_it, setup),
		cmocka_unit_test_setup(test_off_switch, setup),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
