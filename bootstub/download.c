// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The protocol on a port. Where the image goes, and whether it is one, is the
 * business of who wants it.
 */
#include "download.h"
#include "ymodem.h"

static int line_get(void *ctx, u32 timeout_ms)
{
	int c = serial_get(ctx, timeout_ms);

	if (c >= 0)
		return c;
	return c == -SERIAL_E_NONE ? -YMODEM_LINE_SILENT : -YMODEM_LINE_DAMAGED;
}

static void line_put(void *ctx, u8 c)
{
	serial_put(ctx, c);
}

int image_download(const struct serial *s, void *dst, u64 room, u64 *size)
{
	const struct ymodem_line line = {
		.get = line_get,
		.put = line_put,
		.ctx = (void *)s,
	};

	serial_setup(s);
	return ymodem_receive(&line, dst, room, size);
}

int image_download_8250(const struct serial *s, void *dst, u64 room, u64 *size)
{
	struct serial port = *s;

	port.ops = &serial_8250;
	return image_download(&port, dst, room, size);
}

int image_download_pl011(const struct serial *s, void *dst, u64 room, u64 *size)
{
	struct serial port = *s;

	port.ops = &serial_pl011;
	return image_download(&port, dst, room, size);
}
