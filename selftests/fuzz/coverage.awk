# SPDX-License-Identifier: GPL-2.0-only
# Sums up the table of 'llvm-cov report': lines of each file and of all together.
# -v least=PERCENT of all, -v each=PERCENT of one, -v files=HOW MANY there are to be.
# Fails when there is less, the last line says of what.

$1 ~ /\.c$/ {
	# file, regions, missed, cover, functions, missed, executed, lines, missed, cover ...
	lines = $8
	missed = $9
	percent = lines ? 100 * (lines - missed) / lines : 0
	printf "%-12s %5d of %5d lines, %5.1f %%\n", $1, lines - missed, lines, percent
	all += lines
	not_seen += missed
	count++
	if (percent < each)
		low = low " " $1
}

END {
	percent = all ? 100 * (all - not_seen) / all : 0
	printf "%.1f %% of %d lines in %d parsers", percent, all, count
	if (count != files)
		printf "; there are %d parsers", files
	if (percent < least)
		printf "; less than %d %%", least
	if (low)
		printf "; less than %d %% of%s", each, low
	printf "\n"
	exit count != files || percent < least || low != ""
}
