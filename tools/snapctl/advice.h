/* SPDX-License-Identifier: GPL-2.0-only */
/* What each cause and each reason means and what to do about it. */
#ifndef SNAPCTL_ADVICE_H
#define SNAPCTL_ADVICE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/snapcap.h>

/**
 * struct cause - a SNAPCAP_CAUSE_*
 * @name: for programs, such as "too-small"
 * @text: what is wrong. %n: name, %t: target, %b: detail as a size, %x: detail as an
 *	offset, %d: detail as a number, %u: "nothing was erased" where that is so;
 *	[...]: left out when there is no value for the place in it
 * @advice: what to do, with the same places
 * @exit: exit code
 */
struct cause {
	const char *name;
	const char *text;
	const char *advice;
	int exit;
};

/** cause_get() - the entry of @cause, NULL when it is none that is known */
const struct cause *cause_get(uint32_t cause);

/** cause_text() - fill in a text or an advice from @status; @target is the name of the target */
void cause_text(const char *form, const struct snapcap_status *status, const char *target,
		char *buf, size_t size);

/** cause_from_errno() - what an errno of MAKESNAP says when there is no cause with it */
const struct cause *cause_from_errno(int err);

/** reason_advice() - what to do about a SNAPCAP_REASON_*, or negated; NULL when not known */
const char *reason_advice(int reason);

#endif /* SNAPCTL_ADVICE_H */
