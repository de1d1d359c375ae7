// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The two blocks at the start of a slot. Each has the header, the mark, a page for each
 * word of the log, and at its end pages for revocations. What belongs to one page is
 * programmed once. A program that was cut off may leave a page that reads erased, and
 * well the next time: so what a page may hold is told by its place, and such a page is
 * programmed again with nothing but the same bytes.
 *
 * Of what is there twice the second block has header and mark first, and words and
 * revocations last: a mark of the first block is whole before it counts, and where the
 * second block has begun a word, the first one has it.
 */
#include "snapnand_private.h"

#define WORD		SNAPCAP_TRIAL_WORD_SIZE
#define HEADER_SIZE	((u32)sizeof(struct snapcap_image_header))
#define MARK_SIZE	((u32)__builtin_offsetof(struct snapcap_commit, revoked))
#define REVOKED_AT	(SNAPCAP_COMMIT_OFF + MARK_SIZE)
#define COPIES		SNAPCAP_NAND_HEADS

_Static_assert(HEADER_SIZE <= 2 * SNAPNAND_PAGE_MIN, "two pages hold a header");
_Static_assert(sizeof(struct snapcap_commit) <= SNAPNAND_PAGE_MIN, "and one a mark");
_Static_assert(MARK_SIZE + 8 == sizeof(struct snapcap_commit), "the revocation comes last");

/* What a page of the log, or one for a revocation, reads as. */
enum page_state { PAGE_ERASED, PAGE_WHOLE, PAGE_DAMAGED };

static u32 header_pages(const struct snapnand *n)
{
	return n->page_size < HEADER_SIZE ? HEADER_SIZE / n->page_size : 1;
}

/* Page @page of copy @copy of the head of a slot. */
static u64 page_at(const struct snapnand *n, u64 slot, u32 copy, u32 page)
{
	return slot + ((u64)copy << n->block_shift) + (u64)page * n->page_size;
}

static u32 mark_page(const struct snapnand *n)
{
	return header_pages(n);
}

static u32 word_page(const struct snapnand *n, u32 i)
{
	return mark_page(n) + 1 + i;
}

static u32 revoked_page(const struct snapnand *n, u32 i)
{
	return n->block_size / n->page_size - SNAPCAP_NAND_REVOKED_PAGES + i;
}

u32 snapnand_head_words(const struct snapnand *n)
{
	u32 words = revoked_page(n, 0) - word_page(n, 0);

	return words < SNAPCAP_TRIAL_WORDS ? words : SNAPCAP_TRIAL_WORDS;
}

/* ---- header ---- */

static bool header_is_whole(const u8 *bytes, const char *magic)
{
	const struct snapcap_image_header *hdr = (const void *)bytes;
	u32 crc;

	if (memcmp(bytes, magic, SNAPCAP_MAGIC_SIZE))
		return false;
	/* The checksum is that of the first copy. */
	crc = snapimg_crc32c(0, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE);
	crc = snapimg_crc32c(crc, bytes + SNAPCAP_MAGIC_SIZE,
			     HEADER_SIZE - sizeof(hdr->header_crc) - SNAPCAP_MAGIC_SIZE);
	return le32_to_cpu(hdr->header_crc) == crc;
}

/* The header of a copy is at @n->buf then; 0 or -1. */
static int read_header(struct snapnand *n, u64 slot, u32 copy)
{
	u32 i;

	for (i = 0; i < header_pages(n); i++)
		if (snapnand_page_read(n, page_at(n, slot, copy, i),
				       (u8 *)n->buf + (size_t)i * n->page_size))
			return -1;
	return 0;
}

/* The one that counts is at @n->buf then; 0 or -1. */
static int find_header(struct snapnand *n, u64 slot)
{
	u8 *bytes = n->buf;
	int ret = read_header(n, slot, 0);

	if (!ret && (memcmp(bytes, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE) ||
		     header_is_whole(bytes, SNAPCAP_IMAGE_MAGIC)))
		return 0;
	if (read_header(n, slot, 1) || !header_is_whole(bytes, SNAPCAP_NAND_COPY_MAGIC))
		/* As it is: what is wrong with it is for others to say. */
		return ret ? ret : read_header(n, slot, 0);
	memcpy(bytes, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE);
	n->counts.copies++;
	return 0;
}

/* Of most places nothing but this is read. */
static int find_magic(struct snapnand *n, u64 slot)
{
	if (!snapnand_page_read(n, page_at(n, slot, 0, 0), n->buf))
		return 0;
	if (snapnand_page_read(n, page_at(n, slot, 1, 0), n->buf) ||
	    memcmp(n->buf, SNAPCAP_NAND_COPY_MAGIC, SNAPCAP_MAGIC_SIZE))
		return -1;
	memcpy(n->buf, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE);
	return 0;
}

/* ---- mark ---- */

static bool mark_is_whole(const struct snapcap_commit *mark)
{
	u32 size = __builtin_offsetof(struct snapcap_commit, commit_crc);

	return !memcmp(mark->magic, SNAPCAP_COMMIT_MAGIC, SNAPCAP_MAGIC_SIZE) &&
	       le32_to_cpu(mark->commit_crc) == snapimg_crc32c(0, mark, size);
}

/*
 * The mark that counts, to @mark, but for its end; 0 or -1. The first copy is written
 * last: where it reads erased there is none, whatever the other one says.
 */
static int find_mark(struct snapnand *n, u64 slot, struct snapcap_commit *mark)
{
	int ret = snapnand_page_read(n, page_at(n, slot, 0, mark_page(n)), n->buf);

	if (!ret) {
		memcpy(mark, n->buf, MARK_SIZE);
		if (snapnand_is_erased((u8 *)mark, MARK_SIZE) || mark_is_whole(mark))
			return 0;
	}
	if (snapnand_page_read(n, page_at(n, slot, 1, mark_page(n)), n->buf))
		return ret;
	n->counts.copies++;
	memcpy(mark, n->buf, MARK_SIZE);
	return 0;
}

/* ---- log and revocations ---- */

/* The bytes of a page that holds nothing but @word, which is 8 bytes, or zeros: NULL. */
static void fill_page(const struct snapnand *n, const char *word)
{
	u8 *page = n->buf;
	u32 i;

	memset(page, 0, n->page_size);
	for (i = 0; word && i < n->page_size; i += WORD)
		memcpy(page + i, word, WORD);
}

static enum page_state read_state(struct snapnand *n, u64 at, const char *word)
{
	static const u8 zero[WORD];
	const void *wanted = word ? (const void *)word : zero;
	const u8 *page = n->buf;

	if (snapnand_page_read(n, at, n->buf))
		return PAGE_DAMAGED;
	if (snapnand_is_erased(page, n->page_size))
		return PAGE_ERASED;
	/* It begins with the word, and each of its words is as the one before. */
	return !memcmp(page, wanted, WORD) && !memcmp(page, page + WORD, n->page_size - WORD) ?
	       PAGE_WHOLE : PAGE_DAMAGED;
}

/* Its place tells what word @i can be. */
static const char *word_of_place(u32 i)
{
	return i & 1 ? SNAPCAP_TRIAL_CONFIRM : NULL;
}

/*
 * Word @i of the log, to @word. It is there when one copy has it. Where one is damaged and
 * the other erased, it was cut off before the second one was begun, and never counted; or
 * a block is lost, and the other one is used on. Where both are damaged it is no more than
 * one that was cut off.
 */
static void find_word(struct snapnand *n, u64 slot, u32 i, u8 *word)
{
	const char *wanted = word_of_place(i);
	enum page_state state = read_state(n, page_at(n, slot, 0, word_page(n, i)), wanted);
	enum page_state other = PAGE_WHOLE;

	if (state != PAGE_WHOLE)
		other = read_state(n, page_at(n, slot, 1, word_page(n, i)), wanted);
	memset(word, 0xff, WORD);
	if (state != PAGE_WHOLE && other != PAGE_WHOLE &&
	    (state == PAGE_ERASED || other == PAGE_ERASED))
		return;
	if (!wanted)
		memset(word, 0, WORD);
	else
		memcpy(word, wanted, state == PAGE_WHOLE || other == PAGE_WHOLE ? WORD : 1);
}

/*
 * One revocation is enough. Pages that cannot be read are one as well, when they are in
 * both copies: what was dropped must not come back.
 */
static bool find_revoked(struct snapnand *n, u64 slot)
{
	u32 clean = 0, copy, i;

	for (copy = 0; copy < COPIES; copy++) {
		bool damaged = false;

		for (i = 0; i < SNAPCAP_NAND_REVOKED_PAGES; i++) {
			enum page_state state = read_state(n, page_at(n, slot, copy,
								      revoked_page(n, i)),
							   SNAPCAP_NAND_REVOKED);

			if (state == PAGE_WHOLE)
				return true;
			damaged |= state == PAGE_DAMAGED;
		}
		clean += !damaged;
	}
	return !clean;
}

/* ---- bytes as the format has them ---- */

/* What of [@off, @off + @len) is in the @size bytes @from at @start goes to @buf. */
static void put_part(u64 start, const void *from, u64 size, u64 off, void *buf, size_t len)
{
	u64 first = off > start ? off : start;
	u64 end = off + len < start + size ? off + len : start + size;

	if (first < end)
		memcpy((u8 *)buf + (first - off), (const u8 *)from + (first - start),
		       (size_t)(end - first));
}

static bool touches(u64 start, u64 size, u64 off, size_t len)
{
	return off < start + size && start < off + len;
}

int snapnand_head_read(void *ctx, u64 slot, u64 off, void *buf, size_t len)
{
	struct snapcap_commit mark;
	struct snapnand *n = ctx;
	u8 word[WORD];
	u32 i;

	if (slot & (n->block_size - 1) || slot >= snapnand_size(n) ||
	    off > SNAPCAP_BODY_OFF || len > SNAPCAP_BODY_OFF - off)
		return -SNAPCAP_REASON_READ;
	memset(buf, 0xff, len);
	if (touches(0, HEADER_SIZE, off, len)) {
		if (off + len <= SNAPCAP_MAGIC_SIZE ? find_magic(n, slot) : find_header(n, slot))
			return -SNAPCAP_REASON_READ;
		put_part(0, n->buf, HEADER_SIZE, off, buf, len);
	}
	if (touches(SNAPCAP_COMMIT_OFF, MARK_SIZE, off, len)) {
		if (find_mark(n, slot, &mark))
			return -SNAPCAP_REASON_READ;
		put_part(SNAPCAP_COMMIT_OFF, &mark, MARK_SIZE, off, buf, len);
	}
	if (touches(REVOKED_AT, WORD, off, len)) {
		memset(word, find_revoked(n, slot) ? 0 : 0xff, WORD);
		put_part(REVOKED_AT, word, WORD, off, buf, len);
	}
	for (i = 0; i < snapnand_head_words(n); i++) {
		u64 at = SNAPCAP_TRIAL_OFF + (u64)i * WORD;

		if (!touches(at, WORD, off, len))
			continue;
		find_word(n, slot, i, word);
		put_part(at, word, WORD, off, buf, len);
	}
	return 0;
}

/* Program the page at @off with what is at @n->buf, and see that it is there; 0 or -1. */
static int write_page_at(struct snapnand *n, u64 off)
{
	u8 *got = (u8 *)n->buf + n->page_size;

	if (!snapnand_page_program(n, off, n->buf) && !snapnand_page_read(n, off, got) &&
	    !memcmp(n->buf, got, n->page_size))
		return 0;
	snapnand_note_failure(n, off);
	return -1;
}

/*
 * @len bytes of @data from page @page of copy @copy on, and @magic in place of their first
 * ones; 0 or -1.
 */
static int write_copy(struct snapnand *n, u64 slot, u32 copy, u32 page, const char *magic,
		      const u8 *data, u32 len)
{
	u32 done, piece;

	for (done = 0; done < len; done += piece, page++) {
		piece = len - done < n->page_size ? len - done : n->page_size;
		memset(n->buf, 0xff, n->page_size);
		memcpy(n->buf, data + done, piece);
		if (!done)
			memcpy(n->buf, magic, SNAPCAP_MAGIC_SIZE);
		if (write_page_at(n, page_at(n, slot, copy, page)))
			return -1;
	}
	return 0;
}

/* A page that is full of one word, where it reads erased; result: is it there then? */
static bool write_word(struct snapnand *n, u64 at, const char *word, enum page_state *was)
{
	*was = read_state(n, at, word);
	if (*was != PAGE_ERASED)
		return *was == PAGE_WHOLE;
	fill_page(n, word);
	return !snapnand_page_program(n, at, n->buf) && read_state(n, at, word) == PAGE_WHOLE;
}

static int program_word(struct snapnand *n, u64 slot, u32 i)
{
	enum page_state was;
	u32 copy, there = 0;

	for (copy = 0; copy < COPIES; copy++)
		there += write_word(n, page_at(n, slot, copy, word_page(n, i)), word_of_place(i),
				    &was);
	return there ? 0 : -1;
}

/* The revocations of a copy: how many pages are taken, and does one of them hold one? */
static u32 count_revoked(struct snapnand *n, u64 slot, u32 copy, bool *has)
{
	u32 used = 0, i;

	*has = false;
	for (i = 0; i < SNAPCAP_NAND_REVOKED_PAGES; i++) {
		enum page_state state = read_state(n, page_at(n, slot, copy, revoked_page(n, i)),
						   SNAPCAP_NAND_REVOKED);

		*has |= state == PAGE_WHOLE;
		if (state != PAGE_ERASED)
			used = i + 1;
	}
	return used;
}

/*
 * A revocation in each copy, and one that was not there before: what was there may have
 * been cut off.
 */
static int program_revoked(struct snapnand *n, u64 slot)
{
	bool has[COPIES], there, fresh = false;
	u32 used[COPIES], copy, i;

	for (copy = 0; copy < COPIES; copy++)
		used[copy] = count_revoked(n, slot, copy, &has[copy]);
	/* First where there is none. */
	for (i = 0; i < 2 * COPIES; i++) {
		enum page_state was;

		copy = i % COPIES;
		if (used[copy] == SNAPCAP_NAND_REVOKED_PAGES ||
		    (has[copy] && (i < COPIES || fresh)))
			continue;
		there = write_word(n, page_at(n, slot, copy, revoked_page(n, used[copy]++)),
				   SNAPCAP_NAND_REVOKED, &was);
		has[copy] |= there;
		fresh |= there && was == PAGE_ERASED;
	}
	return has[0] || has[1] ? 0 : -1;
}

static bool is_word(u32 i, const void *data)
{
	static const u8 zero[WORD];
	const char *word = word_of_place(i);

	return !memcmp(data, word ? (const void *)word : zero, WORD);
}

static int program_part(struct snapnand *n, u64 slot, u64 off, const void *data, size_t len)
{
	u32 copy, i;
	int ret = 0;

	if (!off && len >= HEADER_SIZE) {
		for (copy = COPIES; !ret && copy--; )
			ret = write_copy(n, slot, copy, 0, copy ? SNAPCAP_NAND_COPY_MAGIC :
								  SNAPCAP_IMAGE_MAGIC,
					 data, HEADER_SIZE);
		return ret;
	}
	if (off == SNAPCAP_COMMIT_OFF && len >= MARK_SIZE) {
		for (copy = COPIES; !ret && copy--; )
			ret = write_copy(n, slot, copy, mark_page(n), SNAPCAP_COMMIT_MAGIC, data,
					 MARK_SIZE);
		return ret;
	}
	if (off == REVOKED_AT && len == WORD)
		return program_revoked(n, slot);
	if (off < SNAPCAP_TRIAL_OFF || len != WORD || off & (WORD - 1))
		return -1;
	i = (u32)(off - SNAPCAP_TRIAL_OFF) / WORD;
	return i < snapnand_head_words(n) && is_word(i, data) ? program_word(n, slot, i) : -1;
}

int snapnand_head_program(void *ctx, u64 slot, u64 off, const void *data, size_t len,
			  size_t *done)
{
	struct snapnand *n = ctx;

	*done = 0;
	if (slot & (n->block_size - 1) || slot >= snapnand_size(n) ||
	    n->block_size >= snapnand_size(n) - slot || off >= SNAPCAP_BODY_OFF)
		return -1;
	if (program_part(n, slot, off, data, len))
		return -1;
	*done = len;
	return 0;
}
