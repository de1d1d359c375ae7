// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "command.h"
#include "systemd.h"
#include "tree.h"

/* What the played systemd knows: unit, whether it is active, what it answers otherwise. */
static const struct {
	const char *name, *state, *rest;
} known[] = {
	{ "/data", "active",
	  "Id=data.mount\nFragmentPath=/etc/systemd/system/data.mount\n"
	  "RequiredBy=local-fs.target app.service idle.service\nBoundBy=log.service\n" },
	{ "/loose", "active", "Id=loose.mount\nFragmentPath=\nRequiredBy=\n" },
	{ "local-fs.target", "active", "" },
	{ "app.service", "active",
	  "RequiredBy=product.target other.service\nTriggeredBy=app.socket off.timer\n" },
	{ "idle.service", "inactive", "" },
	{ "log.service", "deactivating", "ConsistsOf=\n" },
	{ "product.target", "active", "RequiredBy=graphical.device\n" },
	{ "other.service", "failed", "" },
	{ "app.socket", "active", "RequiredBy=app.service\n" },
	{ "off.timer", "inactive", "" },
	{ "graphical.device", "active", "" },
};

static struct systemd_units units;
static char seen[512];

int __wrap_command_output(char *const argv[], char **text);
int __wrap_command_run_bounded(char *const argv[], u32 timeout_s, const struct watch *watch);

int __wrap_command_output(char *const argv[], char **text)
{
	size_t last = 0;

	while (argv[last + 1])
		last++;
	assert_string_equal(argv[0], "systemctl");
	assert_string_equal(argv[last - 1], "--");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].name, argv[last]))
			continue;
		assert_int_not_equal(asprintf(text, "%s%s", known[i].rest, ""), -1);
		if (!strcmp(argv[2], "--property=ActiveState")) {
			free(*text);
			assert_int_not_equal(asprintf(text, "ActiveState=%s\n", known[i].state), -1);
		}
		return 0;
	}
	return -ECHILD;
}

int __wrap_command_run_bounded(char *const argv[], u32 timeout_s, const struct watch *watch)
{
	seen[0] = '\0';
	for (size_t i = 0; argv[i]; i++) {
		strcat(seen, argv[i]);
		strcat(seen, " ");
	}
	return timeout_s == 1 ? -ETIMEDOUT : 0;
}

static int setup(void **state)
{
	tree_reset();
	seen[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	systemd_free(&units);
	return 0;
}

static void test_units_of_a_mount(void **state)
{
	char name[SYSTEMD_NAME_MAX];

	assert_int_equal(systemd_mount_unit("/data", name, &units), 0);
	assert_string_equal(name, "data.mount");
	/* Not the target that all that boots needs, not what does not run. */
	assert_int_equal(units.count, 2);
	assert_true(systemd_has(&units, "app.service"));
	assert_true(systemd_has(&units, "log.service"));

	assert_int_equal(systemd_complete(&units), 0);
	assert_int_equal(units.count, 4);
	assert_true(systemd_has(&units, "product.target"));
	assert_true(systemd_has(&units, "app.socket"));
}

static void test_mount_without_a_file_has_no_unit(void **state)
{
	char name[SYSTEMD_NAME_MAX];

	assert_int_equal(systemd_mount_unit("/loose", name, &units), 0);
	assert_string_equal(name, "");
	assert_int_equal(units.count, 0);
	assert_int_equal(systemd_mount_unit("/unknown", name, &units), -ECHILD);
}

static void test_stop_and_start_are_one_transaction(void **state)
{
	assert_int_equal(systemd_stop(&units, 5, NULL), 0);
	assert_string_equal(seen, "");
	assert_int_equal(systemd_add(&units, "a.service"), 0);
	assert_int_equal(systemd_add(&units, "b.service"), 0);
	assert_int_equal(systemd_add(&units, "a.service"), 0);
	assert_int_equal(systemd_stop(&units, 5, NULL), 0);
	assert_string_equal(seen, "systemctl stop -- a.service b.service ");
	assert_int_equal(systemd_start(&units, 1, NULL), -ETIMEDOUT);
	assert_string_equal(seen, "systemctl start -- a.service b.service ");
}

static void test_names_are_checked(void **state)
{
	char longest[SYSTEMD_NAME_MAX + 1];

	memset(longest, 'x', SYSTEMD_NAME_MAX);
	longest[SYSTEMD_NAME_MAX] = '\0';
	assert_int_equal(systemd_add(&units, longest), -EINVAL);
	assert_int_equal(systemd_add(&units, ""), -EINVAL);
	assert_int_equal(systemd_add(&units, "-H.service"), -EINVAL);
	assert_int_equal(units.count, 0);
}

static void test_unit_of_a_process(void **state)
{
	static const struct {
		const char *cgroup, *unit;
		bool service;
	} of[] = {
		{ "0::/system.slice/app.service\n", "app.service", true },
		{ "0::/system.slice/system-x.slice/x@1.service/own/group\n", "x@1.service", true },
		{ "0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n",
		  "user@0.service", false },
		{ "0::/user.slice/user-0.slice/session-1.scope\n", "session-1.scope", false },
		{ "0::/system.slice/x.scope\n", "x.scope", false },
		{ "4:memory:/\n1:name=systemd:/system.slice/app.service\n0::/\n", "app.service",
		  true },
		{ "0::/\n", "", false },
		{ "0::/system.slice.d/app.service\n", "app.service", false },
	};
	char name[SYSTEMD_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		tree_put("/proc/9/cgroup", of[i].cgroup);
		assert_int_equal(systemd_unit_of(9, name), of[i].service);
		assert_string_equal(name, of[i].unit);
	}
	assert_false(systemd_unit_of(10, name));
	assert_false(systemd_runs());
	tree_put("/run/systemd/system/x", "");
	assert_true(systemd_runs());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_units_of_a_mount, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_without_a_file_has_no_unit, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_stop_and_start_are_one_transaction, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_names_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unit_of_a_process, setup, teardown),
	};

	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
