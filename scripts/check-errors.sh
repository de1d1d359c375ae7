#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check-errors.sh [ROOT]: every cause and every reason of the UAPI headers is
# explained in Documentation/errors.rst, with its number, and has its entry in the
# tables of snapctl; and neither speaks of one that does not exist. The exit codes
# of snapctl are in its manual and in the document. Prints TAP, exits 0 when all
# of it is so.

# The backquotes are those of the document.
# shellcheck disable=SC2016

set -u
cd "${1:-$(dirname "$0")/..}" || exit 1

uapi=include/uapi/linux
doc=Documentation/errors.rst
table=tools/snapctl/advice.c
words=lib/snapimg/reason.c
exits=tools/snapctl/cmd.h
manual=tools/snapctl/snapctl.8.rst
count=0
failed=0

# result DESCRIPTION WRONG: what is wrong, nothing when all is well
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

# defined PREFIX FILE: "NAME NUMBER" of each
defined() {
	sed -nE "s/^#define[[:space:]]+(SNAPCAP_${1}_[A-Z0-9_]+)[[:space:]]+([0-9]+).*/\1 \2/p" "$2" |
		sort
}

# documented PREFIX: the same, from the headings of the document
documented() {
	sed -nE "s/^\`\`(SNAPCAP_${1}_[A-Z0-9_]+)\`\` \(([0-9]+)\),.*/\1 \2/p" "$doc" | sort
}

# entries PREFIX FILE: names that have an entry in a table there
entries() {
	sed -nE "s/^[[:space:]]*(\[|\{ )(SNAPCAP_${1}_[A-Z0-9_]+)(\]|,).*/\2/p" "$2" | sort
}

# mentioned PREFIX FILE: every name that is used there
mentioned() {
	grep -oE "SNAPCAP_${1}_[A-Z0-9_]+" "$2" | sort -u
}

# compare DESCRIPTION WANTED FOUND
compare() {
	# Nothing equals nothing, but means that this script no longer finds its places.
	[ -n "$2" ] || { result "$1" "nothing found to compare with"; return; }
	result "$1" "$(diff <(echo "$2") <(echo "$3") | sed -n 's/^</missing:/p; s/^>/not wanted:/p')"
}

for prefix in CAUSE REASON; do
	header=$uapi/snapcap.h
	[ $prefix = REASON ] && header=$uapi/snapcap_reason.h
	all=$(defined $prefix $header)
	names=$(cut -d' ' -f1 <<<"$all")

	result "$header defines some SNAPCAP_${prefix}_*" \
		"$([ "$(wc -l <<<"$all")" -ge 20 ] || echo "found: $all")"
	result "each number of SNAPCAP_${prefix}_* is used once" \
		"$(cut -d' ' -f2 <<<"$all" | sort | uniq -d)"
	compare "$doc explains each SNAPCAP_${prefix}_* with its number" "$all" \
		"$(documented $prefix)"
	compare "$table has an entry for each SNAPCAP_${prefix}_*" "$names" \
		"$(entries $prefix $table)"
	result "$doc speaks of no other SNAPCAP_${prefix}_*" \
		"$(comm -13 <(echo "$names") <(mentioned $prefix $doc))"
done

compare "$words has a name for each SNAPCAP_REASON_*" \
	"$(defined REASON $uapi/snapcap_reason.h | cut -d' ' -f1)" "$(entries REASON $words)"

# The names in the document are those of the programs.
compare "$doc has the names of the reasons" \
	"$(sed -nE 's/^.*\{ (SNAPCAP_REASON_[A-Z0-9_]+), "([a-z-]+)".*/\1 \2/p' $words | sort)" \
	"$(sed -nE 's/^``(SNAPCAP_REASON_[A-Z0-9_]+)`` \([0-9]+\), \*([a-z-]+)\*.*/\1 \2/p' $doc | sort)"
compare "$doc has the names of the causes" \
	"$(sed -nE '/\[SNAPCAP_CAUSE_/{N;s/.*\[(SNAPCAP_CAUSE_[A-Z0-9_]+)\].*\n[[:space:]]*"([a-z-]+)".*/\1 \2/p}' \
		$table | sort)" \
	"$(sed -nE 's/^``(SNAPCAP_CAUSE_[A-Z0-9_]+)`` \([0-9]+\), \*([a-z-]+)\*.*/\1 \2/p' $doc | sort)"

# Exit codes: by name in the table of causes, by number in the document.
numbers=$(sed -nE 's/^[[:space:]]*(SNAPCTL_[A-Z_]+) = ([0-9]+),.*/\1 \2/p' $exits)
result "$exits defines the exit codes" "$([ "$(wc -l <<<"$numbers")" -ge 10 ] || echo "$numbers")"
for file in $doc $manual; do
	compare "$file explains every exit code" "$(cut -d' ' -f2 <<<"$numbers" | sort)" \
		"$(sed -n '/^E[xX][iI][tT] \(codes\|STATUS\)/,/^\(Causes\|FILES\)/p' "$file" |
			sed -nE 's/^\*{0,2}([0-9]+)\*{0,2}$/\1/p' | sort)"
done
compare "$doc has the exit code of each cause" \
	"$(awk 'NR == FNR { number[$1] = $2; next }
		match($0, /SNAPCAP_CAUSE_[A-Z0-9_]+\]/) { cause = substr($0, RSTART, RLENGTH - 1) }
		/^static const struct cause causes/ { inside = 1 }
		/^};/ { inside = 0 }
		inside && match($0, /SNAPCTL_[A-Z_]+,/) {
			print cause, number[substr($0, RSTART, RLENGTH - 1)] }' \
		<(echo "$numbers") $table | sort)" \
	"$(sed -nE 's/^``(SNAPCAP_CAUSE_[A-Z0-9_]+)``.*, exit code ([0-9]+)$/\1 \2/p' $doc | sort)"

echo "1..$count"
exit $failed
