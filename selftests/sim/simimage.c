// SPDX-License-Identifier: GPL-2.0-only
/*
 * The images have every kind of section in its smallest form. The boot follows the
 * loader step by step: newest first, bindings, tables, then each chunk, which is read
 * to be verified and once more to be decoded, since flash that is used where it lies
 * is read twice.
 */
#include <linux/snapcap_cpu.h>
#include "simimage.h"

#define RAM_BASE	0x40000000ULL
#define RAM_SIZE	0x01000000ULL
#define STUB_BASE	0x40200000ULL
#define STUB_SIZE	0x00100000ULL
#define HANDOFF_BASE	0x40300000ULL
#define MACHINE		"linux,dummy-virt"
#define RELEASE		"6.1.0-sim"

#define CPU_OFF		SNAPCAP_BODY_OFF
#define MEMMAP_OFF	(SNAPCAP_BODY_OFF + 128)
#define PAGETABLE_OFF	(SNAPCAP_BODY_OFF + 192)
#define CHUNKS_OFF	(SNAPCAP_BODY_OFF + 256)
#define TABLES_SIZE	1024
#define DATA_OFF	(SNAPCAP_BODY_OFF + TABLES_SIZE)

static const u8 build_id[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const struct snapimg_range ram = { RAM_BASE, RAM_SIZE };
const struct snapimg_machine simimage_machine = {
	.arch = SNAPCAP_ARCH_ARM64,
	.page_shift = 12,
	.stub_abi = SNAPCAP_HANDOFF_ABI,
	.stub_base = STUB_BASE,
	.stub_size = STUB_SIZE,
	.handoff_base = HANDOFF_BASE,
	.machine = MACHINE,
	.kernel_release = RELEASE,
	.build_id = build_id,
	.build_id_size = sizeof(build_id),
	.range = &ram,
	.range_count = 1,
};

static void *at(struct simimage *image, u64 off)
{
	return image->body + (off - SNAPCAP_BODY_OFF);
}

static void set_section(struct simimage *image, u32 type, u64 offset, u64 size)
{
	struct snapimg_section *s = &image->img.section[type];

	s->offset = offset;
	s->size = size;
	if (type != SNAPCAP_SECTION_DATA)
		s->crc = snapimg_crc32c(0, at(image, offset), size);
}

static void make_chunks(struct simimage *image, u32 stored, u64 pattern)
{
	struct snapcap_chunk *chunks = at(image, CHUNKS_OFF);
	u32 i;

	/* Two pages a chunk, the last may have one. */
	for (i = 0; i * 2 < stored; i++) {
		struct snapimg_chunk chunk = { .pages = stored - i * 2 > 1 ? 2 : 1 };

		chunk.codec = SNAPCAP_CODEC_RAW;
		chunk.offset = (u64)i * 2 * SIMIMAGE_PAGE;
		chunk.stored_size = chunk.pages * SIMIMAGE_PAGE;
		chunk.sum = snapimg_sum(image->stream + chunk.offset, chunk.stored_size);
		snapimg_chunk_put(&chunks[i], &chunk);
	}
	snapimg_chunk_put(&chunks[i], &(struct snapimg_chunk){
		.pages = 1, .codec = SNAPCAP_CODEC_FILL,
		.offset = (u64)stored * SIMIMAGE_PAGE, .fill = pattern });
}

void simimage_make(struct simimage *image, u32 id, u32 stored)
{
	const struct snapimg_extent extent = { RAM_BASE >> 12, stored + 1, SNAPCAP_EXTENT_DATA };
	u64 pattern = 0x0101010101010101ULL * (id + 1), *word = (void *)image->stream;
	struct snapcap_cpu_arm64 *cpu = at(image, CPU_OFF);
	struct snapcap_range *range = at(image, MEMMAP_OFF);
	struct snapimg *img = &image->img;

	memset(image, 0, sizeof(*image));
	image->pages = stored + 1;
	image->base = SNAPCAP_BODY_OFF;
	for (u64 i = 0; i < (u64)stored * SIMIMAGE_PAGE / 8; i++)
		word[i] = (i + 1) * 0x9e3779b97f4a7c15ULL + pattern;
	for (u64 i = 0; i < SIMIMAGE_PAGE / 8; i++)
		word[(u64)stored * SIMIMAGE_PAGE / 8 + i] = pattern;
	memcpy(at(image, DATA_OFF), image->stream, (u64)stored * SIMIMAGE_PAGE);
	cpu->arch = cpu_to_le32(SNAPCAP_ARCH_ARM64);
	cpu->size = cpu_to_le32(sizeof(*cpu));
	/* Attributes, table format and entry as a kernel has them; see snapimg_cpu_check(). */
	cpu->el = cpu_to_le32(1);
	cpu->mair = cpu_to_le64(0xff);
	cpu->tcr = cpu_to_le64(2ULL << 30 | 16ULL << 16);
	cpu->entry = cpu_to_le64(0xffff800000080000ULL);
	range->base = cpu_to_le64(RAM_BASE);
	range->size = cpu_to_le64(RAM_SIZE);
	snapimg_extent_put(at(image, PAGETABLE_OFF), &extent);
	make_chunks(image, stored, pattern);

	img->version_major = SNAPCAP_VERSION_MAJOR;
	img->version_minor = SNAPCAP_VERSION_MINOR;
	img->image_size = DATA_OFF + (u64)stored * SIMIMAGE_PAGE;
	img->page_shift = 12;
	img->arch = SNAPCAP_ARCH_ARM64;
	img->stub_abi = SNAPCAP_HANDOFF_ABI;
	img->stream_pages = stored + 1;
	img->stub_base = STUB_BASE;
	img->stub_size = STUB_SIZE;
	img->handoff_base = HANDOFF_BASE;
	strcpy(img->kernel_release, RELEASE);
	strcpy(img->machine, MACHINE);
	memcpy(img->build_id, build_id, sizeof(build_id));
	img->build_id_size = sizeof(build_id);
	memset(img->uuid, (int)id, sizeof(img->uuid));
	img->chunk_pages_max = 2;
	set_section(image, SNAPCAP_SECTION_CPU, CPU_OFF, sizeof(*cpu));
	set_section(image, SNAPCAP_SECTION_MEMMAP, MEMMAP_OFF, sizeof(*range));
	set_section(image, SNAPCAP_SECTION_PAGETABLE, PAGETABLE_OFF, sizeof(struct snapcap_extent));
	set_section(image, SNAPCAP_SECTION_CHUNKS, CHUNKS_OFF,
		    ((stored + 1) / 2 + 1) * sizeof(struct snapcap_chunk));
	set_section(image, SNAPCAP_SECTION_DATA, DATA_OFF, (u64)stored * SIMIMAGE_PAGE);
}

static u64 round_up(u64 value, u64 to)
{
	return (value + to - 1) / to * to;
}

void simimage_make_nand(struct simimage *image, u32 id, u32 stored,
			const struct snapstore_flash *flash)
{
	struct snapimg_section *s = image->img.section;
	struct snapimg_section *data = &s[SNAPCAP_SECTION_DATA], *copy = &s[SNAPCAP_SECTION_COPY];

	simimage_make(image, id, stored);
	image->base = flash->body;
	for (u32 type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++)
		s[type].offset += flash->body - SNAPCAP_BODY_OFF;
	data->offset = round_up(flash->body + TABLES_SIZE, flash->write_size);
	image->img.feature_compat = SNAPCAP_FEATURE_COMPAT_COPY;
	copy->offset = round_up(data->offset + data->size, flash->erase_size);
	copy->size = data->offset - flash->body;
	image->img.image_size = s[SNAPCAP_SECTION_COPY].offset + s[SNAPCAP_SECTION_COPY].size;
}

void simimage_number(struct simimage *image, u64 sequence)
{
	image->img.sequence = sequence;
	image->img.tries = image->tries;
	image->img.header_crc = snapimg_header_build(&image->img, &image->header);
	snapimg_commit_build(&image->img, &image->mark);
}

/* What of @size bytes that are to be at @start belongs to the @len bytes at @off. */
static void put_bytes(u64 start, u64 size, const u8 *from, u64 off, u8 *buf, size_t len)
{
	u64 first = off > start ? off : start;
	u64 end = off + len < start + size ? off + len : start + size;

	if (first < end)
		memcpy(buf + (first - off), from + (first - start), end - first);
}

void simimage_fill(void *ctx, u64 off, void *buf, size_t len)
{
	struct simimage *image = ctx;
	const struct snapimg_section *data = &image->img.section[SNAPCAP_SECTION_DATA];
	const struct snapimg_section *copy = &image->img.section[SNAPCAP_SECTION_COPY];

	memset(buf, 0xff, len);
	put_bytes(image->base, TABLES_SIZE, image->body, off, buf, len);
	put_bytes(data->offset, data->size, image->body + TABLES_SIZE, off, buf, len);
	if (copy->size)
		put_bytes(copy->offset, TABLES_SIZE, image->body, off, buf, len);
}

/**
 * struct restore - what the loader has in memory
 * @r: flash
 * @slot: that is restored
 * @table: its tables, by type
 * @stored: of a chunk
 * @memory: where the stream goes
 */
struct restore {
	const struct snapimg_reader *r;
	struct snapimg_slot slot;
	u64 table[SNAPCAP_SECTION_DATA][1024 / 8];
	u64 stored[2 * SIMIMAGE_PAGE / 8];
	u64 memory[SIMIMAGE_PAGES_MAX * SIMIMAGE_PAGE / 8];
};

static int load(struct restore *b, u64 off, void *to, u64 size, u64 room)
{
	if (size > room)
		return -SNAPCAP_REASON_NO_SPACE;
	return b->r->read(b->r->ctx, b->slot.offset + off, to, size);
}

static int load_tables(struct restore *b)
{
	const struct snapimg *img = &b->slot.img;
	int ret = snapimg_bind_check(img, &simimage_machine);
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; !ret && type <= SNAPCAP_SECTION_CHUNKS; type++) {
		if (img->section[type].size > sizeof(b->table[type]))
			ret = -SNAPCAP_REASON_NO_SPACE;
		else
			ret = snapimg_section_load(b->r, b->slot.offset, img, type, b->table[type]);
	}
	if (!ret)
		ret = snapimg_memmap_check(img, b->table[SNAPCAP_SECTION_MEMMAP],
					   &simimage_machine);
	if (!ret)
		ret = snapimg_pagetable_check(img, b->table[SNAPCAP_SECTION_PAGETABLE],
					      b->table[SNAPCAP_SECTION_MEMMAP]);
	if (!ret)
		ret = snapimg_chunks_check(img, b->table[SNAPCAP_SECTION_CHUNKS]);
	return ret ? ret : snapimg_cpu_check(img->arch, b->table[SNAPCAP_SECTION_CPU],
					     img->section[SNAPCAP_SECTION_CPU].size);
}

static int load_chunk(struct restore *b, const struct snapimg_chunk *chunk, u64 *done)
{
	u64 off = b->slot.img.section[SNAPCAP_SECTION_DATA].offset + chunk->offset;
	u64 size = (u64)chunk->pages * SIMIMAGE_PAGE;
	int ret = load(b, off, b->stored, chunk->stored_size, sizeof(b->stored));

	if (size > sizeof(b->memory) - *done)
		return -SNAPCAP_REASON_NO_SPACE;
	if (!ret)
		ret = snapimg_chunk_verify(chunk, b->stored);
	if (!ret)
		ret = load(b, off, b->stored, chunk->stored_size, sizeof(b->stored));
	if (!ret)
		ret = snapimg_chunk_decode(chunk, b->stored, (u8 *)b->memory + *done, size);
	*done += size;
	return ret;
}

/* Was it tried too often? */
static int judge(struct restore *b)
{
	struct snapimg_verdict verdict;
	struct snapimg_trial trial;

	if (!b->slot.img.tries)
		return 0;
	snapimg_trial_read(b->r, b->slot.offset, &trial);
	return snapimg_trial_judge(&trial, b->slot.img.tries, 0, &verdict);
}

static int restore(struct restore *b, u64 *done)
{
	int ret = judge(b);

	if (!ret)
		ret = load_tables(b);

	*done = 0;
	for (u32 i = 0; !ret && i < snapimg_chunk_count(&b->slot.img); i++) {
		struct snapimg_chunk chunk =
			snapimg_chunk_get(b->table[SNAPCAP_SECTION_CHUNKS], i);

		ret = load_chunk(b, &chunk, done);
	}
	return ret;
}

int simimage_boot(const struct snapimg_reader *r, u64 step, struct simimage *const *known)
{
	static struct restore b;
	u64 below = ~0ULL, done;

	b.r = r;
	while (!snapimg_slot_newest(r, step, below, &b.slot)) {
		u32 id = b.slot.img.uuid[0];

		if (!restore(&b, &done))
			return id < SIMIMAGE_IDS && known[id] &&
			       done == (u64)known[id]->pages * SIMIMAGE_PAGE &&
			       !memcmp(b.memory, known[id]->stream, done) ?
			       (int)id : SIMIMAGE_WRONG;
		below = b.slot.rank;
	}
	return SIMIMAGE_COLD;
}
