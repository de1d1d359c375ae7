// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for a port, measured with a counter that a look at it advances by a microsecond. */
#include "../test.h"
#include "fake.h"

/* What the port gives, one entry a look; the last one for ever. */
static const int *script;
static u32 looks, room_after, busy_for, setups;

static void set_up(const struct serial *s)
{
	setups++;
}

static int look(const struct serial *s)
{
	looks++;
	return script[1] == 0 ? script[0] : *script++;
}

static bool give(const struct serial *s, u8 c)
{
	assert_int_equal(c, 0xa5);
	return ++looks > room_after;
}

static bool is_idle(const struct serial *s)
{
	return ++looks > busy_for;
}

static const struct serial_ops ops = {
	.setup = set_up,
	.read = look,
	.write = give,
	.idle = is_idle,
};

static const struct serial port = { .ops = &ops };

static int setup(void **state)
{
	fake_setup(state);
	looks = room_after = busy_for = setups = 0;
	return 0;
}

static void test_byte_that_is_there_costs_one_look(void **state)
{
	const int there[] = { 0xff, 0 };
	u64 before = fake_counter;

	script = there;
	assert_int_equal(serial_get(&port, 1000), 0xff);
	assert_int_equal(looks, 1);
	assert_int_equal(fake_counter, before);
}

static void test_byte_is_waited_for(void **state)
{
	const int later[] = { -SERIAL_E_NONE, -SERIAL_E_NONE, 7, -SERIAL_E_NONE, 0 };

	script = later;
	assert_int_equal(serial_get(&port, 1000), 7);
}

static void test_waiting_for_a_byte_ends(void **state)
{
	const int never[] = { -SERIAL_E_NONE, 0 };
	u64 before = fake_counter;

	script = never;
	assert_int_equal(serial_get(&port, 0), -SERIAL_E_NONE);
	assert_in_range(fake_counter - before, 0, 2);
	before = fake_counter;
	assert_int_equal(serial_get(&port, 25), -SERIAL_E_NONE);
	assert_in_range(fake_counter - before, 25000, 25002);
	/* Also across the end of what the counter can hold. */
	fake_counter = ~0ULL - 100;
	assert_int_equal(serial_get(&port, 25), -SERIAL_E_NONE);
	assert_in_range(fake_counter, 24800, 25002);
}

static void test_damage_is_told_from_silence(void **state)
{
	const int damaged[] = { -SERIAL_E_NONE, -SERIAL_E_BREAK, 0 };

	script = damaged;
	assert_int_equal(serial_get(&port, 1000), -SERIAL_E_BREAK);
}

static void test_room_is_waited_for(void **state)
{
	room_after = 100;
	assert_true(serial_put(&port, 0xa5));
	assert_int_equal(looks, 101);
}

static void test_waiting_for_room_ends(void **state)
{
	u64 before = fake_counter;

	room_after = ~0u;
	assert_false(serial_put(&port, 0xa5));
	assert_in_range(fake_counter - before, 10000, 10002);
}

static void test_setup_lets_the_last_bytes_out(void **state)
{
	u64 before = fake_counter;

	busy_for = 100;
	serial_setup(&port);
	assert_int_equal(setups, 1);
	assert_int_equal(looks, 101);
	looks = 0;
	busy_for = ~0u;
	before = fake_counter;
	serial_setup(&port);
	assert_int_equal(setups, 2);
	assert_in_range(fake_counter - before, 10000, 10002);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_byte_that_is_there_costs_one_look, setup),
		cmocka_unit_test_setup(test_byte_is_waited_for, setup),
		cmocka_unit_test_setup(test_waiting_for_a_byte_ends, setup),
		cmocka_unit_test_setup(test_damage_is_told_from_silence, setup),
		cmocka_unit_test_setup(test_room_is_waited_for, setup),
		cmocka_unit_test_setup(test_waiting_for_room_ends, setup),
		cmocka_unit_test_setup(test_setup_lets_the_last_bytes_out, setup),
	};

	return cmocka_run_group_tests_name("bootstub/serial", tests, NULL, NULL);
}
