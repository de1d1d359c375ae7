#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The boot loader on QEMU: restores, refusals, cold boots. TAP on stdout.

The flash is laid out by flashimage.py, the kernel that is started is a few
hundred instructions that report what they found (payload.c).
"""
import argparse
import concurrent.futures
import os
import re
import struct
import subprocess
import sys
import tempfile
import traceback

import flashimage as fi
import qemu
from flashimage import PAGE, Snapshot

VA = 0xFFFFFF8000000000
RESTORED, TREE_WANTED = 0x40, 0x20     # in the payload
CODE, TABLES, CHECKS = 0x48000000, 0x45000000, 0x44000000
JUNK, JUNK_SIZE = 0x50000000, 4 << 20
JUNK_WORD = 0xA5A5A5A5A5A5A5A5
END, CHECK_FILL, CHECK_PATTERN, CHECK_RESET, CHECK_DISKS = range(5)
COLD, RESTORE = 1, 2
TCR = 25 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30 | 2 << 32
MAIR = 0xFF | 0x04 << 32
RAM = 0x40000000

env = None
tests = []


def test(f):
    tests.append((f.__name__.replace("_", " "), f))
    return f


class Env:
    def __init__(self, folder, stub, payload, stage):
        self.folder = folder
        self.stub_path = stub
        with open(stub, "rb") as f:
            self.flash = qemu.Flash(folder, f.read())
        with open(payload, "rb") as f:
            self.payload = f.read()
        with open(stage, "rb") as f:
            self.stage = f.read()
        self.junk = os.path.join(folder, "junk")
        with open(self.junk, "wb") as f:
            f.write(struct.pack("<Q", JUNK_WORD) * (JUNK_SIZE // 8))

    def run(self, **kw):
        r = qemu.run(self.flash, load=[(JUNK, self.junk)], **kw)
        env.last = r
        return r


def pattern(pa, pages):
    out = b""
    for pfn in range(pa // PAGE, pa // PAGE + pages):
        out += struct.pack("<16Q", *((pfn << 32 | i) for i in range(16)))
        out += struct.pack("<Q", pfn << 32) * 496
    return out


class World(Snapshot):
    """A snapshot that resumes the payload, which then looks at memory."""

    def __init__(self, **kw):
        super().__init__(**kw)
        self.checks = []
        self.cpu = {"mair": MAIR, "tcr": TCR, "ttbr1": TABLES, "entry": VA + RESTORED,
                    "arg": CHECKS}

    def look(self, pa, pages, kind, word=0):
        self.checks.append((pa, pages, kind, word))

    def pattern(self, pa, pages):
        self.put(pa, pattern(pa, pages))
        self.look(pa, pages, CHECK_PATTERN)

    def fill(self, pa, pages, word):
        self.put(pa, struct.pack("<Q", word) * (512 * pages))
        self.look(pa, pages, CHECK_FILL, word)

    def cleared(self, pa, pages):
        self.zero(pa, pages)
        self.look(pa, pages, CHECK_FILL, 0)

    def sections(self):
        if not self.extents:
            self.kernel()
        return super().sections()

    def kernel(self):
        """The payload's pages, in reverse order in memory, and the tables that map them."""
        code = fi.pad(env.payload, fi.align(len(env.payload), PAGE))
        l3 = [0] * 512
        for i in range(len(code) // PAGE):
            pa = CODE - 2 * i * PAGE
            self.put(pa, code[i * PAGE:(i + 1) * PAGE])
            l3[i] = pa | 0x703
        stack = CODE + 0x100000
        self.put(stack, bytes(PAGE))
        l3[31] = stack | 0x703
        self.put(TABLES, struct.pack("<512Q", TABLES + PAGE | 3, *[0] * 511))
        self.put(TABLES + PAGE, struct.pack("<512Q", TABLES + 2 * PAGE | 3, *[0] * 511))
        self.put(TABLES + 2 * PAGE, struct.pack("<512Q", *l3))
        checks = b"".join(struct.pack("<4Q", pa, n, kind, word)
                          for pa, n, kind, word in self.checks)
        self.put(CHECKS, fi.pad(checks, fi.align(len(checks) + 1, PAGE)))


def small(**kw):
    w = World(**kw)
    w.cut = [1]     # a chunk a page
    w.raw_every = 0
    w.pattern(0x4A000000, 3)
    return w


def put_os(offset=0, version=1, parts=(), tree=0, on=None, **kw):
    kernel = bytearray(env.payload)
    put_le(kernel, TREE_WANTED, "<Q", tree)
    image = fi.os_image([(fi.KERNEL, bytes(kernel)), *parts], version=version, **kw)
    (on or env.flash).put(qemu.OS + offset, image)
    return image


def put_snapshot(snapshot, offset=0, on=None):
    image = snapshot.build()
    (on or env.flash).put(qemu.SNAPSHOT + offset, image)
    return image


def same(what, got, want):
    if got != want:
        raise AssertionError(f"{what}: {got!r}, not {want!r}")


def has(text, what):
    if not re.search(what, text):
        raise AssertionError(f"not on the console: {what}")


def is_restored(r, sequence=7, offset=0, reason=0, medium="nor"):
    same("turned off", r.ended, True)
    has(r.console, r"payload: restored")
    same("wrong words", r.number("wrong"), 0)
    same("exceptions masked", r.number("daif"), 0x3C0)
    h = r.handoff()
    same("boot", h["boot"], RESTORE)
    same("reason", h["reason"], reason)
    same("sequence", h["sequence"], sequence)
    same("slot offset", h["slot_offset"], offset)
    same("medium", h["medium"], medium)
    return h


def is_cold(r, reason, name=None):
    same("turned off", r.ended, True)
    has(r.console, r"payload: cold")
    same("MMU and caches", r.number("sctlr") & 5, 0)
    same("exceptions masked", r.number("daif"), 0x3C0)
    h = r.handoff()
    same("boot", h["boot"], COLD)
    same("reason", h["reason"], reason)
    if name:
        has(r.console, rf"bootstub: snapshot at 0x[0-9a-f]+ refused: {name}\b.*: cold boot")
    return h


def all_codecs():
    w = World()
    w.cut = [256, 100, 7, 1, 64]
    w.pattern(0x41000000, 5000)                         # more than the window holds
    for i in range(300):
        w.pattern(0x4B000000 + i * 3 * PAGE, 1 + i % 2)    # extents smaller than a chunk
    w.fill(0x4E000000, 700, 0x1122334455667788)
    w.fill(0x4F000000, 1, 0xFFFFFFFFFFFFFFFF)
    w.look(JUNK, 16, CHECK_FILL, JUNK_WORD)             # beside what is restored
    w.cleared(JUNK + 16 * PAGE, 5)
    w.look(JUNK + 21 * PAGE, 3, CHECK_FILL, JUNK_WORD)
    w.pattern(JUNK + 24 * PAGE, 1)
    w.cleared(JUNK + 25 * PAGE, 1)
    w.look(JUNK + 26 * PAGE, 2, CHECK_FILL, JUNK_WORD)
    w.cleared(JUNK + 28 * PAGE, 600)                    # behind the last page of the stream
    w.look(JUNK + 628 * PAGE, 396, CHECK_FILL, JUNK_WORD)
    return w


@test
def a_snapshot_is_restored_with_all_codecs():
    w = all_codecs()
    put_os()
    put_snapshot(w, 0x40000)
    h = is_restored(env.run(), offset=0x40000)
    same("bytes stored", h["bytes_stored"], w.stored)
    same("bytes restored", h["bytes_restored"], len(w.pages) * PAGE)
    codecs = {c[1] for c in w.chunks()}
    same("codecs used", codecs, {fi.RAW, fi.LZ4, fi.FILL})


@test
def the_hand_off_page_of_a_restore_is_complete():
    put_os()
    put_snapshot(small())
    r = env.run()
    h = is_restored(r)
    same("magic", h["magic"], b"SNAPHAND")
    same("abi", h["abi"], 1)
    same("size", h["size"], 4096)
    same("attempt", h["attempt"], 1)
    same("rate", h["counter_hz"], 62500000)
    same("region", (h["stub_base"], h["stub_size"]), (0x40200000, 0x1FF000))
    same("machine", h["machine"].rstrip(b"\0"), b"linux,dummy-virt")
    same("memory", h["range"], [(RAM, 512 << 20)])
    same("seed size", h["seed_size"], 32)
    same("events", [t[0] for t in h["time"]], [1, 2, 3, 4, 5])
    times = [t[2] for t in h["time"]]
    same("timeline in order", times, sorted(times))
    if not h["stub_version"].rstrip(b"\0") or times[0] == 0 or times[-1] > 62500000 * 10:
        raise AssertionError("version or times make no sense")
    again = is_restored(env.run())
    if again["seed"] == h["seed"] or h["seed"] == bytes(32):
        raise AssertionError("the seed is not fresh")


@test
def a_restore_works_entered_at_EL2():
    put_os()
    put_snapshot(small())
    is_restored(env.run(machine="virt,gic-version=3,virtualization=on", cpus=4))


@test
def a_restore_works_with_memory_beyond_4_GiB():
    w = small(ram=((RAM, 5 << 30),))
    w.pattern(RAM + (4 << 30) + 0x123000, 300)
    put_os()
    put_snapshot(w)
    h = is_restored(env.run(memory="5G"))
    same("memory", h["range"], [(RAM, 5 << 30)])


@test
def odd_memory_sizes_are_mapped_to_the_last_page():
    size = (129 << 20) + 0x6000     # beyond what whole blocks map
    w = World(ram=((RAM, size),))
    w.pattern(RAM + size - 2 * PAGE, 2)
    put_os()
    put_snapshot(w)
    r = qemu.run(env.flash, memory=f"{size}B")
    env.last = r
    same("memory", is_restored(r)["range"], [(RAM, size)])


@test
def without_an_os_image_the_kernel_is_not_compared():
    put_snapshot(small())
    is_restored(env.run())


@test
def the_newest_of_several_is_restored():
    put_os()
    put_snapshot(small(sequence=9), 0x100000)
    put_snapshot(small(sequence=10), 0x2800000)
    put_snapshot(small(sequence=8), 0x4F00000)
    is_restored(env.run(), sequence=10, offset=0x2800000)


@test
def a_snapshot_across_both_banks_is_restored():
    w = World()
    w.cut, w.raw_every = [256], 1
    w.pattern(0x41000000, 1024)
    put_os()
    put_snapshot(w, qemu.BANK - qemu.SNAPSHOT - 0x80000)
    is_restored(env.run(), offset=qemu.BANK - qemu.SNAPSHOT - 0x80000)


@test
def an_older_one_is_restored_when_the_newest_is_damaged():
    w = small(sequence=9)
    w.damage[5] = lambda b: flip(b, len(b) // 2)
    put_os()
    put_snapshot(w, 0x100000)
    put_snapshot(small(sequence=8))
    r = env.run()
    is_restored(r, sequence=8, offset=0, reason=30)
    has(r.console, r"snapshot at 0x3100000 refused: chunk-sum \(chunk \d+\): trying an older one")


def flip(data, at):
    data[at] ^= 0x10


def put_le(data, at, fmt, value):
    struct.pack_into(fmt, data, at, value)


# Header fields: see the picture in Documentation/image-format.rst.
REFUSALS = [
    # reason, name, how
    (2, "version", dict(version=2)),
    (3, "header-size", dict(patch={0: lambda b: put_le(b, 8, "<I", 1000)})),
    (4, "header-crc", dict(damage={0: lambda b: flip(b, 100)})),
    (5, "feature", dict(incompat=4)),
    (5, "feature", dict(incompat=1 << 63, pageable=[bytes(PAGE)])),
    (6, "reserved", dict(patch={0: lambda b: flip(b, -1)})),
    (7, "field", dict(sequence=0)),
    (7, "field", dict(incompat=1)),     # a pageable part without pages
    (7, "field", dict(patch={0: lambda b: put_le(b, 656, "<Q", 1)})),
    (8, "section", dict(pageable=[bytes(PAGE)], patch={0: lambda b: put_le(b, 656, "<Q", 2)})),
    (8, "section", dict(patch={0: lambda b: put_le(b, 400 + 32 + 8, "<Q", 8192)})),
    (10, "not-committed", dict(committed=False)),
    (11, "commit", dict(damage={"commit": lambda b: flip(b, 9)})),
    (12, "revoked", dict(revoked=True)),
    (20, "section-crc", dict(damage={1: lambda b: flip(b, 20)})),
    (20, "section-crc", dict(damage={2: lambda b: flip(b, 3)})),
    (20, "section-crc", dict(damage={3: lambda b: flip(b, 3)})),
    (20, "section-crc", dict(damage={4: lambda b: flip(b, 3)})),
    (21, "cpu", dict(cpu=dict(el=2))),
    (21, "cpu", dict(cpu=dict(mair=0x44))),
    (21, "cpu", dict(cpu=dict(mpidr=0x80000001))),
    (21, "cpu", dict(cpu=dict(tcr=TCR | 1 << 59))),
    (21, "cpu", dict(cpu=dict(tcr=TCR | 1 << 23))),
    (21, "cpu", dict(cpu=dict(tcr=TCR ^ 3 << 30))),
    (21, "cpu", dict(cpu=dict(entry=0x48000040))),
    (21, "cpu", dict(cpu=dict(entry=VA + 2))),
    (21, "cpu", dict(cpu=dict(arch=2))),
    (21, "cpu", dict(cpu=dict(size=64))),
    (22, "memmap", dict(ram=((RAM, 1 << 20), (RAM, 1 << 20)))),
    (23, "pagetable", dict(extents=[[0x70000, 1, fi.DATA]])),
    (23, "pagetable", dict(extents=[[0x48000, 2, fi.DATA], [0x48001, 1, fi.DATA]])),
    (24, "overlap", dict(extents=[[0x40200, 1, fi.DATA]])),
    (24, "overlap", dict(extents=[[0x403FE, 1, fi.ZERO], [0x48000, 1, fi.DATA]])),
    (24, "overlap", dict(extents=[[0x403FF, 1, fi.DATA]])),
    (25, "chunk-table", dict(patch={4: lambda b: put_le(b, 0, "<I", 2)})),
    (30, "chunk-sum", dict(damage={5: lambda b: flip(b, 0)})),
    (30, "chunk-sum", dict(damage={5: lambda b: flip(b, -1)})),
    (31, "chunk-codec", dict(patch={4: lambda b: put_le(b, 4, "<H", 9)})),
    (40, "arch", dict(arch=3)),
    (41, "machine", dict(machine="another,board")),
    (42, "memory", dict(ram=((RAM, 1 << 30),))),
    (42, "memory", dict(ram=((RAM, 256 << 20), (RAM + (257 << 20), 255 << 20)))),
    (43, "stub-abi", dict(stub_abi=2)),
    (43, "stub-abi", dict(stub=(0x40201000, 0x1FE000))),
    (43, "stub-abi", dict(handoff=0x40400000)),
    (44, "kernel-release", dict(release="6.1.0-other")),
    (45, "build-id", dict(build_id=bytes(20)[:-1] + b"x")),
    (46, "page-size", dict(page_shift=14)),
    (48, "os-changed", dict(os_identity=1)),
    (62, "exception", dict(cpu=dict(entry=VA + 0x100000))),
    (62, "exception", dict(cpu=dict(ttbr1=0x5F000000))),
]


@test
def every_reason_leads_to_a_cold_boot():
    put_os()
    for reason, name, how in REFUSALS:
        w = small()
        w.cpu.update(how.get("cpu", {}))
        for key, value in how.items():
            if key != "cpu":
                setattr(w, key, value)
        put_snapshot(w)
        try:
            is_cold(env.run(), reason, name)
        except AssertionError as e:
            raise AssertionError(f"{name} {how}: {e}") from e
        env.flash.put(qemu.SNAPSHOT, b"\xff" * 0x40000)


def refused(w, reason, name):
    put_os()
    put_snapshot(w)
    return is_cold(env.run(), reason, name)


def with_pageable(w, pages=64):
    """Also that many pages that the loader is to leave where they are, of all codecs."""
    w.pageable = [bytes(PAGE) if i % 4 == 0 else pattern(i * PAGE, 1) if i % 4 < 3 else
                  os.urandom(PAGE) for i in range(pages)]
    return w


@test
def what_is_pageable_is_left_on_flash():
    w = with_pageable(all_codecs())
    put_os()
    put_snapshot(w)
    h = is_restored(env.run())
    same("sections", sorted(w.places), list(range(1, 8)))
    same("bytes stored", h["bytes_stored"], w.stored)
    same("bytes restored", h["bytes_restored"], len(w.pages) * PAGE)


@test
def a_damaged_pageable_part_is_no_reason_not_to_restore():
    put_os()
    for damage in ({6: lambda b: flip(b, 3)}, {7: lambda b: flip(b, -1)},
                   {6: lambda b: b.__setitem__(slice(None), b"\xff" * len(b)),
                    7: lambda b: b.__setitem__(slice(None), b"\xff" * len(b))}):
        w = with_pageable(small())
        w.damage = damage
        put_snapshot(w)
        r = env.run()
        is_restored(r)
        same("complaints", r.console.count("refused"), 0)
    # The other way round: the part is whole, what is loaded is not.
    w = with_pageable(small())
    w.damage = {5: lambda b: flip(b, 0)}
    put_snapshot(w)
    is_cold(env.run(), 30, "chunk-sum")


@test
def an_older_snapshot_may_have_a_pageable_part_and_a_newer_one_not():
    put_os()
    put_snapshot(with_pageable(small(sequence=8)))
    w = small(sequence=9)
    w.damage[5] = lambda b: flip(b, 0)
    put_snapshot(w, 0x100000)
    is_restored(env.run(), sequence=8, reason=30)


@test
def a_snapshot_inside_a_pageable_part_is_not_looked_at():
    # A page of memory may hold the bytes of a snapshot, with a higher number.
    w = World(sequence=7)
    w.pattern(0x4A000000, 3)
    inner = small(sequence=99).build()
    w.pageable = [os.urandom(PAGE) for _ in range(200)]
    image = bytearray(w.build())
    at = -w.places[7][0] % 0x40000 + w.places[7][0]
    same("the place is inside", at + len(inner) < len(image), True)
    image[at:at + len(inner)] = inner
    put_os()
    env.flash.put(qemu.SNAPSHOT, bytes(image))
    is_restored(env.run(), sequence=7)


@test
def a_chunk_that_does_not_decode_is_refused():
    w = small()
    # Not LZ4, with a good checksum: chunk 1 becomes something else of its size.
    def bend(b):
        stored = [c[3] for c in w.chunks()]
        first, n = len(stored[0]), len(stored[1])
        w.junk = bytes((i * 37 + 255) & 0xFF for i in range(n))
        b[first:first + n] = w.junk
    def fix(b):
        stored = [c[3] for c in w.chunks()]
        n = len(stored[1])
        put_le(b, 32 + 20, "<I", fi.data_sum(bytes((i * 37 + 255) & 0xFF for i in range(n))))
    w.patch = {5: bend, 4: fix}
    same("detail", refused(w, 32, "chunk-decode")["detail"], 1)


@test
def a_failure_in_the_last_chunk_still_boots_cold():
    w = World()
    w.pattern(0x41000000, 3000)
    w.pattern(0x5E000000, 1)
    w.cleared(RAM, 256)             # where the machine's device tree was
    w.damage[5] = lambda b: flip(b, -1)
    h = refused(w, 30, "chunk-sum")
    same("detail", h["detail"], len(list(w.chunks())) - 1)
    same("sequence", h["sequence"], 7)


@test
def a_truncated_snapshot_is_refused():
    put_os()
    w = World()
    w.raw_every = 1
    w.pattern(0x41000000, 200)
    image = w.build()
    offset = qemu.SNAPSHOT_SIZE - 0x40000
    env.flash.put(qemu.SNAPSHOT + offset, image[:0x40000])
    same("slot offset", is_cold(env.run(), 9, "truncated")["slot_offset"], offset)


@test
def tables_that_do_not_fit_are_refused():
    w = small(ram=((RAM, 5 << 30),))
    w.kernel()
    w.extents = [[0x41000 + 2 * i, 1, i & 1] for i in range(120000)]
    put_os()
    put_snapshot(w)
    same("detail", is_cold(env.run(memory="5G"), 61, "no-space")["detail"], 3)


@test
def an_erased_partition_boots_cold():
    put_os()
    r = env.run()
    is_cold(r, 1)
    has(r.console, "bootstub: no snapshot .*: cold boot")


@test
def an_exception_in_the_restored_kernel_boots_cold():
    w = small()
    w.cpu["arg"] = 0x7FFF00000000       # read at once, and not mapped
    put_os()
    put_snapshot(w)
    r = env.run()
    is_cold(r, 62, "exception")
    has(r.console, r"bootstub: exception: cause 0x96\w+ at 0xffffff80\w+, address 0x7fff000000\w+")


@test
def a_restore_that_is_never_confirmed_ends_in_a_cold_boot():
    w = small()
    w.look(0, 0, CHECK_RESET)
    put_os()
    put_snapshot(w)
    r = env.run(once=False)
    is_cold(r, REASON_ATTEMPTS, "attempts")
    same("restores", len(r.facts["restored"]), 3)


def tree_of(r):
    """The device tree that the payload was given, as (path, property) -> bytes."""
    path = os.path.join(env.folder, "tree.dtb")
    with open(path, "wb") as f:
        f.write(bytes.fromhex(r.facts["tree"][-1]))
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", "/dev/null", path], check=True)
    return path


def prop(tree, node, name, kind="x"):
    p = subprocess.run(["fdtget", "-t", kind, tree, node, name], capture_output=True, text=True)
    return p.stdout.strip() if p.returncode == 0 else None


RESERVED = "/reserved-memory"
PARTS = "/flash@0/partitions"


@test
def the_device_tree_of_a_cold_boot_is_complete():
    put_os(parts=[(fi.CMDLINE, b"quiet root=/dev/vda one=two")], tree=1)
    r = env.run()
    is_cold(r, 1)
    tree = tree_of(r)
    same("command line", prop(tree, "/chosen", "bootargs", "s"), "quiet root=/dev/vda one=two")
    for node, compatible, reg in (
            ("bootstub@40200000", "snapcap,bootstub", "0 40200000 0 1ff000"),
            ("handoff@403ff000", "snapcap,handoff", "0 403ff000 0 1000")):
        same(node, prop(tree, f"{RESERVED}/{node}", "compatible", "s"), compatible)
        same(node, prop(tree, f"{RESERVED}/{node}", "reg"), reg)
        same(node, prop(tree, f"{RESERVED}/{node}", "no-map"), "")
    same("ranges", prop(tree, RESERVED, "ranges"), "")
    same("partitions", prop(tree, PARTS, "compatible", "s"), "fixed-partitions")
    for at, label, reg, read_only in (("0", "bootstub", "0 100000", ""),
                                      ("100000", "os", "100000 2f00000", None),
                                      ("3000000", "snapshot", "3000000 5000000", None)):
        node = f"{PARTS}/partition@{at}"
        same(label, prop(tree, node, "label", "s"), label)
        same(label, prop(tree, node, "reg"), reg)
        same(label, prop(tree, node, "read-only"), read_only)
    same("seed", len(prop(tree, "/chosen", "rng-seed").split()), 8)
    same("initrd", prop(tree, "/chosen", "linux,initrd-start"), None)


@test
def initrd_and_device_tree_parts_are_used():
    dts = """/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; compatible = "linux,dummy-virt";
        chosen { bootargs = "from the part"; };
        reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
            low@40400000 { reg = <0 0x40400000 0 0x1000>; }; };
        memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };
        nor: flash@0 { compatible = "cfi-flash"; reg = <0 0 0 0x8000000>;
            partitions { compatible = "fixed-partitions"; #address-cells = <1>; #size-cells = <1>;
                all@0 { reg = <0 0x8000000>; }; }; }; };"""
    dtb = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=dts.encode(),
                         capture_output=True, check=True).stdout
    initrd = bytes(range(256)) * 100
    put_os(parts=[(fi.DTB, dtb), (fi.INITRD, initrd)], tree=1)
    r = env.run()
    is_cold(r, 1)
    tree = tree_of(r)
    same("command line", prop(tree, "/chosen", "bootargs", "s"), "from the part")
    start, end = (int(prop(tree, "/chosen", f"linux,initrd-{e}").replace(" ", ""), 16)
                  for e in ("start", "end"))
    same("initrd size", end - start, len(initrd))
    same("reserved", prop(tree, RESERVED + "/bootstub@40200000", "reg"), "0 40200000 0 1ff000")
    same("its own partitions", prop(tree, PARTS + "/all@0", "reg"), "0 8000000")
    same("no others", prop(tree, PARTS + "/partition@0", "reg"), None)
    same("seed", len(prop(tree, "/chosen", "rng-seed").split()), 8)
    if start < 0x40401000:
        raise AssertionError("initrd on reserved memory")


@test
def a_cold_boot_enters_at_EL2_where_the_machine_did():
    put_os()
    r = env.run(machine="virt,gic-version=3,virtualization=on")
    is_cold(r, 1)
    same("level", r.number("cold"), 8)


@test
def a_damaged_newest_os_image_does_not_bind_snapshots():
    put_os(version=1)
    put_os(0x100000, version=2, build_id=bytes(20)[:-1] + b"z")
    put_snapshot(small())
    refused = env.run()
    is_cold(refused, 45, "build-id")
    env.flash.put(qemu.OS + 0x100000 + PAGE + 300, b"damaged")
    is_restored(env.run())


# All that a cold boot of one image starts with.
OS_PARTS = {fi.DTB: None, fi.INITRD: b"one initrd" * 1000, fi.CMDLINE: b"one command line"}


def put_parts(offset=0, version=1, order=(fi.DTB, fi.INITRD, fi.CMDLINE), on=None, **kw):
    """The parts of OS_PARTS, or others by name; None: not there. Return: its identity"""
    parts = {**OS_PARTS, **{getattr(fi, name): data for name, data in kw.items()}}
    return fi.identity(put_os(offset, version, [(kind, parts[kind]) for kind in order
                                                if parts[kind] is not None], on=on))


def bound(identity, **kw):
    w = small(**kw)
    w.os_identity = identity
    return w


@test
def a_cold_boot_tells_which_os_image_it_started():
    identity = put_parts()
    h = is_cold(env.run(), 1)
    same("identity", h["os_identity"], identity)
    # In another place, with another number and its parts in another order: the same system.
    env.flash.erase()
    other = put_parts(0x110000, 8, (fi.CMDLINE, fi.INITRD))
    same("identity of the same files", other, identity)
    same("and told", is_cold(env.run(), 1)["os_identity"], identity)
    # The newest is damaged: that of the one that was started.
    env.flash.put(qemu.OS + 0x300000, fi.os_image([(fi.KERNEL, b"not a kernel" * 100)], version=9))
    same("not of the one passed over", is_cold(env.run(), 1)["os_identity"], identity)


@test
def a_restored_system_is_told_what_stands_in_its_snapshot():
    put_snapshot(bound(0x1122334455667788))
    same("identity", is_restored(env.run())["os_identity"], 0x1122334455667788)
    put_parts()
    put_snapshot(small())
    same("of one that is not bound", is_restored(env.run())["os_identity"], 0)


@test
def a_snapshot_is_bound_to_every_part_of_the_os_image():
    identity = put_parts()
    put_snapshot(bound(identity))
    is_restored(env.run())
    for change in (dict(INITRD=b"another init" + OS_PARTS[fi.INITRD]),
                   dict(INITRD=b"One initrd" + OS_PARTS[fi.INITRD][10:]), dict(INITRD=None),
                   dict(CMDLINE=b"two command line"), dict(CMDLINE=None),
                   dict(DTB=b"a device tree, which nobody looks at before it is booted")):
        env.flash.put(qemu.OS, b"\xff" * 0x40000)
        changed = put_parts(version=3, **change)
        if changed == identity:
            raise AssertionError(f"{change}: the same identity")
        r = env.run()
        if "DTB" in change:     # nor can it be booted
            has(r.console, r"snapshot at 0x3000000 refused: os-changed \(os image 3\): cold boot")
            continue
        h = is_cold(r, 48, "os-changed")
        same("detail", h["detail"], 3)
        same("identity", h["os_identity"], changed)
    # All as it was before: so is the snapshot.
    env.flash.put(qemu.OS, b"\xff" * 0x40000)
    put_parts()
    is_restored(env.run())


@test
def a_newer_os_image_beside_the_old_one_is_an_update():
    identity = put_parts(version=1)
    put_parts(0x100000, version=2, INITRD=b"two")
    put_snapshot(bound(identity))
    is_cold(env.run(), 48, "os-changed")
    # One that cannot be booted is none.
    flip_flash = qemu.OS + 0x100000 + PAGE + 300
    env.flash.put(flip_flash, b"damaged")
    same("identity", is_restored(env.run())["os_identity"], identity)


@test
def the_same_os_image_with_a_new_number_is_no_update():
    identity = put_parts(version=1)
    put_parts(0x100000, version=2)
    put_snapshot(bound(identity))
    is_restored(env.run())


@test
def a_refused_os_image_leaves_an_older_snapshot_its_turn():
    """The update was undone: the snapshot of the old system, not that of the new one."""
    old = put_parts()
    put_snapshot(bound(old, sequence=8))
    put_snapshot(bound(old ^ 1, sequence=9), 0x100000)
    r = env.run()
    is_restored(r, sequence=8, offset=0, reason=48)
    has(r.console, r"snapshot at 0x3100000 refused: os-changed \(os image 1\): trying an older one")


@test
def the_newest_whole_os_image_is_booted():
    put_os(0x10000 * 3, version=5, parts=[(fi.CMDLINE, b"five")], tree=1)
    image = put_os(0x10000 * 8, version=6, parts=[(fi.CMDLINE, b"six")], tree=1)
    env.flash.put(qemu.OS + 0x10000 * 8 + len(image) - PAGE, b"?")  # damaged
    put_os(0x10000 * 20, version=4, parts=[(fi.CMDLINE, b"four")], tree=1)
    r = env.run()
    is_cold(r, 1)
    same("booted", prop(tree_of(r), "/chosen", "bootargs", "s"), "five")
    has(r.console, "bootstub: os image at 0x180000 refused: part-sum")


@test
def an_os_image_that_cannot_be_set_up_is_passed_over():
    put_os(version=1)
    env.flash.put(qemu.OS + 0x100000, fi.os_image([(fi.KERNEL, b"not a kernel" * 100)], version=2))
    r = env.run()
    is_cold(r, 1)
    has(r.console, "os image at 0x200000 refused: kernel")


@test
def a_kernel_larger_than_memory_is_refused():
    kernel = bytearray(env.payload)
    put_le(kernel, 16, "<Q", 200 << 20)
    env.flash.put(qemu.OS, fi.os_image([(fi.KERNEL, bytes(kernel))]))
    r = qemu.run(env.flash, memory="128")
    same("turned off", r.ended, True)
    has(r.console, "os image at 0x100000 refused: place")
    has(r.console, "no usable os image")


@test
def without_anything_the_machine_is_turned_off():
    r = env.run(seconds=60, keys=())
    same("turned off", r.ended, True)
    has(r.console, "bootstub: no snapshot .*: cold boot")
    has(r.console, "bootstub: no usable os image")
    has(r.console, "bootstub: nothing to boot, and nobody there: the machine is turned off")


@test
def four_cpus_and_a_GICv3_make_no_difference():
    put_os()
    put_snapshot(small())
    is_restored(env.run(machine="virt,gic-version=3", cpus=4))


def on_disk(w):
    """The payload of that snapshot also looks whether the loader has left the disks alone."""
    w.look(0, 0, CHECK_DISKS)
    return w


def both_layouts(disks, check, **kw):
    for modern in (False, True):
        try:
            r = env.run(disks=disks, modern=modern, **kw)
            check(r)
            same("disks running", r.number("disks-running"), 0)
        except AssertionError as e:
            raise AssertionError(f"{'modern' if modern else 'legacy'}: {e}") from e


@test
def a_snapshot_is_restored_from_a_disk():
    disk = qemu.Disk(env.folder)
    w = on_disk(all_codecs())
    put_os(on=disk)
    put_snapshot(w, 0x40000, on=disk)

    def check(r):
        h = is_restored(r, offset=0x40000, medium="disk")
        same("bytes stored", h["bytes_stored"], w.stored)
        same("bytes restored", h["bytes_restored"], len(w.pages) * PAGE)
    both_layouts([disk], check)


@test
def a_disk_boots_cold():
    disk = qemu.Disk(env.folder)
    initrd = bytes(range(256)) * 7001
    put_os(on=disk, parts=[(fi.CMDLINE, b"from the disk"), (fi.INITRD, initrd)], tree=1)

    def check(r):
        is_cold(r, 1)
        tree = tree_of(r)
        same("command line", prop(tree, "/chosen", "bootargs", "s"), "from the disk")
    both_layouts([disk], check)


ONCE = 2        # bit of feature_incompat
REASON_REVOKED, REASON_ONCE, REASON_ATTEMPTS = 12, 68, 69


def single_use(**kw):
    w = small(**kw)
    w.incompat = ONCE
    return w


def revoked_word(offset):
    at = qemu.SNAPSHOT + offset + 4096 + 40
    with open(env.flash.paths[at // qemu.BANK], "rb") as bank:
        bank.seek(at % qemu.BANK)
        return bank.read(8)


@test
def a_single_use_snapshot_is_restored_once():
    put_os()
    put_snapshot(single_use())
    is_restored(env.run())
    same("revoked", revoked_word(0), bytes(8))
    is_cold(env.run(), REASON_REVOKED, "revoked")


@test
def a_single_use_snapshot_that_is_refused_is_used_up():
    w = single_use(sequence=9)
    w.damage[5] = lambda b: flip(b, len(b) // 2)
    put_os()
    put_snapshot(w, 0x100000)
    r = env.run()
    is_cold(r, 30, "chunk-sum")
    has(r.console, "snapshot 9 for one use is used up")
    same("revoked", revoked_word(0x100000), bytes(8))
    env.flash.erase()
    put_os()
    put_snapshot(w, 0x100000)
    put_snapshot(small(sequence=8))
    is_restored(env.run(), sequence=8, offset=0, reason=30)
    same("revoked before an older one is restored", revoked_word(0x100000), bytes(8))
    same("the older one is not", revoked_word(0), b"\xff" * 8)


@test
def a_single_use_snapshot_of_another_kernel_is_used_up():
    w = single_use()
    w.build_id = bytes(20)
    put_os()
    put_snapshot(w)
    is_cold(env.run(), 45, "build-id")
    same("revoked", revoked_word(0), bytes(8))


@test
def a_single_use_snapshot_that_cannot_be_marked_is_refused():
    disk = qemu.Disk(env.folder)
    put_os()
    put_snapshot(single_use(), on=disk)
    for _ in range(2):
        r = env.run(disks=[disk])
        is_cold(r, REASON_ONCE, "once")


TRY, CONFIRM = bytes(8), b"SNAPGOOD"


def on_trial(tries, log=b"", **kw):
    w = small(**kw)
    w.tries, w.log = tries, log
    return w


def trial_log(offset, words=8):
    at = qemu.SNAPSHOT + offset + 6144
    with open(env.flash.paths[at // qemu.BANK], "rb") as bank:
        bank.seek(at % qemu.BANK)
        return bank.read(8 * words)


@test
def a_snapshot_on_trial_is_given_up_after_its_tries():
    put_os()
    put_snapshot(on_trial(2, sequence=9), 0x100000)
    put_snapshot(small(sequence=8))
    for number in (1, 2):
        r = env.run()
        same("attempt", is_restored(r, sequence=9, offset=0x100000)["attempt"], number)
        has(r.console, rf"bootstub: snapshot 9 on trial: try {number} of 2")
        same("log", trial_log(0x100000), (TRY * number).ljust(64, b"\xff"))
    r = env.run()
    h = is_restored(r, sequence=8, reason=REASON_ATTEMPTS)
    same("tries", h["detail"], 2)
    has(r.console, r"refused: attempts \(attempt 2\): trying an older one")
    same("log", trial_log(0x100000), (TRY * 2).ljust(64, b"\xff"))


@test
def a_snapshot_on_trial_alone_ends_in_a_cold_boot():
    put_os()
    put_snapshot(on_trial(3, TRY * 3))
    same("tries", is_cold(env.run(), REASON_ATTEMPTS, "attempts")["detail"], 3)


@test
def a_confirmed_snapshot_is_restored_without_a_write():
    put_os()
    log = TRY + b"\xff" * 8 + CONFIRM
    put_snapshot(on_trial(1, log))
    for _ in range(3):
        r = env.run()
        same("attempt", is_restored(r)["attempt"], 1)
        same("log", trial_log(0), log.ljust(64, b"\xff"))
        if "on trial" in r.console:
            raise AssertionError("it is on trial")


@test
def what_was_cut_off_in_the_log_is_a_try_and_no_confirmation():
    put_os()
    for log in (b"\0\0\0\0\xff\xff\xff\xff", CONFIRM + b"SNAPGOO@"):
        put_snapshot(on_trial(1, log))
        is_cold(env.run(), REASON_ATTEMPTS, "attempts")
        env.flash.erase()
        put_os()


@test
def a_snapshot_on_trial_that_cannot_be_noted_is_restored():
    disk = qemu.Disk(env.folder)
    put_os()
    put_snapshot(on_trial(1), on=disk)
    for _ in range(2):
        same("attempt", is_restored(env.run(disks=[disk]), medium="disk")["attempt"], 1)


@test
def a_small_disk_boots_what_it_holds():
    for size in (qemu.OS + 0x10000 + 0x20000, qemu.SNAPSHOT, qemu.SNAPSHOT + 512):
        disk = qemu.Disk(env.folder, size=size)
        put_os(0x10000, on=disk)
        is_cold(env.run(disks=[disk]), 1)


@test
def a_disk_that_ends_before_its_images_do_is_refused():
    image = put_os()
    env.flash.erase()
    for size in (512, qemu.OS, qemu.OS + 512, qemu.OS + PAGE + 512):
        disk = qemu.Disk(env.folder, size=size)
        with open(disk.path, "r+b") as f:
            f.seek(qemu.OS)
            f.write(image)
            f.truncate(size)
        r = env.run(disks=[disk], keys=[("press a key", "o")])
        same("turned off", r.ended, True)
        has(r.console, "no usable os image")


@test
def disks_of_other_names_are_left_alone():
    other = qemu.Disk(env.folder, serial="data")
    put_os(on=other, version=9)
    put_snapshot(small(), on=other)
    r = env.run(disks=[other])
    has(r.console, "no usable os image")
    ours = qemu.Disk(env.folder)
    put_os(on=ours, parts=[(fi.CMDLINE, b"ours")], tree=1)
    for disks in ([other, ours], [ours, other]):
        r = env.run(disks=disks)
        is_cold(r, 1)
        same("disks running", r.number("disks-running"), 0)
        same("booted", prop(tree_of(r), "/chosen", "bootargs", "s"), "ours")


@test
def a_disk_whose_reads_fail_is_passed_over():
    disk = qemu.Disk(env.folder)
    put_snapshot(small(), on=disk)
    disk.fail_reads()
    put_os()
    r = env.run(disks=[disk])
    is_cold(r, 60, "read")
    same("medium", r.handoff()["medium"], "disk")
    env.flash.erase()
    r = env.run(disks=[disk], keys=[("press a key", "o")])
    same("turned off", r.ended, True)
    has(r.console, "no usable os image")
    same("complaints", r.console.count("refused: read"), 2)


@test
def one_sector_that_fails_costs_one_snapshot():
    disk = qemu.Disk(env.folder)
    put_os(on=disk)
    w = World(sequence=9)
    w.pattern(0x41000000, 1000)
    image = put_snapshot(w, 0x1000000, on=disk)
    put_snapshot(on_disk(small(sequence=8)), on=disk)
    for offset in (0, 8192, len(image) - 1):
        disk.fail_reads(qemu.SNAPSHOT + 0x1000000 + offset)
        r = env.run(disks=[disk])
        is_restored(r, sequence=8, reason=60 if offset else 0, medium="disk")
        same("disks running", r.number("disks-running"), 0)


@test
def nothing_of_a_pageable_part_is_read():
    disk = qemu.Disk(env.folder)
    put_os(on=disk)
    w = with_pageable(on_disk(small()))
    w.pattern(0x41000000, 1000)
    image = put_snapshot(w, on=disk)
    # The sector in which the other part ends is read for that.
    begin = w.places[5][0] + w.places[5][1]
    begin += -begin % 512
    same("sectors that fail", begin < w.places[7][0] < len(image), True)
    disk.fail_reads(qemu.SNAPSHOT + begin, len(image) - begin)
    r = env.run(disks=[disk])
    h = is_restored(r, medium="disk")
    same("bytes stored", h["bytes_stored"], w.stored)
    # One sector more is one that counts.
    disk.fail_reads(qemu.SNAPSHOT + begin - 512, len(image) - begin + 512)
    is_cold(env.run(disks=[disk]), 60)


@test
def an_os_image_with_a_sector_that_fails_loses_to_the_next():
    disk = qemu.Disk(env.folder)
    put_os(on=disk, version=2)
    put_os(0x100000, on=disk, version=1, parts=[(fi.CMDLINE, b"one")], tree=1)
    disk.fail_reads(qemu.OS + PAGE)
    r = env.run(disks=[disk])
    is_cold(r, 1)
    has(r.console, "os image at 0x100000 refused: read")
    same("booted", prop(tree_of(r), "/chosen", "bootargs", "s"), "one")
    disk.config = None
    disk.put(qemu.OS + PAGE + 64, b"damaged")
    r = env.run(disks=[disk])
    is_cold(r, 1)
    has(r.console, "os image at 0x100000 refused: part-sum")
    same("booted", prop(tree_of(r), "/chosen", "bootargs", "s"), "one")


@test
def the_flash_comes_before_the_disk():
    disk = qemu.Disk(env.folder)
    put_os(on=disk, version=9)
    put_snapshot(on_disk(small(sequence=99)), on=disk)
    put_os()
    put_snapshot(small(sequence=1))
    r = env.run(disks=[disk])
    is_restored(r, sequence=1)
    if "bootstub: disk" in r.console:
        raise AssertionError("the disk was looked at for nothing")
    # Its snapshot does not decode: that of the disk comes next, and the reason is kept.
    w = small(sequence=1)
    w.damage[5] = lambda b: flip(b, -1)
    put_snapshot(w)
    r = env.run(disks=[disk])
    is_restored(r, sequence=99, reason=30, medium="disk")
    has(r.console, r"snapshot at 0x3000000 refused: chunk-sum \(chunk \d+\): trying the next medium")


@test
def a_snapshot_on_the_disk_is_bound_to_the_kernel_in_flash():
    disk = qemu.Disk(env.folder)
    put_os(build_id=bytes(20)[:-1] + b"y")
    put_os(on=disk)
    put_snapshot(small(), on=disk)
    is_cold(env.run(disks=[disk]), 45, "build-id")


@test
def an_exception_after_a_restore_from_the_disk_boots_cold():
    disk = qemu.Disk(env.folder)
    w = small()
    w.cpu["arg"] = 0x7FFF00000000
    put_os(on=disk)
    put_snapshot(w, on=disk)
    is_cold(env.run(disks=[disk]), 62, "exception")


@test
def a_restore_from_the_disk_that_is_never_confirmed_ends_in_a_cold_boot():
    disk = qemu.Disk(env.folder)
    w = small()
    w.look(0, 0, CHECK_RESET)
    put_os(on=disk)
    put_snapshot(w, on=disk)
    r = env.run(disks=[disk], once=False)
    is_cold(r, REASON_ATTEMPTS, "attempts")
    same("restores", len(r.facts["restored"]), 3)


@test
def a_scan_is_quick():
    """Told, not judged: a busy host says nothing about the loader."""
    def took(event, medium, **kw):
        runs = []
        for _ in range(5):
            h = is_restored(env.run(**kw), medium=medium)
            times = {t[0]: t[2] for t in h["time"]}
            runs.append((times[event] - times[event - 1]) * 1000 / h["counter_hz"])
        return min(runs)
    disk = qemu.Disk(env.folder, size=128 << 20)
    for medium, on, disks in (("nor", None, ()), ("disk", disk, [disk])):
        env.flash.erase()
        put_os(on=on)
        put_snapshot(small(), on=on)
        slots, images = (took(event, medium, disks=disks) for event in (2, 3))
        print(f"# {medium}, best of 5: to the end of 80 MiB at 256 KiB steps {slots:.2f} ms; 47 MiB "
              f"at 64 KiB steps, and tables, {images:.2f} ms: 64 MiB take {images / 47 * 64:.2f} ms")


EL2 = "virt,gic-version=3,virtualization=on"
VHE = dict(machine=EL2, cpu="neoverse-n1")


@test
def a_kernel_that_ran_at_EL2_is_restored_there():
    w = small()
    w.cpu.update(el=2, boot_el=2)
    w.pattern(0x41000000, 5000)
    put_os()
    put_snapshot(w)
    for machine in (EL2, EL2.replace("3", "2")):
        r = env.run(**{**VHE, "machine": machine}, cpus=2)
        is_restored(r)
        same("level", r.number("restored"), 8)


@test
def a_level_that_the_machine_cannot_give_is_refused():
    put_os()
    for cpu, how in ((dict(el=2), dict(machine=EL2)),               # no VHE there
                     (dict(el=2), dict(cpu="neoverse-n1")),         # not entered at EL2
                     (dict(el=2, boot_el=2), dict(cpu="neoverse-n1")),
                     (dict(el=2, boot_el=1), VHE),
                     (dict(boot_el=2), {}),
                     (dict(boot_el=1), dict(machine=EL2)),
                     (dict(boot_el=3), dict(machine=EL2)),
                     (dict(el=0), {}),
                     (dict(el=3), VHE)):
        w = small()
        w.cpu.update(cpu)
        put_snapshot(w)
        try:
            is_cold(env.run(**how), 21, "cpu")
        except AssertionError as e:
            raise AssertionError(f"{cpu} {how}: {e}") from e


@test
def an_exception_at_EL2_boots_cold_at_EL2():
    w = small()
    w.cpu.update(el=2, arg=0x7FFF00000000)
    put_os()
    put_snapshot(w)
    r = env.run(**VHE)
    is_cold(r, 62, "exception")
    same("level", r.number("cold"), 8)
    has(r.console, "bootstub: exception: synchronous at EL2,")
    has(r.console, r"bootstub: r28 0x\w+ 0x\w+ 0xffffff80\w+ 0xffffff80\w+")
    has(r.console, r"bootstub: exception: cause 0x9[67]\w+ at 0xffffff80\w+, address 0x7fff000000\w+")


@test
def an_older_one_at_EL1_is_restored_after_an_exception_at_EL2():
    w = small(sequence=9)
    w.cpu.update(el=2, arg=0x7FFF00000000)
    put_os()
    put_snapshot(w, 0x100000)
    put_snapshot(small(sequence=8))
    r = env.run(**VHE)
    is_restored(r, sequence=8, reason=62)
    same("level", r.number("restored"), 4)


@test
def an_exception_tells_all_registers():
    w = small()
    w.cpu["arg"] = 0x7FFF00000000
    put_os()
    put_snapshot(w)
    r = env.run()
    is_cold(r, 62, "exception")
    has(r.console, "bootstub: exception: synchronous at EL1, state 0x[0-9a-f]+3c5")
    told = re.findall(r"^bootstub: r(\d+)((?: 0x[0-9a-f]+)+)$", r.console, re.M)
    same("lines", [int(n) for n, _ in told], list(range(0, 32, 4)))
    same("registers", sum(len(values.split()) for _, values in told), 32)
    values = [int(value, 16) for _, line in told for value in line.split()]
    # The payload was entered by x16, keeps its argument, and calls its functions.
    same("x16", values[16], VA + RESTORED)
    if 0x7FFF00000000 not in values or values[30] >> 17 != VA >> 17 or \
            values[31] >> 17 != VA >> 17:
        raise AssertionError("registers make no sense")


def symbols():
    """Addresses in the loader, by name."""
    elf = os.path.splitext(env.stub_path)[0] + ".elf"
    lines = subprocess.run(["nm", elf], capture_output=True, text=True, check=True).stdout
    return {name: int(value, 16) for value, _, name in
            (line.split() for line in lines.splitlines() if len(line.split()) == 3)}


@test
def an_overwritten_stack_boots_cold():
    names = symbols()

    def spoil(debugger):
        # In a call below a function that has its guard word on the stack.
        same("stopped", debugger.run_to(names["media_read"]), True)
        same("written", debugger.write(names["__stack_chk_guard"], b"overflow"), True)

    put_os()
    put_snapshot(small())
    r = env.run(debug=spoil)
    is_cold(r, 62)
    has(r.console, "bootstub: exception: cause 0x0 at 0x402")


MMU, LEAVE_VHE, DEBUG, HIDE = 1, 2, 4, 8
STAGE_ARGS, STUB_IN_FLASH = 0x40, 0x80000


def put_stage(image, tree=0, arg=None, flags=HIDE, patch=(0, 0)):
    """A stage before the loader, which it starts as a kernel image at that address."""
    stage = bytearray(env.stage)
    stub = fi.pad(env.flash.stub, fi.align(len(env.flash.stub), 8))
    struct.pack_into("<8Q", stage, STAGE_ARGS, flags, image, STUB_IN_FLASH, len(stub), tree,
                     tree if arg is None else arg, patch[0],
                     int.from_bytes(struct.pack(">I", patch[1]), "little"))
    env.flash.put(0, stage)
    env.flash.put(STUB_IN_FLASH, stub)


def staged(image, tree=0, arg=None, flags=HIDE, **how):
    put_stage(image, tree, arg, flags)
    try:
        r = env.run(**how)
        h = is_restored(r)
        same("debug registers", r.number("debug"), 0)
        same("seed size", h["seed_size"], 32)
    except AssertionError as e:
        raise AssertionError(f"image {image:#x}, tree {tree:#x}, x0 {arg}, flags {flags}, "
                             f"{how}: {e}") from e
    return r


REGION, REGION_END = 0x40200000, 0x40400000
FAR = 0x48000000


@test
def as_an_image_it_starts_anywhere():
    put_os()
    put_snapshot(small())
    stub = len(env.flash.stub)
    for image in (FAR, FAR + 0x1008,
                  REGION,                                       # where it belongs
                  REGION + 8, REGION + 0x1000, REGION + stub - 8,   # across that, above
                  REGION - 8, REGION - 0x1000, REGION - stub + 8,   # and below
                  REGION - stub, REGION + stub,
                  REGION + 0x40000, REGION + 0x80000, REGION + 0x100000,   # bss, stack, heap
                  REGION_END - 0x60000, REGION_END - 0x30000,
                  REGION_END - 0x1000 - stub, REGION_END - stub // 16 * 8):
        staged(image, 0x4A000000)


@test
def a_device_tree_in_the_way_is_kept():
    put_os()
    put_snapshot(small())
    for tree in (REGION, REGION + 0x3FF8, REGION + 0x3C000, REGION + 0x46000, REGION + 0x86000,
                 REGION + 0x100008, REGION_END - 0x61000, REGION_END - 0x41000,
                 REGION_END - 0x40FF8, REGION_END - 0x2000, REGION - 0x1000,
                 REGION - 0x100000, REGION_END, 0x5FFF8000):
        staged(FAR, tree)


@test
def image_and_device_tree_may_both_be_in_the_way():
    put_os()
    put_snapshot(small())
    stub = len(env.flash.stub)
    for image, tree in ((REGION, REGION + stub + 8), (REGION, REGION_END - 0x41000),
                        (REGION + 0x1000, REGION_END - 0x40FF8),
                        (REGION - 0x1000, REGION_END - 0x60000),    # on its way station
                        (REGION + 0x8000, REGION + 0x90000),
                        (REGION_END - 0x41000, REGION + 0x86000),   # image on the first place
                        (REGION_END - 0x41000, REGION + 0x80000),
                        (REGION_END - 0x41000, REGION),
                        (REGION_END - 0x30000, REGION + 0x8a000),
                        (REGION_END - stub // 16 * 8, REGION + 0x86008)):
        staged(image, tree)


@test
def it_starts_with_MMU_and_caches_on():
    put_os()
    put_snapshot(small())
    for how, flags in (({}, MMU), (dict(machine=EL2), MMU), (VHE, MMU),
                       (VHE, MMU | LEAVE_VHE), (VHE, LEAVE_VHE)):
        for image, tree in ((FAR, 0x4A000000), (REGION + 0x1000, REGION_END - 0x41000)):
            staged(image, tree, flags=flags | HIDE, **how)


@test
def breakpoints_of_the_stage_before_are_cleared():
    put_os()
    put_snapshot(small())
    staged(FAR, 0x4A000000, flags=HIDE | DEBUG)
    staged(FAR, 0x4A000000, flags=HIDE | DEBUG, machine=EL2)


@test
def without_a_good_tree_in_x0_the_machines_own_is_used():
    put_os()
    put_snapshot(small())
    for arg in (0, 4, 0x40000004, FAR + 0x100000, REGION + 0x1000, REGION_END - 0x1000,
                0x70000000,                     # no memory there
                0x80000000,                     # nor there; what some pass is the CPU's number
                0x09000000, 0x7F00000000, 0x0000FFFFFFFFFFF8, 0xFFFFFFFFFFFFFFF8):
        staged(FAR, arg=arg, flags=0)
    has(env.last.console, "payload: restored")


@test
def a_tree_in_the_way_that_is_none_is_not_used():
    put_os()
    put_snapshot(small())
    # Fields of its header: magic, size, both offsets, both sizes.
    for patch in ((0, 0xD00DFEEE), (4, 0x30), (4, 0x80000000), (8, 0xFFFFFFF8), (12, 0xFFFFFFF8),
                  (12, 0x80000), (0x20, 0xFFFFFFFF), (0x20, 0x41000), (0x24, 0xFFFFFFFF),
                  (0x24, 0x41000)):
        for tree in (REGION_END - 0x8000, FAR + 0x100000):
            put_stage(FAR, tree, flags=HIDE, patch=patch)
            r = env.run(seconds=1)
            if tree < REGION_END or patch[1] != 0x41000:    # there is room elsewhere
                has(r.console, "no device tree where the machine leaves it")
            # And with the machine's own.
            put_stage(FAR, tree, flags=0, patch=patch)
            is_restored(env.run())


@test
def QEMU_starts_it_as_a_kernel():
    put_os()
    put_snapshot(small())
    for how in ({}, dict(machine="virt,gic-version=3", cpus=4), dict(machine=EL2), VHE):
        r = env.run(kernel=env.stub_path, **how)
        is_restored(r)
    env.flash.erase()
    put_os()
    r = env.run(kernel=env.stub_path, machine=EL2)
    is_cold(r, 1)
    same("level", r.number("cold"), 8)


@test
def the_header_is_that_of_a_kernel_image():
    stub = env.flash.stub
    size, flags, *zero = struct.unpack_from("<5Q", stub, 16)
    same("text_offset", stub[8:16], bytes(8))
    same("flags", flags, 0xA)
    same("reserved", zero, [0, 0, 0])
    same("magic", stub[56:60], b"ARM\x64")
    if size < len(stub):
        raise AssertionError(f"image_size {size}")


@test
def at_EL3_it_says_so():
    r = env.run(machine="virt,secure=on")
    has(r.console, "entered at EL3, which is not supported")


def prepare(folder, args):
    """In each worker: a flash of its own."""
    global env
    env = Env(tempfile.mkdtemp(dir=folder), args.stub, args.payload, args.stage)


def run_one(number):
    """Return: what went wrong, or None"""
    env.last = None
    try:
        tests[number][1]()
        return None
    except Exception:
        return traceback.format_exc(limit=-2) + (env.last.console if env.last else "")
    finally:
        env.flash.erase()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("stub", help="bootstub.bin")
    p.add_argument("payload", help="payload.bin")
    p.add_argument("stage", help="stage.bin")
    p.add_argument("--only", help="part of a test's name")
    args = p.parse_args()
    chosen = [n for n, t in enumerate(tests) if not args.only or args.only in t[0]]
    failed = 0
    print(f"TAP version 13\n1..{len(chosen)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="snapcap-stub-") as folder, \
            concurrent.futures.ProcessPoolExecutor(os.cpu_count(), None, prepare,
                                                   (folder, args)) as workers:
        for i, (number, log) in enumerate(zip(chosen, workers.map(run_one, chosen)), 1):
            name = tests[number][0]
            if log is None:
                print(f"ok {i} - {name}", flush=True)
            else:
                failed += 1
                print(f"not ok {i} - {name}")
                print("\n".join("# " + line[:300] for line in log.splitlines()), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
