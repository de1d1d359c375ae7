// SPDX-License-Identifier: GPL-2.0-only
/*
 * CRC-32C, eight bytes a step. A whole snapshot goes through it at every verify;
 * the bit-by-bit version of lib/snapimg would take most of that time.
 */
#include <pthread.h>

#include "snapimg_glue.h"

#define POLY	0x82f63b78U	/* Castagnoli, reflected */

static u32 table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLY : crc >> 1;
		table[0][i] = crc;
	}
	for (u32 i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

u32 snapimg_crc32c(u32 crc, const void *data, size_t size)
{
	const u8 *p = data;

	pthread_once(&table_once, fill_table);
	crc = ~crc;
	while (size >= 8) {
		u64 word;

		memcpy(&word, p, sizeof(word));
		word = le64_to_cpu(word) ^ crc;
		crc = 0;
		for (int k = 0; k < 8; k++)
			crc ^= table[7 - k][word >> 8 * k & 0xff];
		p += 8;
		size -= 8;
	}
	while (size--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}
