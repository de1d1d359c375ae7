// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"
#include "cmd.h"
#include "flash.h"
#include "module.h"
#include "pmtimes.h"
#include "run.h"
#include "sysfile.h"
#include "tree.h"

#define FTR	(SNAPCAP_PM_FREEZE | SNAPCAP_PM_THAW | SNAPCAP_PM_RESTORE)
#define TIMES	"/sys/power/pm_print_times"
#define PHASES	"/sys/power/pm_debug_messages"
#define KMSG	"/dev/kmsg"
#define CALL	"6,1,2,-;uart serial0: PM: uart_freeze+0x0/0x40 returned 0 after 1500 usecs\n" \
		" SUBSYSTEM=platform\n DEVICE=+platform:serial0\n"
#define PHASE	"7,2,2,-;PM: freeze of devices complete after 2.500 msecs\n"

static int target = 3;
static char switches_seen[2];

int __wrap_flash_mtd_number(const char *name, char *why);

int __wrap_flash_mtd_number(const char *name, char *why)
{
	snprintf(why, FLASH_WHY_SIZE, "no such device: %s", name);
	return target;
}

static struct snapcap_device *add(const char *name, const char *driver, const char *bus,
				  __u32 callbacks, __u32 driver_callbacks)
{
	struct snapcap_device *d = &module.device[module.device_count++];

	snprintf((char *)d->name, sizeof(d->name), "%s", name);
	snprintf((char *)d->driver, sizeof(d->driver), "%s", driver);
	snprintf((char *)d->bus, sizeof(d->bus), "%s", bus);
	d->flags = (*driver ? SNAPCAP_DEVICE_HAS_DRIVER : 0) |
		   (callbacks ? SNAPCAP_DEVICE_HAS_PM : 0);
	d->callbacks = callbacks;
	d->driver_callbacks = driver_callbacks;
	return d;
}

/* What the kernel says meanwhile. */
static void say(const char *text)
{
	int fd = open(sysfile_path(KMSG).s, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static int rehearse_well(struct snapcap_rehearse *arg)
{
	switches_seen[0] = tree_get(TIMES)[0];
	switches_seen[1] = tree_get(PHASES)[0];
	say(CALL PHASE);
	arg->status.size = sizeof(arg->status);
	arg->status.stage = SNAPCAP_STAGE_DONE;
	arg->status.frozen_ns = 123456789;
	return 0;
}

static int rehearse_refused(struct snapcap_rehearse *arg)
{
	say("6,1,2,-;uart serial0: PM: uart_freeze+0x0/0x40 returned -16 after 9 usecs\n"
	    " SUBSYSTEM=platform\n DEVICE=+platform:serial0\n");
	arg->status.size = sizeof(arg->status);
	arg->status.stage = SNAPCAP_STAGE_FREEZE;
	arg->status.error = EBUSY;
	arg->status.cause = SNAPCAP_CAUSE_DEVICE;
	strcpy((char *)arg->status.name, "serial0");
	return -EBUSY;
}

static int rehearse_cancelled(struct snapcap_rehearse *arg)
{
	arg->status.size = sizeof(arg->status);
	arg->status.cause = SNAPCAP_CAUSE_CANCELLED;
	return -ECANCELED;
}

static int setup(void **state)
{
	module_reset();
	module.rehearse = rehearse_well;
	target = 3;
	memset(switches_seen, 0, sizeof(switches_seen));
	tree_reset();
	tree_put(TIMES, "0\n");
	tree_put(PHASES, "0\n");
	/* From before the dry run. */
	tree_put(KMSG, "6,0,1,-;uart serial0: PM: uart_freeze+0x0/0x40 returned 0 after 7777 usecs\n");
	add("serial0", "uart", "platform", FTR, FTR);
	add("timer", "", "platform", FTR, 0);
	return 0;
}

/* The verdict of the device @name in JSON. */
static const char *verdict(const char *name)
{
	struct json_object *list = json_at(run_json(), "devices");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *d = json_object_array_get_idx(list, i);

		if (!strcmp(json_string(d, "name"), name))
			return json_string(d, "verdict");
	}
	fail_msg("no device %s", name);
	return "";
}

static void test_nothing_found(void **state)
{
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_OK);
	assert_string_equal(run_err, "");
	assert_int_equal(strncmp(run_out, "Nothing found:", 14), 0);
	assert_non_null(strstr(run_out, "can be tried"));
	assert_non_null(strstr(run_out, "2, of them 1 with a driver"));
	assert_non_null(strstr(run_out, "tasks stood still for 123.456 ms"));
	assert_int_equal(module.rehearsals, 1);
	assert_int_equal(module.rehearsed_state, SNAPCAP_STATE_PASS2);
	assert_int_equal(module.takes, 0);
}

static void test_json_is_complete(void **state)
{
	struct json_object *o;

	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_OK);
	o = run_json();
	assert_string_equal(json_string(o, "command"), "audit");
	assert_int_equal(json_number(o, "exit_code"), 0);
	assert_false(json_object_get_boolean(json_at(o, "found")));
	assert_true(json_object_get_boolean(json_at(o, "take.possible")));
	assert_string_equal(json_string(o, "take.target"), "snapshot");
	assert_null(json_at(o, "take.cause"));
	assert_int_equal(json_number(o, "sum.devices"), 2);
	assert_int_equal(json_number(o, "sum.bound"), 1);
	assert_int_equal(json_number(o, "sum.restored"), 1);
	assert_int_equal(json_number(o, "sum.lost"), 0);
	assert_string_equal(json_string(o, "devices.0.name"), "serial0");
	assert_string_equal(json_string(o, "devices.0.driver"), "uart");
	assert_string_equal(json_string(o, "devices.0.bus"), "platform");
	assert_null(json_at(o, "devices.0.module"));
	assert_string_equal(json_string(o, "devices.0.driver_callbacks.0"), "freeze");
	assert_string_equal(json_string(o, "devices.0.driver_callbacks.2"), "restore");
	assert_string_equal(json_string(o, "devices.1.callbacks.1"), "thaw");
	assert_string_equal(json_string(o, "devices.0.verdict"), "restored");
	assert_int_equal(json_number(o, "devices.0.times.calls"), 1);
	assert_int_equal(json_number(o, "devices.0.times.total_us"), 1500);
	assert_int_equal(json_number(o, "devices.0.times.freeze"), 1500);
	assert_null(json_at(o, "devices.1.driver"));
	assert_null(json_at(o, "devices.1.times"));
	assert_true(json_object_get_boolean(json_at(o, "dry_run.ok")));
	assert_null(json_at(o, "dry_run.cause"));
	assert_int_equal(json_number(o, "dry_run.frozen_ns"), 123456789);
	assert_true(json_object_get_boolean(json_at(o, "dry_run.times")));
	assert_int_equal(json_number(o, "dry_run.phases_us.freeze"), 2500);
	assert_string_equal(json_string(o, "dry_run.calls.0.callback"), "uart_freeze+0x0/0x40");
	assert_string_equal(json_string(o, "dry_run.calls.0.phase"), "freeze");
	assert_int_equal(json_object_array_length(json_at(o, "dry_run.calls")), 1);
}

/* ---- the judgement ---- */

static void test_verdicts(void **state)
{
	static const struct {
		const char *name, *driver, *bus;
		__u32 callbacks, driver_callbacks;
		const char *verdict;
	} devices[] = {
		{ "no-pm-at-all", "a", "strange", 0, 0, "lost" },
		{ "bus-passes-on", "b", "platform", FTR, 0, "lost" },
		{ "pci-restores-its-own", "c", "pci", FTR, 0, "lost" },
		{ "bus-does-it", "d", "usb", FTR, 0, "by-bus" },
		{ "bus-does-not-restore", "e", "usb", SNAPCAP_PM_FREEZE, 0, "lost" },
		{ "only-freeze", "f", "platform", FTR, SNAPCAP_PM_FREEZE, "stopped" },
		{ "only-late", "g", "platform", FTR, SNAPCAP_PM_FREEZE_LATE, "stopped" },
		{ "thaw-is-no-restore", "h", "platform", FTR, SNAPCAP_PM_THAW, "lost" },
		{ "restore-noirq", "i", "platform", FTR, SNAPCAP_PM_RESTORE_NOIRQ, "restored" },
		{ "restore-early", "j", "platform", FTR, SNAPCAP_PM_RESTORE_EARLY, "restored" },
		{ "restore", "k", "platform", FTR, SNAPCAP_PM_RESTORE, "restored" },
		{ "unbound", "", "platform", FTR, 0, "no-driver" },
		{ "alarmtimer.0.auto", "alarmtimer", "platform", FTR, 0, "nothing" },
		{ "ignored", "fine", "platform", FTR, 0, "ignored" },
		{ "ignored-too", "fine-too", "platform", FTR, 0, "ignored" },
		{ "ignored-not", "fin", "platform", FTR, 0, "lost" },
		{ "flash", "physmap", "platform", FTR, 0, "by-child" },
		{ "mtd0", "", "mtd", FTR, 0, "no-driver" },
		{ "gpio", "gpio-drv", "platform", FTR, 0, "lost" },
		{ "gpiochip0", "", "gpio", SNAPCAP_PM_FREEZE, 0, "no-driver" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		add(devices[i].name, devices[i].driver, devices[i].bus, devices[i].callbacks,
		    devices[i].driver_callbacks);
	add("marked", "m", "platform", 0, 0)->flags |= SNAPCAP_DEVICE_NO_PM;
	add("core", "m", "platform", 0, 0)->flags |= SNAPCAP_DEVICE_SYSCORE;
	tree_put("/sys/bus/platform/devices/flash/mtd/mtd0/name", "x");
	tree_put("/sys/bus/platform/devices/gpio/gpio/gpiochip0/name", "x");
	/* Not a device of that class. */
	tree_put("/sys/bus/platform/devices/bus-passes-on/power/mtd0/name", "x");

	assert_int_equal(run(cmd_audit, "--json", "--ignore", "fine", "--ignore=fine-too", NULL),
			 SNAPCTL_FOUND);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (strcmp(verdict(devices[i].name), devices[i].verdict))
			fail_msg("%s is %s, should be %s", devices[i].name,
				 verdict(devices[i].name), devices[i].verdict);
	assert_string_equal(verdict("marked"), "nothing");
	assert_string_equal(verdict("core"), "syscore");
	assert_int_equal(json_number(run_json(), "exit_code"), SNAPCTL_FOUND);
	assert_int_equal(json_number(run_json(), "sum.stopped"), 2);
	assert_int_equal(json_number(run_json(), "sum.ignored"), 2);
}

static void test_what_is_lost_is_named(void **state)
{
	strcpy((char *)add("fan0", "fan-drv", "platform", FTR, 0)->module, "fan_mod");
	add("motor0", "motor-drv", "platform", FTR, SNAPCAP_PM_FREEZE);
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_FOUND);
	assert_int_equal(strncmp(run_out, "Found:\n* 1 driver would lose", 28), 0);
	assert_non_null(strstr(run_out, "* 1 driver would stop the hardware and not restore it"));
	assert_non_null(strstr(run_out, "fan0"));
	assert_non_null(strstr(run_out, "fan-drv"));
	assert_non_null(strstr(run_out, "module fan_mod"));
	assert_non_null(strstr(run_out, "--ignore"));
	assert_non_null(strstr(run_out, "-f-- ---  ---- stopped"));
	/* Without the details, when they are not wanted. */
	assert_int_equal(run(cmd_audit, "-q", NULL), SNAPCTL_FOUND);
	assert_null(strstr(run_out, "fan0"));
	assert_non_null(strstr(run_out, "* 1 driver would lose"));
}

static void test_refusal_of_a_take_is_foretold(void **state)
{
	module.info.cause = SNAPCAP_CAUSE_MEMORY_KIND;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_FOUND);
	assert_non_null(strstr(run_out, "A take would be refused: there is memory that cannot"));
	module.info.cause = 999;
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_FOUND);
	assert_string_equal(json_string(run_json(), "take.cause.name"), "unknown");
	module.info.cause = 0;
	target = -ENOENT;
	assert_int_equal(run(cmd_audit, "--mtd", "flash9", NULL), SNAPCTL_FOUND);
	assert_non_null(strstr(run_out, "there is no MTD device flash9"));
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_FOUND);
	assert_false(json_object_get_boolean(json_at(run_json(), "take.possible")));
	assert_string_equal(json_string(run_json(), "take.cause.name"), "no-mtd");
	json_string(run_json(), "take.cause.advice");
}

/* ---- the dry run ---- */

static void test_refusing_device_is_named(void **state)
{
	module.rehearse = rehearse_refused;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_FOUND);
	assert_non_null(strstr(run_out, "* The dry run failed: a device refused to suspend: serial0"));
	assert_non_null(strstr(run_out, "uart_freeze+0x0/0x40 of serial0 (uart) returned -16"));
	assert_string_equal(tree_get(TIMES), "0\n");
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_FOUND);
	assert_false(json_object_get_boolean(json_at(run_json(), "dry_run.ok")));
	assert_int_equal(json_number(run_json(), "dry_run.errno"), EBUSY);
	assert_string_equal(json_string(run_json(), "dry_run.cause.name"), "device");
	assert_string_equal(json_string(run_json(), "dry_run.name"), "serial0");
	assert_string_equal(json_string(run_json(), "dry_run.stage"), "freeze");
	assert_int_equal(json_number(run_json(), "devices.0.failed_errno"), EBUSY);
	assert_string_equal(json_string(run_json(), "devices.0.failed_callback"),
			    "uart_freeze+0x0/0x40");
	assert_int_equal(json_number(run_json(), "dry_run.calls.0.errno"), EBUSY);
}

static void test_no_dry_run(void **state)
{
	assert_int_equal(run(cmd_audit, "--no-dry-run", "--json", NULL), SNAPCTL_OK);
	assert_null(json_at(run_json(), "dry_run"));
	assert_int_equal(run(cmd_audit, "--no-dry-run", NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "not asked for"));
	assert_int_equal(module.rehearsals, 0);
}

static void test_cancelled(void **state)
{
	module.rehearse = rehearse_cancelled;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_CANCELLED);
	assert_non_null(strstr(run_err, "cancelled"));
	assert_string_equal(run_out, "");
	assert_string_equal(tree_get(TIMES), "0\n");
	assert_string_equal(tree_get(PHASES), "0\n");
}

static void test_switches_are_on_meanwhile_and_set_back(void **state)
{
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_OK);
	assert_int_equal(switches_seen[0], '1');
	assert_int_equal(switches_seen[1], '1');
	assert_string_equal(tree_get(TIMES), "0\n");
	assert_string_equal(tree_get(PHASES), "0\n");
}

/* Whoever wants to have them on keeps them on. */
static void test_switches_that_were_on_stay_on(void **state)
{
	tree_put(TIMES, "1\n");
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_OK);
	assert_string_equal(tree_get(TIMES), "1\n");
	assert_string_equal(tree_get(PHASES), "0\n");
	assert_int_equal(switches_seen[1], '1');
	assert_non_null(strstr(run_out, "Slowest devices"));
}

/* The guard does it when nobody else can any more. */
static void test_switches_are_set_back_after_sigkill(void **state)
{
	struct pm_record *record;
	struct pm_times times;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (pm_record_start(&record, &times) || tree_get(TIMES)[0] != '1' ||
		    tree_get(PHASES)[0] != '1')
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	for (int i = 0; i < 500 && (tree_get(TIMES)[0] != '0' || tree_get(PHASES)[0] != '0'); i++)
		usleep(10000);
	assert_string_equal(tree_get(TIMES), "0\n");
	assert_string_equal(tree_get(PHASES), "0\n");
}

static void test_kernel_that_does_not_tell_times(void **state)
{
	tree_reset();
	tree_put(KMSG, "");
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_OK);
	assert_non_null(strstr(run_out, "CONFIG_PM_SLEEP_DEBUG"));
	assert_int_equal(module.rehearsals, 1);
	tree_reset();
	tree_put(TIMES, "0\n");
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_OK);
	assert_false(json_object_get_boolean(json_at(run_json(), "dry_run.times")));
	assert_non_null(strstr(json_string(run_json(), "dry_run.times_why"), "log cannot be read"));
	assert_string_equal(tree_get(TIMES), "0\n");
}

/* Without the ends of phases there is still the sum. */
static void test_kernel_that_does_not_tell_phases(void **state)
{
	assert_int_equal(unlink(sysfile_path(PHASES).s), 0);
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_OK);
	assert_int_equal(switches_seen[0], '1');
	assert_string_equal(tree_get(TIMES), "0\n");
	assert_non_null(strstr(run_out, "   1.50"));
}

/* ---- what goes wrong before ---- */

static void test_devices_cannot_be_listed(void **state)
{
	module.devices_error = ENOTTY;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_UNSUPPORTED);
	assert_non_null(strstr(run_err, "same release"));
	module.devices_error = EPERM;
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_FAILURE);
	assert_non_null(strstr(run_err, "as root"));
	module.devices_error = ENOMEM;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_FAILURE);
	assert_int_equal(module.rehearsals, 0);
	module_reset();
	module.open_error = ENOENT;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_UNSUPPORTED);
}

static void test_devices_that_come_meanwhile(void **state)
{
	for (int i = 0; i < 60; i++)
		add("more", "d", "platform", FTR, FTR);
	module.device_count -= 50;
	module.devices_more = 50;
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_OK);
	assert_int_equal(json_number(run_json(), "sum.devices"), 62);
}

static void test_module_that_lies(void **state)
{
	module.devices_lie = 1;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_FAILURE);
	module.devices_lie = 0;
	memset(module.device, 'x', sizeof(module.device[0]));
	module.device[0].name[3] = '\033';
	module.device[0].flags = SNAPCAP_DEVICE_HAS_DRIVER;
	module.device[0].driver_callbacks = 0;
	assert_int_equal(run(cmd_audit, NULL), SNAPCTL_FOUND);
	assert_null(strchr(run_out, '\033'));
	assert_int_equal(run(cmd_audit, "--json", NULL), SNAPCTL_FOUND);
	assert_int_equal(strlen(json_string(run_json(), "devices.0.name")), 63);
}

static void test_lines_fit_on_a_terminal(void **state)
{
	static const char name[] = "0123456789.a-long-device-name-that-has-no-end-anywhere-near";
	char *line, *rest = run_out;

	strcpy((char *)add(name, "a-driver-with-a-long-name", "a-bus-with-a-long-name", FTR,
			   0)->module, "a_module_with_a_long_name");
	strcpy((char *)add(name, "alsolong-alsolong-alsolong", "platform", FTR,
			   SNAPCAP_PM_FREEZE)->module, "a_module_with_a_long_name");
	add(name, "restored-restored-restored", "platform", FTR, FTR)->flags |=
		SNAPCAP_DEVICE_WAKEUP;
	module.rehearse = rehearse_refused;
	module.info.cause = SNAPCAP_CAUSE_STUB_ABI;
	assert_int_equal(run(cmd_audit, "--verbose", NULL), SNAPCTL_FOUND);
	while ((line = strsep(&rest, "\n")))
		if (strlen(line) > 80)
			fail_msg("longer than 80 columns: %s", line);
}

static void test_usage(void **state)
{
	assert_int_equal(run(cmd_audit, "more", NULL), SNAPCTL_USAGE);
	assert_int_equal(run(cmd_audit, "--nonsense", NULL), SNAPCTL_USAGE);
	assert_int_equal(module.device_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_found, setup),
		cmocka_unit_test_setup(test_json_is_complete, setup),
		cmocka_unit_test_setup(test_verdicts, setup),
		cmocka_unit_test_setup(test_what_is_lost_is_named, setup),
		cmocka_unit_test_setup(test_refusal_of_a_take_is_foretold, setup),
		cmocka_unit_test_setup(test_refusing_device_is_named, setup),
		cmocka_unit_test_setup(test_no_dry_run, setup),
		cmocka_unit_test_setup(test_cancelled, setup),
		cmocka_unit_test_setup(test_switches_are_on_meanwhile_and_set_back, setup),
		cmocka_unit_test_setup(test_switches_that_were_on_stay_on, setup),
		cmocka_unit_test_setup(test_switches_are_set_back_after_sigkill, setup),
		cmocka_unit_test_setup(test_kernel_that_does_not_tell_times, setup),
		cmocka_unit_test_setup(test_kernel_that_does_not_tell_phases, setup),
		cmocka_unit_test_setup(test_devices_cannot_be_listed, setup),
		cmocka_unit_test_setup(test_devices_that_come_meanwhile, setup),
		cmocka_unit_test_setup(test_module_that_lies, setup),
		cmocka_unit_test_setup(test_lines_fit_on_a_terminal, setup),
		cmocka_unit_test_setup(test_usage, setup),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("cmd_audit", tests, NULL, NULL);
}
