/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#ifndef RESCUE_H
#define RESCUE_H

#include <snapimg_glue.h>

/**
 * rescue_menu() - what a person can do at the console
 * @idle_ms: without a key for so long, the menu is left
 *
 * Sets in struct boot what was chosen. Memory outside of the loader's region
 * holds anything afterwards.
 *
 * Return: false when nobody was there
 */
bool rescue_menu(u32 idle_ms);

/** rescue_obey() - do what Linux has asked for, or have it done by boot_system() */
void rescue_obey(u32 request);

#endif
