#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""mutants.py: takes away, one at a time, what makes a power cut harmless, and sees to it
that the simulator finds out. A mutant is the sources with some lines replaced. TAP."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/selftests/sim") / "mutants"
# Of powercut the geometry with the fewest operations that has two slots and small blocks.
RUN = {"powercut": ["--every=100", "--jobs=1", "--only=16 KiB"],
       "trialcut": ["--depth=4", "--only=three tries"],
       "choicecut": ["--depth=3", "--only=none was"],
       "nandcut": ["--every=100", "--only=512/16 KiB"],
       "nandtrial": ["--only=three tries"]}

# Of the same source.
MAIN = {"nandtrial": "trialcut"}

WRITE = "lib/snapstore/write.c"
PLACE = "lib/snapstore/place.c"
REVOKE = "lib/snapstore/revoke.c"
SLOT = "lib/snapimg/slot.c"
TAKE = "selftests/sim/powercut.c"
LOG = "lib/snapimg/trial.c"
NOTE = "lib/snapstore/trial.c"
CHOICE = "lib/snapimg/choice.c"
CHOOSE = "lib/snapstore/choose.c"
TABLE = "lib/snapimg/table.c"
LINEAR = "lib/snapnand/linear.c"
HEAD = "lib/snapnand/head.c"
NAND = "selftests/sim/nandcut.c"

MUTANTS = {
    "the mark is written before the sections": [
        (WRITE, "st->stage != SNAPSTORE_CHECKED || !has_buffer(st)", "!has_buffer(st)"),
        (WRITE, "\telse\n\t\tst->stage = SNAPSTORE_COMMITTED;\n", ""),
        (TAKE, "\tif (!ret)\n\t\twhile ((ret = snapstore_write_step(&st)) > 0)\n",
         "\tif (!ret)\n\t\tret = snapstore_commit(&st, &image->mark);\n"
         "\tif (!ret)\n\t\twhile ((ret = snapstore_write_step(&st)) > 0)\n"),
        (TAKE, "return ret ? ret : snapstore_commit(&st, &image->mark);", "return ret;"),
    ],
    "what reaches into the slot is not revoked": [
        (WRITE, "\t\tif (!found_reaches_slot(st))\n", "\t\tif (st->found.offset != ~0ULL)\n"),
    ],
    "only when it is committed": [
        (WRITE, "\tif (!snapstore_has_header(slot) || slot->offset >= st->offset ||",
         "\tif (slot->status || slot->offset >= st->offset ||"),
    ],
    "the last block is erased first": [
        (WRITE, "u64 at = st->offset + st->pos, block",
         "u64 at = st->offset + st->span - f->erase_size - st->pos, block"),
    ],
    "a block that reads erased is not erased": [
        (WRITE, "\tif (f->erase(f->reader.ctx, at, block)) {",
         "\tstatic u8 data[65536], erased[65536];\n\n"
         "\tmemset(erased, 0xff, sizeof(erased));\n"
         "\tif (f->reader.read(f->reader.ctx, at, data, block) ||\n"
         "\t    (memcmp(data, erased, block) && f->erase(f->reader.ctx, at, block))) {"),
    ],
    "the last block is not erased": [
        (WRITE, "enter(st, SNAPSTORE_ERASING, 0, st->span);",
         "enter(st, SNAPSTORE_ERASING, 0, st->span - 1);"),
        (WRITE, "\tif (st->pos < st->end)\n\t\treturn 1;\n\tenter(st, SNAPSTORE_WRITING",
         "\tif (st->pos + block < st->end)\n\t\treturn 1;\n\tenter(st, SNAPSTORE_WRITING"),
    ],
    "a snapshot is erased without being revoked": [
        (WRITE, "\tif (snapstore_has_header(&st->found)) {\n\t\tret",
         "\tif (st->found.offset == ~0ULL) {\n\t\tret"),
    ],
    "only committed snapshots have had a number": [
        (PLACE, "\t\tif (!snapstore_has_header(&st->found))\n\t\t\tcontinue;\n\t\tcount_number",
         "\t\tif (st->found.status)\n\t\t\tcontinue;\n\t\tcount_number"),
    ],
    "each take has the same number": [
        (PLACE, "return st->highest + 1;", "return st->highest ? st->highest : 1;"),
    ],
    "drop --all believes what it reads": [
        (REVOKE, "if (!snapstore_has_header(found))", "if (found->offset != ~0ULL)"),
    ],
    "a take goes over the newest": [
        (PLACE, "\t\t       SNAPSTORE_SLOT_1 : SNAPSTORE_SLOT_0;",
         "\t\t       SNAPSTORE_SLOT_0 : SNAPSTORE_SLOT_1;"),
        (PLACE, "    !find_free(st, image_size, false))", "    false)"),
        (TAKE, "if (snapstore_overlaps_previous(&st))", "if (d->amount == BIG)"),
    ],
    "the reader gives up when a mark changes": [
        (SLOT, "#define MIND_CHANGES\t4", "#define MIND_CHANGES\t1"),
    ],
    "a confirmation leaves no word out": [
        (NOTE, "\telse if (confirm && i + 1 < end)\n\t\ti++;\n", ""),
    ],
    "the word before is not made firm": [
        (NOTE, "\tif (!trial->used)\n\t\treturn;\n", "\tif (trial)\n\t\treturn;\n"),
    ],
    "a confirmation is made firm where it is": [
        (NOTE, "(void)!note_at(flash, slot, trial->used, SNAPSTORE_TRIAL_CONFIRM, used);",
         "(void)!note_word(flash, slot, last, SNAPSTORE_TRIAL_CONFIRM);"),
    ],
    "a word is noted over the last one": [
        (NOTE, "\tused = trial.used;\n", "\tused = trial.used - !!trial.used;\n"),
    ],
    "damaged words of the log count as nothing": [
        (LOG, "\t} else if (is_torn_confirm(word)) {",
         "\t} else if (is_torn_confirm(word) || word[0] || word[7]) {"),
    ],
    "the limit is one more": [
        (LOG, "verdict->count >= limit)", "verdict->count > limit)"),
    ],
    "one word is a choice": [
        (CHOICE, "if (number && number == last && number >= choice->number) {",
         "if (number && number >= choice->number) {"),
    ],
    "a word of a choice that was cut off has no number": [
        (CHOICE, "\t\t\tif (number > choice->highest)\n\t\t\t\tchoice->highest = number;\n",
         "\t\t\tchoice->highest = choice->number;\n"),
    ],
    "a choice goes where another one was cut off": [
        (CHOOSE, "log->used = choice->used + 2;", "log->used = choice->used;"),
    ],
    "one word behind a choice is enough": [
        (CHOOSE, "choice.end + 2 <= choice.used", "choice.end < choice.used"),
    ],
    "whoever reads as chosen is": [
        (CHOOSE, "choice.number == slot->rank && choice.end + 2 <= choice.used",
         "choice.number == slot->rank"),
        (CHOOSE, "slot->rank != st->highest", "slot->rank != st->previous.rank"),
    ],
    "the reader looks for the mark nowhere": [
        (SLOT, "\tif (!slot->status)\n\t\tslot->status = probe_commit(r, slot);\n",
         "\t(void)probe_commit;\n"),
    ],
    "nand: the mark that counts is written first": [
        (HEAD, "\t\tfor (copy = COPIES; !ret && copy--; )\n"
         "\t\t\tret = write_copy(n, slot, copy, mark_page(n),",
         "\t\tfor (copy = 0; !ret && copy < COPIES; copy++)\n"
         "\t\t\tret = write_copy(n, slot, copy, mark_page(n),"),
    ],
    "nand: the second mark counts where there is no first one": [
        (HEAD, "if (snapnand_is_erased((u8 *)mark, MARK_SIZE) || mark_is_whole(mark))",
         "if (mark_is_whole(mark))"),
    ],
    "nand: the second mark is not read": [
        (HEAD, "if (snapnand_page_read(n, page_at(n, slot, 1, mark_page(n)), n->buf))",
         "if (n)"),
    ],
    "nand: the second header is not read": [
        (HEAD, "if (read_header(n, slot, 1) || !header_is_whole(bytes, SNAPCAP_NAND_COPY_MAGIC))",
         "if (n)"),
    ],
    "nand: the second header looks like a first one": [
        (HEAD, "copy ? SNAPCAP_NAND_COPY_MAGIC :", "copy ? SNAPCAP_IMAGE_MAGIC :"),
    ],
    "nand: a revocation is there once": [
        (HEAD, "for (i = 0; i < 2 * COPIES; i++) {", "for (i = 0; i < 1; i++) {"),
    ],
    "nand: the copy of the tables is not read": [
        (TABLE, "if (!ret || !copy->size ||", "if (!ret || copy ||"),
    ],
    "nand: bad blocks are not skipped": [
        (LINEAR, "while (block_is_bad(n, n->seen_physical));", "while (!n);"),
    ],
    "nand: a block that fails is passed over, and not marked": [
        (LINEAR, "if (n->ops->mark_bad(n->ctx, blamed) || !n->ops->block_is_bad(n->ctx, blamed))",
         "if (!n->ops->mark_bad)"),
    ],
    "nand: a block that fails is used on": [
        (LINEAR, "\tn->bad[i / 8] |= (u8)(1U << (i & 7));\n\tn->good--;\n", ""),
    ],
    "nand: a page that cannot be read ends a take": [
        (PLACE, "if (ret == -SNAPCAP_REASON_READ && !f->reader.read_head)",
         "if (ret == -SNAPCAP_REASON_READ)"),
    ],
    "nand log: a confirmation is where the next try goes": [
        (NOTE, "return next_try < room ? next_try + 1 : i | 1;", "return i | 1;"),
    ],
    "nand log: words of both kinds go to any place": [
        (NOTE, "\tif (kinds)\n\t\ti = place_of_kind(i, room, confirm);\n", "\tif (kinds)\n\t\ti += 0;\n"),
    ],
    "nand log: a word is read from the first copy only": [
        (HEAD, "\tif (state != PAGE_WHOLE)\n\t\tother = read_state(",
         "\tif (state != PAGE_WHOLE)\n\t\tother = PAGE_ERASED;\n\tif (!n)\n\t\tother = read_state("),
    ],
    "nand: a take does not start over": [
        (NAND, "if (!ret || !snapnand_grew(&view->nand, &st, ret))",
         "if (!ret || !snapnand_grew(&view->nand, &st, ret) || ret)"),
    ],
}


def build(number, name, changes):
    """The simulator made of changed sources. Return: the program"""
    tree = OUT / str(number)
    changed = {path for path, _, _ in changes}
    program = ("nandtrial" if name.startswith("nand log: ") else
               "nandcut" if name.startswith("nand: ") else
               "trialcut" if {LOG, NOTE} & changed else
               "choicecut" if {CHOICE, CHOOSE} & changed else "powercut")
    sources = {path: (ROOT / path).read_text() for path in (
        WRITE, PLACE, REVOKE, SLOT, LOG, NOTE, CHOICE, CHOOSE, TABLE, LINEAR, HEAD,
        f"selftests/sim/{MAIN.get(program, program)}.c")}
    for path, old, new in changes:
        if sources[path].count(old) != 1:
            raise ValueError(f"{path} has no, or not one:\n{old}")
        sources[path] = sources[path].replace(old, new)
    for path, text in sources.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    library = [f"lib/snapimg/{stem}.c" for stem in ("header", "build", "chunk", "cpu", "crc32c")]
    same = [ROOT / path for path in library + [
        "selftests/sim/flashsim.c", "selftests/sim/nandsim.c", "selftests/sim/simimage.c",
        "selftests/unit/snapimg_glue.c"]]
    # No sanitizer: a mutant only has to fail.
    subprocess.run([os.environ.get("HOSTCC", "gcc"), "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-w",
                    *(f"-I{ROOT / path}" for path in ("selftests/sim", "selftests/unit",
                                                     "lib/snapimg", "lib/snapstore", "lib/snapnand",
                                                     "include/uapi")),
                    "-DTRIAL_MEDIUM=" + ('"trialnand.h"' if program == "nandtrial" else
                                         '"trialflash.h"'),
                    *(tree / path for path in sources), *same, "-llz4",
                    "-o", tree / program], check=True, capture_output=True, text=True)
    return tree / program


def run(number, name, changes):
    """Return: TAP of one mutant"""
    try:
        program = build(number, name, changes)
        job = subprocess.run([program, *RUN[program.name]], capture_output=True, text=True, timeout=600)
    except (ValueError, subprocess.SubprocessError) as error:
        text = str(error) + (getattr(error, "stderr", None) or "")
        return f"not ok {number} - {name}\n# " + text.replace("\n", "\n# ")
    found = [line for line in job.stdout.splitlines() if line.startswith("# ") and
             "must not be" in line]
    good = "" if job.returncode == 1 and found else "not "
    first = found[0].split("the first: ")[1] if found else f"status {job.returncode}"
    return f"{good}ok {number} - noticed: {name}\n# in {len(found)} cases, as {first}"


def main():
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(run, i, name, changes)
                for i, (name, changes) in enumerate(MUTANTS.items(), 1)]
        for job in jobs:
            print(job.result(), flush=True)
            failed |= job.result().startswith("not")
    print(f"1..{len(MUTANTS)}")
    return failed


sys.exit(main())
