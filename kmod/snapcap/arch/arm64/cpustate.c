// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: the boot CPU's state around a capture. General and system registers
 * are in the assembler part; FPSIMD, timers, PMU and GICv2 are saved by their
 * own CPU PM notifiers, which syscore_suspend() runs.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/arch_timer.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>
#include <asm/virt.h>
#include <clocksource/arm_arch_timer.h>
#include <linux/snapcap_cpu.h>
#include <linux/snapcap_handoff.h>
#include <linux/snapcap_image.h>
#include "arch.h"
#include "context.h"

#define CHECK_OFFSET(member, off) \
	static_assert(offsetof(struct snapcap_arm64_context, member) == (off))

CHECK_OFFSET(regs, CTX_REGS);
CHECK_OFFSET(sp, CTX_SP);
CHECK_OFFSET(x18, CTX_X18);
CHECK_OFFSET(sp_el0, CTX_SP_EL0);
CHECK_OFFSET(tpidrro_el0, CTX_TPIDRRO_EL0);
CHECK_OFFSET(contextidr, CTX_CONTEXTIDR);
CHECK_OFFSET(tcr, CTX_TCR);
CHECK_OFFSET(ttbr1, CTX_TTBR1);
CHECK_OFFSET(vbar, CTX_VBAR);
CHECK_OFFSET(mdscr, CTX_MDSCR);
CHECK_OFFSET(osdlr, CTX_OSDLR);
CHECK_OFFSET(pmuserenr, CTX_PMUSERENR);
CHECK_OFFSET(csselr, CTX_CSSELR);
CHECK_OFFSET(hcr_el2, CTX_HCR_EL2);
CHECK_OFFSET(mdcr_el2, CTX_MDCR_EL2);
CHECK_OFFSET(tpidr_el2, CTX_TPIDR_EL2);
CHECK_OFFSET(cntvoff_el2, CTX_CNTVOFF_EL2);
static_assert(sizeof(struct snapcap_arm64_context) == CTX_SIZE);

/* One CPU, one take at a time. It must be in the snapshot, so it is static. */
static struct snapcap_arm64_context saved_context;

/* Pointer authentication: five keys of two halves, ID_AA64ISAR1/2 say which exist. */
struct key_pair {
	u64 lo, hi;
};

static struct key_pair saved_keys[5];

static void save_ptrauth_keys(void)
{
	if (system_supports_address_auth()) {
		saved_keys[0].lo = read_sysreg_s(SYS_APIAKEYLO_EL1);
		saved_keys[0].hi = read_sysreg_s(SYS_APIAKEYHI_EL1);
		saved_keys[1].lo = read_sysreg_s(SYS_APIBKEYLO_EL1);
		saved_keys[1].hi = read_sysreg_s(SYS_APIBKEYHI_EL1);
		saved_keys[2].lo = read_sysreg_s(SYS_APDAKEYLO_EL1);
		saved_keys[2].hi = read_sysreg_s(SYS_APDAKEYHI_EL1);
		saved_keys[3].lo = read_sysreg_s(SYS_APDBKEYLO_EL1);
		saved_keys[3].hi = read_sysreg_s(SYS_APDBKEYHI_EL1);
	}
	if (system_supports_generic_auth()) {
		saved_keys[4].lo = read_sysreg_s(SYS_APGAKEYLO_EL1);
		saved_keys[4].hi = read_sysreg_s(SYS_APGAKEYHI_EL1);
	}
}

static void restore_ptrauth_keys(void)
{
	if (system_supports_address_auth()) {
		write_sysreg_s(saved_keys[0].lo, SYS_APIAKEYLO_EL1);
		write_sysreg_s(saved_keys[0].hi, SYS_APIAKEYHI_EL1);
		write_sysreg_s(saved_keys[1].lo, SYS_APIBKEYLO_EL1);
		write_sysreg_s(saved_keys[1].hi, SYS_APIBKEYHI_EL1);
		write_sysreg_s(saved_keys[2].lo, SYS_APDAKEYLO_EL1);
		write_sysreg_s(saved_keys[2].hi, SYS_APDAKEYHI_EL1);
		write_sysreg_s(saved_keys[3].lo, SYS_APDBKEYLO_EL1);
		write_sysreg_s(saved_keys[3].hi, SYS_APDBKEYHI_EL1);
	}
	if (system_supports_generic_auth()) {
		write_sysreg_s(saved_keys[4].lo, SYS_APGAKEYLO_EL1);
		write_sysreg_s(saved_keys[4].hi, SYS_APGAKEYHI_EL1);
	}
	isb();
}

/* What the loader said of the level it entered the kernel at; 0: nothing. */
static u32 boot_level;

static u32 read_boot_level(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, SNAPCAP_DT_COMPAT_STUB);
	u32 level = 0;

	/* The kernel knows, but tells no module. */
	of_property_read_u32(np, SNAPCAP_DT_BOOT_LEVEL, &level);
	of_node_put(np);
	return level <= 2 ? level : 0;
}

int snapcap_arch_init(void)
{
	boot_level = read_boot_level();
	return snapcap_gicv3_init();
}

void snapcap_arch_exit(void)
{
	snapcap_gicv3_exit();
}

const char *snapcap_arch_check(void)
{
	if (system_supports_mte())
		return "memory tags (MTE)";
	if (system_supports_sme())
		return "SME state";
	if (PAGE_SHIFT != 12)
		return "page size other than 4 KiB";
	return NULL;
}

u32 snapcap_arch_id(void)
{
	return SNAPCAP_ARCH_ARM64;
}

u64 snapcap_arch_counter(void)
{
	return arch_timer_read_counter();
}

int snapcap_arch_suspend(int (*fn)(void *arg), void *arg)
{
	u64 zcr = 0;

	snapcap_gicv3_save();
	save_ptrauth_keys();
	if (system_supports_sve())
		zcr = read_sysreg_s(SYS_ZCR_EL1);

	if (snapcap_arm64_save(&saved_context))
		return fn(arg);

	/* Restored: what the assembler part leaves to C. */
	restore_ptrauth_keys();
	__uaccess_enable_hw_pan();
	if (system_supports_sve())
		write_sysreg_s(zcr, SYS_ZCR_EL1);
	snapcap_gicv3_restore();
	return SNAPCAP_ARCH_RESTORED;
}

size_t snapcap_arch_record(void *record)
{
	struct snapcap_cpu_arm64 *cpu = record;

	BUILD_BUG_ON(sizeof(*cpu) > SNAPCAP_ARCH_RECORD_MAX);

	memset(cpu, 0, sizeof(*cpu));
	cpu->arch = cpu_to_le32(SNAPCAP_ARCH_ARM64);
	cpu->size = cpu_to_le32(sizeof(*cpu));
	cpu->el = cpu_to_le32(is_kernel_in_hyp_mode() ? 2 : 1);
	cpu->boot_el = cpu_to_le32(boot_level);
	cpu->mair = cpu_to_le64(saved_context.mair);
	cpu->tcr = cpu_to_le64(saved_context.tcr);
	cpu->ttbr1 = cpu_to_le64(saved_context.ttbr1);
	cpu->entry = cpu_to_le64((unsigned long)snapcap_arm64_resume);
	cpu->arg = cpu_to_le64((unsigned long)&saved_context);
	cpu->mpidr = cpu_to_le64(read_cpuid_mpidr() & MPIDR_HWID_BITMASK);
	return sizeof(*cpu);
}
