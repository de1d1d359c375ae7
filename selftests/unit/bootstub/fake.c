// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "../test.h"
#include <libfdt.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fake.h"

#define JUNK	0xa5

u8 *fake_flash;
u64 fake_bad_offset;
char fake_console[4096];
u32 fake_returns;
bool fake_stuck;
const char *fake_keys;
int fake_resume_check, fake_map_error;
u64 fake_counter;
struct arch_map fake_map[64];
u32 fake_map_count;
u32 fake_rounds;
u32 fake_requests;
u64 fake_request_bytes;
u32 fake_request_open;

static size_t console_used;
static int ram_fd = -1;
static u8 *window;
static u32 window_next;

const u32 arch_id = SNAPCAP_ARCH_ARM64;

/* ---- flash ---- */

static const void *map(const struct media *m, u64 off, size_t len)
{
	assert_true(off <= m->size && len <= m->size - off);
	if (fake_bad_offset >= off && fake_bad_offset < off + len)
		return NULL;
	return fake_flash + off;
}

static struct media flash = {
	.name = "flash",
	.size = FAKE_FLASH_SIZE,
	.erase_size = 64 << 10,
	.map = map,
};

/* ---- disk ---- */

#define DEPTH	4

static struct {
	u64 off;
	void *buf;
	size_t len;
} request[DEPTH];

static int begin(struct media *m, u64 off, void *buf, size_t len)
{
	u32 i = fake_requests % DEPTH;

	assert_true(fake_request_open < m->depth);
	assert_true(off <= m->size && len <= m->size - off);
	assert_true(len && len <= MEDIA_REQUEST_MAX);
	request[i].off = off;
	request[i].buf = buf;
	request[i].len = len;
	fake_request_open++;
	fake_requests++;
	fake_request_bytes += len;
	/* Who looks too early sees this. */
	memset(buf, JUNK, len);
	return 0;
}

static int end(struct media *m)
{
	u32 i = (fake_requests - fake_request_open) % DEPTH;

	assert_true(fake_request_open);
	fake_request_open--;
	if (fake_bad_offset >= request[i].off &&
	    fake_bad_offset < request[i].off + request[i].len)
		return -SNAPCAP_REASON_READ;
	memcpy(request[i].buf, fake_flash + request[i].off, request[i].len);
	return 0;
}

struct media fake_paged = {
	.name = "disk",
	.size = FAKE_FLASH_SIZE,
	.erase_size = 64 << 10,
	.begin = begin,
	.end = end,
	.depth = DEPTH,
};

/* ---- console ---- */

static void setup_console(const struct serial *s)
{
}

static int read_console(const struct serial *s)
{
	static u64 pause_end;

	if (fake_counter < pause_end || !fake_keys || !*fake_keys)
		return -SERIAL_E_NONE;
	pause_end = 0;
	if (*fake_keys != FAKE_PAUSE[0])
		return (u8)*fake_keys++;
	fake_keys++;
	pause_end = fake_counter + FAKE_PAUSE_US;
	return -SERIAL_E_NONE;
}

static bool write_console(const struct serial *s, u8 c)
{
	if (fake_stuck)
		return false;
	if (c == '\r') {
		fake_returns++;
		return true;
	}
	assert_true(console_used + 1 < sizeof(fake_console));
	fake_console[console_used++] = (char)c;
	fake_console[console_used] = '\0';
	return true;
}

static bool console_is_idle(const struct serial *s)
{
	return !fake_stuck;
}

static const struct serial_ops console_ops = {
	.setup = setup_console,
	.read = read_console,
	.write = write_console,
	.idle = console_is_idle,
};

static const struct serial console = {
	.ops = &console_ops,
};

/* ---- board ---- */

#define PARTS {								\
	[PLAT_PART_STUB] = { "bootstub", 0, FAKE_OS, true },		\
	[PLAT_PART_OS] = { "os", FAKE_OS, FAKE_SNAPSHOT - FAKE_OS, false },	\
	[PLAT_PART_SNAPSHOT] = { "snapshot", FAKE_SNAPSHOT,		\
				 FAKE_FLASH_SIZE - FAKE_SNAPSHOT, false },	\
}

static const struct plat_medium medium[] = {
	{ .media = &flash, .compatible = "cfi-flash", .part = PARTS, .os_step = 64 << 10 },
};

const struct plat_medium fake_disk = {
	.media = &fake_paged, .part = PARTS, .os_step = 64 << 10,
};

const struct plat plat = {
	.stub_base = FAKE_STUB_BASE,
	.stub_size = FAKE_STUB_SIZE,
	.handoff_base = FAKE_HANDOFF,
	.dtb_base = FAKE_RAM_BASE,
	.dtb_limit = FAKE_STUB_BASE - FAKE_RAM_BASE,
	.console = &console,
	.medium = medium,
	.medium_count = ARRAY_SIZE(medium),
};

void plat_end(const void *fdt)
{
	fail_msg("plat_end() called");
	abort();
}

/* ---- architecture ---- */

u64 arch_counter(void)
{
	return fake_counter++;
}

u32 arch_boot_level(void)
{
	return 2;
}

u64 arch_counter_hz(void)
{
	return 1000000;
}

int arch_map(const struct arch_map *map, u32 count)
{
	while (count--) {
		assert_true(fake_map_count < ARRAY_SIZE(fake_map));
		fake_map[fake_map_count++] = *map++;
	}
	return fake_map_error;
}

static void unmap_window(void)
{
	void *p = mmap(window, ARCH_WINDOW_PAGES * PAGE_SIZE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	assert_ptr_equal(p, window);
}

void *arch_window_map(u32 slot, u64 pfn, u32 pages)
{
	u8 *va = window + slot * PAGE_SIZE;

	if (!slot) {
		unmap_window();
		window_next = 0;
		fake_rounds++;
	}
	/* The contract: slots in order, each once in a round, inside the window. */
	assert_int_equal(slot, window_next);
	assert_true(pages <= ARCH_WINDOW_PAGES - slot);
	if (!pages)
		return va;
	assert_true(pfn << PAGE_SHIFT >= FAKE_RAM_BASE);
	assert_true((pfn + pages) << PAGE_SHIFT <= FAKE_RAM_BASE + FAKE_RAM_SIZE);
	window_next = slot + pages;
	assert_ptr_equal(mmap(va, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, ram_fd,
			      (off_t)((pfn << PAGE_SHIFT) - FAKE_RAM_BASE)), va);
	return va;
}

void arch_io_barrier(void)
{
}

u32 arch_crc32c(u32 crc, const void *data, size_t size)
{
	return snapimg_crc32c_soft(crc, data, size);
}

void arch_clear(u64 base, u64 size)
{
	assert_true(base >= FAKE_RAM_BASE && base + size <= FAKE_RAM_BASE + FAKE_RAM_SIZE);
	memset(fake_ram(base), 0, size);
}

int arch_resume_check(const void *record, u64 size)
{
	return fake_resume_check;
}

/* A kernel of the tests: its size in memory in the first word, 2 MiB aligned. */
int arch_kernel_layout(const void *image, u64 stored, struct arch_kernel *out)
{
	u64 size;

	if (stored < sizeof(size))
		return -SNAPCAP_REASON_KERNEL;
	memcpy(&size, image, sizeof(size));
	if (size < stored)
		return -SNAPCAP_REASON_KERNEL;
	out->align = 2 << 20;
	out->offset = 0;
	out->size = size;
	return 0;
}

void arch_kernel_start(u64 entry, u64 dtb, const struct arch_block *block, u32 count)
{
	fail_msg("arch_kernel_start() called");
	abort();
}

/* ---- set up ---- */

void fake_restart(void)
{
	unmap_window();
	window_next = 0;
	fake_bad_offset = ~0ULL;
	fake_console[0] = '\0';
	console_used = 0;
	fake_returns = 0;
	fake_stuck = false;
	fake_keys = NULL;
	fake_resume_check = 0;
	fake_map_error = 0;
	fake_map_count = 0;
	fake_rounds = 0;
	fake_requests = 0;
	fake_request_bytes = 0;
	fake_request_open = 0;
	fake_counter = 1000;
}

int fake_setup(void **state)
{
	if (ram_fd < 0) {
		ram_fd = memfd_create("ram", 0);
		assert_true(ram_fd >= 0);
		assert_int_equal(ftruncate(ram_fd, FAKE_RAM_SIZE), 0);
		assert_ptr_equal(mmap(fake_ram(FAKE_RAM_BASE), FAKE_RAM_SIZE,
				      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
				      ram_fd, 0), fake_ram(FAKE_RAM_BASE));
		window = mmap(NULL, ARCH_WINDOW_PAGES * PAGE_SIZE, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		assert_ptr_not_equal(window, MAP_FAILED);
		fake_flash = malloc(FAKE_FLASH_SIZE);
	}
	memset(fake_ram(FAKE_RAM_BASE), JUNK, FAKE_RAM_SIZE);
	memset(fake_flash, 0xff, FAKE_FLASH_SIZE);
	fake_restart();
	return 0;
}

void fake_tree(void *buf, int size, u64 ram_size)
{
	const fdt64_t memory[] = { cpu_to_fdt64(FAKE_RAM_BASE), cpu_to_fdt64(ram_size) };
	const fdt64_t nor[] = { 0, cpu_to_fdt64(FAKE_FLASH_SIZE) };
	const u8 seed[32] = { 1, 2, 3, 4, [31] = 32 };
	int node;

	assert_int_equal(fdt_create_empty_tree(buf, size), 0);
	assert_int_equal(fdt_setprop_u32(buf, 0, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(buf, 0, "#size-cells", 2), 0);
	assert_int_equal(fdt_setprop(buf, 0, "compatible", "maker,board\0maker,family", 25), 0);
	node = fdt_add_subnode(buf, 0, "chosen");
	assert_true(node > 0);
	assert_int_equal(fdt_setprop(buf, node, "rng-seed", seed, sizeof(seed)), 0);
	node = fdt_add_subnode(buf, 0, "flash@0");
	assert_true(node > 0);
	assert_int_equal(fdt_setprop_string(buf, node, "compatible", "cfi-flash"), 0);
	assert_int_equal(fdt_setprop(buf, node, "reg", nor, sizeof(nor)), 0);
	node = fdt_add_subnode(buf, 0, "memory@40000000");
	assert_true(node > 0);
	assert_int_equal(fdt_setprop_string(buf, node, "device_type", "memory"), 0);
	assert_int_equal(fdt_setprop(buf, node, "reg", memory, sizeof(memory)), 0);
}

void fake_machine(struct machine *m, void *buf, int size)
{
	memset(m, 0, sizeof(*m));
	fake_tree(buf, size, FAKE_RAM_SIZE);
	assert_int_equal(fdt_pack(buf), 0);
	m->fdt = buf;
	m->fdt_size = fdt_totalsize(buf);
	memcpy(m->name, "maker,board", 12);
	m->range[0].base = FAKE_RAM_BASE;
	m->range[0].size = FAKE_RAM_SIZE;
	m->range_count = 1;
	m->seed_size = 32;
	memset(m->seed, 7, sizeof(m->seed));
}
