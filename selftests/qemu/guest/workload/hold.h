/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hold is one kind of state that a capture could lose. Each sets itself up
 * once, is checked again and again by the main thread, and can be damaged on
 * request, so that its check can be seen to fail.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE	4096

/**
 * struct hold - one kind of state
 * @name: for --break= and in reports
 * @setup: creates the state; ends the program when it cannot
 * @check: verifies all of it when @thorough, else a part that costs little
 * @damage: changes it behind the check's back
 */
struct hold {
	const char *name;
	void (*setup)(void);
	void (*check)(bool thorough);
	void (*damage)(void);
};

extern const struct hold hold_anonymous, hold_shared, hold_tmpfs, hold_private, hold_fresh;
extern const struct hold hold_itimer, hold_posix_timer, hold_timerfd, hold_clock;
extern const struct hold hold_pipe, hold_unix, hold_datagram, hold_rights, hold_tcp;
extern const struct hold hold_simd, hold_cpu, hold_futex, hold_ptrace;
extern const struct hold hold_file, hold_lock, hold_inotify, hold_epoll;
extern const struct hold hold_signal, hold_child, hold_process, hold_ipc;

extern uint64_t seed;		/* everything that is held derives from it */
extern size_t memory_mib;	/* split over the kinds of memory */
extern const char *private_path; /* file of the root that is mapped privately */

/* Counts a check; when @ok is false, records it as failed. Any thread may. */
void expect(bool ok, const char *hold, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Expects @counter to change within some seconds. */
void expect_progress(atomic_ulong *counter, const char *hold, const char *what);
/* Setup failed: nothing can be tested. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

uint64_t mix(uint64_t a, uint64_t b);	/* hash of two words */
uint64_t now_ns(int clock);
void sleep_ms(unsigned int ms);
/* A thread that no check waits for; named for the kernel's reports. */
void start_thread(const char *name, void *(*function)(void *), void *arg);
/* The directory on tmpfs for the files that holds keep open. */
const char *work_dir(void);

#endif /* HOLD_H */
