// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * YMODEM, the side that receives. Knows a line and a piece of memory, and
 * nothing of where the one leads and what the other is for.
 *
 * The receiver asks, the sender answers with one block and waits. A block that
 * is not right in every respect leaves no trace but a count, and is asked for
 * again once the line is quiet. Plain XMODEM is refused: it has no size, and
 * its first block looks like one from the middle of somebody else's session.
 *
 * A block of 1024 bytes is 1029 on the line, and one more is its answer: of
 * 115200 baud, 11520 bytes per second, 99.4 % are left for the file, and 90 %
 * as long as the sender takes less than 9 ms to send the next block. Blocks of
 * 128, which some senders take unless told otherwise, leave 95.5 %, and 90 % only
 * with a sender that answers within 0.7 ms.
 */
#include "ymodem.h"

#define SOH	0x01	/* begins a block of 128 bytes */
#define STX	0x02	/* begins a block of 1024 bytes */
#define EOT	0x04	/* end of the file */
#define ACK	0x06
#define NAK	0x15
#define CAN	0x18	/* two of them: give up */
#define START	'C'	/* asks for blocks with CRC */

#define BLOCK_SHORT	128
#define BLOCK_LONG	1024
/* What is thrown away at most until the line is quiet: some blocks. */
#define FLUSH_MAX	4096
/* Requests to close a session that has all it wanted. */
#define CLOSE_TRIES	3
/* Senders look for two, some of them not before they have thrown some away. */
#define CANCELS		8

enum event {
	EVENT_BLOCK,	/* a block, whole */
	EVENT_END,	/* EOT */
	EVENT_CANCEL,
	EVENT_SILENCE,	/* nothing, or nothing more */
	EVENT_NOISE,	/* what is none of the others; the line may still be busy */
};

struct session {
	const struct ymodem_line *line;
	u8 *dst;
	u64 size;	/* of the file */
	u64 done;	/* bytes of it at dst */
	u32 tries;	/* requests since the last progress */
	u32 failures;
	u8 next;	/* number of the block that is wanted */
	u8 number;	/* of the block at hand */
	u32 len;	/* its bytes */
	u8 block[BLOCK_LONG];
};

static int get(struct session *s, u32 timeout_ms)
{
	return s->line->get(s->line->ctx, timeout_ms);
}

static void put(struct session *s, u8 c)
{
	s->line->put(s->line->ctx, c);
}

/* Until nothing comes for as long as a gap in a block may be, but not for ever. */
static void flush(struct session *s)
{
	u32 i;

	for (i = 0; i < FLUSH_MAX; i++)
		if (get(s, YMODEM_GAP_MS) == -YMODEM_LINE_SILENT)
			break;
}

/* CRC-16 with 0x1021, four bits a step: what the line takes for a byte is ages longer. */
static u16 crc_byte(u16 crc, u8 c)
{
	static const u16 step[16] = {
		0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
		0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
	};

	crc = (u16)(crc << 4) ^ step[crc >> 12 ^ c >> 4];
	return (u16)(crc << 4) ^ step[crc >> 12 ^ (c & 0xf)];
}

/* The rest of a block: number, its complement, bytes, CRC with the high byte first. */
static enum event read_block(struct session *s, u32 len)
{
	u16 crc = 0;
	u8 twin = 0;
	u32 i;
	int c;

	s->len = len;
	for (i = 0; i < len + 4; i++) {
		c = get(s, YMODEM_GAP_MS);
		if (c < 0)
			return c == -YMODEM_LINE_SILENT ? EVENT_SILENCE : EVENT_NOISE;
		if (i == 0)
			s->number = (u8)c;
		else if (i == 1)
			twin = (u8)c;
		else
			crc = crc_byte(crc, (u8)c);
		if (i >= 2 && i < len + 2)
			s->block[i - 2] = (u8)c;
	}
	/* Over its own value too a CRC is zero. */
	return crc || (s->number ^ twin) != 0xff ? EVENT_NOISE : EVENT_BLOCK;
}

static enum event second_can(struct session *s)
{
	int c = get(s, YMODEM_GAP_MS);

	if (c == CAN)
		return EVENT_CANCEL;
	return c == -YMODEM_LINE_SILENT ? EVENT_SILENCE : EVENT_NOISE;
}

static enum event wait_event(struct session *s, u32 timeout_ms)
{
	switch (get(s, timeout_ms)) {
	case SOH:
		return read_block(s, BLOCK_SHORT);
	case STX:
		return read_block(s, BLOCK_LONG);
	case EOT:
		return EVENT_END;
	case CAN:
		return second_can(s);
	case -YMODEM_LINE_SILENT:
		return EVENT_SILENCE;
	default:
		return EVENT_NOISE;
	}
}

/* Ask once more, with @request, on a quiet line; @why when that was often enough. */
static int ask_again(struct session *s, u8 request, enum event got, int why)
{
	if (++s->tries > YMODEM_TRIES || ++s->failures > YMODEM_FAILURES)
		return why;
	if (got != EVENT_SILENCE)
		flush(s);
	put(s, request);
	return 0;
}

static int failure_of(enum event got)
{
	return got == EVENT_SILENCE ? -YMODEM_E_TIMEOUT : -YMODEM_E_LINE;
}

/* Decimal digits, up to a space or the end of the text; false: something else, or too large. */
static bool parse_size(const u8 *p, const u8 *end, u64 *size)
{
	u64 v = 0;
	u32 digits = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++, digits++) {
		u32 digit = *p - '0';

		if (v > (~0ULL - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*size = v;
	return digits && p < end && (!*p || *p == ' ');
}

/* Block 0: the name and its end, the size, and more that is not looked at. */
static int take_header(struct session *s, u64 room)
{
	const u8 *end = s->block + s->len;
	const u8 *p = memchr(s->block, 0, s->len);

	if (s->number)
		return -YMODEM_E_SEQUENCE;
	if (p == s->block)
		return -YMODEM_E_EMPTY;
	if (!p || !parse_size(p + 1, end, &s->size))
		return -YMODEM_E_HEADER;
	if (s->size > room)
		return -YMODEM_E_TOO_LARGE;
	return 0;
}

static int receive_header(struct session *s, u64 room)
{
	bool heard = false;
	u32 i;
	int err;

	for (i = 0; i < YMODEM_STARTS; i++) {
		put(s, START);
		switch (wait_event(s, YMODEM_START_MS)) {
		case EVENT_BLOCK:
			err = take_header(s, room);
			/* A request too many has a second copy on its way: one answer is enough. */
			if (!err)
				flush(s);
			return err;
		case EVENT_CANCEL:
			return -YMODEM_E_CANCELLED;
		case EVENT_SILENCE:
			break;
		default:
			heard = true;
			flush(s);
			break;
		}
	}
	return heard ? -YMODEM_E_LINE : -YMODEM_E_ABSENT;
}

/* The first block is asked for, the others come for the answer to the one before. */
static u8 request_for(const struct session *s, enum event got)
{
	return s->next == 1 && !s->done && got == EVENT_SILENCE ? START : NAK;
}

static int take_block(struct session *s)
{
	u64 left = s->size - s->done;
	u32 len = left < s->len ? (u32)left : s->len;
	int err;

	if (s->number == (u8)(s->next - 1)) {
		/* The answer got lost. */
		err = ask_again(s, ACK, EVENT_BLOCK, -YMODEM_E_LINE);
		if (!err && !s->done)
			put(s, START);
		return err;
	}
	if (s->number != s->next)
		return -YMODEM_E_SEQUENCE;
	if (!left)
		return -YMODEM_E_EXCESS;
	memcpy(s->dst + s->done, s->block, len);
	s->done += len;
	s->next++;
	s->tries = 0;
	put(s, ACK);
	return 0;
}

/* Up to the second EOT: a single one may have been a byte of a damaged block. */
static int receive_data(struct session *s)
{
	bool ended = false;
	enum event got;
	int err = 0;

	put(s, ACK);
	put(s, START);
	s->next = 1;
	while (!err) {
		got = wait_event(s, YMODEM_BLOCK_MS);
		switch (got) {
		case EVENT_BLOCK:
			err = take_block(s);
			break;
		case EVENT_CANCEL:
			return -YMODEM_E_CANCELLED;
		case EVENT_END:
			if (ended && s->done == s->size)
				return 0;
			ended = true;
			err = ask_again(s, NAK, got, -YMODEM_E_SHORT);
			break;
		default:
			err = ask_again(s, request_for(s, got), got, failure_of(got));
			break;
		}
	}
	return err;
}

/*
 * All of the file is there: that a sender goes away without closing the session
 * takes nothing from it. A second file does, for nobody has said which is meant.
 */
static int close_session(struct session *s)
{
	u32 i;

	put(s, ACK);
	for (i = 0; i < CLOSE_TRIES; i++) {
		put(s, START);
		switch (wait_event(s, YMODEM_BLOCK_MS)) {
		case EVENT_BLOCK:
			if (s->number || s->block[0])
				return s->number ? -YMODEM_E_EXCESS : -YMODEM_E_BATCH;
			put(s, ACK);
			return 0;
		case EVENT_CANCEL:
			return -YMODEM_E_CANCELLED;
		case EVENT_END:
			put(s, ACK);
			break;
		case EVENT_NOISE:
			flush(s);
			break;
		default:
			break;
		}
	}
	return 0;
}

static void cancel(struct session *s)
{
	u32 i;

	flush(s);
	for (i = 0; i < CANCELS; i++)
		put(s, CAN);
}

int ymodem_receive(const struct ymodem_line *line, void *dst, u64 room, u64 *size)
{
	struct session s = { .line = line, .dst = dst };
	int err;

	err = receive_header(&s, room);
	if (!err)
		err = receive_data(&s);
	if (!err)
		err = close_session(&s);
	if (!err)
		*size = s.size;
	else if (err != -YMODEM_E_ABSENT && err != -YMODEM_E_CANCELLED)
		cancel(&s);
	return err;
}

const char *ymodem_error_name(int err)
{
	static const char *const name[YMODEM_E_COUNT] = {
		"received",
		[YMODEM_E_ABSENT] = "nobody sends",
		[YMODEM_E_TIMEOUT] = "the sender has stopped",
		[YMODEM_E_CANCELLED] = "cancelled by the sender",
		[YMODEM_E_LINE] = "too many errors on the line",
		[YMODEM_E_SEQUENCE] = "blocks out of order, or not YMODEM",
		[YMODEM_E_HEADER] = "no size, or a malformed one, in block 0",
		[YMODEM_E_EMPTY] = "the sender has no file",
		[YMODEM_E_TOO_LARGE] = "too large",
		[YMODEM_E_EXCESS] = "more than was announced",
		[YMODEM_E_SHORT] = "less than was announced",
		[YMODEM_E_BATCH] = "more than one file",
	};

	return err <= 0 && err > -YMODEM_E_COUNT ? name[-err] : "unknown";
}
