#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh [LIST]: installs the Debian packages of deps.txt that are missing.
# Silent and quick when all are there. Works as root, or through sudo.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

list=${1:-$sc_root/scripts/deps.txt}

find_missing()
{
	local package

	grep -vE '^[[:space:]]*(#|$)' "$list" | while read -r package; do
		# shellcheck disable=SC2016 # the format is dpkg's
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
			grep -qx installed || echo "$package"
	done
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

apt()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

# An index that fails must not end the run: what is needed may be in the
# others, or in those that are there from before. The install tells.
refresh_and_install()
{
	apt update || say "apt-get update failed, going on with what is there"
	apt install --no-install-recommends "${missing[@]}"
}

command -v dpkg-query >/dev/null || die "this is not a Debian system: install what $list names"
mapfile -t missing < <(find_missing)
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
	die "missing: ${missing[*]}; run as root: apt-get install ${missing[*]}"
fi
say "installing ${missing[*]}"
retry 3 refresh_and_install || die "could not install ${missing[*]}"
mapfile -t missing < <(find_missing)
[ "${#missing[@]}" -eq 0 ] || die "still missing: ${missing[*]}"
