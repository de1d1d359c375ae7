// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * 8250, 16450, 16550 and what is compatible with them; the registers are those
 * of the PC16550D (National Semiconductor, section 8). One without FIFOs
 * ignores that they are asked for.
 */
#include "../mmio.h"
#include "serial.h"

#define RBR		0	/* read, DLAB 0 */
#define THR		0	/* write, DLAB 0 */
#define DLL		0	/* DLAB 1 */
#define IER		1	/* DLAB 0 */
#define DLM		1	/* DLAB 1 */
#define FCR		2	/* write */
#define FCR_ENABLE	(1 << 0)
#define FCR_CLEAR	(1 << 1 | 1 << 2)
#define LCR		3
#define LCR_8BIT	3
#define LCR_DLAB	(1 << 7)
#define MCR		4
#define MCR_READY	(1 << 0 | 1 << 1)	/* DTR, RTS: the other side may send */
#define LSR		5
#define LSR_DR		(1 << 0)
#define LSR_OE		(1 << 1)
#define LSR_PE		(1 << 2)
#define LSR_FE		(1 << 3)
#define LSR_BI		(1 << 4)
#define LSR_THRE	(1 << 5)
#define LSR_TEMT	(1 << 6)

#define DIVISOR_MAX	0xffff

static u8 get(const struct serial *s, u32 reg)
{
	u64 at = s->base + ((u64)reg << s->reg_shift);

	return s->reg_width == 4 ? (u8)mmio_read32(at) : mmio_read8(at);
}

static void set(const struct serial *s, u32 reg, u8 v)
{
	u64 at = s->base + ((u64)reg << s->reg_shift);

	if (s->reg_width == 4)
		mmio_write32(at, v);
	else
		mmio_write8(at, v);
}

static void set_rate(const struct serial *s)
{
	u64 divisor = (s->clock_hz + s->baud * 8ULL) / (s->baud * 16ULL);

	/* 0 would be another rate, or none. */
	if (!divisor)
		divisor = 1;
	if (divisor > DIVISOR_MAX)
		divisor = DIVISOR_MAX;
	set(s, LCR, LCR_DLAB | LCR_8BIT);
	set(s, DLL, (u8)divisor);
	set(s, DLM, (u8)(divisor >> 8));
}

static void ns8250_setup(const struct serial *s)
{
	/* Before IER, which DLM hides while DLAB is set. */
	set(s, LCR, LCR_8BIT);
	set(s, IER, 0);
	if (s->clock_hz && s->baud)
		set_rate(s);
	set(s, LCR, LCR_8BIT);
	set(s, FCR, FCR_ENABLE | FCR_CLEAR);
	set(s, MCR, MCR_READY);
}

/*
 * Reading LSR clears its error bits. One that ns8250_write() sees is lost; a
 * checksum over what was received is not for that reason alone.
 */
static int ns8250_read(const struct serial *s)
{
	u8 lsr = get(s, LSR), c = 0;

	if (lsr & LSR_DR)
		c = get(s, RBR);
	if (lsr & LSR_BI)
		return -SERIAL_E_BREAK;
	if (lsr & LSR_FE)
		return -SERIAL_E_FRAMING;
	if (lsr & LSR_PE)
		return -SERIAL_E_PARITY;
	if (lsr & LSR_OE)
		return -SERIAL_E_OVERRUN;
	return lsr & LSR_DR ? c : -SERIAL_E_NONE;
}

static bool ns8250_write(const struct serial *s, u8 c)
{
	/* With FIFOs: empty. There is no bit for "not full". */
	if (!(get(s, LSR) & LSR_THRE))
		return false;
	set(s, THR, c);
	return true;
}

static bool ns8250_idle(const struct serial *s)
{
	return get(s, LSR) & LSR_TEMT;
}

const struct serial_ops serial_8250 = {
	.setup = ns8250_setup,
	.read = ns8250_read,
	.write = ns8250_write,
	.idle = ns8250_idle,
};
