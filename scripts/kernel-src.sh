#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel-src.sh: prints the kernel source directory, unpacked once from
# Debian's linux-source-6.1. The folder of kselftests needs it as KSRC, the
# style checks for checkpatch and kernel-doc.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

package=linux-source-6.1
tarball=/usr/src/$package.tar.xz

[ -f "$tarball" ] || die "$tarball is missing: run 'make deps'"
# shellcheck disable=SC2016 # the format is dpkg's
version=$(dpkg-query -W -f '${Version}' "$package")
src=$sc_cache/linux-source/$version

if [ ! -d "$src" ]; then
	cache_lock "linux-source-$version"
	if [ ! -d "$src" ]; then
		cache_scratch linux-source
		run_step "unpacking $package $version" "$sc_cache/log/linux-source.log" \
			-c "du -sm '$tmp' | cut -f1 | sed 's/\$/ MiB/'" \
			tar -C "$tmp" -x -f "$tarball" -I 'xz -T0' --strip-components=1
		cache_publish "$tmp" "$src"
	fi
fi
cache_used "$src"
echo "$src"
