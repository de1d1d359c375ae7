/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/snapcap for tests: open, take, watch, and hold a take in a stage. */
#ifndef SNAPCAP_TEST_DEVICE_H
#define SNAPCAP_TEST_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/snapcap.h>

#define DEVICE_PATH	"/dev/snapcap"
/* How the labels of all snapshots of the tests begin: no others are overwritten. */
#define TEST_LABEL	"kselftest"

/* How long to wait for a take to come to a stage: a debug kernel is slow. */
#define STAGE_TIMEOUT_MS	60000

/**
 * device_open() - open /dev/snapcap
 * @flags: of open(), beside O_RDWR
 *
 * Return: file descriptor, negative errno
 */
int device_open(int flags);

/** makesnap_init() - an argument that is right in every field */
void makesnap_init(struct snapcap_makesnap *arg, unsigned int mtd);

/* ioctl()s: 0 or negative errno. */
int device_take(int fd, struct snapcap_makesnap *arg);
int device_state(int fd, uint32_t *state);
int device_status(int fd, struct snapcap_status *status);
int device_info(int fd, struct snapcap_info *info);
int device_boot_info(int fd, struct snapcap_boot_info *info);
int device_cancel(int fd);
int device_request(int fd, const struct snapcap_request *arg);
int device_rehearse(int fd, struct snapcap_rehearse *arg);
int device_devices(int fd, struct snapcap_devices *arg);

/** device_quiet() - true when the events of @fd (O_NONBLOCK) say that no take was begun */
bool device_quiet(int fd);

/** device_wait_stage() - read events of @fd until one says that @stage begins
 * Return: 0, -ETIMEDOUT, negative errno
 */
int device_wait_stage(int fd, uint32_t stage);

/**
 * device_hold() - have takes wait at the beginning of a stage
 * @stage: SNAPCAP_STAGE_*, SNAPCAP_STAGE_IDLE: in none
 * @ms: at most so long
 *
 * Return: 0, negative errno when there is no debugfs
 */
int device_hold(uint32_t stage, unsigned int ms);

/** text_read() - first line of a file, without its end; 0 or negative errno */
int text_read(const char *path, char *buf, size_t size);
/** text_write() - write a text to a file; 0 or negative errno */
int text_write(const char *path, const char *text);
/** number_read() - decimal number in a file, or -1 */
long long number_read(const char *path);
/** module_set() - set a parameter of a module; 0 or negative errno, none such: -ENOENT */
int module_set(const char *module, const char *parameter, const char *value);
/** module_get() - number in a parameter of a module, or -1 */
long long module_get(const char *module, const char *parameter);
/**
 * module_load() - load a module of the folder SNAPCAP_TEST_MODULES
 * @name: of the module
 * @parameters: its parameters
 *
 * Return: 0 or negative errno
 */
int module_load(const char *name, const char *parameters);
/** module_unload() - 0, also when it is not there, or negative errno */
int module_unload(const char *name);
/** sysfs_text() - first line of /sys/class/misc/snapcap/@name */
int sysfs_text(const char *name, char *buf, size_t size);

/* What to do about SIGTERM and SIGINT in the process that takes. */
enum taker_signals { TAKER_DEFAULT, TAKER_HANDLE };

/** struct taker - a take in a process of its own */
struct taker {
	pid_t pid;
	struct taker_result {
		int ret;
		struct snapcap_makesnap arg;
	} *result;
};

/** taker_start() - take with @arg in a child process; 0 or negative errno */
int taker_start(struct taker *taker, const struct snapcap_makesnap *arg,
		enum taker_signals signals);
/**
 * taker_end() - wait for the child
 * @taker: started
 * @arg: its argument as the kernel left it, may be NULL
 *
 * Return: what the ioctl returned, 0 or negative errno; 128 + signal when that ended the child
 */
int taker_end(struct taker *taker, struct snapcap_makesnap *arg);

/** struct event_log - all events from a moment on, collected by a thread */
struct event_log {
	int fd;
	int stop_fd;
	pthread_t thread;
	int error;
	size_t count;
	size_t wakeups;
	struct snapcap_event event[4096];
};

/** event_log_start() - begin to collect; 0 or negative errno */
int event_log_start(struct event_log *log);
/** event_log_stop() - end it, with all events up to now; 0 or negative errno */
int event_log_stop(struct event_log *log);

#endif /* SNAPCAP_TEST_DEVICE_H */
