/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The architecture contract: what generic code asks of arch/<a>. Fourteen
 * functions, all mandatory; start.S calls stub_main(), the vectors call
 * stub_tell() and stub_exception().
 */
#ifndef ARCH_H
#define ARCH_H

#include <snapimg_glue.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)

/* SNAPCAP_ARCH_* of what this is built for. */
extern const u32 arch_id;

/* Pages of the window that saved pages are decoded through: 16 MiB. */
#define ARCH_WINDOW_PAGES	4096

enum arch_memory {
	ARCH_MEMORY_CODE,	/* cacheable, read-only, executable */
	ARCH_MEMORY_CONST,	/* cacheable, read-only */
	ARCH_MEMORY_DATA,	/* cacheable, writable */
	ARCH_MEMORY_DEVICE,	/* registers */
};

/** struct arch_map - a page-aligned range that is mapped where it lies */
struct arch_map {
	u64 base;
	u64 size;
	enum arch_memory kind;
};

/** struct arch_kernel - what a kernel image says about where it wants to be */
struct arch_kernel {
	u64 align;	/* of the base */
	u64 offset;	/* of the image from the base; execution starts there */
	u64 size;	/* bytes it occupies from there, more than are stored */
};

/* Bytes of a kernel image that arch_kernel_layout() looks at. */
#define ARCH_KERNEL_HEAD	64

/** struct arch_block - bytes in memory that the kernel reads with its caches off */
struct arch_block {
	u64 base;
	u64 size;
};

/** arch_boot_level() - privilege level that Linux is booted at; arm64: 1 or 2 */
u32 arch_boot_level(void);

/** arch_counter() - the free-running counter that starts at power-on */
u64 arch_counter(void);

/** arch_counter_hz() - its rate */
u64 arch_counter_hz(void);

/**
 * arch_map() - add identity mappings
 * @map: ranges
 * @count: entries of @map
 *
 * The first call also maps the loader's own region and turns MMU and caches on.
 * What is mapped already keeps its mapping.
 *
 * Return: 0 or -SNAPCAP_REASON_NO_SPACE
 */
int __attribute__((warn_unused_result)) arch_map(const struct arch_map *map, u32 count);

/**
 * arch_window_map() - map saved pages at the next place of the window
 * @slot: page index in the window; @slot + @pages within ARCH_WINDOW_PAGES
 * @pfn: first of @pages physical pages that follow each other
 * @pages: number of pages; 0 (with @slot 0) only ends the round
 *
 * A round starts at slot 0 and uses each slot once, so that no mapping changes
 * while it is in use. Slot 0 ends the round before: its pages are made visible
 * to instruction fetch and unmapped.
 *
 * Return: the virtual address of @slot
 */
void *arch_window_map(u32 slot, u64 pfn, u32 pages);

/**
 * arch_device_window() - map registers, or flash that takes commands, writable
 * @base: physical address
 * @size: bytes, within one 2 MiB block; 0: end the mapping
 *
 * Besides any other mapping of the same memory; whoever writes drops what the
 * caches have of it.
 *
 * Return: virtual address of @base, NULL when it does not lie in one block
 */
volatile void *arch_device_window(u64 base, u64 size);

/** arch_crc32c() - CRC-32C as snapimg_crc32c_soft(), by instructions where there are any */
u32 arch_crc32c(u32 crc, const void *data, size_t size);

/** arch_io_barrier() - memory accesses before and after it are in order, also for devices */
void arch_io_barrier(void);

/** arch_clear() - zero mapped memory; page aligned */
void arch_clear(u64 base, u64 size);

/** arch_flush() - write mapped memory back and forget it: the next read is from memory */
void arch_flush(u64 base, u64 size);

/**
 * arch_resume_check() - can this CPU enter the kernel of that CPU record?
 * @record: CPU section, hostile
 * @size: its bytes
 *
 * Return: 0 or -SNAPCAP_REASON_CPU
 */
int __attribute__((warn_unused_result)) arch_resume_check(const void *record, u64 size);

/**
 * arch_resume() - never returns: enter a restored kernel
 * @record: checked CPU record
 *
 * The point of no return of the loader.
 */
void __attribute__((noreturn)) arch_resume(const void *record);

/**
 * arch_kernel_layout() - read the header of a kernel image
 * @image: its first ARCH_KERNEL_HEAD bytes
 * @stored: bytes of it that are loaded, at least as many
 * @out: result
 *
 * Return: 0 or -SNAPCAP_REASON_KERNEL
 */
int __attribute__((warn_unused_result))
arch_kernel_layout(const void *image, u64 stored, struct arch_kernel *out);

/**
 * arch_kernel_start() - never returns: enter a kernel as after power-on
 * @entry: physical address
 * @dtb: physical address of its device tree
 * @block: what must be in memory, not only in the caches
 * @count: entries of @block
 */
void __attribute__((noreturn))
arch_kernel_start(u64 entry, u64 dtb, const struct arch_block *block, u32 count);

/* ---- generic code that arch code enters ---- */

/**
 * stub_main() - never returns: the loader, on its stack in RAM, MMU off
 * @entry_counter: arch_counter() at its first instruction
 * @el: privilege level that it was entered at
 * @dtb: physical address of a device tree from the stage before, hostile; 0: none
 */
void __attribute__((noreturn)) stub_main(u64 entry_counter, u32 el, u64 dtb);

/**
 * stub_tell() - print what an exception interrupted, unless that was this function
 * @kind: of exception, one word
 * @level: privilege level that ran
 * @state: its processor state
 * @reg: its general registers, the stack pointer last
 * @count: entries of @reg, a multiple of four
 */
void stub_tell(const char *kind, u32 level, u64 state, const u64 *reg, u32 count);

/** stub_exception() - never returns: an exception was taken, the stack is fresh */
void __attribute__((noreturn)) stub_exception(u64 cause, u64 pc, u64 address);

#endif
