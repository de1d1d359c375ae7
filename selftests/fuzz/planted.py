#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plants a mistake in a copy of what each fuzzer tests, and sees that it is found.

One mistake at a time: a check that is left out, or one that looks right. Says how many runs
it took; one that the seeds find already takes fewer than there are seeds. TAP.

usage: planted.py [NAME...]
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
PARTS = ("bootstub", "include", "kmod", "lib", "scripts", "selftests/fuzz", "selftests/sim",
         "selftests/unit", "selftests/sums.py", "tools/snapctl")
SECONDS = 60

# program, file, what stands there, what is put in its place
MISTAKES = [
    ("ymodem", "bootstub/ymodem.c", "if (s->size > room)", "if (s->size > room + 1)"),
    ("os", "lib/snapimg/os.c", "&& le64_to_cpu(hdr->entry) < size", ""),
    ("os", "lib/snapimg/os.c", "if (!type || seen & 1U << type)", "if (!type)"),
    ("snapshot", "lib/snapimg/snapimg_private.h", "offset >= low && offset <= high &&",
     "offset <= high &&"),
    ("snapshot", "lib/snapimg/table.c",
     " ||\n\t       ranges_meet(base, end, img->handoff_base, SNAPCAP_HANDOFF_SIZE)", ""),
    ("snapshot", "lib/snapimg/slot.c", "if (sequence < *below &&", "if (sequence <= *below &&"),
    ("snapshot", "lib/snapimg/slot.c", "ret = -SNAPCAP_REASON_COMMIT;\n\t\tslot->status = ret;",
     "ret = -SNAPCAP_REASON_COMMIT;"),
    ("store", "lib/snapstore/place.c", "if (keep && snapstore_overlaps_previous(st))",
     "if (keep && false)"),
    ("store", "lib/snapstore/write.c", "if (!found_reaches_slot(st))",
     "if (!found_reaches_slot(st) || !st->found.status)"),
    ("store", "lib/snapstore/write.c", "(void)!snapstore_revoke(&st->flash, st->offset, NULL);", ";"),
    ("store", "lib/snapstore/revoke.c", "off = found->offset + flash->erase_size;", ""),
    ("nand", "lib/snapnand/linear.c", "while (block_is_bad(n, n->seen_physical));",
     "while (block_is_bad(n, n->seen_physical) && n->seen_physical != 7);"),
    ("nand", "lib/snapnand/linear.c", "off <= size && len <= size - off", "off + len <= size + n->page_size"),
    ("nand", "lib/snapnand/head.c", "slot >= snapnand_size(n) ||\n\t    off >", "off >"),
    ("nand", "lib/snapnand/head.c", "return has[0] || has[1] ? 0 : -1;", "return 0;"),
    ("chunk", "lib/snapimg/chunk.c", "ret < 0 || (size_t)ret != size", "ret < 0"),
    ("chunk", "bootstub/lz4.c", "(int)size, (int)size) ==\n\t       (int)size;",
     "(int)size, (int)size) >= 0;"),
    ("restore", "bootstub/restore.c", "err = snapimg_chunk_verify(&chunk, stored);", "err = 0;"),
    ("restore", "lib/snapimg/table.c", "return snapimg_section_check(img, type, data);",
     "return 0;"),
    ("restore", "bootstub/stored.c", "if (!size)\n\t\t\tb->offset = chunk.offset;",
     "if (!i)\n\t\t\tb->offset = chunk.offset;"),
    ("restore", "bootstub/stored.c", "s->spare = s->now.buf;", ""),
    ("handoff", "bootstub/handoff.c", "count > SNAPCAP_HANDOFF_TIMESTAMPS || ", ""),
    ("handoff", "bootstub/handoff.c", "memset(page, 0, sizeof(*page));",
     "memset(page, 0, sizeof(*page) - sizeof(page->medium));"),
    ("module", "kmod/snapcap/stub.c", "stub_cause || size > SNAPCAP_HANDOFF_SEED_SIZE",
     "stub_cause"),
    ("module", "kmod/snapcap/stub.c", "!snapcap_stub_restores(base, size) ||", ""),
    ("conf", "tools/snapctl/conf.c", "if (conf->persistent_count == CONF_PERSISTENT_MAX)",
     "if (conf->persistent_count > CONF_PERSISTENT_MAX)"),
    ("conf", "tools/snapctl/conf.c", '"%s is not a time: %s", key, clean(value).s)',
     '"%s is not a time: %s", key, value)'),
    ("devtree", "bootstub/devtree.c", "range[last].base <= end; last++", "range[last].base < end; last++"),
]


def copy_tree(folder):
    for part in PARTS:
        source, target = os.path.join(TOP, part), os.path.join(folder, part)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def plant(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        return f"{os.path.basename(path)} has not just one: {old!r}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))
    return None


def search(folder, name):
    """What was found, or None; and how."""
    fuzz, out = os.path.join(folder, "selftests/fuzz"), os.path.join(folder, "build")
    made = subprocess.run(["make", "-s", "-C", fuzz, f"ROOT={folder}", f"O={out}",
                           f"FUZZERS={name}", "all"], capture_output=True, text=True)
    if made.returncode:
        return None, made.stderr
    began = time.monotonic()
    run = subprocess.run(["make", "-s", "-C", fuzz, f"ROOT={folder}", f"O={out}",
                          f"FUZZERS={name}", f"SECONDS={SECONDS}", "run"],
                         capture_output=True, text=True, errors="replace")
    if not run.returncode:
        return None, f"{SECONDS} s, and nothing was found"
    with open(f"{out}/selftests/fuzz/{name}.ran", encoding="utf-8", errors="replace") as log:
        said = log.read()
    summary = re.search(r"SUMMARY: (.*)", said)
    runs = re.search(r"number_of_executed_units: *(\d+)", said)
    # libFuzzer has the function that it died in; the line is this project's
    place = re.findall(r"#\d+ 0x\w+ in (\w+) " + re.escape(folder) + r"/([\w/.]+:\d+)", said)
    return (f"{runs[1] if runs else '?'} runs, {time.monotonic() - began:.0f} s: "
            f"{place[0][0]}() {place[0][1]}" if place else summary[1] if summary else "?"), said


def main():
    chosen = [m for m in MISTAKES if not sys.argv[1:] or m[0] in sys.argv[1:]]
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    for number, (name, path, old, new) in enumerate(chosen, 1):
        with tempfile.TemporaryDirectory() as folder:
            copy_tree(folder)
            wrong = plant(os.path.join(folder, path), old, new)
            found, said = (None, wrong) if wrong else search(folder, name)
        what = f"{name}: {path}: {' '.join(old.split())[:60]}".replace("#", "")
        print(f"{'ok' if found else 'not ok'} {number} - {what}", flush=True)
        print("# " + (found or said[-1000:]).replace("\n", "\n# "), flush=True)
        failed += not found
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
