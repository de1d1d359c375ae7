// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * Memory and string functions for the loader and for the libraries it
 * links. They use unaligned word access, which needs RAM mapped Normal: nothing
 * may call them before arch_map() has turned the MMU on.
 */
#include <stdint.h>
#include <string.h>

/* An access of eight bytes at any address, of memory of any type. */
struct word {
	uint64_t v;
} __attribute__((packed, may_alias));

void *memcpy(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	/* Pairs of words become one load and one store instruction each. */
	for (; n >= 64; n -= 64, d += 64, s += 64) {
		const struct word *sw = (const struct word *)s;
		struct word *dw = (struct word *)d;
		uint64_t a = sw[0].v, b = sw[1].v, c = sw[2].v, e = sw[3].v;
		uint64_t f = sw[4].v, g = sw[5].v, h = sw[6].v, i = sw[7].v;

		dw[0].v = a;
		dw[1].v = b;
		dw[2].v = c;
		dw[3].v = e;
		dw[4].v = f;
		dw[5].v = g;
		dw[6].v = h;
		dw[7].v = i;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		((struct word *)d)->v = ((const struct word *)s)->v;
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	/* memcpy() reads each 64 bytes before it writes them and goes upwards. */
	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	while (n & 7) {
		n--;
		d[n] = s[n];
	}
	while (n) {
		n -= 8;
		((struct word *)(d + n))->v = ((const struct word *)(s + n))->v;
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	unsigned char *d = dst;
	uint64_t v = (unsigned char)c * 0x0101010101010101ULL;

	for (; n >= 64; n -= 64, d += 64) {
		struct word *w = (struct word *)d;

		w[0].v = v;
		w[1].v = v;
		w[2].v = v;
		w[3].v = v;
		w[4].v = v;
		w[5].v = v;
		w[6].v = v;
		w[7].v = v;
	}
	for (; n >= 8; n -= 8, d += 8)
		((struct word *)d)->v = v;
	while (n--)
		*d++ = (unsigned char)c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n; n--, p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}
