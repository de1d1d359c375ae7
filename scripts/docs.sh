#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# docs.sh: Documentation/ and the manual page as HTML into build/docs. The
# kernel-doc directives are rendered by the kernel's own Sphinx extension.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

"$sc_root/scripts/deps.sh" "$sc_root/scripts/deps-docs.txt"
source_dir=$("$sc_root/scripts/kernel-src.sh")
conf=$sc_build/docs/conf
mkdir -p "$conf"
cat >"$conf/conf.py" <<END
import sys
sys.path.insert(0, "$source_dir/Documentation/sphinx")
project = "snapcap"
extensions = ["kerneldoc"]
root_doc = "index"
kerneldoc_bin = "$source_dir/scripts/kernel-doc"
kerneldoc_srctree = "$sc_root"
END

rm -rf "$sc_build/docs/src"
mkdir -p "$sc_build/docs/src"
cp -r "$sc_root/Documentation/." "$sc_build/docs/src/"
cp "$sc_root/CONTRIBUTING.rst" "$sc_root/tools/snapctl/snapctl.8.rst" "$sc_build/docs/src/"
cd "$sc_build/docs/src"
# These two live elsewhere in the tree, so its index cannot name them.
printf '\n.. toctree::\n   :maxdepth: 1\n\n   snapctl.8\n   CONTRIBUTING\n' >>index.rst
run_step "HTML" "$sc_build/docs/sphinx.log" env srctree="$sc_root" \
	sphinx-build -q -W --keep-going -b html -c "$conf" . "$sc_build/docs/html"
echo "$sc_build/docs/html/index.html"
