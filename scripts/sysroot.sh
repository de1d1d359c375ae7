#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sysroot.sh ARCH: prints the path of a sysroot with the target's libraries and
# headers (shared and static), for 'gcc --sysroot' and for the stub's bare-metal
# link. Packages are extracted, not configured, so no emulation is needed and
# the host's dpkg gets no foreign architecture.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

arch=${1:?architecture: arm64}
packages=libc6-dev,libgcc-12-dev,linux-libc-dev,libmtd-dev,liblz4-dev,libfdt-dev,libjson-c-dev
packages+=,zlib1g-dev,libxxhash-dev,libmount-dev,libblkid-dev
cross_prefix "$arch" >/dev/null
recipe=3
key=$(cache_key "$recipe" "$packages" "$sc_suite" "$sc_mirror")
out=$sc_cache/sysroot/$arch-$key

fetch()
{
	extract_packages "$arch" "$tmp/sysroot.tar" --include="$packages" &&
		mkdir -p "$tmp/root" &&
		tar -C "$tmp/root" --no-same-owner --exclude=./dev -xf "$tmp/sysroot.tar"
}

# A link that is absolute inside the target would lead to the host's libraries.
relative_links()
{
	local link target

	find "$tmp/root/usr" "$tmp/root/lib" -type l -lname '/*' 2>/dev/null |
		while read -r link; do
			target=$(readlink "$link")
			ln -sfnr "$tmp/root$target" "$link"
		done
}

if [ ! -d "$out" ]; then
	cache_lock "sysroot-$arch"
	if [ ! -d "$out" ]; then
		cache_scratch sysroot
		run_step "sysroot for $arch" "$sc_cache/log/sysroot-$arch.log" retry 3 fetch
		relative_links
		chmod 755 "$tmp/root"
		cache_publish "$tmp/root" "$out"
	fi
fi
cache_used "$out"
echo "$out"
