# SPDX-License-Identifier: GPL-2.0-only
# Sums up what 'gcov -t' prints, of several programs: a line that one of them reaches is
# reached. Lines of each parser, and of all together.
# -v parsers="FILE..." that are to be there, -v root=FOLDER/ left out of their names,
# -v least=PERCENT of all, -v each=PERCENT of one; or -v show=1: the lines that are not reached.
# Fails when there is less, or a line 'failed:PROGRAM'; the last line says of what.

BEGIN {
	FS = ":"
	count = split(parsers, name, " ")
	for (i = 1; i <= count; i++)
		wanted[name[i]] = 1
}

$1 == "failed" {
	failed = failed " " $2
	next
}

$2 ~ /^ *0$/ {
	if ($3 == "Source")
		file = $4
	next
}

!(file in wanted) || $1 ~ /^ *-$/ { next }

{
	at = file SUBSEP $2 + 0
	if (!(at in reached)) {
		reached[at] = 0
		lines[file]++
		text[at] = $0
		sub(/^[^:]*:/, "", text[at])
		order[file, lines[file]] = at
	}
	if ($1 ~ /[0-9]/ && !reached[at]) {
		reached[at] = 1
		seen[file]++
	}
}

END {
	for (i = 1; i <= count; i++) {
		file = name[i]
		short = substr(file, length(root) + 1)
		if (show) {
			for (k = 1; k <= lines[file]; k++)
				if (!reached[order[file, k]])
					print short ":" text[order[file, k]]
			continue
		}
		percent = lines[file] ? 100 * seen[file] / lines[file] : 0
		printf "%-24s %4d of %4d lines, %5.1f %%\n", short, seen[file], lines[file], percent
		all += lines[file]
		all_seen += seen[file]
		if (percent < each)
			low = low " " short
	}
	if (show)
		exit
	percent = all ? 100 * all_seen / all : 0
	printf "%.1f %% of %d lines in %d parsers", percent, all, count
	if (percent < least)
		printf "; less than %d %%", least
	if (low)
		printf "; less than %d %% of%s", each, low
	if (failed)
		printf "; could not be counted:%s", failed
	printf "\n"
	exit percent < least || low != "" || failed != ""
}
