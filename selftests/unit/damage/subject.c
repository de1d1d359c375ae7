// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every page of every snapshot has contents of its own, so that a wrong one is seen.
 * The codecs of the chunks come in turn.
 */
#include <lz4.h>
#include <stdlib.h>
#include <linux/snapcap_cpu.h>
#include "../test.h"
#include "fake.h"
#include "subject.h"

struct snapimg_machine subject_machine;

u64 subject_random(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static u32 below(struct subject *s, u32 limit)
{
	return (u32)(subject_random(&s->state) % limit);
}

static u32 align64(u32 n)
{
	return (n + 63) & ~63u;
}

static void *room(size_t size)
{
	void *p = aligned_alloc(64, align64((u32)size));

	assert_non_null(p);
	return p;
}

/* For each page its contents, entries of tables, and a gap; the rest for all else. */
static u32 room_of(const struct subject_plan *plan)
{
	return (plan->pages + plan->pageable) * (SUBJECT_PAGE + 256) + SUBJECT_ROOM_MIN;
}

/* Runs of both kinds with gaps between, until the stream has its pages. */
static void make_extents(struct subject *s, const struct subject_plan *plan)
{
	u64 pfn = SUBJECT_PFN;
	u32 left = plan->pages;

	s->extents = 0;
	while (left) {
		struct snapimg_extent *e = &s->extent[s->extents++];

		e->pages = 1 + below(s, plan->run_pages);
		e->kind = below(s, 5) ? SNAPCAP_EXTENT_DATA : SNAPCAP_EXTENT_ZERO;
		if (e->kind == SNAPCAP_EXTENT_DATA) {
			if (e->pages > left)
				e->pages = left;
			left -= e->pages;
		} else if (pfn + e->pages + left + 2 * s->extents > SUBJECT_PFN + SUBJECT_SPAN) {
			s->extents--;
			continue;
		}
		/* The first at the start, so that the smallest are not all alike. */
		e->pfn = pfn + (s->extents > 1 ? below(s, 3) : 0);
		pfn = e->pfn + e->pages;
		assert_true(pfn <= SUBJECT_PFN + SUBJECT_SPAN);
		assert_true(s->extents < ARRAY_SIZE(s->extent));
	}
	s->span = (u32)(pfn - SUBJECT_PFN);
}

static void fill_words(u8 *at, u32 pages, u64 word)
{
	u64 *p = (u64 *)at;

	for (u32 i = 0; i < pages * SUBJECT_PAGE / 8; i++)
		p[i] = word;
}

/* Noise, or one word in eight of it. */
static void fill_noise(struct subject *s, u8 *at, u32 pages, u32 every)
{
	u64 *p = (u64 *)at;

	for (u32 i = 0; i < pages * SUBJECT_PAGE / 8; i++)
		p[i] = i % every ? 0 : subject_random(&s->state);
}

/* Return: bytes of DATA */
static u32 make_chunks(struct subject *s, const struct subject_plan *plan, u8 *data)
{
	u32 page = 0, used = 0;

	for (s->chunks = 0; page < plan->pages; s->chunks++) {
		struct snapimg_chunk *c = &s->chunk[s->chunks];
		u8 *src = s->stream + (size_t)page * SUBJECT_PAGE;
		u32 size;

		memset(c, 0, sizeof(*c));
		c->pages = 1 + below(s, plan->chunk_pages);
		if (c->pages > plan->pages - page)
			c->pages = plan->pages - page;
		size = c->pages * SUBJECT_PAGE;
		if (plan->gaps && below(s, 2))
			used += below(s, 100);
		c->offset = used;
		c->codec = (u16)((s->chunks + plan->seed) % 3);
		switch (c->codec) {
		case SNAPCAP_CODEC_FILL:
			c->fill = subject_random(&s->state);
			fill_words(src, c->pages, c->fill);
			break;
		case SNAPCAP_CODEC_LZ4:
			fill_noise(s, src, c->pages, 16);
			c->stored_size = (u32)LZ4_compress_default((char *)src, (char *)data + used,
								   (int)size, (int)size - 1);
			assert_true(c->stored_size);
			break;
		default:
			fill_noise(s, src, c->pages, 1);
			c->stored_size = size;
			memcpy(data + used, src, size);
		}
		if (c->stored_size)
			c->sum = snapimg_sum(data + used, c->stored_size);
		used += c->stored_size;
		page += c->pages;
	}
	return used;
}

static void put_section(struct subject *s, const struct subject_plan *plan, u32 type, u32 size)
{
	struct snapimg_section *section = &s->img.section[type];

	s->size = align64(s->size) + (plan->gaps ? 64 * below(s, 4) : 0);
	section->offset = s->size;
	section->size = size;
	s->size += size;
	assert_true(s->size <= room_of(plan));
}

static void put_cpu(struct subject *s, const struct subject_plan *plan)
{
	struct snapcap_cpu_arm64 *cpu;

	put_section(s, plan, SNAPCAP_SECTION_CPU, sizeof(*cpu));
	cpu = (void *)(s->bytes + s->img.section[SNAPCAP_SECTION_CPU].offset);
	memset(cpu, 0, sizeof(*cpu));
	cpu->arch = cpu_to_le32(SNAPCAP_ARCH_ARM64);
	cpu->size = cpu_to_le32(sizeof(*cpu));
	cpu->el = cpu_to_le32(1);
	cpu->mair = cpu_to_le64(0xff);
	cpu->tcr = cpu_to_le64(2ULL << 30 | 16ULL << 16);
	cpu->entry = cpu_to_le64(0xffff800000080000ULL);
}

static void put_tables(struct subject *s, const struct subject_plan *plan)
{
	const struct snapcap_range ram = { cpu_to_le64(FAKE_RAM_BASE), cpu_to_le64(FAKE_RAM_SIZE) };
	struct snapimg *img = &s->img;
	struct snapcap_extent *extent;
	struct snapcap_chunk *chunk;
	u8 *data;
	u32 size, i;

	put_cpu(s, plan);
	put_section(s, plan, SNAPCAP_SECTION_MEMMAP, sizeof(ram));
	memcpy(s->bytes + img->section[SNAPCAP_SECTION_MEMMAP].offset, &ram, sizeof(ram));
	make_extents(s, plan);
	put_section(s, plan, SNAPCAP_SECTION_PAGETABLE, s->extents * sizeof(*extent));
	extent = (void *)(s->bytes + img->section[SNAPCAP_SECTION_PAGETABLE].offset);
	for (i = 0; i < s->extents; i++)
		snapimg_extent_put(&extent[i], &s->extent[i]);

	/* Where DATA begins is known once the chunks are. */
	data = room(room_of(plan));
	size = make_chunks(s, plan, data);
	put_section(s, plan, SNAPCAP_SECTION_CHUNKS, s->chunks * sizeof(*chunk));
	chunk = (void *)(s->bytes + img->section[SNAPCAP_SECTION_CHUNKS].offset);
	for (i = 0; i < s->chunks; i++)
		snapimg_chunk_put(&chunk[i], &s->chunk[i]);
	put_section(s, plan, SNAPCAP_SECTION_DATA, size);
	memcpy(s->bytes + img->section[SNAPCAP_SECTION_DATA].offset, data, size);
	free(data);
}

/* Pages of noise: the loader looks at none of it. */
static void put_pageable(struct subject *s, const struct subject_plan *plan)
{
	struct snapcap_chunk *chunk;
	u64 data;
	u32 i;

	s->img.feature_incompat |= SNAPCAP_FEATURE_INCOMPAT_PAGEABLE;
	s->img.pageable_pages = plan->pageable;
	put_section(s, plan, SNAPCAP_SECTION_PAGEABLE_CHUNKS, plan->pageable * sizeof(*chunk));
	put_section(s, plan, SNAPCAP_SECTION_PAGEABLE_DATA, plan->pageable * SUBJECT_PAGE);
	chunk = (void *)(s->bytes + s->img.section[SNAPCAP_SECTION_PAGEABLE_CHUNKS].offset);
	data = s->img.section[SNAPCAP_SECTION_PAGEABLE_DATA].offset;
	fill_noise(s, s->bytes + data, plan->pageable, 1);
	for (i = 0; i < plan->pageable; i++) {
		struct snapimg_chunk c = { .pages = 1, .offset = (u64)i * SUBJECT_PAGE,
					   .stored_size = SUBJECT_PAGE };

		c.sum = snapimg_sum(s->bytes + data + c.offset, SUBJECT_PAGE);
		snapimg_chunk_put(&chunk[i], &c);
	}
}

/* A section that the library does not build, because it does not know it. */
static void put_extra(struct subject *s)
{
	struct snapcap_image_header *hdr = (void *)s->bytes;
	struct snapcap_section *section = &hdr->section[le32_to_cpu(hdr->section_count)];
	u32 offset = align64(s->size), size = 100;

	s->size = offset + size;
	s->img.image_size = s->size;
	hdr->image_size = cpu_to_le64(s->size);
	hdr->section_count = cpu_to_le32(le32_to_cpu(hdr->section_count) + 1);
	section->type = cpu_to_le32(SNAPCAP_SECTION_COPY + 1 + below(s, 9));
	section->crc = cpu_to_le32((u32)subject_random(&s->state));
	section->offset = cpu_to_le64(offset);
	section->size = cpu_to_le64(size);
	subject_reseal(s->bytes, SUBJECT_HEADER);
}

static void set_header(struct subject *s, const struct subject_plan *plan)
{
	const struct snapimg_machine *m = &subject_machine;
	struct snapimg *img = &s->img;

	img->version_major = SNAPCAP_VERSION_MAJOR;
	img->version_minor = (u16)below(s, 9);
	img->feature_compat = plan->forced ? SNAPCAP_FEATURE_COMPAT_FORCED : 0;
	if (plan->extra)
		img->feature_compat |= 1ULL << (2 + below(s, 61));
	img->sequence = plan->sequence;
	img->page_shift = m->page_shift;
	img->arch = m->arch;
	img->stub_abi = m->stub_abi;
	img->created_s = subject_random(&s->state);
	img->stub_base = m->stub_base;
	img->stub_size = m->stub_size;
	img->handoff_base = m->handoff_base;
	strcpy(img->kernel_release, m->kernel_release);
	strcpy(img->machine, m->machine);
	memcpy(img->build_id, m->build_id, m->build_id_size);
	img->build_id_size = m->build_id_size;
	memcpy(img->uuid, &s->state, 8);
	memset(img->label, 'a' + (int)(plan->seed % 26), below(s, SNAPCAP_LABEL_SIZE));
	img->chunk_pages_max = plan->chunk_pages;
	img->os_identity = plan->seed % 4 ? m->os_identity : 0;
	img->stream_pages = plan->pages;
}

void subject_seal(struct subject *s)
{
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_PAGEABLE_CHUNKS; type++) {
		struct snapimg_section *section = &s->img.section[type];

		if (type != SNAPCAP_SECTION_DATA)
			section->crc = snapimg_crc32c(0, s->bytes + section->offset, section->size);
	}
	s->img.header_crc = snapimg_header_build(&s->img, (void *)s->bytes);
	snapimg_commit_build(&s->img, (void *)(s->bytes + SNAPCAP_COMMIT_OFF));
}

void subject_make(struct subject *s, const struct subject_plan *plan)
{
	u32 i;

	subject_free(s);
	s->bytes = room(room_of(plan));
	s->stream = room((size_t)plan->pages * SUBJECT_PAGE);
	memset(s->bytes, 0xff, room_of(plan));
	s->state = plan->seed;
	s->size = SNAPCAP_BODY_OFF;
	set_header(s, plan);
	put_tables(s, plan);
	if (plan->pageable)
		put_pageable(s, plan);
	for (i = 0; i < s->extents; i++)
		if (s->extent[i].kind == SNAPCAP_EXTENT_ZERO)
			s->img.zero_pages += s->extent[i].pages;
	s->img.image_size = s->size;
	subject_seal(s);
	if (plan->extra)
		put_extra(s);
}

void subject_free(struct subject *s)
{
	free(s->bytes);
	free(s->stream);
	memset(s, 0, sizeof(*s));
}

static bool is_zero(const u8 *p, size_t size)
{
	return !*p && !memcmp(p, p + 1, size - 1);
}

bool subject_is_restored(const struct subject *s)
{
	const u8 *page = s->stream;
	u32 i;

	for (i = 0; i < s->extents; i++) {
		const struct snapimg_extent *e = &s->extent[i];
		size_t size = (size_t)e->pages * SUBJECT_PAGE;
		const u8 *p = fake_ram(e->pfn << PAGE_SHIFT);

		if (e->kind == SNAPCAP_EXTENT_ZERO) {
			if (!is_zero(p, size))
				return false;
			continue;
		}
		if (memcmp(p, page, size))
			return false;
		page += size;
	}
	return true;
}

void subject_reseal(u8 *bytes, enum subject_level level)
{
	struct snapcap_image_header *hdr = (void *)bytes;
	struct snapcap_commit *mark = (void *)(bytes + SNAPCAP_COMMIT_OFF);
	u32 i;

	for (i = 0; level >= SUBJECT_TABLES && i < SNAPCAP_SECTION_CHUNKS; i++)
		hdr->section[i].crc = cpu_to_le32(snapimg_crc32c(0,
			bytes + le64_to_cpu(hdr->section[i].offset),
			le64_to_cpu(hdr->section[i].size)));
	if (level >= SUBJECT_HEADER) {
		hdr->header_crc = cpu_to_le32(snapimg_crc32c(0, hdr, sizeof(*hdr) - 4));
		mark->header_crc = hdr->header_crc;
		mark->sequence = hdr->sequence;
	}
	mark->commit_crc = cpu_to_le32(snapimg_crc32c(0, mark,
						      __builtin_offsetof(struct snapcap_commit,
									 commit_crc)));
}
