// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>

#include "../test.h"
#include "cmd.h"
#include "module.h"
#include "run.h"

static bool systemd;
static int spawn_error, command_status, reboot_error;
static unsigned int syncs, reboots;
static char spawned[64];

int __wrap_access(const char *path, int mode);
int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[],
			char *const envp[]);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __wrap_reboot(int how);
void __wrap_sync(void);

int __wrap_access(const char *path, int mode)
{
	errno = ENOENT;
	return systemd && !strcmp(path, "/run/systemd/system") ? 0 : -1;
}

int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[],
			char *const envp[])
{
	spawned[0] = '\0';
	for (size_t i = 0; argv[i]; i++) {
		strcat(spawned, argv[i]);
		strcat(spawned, " ");
	}
	*pid = 42;
	return spawn_error;
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
	*status = command_status << 8;
	return pid;
}

int __wrap_reboot(int how)
{
	if (how != RB_AUTOBOOT || !syncs)
		abort();
	reboots++;
	errno = reboot_error;
	return reboot_error ? -1 : 0;
}

void __wrap_sync(void)
{
	syncs++;
}

static int setup(void **state)
{
	module_reset();
	systemd = true;
	spawn_error = 0;
	command_status = 0;
	reboot_error = 0;
	syncs = 0;
	reboots = 0;
	spawned[0] = '\0';
	return 0;
}

static void test_request_is_made_before_the_restart(void **state)
{
	static const struct {
		const char *option;
		__u32 request;
	} cases[] = {
		{ "--cold", SNAPCAP_REQUEST_COLD }, { "--download", SNAPCAP_REQUEST_DOWNLOAD },
		{ "--previous", SNAPCAP_REQUEST_PREVIOUS }, { "--menu", SNAPCAP_REQUEST_MENU },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run(cmd_reboot, cases[i].option, NULL), SNAPCTL_OK);
		assert_int_equal(module.request, cases[i].request);
		assert_string_equal(spawned, "systemctl reboot ");
		assert_non_null(strstr(run_out, cases[i].option + 2));
	}
	assert_int_equal(reboots, 0);
}

static void test_without_systemd_there_is_reboot(void **state)
{
	systemd = false;
	assert_int_equal(run(cmd_reboot, "--cold", NULL), SNAPCTL_OK);
	assert_string_equal(spawned, "reboot ");
}

static void test_force_needs_no_command(void **state)
{
	assert_int_equal(run(cmd_reboot, "--cold", "--force", NULL), SNAPCTL_OK);
	assert_int_equal(syncs, 1);
	assert_int_equal(reboots, 1);
	assert_string_equal(spawned, "");
}

static void test_request_alone_restarts_nothing(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_reboot, "--menu", "--no-reboot", "-j", NULL), SNAPCTL_OK);
	assert_int_equal(module.request, SNAPCAP_REQUEST_MENU);
	o = run_json();
	assert_string_equal(json_string(o, "request"), "menu");
	assert_false(json_object_get_boolean(json_at(o, "restart")));
	assert_int_equal(run(cmd_reboot, "--clear", NULL), SNAPCTL_OK);
	assert_int_equal(module.request, SNAPCAP_REQUEST_NONE);
	assert_string_equal(spawned, "");
	assert_int_equal(reboots, 0);
}

static void expect_taken_back(const char *option)
{
	assert_int_equal(run(cmd_reboot, "--cold", option, NULL), SNAPCTL_FAILURE);
	assert_int_equal(module.request, SNAPCAP_REQUEST_NONE);
	assert_non_null(strstr(run_err, "cannot be restarted"));
}

static void test_failed_restart_takes_the_request_back(void **state)
{
	command_status = 1;
	expect_taken_back(NULL);
	command_status = 0;
	spawn_error = ENOENT;
	expect_taken_back(NULL);
	reboot_error = EPERM;
	expect_taken_back("--force");
}

static void test_refused_request_restarts_nothing(void **state)
{
	static const struct {
		int error;
		int exit;
	} cases[] = {
		{ ENODEV, SNAPCTL_UNSUPPORTED }, { ENOTTY, SNAPCTL_UNSUPPORTED },
		{ EINVAL, SNAPCTL_UNSUPPORTED }, { EPERM, SNAPCTL_FAILURE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		module.request_error = cases[i].error;
		assert_int_equal(run(cmd_reboot, "--cold", "--force", NULL), cases[i].exit);
	}
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_reboot, "--cold", NULL), SNAPCTL_UNSUPPORTED);
	assert_int_equal(reboots, 0);
	assert_string_equal(spawned, "");
}

static void test_one_request_is_needed(void **state)
{
	assert_int_equal(run(cmd_reboot, NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_reboot, "--cold", "--menu", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_reboot, "--cold", "--clear", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_reboot, "cold", NULL), SNAPCTL_USAGE);
	assert_int_equal(module.requests, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request_is_made_before_the_restart, setup),
		cmocka_unit_test_setup(test_without_systemd_there_is_reboot, setup),
		cmocka_unit_test_setup(test_force_needs_no_command, setup),
		cmocka_unit_test_setup(test_request_alone_restarts_nothing, setup),
		cmocka_unit_test_setup(test_failed_restart_takes_the_request_back, setup),
		cmocka_unit_test_setup(test_refused_request_restarts_nothing, setup),
		cmocka_unit_test_setup(test_one_request_is_needed, setup),
	};

	return cmocka_run_group_tests_name("cmd_reboot", tests, NULL, NULL);
}
