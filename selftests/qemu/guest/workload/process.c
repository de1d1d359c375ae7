// SPDX-License-Identifier: GPL-2.0-only
/*
 * What belongs to a process: pending signals and the mask, children, names,
 * limits and dispositions, System V and POSIX IPC.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"

#define QUEUED_SIGNAL	(SIGRTMIN + 5)
#define QUEUED		3
#define CHILD_MS	10000

static int queued_base;

static void queue_signals(void)
{
	for (int i = 0; i < QUEUED; i++) {
		union sigval value = { .sival_int = queued_base + i };

		if (sigqueue(getpid(), QUEUED_SIGNAL, value))
			die("sigqueue");
	}
}

static void setup_signal(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, QUEUED_SIGNAL);
	/* Other threads block them too: only the main thread may take them. */
	if (sigprocmask(SIG_BLOCK, &mask, NULL) || raise(SIGUSR1))
		die("sigprocmask");
	queued_base = 100;
	queue_signals();
}

/* Takes the queued signals, which must come in order, and queues others. */
static void check_signal(bool thorough)
{
	sigset_t pending, mask, queued;
	struct timespec none = { };
	siginfo_t info;

	(void)thorough;
	expect(!sigprocmask(SIG_BLOCK, NULL, &mask) && sigismember(&mask, SIGUSR1) == 1 &&
	       sigismember(&mask, SIGUSR2) == 0, "signal", "mask changed");
	expect(!sigpending(&pending) && sigismember(&pending, SIGUSR1) == 1, "signal",
	       "SIGUSR1 is not pending");
	sigemptyset(&queued);
	sigaddset(&queued, QUEUED_SIGNAL);
	for (int i = 0; i < QUEUED; i++) {
		int sig = sigtimedwait(&queued, &info, &none);

		expect(sig == QUEUED_SIGNAL && info.si_value.sival_int == queued_base + i, "signal",
		       "queued signal %d is %d", queued_base + i, sig);
	}
	expect(sigtimedwait(&queued, &info, &none) < 0 && errno == EAGAIN, "signal",
	       "a signal too many");
	queued_base += QUEUED;
	queue_signals();
}

static void damage_signal(void)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	sigwaitinfo(&one, NULL);
}

const struct hold hold_signal = { "signal", setup_signal, check_signal, damage_signal };

static pid_t zombie, waiting_child;
static int waiting_pipe, child_code;
static atomic_ulong sigchlds;

static void count_sigchld(int sig)
{
	(void)sig;
	atomic_fetch_add(&sigchlds, 1);
}

/* A zombie that nobody has waited for, and a child that waits for a byte. */
static void start_children(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		die("pipe");
	child_code = (child_code + 1) % 64;
	zombie = fork();
	if (!zombie)
		_exit(child_code);
	waiting_child = fork();
	if (!waiting_child) {
		char byte = 0;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[1]);
		_exit(read(fd[0], &byte, 1) == 1 ? byte : 255);
	}
	if (zombie < 0 || waiting_child < 0)
		die("fork");
	close(fd[0]);
	waiting_pipe = fd[1];
}

static void setup_child(void)
{
	struct sigaction action = { .sa_handler = count_sigchld,
				    .sa_flags = SA_RESTART | SA_NOCLDSTOP };

	sigaction(SIGCHLD, &action, NULL);
	start_children();
}

/* Return: exit code of @pid, or a negative number */
static int wait_code(pid_t pid)
{
	siginfo_t info = { };
	int result;

	do
		result = waitid(P_PID, pid, &info, WEXITED);
	while (result && errno == EINTR);
	return !result && info.si_code == CLD_EXITED ? info.si_status : -1;
}

static void check_child(bool thorough)
{
	unsigned long before = atomic_load(&sigchlds);
	char byte = child_code + 100;
	siginfo_t info = { };
	int code;

	expect(!waitid(P_PID, waiting_child, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid,
	       "child", "the waiting child has ended");
	if (!thorough)
		return;
	code = wait_code(zombie);
	expect(code == child_code, "child", "zombie left %d, not %d", code, child_code);
	expect(write(waiting_pipe, &byte, 1) == 1, "child", "pipe to the child: %s",
	       strerror(errno));
	close(waiting_pipe);
	code = wait_code(waiting_child);
	expect(code == byte, "child", "child left %d, not %d", code, byte);
	for (int i = 0; i < CHILD_MS && atomic_load(&sigchlds) == before; i++)
		sleep_ms(1);
	expect(atomic_load(&sigchlds) != before, "child", "no SIGCHLD came");
	start_children();
}

static void damage_child(void)
{
	kill(waiting_child, SIGKILL);
	wait_code(waiting_child);
}

const struct hold hold_child = { "child", setup_child, check_child, damage_child };

/* Whatever can be asked for about a process, in one string of bytes. */
struct identity {
	char cwd[64], name[16];
	mode_t mask;
	int priority;
	uid_t uid;
	pid_t pid, parent, session, group;
	struct rlimit limit[RLIM_NLIMITS];
	void *handler[NSIG];
};

static struct identity identity;
static __thread uint64_t thread_word;

static void read_identity(struct identity *id)
{
	struct sigaction action;

	memset(id, 0, sizeof(*id));
	if (!getcwd(id->cwd, sizeof(id->cwd)))
		die("getcwd");
	prctl(PR_GET_NAME, id->name);
	id->mask = umask(0);
	umask(id->mask);
	id->priority = getpriority(PRIO_PROCESS, 0);
	id->uid = getuid();
	id->pid = getpid();
	id->parent = getppid();
	id->session = getsid(0);
	id->group = getpgrp();
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &id->limit[i]);
	for (int i = 1; i < NSIG; i++)
		if (!sigaction(i, NULL, &action))
			id->handler[i] = (void *)action.sa_handler;
}

static void setup_process(void)
{
	struct rlimit files = { 200, 300 };

	if (chdir(work_dir()) || setrlimit(RLIMIT_NOFILE, &files))
		die("chdir");
	umask(027);
	setpriority(PRIO_PROCESS, 0, 1);
	prctl(PR_SET_NAME, "wl-main");
	thread_word = mix(seed, 7);
	read_identity(&identity);
}

static void check_process(bool thorough)
{
	struct identity now;

	(void)thorough;
	read_identity(&now);
	expect(!memcmp(&now, &identity, sizeof(now)), "process",
	       "changed: cwd %s, name %s, umask %o, priority %d", now.cwd, now.name, now.mask,
	       now.priority);
	expect(thread_word == mix(seed, 7), "process", "thread-local storage changed");
}

static void damage_process(void)
{
	umask(022);
}

const struct hold hold_process = { "process", setup_process, check_process, damage_process };

static int sem_id, msg_id;
static uint64_t *shm;
static mqd_t mq;
static int ipc_turn;

struct text_message {
	long type;
	char text[32];
};

static void send_messages(void)
{
	struct text_message message = { .type = 7 };

	snprintf(message.text, sizeof(message.text), "message %d", ipc_turn);
	if (msgsnd(msg_id, &message, sizeof(message.text), IPC_NOWAIT) ||
	    mq_send(mq, message.text, sizeof(message.text), 3))
		die("message");
}

static void setup_ipc(void)
{
	struct mq_attr attr = {
		.mq_maxmsg = 4,
		.mq_msgsize = sizeof(((struct text_message *)0)->text),
	};
	union { int val; } value = { .val = 3 };
	int id = shmget(IPC_PRIVATE, PAGE_SIZE, IPC_CREAT | 0600);

	shm = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	sem_id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	msg_id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	mq_unlink("/snapcap-workload");
	mq = mq_open("/snapcap-workload", O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600, &attr);
	if (shm == (void *)-1 || sem_id < 0 || msg_id < 0 || mq == (mqd_t)-1 ||
	    semctl(sem_id, 0, SETVAL, value))
		die("ipc");
	/* Gone with the last process that has it attached. */
	shmctl(id, IPC_RMID, NULL);
	for (size_t i = 0; i < PAGE_SIZE / 8; i++)
		shm[i] = mix(seed, i);
	send_messages();
}

static void check_ipc(bool thorough)
{
	struct text_message message = { };
	char want[32] = "", text[32] = "";
	size_t bad = 0;

	(void)thorough;
	snprintf(want, sizeof(want), "message %d", ipc_turn);
	for (size_t i = 0; i < PAGE_SIZE / 8; i++)
		bad += shm[i] != mix(seed, i);
	expect(!bad, "ipc", "%zu bad words in shared memory", bad);
	expect(semctl(sem_id, 0, GETVAL) == 3, "ipc", "semaphore is %d",
	       semctl(sem_id, 0, GETVAL));
	expect(msgrcv(msg_id, &message, sizeof(message.text), 7, IPC_NOWAIT) > 0 &&
	       !strcmp(message.text, want), "ipc", "System V queue has '%s'", message.text);
	expect(mq_receive(mq, text, sizeof(text), NULL) > 0 && !strcmp(text, want), "ipc",
	       "POSIX queue has '%s'", text);
	ipc_turn++;
	send_messages();
}

static void damage_ipc(void)
{
	union { int val; } value = { .val = 2 };

	semctl(sem_id, 0, SETVAL, value);
}

const struct hold hold_ipc = { "ipc", setup_ipc, check_ipc, damage_ipc };
