# SPDX-License-Identifier: GPL-2.0-only
# A thin dispatcher: every part has a Makefile of its own and builds alone.
# 'make help' lists the targets. O=<dir> puts what is built elsewhere than in
# build/, V=1 shows the commands, W=1 and C=1 reach the module's build.

O ?= build
override O := $(abspath $(O))
FLAVOUR ?= base
PLAT ?= qemu-virt-arm64
Q := $(if $(V),,@)
# Not O itself: the parts' Makefiles would take it for their own.
unexport O
MAKEFLAGS += --no-print-directory
export SNAPCAP_BUILD := $(O)
export V

triplet = $(shell $(CROSS_COMPILE)gcc -dumpmachine)
# Debian's cross compiler has no libraries for its target: mmdebstrap fetches them.
sysroot = $(if $(filter aarch64-linux-gnu-,$(CROSS_COMPILE)),$(shell scripts/sysroot.sh arm64))

all: snapctl bootstub kmod

help:
	@echo 'Two commands that need nothing but this tree on Debian 12, as root or with sudo:'
	@echo '  make demo        boot cold, take a snapshot, cut the power, restore it; in QEMU'
	@echo '  make check       every test; the last line is "N passed, N failed, N skipped"'
	@echo
	@echo 'Parts:'
	@echo '  make deps        install the Debian packages of scripts/deps.txt that are missing'
	@echo '  make snapctl     build/<triplet>/snapctl   [CROSS_COMPILE=aarch64-linux-gnu-]'
	@echo '  make bootstub    build/bootstub/<board>/bootstub.bin   [PLAT=qemu-virt-arm64]'
	@echo '  make kmod        build/kmod/<flavour>/snapcap.ko   [FLAVOUR=base|debug] [W=1] [C=1]'
	@echo '                   (for your own kernel: make -C kmod/snapcap KDIR=...)'
	@echo '  make man docs    the manual page; the documentation as HTML'
	@echo '  make install     snapctl and its manual page   [DESTDIR=] [PREFIX=/usr]'
	@echo
	@echo 'More:'
	@echo '  make check-style style, headers, module boundaries, kernel-doc'
	@echo '  make check-unit  the unit and golden tests, on the host'
	@echo '  make check-sim   power cuts at every flash operation, in a simulator on the host'
	@echo '  make bench       cold boot, hibernation and snapshot compared, build/bench.json;'
	@echo '                   snapshots in one pass and in two, build/bench-service.json'
	@echo '  make soak        the long tests, some hours; build/soak.json'
	@echo '                   [SOAK_ROUNDS=1000] [FUZZ_SECONDS=600]'
	@echo '  make clean       remove build/; the cache in $$SNAPCAP_CACHE stays'

deps:
	$(Q)scripts/deps.sh

snapctl:
	$(Q)$(MAKE) -C tools/snapctl O=$(O)/$(triplet) $(if $(SYSROOT),,SYSROOT=$(sysroot))

man:
	$(Q)$(MAKE) -C tools/snapctl O=$(O)/$(triplet) man

bootstub:
	$(Q)$(MAKE) -C bootstub PLAT=$(PLAT) O=$(O)/bootstub/$(PLAT)

kmod:
	$(Q)W='$(W)' C='$(C)' scripts/kmod.sh $(FLAVOUR)

# These build what they need before they start a machine.
demo: deps
	$(Q)python3 -B selftests/qemu/demo.py

bench: deps
	$(Q)rc=0; for bench in bench bench_service; do \
		python3 -B selftests/qemu/$$bench.py || rc=1; done; exit $$rc

soak: deps
	$(Q)scripts/soak.sh

check: deps
	$(Q)scripts/check.sh

check-style:
	$(Q)scripts/check.sh style

check-unit:
	$(Q)scripts/check.sh unit

check-sim:
	$(Q)scripts/check.sh sim

docs:
	$(Q)scripts/docs.sh

install:
	$(Q)$(MAKE) -C tools/snapctl O=$(O)/$(triplet) install

clean:
	rm -rf $(O)

.PHONY: all help deps snapctl man bootstub kmod demo bench soak check check-style check-unit \
	check-sim docs install clean
