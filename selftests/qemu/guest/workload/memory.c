// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterned memory: anonymous, shared with a child, a file on tmpfs, and a
 * private mapping of a file of the root with half of its pages written.
 *
 * Every page has its own content, derived from the seed and its place, so that
 * a page that comes back in another's place is seen. It compresses like the
 * memory of real programs: of 16 pages 2 are zero, 2 do not compress, and 12
 * hold records of 64 bytes, of which 16 differ from record to record; LZ4 makes
 * about 40 % of the whole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hold.h"

#define WORDS		(PAGE_SIZE / sizeof(uint64_t))
#define RECORD_WORDS	8
/* Pages that one check looks at when it is not thorough. */
#define SLICE_PAGES	64
/* Fresh memory that is looked at: thorough, and not. */
#define FRESH_MIB	8
#define FRESH_PAGES	16

struct region {
	const char *hold;
	uint64_t seed;
	uint8_t *base;
	size_t pages;
	size_t cursor;
};

/* What the sharing child and its parent both see, next to the patterned pages. */
struct shared_page {
	atomic_ulong ticks;
	atomic_ulong bad;
};

static struct region anonymous = { .hold = "anonymous" };
static struct region shared = { .hold = "shared" };
static struct region tmpfs = { .hold = "tmpfs" };
static struct region written = { .hold = "private" };
static uint8_t *clean;		/* second half of the private mapping: never written */
static size_t clean_size;
static uint64_t clean_sum;
static struct shared_page *shared_page;

static uint64_t pattern_word(uint64_t page_seed, size_t word)
{
	size_t field = word % RECORD_WORDS;

	switch (page_seed % 16) {
	case 0 ... 1:
		return 0;
	case 2 ... 3:
		return mix(page_seed, word);
	default:
		if (!field)
			return page_seed + word;
		if (field == 1)
			return mix(page_seed, word);
		return mix(page_seed, field);
	}
}

static void fill_pattern(uint64_t *page, uint64_t page_seed)
{
	for (size_t i = 0; i < WORDS; i++)
		page[i] = pattern_word(page_seed, i);
}

/* Return: number of the first wrong word, or -1 */
static int compare_pattern(const uint64_t *page, uint64_t page_seed)
{
	for (size_t i = 0; i < WORDS; i++)
		if (page[i] != pattern_word(page_seed, i))
			return i;
	return -1;
}

static void fill_region(struct region *r, void *base, size_t pages)
{
	r->base = base;
	r->pages = pages;
	r->seed = mix(seed, (uintptr_t)r->hold[0] << 8 | (uint8_t)r->hold[1]);
	for (size_t i = 0; i < pages; i++)
		fill_pattern((uint64_t *)(r->base + i * PAGE_SIZE), mix(r->seed, i));
}

static void check_region(struct region *r, bool thorough)
{
	size_t count = thorough ? r->pages : SLICE_PAGES;

	if (count > r->pages)
		count = r->pages;
	for (size_t n = 0; n < count; n++) {
		size_t i = r->cursor++ % r->pages;
		const uint64_t *page = (uint64_t *)(r->base + i * PAGE_SIZE);
		int word = compare_pattern(page, mix(r->seed, i));

		expect(word < 0, r->hold, "page %zu of %zu, word %d is %#llx", i, r->pages, word,
		       word < 0 ? 0 : (unsigned long long)page[word]);
	}
}

/* One bit in the middle, as a flash error would leave it. */
static void damage_region(struct region *r)
{
	r->base[r->pages / 2 * PAGE_SIZE + PAGE_SIZE / 2] ^= 0x10;
}

static size_t share_pages(unsigned int eighths)
{
	return (memory_mib << 20) / PAGE_SIZE * eighths / 8;
}

static void *map_memory(size_t size, int flags, int fd)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mapping %zu bytes", size);
	return p;
}

static void setup_anonymous(void)
{
	size_t pages = share_pages(4);

	fill_region(&anonymous, map_memory(pages * PAGE_SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
		    pages);
}

static void check_anonymous(bool thorough)
{
	check_region(&anonymous, thorough);
}

static void damage_anonymous(void)
{
	damage_region(&anonymous);
}

const struct hold hold_anonymous = {
	"anonymous", setup_anonymous, check_anonymous, damage_anonymous
};

/* The child checks the same memory through its own mapping. */
static void run_sharer(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "wl-sharer");
	if (getppid() != parent)
		_exit(0);
	for (size_t i = 0;; i++) {
		const uint64_t *page;

		i %= shared.pages;
		page = (uint64_t *)(shared.base + i * PAGE_SIZE);
		if (compare_pattern(page, mix(shared.seed, i)) >= 0)
			atomic_fetch_add(&shared_page->bad, 1);
		atomic_fetch_add(&shared_page->ticks, 1);
		sleep_ms(10);
	}
}

static void setup_shared(void)
{
	size_t pages = share_pages(2);
	pid_t parent = getpid(), child;

	fill_region(&shared, map_memory(pages * PAGE_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1), pages);
	shared_page = map_memory(PAGE_SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
	child = fork();
	if (child < 0)
		die("fork");
	if (!child)
		run_sharer(parent);
}

static void check_shared(bool thorough)
{
	check_region(&shared, thorough);
	if (thorough)
		expect_progress(&shared_page->ticks, "shared", "the child");
	expect(!atomic_load(&shared_page->bad), "shared", "the child saw %lu bad pages",
	       atomic_load(&shared_page->bad));
}

static void damage_shared(void)
{
	damage_region(&shared);
}

const struct hold hold_shared = { "shared", setup_shared, check_shared, damage_shared };

static void setup_tmpfs(void)
{
	size_t pages = share_pages(2);
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/mapped", work_dir());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, pages * PAGE_SIZE))
		die("%s", path);
	fill_region(&tmpfs, map_memory(pages * PAGE_SIZE, MAP_SHARED, fd), pages);
	close(fd);
}

/* Through the mapping, and one page through read(). */
static void check_tmpfs(bool thorough)
{
	uint64_t page[WORDS];
	char path[128];
	size_t i = tmpfs.cursor % tmpfs.pages;
	int fd;

	check_region(&tmpfs, thorough);
	snprintf(path, sizeof(path), "%s/mapped", work_dir());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	expect(fd >= 0 && pread(fd, page, PAGE_SIZE, i * PAGE_SIZE) == PAGE_SIZE &&
	       compare_pattern(page, mix(tmpfs.seed, i)) < 0, "tmpfs", "page %zu of the file", i);
	if (fd >= 0)
		close(fd);
}

static void damage_tmpfs(void)
{
	damage_region(&tmpfs);
}

const struct hold hold_tmpfs = { "tmpfs", setup_tmpfs, check_tmpfs, damage_tmpfs };

static uint64_t sum_clean(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 8 <= clean_size; i += 8)
		sum = mix(sum, *(uint64_t *)(clean + i));
	return sum;
}

static void setup_private(void)
{
	static const char *const candidates[] = {
		"/usr/lib/aarch64-linux-gnu/libc.so.6", "/proc/self/exe",
	};
	struct stat st;
	uint8_t *base;
	size_t pages;
	int fd = -1;

	if (private_path)
		fd = open(private_path, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < 2 && fd < 0; i++)
		fd = open(candidates[i], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		die("file to map");
	pages = st.st_size / PAGE_SIZE;
	base = map_memory(pages * PAGE_SIZE, MAP_PRIVATE, fd);
	close(fd);
	clean = base + pages / 2 * PAGE_SIZE;
	clean_size = (pages - pages / 2) * PAGE_SIZE;
	clean_sum = sum_clean();
	fill_region(&written, base, pages / 2);
}

static void check_private(bool thorough)
{
	check_region(&written, thorough);
	if (thorough)
		expect(sum_clean() == clean_sum, "private", "pages of the file changed");
}

static void damage_private(void)
{
	damage_region(&written);
}

const struct hold hold_private = { "private", setup_private, check_private, damage_private };

/* Pages that were free in the snapshot must come as zero, like all fresh ones. */
static size_t fresh_bad;

static void setup_fresh(void)
{
}

static void check_fresh(bool thorough)
{
	size_t size = thorough ? FRESH_MIB << 20 : FRESH_PAGES * PAGE_SIZE, bad = fresh_bad;
	uint64_t *p = map_memory(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (size_t i = 0; i < size / 8; i++) {
		bad += p[i] != 0;
		p[i] = ~0ULL;
	}
	expect(!bad, "fresh", "%zu words of fresh memory are not zero", bad);
	munmap(p, size);
}

static void damage_fresh(void)
{
	fresh_bad = 1;
}

const struct hold hold_fresh = { "fresh", setup_fresh, check_fresh, damage_fresh };
