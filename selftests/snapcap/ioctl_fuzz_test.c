// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of every kind at /dev/snapcap from several threads at once, right ones, nearly
 * right ones and random ones, while others open, close, read and poll the same files,
 * write to the arguments, and signal. No answer may be one that the ABI does not know,
 * no byte may be written behind an argument, nothing may be left over, and the kernel
 * may not have a word to say.
 *
 * Takes are for the RAM disk alone, and few: each stops all of this for a while.
 *
 * Environment: SNAPCAP_FUZZ_CALLS (20000), SNAPCAP_FUZZ_THREADS (4), SNAPCAP_FUZZ_SEED.
 * With CONFIG_FAULT_INJECTION, _FAULT_INJECTION_DEBUG_FS, _FAILSLAB, _FAIL_PAGE_ALLOC and
 * _FAULT_INJECTION_USERCOPY allocations and copies of the calls fail, too, one at a time.
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "ioctl_gen.h"
#include "pager.h"
#include "target.h"

#define FILES		12
#define THREADS_MAX	16
#define ERRNO_MAX	134
#define TIMEOUT_S	7200
/* Calls to one that stops the system, and the most of these. */
#define FREEZE_EVERY	2500
#define FREEZES_MAX	100
/* With fewer it may be that all were cancelled, or busy. */
#define FREEZES_SURE	40
#define FAULTS_MAX	30
/* Entries have room, and no mapping is near: other addresses are made from theirs. */
#define REGION_HINT	((void *)0x155554000000)
#define REGION_SIZE	(1UL << 20)
#define ARG_AT		(REGION_SIZE / 2)

struct worker {
	pthread_t thread;
	int tid;
	bool privileged;
	bool inject;		/* faults can be had */
	int fail_nth;		/* /proc/thread-self/fail-nth */
	uint64_t random;
	uint8_t *region;	/* between two that cannot be touched */
	struct ioctl_target target;
	long long calls, injected;
	long long answer[32][ERRNO_MAX];	/* by kind, the last one for those unknown */
	char wrong[160];	/* what was seen first that must not be */
};

static struct {
	_Atomic int file[FILES];
	_Atomic long long calls;	/* done by all */
	_Atomic int freezes;		/* begun, and at the moment */
	_Atomic int freezing;
	_Atomic bool over;
	pthread_barrier_t begin;	/* what is opened before stays */
	long long calls_max;
	int freezes_max;
	uint8_t *scribble;		/* an argument that others write to */
	unsigned int mtd;
	struct worker worker[THREADS_MAX];
	int workers;
} fuzz;

static uint64_t below(struct worker *w, uint64_t limit)
{
	return ioctl_random(&w->random) % limit;
}

#define WRONG(w, ...) do {						\
	if (!(w)->wrong[0])						\
		snprintf((w)->wrong, sizeof((w)->wrong), __VA_ARGS__);	\
} while (0)

/* ---- files, and what is done with them beside ioctl() ---- */

/* The first is the swap device's, which must be closed to go away. */
static void change_file(struct worker *w)
{
	int i = below(w, FILES), fd = -1;

	if (below(w, i ? 16 : 2)) {
		fd = open(i ? DEVICE_PATH : PAGER_PATH,
			  O_RDWR | O_NONBLOCK | O_CLOEXEC | (below(w, 2) ? O_DIRECT : 0));
		if (fd < 0)
			return;
	}
	fd = atomic_exchange(&fuzz.file[i], fd);
	if (fd >= 0)
		close(fd);
}

static void use_file(struct worker *w, int fd)
{
	struct pollfd p = { .fd = fd, .events = below(w, 65536) };
	ssize_t n;

	switch (below(w, 6)) {
	case 0:
		poll(&p, 1, 0);
		break;
	case 1:
		n = read(fd, w->region, below(w, 2) ? below(w, 4096) :
			 4096 * (1 + below(w, 8)));
		if (n < 0 && errno != EAGAIN && errno != EINVAL && errno != EINTR &&
		    errno != EFAULT && errno != EBADF && errno != EIO && errno != ENOMEM)
			WRONG(w, "read(): %s", strerror(errno));
		break;
	case 2:
		n = read(fd, w->region + REGION_SIZE - below(w, 64), 4096);
		break;
	case 3:
		n = pwrite(fd, w->region, 4096 * below(w, 3), 4096 * below(w, 32));
		break;
	case 4:
		lseek(fd, below(w, 1 << 20), below(w, 5));
		break;
	default:
		n = (ssize_t)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		if (n != -1)
			munmap((void *)n, 4096);
	}
}

/* ---- arguments ---- */

/* An address that is none, or one at the end of what can be read. */
static uintptr_t bad_address(struct worker *w)
{
	switch (below(w, 6)) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)w->region - 4096;
	case 2:
		return (uintptr_t)w->region + REGION_SIZE - below(w, 64);
	case 3:
		return 0xffff800000000000;
	case 4:
		return (uintptr_t)w->region + REGION_SIZE;
	default:
		return 1ULL << 63;
	}
}

/* What stands in an argument as an address is this thread's memory, or nobody's. */
static void confine_entries(struct worker *w, const struct ioctl_kind *kind, void *arg)
{
	__u64 *entries = NULL;

	if (kind->cmd == SNAPCAP_IOC_HOT_SET)
		entries = &((struct snapcap_hot_set *)arg)->entries;
	if (kind->cmd == SNAPCAP_IOC_DEVICES)
		entries = &((struct snapcap_devices *)arg)->entries;
	if (kind->cmd == SNAPCAP_IOC_FINGERPRINT)
		entries = &((struct snapcap_fingerprints *)arg)->entries;
	if (entries && *entries != (uintptr_t)w->target.entries)
		*entries = bad_address(w);
}

/*
 * May this one stop the system? In step with the calls, so that the last are not without, and
 * most of the time one after the other: two at once is EBUSY for the second.
 */
static bool may_freeze(struct worker *w)
{
	int now = atomic_load(&fuzz.freezes);

	return now < fuzz.freezes_max && (!atomic_load(&fuzz.freezing) || !below(w, 64)) &&
	       now * fuzz.calls_max <= atomic_load(&fuzz.calls) * fuzz.freezes_max &&
	       atomic_compare_exchange_strong(&fuzz.freezes, &now, now + 1);
}

static bool guard_is_whole(const uint8_t *arg, size_t size)
{
	for (size_t i = 0; i < IOCTL_GUARD; i++)
		if (arg[size + i] != IOCTL_GUARD_BYTE)
			return false;
	return true;
}

/* No signal meanwhile: with its frame not written the kernel would end the program. */
static void hold_signals(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void inject(struct worker *w, unsigned int nth)
{
	char text[16];

	if (!w->inject)
		return;
	if (nth)
		hold_signals(true);
	snprintf(text, sizeof(text), "%u", nth);
	w->injected += !!nth;
	if (write(w->fail_nth, text, strlen(text)) < 0 && nth)
		w->inject = false;
	if (!nth || !w->inject)
		hold_signals(false);
}

/*
 * The kernel shows a stack when the cache of a pool cannot be had: not in a SETUP, nor in
 * what others may make one of.
 */
static bool may_inject(const struct ioctl_kind *kind, const void *arg, bool own)
{
	return kind->cmd != SNAPCAP_IOC_PAGER ||
	       (own && ((const struct snapcap_pager *)arg)->op != SNAPCAP_PAGER_SETUP);
}

static void check_answer(struct worker *w, const struct ioctl_kind *kind, int error,
			 const uint8_t *arg, bool own)
{
	if (error == EBADF)
		return;
	/* A file of the swap device, which knows none of them. */
	if (error == ENOTTY)
		return;
	if (error && !ioctl_may_fail(kind, error))
		WRONG(w, "%s: %s", kind->name, strerror(error));
	if (!error && !w->privileged && kind->privileged)
		WRONG(w, "%s: done without a capability", kind->name);
	if (!own)
		return;
	if (!guard_is_whole(arg, kind->size))
		WRONG(w, "%s: written behind the argument", kind->name);
	if (!error && !ioctl_result_is_sound(kind, arg))
		WRONG(w, "%s: what came back is not sound", kind->name);
}

static void call_known(struct worker *w, int fd)
{
	const struct ioctl_kind *kind = ioctl_pick(&w->random);
	uint8_t *arg = w->region + ARG_AT;
	bool right = below(w, 3), own = true;
	void *given = arg;
	int error;

	if (kind->freezes)
		right = w->privileged && fd >= 0 && may_freeze(w);
	ioctl_make(kind, &w->target, arg, &w->random);
	if (!right)
		ioctl_spoil(kind, &w->target, arg, &w->random);
	confine_entries(w, kind, arg);
	memset(arg + kind->size, IOCTL_GUARD_BYTE, IOCTL_GUARD);
	if (!right && !below(w, 8)) {
		own = false;
		given = (void *)bad_address(w);
		/* Not one whose end may be another's argument. */
		if (below(w, 2) && kind->size && !kind->freezes) {
			memcpy(fuzz.scribble, arg, kind->size);
			given = fuzz.scribble;
		}
	}
	if (!(kind->freezes && right) && may_inject(kind, arg, own) && !below(w, 4))
		inject(w, 1 + below(w, FAULTS_MAX));
	atomic_fetch_add(&fuzz.freezing, kind->freezes && right);
	error = ioctl(fd, kind->cmd, given) ? errno : 0;
	atomic_fetch_sub(&fuzz.freezing, kind->freezes && right);
	/* A wrong one was being looked at: that was none. */
	if (kind->freezes && right && (error == EBUSY || error == ENOTTY || error == EBADF))
		atomic_fetch_sub(&fuzz.freezes, 1);
	inject(w, 0);
	w->answer[kind - ioctl_kinds][error < ERRNO_MAX ? error : ERRNO_MAX - 1]++;
	check_answer(w, kind, error, arg, own);
}

static bool is_known(unsigned int cmd)
{
	for (size_t i = 0; i < ioctl_kind_count; i++)
		if (ioctl_kinds[i].cmd == cmd)
			return true;
	return false;
}

/* Numbers of ours with another size or direction, and any. */
static void call_unknown(struct worker *w, int fd)
{
	unsigned int cmd = below(w, 8) ? _IOC(below(w, 4), SNAPCAP_IOC_MAGIC, below(w, 24),
					      below(w, _IOC_SIZEMASK)) :
			   SNAPCAP_IOC_MAGIC << 8 | below(w, 256);
	int error;

	if (is_known(cmd))
		return;
	error = ioctl(fd, cmd, below(w, 2) ? (uintptr_t)w->region : bad_address(w)) ? errno : 0;
	w->answer[ioctl_kind_count][error < ERRNO_MAX ? error : ERRNO_MAX - 1]++;
	if (error != ENOTTY && error != EBADF)
		WRONG(w, "unknown ioctl %#x: %s", cmd, strerror(error));
}

/* ---- threads ---- */

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	syscall(SYS_capset, &header, none);
}

static void *work(void *data)
{
	struct worker *w = data;

	w->tid = gettid();
	w->fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	w->inject = w->fail_nth >= 0;
	if (!w->privileged)
		drop_capabilities();
	pthread_barrier_wait(&fuzz.begin);
	/* Its share, or those that are not stopped by takes of their own would do them all. */
	while (w->calls < fuzz.calls_max / fuzz.workers && !w->wrong[0]) {
		int fd = atomic_load(&fuzz.file[below(w, FILES)]);

		if (!below(w, 16))
			change_file(w);
		if (!below(w, 8))
			use_file(w, fd);
		if (below(w, 10))
			call_known(w, fd);
		else
			call_unknown(w, fd);
		w->calls++;
		atomic_fetch_add(&fuzz.calls, 1);
	}
	return NULL;
}

/*
 * Writes to an argument that the kernel is reading, but never to where a take has the
 * number of its MTD device; and signals, so that waits end.
 */
static void *disturb(void *data)
{
	struct worker *w = data;
	const struct timespec pause = { .tv_nsec = 50000 };
	unsigned int turns = 0;

	while (!atomic_load(&fuzz.over)) {
		size_t at = below(w, IOCTL_ARG_MAX);

		if (at / 4 != offsetof(struct snapcap_makesnap, mtd) / 4)
			fuzz.scribble[at] = below(w, 256);
		if (++turns % 64)
			continue;
		nanosleep(&pause, NULL);
		if (!below(w, 2000))
			syscall(SYS_tgkill, getpid(), fuzz.worker[below(w, fuzz.workers)].tid,
				SIGUSR1);
	}
	return NULL;
}

static void ignore(int sig)
{
}

static uint8_t *map_region(void *hint)
{
	uint8_t *p = mmap(hint, 3 * REGION_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED ||
	    mprotect(p + REGION_SIZE, REGION_SIZE, PROT_READ | PROT_WRITE))
		return NULL;
	return p + REGION_SIZE;
}

static long long setting(const char *name, long long value)
{
	const char *text = getenv(name);

	return text && *text ? atoll(text) : value;
}

/* ---- what the kernel said ---- */

static const char *const splats[] = {
	"BUG:", "WARNING:", "Call trace:", "Oops", "KASAN", "KFENCE", "UBSAN", "INFO: possible",
	"INFO: task", "Unbalanced", "refcount_t", "suspicious RCU", "Internal error",
};

/* The first line since @fd was put at the end that must not be there; its length or 0. */
static int find_splat(int fd, char *line, size_t size)
{
	ssize_t n;

	while ((n = read(fd, line, size - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < sizeof(splats) / sizeof(splats[0]); i++)
			if (strstr(line, splats[i]))
				return n;
	}
	return 0;
}

/* ---- the test ---- */

FIXTURE(ioctl_fuzz)
{
	int dev;
	int kmsg;
	struct flash flash;
	long long refs;
};

FIXTURE_SETUP(ioctl_fuzz)
{
	const struct sigaction action = { .sa_handler = ignore };
	struct snapcap_info info;

	self->flash.fd = -1;
	SKIP_UNLESS_READY(self->dev, info);
	SKIP_UNLESS_FLASH(&self->flash, FLASH_MTDRAM);
	device_hold(SNAPCAP_STAGE_IDLE, 0);
	pager_swapoff(self->dev);
	ASSERT_EQ(0, flash_blank(&self->flash));
	self->refs = number_read("/sys/module/snapcap/refcnt");
	self->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->kmsg);
	lseek(self->kmsg, 0, SEEK_END);
	/* Without SA_RESTART: the calls are to come back. */
	sigaction(SIGUSR1, &action, NULL);
	/* Also those that may wait; quietly, or each would look like a splat. */
	text_write("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	text_write("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	text_write("/sys/kernel/debug/failslab/verbose", "0");
	text_write("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	text_write("/sys/kernel/debug/fail_usercopy/verbose", "0");
}

FIXTURE_TEARDOWN(ioctl_fuzz)
{
	EXPECT_EQ(0, flash_blank(&self->flash));
	flash_close(&self->flash);
	close(self->kmsg);
	close(self->dev);
}

static void report(void)
{
	long long sum[32][ERRNO_MAX] = { { 0 } }, calls = 0, injected = 0;
	size_t kind;
	int i, e;

	for (i = 0; i < fuzz.workers; i++) {
		calls += fuzz.worker[i].calls;
		injected += fuzz.worker[i].injected;
		for (kind = 0; kind <= ioctl_kind_count; kind++)
			for (e = 0; e < ERRNO_MAX; e++)
				sum[kind][e] += fuzz.worker[i].answer[kind][e];
	}
	printf("# %lld calls, %d of them for a freeze, faults for %lld\n", calls,
	       atomic_load(&fuzz.freezes), injected);
	for (kind = 0; kind <= ioctl_kind_count; kind++) {
		printf("# %-12s", kind < ioctl_kind_count ? ioctl_kinds[kind].name : "unknown");
		for (e = 0; e < ERRNO_MAX; e++)
			if (sum[kind][e])
				printf(" %s %lld", e ? strerrorname_np(e) : "done", sum[kind][e]);
		printf("\n");
	}
	fflush(stdout);
}

static long long done(unsigned int cmd)
{
	long long count = 0;

	for (int i = 0; i < fuzz.workers; i++)
		for (size_t k = 0; k < ioctl_kind_count; k++)
			if (ioctl_kinds[k].cmd == cmd)
				count += fuzz.worker[i].answer[k][0];
	return count;
}

static int run_all(struct flash *flash, uint64_t seed)
{
	struct worker disturber = { .random = ~seed };
	int i;

	fuzz.calls_max = setting("SNAPCAP_FUZZ_CALLS", 20000);
	fuzz.workers = setting("SNAPCAP_FUZZ_THREADS", 4);
	if (fuzz.workers < 1 || fuzz.workers > THREADS_MAX)
		return -EINVAL;
	fuzz.freezes_max = fuzz.calls_max / FREEZE_EVERY;
	if (fuzz.freezes_max > FREEZES_MAX)
		fuzz.freezes_max = FREEZES_MAX;
	fuzz.scribble = map_region((uint8_t *)REGION_HINT - 64 * REGION_SIZE);
	if (!fuzz.scribble)
		return -ENOMEM;
	((struct snapcap_makesnap *)fuzz.scribble)->mtd = flash->number;
	for (i = 0; i < FILES; i++)
		atomic_store(&fuzz.file[i], -1);
	for (i = 0; i < fuzz.workers; i++) {
		struct worker *w = &fuzz.worker[i];

		/* One of four, when there is more than one. */
		w->privileged = i % 4 != 1;
		w->random = seed + i;
		w->region = map_region((uint8_t *)REGION_HINT + 16 * i * REGION_SIZE);
		if (!w->region)
			return -ENOMEM;
		w->target.mtd = flash->number;
		w->target.size = flash->size;
		w->target.erasesize = flash->erasesize;
		w->target.entries = w->region;
	}
	for (i = 1; i < FILES; i += 2)
		fuzz.file[i] = device_open(O_NONBLOCK);
	pthread_barrier_init(&fuzz.begin, NULL, fuzz.workers);
	for (i = 0; i < fuzz.workers; i++)
		if (pthread_create(&fuzz.worker[i].thread, NULL, work, &fuzz.worker[i]))
			return -EAGAIN;
	if (pthread_create(&disturber.thread, NULL, disturb, &disturber))
		return -EAGAIN;
	for (i = 0; i < fuzz.workers; i++)
		pthread_join(fuzz.worker[i].thread, NULL);
	atomic_store(&fuzz.over, true);
	pthread_join(disturber.thread, NULL);
	for (i = 0; i < FILES; i++)
		if (fuzz.file[i] >= 0)
			close(fuzz.file[i]);
	for (i = 0; i < fuzz.workers; i++)
		if (fuzz.worker[i].fail_nth >= 0)
			close(fuzz.worker[i].fail_nth);
	return 0;
}

/* As it was before: nothing watched, asked for, set up. */
static void tidy(int dev)
{
	const struct snapcap_fingerprints none = {
		.size = sizeof(none), .op = SNAPCAP_FINGERPRINT_SET,
	};
	const struct snapcap_request request = { .size = sizeof(request) };
	int i;

	ioctl(dev, SNAPCAP_IOC_FINGERPRINT, &none);
	device_request(dev, &request);
	/* Who looks at new disks may be looking at it. */
	for (i = 0; i < 500 && pager_control(dev, SNAPCAP_PAGER_REMOVE, 0) == -EBUSY; i++)
		usleep(10000);
}

TEST_F_TIMEOUT(ioctl_fuzz, million, TIMEOUT_S)
{
	uint64_t seed = setting("SNAPCAP_FUZZ_SEED", time(NULL) ^ (long long)getpid() << 32);
	struct snapcap_pager_status pager;
	struct snapcap_makesnap arg;
	char line[1024];
	int i;

	/* The harness runs what a fixture has skipped, and 0 may be the number of any flash. */
	if (self->flash.fd < 0)
		SKIP(return, "no RAM disk to take to");
	printf("# SNAPCAP_FUZZ_SEED=%lld\n", (long long)seed);
	fflush(stdout);
	ASSERT_EQ(0, run_all(&self->flash, seed));
	report();
	for (i = 0; i < fuzz.workers; i++)
		EXPECT_STREQ("", fuzz.worker[i].wrong);

	/* It was not all refused: what is behind the checks was reached. */
	for (i = 0; i < (int)ioctl_kind_count; i++) {
		const struct ioctl_kind *kind = &ioctl_kinds[i];

		if (kind->cmd == SNAPCAP_IOC_CANCEL ||
		    (kind->freezes && fuzz.freezes_max < FREEZES_SURE))
			continue;
		EXPECT_LT(0, done(kind->cmd)) TH_LOG("%s", kind->name);
	}

	/* Nothing is left over, and it works as before. */
	tidy(self->dev);
	ASSERT_EQ(0, pager_status(self->dev, &pager));
	EXPECT_EQ(0, pager.flags & SNAPCAP_PAGER_SET_UP);
	EXPECT_EQ(self->refs, number_read("/sys/module/snapcap/refcnt"));
	makesnap_init(&arg, self->flash.number);
	arg.flags = SNAPCAP_TAKE_DRY_RUN;
	EXPECT_EQ(0, device_take(self->dev, &arg));
	EXPECT_EQ(0, find_splat(self->kmsg, line, sizeof(line))) TH_LOG("%s", line);
}

TEST_HARNESS_MAIN
