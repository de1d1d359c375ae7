// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data in flight: pipe, unix stream and datagram sockets, a file descriptor on
 * its way through one, and a TCP connection over loopback with both directions
 * full. Each check takes some data out at one end, verifies it, and puts new
 * data in at the other, so that there is always some on its way.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"

#define TURN_BYTES	4096
#define FLIGHT_MAX	(1U << 20)
#define DATA_MS		20000
#define DATAGRAMS	6
#define RIGHTS_TEXT	"held in a file that only a message knows"

/* A one-way stream of bytes that are known from their position. */
struct flow {
	const char *hold;
	const char *name;
	int out, in;		/* written to, read from */
	uint64_t seed;
	uint64_t written, taken;
};

static uint8_t flow_byte(const struct flow *f, uint64_t position)
{
	return mix(f->seed, position / 8) >> position % 8 * 8;
}

static void set_nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		die("O_NONBLOCK");
}

static void fill_flow(struct flow *f)
{
	uint8_t data[TURN_BYTES];

	while (f->written - f->taken < FLIGHT_MAX) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = flow_byte(f, f->written + i);
		n = write(f->out, data, sizeof(data));
		if (n <= 0)
			break;
		f->written += n;
	}
}

/* Return: false when a byte is wrong or no data comes */
static bool take_flow(struct flow *f, size_t count)
{
	uint64_t deadline = now_ns(CLOCK_MONOTONIC) + DATA_MS * 1000000ULL;
	uint8_t data[TURN_BYTES];

	while (count) {
		struct pollfd fd = { .fd = f->in, .events = POLLIN };
		size_t size = count < sizeof(data) ? count : sizeof(data);
		ssize_t n = read(f->in, data, size);

		if (n < 0 && (errno == EAGAIN || errno == EINTR) &&
		    now_ns(CLOCK_MONOTONIC) < deadline) {
			poll(&fd, 1, 100);
			continue;
		}
		expect(n > 0, f->hold, "%s: no data at %llu of %llu: %s", f->name,
		       (unsigned long long)f->taken, (unsigned long long)f->written,
		       n ? strerror(errno) : "end of file");
		if (n <= 0)
			return false;
		for (ssize_t i = 0; i < n; i++) {
			bool ok = data[i] == flow_byte(f, f->taken + i);

			if (!ok || !i)
				expect(ok, f->hold, "%s: byte %llu is %02x", f->name,
				       (unsigned long long)f->taken + i, data[i]);
			if (!ok)
				return false;
		}
		f->taken += n;
		count -= n;
	}
	return true;
}

/* Thorough: all that is in flight, then fills it again. */
static void turn_flow(struct flow *f, bool thorough)
{
	uint64_t flight = f->written - f->taken;

	expect(flight, f->hold, "%s: nothing is in flight", f->name);
	take_flow(f, thorough || flight < TURN_BYTES ? flight : TURN_BYTES);
	fill_flow(f);
}

static void start_flow(struct flow *f, int out, int in)
{
	f->out = out;
	f->in = in;
	f->seed = mix(seed, (uintptr_t)f->name[0] << 8 | (uint8_t)f->hold[0]);
	set_nonblocking(out);
	set_nonblocking(in);
	fill_flow(f);
	if (!f->written)
		die("%s", f->name);
}

/* A byte that was never written, in front of the rest of the stream. */
static void damage_flow(struct flow *f)
{
	f->taken++;
	f->written++;
}

static struct flow pipe_flow = { .hold = "pipe", .name = "pipe" };

static void setup_pipe(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		die("pipe");
	start_flow(&pipe_flow, fd[1], fd[0]);
}

static void check_pipe(bool thorough)
{
	int waiting = 0;

	expect(!ioctl(pipe_flow.in, FIONREAD, &waiting) &&
	       (uint64_t)waiting == pipe_flow.written - pipe_flow.taken, "pipe",
	       "%d bytes are waiting", waiting);
	turn_flow(&pipe_flow, thorough);
}

static void damage_pipe(void)
{
	damage_flow(&pipe_flow);
}

const struct hold hold_pipe = { "pipe", setup_pipe, check_pipe, damage_pipe };

static struct flow unix_there = { .hold = "unix", .name = "there" };
static struct flow unix_back = { .hold = "unix", .name = "back" };

static void setup_unix(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die("socketpair");
	start_flow(&unix_there, fd[0], fd[1]);
	start_flow(&unix_back, fd[1], fd[0]);
}

static void check_unix(bool thorough)
{
	turn_flow(&unix_there, thorough);
	turn_flow(&unix_back, thorough);
}

static void damage_unix(void)
{
	damage_flow(&unix_back);
}

const struct hold hold_unix = { "unix", setup_unix, check_unix, damage_unix };

static int datagram_fd[2];
static uint64_t datagram_next, datagram_taken;

static size_t make_datagram(uint64_t number, uint8_t *data)
{
	size_t size = 16 + mix(seed, number) % 900;

	for (size_t i = 0; i < size; i++)
		data[i] = mix(number, i);
	return size;
}

static void fill_datagrams(void)
{
	uint8_t data[1024];

	while (datagram_next - datagram_taken < DATAGRAMS) {
		size_t size = make_datagram(datagram_next, data);

		if (send(datagram_fd[0], data, size, MSG_DONTWAIT) != (ssize_t)size)
			die("datagram");
		datagram_next++;
	}
}

static void setup_datagram(void)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagram_fd))
		die("socketpair");
	fill_datagrams();
}

static void check_datagram(bool thorough)
{
	for (int left = thorough ? DATAGRAMS : 1; left; left--) {
		uint8_t want[1024], have[1024];
		size_t size = make_datagram(datagram_taken, want);
		ssize_t n = recv(datagram_fd[1], have, sizeof(have), MSG_DONTWAIT);

		expect(n == (ssize_t)size && !memcmp(want, have, size), "datagram",
		       "number %llu has %zd bytes of %zu", (unsigned long long)datagram_taken, n,
		       size);
		if (n < 0)
			return;
		datagram_taken++;
	}
	fill_datagrams();
}

static void damage_datagram(void)
{
	uint8_t data[1024];

	/* Lost: the next one comes in its place. */
	if (recv(datagram_fd[1], data, sizeof(data), MSG_DONTWAIT) < 0)
		die("datagram");
}

const struct hold hold_datagram = {
	"datagram", setup_datagram, check_datagram, damage_datagram
};

static int rights_fd[2];

/* Passes @fd and keeps no other reference to it. */
static void send_rights(int fd)
{
	char byte = 'r';
	struct iovec iov = { &byte, 1 };
	union {
		char data[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(rights_fd[0], &msg, MSG_DONTWAIT) != 1)
		die("SCM_RIGHTS");
	close(fd);
}

static int take_rights(void)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		char data[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(rights_fd[1], &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

static void setup_rights(void)
{
	int fd = memfd_create("held", MFD_CLOEXEC);

	if (fd < 0 || write(fd, RIGHTS_TEXT, sizeof(RIGHTS_TEXT)) != sizeof(RIGHTS_TEXT) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rights_fd))
		die("memfd");
	send_rights(fd);
}

static void check_rights(bool thorough)
{
	char text[sizeof(RIGHTS_TEXT)] = "";
	int fd = take_rights();

	(void)thorough;
	expect(fd >= 0 && pread(fd, text, sizeof(text), 0) == sizeof(text) &&
	       !memcmp(text, RIGHTS_TEXT, sizeof(text)), "rights", "file in flight holds '%s'",
	       text);
	if (fd >= 0)
		send_rights(fd);
}

static void damage_rights(void)
{
	int fd = take_rights();

	if (fd < 0 || pwrite(fd, "lost", 4, 0) != 4)
		die("memfd");
	send_rights(fd);
}

const struct hold hold_rights = { "rights", setup_rights, check_rights, damage_rights };

static struct flow tcp_there = { .hold = "tcp", .name = "there" };
static struct flow tcp_back = { .hold = "tcp", .name = "back" };

static void setup_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int buffer = 32768, server;

	/* Small buffers: both ends are soon full and wait for the other's window. */
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(client, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) ||
	    connect(client, (struct sockaddr *)&address, size))
		die("tcp over loopback");
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		die("accept");
	close(listener);
	start_flow(&tcp_there, client, server);
	start_flow(&tcp_back, server, client);
}

static void check_tcp(bool thorough)
{
	struct tcp_info info = { };
	socklen_t size = sizeof(info);

	expect(!getsockopt(tcp_there.out, IPPROTO_TCP, TCP_INFO, &info, &size) &&
	       info.tcpi_state == TCP_ESTABLISHED, "tcp", "state is %d", info.tcpi_state);
	turn_flow(&tcp_there, thorough);
	turn_flow(&tcp_back, thorough);
}

static void damage_tcp(void)
{
	damage_flow(&tcp_there);
}

const struct hold hold_tcp = { "tcp", setup_tcp, check_tcp, damage_tcp };
