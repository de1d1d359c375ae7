/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#ifndef FAIL_H
#define FAIL_H

/**
 * fail() - never returns: the end of what the loader can do
 * @what: why, one line
 *
 * For what no other image and no retry can mend. Anything that is wrong with a
 * snapshot or an OS image is returned, not failed.
 */
void __attribute__((noreturn)) fail(const char *what);

/** fail_set_fdt() - tell fail() the machine's device tree, once it has been checked */
void fail_set_fdt(const void *fdt);

#endif
