// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_watch LOG: what a program sees of a restore, a line each in LOG.
 *
 * That it was restored it sees by itself, at the machine's counter, which starts
 * at power-on, or by a leap of the time of day, should the counter be further than
 * it was: the first thing that it does then is to ask for random numbers.
 * What the module tells comes after that.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define GENERATION	"/sys/class/misc/snapcap/generation"
#define LISTEN_PORT	4711
#define SOURCE_PORT	4712
#define TICK_MS		2
#define RANDOM_SIZE	64
/* Of the timer that goes off every minute of the time of day. */
#define PERIOD_S	60
#define LEAP_NS		(1000 * 1000000000LL)

enum { UEVENT, POLLED, CANCELLED, MINUTE, RELATIVE, FDS };

static FILE *out;
static struct pollfd fds[FDS];

static uint64_t counter(void)
{
	uint64_t value;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r" (value) : : "memory");
	return value;
}

static uint64_t counter_ns(void)
{
	uint64_t hz;

	asm volatile("mrs %0, cntfrq_el0" : "=r" (hz));
	return counter() * (1000000000.0 / hz);
}

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(out, "error %s: %s\n", what, strerror(errno));
	fflush(out);
	exit(1);
}

static int listen_here(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons(LISTEN_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16))
		die("listen");
	return fd;
}

/* From the same port to the same port: nothing but the secret and the time can differ. */
static void log_isn(void)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_port = htons(SOURCE_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	}, to = from;
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, queue = TCP_SEND_QUEUE;
	struct linger reset = { .l_onoff = 1 };
	uint32_t seq = 0;
	socklen_t size = sizeof(seq);

	to.sin_port = htons(LISTEN_PORT);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &size))
		die("TCP_REPAIR");
	fprintf(out, "isn %u\n", seq - 1);
	one = TCP_REPAIR_OFF_NO_WP;
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void log_restore(int64_t mono_before)
{
	unsigned char bytes[RANDOM_SIZE];

	/* Before anything else. */
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		die("getrandom");
	fprintf(out, "clocks %lld %lld %lld %lld %llu\n", (long long)now(CLOCK_REALTIME),
		(long long)now(CLOCK_MONOTONIC), (long long)now(CLOCK_BOOTTIME),
		(long long)mono_before, (unsigned long long)counter_ns());
	fputs("random ", out);
	for (size_t i = 0; i < sizeof(bytes); i++)
		fprintf(out, "%02x", bytes[i]);
	fputc('\n', out);
	log_isn();
}

static void log_generation(void)
{
	char id[64] = "";

	if (pread(fds[POLLED].fd, id, sizeof(id) - 1, 0) <= 0)
		die(GENERATION);
	id[strcspn(id, "\n")] = 0;
	fprintf(out, "generation %s\n", id);
}

static void log_uevent(void)
{
	char text[8192];
	ssize_t size = recv(fds[UEVENT].fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (size <= 0)
		return;
	text[size] = 0;
	for (char *p = text; p < text + size; p += strlen(p) + 1)
		if (!strncmp(p, "SNAPCAP_GENERATION=", 19))
			fprintf(out, "uevent %s\n", p + 19);
}

static void arm_cancelled(void)
{
	struct itimerspec far = { .it_value.tv_sec = 0x7fffffff };

	if (timerfd_settime(fds[CANCELLED].fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far,
			    NULL) && errno != ECANCELED)
		die("timerfd_settime");
}

static void log_timer(int which, const char *name)
{
	uint64_t count;
	ssize_t size = read(fds[which].fd, &count, sizeof(count));

	if (size == sizeof(count))
		fprintf(out, "%s %llu\n", name, (unsigned long long)count);
	else if (errno == ECANCELED)
		fprintf(out, "%s cancelled\n", name);
	if (which == CANCELLED)
		arm_cancelled();
}

static void begin(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct itimerspec minute = { .it_interval.tv_sec = PERIOD_S };
	struct itimerspec relative = { .it_value.tv_sec = 3600, .it_interval.tv_sec = 3600 };

	for (int i = 0; i < FDS; i++)
		fds[i].events = POLLIN;
	fds[UEVENT].fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	if (bind(fds[UEVENT].fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("uevents");
	fds[POLLED].fd = open(GENERATION, O_RDONLY);
	fds[POLLED].events = POLLPRI;
	fds[CANCELLED].fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	arm_cancelled();
	fds[MINUTE].fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	clock_gettime(CLOCK_REALTIME, &minute.it_value);
	minute.it_value.tv_sec += PERIOD_S;
	timerfd_settime(fds[MINUTE].fd, TFD_TIMER_ABSTIME, &minute, NULL);
	fds[RELATIVE].fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	timerfd_settime(fds[RELATIVE].fd, 0, &relative, NULL);
	listen_here();
	log_isn();
	log_generation();
	fputs("ready\n", out);
	fflush(out);
}

int main(int argc, char **argv)
{
	int64_t mono, real;
	uint64_t last, current;

	out = argc == 2 ? fopen(argv[1], "we") : NULL;
	if (!out)
		return 2;
	begin();
	mono = now(CLOCK_MONOTONIC);
	real = now(CLOCK_REALTIME);
	for (last = counter();; last = current) {
		int ready = poll(fds, FDS, TICK_MS);

		current = counter();
		if (current < last || now(CLOCK_REALTIME) - real > LEAP_NS)
			log_restore(mono);
		mono = now(CLOCK_MONOTONIC);
		real = now(CLOCK_REALTIME);
		if (ready > 0) {
			if (fds[UEVENT].revents)
				log_uevent();
			if (fds[POLLED].revents & POLLPRI) {
				fputs("polled\n", out);
				log_generation();
			}
			if (fds[CANCELLED].revents)
				log_timer(CANCELLED, "cancel");
			if (fds[MINUTE].revents)
				log_timer(MINUTE, "minute");
			if (fds[RELATIVE].revents)
				log_timer(RELATIVE, "relative");
		}
		fflush(out);
	}
}
