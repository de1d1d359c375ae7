#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [-l] [-m DIR] [TEST ...]: runs the tests in the system at hand, as
# root, and passes their TAP on. All tests unless some are named.
#
#   -l      afterwards lock the kernel down and test that: lasts until the next boot
#   -m DIR  load modules from DIR where they are not loaded already: mtdram.ko,
#           snapcap.ko and those of selftests/modules; otherwise modprobe has to
#           find them, and tests that need a missing one are skipped
#
# Environment: MTDRAM_KIB: size of the RAM disk; REGION: "base=... size=..." of
# memory outside the kernel's for snapcap_region; TIMEOUT_S: for each program, 300;
# SNAPCAP_FUZZ_CALLS, _THREADS, _SEED: for ioctl_fuzz_test.
#
# One test needs "rodata=full secretmem.enable=1" on the kernel's command line; others get
# what they need from the options in the file "config".
#
# Exit: 0 all passed or were skipped, 1 one failed, 4 nothing could be tested.

here=$(cd "$(dirname "$0")" && pwd)
modules=
lockdown=
while getopts lm: option; do
	case $option in
	l) lockdown=1 ;;
	m) modules=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- abi_test caps_test state_test target_test cancel_test format_test \
	fault_test refuse_test region_test ops_test rehearse_test devices_test download_test \
	paging_test fingerprint_test confirm_test geometry_test ioctl_fuzz_test
[ -z "$lockdown" ] || set -- "$@" lockdown_test

# load NAME [PARAMETER ...]
load()
{
	name=$1
	shift
	[ ! -d "/sys/module/$name" ] || return 0
	if [ -n "$modules" ] && [ -f "$modules/$name.ko" ]; then
		insmod "$modules/$name.ko" "$@"
	else
		modprobe -q "$name" "$@"
	fi || echo "# $name could not be loaded"
}

[ -d /sys/kernel/debug/snapcap ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
[ -e /sys/kernel/security/lockdown ] || mount -t securityfs securityfs /sys/kernel/security 2>/dev/null

load snapcap
if [ ! -c /dev/snapcap ]; then
	echo "1..0 # SKIP no /dev/snapcap"
	exit 4
fi
# Up to a quarter of the memory: a snapshot holds those before it that are in there.
mem_kib=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
disk_kib=$((mem_kib / 4 / 1024 * 1024))
[ $disk_kib -le 163840 ] || disk_kib=163840
load mtdram total_size="${MTDRAM_KIB:-$disk_kib}" erase_size=128
load snapcap_badmtd size=536870912
load snapcap_refuse
load snapcap_ops
load snapcap_bare
# shellcheck disable=SC2086 # REGION is two words
load snapcap_region $REGION
if [ -z "$modules" ]; then
	modules=$(find "/lib/modules/$(uname -r)" -name snapcap_region.ko 2>/dev/null | head -n 1)
	modules=${modules%/*}
fi
export SNAPCAP_TEST_MODULES="$modules"

failed=0
for test in "$@"; do
	echo "# $test"
	began=$(date +%s)
	timeout -k 10 "${TIMEOUT_S:-300}" "$here/$test" 2>&1
	status=$?
	echo "# $test: $(($(date +%s) - began)) s"
	# A program that dies prints no TAP line for it.
	if [ $status -ne 0 ] && [ $status -ne 4 ]; then
		[ $status -eq 1 ] || echo "not ok - $test ended with status $status"
		failed=$((failed + 1))
	fi
done
[ $failed -eq 0 ] || { echo "# $failed of $# programs failed"; exit 1; }
