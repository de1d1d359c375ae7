// SPDX-License-Identifier: GPL-2.0-only
/*
 * A decoder of LZ4 blocks, written from the description of the format: the
 * tests need no library of the target, and what the kernel's encoder wrote is
 * read by something else than the kernel's decoder. Correct before fast.
 */
#include <snapimg_glue.h>

struct source {
	const u8 *p, *end;
};

/* A length that does not fit into its four bits goes on in bytes of up to 255. */
static bool read_length(struct source *s, size_t *len)
{
	u8 more = 255;

	if (*len != 15)
		return true;
	while (more == 255) {
		if (s->p == s->end)
			return false;
		more = *s->p++;
		*len += more;
	}
	return true;
}

int snapimg_lz4_decode(const void *src, size_t src_size, void *dst, size_t dst_size)
{
	struct source s = { .p = src, .end = (const u8 *)src + src_size };
	u8 *out = dst;
	size_t done = 0;

	while (s.p < s.end) {
		u8 token = *s.p++;
		size_t literals = token >> 4, match = token & 15, distance;

		if (!read_length(&s, &literals) || literals > (size_t)(s.end - s.p) ||
		    literals > dst_size - done)
			return -1;
		memcpy(out + done, s.p, literals);
		s.p += literals;
		done += literals;
		if (s.p == s.end)
			return done;	/* the last sequence has no match */

		if (s.end - s.p < 2)
			return -1;
		distance = s.p[0] | s.p[1] << 8;
		s.p += 2;
		if (!read_length(&s, &match))
			return -1;
		match += 4;
		if (!distance || distance > done || match > dst_size - done)
			return -1;
		for (; match; match--, done++)
			out[done] = out[done - distance];
	}
	return -1;
}
