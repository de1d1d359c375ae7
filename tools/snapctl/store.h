/* SPDX-License-Identifier: GPL-2.0-only */
/* A medium as lib/snapstore wants it. */
#ifndef SNAPCTL_STORE_H
#define SNAPCTL_STORE_H

#include "flash.h"
#include "snapstore.h"

/**
 * store_flash() - to drop snapshots; nothing is erased through it
 * @flash: medium, opened writable
 *
 * Return: the interface, valid until flash_close()
 */
struct snapstore_flash store_flash(struct flash *flash);

#endif /* SNAPCTL_STORE_H */
