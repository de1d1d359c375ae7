// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * What all serial ports have in common: waiting, but not for ever.
 */
#include "../arch/arch.h"
#include "serial.h"

/* A FIFO of 64 drains in 6 ms at 115200: who waits longer waits for a line that is stuck. */
#define WAIT_MS		10

/* The difference is right also when the counter wraps. */
static bool within(u64 since, u32 ms)
{
	return arch_counter() - since < arch_counter_hz() / 1000 * ms;
}

void serial_setup(const struct serial *s)
{
	u64 since = arch_counter();

	while (!s->ops->idle(s) && within(since, WAIT_MS))
		;
	s->ops->setup(s);
}

int serial_get(const struct serial *s, u32 timeout_ms)
{
	int c = s->ops->read(s);
	u64 since;

	/* The counter costs more than a byte that is already there. */
	if (c != -SERIAL_E_NONE)
		return c;
	since = arch_counter();
	do
		c = s->ops->read(s);
	while (c == -SERIAL_E_NONE && within(since, timeout_ms));
	return c;
}

bool serial_put(const struct serial *s, u8 c)
{
	u64 since;

	if (s->ops->write(s, c))
		return true;
	since = arch_counter();
	while (within(since, WAIT_MS))
		if (s->ops->write(s, c))
			return true;
	return false;
}
