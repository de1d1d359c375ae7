// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * CRC-32C for programs that have nothing faster. Four bits at a time: the
 * sixteen-entry table costs 64 bytes, where the usual one of 1 KiB (or the 8 KiB
 * of the eight-way variant) would be felt in the boot loader.
 */
#include "snapimg_private.h"

static const u32 crc32c_nibble[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
	0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

u32 snapimg_crc32c_soft(u32 crc, const void *data, size_t size)
{
	const u8 *p = data;

	crc = ~crc;
	while (size--) {
		crc ^= *p++;
		crc = crc >> 4 ^ crc32c_nibble[crc & 15];
		crc = crc >> 4 ^ crc32c_nibble[crc & 15];
	}
	return ~crc;
}
