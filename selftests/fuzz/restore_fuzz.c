// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader's whole restore of the newest snapshot of a medium: from one that lies
 * in memory, then from one that has to be read. Both must come to the same result.
 * Memory is not there: what is asked is that nothing but the machine's own, outside
 * of the loader's, and no page twice, is ever mapped to be written.
 */
#include <sanitizer/asan_interface.h>
#include "restore.h"
#include "seal.h"

#define MEDIUM_MAX	(256 * 1024)
#define HEAP_SIZE	(4 << 20)

/* The machine of the golden images. */
#define STUB_BASE	0x40200000ULL
#define STUB_SIZE	0x1ff000ULL
#define HANDOFF_BASE	0x403ff000ULL

static const struct snapimg_range ram[] = {
	{ 0x40000000, 0x10000000 },
	{ 0x80000000, 0x00400000 },
};

static const struct snapimg_machine machine = {
	.arch = SNAPCAP_ARCH_ARM64,
	.page_shift = PAGE_SHIFT,
	.stub_abi = SNAPCAP_HANDOFF_ABI,
	.stub_base = STUB_BASE,
	.stub_size = STUB_SIZE,
	.handoff_base = HANDOFF_BASE,
	.machine = "linux,dummy-virt",
	.range = ram,
	.range_count = FUZZ_COUNT(ram),
};

static u8 *bytes;
static u8 window[ARCH_WINDOW_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static u8 heap[HEAP_SIZE] __attribute__((aligned(64)));

/* What has been written in this restore: ends of the last mapping, and all of it in one number. */
static u32 window_used = ARCH_WINDOW_PAGES;
static u64 last_end;
static u32 written;

u32 arch_crc32c(u32 crc, const void *data, size_t size)
{
	return snapimg_crc32c_soft(crc, data, size);
}

static bool meets(u64 base, u64 size, u64 with, u64 with_size)
{
	return base < with + with_size && with < base + size;
}

/* Extents ascend, so one that is behind the last has not been written before. */
static void check_destination(u64 base, u64 size)
{
	u32 i, inside = 0;

	for (i = 0; i < FUZZ_COUNT(ram); i++)
		inside += base >= ram[i].base && base + size <= ram[i].base + ram[i].size;
	FUZZ_HOLDS(inside == 1 && base + size > base);
	FUZZ_HOLDS(!meets(base, size, STUB_BASE, STUB_SIZE));
	FUZZ_HOLDS(!meets(base, size, HANDOFF_BASE, SNAPCAP_HANDOFF_SIZE));
	FUZZ_HOLDS(base >= last_end);
	last_end = base + size;
}

static void unmap_window(void)
{
	ASAN_POISON_MEMORY_REGION(window, window_used * PAGE_SIZE);
	window_used = 0;
}

void *arch_window_map(u32 slot, u64 pfn, u32 pages)
{
	if (!slot) {
		written = snapimg_crc32c_soft(written, window, window_used * PAGE_SIZE);
		unmap_window();
	}
	FUZZ_HOLDS(slot == window_used && pages <= ARCH_WINDOW_PAGES - slot);
	if (!pages)
		return window;
	check_destination(pfn << PAGE_SHIFT, (u64)pages << PAGE_SHIFT);
	ASAN_UNPOISON_MEMORY_REGION(window + slot * PAGE_SIZE, pages * PAGE_SIZE);
	window_used = slot + pages;
	return window + slot * PAGE_SIZE;
}

void arch_clear(u64 base, u64 size)
{
	check_destination(base, size);
	written = snapimg_crc32c_soft(written, &base, sizeof(base));
	written = snapimg_crc32c_soft(written, &size, sizeof(size));
}

int arch_resume_check(const void *record, u64 size)
{
	return snapimg_cpu_check(SNAPCAP_ARCH_ARM64, record, size);
}

/* ---- media ---- */

/* Reads of this byte fail; ~0 for none. */
static u64 bad = ~0ULL;

static const void *map(const struct media *m, u64 off, size_t len)
{
	FUZZ_HOLDS(off <= m->size && len <= m->size - off);
	return bad < off || bad >= off + len ? bytes + off : NULL;
}

#define DEPTH	2

static struct {
	u64 off;
	void *buf;
	size_t len;
} request[DEPTH];
static u32 begun, ended;

static int begin(struct media *m, u64 off, void *buf, size_t len)
{
	FUZZ_HOLDS(off <= m->size && len <= m->size - off && begun - ended < DEPTH);
	request[begun % DEPTH].off = off;
	request[begun % DEPTH].buf = buf;
	request[begun++ % DEPTH].len = len;
	/* The medium's until it is done: who reads or writes it before is seen. */
	ASAN_POISON_MEMORY_REGION(buf, len);
	return 0;
}

static int end(struct media *m)
{
	u32 i = ended++ % DEPTH;

	(void)m;
	FUZZ_HOLDS(ended <= begun);
	ASAN_UNPOISON_MEMORY_REGION(request[i].buf, request[i].len);
	if (bad >= request[i].off && bad < request[i].off + request[i].len)
		return -SNAPCAP_REASON_READ;
	memcpy(request[i].buf, bytes + request[i].off, request[i].len);
	return 0;
}

static struct media linear = { .name = "linear", .erase_size = SEAL_STEP, .map = map };
static struct media paged = {
	.name = "paged", .erase_size = SEAL_STEP, .begin = begin, .end = end, .depth = DEPTH,
};

static int read_media(void *ctx, u64 off, void *buf, size_t len)
{
	return media_read(ctx, off, buf, len);
}

/* ---- the restore ---- */

struct result {
	int error;
	u64 detail;
	u64 bytes_stored;
	u32 written;
};

/* What was put back has been verified: none of it is wrong. */
static void check_sums(const struct restore *r)
{
	u32 type, i;

	for (type = SNAPCAP_SECTION_CPU; type < SNAPCAP_SECTION_DATA; type++)
		FUZZ_HOLDS(!snapimg_section_check(r->img, type, r->table[type]));
	for (i = 0; i < snapimg_chunk_count(r->img); i++) {
		struct snapimg_chunk chunk = snapimg_chunk_get(r->table[SNAPCAP_SECTION_CHUNKS], i);

		FUZZ_HOLDS(!snapimg_chunk_verify(&chunk, bytes + r->base + chunk.offset +
						 r->img->section[SNAPCAP_SECTION_DATA].offset));
	}
}

static bool restore_from(struct media *m, size_t heap_size, struct result *result)
{
	const struct snapimg_reader reader = { .size = m->size, .read = read_media, .ctx = m };
	struct arena arena = { heap, heap_size, 0 };
	struct snapimg_slot slot;
	struct restore r = { .media = m, .img = &slot.img };
	int err;

	if (snapimg_slot_newest(&reader, SEAL_STEP, ~0ULL, &slot))
		return false;
	r.base = slot.offset;
	unmap_window();
	written = 0;
	last_end = 0;
	err = restore_load(&r, &machine, &arena);
	FUZZ_HOLDS(!err || !written);
	if (!err)
		err = restore_pages(&r);
	/* However it ends, the medium writes no memory any more. */
	FUZZ_HOLDS(begun == ended);
	FUZZ_HOLDS(err <= 0 && (err || !window_used));
	if (!err)
		check_sums(&r);
	result->error = err;
	result->detail = r.detail;
	result->bytes_stored = r.bytes_stored;
	result->written = written;
	return true;
}

static void check_medium(size_t size)
{
	/* Room for all, for some chunks at a time, for one buffer, for none, not for the tables. */
	static const size_t heap_size[] = { HEAP_SIZE, 16384, 1024, 768, 128 };
	struct result one, other;
	u32 i;

	linear.size = paged.size = size;
	if (!restore_from(&linear, sizeof(heap), &one) && bad == ~0ULL)
		return;
	for (i = 0; i < FUZZ_COUNT(heap_size); i++) {
		if (!restore_from(&paged, heap_size[i], &other)) {
			FUZZ_HOLDS(bad != ~0ULL);
			continue;
		}
		/* One of them may have stopped at the bad place, and the other before it. */
		if (bad != ~0ULL || one.error == -SNAPCAP_REASON_NO_SPACE ||
		    other.error == -SNAPCAP_REASON_NO_SPACE)
			continue;
		FUZZ_HOLDS(one.error == other.error);
		/* Of what failed more may have been written from the one than from the other. */
		if (!one.error)
			FUZZ_HOLDS(one.bytes_stored == other.bytes_stored &&
				   one.written == other.written);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u16 at;

	if (!size || size > MEDIUM_MAX)
		return 0;
	bytes = malloc(size);
	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	check_medium(size);
	if (seal(bytes, size))
		check_medium(size);
	/* Where it is bad the last bytes say. */
	if (size >= sizeof(at)) {
		memcpy(&at, data + size - sizeof(at), sizeof(at));
		bad = at % size;
		check_medium(size);
		bad = ~0ULL;
	}
	free(bytes);
	return 0;
}
