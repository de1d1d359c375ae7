# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # the variables are for the scripts
# What every script that makes something long-lived needs: where the cache is,
# the key that a result is filed under, progress, locking, and publishing a
# finished result in one step. Sourced, never run. Everything a person reads
# goes to stderr: the stdout of these scripts is a path for their caller.

set -euo pipefail
export LC_ALL=C.UTF-8

sc_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sc_cache=${SNAPCAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/snapcap}
sc_build=${SNAPCAP_BUILD:-$sc_root/build}
sc_name=$(basename "$0" .sh)
# A caller's O= and W= are not for the makes that are started here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# The environment keeps the start of the outermost script, so that the times
# of nested ones go on counting.
export SC_START=${SC_START:-$(date +%s)}
SECONDS=$(($(date +%s) - SC_START))

say()
{
	printf '[%3d:%02d] %s: %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$sc_name" "$*" >&2
}

die()
{
	say "error: $*"
	exit 1
}

# cache_key WORD...: file names count with their content, other words as they are.
cache_key()
{
	local word

	for word; do
		if [ -f "$word" ]; then
			sha256sum <"$word"
		else
			printf '%s\n' "$word"
		fi
	done | sha256sum | cut -c1-16
}

# cache_lock NAME: until this script ends, or a second call. The file
# descriptor must not leak into daemons, so run_step closes it.
cache_lock()
{
	mkdir -p "$sc_cache/lock"
	exec 9>"$sc_cache/lock/$1"
	if ! flock -n 9; then
		say "waiting for another run that makes $1"
		flock 9
	fi
}

# cache_scratch NAME: sets tmp to a directory beside the results, on the same
# file system, so that cache_publish is a rename. It goes when the script ends.
tmp=
cache_scratch()
{
	mkdir -p "$sc_cache/tmp"
	tmp=$(mktemp -d "$sc_cache/tmp/$1.XXXXXX")
}

# cache_publish FROM TO: TO exists either whole or not at all.
cache_publish()
{
	mkdir -p "$(dirname "$2")"
	rm -rf "$2"
	mv -T "$1" "$2"
}

# cache_used PATH: note the use, and drop siblings that nobody has used for a
# month: their keys never come back once an input has changed.
cache_used()
{
	local dir

	dir=$(dirname "$1")
	touch -c "$1"
	find "$dir" -mindepth 1 -maxdepth 1 ! -path "$1" -mtime +30 -exec rm -rf {} +
}

# A step must not outlive the script: it may be a machine or a kernel build.
step_pid=
end_script()
{
	[ -z "$step_pid" ] || kill -- "-$step_pid" 2>/dev/null || true
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap end_script EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run_step LABEL LOG [-c COUNTER] COMMAND...: COMMAND with its output in LOG
# and a line every ten seconds; COUNTER is a shell command that prints how far
# it is. A failure shows the end of the log.
run_step()
{
	# prefixed: a step that is a shell function sees these as its own globals
	local step_label=$1 step_log=$2 step_counter='' step_began=$SECONDS
	local step_rc=0 step_tick=0 step_at

	shift 2
	if [ "$1" = -c ]; then
		step_counter=$2
		shift 2
	fi
	mkdir -p "$(dirname "$step_log")"
	say "$step_label"
	# a process group of its own, to end all of it
	set -m
	"$@" >"$step_log" 2>&1 </dev/null 9>&- &
	step_pid=$!
	set +m
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 0.2
		step_tick=$((step_tick + 1))
		[ $((step_tick % 50)) -eq 0 ] || continue
		step_at=
		[ -z "$step_counter" ] || step_at=", $(eval "$step_counter" || true)"
		say "$step_label: $((SECONDS - step_began)) s$step_at"
	done
	wait "$step_pid" || step_rc=$?
	step_pid=
	if [ "$step_rc" -ne 0 ]; then
		tail -n 30 "$step_log" >&2
		die "$step_label failed with status $step_rc; log: $step_log"
	fi
}

# retry TIMES COMMAND...: a mirror in the middle of its sync is a matter of
# seconds, so wait longer each time.
retry()
{
	local left=$1 pause=3

	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		say "'$1' failed, again in $pause s"
		sleep "$pause"
		pause=$((pause * 3))
	done
}

need()
{
	local tool

	for tool; do
		command -v "$tool" >/dev/null || die "$tool is missing: run 'make deps'"
	done
}

# cross_prefix ARCH: the compiler prefix for a kernel architecture name.
cross_prefix()
{
	case $1 in
	arm64) [ "$(uname -m)" = aarch64 ] || echo aarch64-linux-gnu- ;;
	*) die "architecture '$1' is not supported" ;;
	esac
}

# The Debian release of the target, and where it comes from: empty, from where
# mmdebstrap takes it.
sc_suite=bookworm
sc_mirror=${SNAPCAP_MIRROR:-}

# extract_packages ARCH TAR OPTION...: packages and what they depend on,
# extracted and not configured. Mirrors in front of a snapshot are fine.
extract_packages()
{
	local arch=$1 tar=$2

	shift 2
	rm -f "$tar"
	mmdebstrap --variant=extract --architectures="$arch" --format=tar \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Retries "3"' \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		"$@" "$sc_suite" "$tar" ${sc_mirror:+"$sc_mirror"}
}
