/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * What LZ4 and xxHash ask <limits.h> for. The compiler's own leads on to that of
 * a C library, and there is none.
 */
#ifndef _LIMITS_H
#define _LIMITS_H

#define INT_MAX		__INT_MAX__
#define UINT_MAX	(INT_MAX * 2U + 1)
#define ULLONG_MAX	(__LONG_LONG_MAX__ * 2ULL + 1)

#endif
