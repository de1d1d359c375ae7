// SPDX-License-Identifier: GPL-2.0-only
/* Formatting only; knows nothing of snapshots. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "units.h"

struct units_text units_bytes(uint64_t bytes)
{
	static const char *const unit[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	struct units_text t;
	double value = (double)bytes / 1024;
	int i = 0;

	if (bytes < 1024) {
		snprintf(t.s, sizeof(t.s), "%" PRIu64 " B", bytes);
		return t;
	}
	while (value >= 1024 && i < 5) {
		value /= 1024;
		i++;
	}
	snprintf(t.s, sizeof(t.s), "%.1f %s", value, unit[i]);
	return t;
}

struct units_text units_ms(uint64_t ns)
{
	struct units_text t;

	snprintf(t.s, sizeof(t.s), "%" PRIu64 ".%03u ms", ns / 1000000,
		 (unsigned int)(ns % 1000000 / 1000));
	return t;
}

struct units_text units_hex(const void *data, size_t size)
{
	const unsigned char *p = data;
	struct units_text t;

	t.s[0] = '\0';
	for (size_t i = 0; i < size && 2 * i + 2 < sizeof(t.s); i++)
		snprintf(t.s + 2 * i, 3, "%02x", p[i]);
	return t;
}

struct units_text units_uuid(const void *uuid)
{
	struct units_text hex = units_hex(uuid, 16), t;

	snprintf(t.s, sizeof(t.s), "%.8s-%.4s-%.4s-%.4s-%.12s", hex.s, hex.s + 8, hex.s + 12,
		 hex.s + 16, hex.s + 20);
	return t;
}

struct units_text units_identity(uint64_t identity)
{
	struct units_text t;

	snprintf(t.s, sizeof(t.s), "%016" PRIx64, identity);
	return t;
}

struct units_text units_time(uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct units_text t;
	struct tm tm;

	/* A hostile header may name a year that struct tm cannot hold. */
	if (seconds > INT64_MAX || !gmtime_r(&when, &tm) ||
	    !strftime(t.s, sizeof(t.s), "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(t.s, sizeof(t.s), "%" PRIu64 " s", seconds);
	return t;
}

struct units_text units_percent(uint64_t part, uint64_t whole)
{
	struct units_text t;

	if (whole)
		snprintf(t.s, sizeof(t.s), "%.1f %%", 100.0 * (double)part / (double)whole);
	else
		snprintf(t.s, sizeof(t.s), "-");
	return t;
}

/* Length of the UTF-8 sequence at @p, 0 when it is none or a control character. */
static size_t sequence_length(const unsigned char *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 :
		     (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (!len || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	switch (len) {
	case 1:
		return p[0] >= 0x20 && p[0] != 0x7f;
	case 2:	/* U+0080 to U+009f are control characters */
		return p[0] == 0xc2 && p[1] < 0xa0 ? 0 : 2;
	case 3:	/* overlong, or a surrogate */
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ? 0 : 3;
	default:	/* overlong, or above U+10ffff */
		return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90) ? 0 : 4;
	}
}

struct units_text units_clean(const void *text, size_t size)
{
	const unsigned char *p = text;
	struct units_text t;
	size_t len = strnlen(text, size), out = 0;

	for (size_t i = 0; i < len && out + 5 < sizeof(t.s);) {
		size_t n = sequence_length(p + i, len - i);

		if (n) {
			memcpy(t.s + out, p + i, n);
			out += n;
			i += n;
		} else {
			t.s[out++] = '?';
			i++;
		}
	}
	t.s[out] = '\0';
	return t;
}
