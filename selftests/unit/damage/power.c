// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sources of the loader are those of the loader, from boot_system() on. What never
 * returns there comes back here.
 */
#include "../test.h"
#include <libfdt.h>
#include <stdlib.h>
#include "boot.h"
#include "handoff.h"
#include "power.h"
#include "rescue.h"

#define JUNK		0xa5
#define KERNEL_SIZE	4096

static struct machine machine;
static _Alignas(8) u8 tree[4096];
static _Alignas(64) u8 heap[4 << 20];
static struct media linear;
static struct snapimg_os os;
/* Pages that the snapshots so far go to. */
static u32 span;
static jmp_buf end;

/* ---- where the loader leaves ---- */

void __wrap_arch_kernel_start(u64 entry, u64 dtb, const struct arch_block *block, u32 count);
void __wrap_plat_end(const void *fdt);
int __wrap_arch_resume_check(const void *record, u64 size);

void __attribute__((noreturn)) __wrap_arch_kernel_start(u64 entry, u64 dtb,
							 const struct arch_block *block,
							 u32 count)
{
	longjmp(end, 1 + POWER_COLD);
}

void arch_resume(const void *record)
{
	longjmp(end, 1 + POWER_RESTORED);
}

bool rescue_menu(u32 idle_ms)
{
	longjmp(end, 1 + POWER_LOST);
}

void __attribute__((noreturn)) __wrap_plat_end(const void *fdt)
{
	longjmp(end, 1 + POWER_LOST);
}

void stub_exception(u64 cause, u64 pc, u64 address)
{
	longjmp(end, 1 + POWER_LOST);
}

/* But for what only a CPU can tell. */
int __wrap_arch_resume_check(const void *record, u64 size)
{
	return snapimg_cpu_check(SNAPCAP_ARCH_ARM64, record, size);
}

void arch_flush(u64 base, u64 size)
{
}

/* ---- the machine ---- */

static void put_os(void)
{
	static const u64 kernel[KERNEL_SIZE / 8] = { KERNEL_SIZE };
	struct snapimg_os_part *part = &os.part[SNAPCAP_OS_PART_KERNEL];

	memset(&os, 0, sizeof(os));
	os.version = 1;
	os.arch = SNAPCAP_ARCH_ARM64;
	strcpy(os.kernel_release, "6.1.0-unit");
	memcpy(os.build_id, "the build, 20 bytes.", 20);
	os.build_id_size = 20;
	os.load_addr = SNAPCAP_OS_LOAD_ANY;
	part->offset = SNAPCAP_OS_PART_ALIGN;
	part->size = sizeof(kernel);
	part->stored_size = sizeof(kernel);
	part->sum = snapimg_sum(kernel, sizeof(kernel));
	os.image_size = part->offset + part->size;
	snapimg_os_build(&os, (void *)(fake_flash + FAKE_OS));
	memcpy(fake_flash + FAKE_OS + part->offset, kernel, sizeof(kernel));
}

void power_setup(void)
{
	assert_int_equal(fake_setup(NULL), 0);
	fake_machine(&machine, tree, sizeof(tree));
	linear = *plat.medium[0].media;
	span = 0;
	put_os();
	machine_bind(&plat, &machine, &subject_machine);
	subject_machine.kernel_release = os.kernel_release;
	subject_machine.build_id = os.build_id;
	subject_machine.build_id_size = os.build_id_size;
	subject_machine.os_identity = snapimg_os_identity(&os);
}

void power_medium(bool paged)
{
	*plat.medium[0].media = paged ? fake_paged : linear;
}

void power_medium_size(u64 size)
{
	plat.medium[0].media->size = FAKE_SNAPSHOT + size;
}

void power_put(u64 off, const struct subject *s)
{
	memcpy(power_at(off), s->bytes, s->img.image_size);
	if (s->span > span)
		span = s->span;
}

struct power_outcome power_on(void)
{
	struct snapcap_handoff *page = (void *)fake_ram(FAKE_HANDOFF);
	/* Kept across the jump back. */
	static struct power_outcome out;
	int how;

	fake_restart();
	memset(fake_ram((u64)SUBJECT_PFN << PAGE_SHIFT), JUNK, (size_t)span << PAGE_SHIFT);
	memset(page, JUNK, sizeof(*page));
	memset(&boot, 0, sizeof(boot));
	boot.arena = (struct arena){ heap, sizeof(heap), 0 };
	boot.machine = machine;
	boot.below = ~0ULL;
	handoff_begin(page, &plat, &boot.machine);
	how = setjmp(end);
	if (!how)
		boot_system();
	out.up = (enum power_up)(how - 1);
	out.reason = le32_to_cpu(page->reason);
	out.detail = le64_to_cpu(page->detail);
	out.sequence = le64_to_cpu(page->sequence);
	/* What the page says is what happens. */
	assert_int_equal(le32_to_cpu(page->boot), out.up == POWER_RESTORED ? SNAPCAP_BOOT_RESTORE :
			 SNAPCAP_BOOT_COLD);
	return out;
}

bool power_loader_is_whole(void)
{
	const u8 *p = fake_ram(FAKE_STUB_BASE);

	return *p == JUNK && !memcmp(p, p + 1, FAKE_STUB_SIZE - 1);
}
