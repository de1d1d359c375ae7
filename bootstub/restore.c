// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The restore: tables first, then the stream of pages, chunk by chunk.
 *
 * A chunk's pages are scattered over memory. They are mapped in stream order at
 * consecutive addresses of the window, so that the chunk decodes straight to
 * where it belongs. The page table has been checked against the memory of the
 * machine and the loader's region, so no destination is anything but memory
 * that the snapshot owns.
 */
#include <snapimg.h>
#include "restore.h"

_Static_assert(ARCH_WINDOW_PAGES >= SNAPCAP_CHUNK_PAGES_LIMIT, "the window holds any chunk");

/* Where the next page of the stream goes. */
struct cursor {
	const struct restore *r;
	u32 next;		/* entry of the page table behind @ext */
	u32 count;
	struct snapimg_extent ext;
	u32 done;		/* pages of @ext already passed */
	u32 slot;		/* next free slot of the window */
};

static int read_section(void *ctx, u64 off, void *buf, size_t len)
{
	return media_read(ctx, off, buf, len);
}

static int load_table(struct restore *r, u32 type, struct arena *arena)
{
	const struct snapimg_reader reader = {
		.size = r->media->size,
		.read = read_section,
		.ctx = r->media,
	};

	r->detail = type;
	r->table[type] = arena_take(arena, r->img->section[type].size);
	if (!r->table[type])
		return -SNAPCAP_REASON_NO_SPACE;
	return snapimg_section_load(&reader, r->base, r->img, type, r->table[type]);
}

static int setup_stored(struct restore *r, struct arena *arena)
{
	struct stored *s = &r->stored;
	int err;

	s->media = r->media;
	s->base = r->base + r->img->section[SNAPCAP_SECTION_DATA].offset;
	s->table = r->table[SNAPCAP_SECTION_CHUNKS];
	s->count = snapimg_chunk_count(r->img);
	err = stored_setup(s, arena);
	if (err)
		r->detail = SNAPCAP_SECTION_DATA;
	return err;
}

int restore_load(struct restore *r, const struct snapimg_machine *m, struct arena *arena)
{
	u32 type;
	int err = snapimg_bind_check(r->img, m);

	/* Copied before they are checked: what is checked is what is used. */
	for (type = SNAPCAP_SECTION_CPU; !err && type <= SNAPCAP_SECTION_CHUNKS; type++)
		err = load_table(r, type, arena);
	if (err)
		return err;
	r->detail = 0;
	err = snapimg_memmap_check(r->img, r->table[SNAPCAP_SECTION_MEMMAP], m) ?:
	       snapimg_pagetable_check(r->img, r->table[SNAPCAP_SECTION_PAGETABLE],
				       r->table[SNAPCAP_SECTION_MEMMAP]) ?:
	       snapimg_chunks_check(r->img, r->table[SNAPCAP_SECTION_CHUNKS]) ?:
	       arch_resume_check(r->table[SNAPCAP_SECTION_CPU],
				 r->img->section[SNAPCAP_SECTION_CPU].size);
	return err ?: setup_stored(r, arena);
}

/* Go to the next extent of the stream; false at its end. Zero extents are cleared on the way. */
static bool next_extent(struct cursor *c)
{
	const void *table = c->r->table[SNAPCAP_SECTION_PAGETABLE];

	while (c->next < c->count) {
		c->ext = snapimg_extent_get(table, c->next++);
		c->done = 0;
		if (c->ext.kind == SNAPCAP_EXTENT_DATA)
			return true;
		arch_clear(c->ext.pfn << PAGE_SHIFT, (u64)c->ext.pages << PAGE_SHIFT);
	}
	c->ext.pages = 0;
	c->done = 0;
	return false;
}

/* Map the next @pages of the stream; NULL when it ends before. */
static void *map_stream(struct cursor *c, u32 pages)
{
	u8 *first = NULL;

	if (pages > ARCH_WINDOW_PAGES - c->slot)
		c->slot = 0;
	while (pages) {
		u32 run = c->ext.pages - c->done;
		u8 *va;

		if (!run) {
			if (!next_extent(c))
				return NULL;
			continue;
		}
		if (run > pages)
			run = pages;
		va = arch_window_map(c->slot, c->ext.pfn + c->done, run);
		if (!first)
			first = va;
		c->slot += run;
		c->done += run;
		pages -= run;
	}
	return first;
}

static int restore_chunk(struct restore *r, struct cursor *c, u32 i)
{
	struct snapimg_chunk chunk = snapimg_chunk_get(r->stored.table, i);
	const void *stored;
	void *dst;
	int err = stored_get(&r->stored, i, &chunk, &stored);

	if (!err)
		err = snapimg_chunk_verify(&chunk, stored);
	if (err)
		return err;
	dst = map_stream(c, chunk.pages);
	if (!dst)
		return -SNAPCAP_REASON_PAGETABLE;
	r->bytes_stored += chunk.stored_size;
	return snapimg_chunk_decode(&chunk, stored, dst, (size_t)chunk.pages << PAGE_SHIFT);
}

static int restore_stream(struct restore *r, struct cursor *c)
{
	u32 i;
	int err;

	for (i = 0; i < r->stored.count; i++) {
		r->detail = i;
		err = restore_chunk(r, c, i);
		if (err)
			return err;
	}
	return 0;
}

int restore_pages(struct restore *r)
{
	struct cursor c = { .r = r, .count = snapimg_extent_count(r->img) };
	int err = restore_stream(r, &c);

	stored_end(&r->stored);
	if (err)
		return err;
	/* Zero extents behind the last page of the stream; data extents have no chunk left. */
	r->detail = 0;
	if (c.done < c.ext.pages || next_extent(&c))
		return -SNAPCAP_REASON_PAGETABLE;
	arch_window_map(0, 0, 0);
	return 0;
}
