// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * What the CPU itself offers: counter, checksum, clearing, and the checks that
 * decide whether a kernel can be entered on it.
 */
#include <linux/snapcap_cpu.h>
#include <linux/snapcap_image.h>
#include <linux/snapcap_reason.h>
#include <snapimg.h>
#include "../arch.h"
#include "arm64.h"
#include "sysreg.h"

#define MPIDR_AFFINITY	0xff00ffffffULL

const u32 arch_id = SNAPCAP_ARCH_ARM64;

/* Set by the entry: Linux is entered where the machine started. */
u64 entered_at_el2;

u32 arch_boot_level(void)
{
	return entered_at_el2 ? 2 : 1;
}

u64 arch_counter(void)
{
	isb();		/* not read ahead of what is timed */
	return read_sysreg(cntvct_el0);
}

u64 arch_counter_hz(void)
{
	return read_sysreg(cntfrq_el0);
}

void arch_io_barrier(void)
{
	/* A device observes in the outer shareable domain (DDI 0487, C6.2 DMB). */
	asm volatile("dmb osh" : : : "memory");
}

static bool have_crc32(void)
{
	return read_sysreg(id_aa64isar0_el1) >> 16 & 0xf;
}

static bool have_vhe(void)
{
	return read_sysreg(id_aa64mmfr1_el1) >> 8 & 0xf;
}

static u32 crc_word(u32 crc, u64 v)
{
	asm(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r" (crc) : "r" (v));
	return crc;
}

static u32 crc_byte(u32 crc, u8 v)
{
	asm(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r" (crc) : "r" (v));
	return crc;
}

u32 arch_crc32c(u32 crc, const void *data, size_t size)
{
	const u8 *p = data;
	const u64 *w;

	if (!have_crc32())
		return snapimg_crc32c_soft(crc, data, size);

	crc = ~crc;
	for (; size && (uintptr_t)p & 7; size--)
		crc = crc_byte(crc, *p++);
	w = (const u64 *)p;
	for (; size >= 64; size -= 64, w += 8) {
		crc = crc_word(crc, w[0]);
		crc = crc_word(crc, w[1]);
		crc = crc_word(crc, w[2]);
		crc = crc_word(crc, w[3]);
		crc = crc_word(crc, w[4]);
		crc = crc_word(crc, w[5]);
		crc = crc_word(crc, w[6]);
		crc = crc_word(crc, w[7]);
	}
	for (; size >= 8; size -= 8)
		crc = crc_word(crc, *w++);
	for (p = (const u8 *)w; size; size--)
		crc = crc_byte(crc, *p++);
	return ~crc;
}

void arch_clear(u64 base, u64 size)
{
	u64 zid = read_sysreg(dczid_el0);
	u64 line = 4ULL << (zid & 0xf);
	u64 p, end = base + size;

	if (zid & 1 << 4 || line > PAGE_SIZE) {		/* DC ZVA prohibited */
		memset((void *)(uintptr_t)base, 0, size);
		return;
	}
	/*
	 * Not cleaned for instruction fetch: zeros are no instructions, and who
	 * writes code there later cleans it.
	 */
	for (p = base; p < end; p += line)
		asm volatile("dc zva, %0" : : "r" (p) : "memory");
}

/*
 * A kernel comes back at the level it ran at, on a machine that starts at the
 * level it started at: firmware enters the other CPUs there again, and Linux
 * wants all of them to be alike.
 */
static bool can_give_level(const struct snapcap_cpu_arm64 *cpu)
{
	u32 level = arch_boot_level();

	if (cpu->boot_el && cpu->boot_el != level)
		return false;
	if (cpu->el == 2)
		return level == 2 && have_vhe();
	return cpu->el == 1;
}

int arch_resume_check(const void *record, u64 size)
{
	struct snapcap_cpu_arm64 cpu;
	int err = snapimg_cpu_check(SNAPCAP_ARCH_ARM64, record, size);

	if (err)
		return err;
	memcpy(&cpu, record, sizeof(cpu));
	if (!can_give_level(&cpu) || (cpu.mpidr ^ read_sysreg(mpidr_el1)) & MPIDR_AFFINITY)
		return -SNAPCAP_REASON_CPU;
	return 0;
}

void arch_resume(const void *record)
{
	const struct snapcap_cpu_arm64 *cpu = record;
	u64 tcr = (cpu->tcr & ~TCR_TTBR0_FIELDS) | TCR_OWN;

	asm volatile("msr daifset, #15" : : : "memory");
	cache_sync_fetch();
	if (cpu->el == 2)
		resume_jump_vhe(record, tcr);
	resume_jump(record, tcr);
}

/* The header of an arm64 kernel image: Documentation/arm64/booting.rst. */
struct kernel_header {
	u32 code[2];
	u64 text_offset;
	u64 image_size;
	u64 flags;
	u64 reserved[3];
	u32 magic;
	u32 reserved4;
};

#define KERNEL_MAGIC		0x644d5241	/* "ARM\x64" */
#define KERNEL_BIG_ENDIAN	1
#define KERNEL_PAGE_SIZE(flags)	((flags) >> 1 & 3)
#define KERNEL_ALIGN		(2ULL << 20)
#define KERNEL_SIZE_MAX		(1ULL << 32)

_Static_assert(sizeof(struct kernel_header) == ARCH_KERNEL_HEAD, "booting.rst");

int arch_kernel_layout(const void *image, u64 stored, struct arch_kernel *out)
{
	struct kernel_header h;

	if (stored < sizeof(h))
		return -SNAPCAP_REASON_KERNEL;
	memcpy(&h, image, sizeof(h));
	/* image_size is zero before Linux 3.17, where text_offset is not to be trusted. */
	if (h.magic != KERNEL_MAGIC || h.flags & KERNEL_BIG_ENDIAN ||
	    KERNEL_PAGE_SIZE(h.flags) > 1)
		return -SNAPCAP_REASON_KERNEL;
	if (h.image_size < stored || h.image_size > KERNEL_SIZE_MAX ||
	    h.text_offset >= KERNEL_ALIGN || h.text_offset & (PAGE_SIZE - 1))
		return -SNAPCAP_REASON_KERNEL;
	out->align = KERNEL_ALIGN;
	out->offset = h.text_offset;
	out->size = h.image_size;
	return 0;
}

void arch_kernel_start(u64 entry, u64 dtb, const struct arch_block *block, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		cache_clean(block[i].base, block[i].base + block[i].size);
	kernel_jump(entry, dtb, entered_at_el2);
}
