#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apt.sh ARCH: prints the path of a squashfs with apt and all that it needs, for the
# test of the hook that apt runs before it changes anything. The root of the system
# under test has dpkg, and no apt. Packages are extracted, not configured.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

arch=${1:?architecture: arm64}
need mmdebstrap mksquashfs
recipe=1
key=$(cache_key "$recipe" "$sc_suite" "$sc_mirror")
out=$sc_cache/apt/$arch-$key

# Only /usr: what lies elsewhere the root has, or apt makes it.
fetch()
{
	extract_packages "$arch" "$tmp/apt.tar" --include=apt \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' &&
		mkdir -p "$tmp/tree" "$tmp/result" &&
		tar -C "$tmp/tree" --no-same-owner -xf "$tmp/apt.tar" ./usr &&
		mksquashfs "$tmp/tree" "$tmp/result/apt.squashfs" -quiet -no-progress -all-root \
			-comp lz4
}

if [ ! -d "$out" ]; then
	cache_lock "apt-$arch"
	if [ ! -d "$out" ]; then
		cache_scratch apt
		run_step "apt for $arch" "$sc_cache/log/apt-$arch.log" retry 3 fetch
		cache_publish "$tmp/result" "$out"
	fi
fi
cache_used "$out"
echo "$out/apt.squashfs"
