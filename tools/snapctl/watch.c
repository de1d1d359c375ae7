// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that reads the module's events while the main thread sits in the ioctl.
 *
 * Signals are blocked and read from a signalfd rather than handled: whatever the
 * ioctl is doing when one arrives, it ends in one way, through CANCEL. The thread
 * asks again until the take ends, because the signal may come before the module
 * has begun.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "facts.h"
#include "kdev.h"
#include "msg.h"
#include "progress.h"
#include "watch.h"

#define CANCEL_RETRY_MS	50

enum { EVENTS, SIGNALS, STOP, FDS };

struct watch {
	pthread_t thread;
	struct pollfd fd[FDS];
	int device;		/* stays open when events fail: CANCEL needs it */
	int news;		/* readable when one of the next two became true */
	sigset_t old_mask;
	atomic_bool signalled;
	atomic_bool ready;
	atomic_bool let_be;	/* no CANCEL: what runs is not ours */
	bool cancelled;		/* the module has taken the CANCEL */
};

static void tell(struct watch *w)
{
	uint64_t one = 1;

	/* Only a full counter can refuse it, which is readable as well. */
	if (write(w->news, &one, sizeof(one)) != sizeof(one))
		return;
}

static void show_event(struct watch *w, const struct snapcap_event *event)
{
	switch (event->type) {
	case SNAPCAP_NOTE_READY:
		w->ready = true;
		tell(w);
		return;
	case SNAPCAP_NOTE_STATE:
	case SNAPCAP_NOTE_STAGE:
	case SNAPCAP_NOTE_PROGRESS:
		if (event->stage != SNAPCAP_STAGE_IDLE && event->stage != SNAPCAP_STAGE_DONE)
			progress_update(facts_stage(event->stage), event->percent);
		return;
	}
}

static void show_events(struct watch *w)
{
	struct snapcap_event event[16];
	int count = kdev_events(w->device, event, sizeof(event) / sizeof(event[0]));

	if (count == -EAGAIN)
		return;
	/* An end of file, or an error, would make poll() return for ever. */
	if (count <= 0) {
		w->fd[EVENTS].fd = -1;
		return;
	}
	for (int i = 0; i < count; i++)
		show_event(w, &event[i]);
}

static void take_signal(struct watch *w)
{
	struct signalfd_siginfo info;

	if (read(w->fd[SIGNALS].fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (!w->signalled)
		msg_info("cancelling");
	w->signalled = true;
	w->cancelled = false;
	tell(w);
}

static void *watch_thread(void *arg)
{
	struct watch *w = arg;
	bool stop = false;
	sigset_t alarms;

	/* They are for the thread that has set one, to end what it waits for. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	while (!stop) {
		/* What is let be now may be ours again in a moment. */
		int timeout = w->signalled && !w->cancelled ? CANCEL_RETRY_MS : -1;

		if (poll(w->fd, FDS, timeout) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		/* First, so that events that came before the end are still shown. */
		stop = w->fd[STOP].revents;
		if (w->fd[EVENTS].revents)
			show_events(w);
		if (w->fd[SIGNALS].revents)
			take_signal(w);
		if (!stop && w->signalled && !w->cancelled && !w->let_be && !kdev_cancel(w->device))
			w->cancelled = true;
	}
	progress_end();
	return NULL;
}

static int open_fds(struct watch *w, const sigset_t *set)
{
	int ret;

	w->fd[EVENTS] = (struct pollfd){ .fd = -1, .events = POLLIN };
	w->fd[SIGNALS] = (struct pollfd){ .fd = -1, .events = POLLIN };
	w->fd[STOP] = (struct pollfd){ .fd = -1, .events = POLLIN };
	w->device = -1;
	w->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->news < 0)
		return -errno;
	/* A second open: this file sees the events from here on. */
	ret = kdev_open(&w->device);
	if (ret)
		return ret;
	w->fd[EVENTS].fd = w->device;
	w->fd[SIGNALS].fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->fd[SIGNALS].fd < 0)
		return -errno;
	w->fd[STOP].fd = eventfd(0, EFD_CLOEXEC);
	return w->fd[STOP].fd < 0 ? -errno : 0;
}

static void close_fds(struct watch *w)
{
	if (w->news >= 0)
		close(w->news);
	if (w->device >= 0)
		close(w->device);
	if (w->fd[SIGNALS].fd >= 0)
		close(w->fd[SIGNALS].fd);
	if (w->fd[STOP].fd >= 0)
		close(w->fd[STOP].fd);
}

static void fill_set(sigset_t *set)
{
	struct sigaction hup;

	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGQUIT);
	/* Under nohup it stays ignored. */
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN)
		sigaddset(set, SIGHUP);
}

int watch_start(struct watch **result)
{
	struct watch *w = calloc(1, sizeof(*w));
	sigset_t set;
	int ret;

	if (!w)
		return -ENOMEM;
	/* Who watched has gone: no reason to leave everything as it is just now. */
	signal(SIGPIPE, SIG_IGN);
	fill_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, &w->old_mask);
	ret = open_fds(w, &set);
	if (ret)
		goto err_close;
	ret = -pthread_create(&w->thread, NULL, watch_thread, w);
	if (ret)
		goto err_close;
	*result = w;
	return 0;

err_close:
	close_fds(w);
	pthread_sigmask(SIG_SETMASK, &w->old_mask, NULL);
	free(w);
	return ret;
}

bool watch_stop(struct watch *w)
{
	struct signalfd_siginfo info;
	uint64_t one = 1;
	bool signalled;

	if (write(w->fd[STOP].fd, &one, sizeof(one)) != sizeof(one))
		pthread_cancel(w->thread);
	pthread_join(w->thread, NULL);
	/* A signal that came too late must not end the program before it has reported. */
	while (read(w->fd[SIGNALS].fd, &info, sizeof(info)) == sizeof(info))
		;
	signalled = w->signalled;
	close_fds(w);
	pthread_sigmask(SIG_SETMASK, &w->old_mask, NULL);
	free(w);
	return signalled;
}

bool watch_signalled(const struct watch *w)
{
	return w->signalled;
}

bool watch_ready(const struct watch *w)
{
	return w->ready;
}

void watch_forget_ready(struct watch *w)
{
	w->ready = false;
}

int watch_news(const struct watch *w)
{
	return w->news;
}

void watch_let_be(struct watch *w, bool let_be)
{
	w->let_be = let_be;
}
