// SPDX-License-Identifier: GPL-2.0-only
/* Finding an OS image in flash, and putting it into memory. */
#include "../test.h"
#include <lz4.h>
#include <libfdt.h>
#include "fake.h"
#include "image.h"

#define STEP		(64u << 10)
#define KERNEL_MEMORY	(5u << 20)	/* the kernel of the tests occupies this much */

static struct machine machine;
static _Alignas(8) u8 tree[4096];
static struct image img;
static _Alignas(64) u8 heap[64 << 10];
static const struct plat_medium *pm;

static int setup(void **state)
{
	fake_setup(state);
	fake_machine(&machine, tree, sizeof(tree));
	memset(&img, 0, sizeof(img));
	pm = &plat.medium[0];
	return 0;
}

static int setup_paged(void **state)
{
	setup(state);
	pm = &fake_disk;
	return 0;
}

/* An image under construction in flash, at a step of the partition. */
struct maker {
	u32 offset;
	u32 end;
	struct snapimg_os os;
};

static void begin(struct maker *mk, u32 step, u64 version)
{
	memset(mk, 0, sizeof(*mk));
	mk->offset = FAKE_OS + step * STEP;
	mk->end = SNAPCAP_OS_PART_ALIGN;
	mk->os.version = version;
	mk->os.arch = SNAPCAP_ARCH_ARM64;
	memcpy(mk->os.kernel_release, "6.1.0-unit", 11);
	mk->os.build_id[0] = (u8)version;
	mk->os.build_id_size = 20;
	mk->os.load_addr = SNAPCAP_OS_LOAD_ANY;
}

static void add(struct maker *mk, u32 type, const void *data, u32 size)
{
	struct snapimg_os_part *part = &mk->os.part[type];

	memcpy(fake_flash + mk->offset + mk->end, data, size);
	part->codec = SNAPCAP_CODEC_RAW;
	part->offset = mk->end;
	part->size = part->stored_size = size;
	part->sum = snapimg_sum(data, size);
	mk->os.image_size = mk->end + size;
	mk->end = (mk->end + size + SNAPCAP_OS_PART_ALIGN - 1) & ~(SNAPCAP_OS_PART_ALIGN - 1u);
}

static void finish(struct maker *mk)
{
	snapimg_os_build(&mk->os, (void *)(fake_flash + mk->offset));
}

static void add_kernel(struct maker *mk)
{
	static u64 kernel[3000] = { KERNEL_MEMORY };
	u32 i;

	for (i = 1; i < ARRAY_SIZE(kernel); i++)
		kernel[i] = i * 0x0101010101010101ULL;
	add(mk, SNAPCAP_OS_PART_KERNEL, kernel, sizeof(kernel));
}

/* An image with a kernel and nothing else; returns how many bytes it has. */
static u32 put(u32 step, u64 version)
{
	struct maker mk;

	begin(&mk, step, version);
	add_kernel(&mk);
	finish(&mk);
	return (u32)mk.os.image_size;
}

/* For the newest version below a limit. */
static int scan(u32 flags, u64 below)
{
	struct image after = { .os.version = below, .offset = ~0ULL };

	return image_scan(pm, flags, below == ~0ULL ? NULL : &after, &img);
}

static void test_scan_of_nothing(void **state)
{
	assert_int_equal(scan(0, ~0ULL), -SNAPCAP_REASON_OS_IMAGE);
	assert_int_equal(img.os.version, 0);
	assert_string_equal(fake_console, "");
}

static void test_scan_takes_the_highest_version(void **state)
{
	put(0, 3);
	put(5, 9);
	put(100, 7);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 9);
	assert_int_equal(img.offset, FAKE_OS + 5 * STEP);
	assert_int_equal(scan(0, 9), 0);
	assert_int_equal(img.os.version, 7);
	assert_int_equal(scan(0, 3), -SNAPCAP_REASON_OS_IMAGE);
}

/* Of two with one version the first good one, and neither is tried twice. */
static void test_scan_of_a_tie(void **state)
{
	struct image after;

	put(3, 9);
	put(7, 9);
	put(11, 2);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.offset, FAKE_OS + 3 * STEP);
	after = img;
	assert_int_equal(image_scan(pm, 0, &after, &img), 0);
	assert_int_equal(img.offset, FAKE_OS + 7 * STEP);
	after = img;
	assert_int_equal(image_scan(pm, 0, &after, &img), 0);
	assert_int_equal(img.os.version, 2);
	after = img;
	assert_int_equal(image_scan(pm, 0, &after, &img), -SNAPCAP_REASON_OS_IMAGE);
	fake_flash[FAKE_OS + 3 * STEP + SNAPCAP_OS_PART_ALIGN] ^= 1;
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.offset, FAKE_OS + 7 * STEP);
}

static void test_scan_last_step_only_when_it_fits(void **state)
{
	u32 last = (FAKE_SNAPSHOT - FAKE_OS) / STEP - 1;

	put(last, 4);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.offset, FAKE_OS + last * STEP);
	/* Longer than what is left of the partition. */
	{
		struct maker mk;
		static u8 big[STEP];

		begin(&mk, last, 5);
		add_kernel(&mk);
		finish(&mk);
		mk.os.part[SNAPCAP_OS_PART_INITRD] = mk.os.part[SNAPCAP_OS_PART_KERNEL];
		mk.os.part[SNAPCAP_OS_PART_INITRD].offset = mk.end;
		mk.os.part[SNAPCAP_OS_PART_INITRD].size = sizeof(big);
		mk.os.part[SNAPCAP_OS_PART_INITRD].stored_size = sizeof(big);
		mk.os.image_size = mk.end + sizeof(big);
		finish(&mk);
	}
	assert_int_equal(scan(0, ~0ULL), -SNAPCAP_REASON_OS_IMAGE);
	assert_non_null(strstr(fake_console, "refused: truncated"));
}

static void test_scan_passes_over_a_damaged_header(void **state)
{
	put(0, 3);
	put(5, 9);
	fake_flash[FAKE_OS + 5 * STEP + 100] ^= 1;
	assert_int_equal(scan(IMAGE_SCAN_HEADERS, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	assert_string_equal(fake_console, "");
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	assert_string_equal(fake_console, "bootstub: os image at 0x150000 refused: header-crc\n");
}

static void test_scan_passes_over_a_damaged_part(void **state)
{
	u32 size;

	put(0, 3);
	size = put(5, 9);
	fake_flash[FAKE_OS + 5 * STEP + size - 1] ^= 1;
	/* Which kernel is in flash is told by the header alone. */
	assert_int_equal(scan(IMAGE_SCAN_HEADERS, ~0ULL), 0);
	assert_int_equal(img.os.version, 9);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	assert_string_equal(fake_console,
			    "bootstub: os image at 0x150000 refused: part-sum\n");
}

static void test_scan_passes_over_another_architecture(void **state)
{
	struct maker mk;

	put(0, 3);
	begin(&mk, 5, 9);
	mk.os.arch = SNAPCAP_ARCH_ARM;
	add_kernel(&mk);
	finish(&mk);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	assert_non_null(strstr(fake_console, "refused: arch"));
}

static void test_scan_passes_over_what_cannot_be_read(void **state)
{
	put(0, 3);
	put(5, 9);
	fake_bad_offset = FAKE_OS + 5 * STEP + 2;
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	fake_bad_offset = FAKE_OS + 5 * STEP + SNAPCAP_OS_PART_ALIGN;
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	assert_int_equal(scan(IMAGE_SCAN_HEADERS, ~0ULL), 0);
	assert_int_equal(img.os.version, 9);
}

static void test_scan_does_not_look_into_parts(void **state)
{
	static u8 inner[2 * STEP];
	struct maker mk;

	/* A part that holds an image, on a step. */
	put(50, 99);
	memcpy(inner + STEP - 2 * SNAPCAP_OS_PART_ALIGN, fake_flash + FAKE_OS + 50 * STEP, 32768);
	memset(fake_flash + FAKE_OS + 50 * STEP, 0xff, STEP);
	begin(&mk, 0, 3);
	add(&mk, SNAPCAP_OS_PART_KERNEL, "kernelsize", 10);
	add(&mk, SNAPCAP_OS_PART_INITRD, inner, sizeof(inner));
	finish(&mk);
	assert_memory_equal(fake_flash + FAKE_OS + STEP, SNAPCAP_OS_MAGIC, 8);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 3);
	/* Once the outer one is gone, it is an image like any other. */
	fake_flash[FAKE_OS] = 0;
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 99);
}

/* ---- image_setup() ---- */

static const struct snapimg_range *keep;

static int set_up(void)
{
	struct arena arena = { heap, sizeof(heap), 0 };

	assert_int_equal(scan(0, ~0ULL), 0);
	return image_setup(&plat, &machine, &arena, keep, &img);
}

static void blocks_are_sound(void)
{
	u32 i, k;

	for (i = 0; i < img.block_count; i++) {
		const struct arch_block *b = &img.block[i];

		assert_true(b->base >= FAKE_HANDOFF);
		assert_true(b->base + b->size <= FAKE_RAM_BASE + FAKE_RAM_SIZE);
		for (k = 0; k < i; k++)
			assert_true(b->base + b->size <= img.block[k].base ||
				    img.block[k].base + img.block[k].size <= b->base);
	}
}

static void test_setup_places_everything_apart(void **state)
{
	static u8 initrd[100001];
	struct maker mk;
	const void *p;
	int len, chosen;
	u64 start;

	memset(initrd, 0x3c, sizeof(initrd));
	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_INITRD, initrd, sizeof(initrd));
	add(&mk, SNAPCAP_OS_PART_CMDLINE, "quiet", 5);
	finish(&mk);
	assert_int_equal(set_up(), 0);

	assert_int_equal(img.block_count, 4);
	blocks_are_sound();
	assert_int_equal(img.entry, 0x40400000);
	assert_memory_equal(fake_ram(img.entry), fake_flash + FAKE_OS + 4096, 24000);
	/* All that the kernel occupies is its own, also what is not stored. */
	assert_int_equal(img.block[0].size, KERNEL_MEMORY);

	p = fake_ram(img.dtb);
	assert_int_equal(fdt_check_full(p, fdt_totalsize(p)), 0);
	chosen = fdt_path_offset(p, "/chosen");
	assert_string_equal(fdt_getprop(p, chosen, "bootargs", &len), "quiet");
	assert_int_equal(len, 6);
	start = fdt64_ld(fdt_getprop(p, chosen, "linux,initrd-start", NULL));
	assert_int_equal(fdt64_ld(fdt_getprop(p, chosen, "linux,initrd-end", NULL)) - start,
			 sizeof(initrd));
	assert_memory_equal(fake_ram(start), initrd, sizeof(initrd));
	assert_int_equal(start & 0xfff, 0);
	assert_true(fdt_path_offset(p, "/reserved-memory/bootstub@40200000") > 0);
}

static void test_setup_leaves_the_loader_alone(void **state)
{
	u64 pa;

	put(0, 1);
	assert_int_equal(set_up(), 0);
	for (pa = FAKE_RAM_BASE; pa < FAKE_HANDOFF + SNAPCAP_HANDOFF_SIZE; pa++)
		assert_int_equal(*fake_ram(pa), 0xa5);
}

static void test_setup_avoids_reserved_memory(void **state)
{
	static u8 big[8192];
	int node;

	assert_int_equal(fdt_open_into(tree, big, sizeof(big)), 0);
	node = fdt_add_subnode(big, 0, "reserved-memory");
	node = fdt_add_subnode(big, node, "firmware@40600000");
	assert_int_equal(fdt_setprop_u64(big, node, "reg", 0x40600000), 0);
	assert_int_equal(fdt_appendprop_u64(big, node, "reg", 0x1000), 0);
	assert_int_equal(fdt_pack(big), 0);
	machine.fdt = big;
	machine.fdt_size = fdt_totalsize(big);
	put(0, 1);
	assert_int_equal(set_up(), 0);
	assert_int_equal(img.entry, 0x40800000);
}

static void test_setup_takes_the_tree_of_the_image(void **state)
{
	static _Alignas(8) u8 other[4096];
	struct maker mk;
	const void *p;

	fake_tree(other, sizeof(other), FAKE_RAM_SIZE);
	assert_int_equal(fdt_setprop_string(other, 0, "model", "from flash"), 0);
	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_DTB, other, sizeof(other));
	finish(&mk);
	assert_int_equal(set_up(), 0);
	p = fake_ram(img.dtb);
	assert_string_equal(fdt_getprop(p, 0, "model", NULL), "from flash");
	assert_true(fdt_path_offset(p, "/reserved-memory/handoff@403ff000") > 0);
}

static void test_setup_refuses_bad_parts(void **state)
{
	static u8 text[5000];
	struct maker mk;

	begin(&mk, 0, 1);
	add(&mk, SNAPCAP_OS_PART_KERNEL, "\0\0\0\0\0\0\0\0", 8);
	finish(&mk);
	assert_int_equal(set_up(), -SNAPCAP_REASON_KERNEL);

	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_DTB, "no device tree at all, but long enough", 39);
	finish(&mk);
	assert_int_equal(set_up(), -SNAPCAP_REASON_DEVTREE);

	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_CMDLINE, text, sizeof(text));
	finish(&mk);
	assert_int_equal(set_up(), -SNAPCAP_REASON_FIELD);
}

static void test_setup_refuses_what_does_not_fit(void **state)
{
	static u8 initrd[4u << 20];
	struct maker mk;

	put(0, 1);
	machine.range[0].size = (4 << 20) + KERNEL_MEMORY - 1;
	assert_int_equal(set_up(), -SNAPCAP_REASON_PLACE);
	/* Room for the kernel, but not for the tree. */
	machine.range[0].size = (4 << 20) + KERNEL_MEMORY;
	assert_int_equal(set_up(), -SNAPCAP_REASON_PLACE);
	machine.range[0].size += 16 << 10;
	assert_int_equal(set_up(), 0);
	blocks_are_sound();

	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_INITRD, initrd, sizeof(initrd));
	finish(&mk);
	assert_int_equal(set_up(), -SNAPCAP_REASON_PLACE);
	machine.range[0].size += sizeof(initrd);
	assert_int_equal(set_up(), 0);
}

static void test_setup_refuses_a_tree_it_cannot_complete(void **state)
{
	put(0, 1);
	assert_int_equal(fdt_del_node(tree, fdt_path_offset(tree, "/flash@0")), 0);
	assert_int_equal(set_up(), -SNAPCAP_REASON_DEVTREE);
	assert_non_null(strstr(fake_console, "device tree: FDT_ERR_NOTFOUND"));
}

/* ---- compressed parts, chosen places ---- */

/* Make a part that is there already a compressed one; it is the last one so far. */
static void compress(struct maker *mk, u32 type)
{
	struct snapimg_os_part *part = &mk->os.part[type];
	u8 *at = fake_flash + mk->offset + part->offset;
	static char packed[1 << 20];
	int size = LZ4_compress_default((char *)at, packed, (int)part->size, sizeof(packed));

	assert_true(size > 0);
	memset(at, 0xff, part->size);
	memcpy(at, packed, (size_t)size);
	part->codec = SNAPCAP_CODEC_LZ4;
	part->stored_size = (u64)size;
	part->sum = snapimg_sum(at, part->stored_size);
	mk->os.image_size = part->offset + part->stored_size;
	mk->end = (u32)(mk->os.image_size + SNAPCAP_OS_PART_ALIGN - 1) &
		  ~(SNAPCAP_OS_PART_ALIGN - 1u);
}

/* What is decoded, for comparison. */
static u8 plain_kernel[24000], plain_initrd[300001];
static _Alignas(8) u8 plain_tree[4096];

static void put_compressed(struct maker *mk)
{
	u32 i;

	for (i = 0; i < sizeof(plain_initrd); i++)
		plain_initrd[i] = (u8)(i * i >> 7);
	fake_tree(plain_tree, sizeof(plain_tree), FAKE_RAM_SIZE);
	assert_int_equal(fdt_setprop_string(plain_tree, 0, "model", "decoded"), 0);
	begin(mk, 0, 1);
	add_kernel(mk);
	memcpy(plain_kernel, fake_flash + FAKE_OS + 4096, sizeof(plain_kernel));
	compress(mk, SNAPCAP_OS_PART_KERNEL);
	add(mk, SNAPCAP_OS_PART_DTB, plain_tree, sizeof(plain_tree));
	compress(mk, SNAPCAP_OS_PART_DTB);
	add(mk, SNAPCAP_OS_PART_INITRD, plain_initrd, sizeof(plain_initrd));
	compress(mk, SNAPCAP_OS_PART_INITRD);
	add(mk, SNAPCAP_OS_PART_CMDLINE, "quiet quiet quiet quiet quiet quiet quiet", 41);
	compress(mk, SNAPCAP_OS_PART_CMDLINE);
	finish(mk);
}

static void decoded_is_in_place(void)
{
	const void *p = fake_ram(img.dtb);
	int chosen = fdt_path_offset(p, "/chosen");

	blocks_are_sound();
	assert_memory_equal(fake_ram(img.entry), plain_kernel, sizeof(plain_kernel));
	assert_string_equal(fdt_getprop(p, 0, "model", NULL), "decoded");
	assert_memory_equal(fdt_getprop(p, chosen, "bootargs", NULL), "quiet quiet", 11);
	assert_memory_equal(fake_ram(fdt64_ld(fdt_getprop(p, chosen, "linux,initrd-start", NULL))),
			    plain_initrd, sizeof(plain_initrd));
}

/* On a medium that is mapped, and on one that is not: see main(). */
static void test_setup_decodes(void **state)
{
	struct maker mk;

	put_compressed(&mk);
	assert_int_equal(set_up(), 0);
	decoded_is_in_place();
}

static void test_setup_refuses_what_does_not_decode(void **state)
{
	static const u32 types[] = { SNAPCAP_OS_PART_KERNEL, SNAPCAP_OS_PART_DTB,
				     SNAPCAP_OS_PART_INITRD, SNAPCAP_OS_PART_CMDLINE };
	struct maker mk;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		put_compressed(&mk);
		mk.os.part[types[i]].size++;
		finish(&mk);
		assert_int_equal(set_up(), -SNAPCAP_REASON_PART_DECODE);
		put_compressed(&mk);
		mk.os.part[types[i]].size--;
		finish(&mk);
		assert_int_equal(set_up(), -SNAPCAP_REASON_PART_DECODE);
	}
}

/* A paged medium needs a place for the stored bytes, beside all others. */
static void test_setup_wants_room_for_staging(void **state)
{
	struct maker mk;
	u64 need, stored;

	put_compressed(&mk);
	stored = mk.os.part[SNAPCAP_OS_PART_INITRD].stored_size;
	assert_true(stored > 4096);
	assert_int_equal(set_up(), 0);
	need = img.block[2].base + img.block[2].size;
	if (img.block[1].base + img.block[1].size > need)
		need = img.block[1].base + img.block[1].size;
	need = ((need + 4095) & ~4095ULL) - FAKE_RAM_BASE + ((stored + 4095) & ~4095ULL);
	machine.range[0].size = need;
	assert_int_equal(set_up(), 0);
	decoded_is_in_place();
	machine.range[0].size = need - 4096;
	assert_int_equal(set_up(), -SNAPCAP_REASON_PLACE);
}

static int load_at(u64 addr, u64 bias, u64 entry)
{
	struct maker mk;

	begin(&mk, 0, 1);
	add_kernel(&mk);
	mk.os.load_addr = addr;
	mk.os.load_bias = bias;
	mk.os.entry = entry;
	finish(&mk);
	return set_up();
}

static void test_setup_obeys_the_address(void **state)
{
	assert_int_equal(load_at(0x41000000, 0, 0), 0);
	assert_int_equal(img.entry, 0x41000000);
	assert_int_equal(load_at(0x80000000, -0x3f000000ULL, 64), 0);
	assert_int_equal(img.entry, 0x41000040);
	blocks_are_sound();
	/* Not as aligned as the kernel wants it; the loader; the page; no memory. */
	assert_int_equal(load_at(0x41001000, 0, 0), -SNAPCAP_REASON_PLACE);
	assert_int_equal(load_at(0x40200000, 0, 0), -SNAPCAP_REASON_PLACE);
	assert_int_equal(load_at(0x40000000, 0, 0), -SNAPCAP_REASON_PLACE);
	assert_int_equal(load_at(0x20000000, 0, 0), -SNAPCAP_REASON_PLACE);
	assert_int_equal(load_at(FAKE_RAM_BASE + FAKE_RAM_SIZE, 0, 0), -SNAPCAP_REASON_PLACE);
	assert_int_equal(load_at(0xffffffff80000000, 0, 0), -SNAPCAP_REASON_PLACE);
}

/* An image in memory is neither overwritten nor forgotten. */
static void test_setup_keeps_an_image_in_memory(void **state)
{
	static struct media memory = { .name = "memory", .map = mem_map };
	static struct plat_medium medium = { .media = &memory, .os_step = 4096 };
	struct snapimg_range range = { .base = 0x40600000 };
	struct maker mk;
	u64 size;

	put_compressed(&mk);
	size = mk.os.image_size;
	memcpy(fake_ram(range.base), fake_flash + FAKE_OS, size);
	memory.base = range.base;
	memory.size = size;
	medium.part[PLAT_PART_OS].size = size;
	range.size = (size + 4095) & ~4095ULL;
	pm = &medium;
	keep = &range;
	assert_int_equal(set_up(), 0);
	keep = NULL;
	assert_memory_equal(fake_ram(range.base), fake_flash + FAKE_OS, size);
	decoded_is_in_place();
	assert_true(fdt_path_offset(fake_ram(img.dtb),
				    "/reserved-memory/os-image@40600000") > 0);
}

/* ---- from a medium that cannot be mapped ---- */

static void test_scan_reads_headers_only(void **state)
{
	u32 steps = (FAKE_SNAPSHOT - FAKE_OS) / STEP;

	put(0, 3);
	put(5, 9);
	assert_int_equal(scan(0, ~0ULL), 0);
	assert_int_equal(img.os.version, 9);
	assert_ptr_equal(img.medium, &fake_disk);
	/* A sector of each step; one more of those that were asked for in vain. */
	assert_true(fake_request_bytes <= (steps + 2 * fake_paged.depth) * MEDIA_SECTOR);
	assert_int_equal(fake_request_open, 0);
	assert_int_equal(fake_paged.stride, 0);
}

static void test_scan_gives_up_with_the_medium(void **state)
{
	put(5, 9);
	fake_paged.error = -SNAPCAP_REASON_READ;
	assert_int_equal(scan(0, ~0ULL), -SNAPCAP_REASON_OS_IMAGE);
	assert_int_equal(fake_requests, 0);
	fake_paged.error = 0;
}

static void test_scan_ends_where_the_medium_does(void **state)
{
	u32 size = put(5, 9);

	fake_paged.size = FAKE_OS + 5 * STEP + size;
	assert_int_equal(scan(0, ~0ULL), 0);
	fake_paged.size--;
	assert_int_equal(scan(0, ~0ULL), -SNAPCAP_REASON_OS_IMAGE);
	fake_paged.size = 1000;
	assert_int_equal(scan(0, ~0ULL), -SNAPCAP_REASON_OS_IMAGE);
	fake_paged.size = FAKE_FLASH_SIZE;
}

static void test_setup_checks_what_it_has_read(void **state)
{
	static const u32 types[] = { SNAPCAP_OS_PART_KERNEL, SNAPCAP_OS_PART_DTB,
				     SNAPCAP_OS_PART_INITRD, SNAPCAP_OS_PART_CMDLINE };
	static _Alignas(8) u8 other[4096];
	static u8 initrd[100001];
	struct maker mk;
	u32 i;

	fake_tree(other, sizeof(other), FAKE_RAM_SIZE);
	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_DTB, other, sizeof(other));
	add(&mk, SNAPCAP_OS_PART_INITRD, initrd, sizeof(initrd));
	add(&mk, SNAPCAP_OS_PART_CMDLINE, "quiet", 5);
	finish(&mk);
	assert_int_equal(set_up(), 0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		const struct snapimg_os_part *part = &mk.os.part[types[i]];
		u64 last = FAKE_OS + part->offset + part->size - 1;

		fake_flash[last] ^= 1;
		assert_int_equal(set_up(), -SNAPCAP_REASON_PART_SUM);
		fake_flash[last] ^= 1;
		fake_bad_offset = last;
		assert_int_equal(set_up(), -SNAPCAP_REASON_READ);
		fake_bad_offset = ~0ULL;
	}
	assert_int_equal(set_up(), 0);
}

static void test_setup_wants_room_for_the_tree(void **state)
{
	static _Alignas(8) u8 other[sizeof(heap) + 8];
	struct maker mk;

	fake_tree(other, sizeof(other), FAKE_RAM_SIZE);
	begin(&mk, 0, 1);
	add_kernel(&mk);
	add(&mk, SNAPCAP_OS_PART_DTB, other, sizeof(other));
	finish(&mk);
	assert_int_equal(set_up(), -SNAPCAP_REASON_NO_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_scan_of_nothing, setup),
		cmocka_unit_test_setup(test_scan_takes_the_highest_version, setup),
		cmocka_unit_test_setup(test_scan_of_a_tie, setup),
		cmocka_unit_test_setup(test_scan_last_step_only_when_it_fits, setup),
		cmocka_unit_test_setup(test_scan_passes_over_a_damaged_header, setup),
		cmocka_unit_test_setup(test_scan_passes_over_a_damaged_part, setup),
		cmocka_unit_test_setup(test_scan_passes_over_another_architecture, setup),
		cmocka_unit_test_setup(test_scan_passes_over_what_cannot_be_read, setup),
		cmocka_unit_test_setup(test_scan_does_not_look_into_parts, setup),
		cmocka_unit_test_setup(test_setup_places_everything_apart, setup),
		cmocka_unit_test_setup(test_setup_leaves_the_loader_alone, setup),
		cmocka_unit_test_setup(test_setup_avoids_reserved_memory, setup),
		cmocka_unit_test_setup(test_setup_takes_the_tree_of_the_image, setup),
		cmocka_unit_test_setup(test_setup_refuses_bad_parts, setup),
		cmocka_unit_test_setup(test_setup_refuses_what_does_not_fit, setup),
		cmocka_unit_test_setup(test_setup_refuses_a_tree_it_cannot_complete, setup),
		cmocka_unit_test_setup(test_scan_of_nothing, setup_paged),
		cmocka_unit_test_setup(test_scan_takes_the_highest_version, setup_paged),
		cmocka_unit_test_setup(test_scan_last_step_only_when_it_fits, setup_paged),
		cmocka_unit_test_setup(test_scan_passes_over_a_damaged_header, setup_paged),
		cmocka_unit_test_setup(test_scan_passes_over_another_architecture, setup_paged),
		cmocka_unit_test_setup(test_scan_does_not_look_into_parts, setup_paged),
		cmocka_unit_test_setup(test_setup_places_everything_apart, setup_paged),
		cmocka_unit_test_setup(test_setup_leaves_the_loader_alone, setup_paged),
		cmocka_unit_test_setup(test_setup_avoids_reserved_memory, setup_paged),
		cmocka_unit_test_setup(test_setup_takes_the_tree_of_the_image, setup_paged),
		cmocka_unit_test_setup(test_setup_refuses_bad_parts, setup_paged),
		cmocka_unit_test_setup(test_setup_refuses_what_does_not_fit, setup_paged),
		cmocka_unit_test_setup(test_setup_refuses_a_tree_it_cannot_complete, setup_paged),
		cmocka_unit_test_setup(test_scan_reads_headers_only, setup_paged),
		cmocka_unit_test_setup(test_scan_gives_up_with_the_medium, setup_paged),
		cmocka_unit_test_setup(test_scan_ends_where_the_medium_does, setup_paged),
		cmocka_unit_test_setup(test_setup_checks_what_it_has_read, setup_paged),
		cmocka_unit_test_setup(test_setup_wants_room_for_the_tree, setup_paged),
		cmocka_unit_test_setup(test_setup_decodes, setup),
		cmocka_unit_test_setup(test_setup_decodes, setup_paged),
		cmocka_unit_test_setup(test_setup_refuses_what_does_not_decode, setup),
		cmocka_unit_test_setup(test_setup_refuses_what_does_not_decode, setup_paged),
		cmocka_unit_test_setup(test_setup_wants_room_for_staging, setup_paged),
		cmocka_unit_test_setup(test_setup_obeys_the_address, setup),
		cmocka_unit_test_setup(test_setup_keeps_an_image_in_memory, setup),
	};

	return cmocka_run_group_tests_name("bootstub/image", tests, NULL, NULL);
}
