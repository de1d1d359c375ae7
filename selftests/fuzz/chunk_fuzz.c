// SPDX-License-Identifier: GPL-2.0-only
/*
 * One chunk, decoded by the library with the loader's LZ4, and the first bytes of a
 * block as the loader looks at them. What is taken for good is what a decoder of a
 * few lines makes of it, too.
 *
 * The input: codec, whether its size is the right one, bytes of the destination in
 * units of 8 (16 bits), the word of a fill; then what is stored.
 */
#include <lz4.h>
#include <string.h>
#include "fuzz.h"
#include "snapimg.h"
#include "unlz4.h"

#define HEAD		12
#define PEEK		64
#define LITERALS_LAST	5	/* with less room than a match needs, LZ4 wants literals */

/* A length of 15 goes on in the bytes that follow; false at the end of the block. */
static bool get_length(const u8 **src, const u8 *end, size_t *length)
{
	u8 more;

	if (*length != 15)
		return true;
	do {
		if (*src == end)
			return false;
		more = *(*src)++;
		*length += more;
	} while (more == 255);
	return true;
}

#define UNSAID		(-2)

/*
 * LZ4 by its description: bytes that the block decodes to, or -1. UNSAID with a distance
 * of 0, which means nothing and which LZ4 takes all the same: what was there before stays.
 */
static long decode_simply(const u8 *src, size_t size, u8 *dst, size_t room)
{
	const u8 *end = src + size;
	size_t at = 0;

	while (src < end) {
		size_t token = *src++, literals = token >> 4, match = token & 15, distance;

		if (!get_length(&src, end, &literals) || literals > (size_t)(end - src) ||
		    literals > room - at)
			return -1;
		memcpy(dst + at, src, literals);
		src += literals;
		at += literals;
		/* The last sequence has no match. */
		if (src == end)
			return (long)at;
		if (end - src < 2)
			return -1;
		distance = src[0] | (size_t)src[1] << 8;
		src += 2;
		if (!get_length(&src, end, &match) || distance > at || match + 4 > room - at)
			return -1;
		if (!distance)
			return UNSAID;
		for (match += 4; match; match--, at++)
			dst[at] = dst[at - distance];
	}
	return -1;
}

static void check_words(const u8 *dst, size_t size, u64 word)
{
	size_t i;

	for (i = 0; i < size; i++)
		FUZZ_HOLDS(dst[i] == (u8)(word >> i % 8 * 8));
}

/* The start of a block is that of the whole of it, whatever of the block there is. */
static void check_start(const u8 *stored, size_t size, const u8 *plain, size_t plain_size)
{
	size_t some = size < PEEK ? size : PEEK;
	u8 head[PEEK];
	u8 *cut;

	if (unlz4_start(stored, size, head, sizeof(head)))
		FUZZ_HOLDS(!plain || (plain_size >= sizeof(head) &&
				      !memcmp(head, plain, sizeof(head))));
	else
		FUZZ_HOLDS(!plain || plain_size < sizeof(head));
	cut = malloc(some ? some : 1);
	if (!cut)
		return;
	memcpy(cut, stored, some);
	if (unlz4_start(cut, some, head, sizeof(head)))
		FUZZ_HOLDS(!plain || !memcmp(head, plain, sizeof(head)));
	free(cut);
}

static void check_good(const struct snapimg_chunk *chunk, const u8 *stored, const u8 *dst,
		       size_t size)
{
	long plain;
	u8 *again;

	if (chunk->codec == SNAPCAP_CODEC_FILL) {
		check_words(dst, size, chunk->fill);
		return;
	}
	if (chunk->codec == SNAPCAP_CODEC_RAW) {
		FUZZ_HOLDS(chunk->stored_size == size && !memcmp(dst, stored, size));
		return;
	}
	again = malloc(size ? size : 1);
	if (!again)
		return;
	plain = decode_simply(stored, chunk->stored_size, again, size);
	FUZZ_HOLDS(plain == UNSAID || (plain == (long)size && !memcmp(dst, again, size)));
	free(again);
	if (plain != UNSAID)
		check_start(stored, chunk->stored_size, dst, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapimg_chunk chunk = { .pages = 1 };
	size_t room, stored_size = size - HEAD;
	u8 *stored, *dst;
	u16 units;

	if (size < HEAD)
		return 0;
	chunk.codec = data[0] % 4;
	memcpy(&units, data + 2, sizeof(units));
	memcpy(&chunk.fill, data + 4, sizeof(chunk.fill));
	room = 8 * (size_t)units;
	/* As large as it should be, or as it claims to be. */
	if (chunk.codec == SNAPCAP_CODEC_RAW && data[1] & 1)
		room = stored_size;
	if (chunk.codec == SNAPCAP_CODEC_FILL && data[1] & 1)
		room += data[1] >> 1 & 7;
	chunk.stored_size = chunk.codec == SNAPCAP_CODEC_FILL ? 0 : (u32)stored_size;
	stored = malloc(stored_size ? stored_size : 1);
	/* Of exactly that size: a byte behind it is a crash. */
	dst = aligned_alloc(8, room ? (room + 7) / 8 * 8 : 8);
	if (stored && dst) {
		memcpy(stored, data + HEAD, stored_size);
		/* Sizes that are no int are not looked at twice. */
		FUZZ_HOLDS(snapimg_lz4_decode(stored, 1ULL << 31, dst, room) < 0);
		FUZZ_HOLDS(!unlz4_start(stored, stored_size, dst, 1ULL << 31));
		chunk.sum = snapimg_sum(stored, chunk.stored_size);
		FUZZ_HOLDS(!snapimg_chunk_verify(&chunk, stored));
		chunk.sum ^= 1;
		FUZZ_HOLDS(snapimg_chunk_verify(&chunk, stored) ==
			   (chunk.codec == SNAPCAP_CODEC_FILL ? 0 : -SNAPCAP_REASON_CHUNK_SUM));
		if (!snapimg_chunk_decode(&chunk, stored, dst, room))
			check_good(&chunk, stored, dst, room);
		else if (chunk.codec == SNAPCAP_CODEC_LZ4)
			check_start(stored, stored_size, NULL, 0);
	}
	free(stored);
	free(dst);
	return 0;
}

/* ---- blocks that are nearly right ---- */

/* A length as LZ4 writes it behind a token, up to @limit bytes; bytes written. */
static size_t put_length(u8 *to, size_t limit, size_t length)
{
	size_t n = 0;

	if (length < 15)
		return 0;
	for (length -= 15; length >= 255 && n < limit; length -= 255)
		to[n++] = 255;
	if (n < limit)
		to[n++] = (u8)length;
	return n;
}

/*
 * Sequences of any lengths, with distances that lie within what was decoded before
 * most of the time, and a destination of just the size that they make.
 */
static size_t make_block(u8 *data, size_t max_size, u32 *state)
{
	size_t used = HEAD, plain = 0, turns = 1 + fuzz_random(state) % 6;
	u16 units;

	while (turns-- && used + 600 < max_size) {
		size_t literals = fuzz_random(state) % (fuzz_random(state) % 4 ? 20 : 300);
		size_t match = fuzz_random(state) % (fuzz_random(state) % 4 ? 20 : 9000), distance;
		size_t i, token = used++;

		if (!turns) {
			literals += LITERALS_LAST;
			/* The destination is in units of 8. */
			literals += -(plain + literals) & 7;
		}
		data[token] = (u8)((literals < 15 ? literals : 15) << 4 |
				   (!turns ? 0 : match < 15 ? match : 15));
		used += put_length(data + used, max_size - used, literals);
		for (i = 0; i < literals && used < max_size; i++)
			data[used++] = (u8)fuzz_random(state);
		plain += literals;
		if (!turns || used + 40 > max_size)
			break;
		distance = plain ? 1 + fuzz_random(state) % plain : 1;
		if (!(fuzz_random(state) % 16))
			distance = fuzz_random(state) & 0xffff;
		data[used++] = (u8)distance;
		data[used++] = (u8)(distance >> 8);
		used += put_length(data + used, max_size - used, match);
		plain += match + 4;
	}
	data[0] = SNAPCAP_CODEC_LZ4;
	data[1] = 0;
	units = (u16)(plain / 8);
	memcpy(data + 2, &units, sizeof(units));
	return used;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	u32 state = seed;

	if (max_size > HEAD + 1200 && !(fuzz_random(&state) % 8))
		return make_block(data, max_size, &state);
	return LLVMFuzzerMutate(data, size, max_size);
}
