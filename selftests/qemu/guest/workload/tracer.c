// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that is being traced: stopped while a capture may come, its registers
 * and memory known. Each check looks at them and single-steps it; a thorough
 * one lets it run and stops it again.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"

#define STEPS		6
#define RUN_MS		20
#define SETUP_TURNS	500
/* The child counts here; the register is its own choice. */
#define COUNTER_REG	19

static pid_t tracee;
static struct user_regs_struct held_regs;
static struct user_fpsimd_struct held_fpregs;
static volatile uint64_t tracee_word;

/* Two instructions for ever: the counter register grows by one in each round. */
static void run_tracee(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "wl-tracee");
	__asm__ volatile(
		"mov	x19, #0\n\t"
		"dup	v31.2d, %0\n\t"
		"dup	v8.2d, %0\n"
		"1:\n\t"
		"add	x19, x19, #1\n\t"
		"b	1b\n"
		: : "r" (tracee_word) : "x19", "v8", "v31");
}

static bool read_regs(struct user_regs_struct *regs, struct user_fpsimd_struct *fpregs)
{
	struct iovec general = { regs, sizeof(*regs) }, simd = { fpregs, sizeof(*fpregs) };

	return !ptrace(PTRACE_GETREGSET, tracee, NT_PRSTATUS, &general) &&
	       !ptrace(PTRACE_GETREGSET, tracee, NT_PRFPREG, &simd);
}

/* Return: false when the child did not stop with @signal */
static bool wait_stop(int signal)
{
	int status;

	while (waitpid(tracee, &status, __WALL) < 0)
		if (errno != EINTR)
			return false;
	return WIFSTOPPED(status) && WSTOPSIG(status) == signal;
}

static void stop_tracee(void)
{
	bool ok = !ptrace(PTRACE_INTERRUPT, tracee, 0, 0) && wait_stop(SIGTRAP);

	expect(ok, "ptrace", "child does not stop");
	expect(read_regs(&held_regs, &held_fpregs), "ptrace", "registers: %s", strerror(errno));
}

static void setup_ptrace(void)
{
	tracee_word = mix(seed, 99);
	tracee = fork();
	if (!tracee)
		run_tracee();
	if (tracee < 0 || ptrace(PTRACE_SEIZE, tracee, 0, 0))
		die("ptrace");
	/* Until it has come to its loop. */
	for (int i = 0; i < SETUP_TURNS; i++) {
		sleep_ms(RUN_MS);
		stop_tracee();
		if ((uint64_t)held_fpregs.vregs[8] == tracee_word &&
		    held_regs.regs[COUNTER_REG])
			return;
		ptrace(PTRACE_CONT, tracee, 0, 0);
	}
	errno = ETIMEDOUT;
	die("ptrace");
}

static void check_held(void)
{
	struct user_fpsimd_struct fpregs;
	struct user_regs_struct regs;
	uint64_t word;

	expect(read_regs(&regs, &fpregs), "ptrace", "registers: %s", strerror(errno));
	expect(!memcmp(&regs, &held_regs, sizeof(regs)), "ptrace",
	       "registers changed while stopped, pc %#llx", (unsigned long long)regs.pc);
	expect(!memcmp(&fpregs, &held_fpregs, sizeof(fpregs)), "ptrace",
	       "FP registers changed while stopped");
	expect((uint64_t)fpregs.vregs[8] == tracee_word, "ptrace", "v8 is %#llx",
	       (unsigned long long)fpregs.vregs[8]);
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, tracee, &tracee_word, 0);
	expect(!errno && word == tracee_word, "ptrace", "memory reads as %#llx",
	       (unsigned long long)word);
}

static void step_tracee(void)
{
	uint64_t counter = held_regs.regs[COUNTER_REG];

	for (int i = 0; i < STEPS; i++)
		expect(!ptrace(PTRACE_SINGLESTEP, tracee, 0, 0) && wait_stop(SIGTRAP), "ptrace",
		       "step %d: %s", i, strerror(errno));
	expect(read_regs(&held_regs, &held_fpregs) &&
	       held_regs.regs[COUNTER_REG] == counter + STEPS / 2, "ptrace",
	       "%d steps from %llu lead to %llu", STEPS, (unsigned long long)counter,
	       (unsigned long long)held_regs.regs[COUNTER_REG]);
}

static void check_ptrace(bool thorough)
{
	uint64_t counter;

	check_held();
	step_tracee();
	if (!thorough)
		return;
	counter = held_regs.regs[COUNTER_REG];
	expect(!ptrace(PTRACE_CONT, tracee, 0, 0), "ptrace", "continuing: %s", strerror(errno));
	sleep_ms(RUN_MS);
	stop_tracee();
	expect(held_regs.regs[COUNTER_REG] > counter, "ptrace", "child did not run from %llu",
	       (unsigned long long)counter);
}

static void damage_ptrace(void)
{
	struct user_regs_struct regs = held_regs;
	struct iovec iov = { &regs, sizeof(regs) };

	regs.regs[20] ^= 1;
	if (ptrace(PTRACE_SETREGSET, tracee, NT_PRSTATUS, &iov))
		die("ptrace");
}

const struct hold hold_ptrace = { "ptrace", setup_ptrace, check_ptrace, damage_ptrace };
