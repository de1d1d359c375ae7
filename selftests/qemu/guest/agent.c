// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the rig's commands inside the guest, over a virtio serial port.
 *
 * The agent is captured with the system and restored with it, while the rig on
 * the other side is new each time. So nothing here is tied to one connection:
 * a HELLO with a new nonce orphans the commands of the one before, which go on
 * running, but are not reported any more.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent_proto.h"

#define JOBS		16
#define QUEUE_SIZE	(1U << 20)
/* Output of commands is left in their pipes while more than this is waiting. */
#define QUEUE_HIGH	(QUEUE_SIZE / 2)
/* How long a port without a rig on the other side is left alone. */
#define HANGUP_POLL_MS	10
/* How long output of a dead command is waited for, if children keep it open. */
#define LINGER_MS	200

struct job {
	bool used;
	bool orphan;		/* of an earlier connection */
	bool dead;
	bool timed_out;
	uint32_t id;
	pid_t pid;
	int status;
	int in, out, err;	/* -1: closed */
	uint64_t deadline_ms;	/* 0: none */
	uint64_t linger_ms;
	uint8_t *input;		/* not yet taken by the command */
	size_t input_size;
	bool input_end;
};

static struct job jobs[JOBS];
static int port = -1;
static uint64_t nonce;
static uint8_t queue[QUEUE_SIZE];
static size_t queue_start, queue_size;
static uint8_t inbox[2 * (sizeof(struct agent_frame) + AGENT_PAYLOAD_MAX)];
static size_t inbox_size;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint64_t now_ms(void)
{
	return now_ns() / 1000000;
}

static uint32_t crc32(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t crc = ~0U;

	while (size--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

/* Frames are small and rare enough for the CRC to be computed bit by bit. */
static void send_frame(uint32_t type, uint32_t id, const void *payload, uint32_t length)
{
	struct agent_frame frame = {
		.magic = htole32(AGENT_MAGIC),
		.type = htole32(type),
		.nonce = htole64(nonce),
		.id = htole32(id),
		.length = htole32(length),
		.payload_crc = htole32(crc32(payload, length)),
	};

	if (queue_size + sizeof(frame) + length > QUEUE_SIZE)
		return;		/* QUEUE_HIGH leaves room; only a lost connection comes here */
	frame.header_crc = htole32(crc32(&frame, offsetof(struct agent_frame, header_crc)));
	if (queue_start + queue_size + sizeof(frame) + length > QUEUE_SIZE) {
		memmove(queue, queue + queue_start, queue_size);
		queue_start = 0;
	}
	memcpy(queue + queue_start + queue_size, &frame, sizeof(frame));
	memcpy(queue + queue_start + queue_size + sizeof(frame), payload, length);
	queue_size += sizeof(frame) + length;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void send_exit(uint32_t id, uint32_t code, uint32_t sig, uint32_t timed_out, uint32_t error)
{
	uint32_t payload[4] = {
		htole32(code), htole32(sig), htole32(timed_out), htole32(error),
	};

	send_frame(AGENT_EXIT, id, payload, sizeof(payload));
}

static void finish_job(struct job *job)
{
	int status = job->status;

	if (!job->orphan)
		send_exit(job->id, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
			  WIFSIGNALED(status) ? WTERMSIG(status) : 0, job->timed_out, 0);
	close_fd(&job->in);
	close_fd(&job->out);
	close_fd(&job->err);
	free(job->input);
	memset(job, 0, sizeof(*job));
}

/* In the child: @command is NUL terminated. Does not return. */
static void run_command(const char *command, int in, int out, int err)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static int start_job(struct job *job, const char *command)
{
	int in[2], out[2], err[2];
	int error;

	if (pipe2(in, O_CLOEXEC))
		return errno;
	if (pipe2(out, O_CLOEXEC)) {
		error = errno;
		goto err_in;
	}
	if (pipe2(err, O_CLOEXEC)) {
		error = errno;
		goto err_out;
	}
	job->pid = fork();
	if (job->pid < 0) {
		error = errno;
		goto err_err;
	}
	if (!job->pid)
		run_command(command, in[0], out[1], err[1]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	job->in = in[1];
	job->out = out[0];
	job->err = err[0];
	job->used = true;
	return 0;

err_err:
	close(err[0]);
	close(err[1]);
err_out:
	close(out[0]);
	close(out[1]);
err_in:
	close(in[0]);
	close(in[1]);
	return error;
}

static void handle_exec(uint32_t id, const uint8_t *payload, uint32_t length)
{
	char command[AGENT_PAYLOAD_MAX + 1];
	struct job *job = NULL;
	uint32_t timeout;
	int error;

	if (length < sizeof(timeout)) {
		send_exit(id, 127, 0, 0, EINVAL);
		return;
	}
	for (int i = 0; i < JOBS && !job; i++)
		if (!jobs[i].used)
			job = &jobs[i];
	if (!job) {
		send_exit(id, 127, 0, 0, EAGAIN);
		return;
	}
	memcpy(&timeout, payload, sizeof(timeout));
	timeout = le32toh(timeout);
	memcpy(command, payload + sizeof(timeout), length - sizeof(timeout));
	command[length - sizeof(timeout)] = 0;
	memset(job, 0, sizeof(*job));
	job->id = id;
	if (timeout)
		job->deadline_ms = now_ms() + timeout;
	error = start_job(job, command);
	if (error)
		send_exit(id, 127, 0, 0, error);
}

static void handle_stdin(uint32_t id, const uint8_t *payload, uint32_t length)
{
	struct job *job = NULL;
	uint8_t *grown;

	for (int i = 0; i < JOBS; i++)
		if (jobs[i].used && !jobs[i].orphan && jobs[i].id == id)
			job = &jobs[i];
	if (!job || job->in < 0)
		return;
	if (!length) {
		job->input_end = true;
		return;
	}
	grown = realloc(job->input, job->input_size + length);
	if (!grown)
		return;		/* the command then sees too little, and the rig its size */
	memcpy(grown + job->input_size, payload, length);
	job->input = grown;
	job->input_size += length;
}

static void handle_hello(uint64_t new_nonce)
{
	struct {
		uint64_t ns;
		uint32_t pid;
	} __attribute__((packed)) ack = { htole64(now_ns()), htole32(getpid()) };

	nonce = new_nonce;
	queue_start = 0;
	queue_size = 0;
	for (int i = 0; i < JOBS; i++) {
		jobs[i].orphan = true;
		/* A command of nobody gets no more input. */
		jobs[i].input_end = true;
	}
	send_frame(AGENT_HELLO_ACK, 0, &ack, sizeof(ack));
}

static void handle_frame(const struct agent_frame *frame, const uint8_t *payload)
{
	uint32_t length = le32toh(frame->length);
	uint32_t type = le32toh(frame->type);

	if (type == AGENT_HELLO)
		handle_hello(le64toh(frame->nonce));
	else if (le64toh(frame->nonce) != nonce)
		return;
	else if (type == AGENT_EXEC)
		handle_exec(le32toh(frame->id), payload, length);
	else if (type == AGENT_STDIN)
		handle_stdin(le32toh(frame->id), payload, length);
}

/* Return: bytes of the inbox that are done with; 0: more are needed */
static size_t parse_inbox(void)
{
	const uint8_t *payload = inbox + sizeof(struct agent_frame);
	struct agent_frame frame;
	uint32_t length;

	if (inbox_size < sizeof(frame))
		return 0;
	memcpy(&frame, inbox, sizeof(frame));
	length = le32toh(frame.length);
	if (le32toh(frame.magic) != AGENT_MAGIC || length > AGENT_PAYLOAD_MAX ||
	    crc32(&frame, offsetof(struct agent_frame, header_crc)) != le32toh(frame.header_crc))
		return 1;	/* look for a frame one byte on */
	if (inbox_size < sizeof(frame) + length)
		return 0;
	if (crc32(payload, length) != le32toh(frame.payload_crc))
		return 1;
	handle_frame(&frame, payload);
	return sizeof(frame) + length;
}

/* Return: false when no rig is connected */
static bool read_port(void)
{
	ssize_t n = read(port, inbox + inbox_size, sizeof(inbox) - inbox_size);
	size_t done = 0, step;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	inbox_size += n;
	do {
		/* Padding is most of what is skipped: do not move the rest for each byte. */
		size_t skip = 0;

		while (skip < inbox_size && !inbox[skip])
			skip++;
		inbox_size -= skip;
		memmove(inbox, inbox + skip, inbox_size);
		step = parse_inbox();
		inbox_size -= step;
		memmove(inbox, inbox + step, inbox_size);
		done += step + skip;
	} while (step);
	return true;
}

static void write_port(void)
{
	size_t size = queue_size < AGENT_PAYLOAD_MAX ? queue_size : AGENT_PAYLOAD_MAX;
	ssize_t n = write(port, queue + queue_start, size);

	if (n <= 0)
		return;
	queue_start += n;
	queue_size -= n;
	if (!queue_size)
		queue_start = 0;
}

static void read_output(struct job *job, int *fd, uint32_t type)
{
	uint8_t data[AGENT_PAYLOAD_MAX];
	ssize_t n = read(*fd, data, sizeof(data));

	if (n > 0 && !job->orphan)
		send_frame(type, job->id, data, n);
	else if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(fd);
}

static void feed_input(struct job *job)
{
	ssize_t n = 0;

	if (job->input_size)
		n = write(job->in, job->input, job->input_size);
	if (n > 0) {
		job->input_size -= n;
		memmove(job->input, job->input + n, job->input_size);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		job->input_size = 0;
		close_fd(&job->in);
	}
	if (!job->input_size && job->input_end)
		close_fd(&job->in);
}

static void reap_children(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < JOBS; i++)
			if (jobs[i].used && !jobs[i].dead && jobs[i].pid == pid) {
				jobs[i].dead = true;
				jobs[i].status = status;
				jobs[i].linger_ms = now_ms() + LINGER_MS;
			}
}

/* Return: ms until something is due, -1: nothing will be */
static int run_timers(void)
{
	uint64_t now = now_ms();
	int next = -1;

	for (int i = 0; i < JOBS; i++) {
		struct job *job = &jobs[i];
		uint64_t due = job->dead ? job->linger_ms : job->deadline_ms;

		if (!job->used)
			continue;
		if (job->dead && ((job->out < 0 && job->err < 0) || now >= due)) {
			finish_job(job);
			continue;
		}
		if (!job->dead && due && now >= due) {
			job->timed_out = true;
			job->deadline_ms = 0;
			kill(-job->pid, SIGKILL);
			continue;
		}
		if (due && (next < 0 || due - now < (uint64_t)next))
			next = due - now;
	}
	return next;
}

/* The port's name is in sysfs before udev makes a link of it. */
static int open_port(void)
{
	static const char class[] = "/sys/class/virtio-ports";
	DIR *dir = opendir(class);
	struct dirent *entry;
	char path[512], name[64];
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s/name", class, entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strcmp(strtok(name, "\n"), AGENT_PORT_NAME)) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* As the only process of a small initramfs: what it needs to find the port. */
static void become_init(void)
{
	mkdir("/sys", 0755);
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mkdir("/run", 0755);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/run", "tmpfs", 0, NULL);
}

static void serve(int sigfd)
{
	/* Port, signals, three pipes a job. */
	struct pollfd fds[2 + 3 * JOBS];
	bool connected = true;

	for (;;) {
		int timeout = run_timers();
		bool full = queue_size > QUEUE_HIGH;

		fds[0].fd = connected ? port : -1;
		fds[0].events = POLLIN | (queue_size ? POLLOUT : 0);
		fds[1].fd = sigfd;
		fds[1].events = POLLIN;
		for (int i = 0; i < JOBS; i++) {
			struct job *job = &jobs[i];
			struct pollfd *f = fds + 2 + 3 * i;
			bool feed = job->input_size || job->input_end;

			f[0].fd = job->used && feed ? job->in : -1;
			f[0].events = POLLOUT;
			f[1].fd = job->used && !full ? job->out : -1;
			f[1].events = POLLIN;
			f[2].fd = job->used && !full ? job->err : -1;
			f[2].events = POLLIN;
		}
		if (!connected && (timeout < 0 || timeout > HANGUP_POLL_MS))
			timeout = HANGUP_POLL_MS;
		if (poll(fds, sizeof(fds) / sizeof(*fds), timeout) < 0)
			continue;

		if (fds[1].fd >= 0 && fds[1].revents) {
			struct signalfd_siginfo info;

			while (read(sigfd, &info, sizeof(info)) == sizeof(info))
				;
			reap_children();
		}
		for (int i = 0; i < JOBS; i++) {
			struct job *job = &jobs[i];
			struct pollfd *f = fds + 2 + 3 * i;

			if (f[0].fd >= 0 && f[0].revents)
				feed_input(job);
			if (f[1].fd >= 0 && f[1].revents)
				read_output(job, &job->out, AGENT_STDOUT);
			if (f[2].fd >= 0 && f[2].revents)
				read_output(job, &job->err, AGENT_STDERR);
		}
		if (connected && fds[0].revents & POLLOUT)
			write_port();
		connected = read_port();
	}
}

int main(void)
{
	sigset_t mask;
	int sigfd;

	if (getpid() == 1)
		become_init();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	sigfd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (sigfd < 0) {
		perror("agent: signalfd");
		return 1;
	}
	for (int i = 0; i < JOBS; i++)
		jobs[i].in = jobs[i].out = jobs[i].err = -1;
	while ((port = open_port()) < 0)
		usleep(50000);
	serve(sigfd);
}
