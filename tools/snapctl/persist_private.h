/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of persist only. */
#ifndef SNAPCTL_PERSIST_PRIVATE_H
#define SNAPCTL_PERSIST_PRIVATE_H

#include <string.h>

#include "mounts.h"
#include "persist.h"
#include "units.h"

/* A listed filesystem, or what is beneath it, is in use. */
extern const struct cause persist_busy;

static inline struct units_text clean(const char *text)
{
	return units_clean(text, strlen(text));
}

/** persist_fail() - keep @err, positive; returns @cause, the error has been told */
const struct cause *persist_fail(struct persist *p, const struct cause *cause, int err);

/** persist_fail_system() - tell that @what failed with @err, positive; returns the cause */
const struct cause *persist_fail_system(struct persist *p, const char *what, int err);

/** persist_fail_cancelled() - tell that a signal ended it; returns the cause */
const struct cause *persist_fail_cancelled(struct persist *p);

/**
 * persist_fail_layout() - tell that a filesystem cannot be unmounted as it is mounted
 * @p: keeps the errno
 * @advice: what to do
 * @fmt: what stands between the two
 * @a: what it is about; may hold anything
 * @b: what is in the way; may hold anything
 *
 * Return: the cause
 */
const struct cause *persist_fail_layout(struct persist *p, const char *advice, const char *fmt,
					const char *a, const char *b);

/** persist_is_signalled() - did a signal end it? */
bool persist_is_signalled(const struct persist *p);

/** persist_try_again() - wait for the next of the tries; false: there is none */
bool persist_try_again(const struct persist *p, u32 *tries);

/** persist_show_holders() - tell of all but the first, which the error names */
void persist_show_holders(const struct holders *found);

/** persist_fail_holder() - tell that @h uses @e, @where; returns the cause */
const struct cause *persist_fail_holder(struct persist *p, const struct persist_entry *e,
					const struct holder *h, const char *where);

/**
 * persist_add_units() - find who uses a filesystem, and the units to stop
 * @p: gets them all
 * @e: gets its own
 *
 * Changes nothing.
 *
 * Return: NULL, or the cause: a process that no unit stands for is in the way
 */
const struct cause *persist_add_units(struct persist *p, struct persist_entry *e);

/** persist_stop_units() - stop all that were found; NULL or the cause */
const struct cause *persist_stop_units(struct persist *p);

/** persist_start_units() - those that were stopped and can run; 0, or -1, which was told */
int persist_start_units(struct persist *p);

/** persist_wait_systemd() - until it has seen, within a bound, that @e is unmounted */
void persist_wait_systemd(const struct persist_entry *e);

/** persist_mount_by_unit() - have systemd mount @e, which has a unit; 0 or a negative errno */
int persist_mount_by_unit(const struct persist *p, const struct persist_entry *e);

/** persist_add_ubi() - find the UBI device to detach for @e, if it has one; NULL or the cause */
const struct cause *persist_add_ubi(struct persist *p, struct persist_entry *e);

/** persist_detach() - detach a UBI device that nothing is mounted of; NULL or the cause */
const struct cause *persist_detach(struct persist *p, struct ubi_device *ubi);

/** persist_attach() - as it was; when that fails, it is told and its filesystems are lost */
void persist_attach(struct persist *p, struct ubi_device *ubi);

/** persist_flush_flash() - write back and drop what is cached below flash; 0 or a negative errno */
int persist_flush_flash(const struct persist *p);

/**
 * persist_drop_flash() - drop it before anything of flash is read
 *
 * Return: false when that failed: it is told, and the filesystems on flash are lost
 */
bool persist_drop_flash(struct persist *p);

#endif /* SNAPCTL_PERSIST_PRIVATE_H */
