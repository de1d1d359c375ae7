#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# debian-src.sh PACKAGE: prints the directory of a Debian source package,
# fetched from where the host's packages come from and unpacked once. For what
# has to be compiled another way than Debian does.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

package=${1:?source package}
need apt-get dpkg-source

fetch()
{
	local apt

	rm -rf "$tmp/download" "$tmp/unpacked"
	mkdir -p "$tmp/lists/partial" "$tmp/archives/partial" "$tmp/download"
	if [ -n "$sc_mirror" ]; then
		echo "deb-src $sc_mirror $sc_suite main"
	else
		# shellcheck disable=SC2016 # the format is apt's
		apt-get indextargets --format 'deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)' \
			'Created-By: Packages' | sort -u
	fi >"$tmp/sources.list"
	apt=(apt-get -q -o "Dir::Etc::SourceList=$tmp/sources.list"
		-o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$tmp/lists"
		-o "Dir::Cache=$tmp" -o APT::Sandbox::User= -o Acquire::Retries=3)
	cd "$tmp/download"
	# apt checks the archive's signature and with it what is fetched.
	"${apt[@]}" update && "${apt[@]}" source --download-only "$package" &&
		dpkg-source --no-check -x ./*.dsc "$tmp/unpacked"
}

key=$(cache_key "$package" "$sc_suite" "$sc_mirror")
out=$sc_cache/source/$package-$key

if [ ! -d "$out" ]; then
	cache_lock "source-$package"
	if [ ! -d "$out" ]; then
		cache_scratch "source-$package"
		run_step "source of $package" "$sc_cache/log/source-$package.log" retry 3 fetch
		cache_publish "$tmp/unpacked" "$out"
	fi
fi
cache_used "$out"
echo "$out"
