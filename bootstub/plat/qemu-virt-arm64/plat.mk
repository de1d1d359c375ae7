# SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
# QEMU "virt", 64-bit: two CFI NOR banks at 0, RAM at 0x40000000, virtio-mmio.
ARCH := arm64
PLAT_OBJS := plat.o
MEDIA_OBJS := mem.o virtio_blk.o cfi.o
WATCHDOG_OBJS := i6300esb.o

# The loader's region, without the hand-off page that follows it.
STUB_BASE := 0x40200000
STUB_SIZE := 0x1ff000
HANDOFF_BASE := 0x403ff000

# Where execution starts at power-on: there nothing in a register counts.
RESET_BASE := 0x0

# How long the loader waits for a key at every start, in milliseconds. With 0 one
# that is held down is still seen.
CONSOLE_WINDOW_MS ?= 0

# How long a restored system may take until it feeds the watchdog, in milliseconds.
WATCHDOG_MS ?= 30000

# Bytes of bootstub.bin, all of which are copied to RAM.
SIZE_BUDGET := 98304
