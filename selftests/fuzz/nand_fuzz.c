// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile NAND: any bytes in any page, any pages that cannot be read, any blocks that are
 * bad, pages and erases that fail. Whatever is there, the chip is asked for nothing but
 * whole pages and blocks that are not bad, the search ends, what is found can be loaded
 * and dropped, and a take that says that it did well is there afterwards.
 *
 * The input: CONTROL bytes that say what fails and what is done; then changes, each an
 * offset and a byte, to a chip that holds two snapshots.
 */
#include "../sim/simimage.h"
#include "fuzz.h"
#include "snapnand.h"
/* By itself it would have the name of another source, which gcov cannot tell apart. */
#include "../../lib/snapstore/trial.c"

#define CONTROL		12
#define CHANGE		4
#define PAGE		512
#define BLOCK		(16 * PAGE)
#define BLOCKS		20
#define CHIP_SIZE	(BLOCK * BLOCKS)
#define TABLE_MAX	(1U << 16)

/** struct chip - contents; what cannot be read, what is bad, which operation fails */
struct chip {
	u64 align;
	u8 bytes[CHIP_SIZE];
	u8 lost[CHIP_SIZE / PAGE];
	u8 bad[BLOCKS];
};

static struct chip chip, model;
static u32 ops, fail_op;
static struct snapnand nand;
static u8 bitmap[SNAPNAND_BITMAP(BLOCKS)];
static u64 pages[2 * PAGE / 8];
static struct simimage image[3];
/* Both heads of the two snapshots, of the chip. */
static u64 head_of[2][2];

static u8 *page_at(u64 off)
{
	FUZZ_HOLDS(!(off % PAGE) && off < CHIP_SIZE && !chip.bad[off / BLOCK]);
	return chip.bytes + off;
}

static int read_page(void *ctx, u64 off, void *buf)
{
	memcpy(buf, page_at(off), PAGE);
	return chip.lost[off / PAGE] ? -74 : (int)(off / PAGE % 3);
}

static int program_page(void *ctx, u64 off, const void *data)
{
	const u8 *from = data;
	u8 *to = page_at(off);
	u32 i;

	if (++ops == fail_op)
		return -5;
	for (i = 0; i < PAGE; i++)
		to[i] &= from[i];
	return 0;
}

static int erase_block(void *ctx, u64 off)
{
	u8 *to = page_at(off);

	FUZZ_HOLDS(!(off % BLOCK));
	if (++ops == fail_op)
		return -5;
	memset(to, 0xff, BLOCK);
	memset(chip.lost + off / PAGE, 0, BLOCK / PAGE);
	return 0;
}

static int block_is_bad(void *ctx, u64 off)
{
	FUZZ_HOLDS(!(off % BLOCK) && off < CHIP_SIZE);
	return chip.bad[off / BLOCK];
}

static int mark_bad(void *ctx, u64 off)
{
	page_at(off);
	chip.bad[off / BLOCK] = 1;
	return 0;
}

static const struct snapnand_ops chip_ops = {
	.read_page = read_page,
	.program_page = program_page,
	.erase_block = erase_block,
	.block_is_bad = block_is_bad,
	.mark_bad = mark_bad,
};

static struct snapstore_flash open_chip(void)
{
	nand = (struct snapnand){
		.ops = &chip_ops, .page_size = PAGE, .block_size = BLOCK, .size = CHIP_SIZE,
		.bad = bitmap, .bad_size = sizeof(bitmap), .buf = pages,
	};
	FUZZ_HOLDS(!snapnand_open(&nand));
	return snapnand_flash(&nand);
}

static int run_steps(struct snapstore *st, int (*step)(struct snapstore *st))
{
	int ret;

	while ((ret = step(st)) > 0)
		;
	return ret;
}

static int take_once(struct snapstore *st, struct simimage *of, u32 slot, bool keep)
{
	int ret = snapstore_open(st, 0, 0);

	if (!ret)
		ret = snapstore_find_previous(st);
	if (!ret)
		ret = snapstore_place(st, of->img.image_size, slot, keep);
	if (ret)
		return ret;
	simimage_number(of, snapstore_sequence(st));
	ret = snapstore_erase_begin(st);
	if (!ret)
		ret = run_steps(st, snapstore_erase_step);
	if (!ret)
		ret = run_steps(st, snapstore_write_step);
	if (!ret)
		ret = snapstore_header(st, &of->header);
	if (!ret)
		ret = run_steps(st, snapstore_check_step);
	return ret ? ret : snapstore_commit(st, &of->mark);
}

/* Return: where it is, ~0 when it failed */
static u64 take(u32 id, u32 slot, bool keep)
{
	static u64 buf[4 * PAGE / 8];
	struct snapstore_flash flash = open_chip();
	static struct snapstore st;
	int ret;

	if (!snapnand_size(&nand))
		return ~0ULL;
	simimage_make_nand(&image[id], id, id + 1, &flash);
	image[id].tries = 3;
	do {
		memset(&st, 0, sizeof(st));
		st.flash = snapnand_flash(&nand);
		st.fill = simimage_fill;
		st.fill_ctx = &image[id];
		st.buf = buf;
		st.buf_size = sizeof(buf);
		ret = take_once(&st, &image[id], slot, keep);
	} while (ret && snapnand_grew(&nand, &st, ret));
	return ret ? ~0ULL : st.offset;
}

/* The chip that changes are made to, once. */
static void make_model(void)
{
	memset(chip.bytes, 0xff, sizeof(chip.bytes));
	chip.bad[2] = 1;
	for (u32 i = 0; i < 2; i++) {
		u64 slot = take(i, SNAPSTORE_SLOT_AUTO, true);

		FUZZ_HOLDS(slot != ~0ULL);
		head_of[i][0] = snapnand_physical(&nand, slot);
		head_of[i][1] = snapnand_physical(&nand, slot + BLOCK);
	}
	model = chip;
}

/* Sums of the header that begins at @off, and of its mark, made right; @copy: of a head B. */
static void seal(u64 off, bool copy)
{
	struct snapcap_image_header *hdr = (void *)(chip.bytes + off);
	struct snapcap_commit *mark = (void *)(chip.bytes + off + 2 * PAGE);

	memcpy(hdr->magic, SNAPCAP_IMAGE_MAGIC, SNAPCAP_MAGIC_SIZE);
	hdr->header_crc = cpu_to_le32(snapimg_crc32c(0, hdr, sizeof(*hdr) - 4));
	if (copy)
		memcpy(hdr->magic, SNAPCAP_NAND_COPY_MAGIC, SNAPCAP_MAGIC_SIZE);
	mark->header_crc = hdr->header_crc;
	mark->sequence = hdr->sequence;
	mark->commit_crc = cpu_to_le32(snapimg_crc32c(0, mark, 32));
}

static void load_tables(const struct snapimg_reader *r, const struct snapimg_slot *slot)
{
	const struct snapimg *img = &slot->img;
	u32 type;

	for (type = SNAPCAP_SECTION_CPU; type <= SNAPCAP_SECTION_CHUNKS; type++) {
		u64 size = img->section[type].size;
		void *data = size <= TABLE_MAX ? malloc(size + 1) : NULL;

		if (data && !snapimg_section_load(r, slot->offset, img, type, data))
			FUZZ_HOLDS(!snapimg_section_check(img, type, data));
		free(data);
	}
}

static void look(const struct snapstore_flash *flash)
{
	const struct snapimg_reader *r = &flash->reader;
	struct snapimg_verdict verdict;
	struct snapimg_slot slot;
	struct snapimg_trial trial;
	u64 off = 0, last = 0;
	u32 count = 0;

	while (snapimg_slot_next(r, flash->erase_size, &off, &slot)) {
		FUZZ_HOLDS(++count <= BLOCKS && off > last && slot.offset >= last);
		FUZZ_HOLDS(snapnand_physical(&nand, slot.offset) < CHIP_SIZE);
		last = off;
		if (slot.status)
			continue;
		load_tables(r, &slot);
		FUZZ_HOLDS(!snapimg_trial_read(r, slot.offset, &trial));
		FUZZ_HOLDS(trial.used <= r->trial_words);
		(void)!snapimg_trial_judge(&trial, slot.img.tries, 0, &verdict);
	}
}

static void note(const struct snapstore_flash *flash, u32 what)
{
	struct snapimg_slot slot;
	struct snapimg_trial trial;

	if (snapimg_slot_newest(&flash->reader, flash->erase_size, ~0ULL, &slot) ||
	    snapstore_trial_note(flash, slot.offset, what))
		return;
	snapimg_trial_read(&flash->reader, slot.offset, &trial);
	FUZZ_HOLDS(trial.confirmed == (what == SNAPSTORE_TRIAL_CONFIRM));
}

static void drop(const struct snapstore_flash *flash)
{
	struct snapimg_slot slot;

	if (!snapimg_slot_newest(&flash->reader, flash->erase_size, ~0ULL, &slot) &&
	    !snapstore_revoke(flash, slot.offset, &slot))
		FUZZ_HOLDS(slot.status == -SNAPCAP_REASON_REVOKED);
	(void)!snapstore_settle(flash, &slot);
}

static void act(u8 deed, u8 how)
{
	static const u32 slots[] = {
		SNAPSTORE_SLOT_0, SNAPSTORE_SLOT_1, SNAPSTORE_SLOT_WHOLE, SNAPSTORE_SLOT_AUTO,
	};
	struct snapstore_flash flash = open_chip();
	struct snapimg_slot slot;
	u64 at;

	look(&flash);
	switch (deed % 5) {
	case 0:
		at = take(2, slots[how % 4], how & 4);
		flash = open_chip();
		if (at != ~0ULL)
			FUZZ_HOLDS(!snapimg_slot_probe(&flash.reader, at, &slot) &&
				   slot.img.header_crc == image[2].img.header_crc);
		break;
	case 1:
		note(&flash, SNAPSTORE_TRIAL_TRY);
		break;
	case 2:
		note(&flash, SNAPSTORE_TRIAL_CONFIRM);
		break;
	case 3:
		drop(&flash);
		break;
	default:
		break;
	}
	flash = open_chip();
	look(&flash);
}

static void change(const u8 *data, size_t size)
{
	for (; size >= CHANGE; data += CHANGE, size -= CHANGE) {
		u32 off = data[0] | data[1] << 8 | (data[2] & 7) << 16;

		if (off >= CHIP_SIZE)
			continue;
		/* A byte, or a page that is lost, or one that is erased. */
		if (data[2] & 0x80)
			chip.lost[off / PAGE] = 1;
		else if (data[2] & 0x40)
			memset(chip.bytes + off / PAGE * PAGE, 0xff, PAGE);
		else
			chip.bytes[off] = data[3];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 i;

	if (size < CONTROL)
		return 0;
	if (!model.bad[2])
		make_model();
	chip = model;
	ops = 0;
	fail_op = data[0];
	change(data + CONTROL, size - CONTROL);
	for (i = 0; i < 2; i++)
		if (data[1] & 1U << i) {
			seal(head_of[i][0], false);
			seal(head_of[i][1], true);
		}
	/* Blocks that are bad now were good when it was written, or the other way round. */
	for (i = 0; i < BLOCKS; i++)
		chip.bad[i] ^= data[2 + i / 8] >> i % 8 & 1;
	for (i = 5; i < CONTROL - 1; i += 2)
		act(data[i], data[i + 1]);
	return 0;
}
