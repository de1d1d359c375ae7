// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole session through each driver: a register file whose data register is
 * fed with what a sender would send, one byte for each look at the status.
 */
#include "../test.h"
#include <stdlib.h>
#include <string.h>
#include "download.h"
#include "fake.h"
#include "fake_mmio.h"
#include "ymodem.h"

#define BASE	0x9000000ULL

/* A session of a file of one byte, '!'; what is not named is zero. */
static const struct {
	u16 from, len;
	u8 bytes[16];
} pieces[] = {
	{ 0, 9, { 0x01, 0x00, 0xff, 'a', 0, '1', ' ', '0', ' ' } },
	{ 9, 7, { '0', ' ', '0', ' ', '1', ' ', '1' } },
	{ 131, 2, { 0xfe, 0x3a } },
	{ 133, 4, { 0x01, 0x01, 0xfe, '!' } },
	{ 264, 2, { 0xf2, 0x46 } },
	{ 266, 1, { 0x04 } },
	{ 267, 1, { 0x04 } },
	{ 268, 3, { 0x01, 0x00, 0xff } },
};

#define SESSION	(268 + 133)
/* Places where the sender waits for an answer. */
static const u16 waits[] = { 133, 266, 267, 268 };

static u8 session[SESSION];
static u32 sent, answers;
static char said[64];
static bool looked, ready;
static u32 break_at;
static u8 *dst;
static u64 size;

/* The sender: goes on where it waited once it has an answer, and stops at the end. */
static bool has_byte(void)
{
	u32 i;

	if (sent == SESSION || !answers)
		return false;
	for (i = 0; i < ARRAY_SIZE(waits); i++)
		if (sent == waits[i] && answers < i + 2)
			return false;
	return true;
}

static void answer(u8 c)
{
	u32 n = (u32)strlen(said);

	assert_true(n + 1 < sizeof(said));
	said[n] = c == 6 ? 'A' : c == 0x15 ? 'N' : c == 0x18 ? 'X' : (char)c;
	/* "ACK, C" is one answer. */
	if (!n || said[n] != 'C' || said[n - 1] != 'A')
		answers++;
}

u32 mmio_read32(u64 at)
{
	switch (at - BASE) {
	case 0x18:
		looked = has_byte();
		return looked ? 0 : 1 << 4;
	case 0x00:
		assert_true(looked && ready);
		if (sent == break_at) {
			break_at = ~0u;
			return 0x400;
		}
		return session[sent++];
	}
	fail_msg("read of %llx", (unsigned long long)at);
	return 0;
}

void mmio_write32(u64 at, u32 v)
{
	if (at == BASE + 0x30)
		ready = v == 0x301;
	if (at == BASE)
		answer((u8)v);
}

u8 mmio_read8(u64 at)
{
	u8 lsr = 0x60;

	switch (at - BASE) {
	case 5:
		looked = has_byte();
		return lsr | (looked ? 1 : 0);
	case 0:
		assert_true(looked && ready);
		return session[sent++];
	}
	fail_msg("byte read of %llx", (unsigned long long)at);
	return 0;
}

void mmio_write8(u64 at, u8 v)
{
	static bool dlab;

	if (at == BASE + 2)
		ready = v == 7;
	if (at == BASE + 3)
		dlab = v >> 7;
	else if (at == BASE && !dlab)
		answer(v);
}

static int setup(void **state)
{
	u32 i;

	fake_setup(state);
	memset(session, 0, sizeof(session));
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		memcpy(session + pieces[i].from, pieces[i].bytes, pieces[i].len);
	memset(said, 0, sizeof(said));
	sent = answers = 0;
	ready = false;
	break_at = ~0u;
	size = 99;
	dst = malloc(1);
	*dst = 0;
	return 0;
}

static int teardown(void **state)
{
	free(dst);
	return 0;
}

static const struct serial port = {
	.ops = &serial_pl011,
	.base = BASE,
	.reg_width = 1,
};

static void test_session_through_a_pl011(void **state)
{
	struct serial other = port;

	assert_int_equal(image_download(&port, dst, 1, &size), 0);
	assert_int_equal(size, 1);
	assert_int_equal(*dst, '!');
	assert_string_equal(said, "CACANACA");
	teardown(state);
	setup(state);
	other.ops = NULL;
	assert_int_equal(image_download_pl011(&other, dst, 1, &size), 0);
	assert_int_equal(size, 1);
}

static void test_session_through_an_8250(void **state)
{
	struct serial other = port;

	other.ops = NULL;
	assert_int_equal(image_download_8250(&other, dst, 1, &size), 0);
	assert_int_equal(size, 1);
	assert_int_equal(*dst, '!');
	assert_string_equal(said, "CACANACA");
}

/* The sender of this test repeats nothing: it is told, and given up. */
static void test_break_is_damage(void **state)
{
	break_at = 200;
	assert_int_equal(image_download(&port, dst, 1, &size), -YMODEM_E_TIMEOUT);
	assert_int_equal(size, 99);
	assert_memory_equal(said, "CACN", 4);
}

static void test_no_sender_in_a_minute(void **state)
{
	u64 before = fake_counter;

	sent = SESSION;
	assert_int_equal(image_download(&port, dst, 1, &size), -YMODEM_E_ABSENT);
	assert_in_range(fake_counter - before, 60000000, 60001000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_session_through_a_pl011, setup, teardown),
		cmocka_unit_test_setup_teardown(test_session_through_an_8250, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break_is_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_sender_in_a_minute, setup, teardown),
	};

	return cmocka_run_group_tests_name("bootstub/download", tests, NULL, NULL);
}
