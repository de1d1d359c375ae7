#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts_test.sh: the summing up of TAP, and the cache of the build scripts.

root=$(cd "$(dirname "$0")/../../.." && pwd)
. "$root/scripts/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# sums DESCRIPTION "PASSED FAILED SKIPPED" LINE...
sums()
{
	local what=$1 want=$2 have

	shift 2
	have=$(printf '%s\n' "$@" | awk -f "$root/scripts/tap-sum.awk")
	[ "$have" = "$want" ]
	tap "$what" $? "wanted '$want', got '$have'"
}

# in_cache SHELL-CODE: runs it as one of the build scripts would, in a new cache
in_cache()
{
	printf '#!/bin/bash\n. "%s/scripts/lib.sh"\n%s\n' "$root" "$1" >"$work/script.sh"
	SNAPCAP_CACHE=$work/cache bash "$work/script.sh" 2>"$work/stderr"
}

sums "passes and skips are told apart" "2 0 1" "1..3" "ok 1 - a" "ok 2 - b # SKIP no" "ok 3"
sums "a failure counts" "1 1 0" "1..2" "ok 1" "not ok 2 - b"
sums "an expected failure is a failure" "0 1 0" "1..1" "not ok 1 # TODO later"
sums "tests that were planned and did not run are failures" "1 2 0" "1..3" "ok 1"
sums "a plan may come last" "2 0 0" "ok 1" "ok 2" "1..2"
sums "a late plan is held to as well" "1 1 0" "ok 1" "1..2"
sums "tests without a plan are not enough" "1 1 0" "ok 1"
sums "an empty log is a failure" "0 1 0" ""
sums "a log without a test is a failure" "0 1 0" "make: nothing to be done"
sums "a stream that ends early is not hidden by the next" "4 1 0" \
	"1..3" "ok 1" "ok 2" "1..2" "ok 1" "ok 2"
sums "a skipped stream is one skip" "0 0 1" "1..0 # SKIP no hardware"
sums "an empty plan is a failure" "0 1 0" "1..0"
sums "a bail-out is a failure" "1 2 0" "1..2" "ok 1" "Bail out! no more"
sums "a remark about a dead program fills no place" "1 2 0" "1..2" "ok 1" "not ok - x died"
sums "subtests are left to their test" "1 0 0" "1..1" "    not ok 1 - sub" "# not ok 2" "ok 1"
sums "carriage returns of a console do no harm" "1 0 0" $'1..1\r' $'ok 1\r'

key=$(in_cache 'cache_key a b; cache_key ab; cache_key a b')
[ "$(sort -u <<<"$key" | wc -l)" -eq 2 ]
tap "a cache key tells words apart and is the same again" $? "$key"

echo one >"$work/input"
key=$(in_cache "cache_key $work/input; echo two >$work/input; cache_key $work/input")
[ "$(sort -u <<<"$key" | wc -l)" -eq 2 ]
tap "a cache key depends on what is in a file" $? "$key"

in_cache 'cache_scratch x; mkdir "$tmp/d"; cache_publish "$tmp/d" "$sc_cache/r/d"; [ -d "$sc_cache/r/d" ]' &&
	[ -z "$(ls -A "$work/cache/tmp")" ]
tap "a result is published, and the scratch directory goes" $?

in_cache 'cache_scratch x; run_step "fails" "$sc_cache/log" false'
[ $? -ne 0 ] && grep -q 'fails failed with status 1' "$work/stderr" &&
	[ -z "$(ls -A "$work/cache/tmp")" ]
tap "a step that fails ends the script, and leaves nothing behind" $? "$(cat "$work/stderr")"

in_cache 'n=0; try() { n=$((n + 1)); [ "$n" -eq 2 ]; }; retry 3 try 2>/dev/null; [ "$n" -eq 2 ]'
tap "what fails once is tried again" $?

in_cache 'cache_lock one; sleep 1; echo first >>"$sc_cache/order"' &
sleep 0.4
SNAPCAP_CACHE=$work/cache bash -c ". '$root/scripts/lib.sh'; cache_lock one 2>/dev/null
	echo second >>\"\$sc_cache/order\""
wait
[ "$(tr '\n' ' ' <"$work/cache/order")" = "first second " ]
tap "of two that make the same thing, one waits" $?

in_cache 'echo $$ >"$sc_cache/script"
	run_step "sleeps" "$sc_cache/log" sh -c "sleep 600 & echo \$! >$sc_cache/step; wait"' &
while [ ! -s "$work/cache/step" ]; do
	sleep 0.1
done
kill -TERM "$(cat "$work/cache/script")"
wait
step=$(cat "$work/cache/step")
for ((i = 0; i < 50; i++)); do
	[ -e "/proc/$step" ] || break
	sleep 0.1
done
[ ! -e "/proc/$step" ] || { kill "$step"; false; }
tap "a step does not outlive its script" $?
tap_end
