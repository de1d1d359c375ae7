#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-headers.sh: compiles each header that leaves the project by itself, the
# way its users will: as C90 and C++ with every pedantry on, as the C of the
# kernel, for another architecture, and from assembler where it says it can.
# Prints TAP; exit 0 when all is well. HOSTCC, HOSTCXX and CROSS_CC choose the
# compilers.

set -u
root=$(cd "$(dirname "$0")/.." && pwd)
uapi=$root/include/uapi
HOSTCC=${HOSTCC:-gcc}
HOSTCXX=${HOSTCXX:-g++}
CROSS_CC=${CROSS_CC:-aarch64-linux-gnu-gcc}
strict=(-Wall -Wextra -Werror -pedantic -Wpadded -fsyntax-only)

count=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# result DESCRIPTION STATUS LOG
result() {
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		sed 's/^/# /' "$3"
		failed=1
	fi
}

# compiles DESCRIPTION COMMAND...: compiles $work/program
compiles() {
	local what=$1
	shift
	"$@" -I"$uapi" "$work/program" >"$work/log" 2>&1
	result "$what" $? "$work/log"
}

# Twice, because an include guard is a part of a header too.
twice() {
	printf '#include <linux/%s>\n#include <linux/%s>\n%s\n' "$1" "$1" "extern int unused;"
}

# Every constant as a number, so that none uses C that assembler does not have.
assembler_program() {
	echo "#include <linux/$1>"
	echo ".data"
	echo "#include <linux/$1>" |
		"$CROSS_CC" -E -dM -D__ASSEMBLY__ -x assembler-with-cpp -I"$uapi" - |
		awk '$2 ~ /^SNAPCAP_/ && NF > 2 { print ".quad " $2 }'
}

# What the rules of include/uapi/linux/README leave out, comments put aside.
plain() {
	"$HOSTCC" -fpreprocessed -dD -E -P -x c "$uapi/linux/$1" 2>"$work/log" |
		grep -nE '\b(enum|bool|_Bool|inline|extern|typedef|long|union)\b|__packed|__attribute__|[a-z0-9_]+ *:|\*[a-z]' \
		>"$work/log"
	[ $? -eq 1 ]
	result "$1 has nothing that layout or language would depend on" $? "$work/log"
}

for path in "$uapi"/linux/*.h; do
	header=${path##*/}
	twice "$header" >"$work/program"
	compiles "$header compiles as C90" "$HOSTCC" -std=c90 "${strict[@]}" -x c
	compiles "$header compiles as gnu11" "$HOSTCC" -std=gnu11 "${strict[@]}" -x c
	compiles "$header compiles as C++98" "$HOSTCXX" -std=c++98 "${strict[@]}" -x c++
	compiles "$header compiles as C++17" "$HOSTCXX" -std=c++17 "${strict[@]}" -x c++
	compiles "$header compiles for the target" "$CROSS_CC" -std=gnu11 "${strict[@]}" -x c
	if grep -q __ASSEMBLY__ "$path"; then
		assembler_program "$header" >"$work/program"
		compiles "$header assembles" "$CROSS_CC" -Wall -Werror -D__ASSEMBLY__ -c \
			-o "$work/program.o" -x assembler-with-cpp
	fi
	plain "$header"
done

echo "1..$count"
exit $failed
