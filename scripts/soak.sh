#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# soak.sh [PART...]: what takes too long for every day (parts: sim mutants fuzz qemu restores;
# all without an argument), some hours of it. Each part has a log of its own under build/soak;
# the table at the end is build/soak.json as well. Fails as check.sh does.
#
# SOAK_ROUNDS: restores of one snapshot (default: 1000)
# FUZZ_SECONDS: for each of the fuzzers (default: 600)

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/suites.sh
. "$(dirname "$0")/suites.sh"

cd "$sc_root"
parts=("${@:-all}")

wanted()
{
	[[ " ${parts[*]} " =~ \ (all|$1)\  ]]
}

for part in "${parts[@]}"; do
	case $part in
	all | sim | mutants | fuzz | qemu | restores) ;;
	*) die "no such part: '$part' (sim mutants fuzz qemu restores)" ;;
	esac
done
suites_begin "$sc_build/soak"

wanted sim && run_suite sim make -s -C selftests/sim O="$sc_build" soak
wanted mutants && run_suite mutants make -s -C selftests/sim O="$sc_build" mutants
wanted fuzz && run_suite fuzz make -s -C selftests/fuzz O="$sc_build" \
	SECONDS="${FUZZ_SECONDS:-600}" run
wanted qemu && run_suite qemu python3 -B selftests/qemu/check.py --soak
wanted restores && run_suite restores python3 -B selftests/qemu/soak.py "${SOAK_ROUNDS:-1000}"

scripts/soak-report.py "$logs" "$sc_build/soak.json"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
