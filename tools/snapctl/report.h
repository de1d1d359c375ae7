/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts for a person, on stdout. */
#ifndef SNAPCTL_REPORT_H
#define SNAPCTL_REPORT_H

#include <linux/snapcap.h>

/** report_line() - a named fact; without a name it continues the one before */
void report_line(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** report_timeline() - from power-on to thaw, with the time of each step */
void report_timeline(const struct snapcap_boot_info *boot);

/** report_restored() - what was restored, in one line */
void report_restored(const struct snapcap_boot_info *boot);

/** report_take() - figures of a take that went well; @page_size in bytes */
void report_take(const struct snapcap_status *status, unsigned int page_size);

/** report_previous() - what became of the snapshot before, as a sentence; "" when there was none */
const char *report_previous(unsigned int previous);

#endif /* SNAPCTL_REPORT_H */
