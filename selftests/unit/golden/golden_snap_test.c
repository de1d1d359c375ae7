// SPDX-License-Identifier: GPL-2.0-only
/*
 * The golden snapshot: the library accepts it, builds the same bytes, and refuses
 * it with the right reason after any field was changed.
 */
#include <stdlib.h>
#include <linux/snapcap_cpu.h>
#include "golden.h"
#include "verify.h"

static u8 *golden, *image;
static size_t size;
static u8 *stream, *restored;
static size_t stream_size;

/* The machine of the golden image, spelled out once more. */
static const struct snapimg_range memory[] = {
	{ 0x40000000, 0x10000000 }, { 0x80000000, 0x400000 },
};
static const u8 build_id[] = {
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9,
	0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xb0, 0xb1, 0xb2, 0xb3,
};
/* Of golden.os. */
#define IDENTITY	0xbabe612a723c6ccfULL

static const struct snapimg_machine machine = {
	.arch = 1,
	.page_shift = 12,
	.stub_abi = 1,
	.stub_base = 0x40200000,
	.stub_size = 0x1ff000,
	.handoff_base = 0x403ff000,
	.machine = "linux,dummy-virt",
	.kernel_release = "6.1.0-golden",
	.build_id = build_id,
	.build_id_size = 20,
	.os_identity = IDENTITY,
	.range = memory,
	.range_count = 2,
};

/* Where the sections are: the tables of the generator follow each other at 64 bytes. */
#define MARK		4096
#define CPU		8192
#define CPU_SIZE	72
#define MEMMAP		8320
#define MEMMAP_SIZE	32
#define PAGETABLE	8384
#define PAGETABLE_SIZE	96
#define CHUNKS		8512
#define CHUNKS_SIZE	96
#define DATA		8640
#define RAW_SIZE	8192

/* How much to make right after a change, outermost last. */
enum { AS_IS, MARK_CRC, HEADER, TABLES };

static void put_le32(size_t at, u32 value)
{
	value = cpu_to_le32(value);
	memcpy(image + at, &value, 4);
}

static u32 get_le32(size_t at)
{
	u32 value;

	memcpy(&value, image + at, 4);
	return le32_to_cpu(value);
}

static void seal(int level)
{
	static const struct { size_t field, start, size; } tables[] = {
		{ 400 + 4, CPU, CPU_SIZE },
		{ 432 + 4, MEMMAP, MEMMAP_SIZE },
		{ 464 + 4, PAGETABLE, PAGETABLE_SIZE },
		{ 496 + 4, CHUNKS, CHUNKS_SIZE },
	};
	size_t i;

	if (level >= TABLES) {
		for (i = 0; i < ARRAY_SIZE(tables); i++)
			put_le32(tables[i].field,
				 snapimg_crc32c(0, image + tables[i].start, tables[i].size));
	}
	if (level >= HEADER) {
		put_le32(1020, snapimg_crc32c(0, image, 1020));
		put_le32(MARK + 16, get_le32(1020));
	}
	if (level >= MARK_CRC)
		put_le32(MARK + 32, snapimg_crc32c(0, image + MARK, 32));
}

static int verify(void)
{
	return image_verify(image, size, &machine, restored, stream_size);
}

static int read_bytes(void *ctx, u64 off, void *buf, size_t len)
{
	memcpy(buf, (const u8 *)ctx + off, len);
	return 0;
}

static int setup(void **state)
{
	memcpy(image, golden, size);
	return 0;
}

static int setup_group(void **state)
{
	golden = golden_read("golden.snap", &size);
	stream = golden_read("golden.stream", &stream_size);
	image = malloc(size);
	restored = malloc(stream_size);
	return image && restored ? 0 : -1;
}

static int teardown_group(void **state)
{
	free(golden);
	free(stream);
	free(image);
	free(restored);
	return 0;
}

/* ---- as it is ---- */

static void test_golden_is_accepted(void **state)
{
	memset(restored, 0, stream_size);
	assert_int_equal(verify(), 0);
	assert_memory_equal(restored, stream, stream_size);
}

static void test_golden_header_reads_as_written(void **state)
{
	struct snapimg img;

	assert_int_equal(snapimg_header_check(image, size, size, &img), 0);
	assert_int_equal(img.version_major, 1);
	assert_int_equal(img.version_minor, 0);
	assert_int_equal(img.feature_compat, 0);
	assert_int_equal(img.feature_incompat, 0);
	assert_int_equal(img.sequence, 7);
	assert_int_equal(img.image_size, size);
	assert_int_equal(img.page_shift, 12);
	assert_int_equal(img.arch, 1);
	assert_int_equal(img.stub_abi, 1);
	assert_int_equal(img.stream_pages, 9);
	assert_int_equal(img.zero_pages, 6);
	assert_int_equal(img.created_s, 1700000000);
	assert_int_equal(img.stub_base, 0x40200000);
	assert_int_equal(img.stub_size, 0x1ff000);
	assert_int_equal(img.handoff_base, 0x403ff000);
	assert_string_equal(img.kernel_release, "6.1.0-golden");
	assert_string_equal(img.machine, "linux,dummy-virt");
	assert_string_equal(img.label, "a golden snapshot");
	assert_int_equal(img.build_id_size, 20);
	assert_memory_equal(img.build_id, build_id, 20);
	assert_int_equal(img.uuid[0], 0x10);
	assert_int_equal(img.uuid[15], 0x1f);
	assert_int_equal(img.chunk_pages_max, 4);
	assert_int_equal(img.section[SNAPCAP_SECTION_CPU].offset, CPU);
	assert_int_equal(img.section[SNAPCAP_SECTION_CPU].size, CPU_SIZE);
	assert_int_equal(img.section[SNAPCAP_SECTION_MEMMAP].offset, MEMMAP);
	assert_int_equal(img.section[SNAPCAP_SECTION_MEMMAP].size, MEMMAP_SIZE);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGETABLE].offset, PAGETABLE);
	assert_int_equal(img.section[SNAPCAP_SECTION_PAGETABLE].size, PAGETABLE_SIZE);
	assert_int_equal(img.section[SNAPCAP_SECTION_CHUNKS].offset, CHUNKS);
	assert_int_equal(img.section[SNAPCAP_SECTION_CHUNKS].size, CHUNKS_SIZE);
	assert_int_equal(img.section[SNAPCAP_SECTION_DATA].offset, DATA);
	assert_int_equal(img.section[SNAPCAP_SECTION_DATA].size, size - DATA);
}

/* The golden snapshot is one of 1.0 and bound to no OS image; this is one that is. */
static void test_golden_bound_is_read_and_built(void **state)
{
	struct snapcap_image_header hdr;
	struct snapimg_machine m = machine;
	struct snapimg img;
	size_t bytes;
	u8 *bound = golden_read("golden-bound.snap", &bytes);

	assert_int_equal(bytes, size);
	assert_int_equal(snapimg_header_check(image, size, size, &img), 0);
	assert_int_equal(img.os_identity, 0);
	assert_int_equal(snapimg_header_check(bound, bytes, bytes, &img), 0);
	assert_int_equal(img.version_minor, 5);
	assert_int_equal(img.os_identity, IDENTITY);
	assert_int_equal(img.tries, 5);
	assert_int_equal(img.wear, 12);
	snapimg_header_build(&img, &hdr);
	assert_memory_equal(&hdr, bound, sizeof(hdr));
	assert_int_equal(image_verify(bound, bytes, &m, restored, stream_size), 0);
	m.os_identity++;
	assert_int_equal(image_verify(bound, bytes, &m, restored, stream_size),
			 -SNAPCAP_REASON_OS_CHANGED);
	free(bound);
}

/* And has a trial log, of which that of the other one is empty. */
static void test_golden_trial_log_reads_as_written(void **state)
{
	struct snapimg_trial trial;
	size_t bytes;
	u8 *bound = golden_read("golden-bound.snap", &bytes);
	const struct snapimg_reader of_bound = { .size = bytes, .read = read_bytes, .ctx = bound };
	const struct snapimg_reader of_golden = { .size = size, .read = read_bytes, .ctx = image };

	assert_int_equal(snapimg_trial_read(&of_bound, 0, &trial), 0);
	assert_false(trial.confirmed);
	assert_int_equal(trial.tries, 2);
	assert_int_equal(trial.used, 6);
	assert_int_equal(snapimg_trial_read(&of_golden, 0, &trial), 0);
	assert_false(trial.confirmed);
	assert_int_equal(trial.tries, 0);
	assert_int_equal(trial.used, 0);
	free(bound);
}

static void test_golden_choice_log_reads_as_written(void **state)
{
	struct snapimg_choice choice;
	size_t bytes;
	u8 *bound = golden_read("golden-bound.snap", &bytes);
	const struct snapimg_reader of_bound = { .size = bytes, .read = read_bytes, .ctx = bound };
	struct snapimg img;

	assert_int_equal(snapimg_header_check(bound, bytes, bytes, &img), 0);
	assert_int_equal(snapimg_choice_read(&of_bound, 0, img.header_crc, &choice), 0);
	assert_int_equal(choice.number, 9);
	assert_int_equal(choice.highest, 9);
	assert_int_equal(choice.end, 5);
	assert_int_equal(choice.used, 7);
	free(bound);
}

static void test_golden_cpu_record_reads_as_written(void **state)
{
	struct snapcap_cpu_arm64 cpu;

	memcpy(&cpu, image + CPU, sizeof(cpu));
	assert_int_equal(le32_to_cpu(cpu.arch), SNAPCAP_ARCH_ARM64);
	assert_int_equal(le32_to_cpu(cpu.size), sizeof(cpu));
	assert_int_equal(le32_to_cpu(cpu.el), 1);
	assert_int_equal(le64_to_cpu(cpu.mair), 0xf4040044ff);
	assert_int_equal(le64_to_cpu(cpu.tcr), 0x32b5503510);
	assert_int_equal(le64_to_cpu(cpu.ttbr1), 0x41234000);
	assert_int_equal(le64_to_cpu(cpu.entry), 0xffff800008010000);
	assert_int_equal(le64_to_cpu(cpu.arg), 0xffff800009000000);
	assert_int_equal(le64_to_cpu(cpu.mpidr), 0x80000000);
}

/* The builders, fed with what the image says, make the image. */
static void test_golden_is_what_the_builders_make(void **state)
{
	struct snapcap_image_header hdr;
	struct snapcap_commit commit;
	struct snapcap_extent extents[6];
	struct snapcap_chunk chunks[3];
	struct snapimg img = {
		.version_major = 1, .sequence = 7, .image_size = size, .page_shift = 12,
		.arch = 1, .stub_abi = 1, .stream_pages = 9, .zero_pages = 6,
		.created_s = 1700000000, .stub_base = 0x40200000, .stub_size = 0x1ff000,
		.handoff_base = 0x403ff000, .kernel_release = "6.1.0-golden",
		.machine = "linux,dummy-virt", .build_id_size = 20,
		.label = "a golden snapshot", .chunk_pages_max = 4,
		.section = {
			{ 0 }, { 0, CPU, CPU_SIZE }, { 0, MEMMAP, MEMMAP_SIZE },
			{ 0, PAGETABLE, PAGETABLE_SIZE }, { 0, CHUNKS, CHUNKS_SIZE },
			{ 0, DATA, size - DATA },
		},
	};
	static const struct snapimg_extent extent[] = {
		{ 0x40000, 3, 0 }, { 0x40003, 5, 1 }, { 0x401ff, 1, 0 },
		{ 0x40400, 4, 0 }, { 0x4ffff, 1, 1 }, { 0x80000, 1, 0 },
	};
	u32 lz4_size = size - DATA - RAW_SIZE;
	struct snapimg_chunk chunk[] = {
		{ 2, SNAPCAP_CODEC_RAW, 0, RAW_SIZE, 0, 0 },
		{ 3, SNAPCAP_CODEC_LZ4, RAW_SIZE, lz4_size, 0, 0 },
		{ 4, SNAPCAP_CODEC_FILL, RAW_SIZE + lz4_size, 0, 0, 0x0123456789abcdef },
	};
	u32 i, type;

	memcpy(img.build_id, build_id, sizeof(build_id));
	for (i = 0; i < 16; i++)
		img.uuid[i] = 0x10 + i;
	for (i = 0; i < 6; i++)
		snapimg_extent_put(&extents[i], &extent[i]);
	for (i = 0; i < 3; i++) {
		if (chunk[i].stored_size)
			chunk[i].sum = snapimg_sum(image + DATA + chunk[i].offset,
						   chunk[i].stored_size);
		snapimg_chunk_put(&chunks[i], &chunk[i]);
	}
	for (type = 1; type <= 4; type++)
		img.section[type].crc = snapimg_crc32c(0, image + img.section[type].offset,
						       img.section[type].size);
	img.header_crc = snapimg_header_build(&img, &hdr);
	snapimg_commit_build(&img, &commit);

	assert_memory_equal(&hdr, image, sizeof(hdr));
	assert_memory_equal(&commit, image + MARK, sizeof(commit));
	assert_memory_equal(extents, image + PAGETABLE, sizeof(extents));
	assert_memory_equal(chunks, image + CHUNKS, sizeof(chunks));
}

/* Byte 16 of the header, as the specification has it. */
static void test_golden_forced_is_bit_0_of_compat(void **state)
{
	struct snapimg img;

	memcpy(image, golden, size);
	image[16] |= 1;
	*(__le32 *)(image + 1020) = cpu_to_le32(snapimg_crc32c(0, image, 1020));
	assert_int_equal(snapimg_header_check(image, size, size, &img), 0);
	assert_int_equal(img.feature_compat, SNAPCAP_FEATURE_COMPAT_FORCED);
	memcpy(image, golden, size);
}

/* ---- one field at a time ---- */

#define EMPTY		SNAPCAP_REASON_EMPTY
#define VERSION		SNAPCAP_REASON_VERSION
#define HEADER_SIZE	SNAPCAP_REASON_HEADER_SIZE
#define HEADER_CRC	SNAPCAP_REASON_HEADER_CRC
#define FEATURE		SNAPCAP_REASON_FEATURE
#define RESERVED	SNAPCAP_REASON_RESERVED
#define FIELD		SNAPCAP_REASON_FIELD
#define SECTION		SNAPCAP_REASON_SECTION
#define TRUNCATED	SNAPCAP_REASON_TRUNCATED
#define COMMIT		SNAPCAP_REASON_COMMIT
#define REVOKED		SNAPCAP_REASON_REVOKED
#define SECTION_CRC	SNAPCAP_REASON_SECTION_CRC
#define BAD_MEMMAP	SNAPCAP_REASON_MEMMAP
#define BAD_PAGETABLE	SNAPCAP_REASON_PAGETABLE
#define OS_CHANGED	SNAPCAP_REASON_OS_CHANGED
#define OVERLAP		SNAPCAP_REASON_OVERLAP
#define CHUNK_TABLE	SNAPCAP_REASON_CHUNK_TABLE
#define CHUNK_SUM	SNAPCAP_REASON_CHUNK_SUM
#define CHUNK_CODEC	SNAPCAP_REASON_CHUNK_CODEC
#define CHUNK_DECODE	SNAPCAP_REASON_CHUNK_DECODE

#define HDR(member, to, level, why) \
	NUMBER("header", 0, snapcap_image_header, member, to, level, why)
#define HDR_BYTE(member, index, to, level, why) \
	BYTE("header", 0, snapcap_image_header, member, index, to, level, why)
#define SEC(i, member, to, why) \
	NUMBER("section" #i, 400 + 32 * ((i) - 1), snapcap_section, member, to, HEADER, why)
#define MRK(member, to, level, why) \
	NUMBER("commit", MARK, snapcap_commit, member, to, level, why)
#define CPUREC(member, to, level, why) \
	NUMBER("cpu", CPU, snapcap_cpu_arm64, member, to, level, why)
#define RNG(i, member, to, why) \
	NUMBER("range" #i, MEMMAP + 16 * (i), snapcap_range, member, to, TABLES, why)
#define EXT(i, member, to, why) \
	NUMBER("extent" #i, PAGETABLE + 16 * (i), snapcap_extent, member, to, TABLES, why)
#define CHK(i, member, to, why) \
	NUMBER("chunk" #i, CHUNKS + 32 * (i), snapcap_chunk, member, to, TABLES, why)

#define HUGE		0xffffffffffffffc0ULL
#define ALL		0xffffffffffffffffULL

static const struct mangle cases[] = {
	HDR_BYTE(magic, 0, 's', HEADER, EMPTY),
	HDR_BYTE(magic, 7, '\r', HEADER, EMPTY),
	HDR(header_size, 0, HEADER, HEADER_SIZE),
	HDR(header_size, 1020, HEADER, HEADER_SIZE),
	HDR(header_size, 2048, HEADER, HEADER_SIZE),
	HDR(version_major, 0, HEADER, VERSION),
	HDR(version_major, 2, HEADER, VERSION),
	HDR(version_major, 2, AS_IS, VERSION),
	HDR(version_minor, 9, AS_IS, HEADER_CRC),
	HDR(version_minor, 9, HEADER, 0),
	HDR(feature_compat, 1, AS_IS, HEADER_CRC),
	HDR(feature_compat, 1, HEADER, 0),
	HDR(feature_compat, ALL, HEADER, SECTION),	/* of one bit it is not there */
	HDR(feature_compat, ALL - 2, HEADER, 0),
	HDR(feature_incompat, 1, AS_IS, HEADER_CRC),
	HDR(feature_incompat, 1, HEADER, FIELD),	/* pageable, but no pages */
	HDR(feature_incompat, 2, HEADER, 0),		/* for a single use */
	HDR(feature_incompat, 4, HEADER, FEATURE),
	HDR(feature_incompat, 1ULL << 63, HEADER, FEATURE),
	HDR(sequence, 8, AS_IS, HEADER_CRC),
	HDR(sequence, 0, HEADER, FIELD),
	HDR(sequence, ALL, HEADER, FIELD),
	HDR(sequence, 8, HEADER, COMMIT),
	HDR(image_size, 0, HEADER, FIELD),
	HDR(image_size, 8191, HEADER, FIELD),
	HDR(image_size, 8192, HEADER, SECTION),
	HDR(image_size, 16933, HEADER, SECTION),
	HDR(image_size, 16935, HEADER, SECTION),
	HDR(image_size, ALL, HEADER, SECTION),
	HDR(page_shift, 0, HEADER, FIELD),
	HDR(page_shift, 11, HEADER, FIELD),
	HDR(page_shift, 17, HEADER, FIELD),
	HDR(page_shift, 76, HEADER, FIELD),
	HDR(page_shift, 14, HEADER, SNAPCAP_REASON_PAGE_SIZE),
	HDR(section_count, 9, HEADER, FIELD),
	HDR(section_count, 0xffffffff, HEADER, FIELD),
	HDR(section_count, 0, HEADER, RESERVED),
	HDR(section_count, 4, HEADER, RESERVED),
	HDR(section_count, 6, HEADER, SECTION),
	HDR(arch, 0, HEADER, FIELD),
	HDR(arch, 2, HEADER, SNAPCAP_REASON_ARCH),
	HDR(arch, 77, HEADER, SNAPCAP_REASON_ARCH),
	HDR(stub_abi, 0, HEADER, FIELD),
	HDR(stub_abi, 2, HEADER, SNAPCAP_REASON_STUB_ABI),
	HDR(stream_pages, 0, HEADER, FIELD),
	HDR(stream_pages, 0x10000000000000, HEADER, FIELD),
	HDR(stream_pages, ALL, HEADER, FIELD),
	HDR(stream_pages, 8, HEADER, BAD_PAGETABLE),
	HDR(stream_pages, 10, HEADER, BAD_PAGETABLE),
	HDR(zero_pages, ALL, HEADER, FIELD),
	HDR(zero_pages, 0xffffffffffff7, HEADER, FIELD),
	HDR(zero_pages, 5, HEADER, BAD_PAGETABLE),
	HDR(zero_pages, 7, HEADER, BAD_PAGETABLE),
	HDR(created_s, 0, AS_IS, HEADER_CRC),
	HDR(created_s, 0, HEADER, 0),
	HDR(stub_base, 0x40200800, HEADER, FIELD),
	HDR(stub_base, 0xffffffffffff0000, HEADER, FIELD),
	HDR(stub_base, 0x40201000, HEADER, SNAPCAP_REASON_STUB_ABI),
	HDR(stub_size, 0, HEADER, FIELD),
	HDR(stub_size, 0x1ff800, HEADER, FIELD),
	HDR(stub_size, 0xffffffffc0000000, HEADER, FIELD),
	HDR(stub_size, 0x200000, HEADER, SNAPCAP_REASON_STUB_ABI),
	HDR(handoff_base, 0x403ff800, HEADER, FIELD),
	HDR(handoff_base, 0xfffffffffffff000, HEADER, FIELD),
	HDR(handoff_base, 0x40400000, HEADER, SNAPCAP_REASON_STUB_ABI),
	HDR_BYTE(kernel_release, 0, 0, HEADER, FIELD),
	HDR_BYTE(kernel_release, 79, 'x', HEADER, FIELD),
	HDR_BYTE(kernel_release, 13, 'x', HEADER, FIELD),
	HDR_BYTE(kernel_release, 12, 'x', HEADER, SNAPCAP_REASON_KERNEL_RELEASE),
	HDR_BYTE(kernel_release, 11, 0, HEADER, SNAPCAP_REASON_KERNEL_RELEASE),
	HDR_BYTE(kernel_release, 0, '5', HEADER, SNAPCAP_REASON_KERNEL_RELEASE),
	HDR_BYTE(machine, 0, 0, HEADER, FIELD),
	HDR_BYTE(machine, 127, 'x', HEADER, FIELD),
	HDR_BYTE(machine, 6, 'D', HEADER, SNAPCAP_REASON_MACHINE),
	HDR_BYTE(build_id, 0, 0, HEADER, SNAPCAP_REASON_BUILD_ID),
	HDR_BYTE(build_id, 19, 0, HEADER, SNAPCAP_REASON_BUILD_ID),
	HDR(build_id_size, 0, HEADER, FIELD),
	HDR(build_id_size, 19, HEADER, FIELD),
	HDR(build_id_size, 21, HEADER, FIELD),
	HDR(build_id_size, 0xffffffff, HEADER, FIELD),
	HDR_BYTE(uuid, 3, 0, AS_IS, HEADER_CRC),
	HDR_BYTE(uuid, 3, 0, HEADER, 0),
	HDR_BYTE(label, 31, 'x', HEADER, FIELD),
	HDR_BYTE(label, 18, 'x', HEADER, FIELD),
	HDR_BYTE(label, 0, 'A', AS_IS, HEADER_CRC),
	HDR_BYTE(label, 0, 'A', HEADER, 0),
	HDR(chunk_pages_max, 0, HEADER, FIELD),
	HDR(chunk_pages_max, 257, HEADER, FIELD),
	HDR(chunk_pages_max, 3, HEADER, CHUNK_TABLE),
	HDR(chunk_pages_max, 256, HEADER, 0),
	HDR(pageable_pages, 1, AS_IS, HEADER_CRC),
	HDR(pageable_pages, 1, HEADER, FIELD),
	HDR(pageable_pages, ALL, HEADER, FIELD),
	HDR(reserved0, 1, HEADER, RESERVED),
	HDR(os_identity, IDENTITY, AS_IS, HEADER_CRC),
	HDR(os_identity, IDENTITY, HEADER, 0),
	HDR(os_identity, IDENTITY + 1, HEADER, OS_CHANGED),
	HDR(os_identity, IDENTITY ^ 1ULL << 63, HEADER, OS_CHANGED),
	HDR(os_identity, ALL, HEADER, OS_CHANGED),
	HDR_BYTE(reserved1, 0, 1, HEADER, RESERVED),
	HDR_BYTE(reserved1, 339, 0x80, HEADER, RESERVED),
	HDR(wear, 1, AS_IS, HEADER_CRC),
	HDR(wear, 1, HEADER, 0),
	HDR(wear, ALL, HEADER, 0),
	HDR(tries, 1, AS_IS, HEADER_CRC),
	HDR(tries, 100, HEADER, 0),
	HDR(tries, 101, HEADER, FIELD),
	HDR(tries, ALL, HEADER, FIELD),
	HDR(header_crc, 0, AS_IS, HEADER_CRC),

	SEC(1, type, 0, SECTION),
	SEC(1, type, 2, SECTION),
	SEC(1, crc, 1, SECTION_CRC),
	SEC(1, offset, 0, SECTION),
	SEC(1, offset, 4096, SECTION),
	SEC(1, offset, CPU + 8, SECTION),
	SEC(1, offset, HUGE, SECTION),
	SEC(1, size, 0, SECTION),
	SEC(1, size, 7, SECTION),
	SEC(1, size, CPU_SIZE - 1, SECTION_CRC),
	SEC(1, size, 129, SECTION),
	SEC(1, size, ALL, SECTION),
	SEC(1, reserved0, 1, RESERVED),
	SEC(2, type, 1, SECTION),
	SEC(2, type, 3, SECTION),
	SEC(2, crc, 1, SECTION_CRC),
	SEC(2, offset, CPU + 64, SECTION),
	SEC(2, offset, MEMMAP + 64, SECTION),
	SEC(2, offset, HUGE, SECTION),
	SEC(2, size, MEMMAP_SIZE - 1, SECTION),
	SEC(2, size, MEMMAP_SIZE - 16, SECTION_CRC),
	SEC(2, size, ALL & ~15ULL, SECTION),
	SEC(2, reserved0, 1ULL << 63, RESERVED),
	SEC(3, type, 4, SECTION),
	SEC(3, crc, 1, SECTION_CRC),
	SEC(3, offset, MEMMAP, SECTION),
	SEC(3, offset, HUGE, SECTION),
	SEC(3, size, PAGETABLE_SIZE + 8, SECTION),
	SEC(3, size, PAGETABLE_SIZE - 16, SECTION_CRC),
	SEC(3, size, ALL & ~15ULL, SECTION),
	SEC(3, reserved0, 1, RESERVED),
	SEC(4, type, 6, SECTION),
	SEC(4, crc, 1, SECTION_CRC),
	SEC(4, offset, PAGETABLE, SECTION),
	SEC(4, offset, HUGE, SECTION),
	SEC(4, size, CHUNKS_SIZE + 16, SECTION),
	SEC(4, size, CHUNKS_SIZE - 32, SECTION_CRC),
	SEC(4, size, ALL & ~31ULL, SECTION),
	SEC(4, reserved0, 1, RESERVED),
	SEC(5, type, 0, SECTION),
	SEC(5, type, 4, SECTION),
	SEC(5, type, 6, SECTION),
	SEC(5, crc, 1, SECTION),
	SEC(5, offset, CHUNKS + 64, SECTION),
	SEC(5, offset, DATA + 64, SECTION),
	SEC(5, offset, DATA + 1, SECTION),
	SEC(5, offset, HUGE, SECTION),
	SEC(5, size, 0, SECTION),
	SEC(5, size, 8293, SECTION),
	SEC(5, size, 8295, SECTION),
	SEC(5, size, ALL, SECTION),
	SEC(5, reserved0, 1, RESERVED),
	SEC(6, type, 6, RESERVED),
	SEC(6, crc, 1, RESERVED),
	SEC(6, offset, 64, RESERVED),
	SEC(6, size, 1, RESERVED),
	SEC(6, reserved0, 1, RESERVED),
	SEC(7, type, 1, RESERVED),
	SEC(7, crc, 1, RESERVED),
	SEC(7, offset, 1, RESERVED),
	SEC(7, size, 1, RESERVED),
	SEC(7, reserved0, 1, RESERVED),
	SEC(8, type, 1, RESERVED),
	SEC(8, crc, 1, RESERVED),
	SEC(8, offset, 1, RESERVED),
	SEC(8, size, 1, RESERVED),
	SEC(8, reserved0, 1, RESERVED),

	BYTE("commit", MARK, snapcap_commit, magic, 4, 'd', MARK_CRC, COMMIT),
	MRK(sequence, 6, MARK_CRC, COMMIT),
	MRK(sequence, 6, AS_IS, COMMIT),
	MRK(header_crc, 0, MARK_CRC, COMMIT),
	MRK(reserved0, 1, MARK_CRC, COMMIT),
	MRK(reserved1, 1, MARK_CRC, COMMIT),
	MRK(commit_crc, 0, AS_IS, COMMIT),
	MRK(reserved2, 1, MARK_CRC, COMMIT),
	MRK(revoked, 0, AS_IS, REVOKED),
	MRK(revoked, ALL - 1, AS_IS, REVOKED),
	MRK(revoked, ALL >> 1, AS_IS, REVOKED),

	/* The CPU record is the architecture's to judge; here only its checksum counts. */
	CPUREC(arch, 2, AS_IS, SECTION_CRC),
	CPUREC(size, 0, AS_IS, SECTION_CRC),
	CPUREC(el, 3, AS_IS, SECTION_CRC),
	CPUREC(boot_el, 3, AS_IS, SECTION_CRC),
	CPUREC(mair, 0, AS_IS, SECTION_CRC),
	CPUREC(tcr, 0, AS_IS, SECTION_CRC),
	CPUREC(ttbr1, 0, AS_IS, SECTION_CRC),
	CPUREC(entry, 0, AS_IS, SECTION_CRC),
	CPUREC(arg, 0, AS_IS, SECTION_CRC),
	CPUREC(mpidr, 0, AS_IS, SECTION_CRC),
	CPUREC(reserved1, 1, AS_IS, SECTION_CRC),
	CPUREC(el, 3, TABLES, 0),

	RNG(0, base, 0x40000800, BAD_MEMMAP),
	RNG(0, base, 0x80000000, BAD_MEMMAP),
	RNG(0, base, 0xfffffffffffff000, BAD_MEMMAP),
	RNG(0, base, 0x3ffff000, SNAPCAP_REASON_MEMORY),
	RNG(0, size, 0, BAD_MEMMAP),
	RNG(0, size, 0x10000800, BAD_MEMMAP),
	RNG(0, size, 0x40000000, BAD_MEMMAP),
	RNG(0, size, 0xfffffffffffff000, BAD_MEMMAP),
	RNG(0, size, 0x20000000, SNAPCAP_REASON_MEMORY),
	RNG(1, base, 0x40000000, BAD_MEMMAP),
	RNG(1, base, 0x50000000, BAD_MEMMAP),
	RNG(1, base, 0x50001000, SNAPCAP_REASON_MEMORY),
	RNG(1, size, 0, BAD_MEMMAP),
	RNG(1, size, 0xffffffff80000000, BAD_MEMMAP),
	RNG(1, size, 0x00800000, SNAPCAP_REASON_MEMORY),

	EXT(0, pfn, 0x3ffff, BAD_PAGETABLE),
	EXT(0, pfn, 0x40001, BAD_PAGETABLE),
	EXT(0, pfn, 0x10000000040000, BAD_PAGETABLE),
	EXT(0, pfn, ALL, BAD_PAGETABLE),
	EXT(0, pages, 0, BAD_PAGETABLE),
	EXT(0, pages, 2, BAD_PAGETABLE),
	EXT(0, pages, 4, BAD_PAGETABLE),
	EXT(0, pages, 0xffffffff, BAD_PAGETABLE),
	EXT(0, kind, 1, BAD_PAGETABLE),
	EXT(0, kind, 2, BAD_PAGETABLE),
	EXT(0, kind, 0xffff, BAD_PAGETABLE),
	EXT(0, reserved0, 1, BAD_PAGETABLE),
	EXT(1, pfn, 0x40000, BAD_PAGETABLE),
	EXT(1, pfn, 0x401fc, OVERLAP),
	EXT(1, pages, 0x1fe, OVERLAP),
	EXT(1, kind, 0, BAD_PAGETABLE),
	EXT(1, reserved0, 0x8000, BAD_PAGETABLE),
	EXT(2, pfn, 0x40200, OVERLAP),
	EXT(2, pfn, 0x403fe, OVERLAP),
	EXT(2, pfn, 0x403ff, OVERLAP),
	EXT(2, pages, 2, OVERLAP),
	EXT(2, kind, 1, BAD_PAGETABLE),
	EXT(2, reserved0, 1, BAD_PAGETABLE),
	EXT(3, pfn, 0x403ff, OVERLAP),
	EXT(3, pfn, 0x401ff, BAD_PAGETABLE),
	EXT(3, pages, 3, BAD_PAGETABLE),
	EXT(3, kind, 1, BAD_PAGETABLE),
	EXT(3, reserved0, 1, BAD_PAGETABLE),
	EXT(4, pfn, 0x50000, BAD_PAGETABLE),
	EXT(4, pages, 2, BAD_PAGETABLE),
	EXT(4, kind, 0, BAD_PAGETABLE),
	EXT(4, reserved0, 1, BAD_PAGETABLE),
	EXT(5, pfn, 0x7ffff, BAD_PAGETABLE),
	EXT(5, pfn, 0x80400, BAD_PAGETABLE),
	EXT(5, pages, 0x401, BAD_PAGETABLE),
	EXT(5, kind, 1, BAD_PAGETABLE),
	EXT(5, reserved0, 1, BAD_PAGETABLE),

	CHK(0, pages, 0, CHUNK_TABLE),
	CHK(0, pages, 1, CHUNK_TABLE),
	CHK(0, pages, 5, CHUNK_TABLE),
	CHK(0, pages, 0x100002, CHUNK_TABLE),
	CHK(0, codec, 3, CHUNK_CODEC),
	CHK(0, codec, 0xffff, CHUNK_CODEC),
	CHK(0, codec, 2, CHUNK_TABLE),
	CHK(0, codec, 1, CHUNK_DECODE),
	CHK(0, reserved0, 1, RESERVED),
	CHK(0, offset, 1, CHUNK_TABLE),
	CHK(0, offset, ALL, CHUNK_TABLE),
	CHK(0, stored_size, 0, CHUNK_TABLE),
	CHK(0, stored_size, 8191, CHUNK_TABLE),
	CHK(0, sum, 0, CHUNK_SUM),
	CHK(0, fill, 1, CHUNK_TABLE),
	CHK(1, pages, 2, CHUNK_TABLE),
	CHK(1, pages, 4, CHUNK_TABLE),
	CHK(1, codec, 0, CHUNK_TABLE),
	CHK(1, codec, 3, CHUNK_CODEC),
	CHK(1, reserved0, 1, RESERVED),
	CHK(1, offset, 8191, CHUNK_TABLE),
	CHK(1, offset, 8193, CHUNK_TABLE),
	CHK(1, stored_size, 0, CHUNK_TABLE),
	CHK(1, stored_size, 101, CHUNK_SUM),
	CHK(1, stored_size, 103, CHUNK_TABLE),
	CHK(1, stored_size, 12289, CHUNK_TABLE),
	CHK(1, sum, 0, CHUNK_SUM),
	CHK(1, fill, 1ULL << 63, CHUNK_TABLE),
	CHK(2, pages, 3, CHUNK_TABLE),
	CHK(2, codec, 0, CHUNK_TABLE),
	CHK(2, codec, 1, CHUNK_TABLE),
	CHK(2, reserved0, 1, RESERVED),
	CHK(2, offset, 8293, CHUNK_TABLE),
	CHK(2, offset, 8295, CHUNK_TABLE),
	CHK(2, stored_size, 1, CHUNK_TABLE),
	CHK(2, sum, 1, CHUNK_TABLE),
	{ "chunk2.fill", CHUNKS + 64 + 24, 8, 0, 8, 0, AS_IS, SECTION_CRC },
	CHK(2, fill, 0, 0),

	{ "data.first", DATA, 1, 0, 1, 0xff, AS_IS, CHUNK_SUM },
	{ "data.lz4", DATA + RAW_SIZE, 1, 0, 1, 0xfe, AS_IS, CHUNK_SUM },
};

static void test_mangled(void **state)
{
	const struct mangle *m = *state;

	setup(NULL);
	mangle_apply(m, image);
	assert_memory_not_equal(image, golden, size);
	seal(m->seal);
	assert_int_equal(-verify(), m->reason);
}

/* Nothing that a loader reads was forgotten above. */
static void test_every_byte_of_headers_and_tables_was_mangled(void **state)
{
	static const struct { size_t start, size; } read_bytes[] = {
		{ 0, 1024 }, { MARK, 48 }, { CPU, CPU_SIZE }, { MEMMAP, MEMMAP_SIZE },
		{ PAGETABLE, PAGETABLE_SIZE }, { CHUNKS, CHUNKS_SIZE },
	};
	u8 *map = calloc(1, size);
	size_t i, j;

	assert_non_null(map);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		mangle_cover(&cases[i], map, size);
	for (i = 0; i < ARRAY_SIZE(read_bytes); i++) {
		for (j = 0; j < read_bytes[i].size; j++) {
			if (!map[read_bytes[i].start + j])
				print_error("byte %zu is in no case\n", read_bytes[i].start + j);
			assert_true(map[read_bytes[i].start + j]);
		}
	}
	free(map);
}

/* ---- two changes where one cannot show the rule ---- */

static void test_golden_missing_section_is_refused(void **state)
{
	memset(image + 400 + 4 * 32, 0, 32);
	put_le32(52, 4);
	seal(HEADER);
	assert_int_equal(verify(), -SECTION);
}

static void test_golden_swapped_sections_are_refused(void **state)
{
	u8 entry[32];

	memcpy(entry, image + 432, 32);
	memcpy(image + 432, image + 464, 32);
	memcpy(image + 464, entry, 32);
	seal(HEADER);
	assert_int_equal(verify(), -SECTION);
}

static void test_golden_lz4_that_is_wrong_in_itself_is_refused(void **state)
{
	size_t lz4_size = size - DATA - RAW_SIZE;
	u8 *lz4 = image + DATA + RAW_SIZE;

	/* The match reaches 64 KiB back, before the start of the pages. */
	memset(lz4 + 2 + 16, 0xff, 2);
	put_le32(CHUNKS + 32 + 20, snapimg_sum(lz4, lz4_size));
	seal(TABLES);
	assert_int_equal(verify(), -CHUNK_DECODE);
}

static void test_golden_lz4_that_makes_too_little_is_refused(void **state)
{
	size_t lz4_size = size - DATA - RAW_SIZE;
	u8 *lz4 = image + DATA + RAW_SIZE;

	/* One of the length bytes of the match: one less, one page byte less. */
	lz4[2 + 16 + 2] = 254;
	lz4[2 + 16 + 3] = 0;
	put_le32(CHUNKS + 32 + 20, snapimg_sum(lz4, lz4_size));
	seal(TABLES);
	assert_int_equal(verify(), -CHUNK_DECODE);
}

/* ---- damage ---- */

static int expected_of_flip(size_t byte)
{
	if (byte < 8)
		return -EMPTY;
	if (byte < 12)
		return -HEADER_SIZE;
	if (byte < 14)
		return -VERSION;
	if (byte < 1024)
		return -HEADER_CRC;
	if (byte >= MARK && byte < MARK + 40)
		return -COMMIT;
	if (byte >= MARK + 40 && byte < MARK + 48)
		return -REVOKED;
	if ((byte >= CPU && byte < CPU + CPU_SIZE) ||
	    (byte >= MEMMAP && byte < MEMMAP + MEMMAP_SIZE) ||
	    (byte >= PAGETABLE && byte < PAGETABLE + PAGETABLE_SIZE) ||
	    (byte >= CHUNKS && byte < CHUNKS + CHUNKS_SIZE))
		return -SECTION_CRC;
	/* All that is left are the gaps, which nobody reads. */
	return byte >= DATA ? -CHUNK_SUM : 0;
}

static void test_golden_every_flipped_bit_is_told(void **state)
{
	size_t bit;

	for (bit = 0; bit < 8 * (size_t)DATA; bit++) {
		image[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(verify(), expected_of_flip(bit / 8));
		image[bit / 8] ^= 1 << bit % 8;
		/* The gaps are long and all alike. */
		if (bit / 8 >= 1024 + 8 && bit / 8 < MARK - 8)
			bit = 8 * (MARK - 8) - 1;
		if (bit / 8 >= MARK + 56 && bit / 8 < CPU - 8)
			bit = 8 * (CPU - 8) - 1;
	}
}

static void test_golden_every_damaged_byte_of_data_is_told(void **state)
{
	size_t at;

	for (at = DATA; at < size; at++) {
		image[at] ^= 1 << at % 8;
		assert_int_equal(verify(), -CHUNK_SUM);
		image[at] ^= 1 << at % 8;
	}
}

static void test_golden_truncated_anywhere_is_told(void **state)
{
	size_t avail;

	for (avail = 0; avail < size; avail++) {
		u8 *cut = malloc(avail ? avail : 1);

		assert_non_null(cut);
		memcpy(cut, image, avail);
		assert_int_equal(image_verify(cut, avail, &machine, restored, stream_size),
				 -TRUNCATED);
		free(cut);
	}
}

/* A medium that lost its tail to an erase, byte by byte from the end. */
static void test_golden_with_an_erased_tail_is_told(void **state)
{
	size_t at = size;

	while (at-- > 0) {
		int ret;

		if (image[at] == 0xff)
			continue;
		image[at] = 0xff;
		if (at > DATA && at % 7)
			continue;
		ret = verify();
		assert_true(ret != 0);
	}
	assert_int_equal(verify(), -EMPTY);
}

/* ---- two slots ---- */

#define STEP	4096
#define SLOT_1	(8 * STEP)

static u8 *two_slots;

static int read_two_slots(void *ctx, u64 off, void *buf, size_t len)
{
	memcpy(buf, two_slots + off, len);
	return 0;
}

static const struct snapimg_reader reader = { .size = 16 * STEP, .read = read_two_slots };

/* The golden image in slot 0, as number @sequence in slot 1. */
static int setup_two(u64 sequence)
{
	setup(NULL);
	two_slots = malloc(16 * STEP);
	if (!two_slots)
		return -1;
	memset(two_slots, 0xff, 16 * STEP);
	memcpy(two_slots, image, size);
	image[32] = (u8)sequence;
	image[MARK + 8] = (u8)sequence;
	seal(HEADER);
	memcpy(two_slots + SLOT_1, image, size);
	return 0;
}

static int teardown_two(void **state)
{
	free(two_slots);
	two_slots = NULL;
	return 0;
}

static void assert_newest(u64 below, u64 offset, int ret)
{
	struct snapimg_slot slot;

	assert_int_equal(snapimg_slot_newest(&reader, STEP, below, &slot), ret);
	assert_int_equal(slot.offset, offset);
	if (!ret)
		assert_int_equal(image_verify(two_slots + offset, reader.size - offset, &machine,
					      restored, stream_size), 0);
}

static void test_two_slots_the_higher_number_wins(void **state)
{
	assert_int_equal(setup_two(8), 0);
	assert_newest(~0ULL, SLOT_1, 0);
	teardown_two(NULL);
	assert_int_equal(setup_two(6), 0);
	assert_newest(~0ULL, 0, 0);
}

static void test_two_slots_the_other_is_the_fallback(void **state)
{
	assert_int_equal(setup_two(8), 0);
	assert_newest(8, 0, 0);
	assert_newest(7, 0, -EMPTY);
	teardown_two(NULL);
	assert_int_equal(setup_two(6), 0);
	assert_newest(7, SLOT_1, 0);
	assert_newest(6, 0, -EMPTY);
}

static void test_two_slots_revoked(void **state)
{
	assert_int_equal(setup_two(8), 0);
	memset(two_slots + SLOT_1 + MARK + 40, 0, 8);
	assert_newest(~0ULL, 0, 0);
	memset(two_slots + MARK + 40, 0, 8);
	assert_newest(~0ULL, SLOT_1, -REVOKED);
}

static void test_two_slots_cut_off(void **state)
{
	assert_int_equal(setup_two(8), 0);
	memset(two_slots + SLOT_1 + MARK, 0xff, 48);
	assert_newest(~0ULL, 0, 0);
	memset(two_slots + MARK, 0xff, 48);
	assert_newest(~0ULL, SLOT_1, -SNAPCAP_REASON_NOT_COMMITTED);
}

static void test_two_slots_mark_of_the_other(void **state)
{
	assert_int_equal(setup_two(8), 0);
	memcpy(two_slots + SLOT_1 + MARK, two_slots + MARK, 48);
	assert_newest(~0ULL, 0, 0);
	memset(two_slots, 0xff, SLOT_1);
	assert_newest(~0ULL, SLOT_1, -COMMIT);
}

#define TEST(function)	cmocka_unit_test_setup(function, setup)
#define TEST_TWO(function)	cmocka_unit_test_teardown(function, teardown_two)

int main(void)
{
	static const struct CMUnitTest whole[] = {
		TEST(test_golden_is_accepted),
		TEST(test_golden_header_reads_as_written),
		TEST(test_golden_bound_is_read_and_built),
		TEST(test_golden_trial_log_reads_as_written),
		TEST(test_golden_choice_log_reads_as_written),
		TEST(test_golden_cpu_record_reads_as_written),
		TEST(test_golden_is_what_the_builders_make),
		TEST(test_golden_forced_is_bit_0_of_compat),
		TEST(test_every_byte_of_headers_and_tables_was_mangled),
		TEST(test_golden_missing_section_is_refused),
		TEST(test_golden_swapped_sections_are_refused),
		TEST(test_golden_lz4_that_is_wrong_in_itself_is_refused),
		TEST(test_golden_lz4_that_makes_too_little_is_refused),
		TEST(test_golden_every_flipped_bit_is_told),
		TEST(test_golden_every_damaged_byte_of_data_is_told),
		TEST(test_golden_truncated_anywhere_is_told),
		TEST(test_golden_with_an_erased_tail_is_told),
		TEST_TWO(test_two_slots_the_higher_number_wins),
		TEST_TWO(test_two_slots_the_other_is_the_fallback),
		TEST_TWO(test_two_slots_revoked),
		TEST_TWO(test_two_slots_cut_off),
		TEST_TWO(test_two_slots_mark_of_the_other),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(whole) + ARRAY_SIZE(cases)];

	memcpy(tests, whole, sizeof(whole));
	mangle_tests(cases, ARRAY_SIZE(cases), test_mangled, tests + ARRAY_SIZE(whole));
	return cmocka_run_group_tests_name("golden snapshot", tests, setup_group,
					   teardown_group);
}
