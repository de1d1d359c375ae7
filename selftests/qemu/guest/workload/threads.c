// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs: registers that are live across the capture, in threads that sleep
 * in the kernel and in one that computes; threads pinned to every CPU; threads
 * that hand a token round through futexes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"

#define CPUS_MAX	64
#define SIMD_WORDS	74
#define SIMD_FPCR	0x800000
/* About a millisecond under emulation. */
#define SPIN_ROUNDS	100000
/* CPUs are away while a capture is taken; by then they must be back. */
#define STRAY_NS	5000000000ULL

void simd_hold(const uint64_t *want, uint64_t *have, uint64_t rounds,
	       const struct timespec *pause);

struct simd_thread {
	uint64_t want[SIMD_WORDS];
	uint64_t rounds;
	struct timespec pause;
	bool pauses;
	atomic_ulong turns, bad;
	atomic_int bad_word;
};

static int cpu_count;
/* A sleeping one for each CPU, and one that computes. */
static struct simd_thread simd[CPUS_MAX + 1];

static void *run_simd(void *arg)
{
	struct simd_thread *t = arg;
	uint64_t have[SIMD_WORDS + 1];
	struct sched_param none = { };

	if (!t->pauses)
		sched_setscheduler(0, SCHED_IDLE, &none);
	for (;;) {
		simd_hold(t->want, have, t->rounds, t->pauses ? &t->pause : NULL);
		for (int i = 0; i < SIMD_WORDS; i++)
			if (have[i] != t->want[i]) {
				atomic_store(&t->bad_word, i);
				atomic_fetch_add(&t->bad, 1);
			}
		if (have[SIMD_WORDS] != SIMD_FPCR) {
			atomic_store(&t->bad_word, SIMD_WORDS);
			atomic_fetch_add(&t->bad, 1);
		}
		atomic_fetch_add(&t->turns, 1);
		/* Half of the time is for others: the tests share a small host. */
		if (!t->pauses && atomic_load(&t->turns) % 8 == 0)
			sleep_ms(10);
	}
	return NULL;
}

static void pin_thread(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("pinning to CPU %d", cpu);
}

static void count_cpus(void)
{
	cpu_count = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpu_count < 1 || cpu_count > CPUS_MAX)
		die("%d CPUs", cpu_count);
}

static void setup_simd(void)
{
	count_cpus();
	for (int i = 0; i <= cpu_count; i++) {
		struct simd_thread *t = simd + i;

		for (int w = 0; w < SIMD_WORDS; w++)
			t->want[w] = mix(seed + i, w);
		t->pauses = i < cpu_count;
		t->rounds = t->pauses ? 1 : SPIN_ROUNDS;
		t->pause.tv_nsec = 20000000;
		start_thread(t->pauses ? "wl-simd" : "wl-simd-busy", run_simd, t);
	}
}

static void check_simd(bool thorough)
{
	for (int i = 0; i <= cpu_count; i++) {
		struct simd_thread *t = simd + i;

		if (thorough)
			expect_progress(&t->turns, "simd", "a thread");
		expect(!atomic_load(&t->bad), "simd", "thread %d: %lu bad words, last %d", i,
		       atomic_load(&t->bad), atomic_load(&t->bad_word));
	}
}

static void damage_simd(void)
{
	simd[0].want[16] ^= 1;	/* v8, while the thread most likely waits with it */
	sleep_ms(100);
}

const struct hold hold_simd = { "simd", setup_simd, check_simd, damage_simd };

struct cpu_thread {
	int cpu;
	atomic_ulong turns, bad_sums, strayed;
	atomic_bool pinned;
};

static struct cpu_thread cpu_threads[CPUS_MAX];

static bool is_pinned(int cpu)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) == 1 &&
	       CPU_ISSET(cpu, &set) && sched_getcpu() == cpu;
}

static __attribute__((noipa)) uint64_t sum_turn(uint64_t turn)
{
	uint64_t sum = turn;

	for (int i = 0; i < 256; i++)
		sum = mix(turn, sum + i);
	return sum;
}

static void *run_cpu(void *arg)
{
	struct cpu_thread *t = arg;
	uint64_t stray_since = 0;

	pin_thread(t->cpu);
	for (uint64_t turn = 0;; turn++) {
		uint64_t now = now_ns(CLOCK_MONOTONIC);

		/* The compiler must not see that both are the same. */
		if (sum_turn(turn) != sum_turn(turn))
			atomic_fetch_add(&t->bad_sums, 1);
		if (is_pinned(t->cpu))
			stray_since = 0;
		else if (!stray_since)
			stray_since = now;
		else if (now - stray_since > STRAY_NS)
			atomic_store(&t->strayed, 1);
		atomic_store(&t->pinned, !stray_since);
		atomic_fetch_add(&t->turns, 1);
		sleep_ms(5);
	}
	return NULL;
}

static void setup_cpu(void)
{
	for (int i = 0; i < cpu_count; i++) {
		cpu_threads[i].cpu = i;
		start_thread("wl-cpu", run_cpu, cpu_threads + i);
	}
}

static void check_cpu(bool thorough)
{
	for (int i = 0; i < cpu_count; i++) {
		struct cpu_thread *t = cpu_threads + i;

		if (thorough) {
			uint64_t end = now_ns(CLOCK_MONOTONIC) + STRAY_NS;

			expect_progress(&t->turns, "cpu", "a pinned thread");
			while (!atomic_load(&t->pinned) && now_ns(CLOCK_MONOTONIC) < end)
				sleep_ms(5);
			expect(atomic_load(&t->pinned), "cpu", "thread of CPU %d is elsewhere", i);
		}
		expect(!atomic_load(&t->strayed), "cpu", "thread of CPU %d was elsewhere", i);
		expect(!atomic_load(&t->bad_sums), "cpu", "CPU %d computes differently", i);
	}
	expect(sysconf(_SC_NPROCESSORS_ONLN) == cpu_count || !thorough, "cpu",
	       "%ld CPUs of %d are online", sysconf(_SC_NPROCESSORS_ONLN), cpu_count);
}

static void damage_cpu(void)
{
	atomic_store(&cpu_threads[0].bad_sums, 1);
}

const struct hold hold_cpu = { "cpu", setup_cpu, check_cpu, damage_cpu };

/* A token goes round; the threads are asleep in the kernel most of the time. */
#define RING	3

static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ring_moved = PTHREAD_COND_INITIALIZER;
static int ring_at;
static bool ring_broken;
static atomic_ulong ring_turns;

static void *run_ring(void *arg)
{
	int self = (intptr_t)arg;

	for (;;) {
		pthread_mutex_lock(&ring_lock);
		while (ring_at != self || ring_broken)
			pthread_cond_wait(&ring_moved, &ring_lock);
		ring_at = (self + 1) % RING;
		atomic_fetch_add(&ring_turns, 1);
		pthread_cond_broadcast(&ring_moved);
		pthread_mutex_unlock(&ring_lock);
		sleep_ms(5);
	}
	return NULL;
}

static void setup_futex(void)
{
	for (intptr_t i = 0; i < RING; i++)
		start_thread("wl-ring", run_ring, (void *)i);
}

static void check_futex(bool thorough)
{
	if (thorough)
		expect_progress(&ring_turns, "futex", "the token");
}

static void damage_futex(void)
{
	pthread_mutex_lock(&ring_lock);
	ring_broken = true;
	pthread_mutex_unlock(&ring_lock);
	sleep_ms(50);
}

const struct hold hold_futex = { "futex", setup_futex, check_futex, damage_futex };
