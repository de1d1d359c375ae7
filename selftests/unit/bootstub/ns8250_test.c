// SPDX-License-Identifier: GPL-2.0-only
/* The 8250 driver against a model of a 16550: banked registers, FIFO, line status. */
#include "../test.h"
#include <string.h>
#include "fake_mmio.h"
#include "serial/serial.h"

#define BASE	0x1e784000ULL

enum { DATA, IER, FCR, LCR, MCR, LSR };

static u8 ier, fcr, lcr, mcr, errors;
static u32 divisor;
static u8 rx[16], tx[16];
static u32 rx_count, tx_count;
static bool holding;		/* the last byte is not on the line yet */
static struct serial port;
static u32 width_used;

static u8 read_reg(u64 offset)
{
	u8 v;

	switch (offset >> port.reg_shift) {
	case DATA:
		assert_false(lcr & 0x80);
		assert_true(rx_count > 0);
		v = rx[0];
		rx_count--;
		memmove(rx, rx + 1, sizeof(rx) - 1);
		return v;
	case LSR:
		v = errors | (rx_count ? 1 : 0) | (tx_count ? 0 : 0x20) |
			(tx_count || holding ? 0 : 0x40);
		errors = 0;
		return v;
	}
	fail_msg("read of %llx", (unsigned long long)offset);
	return 0;
}

static void write_reg(u64 offset, u8 v)
{
	switch (offset >> port.reg_shift) {
	case DATA:
		if (lcr & 0x80)
			divisor = (divisor & 0xff00) | v;
		else
			tx[tx_count++] = v;
		break;
	case IER:
		if (lcr & 0x80)
			divisor = (divisor & 0xff) | (u32)v << 8;
		else
			ier = v;
		break;
	case FCR:
		fcr = v;
		if ((v & 3) == 3)
			rx_count = 0;
		break;
	case LCR:
		lcr = v;
		break;
	case MCR:
		mcr = v;
		break;
	default:
		fail_msg("write of %x to %llx", v, (unsigned long long)offset);
	}
}

u32 mmio_read32(u64 at)
{
	width_used |= 4;
	return read_reg(at - BASE) | 0xabcdef00;
}

void mmio_write32(u64 at, u32 v)
{
	width_used |= 4;
	assert_int_equal(v >> 8, 0);
	write_reg(at - BASE, (u8)v);
}

u8 mmio_read8(u64 at)
{
	width_used |= 1;
	return read_reg(at - BASE);
}

void mmio_write8(u64 at, u8 v)
{
	width_used |= 1;
	write_reg(at - BASE, v);
}

static int setup(void **state)
{
	port = (struct serial){
		.ops = &serial_8250, .base = BASE, .clock_hz = 1843200, .baud = 115200,
		.reg_width = 1,
	};
	ier = 0xf;
	fcr = mcr = errors = 0;
	lcr = 0x83;
	divisor = 0x1234;
	rx[0] = 'x';
	rx_count = 1;
	tx_count = 0;
	holding = false;
	width_used = 0;
	port.ops->setup(&port);
	return 0;
}

static void test_setup_of_a_port_in_use(void **state)
{
	assert_int_equal(ier, 0);
	assert_int_equal(lcr, 3);
	assert_int_equal(fcr, 7);
	assert_int_equal(mcr, 3);
	assert_int_equal(divisor, 1);
	assert_int_equal(rx_count, 0);
	assert_int_equal(width_used, 1);
}

static void test_registers_of_words_far_apart(void **state)
{
	port.reg_shift = 2;
	port.reg_width = 4;
	width_used = 0;
	port.ops->setup(&port);
	assert_int_equal(lcr, 3);
	rx[0] = 0x5a;
	rx_count = 1;
	assert_int_equal(port.ops->read(&port), 0x5a);
	assert_true(port.ops->write(&port, 0xc3));
	assert_int_equal(tx[0], 0xc3);
	assert_int_equal(width_used, 4);
}

static void test_rates(void **state)
{
	const struct {
		u32 clock_hz, baud, divisor;
	} cases[] = {
		{ 24000000, 115200, 13 },	/* 13.02 */
		{ 1846154, 9600, 12 },		/* 12.02 */
		{ 27000000, 115200, 15 },	/* 14.65 */
		{ 100000000, 300, 20833 },
		{ 1843200, 4000000, 1 },	/* 0.03 */
		{ 4000000000u, 50, 0xffff },	/* 5000000 */
		{ 0, 115200, 0x4321 },
		{ 1843200, 0, 0x4321 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		divisor = 0x4321;
		port.clock_hz = cases[i].clock_hz;
		port.baud = cases[i].baud;
		port.ops->setup(&port);
		assert_int_equal(divisor, cases[i].divisor);
		assert_int_equal(lcr, 3);
	}
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
		u8 bits;
		int want;
	} cases[] = {
		{ 0x02, -SERIAL_E_OVERRUN }, { 0x04, -SERIAL_E_PARITY },
		{ 0x08, -SERIAL_E_FRAMING }, { 0x18, -SERIAL_E_BREAK },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rx_count = 1;
		errors = cases[i].bits;
		assert_int_equal(port.ops->read(&port), cases[i].want);
		/* The byte is gone with it. */
		assert_int_equal(rx_count, 0);
		assert_int_equal(port.ops->read(&port), -SERIAL_E_NONE);
	}
	/* Nothing to read, but something was lost. */
	errors = 0x02;
	assert_int_equal(port.ops->read(&port), -SERIAL_E_OVERRUN);
}

static void test_write_when_there_is_room(void **state)
{
	assert_true(port.ops->idle(&port));
	assert_true(port.ops->write(&port, 0xf8));
	assert_int_equal(tx[0], 0xf8);
	assert_false(port.ops->write(&port, 0));
	assert_int_equal(tx_count, 1);
	tx_count = 0;
	holding = true;
	assert_false(port.ops->idle(&port));
	assert_true(port.ops->write(&port, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_setup_of_a_port_in_use, setup),
		cmocka_unit_test_setup(test_registers_of_words_far_apart, setup),
		cmocka_unit_test_setup(test_rates, setup),
		cmocka_unit_test_setup(test_read_in_order, setup),
		cmocka_unit_test_setup(test_damage_is_told_apart, setup),
		cmocka_unit_test_setup(test_write_when_there_is_room, setup),
	};

	return cmocka_run_group_tests_name("bootstub/ns8250", tests, NULL, NULL);
}
