#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh [GROUP...]: runs the test suites (groups: style build unit sim stub qemu;
# all without an argument), each into a log of its own under build/check, and
# sums up their TAP. The last line is "N passed, N failed, N skipped". Fails
# when a test did, and when a suite ended early, ran fewer tests than it
# planned, or could not be started: what is not seen to pass has not passed.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/suites.sh
. "$(dirname "$0")/suites.sh"

cd "$sc_root"
groups=("${@:-all}")

wanted()
{
	[[ " ${groups[*]} " =~ \ (all|$1)\  ]]
}

# What takes long on a new machine begins at once, beside the suites that do without.
# A failure is told by whoever asks for the result again.
prepare()
{
	scripts/kernel.sh base && scripts/rootfs.sh arm64 && scripts/kernel.sh debug
}

prepare_pid=
begin_prepare()
{
	set -m
	prepare >"$logs/prepare.log" 2>&1 </dev/null &
	prepare_pid=$!
	set +m
}

end_prepare()
{
	local tick=0

	while kill -0 "$prepare_pid" 2>/dev/null; do
		[ $((tick++ % 10)) -ne 0 ] || say "kernels and root: $(tail -n 1 "$logs/prepare.log")"
		sleep 1
	done
	wait "$prepare_pid" || say "kernels and root: see $logs/prepare.log"
	prepare_pid=
}

trap '[ -z "$prepare_pid" ] || kill -- "-$prepare_pid" 2>/dev/null; end_script' EXIT

for group in "${groups[@]}"; do
	case $group in
	all | style | build | unit | sim | stub | qemu) ;;
	*) die "no such group: '$group' (style build unit sim stub qemu)" ;;
	esac
done
suites_begin "$sc_build/check"
if wanted build && wanted qemu; then
	begin_prepare
fi

if wanted style; then
	for script in scripts/check-*.sh; do
		case $script in
		scripts/check-build.sh) continue ;;
		esac
		run_suite "$(basename "$script" .sh)" "$script"
	done
fi
if wanted unit; then
	for makefile in selftests/unit/*/Makefile; do
		part=$(basename "$(dirname "$makefile")")
		run_suite "unit-$part" make -s -k -j"$(nproc)" -C "selftests/unit/$part" O="$sc_build" check
	done
	# what the fuzzers have found before, and what they begin with
	run_suite fuzz make -s -C selftests/fuzz O="$sc_build" check
fi
# sim: the writer and the reader on simulated flash
if wanted sim; then
	run_suite sim make -s -C selftests/sim O="$sc_build" check
fi
# stub: the loader by itself on QEMU
if wanted stub; then
	run_suite stub sh -ec 'make -s bootstub; exec make -s -C selftests/stub "$@" check' sh \
		O="$sc_build/selftests/stub" STUB="$sc_build/bootstub/qemu-virt-arm64/bootstub.bin"
fi
[ -z "$prepare_pid" ] || end_prepare
wanted build && run_suite build scripts/check-build.sh
wanted qemu && run_suite qemu python3 -B selftests/qemu/check.py

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
