/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and foreign text, made fit for a person to read. */
#ifndef SNAPCTL_UNITS_H
#define SNAPCTL_UNITS_H

#include <stddef.h>
#include <stdint.h>

/** struct units_text - room for any of the texts below */
struct units_text {
	char s[176];
};

/** units_bytes() - such as "12.3 MiB" */
struct units_text units_bytes(uint64_t bytes);

/** units_ms() - nanoseconds as "12.345 ms" */
struct units_text units_ms(uint64_t ns);

/** units_hex() - @size bytes as hex digits; more than fit are cut off */
struct units_text units_hex(const void *data, size_t size);

/** units_uuid() - 16 bytes in the usual form */
struct units_text units_uuid(const void *uuid);

/** units_identity() - that of an OS image, 16 hex digits */
struct units_text units_identity(uint64_t identity);

/** units_time() - seconds since 1970 as UTC, ISO 8601 */
struct units_text units_time(uint64_t seconds);

/** units_percent() - @part of @whole, such as "41.5 %"; "-" when @whole is 0 */
struct units_text units_percent(uint64_t part, uint64_t whole);

/**
 * units_clean() - text that came from flash or from the kernel, made harmless
 * @text: bytes, ended by a NUL or by @size
 * @size: bytes at @text
 *
 * Control characters, which could drive a terminal, and what is not UTF-8, which
 * is not allowed in JSON, become question marks.
 */
struct units_text units_clean(const void *text, size_t size);

#endif /* SNAPCTL_UNITS_H */
