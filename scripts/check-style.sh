#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-style.sh: licence lines, white space, checkpatch and shellcheck. TAP.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/tap.sh
. "$(dirname "$0")/tap.sh"
set +e
cd "$sc_root" || exit 1

# In a release there is no git; then everything but what builds leave behind.
files()
{
	git ls-files -- "$@" 2>/dev/null | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done | grep . ||
		find "${@:-.}" -type f ! -path '*/build/*' ! -name '*.o' ! -name '*.mod*' | sed 's|^\./||'
}

no_spdx()
{
	# settings: the runner of the kernel's selftests knows no comment there; what
	# a fuzzer is fed with has a program that made it beside it
	files | grep -vE '^LICENSES/|^selftests/snapcap/settings$|^selftests/fuzz/corpus/[^/]*/' | while read -r file; do
		head -n 5 "$file" | grep -aq 'SPDX-License-Identifier: ' || echo "$file"
	done
}

foreign_licence()
{
	files lib bootstub | grep -E '\.([chS]|mk|py|sh)$|Makefile$' | while read -r file; do
		grep -q 'SPDX-License-Identifier: .*BSD-3-Clause' "$file" || echo "$file"
	done
	files include/uapi | grep -E '\.h$' | while read -r file; do
		grep -q 'SPDX-License-Identifier: .*GPL-2.0.* WITH Linux-syscall-note) OR BSD-3-Clause' \
			"$file" || echo "$file"
	done
}

# A string is not split for this, nor is a table of constants with comments.
long_lines()
{
	files | grep -E '\.[chS]$' | while read -r file; do
		expand "$file" | grep -nE '^.{101}' | grep -vE '"|^[0-9]+:#define' | sed "s|^|$file:|"
	done
}

shell_files()
{
	files | while read -r file; do
		head -n 3 "$file" | grep -aqE '^#!/bin/(ba)?sh|shellcheck shell=' && echo "$file"
	done
}

tap_empty "every file names its licence" "$(no_spdx)"
tap_empty "lib, bootstub and the format are under both licences" "$(foreign_licence)"
tap_empty "no white space at the end of a line" \
	"$(files | grep -vE '^LICENSES/|\.(bin|img)$|^selftests/fuzz/corpus/[^/]*/' | tr '\n' '\0' | xargs -0 grep -nIE '[ 	]+$' /dev/null)"
tap_empty "no line of C over 100 columns" "$(long_lines)"

source_dir=$(scripts/kernel-src.sh)
mapfile -t kernel_style < <(files kmod lib include Documentation/samples | grep -E '\.[chS]$')
findings=$(perl "$source_dir/scripts/checkpatch.pl" -q -f --terse --show-types "${kernel_style[@]}" 2>&1)
tap_empty "checkpatch finds no error in kmod, lib, include and the samples" \
	"$(grep -E 'ERROR:' <<<"$findings")"
grep -E 'WARNING:' <<<"$findings" | sed 's/^/# /'

mapfile -t scripts < <(shell_files)
# SC2164, cd without a test: the scripts run under set -e
tap_run "shellcheck finds nothing in ${#scripts[@]} scripts" \
	shellcheck -x -S warning -e SC2164 "${scripts[@]}"
mapfile -t python < <(files | grep '\.py$')
tap_run "${#python[@]} Python files compile" python3 -B -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name).read(), name)' "${python[@]}"
tap_end
