#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kmod.sh FLAVOUR: builds the module, the modules that its tests use and the sample
# drivers, against the kernel of that flavour; build/kmod/FLAVOUR/*.ko. W and C in the
# environment are Kbuild's. With SNAPCAP_NO_PAGING=1 the module is as for a kernel that
# has no zsmalloc, alone, and in build/kmod/FLAVOUR-no-paging.
#
# Kbuild builds an external module in its own folder. Two flavours therefore
# each get a shadow of the sources, made of links, in the layout of the tree.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

arch=arm64
flavour=${1:?flavour: base, debug or kasan}
out=$sc_build/kmod/$flavour${SNAPCAP_NO_PAGING:+-no-paging}
cross=$(cross_prefix $arch)
kernel=$("$sc_root/scripts/kernel.sh" "$flavour")

shadow()
{
	local file

	find "$out" -type l -delete
	cd "$sc_root"
	find kmod/snapcap selftests/modules Documentation/samples lib include/uapi -type f \
		\( -name '*.[chS]' -o -name Kbuild -o -name Makefile \) ! -name '*.mod.c' |
		while read -r file; do
			mkdir -p "$out/$(dirname "$file")"
			ln -s "$sc_root/$file" "$out/$file"
		done
	cd "$OLDPWD"
}

build()
{
	make -C "$out/$1" KDIR="$kernel" ARCH=$arch \
		CROSS_COMPILE="$cross" SNAPCAP_SYMVERS="$out/kmod/snapcap/Module.symvers" \
		${W:+W="$W"} ${C:+C="$C"} ${V:+V="$V"} --no-print-directory -j"$(nproc)"
	cp -p "$out/$1"/*.ko "$out/"
}

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
shadow
build kmod/snapcap
[ -z "${SNAPCAP_NO_PAGING:-}" ] || exit 0
build selftests/modules
build Documentation/samples/snapcap_edu
build Documentation/samples/snapcap_carveout
