/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * CPU records: what the loader needs to enter the restored kernel, and nothing
 * else. All other CPU state is saved and put back by the module's own resume
 * code, so that it never becomes a contract.
 */
#ifndef _UAPI_LINUX_SNAPCAP_CPU_H
#define _UAPI_LINUX_SNAPCAP_CPU_H

/* Offsets into struct snapcap_cpu_arm64, for assembler. */
#define SNAPCAP_ARM64_CPU_MAIR		0x10
#define SNAPCAP_ARM64_CPU_TCR		0x18
#define SNAPCAP_ARM64_CPU_TTBR1		0x20
#define SNAPCAP_ARM64_CPU_ENTRY		0x28
#define SNAPCAP_ARM64_CPU_ARG		0x30

#ifndef __ASSEMBLY__
#include <linux/types.h>

/**
 * struct snapcap_cpu_arm64 - how to enter a restored arm64 kernel
 * @arch: SNAPCAP_ARCH_ARM64
 * @size: sizeof(struct snapcap_cpu_arm64)
 * @el: exception level the kernel ran at, 1 or 2
 * @boot_el: exception level the kernel was entered at, which is where firmware
 *	starts its other CPUs; 0: not known
 * @mair: MAIR_EL1, that of EL2 when @el is 2; attribute 0 must be Normal write-back (0xff)
 * @tcr: TCR_EL1, likewise; the loader keeps its own T0SZ
 * @ttbr1: TTBR1_EL1, likewise
 * @entry: virtual address of the module's resume function
 * @arg: passed to it in x0
 * @mpidr: affinity of the CPU that it was taken on; restored on the same one
 * @reserved1: zero
 *
 * The loader enters @entry with the MMU on, TTBR1/MAIR/TCR as recorded, its
 * own identity map in TTBR0, all exceptions masked, TLB and instruction cache
 * invalidated. At EL2 with HCR_EL2.E2H and TGE set, where @el is 2. It refuses
 * the record when it was itself entered at another level than @boot_el, or cannot
 * give @el.
 */
struct snapcap_cpu_arm64 {
	__le32 arch;
	__le32 size;
	__le32 el;
	__le32 boot_el;
	__le64 mair;
	__le64 tcr;
	__le64 ttbr1;
	__le64 entry;
	__le64 arg;
	__le64 mpidr;
	__le64 reserved1;
};
#endif /* __ASSEMBLY__ */

#endif /* _UAPI_LINUX_SNAPCAP_CPU_H */
