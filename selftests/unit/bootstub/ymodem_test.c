// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receiver against a sender that is a script: what arrives, byte by byte,
 * with the silences, and what is to be answered. Nothing here waits.
 */
#include "../test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ymodem.h"

#define SILENCE	-YMODEM_LINE_SILENT
#define DAMAGE	-YMODEM_LINE_DAMAGED
#define FOREVER	1000	/* and what follows is repeated until the end */
#define ROOM	(1u << 20)

enum { SOH = 1, STX = 2, EOT = 4, ACK = 6, NAK = 0x15, CAN = 0x18 };

static s32 script[2 * ROOM];
static u32 script_end, at, loop_at;
static char said[8192];
static u32 said_count;
static u64 waited_ms;
static u8 file[ROOM];
static u8 *dst;
static u64 size;

/* ---- the line ---- */

static int get(void *ctx, u32 timeout_ms)
{
	int c = SILENCE;

	assert_ptr_equal(ctx, script);
	if (at < script_end && script[at] == FOREVER) {
		loop_at = at + 1;
		at++;
	}
	if (at == script_end && loop_at)
		at = loop_at;
	if (at < script_end)
		c = script[at++];
	if (c == SILENCE)
		waited_ms += timeout_ms;
	return c;
}

static char letter(u8 c)
{
	switch (c) {
	case ACK:
		return 'A';
	case NAK:
		return 'N';
	case CAN:
		return 'X';
	default:
		return c == 'C' ? 'C' : '?';
	}
}

static void put(void *ctx, u8 c)
{
	assert_ptr_equal(ctx, script);
	assert_true(said_count + 1 < sizeof(said));
	said[said_count++] = letter(c);
	said[said_count] = '\0';
}

static const struct ymodem_line line = { get, put, script };

static int setup(void **state)
{
	u32 i;

	script_end = at = loop_at = said_count = 0;
	said[0] = '\0';
	waited_ms = 0;
	size = 12345;
	for (i = 0; i < ROOM; i++)
		file[i] = (u8)(i * 7 ^ i >> 8 ^ i >> 16);
	free(dst);
	dst = NULL;
	return 0;
}

static int teardown(void **state)
{
	free(dst);
	dst = NULL;
	return 0;
}

/* ---- the sender ---- */

static void send(int c)
{
	assert_true(script_end < ARRAY_SIZE(script));
	script[script_end++] = c;
}

/* Bit by bit, as the protocol's description has it. */
static u16 crc16(const u8 *p, u32 len)
{
	u32 crc = 0, i, bit;

	for (i = 0; i < len; i++) {
		crc ^= (u32)p[i] << 8;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
	}
	return (u16)crc;
}

static void send_raw(u8 number, const void *data, u32 len)
{
	const u8 *p = data;
	u16 crc = crc16(p, len);
	u32 i;

	send(len == 1024 ? STX : SOH);
	send(number);
	send((u8)~number);
	for (i = 0; i < len; i++)
		send(p[i]);
	send(crc >> 8);
	send(crc & 0xff);
}

/* Block @number of the file, all of whose blocks are of @len bytes. */
static void send_block(u32 number, u32 len, u32 file_size)
{
	u32 from = (number - 1) * len, n = from < file_size ? file_size - from : 0;
	u8 block[1024];

	memset(block, 0x1a, sizeof(block));
	memcpy(block, file + from, n < len ? n : len);
	send_raw((u8)number, block, len);
}

static void send_text(const char *text, u32 len)
{
	u8 block[1024] = { 0 };

	memcpy(block, text, len);
	send_raw(0, block, len > 128 ? 1024 : 128);
}

static void send_header(u32 file_size)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "os.img%c%u 14500000000 100644 0 1 %u", 0, file_size,
			 file_size);

	send_text(text, (u32)n + 1);
	send(SILENCE);
}

static void send_end(void)
{
	send(EOT);
	send(SILENCE);
	send(EOT);
	send_text("", 1);
}

static void send_file(u32 len, u32 file_size)
{
	u32 i;

	send_header(file_size);
	for (i = 0; i * len < file_size; i++)
		send_block(i + 1, len, file_size);
	send_end();
}

/* ---- the receiver ---- */

static int receive(u32 room)
{
	/* With nothing behind it that a byte too many could go to. */
	dst = malloc(room ? room : 1);
	return ymodem_receive(&line, dst, room, &size);
}

static void receives(u32 file_size)
{
	assert_int_equal(receive(file_size), 0);
	assert_int_equal(size, file_size);
	assert_memory_equal(dst, file, file_size);
	assert_int_equal(at, script_end);
}

static void refuses(u32 room, int why)
{
	assert_int_equal(receive(room), -why);
	assert_int_equal(size, 12345);
	/* Whoever still sends is told. */
	assert_true(said_count >= 8);
	assert_string_equal(said + said_count - 8, "XXXXXXXX");
}

/* ---- tests ---- */

static void test_checksum_of_the_sender(void **state)
{
	/* The value that the catalogue has for this CRC. */
	assert_int_equal(crc16((const u8 *)"123456789", 9), 0x31c3);
}

static void test_file_of_one_block(void **state)
{
	send_file(128, 100);
	receives(100);
	assert_string_equal(said, "CACANACA");
}

static void test_sizes(void **state)
{
	const u32 sizes[] = { 0, 1, 127, 128, 129, 1023, 1024, 1025, 40000, 300000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		setup(state);
		send_file(1024, sizes[i]);
		receives(sizes[i]);
		setup(state);
		send_file(128, sizes[i]);
		receives(sizes[i]);
	}
}

static void test_blocks_of_both_kinds(void **state)
{
	send_header(2300);
	send_block(1, 1024, 2300);
	send_block(2, 1024, 2300);
	send_raw(3, file + 2048, 128);
	send_raw(4, file + 2176, 128);
	send_end();
	receives(2300);
}

static void test_header_of_1024_bytes(void **state)
{
	char text[1024];

	memset(text, 'n', 1000);
	text[1000] = '\0';
	strcpy(text + 1001, "5 0 0");
	send_text(text, 1024);
	send(SILENCE);
	send_block(1, 128, 5);
	send_end();
	receives(5);
}

static void test_sender_that_comes_late(void **state)
{
	u32 i;

	for (i = 0; i < YMODEM_STARTS - 1; i++)
		send(SILENCE);
	send_file(1024, 3000);
	receives(3000);
}

static void test_nobody_sends(void **state)
{
	assert_int_equal(receive(100), -YMODEM_E_ABSENT);
	assert_int_equal(waited_ms, 60000);
	assert_int_equal(said_count, 30);
	assert_int_equal(strspn(said, "C"), 30);
}

static void test_only_noise(void **state)
{
	send(FOREVER);
	send('x');
	refuses(100, YMODEM_E_LINE);
	assert_true(waited_ms < 300000);
}

static void test_keys_before_the_sender(void **state)
{
	const char *keys = "d\r\nsb";

	while (*keys)
		send(*keys++);
	send(SILENCE);
	send_file(128, 300);
	receives(300);
}

/* Block 0 twice, because it was asked for twice: answered once. */
static void test_two_copies_of_the_header(void **state)
{
	send_header(100);
	script_end--;
	send_header(100);
	send_block(1, 128, 100);
	send_end();
	receives(100);
	assert_string_equal(said, "CACANACA");
}

static void test_answer_to_the_header_lost(void **state)
{
	send_header(100);
	send(SILENCE);
	send_header(100);
	send_block(1, 128, 100);
	send_end();
	receives(100);
	assert_string_equal(said, "CACCACANACA");
}

static void test_lost_block(void **state)
{
	send_header(3000);
	send_block(1, 1024, 3000);
	send(SILENCE);
	send_block(2, 1024, 3000);
	send_block(3, 1024, 3000);
	send_end();
	receives(3000);
	assert_string_equal(said, "CACANAANACA");
}

static void test_lost_first_block(void **state)
{
	send_header(300);
	send(SILENCE);
	send_block(1, 1024, 300);
	send_end();
	receives(300);
	/* The sender may not have seen the request yet. */
	assert_string_equal(said, "CACCANACA");
}

static void test_repeated_block(void **state)
{
	send_header(3000);
	send_block(1, 1024, 3000);
	send_block(2, 1024, 3000);
	send_block(2, 1024, 3000);
	send(SILENCE);
	send_block(3, 1024, 3000);
	send_block(3, 1024, 3000);
	send(SILENCE);
	send_end();
	receives(3000);
	assert_string_equal(said, "CACAAAAANACA");
}

static void test_repeated_block_255(void **state)
{
	u32 i;

	send_header(260 * 128);
	for (i = 1; i <= 260; i++) {
		send_block(i, 128, 260 * 128);
		if (i == 255 || i == 256) {
			send_block(i, 128, 260 * 128);
			send(SILENCE);
		}
	}
	send_end();
	receives(260 * 128);
}

/* More failures than a block may have, but of many blocks. */
static void test_progress_is_a_new_beginning(void **state)
{
	u32 i;

	send_header(2 * YMODEM_TRIES * 128);
	for (i = 1; i <= 2 * YMODEM_TRIES; i++) {
		send(SILENCE);
		send_block(i, 128, 2 * YMODEM_TRIES * 128);
	}
	send_end();
	receives(2 * YMODEM_TRIES * 128);
}

/* Each byte of a block, in each way, and the block once more. */
static void test_corrupted_block(void **state)
{
	const u32 places[] = { 0, 1, 2, 3, 4, 66, 130, 131, 132 };
	u32 i, bit, from;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (bit = 0; bit < 9; bit++) {
			setup(state);
			send_header(256);
			send_block(1, 128, 256);
			from = script_end;
			send_block(2, 128, 256);
			if (bit < 8)
				script[from + places[i]] ^= 1 << bit;
			else
				script[from + places[i]] = DAMAGE;
			send(SILENCE);
			send_block(2, 128, 256);
			send_end();
			receives(256);
			assert_string_equal(said, "CACANANACA");
		}
}

static void test_byte_lost(void **state)
{
	u32 i, from;

	for (i = 0; i < 1029; i++) {
		setup(state);
		send_header(1500);
		from = script_end;
		send_block(1, 1024, 1500);
		memmove(script + from + i, script + from + i + 1,
			(script_end - from - i - 1) * sizeof(script[0]));
		script_end--;
		send(SILENCE);
		send_block(1, 1024, 1500);
		send_block(2, 1024, 1500);
		send_end();
		receives(1500);
	}
}

static void test_byte_twice(void **state)
{
	u32 i, from;

	for (i = 0; i < 133; i++) {
		setup(state);
		send_header(200);
		from = script_end;
		send_block(1, 128, 200);
		memmove(script + from + i + 1, script + from + i,
			(script_end - from - i) * sizeof(script[0]));
		script_end++;
		send(SILENCE);
		send_block(1, 128, 200);
		/* The last byte twice: the block was right, and what follows is noise. */
		if (i == 132)
			send(SILENCE);
		send_block(2, 128, 200);
		send_end();
		receives(200);
	}
}

static void test_out_of_order(void **state)
{
	send_header(5000);
	send_block(1, 1024, 5000);
	send_block(3, 1024, 5000);
	refuses(5000, YMODEM_E_SEQUENCE);
}

static void test_block_before_the_last_one(void **state)
{
	send_header(5000);
	send_block(1, 1024, 5000);
	send_block(2, 1024, 5000);
	send_block(3, 1024, 5000);
	send_block(1, 1024, 5000);
	refuses(5000, YMODEM_E_SEQUENCE);
}

static void test_middle_of_another_session(void **state)
{
	send_block(1, 128, 128);
	refuses(128, YMODEM_E_SEQUENCE);
}

static void test_sender_that_stops(void **state)
{
	send_header(5000);
	send_block(1, 1024, 5000);
	refuses(5000, YMODEM_E_TIMEOUT);
	assert_true(waited_ms < 40000);
}

static void test_sender_that_stops_in_a_block(void **state)
{
	send_header(5000);
	send_block(1, 1024, 5000);
	send_block(2, 1024, 5000);
	script_end -= 500;
	refuses(5000, YMODEM_E_TIMEOUT);
	assert_true(waited_ms < 40000);
}

static void test_sender_that_stops_after_the_header(void **state)
{
	send_header(5000);
	refuses(5000, YMODEM_E_TIMEOUT);
}

static void test_line_that_damages_everything(void **state)
{
	send_header(5000);
	send(FOREVER);
	send_block(1, 1024, 5000);
	script[script_end - 3] ^= 0x40;
	send(SILENCE);
	refuses(5000, YMODEM_E_LINE);
	assert_int_equal(strspn(said, "CA"), 3);
	assert_int_equal(strspn(said + 3, "N"), YMODEM_TRIES);
}

/* Nine failures before each block: no block is given up, the session is. */
static void test_line_that_damages_too_much(void **state)
{
	u32 block, i;

	send_header(200 * 128);
	for (block = 1; block <= 200; block++) {
		for (i = 0; i < YMODEM_TRIES - 1; i++) {
			send(DAMAGE);
			send(SILENCE);
		}
		send_block(block, 128, 200 * 128);
	}
	send_end();
	refuses(200 * 128, YMODEM_E_LINE);
}

static void test_block_repeated_for_ever(void **state)
{
	send_header(5000);
	send_block(1, 1024, 5000);
	send(FOREVER);
	send_block(1, 1024, 5000);
	send(SILENCE);
	refuses(5000, YMODEM_E_LINE);
}

static void test_more_than_announced(void **state)
{
	send_header(1025);
	send_block(1, 1024, 3000);
	send_block(2, 1024, 3000);
	send_block(3, 1024, 3000);
	refuses(3000, YMODEM_E_EXCESS);
}

static void test_padding_goes_nowhere(void **state)
{
	send_header(1025);
	send_block(1, 1024, 2048);
	send_block(2, 1024, 2048);
	send_end();
	receives(1025);		/* in a room of 1025 bytes */
}

static void test_larger_than_the_room(void **state)
{
	send_header(1025);
	refuses(1024, YMODEM_E_TOO_LARGE);
	assert_string_equal(said, "CXXXXXXXX");
}

static void test_malformed_headers(void **state)
{
	const struct {
		const char *text;
		u32 len;
		int why;
	} cases[] = {
#define CASE(text, why)	{ text, sizeof(text), why }
		CASE("", YMODEM_E_EMPTY),
		CASE("\0" "100", YMODEM_E_EMPTY),
		CASE("name", YMODEM_E_HEADER),
		CASE("name\0", YMODEM_E_HEADER),
		CASE("name\0 100", YMODEM_E_HEADER),
		CASE("name\0" "-1", YMODEM_E_HEADER),
		CASE("name\0" "+1", YMODEM_E_HEADER),
		CASE("name\0" "0x10", YMODEM_E_HEADER),
		CASE("name\0" "12a", YMODEM_E_HEADER),
		CASE("name\0" "12\t0", YMODEM_E_HEADER),
		CASE("name\0" "18446744073709551615", YMODEM_E_TOO_LARGE),
		CASE("name\0" "18446744073709551616", YMODEM_E_HEADER),
		CASE("name\0" "18446744073709551716", YMODEM_E_HEADER),
		CASE("name\0" "99999999999999999999", YMODEM_E_HEADER),
		CASE("name\0" "100000000000000000000000000000000000001", YMODEM_E_HEADER),
		CASE("name\0" "4294967297", YMODEM_E_TOO_LARGE),
		CASE("name\0" "101", YMODEM_E_TOO_LARGE),
#undef CASE
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		send_text(cases[i].text, cases[i].len);
		refuses(100, cases[i].why);
	}
}

/* A name, or a size, that has no end in the block. */
static void test_endless_headers(void **state)
{
	u8 block[128];

	memset(block, 'n', sizeof(block));
	send_raw(0, block, 128);
	refuses(100, YMODEM_E_HEADER);
	setup(state);
	block[127] = 0;
	send_raw(0, block, 128);
	refuses(100, YMODEM_E_HEADER);
	setup(state);
	block[100] = 0;
	memset(block + 101, '0', 27);
	send_raw(0, block, 128);
	refuses(100, YMODEM_E_HEADER);
	setup(state);
	block[127] = ' ';
	send_raw(0, block, 128);
	send(SILENCE);
	send_end();
	receives(0);
	/* Digits up to the end of all that the receiver keeps. */
	setup(state);
	memset(file, '0', 1024);
	file[0] = 'n';
	file[1] = '\0';
	send_raw(0, file, 1024);
	refuses(100, YMODEM_E_HEADER);
}

static void test_less_than_announced(void **state)
{
	send_header(3000);
	send_block(1, 1024, 3000);
	send(FOREVER);
	send(EOT);
	send(SILENCE);
	refuses(3000, YMODEM_E_SHORT);
}

/* What is left of block 4 when its first byte is lost begins with its number, 4. */
static void test_end_that_is_none(void **state)
{
	u32 i, n;

	send_header(5000);
	for (i = 1; i <= 3; i++)
		send_block(i, 1024, 5000);
	for (n = 0; n < 2; n++) {
		send(4);
		send(0xfb);
		send(0x33);
		send(SILENCE);
	}
	for (i = 4; i <= 5; i++)
		send_block(i, 1024, 5000);
	send_end();
	receives(5000);
}

static void test_cancelled(void **state)
{
	u32 stage;

	for (stage = 0; stage < 4; stage++) {
		setup(state);
		if (stage > 0)
			send_header(100);
		if (stage > 1)
			send_block(1, 128, 100);
		if (stage > 2) {
			send(EOT);
			send(SILENCE);
			send(EOT);
		}
		send(CAN);
		send(CAN);
		assert_int_equal(receive(100), -YMODEM_E_CANCELLED);
		assert_int_equal(size, 12345);
		assert_null(strchr(said, 'X'));
	}
}

static void test_one_can_is_noise(void **state)
{
	send(CAN);
	send(SILENCE);
	send_header(200);
	send_block(1, 128, 200);
	send(CAN);
	send(SILENCE);
	send_block(2, 128, 200);
	send(CAN);
	send('!');
	send(SILENCE);
	send_end();
	receives(200);
}

static void test_two_files(void **state)
{
	send_header(100);
	send_block(1, 128, 100);
	send(EOT);
	send(SILENCE);
	send(EOT);
	send_header(100);
	refuses(100, YMODEM_E_BATCH);
}

static void test_data_after_the_end(void **state)
{
	send_header(100);
	send_block(1, 128, 100);
	send(EOT);
	send(SILENCE);
	send(EOT);
	memset(file, 0, 128);
	send_raw(2, file, 128);
	refuses(100, YMODEM_E_EXCESS);
}

static void test_end_is_answered_again(void **state)
{
	send_header(100);
	send_block(1, 128, 100);
	send(EOT);
	send(SILENCE);
	send(EOT);
	send(EOT);
	send_text("", 1);
	receives(100);
	assert_string_equal(said, "CACANACACA");
}

static void test_session_that_is_not_closed(void **state)
{
	send_header(100);
	send_block(1, 128, 100);
	send(EOT);
	send(SILENCE);
	send(EOT);
	receives(100);
	assert_true(waited_ms < 10000);
}

static void test_noise_while_closing(void **state)
{
	u32 i;

	send_header(100);
	send_block(1, 128, 100);
	send(EOT);
	send(SILENCE);
	send(EOT);
	for (i = 0; i < 10; i++)
		send('?');
	send(SILENCE);
	send_text("", 1);
	receives(100);
}

static void test_every_result_has_a_name(void **state)
{
	int err;

	for (err = 0; err > -YMODEM_E_COUNT; err--) {
		assert_non_null(ymodem_error_name(err));
		assert_string_not_equal(ymodem_error_name(err), "unknown");
	}
	assert_string_equal(ymodem_error_name(1), "unknown");
	assert_string_equal(ymodem_error_name(-YMODEM_E_COUNT), "unknown");
}

#define TEST(name)	cmocka_unit_test_setup_teardown(test_ ## name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(checksum_of_the_sender),
		TEST(file_of_one_block),
		TEST(sizes),
		TEST(blocks_of_both_kinds),
		TEST(header_of_1024_bytes),
		TEST(sender_that_comes_late),
		TEST(nobody_sends),
		TEST(only_noise),
		TEST(keys_before_the_sender),
		TEST(two_copies_of_the_header),
		TEST(answer_to_the_header_lost),
		TEST(lost_block),
		TEST(lost_first_block),
		TEST(repeated_block),
		TEST(repeated_block_255),
		TEST(progress_is_a_new_beginning),
		TEST(corrupted_block),
		TEST(byte_lost),
		TEST(byte_twice),
		TEST(out_of_order),
		TEST(block_before_the_last_one),
		TEST(middle_of_another_session),
		TEST(sender_that_stops),
		TEST(sender_that_stops_in_a_block),
		TEST(sender_that_stops_after_the_header),
		TEST(line_that_damages_everything),
		TEST(line_that_damages_too_much),
		TEST(block_repeated_for_ever),
		TEST(more_than_announced),
		TEST(padding_goes_nowhere),
		TEST(larger_than_the_room),
		TEST(malformed_headers),
		TEST(endless_headers),
		TEST(less_than_announced),
		TEST(end_that_is_none),
		TEST(cancelled),
		TEST(one_can_is_noise),
		TEST(two_files),
		TEST(data_after_the_end),
		TEST(end_is_answered_again),
		TEST(session_that_is_not_closed),
		TEST(noise_while_closing),
		TEST(every_result_has_a_name),
	};

	return cmocka_run_group_tests_name("bootstub/ymodem", tests, NULL, NULL);
}
