// SPDX-License-Identifier: GPL-2.0-only
#include "../test.h"
#include "fake.h"
#include "menu.h"

#define IDLE_MS	500

static u32 stayed, left;

static bool stay(void)
{
	stayed++;
	return false;
}

static bool leave(void)
{
	left++;
	return true;
}

static const struct menu_item items[] = {
	{ 's', "stay here", false, stay },
	{ 'b', "boot", false, leave },
	{ 'x', "destroy it", true, leave },
};

static int setup(void **state)
{
	stayed = 0;
	left = 0;
	return fake_setup(state);
}

static bool choose(const char *keys)
{
	fake_keys = keys;
	return menu(items, ARRAY_SIZE(items), IDLE_MS);
}

static void test_help_names_every_key(void **state)
{
	choose("");
	assert_non_null(strstr(fake_console, "bootstub:   s  stay here\n"));
	assert_non_null(strstr(fake_console, "bootstub:   b  boot\n"));
	assert_non_null(strstr(fake_console, "bootstub:   x  destroy it\n"));
}

static void test_each_key_does_its_own(void **state)
{
	assert_true(choose("s" FAKE_PAUSE "S" FAKE_PAUSE "s" FAKE_PAUSE "b"));
	assert_int_equal(stayed, 3);
	assert_int_equal(left, 1);
	assert_null(strstr(fake_console, "going on"));
}

static void test_other_keys_show_the_help(void **state)
{
	const char *first;

	choose("?" FAKE_PAUSE "b");
	first = strstr(fake_console, "press a key");
	assert_non_null(strstr(first + 1, "press a key"));
	assert_int_equal(left, 1);
}

static void test_destruction_needs_a_yes(void **state)
{
	choose("x" FAKE_PAUSE "n" FAKE_PAUSE "x" FAKE_PAUSE "q" FAKE_PAUSE "b");
	assert_int_equal(left, 1);
	assert_int_equal(stayed, 0);
	assert_non_null(strstr(fake_console, "not done"));

	setup(state);
	choose("x" FAKE_PAUSE "y");
	assert_int_equal(left, 1);
	assert_null(strstr(fake_console, "not done"));
}

static void test_nobody_there_is_not_waited_for(void **state)
{
	u64 start = fake_counter;

	assert_false(choose("s"));
	assert_int_equal(stayed, 1);
	assert_int_equal(left, 0);
	assert_non_null(strstr(fake_console, "no key was pressed"));
	assert_true(fake_counter - start >= IDLE_MS * (arch_counter_hz() / 1000));
}

/* F1 is ESC O P, Down is ESC [ B: their letters are no keys. Nor is the Enter behind one. */
static void test_a_key_of_several_characters_is_one(void **state)
{
	assert_false(choose("\033OB" FAKE_PAUSE "\033[B" FAKE_PAUSE "\033[X"));
	assert_int_equal(left, 0);
	setup(state);
	assert_true(choose("x\r" FAKE_PAUSE "y\r"));
	assert_int_equal(left, 1);
	assert_null(strstr(fake_console, "not done"));
}

static void test_key_behind_noise_is_seen(void **state)
{
	fake_keys = "\xff\x80 ";
	assert_true(menu_wanted(0));
}

static void test_noise_is_no_key(void **state)
{
	fake_keys = "\xff\x80\x01\x7f";
	assert_false(menu_wanted(10));
	fake_keys = "\xff\r";
	assert_true(menu_wanted(10));
	fake_keys = NULL;
	assert_false(menu_wanted(0));
	fake_keys = " ";
	assert_true(menu_wanted(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_help_names_every_key, setup),
		cmocka_unit_test_setup(test_each_key_does_its_own, setup),
		cmocka_unit_test_setup(test_other_keys_show_the_help, setup),
		cmocka_unit_test_setup(test_destruction_needs_a_yes, setup),
		cmocka_unit_test_setup(test_nobody_there_is_not_waited_for, setup),
		cmocka_unit_test_setup(test_a_key_of_several_characters_is_one, setup),
		cmocka_unit_test_setup(test_key_behind_noise_is_seen, setup),
		cmocka_unit_test_setup(test_noise_is_no_key, setup),
	};

	return cmocka_run_group_tests_name("bootstub/menu", tests, NULL, NULL);
}
