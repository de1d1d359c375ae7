// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of every kind and the clocks behind them. Periodic ones must go on,
 * those that count must not lose or invent a period, and a far one must have
 * the time left that its clock says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"

#define NS		1000000000ULL
#define FAR_S		36000
/* How far the two readings of one check may be apart on a slow machine. */
#define SLACK_NS	(2 * NS)
#define TIMER_SIGNAL	(SIGRTMIN + 3)

static atomic_ulong alarms, posix_ticks, sleeper_ticks;
static timer_t posix_periodic, posix_far;
static uint64_t posix_far_end;

static void count_alarm(int sig)
{
	(void)sig;
	atomic_fetch_add(&alarms, 1);
}

static void setup_itimer(void)
{
	struct sigaction action = { .sa_handler = count_alarm, .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 50000 }, { 0, 50000 } };

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &every, NULL))
		die("setitimer");
}

static void check_itimer(bool thorough)
{
	struct itimerval left;

	if (thorough)
		expect_progress(&alarms, "itimer", "ITIMER_REAL");
	expect(!getitimer(ITIMER_REAL, &left) && left.it_interval.tv_usec == 50000, "itimer",
	       "interval is %ld us", (long)left.it_interval.tv_usec);
}

static void damage_itimer(void)
{
	struct itimerval none = { };

	setitimer(ITIMER_REAL, &none, NULL);
}

const struct hold hold_itimer = { "itimer", setup_itimer, check_itimer, damage_itimer };

static void count_posix(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_code == SI_TIMER && info->si_value.sival_int == 4711)
		atomic_fetch_add(&posix_ticks, 1);
}

static void setup_posix_timer(void)
{
	struct sigaction action = { .sa_sigaction = count_posix,
				    .sa_flags = SA_RESTART | SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = TIMER_SIGNAL,
				  .sigev_value.sival_int = 4711 };
	struct itimerspec every = { { 0, 40000000 }, { 0, 40000000 } };
	struct itimerspec far = { .it_value.tv_sec = FAR_S };
	struct sigevent silent = { .sigev_notify = SIGEV_NONE };

	if (sigaction(TIMER_SIGNAL, &action, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &posix_periodic) ||
	    timer_create(CLOCK_MONOTONIC, &silent, &posix_far) ||
	    timer_settime(posix_periodic, 0, &every, NULL) ||
	    timer_settime(posix_far, 0, &far, NULL))
		die("timer_create");
	posix_far_end = now_ns(CLOCK_MONOTONIC) + FAR_S * NS;
}

/*
 * The timer was read after @before. A task may stand still in between for as long as a freeze
 * or its pages on flash take, and the clock goes on.
 */
static void check_far(const char *hold, int clock, uint64_t end, uint64_t before,
		      const struct timespec *left)
{
	uint64_t have = left->tv_sec * NS + left->tv_nsec;
	uint64_t least = end - now_ns(clock), most = end - before;

	expect(have + SLACK_NS > least && have < most + SLACK_NS, hold,
	       "far timer has %llu ms left, its clock says %llu to %llu",
	       (unsigned long long)(have / 1000000), (unsigned long long)(least / 1000000),
	       (unsigned long long)(most / 1000000));
}

static void check_posix_timer(bool thorough)
{
	struct itimerspec left = { };
	uint64_t before;

	if (thorough)
		expect_progress(&posix_ticks, "posix-timer", "CLOCK_MONOTONIC timer");
	before = now_ns(CLOCK_MONOTONIC);
	expect(!timer_gettime(posix_far, &left), "posix-timer", "timer_gettime: %s",
	       strerror(errno));
	check_far("posix-timer", CLOCK_MONOTONIC, posix_far_end, before, &left.it_value);
}

static void damage_posix_timer(void)
{
	struct itimerspec other = { .it_value.tv_sec = FAR_S / 2 };

	timer_settime(posix_far, 0, &other, NULL);
}

const struct hold hold_posix_timer = {
	"posix-timer", setup_posix_timer, check_posix_timer, damage_posix_timer
};

/* A timerfd that counts periods since its start, and one that ends far away. */
struct counted {
	int clock;
	const char *name;
	uint64_t period_ns;
	int fd, far_fd;
	uint64_t start, periods, far_end;
};

static struct counted counted[] = {
	{ .clock = CLOCK_MONOTONIC, .name = "monotonic", .period_ns = 20000000 },
	{ .clock = CLOCK_BOOTTIME, .name = "boottime", .period_ns = 30000000 },
};

static void setup_timerfd(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct counted *c = counted + i;
		uint64_t first = now_ns(c->clock) + c->period_ns;
		struct itimerspec every = { { 0, c->period_ns }, { first / NS, first % NS } };
		struct itimerspec far = { .it_value.tv_sec = FAR_S };

		c->start = first - c->period_ns;
		c->fd = timerfd_create(c->clock, TFD_NONBLOCK | TFD_CLOEXEC);
		c->far_fd = timerfd_create(c->clock, TFD_NONBLOCK | TFD_CLOEXEC);
		if (c->fd < 0 || c->far_fd < 0 ||
		    timerfd_settime(c->fd, TFD_TIMER_ABSTIME, &every, NULL) ||
		    timerfd_settime(c->far_fd, 0, &far, NULL))
			die("timerfd %s", c->name);
		c->far_end = now_ns(c->clock) + FAR_S * NS;
	}
}

/* The count must lie between what was due before and after reading it. */
static void check_periods(struct counted *c)
{
	uint64_t before = (now_ns(c->clock) - c->start) / c->period_ns, after, more = 0;
	ssize_t n = read(c->fd, &more, sizeof(more));

	after = (now_ns(c->clock) - c->start) / c->period_ns;
	if (n == sizeof(more))
		c->periods += more;
	/* The interrupt of a period that has just begun may still be on its way. */
	expect(c->periods + 2 >= before && c->periods <= after, "timerfd",
	       "%s: %llu periods, due were %llu to %llu", c->name, (unsigned long long)c->periods,
	       (unsigned long long)before, (unsigned long long)after);
}

static void check_timerfd(bool thorough)
{
	for (size_t i = 0; i < 2; i++) {
		struct counted *c = counted + i;
		struct itimerspec left = { };
		uint64_t before;

		if (thorough)
			sleep_ms(c->period_ns / 500000);
		check_periods(c);
		before = now_ns(c->clock);
		expect(!timerfd_gettime(c->far_fd, &left), "timerfd", "%s: %s", c->name,
		       strerror(errno));
		check_far("timerfd", c->clock, c->far_end, before, &left.it_value);
	}
}

static void damage_timerfd(void)
{
	struct itimerspec other = { { 1, 0 }, { 1, 0 } };

	timerfd_settime(counted[0].fd, 0, &other, NULL);
	sleep_ms(200);
}

const struct hold hold_timerfd = { "timerfd", setup_timerfd, check_timerfd, damage_timerfd };

/* A thread that mostly sleeps until an absolute time of the monotonic clock. */
static atomic_ulong clock_last, clock_backwards;

static void *run_sleeper(void *arg)
{
	uint64_t next = now_ns(CLOCK_MONOTONIC);

	(void)arg;
	for (;;) {
		struct timespec ts;
		uint64_t now;

		next += 30000000;
		ts.tv_sec = next / NS;
		ts.tv_nsec = next % NS;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		now = now_ns(CLOCK_MONOTONIC);
		if (now < next || now < atomic_load(&clock_last))
			atomic_fetch_add(&clock_backwards, 1);
		atomic_store(&clock_last, now);
		atomic_fetch_add(&sleeper_ticks, 1);
	}
	return NULL;
}

static void setup_clock(void)
{
	start_thread("wl-sleeper", run_sleeper, NULL);
}

static void check_clock(bool thorough)
{
	static uint64_t boot_last, real_last;
	uint64_t boot = now_ns(CLOCK_BOOTTIME), mono = now_ns(CLOCK_MONOTONIC);
	uint64_t real = now_ns(CLOCK_REALTIME);

	expect(boot >= boot_last, "clock", "CLOCK_BOOTTIME went back");
	expect(real >= real_last, "clock", "CLOCK_REALTIME went back");
	expect(boot + SLACK_NS > mono, "clock", "CLOCK_BOOTTIME is behind CLOCK_MONOTONIC");
	boot_last = boot;
	real_last = real;
	expect(!atomic_load(&clock_backwards), "clock", "CLOCK_MONOTONIC went back %lu times",
	       atomic_load(&clock_backwards));
	if (thorough)
		expect_progress(&sleeper_ticks, "clock", "clock_nanosleep");
}

static void damage_clock(void)
{
	atomic_store(&clock_last, ~0UL);
	sleep_ms(100);
}

const struct hold hold_clock = { "clock", setup_clock, check_clock, damage_clock };
