#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-includes.sh [ROOT]: who may include what. A folder is a boundary of
# dependency and licence; this is what keeps it one. Looks at #include lines and
# at a few words that say the same, prints TAP, exits 0 when nothing is crossed.

set -u
cd "${1:-$(dirname "$0")/..}" || exit 1

count=0
failed=0

# Every #include of the files, as "file:line:<target>" or "file:line:"target"".
includes() {
	grep -HnE '^[[:space:]]*#[[:space:]]*include' "$@" /dev/null |
		sed -E 's/^([^:]*:[0-9]*:)[[:space:]]*#[[:space:]]*include(_next)?[[:space:]]*([<"][^>"]*[>"]).*/\1\3/'
}

# result DESCRIPTION FOUND: what was found is what is wrong
result() {
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		echo "# ${2//$'\n'/$'\n'# }"
		failed=1
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP there are no such files"
}

# only DESCRIPTION REGEX FILE...: every target matches
only() {
	local what=$1 regex=$2
	shift 2
	[ $# -gt 0 ] || { skip "$what"; return; }
	result "$what" "$(includes "$@" | grep -vE ":[0-9]+:($regex)\$")"
}

# never DESCRIPTION REGEX FILE...: no target matches
never() {
	local what=$1 regex=$2
	shift 2
	[ $# -gt 0 ] || { skip "$what"; return; }
	result "$what" "$(includes "$@" | grep -E ":[0-9]+:($regex)\$")"
}

# unsaid DESCRIPTION REGEX FILE...: no line has it, comments put aside
unsaid() {
	local what=$1 regex=$2
	shift 2
	[ $# -gt 0 ] || { skip "$what"; return; }
	result "$what" "$(grep -HnE "$regex" "$@" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(\*|/\*|//)')"
}

# sources DIRECTORY [FIND-ARGUMENT...]: fills $files
sources() {
	files=()
	[ -d "$1" ] || return
	mapfile -t files < <(find "$@" -type f -name '*.[chS]' ! -name '*.mod.c' | sort)
}

# own DIRECTORY...: the quoted names of the headers there
own() {
	local dir
	for dir in "$@"; do
		[ -d "$dir" ] && find "$dir" -maxdepth 1 -name '*.h' -printf '"%f"\n'
	done | sed 's/\./\\./g' | paste -sd '|' | sed 's/^$/"-"/'
}

format='<linux/snapcap_(image|os|handoff|cpu|reason)\.h>'
freestanding='<(stdarg|stdbool|stddef|stdint|limits)\.h>'

# The format

sources include/uapi ! -name snapcap.h
only "the format headers include only <linux/types.h> and each other" \
	"<linux/types\.h>|$format" "${files[@]}"
only "snapcap.h includes <linux/ioctl.h> besides" \
	"<linux/(types|ioctl)\.h>|$format" include/uapi/linux/snapcap.h

# The library

sources lib/snapimg
only "lib/snapimg includes only itself, its glue and the format" \
	"\"snapimg(_private)?\.h\"|<snapimg_glue\.h>|$format" "${files[@]}"
unsaid "lib/snapimg neither allocates, prints, nor asserts on what it is given" \
	'\b(malloc|calloc|realloc|free|kmalloc|printf|printk|pr_[a-z]+|assert|BUG_ON|WARN_ON)[[:space:]]*\(' \
	"${files[@]}"
unsaid "lib/snapimg knows nothing of its hosts" '__KERNEL__|__linux__|CONFIG_|LINUX_VERSION' \
	"${files[@]}"

sources lib/snapstore
only "lib/snapstore includes only itself and lib/snapimg's header" '"snap(store(_private)?|img)\.h"' \
	"${files[@]}"
unsaid "lib/snapstore neither allocates, prints, nor asserts on what it is given" \
	'\b(malloc|calloc|realloc|free|kmalloc|printf|printk|pr_[a-z]+|assert|BUG_ON|WARN_ON)[[:space:]]*\(' \
	"${files[@]}"
unsaid "lib/snapstore knows nothing of its hosts" '__KERNEL__|__linux__|CONFIG_|LINUX_VERSION' \
	"${files[@]}"

sources lib/snapnand
only "lib/snapnand includes only itself and lib/snapstore's header" \
	'"snap(nand(_private)?|store)\.h"' "${files[@]}"
unsaid "lib/snapnand neither allocates, prints, nor asserts on what it is given" \
	'\b(malloc|calloc|realloc|free|kmalloc|printf|printk|pr_[a-z]+|assert|BUG_ON|WARN_ON)[[:space:]]*\(' \
	"${files[@]}"
unsaid "lib/snapnand knows nothing of its hosts" '__KERNEL__|__linux__|CONFIG_|LINUX_VERSION' \
	"${files[@]}"

# The module

kernel='<(linux|asm|asm-generic|clocksource|crypto|trace|kunit|generated)/[^>]*>'
sources kmod/snapcap ! -path '*/arch/*' ! -path '*/compat/*' ! -name snapimg.c
only "the module includes the kernel, the library's header and its own" \
	"$kernel|<snap(img(_glue)?|store|nand)\.h>|$(own kmod/snapcap)" "${files[@]}"
sources kmod/snapcap -name snapimg.c
only "only snapimg.c of the module takes in sources, and only the libraries'" \
	"$kernel|<snapimg(_glue)?\.h>|\"\.\./\.\./lib/snap(img|store|nand)/[a-z0-9_]+\.c\"" "${files[@]}"
sources kmod
never "the module includes nothing of the tool or the loader" '.*(tools|bootstub)/.*' "${files[@]}"
sources kmod/snapcap ! -path '*/compat/*'
unsaid "the module asks for the kernel's version only in compat/" 'LINUX_VERSION_CODE' "${files[@]}"
for dir in kmod/snapcap/arch/*/; do
	dir=${dir%/}
	sources "$dir"
	only "${dir#*/} includes the kernel, arch.h, the format and its own" \
		"$kernel|\"arch\.h\"|$(own "$dir")" "${files[@]}"
	never "${dir#*/} sees no session" '.*[<"/]snapcap\.h.*' "${files[@]}"
done

# The tool

sources tools/snapctl
never "snapctl includes nothing of the module or the loader" '.*(kmod|bootstub)/.*' "${files[@]}"
never "snapctl includes nothing internal to the kernel" \
	'<(asm|linux/(module|kernel|slab|mm|init|device|export|printk|list|sched|mtd)[/.]).*' \
	"${files[@]}"
sources tools/snapctl ! -name flash.c
never "libmtd is behind flash.c of snapctl" '<libmtd\.h>' "${files[@]}"
sources tools/snapctl ! -name mounts.c
never "libmount is behind mounts.c of snapctl" '<libmount(/[a-z]*)?\.h>' "${files[@]}"
sources tools/snapctl ! -name unlz4.c
never "liblz4 is behind unlz4.c of snapctl" '<lz4[a-z]*\.h>' "${files[@]}"

# The loader

# Its own <string.h> stands in for a C library that it does not have.
stub="$freestanding|<string\.h>|<linux/types\.h>|$format|<snap(img(_glue)?|store|nand)\.h>|<(libfdt|lz4|xxhash)\.h>"
sources bootstub ! -path '*/arch/*' ! -path '*/plat/*'
only "the loader includes no hosted C library and nothing of an architecture or board" \
	"$stub|$(own bootstub bootstub/media bootstub/serial bootstub/watchdog)|\"(\.\./)?media/media\.h\"|\"(plat/plat|arch/arch|serial/serial|watchdog/watchdog)\.h\"|\"\.\./(plat/plat|arch/arch|console|devtree|handoff|machine|mmio|pci)\.h\"" \
	"${files[@]}"
for dir in bootstub/arch/*/; do
	dir=${dir%/}
	sources "$dir"
	only "$dir includes arch.h, the format and its own" \
		"$stub|\"(\.\./)?arch\.h\"|$(own "$dir")" "${files[@]}"
	never "$dir reads no medium and no image" '.*(media|[</"]image)[./].*' "${files[@]}"
done
for dir in bootstub/plat/*/; do
	dir=${dir%/}
	sources "$dir"
	only "$dir includes plat.h, the media, serial.h, watchdog.h and its own" \
		"$stub|\"(\.\./)?plat\.h\"|\"(\.\./\.\./)?media/[a-z0-9_]+\.h\"|\"\.\./\.\./(serial/serial|watchdog/watchdog)\.h\"|$(own "$dir")" "${files[@]}"
done

# Everything

files=()
for dir in include lib kmod tools bootstub; do
	[ -d "$dir" ] && mapfile -t -O ${#files[@]} files < <(find "$dir" -type f -name '*.[chS]')
done
never "nothing includes selftests/" '.*selftests/.*' "${files[@]}"
result "the tree has one copy of every format header" \
	"$(find . -name 'snapcap*.h' -path '*linux*' -not -path './include/uapi/*' -not -path './build/*' -not -path './.git/*')"

echo "1..$count"
exit $failed
