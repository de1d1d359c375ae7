# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots that the boot loader must refuse: each is a good one with one thing
wrong. The reason must be on the console and in `snapctl status` of the system
that then boots cold, and that system must be able to take a new one."""

import flash
from bed import BOOT_S, Bed
from image import CHUNKS, CPU, DATA, MEMMAP, PAGETABLE, Image

from . import scenario

BASE = flash.SNAPSHOT_OFFSET


def flip_header(image):
    image.flip(image.offset + 200)


def flip_table(kind):
    def change(image):
        start, size = image.section(kind)
        image.flip(start + size // 2)
    return change


def flip_chunk(image):
    start, size = image.section(DATA)
    image.flip(start + size // 2)


def cut_data(image):
    start, size = image.section(DATA)
    image.flash.erase(start + size - size // 4, size // 4)


def longer_than_flash(image):
    image.grow_data(flash.SNAPSHOT_SIZE)
    image.store()


def cut_header(image):
    image.flash.erase(image.offset + 512, 512)


def set_field(name, change):
    def apply(image):
        image.set_field(name, change(image.field(name)))
        image.store()
    return apply


def erase_commit(image):
    image.flash.erase(image.offset + 4096, 64)


def flip_commit(image):
    image.flip(image.offset + 4096 + 9)


def erase_all(image):
    image.flash.erase(BASE, flash.SNAPSHOT_SIZE)


# What is wrong, how it is made, the reason, and other settings of the machine.
CASES = (
    ("truncated: data ends early", cut_data, "chunk-sum", {}),
    ("truncated: longer than the partition", longer_than_flash, "truncated", {}),
    ("truncated: in the header", cut_header, "header-crc", {}),
    ("bit flipped in the header", flip_header, "header-crc", {}),
    ("bit flipped in the CPU record", flip_table(CPU), "section-crc", {}),
    ("bit flipped in the memory map", flip_table(MEMMAP), "section-crc", {}),
    ("bit flipped in the page table", flip_table(PAGETABLE), "section-crc", {}),
    ("bit flipped in the chunk table", flip_table(CHUNKS), "section-crc", {}),
    ("bit flipped in a chunk", flip_chunk, "chunk-sum", {}),
    ("of a foreign machine", set_field("machine", lambda _: b"acme,toaster"), "machine", {}),
    ("of another memory size", lambda image: None, "memory", {"mem": 768}),
    ("of a newer format", set_field("version_major", lambda v: v + 1), "version", {}),
    ("with an unknown feature", set_field("feature_incompat", lambda _: 1 << 40), "feature", {}),
    ("of another kernel release", set_field("kernel_release", lambda _: b"6.1.0-other"),
     "kernel-release", {}),
    ("of another kernel build", set_field("build_id", lambda v: v[:-1] + bytes([v[-1] ^ 1])),
     "build-id", {}),
    ("of another loader", set_field("stub_base", lambda v: v + 0x200000), "stub-abi", {}),
    ("without a commit mark", erase_commit, "not-committed", {}),
    ("with a damaged commit mark", flip_commit, "commit", {}),
    ("erased", erase_all, "empty", {}),
)


def refuse_each(tap, name, cases):
    with Bed(tap, name, cpus=1, gic=2, minimal=True) as bed:
        bed.boot_cold()
        bed.must_take("--slot 0", "a good snapshot is taken")
        bed.restore()
        bed.restored_points("and restored", workload=False)
        bed.machine.kill()
        good = bed.flash
        size = Image(good, BASE).field("image_size")
        keep = good.read(BASE, size)
        for what, spoil, reason, settings in cases:
            good.write(BASE, keep)
            spoil(Image(good, BASE))
            refuse_one(tap, bed, what, reason, settings)


def refuse_one(tap, bed, what, reason, settings):
    machine = bed.machine
    before = {name: getattr(machine, name) for name in settings}
    for name, value in settings.items():
        setattr(machine, name, value)
    machine.start()
    console = machine.console.wait(rf"bootstub: .*\b{reason}\b.*", 30)
    tap.ok(console, f"{what}: the console says '{reason}'", machine.console.tail())
    bed.ready(BOOT_S)
    boot = bed.status()["boot"]
    tap.ok(boot["boot"] == "cold" and boot["reason_name"] == reason,
           f"{what}: cold boot, the status says '{reason}'", boot)
    again = bed.take("--dry-run")
    tap.equal(again.code, 0, f"{what}: that system can take a snapshot", str(again))
    found = machine.problems()
    tap.ok(not found, f"{what}: the kernel log is clean", "\n".join(found))
    machine.kill()
    for name, value in before.items():
        setattr(machine, name, value)


@scenario("stub-refuses-1", 900)
def stub_refuses_1(tap):
    """Truncated and bit-flipped snapshots"""
    refuse_each(tap, "stub-refuses-1", CASES[:9])


@scenario("stub-refuses-2", 900)
def stub_refuses_2(tap):
    """Foreign, newer, uncommitted and erased snapshots"""
    refuse_each(tap, "stub-refuses-2", CASES[9:])


@scenario("stub-full-fallback", 400)
def stub_full_fallback(tap):
    """A damaged snapshot ends in the full system, which takes a new one"""
    with Bed(tap, "stub-full-fallback", cpus=4, gic=3) as bed:
        bed.boot_cold()
        bed.must_take()
        bed.machine.kill()
        flip_chunk(Image(bed.flash, BASE))
        bed.machine.start()
        bed.ready(BOOT_S)
        tap.ok(True, "the page is served after the fallback")
        boot = bed.status()["boot"]
        tap.equal(boot["reason_name"], "chunk-sum", "the status has the reason", boot)
        bed.must_take(what="a new snapshot is taken")
        bed.restore()
        bed.restored_points("and restored", workload=False)
