// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Arm PrimeCell UART, PL011 (DDI 0183). The section numbers are those of its
 * manual.
 */
#include "../mmio.h"
#include "serial.h"

#define DR		0x00	/* 3.3.1 */
#define DR_FE		(1 << 8)
#define DR_PE		(1 << 9)
#define DR_BE		(1 << 10)
#define DR_OE		(1 << 11)
#define FR		0x18	/* 3.3.3 */
#define FR_BUSY		(1 << 3)
#define FR_RXFE		(1 << 4)
#define FR_TXFF		(1 << 5)
#define IBRD		0x24
#define FBRD		0x28
#define LCRH		0x2c
#define LCRH_FEN	(1 << 4)
#define LCRH_8BIT	(3 << 5)
#define CR		0x30
#define CR_UARTEN	(1 << 0)
#define CR_TXE		(1 << 8)
#define CR_RXE		(1 << 9)
#define IMSC		0x38
#define DMACR		0x48

static u32 get(const struct serial *s, u32 offset)
{
	return mmio_read32(s->base + offset);
}

static void set(const struct serial *s, u32 offset, u32 v)
{
	mmio_write32(s->base + offset, v);
}

/* In the order of 3.3.8: off, FIFOs emptied, then the rest; LCRH after the divisor, 3.3.7. */
static void pl011_setup(const struct serial *s)
{
	u32 divisor;

	set(s, CR, 0);
	set(s, LCRH, LCRH_8BIT);
	set(s, IMSC, 0);
	set(s, DMACR, 0);
	if (s->clock_hz && s->baud) {
		/* The clock over 16 times the rate, in 64ths (3.3.6). */
		divisor = (u32)((s->clock_hz * 4ULL + s->baud / 2) / s->baud);
		set(s, IBRD, divisor >> 6);
		set(s, FBRD, divisor & 63);
	}
	set(s, LCRH, LCRH_8BIT | LCRH_FEN);
	set(s, CR, CR_RXE | CR_TXE | CR_UARTEN);
}

/* The flags come out of the FIFO with the byte that they belong to. */
static int pl011_read(const struct serial *s)
{
	u32 v;

	if (get(s, FR) & FR_RXFE)
		return -SERIAL_E_NONE;
	v = get(s, DR);
	if (v & DR_BE)
		return -SERIAL_E_BREAK;
	if (v & DR_FE)
		return -SERIAL_E_FRAMING;
	if (v & DR_PE)
		return -SERIAL_E_PARITY;
	if (v & DR_OE)
		return -SERIAL_E_OVERRUN;
	return (u8)v;
}

static bool pl011_write(const struct serial *s, u8 c)
{
	if (get(s, FR) & FR_TXFF)
		return false;
	set(s, DR, c);
	return true;
}

static bool pl011_idle(const struct serial *s)
{
	return !(get(s, FR) & FR_BUSY);
}

const struct serial_ops serial_pl011 = {
	.setup = pl011_setup,
	.read = pl011_read,
	.write = pl011_write,
	.idle = pl011_idle,
};
