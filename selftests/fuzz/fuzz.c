// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes fields of structures. libFuzzer finds out by itself what bytes mean, but
 * not that four of them are a page count whose limits are worth a try.
 */
#include <string.h>
#include "fuzz.h"

uint32_t fuzz_random(uint32_t *state)
{
	/* xorshift, which has no way out of zero */
	uint32_t x = *state ? *state : 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

static uint64_t get_number(const uint8_t *p, uint32_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

static void put_number(uint8_t *p, uint32_t size, uint64_t value)
{
	while (size--) {
		*p++ = (uint8_t)value;
		value >>= 8;
	}
}

static bool is_number(const struct fuzz_field *field)
{
	return field->size <= 8 && !(field->size & (field->size - 1));
}

static uint64_t change_number(uint64_t value, uint64_t other, uint32_t *state)
{
	uint32_t bit = fuzz_random(state) % 64;
	uint64_t near = fuzz_random(state) % 4 - 1;

	switch (fuzz_random(state) % 8) {
	case 0:
		return near;
	case 1:
		return value + near;
	case 2:
		return value ^ 1ULL << bit;
	case 3:
		return (1ULL << bit) + near;
	case 4:
		return other;
	case 5:
		return other + near;
	case 6:
		/* whole pages and blocks are what most checks ask for */
		return (value & ~4095ULL) + 4096 * near;
	default:
		return fuzz_random(state) % 512;
	}
}

void fuzz_change(uint8_t *data, const struct fuzz_field *field, size_t count, uint32_t *state)
{
	const struct fuzz_field *f = &field[fuzz_random(state) % count];
	const struct fuzz_field *from = &field[fuzz_random(state) % count];
	uint64_t other;

	if (!is_number(f)) {
		data[f->offset + fuzz_random(state) % f->size] = (uint8_t)fuzz_random(state);
		return;
	}
	other = is_number(from) ? get_number(data + from->offset, from->size) : 0;
	put_number(data + f->offset, f->size,
		   change_number(get_number(data + f->offset, f->size), other, state));
}
