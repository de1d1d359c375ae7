// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sender that says anything at all. The input is a list of what arrives:
 *
 *	0x00-0x7f n	n + 1 bytes as they follow
 *	0x80-0x9f	nothing: a wait in vain
 *	0xa0-0xaf	a byte that is damaged
 *	0xb0-0xcf k n b	a block with a right checksum: 1024 bytes when the code is
 *			odd, else 128; its number is k; its first n bytes follow,
 *			the others are b
 *	0xd0-0xff	the list so far once more, at most 300 times in all
 *
 * so that the fuzzer does not have to find out what a checksum is. The first
 * byte says how much room there is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ymodem.h"

#define REPEATS_MAX	300
#define ROOM_UNIT	1000
/* A line cannot be looked at more often, nor said more on, in any session. */
#define LOOKS_MAX	40000000ULL
#define PUTS_MAX	5000000ULL

struct sender {
	const u8 *in, *end, *begin;
	u32 repeats;
	u8 out[1024 + 5];
	u32 len, at;		/* of @out */
	int instead;		/* what is given when @out is used up; 0: the next item */
	u64 looks, puts, silences;
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u8 take(struct sender *s)
{
	return s->in < s->end ? *s->in++ : 0;
}

static void make_block(struct sender *s, u32 len)
{
	u8 number = take(s), given = take(s), fill = take(s);
	u32 crc = 0, i, bit;

	s->out[0] = len == 1024 ? 2 : 1;
	s->out[1] = number;
	s->out[2] = (u8)~number;
	for (i = 0; i < len; i++) {
		s->out[3 + i] = i < given ? take(s) : fill;
		crc ^= (u32)s->out[3 + i] << 8;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
	}
	s->out[3 + len] = (u8)(crc >> 8);
	s->out[4 + len] = (u8)crc;
	s->len = len + 5;
}

/* The next item into @out, or in its place. */
static void next_item(struct sender *s)
{
	u8 code = *s->in++;
	u32 i;

	s->at = s->len = 0;
	if (code < 0x80) {
		s->len = code + 1u;
		for (i = 0; i < s->len; i++)
			s->out[i] = take(s);
	} else if (code < 0xa0) {
		s->instead = -YMODEM_LINE_SILENT;
	} else if (code < 0xb0) {
		s->instead = -YMODEM_LINE_DAMAGED;
	} else if (code < 0xd0) {
		make_block(s, code & 1 ? 1024 : 128);
	} else if (s->repeats++ < REPEATS_MAX) {
		s->in = s->begin;
	}
}

static int get(void *ctx, u32 timeout_ms)
{
	struct sender *s = ctx;
	int c;

	if (++s->looks > LOOKS_MAX)
		abort();
	while (s->at == s->len && !s->instead && s->in < s->end)
		next_item(s);
	if (s->at < s->len)
		return s->out[s->at++];
	c = s->instead ? s->instead : -YMODEM_LINE_SILENT;
	s->instead = 0;
	return c;
}

static void put(void *ctx, u8 c)
{
	struct sender *s = ctx;

	if (++s->puts > PUTS_MAX)
		abort();
	if (!strchr("C\x06\x15\x18", c) || !c)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct sender s = { 0 };
	const struct ymodem_line line = { get, put, &s };
	u64 room, got = ~0ULL;
	u8 *dst;
	int err;

	if (!size)
		return 0;
	s.begin = s.in = data + 1;
	s.end = data + size;
	room = data[0] * (u64)ROOM_UNIT;
	/* Of exactly that size: a byte behind it is a crash. */
	dst = malloc(room ? room : 1);
	err = ymodem_receive(&line, dst, room, &got);
	if (err > 0 || err <= -YMODEM_E_COUNT || !ymodem_error_name(err))
		abort();
	if (err ? got != ~0ULL : got > room)
		abort();
	free(dst);
	return 0;
}
