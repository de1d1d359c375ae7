/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Polled serial ports: 8 data bits, no parity, one stop bit, no flow control.
 */
#ifndef SERIAL_H
#define SERIAL_H

#include <snapimg_glue.h>

/* What is there in place of a byte, negated. */
#define SERIAL_E_NONE		1	/* nothing has arrived */
#define SERIAL_E_OVERRUN	2	/* a byte was lost before this one was read */
#define SERIAL_E_PARITY		3
#define SERIAL_E_FRAMING	4	/* no stop bit: noise, or another rate */
#define SERIAL_E_BREAK		5	/* the line was held low */

struct serial;

/**
 * struct serial_ops - a kind of controller
 * @setup: see serial_setup()
 * @read: a byte, or a negated SERIAL_E_*, without waiting; what it returns is
 *	taken out of the controller
 * @write: send a byte, without waiting; false: no room for it now
 * @idle: has all that was written left the controller?
 */
struct serial_ops {
	void (*setup)(const struct serial *s);
	int (*read)(const struct serial *s);
	bool (*write)(const struct serial *s, u8 c);
	bool (*idle)(const struct serial *s);
};

/**
 * struct serial - a port
 * @ops: its kind
 * @base: address of its registers, mapped as a device's
 * @clock_hz: what the rate is divided from; 0: the rate is left as it is found
 * @baud: bits per second
 * @reg_shift: 8250: registers are 1 << @reg_shift bytes apart
 * @reg_width: 8250: bytes of an access, 1 or 4
 */
struct serial {
	const struct serial_ops *ops;
	u64 base;
	u32 clock_hz;
	u32 baud;
	u32 reg_shift;
	u32 reg_width;
};

/* pl011.c: Arm PrimeCell UART; ns8250.c: 8250, 16450, 16550 and descendants. */
extern const struct serial_ops serial_pl011;
extern const struct serial_ops serial_8250;

/**
 * serial_setup() - make a port ready, whatever state it is in
 * @s: port
 *
 * Lets go out what is being sent, waiting for it no longer than 10 ms, and
 * drops what has been received.
 *
 * Context: like all of a port's functions, also with the MMU off
 */
void serial_setup(const struct serial *s);

/**
 * serial_get() - wait for a byte
 * @s: port, set up
 * @timeout_ms: how long at most; 0: only look
 *
 * Return: the byte, 0 to 255, or
 * * -SERIAL_E_NONE                               - none in that time
 * * -SERIAL_E_BREAK, _FRAMING, _PARITY, _OVERRUN - what came is no byte; that of
 *   several which comes first here
 */
int __attribute__((warn_unused_result)) serial_get(const struct serial *s, u32 timeout_ms);

/**
 * serial_put() - send a byte
 * @s: port, set up
 * @c: byte
 *
 * Waits for room, but no longer than 10 ms.
 *
 * Return: false when it was not sent; the line is stuck then, and who has more
 * to say should not try
 */
bool serial_put(const struct serial *s, u8 c);

#endif
