#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A test that finds nothing proves nothing: each check of the loader and of the library is taken
away in a copy of its source, and the tests of damage have to notice. TAP.

usage: mutants.py DIRECTORY [NAME]
"""
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
OUT = Path(sys.argv[1]) / "mutants"
TESTS = "sealed_test", "damage_test"

HEADER, TABLE, CHUNK, SLOT, CPU, RESTORE = (
    "lib/snapimg/header.c", "lib/snapimg/table.c", "lib/snapimg/chunk.c", "lib/snapimg/slot.c",
    "lib/snapimg/cpu.c", "bootstub/restore.c")


def reason(name):
    return f"\n\t\treturn -SNAPCAP_REASON_{name};"


# What is wrong: file, what to replace, by what
MUTANTS = {
    "any version is taken": (HEADER, "le16_to_cpu(hdr->version_major) != SNAPCAP_VERSION_MAJOR",
                             "0"),
    "any size of the header": (HEADER, "le32_to_cpu(hdr->header_size) != sizeof(*hdr)", "0"),
    "no checksum of the header": (HEADER, "le32_to_cpu(hdr->header_crc) != snapimg_crc32c(0, hdr, "
                                  "HEADER_CRC_SIZE)", "0"),
    "any feature": (HEADER, "le64_to_cpu(hdr->feature_incompat) & ~SNAPCAP_FEATURE_INCOMPAT_KNOWN",
                    "0"),
    "reserved bytes may be anything": (HEADER, "hdr->reserved0 || !snapimg_bytes_are(hdr->reserved1,"
                                       " 0, sizeof(hdr->reserved1))", "0"),
    "reserved bytes of a section": (HEADER, "if (hdr->section[i].reserved0)", "if (0)"),
    "number 0": (HEADER, "!sequence || sequence == ~0ULL", "sequence == ~0ULL"),
    "the number that means any": (HEADER, "!sequence || sequence == ~0ULL", "!sequence"),
    "any page size": (HEADER, "page_shift < PAGE_SHIFT_MIN || page_shift > PAGE_SHIFT_MAX", "0"),
    "any text": (HEADER, "\t       snapimg_text_is_set(hdr->machine, sizeof(hdr->machine)) &&\n", ""),
    "sections in any order": (HEADER, "i < known ? type != i + 1 : type <= last || "
                              "!section_may_be_ignored(hdr, type)", "0"),
    "sections anywhere": (HEADER, "!snapimg_piece_fits(le64_to_cpu(s->offset), size, end, "
                          "image_size,\n\t\t\t\t\tSNAPCAP_SECTION_ALIGN)", "0"),
    "an end that is not the last section's": (HEADER, "end == image_size ? 0", "1 ? 0"),
    "images beyond the medium": (HEADER, "le64_to_cpu(hdr->image_size) > avail", "0"),
    "no checksum of the mark": (HEADER, "le32_to_cpu(commit->commit_crc) != snapimg_crc32c(0, "
                                "commit, COMMIT_CRC_SIZE) ||\n", "\n"),
    "a mark of another number": (HEADER, "le64_to_cpu(commit->sequence) != img->sequence ||\n", "\n"),
    "a mark of another header": (HEADER, "le32_to_cpu(commit->header_crc) != img->header_crc ||\n",
                                 "\n"),
    "an erased mark is a damaged one": (HEADER, "snapimg_bytes_are(commit, 0xff, "
                                        "COMMIT_REVOKED_OFF)", "0"),
    "the mark is not looked at": (SLOT, "\tif (!slot->status)\n\t\tslot->status = probe_commit(r, "
                                  "slot);\n", "\t(void)probe_commit;\n"),
    "revoked is no matter": (HEADER, "le64_to_cpu(commit->revoked) != SNAPCAP_COMMIT_NOT_REVOKED",
                             "0"),
    "only 0 is revoked": (HEADER, "le64_to_cpu(commit->revoked) != SNAPCAP_COMMIT_NOT_REVOKED",
                          "!commit->revoked"),
    "any architecture": (HEADER, "img->arch != m->arch", "0"),
    "any page size of this machine": (HEADER, "img->page_shift != m->page_shift", "0"),
    "any machine": (HEADER, "!bound_text_matches(img->machine, m->machine, sizeof(img->machine))",
                    "0"),
    "a machine whose name begins alike": (HEADER, "\t\tif (ours[i] != theirs[i])\n",
                                          "\t\tif (!theirs[i])\n\t\t\treturn true;\n"
                                          "\t\tif (ours[i] != theirs[i])\n"),
    "any place of the loader": (HEADER, "img->stub_base != m->stub_base ||\n", "\n"),
    "any place of the hand-off page": (HEADER, "img->handoff_base != m->handoff_base", "0"),
    "any kernel": (HEADER, "\tif (m->kernel_release &&\n", "\tif (0 &&\n"),
    "any build": (HEADER, "\tif (m->build_id &&\n", "\tif (0 &&\n"),
    "a build id that begins alike": (HEADER, "img->build_id_size != m->build_id_size ||", ""),
    "any OS image": (HEADER, "img->os_identity && m->os_identity &&", "0 &&"),
    "the OS image before the kernel": (
        HEADER, "\tif (m->kernel_release &&\n", "\tif (img->os_identity && m->os_identity && "
        "img->os_identity != m->os_identity)" + reason("OS_CHANGED") +
        "\n\tif (m->kernel_release &&\n"),
    "no checksum of the tables": (TABLE, "s->crc != snapimg_crc32c(0, data, (size_t)s->size)", "0"),
    "any memory": (TABLE, "\tif (ret || !m)\n", "\tif (ret || m)\n"),
    "memory of the same size": (TABLE, "le64_to_cpu(range[i].base) != m->range[i].base ||\n", "\n"),
    "extents in any order": (TABLE, " || base < last_end)", ")"),
    "extents over the loader": (TABLE, "if (hits_loader(img, base, end))", "(void)hits_loader;\n"
                                "\t\tif (0)"),
    "any number of pages": (TABLE, "pages[SNAPCAP_EXTENT_DATA] != img->stream_pages ||", ""),
    "any codec": (TABLE, "chunk.codec > SNAPCAP_CODEC_FILL", "0"),
    "chunks over each other": (TABLE, "!snapimg_piece_fits(chunk.offset, chunk.stored_size, end, "
                               "t->data_size, 1)", "0"),
    "reserved bytes of a chunk": (TABLE, "\t\tif (slot[i].reserved0)\n\t\t\treturn "
                                  "-SNAPCAP_REASON_RESERVED;\n", ""),
    "any CPU record": (CPU, "\treturn check_cpu_arm64(&cpu);", "\t(void)check_cpu_arm64;\n"
                       "\treturn 0;"),
    "no checksum of the chunks": (CHUNK, "chunk->sum != snapimg_sum(stored, chunk->stored_size)",
                                  "0"),
    "half a checksum of the chunks": (CHUNK, "snapimg_sum(stored, chunk->stored_size)",
                                      "snapimg_sum(stored, chunk->stored_size / 2)"),
    "a chunk of any size": (CHUNK, "ret < 0 || (size_t)ret != size", "ret < 0"),
    "chunks decoded before they are verified": (
        RESTORE, "\tif (!err)\n\t\terr = snapimg_chunk_verify(&chunk, stored);\n", ""),
    "bindings are not looked at": (RESTORE, "int err = snapimg_bind_check(r->img, m);",
                                   "int err = 0;"),
    "the page table is not looked at": (
        RESTORE, "snapimg_pagetable_check(r->img, r->table[SNAPCAP_SECTION_PAGETABLE],\n"
        "\t\t\t\t       r->table[SNAPCAP_SECTION_MEMMAP]) ?:", ""),
    "the oldest is restored": (SLOT, "slot->rank > best.rank)", "(!best.rank || slot->rank < "
                               "best.rank))"),
    "of two with one number the last": (SLOT, "slot->rank > best.rank)",
                                        "slot->rank >= best.rank)"),
    "numbers wrap": (SLOT, "slot->rank > best.rank)",
                     "(!best.rank || (long long)(slot->rank - best.rank) > 0))"),
    "no older one is tried": (SLOT, "sequence < *below &&", "*below == ~0ULL &&"),
}


def shell(command):
    subprocess.run(command, shell=True, check=True, cwd=HERE, capture_output=True, text=True)


class Tests:
    """What all mutants have in common is compiled once. No sanitizer: they only have to fail."""

    def __init__(self):
        make = subprocess.run(["make", "-s", "-C", HERE, "print"], check=True,
                              capture_output=True, text=True).stdout
        self.link, options, *sources = make.splitlines()
        self.compile = (f"{os.environ.get('HOSTCC', 'gcc')} -std=gnu11 -O1 -w "
                        f"-DSTUB_VERSION='\"mutant\"' {options}")
        self.object = {}
        OUT.mkdir(parents=True, exist_ok=True)
        for source in [*sources, *(f"{test}.c" for test in TESTS)]:
            path = (HERE / source).resolve()
            self.object[path] = OUT / f"{path.parent.name}-{path.stem}.o"
            shell(f"{self.compile} -c {path} -o {self.object[path]}")

    def build(self, number, path, old, new):
        """The tests with one changed source. Return: the folder of their programs"""
        text = (ROOT / path).read_text()
        if text.count(old) != 1:
            raise ValueError(f"{path} has no, or not one:\n{old}")
        tree = OUT / str(number)
        tree.mkdir(parents=True, exist_ok=True)
        source = tree / Path(path).name
        source.write_text(text.replace(old, new))
        shell(f"{self.compile} -I{(ROOT / path).parent} -c {source} -o {source}.o")
        objects = {**self.object, ROOT / path: f"{source}.o"}
        if len(objects) != len(self.object):
            raise ValueError(f"{path} is in no test")
        for test in TESTS:
            own = [str(o) for p, o in objects.items() if p.stem == test or p.stem not in TESTS]
            shell(f"{self.compile} {self.link} {' '.join(own)} -lcmocka -lfdt -llz4 "
                  f"-o {tree / test}")
        return tree


def run(tests, number, name):
    """Return: TAP of one mutant"""
    try:
        tree = tests.build(number, *MUTANTS[name])
        for test in TESTS:
            job = subprocess.run([tree / test], capture_output=True, text=True, timeout=600,
                                 env={**os.environ, "DAMAGE_FIRST": "1",
                                      "CMOCKA_MESSAGE_OUTPUT": "TAP"})
            found = re.findall(r"^not ok \S+ (?:- )?(.*)", job.stdout, re.M)
            if job.returncode:
                break
    except (ValueError, subprocess.SubprocessError) as error:
        text = str(error) + (getattr(error, "stder", None) or "")
        return f"not ok {number} - {name}\n# " + text.replace("\n", "\n# ")
    good = "" if job.returncode else "not "
    return f"{good}ok {number} - noticed: {name}\n# {(found or [f'status {job.returncode}'])[0]}"


def main():
    failed = False
    tests = Tests()
    names = [name for name in MUTANTS if not sys.argv[2:] or sys.argv[2] in name]
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", os.cpu_count()))) as pool:
        for result in pool.map(run, [tests] * len(names), range(1, len(names) + 1), names):
            print(result, flush=True)
            failed |= result.startswith("not")
    print(f"1..{len(names)}")
    return failed


sys.exit(main())
