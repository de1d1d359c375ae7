// SPDX-License-Identifier: GPL-2.0-only
/*
 * A take and a drop on flash that holds anything: nothing is written but
 * to the blocks of the slot, and zeros to the mark of what begins on a block; a take
 * that did well is there, and one that must keep the previous snapshot has it at every
 * step before the mark. The writer's steps are those of the module and the tool.
 *
 * The input: the flash; its last CONTROL bytes say what is asked, and what fails.
 */
#include "../sim/simimage.h"
#include "seal.h"

#define CONTROL		8
#define FLASH_SIZE	(64 * 1024)
#define REVOKED_OFF	(SNAPCAP_COMMIT_OFF + offsetof(struct snapcap_commit, revoked))

static struct {
	u64 align;
	u8 bytes[FLASH_SIZE];
} flash;
static struct snapstore st;
static struct simimage image;
static u32 ops, fail_op, reads;
/* Reads of this byte are good every other time; ~0 for none. */
static u64 fades;

static int read_flash(void *ctx, u64 off, void *buf, size_t len)
{
	(void)ctx;
	FUZZ_HOLDS(off <= FLASH_SIZE && len <= FLASH_SIZE - off);
	memcpy(buf, flash.bytes + off, len);
	if (fades >= off && fades - off < len && reads++ % 2)
		((u8 *)buf)[fades - off] ^= 1;
	return 0;
}

static bool in_slot(u64 off, u64 len)
{
	return st.stage >= SNAPSTORE_ERASING && off >= st.offset &&
	       off + len <= st.offset + st.span;
}

static int program_flash(void *ctx, u64 off, const void *data, size_t len, size_t *done)
{
	static const u8 zero[8];
	const u8 *from = data;
	size_t i;

	(void)ctx;
	FUZZ_HOLDS(off <= FLASH_SIZE && len <= FLASH_SIZE - off);
	FUZZ_HOLDS(in_slot(off, len) || (len == sizeof(zero) && !memcmp(data, zero, len) &&
					 off % st.flash.erase_size == REVOKED_OFF));
	*done = ++ops == fail_op ? len / 2 : len;
	for (i = 0; i < *done; i++)
		flash.bytes[off + i] &= from[i];
	return *done == len ? 0 : -5;
}

static int erase_flash(void *ctx, u64 off, u64 len)
{
	(void)ctx;
	FUZZ_HOLDS(in_slot(off, len) && len == st.flash.erase_size && !(off % len));
	if (++ops == fail_op)
		return -5;
	memset(flash.bytes + off, 0xff, len);
	return 0;
}

static bool is_there(const struct snapimg_slot *wanted)
{
	struct snapimg_slot now;

	return !snapimg_slot_probe(&st.flash.reader, wanted->offset, &now) &&
	       now.img.header_crc == wanted->img.header_crc;
}

/* Nor is it hidden inside another one. */
static bool is_found(u64 slot)
{
	struct snapimg_slot found;
	u64 off = 0;

	while (snapimg_slot_next(&st.flash.reader, st.flash.erase_size, &off, &found))
		if (found.offset == slot)
			return true;
	return false;
}

static int run_steps(int (*step)(struct snapstore *st), const struct snapimg_slot *kept)
{
	int ret;

	while ((ret = step(&st)) > 0)
		FUZZ_HOLDS(!kept || is_there(kept));
	return ret;
}

/* What of the take fails is the answer. @kept: what has to be there all the time, or NULL. */
static int write_image(const struct snapimg_slot *kept)
{
	int ret = snapstore_erase_begin(&st);

	if (!ret)
		ret = run_steps(snapstore_erase_step, kept);
	if (!ret)
		ret = run_steps(snapstore_write_step, kept);
	simimage_number(&image, snapstore_sequence(&st));
	if (!ret)
		ret = snapstore_header(&st, &image.header);
	if (!ret)
		ret = run_steps(snapstore_check_step, kept);
	FUZZ_HOLDS(!kept || is_there(kept));
	return ret ? ret : snapstore_commit(&st, &image.mark);
}

static void take(u64 target, u64 size, u32 slot, bool keep)
{
	struct snapimg_slot mine = { 0 };
	bool was_there;
	int ret;

	if (snapstore_open(&st, target, size))
		return;
	FUZZ_HOLDS(!snapstore_find_previous(&st));
	FUZZ_HOLDS(st.previous.status || snapstore_sequence(&st) > st.previous.rank);
	if (snapstore_place(&st, image.img.image_size, slot, keep))
		return;
	FUZZ_HOLDS(st.offset >= target && st.span >= image.img.image_size);
	FUZZ_HOLDS(st.offset + st.span <= target + (size ? size : FLASH_SIZE - target));
	was_there = fades == ~0ULL && !st.previous.status && !snapstore_overlaps_previous(&st);
	FUZZ_HOLDS((!keep && slot != SNAPSTORE_SLOT_FREE) || !snapstore_overlaps_previous(&st));
	image.img.wear = snapstore_wear(&st);
	FUZZ_HOLDS(image.img.wear);
	ret = write_image(was_there ? &st.previous : NULL);
	mine.offset = st.offset;
	mine.img = image.img;
	if (fades == ~0ULL)
		FUZZ_HOLDS(ret ? !is_there(&mine) : is_there(&mine) && is_found(mine.offset));
	FUZZ_HOLDS(!was_there || snapstore_has_previous(&st));
	FUZZ_HOLDS(ret || st.stage == SNAPSTORE_COMMITTED);
	/* Whatever comes next is out of its turn. */
	FUZZ_HOLDS(ret || snapstore_erase_step(&st) == -SNAPSTORE_E_ORDER);
}

/* All are dropped, or one before: afterwards there is none. */
static void drop(bool one)
{
	const struct snapstore_flash *f = &st.flash;
	struct snapimg_slot slot;
	int ret;

	fail_op = 0;
	st.stage = SNAPSTORE_OPEN;
	if (one && !snapimg_slot_newest(&f->reader, f->erase_size, ~0ULL, &slot)) {
		ret = snapstore_revoke(f, slot.offset, &slot);
		FUZZ_HOLDS(ret == -SNAPSTORE_E_READ_BACK || !ret);
		FUZZ_HOLDS(fades != ~0ULL || slot.status == -SNAPCAP_REASON_REVOKED);
	}
	ret = snapstore_settle(f, &slot);
	if (fades == ~0ULL)
		FUZZ_HOLDS(!ret && snapimg_slot_newest(&f->reader, f->erase_size, ~0ULL, &slot));
}

static void run(const u8 *data, size_t size, const u8 *control)
{
	static const u32 slots[] = {
		SNAPSTORE_SLOT_0, SNAPSTORE_SLOT_1, SNAPSTORE_SLOT_WHOLE, SNAPSTORE_SLOT_AUTO,
	};
	static u64 buf[2 * 4096 / 8];
	/* With less a mark would be in the block behind. */
	u64 block = 8192ULL << control[0] % 3;

	memset(flash.bytes, 0xff, sizeof(flash.bytes));
	memcpy(flash.bytes, data, size < FLASH_SIZE ? size : FLASH_SIZE);
	seal(flash.bytes, FLASH_SIZE);
	memset(&st, 0, sizeof(st));
	st.flash.reader.size = FLASH_SIZE;
	st.flash.reader.read = read_flash;
	st.flash.erase_size = block;
	st.flash.write_size = 1U << control[1] % 13;
	st.flash.program = program_flash;
	st.flash.erase = erase_flash;
	st.fill = simimage_fill;
	st.fill_ctx = &image;
	st.buf = buf;
	st.buf_size = sizeof(buf);
	ops = 0;
	reads = 0;
	fail_op = control[2];
	take(control[3] % 16 * 4096, control[4] % 32 * 4096,
	     control[5] & 16 ? SNAPSTORE_SLOT_FREE : slots[control[5] % 4], control[5] & 4);
	drop(control[5] & 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 control[CONTROL] = { 0 };
	u16 at;

	if (!image.pages)
		simimage_make(&image, 1, 2);
	if (size < CONTROL)
		return 0;
	size -= CONTROL;
	memcpy(control, data + size, CONTROL);
	fades = ~0ULL;
	run(data, size, control);
	memcpy(&at, control + 6, sizeof(at));
	fades = at;
	run(data, size, control);
	return 0;
}
