#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-doc.sh: the kernel's kernel-doc over the interfaces and the module. TAP.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/tap.sh
. "$(dirname "$0")/tap.sh"
set +e
cd "$sc_root" || exit 1

kernel_doc=$(scripts/kernel-src.sh)/scripts/kernel-doc

check()
{
	local what=$1 text

	shift
	text=$(find "$@" -name '*.[ch]' ! -name '*.mod.c' -print0 |
		xargs -0 perl "$kernel_doc" -none 2>&1 | grep -E 'warning:|error:')
	tap_empty "$what" "$text"
}

check "the user-space interface is documented" include/uapi
check "the libraries are documented" lib/snapimg lib/snapstore lib/snapnand
check "the module's kernel-doc is well formed" kmod/snapcap
check "that of the sample drivers is" Documentation/samples

# What drivers can call, and what they can be called by, is in their guide.
for_drivers()
{
	grep -hoE 'EXPORT_SYMBOL_GPL\([a-z_]+\)' kmod/snapcap/*.c | sed 's/.*(\(.*\))/\1/'
	sed -n '/^struct snapcap_ops {/,/^}/s/.*(\*\([a-z_]*\))(.*/\1/p' kmod/snapcap/snapcap_driver.h
}
tap_empty "the guide for drivers speaks of all that is for them" \
	"$(for_drivers | while read -r name; do
		grep -q "\b$name\b" Documentation/drivers.rst || echo "$name"
	done; [ "$(for_drivers | wc -l)" -ge 10 ] || echo "nothing found to compare with")"
tap_run "the manual page is well formed" make -s -C tools/snapctl O="$sc_build/check/man" man
tap_end
