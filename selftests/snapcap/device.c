// SPDX-License-Identifier: GPL-2.0-only
/* /dev/snapcap for tests: open, take, watch, and hold a take in a stage. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "device.h"

#define HOLD_DIR	"/sys/kernel/debug/snapcap/"
#define SYSFS_DIR	"/sys/class/misc/snapcap/"

int device_open(int flags)
{
	int fd = open(DEVICE_PATH, O_RDWR | O_CLOEXEC | flags);

	return fd < 0 ? -errno : fd;
}

void makesnap_init(struct snapcap_makesnap *arg, unsigned int mtd)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->mtd = mtd;
	arg->slot = SNAPCAP_SLOT_AUTO;
	arg->codec = SNAPCAP_CODEC_LZ4;
	strcpy((char *)arg->label, TEST_LABEL);
}

int device_take(int fd, struct snapcap_makesnap *arg)
{
	return ioctl(fd, SNAPCAP_IOC_MAKESNAP, arg) ? -errno : 0;
}

int device_state(int fd, uint32_t *state)
{
	return ioctl(fd, SNAPCAP_IOC_GET_STATE, state) ? -errno : 0;
}

int device_status(int fd, struct snapcap_status *status)
{
	status->size = sizeof(*status);
	return ioctl(fd, SNAPCAP_IOC_STATUS, status) ? -errno : 0;
}

int device_info(int fd, struct snapcap_info *info)
{
	info->size = sizeof(*info);
	return ioctl(fd, SNAPCAP_IOC_INFO, info) ? -errno : 0;
}

int device_boot_info(int fd, struct snapcap_boot_info *info)
{
	info->size = sizeof(*info);
	return ioctl(fd, SNAPCAP_IOC_BOOT_INFO, info) ? -errno : 0;
}

int device_cancel(int fd)
{
	return ioctl(fd, SNAPCAP_IOC_CANCEL) ? -errno : 0;
}

int device_request(int fd, const struct snapcap_request *arg)
{
	return ioctl(fd, SNAPCAP_IOC_REQUEST, arg) ? -errno : 0;
}

int device_rehearse(int fd, struct snapcap_rehearse *arg)
{
	return ioctl(fd, SNAPCAP_IOC_REHEARSE, arg) ? -errno : 0;
}

int device_devices(int fd, struct snapcap_devices *arg)
{
	return ioctl(fd, SNAPCAP_IOC_DEVICES, arg) ? -errno : 0;
}

bool device_quiet(int fd)
{
	struct snapcap_event event;

	return read(fd, &event, sizeof(event)) < 0 && errno == EAGAIN;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int device_wait_stage(int fd, uint32_t stage)
{
	long long end = now_ms() + STAGE_TIMEOUT_MS;
	struct snapcap_event event;

	do {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 100) <= 0)
			continue;
		if (read(fd, &event, sizeof(event)) < 0) {
			if (errno == EAGAIN || errno == EINTR)
				continue;
			return -errno;
		}
		if (event.type == SNAPCAP_NOTE_STAGE && event.stage == stage)
			return 0;
	} while (now_ms() < end);
	return -ETIMEDOUT;
}

int text_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int text_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

long long number_read(const char *path)
{
	char text[32];

	return text_read(path, text, sizeof(text)) ? -1 : atoll(text);
}

int module_set(const char *module, const char *parameter, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, parameter);
	return text_write(path, value);
}

long long module_get(const char *module, const char *parameter)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, parameter);
	return number_read(path);
}

int module_load(const char *name, const char *parameters)
{
	const char *folder = getenv("SNAPCAP_TEST_MODULES");
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s.ko", folder ? folder : ".", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) && errno != ENOENT ? -errno : 0;
}

int sysfs_text(const char *name, char *buf, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), SYSFS_DIR "%s", name);
	return text_read(path, buf, size);
}

int device_hold(uint32_t stage, unsigned int ms)
{
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%u", ms);
	ret = text_write(HOLD_DIR "hold_ms", text);
	if (ret)
		return ret;
	snprintf(text, sizeof(text), "%u", stage);
	return text_write(HOLD_DIR "hold_stage", text);
}

static void ignore_once(int sig)
{
}

int taker_start(struct taker *taker, const struct snapcap_makesnap *arg,
		enum taker_signals signals)
{
	/* Without SA_RESTART: the ioctl is to come back. */
	struct sigaction action = {
		.sa_handler = signals == TAKER_HANDLE ? ignore_once : SIG_DFL,
	};
	int fd;

	taker->result = mmap(NULL, sizeof(*taker->result), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (taker->result == MAP_FAILED)
		return -errno;
	taker->result->arg = *arg;
	taker->pid = fork();
	if (taker->pid < 0)
		return -errno;
	if (taker->pid)
		return 0;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	fd = device_open(0);
	taker->result->ret = fd < 0 ? fd : device_take(fd, &taker->result->arg);
	_exit(0);
}

int taker_end(struct taker *taker, struct snapcap_makesnap *arg)
{
	int status, ret;

	while (waitpid(taker->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	ret = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : taker->result->ret;
	if (arg)
		*arg = taker->result->arg;
	munmap(taker->result, sizeof(*taker->result));
	return ret;
}

/* Reads what there is; the ring is small, so it must be quick. */
static void drain(struct event_log *log)
{
	size_t room = sizeof(log->event) / sizeof(log->event[0]) - log->count;
	ssize_t n;

	while (room) {
		n = read(log->fd, log->event + log->count, room * sizeof(log->event[0]));
		if (n < 0) {
			if (errno != EAGAIN)
				log->error = -errno;
			return;
		}
		log->count += n / sizeof(log->event[0]);
		room -= n / sizeof(log->event[0]);
	}
	log->error = -ENOSPC;
}

static void *collect(void *arg)
{
	struct event_log *log = arg;
	struct pollfd p[] = {
		{ .fd = log->fd, .events = POLLIN },
		{ .fd = log->stop_fd, .events = POLLIN },
	};

	while (!log->error) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents) {
			log->wakeups++;
			drain(log);
		}
		if (p[1].revents)
			break;
	}
	return NULL;
}

int event_log_start(struct event_log *log)
{
	/* Ahead of the take itself, so that it misses nothing on one CPU. */
	struct sched_param param = { .sched_priority = 50 };
	int ret;

	memset(log, 0, sizeof(*log));
	log->fd = device_open(O_NONBLOCK);
	if (log->fd < 0)
		return log->fd;
	log->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (log->stop_fd < 0) {
		ret = -errno;
		close(log->fd);
		return ret;
	}
	ret = pthread_create(&log->thread, NULL, collect, log);
	if (ret)
		return -ret;
	return -pthread_setschedparam(log->thread, SCHED_FIFO, &param);
}

int event_log_stop(struct event_log *log)
{
	uint64_t one = 1;

	if (write(log->stop_fd, &one, sizeof(one)) < 0)
		return -errno;
	pthread_join(log->thread, NULL);
	if (!log->error)
		drain(log);
	close(log->fd);
	close(log->stop_fd);
	return log->error;
}
