#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-build.sh: every part builds, the module without a word from W=1 and
# sparse. TAP.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/tap.sh
. "$(dirname "$0")/tap.sh"
set +e
cd "$sc_root" || exit 1

# In a place of its own: what is up to date there would not be looked at.
strict_kmod()
{
	local text

	rm -rf "$sc_build/check/kmod/$1${SNAPCAP_NO_PAGING:+-no-paging}"
	text=$(SNAPCAP_BUILD=$sc_build/check W=1 C=2 scripts/kmod.sh "$1" 2>&1) || { echo "$text"; return 1; }
	text=$(grep -E 'warning:|error:' <<<"$text") || return 0
	echo "$text"
	return 1
}

for flavour in base debug; do
	kernel=$(scripts/kernel.sh "$flavour")
	tap "the $flavour kernel builds" $? "$kernel"
	tap_run "the module builds against it, W=1 and sparse have nothing to say" \
		strict_kmod "$flavour"
done
SNAPCAP_NO_PAGING=1 tap_run "the module builds for a kernel without zsmalloc" strict_kmod base
tap_run "make kmod builds the module" \
	make kmod FLAVOUR=base
tap_run "snapctl builds for this machine" make snapctl
tap_run "snapctl builds for arm64" make snapctl CROSS_COMPILE="$(cross_prefix arm64)"
tap_run "the loader builds and is within its size" make bootstub PLAT=qemu-virt-arm64
tap_run "snapctl installs" make install DESTDIR="$sc_build/check/install"
tap_end
