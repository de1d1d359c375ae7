// SPDX-License-Identifier: GPL-2.0-only
/*
 * The workload of the QEMU tests: holds what a capture could lose and checks it
 * all the time and, thoroughly, whenever it is asked to. One thread does all
 * checks: the ptrace hold needs that. A failure once seen stays in the report.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"

#define WORK_DIR	"/run/snapcap-workload"
#define SOCKET_PATH	WORK_DIR "/socket"
#define FAILURES	32
#define FAILURE_SIZE	160
/* One hold is checked in each of these intervals, in turn. */
#define TICK_MS		50
#define PROGRESS_MS	10000
#define ASK_CONNECT_MS	60000

static const struct hold *const holds[] = {
	&hold_anonymous, &hold_shared, &hold_tmpfs, &hold_private, &hold_fresh,
	&hold_itimer, &hold_posix_timer, &hold_timerfd, &hold_clock,
	&hold_pipe, &hold_unix, &hold_datagram, &hold_rights, &hold_tcp,
	&hold_simd, &hold_cpu, &hold_futex, &hold_ptrace,
	&hold_file, &hold_lock, &hold_inotify, &hold_epoll,
	&hold_signal, &hold_child, &hold_process, &hold_ipc,
};

#define HOLDS	(sizeof(holds) / sizeof(*holds))

uint64_t seed = 1;
size_t memory_mib = 64;
const char *private_path;

static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static char failure[FAILURES][FAILURE_SIZE];
static unsigned long check_count, failure_count;

void expect(bool ok, const char *hold, const char *format, ...)
{
	va_list args;
	int used;

	pthread_mutex_lock(&report_lock);
	check_count++;
	if (!ok) {
		if (failure_count < FAILURES) {
			char *text = failure[failure_count];

			used = snprintf(text, FAILURE_SIZE, "%s: ", hold);
			va_start(args, format);
			vsnprintf(text + used, FAILURE_SIZE - used, format, args);
			va_end(args);
			fprintf(stderr, "workload: %s\n", text);
		}
		failure_count++;
	}
	pthread_mutex_unlock(&report_lock);
}

void expect_progress(atomic_ulong *counter, const char *hold, const char *what)
{
	uint64_t deadline = now_ns(CLOCK_MONOTONIC) + PROGRESS_MS * 1000000ULL;
	unsigned long before = atomic_load(counter);
	bool moved;

	while (!(moved = atomic_load(counter) != before) && now_ns(CLOCK_MONOTONIC) < deadline)
		sleep_ms(2);
	expect(moved, hold, "%s stands still at %lu", what, before);
}

void die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "workload: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(errno));
	exit(2);
}

/* The finaliser of splitmix64 over both words. */
uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15ULL ^ (b + 0x632be59bd9b4e019ULL);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

uint64_t now_ns(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Goes on after a signal handler ran. */
void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

void start_thread(const char *name, void *(*function)(void *), void *arg)
{
	pthread_t thread;
	sigset_t all, old;

	/* Timer signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, NULL, function, arg))
		die("thread %s", name);
	pthread_setname_np(thread, name);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

const char *work_dir(void)
{
	return WORK_DIR;
}

static void check_all(void)
{
	for (size_t i = 0; i < HOLDS; i++)
		holds[i]->check(true);
}

static void write_report(FILE *out)
{
	pthread_mutex_lock(&report_lock);
	if (!failure_count)
		fprintf(out, "ok %lu checks\n", check_count);
	else
		fprintf(out, "not ok %lu checks, %lu failed\n", check_count, failure_count);
	for (size_t i = 0; i < failure_count && i < FAILURES; i++)
		fprintf(out, "%s\n", failure[i]);
	pthread_mutex_unlock(&report_lock);
}

static bool damage(const char *name)
{
	for (size_t i = 0; i < HOLDS; i++)
		if (!strcmp(holds[i]->name, name)) {
			holds[i]->damage();
			return true;
		}
	return false;
}

/* One line in: "check" or "break NAME"; the report or a refusal out. */
static void serve_client(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char line[64];
	FILE *out;
	ssize_t n;

	if (fd < 0)
		return;
	do
		n = read(fd, line, sizeof(line) - 1);
	while (n < 0 && errno == EINTR);
	out = fdopen(fd, "w");
	if (n <= 0 || !out) {
		close(fd);
		return;
	}
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	if (!strcmp(line, "check") || (!strncmp(line, "break ", 6) && damage(line + 6))) {
		check_all();
		write_report(out);
	} else {
		fprintf(out, "not ok: '%s' is not known\n", line);
	}
	fflush(out);
	/* Children that were forked meanwhile have the socket, too. */
	shutdown(fd, SHUT_RDWR);
	fclose(out);
}

static int listen_for_clients(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET_PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(SOCKET_PATH);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8))
		die("%s", SOCKET_PATH);
	return fd;
}

static void run(const char *break_name)
{
	struct pollfd fd = { .events = POLLIN };
	uint64_t tick = 0;
	size_t next = 0;

	if (mkdir(WORK_DIR, 0755) && errno != EEXIST)
		die("%s", WORK_DIR);
	for (size_t i = 0; i < HOLDS; i++)
		holds[i]->setup();
	if (break_name && !damage(break_name)) {
		errno = EINVAL;
		die("--break=%s", break_name);
	}
	/* The socket appears when everything is held. */
	fd.fd = listen_for_clients();
	printf("workload: holds %zu kinds of state\n", HOLDS);
	fflush(stdout);
	for (;;) {
		/* The timer signals cut most waits short: the clock decides. */
		if (poll(&fd, 1, TICK_MS) > 0)
			serve_client(fd.fd);
		if (now_ns(CLOCK_MONOTONIC) >= tick) {
			holds[next++ % HOLDS]->check(false);
			tick = now_ns(CLOCK_MONOTONIC) + TICK_MS * 1000000ULL;
		}
	}
}

/* The client. Return: exit code */
static int ask(const char *break_name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET_PATH };
	uint64_t deadline = now_ns(CLOCK_MONOTONIC) + ASK_CONNECT_MS * 1000000ULL;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[256];
	bool ok = false;
	FILE *file;

	while (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		if (now_ns(CLOCK_MONOTONIC) > deadline)
			die("%s", SOCKET_PATH);
		sleep_ms(50);
	}
	if (break_name)
		dprintf(fd, "break %s\n", break_name);
	else
		dprintf(fd, "check\n");
	file = fdopen(fd, "r");
	if (!file)
		die("fdopen");
	for (int i = 0; fgets(line, sizeof(line), file); i++) {
		if (!i)
			ok = !strncmp(line, "ok ", 3);
		fputs(line, stdout);
	}
	fclose(file);
	return ok ? 0 : 1;
}

/* Fresh memory must be zero whatever the pages held before. Return: exit code */
static int allocate(size_t mib)
{
	size_t words = (mib << 20) / sizeof(uint64_t), bad = 0;
	uint64_t *p = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("%zu MiB", mib);
	for (size_t i = 0; i < words; i++) {
		bad += p[i] != 0;
		p[i] = mix(seed, i);
	}
	for (size_t i = 0; i < words; i++)
		bad += p[i] != mix(seed, i);
	printf("%s %zu MiB allocated, %zu bad words\n", bad ? "not ok" : "ok", mib, bad);
	return bad ? 1 : 0;
}

/* Holds memory that does not compress, until it is killed. */
static void fill(size_t mib)
{
	size_t words = (mib << 20) / sizeof(uint64_t);
	uint64_t *p = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("%zu MiB", mib);
	for (size_t i = 0; i < words; i++)
		p[i] = mix(seed, i);
	printf("ok %zu MiB filled\n", mib);
	fflush(stdout);
	for (;;)
		pause();
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: workload [--memory=MIB] [--seed=N] [--map-file=PATH] [--break=WHAT]\n"
		"       workload --ask [--break=WHAT]   report of the running one, exit code 0 or 1\n"
		"       workload --allocate=MIB         check that fresh memory is zero\n"
		"       workload --fill=MIB             hold memory that does not compress\n"
		"       workload --list                 names for --break\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "memory", required_argument, NULL, 'm' },
		{ "seed", required_argument, NULL, 's' },
		{ "map-file", required_argument, NULL, 'f' },
		{ "break", required_argument, NULL, 'b' },
		{ "ask", no_argument, NULL, 'a' },
		{ "allocate", required_argument, NULL, 'A' },
		{ "fill", required_argument, NULL, 'F' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *break_name = NULL;
	bool asking = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'm':
			memory_mib = strtoul(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			private_path = optarg;
			break;
		case 'b':
			break_name = optarg;
			break;
		case 'a':
			asking = true;
			break;
		case 'A':
			return allocate(strtoul(optarg, NULL, 0));
		case 'F':
			fill(strtoul(optarg, NULL, 0));
			break;
		case 'l':
			for (size_t i = 0; i < HOLDS; i++)
				puts(holds[i]->name);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (asking)
		return ask(break_name);
	if (memory_mib < 4) {
		usage(stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	run(break_name);
}
