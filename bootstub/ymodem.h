/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * Receiving a file by YMODEM.
 */
#ifndef YMODEM_H
#define YMODEM_H

#include <snapimg_glue.h>

/* How long for: a sender to begin; its next block; the next byte of a block. */
#define YMODEM_START_MS		2000
#define YMODEM_STARTS		30
#define YMODEM_BLOCK_MS		3000
#define YMODEM_GAP_MS		250
/* Requests without progress, and those of a whole session that had to be repeated. */
#define YMODEM_TRIES		10
#define YMODEM_FAILURES		500

/* Why nothing was received, negated. */
#define YMODEM_E_ABSENT		1	/* nobody sends */
#define YMODEM_E_TIMEOUT	2	/* the sender has stopped */
#define YMODEM_E_CANCELLED	3	/* by the sender */
#define YMODEM_E_LINE		4	/* too much arrives damaged */
#define YMODEM_E_SEQUENCE	5	/* a block that is neither wanted nor a repetition */
#define YMODEM_E_HEADER		6	/* block 0 without a size, or malformed */
#define YMODEM_E_EMPTY		7	/* the sender has no file */
#define YMODEM_E_TOO_LARGE	8	/* larger than there is room for */
#define YMODEM_E_EXCESS		9	/* more blocks than block 0 announced */
#define YMODEM_E_SHORT		10	/* fewer */
#define YMODEM_E_BATCH		11	/* a second file: which one was meant? */
#define YMODEM_E_COUNT		12

/* What the line has in place of a byte, negated. */
#define YMODEM_LINE_SILENT	1
#define YMODEM_LINE_DAMAGED	2

/**
 * struct ymodem_line - the way to the sender
 * @get: the next byte, 0 to 255; -YMODEM_LINE_SILENT: none has come in
 *	@timeout_ms; -YMODEM_LINE_DAMAGED: one came, but not whole
 * @put: send a byte; one that is not sent is asked for again
 * @ctx: for both
 */
struct ymodem_line {
	int (*get)(void *ctx, u32 timeout_ms);
	void (*put)(void *ctx, u8 c);
	void *ctx;
};

/**
 * ymodem_receive() - receive one file
 * @line: line to the sender
 * @dst: where it goes
 * @room: bytes at @dst; after a failure they are undefined
 * @size: result: bytes of the file, written only on success
 *
 * Takes blocks of 128 and of 1024 bytes with CRC-16, in a session of one file
 * that has told its size. Everything that arrives is hostile. Ends in bounded
 * time, whatever arrives: a byte at @dst costs its sender at least one on the
 * line, and what has to be sent again is counted.
 *
 * Context: the MMU is on
 *
 * Return: 0 or the first that is found:
 * * -YMODEM_E_ABSENT    - no sender for a minute; it was told nothing
 * * -YMODEM_E_CANCELLED - the sender has given up
 * * -YMODEM_E_*         - as above; the sender was told to stop
 */
int __attribute__((warn_unused_result))
ymodem_receive(const struct ymodem_line *line, void *dst, u64 room, u64 *size);

/** ymodem_error_name() - a few words about a result of ymodem_receive() */
const char *ymodem_error_name(int err);

#endif
