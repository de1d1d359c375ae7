#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel.sh FLAVOUR (base|debug|kasan): prints the build directory of a kernel with
# arch/arm64/boot/Image in it and usable as KDIR, built first if need be.
#
# A kernel build directory holds absolute paths, so it is built where it stays
# and marked as finished, in place of being renamed; an interrupted build goes
# on where it was.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

arch=arm64
flavour=${1:?flavour: base, debug or kasan}
configs=$sc_root/selftests/qemu/kernel
fragments=("$configs/$arch.config")
case $flavour in
base) ;;
debug) fragments+=("$configs/debug.config") ;;
kasan) fragments+=("$configs/debug.config" "$configs/kasan.config") ;;
*) die "unknown flavour '$flavour': base, debug or kasan" ;;
esac

cross=$(cross_prefix $arch)
need "${cross}gcc" make bc bison flex
src=$("$sc_root/scripts/kernel-src.sh")
# Count the recipe up when a change of this script changes the kernel.
recipe=1
key=$(cache_key "$recipe" "$(basename "$src")" "$("${cross}gcc" -dumpfullversion)" \
	"$("${cross}ld" --version | head -n 1)" "${fragments[@]}")
out=$sc_cache/kernel/$flavour-$key
log=$sc_cache/log/kernel-$flavour-$key.log

kmake()
{
	# The same inputs give the same kernel: its build id goes into snapshots.
	make -C "$src" O="$out" ARCH=$arch CROSS_COMPILE="$cross" \
		KBUILD_BUILD_USER=snapcap KBUILD_BUILD_HOST=snapcap KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_TIMESTAMP="1970-01-01 00:00:00 UTC" "$@"
}

# One line per symbol, the last fragment wins, 'n' in one spelling.
merge()
{
	awk '
		/^# CONFIG_[A-Z0-9_]+ is not set$/ { name = $2; value = "n" }
		/^CONFIG_[A-Z0-9_]+=/ {
			name = $0; sub(/=.*/, "", name)
			value = $0; sub(/^[^=]*=/, "", value)
		}
		!/^(# )?CONFIG_/ { next }
		{ set[name] = value }
		END { for (name in set) print name "=" set[name] }
	' "$@" | sort
}

# A symbol whose dependencies are not met vanishes without a word: look.
verify()
{
	merge "$out/.config" >"$out/.config.have"
	while IFS= read -r line; do
		case $line in
		*=n) ! grep -q "^${line%=n}=[^n]" "$out/.config.have" ;;
		*) grep -qxF -- "$line" "$out/.config.have" ;;
		esac || { echo "requested but not in .config: $line"; return 1; }
	done <"$out/.config.want"
}

configure()
{
	merge "${fragments[@]}" >"$out/.config.want"
	kmake KCONFIG_ALLCONFIG="$out/.config.want" allnoconfig && verify
}

build()
{
	kmake -j"$(nproc)" Image modules
}

if [ ! -f "$out/.finished" ]; then
	cache_lock "kernel-$flavour"
	if [ ! -f "$out/.finished" ]; then
		mkdir -p "$out"
		[ -f "$out/.configured" ] ||
			run_step "$flavour kernel: configuring" "$log.config" configure
		touch "$out/.configured"
		run_step "$flavour kernel: building" "$log" \
			-c "echo \$(grep -cE '^  (CC|AS|LD|AR)' '$log') objects of about 1550" build
		touch "$out/.finished"
		say "$flavour kernel: done"
	fi
fi
cache_used "$out"
echo "$out"
