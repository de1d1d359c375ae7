// SPDX-License-Identifier: GPL-2.0-only
/* Builds the image the tests start from with the library's own builders. */
#include <linux/snapcap_cpu.h>
#include "sample.h"

static const u8 sample_build_id[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const struct snapimg_range sample_range = { SAMPLE_RAM_BASE, SAMPLE_RAM_SIZE };

void sample_machine(struct snapimg_machine *m)
{
	memset(m, 0, sizeof(*m));
	m->arch = SNAPCAP_ARCH_ARM64;
	m->page_shift = 12;
	m->stub_abi = SNAPCAP_HANDOFF_ABI;
	m->stub_base = SAMPLE_STUB_BASE;
	m->stub_size = SAMPLE_STUB_SIZE;
	m->handoff_base = SAMPLE_HANDOFF_BASE;
	m->machine = SAMPLE_MACHINE;
	m->kernel_release = SAMPLE_RELEASE;
	m->build_id = sample_build_id;
	m->build_id_size = sizeof(sample_build_id);
	m->range = &sample_range;
	m->range_count = 1;
}

static void set_section(struct snapimg *img, u32 type, u64 offset, u64 size)
{
	img->section[type].offset = offset;
	img->section[type].size = size;
}

static void init_header(struct snapimg *img, u64 sequence)
{
	memset(img, 0, sizeof(*img));
	img->version_major = SNAPCAP_VERSION_MAJOR;
	img->version_minor = SNAPCAP_VERSION_MINOR;
	img->sequence = sequence;
	img->image_size = SAMPLE_SIZE;
	img->page_shift = 12;
	img->arch = SNAPCAP_ARCH_ARM64;
	img->stub_abi = SNAPCAP_HANDOFF_ABI;
	img->stream_pages = SAMPLE_RAW_PAGES + SAMPLE_FILL_PAGES;
	img->zero_pages = 1;
	img->created_s = 1700000000;
	img->stub_base = SAMPLE_STUB_BASE;
	img->stub_size = SAMPLE_STUB_SIZE;
	img->handoff_base = SAMPLE_HANDOFF_BASE;
	strcpy(img->kernel_release, SAMPLE_RELEASE);
	strcpy(img->machine, SAMPLE_MACHINE);
	strcpy(img->label, "sample");
	memcpy(img->build_id, sample_build_id, sizeof(sample_build_id));
	img->build_id_size = sizeof(sample_build_id);
	memset(img->uuid, 0x5a, sizeof(img->uuid));
	img->chunk_pages_max = 2;
	set_section(img, SNAPCAP_SECTION_CPU, SAMPLE_CPU_OFF, sizeof(struct snapcap_cpu_arm64));
	set_section(img, SNAPCAP_SECTION_MEMMAP, SAMPLE_MEMMAP_OFF, sizeof(struct snapcap_range));
	set_section(img, SNAPCAP_SECTION_PAGETABLE, SAMPLE_PAGETABLE_OFF,
		    3 * sizeof(struct snapcap_extent));
	set_section(img, SNAPCAP_SECTION_CHUNKS, SAMPLE_CHUNKS_OFF,
		    2 * sizeof(struct snapcap_chunk));
	set_section(img, SNAPCAP_SECTION_DATA, SAMPLE_DATA_OFF, SAMPLE_RAW_PAGES * SAMPLE_PAGE);
}

static void init_tables(struct sample *s)
{
	static const struct snapimg_extent extent[] = {
		{ 0x40000, 1, SNAPCAP_EXTENT_DATA },
		{ 0x40001, 1, SNAPCAP_EXTENT_ZERO },
		{ 0x40002, 3, SNAPCAP_EXTENT_DATA },
	};
	struct snapimg_chunk chunk[] = {
		{ SAMPLE_RAW_PAGES, SNAPCAP_CODEC_RAW, 0, SAMPLE_RAW_PAGES * SAMPLE_PAGE, 0, 0 },
		{ SAMPLE_FILL_PAGES, SNAPCAP_CODEC_FILL, SAMPLE_RAW_PAGES * SAMPLE_PAGE, 0, 0,
		  0x0102030405060708 },
	};
	struct snapcap_cpu_arm64 *cpu = sample_table(s, SNAPCAP_SECTION_CPU);
	struct snapcap_range *range = sample_table(s, SNAPCAP_SECTION_MEMMAP);
	struct snapcap_extent *pagetable = sample_table(s, SNAPCAP_SECTION_PAGETABLE);
	struct snapcap_chunk *chunks = sample_table(s, SNAPCAP_SECTION_CHUNKS);
	size_t i;

	cpu->arch = cpu_to_le32(SNAPCAP_ARCH_ARM64);
	cpu->size = cpu_to_le32(sizeof(*cpu));
	range->base = cpu_to_le64(SAMPLE_RAM_BASE);
	range->size = cpu_to_le64(SAMPLE_RAM_SIZE);
	for (i = 0; i < 3; i++)
		snapimg_extent_put(&pagetable[i], &extent[i]);
	chunk[0].sum = snapimg_sum(s->bytes + SAMPLE_DATA_OFF, chunk[0].stored_size);
	for (i = 0; i < 2; i++)
		snapimg_chunk_put(&chunks[i], &chunk[i]);
}

void sample_seal(struct sample *s)
{
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++)
		s->img.section[type].crc = snapimg_crc32c(0, sample_table(s, type),
							  s->img.section[type].size);
	s->img.header_crc = snapimg_header_build(&s->img, (void *)s->bytes);
	snapimg_commit_build(&s->img, (void *)(s->bytes + SNAPCAP_COMMIT_OFF));
}

void sample_init(struct sample *s, u64 sequence)
{
	size_t i;

	memset(s, 0xff, sizeof(*s));
	init_header(&s->img, sequence);
	for (i = SAMPLE_CPU_OFF; i < SAMPLE_DATA_OFF; i++)
		s->bytes[i] = 0;
	for (i = SAMPLE_DATA_OFF; i < SAMPLE_SIZE; i++)
		s->bytes[i] = (u8)(i * 7 + sequence);
	init_tables(s);
	sample_seal(s);
}
