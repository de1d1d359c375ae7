# SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
CROSS_COMPILE ?= aarch64-linux-gnu-
ARCH_OBJS := start.o el2.o exception.o report.o resume.o cache.o mmu.o cpu.o
# SIMD registers belong to LZ4 and libfdt: they are not used before the MMU is
# on, nor in exceptions. No outlined atomics: there is nothing to call.
ARCH_CFLAGS := -march=armv8-a -mgeneral-regs-only -mno-outline-atomics
ARCH_LIBDIR := aarch64-linux-gnu
