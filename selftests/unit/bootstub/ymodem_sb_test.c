// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receiver against the sender that people have: sb of lrzsz, at the other
 * end of a socket, over a line that flips, loses and repeats bytes. Whatever it
 * does, the file is right or it is refused.
 */
#define _GNU_SOURCE
#include "../test.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "ymodem.h"

#define FILE_MAX	(1u << 20)
#define BITS_PER_BYTE	10	/* with start and stop bit */
#define MILLION		1000000u

/* Of a million bytes this many are damaged, on the way there and back. */
struct trouble {
	u32 flip, lose, twice;
	u32 seed;
};

static struct {
	int fd;
	u8 ahead[4096];		/* read from the socket, not yet arrived */
	u32 have, at;
	bool again;		/* the byte before @at arrives once more */
	struct trouble trouble;
	u64 random;
	u32 hits;
	u32 faster;		/* divides all waiting */
	bool small;		/* blocks of 128 bytes, what sb takes when it is told nothing */
	u32 baud;		/* 0: as fast as it goes */
	u64 arrives_ns;		/* when the last byte has come in, or gone out */
	u32 bytes;		/* there and back */
	struct {
		u32 bytes;
		u64 ns;
	} first, ack[3];	/* answers: to the header, and the last three */
	u32 acks;
} line;

static char folder[] = "/tmp/snapcap-sb-XXXXXX";
static char path[64];
static u8 file[FILE_MAX], received[FILE_MAX];

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void sleep_until(u64 ns)
{
	struct timespec t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static u32 draw(void)
{
	line.random = line.random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(line.random >> 33);
}

static bool strikes(u32 of_million)
{
	bool hit = draw() % MILLION < of_million;

	line.hits += hit;
	return hit;
}

/* The time that the line takes for a byte, after the one before it. */
static void pass_time(void)
{
	line.bytes++;
	if (!line.baud)
		return;
	line.arrives_ns += 1000000000ULL * BITS_PER_BYTE / line.baud;
	sleep_until(line.arrives_ns);
}

static bool fill(u32 timeout_ms)
{
	struct pollfd p = { .fd = line.fd, .events = POLLIN };
	ssize_t n;

	if (line.at < line.have)
		return true;
	if (!poll(&p, 1, 0)) {
		if (poll(&p, 1, (int)timeout_ms) <= 0)
			return false;
		line.arrives_ns = now_ns();
	}
	n = read(line.fd, line.ahead, sizeof(line.ahead));
	line.at = 0;
	line.have = n > 0 ? (u32)n : 0;
	return line.have > 0;
}

static int get(void *ctx, u32 timeout_ms)
{
	u8 c;

	do {
		if (line.again) {
			line.again = false;
			return line.ahead[line.at - 1];
		}
		if (!fill(timeout_ms / line.faster))
			return -YMODEM_LINE_SILENT;
		c = line.ahead[line.at++];
		pass_time();
	} while (strikes(line.trouble.lose));
	line.again = strikes(line.trouble.twice);
	if (strikes(line.trouble.flip))
		c ^= 1u << draw() % 8;
	return c;
}

static void put(void *ctx, u8 c)
{
	if (line.arrives_ns < now_ns())
		line.arrives_ns = now_ns();
	pass_time();
	if (c == 0x06) {
		line.ack[line.acks % 3].bytes = line.bytes;
		line.ack[line.acks++ % 3].ns = now_ns();
	}
	if (line.acks == 1)
		line.first = line.ack[0];
	if (strikes(line.trouble.lose))
		return;
	if (strikes(line.trouble.flip))
		c ^= 1u << draw() % 8;
	/* One that has gone away is noticed by its silence. */
	if (send(line.fd, &c, 1, MSG_NOSIGNAL) == 1 && strikes(line.trouble.twice))
		send(line.fd, &c, 1, MSG_NOSIGNAL);
}

static pid_t start_sb(void)
{
	int pair[2], null;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		dup2(pair[1], 0);
		dup2(pair[1], 1);
		dup2(null, 2);
		execlp("sb", "sb", line.small ? "-b" : "-k", path, (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	line.fd = pair[0];
	return pid;
}

static void put_file(u32 size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(file, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* One session; the wait status of sb is only there when it is @asked for. */
static int transfer(u32 size, int *asked)
{
	const struct ymodem_line l = { get, put, NULL };
	u64 got = ~0ULL;
	pid_t pid;
	int err;

	put_file(size);
	pid = start_sb();
	memset(received, 0xa5, sizeof(received));
	err = ymodem_receive(&l, received, size, &got);
	if (!asked)
		kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, asked, 0), pid);
	close(line.fd);
	if (!err) {
		assert_int_equal(got, size);
		assert_memory_equal(received, file, size);
	}
	return err;
}

static int setup(void **state)
{
	memset(&line, 0, sizeof(line));
	line.faster = 10;
	return 0;
}

static int make_folder(void **state)
{
	u32 i;

	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/os.img", folder);
	/* All that means something to the protocol is in it, often. */
	for (i = 0; i < FILE_MAX; i++)
		file[i] = i % 3 ? (u8)(i * 31 ^ i >> 9) : "\x18\x18\x04\x01\x02\x06\x15\x1a"[i / 3 % 8];
	return 0;
}

static int remove_folder(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static void test_sizes(void **state)
{
	const u32 sizes[] = { 0, 1, 127, 128, 129, 1023, 1024, 1025, FILE_MAX };
	u32 i;
	int status;

	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		setup(state);
		/* Patient: that sb was not run for a while is no fault of the line. */
		line.faster = 3;
		line.small = i & 1;
		assert_int_equal(transfer(sizes[i / 2], &status), 0);
		/* It is content, too. Should it not be there, scripts/deps.sh installs it. */
		assert_int_equal(status, 0);
	}
}

static void test_no_room(void **state)
{
	const struct ymodem_line l = { get, put, NULL };
	u64 got = 77;
	pid_t pid;
	int status;

	put_file(1000);
	pid = start_sb();
	assert_int_equal(ymodem_receive(&l, received, 999, &got), -YMODEM_E_TOO_LARGE);
	assert_int_equal(got, 77);
	/* It understands that it is to stop. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 127);
	close(line.fd);
}

/* How many of @runs sessions over such a line come through. */
static u32 suffer(const struct trouble *kind, u32 size, u32 runs)
{
	u32 i, right = 0;

	for (i = 0; i < runs; i++) {
		setup(NULL);
		line.trouble = *kind;
		line.small = i & 1;
		line.random = kind->seed + i;
		right += !transfer(size, NULL);
	}
	return right;
}

static void test_bad_lines(void **state)
{
	const struct {
		struct trouble kind;
		u32 size;
	} lines[] = {
		{ { .flip = 40, .seed = 100 }, 60000 },
		{ { .lose = 40, .seed = 200 }, 60000 },
		{ { .twice = 40, .seed = 300 }, 60000 },
		{ { .flip = 20, .lose = 20, .twice = 20, .seed = 400 }, 40000 },
		{ { .flip = 300, .lose = 50, .twice = 50, .seed = 500 }, 1025 },
		{ { .flip = 1000, .lose = 1000, .twice = 1000, .seed = 600 }, 3000 },
	};
	const u32 runs = 4;
	u32 i, right, all = 0;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		right = suffer(&lines[i].kind, lines[i].size, runs);
		print_message("# flip %u lose %u twice %u of a million, %u bytes: %u of %u right\n",
			      lines[i].kind.flip, lines[i].kind.lose, lines[i].kind.twice,
			      lines[i].size, right, runs);
		all += right;
	}
	/* Refusing everything would be no art. */
	assert_true(all >= ARRAY_SIZE(lines) * runs / 2);
}

/*
 * What is left of the line for the file, from the answer to the header to that
 * to the last block; the last two are for the end of the file and for that of
 * the session. Counted in bytes, for time would be that of other programs too:
 * who wants to see it sets YMODEM_BAUD in the environment.
 */
static u32 share_of_line(u32 size, bool small)
{
	const char *baud = getenv("YMODEM_BAUD");
	u32 bytes;
	u64 ns;

	setup(NULL);
	line.faster = 1;
	line.small = small;
	line.baud = baud ? (u32)strtoul(baud, NULL, 10) : 0;
	assert_int_equal(transfer(size, NULL), 0);
	bytes = line.ack[line.acks % 3].bytes - line.first.bytes;
	ns = line.ack[line.acks % 3].ns - line.first.ns;
	print_message("# %u bytes in blocks of %u: %u bytes on the line\n", size,
		      small ? 128 : 1024, bytes);
	if (line.baud)
		print_message("# at %u baud: %llu ms, of which the line needs %llu\n", line.baud,
			      (unsigned long long)ns / 1000000,
			      1000ULL * size * BITS_PER_BYTE / line.baud);
	return size * 100 / bytes;
}

static void test_share_of_the_line(void **state)
{
	assert_in_range(share_of_line(64 << 10, false), 99, 100);
	assert_in_range(share_of_line(64 << 10, true), 95, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_no_room, setup),
		cmocka_unit_test_setup(test_bad_lines, setup),
		cmocka_unit_test_setup(test_share_of_the_line, setup),
	};

	return cmocka_run_group_tests_name("bootstub/ymodem_sb", tests, make_folder, remove_folder);
}
