/* SPDX-License-Identifier: GPL-2.0-only */
/* cmocka with what it wants included first, and little else. */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif /* UNIT_TEST_H */
