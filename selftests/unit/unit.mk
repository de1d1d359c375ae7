# SPDX-License-Identifier: GPL-2.0-only
#
# Rules of the host unit tests. A folder's Makefile says what is tested and then
# includes this file:
#
#   TESTS := header_test table_test      # header_test.c and so on, a program each
#   header_test_SRCS := $(ROOT)/lib/snapimg/header.c    # what it tests, what it needs
#   header_test_CFLAGS, header_test_LDFLAGS, header_test_LIBS   # just for this one
#   header_test_DEPS := files            # to be made before it runs
#   header_test_ENV := NAME=value        # its environment
#   INCS := -I...                        # searched before the folders named below
#   LIBS := -llz4                        # for all of the folder's programs
#
# Every program gets its own objects, so that a source can be built with other
# options, or with other functions replaced, in each. `make check` runs them all,
# goes on after a failure, prints TAP and fails when one of them did. `make V=1`
# shows the commands.

UNIT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
ROOT := $(abspath $(UNIT)/../..)
PART ?= $(notdir $(CURDIR))
O ?= $(ROOT)/build
OUT := $(O)/selftests/unit/$(PART)

# Not CC: a cross compiler in the environment is not for these.
HOSTCC ?= gcc
UNIT_TIMEOUT ?= 300

# Every cmocka test takes a state, few need it: hence no -Wunused-parameter.
UNIT_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter \
	-Wmissing-prototypes -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CPPFLAGS = $(INCS) -I$(UNIT) -I$(ROOT)/lib/snapimg -I$(ROOT)/lib/snapstore \
	-I$(ROOT)/lib/snapnand -I$(ROOT)/include/uapi
UNIT_LDFLAGS := -fsanitize=address,undefined
UNIT_ENV := CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=print_stacktrace=1
UNIT_MAKEFILES := $(MAKEFILE_LIST)

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$(patsubst $(ROOT)/%,%,$(2))" >&2)

unit_obj = $(OUT)/$(1).obj/$(patsubst $(ROOT)/%,%,$(abspath $(2))).o
unit_srcs = $(1).c $($(1)_SRCS)
unit_objs = $(foreach s,$(unit_srcs),$(call unit_obj,$(1),$(s)))

.PHONY: all check clean
.DEFAULT_GOAL := all
all: $(addprefix $(OUT)/,$(TESTS))

define unit_compile
$(call unit_obj,$(1),$(2)): $(2) $(UNIT_MAKEFILES)
	$$(call say,HOSTCC,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(UNIT_CFLAGS) $$($(1)_CFLAGS) $$(UNIT_CPPFLAGS) -MMD -MP -c $$< -o $$@
endef

define unit_link
$(OUT)/$(1): $(call unit_objs,$(1))
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(HOSTCC) $$(UNIT_LDFLAGS) $$($(1)_LDFLAGS) $$^ -lcmocka $$($(1)_LIBS) $$(LIBS) -o $$@
endef

$(foreach t,$(TESTS),$(eval $(call unit_link,$(t))))
$(foreach t,$(TESTS),$(foreach s,$(call unit_srcs,$(t)),$(eval $(call unit_compile,$(t),$(s)))))

-include $(foreach t,$(TESTS),$(patsubst %.o,%.d,$(call unit_objs,$(t))))

# A program that dies prints no TAP line for it, so the shell does.
unit_run = { echo "\# $(PART)/$(1)"; \
	env $(UNIT_ENV) $($(1)_ENV) timeout $(UNIT_TIMEOUT) $(OUT)/$(1) || \
	{ echo "not ok - $(PART)/$(1) ended with status $$?"; rc=1; }; }

# Expanded late: what makes a test's files may be included after this one.
.SECONDEXPANSION:
check: all $$(foreach t,$$(TESTS),$$($$(t)_DEPS))
	@rc=0; $(foreach t,$(TESTS),$(call unit_run,$(t));) exit $$rc

clean:
	rm -rf $(OUT)
