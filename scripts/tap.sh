# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for checks written in shell. Sourced; ends with tap_end.

tap_count=0
tap_failed=0

# tap DESCRIPTION STATUS [TEXT]: TEXT is shown when it failed
tap()
{
	tap_count=$((tap_count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $tap_count - $1"
	else
		echo "not ok $tap_count - $1"
		[ -z "${3:-}" ] || echo "# ${3//$'\n'/$'\n'# }"
		tap_failed=1
	fi
}

# tap_empty DESCRIPTION FINDINGS: passes when there are none
tap_empty()
{
	[ -z "$2" ]
	tap "$1" $? "$2"
}

# tap_run DESCRIPTION COMMAND...: passes when COMMAND does
tap_run()
{
	local what=$1 text

	shift
	text=$("$@" 2>&1)
	tap "$what" $? "$text"
}

tap_end()
{
	echo "1..$tap_count"
	exit $tap_failed
}
