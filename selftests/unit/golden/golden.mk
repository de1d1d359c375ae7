# SPDX-License-Identifier: GPL-2.0-only
# Makes the golden images. Any folder of unit tests can include this after
# unit.mk and use $(GOLDEN) as what a test depends on and $(GOLDEN_DIR) as where
# golden.snap, golden.stream and golden.os are, and golden-pageable.snap with the
# pages of its pageable part, golden-pageable.pages, and golden-bound.snap, which is
# bound to golden.os, with the number that says so, golden.identity.

GOLDEN_DIR := $(O)/selftests/unit/golden
GOLDEN := $(GOLDEN_DIR)/golden.stamp
GOLDEN_MAKER := $(UNIT)/golden/mkgolden.py

$(GOLDEN): $(GOLDEN_MAKER)
	$(call say,GOLDEN,$(GOLDEN_DIR))
	$(Q)mkdir -p $(@D)
	$(Q)python3 $< $(@D)
	$(Q)touch $@
