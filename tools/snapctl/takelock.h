/* SPDX-License-Identifier: GPL-2.0-only */
/* One two-pass take at a time, and how to find it. */
#ifndef SNAPCTL_TAKELOCK_H
#define SNAPCTL_TAKELOCK_H

#include <sys/types.h>

/**
 * takelock_get() - take the lock; given back by takelock_put() or the end of the process
 * @lock: result
 * @owner: result: who has it, when it is taken
 *
 * Return: 0, -EBUSY, or another negative errno
 */
int takelock_get(int *lock, pid_t *owner);

/** takelock_put() - give it back; -1 is allowed */
void takelock_put(int lock);

/** takelock_owner() - the process that has it, 0: none */
pid_t takelock_owner(void);

#endif /* SNAPCTL_TAKELOCK_H */
