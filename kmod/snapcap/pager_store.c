// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of the swap device as they are kept: compressed, in a pool of
 * zsmalloc's; pages of one word in the slot itself. What belongs to a snapshot
 * that was taken, or that this system came out of, is immutable and not kept
 * here: a slot then only says where in the section it lies.
 *
 * A slot's lock is held to look at it or to change it, never while something
 * sleeps. The kernel's swap code sees to it that a slot is not freed or written
 * while it is read; whoever reads the device by other means gets old or new
 * data, never a mixture.
 */
#include <linux/highmem.h>
#include <linux/lz4.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "pager.h"

#define POOL_GFP	(__GFP_NOWARN | __GFP_HIGHMEM | __GFP_MOVABLE)
/*
 * Reclaim calls it: no I/O. It may use the reserves, as each page that goes out
 * gives more than it takes.
 */
#define WRITE_GFP	(GFP_NOIO | __GFP_NORETRY | POOL_GFP)
#define KEEP_GFP	(GFP_KERNEL | POOL_GFP)

static unsigned int swap_limit_mib;
module_param(swap_limit_mib, uint, 0644);
MODULE_PARM_DESC(swap_limit_mib, "memory that compressed pages may take, MiB; 0: no limit");

/* Compressed to more than this, a page is stored as it is. */
#define PACKED_MAX	(PAGE_SIZE - PAGE_SIZE / 16)

/**
 * struct work - what compressing or decompressing one page takes
 * @lock: one user at a time; there is one of these for each CPU
 * @lz4: working memory of LZ4
 * @packed: a stored page
 */
struct work {
	struct mutex lock;
	void *lz4;
	void *packed;
};

static struct work *works;

static struct work *work_get(void)
{
	/* Which CPU's does not matter, only that there are enough. */
	struct work *work = &works[raw_smp_processor_id()];

	mutex_lock(&work->lock);
	return work;
}

static void work_put(struct work *work)
{
	mutex_unlock(&work->lock);
}

static void works_exit(void)
{
	unsigned int i;

	for (i = 0; works && i < nr_cpu_ids; i++) {
		vfree(works[i].lz4);
		kfree(works[i].packed);
	}
	kfree(works);
	works = NULL;
}

static int works_init(void)
{
	unsigned int i;

	works = kcalloc(nr_cpu_ids, sizeof(*works), GFP_KERNEL);
	if (!works)
		return -ENOMEM;
	for (i = 0; i < nr_cpu_ids; i++) {
		mutex_init(&works[i].lock);
		works[i].lz4 = __vmalloc(LZ4_MEM_COMPRESS, PAGER_TABLE_GFP);
		works[i].packed = kmalloc(PAGE_SIZE, GFP_KERNEL);
		if (!works[i].lz4 || !works[i].packed) {
			works_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

static spinlock_t *slot_lock(unsigned long index)
{
	return &pager.lock[index % PAGER_LOCKS];
}

static u32 stored_size(const struct pager_slot *slot)
{
	return slot->size_less_1 + 1;
}

/** pager_store_drop() - give up what a slot held; not with its lock held */
void pager_store_drop(const struct pager_slot *slot)
{
	switch (slot->state) {
	case PAGER_WORD:
		atomic64_dec(&pager.words);
		break;
	case PAGER_LIVE:
		zs_free(pager.pool, slot->handle);
		atomic64_dec(&pager.live);
		atomic64_sub(stored_size(slot), &pager.live_bytes);
		break;
	case PAGER_SEALED:
		atomic64_dec(&pager.sealed_slots);
		atomic64_sub(stored_size(slot), &pager.sealed_slot_bytes);
		pager_sealed_put(slot->offset, stored_size(slot));
		break;
	}
}

static void replace(unsigned long index, const struct pager_slot *slot)
{
	struct pager_slot old;

	spin_lock(slot_lock(index));
	old = pager.slots[index];
	pager.slots[index] = *slot;
	spin_unlock(slot_lock(index));
	pager_store_drop(&old);
}

/** pager_store_slot() - a copy of a slot; any context that may take its lock */
struct pager_slot pager_store_slot(unsigned long index)
{
	struct pager_slot slot;

	spin_lock(slot_lock(index));
	slot = pager.slots[index];
	spin_unlock(slot_lock(index));
	return slot;
}

/* Pages that are swapped out, not those of a snapshot that come in from flash. */
static bool beyond_limit(void)
{
	u64 limit = (u64)READ_ONCE(swap_limit_mib) << 20;

	return limit && atomic64_read(&pager.live_bytes) >= limit;
}

/* Return: 0 with slot->handle set, -ENOMEM */
static int pool_put(struct pager_slot *slot, const void *data, gfp_t gfp)
{
	unsigned long handle = zs_malloc(pager.pool, stored_size(slot), gfp);
	void *to;

	if (IS_ERR_VALUE(handle))
		return -ENOMEM;
	to = zs_map_object(pager.pool, handle, ZS_MM_WO);
	memcpy(to, data, stored_size(slot));
	zs_unmap_object(pager.pool, handle);
	slot->handle = handle;
	slot->state = PAGER_LIVE;
	atomic64_inc(&pager.live);
	atomic64_add(stored_size(slot), &pager.live_bytes);
	return 0;
}

static bool one_word(const u64 *words)
{
	/* All equal to the one before them is all equal. */
	return !memcmp(words, words + 1, PAGE_SIZE - sizeof(*words));
}

/**
 * pager_store_write() - keep a page
 * @index: its slot
 * @page: contents
 *
 * Context: process context, sleeps; may be called by reclaim.
 * Return: 0, or -ENOMEM: the slot is as before
 */
int pager_store_write(unsigned long index, struct page *page)
{
	struct pager_slot slot = { .codec = SNAPCAP_CODEC_RAW, .size_less_1 = PAGE_SIZE - 1 };
	const void *src = kmap_local_page(page);
	struct work *work;
	int packed, ret;

	if (one_word(src)) {
		slot.state = PAGER_WORD;
		slot.word = *(const u64 *)src;
		kunmap_local(src);
		atomic64_inc(&pager.words);
		replace(index, &slot);
		return 0;
	}

	work = work_get();
	packed = LZ4_compress_fast(src, work->packed, PAGE_SIZE, PACKED_MAX, 1, work->lz4);
	if (packed > 0) {
		slot.codec = SNAPCAP_CODEC_LZ4;
		slot.size_less_1 = packed - 1;
	}
	ret = -ENOMEM;
	if (!beyond_limit())
		ret = pool_put(&slot, packed > 0 ? work->packed : src, WRITE_GFP);
	work_put(work);
	kunmap_local(src);
	if (ret) {
		atomic64_inc(&pager.rejected);
		return ret;
	}
	replace(index, &slot);
	return 0;
}

/**
 * pager_store_keep() - what was on flash is in RAM from now on
 * @index: a slot
 * @slot: what it was when @data was read
 * @data: its stored bytes, verified
 *
 * Context: process context, sleeps.
 * Return: 0 (also when the slot has changed meanwhile), -ENOMEM
 */
int pager_store_keep(unsigned long index, const struct pager_slot *slot, const void *data)
{
	struct pager_slot live = *slot, gone;
	bool same;
	int ret = pool_put(&live, data, KEEP_GFP);

	if (ret)
		return ret;
	spin_lock(slot_lock(index));
	gone = pager.slots[index];
	same = gone.state == PAGER_SEALED && gone.offset == slot->offset;
	if (same)
		pager.slots[index] = live;
	spin_unlock(slot_lock(index));
	pager_store_drop(same ? &gone : &live);
	return 0;
}

/**
 * pager_store_free() - the page in a slot is not needed any more
 * @index: slot
 *
 * Context: any that may take spinlocks, not interrupts.
 */
void pager_store_free(unsigned long index)
{
	const struct pager_slot empty = { .state = PAGER_EMPTY };

	replace(index, &empty);
}

/**
 * pager_unpack() - stored bytes to a page
 * @slot: codec and size
 * @data: stored bytes
 * @page: PAGE_SIZE bytes
 *
 * Return: 0, or -EILSEQ when they are not exactly a page
 */
int pager_unpack(const struct pager_slot *slot, const void *data, void *page)
{
	if (slot->codec == SNAPCAP_CODEC_RAW) {
		memcpy(page, data, PAGE_SIZE);
		return 0;
	}
	return LZ4_decompress_safe(data, page, stored_size(slot), PAGE_SIZE) == PAGE_SIZE ?
	       0 : -EILSEQ;
}

/* The stored bytes of a slot, when they are in RAM, taken while nobody can free them. */
static bool copy_stored(unsigned long index, struct pager_slot *slot, void *buf)
{
	bool copied = true;
	void *from;

	spin_lock(slot_lock(index));
	*slot = pager.slots[index];
	if (slot->state == PAGER_LIVE) {
		from = zs_map_object(pager.pool, slot->handle, ZS_MM_RO);
		memcpy(buf, from, stored_size(slot));
		zs_unmap_object(pager.pool, slot->handle);
	} else if (slot->state == PAGER_SEALED) {
		if (!READ_ONCE(pager.on_flash))
			pager_sealed_copy(slot->offset, buf, stored_size(slot));
		/* A capture may have been in between, where a spinlock does not prevent that. */
		copied = !READ_ONCE(pager.on_flash);
	}
	spin_unlock(slot_lock(index));
	return copied;
}

static int read_slot(unsigned long index, void *page)
{
	struct work *work = work_get();
	struct pager_slot slot;
	bool copied = copy_stored(index, &slot, work->packed);
	int ret = 0;

	switch (slot.state) {
	case PAGER_EMPTY:
		memset(page, 0, PAGE_SIZE);
		break;
	case PAGER_WORD:
		memset64(page, slot.word, PAGE_SIZE / sizeof(u64));
		break;
	default:
		if (copied)
			ret = pager_unpack(&slot, work->packed, page);
	}
	work_put(work);
	return copied ? ret : pager_flash_read(index, &slot, page);
}

/**
 * pager_store_read() - the contents of a slot
 * @index: slot
 * @page: receives them
 *
 * Context: process context, sleeps.
 * Return: 0, -ENOMEM, or -EIO when the snapshot on flash does not give them
 */
int pager_store_read(unsigned long index, struct page *page)
{
	void *to = kmap_local_page(page);
	int ret;

	do
		ret = read_slot(index, to);
	while (ret == -EAGAIN);
	kunmap_local(to);
	return ret;
}

/**
 * pager_store_init() - an empty store
 * @bytes: size of the device, multiple of the page size
 *
 * Context: process context, sleeps.
 * Return: 0, -ENOMEM
 */
int pager_store_init(u64 bytes)
{
	unsigned int i;

	for (i = 0; i < PAGER_LOCKS; i++)
		spin_lock_init(&pager.lock[i]);
	pager.bytes = bytes;
	pager.slot_count = bytes >> PAGE_SHIFT;
	pager.slots = __vmalloc(array_size(pager.slot_count, sizeof(*pager.slots)),
				PAGER_TABLE_GFP | __GFP_ZERO);
	pager.pool = zs_create_pool(SNAPCAP_PAGER_DISK);
	if (!pager.slots || !pager.pool || works_init()) {
		pager_store_exit();
		return -ENOMEM;
	}
	return 0;
}

/** pager_store_exit() - undo pager_store_init(); nobody uses the device any more */
void pager_store_exit(void)
{
	unsigned long i;

	for (i = 0; pager.slots && i < pager.slot_count; i++)
		pager_store_drop(&pager.slots[i]);
	if (pager.pool)
		zs_destroy_pool(pager.pool);
	vfree(pager.slots);
	works_exit();
	pager.pool = NULL;
	pager.slots = NULL;
	pager.slot_count = 0;
}
