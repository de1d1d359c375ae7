// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PL011 driver against a model of the controller: registers, the two
 * FIFOs, and the rules of its manual about the order of a set-up.
 */
#include "../test.h"
#include <string.h>
#include "fake_mmio.h"
#include "serial/serial.h"

#define BASE	0x9000000ULL

enum { DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2c, CR = 0x30, IMSC = 0x38,
       DMACR = 0x48 };

static u32 reg[0x50 / 4];
static u32 rate[2];		/* in use: IBRD, FBRD */
static u16 rx[16], tx[16];
static u32 rx_count, tx_count;

static const struct serial port = {
	.ops = &serial_pl011,
	.base = BASE,
	.clock_hz = 24000000,
	.baud = 115200,
};

u32 mmio_read32(u64 at)
{
	u32 v;

	switch (at - BASE) {
	case FR:
		return (rx_count ? 0 : 1 << 4) | (tx_count == 16 ? 1 << 5 : 0) |
			(tx_count ? 1 << 3 : 0);
	case DR:
		assert_true(rx_count > 0);
		v = rx[0];
		rx_count--;
		memmove(rx, rx + 1, sizeof(rx) - sizeof(rx[0]));
		return v;
	}
	fail_msg("read of %llx", at);
	return 0;
}

void mmio_write32(u64 at, u32 v)
{
	u32 offset = (u32)(at - BASE);

	switch (offset) {
	case DR:
		assert_int_equal(reg[CR / 4], 0x301);
		assert_true(tx_count < 16);
		tx[tx_count++] = (u16)v;
		return;
	case LCRH:
		/* Takes the divisor over, and is not written while the port is on. */
		assert_int_equal(reg[CR / 4], 0);
		rate[0] = reg[IBRD / 4];
		rate[1] = reg[FBRD / 4];
		if (!(v & 1 << 4))
			rx_count = tx_count = 0;
		break;
	case IBRD:
	case FBRD:
		assert_int_equal(reg[CR / 4], 0);
		break;
	case CR:
	case IMSC:
	case DMACR:
		break;
	default:
		fail_msg("write of %x to %x", v, offset);
	}
	reg[offset / 4] = v;
}

u8 mmio_read8(u64 at)
{
	fail_msg("byte read of %llx", at);
	return 0;
}

void mmio_write8(u64 at, u8 v)
{
	fail_msg("byte write to %llx", at);
}

static int setup(void **state)
{
	memset(reg, 0, sizeof(reg));
	reg[CR / 4] = 0x301;
	reg[IMSC / 4] = 0x7ff;
	rate[0] = reg[IBRD / 4] = 3;
	rate[1] = reg[FBRD / 4] = 4;
	rx[0] = 'x';
	rx_count = 1;
	tx_count = 0;
	port.ops->setup(&port);
	return 0;
}

static void test_setup_of_a_port_in_use(void **state)
{
	assert_int_equal(rx_count, 0);
	assert_int_equal(reg[CR / 4], 0x301);
	assert_int_equal(reg[LCRH / 4], 0x70);
	assert_int_equal(reg[IMSC / 4], 0);
	assert_int_equal(rate[0], 13);
	assert_int_equal(rate[1], 1);
}

static void test_rates(void **state)
{
	struct serial s = port;

	/* The example of the manual: 230400 at 4 MHz is 1 and 5/64. */
	s.clock_hz = 4000000;
	s.baud = 230400;
	s.ops->setup(&s);
	assert_int_equal(rate[0], 1);
	assert_int_equal(rate[1], 5);
	s.clock_hz = 3000000;
	s.baud = 115200;
	s.ops->setup(&s);
	assert_int_equal(rate[0], 1);
	assert_int_equal(rate[1], 40);
	/* Nearly 2: the fraction carries. */
	s.clock_hz = 3999999;
	s.baud = 125000;
	s.ops->setup(&s);
	assert_int_equal(rate[0], 2);
	assert_int_equal(rate[1], 0);
	s.clock_hz = 0;
	s.baud = 9600;
	s.ops->setup(&s);
	assert_int_equal(rate[0], 2);
	s.clock_hz = 4000000;
	s.baud = 0;
	s.ops->setup(&s);
	assert_int_equal(rate[0], 2);
}

static void test_read_in_order(void **state)
{
	assert_int_equal(port.ops->read(&port), -SERIAL_E_NONE);
	rx[0] = 0x00;
	rx[1] = 0xff;
	rx_count = 2;
	assert_int_equal(port.ops->read(&port), 0);
	assert_int_equal(port.ops->read(&port), 0xff);
	assert_int_equal(port.ops->read(&port), -SERIAL_E_NONE);
}

static void test_damage_is_told_apart(void **state)
{
	const struct {
		u16 v;
		int want;
	} cases[] = {
		{ 0x141, -SERIAL_E_FRAMING }, { 0x241, -SERIAL_E_PARITY },
		{ 0x700, -SERIAL_E_BREAK }, { 0x841, -SERIAL_E_OVERRUN },
		{ 0x041, 0x41 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rx[0] = cases[i].v;
		rx_count = 1;
		assert_int_equal(port.ops->read(&port), cases[i].want);
		assert_int_equal(rx_count, 0);
	}
}

static void test_write_until_full(void **state)
{
	u32 i;

	assert_true(port.ops->idle(&port));
	for (i = 0; i < 16; i++)
		assert_true(port.ops->write(&port, (u8)(0xf8 + i)));
	assert_false(port.ops->write(&port, 0));
	assert_false(port.ops->idle(&port));
	for (i = 0; i < 16; i++)
		assert_int_equal(tx[i], (u8)(0xf8 + i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_setup_of_a_port_in_use, setup),
		cmocka_unit_test_setup(test_rates, setup),
		cmocka_unit_test_setup(test_read_in_order, setup),
		cmocka_unit_test_setup(test_damage_is_told_apart, setup),
		cmocka_unit_test_setup(test_write_until_full, setup),
	};

	return cmocka_run_group_tests_name("bootstub/pl011", tests, NULL, NULL);
}
