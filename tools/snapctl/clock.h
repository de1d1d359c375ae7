/* SPDX-License-Identifier: GPL-2.0-only */
/* How long something takes. */
#ifndef SNAPCTL_CLOCK_H
#define SNAPCTL_CLOCK_H

#include "snapimg_glue.h"

/** clock_ns() - CLOCK_MONOTONIC in nanoseconds */
u64 clock_ns(void);

#endif /* SNAPCTL_CLOCK_H */
