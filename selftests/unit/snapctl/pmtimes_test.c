// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "pmtimes.h"

static struct pm_times times;
static struct pm_parser *parser;

static int setup(void **state)
{
	memset(&times, 0, sizeof(times));
	parser = calloc(1, sizeof(*parser));
	return !parser;
}

static int teardown(void **state)
{
	pm_times_free(&times);
	free(parser);
	return 0;
}

static void feed(const char *text)
{
	assert_int_equal(pm_times_feed(&times, parser, text, strlen(text)), 0);
}

static void end(void)
{
	assert_int_equal(pm_times_end(&times, parser), 0);
}

#define DICTIONARY	" SUBSYSTEM=platform\n DEVICE=+platform:a003c00.virtio_mmio\n"
#define CALL(ret, us)	"6,712,8123456,-;virtio-mmio a003c00.virtio_mmio: PM: "		\
			"platform_pm_freeze+0x0/0x64 returned " ret " after " us " usecs\n"

static void test_call_is_read(void **state)
{
	feed(CALL("0", "18032") DICTIONARY);
	end();
	assert_int_equal(times.count, 1);
	assert_string_equal(times.call[0].device, "a003c00.virtio_mmio");
	assert_string_equal(times.call[0].bus, "platform");
	assert_string_equal(times.call[0].callback, "platform_pm_freeze+0x0/0x64");
	assert_int_equal(times.call[0].us, 18032);
	assert_int_equal(times.call[0].error, 0);
	assert_int_equal(times.call[0].phase, PM_PHASE_UNKNOWN);
}

static void test_refusal_is_read(void **state)
{
	feed(CALL("-16", "3") DICTIONARY);
	end();
	assert_int_equal(times.count, 1);
	assert_int_equal(times.call[0].error, -EBUSY);
}

/* A symbol of a module, a PCI address with colons, the thread that CONFIG_PRINTK_CALLER tells. */
static void test_other_forms_are_read(void **state)
{
	feed("6,1,2,-,caller=T1;virtio-pci 0000:00:01.0: PM: virtio_pci_freeze+0x0/0x40 "
	     "[virtio_pci] returned 0 after 7 usecs\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0\n"
	     "6,2,2,-;block vda: PM: x+0x0/0x1 returned 0 after 0 usecs\n SUBSYSTEM=block\n"
	     " DEVICE=b254:0\n"
	     "6,3,2,-; lone: PM: y+0x0/0x1 returned 0 after 1 usecs\n");
	end();
	assert_int_equal(times.count, 3);
	assert_string_equal(times.call[0].device, "0000:00:01.0");
	assert_string_equal(times.call[0].callback, "virtio_pci_freeze+0x0/0x40 [virtio_pci]");
	assert_string_equal(times.call[1].device, "vda");
	assert_string_equal(times.call[1].bus, "block");
	assert_string_equal(times.call[2].device, "lone");
	assert_string_equal(times.call[2].bus, "");
}

static void test_phase_is_that_which_ends_next(void **state)
{
	static const struct {
		const char *text;
		enum pm_phase phase;
	} phases[] = {
		{ "freeze", PM_PHASE_FREEZE }, { "late freeze", PM_PHASE_FREEZE_LATE },
		{ "noirq freeze", PM_PHASE_FREEZE_NOIRQ }, { "noirq thaw", PM_PHASE_THAW_NOIRQ },
		{ "early thaw", PM_PHASE_THAW_EARLY }, { "thaw", PM_PHASE_THAW },
		{ "noirq recover", PM_PHASE_THAW_NOIRQ },
		{ "early recover", PM_PHASE_THAW_EARLY }, { "recover", PM_PHASE_THAW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		char line[128];

		snprintf(line, sizeof(line), "7,1,2,-;PM: %s of devices %s after 5.105 msecs\n",
			 phases[i].text, i % 2 ? "complete" : "aborted");
		feed(CALL("0", "1") DICTIONARY);
		feed(line);
	}
	feed(CALL("0", "1") DICTIONARY);
	end();
	assert_int_equal(times.count, ARRAY_SIZE(phases) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
		assert_int_equal(times.call[i].phase, phases[i].phase);
	assert_int_equal(times.call[ARRAY_SIZE(phases)].phase, PM_PHASE_UNKNOWN);
	assert_int_equal(times.us[PM_PHASE_FREEZE], 5105);
	assert_int_equal(times.us[PM_PHASE_THAW], 2 * 5105);
}

static void test_other_phase_lines_are_left_out(void **state)
{
	static const char *const lines[] = {
		"PM: end freeze of devices complete after 1.000 msecs",
		"PM: start freeze of devices complete after 1.000 msecs",
		"PM: suspend of devices complete after 1.000 msecs",
		"PM: freeze of devices complete after 1.000 usecs",
		"PM: freeze of devices complete after 1 msecs",
		"PM: freeze of devices complete after 1.0000 msecs",
		"PM: freeze of devices complete after -1.000 msecs",
		"PM: freeze of devices complete after 1.000 msecs or so",
		"PM: freeze of devices complete after 99999999999999999999.000 msecs",
		"PM: freeze of devices failed after 1.000 msecs",
		"PM: freeze of devices",
		"PM: freeze",
		"PM: ",
		"freeze of devices complete after 1.000 msecs",
		"xPM: freeze of devices complete after 1.000 msecs",
	};

	feed(CALL("0", "1") DICTIONARY);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		feed("7,1,2,-;");
		feed(lines[i]);
		feed("\n");
		/* Of user space. */
		feed("15,1,2,-;PM: freeze of devices complete after 1.000 msecs\n");
	}
	end();
	assert_int_equal(times.count, 1);
	assert_int_equal(times.call[0].phase, PM_PHASE_UNKNOWN);
	for (int i = 0; i < PM_PHASES; i++)
		assert_int_equal(times.us[i], 0);
}

#define HEAD	"6,1,2,-;"
#define GOOD	"drv dev: PM: cb+0x0/0x1 returned 0 after 5 usecs\n"
#define LONG	"0123456789012345678901234567890123456789012345678901234567890123"

static void test_hostile_lines_are_left_out(void **state)
{
	static const char *const lines[] = {
		/* Who writes to /dev/kmsg gets the facility of users, at least. */
		"14,1,2,-;" GOOD, "8,1,2,-;" GOOD, "4294967302,1,2,-;" GOOD,
		"-6,1,2,-;" GOOD, "6;" GOOD, "6,1;" GOOD, "6,1,2;" GOOD, ",1,2,-;" GOOD,
		"6,x,2,-;" GOOD, "6,99999999999999999999999,2,-;" GOOD, ";" GOOD, GOOD, "\n",
		HEAD "\n", HEAD "returned\n", HEAD " returned \n",
		HEAD " returned 0 after 5 usecs\n",
		HEAD "dev returned 0 after 5 usecs\n",
		HEAD "drv dev: cb+0x0/0x1 returned 0 after 5 usecs\n",
		HEAD "drv dev: PM: returned 0 after 5 usecs\n",
		HEAD "drv dev: PM:  returned 0 after 5 usecs\n",
		HEAD ": PM: cb returned 0 after 5 usecs\n",
		HEAD "drv : PM: cb returned 0 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned -0 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned 5 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned +0 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned --5 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned -4096 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned -99999999999999999999 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned 0x0 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned  after 5 usecs\n",
		HEAD "drv dev: PM: cb returned 0\n",
		HEAD "drv dev: PM: cb returned 0 after\n",
		HEAD "drv dev: PM: cb returned 0 after usecs\n",
		HEAD "drv dev: PM: cb returned 0 after -5 usecs\n",
		HEAD "drv dev: PM: cb returned 0 after 5 msecs\n",
		HEAD "drv dev: PM: cb returned 0 after 5 usecs and more\n",
		HEAD "drv dev: PM: cb returned 0 after 5 usecs \n",
		HEAD "drv dev: PM: cb returned 0 after 86400000001 usecs\n",
		HEAD "drv dev: PM: cb returned 0 after 18446744073709551617 usecs\n",
		HEAD "drv " LONG ": PM: cb returned 0 after 5 usecs\n",
		HEAD "drv dev: PM: " LONG LONG " returned 0 after 5 usecs\n",
		HEAD "drv dev: PM: cb returned 0 after 5 usecs\n SUBSYSTEM=" LONG "\n",
		HEAD "drv dev: PM: cb returned 0 after 5 usecs\n SUBSYSTEM=\n",
		/* Another device than the message says. */
		HEAD "drv dev: PM: cb returned 0 after 5 usecs\n DEVICE=+platform:other\n",
		HEAD "drv dev: PM: cb returned 0 after 5 usecs\n DEVICE=+platform\n",
		/* A property without a record. */
		" DEVICE=+platform:dev\n", " SUBSYSTEM=platform\n", " \n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		size_t before = times.count;

		feed(lines[i]);
		end();
		if (times.count != before)
			fail_msg("taken for a call: %s", lines[i]);
		/* And what comes after it is read again. */
		feed(HEAD GOOD);
		end();
		assert_int_equal(times.count, before + 1);
	}
}

/* The last of several is the kernel's: a name cannot bring its own. */
static void test_text_in_names_does_not_lead_astray(void **state)
{
	feed(HEAD "drv x returned 0 after 99 usecs: PM: cb returned 0 after 5 usecs\n");
	end();
	assert_int_equal(times.count, 1);
	assert_int_equal(times.call[0].us, 5);
	assert_string_equal(times.call[0].device, "usecs");
}

static void test_line_that_is_too_long_is_left_out(void **state)
{
	char *text = malloc(20000);

	memset(text, 'x', 19999);
	text[19999] = '\0';
	feed(HEAD);
	feed(text);
	feed(": PM: cb returned 0 after 5 usecs\n");
	assert_int_equal(pm_times_feed(&times, parser, "6,1,2,-;d\0 e: PM: cb returned 0 after 5 "
				       "usecs\n", 46), 0);
	end();
	assert_int_equal(times.count, 0);
	feed(HEAD GOOD);
	end();
	assert_int_equal(times.count, 1);
	free(text);
}

/* The pieces in which it comes do not matter. */
static void test_byte_by_byte(void **state)
{
	static const char text[] = CALL("0", "18032") DICTIONARY CALL("-5", "7") DICTIONARY
		"7,1,2,-;PM: freeze of devices aborted after 1.000 msecs\n";

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_int_equal(pm_times_feed(&times, parser, text + i, 1), 0);
	end();
	assert_int_equal(times.count, 2);
	assert_int_equal(times.call[0].us, 18032);
	assert_int_equal(times.call[1].error, -5);
	assert_int_equal(times.call[1].phase, PM_PHASE_FREEZE);
}

static void test_number_of_calls_is_bounded(void **state)
{
	for (int i = 0; i < 66000; i++)
		feed(HEAD GOOD);
	end();
	assert_int_equal(times.count, 65536);
}

/* Whatever comes: nothing is read or written out of bounds, and texts are ended. */
static void test_spoiled_records(void **state)
{
	static const char text[] = CALL("0", "18032") DICTIONARY CALL("-5", "7") DICTIONARY
		"7,1,2,-;PM: freeze of devices aborted after 1.000 msecs\n";
	unsigned int seed = 1;

	for (int round = 0; round < 20000; round++) {
		char spoiled[sizeof(text)];

		memcpy(spoiled, text, sizeof(text));
		for (int i = 0; i < 3; i++) {
			seed = seed * 1103515245 + 12345;
			spoiled[seed / 65536 % sizeof(text)] = (char)(seed >> 8);
		}
		assert_int_equal(pm_times_feed(&times, parser, spoiled, sizeof(spoiled)), 0);
		end();
		for (size_t i = 0; i < times.count; i++) {
			assert_true(strlen(times.call[i].device) < sizeof(times.call[i].device));
			assert_true(times.call[i].error <= 0);
			assert_true(times.call[i].phase < PM_PHASES);
		}
		pm_times_free(&times);
		memset(parser, 0, sizeof(*parser));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusal_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_forms_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_phase_is_that_which_ends_next, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_other_phase_lines_are_left_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_hostile_lines_are_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_in_names_does_not_lead_astray, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_line_that_is_too_long_is_left_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_byte_by_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_of_calls_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spoiled_records, setup, teardown),
	};

	return cmocka_run_group_tests_name("pmtimes", tests, NULL, NULL);
}
