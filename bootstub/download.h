/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * An image over a serial line: the model's way in when flash holds nothing to
 * boot.
 */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include "serial/serial.h"

/**
 * image_download() - receive a file over a serial port, by YMODEM
 * @s: port; it is set up anew
 * @dst: where the file goes, mapped and writable
 * @room: bytes at @dst; after a failure they are undefined
 * @size: result: bytes of the file, written only on success
 *
 * Nothing else may be printed on the port meanwhile. What was received is as
 * hostile as ever: its sender was asked for no proof.
 *
 * Context: the MMU is on. Waits for a sender, but no longer than a minute.
 *
 * Return: 0 or -YMODEM_E_*, see ymodem_receive() and ymodem_error_name()
 */
int __attribute__((warn_unused_result))
image_download(const struct serial *s, void *dst, u64 room, u64 *size);

/* The same, through a controller of this kind whatever the port says it is. */
int __attribute__((warn_unused_result))
image_download_8250(const struct serial *s, void *dst, u64 room, u64 *size);
int __attribute__((warn_unused_result))
image_download_pl011(const struct serial *s, void *dst, u64 room, u64 *size);

#endif
