// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events for read() and poll(): a ring that every open file reads at its own
 * place. Nothing waits for a reader; a slow one sees a gap in the serials.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include "snapcap.h"

#define RING_SIZE	128	/* power of two */

static DEFINE_SPINLOCK(ring_lock);
static DECLARE_WAIT_QUEUE_HEAD(ring_wait);
static struct snapcap_event ring[RING_SIZE];
static u64 ring_serial;		/* of the next event */

/**
 * snapcap_event_post() - tell everybody who reads
 * @type: SNAPCAP_NOTE_*
 * @percent: progress, 0..100
 *
 * Context: any but NMI; does not sleep.
 */
void snapcap_event_post(u32 type, u32 percent)
{
	struct snapcap_status status;
	struct snapcap_event *e;
	unsigned long flags;

	snapcap_session_status(&status);
	spin_lock_irqsave(&ring_lock, flags);
	e = &ring[ring_serial % RING_SIZE];
	e->type = type;
	e->state = snapcap_state();
	e->stage = status.stage;
	e->percent = percent;
	e->serial = ring_serial++;
	e->monotonic_ns = ktime_get_ns();
	spin_unlock_irqrestore(&ring_lock, flags);
	wake_up_interruptible(&ring_wait);
}

/** snapcap_event_open() - start reading with what happens from now on */
void snapcap_event_open(struct snapcap_reader *reader)
{
	unsigned long flags;

	mutex_init(&reader->lock);
	spin_lock_irqsave(&ring_lock, flags);
	reader->next_serial = ring_serial;
	spin_unlock_irqrestore(&ring_lock, flags);
}

static bool peek_event(struct snapcap_reader *reader, struct snapcap_event *event)
{
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&ring_lock, flags);
	if (reader->next_serial + RING_SIZE < ring_serial)
		reader->next_serial = ring_serial - RING_SIZE;
	if (reader->next_serial < ring_serial) {
		*event = ring[reader->next_serial % RING_SIZE];
		found = true;
	}
	spin_unlock_irqrestore(&ring_lock, flags);
	return found;
}

static bool have_event(struct snapcap_reader *reader)
{
	unsigned long flags;
	bool have;

	spin_lock_irqsave(&ring_lock, flags);
	have = reader->next_serial < ring_serial;
	spin_unlock_irqrestore(&ring_lock, flags);
	return have;
}

/**
 * snapcap_event_read() - read() of the device
 * @file: open file
 * @buf: user memory
 * @size: bytes at @buf
 *
 * Waits for the first event unless the file is non-blocking, then returns as
 * many as there are and fit.
 *
 * Context: process context, sleeps.
 * Return: bytes; -EINVAL (no room for one event), -EAGAIN, -EFAULT, -ERESTARTSYS
 */
ssize_t snapcap_event_read(struct file *file, char __user *buf, size_t size)
{
	struct snapcap_reader *reader = file->private_data;
	struct snapcap_event event;
	size_t done = 0;
	int ret;

	if (size < sizeof(event))
		return -EINVAL;
	if (!have_event(reader)) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_freezable(ring_wait, have_event(reader));
		if (ret)
			return ret;
	}
	ret = -EAGAIN;
	mutex_lock(&reader->lock);
	while (size - done >= sizeof(event) && peek_event(reader, &event)) {
		if (copy_to_user(buf + done, &event, sizeof(event))) {
			ret = -EFAULT;
			break;
		}
		/* Only what was handed over has been read. */
		reader->next_serial = event.serial + 1;
		done += sizeof(event);
	}
	mutex_unlock(&reader->lock);
	return done ? done : ret;
}

/** snapcap_event_poll() - poll() of the device */
__poll_t snapcap_event_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &ring_wait, wait);
	return have_event(file->private_data) ? EPOLLIN | EPOLLRDNORM : 0;
}
