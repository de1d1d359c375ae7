# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # the variables are shared with lib.sh and the scripts
# Test suites one after the other, each with a log of its own that is summed up.
# Sourced behind lib.sh, never run.

passed=0
failed=0
skipped=0
logs=

# suites_begin DIRECTORY: of the logs
suites_begin()
{
	# or the progress of a Python suite comes all at once
	export PYTHONUNBUFFERED=1
	logs=$1
	mkdir -p "$logs"
	rm -f "$logs"/*.log "$logs/suites.tsv"
}

# run_suite NAME COMMAND...
run_suite()
{
	local name=$1 log=$logs/$1.log began=$SECONDS rc=0 tick=0 p f s

	shift
	say "$name: ${*/#$sc_root\//}"
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	step_pid=$!
	set +m
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 0.2
		tick=$((tick + 1))
		[ $((tick % 50)) -eq 0 ] || continue
		say "$name: $((SECONDS - began)) s, $(grep -c '^ok' "$log") ok," \
			"$(grep -c '^not ok' "$log") not ok"
	done
	wait "$step_pid" || rc=$?
	step_pid=
	read -r p f s < <(awk -f "$sc_root/scripts/tap-sum.awk" "$log")
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
		echo "not ok - $name ended with status $rc" >>"$log"
		f=1
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	echo "$name: $p passed, $f failed, $s skipped ($((SECONDS - began)) s)"
	printf '%s\t%d\t%d\t%d\t%d\n' "$name" "$p" "$f" "$s" $((SECONDS - began)) >>"$logs/suites.tsv"
	if [ "$f" -ne 0 ]; then
		if grep -qE '^(not ok [0-9]|Bail out!)' "$log"; then
			grep -E -A 12 '^(not ok|Bail out!)' "$log" | grep -vE '^(ok|--)' | head -n 80
		else
			tail -n 25 "$log"
		fi | sed 's/^/    /'
		echo "    status $rc, log: $log"
	fi
	# what was not looked at is said, not only counted
	grep -iE '^ok.*# *skip' "$log" | sed 's/^/    /' || true
}
